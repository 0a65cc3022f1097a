//! What an engine is: everything that execution and the state ask of a warehouse. Another engine is another implementation of
//! this trait, a dialect of the compiler and a column of its function table. It must not decide what is executed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDateTime;
use dwc_compiler::model::{Project, Source, TargetType};
use dwc_compiler::plan::{Catalog, Object};
use dwc_googlesql::Type;

use super::claim::{Claim, Holder, Lease};
use super::duckdb::{DuckDbWarehouse, Rows};
use super::migration::{Migrated, Migration};
use super::there::There;
use super::unit::{Done, Held, Make};
use crate::extract::{Request, SourceColumn};
use crate::{Error, StateReport, WhichRuns};

/// An open warehouse. Every method fails with the engine's own errors.
pub trait Warehouse {
    /// Whose dialect it takes.
    fn ty(&self) -> TargetType;

    /// The schema of the star.
    fn schema<'a>(&'a self, project: &'a Project) -> &'a str;

    /// What tells the warehouse from others.
    ///
    /// # Errors
    /// The engine's own.
    fn address(&self) -> Result<String, Error>;

    /// Where the state is read and changed: the warehouse itself, or the copy that its next commit sends.
    fn store(&self) -> &DuckDbWarehouse;

    /// What is loaded, or `None` where nothing was ever applied.
    ///
    /// # Errors
    /// A state that cannot be read.
    fn state(&self) -> Result<Option<StateReport>, Error>;

    /// Makes the tables of the state where an older dwc made fewer.
    ///
    /// # Errors
    /// The engine's own.
    fn prepare_state(&self) -> Result<(), Error>;

    /// Carries out the unit that `make` plans upon the state, in one transaction with its records. Where another process
    /// has changed the state meanwhile, the unit is made anew upon that. `None` where `make` finds nothing to do.
    ///
    /// # Errors
    /// Rows that offend a gate, or the engine's own. Nothing is changed then.
    fn commit(&self, make: &mut Make<'_, '_>) -> Result<Option<Done>, Held>;

    /// Carries out a migration.
    ///
    /// # Errors
    /// The engine's own. Nothing is changed then, or the same migration goes on from there.
    fn migrate(&self, migration: &Migration<'_>) -> Result<Migrated, Error>;

    /// Puts rows where the statements of a unit can read them. Gives the relation that they are there.
    ///
    /// # Errors
    /// The engine's own, and a type that does not travel.
    fn deliver(&self, parcel: &Parcel<'_>) -> Result<String, Error>;

    /// The tables and views that are there, dwc's own state aside.
    ///
    /// # Errors
    /// The engine's own.
    fn catalog(&self) -> Result<Catalog, Error>;

    /// The rows and the bytes of a table, each where it can be said.
    ///
    /// # Errors
    /// The engine's own.
    fn size(&self, object: &Object) -> Result<(Option<u64>, Option<u64>), Error>;

    /// The column names and rows of a query, in the engine's words.
    ///
    /// # Errors
    /// The engine's own.
    fn table(&self, sql: &str) -> Result<(Vec<String>, Rows), Error>;

    /// The columns of tables of a schema that another tool fills, by the tables' names.
    ///
    /// # Errors
    /// The engine's own.
    fn columns_there(&self, schema: &str, tables: &[&str]) -> Result<BTreeMap<String, Vec<SourceColumn>>, Error>;

    /// How tables of a schema that another tool fills are read. How far each cursor has come is read first.
    ///
    /// # Errors
    /// The engine's own; a column that cannot be read as it is declared.
    fn read_there(&self, source: &Source, schema: &str, requests: &[&Request<'_>]) -> Result<Vec<There>, Error>;

    /// Serial, time and manifest of every apply, in their order.
    ///
    /// # Errors
    /// The engine's own.
    fn manifests(&self) -> Result<Rows, Error>;

    /// Rows that were not loaded: batch, source table or model, screen, place, reason and row, the latest batch first.
    ///
    /// # Errors
    /// The engine's own.
    fn error_events(&self) -> Result<Rows, Error> {
        self.store().rows(&crate::state::errors::events("_dwc.error_events", "VARCHAR"))
    }

    /// Runs: number, mode, status, start and end in microseconds, and the report, the latest first.
    ///
    /// # Errors
    /// The engine's own.
    fn runs(&self, which: WhichRuns) -> Result<Rows, Error> {
        self.store().rows(&crate::state::runs::query("_dwc.runs", "VARCHAR", "epoch_us", which))
    }

    /// The serials of the applies before which the warehouse was kept.
    ///
    /// # Errors
    /// The engine's own.
    fn kept_serials(&self) -> Result<BTreeSet<i64>, Error>;

    /// Takes the warehouse back to the snapshot of a serial, or to the latest one: rows, tables, views and state. Gives the
    /// serial, and where the warehouse as it was is kept: a file, or what tables' names begin with.
    ///
    /// # Errors
    /// There is no such snapshot, another process holds the warehouse, or the engine's own.
    fn rollback(self: Box<Self>, to: Option<i64>, at: NaiveDateTime) -> Result<(i64, String), Error>;

    /// The schema in which another tool's tables are, where none is named.
    fn default_schema(&self) -> Option<&'static str> {
        None
    }

    /// An apply has made tables of the state, and perhaps more, without ending.
    fn is_begun(&self) -> bool {
        false
    }

    /// Whether a statement that it refuses without a word for it is refused for a value.
    fn refuses_values_alone(&self) -> bool {
        false
    }

    /// Whether no other process works on the warehouse.
    fn is_alone(&self) -> bool {
        true
    }

    /// Holds what is claimed against other processes as long as the lease lives; `None` where opening the warehouse does.
    ///
    /// # Errors
    /// Another process holds it (DW0920).
    fn lease(&self, _claim: &Claim) -> Result<Option<Lease<'_>>, Error> {
        Ok(None)
    }

    /// Who holds leases.
    ///
    /// # Errors
    /// The engine's own.
    fn holders(&self) -> Result<Vec<Holder>, Error> {
        Ok(Vec::new())
    }

    /// Takes the leases from their holders.
    ///
    /// # Errors
    /// The engine's own.
    fn unlock(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The bytes that a query would be billed for; `None` where reading costs nothing.
    ///
    /// # Errors
    /// The engine's own.
    fn bytes_of(&self, _sql: &str) -> Result<Option<u64>, Error> {
        Ok(None)
    }
}

/// Rows of the embedded engine on their way to where the statements of a unit read them.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    /// What they are called: letters, digits and `_`.
    pub name: &'a str,
    /// Their columns.
    pub columns: &'a [(String, Type)],
    /// The embedded engine's relation.
    pub rows: &'a str,
    /// What they are ordered by, where they travel: the same rows are the same file then.
    pub order: Option<&'a str>,
    /// The folder in which they may wait.
    pub folder: &'a Path,
}

/// Says in a catalog how much the tables of these objects hold.
pub(crate) fn measure<'o>(
    warehouse: &dyn Warehouse,
    objects: impl Iterator<Item = &'o Object>,
    catalog: &mut Catalog,
) -> Result<(), Error> {
    for object in objects {
        if let Some(live) = catalog.objects.get_mut(&object.path()).filter(|live| !live.view) {
            (live.rows, live.bytes) = warehouse.size(object)?;
        }
    }
    Ok(())
}
