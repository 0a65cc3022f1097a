//! A fact belongs to one business process: the row of the bus matrix, and the first of Kimball's four steps.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::Project;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in project.facts.iter().filter(|fact| fact.business_process.trim().is_empty()) {
        found.push(
            Diagnostic::new(Code::FactWithoutProcess, format!("fact `{}` names no business process", fact.name))
                .at(fact.span, "it has no row in the bus matrix")
                .help("add `business_process:` with the activity that it measures, such as `ordering`"),
        );
    }
}
