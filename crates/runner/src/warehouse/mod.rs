//! Warehouses: one file per engine. They execute and read back; they must not know about models.

mod duckdb;

pub use duckdb::DuckDbWarehouse;
