//! Warehouses: one file or folder per engine. They execute and read back; they must not know about models.

mod beside;
pub(crate) mod bigquery;
mod catalog;
mod duckdb;
mod duckdb_migrate;
mod duckdb_there;
mod duckdb_unit;
pub(crate) mod engine;
pub(crate) mod migration;
mod refusal;
mod rollback;
pub(crate) mod row;
pub(crate) mod snapshot;
pub(crate) mod there;
pub(crate) mod unit;

pub use bigquery::{BigQuerySettings, BigQueryWarehouse, Claim, Finding, Holder, Lease, examine};
pub use duckdb::DuckDbWarehouse;
pub use engine::{Engine, Warehouse};
pub(crate) use refusal::refusal;
pub use rollback::rollback;
