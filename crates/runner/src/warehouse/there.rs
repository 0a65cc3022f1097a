//! Tables that another tool has put into the warehouse itself: which columns they have, and the statements that read and
//! cast them where they lie. It must not write to them.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::model::Source;
use dwc_compiler::sql::googlesql::Type;

use super::engine::Engine;
use super::{bigquery, duckdb_there};
use crate::Error;
use crate::extract::{Request, SourceColumn, moment};
use crate::state::intervals::Interval;

/// How a unit of work reads one table.
#[derive(Debug, Clone)]
pub(crate) struct There {
    /// Reads the rows, then the ones that do not cast, into temporary tables.
    pub(crate) before: Vec<String>,
    /// The rows that are read.
    pub(crate) read: String,
    /// The rows that cast, as a relation: the columns of the stage.
    pub(crate) rows: String,
    /// The rows that do not, with the key, `_place`, `_reason` and `_row`.
    pub(crate) rejects: String,
    /// The greatest value of the cursor among the rows.
    pub(crate) mark: Option<String>,
    /// What removes the temporary tables, where they do not go by themselves.
    pub(crate) leftovers: Vec<String>,
}

impl Engine<'_> {
    /// The columns of tables of a schema, by the tables' names.
    ///
    /// # Errors
    /// The engine's own.
    pub(crate) fn columns_there(
        self,
        schema: &str,
        tables: &[&str],
    ) -> Result<BTreeMap<String, Vec<SourceColumn>>, Error> {
        match self {
            Engine::DuckDb(warehouse) => duckdb_there::columns(warehouse, schema, tables),
            Engine::BigQuery(warehouse) => bigquery::columns(warehouse, schema, tables),
        }
    }

    /// How tables of a schema are read.
    ///
    /// # Errors
    /// The engine's own; a column that cannot be read as it is declared.
    pub(crate) fn read_there(
        self,
        source: &Source,
        schema: &str,
        requests: &[&Request<'_>],
    ) -> Result<Vec<There>, Error> {
        match self {
            Engine::DuckDb(warehouse) => duckdb_there::read(warehouse, source, schema, requests),
            Engine::BigQuery(warehouse) => bigquery::read(warehouse, source, schema, requests),
        }
    }
}

/// Stretches of time as a cursor of a type shows them.
pub(super) fn stretches(ty: &Type, windows: &[Interval], zone: Tz) -> Vec<(Option<NaiveDateTime>, NaiveDateTime)> {
    let shown = |window: &Interval| {
        let from = window.from.unwrap_or(window.to);
        let (from, to) = match ty {
            Type::Timestamp => (from, window.to),
            Type::Date => {
                let (from, to) = moment::local_window(from, window.to, zone);
                moment::whole_days(from, to)
            }
            _ => moment::local_window(from, window.to, zone),
        };
        (window.from.map(|_| from), to)
    };
    windows.iter().map(shown).collect()
}
