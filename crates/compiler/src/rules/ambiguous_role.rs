//! A dimension that a fact uses twice plays two roles, and each has a name of its own: `date` beside `promised_date`
//! leaves open which day it is.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::Project;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in &project.facts {
        for role in &fact.roles {
            let dimension = &project.dimensions[role.dimension].name;
            let others: Vec<&str> = fact
                .roles
                .iter()
                .filter(|other| other.dimension == role.dimension && other.name != role.name)
                .map(|other| other.name.as_str())
                .collect();
            if role.name == *dimension && !others.is_empty() {
                found.push(
                    Diagnostic::new(
                        Code::AmbiguousRole,
                        format!("fact `{}` uses dimension `{dimension}` several times, once without a role name", fact.name),
                    )
                    .at(role.span, format!("beside {}", others.join(", ")))
                    .help(format!("name the role by what it means here, such as `order_{dimension}: {{ dimension: {dimension}, … }}`")),
                );
            }
        }
    }
}
