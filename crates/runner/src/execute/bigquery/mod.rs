//! Execution on BigQuery: each unit is one script in one transaction with its record in the state. What a unit is, the
//! load plan says; what it reads of the state, the embedded copy. It must not know BigQuery's protocol.

mod apply;
mod cast;
mod land;
mod land_warehouse;
mod snapshot;
mod staged;

use chrono::NaiveDateTime;
use dwc_compiler::plan::{LoadPlan, ModelLoad, Reads, Statement};
use serde_json::Value;

use super::crash;
use super::rebuild::{RebuildOptions, RebuildReport, lossy, version_change};
use super::report::{ModelReport, Notice};
use super::run::{Held, consumed_by_all};
use crate::state::{self, literal};
use crate::warehouse::bigquery::{Script, held_by};
use crate::{BigQueryWarehouse, DuckDbWarehouse, Error, Offence};

pub(super) use apply::apply;
pub(super) use land::{land, land_taken};
pub(super) use snapshot::rollback;

/// Loads a model from one batch: its statements and its record of consumed batches commit together.
pub(super) fn load_model(
    warehouse: &BigQueryWarehouse,
    model: &ModelLoad,
    statements: &[Statement],
    (batch, since, at): (i64, i64, NaiveDateTime),
    done: &mut ModelReport,
) -> Result<(), Held> {
    let committed = warehouse.unit(|| {
        let mut script = Script::new(&format!("load_{}", model.name), batch, since, at);
        for statement in statements {
            script.add(statement);
        }
        state::consume(warehouse.copy(), &model.name, batch)?;
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
            Reads::Notice(gate) | Reads::Rejected { gate, .. } => {
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

/// Rebuilds a model, or shows what that would change: then, and where states would be lost without leave, the script rolls
/// itself back.
pub(super) fn rebuild(
    warehouse: &BigQueryWarehouse,
    statements: &[Statement],
    options: &RebuildOptions,
    report: &mut RebuildReport,
) -> Result<(), Held> {
    let copy = warehouse.copy();
    let batch = copy.number("SELECT MAX(batch) FROM _dwc.batches")?.unwrap_or(0);
    let mut script = Script::new(&format!("rebuild_{}", options.model), batch, 0, options.at);
    if let Some(from) = options.from {
        script = script.since(from);
    }
    for statement in statements {
        script.add(statement);
    }
    if options.only_shown {
        script.kept_if("FALSE".to_owned());
    } else if !options.may_lose {
        let lost = "JSON_VALUE(SUBSTR(_f, STRPOS(_f, ':') + 1), '$.lost')";
        script.kept_if(format!("(SELECT COALESCE(SUM(CAST({lost} AS INT64)), 0) FROM UNNEST(dwc_found) AS _f) = 0"));
    }
    let mut is_kept = false;
    let done = copy.transaction(|| {
        state::consume(copy, &options.model, batch)?;
        let (found, kept) = warehouse.try_out(script)?;
        is_kept = kept;
        if kept { Ok(found) } else { Err(NotKept::Undone(found)) }
    });
    let found = match done {
        Ok(found) | Err(NotKept::Undone(found)) => found,
        Err(NotKept::World(error)) => return Err(held(statements, error)),
    };
    take(statements, &found, &mut report.load);
    report.lost = std::mem::take(&mut report.load.lost);
    let versions = statements.iter().position(|statement| matches!(statement.reads, Reads::Versions));
    for (_, json) in found.iter().filter(|(step, _)| Some(*step) == versions) {
        // Begin and end are instants, which BigQuery writes with their zone.
        let cells = json.as_object().into_iter().flat_map(|row| row.values()).enumerate();
        let cell = |(at, cell): (usize, &Value)| {
            let text = cell.as_str()?;
            let is_instant = matches!(at, 2 | 3 | 5 | 6);
            Some(if is_instant { text.trim_end_matches("+00").to_owned() } else { text.to_owned() })
        };
        report.versions.push(version_change(cells.map(cell).collect()));
    }
    if !is_kept && !options.only_shown {
        return Err(Held::World(lossy(&options.model, options, report.lost)));
    }
    Ok(())
}

/// Why a transaction on the copy is not kept.
enum NotKept {
    /// The script has rolled itself back, and says what it has counted.
    Undone(Vec<(usize, Value)>),
    World(Error),
}

impl From<Error> for NotKept {
    fn from(error: Error) -> Self {
        NotKept::World(error)
    }
}

/// Records the begin or the end of a run, as `record` writes it into the state.
pub(super) fn record_run<T>(
    warehouse: &BigQueryWarehouse,
    at: NaiveDateTime,
    record: impl Fn(&DuckDbWarehouse) -> Result<T, Error>,
) -> Result<T, Error> {
    let recorded = warehouse.unit(|| {
        let recorded = record(warehouse.copy())?;
        warehouse.commit(Script::new("run", 0, 0, at))?;
        Ok(recorded)
    })?;
    crash::point();
    Ok(recorded)
}

/// Removes images that every model has consumed, where some were consumed since the last time.
pub(super) fn purge(warehouse: &BigQueryWarehouse, plan: &LoadPlan, at: NaiveDateTime) -> Result<(), Error> {
    if warehouse.unit(|| purge_once(warehouse, plan, at))? {
        crash::point();
    }
    Ok(())
}

/// The same, for the state as it is now; says whether there was something to remove.
fn purge_once(warehouse: &BigQueryWarehouse, plan: &LoadPlan, at: NaiveDateTime) -> Result<bool, Error> {
    let copy = warehouse.copy();
    let consumed = consumed_by_all(copy, plan)?;
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
        return Ok(false);
    }
    for record in &records {
        copy.execute(record)?;
    }
    warehouse.commit(script)?;
    Ok(true)
}
