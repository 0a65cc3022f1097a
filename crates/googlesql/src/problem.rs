//! What can be wrong with a query, as data. It must not decide how a problem is shown.

use std::ops::Range;

/// Which rule a query breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The text is not GoogleSQL; the span is the place where the parser stopped.
    ParseError,
    /// No relation in scope has the column, or no struct the field.
    UnknownColumn,
    /// Several relations in scope have the column.
    AmbiguousColumn,
    /// The catalog has no such table.
    UnknownTable,
    /// GoogleSQL has no such function, or it is unknown here.
    UnknownFunction,
    /// The function exists with other numbers of arguments.
    ArgumentCount,
    /// A value has a type that its place does not take.
    TypeMismatch,
    /// A column is neither grouped nor aggregated.
    NotGrouped,
    /// An aggregate or a window stands where none may.
    MisplacedAggregate,
    /// Right on BigQuery, and without a translation of the same meaning on DuckDB.
    Unsupported,
    /// A lint: a day is taken from a TIMESTAMP in UTC because no zone is named.
    DateFromTimestampWithoutZone,
    /// A lint: texts that are compared without case are told apart as they are written.
    ToldApartByCase,
    /// The parts of a query do not fit: numbers of columns in a UNION, an ordinal beyond the list.
    Shape,
    /// Nested deeper than is read.
    TooDeep,
    /// A tree whose text would be read as another: it cannot be rewritten.
    Unwritable,
}

impl ProblemKind {
    /// Whether a query means something in spite of it.
    #[must_use]
    pub fn is_lint(self) -> bool {
        matches!(self, Self::DateFromTimestampWithoutZone | Self::ToldApartByCase)
    }
}

/// One thing wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule.
    pub kind: ProblemKind,
    /// Bytes of the analyzed text; empty at 0 where the AST did not come from a text.
    pub span: Range<usize>,
    /// Lowercase, without full stop.
    pub message: String,
    /// What to write instead, when that is known.
    pub help: Option<String>,
}

/// `did you mean` as a help line.
pub(super) fn did_you_mean<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    crate::near::nearest(wanted, names).map(|name| format!("did you mean `{name}`?"))
}
