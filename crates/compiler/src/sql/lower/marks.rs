//! What marks a delete in a row of a source table: as SQL that every engine reads, and as the plan keeps it. Where it changes,
//! landed rows that hold what it reads are marked anew. It must not know how rows are read.

use std::fmt;

use dwc_googlesql::Type;

use super::probes::{Asks, Probe};
use super::{Does, Lowering};
use crate::model::{DetectDeletes, Table};
use crate::plan::{Change, DELETES, Object, ObjectKind};

/// What marks a delete in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteMark {
    /// Nothing that a row holds.
    Nothing,
    /// A column that is true, is not zero, or holds the moment of the delete.
    Column {
        /// Its name.
        name: String,
        /// Its type.
        ty: Type,
    },
    /// A column that holds one of these words.
    Operation {
        /// Its name.
        name: String,
        /// The words, in lowercase.
        values: Vec<String>,
    },
}

impl DeleteMark {
    /// What marks a delete in a row of a table.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let column = table.delete_column.as_ref().and_then(|name| table.column(name));
        match (table.detect_deletes, column) {
            (DetectDeletes::Column, Some(column)) => Self::Column { name: column.name.clone(), ty: column.ty.clone() },
            (DetectDeletes::Operation, Some(column)) => {
                Self::Operation { name: column.name.clone(), values: table.delete_values.clone() }
            }
            // What a reading finds gone, the next one finds.
            _ => Self::Nothing,
        }
    }

    /// What a plan has kept.
    fn parse(says: &str) -> Option<Self> {
        if let Some(says) = says.strip_prefix("column ") {
            let (name, ty) = says.split_once(' ')?;
            return Some(Self::Column { name: name.to_owned(), ty: Type::parse(ty)? });
        }
        if let Some(says) = says.strip_prefix("operation ") {
            let (name, values) = says.split_once(": ")?;
            let values = values.split(", ").map(str::to_owned).collect();
            return Some(Self::Operation { name: name.to_owned(), values });
        }
        (says == NOTHING).then_some(Self::Nothing)
    }

    fn column(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Column { name, .. } | Self::Operation { name, .. } => Some(name),
        }
    }

    /// Whether a row is marked, as SQL that both engines read; `at` writes a column.
    #[must_use]
    pub fn sql(&self, at: &dyn Fn(&str) -> String) -> String {
        let Some(at) = self.column().map(at) else { return "FALSE".to_owned() };
        match self {
            Self::Operation { values, .. } => {
                let values: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
                format!("COALESCE(LOWER(TRIM({at})) IN ({}), FALSE)", values.join(", "))
            }
            Self::Column { ty: Type::Bool, .. } => format!("COALESCE({at}, FALSE)"),
            Self::Column { ty: Type::String, .. } => {
                format!("COALESCE(LOWER(TRIM({at})) IN ('1', 'true', 't', 'yes', 'y'), FALSE)")
            }
            // A moment of deletion marks one, but for the sentinels of a row that is not deleted.
            Self::Column { ty: Type::Date | Type::DateTime | Type::Timestamp, .. } => {
                format!("COALESCE(EXTRACT(YEAR FROM {at}) BETWEEN 2 AND 9998, FALSE)")
            }
            Self::Column { ty, .. } if ty.is_numeric() => format!("COALESCE({at} <> 0, FALSE)"),
            Self::Column { .. } | Self::Nothing => "FALSE".to_owned(),
        }
    }
}

const NOTHING: &str = "none";

impl fmt::Display for DeleteMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str(NOTHING),
            Self::Column { name, ty } => write!(f, "column {name} {ty}"),
            Self::Operation { name, values } => write!(f, "operation {name}: {}", values.join(", ")),
        }
    }
}

impl Lowering<'_> {
    /// Marks landed rows and their images by what marks a delete from now on. What no row told, such as the delete of a row
    /// that a reading did not find, stays.
    pub(super) fn marked(&self, change: &Change) -> Vec<(Does, String)> {
        let Some(table) = self.marked_anew(change) else { return Vec::new() };
        let now = DeleteMark::of(table);
        let Ok(then) = former(change, &now) else { return Vec::new() };
        let quote = |name: &str| self.dialect.quote(name);
        let is_deleted =
            format!("CASE WHEN {} THEN TRUE WHEN {} THEN FALSE ELSE _deleted END", now.sql(&quote), then.sql(&quote));
        [self.landing_rows(table), self.landing_changes(table)]
            .into_iter()
            .map(|rows| {
                let sql = format!("UPDATE {rows} SET _deleted = {is_deleted}\nWHERE _deleted <> {is_deleted}");
                (Does::Fill, sql)
            })
            .collect()
    }

    /// Landed states that do not hold what marks a delete from now on.
    pub(super) fn unmarked(&self, change: &Change) -> Option<Probe> {
        let table = self.marked_anew(change)?;
        let now = DeleteMark::of(table);
        let column = former(change, &now).err()?;
        let before = change.before.as_ref()?;
        Some(Probe {
            address: change.address.clone(),
            column: Some(column),
            asks: Asks::StatesUnread,
            sql: format!(
                "SELECT COUNT(*) FROM (\n  SELECT _r._batch, _r._state FROM {} AS _r\n  UNION DISTINCT\n  \
                 SELECT _c._batch, _c._state FROM {} AS _c WHERE _c._image = 'new'\n) AS _s",
                self.path(&before.schema, &before.name),
                self.landing_changes(table),
            ),
        })
    }

    /// The source table whose landed rows are kept, and of which something else marks a delete.
    fn marked_anew(&self, change: &Change) -> Option<&Table> {
        let after = change.after.as_ref().filter(|after| after.kind == ObjectKind::Landing)?;
        let is_changed = change.differences.iter().any(|one| one.part == DELETES);
        self.project.table(&after.owner).filter(|_| is_changed && !change.is_emptied())
    }
}

/// What marked a delete before, where the landed rows hold what both marks read, before the change and after it.
///
/// # Errors
/// The column that they do not hold.
fn former(change: &Change, now: &DeleteMark) -> Result<DeleteMark, String> {
    let says = change.differences.iter().find(|one| one.part == DELETES).and_then(|one| one.before.as_deref());
    let then = says.and_then(DeleteMark::parse).unwrap_or(DeleteMark::Nothing);
    let ty = |object: Option<&Object>, name: &str| {
        object?.columns.iter().find(|column| column.name == name).map(|column| column.ty.clone())
    };
    let is_held = |name: &str| {
        let (before, after) = (ty(change.before.as_deref(), name), ty(change.after.as_deref(), name));
        before.is_some() && before == after
    };
    let lost = now.column().into_iter().chain(then.column()).find(|name| !is_held(name)).map(str::to_owned);
    lost.map_or(Ok(then), Err)
}
