//! Images of rows that every model has consumed are removed. It must not remove what a model may still ask for.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use dwc_compiler::plan::LoadPlan;

use crate::state::change::StateChange;
use crate::state::{self, literal};
use crate::warehouse::unit::{Step, Unit};
use crate::{DuckDbWarehouse, Error, Warehouse};

/// Removes images that every model has consumed, in one transaction with the record of it.
pub(super) fn purge(engine: &dyn Warehouse, plan: &LoadPlan, at: NaiveDateTime) -> Result<(), Error> {
    engine.commit(&mut |state| purging(state, plan, at))?;
    Ok(())
}

/// The unit that removes them; `None` where none was consumed since the last time.
fn purging<'p>(state: &DuckDbWarehouse, plan: &'p LoadPlan, at: NaiveDateTime) -> Result<Option<Unit<'p>>, Error> {
    let consumed = consumed_by_all(state, plan)?;
    let mut unit = Unit::of_state("purge", at, Vec::new());
    for landing in plan.landings.iter().filter(|landing| !landing.purge.is_empty()) {
        let Some(batch) = consumed.get(landing.table.as_str()).copied().filter(|batch| *batch > 0) else { continue };
        let table = literal(&landing.table);
        let purged = state.number(&format!("SELECT MAX(batch) FROM _dwc.purged WHERE source_table = {table}"))?;
        let landed = state.number(&format!(
            "SELECT MAX(batch) FROM _dwc.table_batches WHERE source_table = {table} AND batch <= {batch}"
        ))?;
        // No batch of the table, no image of it.
        if landed.is_none() || purged >= landed {
            continue;
        }
        unit.steps.push(Step::Consumed(batch));
        unit.steps.extend(landing.purge.iter().map(Step::from));
        unit.records.push(StateChange::Purged { table: landing.table.clone(), batch });
    }
    Ok((!unit.steps.is_empty()).then_some(unit))
}

/// The last batch of each table that every model which reads it has consumed.
fn consumed_by_all<'p>(state: &DuckDbWarehouse, plan: &'p LoadPlan) -> Result<BTreeMap<&'p str, i64>, Error> {
    let mut consumed: BTreeMap<&str, i64> = BTreeMap::new();
    for model in &plan.models {
        let batch = state::consumed(state, &model.name)?;
        for table in &model.tables {
            let least = consumed.entry(table).or_insert(batch);
            *least = (*least).min(batch);
        }
    }
    Ok(consumed)
}
