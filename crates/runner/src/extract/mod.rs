//! Extraction: rows of a source go into a staging table, typed; a row that does not cast goes to the error events.
//! It must not know what is done with them.

pub(crate) mod batch;
pub(crate) mod columns;
pub(crate) mod database;
pub(crate) mod files;
pub(crate) mod meter;
pub(crate) mod mysql;
pub(crate) mod postgres;
mod rows;
pub(crate) mod rows_sql;
pub(crate) mod staging;

use chrono::NaiveDateTime;
pub(crate) use dwc_compiler::cell::moment;
use dwc_compiler::model::Table;
use serde::{Deserialize, Serialize};

use crate::state::intervals::Interval;

/// How far a table has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watermark {
    /// The cursor's greatest value in the last view, as the source writes it.
    pub cursor: String,
    /// The instant of that view, UTC.
    pub bound: NaiveDateTime,
}

/// Which rows of a table are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Every row, in one view.
    Whole,
    /// Every row, in chunks that share no view, after the watermark was pinned.
    Chunks(Watermark),
    /// What the cursor puts at the watermark, less the lookback, or after it.
    Since(Watermark),
    /// What the cursor puts into these stretches of time.
    Windows(Vec<Interval>),
}

/// What is read of one table of a database.
pub struct Request<'a> {
    /// The table.
    pub table: &'a Table,
    /// Which of its rows.
    pub reading: Reading,
    /// The columns that it had when it was read last; none where it never was.
    pub known: Vec<SourceColumn>,
}

/// A column of a source's table, as the source says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: String,
}

/// What reading a table gave, its rows aside.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    /// The greatest value of the cursor in this view, not beyond the view's own time nor the end of the windows.
    pub(crate) mark: Option<String>,
    /// The columns that the table has.
    pub(crate) columns: Vec<SourceColumn>,
    /// How they differ from those of the last reading.
    pub(crate) changes: Vec<String>,
}

/// A day, hour, minute or second as people and file names write it, in UTC.
#[must_use]
pub fn parse_time(text: &str) -> Option<NaiveDateTime> {
    files::parse_batch(text)
}
