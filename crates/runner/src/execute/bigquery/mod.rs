//! Execution on BigQuery: each unit is one script in one transaction with its record in the state. What a unit is, the
//! load plan says; what it reads of the state, the embedded copy. It must not know BigQuery's protocol.

mod apply;
mod land;
mod staged;

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use dwc_compiler::plan::{LoadPlan, ModelLoad, Reads, Statement};
use serde_json::Value;

use super::crash;
use super::report::{ModelReport, Notice};
use super::run::Held;
use crate::state::{self, literal};
use crate::warehouse::bigquery::{Script, held_by};
use crate::{BigQueryWarehouse, Error, Offence};

pub(super) use apply::apply;
pub(super) use land::{land, land_taken};

/// Loads a model from one batch: its statements and its record of consumed batches commit together.
pub(super) fn load_model(
    warehouse: &BigQueryWarehouse,
    model: &ModelLoad,
    statements: &[Statement],
    (batch, since, at): (i64, i64, NaiveDateTime),
    done: &mut ModelReport,
) -> Result<(), Held> {
    let mut script = Script::new(&format!("load_{}", model.name), batch, since, at);
    for statement in statements {
        script.add(statement);
    }
    let copy = warehouse.copy();
    let committed = copy.transaction(|| {
        state::consume(copy, &model.name, batch)?;
        crash::point();
        warehouse.commit(script)
    });
    let found = committed.map_err(|error| held(statements, error))?;
    take(statements, &found, done);
    crash::point();
    Ok(())
}

/// A failure as the gate that it was, where it was one.
fn held(statements: &[Statement], error: Error) -> Held {
    let Some((step, json)) = held_by(&error) else { return Held::World(error) };
    let Some(Statement { reads: Reads::Gate(gate), .. }) = statements.get(step) else { return Held::World(error) };
    let mut keys: Vec<String> = serde_json::from_value(json).unwrap_or_default();
    keys.sort();
    Held::Offence(Offence {
        code: gate.code,
        message: gate.message.clone(),
        keys,
        span: Some(gate.span),
        help: gate.help.clone(),
    })
}

/// Adds what a unit's statements have counted to a report.
fn take(statements: &[Statement], found: &[(usize, Value)], done: &mut ModelReport) {
    for (step, statement) in statements.iter().enumerate() {
        let rows = found.iter().filter(|(at, _)| *at == step).map(|(_, json)| json);
        match &statement.reads {
            Reads::Counts => rows.for_each(|json| done.count(&|name| number(json, name))),
            Reads::Notice(gate) => {
                let mut keys: Vec<String> = rows.filter_map(|json| Some(json.as_str()?.to_owned())).collect();
                keys.sort();
                if !keys.is_empty() {
                    let (code, message) = (gate.code.id().to_owned(), gate.message.clone());
                    done.notices.push(Notice { code, message, keys });
                }
            }
            Reads::Nothing | Reads::Gate(_) | Reads::Versions => {}
        }
    }
}

fn number(json: &Value, name: &str) -> i64 {
    let value = &json[name];
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0)
}

/// Records the begin or the end of a run.
pub(super) fn record_run(warehouse: &BigQueryWarehouse, at: NaiveDateTime) -> Result<(), Error> {
    let copy = warehouse.copy();
    copy.transaction(|| warehouse.commit(Script::new("run", 0, 0, at)))?;
    crash::point();
    Ok(())
}

/// Removes images that every model has consumed, where some were consumed since the last time.
pub(super) fn purge(warehouse: &BigQueryWarehouse, plan: &LoadPlan, at: NaiveDateTime) -> Result<(), Error> {
    let copy = warehouse.copy();
    let mut consumed: BTreeMap<&str, i64> = BTreeMap::new();
    for model in &plan.models {
        let batch = state::consumed(copy, &model.name)?;
        for table in &model.tables {
            let least = consumed.entry(table).or_insert(batch);
            *least = (*least).min(batch);
        }
    }
    let mut script = Script::new("purge", 0, 0, at);
    let mut records = Vec::new();
    for landing in plan.landings.iter().filter(|landing| !landing.purge.is_empty()) {
        let Some(batch) = consumed.get(landing.table.as_str()).filter(|batch| **batch > 0) else { continue };
        let table = literal(&landing.table);
        let purged = copy.number(&format!("SELECT MAX(batch) FROM _dwc.purged WHERE source_table = {table}"))?;
        let landed = copy.number(&format!(
            "SELECT MAX(batch) FROM _dwc.table_batches WHERE source_table = {table} AND batch <= {batch}"
        ))?;
        // No batch of the table, no image of it.
        if landed.is_none() || purged >= landed {
            continue;
        }
        script.raw(&format!("SET dwc_consumed = {batch}"));
        for statement in &landing.purge {
            script.add(statement);
        }
        records.push(format!(
            "DELETE FROM _dwc.purged WHERE source_table = {table}; INSERT INTO _dwc.purged VALUES ({table}, {batch})"
        ));
    }
    if records.is_empty() {
        return Ok(());
    }
    copy.transaction(|| {
        for record in &records {
            copy.execute(record)?;
        }
        warehouse.commit(script)
    })?;
    crash::point();
    Ok(())
}
