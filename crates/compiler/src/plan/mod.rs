//! Plans: what a run executes, and what an apply changes. Complete data; nothing here is decided later.

mod alter;
mod catalog;
mod change;
mod check;
mod columns;
mod cut;
mod design;
mod drift;
mod impact;
mod load;
mod manifest;
mod matrix;
mod reason;
mod reload;
mod starts;

pub(crate) use alter::filling;
pub use catalog::{Catalog, Live, LiveColumn};
pub use change::{Action, Alteration, Carries, Change, ChangeSet, Class, Difference, compare, diff};
pub use check::{CheckPass, PlannedCheck, Seen};
pub use columns::{ColumnAction, ColumnChange, ColumnState};
pub use cut::{Cut, Division, sampled};
pub use design::is_check;
pub(crate) use design::{
    CHECK, COLLATION, CONTENTS, CURSOR, DELETES, KEY_COLLATION, QUERY, QUERY_FORM, QUERY_TEXT, SCREEN, SEQUENCE, STATES,
};
pub use drift::{Drift, DriftKind};
pub use impact::{Impact, Impacts};
pub use load::{Gate, Landing, LoadPlan, ModelLoad, Reads, Rule, Stage, Statement};
pub use manifest::{DIGEST_FORMAT, MANIFEST_FORMAT, Manifest, Object, ObjectColumn, ObjectKind};
pub use matrix::{Meeting, matrix_diff};
pub use reason::{Key, Layout, Reason};
pub use reload::{Reload, reloads};
pub use starts::starts_now;
