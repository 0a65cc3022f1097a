//! A fact without dimensions can be counted and nothing else: nobody can ask by what.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::Project;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in project.facts.iter().filter(|fact| fact.roles.is_empty()) {
        found.push(
            Diagnostic::new(Code::FactWithoutDimensions, format!("fact `{}` has no dimension", fact.name))
                .at(fact.span, "nothing to group or filter it by")
                .help("add `dimensions:` with the who, what, where and when of a row"),
        );
    }
}
