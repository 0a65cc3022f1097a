//! Tables that another tool has put into the warehouse itself: which columns they have, and the statements that read and
//! cast them where they lie. It must not write to them.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_googlesql::Type;

use super::duckdb::Rows;
use super::row;
use crate::Error;
use crate::extract::{SourceColumn, moment};
use crate::state::intervals::Interval;

/// How a unit of work reads one table.
#[derive(Debug, Clone)]
pub struct There {
    /// Reads the rows, then the ones that do not cast, into temporary tables.
    pub before: Vec<String>,
    /// The rows that are read.
    pub read: String,
    /// The rows that cast, as a relation: the columns of the stage.
    pub rows: String,
    /// The rows that do not, with the key, `_place`, `_reason` and `_row`.
    pub rejects: String,
    /// The greatest value of the cursor among the rows.
    pub mark: Option<String>,
    /// What removes the temporary tables, where they do not go by themselves.
    pub leftovers: Vec<String>,
}

/// Columns by their tables, from rows of table, column and type in the order of the columns.
pub(super) fn by_table(rows: Rows) -> Result<BTreeMap<String, Vec<SourceColumn>>, Error> {
    let mut all: BTreeMap<String, Vec<SourceColumn>> = BTreeMap::new();
    for (table, name, ty) in row::read(rows, |row| Ok((row.text()?, row.text()?, row.text()?)))? {
        all.entry(table).or_default().push(SourceColumn { name, ty });
    }
    Ok(all)
}

/// Stretches of time as a cursor of a type shows them.
pub(super) fn stretches(ty: &Type, windows: &[Interval], zone: Tz) -> Vec<(Option<NaiveDateTime>, NaiveDateTime)> {
    let shown = |window: &Interval| {
        let from = window.from.unwrap_or(window.to);
        let (from, to) = match ty {
            Type::Timestamp => (from, window.to),
            Type::Date => {
                let (from, to) = moment::local_window(from, window.to, zone);
                moment::whole_days(from, to)
            }
            _ => moment::local_window(from, window.to, zone),
        };
        (window.from.map(|_| from), to)
    };
    windows.iter().map(shown).collect()
}
