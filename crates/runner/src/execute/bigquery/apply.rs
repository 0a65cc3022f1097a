//! Apply on BigQuery: definitions first, each of which may be executed again; then one transaction with the rows that tables
//! start with, what has to be loaded anew, and the manifest. Killed anywhere, it is taken up where it was.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use dwc_compiler::model::Project;
use dwc_compiler::plan::{Action, ChangeSet, Object, ObjectKind};
use dwc_compiler::sql;

use super::snapshot::snapshot;
use crate::execute::apply::{ApplyReport, load_anew};
use crate::execute::crash;
use crate::execute::planned::{Planned, digest};
use crate::state::applied;
use crate::warehouse::bigquery::{Script, quoted, worldly};
use crate::{BigQueryWarehouse, Error};

/// Carries out a change set that was looked at and allowed.
pub(in crate::execute) fn apply(
    warehouse: &BigQueryWarehouse,
    project: &Project,
    at: &str,
    planned: &Planned,
) -> Result<ApplyReport, Error> {
    let (set, serial) = (&planned.set, planned.serial);
    warehouse.prepare_state()?;
    crash::point();
    let copy = warehouse.copy();
    let now = NaiveDateTime::parse_from_str(at, "%Y-%m-%d %H:%M:%S").unwrap_or_default();
    let snapshot = match &planned.before {
        Some(before) if !planned.resumes && planned.destructive().next().is_some() => {
            Some(snapshot(warehouse, before, serial)?)
        }
        _ => None,
    };
    crash::point();
    if serial > 0 && !planned.resumes {
        // Tables that an apply left aside when it was killed after its end.
        let known = planned.before.iter().chain([&planned.wanted]).flat_map(|manifest| manifest.objects.values());
        let left: BTreeSet<String> = known
            .map(|object| (&object.schema, sql::aside(object)))
            .filter(|(schema, name)| planned.catalog.objects.contains_key(&format!("{schema}.{name}")))
            .map(|(schema, name)| format!("DROP TABLE IF EXISTS {}", quoted(schema, &name)))
            .collect();
        warehouse.define("left_aside", &left.into_iter().collect::<Vec<_>>())?;
        copy.transaction(|| {
            applied::begin(copy, &digest(&planned.wanted)?)?;
            warehouse.commit(Script::new("begin_apply", 0, 0, now))
        })?;
        crash::point();
    }
    let statements = planned.statements.iter().map(|statement| statement.sql.clone());
    let (fills, defines): (Vec<String>, Vec<String>) = statements.partition(|sql| is_dml(sql));
    // A table that stepped aside goes when everything else is done: until then what takes its rows over can be done again.
    let (aside, defines): (Vec<String>, Vec<String>) = defines.into_iter().partition(|sql| is_aside(sql));
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
    let notes = hand_over(warehouse, set)?;
    crash::point();
    let catalog = warehouse.catalog()?.of(&[&planned.wanted]);
    let mut script = Script::new("apply", 0, 0, now);
    for fill in &fills {
        script.raw(fill);
    }
    copy.transaction(|| {
        load_anew(copy, project, planned)?;
        applied::put(copy, serial + 1, at, &planned.wanted, &catalog)?;
        warehouse.commit(script)
    })?;
    crash::point();
    warehouse.define("aside", &aside)?;
    crash::point();
    Ok(ApplyReport { serial: serial + 1, changed: set.changes.len(), snapshot, notes })
}

/// Tables that are made again beside themselves, as they were and as they will be.
fn replaced(set: &ChangeSet) -> impl Iterator<Item = (&Object, &Object)> {
    let rebuilt = set.changes.iter().filter(|change| change.action == Action::Rebuild);
    let pairs = rebuilt.filter_map(|change| Some((change.before.as_deref()?, change.after.as_deref()?)));
    pairs.filter(|(before, after): &(&Object, &Object)| {
        before.kind != ObjectKind::View && after.kind != ObjectKind::View
    })
}

/// Puts on the tables that were made again what others had set on those whose place they take. Gives what could not be.
fn hand_over(warehouse: &BigQueryWarehouse, set: &ChangeSet) -> Result<Vec<String>, Error> {
    let client = warehouse.client();
    let mut notes = Vec::new();
    for (before, after) in replaced(set) {
        let Some(access) = client.access(&before.schema, &sql::aside(before)).map_err(worldly)? else { continue };
        client.put_access(&after.schema, &after.name, &access).map_err(worldly)?;
        if access.bindings.is_none() {
            notes.push(format!(
                "the grants on `{}` could not be read and are missing from the new table: this account needs \
                 `bigquery.tables.getIamPolicy` and `bigquery.tables.setIamPolicy`",
                before.path()
            ));
        }
    }
    Ok(notes)
}

/// Whether a statement changes rows: it then belongs to the transaction, and a definition may not.
/// <https://cloud.google.com/bigquery/docs/transactions#supported_statements>
fn is_dml(sql: &str) -> bool {
    let first = sql.lines().find(|line| !line.trim_start().starts_with("--")).unwrap_or_default().trim_start();
    ["INSERT", "UPDATE", "DELETE", "MERGE"].iter().any(|word| first.starts_with(word))
}

/// Whether a statement drops a table that stepped aside for the one that took its rows over.
fn is_aside(sql: &str) -> bool {
    sql.starts_with("DROP TABLE") && sql.trim_end().ends_with("__dwc_old`")
}
