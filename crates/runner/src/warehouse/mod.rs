//! Warehouses: one folder per engine. They execute and read back; they must not know about models.

pub(crate) mod bigquery;
mod claim;
pub(crate) mod duckdb;
pub(crate) mod engine;
pub(crate) mod migration;
mod refusal;
pub(crate) mod row;
pub(crate) mod there;
pub(crate) mod unit;
pub(crate) mod version;

pub use bigquery::{BigQuerySettings, BigQueryWarehouse, Finding, examine};
pub use claim::{Claim, Holder, Lease};
pub use duckdb::DuckDbWarehouse;
pub use engine::Warehouse;
pub(crate) use refusal::refusal;
