//! The runner: everything that touches the world. It reads projects, extracts from sources, executes plans on a
//! warehouse and keeps the warehouse's state. It decides nothing that the compiler could have decided.

mod crash;
mod environment;
pub mod error;
mod execute;
mod extract;
mod import;
mod layout;
mod notify;
pub mod project;
mod revision;
mod state;
mod unit_test;
mod warehouse;

/// What another engine is made of: the trait that it implements, and the data that it is given.
pub mod engine {
    pub use crate::extract::{Reading, Request, SourceColumn, Watermark};
    pub use crate::state::advance::Read;
    pub use crate::state::change::{Landed, StateChange};
    pub use crate::warehouse::bigquery::script_text;
    pub use crate::warehouse::duckdb::Rows;
    pub use crate::warehouse::engine::{Parcel, Warehouse};
    pub use crate::warehouse::migration::{Migrated, Migration};
    pub use crate::warehouse::there::There;
    pub use crate::warehouse::unit::{Done, Found, Held, Keep, Make, Step, Unit};
}

pub use dwc_bigquery::{Connection, Credentials};
pub use environment::{
    CloneEnvironments, ColumnDifference, Environment, EnvironmentDiff, Environments, Figure, Figures, FileEnvironments,
    Making, SchemaDifference, TableDifference, environment_dataset, environment_of, environment_path, figures,
    not_applied, unknown_environment,
};
pub use error::{Error, Offence};
pub use execute::{
    ApplyReport, Aspect, Audit, Checked, CompareOptions, Compared, Counted, Looked, Mode, ModelOutcome, ModelReport,
    Notice, Outcome, Part, Place, Planned, RebuildOptions, RebuildReport, ReconcileOptions, Reconciled, RunOptions,
    RunReport, SavedChange, SavedPlan, SavedStatement, SourceOutcome, SourceReport, TableReconciled, TableReport,
    Weighed, Weight, apply, audit, carry_out, check, claim, compare, found, plan, rebuild, reconcile, replay, run,
    value_refused,
};
pub use extract::parse_time;
pub use import::{import_files, import_mysql, import_postgres};
pub use layout::YamlFiles;
pub use notify::{
    About, Done as NotifyDone, Ended, NotifyEvent, Posting, Told, Watch, findings as notify_findings, messages, post,
};
pub use revision::read_revision;
pub use state::errors::{ErrorEvent, error_events};
pub use state::history::{HistoryEntry, history};
pub use state::intervals::{Gap, Interval};
pub use state::runs::{RunEntry, WhichRuns, runs};
pub use state::{StateReport, TableState, waiting};
pub use unit_test::{Difference, Line, Mark, RowsFailure, UnitTestFailure, UnitTestOutcome, run_unit_tests};
pub use warehouse::version::{VersionChange, VersionState};
pub use warehouse::{
    BigQuerySettings, BigQueryWarehouse, Claim, DuckDbWarehouse, Finding, Holder, Lease, Warehouse, examine,
};
