//! Error events: rows that were not loaded or fail a screen, with the place and the reason. It must not judge any row.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use dwc_compiler::model::{CheckSeverity, Project};
use serde::Serialize;

use super::{exists, literal};
use crate::warehouse::row;
use crate::{DuckDbWarehouse, Error, Warehouse};

/// The tables of events and of their details. They are added to, and a load never reads them.
pub(crate) const EVENTS: [&str; 2] = ["error_events", "error_details"];

/// A row that was not loaded, or that a screen has tagged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorEvent {
    /// The batch that brought it.
    pub batch: i64,
    /// The instant of that batch, UTC.
    pub at: Option<NaiveDateTime>,
    /// The source table as `source.table`, or the model.
    pub table: String,
    /// What found it: `cast`, `line` or `key`, or the name of a check.
    pub screen: String,
    /// The key of the row, or the file and line.
    pub place: String,
    /// Why.
    pub reason: String,
    /// The row, or the values that a check read.
    pub row: String,
}

/// The columns of error events, from their table.
pub(crate) fn events(table: &str, text: &str) -> String {
    format!(
        "SELECT CAST(batch AS {text}) AS batch, source_table, screen, place, reason, source_row FROM {table} AS _e \
         ORDER BY _e.batch DESC, source_table, screen, place, reason, source_row"
    )
}

/// Every error event, those of the latest batch first.
///
/// # Errors
/// A state that cannot be read.
pub fn error_events(warehouse: &dyn Warehouse) -> Result<Vec<ErrorEvent>, Error> {
    let store = warehouse.store();
    if !exists(store)? {
        return Ok(Vec::new());
    }
    let batches = store.read("SELECT batch, bound FROM _dwc.batches", |row| Ok((row.number()?, row.instant()?)))?;
    let batches: BTreeMap<i64, NaiveDateTime> = batches.into_iter().collect();
    row::read(warehouse.error_events()?, |row| {
        let batch = row.number()?;
        Ok(ErrorEvent {
            batch,
            at: batches.get(&batch).copied(),
            table: row.text()?,
            screen: row.text()?,
            place: row.text_or_empty()?,
            reason: row.text_or_empty()?,
            row: row.text_or_empty()?,
        })
    })
}

/// Keeps rejected rows, with `_place`, `_reason` and `_row`, as error events; one that is read again is the same event.
pub(crate) fn keep_events(
    warehouse: &DuckDbWarehouse,
    (batch, table): (i64, &str),
    screen: &str,
    rejects: &str,
) -> Result<(), Error> {
    let table = literal(table);
    warehouse.execute(&format!(
        "INSERT INTO _dwc.error_events\nSELECT {batch}, {table}, '{screen}', _place, _reason, _row FROM {rejects} AS r\n\
         WHERE NOT EXISTS (SELECT 1 FROM _dwc.error_events AS e WHERE e.source_table = {table} AND e.screen = '{screen}' \
         AND e.place = r._place AND e.reason = r._reason AND e.source_row = r._row)"
    ))
}

/// Keeps rows of a model that fail a screen, with `key_text`, `row_text` and the values of the columns that it reads, as error
/// events with their details; one that is judged again is the same.
pub(crate) fn keep_screened(
    warehouse: &DuckDbWarehouse,
    (model, screen, reason): (&str, &str, &str),
    columns: &[String],
    rows: &str,
) -> Result<(), Error> {
    let [model, screen, reason] = [model, screen, reason].map(literal);
    let columns: Vec<String> = columns.iter().map(|column| literal(column)).collect();
    let batch = "getvariable('dwc_batch')";
    for statement in [
        kept_events("_dwc.error_events", batch, (&model, &screen, &reason), &format!("(\n{rows}\n)")),
        kept_details("_dwc.error_details", batch, (&model, &screen), &columns, &format!("(\n{rows}\n)")),
    ] {
        if !statement.is_empty() {
            warehouse.execute(&statement)?;
        }
    }
    Ok(())
}

