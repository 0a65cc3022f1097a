//! The seam between what is executed and where: one value for either engine, with what execution and state need of it.
//! It must not decide what is executed.

use std::collections::BTreeSet;
use std::path::Path;

use dwc_compiler::model::{Project, TargetType};
use dwc_compiler::plan::{Catalog, Object};
use dwc_compiler::sql::googlesql::Type;

use super::bigquery::{BigQueryWarehouse, Claim, Lease};
use super::duckdb::{DuckDbWarehouse, Rows};
use crate::{Error, StateReport};

/// An open warehouse of either engine.
pub enum Warehouse {
    /// The embedded engine.
    DuckDb(DuckDbWarehouse),
    /// BigQuery.
    BigQuery(Box<BigQueryWarehouse>),
}

impl Warehouse {
    /// What is loaded, or `None` where nothing was ever applied.
    ///
    /// # Errors
    /// A state that cannot be read.
    pub fn state(&self) -> Result<Option<StateReport>, Error> {
        match self {
            Warehouse::DuckDb(warehouse) => warehouse.state(),
            Warehouse::BigQuery(warehouse) => warehouse.state(),
        }
    }

    /// Holds what is claimed against other processes as long as the lease lives. The embedded engine holds its file itself
    /// while it is open.
    ///
    /// # Errors
    /// Another process holds it (DW0920).
    pub fn lease(&self, claim: &Claim) -> Result<Option<Lease<'_>>, Error> {
        match self {
            Warehouse::DuckDb(_) => Ok(None),
            Warehouse::BigQuery(warehouse) => warehouse.lease(claim),
        }
    }

    /// The column names and rows of a query in the engine's words.
    ///
    /// # Errors
    /// The engine's own.
    pub fn table(&self, sql: &str) -> Result<(Vec<String>, Rows), Error> {
        Engine::from(self).table(sql)
    }
}

/// An open warehouse of either engine, borrowed.
#[derive(Clone, Copy)]
pub enum Engine<'w> {
    /// The embedded engine.
    DuckDb(&'w DuckDbWarehouse),
    /// BigQuery.
    BigQuery(&'w BigQueryWarehouse),
}

impl<'w> From<&'w DuckDbWarehouse> for Engine<'w> {
    fn from(warehouse: &'w DuckDbWarehouse) -> Self {
        Engine::DuckDb(warehouse)
    }
}

impl<'w> From<&'w BigQueryWarehouse> for Engine<'w> {
    fn from(warehouse: &'w BigQueryWarehouse) -> Self {
        Engine::BigQuery(warehouse)
    }
}

impl<'w> From<&'w Warehouse> for Engine<'w> {
    fn from(warehouse: &'w Warehouse) -> Self {
        match warehouse {
            Warehouse::DuckDb(warehouse) => Engine::DuckDb(warehouse),
            Warehouse::BigQuery(warehouse) => Engine::BigQuery(warehouse),
        }
    }
}

/// Rows of the embedded engine on their way to where the statements of a unit read them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parcel<'a> {
    /// What they are called: letters, digits and `_`.
    pub(crate) name: &'a str,
    /// Their columns.
    pub(crate) columns: &'a [(String, Type)],
    /// The embedded engine's relation.
    pub(crate) rows: &'a str,
    /// What they are ordered by, where they travel: the same rows are the same file then.
    pub(crate) order: Option<&'a str>,
    /// The folder in which they may wait.
    pub(crate) folder: &'a Path,
}

impl<'w> Engine<'w> {
    /// Puts rows where the statements of a unit can read them. Gives the relation that they are there.
    ///
    /// # Errors
    /// The engine's own, and a type that does not travel.
    pub(crate) fn deliver(self, parcel: &Parcel<'_>) -> Result<String, Error> {
        match self {
            Engine::DuckDb(_) => Ok(parcel.rows.to_owned()),
            Engine::BigQuery(warehouse) => warehouse.send(parcel),
        }
    }

    /// Which engine's words it takes.
    pub(crate) fn ty(self) -> TargetType {
        match self {
            Engine::DuckDb(_) => TargetType::Duckdb,
            Engine::BigQuery(_) => TargetType::Bigquery,
        }
    }

