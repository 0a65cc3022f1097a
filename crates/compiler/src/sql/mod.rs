//! SQL: what a user wrote is read in `dwc_googlesql`; what an engine runs is decided in `lower` and written by templates.

mod as_of;
mod dialect;
mod drill;
mod lower;
pub mod names;
mod profile;
mod template;
pub mod touched;
mod unit_test;

pub(crate) use lower::temporal;

pub use dialect::{BigQuery, Dialect, DuckDb, SCRIPT_VARIABLES, Words};
pub(crate) use drill::answered;
pub use drill::{Question, drill_across};
pub use lower::{
    ALL_ROWS, Asks, ChangeStatement, Comparison, DeleteMark, Does, Fetched, Landed, LoadMode, NO_ROWS, Only, Part,
    PartitionMode, Probe, Reconciler, RowRange, Start, Suspect, SuspectTable, aside, change_probes, change_statements,
    checks, compared, comparison, dialect, load_modes, load_plan, manifest, partition_modes, rebuild_statements,
    reconciled_columns, reconciler, starts, suspects, uncompilable, waiting,
};
pub use profile::{Advice, Answer, ColumnProfile, Counted, Profile, Subject};
pub use unit_test::unit_test_rows;
