//! GoogleSQL: parsed, resolved with types and lineage, and translated to DuckDB.
//!
//! One pass (`lower`) finds for every expression its type, its origins and its DuckDB text together, because the
//! text depends on the type. What has no translation of the same meaning is a problem, never a guess.
//! It must not touch the world, nor know about models.

mod beyond;
mod catalog;
mod coerce;
mod depth;
mod folded;
mod lines;
mod lower;
mod near;
mod normal;
mod parse;
mod parts;
mod print;
mod problem;
mod reserved;
mod signatures;
mod spellings;
mod types;
mod value;

use std::ops::Range;

use sqlparser::ast::{Expr, Query};

pub use beyond::excluded;
pub use catalog::{Catalog, Column, Tables};
pub use depth::with_room;
pub use folded::folded;
pub use lower::{Found, found_in, is_aggregate};
pub use near::{did_you_mean, nearest};
pub use normal::{normal_expr, normal_query};
pub use parse::call;
pub use parse::{parse_expr, parse_query, trimmed};
pub use parts::{Part, PartOf, Places, constraint, parts, places};
pub use print::expr_to_googlesql;
pub use print::to_googlesql;
pub use problem::{Help, Problem, ProblemKind};
pub use types::{Field, Precision, Type};
pub use value::ColumnKind;

/// Macros that translated queries call: to be run on each connection before them.
pub const DUCKDB_PRELUDE: &str = include_str!("prelude.sql");

/// What analyzing a query gave.
#[derive(Debug)]
pub struct Outcome {
    /// Absent only when the text does not parse; with problems it is as complete as could be.
    pub analysis: Option<Analysis>,
    /// Everything that is wrong, in the order of the text.
    pub problems: Vec<Problem>,
}

/// A resolved query.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The AST; literals as written, so that it prints back as GoogleSQL.
    pub query: Query,
    /// The columns it returns.
    pub output: Vec<OutputColumn>,
    /// Every catalog table it names, in the order of the text.
    pub tables: Vec<TableUse>,
    /// Calls whose value changes from run to run, with their places.
    pub volatile: Vec<(String, Range<usize>)>,
    /// Every column of a catalog table that it names anywhere, conditions included; `*` names none by itself.
    pub used_columns: Vec<(String, String)>,
}

/// A column that a query returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name; `f0_`, `f1_` where the query gives none.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// The catalog columns its value comes from, through every CTE and subquery: (table, column).
    pub origins: Vec<(String, String)>,
    /// How it is made.
    pub kind: ColumnKind,
    /// A text that is compared without case, as a column is that it is made of.
    pub folds_case: bool,
}

/// One mention of a catalog table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableUse {
    /// As the catalog names it.
    pub table: String,
    /// The name its columns are qualified by.
    pub alias: String,
    /// The table's name in the text, for splicing; empty at 0 where the AST has no text.
    pub span: Range<usize>,
}

/// A resolved scalar expression.
#[derive(Debug, Clone)]
pub struct ExprAnalysis {
    /// The AST.
    pub expr: Expr,
    /// Its type.
    pub ty: Type,
    /// The columns of the scope that it reads.
    pub origins: Vec<(String, String)>,
    /// Whether an aggregate is inside.
    pub kind: ColumnKind,
    /// Calls whose value changes from run to run.
    pub volatile: Vec<(String, Range<usize>)>,
}

/// Parses and resolves a query. Problems of kind `Unsupported` concern DuckDB alone.
#[must_use]
pub fn analyze_query(sql: &str, catalog: &dyn Catalog) -> Outcome {
    match parse_query(sql) {
        Err(problem) => Outcome { analysis: None, problems: vec![problem] },
        Ok(query) => {
            let lowered = with_room(sql, || lower::query(&query, Some(sql), catalog));
            let analysis = Analysis {
                query,
                output: lowered.output,
                tables: lowered.tables,
                volatile: lowered.volatile,
                used_columns: lowered.used,
            };
            Outcome { analysis: Some(analysis), problems: lowered.problems }
        }
    }
}

/// Parses and resolves an expression over the columns of one relation.
#[must_use]
pub fn analyze_expr(sql: &str, relation: &str, columns: &[Column]) -> (Option<ExprAnalysis>, Vec<Problem>) {
    match parse_expr(sql) {
        Err(problem) => (None, vec![problem]),
        Ok(expr) => {
            let (value, lowered) = with_room(sql, || lower::expr(&expr, Some(sql), relation, columns));
            let analysis = ExprAnalysis {
                expr,
                ty: value.ty,
                origins: value.origins.into_iter().collect(),
                kind: value.kind,
                volatile: lowered.volatile,
            };
            (Some(analysis), lowered.problems)
        }
    }
}

/// The DuckDB text of a query, resolved again: the AST may have been rewritten since it was analyzed.
///
/// # Errors
/// Everything that is wrong; spans are empty, since an AST has no text.
pub fn duckdb_query(query: &Query, catalog: &dyn Catalog) -> Result<String, Vec<Problem>> {
    let lowered = with_room(&query.to_string(), || lower::query(query, None, catalog));
    if is_clean(&lowered.problems) { Ok(lowered.sql) } else { Err(lowered.problems) }
}

/// The DuckDB text of a GoogleSQL text that was resolved before, in another place.
///
/// # Errors
/// Everything that is wrong; spans are empty, since the text is not the user's.
pub fn translated(sql: &str, catalog: &dyn Catalog) -> Result<String, Vec<Problem>> {
    let query = parse_query(sql).map_err(|problem| vec![problem])?;
    let lowered = with_room(sql, || lower::query(&query, None, catalog));
    if is_clean(&lowered.problems) { Ok(lowered.sql) } else { Err(lowered.problems) }
}

/// The DuckDB text of an expression over the columns of one relation.
///
/// # Errors
/// Everything that is wrong; spans are empty, since an AST has no text.
pub fn duckdb_expr(expr: &Expr, relation: &str, columns: &[Column]) -> Result<String, Vec<Problem>> {
    let (value, lowered) = with_room(&expr.to_string(), || lower::expr(expr, None, relation, columns));
    if is_clean(&lowered.problems) { Ok(value.sql) } else { Err(lowered.problems) }
}

/// Lints do not keep a query from being translated.
fn is_clean(problems: &[Problem]) -> bool {
    problems.iter().all(|p| p.kind.is_lint())
}
