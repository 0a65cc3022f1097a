//! Execution: a plan's statements, in their order, each unit in one transaction with its record in the state.

mod apply;
mod audit;
mod blame;
mod check;
mod compare;
mod land;
mod land_batch;
mod land_database;
mod land_files;
mod land_keys;
mod land_warehouse;
mod looked;
mod new_files;
mod planned;
mod purge;
mod reading;
mod rebuild;
mod reconcile;
mod reconcile_table;
mod report;
mod run;
mod saved;

use crate::crash;

pub use apply::{ApplyReport, apply, carry_out};
pub use audit::{Audit, audit};
pub use blame::value_refused;
pub use check::{Checked, check};
pub use compare::{CompareOptions, Compared, compare};
pub use looked::{Aspect, Looked, Outcome, Weighed, Weight, found};
pub use planned::{Counted, Planned, plan};
pub use rebuild::{RebuildOptions, RebuildReport, rebuild};
pub use reconcile::{ReconcileOptions, Reconciled, TableReconciled, reconcile};
pub use report::{ModelOutcome, ModelReport, Notice, RunReport, SourceOutcome, SourceReport, TableReport};
pub use run::{Mode, Part, RunOptions, claim, replay, run};
pub use saved::{Place, SavedChange, SavedPlan, SavedStatement};
