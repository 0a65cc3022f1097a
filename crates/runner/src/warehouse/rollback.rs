//! The way back: a warehouse as it was before an apply that lost data. It must not decide which apply is undone.

use chrono::NaiveDateTime;

use super::bigquery::{self, Claim};
use super::engine::Warehouse;
use crate::Error;

/// Takes a warehouse back to the snapshot of a serial, or to the latest one: rows, tables, views and state. Gives the serial,
/// and where the warehouse as it was is kept: a file, or what tables' names begin with.
///
/// # Errors
/// There is no such snapshot, another process holds the warehouse, or the engine's own.
pub fn rollback(warehouse: Warehouse, to: Option<i64>, at: NaiveDateTime) -> Result<(i64, String), Error> {
    match warehouse {
        Warehouse::DuckDb(warehouse) => {
            let (serial, kept) = warehouse.rollback(to)?;
            Ok((serial, kept.display().to_string()))
        }
        Warehouse::BigQuery(warehouse) => {
            let _lease = warehouse.lease(&Claim::Warehouse)?;
            bigquery::rollback(&warehouse, to, at)
        }
    }
}