    /// The schema of the star.
    pub(crate) fn schema(self, project: &'w Project) -> &'w str {
        match self {
            Engine::DuckDb(_) => &project.schema,
            Engine::BigQuery(warehouse) => warehouse.schema(),
        }
    }

    /// The schema in which another tool's tables are, where none is named.
    pub(crate) fn default_schema(self) -> Option<&'static str> {
        match self {
            Engine::DuckDb(_) => Some("main"),
            Engine::BigQuery(_) => None,
        }
    }

    /// What tells the warehouse from others.
    ///
    /// # Errors
    /// The engine's own.
    pub(crate) fn address(self) -> Result<String, Error> {
        match self {
            Engine::DuckDb(warehouse) => {
                let path = "SELECT COALESCE(path, '') FROM duckdb_databases() WHERE database_name = current_database()";
                Ok(warehouse.rows(path)?.into_iter().flatten().flatten().next().unwrap_or_default())
            }
            Engine::BigQuery(warehouse) => Ok(warehouse.address()),
        }
    }

    /// Where the state is read and changed: the warehouse itself, or the copy that its next commit sends.
    pub(crate) fn state(self) -> &'w DuckDbWarehouse {
        match self {
            Engine::DuckDb(warehouse) => warehouse,
            Engine::BigQuery(warehouse) => warehouse.copy(),
        }
    }

    /// An apply has made tables of the state, and perhaps more, without ending.
    pub(crate) fn is_begun(self) -> bool {
        match self {
            Engine::DuckDb(_) => false,
            Engine::BigQuery(warehouse) => warehouse.has_position(),
        }
    }

    /// Makes the tables of the state where an older dwc made fewer.
    pub(crate) fn prepare_state(self) -> Result<(), Error> {
        match self {
            Engine::DuckDb(warehouse) => crate::state::prepare(warehouse),
            Engine::BigQuery(warehouse) => warehouse.prepare_state(),
        }
    }

    /// Whether a statement that it refuses without a word for it is refused for a value.
    pub(crate) fn refuses_values_alone(self) -> bool {
        matches!(self, Engine::DuckDb(_))
    }

    /// Whether no other process works on the warehouse.
    pub(crate) fn is_alone(self) -> bool {
        match self {
            Engine::DuckDb(_) => true,
            Engine::BigQuery(warehouse) => warehouse.is_alone(),
        }
    }

    /// The tables and views that are there, dwc's own state aside.
    pub(crate) fn catalog(self) -> Result<Catalog, Error> {
        match self {
            Engine::DuckDb(warehouse) => warehouse.catalog(),
            Engine::BigQuery(warehouse) => warehouse.catalog(),
        }
    }

    /// The serials of the applies before which the warehouse was kept.
    pub(crate) fn kept_serials(self) -> Result<BTreeSet<i64>, Error> {
        match self {
            Engine::DuckDb(warehouse) => Ok(warehouse.snapshots()),
            Engine::BigQuery(warehouse) => Ok(warehouse.snapshots()?.into_keys().collect()),
        }
    }

    /// Serial, time and manifest of every apply, in their order.
    pub(crate) fn manifests(self) -> Result<Rows, Error> {
        match self {
            Engine::DuckDb(warehouse) => {
                warehouse.rows("SELECT serial, applied_at, manifest FROM _dwc.manifests ORDER BY serial")
            }
            Engine::BigQuery(warehouse) => warehouse.manifests(),
        }
    }

    /// Says in a catalog how much the tables of these objects hold.
    pub(crate) fn measure<'o>(
        self,
        objects: impl Iterator<Item = &'o Object>,
        catalog: &mut Catalog,
    ) -> Result<(), Error> {
        for object in objects {
            let Some(live) = catalog.objects.get_mut(&object.path()).filter(|live| !live.view) else { continue };
            match self {
                Engine::DuckDb(warehouse) => live.rows = warehouse.rows_of(&object.schema, &object.name)?,
                Engine::BigQuery(warehouse) => {
                    if let Some(facts) = warehouse.facts(&object.schema, &object.name)? {
                        (live.rows, live.bytes) = (facts.rows, facts.bytes);
                    }
                }
            }
        }
        Ok(())
    }

    /// The column names and rows of a query.
    pub(crate) fn table(self, sql: &str) -> Result<(Vec<String>, Rows), Error> {
        match self {
            Engine::DuckDb(warehouse) => warehouse.table(sql),
            Engine::BigQuery(warehouse) => warehouse.table(sql),
        }
    }
}
