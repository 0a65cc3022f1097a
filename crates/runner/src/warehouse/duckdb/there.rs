//! Tables that another tool has put into the embedded warehouse: how they are read and cast. It must not write to them.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use dwc_compiler::cell::landed;
use dwc_compiler::model::{Column, EXTRA, Source};
use dwc_compiler::sql::DeleteMark;

use super::DuckDbWarehouse;
use crate::Error;
use crate::extract::files::{self, quote};
use crate::extract::{Reading, Request, SourceColumn, moment};
use crate::state::intervals::Interval;
use crate::state::literal;
use crate::warehouse::there::{There, by_table, stretches};

/// The columns of tables, by their names there.
pub(super) fn columns(
    warehouse: &DuckDbWarehouse,
    schema: &str,
    tables: &[&str],
) -> Result<BTreeMap<String, Vec<SourceColumn>>, Error> {
    let names: Vec<String> = tables.iter().map(|table| literal(table)).collect();
    let rows = warehouse.rows(&format!(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = {} \
         AND table_name IN ({}) ORDER BY table_name, ordinal_position",
        literal(schema),
        names.join(", ")
    ))?;
    by_table(rows)
}

/// How tables are read and cast by statements of a unit. How far each cursor has come is read first.
pub(super) fn read(
    warehouse: &DuckDbWarehouse,
    source: &Source,
    schema: &str,
    requests: &[&Request<'_>],
) -> Result<Vec<There>, Error> {
    requests.iter().map(|request| there(warehouse, schema, request, source.timezone)).collect()
}

/// The condition that a row is of one of these stretches of time, or of none.
fn within(cursor: &Column, ty: &str, windows: &[Interval], zone: Tz) -> String {
    let name = quote(&cursor.name);
    let at = |at| format!("CAST(TIMESTAMP {} AS {ty})", literal(&moment::write(at)));
    let mut parts = vec![format!("{name} IS NULL")];
    for (from, to) in stretches(&cursor.ty, windows, zone) {
        let begin = from.map_or_else(String::new, |from| format!("{name} >= {} AND ", at(from)));
        parts.push(format!("({begin}{name} < {})", at(to)));
    }
    format!(" WHERE {}", parts.join(" OR "))
}

/// The rows that are read, by which of them.
fn filter(request: &Request<'_>, cursor: Option<&Column>, zone: Tz) -> String {
    let Some(cursor) = cursor else { return String::new() };
    let ty = cursor.ty.duckdb();
    match &request.reading {
        Reading::Since(mark) => {
            let back = match request.table.lookback_seconds {
                0 => String::new(),
                seconds => format!(" - INTERVAL {seconds} SECOND"),
            };
            let from = format!("CAST({} AS {ty}){back}", literal(&mark.cursor));
            format!(" WHERE {0} IS NULL OR {0} >= {from}", quote(&cursor.name))
        }
        Reading::Windows(windows) => within(cursor, &ty, windows, zone),
        Reading::Whole | Reading::Chunks(_) => String::new(),
    }
}

/// How one table is read.
fn there(warehouse: &DuckDbWarehouse, schema: &str, request: &Request<'_>, zone: Tz) -> Result<There, Error> {
    let table = request.table;
    let path = format!("{}.{}", quote(schema), quote(&table.physical));
    let cursor = table.cursor.as_ref().and_then(|cursor| table.column(cursor));
    let filter = filter(request, cursor, zone);
    let mark = match cursor {
        Some(cursor) => {
            let rows = warehouse.rows(&format!(
                "SELECT CAST(MAX(CAST({} AS {})) AS VARCHAR) FROM {path}{}",
                quote(&cursor.name),
                cursor.ty.duckdb(),
                if matches!(request.reading, Reading::Windows(_)) { filter.as_str() } else { "" }
            ))?;
            rows.into_iter().next().and_then(|row| row.into_iter().next().flatten())
        }
        None => None,
    };
    let name = |what: &str| quote(&format!("{what}__{}__{}", table.source, table.name));
    let (read, rejects) = (name("read"), name("rejects"));
    let casts = casts(request, zone);
    let cast: Vec<String> = casts.iter().map(|(name, cast)| format!("{cast} AS {}", quote(name))).collect();
    let names: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
    let key = files::row_key(table, "_line").map_or_else(String::new, |(name, key)| format!("{key} AS {name}, "));
    let rows = format!(
        "(SELECT {key}{list}, _line AS _state, getvariable('dwc_at') AS _at, {deleted} AS _deleted\n\
         FROM (SELECT {cast}, _line FROM {read} WHERE _line NOT IN (SELECT _line FROM {rejects})) AS r)",
        list = names.join(", "),
        cast = cast.join(", "),
        deleted = DeleteMark::of(table).sql(&quote),
    );
    Ok(There {
        before: vec![read_rows(&read, &path, &filter, request), reject(&read, &rejects, request, &casts)],
        rows,
        mark,
        leftovers: vec![format!("DROP TABLE {read}; DROP TABLE {rejects}")],
        read,
        rejects,
    })
}

/// Reads rows into a temporary table, each with a number.
fn read_rows(read: &str, path: &str, filter: &str, request: &Request<'_>) -> String {
    let table = request.table;
    let of = |column: &Column| match column.name.as_str() {
        EXTRA => format!("{} AS {}", files::extra(table, &request.known), quote(EXTRA)),
        name if request.known.iter().any(|there| there.name == name) => quote(name),
        name => format!("CAST(NULL AS VARCHAR) AS {}", quote(name)),
    };
    let list: Vec<String> = table.columns.iter().map(of).collect();
    format!(
        "CREATE OR REPLACE TEMP TABLE {read} AS SELECT {}, row_number() OVER () AS _line FROM {path}{filter}",
        list.join(", ")
    )
}

/// The declared columns, each with its cast.
fn casts(request: &Request<'_>, zone: Tz) -> Vec<(String, String)> {
    let zone = literal(zone.name());
    let of = |column: &Column| {
        let name = column.name.clone();
        if name == EXTRA {
            return (name, quote(EXTRA));
        }
        let there = request.known.iter().find(|known| known.name == name).map_or("VARCHAR", |known| known.ty.as_str());
        let cast = landed::cast(&quote(&name), there, &column.ty, &zone);
        (name, cast)
    };
    request.table.columns.iter().map(of).collect()
}

/// Puts the rows that do not cast into a temporary table.
fn reject(read: &str, rejects: &str, request: &Request<'_>, casts: &[(String, String)]) -> String {
    let table = request.table;
    let not_cast = casts.iter().filter(|(name, _)| name != EXTRA).map(|(name, cast)| {
        let ty = table.column(name).map_or_else(String::new, |column| column.ty.to_string());
        let reason = literal(&format!("`{name}` is not {} {ty}", if ty.starts_with(['A', 'I']) { "an" } else { "a" }));
        format!("CASE WHEN {} IS NOT NULL AND {cast} IS NULL THEN {reason} END", quote(name))
    });
    let null_key = table.primary_key.iter().map(|key| {
        let reason = literal(&format!("`{key}` is NULL, and a part of the primary key"));
        format!("CASE WHEN {} IS NULL THEN {reason} END", quote(key))
    });
    let reasons: Vec<String> = not_cast.chain(null_key).collect();
    let keys: String = casts
        .iter()
        .filter(|(name, _)| table.primary_key.contains(name))
        .map(|(name, cast)| format!("{cast} AS {}, ", quote(name)))
        .collect();
    let place: Vec<String> =
        table.primary_key.iter().map(|key| format!("COALESCE(CAST({} AS VARCHAR), 'NULL')", quote(key))).collect();
    let place = if place.is_empty() { "''".to_owned() } else { place.join(" || ', ' || ") };
    let names: Vec<String> = casts.iter().map(|(name, _)| quote(name)).collect();
    format!(
        "CREATE OR REPLACE TEMP TABLE {rejects} AS SELECT * FROM (\n\
         SELECT {keys}_line, {place} AS _place, concat_ws(', ', {}) AS _reason, \
         CAST(to_json(struct_pack({})) AS VARCHAR) AS _row FROM {read}\n\
         ) WHERE _reason <> ''",
        reasons.join(", "),
        files::pack(&names.iter().map(String::as_str).collect::<Vec<_>>())
    )
}
