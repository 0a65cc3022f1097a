//! Texts that are compared without case: the query says so itself, in GoogleSQL, before any engine reads it. It must not
//! decide what is compared: that is `lower`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Value, VisitMut, VisitorMut};

use super::catalog::Catalog;
use super::depth::with_room;
use super::lower;
use super::parse::{call, parse_query};
use super::print::{to_googlesql, unwritable};
use super::problem::Problem;

/// A query with `LOWER` around what it compares without case; as it is where there is nothing of the kind.
///
/// # Errors
/// A query that cannot be written in this form: what it says would not stay.
pub fn folded<'t>(sql: &'t str, catalog: &dyn Catalog) -> Result<Cow<'t, str>, Vec<Problem>> {
    if !catalog.folds_case() {
        return Ok(Cow::Borrowed(sql));
    }
    with_room(sql, || {
        let mut query = parse_query(sql).map_err(|problem| vec![problem])?;
        let _ = query.visit(&mut Unpipe);
        let folds = lower::query(&query, None, catalog).folds;
        if folds.is_empty() {
            return Ok(Cow::Borrowed(sql));
        }
        let mut fold = Fold { nodes: &folds, wrapped: 0 };
        let _ = query.visit(&mut fold);
        // A part that is resolved in another form than it is written in is not found again.
        let is_whole = fold.wrapped == folds.len();
        let written = if is_whole { to_googlesql(&query) } else { Err(unwritable()) };
        written.map(Cow::Owned).map_err(|problem| vec![problem])
    })
}

/// Writes pipe syntax as the queries that it stands for: it is resolved in that form.
struct Unpipe;

impl VisitorMut for Unpipe {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if !query.pipe_operators.is_empty()
            && let Some(plain) = lower::unpiped(query)
        {
            *query = plain;
        }
        ControlFlow::Continue(())
    }
}

/// The node of an expression, as long as its tree stays where it is.
pub(super) fn node(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

/// Wraps the nodes that are compared without case. A tree is visited from below, so that no node moves before its turn.
struct Fold<'n> {
    nodes: &'n BTreeSet<usize>,
    wrapped: usize,
}

impl VisitorMut for Fold<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.nodes.contains(&node(expr)) {
            self.wrapped += 1;
            let inner = std::mem::replace(expr, Expr::value(Value::Null));
            *expr = Expr::Function(call("LOWER", [inner]));
        }
        ControlFlow::Continue(())
    }
}
