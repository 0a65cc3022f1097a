//! Keys of what was read: a row without one goes to the error events, and rows that share one stop the source where each row
//! is read once. It must not know how a source is read.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{EXTRA, Table};
use dwc_compiler::plan::Stage;

use crate::extract::files;
use crate::state::literal;
use crate::{DuckDbWarehouse, Error};

/// How many keys are named.
const NAMED: usize = 20;

/// Takes the rows of one file that have no key out of the stage, keeps them as error events, and counts them.
pub(super) fn reject_null_keys(
    warehouse: &DuckDbWarehouse,
    table: &Table,
    stage: &Stage,
    (file, place): (&str, usize),
    batch: i64,
) -> Result<i64, Error> {
    if table.primary_key.is_empty() {
        return Ok(0);
    }
    let null: Vec<String> = table.primary_key.iter().map(|key| format!("{} IS NULL", files::quote(key))).collect();
    let without = format!("_state >> 32 = {place} AND ({})", null.join(" OR "));
    let count = format!("SELECT COUNT(*) FROM {} WHERE {without}", stage.path);
    let rejected = warehouse.number(&count)?.unwrap_or(0);
    if rejected == 0 {
        return Ok(0);
    }
    let reasons: Vec<String> = table
        .primary_key
        .iter()
        .zip(&null)
        .map(|(key, null)| {
            format!("CASE WHEN {null} THEN {} END", literal(&format!("`{key}` is NULL, and a part of the primary key")))
        })
        .collect();
    let columns: Vec<String> =
        table.columns.iter().filter(|column| column.name != EXTRA).map(|column| files::quote(&column.name)).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    warehouse.execute(&format!(
        "INSERT INTO _dwc.error_events\nSELECT {batch}, {}, 'cast', {} || ':' || ((_state & 4294967295) + 1), \
         concat_ws(', ', {}), CAST(to_json(struct_pack({})) AS VARCHAR)\nFROM {} WHERE {without} ORDER BY _state;\n\
         DELETE FROM {} WHERE {without}",
        literal(&table.address),
        literal(file),
        reasons.join(", "),
        files::pack(&columns),
        stage.path,
        stage.path
    ))?;
    Ok(rejected)
}

/// Stops a source of which one reading has several rows of one key: all but one of them would be lost.
pub(super) fn check_unique(warehouse: &DuckDbWarehouse, table: &Table, rows: &str) -> Result<(), Error> {
    if table.primary_key.is_empty() || !table.has_one_state() {
        return Ok(());
    }
    let keys: Vec<String> = table.primary_key.iter().map(|key| files::quote(key)).collect();
    let named: Vec<String> = table
        .primary_key
        .iter()
        .zip(&keys)
        .map(|(key, quoted)| format!("{} || CAST({quoted} AS VARCHAR)", literal(&format!("{key}="))))
        .collect();
    let found = warehouse.rows(&format!(
        "SELECT concat_ws(', ', {}), COUNT(*), COUNT(*) OVER () FROM {rows} AS r GROUP BY {} HAVING COUNT(*) > 1 \
         ORDER BY {} LIMIT {NAMED}",
        named.join(", "),
        keys.join(", "),
        keys.join(", ")
    ))?;
    let word = |value: Option<&Option<String>>| value.cloned().flatten().unwrap_or_default();
    let mut shared: Vec<String> =
        found.iter().map(|row| format!("{} ({} rows)", word(row.first()), word(row.get(1)))).collect();
    let all = found.first().and_then(|row| word(row.get(2)).parse().ok()).unwrap_or(0_usize);
    if all > shared.len() {
        shared.push(format!("and {} more keys", all - shared.len()));
    }
    if all == 0 { Ok(()) } else { Err(broken(table, &shared.join("; "))) }
}

/// The problem of rows that share the primary keys of these words.
pub(super) fn broken(table: &Table, shared: &str) -> Error {
    Error::coded(Code::BrokenPrimaryKey, format!("rows of `{}` share their primary key: {shared}", table.address))
        .at(table.key_span)
        .help("declare every column that tells the rows apart as `primary_key`; nothing of the source was landed")
}
