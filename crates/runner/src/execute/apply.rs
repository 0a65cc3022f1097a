//! Apply: carries a plan out, with the manifest that records it. It decides nothing that the plan has not decided, and must
//! not know by which engine.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use dwc_compiler::model::Project;
use dwc_compiler::plan::{Action, ChangeSet, Object, ObjectKind, reloads};
use dwc_compiler::sql;

use super::planned::{Planned, digest, plan};
use crate::state::change::StateChange;
use crate::state::errors;
use crate::warehouse::migration::{Migrated, Migration};
use crate::{Error, Warehouse};

/// What an apply did.
#[derive(Debug, Clone)]
pub struct ApplyReport {
    /// The serial of the state after it.
    pub serial: i64,
    /// How many objects changed.
    pub changed: usize,
    /// Where the snapshot lies that was taken before, where data was lost: a file, or a dataset.
    pub snapshot: Option<String>,
    /// What somebody has to do now, one sentence each.
    pub notes: Vec<String>,
}

/// Plans and carries out what differs. `at` is the time of the apply, UTC; `allowed` names the models and tables whose data
/// may be lost.
///
/// # Errors
/// A change that loses data and is not allowed, a protected model, an object that dwc did not make, or a statement
/// that the engine refuses; nothing is changed then.
pub fn apply(
    warehouse: &dyn Warehouse,
    project: &Project,
    at: NaiveDateTime,
    allowed: &[String],
) -> Result<ApplyReport, Error> {
    carry_out(warehouse, project, &plan(warehouse, project)?, at, allowed)
}

/// Carries out a plan that was just made of this warehouse.
///
/// # Errors
/// As [`apply`].
pub fn carry_out(
    warehouse: &dyn Warehouse,
    project: &Project,
    planned: &Planned,
    at: NaiveDateTime,
    allowed: &[String],
) -> Result<ApplyReport, Error> {
    planned.guard(allowed)?;
    let (set, serial) = (&planned.set, planned.serial);
    if set.changes.is_empty() {
        return Ok(ApplyReport { serial, changed: 0, snapshot: None, notes: Vec::new() });
    }
    let migration = Migration {
        serial,
        at,
        before: planned.before.as_ref(),
        wanted: &planned.wanted,
        digest: digest(&planned.wanted)?,
        resumes: planned.resumes,
        keeps: planned.destructive().next().is_some(),
        statements: &planned.statements,
        replaced: replaced(set).collect(),
        left_aside: left_aside(planned),
        records: load_anew(project, set).into_iter().chain([StateChange::Screens(errors::screens(project))]).collect(),
    };
    let Migrated { snapshot, notes } = warehouse.migrate(&migration)?;
    Ok(ApplyReport { serial: serial + 1, changed: set.changes.len(), snapshot, notes })
}

/// What the next run computes or reads anew.
fn load_anew(project: &Project, set: &ChangeSet) -> Vec<StateChange> {
    let anew = reloads(project, set);
    let models = anew.keys().map(|model| StateChange::Consumed { model: model.to_string(), batch: 0 });
    let read = set.changes.iter().filter(|change| change.reread).filter_map(|change| change.after.as_ref());
    let tables = read.map(|object| StateChange::Forgotten { table: object.owner.clone() });
    models.chain(tables).collect()
}

/// Tables that are made again beside themselves, as they were and as they will be.
fn replaced(set: &ChangeSet) -> impl Iterator<Item = (&Object, &Object)> {
    let rebuilt = set.changes.iter().filter(|change| change.action == Action::Rebuild);
    let pairs = rebuilt.filter_map(|change| Some((change.before.as_deref()?, change.after.as_deref()?)));
    pairs.filter(|(before, after): &(&Object, &Object)| {
        before.kind != ObjectKind::View && after.kind != ObjectKind::View
    })
}

/// Tables that an apply left aside when it was killed after its end.
fn left_aside(planned: &Planned) -> Vec<(String, String)> {
    let known = planned.before.iter().chain([&planned.wanted]).flat_map(|manifest| manifest.objects.values());
    let left: BTreeSet<(String, String)> = known
        .map(|object| (object.schema.clone(), sql::aside(object)))
        .filter(|(schema, name)| planned.catalog.objects.contains_key(&format!("{schema}.{name}")))
        .collect();
    left.into_iter().collect()
}
