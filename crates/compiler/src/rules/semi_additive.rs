//! A balance is not summed over time: a semi-additive measure says what stands instead, for each role.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Additivity, Project};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for measure in project.facts.iter().flat_map(|fact| &fact.measures) {
        if measure.additive != Additivity::Semi {
            continue;
        }
        let name = &measure.column.name;
        let open = measure.not_over.iter().find(|role| !measure.over.iter().any(|(known, _)| known == *role));
        let (message, role) = match open {
            Some(role) => {
                (format!("measure `{name}` does not declare what replaces its sum over `{role}`"), role.as_str())
            }
            None if measure.not_over.is_empty() => {
                (format!("measure `{name}` is semi-additive but does not declare over which role"), "role")
            }
            None => continue,
        };
        found.push(
            Diagnostic::new(Code::SemiAdditiveWithoutRule, message)
                .at(measure.span, "declared here")
                .help(format!("add `over: {{ {role}: last }}`, or `first`, `average`, `min` or `max`")),
        );
    }
}
