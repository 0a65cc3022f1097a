//! Resolves SQL: a model's query is analyzed, expressions over its result are typed, and names of its columns are found.
//! It must not know what a column is used for.

use super::folding;
use super::resolve::{Scope, unknown};
use super::resolve_sources::read_type;
use super::types::{Column, Query, QueryAnalysis};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::source::Span;
use crate::sql::names;
use crate::syntax::{Document, Names, Sql};
use dwc_googlesql::{
    Column as SqlColumn, OutputColumn, Problem, ProblemKind, Tables, Type, analyze_query, parse_expr, places,
};

/// The relation that expressions over a query's result read.
const RESULT: &str = "result.rows";

/// Which rows of `from` are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// Every one.
    All,
    /// Those of a fact that are not flagged as deleted.
    Live,
}

/// A model's query as far as it could be read.
pub(super) struct Read {
    /// The query, with the columns that it would return.
    pub(super) query: Query,
    /// Nothing is wrong with it: a model may be made of it.
    pub(super) sound: bool,
}

/// The model's query: `query`, or every column of `from`. Its columns are known in spite of a mistake in an expression, so
/// that what is declared over them is checked too.
pub(super) fn query(
    document: &Document,
    from: Option<&str>,
    rows: Rows,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Read> {
    let written = document.sql(&["query"]);
    if written.as_ref().is_some_and(|sql| sql.broken) {
        return None;
    }
    let (text, sql) = match (written, from) {
        (Some(sql), None) => (sql.text.clone(), Some(sql)),
        (None, Some(table)) => {
            if !table.starts_with("ref.") && !scope.tables.contains_key(table) {
                problems.push(unknown(
                    "source table",
                    table,
                    document.span(&["from"]),
                    scope.tables.keys().map(String::as_str),
                ));
                return None;
            }
            let live = if rows == Rows::Live { " WHERE NOT is_deleted" } else { "" };
            (format!("SELECT * FROM `{table}`{live}"), None)
        }
        (Some(_), Some(_)) => {
            problems.push(
                Diagnostic::new(Code::WrongValue, "both `from` and `query` are declared")
                    .at(document.span(&["query"]), "one of them is enough")
                    .help("keep `query`; or keep `from` to read every row of one table"),
            );
            return None;
        }
        (None, None) => {
            problems.push(
                Diagnostic::new(Code::MissingSetting, "neither `from` nor `query` is declared")
                    .at(document.span(&[]), "a model needs something to read")
                    .help("add `from: source.table`, or `query: SELECT …`"),
            );
            return None;
        }
    };
    let span = document.span(&[if sql.is_some() { "query" } else { "from" }]);
    let mut outcome = analyze_query(&text, &scope.catalog);
    let unread = outcome.problems.iter().any(|problem| hides_columns(&text, problem));
    scope.keep_relevant(&text, &mut outcome.problems);
    let failed = outcome.problems.iter().any(|problem| code_of(problem.kind).severity() == Severity::Error);
    problems.extend(outcome.problems.into_iter().map(|problem| sql_problem(problem, sql.as_ref(), span, 0)));
    let analysis = outcome.analysis.filter(|_| !unread)?;
    // `from` names every column of its table, and what the model declares says which of them it reads.
    let used = if sql.is_some() { analysis.used_columns } else { Vec::new() };
    let written = sql.as_ref().map(|sql| (sql, places(&text, &analysis.query)));
    let (columns, condition, conditions) = written.map_or_else(Default::default, |(sql, places)| {
        let columns = places.columns.into_iter().map(|(name, place)| (name, sql.span(place)));
        let conditions = places.conditions.into_iter().map(|place| place.map(|place| sql.span(place)));
        (columns.collect(), places.condition.map(|place| sql.span(place)), conditions.collect())
    });
    let analysis =
        QueryAnalysis { output: analysis.output, tables: analysis.tables, volatile: analysis.volatile, used };
    Some(Read { query: Query { text, analysis, span, places: columns, condition, conditions }, sound: !failed })
}

/// Whether it is not known which columns a query returns, because of a problem.
fn hides_columns(text: &str, problem: &Problem) -> bool {
    match problem.kind {
        ProblemKind::ParseError | ProblemKind::UnknownTable | ProblemKind::Shape => true,
        // A star of a relation that is not there.
        ProblemKind::UnknownColumn => text.get(problem.span.clone()).is_some_and(|text| text.contains('*')),
        _ => false,
    }
}

/// An expression with its type and the source columns it is made of.
pub(super) struct Typed {
    pub(super) text: String,
    pub(super) ty: Type,
    pub(super) origins: Vec<(String, String)>,
    pub(super) written: Span,
    /// A text that is compared without case.
    pub(super) folds_case: bool,
}

/// The expression of an attribute or measure, or the column of its name.
pub(super) fn expression(
    document: &Document,
    path: &[&str],
    name: &str,
    expr: Option<&str>,
    query: &Query,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Typed> {
    let mut at: Vec<&str> = path.to_vec();
    at.push("expr");
    let column = match expr {
        None => Some((name, document.key_span(path))),
        Some(text) if is_identifier(text) => Some((text, document.span(&at))),
        Some(_) => None,
    };
    if let Some((column, span)) = column {
        let found = find_output(column, query, span, problems)?;
        return Some(Typed {
            text: names::backquoted(&found.name),
            ty: found.ty.clone(),
            origins: found.origins.clone(),
            written: span,
            folds_case: found.folds_case,
        });
    }
    let sql = document.sql(&at).filter(|sql| !sql.broken)?;
    let mut catalog = Tables::default();
    catalog.add(
        RESULT,
        query
            .analysis
            .output
            .iter()
            .map(|output| SqlColumn {
                folds_case: output.folds_case,
                ..SqlColumn::new(&output.name, output.ty.clone())
            })
            .collect(),
    );
    let span = document.span(&at);
    // It stands between parentheses of other queries, so it must be one expression by itself.
    if let Err(problem) = parse_expr(&sql.text) {
        problems.push(sql_problem(problem, Some(&sql), span, 0));
        return None;
    }
    let before = "SELECT (";
    let text = format!("{before}{}\n) AS value FROM `{RESULT}`", sql.text);
    let mut outcome = analyze_query(&text, &catalog);
    scope.keep_relevant(&text, &mut outcome.problems);
    let mut failed = false;
    for problem in outcome.problems {
        let diagnostic = sql_problem(problem, Some(&sql), span, before.len());
        failed |= diagnostic.severity == Severity::Error;
        problems.push(diagnostic);
    }
    let analysis = outcome.analysis.filter(|_| !failed)?;
    let value = analysis.output.first()?;
    let mut origins: Vec<(String, String)> = Vec::new();
    for (_, column) in &value.origins {
        if let Some(output) = query.analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(column)) {
            origins.extend(output.origins.iter().cloned());
        }
    }
    origins.sort();
    origins.dedup();
    Some(Typed { text: sql.text.clone(), ty: value.ty.clone(), origins, written: span, folds_case: value.folds_case })
}

pub(super) fn is_identifier(text: &str) -> bool {
    let text = text.trim();
    text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !["true", "false", "null"].contains(&text.to_ascii_lowercase().as_str())
}

pub(super) fn declared_type(
    document: &Document,
    path: &[&str],
    declared: Option<&str>,
    found: &Type,
    problems: &mut Vec<Diagnostic>,
) -> Type {
    let Some(text) = declared else { return found.clone() };
    let mut at = path.to_vec();
    at.push("type");
    let span = document.span(&at);
    let ty = read_type(text, span, problems);
    let numbers = ty.is_numeric() && found.is_numeric();
    if ty.plain() != found.plain() && !numbers && *found != Type::Unknown && ty != Type::Unknown {
        problems.push(
            Diagnostic::new(Code::TypeMismatch, format!("the expression is {found}, and the declared type is {ty}"))
                .at(span, format!("not {found}"))
                .help(format!("declare {found}, or cast in the expression")),
        );
    }
    ty
}

/// The columns of a key, each an output of the query of a type that can be one.
pub(super) fn key_columns(
    document: &Document,
    path: &[&str],
    names: &Names,
    query: &Query,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Column>> {
    folding::listed(document, path, &names.0, problems);
    let mut columns = Vec::new();
    let mut whole = true;
    for (index, name) in names.0.iter().enumerate() {
        let at = index.to_string();
        let mut place = path.to_vec();
        place.push(&at);
        let Some(found) = output(document, &place, name, query, problems) else {
            whole = false;
            continue;
        };
        if !matches!(
            found.ty,
            Type::Int64
                | Type::String
                | Type::Date
                | Type::DateTime
                | Type::Timestamp
                | Type::Bool
                | Type::Bytes
                | Type::Unknown
        ) {
            problems.push(
                Diagnostic::new(Code::KeyMismatch, format!("`{name}` is {}, which cannot be a key", found.ty))
                    .at(document.span(&place), "two equal values may be written differently")
                    .help("cast it to STRING or INT64 in the query"),
            );
        }
        columns.push(plain(found));
    }
    whole.then_some(columns)
}

pub(super) fn output<'q>(
    document: &Document,
    path: &[&str],
    name: &str,
    query: &'q Query,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'q OutputColumn> {
    find_output(name, query, document.span(path), problems)
}

pub(super) fn find_output<'q>(
    name: &str,
    query: &'q Query,
    span: Span,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'q OutputColumn> {
    let mut all = query.analysis.output.iter().filter(|output| output.name.eq_ignore_ascii_case(name.trim()));
    let found = all.next();
    if all.next().is_some() {
        problems.push(
            Diagnostic::new(Code::AmbiguousColumn, format!("the query has several columns `{name}`"))
                .at(span, "could be any of them")
                .help("give each column of the query a name of its own; case does not tell names apart"),
        );
    }
    if found.is_none() {
        let known = query.analysis.output.iter().map(|output| output.name.as_str());
        let diagnostic = Diagnostic::new(Code::UnknownColumn, format!("the query has no column `{name}`"))
            .at(span, "not among its columns");
        problems.push(match nearest(name, known.clone()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!("its columns are {}", known.collect::<Vec<_>>().join(", "))),
        });
    }
    found
}

