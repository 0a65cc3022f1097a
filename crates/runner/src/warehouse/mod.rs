//! Warehouses: one file or folder per engine. They execute and read back; they must not know about models.

mod beside;
pub(crate) mod bigquery;
mod catalog;
mod duckdb;
mod duckdb_there;
mod duckdb_unit;
pub(crate) mod engine;
mod refusal;
pub(crate) mod snapshot;
pub(crate) mod there;
pub(crate) mod unit;

pub use bigquery::{BigQuerySettings, BigQueryWarehouse, Claim, Finding, Holder, Lease, examine};
pub use duckdb::DuckDbWarehouse;
pub use engine::{Engine, Warehouse};
pub(crate) use refusal::refusal;
