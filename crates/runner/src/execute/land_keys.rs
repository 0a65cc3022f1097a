//! Keys of what was read: rows that share one stop the source where each row is read once. It must not know how a source
//! is read.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Table, TargetType};
use dwc_compiler::sql;

use super::report::Notice;
use crate::extract::files;
use crate::state::{self, literal};
use crate::{DuckDbWarehouse, Error};

/// How many keys are named.
const NAMED: usize = 20;
/// How many lines of each.
const LINES: usize = 5;

/// What is said where rejected rows of a reading lack their key, or a part of it: any row that the reading seems to lack may
/// be one of them, so that it deletes nothing.
pub(super) fn nameless(warehouse: &DuckDbWarehouse, table: &Table, rejects: &str) -> Result<Option<Notice>, Error> {
    if table.primary_key.is_empty() {
        return Ok(None);
    }
    let null: Vec<String> = table.primary_key.iter().map(|key| format!("{} IS NULL", files::quote(key))).collect();
    let found = warehouse.count(&format!("SELECT COUNT(*) FROM {rejects} WHERE {}", null.join(" OR ")))?;
    Ok(holds_deletes(table, found))
}

/// What is said of a reading with so many rows without a key; nothing where there are none.
pub(super) fn holds_deletes(table: &Table, nameless: i64) -> Option<Notice> {
    let rows = if nameless == 1 { "1 row".to_owned() } else { format!("{nameless} rows") };
    let have = if nameless == 1 { "has" } else { "have" };
    (nameless > 0).then(|| Notice {
        code: Code::NamelessRows.id().to_owned(),
        message: format!("{rows} of a full read of `{}` {have} no key: no row is deleted by it", table.address),
        keys: table.primary_key.clone(),
    })
}

/// Whether nothing of a table has landed yet, and rows that wait in the embedded engine hold each key once.
pub(super) fn is_first(local: &DuckDbWarehouse, table: &Table, rows: &str) -> Result<bool, Error> {
    if state::has_rows(local, &table.address)? {
        return Ok(false);
    }
    let by = |key: &String| sql::compared(table, TargetType::Duckdb, key, files::quote(key));
    let keys: Vec<String> = table.landing_key().iter().map(by).collect();
    let repeated =
        local.rows(&format!("SELECT 1 FROM {rows} AS r GROUP BY {} HAVING COUNT(*) > 1 LIMIT 1", keys.join(", ")))?;
    Ok(repeated.is_empty())
}

/// Stops a source of which one reading has several rows of one key: all but one of them would be lost.
pub(super) fn check_unique(warehouse: &DuckDbWarehouse, table: &Table, rows: &str) -> Result<(), Error> {
    check_unique_of(warehouse, table, rows, &[])
}

/// [`check_unique`], where the rows were read from these files: their lines are named.
pub(super) fn check_unique_of(
    warehouse: &DuckDbWarehouse,
    table: &Table,
    rows: &str,
    files: &[&str],
) -> Result<(), Error> {
    if table.primary_key.is_empty() || !table.has_one_state() {
        return Ok(());
    }
    let by = |key: &String| sql::compared(table, TargetType::Duckdb, key, files::quote(key));
    let keys: Vec<String> = table.primary_key.iter().map(by).collect();
    let named: Vec<String> = table
        .primary_key
        .iter()
        .zip(&keys)
        .map(|(key, quoted)| format!("{} || CAST({quoted} AS VARCHAR)", literal(&format!("{key}="))))
        .collect();
    // The state of a row of a file is the place of the file and the line.
    let lines = if files.is_empty() {
        "''".to_owned()
    } else {
        format!("array_to_string(list_slice(list(_state ORDER BY _state), 1, {LINES}), ' ')")
    };
    let sql = format!(
        "SELECT concat_ws(', ', {}), COUNT(*), COUNT(*) OVER (), {lines} FROM {rows} AS r GROUP BY {} \
         HAVING COUNT(*) > 1 ORDER BY {} LIMIT {NAMED}",
        named.join(", "),
        keys.join(", "),
        keys.join(", ")
    );
    let line = |state: &str| {
        let state: u64 = state.parse().ok()?;
        let file = files.get(usize::try_from(state >> 32).ok()?)?;
        Some(format!("{file}:{}", state & 0xffff_ffff))
    };
    let found = warehouse.read(&sql, |row| {
        let (key, rows, keys, lines) = (row.text()?, row.text()?, row.number::<usize>()?, row.cell()?);
        let lines: Vec<String> = lines.iter().flat_map(|lines| lines.split(' ')).filter_map(line).collect();
        let at = if lines.is_empty() { String::new() } else { format!(": {}", lines.join(", ")) };
        Ok((keys, format!("{key} ({rows} rows{at})")))
    })?;
    let Some(all) = found.first().map(|(all, _)| *all) else { return Ok(()) };
    let mut shared: Vec<String> = found.into_iter().map(|(_, told)| told).collect();
    if all > shared.len() {
        shared.push(format!("and {} more keys", all - shared.len()));
    }
    Err(broken(table, &shared.join("; ")))
}

/// The problem of rows that share the primary keys of these words.
pub(super) fn broken(table: &Table, shared: &str) -> Error {
    Error::coded(Code::BrokenPrimaryKey, format!("rows of `{}` share their primary key: {shared}", table.address))
        .at(table.key_span)
        .help("declare every column that tells the rows apart as `primary_key`; nothing of the source was landed")
}
