//! A migration: the statements of an apply, and what the state says of it, as complete data. Where definitions are no part of
//! a transaction, an engine does them first, each so that it may be done again. It must not know why anything changes.

use chrono::NaiveDateTime;
use dwc_compiler::plan::{Manifest, Object};
use dwc_compiler::sql::ChangeStatement;

use crate::state::change::StateChange;
use crate::{Engine, Error};

/// What an apply carries out.
#[derive(Debug)]
pub(crate) struct Migration<'a> {
    /// The serial of the state before it; 0 where nothing was ever applied.
    pub(crate) serial: i64,
    /// Its time, UTC.
    pub(crate) at: NaiveDateTime,
    /// What was applied last.
    pub(crate) before: Option<&'a Manifest>,
    /// What is applied.
    pub(crate) wanted: &'a Manifest,
    /// The digest of that.
    pub(crate) digest: String,
    /// Another process was killed when it applied the same.
    pub(crate) resumes: bool,
    /// The warehouse is kept as it was.
    pub(crate) keeps: bool,
    /// The statements, in their order.
    pub(crate) statements: &'a [ChangeStatement],
    /// Tables that are made again beside themselves, as they were and as they will be.
    pub(crate) replaced: Vec<(&'a Object, &'a Object)>,
    /// Tables that stepped aside for an apply which was killed after its end: their schemas and names.
    pub(crate) left_aside: Vec<(String, String)>,
    /// What the state says besides.
    pub(crate) records: Vec<StateChange>,
}

/// What an engine says of a migration that it has carried out.
#[derive(Debug, Default)]
pub(crate) struct Migrated {
    /// Where the warehouse as it was is kept: a file, or a dataset.
    pub(crate) snapshot: Option<String>,
    /// What somebody has to do now, one sentence each.
    pub(crate) notes: Vec<String>,
}

impl Engine<'_> {
    /// Carries out a migration.
    ///
    /// # Errors
    /// The engine's own. Nothing is changed then, or the same migration goes on from there.
    pub(crate) fn migrate(self, migration: &Migration<'_>) -> Result<Migrated, Error> {
        match self {
            Engine::DuckDb(warehouse) => warehouse.migrate(migration),
            Engine::BigQuery(warehouse) => warehouse.migrate(migration),
        }
    }
}
