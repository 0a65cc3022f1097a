//! An accumulating snapshot follows a process through its milestones: without them, nothing is derived and no order is checked.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DimensionKind, Fact, FactKind, Project};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    let facts = project.facts.iter().filter(|fact| fact.kind == FactKind::AccumulatingSnapshot);
    for fact in facts.filter(|fact| fact.milestones.is_empty()) {
        found.push(
            Diagnostic::new(
                Code::SnapshotWithoutMilestones,
                format!("accumulating snapshot `{}` declares no milestones", fact.name),
            )
            .at(fact.span, "`milestones` is missing")
            .help(format!("add `milestones: {}`, in the order of the process", proposed(project, fact))),
        );
    }
}

/// The milestones that the roles of calendars look like; an example where there are fewer than two.
fn proposed(project: &Project, fact: &Fact) -> String {
    let is_dated = |dimension: usize| matches!(project.dimensions[dimension].kind, DimensionKind::Calendar(_));
    let roles = fact.roles.iter().filter(|role| is_dated(role.dimension));
    let all: Vec<String> = roles
        .map(|role| {
            let name = role.name.strip_suffix("_date").unwrap_or(&role.name);
            // A role of another name than a milestone would imply is named itself.
            let is_implied = name != role.name;
            let value = role.on.first().filter(|_| is_implied).map_or(&role.name, |column| &column.name);
            format!("{name}: {value}")
        })
        .collect();
    if all.len() < 2 {
        return "{ ordered: ordered_at, delivered: delivered_at }".to_owned();
    }
    format!("{{ {} }}", all.join(", "))
}
