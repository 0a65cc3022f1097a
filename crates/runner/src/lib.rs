//! The runner: everything that touches the world. It reads projects, extracts from sources, executes plans on a
//! warehouse and keeps the warehouse's state. It decides nothing that the compiler could have decided.

mod crash;
mod environment;
pub mod error;
mod execute;
mod extract;
mod import;
mod layout;
pub mod project;
mod revision;
mod state;
mod warehouse;

pub use dwc_bigquery::{Connection, Credentials};
pub use environment::{
    ColumnDifference, Environment, EnvironmentDiff, Figure, Figures, SchemaDifference, TableDifference,
    clone_environment, cloned_environments, compare_clone, compare_environment, create_environment, drop_clone,
    drop_environment, environment_dataset, environment_path, environments, figures, not_applied, unknown_environment,
};
pub use error::{Error, Offence};
pub use execute::{
    ApplyReport, Counted, Mode, ModelOutcome, ModelReport, Notice, Part, Place, Planned, RebuildOptions, RebuildReport,
    RunOptions, RunReport, SavedChange, SavedPlan, SavedStatement, SourceOutcome, SourceReport, TableReport,
    VersionChange, VersionState, apply, audit, carry_out, claim, observe, plan, rebuild, replay, run,
};
pub use extract::parse_time;
pub use import::{import_files, import_mysql, import_postgres};
pub use layout::YamlFiles;
pub use revision::read_revision;
pub use state::history::HistoryEntry;
pub use state::intervals::{Gap, Interval};
pub use state::{StateReport, TableState};
pub use warehouse::{
    BigQuerySettings, BigQueryWarehouse, Claim, DuckDbWarehouse, Engine, Finding, Holder, Lease, Warehouse, examine,
    rollback,
};
