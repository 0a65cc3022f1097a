//! Environments: copies of a warehouse to plan, apply and load in, each of which knows itself what it was made from and
//! until when. It must not decide what is applied or loaded in one.

mod bigquery;
mod diff;
mod duckdb;
mod figures;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Project;
use serde::Serialize;

use crate::state::literal;
use crate::warehouse::row::Row;
use crate::{Error, Warehouse};

pub use bigquery::{CloneEnvironments, environment_dataset};
pub use diff::{ColumnDifference, EnvironmentDiff, SchemaDifference, TableDifference};
pub use duckdb::{FileEnvironments, environment_path};
pub use figures::{Figure, Figures, figures};

/// The environments of a target: what an engine has for them.
pub trait Environments {
    /// Makes one. Gives where it is: a file, or a dataset.
    ///
    /// # Errors
    /// A name that is taken or is no name, a target to which nothing was applied, or the engine's own.
    fn create(&self, making: Making<'_>) -> Result<String, Error>;

    /// All of them, by name.
    ///
    /// # Errors
    /// The engine's own.
    fn all(&self) -> Result<Vec<Environment>, Error>;

    /// Compares one with its target.
    ///
    /// # Errors
    /// There is none of the name, or the engine's own.
    fn diff(&self, name: &str, project: &Project) -> Result<EnvironmentDiff, Error>;

    /// Removes one.
    ///
    /// # Errors
    /// There is none of the name, or the engine's own.
    fn remove(&self, name: &str) -> Result<(), Error>;
}

/// An environment that is made.
#[derive(Debug, Clone, Copy)]
pub struct Making<'a> {
    /// Its name.
    pub name: &'a str,
    /// The target's name.
    pub target: &'a str,
    /// Now, UTC.
    pub at: NaiveDateTime,
    /// Until when it may be used, UTC.
    pub expires: Option<NaiveDateTime>,
}

/// An environment.
#[derive(Debug, Clone, Serialize)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// The target that it is a copy of.
    pub target: String,
    /// The serial of the target's state when it was made.
    pub serial: i64,
    /// When it was made, UTC.
    pub created_at: String,
    /// Until when it may be used, UTC; `None` for as long as it is there.
    #[serde(serialize_with = "written")]
    pub expires_at: Option<NaiveDateTime>,
}

impl Environment {
    /// A row of the state: name, target, serial, made, expires.
    fn of(row: &mut Row) -> Result<Self, Error> {
        let (name, target, serial) = (row.text()?, row.text()?, row.number()?);
        Ok(Self { name, target, serial, created_at: row.text()?, expires_at: row.instant_or_null()? })
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_expired(&self, now: NaiveDateTime) -> bool {
        self.expires_at.is_some_and(|until| until <= now)
    }
}

/// An instant, UTC, as JSON has it.
fn written<S: serde::Serializer>(at: &Option<NaiveDateTime>, out: S) -> Result<S::Ok, S::Error> {
    at.map(|at| at.to_string()).serialize(out)
}

/// There is no environment of the name.
#[must_use]
pub fn unknown_environment(name: &str) -> Error {
    Error::coded(Code::UnknownEnvironment, format!("there is no environment `{name}`"))
        .help("`dwc env list` lists them; `dwc env create NAME --from TARGET` creates one")
}

/// The target has nothing to copy.
#[must_use]
pub fn not_applied(target: &str) -> Error {
    Error::coded(Code::NotApplied, format!("nothing has been applied to `{target}`")).help("run `dwc apply` first")
}

fn taken(name: &str) -> Error {
    Error::coded(Code::EnvironmentExists, format!("environment `{name}` already exists"))
        .help(format!("choose another name, or drop it with `dwc env drop {name}`"))
}

/// Refuses what is not a name of an environment.
fn named(name: &str) -> Result<(), Error> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 60 || !name.chars().all(fits) {
        return Err(Error::coded(Code::WrongValue, format!("`{name}` is not a name of an environment"))
            .help("use lowercase letters, digits, `-` and `_`"));
    }
    Ok(())
}

/// The statements that write down, in the state of a copy, what it is.
fn row(name: &str, target: &str, serial: i64, now: NaiveDateTime, expires: Option<NaiveDateTime>) -> String {
    let moment = |at: NaiveDateTime| format!("TIMESTAMP '{}'", at.format("%Y-%m-%d %H:%M:%S"));
    format!(
        "CREATE OR REPLACE TABLE _dwc.environment {};\nINSERT INTO _dwc.environment VALUES ({}, {}, {serial}, {}, {})",
        crate::state::ENVIRONMENT,
        literal(name),
        literal(target),
        moment(now),
        expires.map_or_else(|| "NULL".to_owned(), moment)
    )
}

/// What a warehouse says of itself, where it is an environment.
///
/// # Errors
/// The engine's own.
pub fn environment_of(warehouse: &dyn Warehouse) -> Result<Option<Environment>, Error> {
    let state = warehouse.store();
    if !crate::state::has(state, "environment")? {
        return Ok(None);
    }
    let sql = "SELECT name, target, serial, created_at, expires_at FROM _dwc.environment";
    Ok(state.read(sql, Environment::of)?.into_iter().next())
}
