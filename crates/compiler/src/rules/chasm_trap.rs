//! Two tables that each have several rows for one key multiply each other when both are joined by it: every row of the one is
//! counted once per row of the other.

use super::joins;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Project;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in project.facts.iter().filter(|fact| fact.rolls_up.is_none()) {
        let Some(joined) = joins::of(project, &fact.query) else { continue };
        let mut trap = None;
        for first in 0..joined.len() {
            for second in first + 1..joined.len() {
                let direct = joined[first].is_many_for(second) && joined[second].is_many_for(first);
                let over = (0..joined.len()).filter(|at| *at != first && *at != second).any(|at| {
                    let many = joined[first].is_many_for(at) && joined[second].is_many_for(at);
                    let apart = joined[first].by(second).is_empty();
                    many && apart && joined[first].by(at) == joined[second].by(at)
                });
                if direct || over {
                    trap = trap.or(Some((first, second)));
                }
            }
        }
        if let Some((first, second)) = trap {
            let (first, second) = (&joined[first].table.address, &joined[second].table.address);
            found.push(
                Diagnostic::new(
                    Code::ChasmTrap,
                    format!(
                        "fact `{}` joins `{first}` and `{second}`, which both have several rows for one key",
                        fact.name
                    ),
                )
                .at(fact.query.span, "each row of the one is counted once per row of the other")
                .help(
                    "sum one of them per key in a subquery first, or make a fact of each and ask both with `dwc query`",
                ),
            );
        }
    }
}
