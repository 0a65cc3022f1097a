//! A fact that joins a fact fans out: each side's rows are counted once per row of the other.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{ModelId, Project};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in project.facts.iter().filter(|fact| fact.rolls_up.is_none()) {
        let others: Vec<&str> = fact
            .query
            .analysis
            .tables
            .iter()
            .filter_map(|used| used.table.strip_prefix("ref."))
            .filter(|name| matches!(project.model(name), Some(ModelId::Fact(_))))
            .collect();
        for other in others {
            found.push(
                Diagnostic::new(Code::FactJoinsFact, format!("fact `{}` reads fact `{other}`", fact.name))
                    .at(fact.query.span, "one fact in another's query")
                    .help("read the source tables, roll it up with `kind: aggregate`, or ask both with `dwc query`"),
            );
        }
    }
}
