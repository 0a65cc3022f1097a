//! Plans: what a run executes, and what an apply changes. Complete data; nothing here is decided later.

mod change;
mod load;
mod manifest;

pub use change::{Action, Alteration, Change, ChangeSet, Class, diff};
pub use load::{Gate, Landing, LoadPlan, ModelLoad, Reads, Stage, Statement};
pub use manifest::{MANIFEST_FORMAT, Manifest, Object, ObjectColumn, ObjectKind};
