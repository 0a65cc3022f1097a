//! A migration: the statements of an apply, and what the state says of it, as complete data. Where definitions are no part of
//! a transaction, an engine does them first, each so that it may be done again. It must not know why anything changes.

use chrono::NaiveDateTime;
use dwc_compiler::plan::{Catalog, Manifest, Object};
use dwc_compiler::sql::ChangeStatement;

use crate::state::applied;
use crate::state::change::StateChange;
use crate::{DuckDbWarehouse, Error};

/// What an apply carries out.
#[derive(Debug)]
pub struct Migration<'a> {
    /// The serial of the state before it; 0 where nothing was ever applied.
    pub serial: i64,
    /// Its time, UTC.
    pub at: NaiveDateTime,
    /// What was applied last.
    pub before: Option<&'a Manifest>,
    /// What is applied.
    pub wanted: &'a Manifest,
    /// The digest of that.
    pub digest: String,
    /// Another process was killed when it applied the same.
    pub resumes: bool,
    /// The warehouse is kept as it was.
    pub keeps: bool,
    /// The statements, in their order.
    pub statements: &'a [ChangeStatement],
    /// Tables that are made again beside themselves, as they were and as they will be.
    pub replaced: Vec<(&'a Object, &'a Object)>,
    /// Tables that stepped aside for an apply which was killed after its end: their schemas and names.
    pub left_aside: Vec<(String, String)>,
    /// What the state says besides.
    pub records: Vec<StateChange>,
}

/// What an engine says of a migration that it has carried out.
#[derive(Debug, Default)]
pub struct Migrated {
    /// Where the warehouse as it was is kept: a file, or a dataset.
    pub snapshot: Option<String>,
    /// What somebody has to do now, one sentence each.
    pub notes: Vec<String>,
}

impl Migration<'_> {
    /// Writes down in a state what the migration records, with the catalog as it is after it.
    ///
    /// # Errors
    /// The embedded engine's own.
    pub fn record(&self, store: &DuckDbWarehouse, catalog: &Catalog) -> Result<(), Error> {
        for record in &self.records {
            record.write(store, &[])?;
        }
        applied::put(store, self.serial + 1, self.at, self.wanted, catalog)
    }
}
