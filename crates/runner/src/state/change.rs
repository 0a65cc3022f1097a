//! Changes of the state as data: what a unit of work records of itself. It must not decide when one is made.

use std::ops::Range;

use chrono::NaiveDateTime;

use super::advance::{Read, advance};
use super::errors::Screen;
use super::intervals::{self, Interval};
use super::literal;
use crate::extract::SourceColumn;
use crate::warehouse::unit::Found;
use crate::{DuckDbWarehouse, Error, TableReport};

/// One change of the state.
#[derive(Debug, Clone)]
pub enum StateChange {
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
    /// A batch of a source lands.
    Batch {
        /// Its number.
        batch: i64,
        /// The source's name.
        source: String,
        /// The word for the mode of the run.
        mode: String,
        /// Its instant, UTC.
        at: NaiveDateTime,
    },
    /// A batch has landed of a table what its statements have counted.
    Landed(Landed),
    /// Rows of a source table that do not cast become error events.
    Events {
        /// The batch.
        batch: i64,
        /// `source.table`.
        table: String,
        /// What rejects them: `cast`, or `line` for what is no row at all.
        screen: &'static str,
        /// A relation beside the state, with `_place`, `_reason` and `_row`.
        rows: String,
    },
    /// Files of a table have landed.
    Files {
        /// The batch.
        batch: i64,
        /// `source.table`.
        table: String,
        /// Names and digests.
        files: Vec<(String, String)>,
    },
    /// Stretches of time of a table are loaded.
    Covered {
        /// `source.table`.
        table: String,
        /// The stretches.
        intervals: Vec<Interval>,
    },
    /// A table has been read.
    Read(Read),
    /// The next run reads all of a table.
    Forgotten {
        /// `source.table`.
        table: String,
    },
    /// The screens that the models declare.
    Screens(Vec<Screen>),
    /// The columns that a table of a source has.
    Columns {
        /// `source.table`.
        table: String,
        /// The columns, in their order.
        columns: Vec<SourceColumn>,
    },
}

/// What a batch has landed of a table, as its statements count it.
#[derive(Debug, Clone)]
pub struct Landed {
    /// The batch.
    pub batch: i64,
    /// `source.table`.
    pub table: String,
    /// Rows that were rejected before the unit.
    pub rejected: i64,
    /// The places of the steps that count.
    pub steps: Range<usize>,
}

impl Landed {
    /// What the steps have counted.
    pub fn report(&self, found: &[(usize, Found)]) -> TableReport {
        let mut report = TableReport { table: self.table.clone(), rejected: self.rejected, ..TableReport::default() };
        for (_, found) in found.iter().filter(|(place, _)| self.steps.contains(place)) {
            report.count(&|name| found.count(name));
        }
        report.extracted += report.rejected;
        report
    }
}

impl StateChange {
    /// Whether it records what statements of its unit have counted.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Landed(_))
    }

    /// Writes the change into the state. `found` is what the statements of its unit have found.
    pub fn write(&self, state: &DuckDbWarehouse, found: &[(usize, Found)]) -> Result<(), Error> {
        match self {
            Self::Batch { batch, source, mode, at } => state.execute(&format!(
                "INSERT INTO _dwc.batches VALUES ({batch}, {}, {}, TIMESTAMP '{}')",
                literal(source),
                literal(mode),
                at.format("%Y-%m-%d %H:%M:%S%.f")
            )),
            Self::Landed(landed) => super::put_table_batch(state, landed.batch, &landed.report(found)),
            Self::Events { batch, table, screen, rows } => {
                super::errors::keep_events(state, (*batch, table), screen, rows)
            }
            Self::Files { batch, table, files } => super::put_files(state, table, files, *batch),
            Self::Covered { table, intervals } => intervals::cover(state, table, intervals.iter().copied()),
            Self::Read(read) => advance(state, read),
            Self::Forgotten { table } => super::reread(state, table),
            Self::Screens(screens) => super::errors::put_screens(state, screens),
            Self::Columns { table, columns } => super::put_source_columns(state, table, columns),
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
