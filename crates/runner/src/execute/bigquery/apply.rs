//! Apply on BigQuery: definitions first, each of which may be executed again; then one transaction with the rows that tables
//! start with, what has to be loaded anew, and the manifest. Killed anywhere, it is taken up where it was.

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Project;
use dwc_compiler::plan::{ChangeSet, Manifest};
use dwc_compiler::sql;

use crate::execute::apply::ApplyReport;
use crate::execute::crash;
use crate::state;
use crate::warehouse::bigquery::Script;
use crate::{BigQueryWarehouse, Engine, Error};

/// Carries out a change set that was looked at and allowed.
pub(in crate::execute) fn apply(
    warehouse: &BigQueryWarehouse,
    project: &Project,
    at: &str,
    (set, serial, wanted): (&ChangeSet, i64, &Manifest),
) -> Result<ApplyReport, Error> {
    let engine = Engine::from(warehouse);
    if serial == 0 {
        foreign(warehouse, set)?;
    }
    warehouse.prepare_state()?;
    crash::point();
    let statements = sql::change_statements(project, engine.ty(), engine.schema(project), set);
    let (fills, defines): (Vec<String>, Vec<String>) = statements.into_iter().partition(|sql| is_dml(sql));
    // What may not be executed twice has a job of its own: its id says that it was.
    let mut group: Vec<String> = Vec::new();
    for (at, statement) in defines.into_iter().enumerate() {
        if !statement.contains("RENAME") {
            group.push(statement);
            continue;
        }
        warehouse.define(&format!("define_{at}"), &std::mem::take(&mut group))?;
        warehouse.define(&format!("rename_{at}"), &[statement])?;
        crash::point();
    }
    warehouse.define("define", &group)?;
    crash::point();
    let now = NaiveDateTime::parse_from_str(at, "%Y-%m-%d %H:%M:%S").unwrap_or_default();
    let mut script = Script::new("apply", 0, 0, now);
    for fill in &fills {
        script.raw(fill);
    }
    let copy = warehouse.copy();
    copy.transaction(|| {
        for change in set.changes.iter().filter(|change| change.reload) {
            let loaded = |owner: &str| project.model(owner).is_some_and(|id| project.query(id).is_some());
            if let Some(object) = change.after.as_ref().filter(|object| loaded(&object.owner)) {
                state::consume(copy, &object.owner, 0)?;
            }
        }
        state::put_manifest(copy, serial + 1, at, wanted)?;
        warehouse.commit(script)
    })?;
    crash::point();
    Ok(ApplyReport { serial: serial + 1, changed: set.changes.len() })
}

/// Whether a statement changes rows: it then belongs to the transaction, and a definition may not.
/// <https://cloud.google.com/bigquery/docs/transactions#supported_statements>
fn is_dml(sql: &str) -> bool {
    let first = sql.lines().find(|line| !line.trim_start().starts_with("--")).unwrap_or_default().trim_start();
    ["INSERT", "UPDATE", "DELETE", "MERGE"].iter().any(|word| first.starts_with(word))
}

/// Refuses to touch an object of a needed name that dwc did not make.
fn foreign(warehouse: &BigQueryWarehouse, set: &ChangeSet) -> Result<(), Error> {
    // An apply that was killed has made some of them.
    if warehouse.has_position() {
        return Ok(());
    }
    for change in &set.changes {
        let (None, Some(after)) = (&change.before, &change.after) else { continue };
        if warehouse.facts(&after.schema, &after.name)?.is_some() {
            return Err(Error::coded(
                Code::ForeignObject,
                format!("the warehouse has a `{}.{}` that dwc did not make", after.schema, after.name),
            )
            .help("rename or drop it, or choose another `dataset` for the target"));
        }
    }
    Ok(())
}
