//! Levels: what project and models say of a lint, each with a reason. An error of resolution cannot be silenced.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::source::FileId;
use crate::syntax::{Document, Kind, Level, LintLevel};

/// Sets the level of each finding; what is wrong with the levels themselves is found too.
pub(crate) fn set_levels(documents: &[Document], found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut project: BTreeMap<Code, Level> = BTreeMap::new();
    let mut models: BTreeMap<FileId, BTreeMap<Code, Level>> = BTreeMap::new();
    for document in documents {
        let lints = match &document.kind {
            Kind::Project(project) => &project.lints,
            Kind::Dimension(dimension) => &dimension.lints,
            Kind::Fact(fact) => &fact.lints,
            Kind::Source(_) => continue,
        };
        let read = read(document, lints.as_ref(), &mut problems);
        match document.kind {
            Kind::Project(_) => project = read,
            _ => {
                models.insert(document.file, read);
            }
        }
    }
    for mut finding in found {
        if !finding.code.is_lint() {
            problems.push(finding);
            continue;
        }
        let model = finding.labels.first().and_then(|label| models.get(&label.span.file));
        let level = model.and_then(|levels| levels.get(&finding.code)).or_else(|| project.get(&finding.code));
        match level {
            Some(Level::Off) => continue,
            Some(Level::Warn) => finding.severity = Severity::Warning,
            Some(Level::Error) => finding.severity = Severity::Error,
            None => {}
        }
        problems.push(finding);
    }
    problems
}

fn read(
    document: &Document,
    lints: Option<&IndexMap<String, LintLevel>>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<Code, Level> {
    let mut levels = BTreeMap::new();
    for (id, level) in lints.into_iter().flatten() {
        let span = document.key_span(&["lints", id]);
        let lint_ids = || Code::ALL.iter().filter(|code| code.is_lint()).map(|code| code.id());
        match Code::of(id) {
            Some(code) if code.is_lint() => {
                levels.insert(code, level.level);
            }
            Some(code) => problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{}` is not a lint: its level cannot be set", code.id()))
                    .at(span, format!("{} is always an error", code.name()))
                    .help("fix what it reports instead"),
            ),
            None => {
                problems.push(
                    Diagnostic::new(Code::UnknownName, format!("there is no lint `{id}`"))
                        .at(span, "not a code")
                        .meant(span, id, nearest(&id.to_uppercase(), lint_ids()))
                        .or_help(|| format!("the lints are {}", lint_ids().collect::<Vec<_>>().join(", "))),
                );
            }
        }
    }
    levels
}
