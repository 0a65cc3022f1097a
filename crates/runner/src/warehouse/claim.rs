//! What a process is going to change, and how it holds that against other processes. It must not know how an engine does.

use std::collections::BTreeSet;

/// What a process is going to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Anything.
    Warehouse,
    /// Landing tables and models, by names that are theirs alone. Processes with other parts work at the same time.
    Parts(BTreeSet<String>),
}

/// Who holds a part of a warehouse, or all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The machine and the process: `host:1234`.
    pub owner: String,
    /// Since when, UTC.
    pub since: String,
    /// Until when unless it prolongs it, UTC.
    pub until: String,
    /// What it holds: the first of its parts.
    pub part: String,
}

/// A lease that is held; let go when it is dropped.
pub struct Lease<'w> {
    let_go: Box<dyn Fn() + 'w>,
}

impl<'w> Lease<'w> {
    /// A lease, with what lets it go.
    pub fn new(let_go: impl Fn() + 'w) -> Self {
        Self { let_go: Box::new(let_go) }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        (self.let_go)();
    }
}
