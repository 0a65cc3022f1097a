//! What the information schema says of a table's columns, and what follows from their types. It must not read rows.

use dwc_compiler::model::Table;

use super::Mysql;
use crate::extract::SourceColumn;
use crate::extract::database::Server;
use crate::extract::database::cursor::CursorKind;
use crate::extract::database::sql::Sql;

/// The condition of the information schema for a table: `schema` and `table` are its columns.
pub(super) fn is_table(table: &Table) -> Sql {
    let (schema, name) = match table.physical.split_once('.') {
        Some((schema, name)) => (Sql::default().value(schema), name),
        None => (Sql::new("DATABASE()"), table.physical.as_str()),
    };
    Sql::new("table_schema = ").then(schema).text(" AND table_name = ").value(name)
}

/// The query of the columns of a table.
pub(super) fn columns(table: &Table) -> Sql {
    Sql::new("SELECT column_name, CAST(column_type AS CHAR) FROM information_schema.columns WHERE ")
        .then(is_table(table))
        .text(" ORDER BY ordinal_position")
}

pub(super) fn word(ty: &str) -> String {
    ty.chars().take_while(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// What values of a type are as a cursor.
pub(super) fn cursor_kind(ty: &str) -> CursorKind {
    match word(ty).as_str() {
        "timestamp" => CursorKind::Instant,
        "datetime" => CursorKind::Local,
        "date" => CursorKind::Day,
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" => CursorKind::Number,
        _ => CursorKind::Text,
    }
}

/// Columns as one object.
pub(super) fn extra(columns: &[&SourceColumn]) -> String {
    let parts: Vec<String> = columns
        .iter()
        .map(|column| format!("'{}', {}", column.name.replace('\\', "\\\\").replace('\'', "''"), as_json(column)))
        .collect();
    if parts.is_empty() { "NULL".to_owned() } else { format!("JSON_OBJECT({})", parts.join(", ")) }
}

/// What has no place in JSON becomes a text: bytes in hexadecimal, shapes as they are spelt.
fn as_json(column: &SourceColumn) -> String {
    let name = Mysql::quote(&column.name);
    match word(&column.ty).as_str() {
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "vector" => format!("HEX({name})"),
        "bit" => format!("{name} + 0"),
        "decimal" | "date" | "datetime" | "timestamp" | "time" => format!("CAST({name} AS CHAR)"),
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
        | "geometrycollection" => format!("ST_AsText({name})"),
        _ => name,
    }
}
