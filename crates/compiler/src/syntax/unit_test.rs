//! Unit tests as their YAML says them. The types give the shape; the values of rows are read from the tree, so that each has
//! its place. It must not know what a test is run with.

use granit_parser::ScalarStyle;
use indexmap::IndexMap;
use schemars::JsonSchema;

use super::yaml::{NodeId, Tree, Value, is_empty};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// A file with unit tests: source rows that are given, and what dwc is expected to make of them.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Tests {
    /// Tests by name. The name says what holds, such as `a move makes a version`.
    pub tests: IndexMap<String, Test>,
}

/// A unit test.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Test {
    /// What the test is about, for readers.
    pub description: Option<String>,
    /// What the sources hold, one entry for each run.
    pub given: Vec<Given>,
    /// What the warehouse holds after the last run.
    pub expect: Expect,
}

/// What a run finds in the sources: rows by `source.table`. A table that is not named is as it was.
#[derive(Debug, JsonSchema)]
pub struct Given {
    /// The time of the run. Defaults to the midnight after the latest time in the given rows.
    pub at: Option<String>,
    /// How much of the sources the run reads. Defaults to `incremental`.
    pub mode: Option<GivenMode>,
    /// Rows by `source.table`.
    #[schemars(flatten)]
    pub tables: IndexMap<String, Vec<IndexMap<String, serde_json::Value>>>,
}

/// How much of the sources a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum GivenMode {
    /// What is new.
    Incremental,
    /// Everything: a row that is not given is deleted if the table has `detect_deletes: full_pass`.
    Full,
    /// As `incremental`, then every model that is expected is rebuilt from what is landed.
    Rebuild,
}

/// What the warehouse is expected to hold: rows by model, and more.
#[derive(Debug, JsonSchema)]
pub struct Expect {
    /// The codes of problems and notices that the runs report, such as `DW0902`. A problem that is not listed fails the test.
    pub diagnostics: Option<Vec<String>>,
    /// Rows that do not land, by `source.table`: how many, or the rows. Rows that a model rejects stand under its name. `reason` is the text of the error event.
    pub rejected: Option<IndexMap<String, Rejected>>,
    /// Questions as `dwc query` takes them, each with the rows of its answer.
    pub answers: Option<Vec<Answer>>,
    /// Rows by model. They are all rows of the model but the reserved members, in any order.
    #[schemars(flatten)]
    pub tables: IndexMap<String, ExpectedTable>,
}

/// Rows of a model.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum ExpectedTable {
    /// All rows.
    All(Vec<IndexMap<String, serde_json::Value>>),
    /// Some rows.
    Some(SomeRows),
}

/// Some rows of a model.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SomeRows {
    /// Rows that are among those of the model.
    pub contains: Vec<IndexMap<String, serde_json::Value>>,
}

/// Rows that do not land.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Rejected {
    /// How many.
    Count(u64),
    /// The rows.
    Rows(Vec<IndexMap<String, serde_json::Value>>),
}

/// A question and its answer.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Answer {
    /// Measures, such as `amount` or `sale.amount`; a fact's own name counts its rows.
    pub measures: Vec<String>,
    /// Headers, such as `customer.city`.
    pub by: Option<Vec<String>>,
    /// GoogleSQL conditions on headers, all of which must hold.
    #[schemars(rename = "where")]
    pub filters: Option<Vec<String>>,
    /// Attributes as they are now, instead of as they were.
    pub as_is: Option<bool>,
    /// All rows of the answer, in any order.
    pub rows: Vec<IndexMap<String, serde_json::Value>>,
}

/// Parts from the problems of a file those that `null` is no value: in unit tests it is one. Nothing at all is none.
pub(super) fn nulls(tree: &Tree, problems: Vec<Diagnostic>) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let is_tests = tree.entry(tree.root, "tests").is_some();
    problems.into_iter().partition(|problem| {
        let place = problem.labels.first().map(|label| label.span.lo);
        is_tests && problem.code == Code::EmptyValue && place.is_some_and(|place| tree.is_null_of(place))
    })
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// The bytes that it stands at.
    pub span: Span,
    /// What it is.
    pub value: LiteralValue,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum LiteralValue {
    /// `null`, `NULL` or `~`.
    Null,
    /// A text, and whether it stands without quotes.
    Scalar {
        /// The text.
        text: String,
        /// It stands without quotes.
        plain: bool,
    },
    /// A list.
    List(Vec<Literal>),
    /// A mapping: keys with their places.
    Map(Vec<(String, Span, Literal)>),
}

impl Literal {
    pub(super) fn of(file: FileId, tree: &Tree, id: NodeId) -> Self {
        let node = tree.node(id);
        let value = match &node.value {
            Value::Scalar(text, style)
                if is_empty(text, *style) || *style == ScalarStyle::Plain && &**text == "NULL" =>
            {
                LiteralValue::Null
            }
            Value::Scalar(text, style) => {
                LiteralValue::Scalar { text: text.to_string(), plain: *style == ScalarStyle::Plain }
            }
            Value::Sequence(items) => LiteralValue::List(items.iter().map(|id| Self::of(file, tree, *id)).collect()),
            Value::Map(entries) => LiteralValue::Map(
                entries
                    .iter()
                    .map(|entry| {
                        let span = Span { file, lo: entry.lo, hi: entry.hi };
                        (entry.key.to_string(), span, Self::of(file, tree, entry.value))
                    })
                    .collect(),
            ),
        };
        Self { span: Span { file, lo: node.lo, hi: node.hi }, value }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Literal> {
        self.entries().iter().find(|(name, ..)| name == key).map(|(_, _, value)| value)
    }

    /// The entries of a mapping; none of anything else.
    #[must_use]
    pub fn entries(&self) -> &[(String, Span, Literal)] {
        match &self.value {
            LiteralValue::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Literal] {
        match &self.value {
            LiteralValue::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            LiteralValue::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
}
