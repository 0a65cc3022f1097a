//! The compiler: text in; diagnostics, star schema, plan and SQL out. No IO, no clock, no environment, no async.

pub mod cell;
pub mod diagnostic;
pub mod model;
pub mod plan;
mod rules;
pub mod source;
pub mod sql;
pub mod syntax;

use diagnostic::{Diagnostic, Severity};

/// What a check of a project found.
#[derive(Debug)]
pub struct Checked {
    /// The model; `None` where a problem is an error.
    pub project: Option<model::Project>,
    /// The unit tests that hold no problem; none where the model is `None`.
    pub tests: Vec<model::UnitTest>,
    /// Every problem, in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks the files of a project. It never fails: what is wrong is data.
#[must_use]
pub fn check(files: &source::FileSet) -> Checked {
    let parsed = syntax::parse(files);
    let mut diagnostics = parsed.diagnostics;
    let (project, mut found) = model::resolve(&parsed.documents);
    if let Some(project) = &project {
        // A model that did not resolve whole would seem to lack what only its own problem took away.
        let wrong: std::collections::BTreeSet<_> = found
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .filter_map(|problem| problem.labels.first().map(|label| label.span.file))
            .collect();
        let designed = rules::check(project);
        found.extend(designed.into_iter().filter(|problem| {
            problem.labels.first().is_none_or(|label| {
                // A role is gone with a dimension that did not resolve, whose own file says why.
                let gone = problem.code == diagnostic::Code::FactWithoutDimensions
                    && declares_dimensions(&parsed.documents, label.span.file);
                !(gone || problem.code.is_about_absence() && wrong.contains(&label.span.file))
            })
        }));
    }
    let found = rules::set_levels(&parsed.documents, found);
    // What is left out of a file takes its names with it; what others say of those names would only mislead.
    let misleads = |problem: &Diagnostic| {
        parsed.lost_names && (problem.code.is_about_names() || problem.code == diagnostic::Code::UnknownColumn)
            || parsed.documents.iter().any(|document| document.may_cause(problem))
    };
    diagnostics.extend(found.into_iter().filter(|problem| !misleads(problem)));
    let is_wrong = |found: &[Diagnostic]| found.iter().any(|problem| problem.severity == Severity::Error);
    if let Some(project) = project.as_ref().filter(|_| !is_wrong(&diagnostics)) {
        diagnostics.extend(sql::uncompilable(project));
    }
    // What a test names is known once the models are.
    let mut tests = Vec::new();
    if let Some(project) = project.as_ref().filter(|_| !is_wrong(&diagnostics)) {
        let (resolved, found) = model::resolve_unit_tests(project, &parsed.tests);
        diagnostics.extend(found);
        tests = resolved;
    }
    diagnostic::sort(&mut diagnostics);
    let failed = is_wrong(&diagnostics);
    if failed {
        tests.clear();
    }
    Checked { project: project.filter(|_| !failed), tests, diagnostics }
}

/// Whether the file declares a fact with dimensions, resolved or not.
fn declares_dimensions(documents: &[syntax::Document], file: source::FileId) -> bool {
    documents.iter().filter(|document| document.file == file).any(|document| match &document.kind {
        syntax::Kind::Fact(fact) => fact.dimensions.as_ref().is_some_and(|roles| !roles.is_empty()),
        _ => false,
    })
}
