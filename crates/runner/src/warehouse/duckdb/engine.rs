//! The embedded engine as a [`Warehouse`]. It must not decide what is executed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use dwc_compiler::model::{Project, Source, TargetType};
use dwc_compiler::plan::{Catalog, Object};

use super::{DuckDbWarehouse, Rows, there};
use crate::extract::{Request, SourceColumn};
use crate::warehouse::engine::{Parcel, Warehouse};
use crate::warehouse::migration::{Migrated, Migration};
use crate::warehouse::there::There;
use crate::warehouse::unit::{Done, Held, Make, ended};
use crate::{Error, StateReport, state};

impl Warehouse for DuckDbWarehouse {
    fn ty(&self) -> TargetType {
        TargetType::Duckdb
    }

    fn schema<'a>(&'a self, project: &'a Project) -> &'a str {
        &project.schema
    }

    fn default_schema(&self) -> Option<&'static str> {
        Some("main")
    }

    fn address(&self) -> Result<String, Error> {
        let path = "SELECT COALESCE(path, '') FROM duckdb_databases() WHERE database_name = current_database()";
        Ok(self.rows(path)?.into_iter().flatten().flatten().next().unwrap_or_default())
    }

    fn store(&self) -> &DuckDbWarehouse {
        self
    }

    fn state(&self) -> Result<Option<StateReport>, Error> {
        Self::state(self)
    }

    fn prepare_state(&self) -> Result<(), Error> {
        state::prepare(self)
    }

    fn commit(&self, make: &mut Make<'_, '_>) -> Result<Option<Done>, Held> {
        ended(self.carry_out(make))
    }

    fn migrate(&self, migration: &Migration<'_>) -> Result<Migrated, Error> {
        self.carry_over(migration)
    }

    fn deliver(&self, parcel: &Parcel<'_>) -> Result<String, Error> {
        Ok(parcel.rows.to_owned())
    }

    fn catalog(&self) -> Result<Catalog, Error> {
        Self::catalog(self)
    }

    fn size(&self, object: &Object) -> Result<(Option<u64>, Option<u64>), Error> {
        Ok((self.rows_of(&object.schema, &object.name)?, None))
    }

    fn table(&self, sql: &str) -> Result<(Vec<String>, Rows), Error> {
        Self::table(self, sql)
    }

    fn columns_there(&self, schema: &str, tables: &[&str]) -> Result<BTreeMap<String, Vec<SourceColumn>>, Error> {
        there::columns(self, schema, tables)
    }

    fn read_there(&self, source: &Source, schema: &str, requests: &[&Request<'_>]) -> Result<Vec<There>, Error> {
        there::read(self, source, schema, requests)
    }

    fn manifests(&self) -> Result<Rows, Error> {
        self.rows("SELECT serial, applied_at, manifest FROM _dwc.manifests ORDER BY serial")
    }

    fn kept_serials(&self) -> Result<BTreeSet<i64>, Error> {
        self.snapshots()
    }

    fn rollback(self: Box<Self>, to: Option<i64>, _at: NaiveDateTime) -> Result<(i64, String), Error> {
        let (serial, kept) = Self::rollback(*self, to)?;
        Ok((serial, kept.display().to_string()))
    }

    /// The engine has no word for most refusals of a value.
    fn refuses_values_alone(&self) -> bool {
        true
    }
}
