//! A user's query and what is known of it. It must not know of engines.

use std::collections::BTreeMap;
use std::ops::Range;

use dwc_googlesql::{OutputColumn, TableUse, Type};

use crate::source::Span;

/// What is known of a query. Its syntax tree is not kept: the text gives it again, and ten thousand trees weigh much.
#[derive(Debug, Clone)]
pub struct QueryAnalysis {
    /// The columns that it returns.
    pub output: Vec<OutputColumn>,
    /// Every table that it names, in the order of the text.
    pub tables: Vec<TableUse>,
    /// Calls whose value changes from run to run, with their places.
    pub volatile: Vec<(String, Range<usize>)>,
    /// Columns of tables that it reads anywhere, as `(table, column)`; none for a `from`, which reads what is declared.
    pub used: Vec<(String, String)>,
}

/// A user's SELECT over source tables and other models.
#[derive(Debug, Clone)]
pub struct Query {
    /// The GoogleSQL text, templates expanded: tables are `` `source.table` `` and `` `ref.model` ``.
    pub text: String,
    /// What is known of it.
    pub analysis: QueryAnalysis,
    /// Where it is declared: the value of `query` or `from`.
    pub span: Span,
    /// Where the expressions of its columns are written, by the columns' names in lower case, as far as that is plain.
    pub places: BTreeMap<String, Span>,
    /// Where its condition is written, where it has one alone.
    pub condition: Option<Span>,
    /// Where the conditions of its outermost SELECT are written, in the order of its parts.
    pub conditions: Vec<Option<Span>>,
}

/// Since when a row's values hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectiveAt {
    /// Since the instant in this column of the query, of this type.
    Column(String, Type),
    /// Since the batch that brought them.
    Extracted,
}
