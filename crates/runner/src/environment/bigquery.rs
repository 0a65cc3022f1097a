//! Environments on BigQuery: datasets beside the target's, filled by zero-copy clones of its tables.
//! <https://cloud.google.com/bigquery/docs/table-clones-intro>
//! It must not decide what is compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use dwc_compiler::model::Project;
use dwc_compiler::plan::{Manifest, Object, ObjectKind};

use super::diff::{EnvironmentDiff, compare_clones};
use super::{Environment, Environments, Making, environment_of, named, not_applied, row, taken, unknown_environment};
use crate::state::applied;
use crate::warehouse::bigquery::{NEIGHBOURS, Script, once, quoted, text, worldly};
use crate::warehouse::row;
use crate::{BigQuerySettings, BigQueryWarehouse, Claim, Error};

/// Between a target's dataset and an environment's name.
const BETWEEN: &str = "_env_";

/// The dataset of the star of an environment of a target's dataset.
///
/// # Errors
/// A name with other characters than lowercase letters, digits, `-` and `_`.
pub fn environment_dataset(dataset: &str, name: &str) -> Result<String, Error> {
    named(name)?;
    Ok(format!("{dataset}{BETWEEN}{}", name.replace('-', "_")))
}

/// The environments of a target's dataset: datasets beside it.
pub struct CloneEnvironments {
    /// How the target is reached.
    pub settings: BigQuerySettings,
}

impl CloneEnvironments {
    fn target(&self) -> Result<BigQueryWarehouse, Error> {
        BigQueryWarehouse::open(self.settings.clone())
    }

    fn place(&self, name: &str) -> Result<BigQueryWarehouse, Error> {
        let dataset = environment_dataset(&self.settings.dataset, name)?;
        BigQueryWarehouse::open(BigQuerySettings { dataset, ..self.settings.clone() })
    }
}

impl Environments for CloneEnvironments {
    fn create(&self, making: Making<'_>) -> Result<String, Error> {
        let (warehouse, copy) = (self.target()?, self.place(making.name)?);
        let _lease = warehouse.lease(&Claim::Warehouse)?;
        clone(&warehouse, &copy, making)?;
        Ok(format!("`{}`", copy.schema()))
    }

    fn all(&self) -> Result<Vec<Environment>, Error> {
        clones(&self.target()?)
    }

    fn diff(&self, name: &str, project: &Project) -> Result<EnvironmentDiff, Error> {
        let own = self.place(name)?;
        if environment_of(&own)?.is_none() {
            return Err(unknown_environment(name));
        }
        compare_clones(&own, &self.target()?, project)
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        drop_clone(&self.target()?, name)
    }
}

/// Makes an environment as clones of a target's tables, with its state. Killed at any moment, it is not there until it is
/// whole, and made by the same command.
fn clone(
    warehouse: &BigQueryWarehouse,
    copy: &BigQueryWarehouse,
    Making { name, target, at, expires }: Making<'_>,
) -> Result<(), Error> {
    if environment_of(copy)?.is_some() {
        return Err(taken(name));
    }
    let Some(applied) = applied::applied(warehouse.copy(), None)? else { return Err(not_applied(target)) };
    let (from, to) = (warehouse.schema(), copy.schema());
    let manifest = moved(&applied.manifest, from, to);
    let mut statements = Vec::new();
    for neighbour in NEIGHBOURS {
        let mut options = Vec::new();
        options.extend(copy.client().location().map(|location| format!("location = {}", text(location))));
        if let Some(until) = expires {
            // Tables that nobody drops do not cost for ever.
            let days = (until - at).num_seconds().max(3600) as f64 / 86_400.0;
            options.push(format!("default_table_expiration_days = {days:.4}"));
        }
        let options = if options.is_empty() { String::new() } else { format!(" OPTIONS ({})", options.join(", ")) };
        statements.push(format!("CREATE SCHEMA IF NOT EXISTS `{to}{neighbour}`{options}"));
    }
    let tables = |object: &&Arc<Object>| object.kind != ObjectKind::View;
    for (object, origin) in
        manifest.objects.values().filter(tables).zip(applied.manifest.objects.values().filter(tables))
    {
        let (own, origin) = (quoted(&object.schema, &object.name), quoted(&origin.schema, &origin.name));
        statements.push(format!("CREATE TABLE IF NOT EXISTS {own} CLONE {origin}"));
    }
    for view in manifest.objects.values().filter(|object| object.kind == ObjectKind::View) {
        statements.push(format!("CREATE OR REPLACE VIEW {} AS\n{}", quoted(&view.schema, &view.name), view.definition));
    }
    copy.define(&format!("environment_{}", once()), &statements)?;
    copy.prepare_state()?;
    copy.take_state(&warehouse.state_dataset(), "")?;
    let catalog = copy.catalog()?.of(&[&manifest]);
    let state = copy.copy();
    state.transaction(|| {
        state.execute(&row(name, target, applied.serial, at, expires))?;
        applied::replace(state, &manifest, &catalog)?;
        copy.commit(Script::new("environment", 0, 0, at))
    })?;
    Ok(())
}

/// The environments of a target's dataset, by name.
fn clones(warehouse: &BigQueryWarehouse) -> Result<Vec<Environment>, Error> {
    let prefix = format!("{}{BETWEEN}", warehouse.schema());
    let mut parts = Vec::new();
    for dataset in warehouse.client().datasets().map_err(worldly)? {
        if dataset.starts_with(&prefix) && dataset.ends_with("_dwc") {
            parts.push(format!(
                "SELECT name, target, CAST(serial AS STRING) AS serial, \
                 FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', created_at) AS created_at, \
                 FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', expires_at) AS expires_at FROM `{dataset}`.`environment`"
            ));
        }
    }
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let (_, rows) = warehouse.table(&format!("{}\nORDER BY name", parts.join("\nUNION ALL\n")))?;
    row::read(rows, Environment::of)
}

/// Drops the datasets of an environment.
fn drop_clone(warehouse: &BigQueryWarehouse, name: &str) -> Result<(), Error> {
    let dataset = environment_dataset(warehouse.schema(), name)?;
    if !clones(warehouse)?.iter().any(|known| known.name == name) {
        return Err(unknown_environment(name));
    }
    // The state goes last: until then the environment is there, and can be dropped again.
    let all = NEIGHBOURS.iter().copied().chain(["_staging", "_snapshots", "_dwc"]);
    let statements: Vec<String> =
        all.map(|neighbour| format!("DROP SCHEMA IF EXISTS `{dataset}{neighbour}` CASCADE")).collect();
    warehouse.define(&format!("drop_environment_{}", once()), &statements)
}

/// A manifest of the same objects in another star's datasets.
fn moved(manifest: &Manifest, from: &str, to: &str) -> Manifest {
    let datasets: BTreeMap<String, String> =
        NEIGHBOURS.iter().map(|neighbour| (format!("{from}{neighbour}"), format!("{to}{neighbour}"))).collect();
    let objects = manifest.objects.values().map(|object| {
        let mut object = Object::clone(object);
        if let Some(schema) = datasets.get(&object.schema) {
            object.schema.clone_from(schema);
        }
        for (from, to) in &datasets {
            object.definition = object.definition.replace(&format!("`{from}`."), &format!("`{to}`."));
        }
        (object.address(), Arc::new(object))
    });
    Manifest { format: manifest.format, project: manifest.project.clone(), objects: objects.collect() }
}
