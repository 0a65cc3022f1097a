//! The one pass over the AST: names are resolved, types found, DuckDB text written, problems collected.
//! Each file has one kind of node. Nothing here stops at the first problem.

mod aggregate_call;
mod aggregates;
mod calls;
mod cast;
mod collation;
mod date_parts;
mod dates;
mod expr;
mod formats;
mod found;
mod from;
mod groups;
mod intervals;
mod json;
mod literals;
mod moments;
mod names;
mod operators;
mod order;
mod outer;
mod percentiles;
mod pipes;
mod pivot;
mod query;
mod recursion;
mod regexp;
mod select;
mod sets;
mod sketches;
mod unpivot;
mod wildcards;
mod windows;
mod with;

use std::collections::BTreeSet;
use std::ops::Range;

use sqlparser::ast::{Expr, Query, Spanned};
use sqlparser::tokenizer::Span;

use super::catalog::{Catalog, Column, Tables};
use super::lines::Lines;
use super::problem::{Help, Problem, ProblemKind};
use super::types::{Type, quoted};
use super::value::{Bare, Collation, ColumnKind, Relation, Scope, ScopeColumn, Value};
use super::{OutputColumn, TableUse};

pub use aggregate_call::is_aggregate;
pub(crate) use found::each_outside;
pub use found::{Found, found_in};
pub(super) use literals::{is_moment, moment_literal};
pub(super) use pipes::unpiped;

/// Everything the pass found.
pub(super) struct Lowered {
    pub(super) sql: String,
    pub(super) output: Vec<OutputColumn>,
    pub(super) tables: Vec<TableUse>,
    pub(super) volatile: Vec<(String, Range<usize>)>,
    pub(super) used: Vec<(String, String)>,
    pub(super) problems: Vec<Problem>,
    /// Nodes of the AST, by their addresses, that are compared without case.
    pub(super) folds: BTreeSet<usize>,
}

/// The rows of a query or of a part of one.
struct Rows {
    sql: String,
    columns: Vec<ScopeColumn>,
    /// References to scopes outside of the query.
    bare: Vec<Bare>,
}

struct Lower<'a> {
    catalog: &'a dyn Catalog,
    lines: Option<Lines<'a>>,
    problems: Vec<Problem>,
    tables: Vec<TableUse>,
    volatile: Vec<(String, Range<usize>)>,
    used: BTreeSet<(String, String)>,
    scopes: Vec<Scope>,
    /// Common table expressions in scope, inner ones last.
    ctes: Vec<(String, Vec<ScopeColumn>)>,
    /// For names of derived tables that have none.
    unnamed: usize,
    /// The rows that aggregates are over, when a PIVOT chooses them: a condition in DuckDB's text.
    only: Option<String>,
    folds: BTreeSet<usize>,
    /// A table has a column whose declared type is not known: a value without a type may come from it.
    is_vague: bool,
}

pub(super) fn query(query: &Query, text: Option<&str>, catalog: &dyn Catalog) -> Lowered {
    let mut lower = Lower::new(catalog, text);
    let rows = lower.query(query);
    let rows = lower.settle(rows);
    let output = rows
        .columns
        .into_iter()
        .map(|c| OutputColumn {
            name: c.name,
            ty: c.ty,
            origins: c.origins.into_iter().collect(),
            kind: c.kind,
            folds_case: c.collation != Collation::None,
        })
        .collect();
    lower.finish(rows.sql, output)
}

pub(super) fn expr(expr: &Expr, text: Option<&str>, relation: &str, columns: &[Column]) -> (Value, Lowered) {
    let catalog = Tables::default();
    let mut lower = Lower::new(&catalog, text);
    lower.is_vague = columns.iter().any(|column| column.ty.is_vague());
    let alias = relation.rsplit('.').next().unwrap_or(relation).to_string();
    let columns = columns
        .iter()
        .map(|c| ScopeColumn {
            name: c.name.clone(),
            ty: c.ty.plain(),
            sql: quoted(&c.name),
            origins: [(relation.to_string(), c.name.clone())].into(),
            kind: ColumnKind::Direct,
            collation: Collation::of(c.folds_case),
            nameless: false,
        })
        .collect();
    lower.scopes.push(Scope { relations: vec![Relation { alias, columns, element: None }], ..Scope::default() });
    let value = lower.expr(expr);
    let value = Value { ty: lower.settled(&value.ty), ..value };
    (value, lower.finish(String::new(), vec![]))
}

