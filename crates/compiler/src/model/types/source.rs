//! Sources and their tables, as they are declared. They must not know of engines.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use dwc_googlesql::Type;

use super::{Check, Files};
use crate::source::Span;
use crate::syntax::{Contents, DetectDeletes, OnSchemaChange, Retain, SourceType};

/// A source: one database, folder or landed schema.
#[derive(Debug, Clone)]
pub struct Source {
    /// The source's name.
    pub name: String,
    /// What it is read with.
    pub ty: SourceType,
    /// What it is, for analysts; may be empty.
    pub description: String,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// The connection's address with `{{ env('…') }}` still unexpanded; empty for files.
    pub url: String,
    /// The IANA zone of its DATETIMEs.
    pub timezone: Tz,
    /// The schema of a `warehouse` source.
    pub schema: Option<String>,
    /// The address of a replica, which is read as long as it answers.
    pub replica_url: Option<String>,
    /// How often a source that does not answer is tried again.
    pub retries: u32,
    /// The most rows to read in a second, over all connections.
    pub max_rows_per_second: Option<u32>,
    /// How long the server may take to answer, in seconds.
    pub statement_seconds: u64,
    /// How long one view may stay open, in seconds.
    pub snapshot_seconds: Option<u64>,
    /// The most connections to open at once.
    pub max_connections: u32,
    /// Rows of one chunk of a first load.
    pub chunk_rows: u64,
    /// Where it is declared.
    pub span: Span,
}

/// A column with its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// Its GoogleSQL type.
    pub ty: Type,
    /// What it says, for analysts; may be empty.
    pub description: String,
    /// It holds personal data.
    pub pii: bool,
    /// Its name in the files, where it differs.
    pub header: Option<String>,
    /// Its source compares its texts without case.
    pub folds_case: bool,
}

impl Column {
    /// Its name in the files.
    #[must_use]
    pub fn header(&self) -> &str {
        self.header.as_deref().unwrap_or(&self.name)
    }
}

/// A table of a source.
#[derive(Debug, Clone)]
pub struct Table {
    /// `source.table`.
    pub address: String,
    /// The source's name.
    pub source: String,
    /// The table's own name in the project.
    pub name: String,
    /// Its name in the source.
    pub physical: String,
    /// What one row is, for analysts; may be empty.
    pub description: String,
    /// Columns in the order declared.
    pub columns: Vec<Column>,
    /// Names of the columns that a model or the load itself reads: the source has to have them.
    pub read: BTreeSet<String>,
    /// The columns that name a row; empty where a row is its own key.
    pub primary_key: Vec<String>,
    /// The column that increments are read by.
    pub cursor: Option<String>,
    /// How far before the watermark an increment starts, in seconds.
    pub lookback_seconds: i64,
    /// The column that orders the states of one row: the greatest is the live one.
    pub sequence: Option<String>,
    /// How deletes are seen.
    pub detect_deletes: DetectDeletes,
    /// The column that marks a delete, for `column` and `operation`.
    pub delete_column: Option<String>,
    /// The values of the operation column that mark a delete, in lower case.
    pub delete_values: Vec<String>,
    /// Its rows are entries of a log: several states of each row.
    pub is_log: bool,
    /// What becomes of a column that the source has and that is not declared.
    pub on_schema_change: OnSchemaChange,
    /// Columns of the source that are left alone.
    pub ignore_columns: Vec<String>,
    /// Which landed states are kept.
    pub retain: Retain,
    /// Where that is declared, if it is.
    pub retain_span: Option<Span>,
    /// The share of rows that may fail to cast.
    pub max_rejected_share: f64,
    /// The share of rows that a full pass may delete, where it is declared.
    pub max_deleted_share: Option<f64>,
    /// How far a landed number may lie from its source's, as a decimal, by column: only where it may.
    pub tolerances: BTreeMap<String, String>,
    /// What its landed rows are to meet.
    pub checks: Vec<Check>,
    /// Where its files are, for a `files` source.
    pub files: Option<Files>,
    /// Where it is declared.
    pub span: Span,
    /// Where its primary key is declared.
    pub key_span: Span,
}

impl Table {
    /// The columns that name a row in the landing table: the primary key, or the row's own hash.
    #[must_use]
    pub fn landing_key(&self) -> Vec<String> {
        if self.primary_key.is_empty() { vec![ROW_KEY.to_owned()] } else { self.primary_key.clone() }
    }

    /// The columns of the landing table that the source gives: the row key where rows have none of their own comes first.
    #[must_use]
    pub fn landed_columns(&self) -> Vec<(String, Type)> {
        let row_key = self.primary_key.is_empty().then(|| (ROW_KEY.to_owned(), Type::String));
        row_key.into_iter().chain(self.columns.iter().map(|column| (column.name.clone(), column.ty.clone()))).collect()
    }

    /// Whether a row is deleted by a reading of the whole table that does not find it.
    #[must_use]
    pub fn deletes_by_reading(&self) -> bool {
        self.detect_deletes == DetectDeletes::FullPass
            || self.files.as_ref().is_some_and(|files| files.contents == Contents::Snapshot)
    }

    /// The column that orders the states of a row within a batch; a snapshot has one state of each.
    #[must_use]
    pub fn order(&self) -> Option<&str> {
        let is_snapshot = self.files.as_ref().is_some_and(|files| files.contents == Contents::Snapshot);
        self.sequence.as_deref().or(self.cursor.as_deref()).filter(|_| !is_snapshot)
    }

    /// The column whose greatest value tells the live state of a row, whenever it came. What a database gives is its row as
    /// it is now, unless a sequence says otherwise; a file may come after a later one, but a snapshot that does is followed
    /// by the later ones once more.
    #[must_use]
    pub fn latest_by(&self) -> Option<&str> {
        if self.files.is_some() { self.order() } else { self.sequence.as_deref() }
    }

    /// Whether one reading of the table has each row once: files of changes, logs of operations and tables whose rows have a
    /// declared order may hold several states of one.
    #[must_use]
    pub fn has_one_state(&self) -> bool {
        match &self.files {
            Some(files) => files.contents == Contents::Snapshot,
            None => !self.is_log && self.sequence.is_none() && self.detect_deletes != DetectDeletes::Operation,
        }
    }

    /// The column that says when a row was deleted, where it marks deletes and holds a moment.
    #[must_use]
    pub fn dated_deletes(&self) -> Option<&Column> {
        let column = self.delete_column.as_ref().and_then(|name| self.column(name))?;
        let is_moment = matches!(column.ty, Type::Date | Type::DateTime | Type::Timestamp);
        (self.detect_deletes == DetectDeletes::Column && is_moment).then_some(column)
    }

    /// Whether the source has to have a column.
    #[must_use]
    pub fn needs(&self, column: &Column) -> bool {
        column.name != EXTRA && self.read.contains(&column.name)
    }

    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The landing column that names a row of a table without a primary key: a hash of the row and its ordinal among equals.
pub const ROW_KEY: &str = "_row_key";

/// The landing column of a table that evolves: the columns of the source that are not declared, as a JSON object.
pub const EXTRA: &str = "_extra";
