//! BigQuery as a [`Warehouse`]. It must not decide what is executed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use dwc_compiler::model::{Project, Source, TargetType};
use dwc_compiler::plan::{Catalog, Object};

use super::{BigQueryWarehouse, kept, there};
use crate::extract::{Request, SourceColumn};
use crate::warehouse::claim::{Claim, Holder, Lease};
use crate::warehouse::duckdb::{DuckDbWarehouse, Rows};
use crate::warehouse::engine::{Parcel, Warehouse};
use crate::warehouse::migration::{Migrated, Migration};
use crate::warehouse::there::There;
use crate::warehouse::unit::{Done, Held, Make, ended};
use crate::{Error, StateReport, WhichRuns};

impl Warehouse for BigQueryWarehouse {
    fn ty(&self) -> TargetType {
        TargetType::Bigquery
    }

    fn schema<'a>(&'a self, _project: &'a Project) -> &'a str {
        Self::schema(self)
    }

    fn address(&self) -> Result<String, Error> {
        Ok(format!("{}.{}", self.client.project(), self.dataset))
    }

    fn store(&self) -> &DuckDbWarehouse {
        self.copy()
    }

    fn state(&self) -> Result<Option<StateReport>, Error> {
        Self::state(self)
    }

    fn is_begun(&self) -> bool {
        self.has_position()
    }

    fn prepare_state(&self) -> Result<(), Error> {
        Self::prepare_state(self)
    }

    fn lease(&self, claim: &Claim) -> Result<Option<Lease<'_>>, Error> {
        Self::lease(self, claim)
    }

    fn is_alone(&self) -> bool {
        Self::is_alone(self)
    }

    fn holders(&self) -> Result<Vec<Holder>, Error> {
        Self::holders(self)
    }

    fn unlock(&self) -> Result<(), Error> {
        Self::unlock(self)
    }

    fn commit(&self, make: &mut Make<'_, '_>) -> Result<Option<Done>, Held> {
        ended(self.carry_out(make))
    }

    fn migrate(&self, migration: &Migration<'_>) -> Result<Migrated, Error> {
        self.carry_over(migration)
    }

    fn deliver(&self, parcel: &Parcel<'_>) -> Result<String, Error> {
        self.send(parcel)
    }

    fn catalog(&self) -> Result<Catalog, Error> {
        Self::catalog(self)
    }

    fn size(&self, object: &Object) -> Result<(Option<u64>, Option<u64>), Error> {
        Ok(self.facts(&object.schema, &object.name)?.map_or((None, None), |facts| (facts.rows, facts.bytes)))
    }

    fn table(&self, sql: &str) -> Result<(Vec<String>, Rows), Error> {
        Self::table(self, sql)
    }

    fn bytes_of(&self, sql: &str) -> Result<Option<u64>, Error> {
        Self::bytes_of(self, sql).map(Some)
    }

    fn columns_there(&self, schema: &str, tables: &[&str]) -> Result<BTreeMap<String, Vec<SourceColumn>>, Error> {
        there::columns(self, schema, tables)
    }

    fn read_there(&self, source: &Source, schema: &str, requests: &[&Request<'_>]) -> Result<Vec<There>, Error> {
        there::read(self, source, schema, requests)
    }

    fn manifests(&self) -> Result<Rows, Error> {
        Self::manifests(self)
    }

    /// The copy of the state holds none.
    fn error_events(&self) -> Result<Rows, Error> {
        let table = format!("`{}`.`error_events`", self.state_dataset());
        Ok(self.table(&crate::state::errors::events(&table, "STRING"))?.1)
    }

    /// The copy of the state holds the latest alone.
    fn runs(&self, which: WhichRuns) -> Result<Rows, Error> {
        let table = format!("`{}`.`runs`", self.state_dataset());
        Ok(self.table(&crate::state::runs::query(&table, "STRING", "UNIX_MICROS", which))?.1)
    }

    fn kept_serials(&self) -> Result<BTreeSet<i64>, Error> {
        Ok(self.snapshots()?.into_keys().collect())
    }

    fn rollback(self: Box<Self>, to: Option<i64>, at: NaiveDateTime) -> Result<(i64, String), Error> {
        let _lease = self.lease(&Claim::Warehouse)?;
        kept::rollback(&self, to, at)
    }
}
