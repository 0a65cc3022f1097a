//! The change set: what differs between the manifest applied last, the warehouse and the models now, each with its reason
//! and class. It must not know of engines; `sql` writes the statements.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alter::alter;
use super::catalog::Catalog;
use super::design::Names;
use super::drift::{Drift, as_found, drift};
use super::manifest::{Manifest, Object, ObjectColumn, ObjectKind};
use super::reason::Reason;

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
    /// Why, one reason per difference.
    pub reasons: Vec<Reason>,
    /// The same as data: what differs, as it was and as it will be, each with its own class.
    pub differences: Vec<Difference>,
    /// The object as it was; `None` for a new one.
    pub before: Option<Arc<Object>>,
    /// The object as it will be; `None` for one that goes.
    pub after: Option<Arc<Object>>,
    /// Single differences of an object altered in place.
    pub alterations: Vec<Alteration>,
    /// The rows that a rebuild carries over.
    pub carries: Carries,
    /// The model, or every model that reads the source table, is computed anew from landing by the next run.
    pub reload: bool,
    /// The source table is read whole by the next run.
    pub reread: bool,
    /// It sets right what others have changed in the warehouse.
    pub mends: bool,
}

impl Change {
    /// The table is made again without the rows that it had.
    #[must_use]
    pub fn is_emptied(&self) -> bool {
        self.action == Action::Rebuild && self.carries == Carries::Nothing
    }
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// What differs, such as `name`, `query`, `on_delete`, `column city` or `measure amount`.
    pub part: String,
    /// As it was, in the language's own words; null where there was none.
    pub before: Option<String>,
    /// As it will be; null where it goes.
    pub after: Option<String>,
    /// What this difference alone means.
    pub class: Class,
}

/// The rows that a rebuild carries over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// All that fit the new columns: copied, each value cast to its new type.
    Rows,
    /// None: a row means something else now, and the next run computes them.
    Nothing,
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is altered in place.
    Alter,
    /// It is made again beside itself, takes the rows over that still mean the same, and takes its place.
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
    /// Data is lost, or history that a fresh load would have is missing.
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
    /// A column gets a type that holds every value of the one it has.
    Widen(ObjectColumn),
    /// A column takes NULL from now on.
    Relax(String),
    /// A column's description changes.
    DescribeColumn(ObjectColumn),
    /// The object's description changes.
    Describe(String),
    /// The table gets the name declared with `was`.
    RenameTable(String),
}

/// Compares three things: the manifest applied last, the warehouse as it is, and the objects of the models now. What
/// others have changed in the warehouse is told apart, and set right by the changes that say so.
#[must_use]
pub fn compare(
    applied: Option<&Manifest>,
    recorded: Option<&Catalog>,
    live: &Catalog,
    wanted: &Manifest,
) -> (ChangeSet, Vec<Drift>) {
    let drifts = drift(applied, recorded, live, wanted);
    if drifts.is_empty() {
        return (diff(applied, wanted), drifts);
    }
    let found = applied.map(|manifest| as_found(manifest, &drifts));
    let mut set = diff(found.as_ref(), wanted);
    for change in &mut set.changes {
        let before = change.before.as_ref().map(|before| before.address());
        let mut about = drifts.iter().filter(|drift| {
            drift.address == change.address || before.as_ref().is_some_and(|before| &drift.address == before)
        });
        change.mends = about.clone().any(Drift::is_mended);
        if change.action == Action::Create && about.any(|drift| drift.kind == super::DriftKind::ObjectMissing) {
            change.reasons = vec![Reason::Missing];
            let landing = change.after.as_ref().is_some_and(|after| after.kind == ObjectKind::Landing);
            change.reload = change.after.as_ref().is_some_and(|after| after.kind != ObjectKind::View);
            change.reread = landing;
        }
    }
    (set, drifts)
}

/// Compares the manifest applied last, if any, with the objects of the models now.
#[must_use]
pub fn diff(applied: Option<&Manifest>, wanted: &Manifest) -> ChangeSet {
    let empty = BTreeMap::new();
    let before = applied.map_or(&empty, |manifest| &manifest.objects);
    let former = |address: &str, after: &Arc<Object>| {
        if before.contains_key(address) {
            return None;
        }
        before.get(&Object { name: after.was.clone()?, ..Object::clone(after) }.address())
    };
    let is_star = |object: &Object| object.kind == ObjectKind::Star;
    let mut names = Names::default();
    for (address, after) in wanted.objects.iter().filter(|(_, after)| is_star(after)) {
        let was = former(address, after);
        if let Some(old) = was {
            names.models.insert(old.owner.clone(), after.owner.clone());
        }
        let Some(old) = before.get(address).or(was) else { continue };
        let columns = after.columns.iter().filter_map(|column| Some((old.former(column)?.name.clone(), &column.name)));
        let columns: BTreeMap<String, String> =
            columns.filter(|(from, to)| from != *to).map(|(from, to)| (from, to.clone())).collect();
        if !columns.is_empty() {
            names.columns.insert(after.owner.clone(), columns);
        }
    }
    let mut renamed = Vec::new();
    let mut changes = Vec::new();
    for (address, after) in &wanted.objects {
        let was = former(address, after);
        renamed.extend(was.map(|old| old.address()));
        match before.get(address).or(was) {
            None => changes.push(create(address, after)),
            Some(old) => changes.extend(alter(address, old, after, &names)),
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
    Change {
        address: address.to_owned(),
        action: Action::Create,
        class: Class::Additive,
        reasons: std::iter::once(Reason::New { view: after.kind == ObjectKind::View, owner: after.owner.clone() })
            .chain(super::design::screens(&after.design))
            .collect(),
        differences: Vec::new(),
        before: None,
        after: Some(after.clone()),
        alterations: Vec::new(),
        carries: Carries::Nothing,
        reload: after.kind == ObjectKind::Star,
        reread: false,
        mends: false,
    }
}

fn drop_object(address: &str, old: &Arc<Object>) -> Change {
    let class = if old.kind == ObjectKind::View { Class::Breaking } else { Class::Destructive };
    Change {
        address: address.to_owned(),
        action: Action::Drop,
        class,
        reasons: vec![Reason::Undeclared { owner: old.owner.clone() }],
        differences: Vec::new(),
        before: Some(old.clone()),
        after: None,
        alterations: Vec::new(),
        carries: Carries::Nothing,
        reload: false,
        reread: false,
        mends: false,
    }
}
