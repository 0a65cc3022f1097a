//! Checks, resolved: their conditions are GoogleSQL over the columns of one row, their values fit their columns. They must
//! not know of engines.

use dwc_googlesql::Type;

use super::ModelId;
use crate::source::Span;
use crate::syntax::{CheckSeverity, OnFail};

/// A condition that the rows of a table are to meet.
#[derive(Debug, Clone)]
pub struct Check {
    /// What it is called in reports; no other check of its table has the name.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// What it asks.
    pub kind: CheckKind,
    /// The word for its kind in YAML, such as `not_null`.
    pub word: &'static str,
    /// What it asks, as the language says it: for the reasons of a plan, and for readers.
    pub says: String,
    /// What it asks of a row, without what a failure means.
    pub asks: String,
    /// A GoogleSQL condition on the rows that are checked.
    pub filter: Option<String>,
    /// What a failure means.
    pub severity: CheckSeverity,
    /// How much may fail.
    pub threshold: Threshold,
    /// The team that looks after it.
    pub owner: Option<String>,
    /// What a load does with a row that fails; a check without it is made by `dwc verify` alone.
    pub on_fail: Option<OnFail>,
    /// The columns that it reads, in the order of their table.
    pub reads: Vec<String>,
    /// Where it is declared.
    pub span: Span,
}

impl Check {
    /// Whether a load leaves the rows out that fail it.
    #[must_use]
    pub fn rejects(&self) -> bool {
        self.on_fail == Some(OnFail::Reject)
    }
}

/// What a check asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckKind {
    /// Of each row by itself.
    Row {
        /// The GoogleSQL condition of a row that fails; NULL passes.
        fails: String,
    },
    /// That the values of columns occur in another table.
    Relationship {
        /// The columns.
        columns: Vec<String>,
        /// The table.
        to: Referenced,
        /// Its columns.
        fields: Vec<String>,
    },
    /// That the values of columns are unique together.
    Unique {
        /// The columns.
        columns: Vec<String>,
    },
    /// How many rows there are.
    Rows {
        /// The least number.
        min: Option<u64>,
        /// The greatest number.
        max: Option<u64>,
    },
    /// How old the newest row may be.
    Freshness {
        /// The age in seconds.
        seconds: u64,
        /// The age as it is written.
        written: String,
        /// The column with the time of a row, and its type; the last batch decides where there is none.
        column: Option<(String, Type)>,
    },
}

/// A table that values are looked for in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Referenced {
    /// A dimension or a fact.
    Model(ModelId),
    /// A source table, by its address.
    Table(String),
}

/// How much may fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// So many rows.
    Rows(u64),
    /// A share of the checked rows, from 0 to 1.
    Share(f64),
}

impl Threshold {
    /// Whether so many failing rows are too many.
    #[must_use]
    pub fn is_exceeded(self, failing: u64, checked: u64) -> bool {
        match self {
            Threshold::Rows(rows) => failing > rows,
            #[allow(clippy::cast_precision_loss)]
            Threshold::Share(share) => failing as f64 > share * checked as f64,
        }
    }
}
