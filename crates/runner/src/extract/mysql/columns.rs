//! Columns of a source's table: those that are declared must be there, those that changed are said or stop the source,
//! and those of a table that evolves are read as one JSON object. It must not read rows.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{EXTRA, OnSchemaChange, Table};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::connect::Failure;
use super::read::quote;
use crate::Error;
use crate::extract::SourceColumn;

/// The columns that are there, in their order.
pub(super) async fn look(connection: &mut Conn, table: &Table) -> Result<Vec<SourceColumn>, Failure> {
    let doing = format!("reading table `{}`", table.address);
    let (schema, name) = match table.physical.split_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (None, table.physical.as_str()),
    };
    let there: Vec<(String, String)> = connection
        .exec(
            "SELECT column_name, CAST(column_type AS CHAR) FROM information_schema.columns \
             WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? ORDER BY ordinal_position",
            (schema, name),
        )
        .await
        .map_err(|cause| Failure::of(&doing, cause))?;
    Ok(there.into_iter().map(|(name, ty)| SourceColumn { name, ty }).collect())
}

/// Compares the columns that are there with those declared and those of the last reading. What changed is the result,
/// where it does not stop the source.
pub(super) fn check(table: &Table, there: &[SourceColumn], known: &[SourceColumn]) -> Result<Vec<String>, Error> {
    if there.is_empty() {
        return Err(Error::coded(
            Code::SourceColumns,
            format!("the source has no table `{}`, which `{}` is read from", table.physical, table.address),
        )
        .help("correct the declaration, or give the user the right to read it"));
    }
    let has = |name: &str| there.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    let missing: Vec<String> = table
        .columns
        .iter()
        .filter(|column| column.name != EXTRA && !has(&column.name))
        .map(|column| format!("`{}`", column.name))
        .collect();
    if !missing.is_empty() {
        let names: Vec<&str> = there.iter().map(|column| column.name.as_str()).collect();
        return Err(Error::coded(
            Code::SourceColumns,
            format!("table `{}` of the source has no column {}", table.address, missing.join(", ")),
        )
        .help(format!("its columns are {}; declare it as it is", names.join(", "))));
    }
    let changes = changes(table, there, known);
    if changes.is_empty() || table.on_schema_change != OnSchemaChange::Freeze {
        return Ok(changes);
    }
    Err(Error::coded(
        Code::SourceFrozen,
        format!("the columns of table `{}` of the source have changed: {}", table.address, changes.join(", ")),
    )
    .help("declare the column, name it in `ignore_columns`, or run once with `on_schema_change: discard`"))
}

/// What is new, gone or of another type. A column that is declared anew is no change of the source.
fn changes(table: &Table, there: &[SourceColumn], known: &[SourceColumn]) -> Vec<String> {
    let among = |all: &[SourceColumn], name: &str| all.iter().find(|other| other.name == name).cloned();
    let is_watched = |column: &&SourceColumn| !known.is_empty() && !table.ignore_columns.contains(&column.name);
    let mut changes = Vec::new();
    for column in there.iter().filter(is_watched) {
        match among(known, &column.name) {
            None if table.column(&column.name).is_none() => {
                changes.push(format!("`{}` {} is new", column.name, column.ty));
            }
            Some(before) if before.ty != column.ty => {
                changes.push(format!("`{}` was {} and is {}", column.name, before.ty, column.ty));
            }
            _ => {}
        }
    }
    for column in known.iter().filter(is_watched).filter(|column| among(there, &column.name).is_none()) {
        changes.push(format!("`{}` {} is gone", column.name, column.ty));
    }
    changes
}

/// What is selected: the declared columns, and for a table that evolves the others as an object.
pub(super) fn list(table: &Table, there: &[SourceColumn]) -> String {
    let declared = |column: &dwc_compiler::model::Column| match column.name.as_str() {
        EXTRA => extra(table, there),
        name => quote(name),
    };
    table.columns.iter().map(declared).collect::<Vec<_>>().join(", ")
}

fn extra(table: &Table, there: &[SourceColumn]) -> String {
    let is_extra = |column: &&SourceColumn| {
        let declared = table.columns.iter().any(|known| known.name.eq_ignore_ascii_case(&column.name));
        !declared && !table.ignore_columns.contains(&column.name)
    };
    let parts: Vec<String> = there
        .iter()
        .filter(is_extra)
        .map(|column| format!("'{}', {}", column.name.replace('\\', "\\\\").replace('\'', "''"), as_json(column)))
        .collect();
    if parts.is_empty() { "NULL".to_owned() } else { format!("JSON_OBJECT({})", parts.join(", ")) }
}

/// What has no place in JSON becomes a text: bytes in hexadecimal, shapes as they are spelt.
fn as_json(column: &SourceColumn) -> String {
    let name = quote(&column.name);
    let kind: String = column.ty.chars().take_while(char::is_ascii_alphabetic).collect();
    match kind.as_str() {
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "vector" => format!("HEX({name})"),
        "bit" => format!("{name} + 0"),
        "decimal" | "date" | "datetime" | "timestamp" | "time" => format!("CAST({name} AS CHAR)"),
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
        | "geometrycollection" => format!("ST_AsText({name})"),
        _ => name,
    }
}