/// The statement that adds rows which fail a screen to a table of events. Names are literals of the engine, and `rows` is a
/// relation.
pub(crate) fn kept_events(
    events: &str,
    batch: &str,
    (model, screen, reason): (&str, &str, &str),
    rows: &str,
) -> String {
    format!(
        "INSERT INTO {events} (batch, source_table, screen, place, reason, source_row)\n\
         SELECT {batch}, {model}, {screen}, _r.key_text, {reason}, _r.row_text FROM {rows} AS _r\n\
         WHERE NOT EXISTS (SELECT 1 FROM {events} AS _e WHERE _e.source_table = {model} AND _e.screen = {screen} \
         AND _e.place = _r.key_text AND _e.reason = {reason} AND _e.source_row = _r.row_text)"
    )
}

/// The statement that adds the values of such rows to a table of details; nothing where the screen reads no column. The names
/// of columns are literals, too.
pub(crate) fn kept_details(
    details: &str,
    batch: &str,
    (model, screen): (&str, &str),
    columns: &[String],
    rows: &str,
) -> String {
    let of = |(at, column): (usize, &String)| {
        format!("SELECT _v.key_text, {} AS column_name, _v._value_{} AS value FROM {rows} AS _v", column, at + 1)
    };
    let values: Vec<String> = columns.iter().enumerate().map(of).collect();
    if values.is_empty() {
        return String::new();
    }
    format!(
        "INSERT INTO {details} (batch, source_table, screen, place, column_name, value)\n\
         SELECT {batch}, {model}, {screen}, _r.key_text, _r.column_name, _r.value FROM (\n{}\n) AS _r\n\
         WHERE NOT EXISTS (SELECT 1 FROM {details} AS _e WHERE _e.source_table = {model} AND _e.screen = {screen} \
         AND _e.place = _r.key_text AND _e.column_name = _r.column_name AND _e.value IS NOT DISTINCT FROM _r.value)",
        values.join("\nUNION ALL\n")
    )
}

/// A screen that a model declares, as the state says it.
#[derive(Debug, Clone)]
pub struct Screen {
    model: String,
    name: String,
    kind: &'static str,
    on_fail: &'static str,
    severity: &'static str,
    asks: String,
    description: String,
    owner: Option<String>,
}

/// The screens of every model of a project.
pub(crate) fn screens(project: &Project) -> Vec<Screen> {
    let dimensions = project.dimensions.iter().map(|dimension| (&dimension.name, &dimension.checks));
    let facts = project.facts.iter().map(|fact| (&fact.name, &fact.checks));
    let mut all: Vec<Screen> = Vec::new();
    for (model, checks) in dimensions.chain(facts) {
        all.extend(checks.iter().filter_map(|check| {
            Some(Screen {
                model: model.clone(),
                name: check.name.clone(),
                kind: check.word,
                on_fail: check.on_fail?.word(),
                severity: if check.severity == CheckSeverity::Warn { "warn" } else { "error" },
                asks: check.asks.clone(),
                description: check.description.clone(),
                owner: check.owner.clone(),
            })
        }));
    }
    all
}

/// Writes down which screens there are.
pub(crate) fn put_screens(warehouse: &DuckDbWarehouse, screens: &[Screen]) -> Result<(), Error> {
    warehouse.execute("DELETE FROM _dwc.screens")?;
    let rows: Vec<String> = screens
        .iter()
        .map(|screen| {
            let texts = [&screen.model, &screen.name, screen.kind, screen.on_fail, screen.severity, &screen.asks];
            let owner = screen.owner.as_deref().map_or_else(|| "NULL".to_owned(), literal);
            format!("({}, {}, {owner})", texts.map(literal).join(", "), literal(&screen.description))
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    warehouse.execute(&format!("INSERT INTO _dwc.screens VALUES {}", rows.join(", ")))
}
