//! `dwc graph`: what reads what, as text, DOT or Mermaid.

use std::fmt::Write as _;

use dwc_compiler::model::{ModelId, Project};
use dwc_runner::Error;

use super::{context, write_out};
use crate::args::{Global, GraphFormat};
use crate::exit::Exit;

pub(super) fn run(global: &Global, format: GraphFormat) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let models = context.selected()?;
    let text = draw(&context.project, &models, format);
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}

fn draw(project: &Project, models: &[ModelId], format: GraphFormat) -> String {
    let mut edges: Vec<(String, String)> = Vec::new();
    for id in models {
        let name = project.model_name(*id).to_owned();
        let used = project.query(*id).into_iter().flat_map(|query| &query.analysis.tables);
        edges
            .extend(used.filter(|used| !used.table.starts_with("ref.")).map(|used| (used.table.clone(), name.clone())));
        edges.extend(project.upstream(*id).into_iter().map(|up| (project.model_name(up).to_owned(), name.clone())));
    }
    edges.sort();
    edges.dedup();
    let mut text = String::new();
    match format {
        GraphFormat::Text => {
            for id in models {
                let name = project.model_name(*id);
                let from: Vec<&str> =
                    edges.iter().filter(|(_, to)| to == name).map(|(from, _)| from.as_str()).collect();
                let _ = match from.is_empty() {
                    true => writeln!(text, "{name}"),
                    false => writeln!(text, "{name} ← {}", from.join(", ")),
                };
            }
        }
        GraphFormat::Dot => {
            text.push_str("digraph dwc {\n  rankdir = LR;\n");
            for (from, to) in &edges {
                let _ = writeln!(text, "  \"{from}\" -> \"{to}\";");
            }
            text.push_str("}\n");
        }
        GraphFormat::Mermaid => {
            text.push_str("flowchart LR\n");
            let id = |name: &str| name.replace('.', "__");
            for (from, to) in &edges {
                let _ = writeln!(text, "  {}[\"{from}\"] --> {}[\"{to}\"]", id(from), id(to));
            }
        }
    }
    text
}
