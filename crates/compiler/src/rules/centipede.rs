//! A fact with very many dimensions is a centipede: levels of hierarchies or correlated flags stand as dimensions of
//! their own that belong into one. (Kimball & Ross, The Data Warehouse Toolkit, 3rd ed., "Centipede fact tables".)

use crate::diagnostic::{Code, Diagnostic};
use crate::model::Project;

/// More dimensions than a well-formed fact has.
const MOST: usize = 20;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in project.facts.iter().filter(|fact| fact.roles.len() > MOST) {
        found.push(
            Diagnostic::new(Code::Centipede, format!("fact `{}` has {} dimensions", fact.name, fact.roles.len()))
                .at(fact.span, format!("more than {MOST}"))
                .help(
                    "put levels of one hierarchy into one dimension, and flags that go together into a junk dimension",
                ),
        );
    }
}
