//! A unit of work: statements, and the changes of state that record them, kept together or not at all. It is complete data:
//! an engine carries it out and says what the statements have found. It must not know what a unit is for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use dwc_compiler::plan::Statement;

use super::version::VersionChange;
use crate::state::change::StateChange;
use crate::{DuckDbWarehouse, Error, Offence};

/// Plans a unit upon a state; `None` where there is nothing to do.
pub type Make<'m, 'u> = dyn FnMut(&DuckDbWarehouse) -> Result<Option<Unit<'u>>, Error> + 'm;

/// What is carried out in one transaction.
#[derive(Debug, Clone)]
pub struct Unit<'a> {
    /// What it is called, in the ids and labels of an engine's jobs.
    pub name: String,
    /// The batch that its statements take up.
    pub batch: i64,
    /// The last batch that they have taken up before.
    pub since: i64,
    /// The instant of the batch, UTC.
    pub at: NaiveDateTime,
    /// The instant, UTC, since which a rebuild computes anew; all of it where left out.
    pub from: Option<NaiveDateTime>,
    /// What is executed, in this order.
    pub steps: Vec<Step<'a>>,
    /// What the state says afterwards.
    pub records: Vec<StateChange>,
    /// Whether all of it is kept.
    pub keep: Keep,
}

/// One step of a unit.
#[derive(Debug, Clone)]
pub enum Step<'a> {
    /// A statement, of the plan or of what a source is read by.
    Statement(Cow<'a, Statement>),
    /// Statements that follow are about batches up to this one.
    Consumed(i64),
    /// Statements that follow are of this instant, UTC.
    At(NaiveDateTime),
}

impl<'a> From<&'a Statement> for Step<'a> {
    fn from(statement: &'a Statement) -> Self {
        Self::Statement(Cow::Borrowed(statement))
    }
}

impl From<Statement> for Step<'_> {
    fn from(statement: Statement) -> Self {
        Self::Statement(Cow::Owned(statement))
    }
}

/// On which condition the work of a unit is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It is.
    Always,
    /// It is not: only what it finds is wanted.
    Never,
    /// Where its statements count nothing as lost.
    UnlessLost,
}

/// What an engine says of a unit that it has carried out.
#[derive(Debug, Clone)]
pub struct Done {
    /// What steps have found, each with its place among the steps.
    pub found: Vec<(usize, Found)>,
    /// It was kept; else everything is as it was.
    pub kept: bool,
}

/// What one statement has found.
#[derive(Debug, Clone)]
pub enum Found {
    /// Named counts.
    Counts(BTreeMap<String, i64>),
    /// The keys of rows that are worth telling, sorted.
    Keys(Vec<String>),
    /// Versions that a rebuild changes.
    Versions(Vec<VersionChange>),
}

/// What ends a unit. Everything is as it was.
#[derive(Debug)]
pub enum Held {
    /// Rows of data offend a declaration.
    Offence(Offence),
    /// The engine, or something else outside dwc, failed.
    World(Error),
}

impl From<Error> for Held {
    fn from(error: Error) -> Self {
        Self::World(error)
    }
}

impl From<Held> for Error {
    fn from(held: Held) -> Self {
        match held {
            Held::Offence(offence) => offence.into(),
            Held::World(error) => error,
        }
    }
}

/// Why an engine rolls a unit back.
#[derive(Debug)]
pub(super) enum Undone {
    /// It was not to be kept.
    NotKept(Vec<(usize, Found)>),
    /// It was held.
    Held(Held),
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self::Held(Held::World(error))
    }
}

/// How an engine ended a unit.
pub(super) fn ended(done: Result<Option<Done>, Undone>) -> Result<Option<Done>, Held> {
    match done {
        Ok(done) => Ok(done),
        Err(Undone::NotKept(found)) => Ok(Some(Done { found, kept: false })),
        Err(Undone::Held(held)) => Err(held),
    }
}

impl Unit<'_> {
    /// A unit that changes the state alone.
    pub fn of_state(name: &str, at: NaiveDateTime, records: Vec<StateChange>) -> Self {
        let (name, steps) = (name.to_owned(), Vec::new());
        Self { name, batch: 0, since: 0, at, from: None, steps, records, keep: Keep::Always }
    }

    /// Writes down in a state what the unit records, from what its statements have found.
    ///
    /// # Errors
    /// The embedded engine's own.
    pub fn record(&self, store: &DuckDbWarehouse, found: &[(usize, Found)]) -> Result<(), Error> {
        self.records.iter().try_for_each(|record| record.write(store, found))
    }

    /// The statements, in their order.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.steps.iter().filter_map(|step| match step {
            Step::Statement(statement) => Some(statement.as_ref()),
            Step::Consumed(_) | Step::At(_) => None,
        })
    }
}

impl Found {
    /// What was counted under a name.
    pub fn count(&self, name: &str) -> i64 {
        match self {
            Found::Counts(counts) => counts.get(name).copied().unwrap_or(0),
            Found::Keys(_) | Found::Versions(_) => 0,
        }
    }
}

impl Done {
    /// How many states the statements have counted as lost.
    pub fn lost(found: &[(usize, Found)]) -> i64 {
        found.iter().map(|(_, found)| found.count("lost")).sum()
    }
}
