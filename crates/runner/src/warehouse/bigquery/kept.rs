//! Snapshots of a BigQuery warehouse and the way back to one: zero-copy snapshots of every table and of the state, which
//! expire by themselves. <https://cloud.google.com/bigquery/docs/table-snapshots-intro>
//! It must not decide when one is taken.

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::plan::{Manifest, ObjectKind};
use dwc_compiler::sql;

use super::{BESIDES, BigQueryWarehouse, Script, quoted, text, worldly};
use crate::state::applied;
use crate::state::errors::EVENTS;
use crate::{Error, crash};

/// How many days a snapshot is kept.
const DAYS: u32 = 30;

impl BigQueryWarehouse {
    /// Keeps the warehouse as it is, as the state of a serial, and gives the dataset where. Done again, it changes nothing.
    pub(super) fn keep_as(&self, manifest: &Manifest, serial: i64) -> Result<String, Error> {
        keep(self, manifest, &self.snapshot_prefix(serial))?;
        Ok(self.snapshot_dataset())
    }
}

/// Takes the warehouse back to before the apply after a serial, or before the latest one that was kept: tables, views and
/// state. What the warehouse was is kept too. Killed anywhere, it is done again by the same call. Gives the serial and
/// what the kept tables' names begin with.
///
/// # Errors
/// There is no such snapshot, or BigQuery's own.
pub(super) fn rollback(
    warehouse: &BigQueryWarehouse,
    to: Option<i64>,
    at: NaiveDateTime,
) -> Result<(i64, String), Error> {
    let all = warehouse.snapshots()?;
    let wanted = to.or_else(|| all.keys().last().copied());
    let Some((serial, prefix)) = wanted.and_then(|serial| Some((serial, all.get(&serial)?))) else {
        let which = to.map_or_else(String::new, |serial| format!(" of serial {serial}"));
        return Err(Error::coded(Code::NoSnapshot, format!("there is no snapshot{which} of `{}`", warehouse.schema()))
            .help("`dwc state history` lists the applies that a rollback can undo"));
    };
    let copy = warehouse.copy();
    let now = applied::applied(copy, None)?.map(|applied| applied.manifest);
    let kept = format!("before_rollback_{}__", warehouse.commits());
    if let Some(now) = &now {
        keep(warehouse, now, &kept)?;
        crash::point();
    }
    warehouse.take_state(&warehouse.snapshot_dataset(), &format!("{prefix}dwc__"))?;
    let Some(then) = applied::applied(copy, None)? else {
        return Err(Error::coded(Code::NoSnapshot, format!("the snapshot of serial {serial} has no state")));
    };
    let client = warehouse.client();
    let mut set_by_others = Vec::new();
    for object in then.manifest.objects.values().filter(|object| object.kind != ObjectKind::View) {
        set_by_others.push((object, client.access(&object.schema, &object.name).map_err(worldly)?));
    }
    warehouse.define("rollback", &statements(warehouse, now.as_ref(), &then.manifest, prefix))?;
    for (object, access) in set_by_others {
        if let Some(access) = access {
            client.put_access(&object.schema, &object.name, &access).map_err(worldly)?;
        }
    }
    crash::point();
    let mut script = Script::new("rollback", 0, 0, at);
    // The copy of the state holds no error events; later batches get these numbers again.
    let last = copy.count("SELECT MAX(batch) FROM _dwc.batches")?;
    let there = client.tables(&warehouse.state_dataset()).map_err(worldly)?;
    for table in EVENTS.into_iter().filter(|table| there.iter().any(|known| known == table)) {
        let events = quoted(&warehouse.state_dataset(), table);
        script.raw(&format!("DELETE FROM {events} WHERE batch > {last}"));
    }
    // It holds the latest manifest alone; the others are where they were.
    let manifests = quoted(&warehouse.state_dataset(), "manifests");
    script.raw(&format!("DELETE FROM {manifests} WHERE serial > {serial}"));
    warehouse.is_sent("manifests")?;
    copy.transaction(|| warehouse.commit(script))?;
    crash::point();
    Ok((serial, format!("{}.{kept}", warehouse.snapshot_dataset())))
}

/// The definitions that put tables and views back, and drop those that came since.
fn statements(warehouse: &BigQueryWarehouse, now: Option<&Manifest>, then: &Manifest, prefix: &str) -> Vec<String> {
    let mut all = Vec::new();
    let gone = now.into_iter().flat_map(|now| &now.objects).filter(|(address, _)| !then.objects.contains_key(*address));
    // Views before the tables that they read.
    let (views, tables): (Vec<_>, Vec<_>) = gone.partition(|(_, object)| object.kind == ObjectKind::View);
    for (_, object) in views {
        all.push(format!("DROP VIEW IF EXISTS {}", quoted(&object.schema, &object.name)));
    }
    for (_, object) in tables {
        all.push(format!("DROP TABLE IF EXISTS {}", quoted(&object.schema, &object.name)));
    }
    for object in then.objects.values().filter(|object| object.kind != ObjectKind::View) {
        let path = quoted(&object.schema, &object.name);
        // A table with other partitions is not replaced in place.
        all.push(format!("DROP TABLE IF EXISTS {path}"));
        all.push(format!(
            "CREATE TABLE {path} CLONE {}",
            quoted(&warehouse.snapshot_dataset(), &kept_name(prefix, &object.schema, &object.name, warehouse.schema()))
        ));
        all.push(format!("ALTER TABLE {path} SET OPTIONS (description = {})", text(&object.description)));
        all.push(format!("DROP TABLE IF EXISTS {}", quoted(&object.schema, &sql::aside(object))));
    }
    for view in then.objects.values().filter(|object| object.kind == ObjectKind::View) {
        all.push(format!("CREATE OR REPLACE VIEW {} AS\n{}", quoted(&view.schema, &view.name), view.definition));
    }
    all
}

fn keep(warehouse: &BigQueryWarehouse, manifest: &Manifest, prefix: &str) -> Result<(), Error> {
    let dataset = warehouse.snapshot_dataset();
    let mut statements = vec![warehouse.make_dataset(&dataset)];
    let mut add = |name: String, path: String| {
        statements.push(format!(
            "CREATE SNAPSHOT TABLE IF NOT EXISTS {} CLONE {path}\nOPTIONS (expiration_timestamp = \
             TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL {DAYS} DAY))",
            quoted(&dataset, &name)
        ));
    };
    for object in manifest.objects.values().filter(|object| object.kind != ObjectKind::View) {
        add(kept_name(prefix, &object.schema, &object.name, warehouse.schema()), quoted(&object.schema, &object.name));
    }
    let state = warehouse.state_dataset();
    let mut tables = warehouse.client().tables(&state).map_err(worldly)?;
    tables.retain(|table| table != "manifests" && !BESIDES.contains(&table.as_str()));
    tables.sort();
    for table in tables.iter().map(String::as_str).chain(["manifests"]) {
        add(format!("{prefix}dwc__{table}"), quoted(&state, table));
    }
    warehouse.define("snapshot", &statements)
}

/// `s3_40__landing__shop__orders__rows`.
fn kept_name(prefix: &str, schema: &str, name: &str, star: &str) -> String {
    let part = schema.strip_prefix(star).map_or(schema, |rest| rest.trim_start_matches('_'));
    format!("{prefix}{}__{name}", if part.is_empty() { "star" } else { part })
}
