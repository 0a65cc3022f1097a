//! Apply: carries a plan out, in one transaction with the manifest that records it. It decides nothing that the plan has
//! not decided.

use dwc_compiler::model::Project;
use dwc_compiler::plan::reloads;

use super::planned::{Planned, plan};
use super::{bigquery, crash};
use crate::state::{self, applied};
use crate::{DuckDbWarehouse, Engine, Error};

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

/// Plans and carries out what differs. `allowed` names the models and tables whose data may be lost.
///
/// # Errors
/// A change that loses data and is not allowed, a protected model, an object that dwc did not make, or a statement
/// that the engine refuses; nothing is changed then.
pub fn apply<'w>(
    warehouse: impl Into<Engine<'w>>,
    project: &Project,
    at: &str,
    allowed: &[String],
) -> Result<ApplyReport, Error> {
    let engine = warehouse.into();
    carry_out(engine, project, &plan(engine, project)?, at, allowed)
}

/// Carries out a plan that was just made of this warehouse.
///
/// # Errors
/// As [`apply`].
pub fn carry_out<'w>(
    warehouse: impl Into<Engine<'w>>,
    project: &Project,
    planned: &Planned,
    at: &str,
    allowed: &[String],
) -> Result<ApplyReport, Error> {
    planned.guard(allowed)?;
    if planned.set.changes.is_empty() {
        return Ok(ApplyReport { serial: planned.serial, changed: 0, snapshot: None, notes: Vec::new() });
    }
    let warehouse = match warehouse.into() {
        Engine::DuckDb(warehouse) => warehouse,
        Engine::BigQuery(warehouse) => return bigquery::apply(warehouse, project, at, planned),
    };
    crash::point();
    let loses = planned.destructive().next().is_some();
    let snapshot = if loses { warehouse.snapshot(planned.serial)? } else { None };
    let snapshot = snapshot.map(|file| file.display().to_string());
    crash::point();
    let serial = planned.serial + 1;
    warehouse.transaction(|| {
        state::prepare(warehouse)?;
        for statement in &planned.statements {
            warehouse.execute(&statement.sql)?;
            crash::point();
        }
        load_anew(warehouse, project, planned)?;
        let catalog = warehouse.catalog()?.of(&[&planned.wanted]);
        applied::put(warehouse, serial, at, &planned.wanted, &catalog)?;
        crash::point();
        Ok::<(), Error>(())
    })?;
    crash::point();
    Ok(ApplyReport { serial, changed: planned.set.changes.len(), snapshot, notes: Vec::new() })
}

/// Records what the next run computes or reads anew.
pub(super) fn load_anew(state: &DuckDbWarehouse, project: &Project, planned: &Planned) -> Result<(), Error> {
    for model in reloads(project, &planned.set).keys() {
        state::consume(state, model, 0)?;
    }
    for change in planned.set.changes.iter().filter(|change| change.reread) {
        if let Some(object) = change.after.as_ref() {
            state::reread(state, &object.owner)?;
        }
    }
    Ok(())
}
