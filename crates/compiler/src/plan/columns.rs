//! The columns of an object that differ, each as it was and as it will be. It must not judge what that means.

use schemars::JsonSchema;
use serde::Serialize;

use super::change::Change;
use super::manifest::ObjectColumn;

/// What happens to one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ColumnChange {
    /// Its name, as it will be; as it was where it goes.
    pub name: String,
    /// What is done.
    pub action: ColumnAction,
    /// The column as it was; null for a new one.
    pub before: Option<ColumnState>,
    /// The column as it will be; null for one that goes.
    pub after: Option<ColumnState>,
}

/// What is done to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnAction {
    /// It is added.
    Add,
    /// Its name, type, description or whether it may be NULL changes.
    Alter,
    /// It is dropped with its data.
    Drop,
}

/// A column before or after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ColumnState {
    /// Its name.
    pub name: String,
    /// Its GoogleSQL type.
    #[serde(rename = "type")]
    pub ty: String,
    /// It may be NULL.
    pub nullable: bool,
    /// Its description.
    pub description: String,
}

impl ColumnState {
    fn of(column: &ObjectColumn) -> Self {
        let (name, ty, description) = (column.name.clone(), column.ty.clone(), column.description.clone());
        Self { name, ty, nullable: !column.required, description }
    }
}

impl Change {
    /// Every column that differs, in the order of the table as it will be; those that go come last.
    #[must_use]
    pub fn columns(&self) -> Vec<ColumnChange> {
        let (before, after) = (self.before.as_deref(), self.after.as_deref());
        let mut all = Vec::new();
        let mut kept = Vec::new();
        for column in after.into_iter().flat_map(|after| &after.columns) {
            let former = before.and_then(|before| before.former(column));
            kept.extend(former.map(|former| former.name.as_str()));
            let (then, now) = (former.map(ColumnState::of), ColumnState::of(column));
            let action = match &then {
                None => ColumnAction::Add,
                Some(then) if *then == now => continue,
                Some(_) => ColumnAction::Alter,
            };
            all.push(ColumnChange { name: column.name.clone(), action, before: then, after: Some(now) });
        }
        for column in before.into_iter().flat_map(|before| &before.columns) {
            if !kept.contains(&column.name.as_str()) {
                let (name, before) = (column.name.clone(), Some(ColumnState::of(column)));
                all.push(ColumnChange { name, action: ColumnAction::Drop, before, after: None });
            }
        }
        all
    }
}
