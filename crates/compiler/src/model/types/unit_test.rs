//! Unit tests, resolved: every table, column and value is one that the project has, in the types of its columns. They must
//! not know how they are run.

use chrono::NaiveDateTime;
use dwc_googlesql::Type;

use super::GivenMode;
use crate::diagnostic::Code;
use crate::source::Span;
use crate::sql::Question;

/// A unit test.
#[derive(Debug, Clone)]
pub struct UnitTest {
    /// What it is called.
    pub name: String,
    /// Where its name is written.
    pub span: Span,
    /// What each run finds, in order.
    pub given: Vec<GivenRun>,
    /// What is expected after the last one.
    pub expect: Vec<Expected>,
    /// The codes that the runs are to report.
    pub diagnostics: Vec<(Code, Span)>,
}

impl UnitTest {
    /// The models that it needs, by name.
    #[must_use]
    pub fn models(&self) -> Vec<&str> {
        let named = self.expect.iter().flat_map(|expected| match &expected.of {
            Subject::Model(model) => vec![model.as_str()],
            Subject::Answer { facts, .. } => facts.iter().map(String::as_str).collect(),
            Subject::Rejected(_) => Vec::new(),
        });
        let mut models: Vec<&str> = named.collect();
        models.sort_unstable();
        models.dedup();
        models
    }
}

/// What a run finds in the sources.
#[derive(Debug, Clone)]
pub struct GivenRun {
    /// The time of the run, UTC.
    pub at: NaiveDateTime,
    /// How much of the sources it reads.
    pub mode: GivenMode,
    /// The tables that hold something else than before.
    pub tables: Vec<GivenTable>,
}

/// What a table of a source holds.
#[derive(Debug, Clone)]
pub struct GivenTable {
    /// `source.table`.
    pub address: String,
    /// Its rows: a value for each declared column, in their order.
    pub rows: Vec<Vec<GivenValue>>,
}

/// A value that a source holds.
#[derive(Debug, Clone)]
pub struct GivenValue {
    /// Its JSON text.
    pub document: String,
    /// The value in the column's type; `None` where it is none of that type, and the row is to be rejected.
    pub value: Option<Value>,
}

/// Something that is expected.
#[derive(Debug, Clone)]
pub struct Expected {
    /// What has the rows.
    pub of: Subject,
    /// Which of its rows are expected.
    pub extent: Extent,
    /// The columns that the expected rows name, in the order in which they are named first.
    pub columns: Vec<ExpectedColumn>,
    /// The expected rows: a value for each column, `None` where the row does not name it.
    pub rows: Vec<ExpectedRow>,
    /// Where it is written: the key.
    pub span: Span,
    /// Where the rows are written: the list.
    pub written: Span,
}

/// What has rows.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A model's table.
    Model(String),
    /// The rows of a source table that did not land, or of a model that were not loaded.
    Rejected(String),
    /// A question.
    Answer {
        /// What is asked.
        question: Question,
        /// The facts that answer.
        facts: Vec<String>,
    },
}

/// Which rows are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// These and no others.
    All,
    /// These among others.
    Some,
    /// So many.
    Count(u64),
}

/// A column that is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedColumn {
    /// Its name as it is written: a column, or `role.column` of a fact.
    pub name: String,
    /// The dimension that a role of a fact leads to, with the role.
    pub role: Option<(String, String)>,
    /// The name of the column in its table.
    pub column: String,
    /// Its type.
    pub ty: Type,
}

/// A row that is expected.
#[derive(Debug, Clone)]
pub struct ExpectedRow {
    /// A value for each column.
    pub values: Vec<Option<Value>>,
    /// Where it is written.
    pub span: Span,
}

/// A value as the warehouse writes it; `None` is NULL.
pub type Value = Option<String>;
