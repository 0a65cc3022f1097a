//! The change set: what differs between the manifest applied last and the models now, each with its reason and class.
//! It must not know of engines; `sql` writes the statements.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::manifest::{Manifest, Object, ObjectColumn, ObjectKind};

/// Everything that an apply would do, in the order in which it does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// One entry per object that changes.
    pub changes: Vec<Change>,
}

/// What happens to one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `table dw.product`.
    pub address: String,
    /// What is done.
    pub action: Action,
    /// The gravest class of its details.
    pub class: Class,
    /// Why, one sentence per difference.
    pub reasons: Vec<String>,
    /// The object as it was; `None` for a new one.
    pub before: Option<Arc<Object>>,
    /// The object as it will be; `None` for one that goes.
    pub after: Option<Arc<Object>>,
    /// Single differences of an object altered in place.
    pub alterations: Vec<Alteration>,
    /// The model is computed anew from landing by the next run.
    pub reload: bool,
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is altered in place.
    Alter,
    /// It is dropped, made again and filled from landing.
    Rebuild,
    /// It is dropped.
    Drop,
}

/// What a change means for those who use the object; later ones are graver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Nothing that is read today changes.
    Additive,
    /// Names or types that are read today change.
    Breaking,
    /// History is written anew.
    HistoryRewriting,
    /// A row means something else.
    GrainChanging,
    /// Data is lost.
    Destructive,
}

/// One difference that is altered in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    /// A column is added, empty.
    AddColumn(ObjectColumn),
    /// A column and its data go.
    DropColumn(String),
    /// A column gets the name declared with `was`.
    RenameColumn {
        /// The name it has.
        from: String,
        /// The name it gets.
        to: String,
    },
    /// A column's description changes.
    DescribeColumn(ObjectColumn),
    /// The object's description changes.
    Describe(String),
    /// The table gets the name declared with `was`.
    RenameTable(String),
}

/// Compares the manifest applied last, if any, with the objects of the models now.
#[must_use]
pub fn diff(applied: Option<&Manifest>, wanted: &Manifest) -> ChangeSet {
    let empty = BTreeMap::new();
    let before = applied.map_or(&empty, |manifest| &manifest.objects);
    let mut renamed = Vec::new();
    let mut changes = Vec::new();
    for (address, after) in &wanted.objects {
        let old = before.get(address).or_else(|| {
            let was = after.was.as_ref()?;
            let old = before.get(&Object { name: was.clone(), ..Object::clone(after) }.address())?;
            renamed.push(old.address());
            Some(old)
        });
        match old {
            None => changes.push(create(address, after)),
            Some(old) => changes.extend(alter(address, old, after)),
        }
    }
    for (address, old) in before {
        if !wanted.objects.contains_key(address) && !renamed.contains(address) {
            changes.push(drop_object(address, old));
        }
    }
    // Views are dropped first and made last: they read the tables.
    changes.sort_by_key(|change| {
        let view = change.after.as_ref().or(change.before.as_ref()).is_some_and(|o| o.kind == ObjectKind::View);
        let rank = match (change.action, view) {
            (Action::Drop, true) => 0,
            (Action::Drop, false) => 1,
            (_, false) => 2,
            (_, true) => 3,
        };
        (rank, change.address.clone())
    });
    ChangeSet { changes }
}

fn create(address: &str, after: &Arc<Object>) -> Change {
    let what = if after.kind == ObjectKind::View { "view" } else { "table" };
    Change {
        address: address.to_owned(),
        action: Action::Create,
        class: Class::Additive,
        reasons: vec![format!("new {what} of `{}`", after.owner)],
        before: None,
        after: Some(after.clone()),
        alterations: Vec::new(),
        reload: after.kind == ObjectKind::Star,
    }
}

fn drop_object(address: &str, old: &Arc<Object>) -> Change {
    let class = if old.kind == ObjectKind::View { Class::Breaking } else { Class::Destructive };
    Change {
        address: address.to_owned(),
        action: Action::Drop,
        class,
        reasons: vec![format!("`{}` is no longer declared", old.owner)],
        before: Some(old.clone()),
        after: None,
        alterations: Vec::new(),
        reload: false,
    }
}

fn alter(address: &str, old: &Arc<Object>, new: &Arc<Object>) -> Option<Change> {
    let mut change = Change {
        address: address.to_owned(),
        action: Action::Alter,
        class: Class::Additive,
        reasons: Vec::new(),
        before: Some(old.clone()),
        after: Some(new.clone()),
        alterations: Vec::new(),
        reload: false,
    };
    if new.kind == ObjectKind::View {
        if old.definition == new.definition && old.description == new.description {
            return None;
        }
        change.reasons.push("the view's text changes".to_owned());
        return Some(change);
    }
    if old.name != new.name {
        change.class = Class::Breaking;
        change.reasons.push(format!("renamed from `{}`", old.name));
        change.alterations.push(Alteration::RenameTable(old.name.clone()));
    }
    let mut rebuild = Vec::new();
    if old.definition != new.definition {
        rebuild.push("partitioning, clustering or key changes, which the engine cannot alter in place".to_owned());
    }
    let mut matched = Vec::new();
    for column in &new.columns {
        let same = old.columns.iter().find(|before| before.name == column.name);
        let before = same.or_else(|| old.columns.iter().find(|before| Some(&before.name) == column.was.as_ref()));
        let Some(before) = before else {
            change.reasons.push(format!("column `{}` is new", column.name));
            if column.required {
                rebuild
                    .push(format!("column `{}` is never NULL, and the rows that are there have no value", column.name));
            }
            change.alterations.push(Alteration::AddColumn(column.clone()));
            change.reload = true;
            continue;
        };
        matched.push(before.name.clone());
        if before.name != column.name {
            change.class = change.class.max(Class::Breaking);
            change.reasons.push(format!("column `{}` is renamed to `{}`", before.name, column.name));
            change.alterations.push(Alteration::RenameColumn { from: before.name.clone(), to: column.name.clone() });
        }
        if before.ty != column.ty {
            change.class = change.class.max(Class::Breaking);
            rebuild.push(format!("column `{}` changes from {} to {}", column.name, before.ty, column.ty));
        }
        if before.description != column.description {
            change.reasons.push(format!("column `{}` is described anew", column.name));
            change.alterations.push(Alteration::DescribeColumn(column.clone()));
        }
    }
    for before in &old.columns {
        if !matched.contains(&before.name) {
            change.class = change.class.max(Class::Destructive);
            change.reasons.push(format!("column `{}` is no longer declared", before.name));
            change.alterations.push(Alteration::DropColumn(before.name.clone()));
        }
    }
    if old.description != new.description {
        change.reasons.push("described anew".to_owned());
        change.alterations.push(Alteration::Describe(new.description.clone()));
    }
    if old.load != new.load {
        change.reasons.push("the query, an expression or a policy changes: computed anew from landing".to_owned());
        change.class = change.class.max(Class::HistoryRewriting);
        change.reload = true;
    }
    if !rebuild.is_empty() {
        change.action = Action::Rebuild;
        change.alterations.clear();
        change.reload = true;
        change.class = change.class.max(match new.kind {
            // Landing and kept events cannot be computed from anything else.
            ObjectKind::Landing | ObjectKind::History => Class::Destructive,
            ObjectKind::Star | ObjectKind::View => Class::Breaking,
        });
        change.reasons.extend(rebuild);
    }
    let changed = !change.reasons.is_empty() || change.reload || old.protect != new.protect;
    changed.then_some(change)
}
