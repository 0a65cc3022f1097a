//! A fact that looks up a dimension with history needs the instant to look it up at; without one it gets the current
//! version, and yesterday's sale moves with the customer.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Members, Project};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in project.facts.iter().filter(|fact| fact.event_time.is_none() && fact.rolls_up.is_none()) {
        for role in fact.roles.iter().filter(|role| role.as_of.is_none()) {
            let dimension = &project.dimensions[role.dimension];
            if dimension.members().is_some_and(Members::has_versions) {
                found.push(
                    Diagnostic::new(
                        Code::VersionsWithoutInstant,
                        format!(
                            "fact `{}` has no instant to look up the version of `{}` at",
                            fact.name, dimension.name
                        ),
                    )
                    .at(role.span, "gets the current version")
                    .help("add `event_time:` to the fact, or `as_of:` to the role"),
                );
            }
        }
    }
}
