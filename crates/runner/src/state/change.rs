//! Changes of the state as data: what a unit of work records of itself. It must not decide when one is made.

use chrono::NaiveDateTime;

use super::literal;
use crate::{DuckDbWarehouse, Error};

/// One change of the state.
#[derive(Debug, Clone)]
pub(crate) enum StateChange {
    /// A model has taken up every batch up to one.
    Consumed {
        /// The model's name.
        model: String,
        /// The batch.
        batch: i64,
    },
    /// The images of a source table up to a batch are gone.
    Purged {
        /// `source.table`.
        table: String,
        /// The batch.
        batch: i64,
    },
    /// A run begins.
    RunBegins {
        /// Its number.
        run: i64,
        /// Its time, UTC.
        at: NaiveDateTime,
        /// The word for its mode.
        mode: String,
    },
    /// Runs that did not end were killed: their transactions are undone.
    RunsKilled,
    /// A run ends.
    RunEnds {
        /// Its number.
        run: i64,
        /// How.
        status: String,
        /// What it did, as JSON.
        report: Option<String>,
    },
}

impl StateChange {
    /// Writes the change into the state.
    pub(crate) fn write(&self, state: &DuckDbWarehouse) -> Result<(), Error> {
        match self {
            Self::Consumed { model, batch } => super::consume(state, model, *batch),
            Self::Purged { table, batch } => {
                let table = literal(table);
                state.execute(&format!(
                    "DELETE FROM _dwc.purged WHERE source_table = {table}; INSERT INTO _dwc.purged VALUES ({table}, {batch})"
                ))
            }
            Self::RunBegins { run, at, mode } => state.execute(&format!(
                "INSERT INTO _dwc.runs VALUES ({run}, TIMESTAMP '{}', NULL, {}, 'running', NULL)",
                at.format("%Y-%m-%d %H:%M:%S%.f"),
                literal(mode)
            )),
            Self::RunsKilled => state.execute("UPDATE _dwc.runs SET status = 'killed' WHERE status = 'running'"),
            Self::RunEnds { run, status, report } => {
                let report = report.as_deref().map_or_else(|| "NULL".to_owned(), literal);
                state.execute(&format!(
                    "UPDATE _dwc.runs SET status = {}, finished_at = make_timestamp(epoch_us(get_current_timestamp())), \
                     report = {report} WHERE run = {run}",
                    literal(status)
                ))
            }
        }
    }
}