pub(super) fn plain(output: &OutputColumn) -> Column {
    Column {
        name: output.name.clone(),
        ty: output.ty.clone(),
        description: String::new(),
        pii: false,
        header: None,
        folds_case: output.folds_case,
    }
}

pub(super) fn is_instant(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::DateTime | Type::Timestamp | Type::Unknown)
}

pub(super) fn not_an_instant(name: &str, ty: &Type, span: Span) -> Diagnostic {
    Diagnostic::new(Code::NotAnInstant, format!("`{name}` is {ty}, and an instant is a DATE, DATETIME or TIMESTAMP"))
        .at(span, "not an instant")
        .help("parse or cast it in the query")
}

pub(super) fn code_of(kind: ProblemKind) -> Code {
    match kind {
        ProblemKind::ParseError => Code::SqlSyntax,
        ProblemKind::UnknownColumn => Code::UnknownColumn,
        ProblemKind::AmbiguousColumn => Code::AmbiguousColumn,
        ProblemKind::UnknownTable => Code::UnknownTable,
        ProblemKind::UnknownFunction => Code::UnknownFunction,
        ProblemKind::ArgumentCount => Code::ArgumentCount,
        ProblemKind::TypeMismatch => Code::TypeMismatch,
        ProblemKind::NotGrouped => Code::NotGrouped,
        ProblemKind::MisplacedAggregate => Code::MisplacedAggregate,
        ProblemKind::Unsupported => Code::UnsupportedSql,
        ProblemKind::DateFromTimestampWithoutZone => Code::DateWithoutZone,
        ProblemKind::ToldApartByCase => Code::CollatedKey,
        ProblemKind::Shape => Code::QueryShape,
        ProblemKind::TooDeep => Code::SqlDepth,
        ProblemKind::Unwritable => Code::UnwritableSql,
    }
}

/// A problem of a SQL text, at its place in the file; `shift` bytes were written before the user's text.
pub(super) fn sql_problem(problem: Problem, sql: Option<&Sql>, span: Span, shift: usize) -> Diagnostic {
    let place = match sql {
        Some(sql) => {
            let end = sql.text.len();
            let lo = problem.span.start.saturating_sub(shift).min(end);
            let hi = problem.span.end.saturating_sub(shift).clamp(lo, end);
            sql.span(lo..hi)
        }
        None => span,
    };
    let diagnostic = Diagnostic::new(code_of(problem.kind), problem.message).at(place, "here");
    match problem.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
