//! DAGs for Apache Airflow that call `dwc`: which tasks there are, and which waits for which. It must not load anything
//! itself: what a task does is what its command does.

use std::collections::BTreeSet;

use dwc_compiler::model::{ModelId, Project};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

/// How DAGs are made.
#[derive(Debug, Clone)]
pub struct Dags {
    /// What is a task of its own.
    pub tasks: Tasks,
    /// The command that runs dwc, which may have arguments.
    pub command: String,
    /// The project's folder where the command runs.
    pub folder: String,
    /// The target, where it is not the project's default.
    pub target: Option<String>,
    /// The pool of every task.
    pub pool: String,
    /// How often a task is tried again.
    pub retries: u32,
}

/// What is a task of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tasks {
    /// Each source, and all models as one.
    Sources,
    /// Each source, and each model.
    Models,
}

#[derive(Serialize)]
struct Context {
    /// The project's name as a name of Airflow's.
    id: String,
    /// The project's name as text of Python.
    name: String,
    zone: String,
    command: String,
    pool: String,
    retries: u32,
    sources: Vec<Task>,
    models: Vec<Task>,
}

#[derive(Serialize)]
struct Task {
    id: String,
    arguments: String,
    after: Vec<String>,
}

/// One Python file with three DAGs. The same project gives the same bytes.
#[must_use]
pub fn render(project: &Project, dags: &Dags) -> String {
    let mut command = format!("{} --project-dir {}", dags.command, shell(&dags.folder));
    if let Some(target) = &dags.target {
        command.push_str(&format!(" --target {}", shell(target)));
    }
    let land = |name: &String| Task {
        id: format!("land_{}", id(name)),
        arguments: text(&format!("--land {}", shell(name))),
        after: Vec::new(),
    };
    let sources: Vec<String> = read_sources(project);
    let context = Context {
        id: id(&project.name),
        name: text(&project.name),
        zone: text(project.timezone.name()),
        command: text(&command),
        pool: text(&dags.pool),
        retries: dags.retries,
        models: match dags.tasks {
            Tasks::Sources => vec![Task {
                id: "load".to_owned(),
                arguments: text("--no-land"),
                after: sources.iter().map(|name| format!("land_{}", id(name))).collect(),
            }],
            Tasks::Models => models(project),
        },
        sources: sources.iter().map(land).collect(),
    };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let template = environment.template_from_str(include_str!("templates/airflow.py"));
    match template.and_then(|template| template.render(Value::from(Serde(context)))) {
        Ok(text) => text,
        // A template of our own that does not render is a defect of ours, which the first test meets.
        Err(error) => unreachable!("template airflow.py: {error:#}"),
    }
}

/// The sources that have tables, in their order.
fn read_sources(project: &Project) -> Vec<String> {
    let has_tables = |name: &String| project.tables.iter().any(|table| &table.source == name);
    project.sources.iter().map(|source| source.name.clone()).filter(has_tables).collect()
}

/// One task per model with a query, after the sources and models that it reads.
fn models(project: &Project) -> Vec<Task> {
    let loaded = |id: &ModelId| project.query(*id).is_some();
    project
        .order
        .iter()
        .copied()
        .filter(loaded)
        .map(|model| {
            let tables = project.query(model).into_iter().flat_map(|query| &query.analysis.tables);
            let read: BTreeSet<&str> = tables
                .filter(|used| !used.table.starts_with("ref."))
                .filter_map(|used| used.table.split('.').next())
                .collect();
            let sources = read.into_iter().map(|source| format!("land_{}", id(source)));
            let upstream = project.upstream(model).into_iter().filter(loaded);
            let upstream = upstream.map(|up| format!("load_{}", id(project.model_name(up))));
            let name = project.model_name(model);
            Task {
                id: format!("load_{}", id(name)),
                arguments: text(&format!("--no-land --select {}", shell(name))),
                after: sources.chain(upstream).collect(),
            }
        })
        .collect()
}

/// A name of Airflow's: letters of the Latin alphabet, digits and `_`; any other character is its number.
fn id(name: &str) -> String {
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_string() } else { format!("_{:x}", c as u32) };
    name.chars().map(plain).collect()
}

/// A text of Python: what JSON writes is one.
fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// A word of a shell, and none that Airflow would take for a template.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | '=' | '@' | '+' | ',');
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''").replace('{', "'\\{'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_names_are_safe() {
        assert_eq!(shell("/srv/warehouse"), "/srv/warehouse");
        assert_eq!(shell("it's {{ x }}"), "'it'\\''s '\\{''\\{' x }}'");
        assert_eq!(id("주문 shop"), "_c8fc_bb38_20shop");
        assert_eq!(text("a\"b"), "\"a\\\"b\"");
    }
}
