//! Columns of a source that change: by the policy of their table they are said, landed as JSON, or stop the source.
//! It must not know where the columns are seen.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Column, EXTRA, OnSchemaChange, Table};

use super::SourceColumn;
use crate::Error;

/// Compares the columns that are there with those of the last reading. What changed is the result, where it does not stop
/// the source.
pub(crate) fn compare(table: &Table, there: &[SourceColumn], known: &[SourceColumn]) -> Result<Vec<String>, Error> {
    let changes = changes(table, there, known);
    if changes.is_empty() || table.on_schema_change != OnSchemaChange::Freeze {
        return Ok(changes);
    }
    Err(Error::coded(
        Code::SourceFrozen,
        format!("the columns of table `{}` of the source have changed: {}", table.address, changes.join(", ")),
    )
    .at(table.span)
    .help("declare the column, name it in `ignore_columns`, or run once with `on_schema_change: discard`"))
}

/// The declared columns that a source lacks and has to have: something reads them.
pub(crate) fn missing(table: &Table, has: impl Fn(&Column) -> bool) -> Vec<&Column> {
    table.columns.iter().filter(|column| table.needs(column) && !has(column)).collect()
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
    let has = |name: &str| there.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    for column in known.iter().filter(is_watched).filter(|column| among(there, &column.name).is_none()) {
        let is_declared = table.columns.iter().any(|other| other.name.eq_ignore_ascii_case(&column.name));
        let lands = if is_declared && !has(&column.name) { ", and lands as NULL: no model reads it" } else { "" };
        changes.push(format!("`{}` {} is gone{lands}", column.name, column.ty));
    }
    if known.is_empty() {
        let absent = table.columns.iter().filter(|column| column.name != EXTRA && !has(&column.name));
        changes.extend(
            absent.map(|column| format!("`{}` does not exist, and lands as NULL: no model reads it", column.name)),
        );
    }
    changes
}

/// The columns that are neither declared nor ignored.
pub(crate) fn undeclared<'t>(table: &Table, there: &'t [SourceColumn]) -> Vec<&'t SourceColumn> {
    let is_extra = |column: &&SourceColumn| {
        let declared = table.columns.iter().any(|known| known.name.eq_ignore_ascii_case(&column.name));
        !declared && !table.ignore_columns.contains(&column.name)
    };
    there.iter().filter(is_extra).collect()
}
