//! A fact measures something, or says of itself that it does not.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{FactKind, Project};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in &project.facts {
        match (fact.kind, fact.measures.is_empty()) {
            (FactKind::Factless, false) => found.push(
                Diagnostic::new(Code::FactlessWithMeasures, format!("factless fact `{}` has measures", fact.name))
                    .at(fact.measures[0].span, "a factless fact measures nothing")
                    .help("remove the measures, or declare `kind: transaction`"),
            ),
            (FactKind::Factless, true) | (_, false) => {}
            (_, true) => found.push(
                Diagnostic::new(Code::FactWithoutMeasures, format!("fact `{}` measures nothing", fact.name))
                    .at(fact.span, "no measures")
                    .help("add `measures:`, or declare `kind: factless`"),
            ),
        }
    }
}
