//! Apply: makes the warehouse what the models say, in one transaction with the manifest that records it.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Project;
use dwc_compiler::plan::{ChangeSet, Class, Manifest, ObjectKind, diff};
use dwc_compiler::sql;

use super::{bigquery, crash};
use crate::state;
use crate::{DuckDbWarehouse, Engine, Error};

/// What an apply did.
#[derive(Debug, Clone)]
pub struct ApplyReport {
    /// The serial of the state after it.
    pub serial: i64,
    /// How many objects changed.
    pub changed: usize,
}

/// What differs between the warehouse and the models: the set, the serial it was made from, and the manifest wanted.
///
/// # Errors
/// A state that cannot be read.
pub fn changes<'w>(warehouse: impl Into<Engine<'w>>, project: &Project) -> Result<(ChangeSet, i64, Manifest), Error> {
    let engine = warehouse.into();
    let wanted = sql::manifest(project, engine.ty(), engine.schema(project));
    let applied = state::manifest(engine.state())?;
    let serial = applied.as_ref().map_or(0, |(serial, _)| *serial);
    let set = diff(applied.as_ref().map(|(_, manifest)| manifest), &wanted);
    Ok((set, serial, wanted))
}

/// Carries out what differs. `allowed` names the objects whose data may be lost.
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
    let (set, serial, wanted) = changes(engine, project)?;
    if set.changes.is_empty() {
        return Ok(ApplyReport { serial, changed: 0 });
    }
    guard(&set, allowed)?;
    let warehouse = match engine {
        Engine::DuckDb(warehouse) => warehouse,
        Engine::BigQuery(warehouse) => return bigquery::apply(warehouse, project, at, (&set, serial, &wanted)),
    };
    foreign(warehouse, &set)?;
    crash::point();
    let statements = sql::change_statements(project, engine.ty(), engine.schema(project), &set);
    let serial = warehouse.transaction(|| {
        state::prepare(warehouse)?;
        for statement in &statements {
            warehouse.execute(statement)?;
            crash::point();
        }
        for change in set.changes.iter().filter(|change| change.reload) {
            let loaded = |owner: &str| project.model(owner).is_some_and(|id| project.query(id).is_some());
            if let Some(object) = change.after.as_ref().filter(|object| loaded(&object.owner)) {
                state::consume(warehouse, &object.owner, 0)?;
            }
        }
        let serial = serial + 1;
        state::put_manifest(warehouse, serial, at, &wanted)?;
        crash::point();
        Ok::<i64, Error>(serial)
    })?;
    crash::point();
    Ok(ApplyReport { serial, changed: set.changes.len() })
}

/// Refuses what would lose data without being allowed to.
fn guard(set: &ChangeSet, allowed: &[String]) -> Result<(), Error> {
    let lossy = set.changes.iter().filter(|change| change.class == Class::Destructive);
    let mut names = Vec::new();
    for change in lossy {
        let Some(object) = &change.before else { continue };
        if object.protect {
            return Err(Error::coded(
                Code::Protected,
                format!(
                    "`{}` is protected, and the plan would lose its data: {}",
                    object.owner,
                    change.reasons.join(", ")
                ),
            )
            .help("remove `protect: true` in a change of its own first"));
        }
        // Images and rows of landing go with the table that nothing declares any more.
        if !allowed.contains(&object.owner) && !names.contains(&object.owner) {
            names.push(object.owner.clone());
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    let flags: Vec<String> = names.iter().map(|name| format!("--allow-destructive {name}")).collect();
    Err(Error::coded(Code::DestructiveChange, format!("the plan would lose data of {}", names.join(", ")))
        .help(format!("look at `dwc plan`; if it is meant, add {}", flags.join(" "))))
}

/// Refuses to touch an object of a needed name that dwc did not make.
fn foreign(warehouse: &DuckDbWarehouse, set: &ChangeSet) -> Result<(), Error> {
    let there = warehouse.rows("SELECT table_schema || '.' || table_name FROM information_schema.tables")?;
    let there: std::collections::HashSet<String> =
        there.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
    for change in &set.changes {
        let (None, Some(after)) = (&change.before, &change.after) else { continue };
        let name = format!("{}.{}", after.schema, after.name);
        if there.contains(&name) {
            let kind = if after.kind == ObjectKind::View { "view" } else { "table" };
            return Err(Error::coded(
                Code::ForeignObject,
                format!("the warehouse has a `{name}` that dwc did not make, where it needs a {kind}"),
            )
            .help("rename or drop it, or choose another `schema` for the project"));
        }
    }
    Ok(())
}
