//! What a rebuild does to versions, as its statement lists them. It must not decide which versions change.

use serde::Serialize;

use super::row::Row;
use crate::Error;

/// What becomes of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionChange {
    /// `insert`, `update` or `delete`.
    pub change: String,
    /// The member's natural key.
    pub member: String,
    /// The version as it is; `None` where there is none.
    pub before: Option<VersionState>,
    /// The version as it becomes; `None` where it goes.
    pub after: Option<VersionState>,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionState {
    /// Since when it holds; `None` for a dimension without versions.
    pub from: Option<String>,
    /// Until when.
    pub to: Option<String>,
    /// Its attributes, as `name=value`.
    pub values: String,
}

impl VersionChange {
    /// Reads a row: the change, the member, and begin, end and attributes before and after.
    pub(crate) fn read(row: &mut Row) -> Result<Self, Error> {
        let (change, member) = (row.text()?, row.text()?);
        let before = VersionState::read(row)?;
        let after = VersionState::read(row)?.filter(|_| change != "delete");
        Ok(Self { change, member, before, after })
    }
}

impl VersionState {
    fn read(row: &mut Row) -> Result<Option<Self>, Error> {
        let (from, to, values) = (row.cell()?, row.cell()?, row.cell()?);
        Ok(values.map(|values| Self { from, to, values }))
    }
}
