//! What PostgreSQL's catalog says of a table, and what follows from the types of its columns. It must not read rows.

use dwc_compiler::cell::Kind;
use dwc_compiler::model::Table;

use super::{Postgres, path_text};
use crate::extract::SourceColumn;
use crate::extract::database::Server;
use crate::extract::database::cursor::CursorKind;
use crate::extract::database::sql::Sql;

/// The name of a table as `to_regclass` reads it: by the search path where it names no schema.
pub(super) fn relation(table: &Table) -> String {
    Postgres::path(&table.physical)
}

/// The query of the columns of a table.
pub(super) fn columns(table: &Table) -> Sql {
    Sql::new("SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(")
        .then(path_text(table))
        .text(") AND attnum > 0 AND NOT attisdropped ORDER BY attnum")
}

/// The query of how many rows a table has by the statistics, or by its size where it was never analyzed; nothing where it
/// cannot be read by ranges: its key may be NULL, or no index begins with it.
pub(super) fn estimate(table: &Table) -> Sql {
    let key = table.primary_key.iter().map(|column| Sql::default().value(column.as_str()));
    let first = table.primary_key.first().map_or("", String::as_str);
    // The tree has no rows for a table that has no partitions.
    Sql::new(
        "SELECT CAST(SUM(GREATEST(_c.reltuples, pg_relation_size(_c.oid) / 200)) AS bigint) \
         FROM (SELECT to_regclass(",
    )
    .then(path_text(table))
    .text(") AS relid UNION SELECT relid FROM pg_partition_tree(to_regclass(")
    .then(path_text(table))
    .text(
        "))) AS _p JOIN pg_class AS _c ON _c.oid = _p.relid AND _c.relkind IN ('r', 'm') \
         WHERE EXISTS (SELECT 1 FROM pg_index AS _i JOIN pg_attribute AS _a \
         ON _a.attrelid = _i.indrelid AND _a.attnum = _i.indkey[0] \
         WHERE _i.indisvalid AND _i.indpred IS NULL AND _i.indrelid = to_regclass(",
    )
    .then(path_text(table))
    .text(") AND _a.attname = ")
    .value(first)
    .text(") AND NOT EXISTS (SELECT 1 FROM pg_attribute AS _a WHERE NOT _a.attnotnull AND _a.attrelid = to_regclass(")
    .then(path_text(table))
    .text(") AND _a.attname IN (")
    .then(Sql::join(key, ", "))
    .text("))")
}

/// What values of a type are as a cursor.
pub(super) fn cursor_kind(ty: &str) -> CursorKind {
    match ty {
        _ if ty.starts_with("timestamp") && ty.ends_with("with time zone") => CursorKind::Instant,
        _ if ty.starts_with("timestamp") => CursorKind::Local,
        "date" => CursorKind::Day,
        "smallint" | "integer" | "bigint" => CursorKind::Number,
        _ => CursorKind::Text,
    }
}

/// What a type says of the texts that its values are sent as.
pub(super) fn kind_of(ty: &str) -> Kind {
    match ty {
        _ if ty.starts_with("timestamp") && ty.ends_with("with time zone") => Kind::Instant,
        "date" => Kind::Day,
        _ if ty.starts_with("timestamp") => Kind::Local,
        "numeric" | "money" | "real" | "double precision" => Kind::Number,
        _ if ty.starts_with("numeric(") => Kind::Number,
        "bytea" => Kind::Hex,
        _ => Kind::Plain,
    }
}

/// Whether values of a type are texts that may be JSON themselves.
pub(super) fn is_text(ty: &str) -> bool {
    ty == "text" || ty.starts_with("character") && !ty.ends_with("[]")
}

/// Columns that one call takes: a function has a hundred arguments at most.
const ARGUMENTS: usize = 45;

/// Columns as one object. What a reader of JSON would take for an inexact number becomes a text.
pub(super) fn extra(columns: &[&SourceColumn]) -> String {
    let part = |column: &&SourceColumn| {
        let name = Postgres::quote(&column.name);
        let exact = ["smallint", "integer", "bigint", "boolean", "real", "double precision", "json", "jsonb"];
        let is_value = exact.contains(&column.ty.as_str()) || column.ty.ends_with("[]");
        let value = match column.ty.as_str() {
            "bytea" => format!("upper(encode({name}, 'hex'))"),
            _ if is_value => name,
            _ => format!("CAST({name} AS text)"),
        };
        format!("'{}', {value}", column.name.replace('\'', "''"))
    };
    let objects: Vec<String> = columns
        .chunks(ARGUMENTS)
        .map(|some| format!("jsonb_build_object({})", some.iter().map(part).collect::<Vec<_>>().join(", ")))
        .collect();
    if objects.is_empty() { "NULL".to_owned() } else { objects.join(" || ") }
}
