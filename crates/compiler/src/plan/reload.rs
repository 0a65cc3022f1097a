//! Which models the next run computes anew once a change set is applied: those that change, and, through every level,
//! those that hold what changed. It must not know of engines.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Action, Alteration, Change, ChangeSet};
use super::manifest::{Object, ObjectKind};
use crate::model::{Missing, ModelId, Project};

/// Why a model is computed anew.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "because")]
pub enum Reload {
    /// A table of its own changes.
    Itself,
    /// A source table that it reads is landed in another way.
    Source {
        /// `source.table`.
        table: String,
    },
    /// Its query reads a model whose rows change.
    Reads {
        /// The model.
        of: String,
    },
    /// A fact no longer infers members of it: those that no fact names any more go.
    Uninferred {
        /// The fact.
        by: String,
    },
    /// It looks up a dimension that is made again without inferred members, or that has no versions any more.
    LooksUp {
        /// The dimension.
        of: String,
    },
}

impl Reload {
    /// The reason as half a sentence; `None` where the model's own change says it.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        match self {
            Reload::Itself => None,
            Reload::Source { table } => Some(format!("reads `{table}`, which is landed differently")),
            Reload::Reads { of } => Some(format!("reads `{of}`, whose rows change")),
            Reload::Uninferred { by } => Some(format!("`{by}` no longer infers its members")),
            Reload::LooksUp { of } => Some(format!("looks up `{of}`, whose members are rebuilt")),
        }
    }
}

/// The models that the next run computes anew, by name, each with its first reason.
#[must_use]
pub fn reloads(project: &Project, set: &ChangeSet) -> BTreeMap<String, Reload> {
    let mut own = BTreeSet::new();
    let mut emptied = BTreeSet::new();
    let mut unversioned = BTreeSet::new();
    let mut tables = BTreeSet::new();
    let mut uninferred: BTreeMap<String, String> = BTreeMap::new();
    for change in &set.changes {
        uninferred.extend(no_longer_inferred(change));
        let Some(after) = &change.after else { continue };
        if change.reload && after.kind == ObjectKind::Landing {
            tables.insert(after.owner.as_str());
        } else if change.reload {
            own.insert(after.owner.as_str());
        }
        if after.kind == ObjectKind::Star && (change.action == Action::Create || change.is_emptied()) {
            emptied.insert(after.owner.as_str());
        }
        let drops =
            |alteration: &Alteration| matches!(alteration, Alteration::DropColumn(name) if name == "valid_from");
        if after.kind == ObjectKind::Star && change.alterations.iter().any(drops) {
            unversioned.insert(after.owner.as_str());
        }
    }
    let mut all: BTreeMap<String, Reload> = BTreeMap::new();
    if own.is_empty() && tables.is_empty() && uninferred.is_empty() {
        return all;
    }
    let ids: BTreeMap<&str, ModelId> = project.order.iter().map(|id| (project.model_name(*id), *id)).collect();
    // Models whose rows may change without being computed anew: facts that are bound to other versions.
    let mut moved: BTreeSet<ModelId> = BTreeSet::new();
    for id in &project.order {
        let name = project.model_name(*id);
        let Some(query) = project.query(*id) else {
            if own.contains(name) {
                moved.insert(*id);
            }
            continue;
        };
        let source = || query.analysis.tables.iter().find(|used| tables.contains(used.table.as_str()));
        let upstream = project.upstream_by(*id, |name| ids.get(name).copied());
        let read = || {
            let mut read: Vec<ModelId> = query
                .analysis
                .tables
                .iter()
                .filter_map(|used| used.table.strip_prefix("ref.").and_then(|name| ids.get(name).copied()))
                .collect();
            match *id {
                ModelId::Fact(index) => read.extend(project.facts[index].rolls_up.map(ModelId::Fact)),
                ModelId::Dimension(index) => {
                    let mini = project.dimensions[index].mini();
                    read.extend(mini.and_then(|mini| ids.get(mini.base.as_str()).copied()));
                }
            }
            read.into_iter().find(|up| moved.contains(up))
        };
        let looks_up = || {
            let ModelId::Fact(index) = *id else { return None };
            let fact = &project.facts[index];
            let roles = fact.roles.iter().filter(|_| fact.rolls_up.is_none());
            roles.map(|role| (role, project.dimensions[role.dimension].name.as_str())).find_map(|(role, name)| {
                let is_lost = role.missing == Missing::Infer && emptied.contains(name);
                (is_lost || unversioned.contains(name)).then_some(name)
            })
        };
        let because = if own.contains(name) {
            Some(Reload::Itself)
        } else if let Some(used) = source() {
            Some(Reload::Source { table: used.table.clone() })
        } else if let Some(up) = read() {
            Some(Reload::Reads { of: project.model_name(up).to_owned() })
        } else if let Some(by) = uninferred.get(name) {
            Some(Reload::Uninferred { by: by.clone() })
        } else {
            looks_up().map(|model| Reload::LooksUp { of: model.to_owned() })
        };
        match because {
            Some(because) => {
                moved.insert(*id);
                all.insert(name.to_owned(), because);
            }
            None if upstream.iter().any(|up| moved.contains(up)) => {
                moved.insert(*id);
            }
            None => {}
        }
    }
    all
}

/// The dimensions whose members a fact inferred and infers no longer, each with the fact.
fn no_longer_inferred(change: &Change) -> Vec<(String, String)> {
    let Some(before) = change.before.as_ref().filter(|before| before.kind == ObjectKind::Star) else {
        return Vec::new();
    };
    let infers = |object: &Object| -> Vec<String> {
        let lookups = object.design.iter().filter_map(|(part, says)| Some((part.strip_prefix("lookup ")?, says)));
        let inferring = lookups.filter(|(_, says)| says.starts_with("missing infer,")).filter_map(|(role, _)| {
            let says = object.design.get(&format!("role {role}"))?;
            Some(says.split_once(" on ").map_or(says.as_str(), |(dimension, _)| dimension).to_owned())
        });
        inferring.collect()
    };
    let now = change.after.as_deref().map(infers).unwrap_or_default();
    let gone = infers(before).into_iter().filter(|dimension| !now.contains(dimension));
    gone.map(|dimension| (dimension, before.owner.clone())).collect()
}
