//! Error events: rows that were not loaded, with the place and the reason. It must not change anything.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use serde::Serialize;

use super::exists;
use crate::warehouse::row;
use crate::{Error, Warehouse};

/// A row that was not loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorEvent {
    /// The batch that brought it.
    pub batch: i64,
    /// The instant of that batch, UTC.
    pub at: Option<NaiveDateTime>,
    /// The source table as `source.table`, or the model.
    pub table: String,
    /// What kept it out: `cast`, `line` or `key`.
    pub screen: String,
    /// The key of the row, or the file and line.
    pub place: String,
    /// Why.
    pub reason: String,
    /// The row.
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
