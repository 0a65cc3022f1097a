//! Two tables that each have several rows for one key multiply each other when both are joined by it: every row of the one is
//! counted once per row of the other.

use super::joins::{self, Joined};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Additivity, Fact, Project};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in project.facts.iter().filter(|fact| fact.rolls_up.is_none()) {
        let Some(joins) = joins::of(project, &fact.query) else { continue };
        let Some((first, second)) = trap(&joins.tables) else { continue };
        let matters = if joins.is_grouped { joins.counts() } else { !is_of_pairs(fact, first, second) };
        if !matters {
            continue;
        }
        let (first, second) = (&first.table.address, &second.table.address);
        found.push(
            Diagnostic::new(
                Code::ChasmTrap,
                format!(
                    "fact `{}` joins `{first}` and `{second}`, which both have several rows for one key",
                    fact.name
                ),
            )
            .at(fact.query.span, "each row of one is counted once per row of the other")
            .help("sum one of them per key in a subquery first, or make a fact of each and ask both with `dwc query`"),
        );
    }
}

/// Two tables that multiply each other: joined to each other, or to a third one, by a key of neither.
fn trap<'j, 'p>(joined: &'j [Joined<'p>]) -> Option<(&'j Joined<'p>, &'j Joined<'p>)> {
    let pairs = (0..joined.len()).flat_map(|first| (first + 1..joined.len()).map(move |second| (first, second)));
    pairs
        .filter(|&(first, second)| {
            let direct = joined[first].is_many_for(second) && joined[second].is_many_for(first);
            let over = (0..joined.len()).filter(|at| *at != first && *at != second).any(|at| {
                let many = joined[first].is_many_for(at) && joined[second].is_many_for(at);
                let apart = joined[first].by(second).is_empty();
                many && apart && joined[first].by(at) == joined[second].by(at)
            });
            direct || over
        })
        .map(|(first, second)| (&joined[first], &joined[second]))
        .next()
}

/// Whether a row of the fact is a pair of rows, as its grain says, and nothing of one of the two is summed.
fn is_of_pairs(fact: &Fact, first: &Joined<'_>, second: &Joined<'_>) -> bool {
    let outputs = &fact.query.analysis.output;
    let of_key = |table: &str, column: &str| {
        fact.key.iter().any(|key| {
            let output = outputs.iter().find(|output| output.name.eq_ignore_ascii_case(&key.name));
            output.is_some_and(|output| output.origins.iter().any(|(t, c)| t == table && c == column))
        })
    };
    let whole = |one: &Joined<'_>| one.table.primary_key.iter().all(|part| of_key(&one.table.address, part));
    let additive = fact.measures.iter().filter(|measure| measure.additive != Additivity::None);
    let of_one = |origins: &[(String, String)]| {
        let has = |one: &Joined<'_>| origins.iter().any(|(table, _)| *table == one.table.address);
        has(first) != has(second)
    };
    whole(first) && whole(second) && !additive.clone().any(|measure| of_one(&measure.origins))
}
