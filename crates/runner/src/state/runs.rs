//! The runs that a warehouse remembers, with what each of them did. It must not change anything.

use chrono::{DateTime, NaiveDateTime};
use serde::Serialize;

use super::{damaged, exists};
use crate::warehouse::row;
use crate::{Error, RunReport, Warehouse};

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct RunEntry {
    /// Its number.
    pub run: i64,
    /// `incremental`, `full`, `interval` or `fill_gaps`.
    pub mode: String,
    /// `done`, `partial` where a source was not reached, `held_back`, `failed`, `running` or `killed`.
    pub status: String,
    /// When it started, UTC.
    pub started_at: NaiveDateTime,
    /// When it ended, UTC; `None` for a run that has not ended or was killed.
    pub finished_at: Option<NaiveDateTime>,
    /// What it did; `None` for a run that ended with an error or has not ended.
    pub report: Option<RunReport>,
}

impl RunEntry {
    /// How long it took, in milliseconds. A run may be given its time, while it ends by the clock: it has no duration then.
    #[must_use]
    pub fn milliseconds(&self) -> Option<i64> {
        let took = self.finished_at?.signed_duration_since(self.started_at);
        (took.num_milliseconds() >= 0 && took.num_days() < 2).then_some(took.num_milliseconds())
    }
}

/// WhichRuns runs are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichRuns {
    /// The run of a number.
    Number(i64),
    /// So many of the latest.
    Latest(u32),
}

/// Runs, from their table: their times in microseconds, by an engine's function.
pub(crate) fn query(table: &str, text: &str, micros: &str, which: WhichRuns) -> String {
    let (only, limit) = match which {
        WhichRuns::Number(number) => (format!("WHERE run = {number} "), 1),
        WhichRuns::Latest(limit) => (String::new(), limit),
    };
    format!(
        "SELECT CAST(run AS {text}) AS number, mode, status, CAST({micros}(started_at) AS {text}) AS started, \
         CAST({micros}(finished_at) AS {text}) AS finished, report FROM {table} AS _r {only}ORDER BY _r.run DESC LIMIT {limit}"
    )
}

/// The runs that are asked for, the latest first.
///
/// # Errors
/// A state that cannot be read.
pub fn runs(warehouse: &dyn Warehouse, which: WhichRuns) -> Result<Vec<RunEntry>, Error> {
    if !exists(warehouse.store())? {
        return Ok(Vec::new());
    }
    let instant = |micros: i64| {
        let at = DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc());
        at.ok_or_else(|| damaged(&format!("`{micros}` is not an instant")))
    };
    row::read(warehouse.runs(which)?, |row| {
        let (run, mode, status) = (row.number()?, row.text()?, row.text()?);
        let started_at = instant(row.number()?)?;
        let finished_at = row.number_or_null()?.map(instant).transpose()?;
        let report = row.cell()?.map(|text| serde_json::from_str(&text)).transpose();
        let report = report.map_err(|error| damaged(&format!("the report of run {run} cannot be read: {error}")))?;
        Ok(RunEntry { run, mode, status, started_at, finished_at, report })
    })
}
