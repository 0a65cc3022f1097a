//! Where a change of a dimension has no history to look back on. It must not judge whether that matters.

use super::change::Change;
use super::manifest::ObjectKind;
use super::reason::Reason;
use crate::model::{ModelId, Project, Retain};

/// A reason for every attribute whose history starts with the change: landed states are not kept.
#[must_use]
pub fn starts_now(project: &Project, change: &Change) -> Vec<Reason> {
    let star = change.before.as_ref().zip(change.after.as_ref()).filter(|(_, after)| after.kind == ObjectKind::Star);
    let Some((_, after)) = star else { return Vec::new() };
    let Some(ModelId::Dimension(index)) = project.model(&after.owner) else { return Vec::new() };
    let Some(members) = project.dimensions[index].members() else { return Vec::new() };
    let tables = members.query.analysis.tables.iter().filter_map(|used| project.table(&used.table));
    let forgets: Vec<String> =
        tables.filter(|table| table.retain != Retain::History).map(|table| table.address.clone()).collect();
    if forgets.is_empty() {
        return Vec::new();
    }
    let is_new = |name: &str| {
        let part = format!("attribute {name}");
        change.differences.iter().any(|one| one.part == part && one.before.is_none())
    };
    let attributes = members.attributes.iter().filter(|one| one.scd.has_versions() && is_new(&one.column.name));
    let starts = |name: &str| Reason::HistoryStarts { attribute: name.to_owned(), tables: forgets.clone() };
    attributes.map(|one| starts(&one.column.name)).collect()
}