impl<'a> Lower<'a> {
    fn new(catalog: &'a dyn Catalog, text: Option<&'a str>) -> Self {
        Lower {
            catalog,
            lines: text.map(Lines::new),
            problems: vec![],
            tables: vec![],
            volatile: vec![],
            used: BTreeSet::new(),
            scopes: vec![],
            ctes: vec![],
            unnamed: 0,
            only: None,
            folds: BTreeSet::new(),
            is_vague: false,
        }
    }

    /// Grouping keys are lowered twice, so that the same problem may come twice.
    fn finish(mut self, sql: String, output: Vec<OutputColumn>) -> Lowered {
        self.problems.sort_by_key(|problem| (problem.span.start, problem.span.end, problem.kind));
        let mut problems: Vec<Problem> = Vec::new();
        for problem in self.problems {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        self.tables.sort_by_key(|t| t.span.start);
        self.volatile.sort_by_key(|(_, span)| span.start);
        self.volatile.dedup();
        let used = self.used.into_iter().collect();
        let folds = self.folds;
        Lowered { sql, output, tables: self.tables, volatile: self.volatile, used, problems, folds }
    }

    fn span(&self, span: Span) -> Range<usize> {
        self.lines.as_ref().map_or(0..0, |lines| lines.bytes(span))
    }

    fn span_of(&self, node: &impl Spanned) -> Range<usize> {
        self.span(node.span())
    }

    /// The parser's span of a call ends before the closing parenthesis.
    fn closed(&self, span: Range<usize>) -> Range<usize> {
        let Some(text) = self.lines.as_ref().map(Lines::text) else {
            return span;
        };
        let inside = &text[span.clone()];
        let rest = &text[span.end..];
        let spaces = rest.len() - rest.trim_start().len();
        let open = inside.matches('(').count() > inside.matches(')').count();
        if open && rest[spaces..].starts_with(')') { span.start..span.end + spaces + 1 } else { span }
    }

    fn report(&mut self, kind: ProblemKind, span: Range<usize>, message: impl Into<String>, help: Option<Help>) {
        self.problems.push(Problem { kind, span, message: message.into(), help });
    }

    /// Reports and gives the value that stands for a failed expression.
    fn fail(&mut self, kind: ProblemKind, span: Range<usize>, message: impl Into<String>) -> Value {
        self.report(kind, span, message, None);
        Value::unknown()
    }

    /// Right on BigQuery, not translated.
    fn unsupported(&mut self, span: Range<usize>, what: impl std::fmt::Display) -> Value {
        self.fail(ProblemKind::Unsupported, span, format!("{what} has no translation to DuckDB"))
    }

    /// The same with the type that it has on BigQuery: a project for BigQuery alone goes on with it.
    fn unsupported_as(
        &mut self,
        span: Range<usize>,
        what: impl std::fmt::Display,
        ty: Type,
        inputs: &[&Value],
    ) -> Value {
        self.unsupported(span, what);
        Value::over(ty, "NULL", inputs)
    }

    /// A value where one type is wanted; reports when it does not fit.
    fn expect(&mut self, value: Value, to: &Type, span: Range<usize>, place: &str) -> Value {
        if super::coerce::fits(&value, to) {
            return super::coerce::convert(value, to);
        }
        let message = format!("{place} must be {to}, found {}", super::coerce::shown(&value));
        self.fail(ProblemKind::TypeMismatch, span, message)
    }

    /// The type of a column that is done: a NULL without a type is INT64, unless it may stand for a problem.
    fn settled(&self, ty: &Type) -> Type {
        let clean =
            self.problems.iter().all(|problem| problem.kind == ProblemKind::Unsupported || problem.kind.is_lint());
        if clean && !self.is_vague { ty.settled() } else { ty.clone() }
    }

    fn settle(&self, rows: Rows) -> Rows {
        let columns = rows.columns.into_iter().map(|c| ScopeColumn { ty: self.settled(&c.ty), ..c }).collect();
        Rows { columns, ..rows }
    }

    fn fresh_name(&mut self) -> String {
        self.unnamed += 1;
        format!("_t{}", self.unnamed)
    }
}
