//! What a model's rows depend on beside what it declares itself: zones, the days of a calendar, the types of keys, which
//! texts are compared without case, and how the tables of its sources are read. It must not say what the model's own file
//! says.

use std::collections::BTreeMap;

use dwc_googlesql::Type;
use sha2::{Digest, Sha256};

use super::design::word;
use super::dimension::as_of::is_temporal;
use super::dimension::instants::is_dated_by;
use super::marks::DeleteMark;
use crate::model::{Column, DimensionKind, EffectiveAt, Members, ModelId, Project, Table};
use crate::plan::{COLLATION, CONTENTS, CURSOR, DELETES, KEY_COLLATION, SEQUENCE};

/// The parts, by name, as `design` keeps them.
pub(super) fn depends(project: &Project, id: ModelId) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    let folded = folded(project, id);
    if !folded.is_empty() {
        parts.insert(COLLATION.to_owned(), folded);
    }
    match id {
        ModelId::Dimension(index) => {
            if let Some(members) = project.dimensions[index].members() {
                parts.extend(key_collation(&members.natural_key));
                parts.insert("key_type".to_owned(), key_types(members));
                let zones = zones(project, members);
                if !zones.is_empty() {
                    parts.insert("timezone".to_owned(), zones);
                }
                parts.extend(readings(project, members));
            }
        }
        ModelId::Fact(index) => {
            parts.extend(key_collation(&project.facts[index].key));
            for role in &project.facts[index].roles {
                let dimension = &project.dimensions[role.dimension];
                if let DimensionKind::Calendar(calendar) = &dimension.kind {
                    let days = format!("{} to {}", calendar.first_day, calendar.last_day);
                    parts.insert(format!("calendar {}", dimension.name), days);
                }
                if let Some(members) = dimension.members() {
                    parts.insert(format!("key_type {}", dimension.name), key_types(members));
                    let collation = key_collation(&members.natural_key);
                    parts.extend(collation.map(|(part, columns)| (format!("{part} {}", dimension.name), columns)));
                }
            }
        }
    }
    parts
}

/// The texts of sources that a model reads and that are compared without case.
fn folded(project: &Project, id: ModelId) -> String {
    let used = project.query(id).into_iter().flat_map(|query| &query.analysis.used);
    let folds = |(table, column): &&(String, String)| {
        project.table(table).and_then(|table| table.column(column)).is_some_and(|column| column.folds_case)
    };
    let mut names: Vec<String> = used.filter(folds).map(|(table, column)| format!("{table}.{column}")).collect();
    names.sort();
    names.dedup();
    names.join(", ")
}

/// The columns of a key that are compared without case, where some are.
pub(super) fn key_collation<'c>(key: impl IntoIterator<Item = &'c Column>) -> Option<(String, String)> {
    let names: Vec<&str> =
        key.into_iter().filter(|column| column.folds_case).map(|column| column.name.as_str()).collect();
    (!names.is_empty()).then(|| (KEY_COLLATION.to_owned(), names.join(", ")))
}

/// A digest of the parts.
pub(super) fn depends_digest(project: &Project, id: ModelId) -> String {
    let text: String = depends(project, id).iter().map(|(part, value)| format!("{part}\u{1f}{value}\u{1e}")).collect();
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn key_types(members: &Members) -> String {
    members.natural_key.iter().map(|column| column.ty.to_string()).collect::<Vec<_>>().join(", ")
}

/// The zones in which instants without one are read: the project's, and those of tables whose rows have such an instant.
fn zones(project: &Project, members: &Members) -> String {
    let has_no_zone = |ty: &Type| matches!(ty, Type::Date | Type::DateTime);
    let mut zones = Vec::new();
    if matches!(&members.effective_at, EffectiveAt::Column(_, ty) if has_no_zone(ty)) {
        zones.push(project.timezone.name());
    }
    for table in members.query.analysis.tables.iter().filter_map(|used| project.table(&used.table)) {
        let dated = table.cursor.iter().chain(&table.delete_column).filter_map(|name| table.column(name));
        if dated.into_iter().any(|column| has_no_zone(&column.ty)) {
            zones.push(project.zone_of(table).name());
        }
    }
    zones.dedup();
    zones.join(", ")
}

/// How a table is read, part by part: what its increments go by, what orders its states and what marks a delete.
pub(super) fn reading(table: &Table) -> impl Iterator<Item = (&'static str, String)> {
    let or_none = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
    let deletes = DeleteMark::of(table).to_string();
    let contents = table.files.as_ref().map(|files| {
        let says = if table.is_log { "log".to_owned() } else { word(&files.contents) };
        (CONTENTS, says)
    });
    [(CURSOR, or_none(&table.cursor)), (SEQUENCE, or_none(&table.sequence)), (DELETES, deletes)]
        .into_iter()
        .chain(contents)
}

/// How the tables of a dimension are read, as the instants of its states depend on it.
fn readings(project: &Project, members: &Members) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    let tables = members.query.analysis.tables.iter().filter_map(|used| project.table(&used.table));
    let is_joined = is_temporal(project, members);
    let is_alone = members.query.analysis.tables.len() == 1 && !is_joined;
    for table in tables {
        // A table that `effective_at` dates is not dated by its cursor.
        let is_dated = is_joined && is_dated_by(project, members, table);
        for (part, says) in reading(table).filter(|(part, _)| *part != CURSOR || !(is_dated || is_alone)) {
            let says = if part == DELETES && table.deletes_by_reading() { "by reading".to_owned() } else { says };
            parts.insert(format!("{part} {}", table.address), says);
        }
    }
    parts
}

/// The zone in which a table of files is read: a text of an instant that names no zone is landed as an instant of this one.
pub(super) fn read_in<'p>(project: &'p Project, table: &Table) -> Option<&'p str> {
    let is_read = table.files.is_some() && table.columns.iter().any(|column| column.ty == Type::Timestamp);
    is_read.then(|| project.zone_of(table).name())
}

/// The zones in which the tables of a dimension are read, as its kept events depend on them.
pub(super) fn landed_zones(project: &Project, members: &Members) -> BTreeMap<String, String> {
    let tables = members.query.analysis.tables.iter().filter_map(|used| project.table(&used.table));
    let mut zones: Vec<&str> = tables.filter_map(|table| read_in(project, table)).collect();
    zones.sort_unstable();
    zones.dedup();
    (!zones.is_empty()).then(|| ("timezone".to_owned(), zones.join(", "))).into_iter().collect()
}
