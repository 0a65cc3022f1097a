//! Gathering: rows as they come, at the pace that the source allows, into staged batches. It must not know a server.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::cell::{Shape, Values};
use dwc_compiler::model::Table;

use crate::Error;
use crate::extract::rows::{Place, Rows};
use crate::extract::staging::{Sink, Staged};

/// What every reading of a view shares.
pub(crate) struct View {
    /// How fast it is read.
    pub(crate) pace: Pace,
    /// The zone of times without one.
    pub(crate) zone: Tz,
    /// The instant that rows are of, UTC.
    pub(crate) bound: NaiveDateTime,
}

/// Takes the rows of one query.
pub(crate) struct Gather<'g> {
    view: &'g View,
    table: &'g Table,
    staged: &'g Staged,
    rows: Option<Rows<Sink>>,
    read: i64,
    told: i64,
    tell: &'g mut dyn FnMut(u64, u64),
}

impl<'g> Gather<'g> {
    /// Rows of a table, into its staged files.
    pub(crate) fn new(view: &'g View, table: &'g Table, staged: &'g Staged, tell: &'g mut dyn FnMut(u64, u64)) -> Self {
        Self { view, table, staged, rows: None, read: 0, told: 0, tell }
    }

    /// The query was accepted.
    /// What each is by its name is asked for in the order of what is selected.
    pub(crate) fn start(&mut self, shape: impl FnMut(&str) -> Shape) -> Result<(), Error> {
        let shapes = self.table.columns.iter().map(|column| column.name.as_str()).map(shape).collect();
        let sink = |schema: &_| Sink::create(self.staged, schema);
        self.rows = Some(Rows::new(self.table, self.view.zone, self.view.bound, shapes, sink)?);
        Ok(())
    }

    /// Takes a row. Whether [`Self::keep`] is to be awaited before the next one.
    pub(crate) fn push(&mut self, row: &(impl Values + ?Sized)) -> Result<bool, Error> {
        let Some(rows) = &mut self.rows else { return Ok(false) };
        self.read += 1;
        rows.push(row, self.read, Place::Key);
        if rows.is_full() {
            let bytes = rows.stage()?;
            (self.tell)((self.read - self.told).unsigned_abs(), bytes);
            self.told = self.read;
        }
        Ok(self.read % PACED == 0 && self.view.pace.each.is_some())
    }

    /// Waits until more rows may be read.
    pub(crate) async fn keep(&self) {
        self.view.pace.keep().await;
    }

    /// The query came to its end.
    pub(super) fn finish(self) -> Result<(), Error> {
        if let Some(rows) = self.rows {
            let bytes = rows.finish()?;
            (self.tell)((self.read - self.told).unsigned_abs(), bytes);
        }
        Ok(())
    }
}

/// Rows after which the pace is looked at.
const PACED: i64 = 100;

/// Keeps a connection to its part of the rows that may be read in a second.
pub(crate) struct Pace {
    /// How long a hundred rows may take at least.
    each: Option<Duration>,
    next: Mutex<Instant>,
}

impl Pace {
    /// The pace of one of so many connections.
    pub(crate) fn new(rows_per_second: Option<u32>, connections: usize) -> Self {
        let rows = rows_per_second.map(f64::from);
        let each = rows.map(|rows| Duration::from_secs_f64(PACED as f64 * connections.max(1) as f64 / rows));
        Self { each, next: Mutex::new(Instant::now()) }
    }

    /// Waits until a hundred rows more may be read.
    async fn keep(&self) {
        let Some(each) = self.each else { return };
        let until = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            // Time that was lost to a slow server is not made good.
            *next = (*next + each).max(Instant::now());
            *next
        };
        tokio::time::sleep_until(until.into()).await;
    }
}
