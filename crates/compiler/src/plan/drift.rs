//! Drift: what others have changed in the warehouse since the last apply, told apart from what the models change.
//! It must not decide what is done about it: the change set does, from the objects as they were found.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::catalog::{Catalog, Live};
use super::manifest::{Manifest, Object, ObjectKind};

/// One thing that is not as the last apply left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// Stable: `table dw.product`.
    pub address: String,
    /// What has happened to it.
    pub kind: DriftKind,
    /// The column, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// One sentence, for reading.
    pub reason: String,
    /// Its type now, where a column's type was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_type: Option<String>,
}

impl Drift {
    /// An apply sets it right.
    #[must_use]
    pub fn is_mended(&self) -> bool {
        !self.kind.is_left_alone() && self.kind != DriftKind::ObjectInTheWay
    }
}

/// What others have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// The object is gone; an apply makes it anew.
    ObjectMissing,
    /// An object of a needed name that dwc did not make; an apply refuses.
    ObjectInTheWay,
    /// A column is gone; an apply adds it.
    ColumnMissing,
    /// A column that dwc did not add; an apply leaves it alone.
    ColumnAdded,
    /// A column has another type; an apply gives it back the declared one.
    ColumnRetyped,
    /// A column takes NULL and should not, or the other way round; an apply sets it right.
    ColumnNullability,
    /// A view's text is another; an apply writes it anew.
    ViewChanged,
    /// A table is partitioned or clustered otherwise; an apply leaves it alone.
    LayoutChanged,
    /// A table or column says something else of itself; an apply leaves it alone.
    DescriptionChanged,
    /// Other keys are declared of a table, which nobody enforces; an apply leaves them alone.
    KeysChanged,
}

impl DriftKind {
    /// It is told, and nothing is done about it.
    #[must_use]
    pub fn is_left_alone(self) -> bool {
        matches!(
            self,
            DriftKind::ColumnAdded | DriftKind::LayoutChanged | DriftKind::DescriptionChanged | DriftKind::KeysChanged
        )
    }
}

/// What is not as the last apply left it. `recorded` is the catalog as that apply found it when it was done; without it
/// only what is missing, added or in the way can be told. `wanted` tells which names are needed.
#[must_use]
pub(super) fn drift(
    applied: Option<&Manifest>,
    recorded: Option<&Catalog>,
    live: &Catalog,
    wanted: &Manifest,
) -> Vec<Drift> {
    let mut all = Vec::new();
    for (address, object) in applied.into_iter().flat_map(|manifest| &manifest.objects) {
        let add = |kind, column: Option<&str>, reason: String| Drift {
            address: address.clone(),
            kind,
            column: column.map(str::to_owned),
            reason,
            found_type: None,
        };
        let path = object.path();
        if !live.has(&path, object.kind) {
            all.push(add(DriftKind::ObjectMissing, None, "it is missing from the warehouse".to_owned()));
            if live.objects.contains_key(&path) && wanted.objects.contains_key(address) {
                all.push(in_the_way(address, &path, live));
            }
            continue;
        }
        let found = &live.objects[&path];
        let before = recorded.and_then(|recorded| recorded.objects.get(&path));
        if object.kind == ObjectKind::View {
            if before.is_some_and(|before| before.text != found.text) {
                all.push(add(DriftKind::ViewChanged, None, "its text was changed in the warehouse".to_owned()));
            }
            continue;
        }
        for (kind, reason) in outside(before, found) {
            all.push(add(kind, None, reason));
        }
        for (kind, column, reason, found_type) in columns(object, before, found) {
            all.push(Drift { found_type, ..add(kind, Some(column), reason) });
        }
    }
    for (address, object) in &wanted.objects {
        let known = applied.is_some_and(|manifest| {
            manifest.objects.contains_key(address)
                || manifest.objects.values().any(|old| old.schema == object.schema && old.name == object.name)
        });
        if !known && live.objects.contains_key(&object.path()) {
            all.push(in_the_way(address, &object.path(), live));
        }
    }
    all
}

