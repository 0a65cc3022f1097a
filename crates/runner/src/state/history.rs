//! What was applied when: one entry per apply, with what it changed. It must not change anything.

use dwc_compiler::plan::{Action, Manifest, diff};
use serde::Serialize;

use super::{damaged, exists};
use crate::{Error, Warehouse};

/// One apply.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryEntry {
    /// The serial of the state after it.
    pub serial: i64,
    /// When, in UTC.
    pub applied_at: String,
    /// How many objects it made.
    pub created: usize,
    /// How many it altered.
    pub altered: usize,
    /// How many it made again.
    pub rebuilt: usize,
    /// How many it dropped.
    pub dropped: usize,
    /// `dwc state rollback` can take the warehouse back to before it.
    pub has_snapshot: bool,
}

/// Every apply, the latest first.
///
/// # Errors
/// A state that cannot be read.
pub fn history(warehouse: &dyn Warehouse) -> Result<Vec<HistoryEntry>, Error> {
    if !exists(warehouse.store())? {
        return Ok(Vec::new());
    }
    let kept = warehouse.kept_serials()?;
    entries(warehouse.manifests()?, &|serial| kept.contains(&serial))
}

/// Every apply, the latest first, from serials, times and manifests in their order.
fn entries(rows: Vec<Vec<Option<String>>>, has_snapshot: &dyn Fn(i64) -> bool) -> Result<Vec<HistoryEntry>, Error> {
    let mut before: Option<Manifest> = None;
    let mut all = Vec::new();
    for row in rows {
        let [Some(serial), Some(applied_at), Some(text)] = row.as_slice() else {
            return Err(damaged("a manifest is without its serial or time"));
        };
        let serial: i64 = serial.parse().map_err(|_| damaged("a serial is not a number"))?;
        let manifest: Manifest = Manifest::read(text, before.as_ref())
            .map_err(|error| damaged(&format!("manifest {serial} cannot be read: {error}")))?;
        let set = diff(before.as_ref(), &manifest);
        let count = |action: Action| set.changes.iter().filter(|change| change.action == action).count();
        all.push(HistoryEntry {
            serial,
            applied_at: applied_at.clone(),
            created: count(Action::Create),
            altered: count(Action::Alter),
            rebuilt: count(Action::Rebuild),
            dropped: count(Action::Drop),
            has_snapshot: has_snapshot(serial - 1),
        });
        before = Some(manifest);
    }
    all.reverse();
    Ok(all)
}
