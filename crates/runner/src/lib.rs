//! The runner: everything that touches the world. It reads projects, extracts from sources, executes plans on a
//! warehouse and keeps the warehouse's state. It decides nothing that the compiler could have decided.

mod crash;
pub mod error;
mod execute;
mod extract;
mod import;
pub mod project;
mod state;
mod warehouse;

pub use dwc_bigquery::{Connection, Credentials};
pub use error::{Error, Offence};
pub use execute::{
    ApplyReport, Mode, ModelOutcome, ModelReport, Notice, Part, RebuildOptions, RebuildReport, RunOptions, RunReport,
    SourceOutcome, SourceReport, TableReport, VersionChange, VersionState, apply, audit, changes, rebuild, run,
};
pub use extract::parse_time;
pub use import::{import_files, import_mysql, import_postgres};
pub use state::intervals::{Gap, Interval};
pub use state::{StateReport, TableState};
pub use warehouse::{BigQuerySettings, BigQueryWarehouse, DuckDbWarehouse, Engine, Finding, Warehouse, examine};
