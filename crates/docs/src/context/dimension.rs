//! What the page of a dimension shows.

use dwc_compiler::model::{
    Attribute, Dimension, DimensionKind, EffectiveAt, Members, ModelId, Project, Scd, StarColumn, StoredAttribute,
    StoredValue, star_columns,
};
use serde::Serialize;

use super::{ColumnRow, Link, fact_link, is_personal, lineage};

#[derive(Serialize)]
pub(crate) struct DimensionPage {
    root: &'static str,
    title: String,
    description: String,
    owner: String,
    kind: String,
    natural_key: Vec<String>,
    effective_at: String,
    on_delete: String,
    hierarchies: Vec<(String, Vec<String>)>,
    columns: Vec<ColumnRow>,
    /// `(fact, role)` that use it.
    used_by: Vec<(Link, String)>,
    query: String,
}

impl DimensionPage {
    pub(crate) fn name(&self) -> &str {
        &self.title
    }
}

pub(crate) fn dimensions(project: &Project) -> impl Iterator<Item = DimensionPage> + '_ {
    project.dimensions.iter().enumerate().map(|(index, dimension)| {
        let members = dimension.members();
        let used_by = project
            .facts
            .iter()
            .flat_map(|fact| fact.roles.iter().map(move |role| (fact, role)))
            .filter(|(_, role)| role.dimension == index)
            .map(|(fact, role)| (fact_link(fact), role.name.clone()))
            .collect();
        DimensionPage {
            root: "../",
            title: dimension.name.clone(),
            description: dimension.description.clone(),
            owner: dimension.owner.clone().unwrap_or_default(),
            kind: match &dimension.kind {
                DimensionKind::Standard(_) => "Dimension".to_owned(),
                DimensionKind::Calendar(calendar) => {
                    format!("Calendar, {} to {}", calendar.first_day, calendar.last_day)
                }
                DimensionKind::TimeOfDay => "Time of day".to_owned(),
                DimensionKind::Junk(junk) => format!("Junk dimension, up to {} combinations", junk.max_members),
                DimensionKind::Mini(mini) => format!("Mini-dimension of {}", mini.base),
            },
            natural_key: members
                .map(|m| m.natural_key.iter().map(|key| key.name.clone()).collect())
                .unwrap_or_default(),
            effective_at: members.map_or_else(String::new, |m| match &m.effective_at {
                EffectiveAt::Column(name, _) => name.clone(),
                EffectiveAt::Extracted => "the time of the batch".to_owned(),
            }),
            on_delete: members.map_or_else(String::new, |m| format!("{:?}", m.on_delete).to_lowercase()),
            hierarchies: members.map(hierarchies).unwrap_or_default(),
            columns: star_columns(project, ModelId::Dimension(index))
                .iter()
                .map(|column| dimension_column(project, dimension, column))
                .collect(),
            used_by,
            query: members.map_or_else(String::new, |m| m.query.text.trim().to_owned()),
        }
    })
}

fn hierarchies(members: &Members) -> Vec<(String, Vec<String>)> {
    let mut all: std::collections::BTreeMap<String, Vec<(u32, String)>> = std::collections::BTreeMap::new();
    for attribute in &members.attributes {
        if let Some((name, level)) = &attribute.hierarchy {
            all.entry(name.clone()).or_default().push((*level, attribute.column.name.clone()));
        }
    }
    all.into_iter()
        .map(|(name, mut levels)| {
            levels.sort();
            (name, levels.into_iter().map(|(_, level)| level).collect())
        })
        .collect()
}

fn dimension_column(project: &Project, dimension: &Dimension, column: &StarColumn) -> ColumnRow {
    let members = dimension.members();
    let combined = dimension.junk().and_then(|junk| junk.attributes.iter().find(|one| one.column.name == column.name));
    let stored = members.map(Members::stored).unwrap_or_default();
    let stored = stored.iter().find(|stored| stored.name == column.name);
    let attribute = stored.map(|stored| stored.attribute);
    ColumnRow {
        name: column.name.clone(),
        ty: column.ty.to_string(),
        role: format!("{:?}", column.role),
        description: column.description.clone(),
        policy: stored.map_or_else(String::new, |stored| {
            let meaning = match (stored.attribute.scd, stored.value) {
                (_, StoredValue::First) => "keeps its first value",
                (_, StoredValue::Previous) => "the value before the latest change",
                (Scd::Type1, _) => "overwritten",
                (Scd::Type3, _) => "overwritten, with the previous value next to it",
                (_, StoredValue::Last) => "as it is now, on every version",
                (_, StoredValue::Version) => "each value has its version",
            };
            format!("type {}: {meaning}", stored.attribute.scd.number())
        }),
        wording: stored.map(wording).or_else(|| combined.map(words)).unwrap_or_default(),
        lineage: attribute.map(|a| lineage(&a.origins)).unwrap_or_default(),
        pii: attribute.map_or_else(
            || {
                let output = members.and_then(|m| m.query.analysis.output.iter().find(|o| o.name == column.name));
                is_personal(project, output.map_or(&[], |output| output.origins.as_slice()))
            },
            |attribute| attribute.column.pii,
        ),
    }
}

/// Values of an attribute and what they read as, NULL last. The value before the first change is NULL all the same.
fn wording(stored: &StoredAttribute<'_>) -> Vec<(String, String)> {
    let mut all = words(stored.attribute);
    all.retain(|(value, _)| value != NULL || stored.value != StoredValue::Previous);
    all
}

const NULL: &str = "NULL";

fn words(attribute: &Attribute) -> Vec<(String, String)> {
    let Some(wording) = &attribute.wording else { return Vec::new() };
    let null = wording.null.iter().map(|null| (NULL.to_owned(), null.clone()));
    wording.labels.iter().cloned().chain(null).collect()
}
