//! Resolved models: the YAML that declares one, with every default that it leaves out, and the columns that its table has.

use std::fmt::Write as _;

use dwc_compiler::model::{ModelId, Project, star_columns};
use dwc_compiler::syntax::Kind;
use serde_json::{Value, json};

/// Every model and source, one line each.
pub(crate) fn list(project: &Project) -> String {
    let mut text = String::new();
    for (kind, name, description) in named(project) {
        let _ = writeln!(text, "{kind:<10} {name:<24} {description}");
    }
    text
}

/// The same as JSON.
pub(crate) fn list_json(project: &Project) -> String {
    let all: Vec<Value> = named(project)
        .into_iter()
        .map(|(kind, name, description)| json!({ "kind": kind, "name": name, "description": description }))
        .collect();
    format!("{:#}\n", Value::Array(all))
}

fn named(project: &Project) -> Vec<(&'static str, &str, &str)> {
    let sources = project.sources.iter().map(|source| ("source", source.name.as_str(), source.description.as_str()));
    let models = project.order.iter().map(|id| match id {
        ModelId::Dimension(index) => {
            ("dimension", project.model_name(*id), project.dimensions[*index].description.as_str())
        }
        ModelId::Fact(index) => ("fact", project.model_name(*id), project.facts[*index].description.as_str()),
    });
    sources.chain(models).collect()
}

/// One declaration as YAML that a project could hold in its place; what follows from it stands below as comments.
pub(crate) fn one(project: &Project, declared: &Kind, id: Option<ModelId>) -> String {
    let mut text = serde_yaml::to_string(&declaration(declared)).unwrap_or_default();
    let Some(id) = id else { return text };
    text.push_str("# The columns of its table:\n");
    for column in star_columns(project, id) {
        let required = if column.required { " NOT NULL" } else { "" };
        let _ = writeln!(text, "#   {}: {}{required}", column.name, column.ty);
    }
    for (heading, ids) in [("It reads", project.upstream(id)), ("It is read by", project.downstream(id))] {
        let names: Vec<&str> = ids.iter().map(|id| project.model_name(*id)).collect();
        if !names.is_empty() {
            let _ = writeln!(text, "# {heading}: {}", names.join(", "));
        }
    }
    text
}

/// The same as JSON.
pub(crate) fn one_json(project: &Project, declared: &Kind, id: Option<ModelId>) -> String {
    let names = |ids: Vec<ModelId>| ids.iter().map(|id| project.model_name(*id)).collect::<Vec<_>>();
    let mut shown = json!({ "declaration": declaration(declared) });
    if let Some(id) = id {
        let columns: Vec<Value> = star_columns(project, id)
            .into_iter()
            .map(|column| json!({ "name": column.name, "type": column.ty.to_string(), "required": column.required }))
            .collect();
        shown["columns"] = columns.into();
        shown["upstream"] = names(project.upstream(id)).into();
        shown["downstream"] = names(project.downstream(id)).into();
    }
    format!("{shown:#}\n")
}

/// What a file declares; a key that is left out has no place in it.
fn declaration(declared: &Kind) -> Value {
    let value = match declared {
        Kind::Source(source) => serde_json::to_value(source),
        Kind::Dimension(dimension) => serde_json::to_value(dimension),
        Kind::Fact(fact) => serde_json::to_value(fact),
        Kind::Project(_) => Ok(Value::Null),
    };
    let mut value = value.unwrap_or_default();
    leave_out(&mut value);
    value
}

fn leave_out(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            entries.retain(|_, value| !value.is_null());
            entries.values_mut().for_each(leave_out);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        _ => {}
    }
}
