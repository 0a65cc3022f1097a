//! Rows of tables and sums of their measures, in a target and in an environment in which its change is carried out. It
//! changes neither.

use std::collections::{BTreeMap, BTreeSet};

use dwc_compiler::model::Project;
use dwc_compiler::plan::{Manifest, Object, ObjectKind};
use dwc_compiler::sql;
use serde::Serialize;

use crate::{Error, Planned, Warehouse};

/// What a table of the star holds before a change and after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// The model.
    pub model: String,
    /// Rows, reserved members aside.
    pub rows: Figure,
    /// Sums of the measures that may be added, by name.
    pub sums: BTreeMap<String, Figure>,
}

/// A figure on both sides, as the engine writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// In the target; null where it has no such table or measure.
    pub before: Option<String>,
    /// In the environment.
    pub after: Option<String>,
}

/// The figures of models, by what the target has and what a plan makes of it.
///
/// # Errors
/// The engine's own.
pub fn figures(
    target: &dyn Warehouse,
    environment: &dyn Warehouse,
    project: &Project,
    planned: &Planned,
    models: &BTreeSet<&str>,
) -> Result<Vec<Figures>, Error> {
    let (was, wanted, schema) = (planned.before.as_ref(), &planned.wanted, environment.schema(project));
    let star = |manifest: &'_ Manifest, model: &str| {
        let objects = manifest.objects.values();
        objects.clone().find(|object| object.kind == ObjectKind::Star && object.owner == model).cloned()
    };
    let mut all = Vec::new();
    for model in models {
        let mut figures = Figures { model: (*model).to_owned(), rows: Figure::default(), sums: BTreeMap::new() };
        let after = star(wanted, model);
        let was_called = after.as_ref().and_then(|object| object.was.as_deref());
        let before = was.and_then(|was| star(was, model).or_else(|| was_called.and_then(|name| star(was, name))));
        if let Some(object) = before {
            for (name, value) in measured(target, &object, &object.schema)? {
                match name {
                    None => figures.rows.before = Some(value),
                    Some(name) => figures.sums.entry(name).or_default().before = Some(value),
                }
            }
        }
        if let Some(object) = after {
            for (name, value) in measured(environment, &object, schema)? {
                match name {
                    None => figures.rows.after = Some(value),
                    Some(name) => figures.sums.entry(name).or_default().after = Some(value),
                }
            }
        }
        all.push(figures);
    }
    Ok(all)
}

/// The rows of a table, without a name, and the sum of each of its measures.
fn measured(engine: &dyn Warehouse, object: &Object, schema: &str) -> Result<Vec<(Option<String>, String)>, Error> {
    let dialect = sql::dialect(engine.ty());
    let is_number = |ty: &str| matches!(ty, "INT64" | "NUMERIC" | "BIGNUMERIC" | "FLOAT64");
    let is_added = |name: &str| {
        object.design.get(&format!("measure {name}")).is_some_and(|says| !says.starts_with("additive none"))
    };
    let columns = object.columns.iter().filter(|column| is_number(&column.ty) && is_added(&column.name));
    let names: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
    let sums: String = names.iter().map(|name| format!(", SUM({})", dialect.quote(name))).collect();
    let surrogate = object.columns.first().filter(|_| !object.design.contains_key("grain"));
    let real = surrogate.map_or_else(String::new, |column| format!(" WHERE {} >= 0", dialect.quote(&column.name)));
    let table = format!("{}.{}", dialect.quote(schema), dialect.quote(&object.name));
    let (_, answer) = engine.table(&format!("SELECT COUNT(*){sums} FROM {table}{real}"))?;
    let row = answer.into_iter().next().unwrap_or_default();
    let named = std::iter::once(None).chain(names.into_iter().map(|name| Some(name.to_owned())));
    Ok(named.zip(row).map(|(name, value)| (name, value.unwrap_or_else(|| "NULL".to_owned()))).collect())
}