fn in_the_way(address: &str, path: &str, live: &Catalog) -> Drift {
    let what = if live.objects.get(path).is_some_and(|live| live.view) { "view" } else { "table" };
    Drift {
        address: address.to_owned(),
        kind: DriftKind::ObjectInTheWay,
        column: None,
        reason: format!("the warehouse has a {what} `{path}` that dwc did not make"),
        found_type: None,
    }
}

/// What differs of a table but its columns.
fn outside(before: Option<&Live>, found: &Live) -> Vec<(DriftKind, String)> {
    let mut all = Vec::new();
    let Some(before) = before else { return all };
    let say = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
    if let (Some(then), Some(now)) = (&before.layout, &found.layout)
        && then != now
    {
        all.push((
            DriftKind::LayoutChanged,
            format!("it was laid out by {} in the warehouse, where it was by {}", say(now), say(then)),
        ));
    }
    if let (Some(then), Some(now)) = (&before.description, &found.description)
        && then != now
    {
        all.push((DriftKind::DescriptionChanged, "its description was changed in the warehouse".to_owned()));
    }
    if let (Some(then), Some(now)) = (&before.keys, &found.keys)
        && then != now
    {
        let reason = format!("its keys are declared as {} in the warehouse, where they were {}", say(now), say(then));
        all.push((DriftKind::KeysChanged, reason));
    }
    all
}

/// What differs, in the order of the declared columns and then of the found ones: the kind, the column, the reason and
/// the type that was found where it is another.
fn columns<'a>(
    object: &'a Object,
    before: Option<&Live>,
    found: &'a Live,
) -> Vec<(DriftKind, &'a str, String, Option<String>)> {
    let mut all = Vec::new();
    for column in &object.columns {
        let name = column.name.as_str();
        let Some(now) = found.columns.get(name) else {
            all.push((DriftKind::ColumnMissing, name, format!("column `{name}` is missing from the warehouse"), None));
            continue;
        };
        let Some(then) = before.and_then(|before| before.columns.get(name)) else { continue };
        if then.ty != now.ty {
            let reason = format!("column `{name}` was changed from {} to {} in the warehouse", then.ty, now.ty);
            all.push((DriftKind::ColumnRetyped, name, reason, Some(now.ty.clone())));
        } else if then.required != now.required {
            let takes = if now.required { "takes no NULL any more" } else { "takes NULL" };
            all.push((DriftKind::ColumnNullability, name, format!("column `{name}` {takes} in the warehouse"), None));
        }
        if let (Some(then), Some(now)) = (&then.description, &now.description)
            && then != now
        {
            let reason = format!("the description of column `{name}` was changed in the warehouse");
            all.push((DriftKind::DescriptionChanged, name, reason, None));
        }
    }
    for name in found.columns.keys() {
        if !object.columns.iter().any(|column| &column.name == name) {
            all.push((DriftKind::ColumnAdded, name, format!("column `{name}` was added in the warehouse"), None));
        }
    }
    all
}

/// The manifest applied last, changed to what was found: what is gone is left out, what differs is as it is now.
#[must_use]
pub(super) fn as_found(applied: &Manifest, drifts: &[Drift]) -> Manifest {
    let mut found = applied.clone();
    for drift in drifts {
        if drift.kind == DriftKind::ObjectMissing {
            found.objects.remove(&drift.address);
            continue;
        }
        let Some(object) = found.objects.get_mut(&drift.address) else { continue };
        let object = Arc::make_mut(object);
        let column = drift.column.as_deref().unwrap_or_default();
        match drift.kind {
            DriftKind::ColumnMissing => object.columns.retain(|known| known.name != column),
            DriftKind::ColumnRetyped | DriftKind::ColumnNullability => {
                for known in object.columns.iter_mut().filter(|known| known.name == column) {
                    match &drift.found_type {
                        Some(ty) => known.ty.clone_from(ty),
                        None => known.required = !known.required,
                    }
                }
            }
            DriftKind::ViewChanged => object.definition.clear(),
            DriftKind::ColumnAdded => object.foreign.push(column.to_owned()),
            DriftKind::ObjectMissing
            | DriftKind::ObjectInTheWay
            | DriftKind::LayoutChanged
            | DriftKind::DescriptionChanged
            | DriftKind::KeysChanged => {}
        }
    }
    found
}
