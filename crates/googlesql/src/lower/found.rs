//! What an expression has in it: aggregates, window functions, queries. It must not look into those queries.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Visit, Visitor};

use super::is_aggregate;

/// What was found.
#[derive(Default)]
pub struct Found {
    /// An aggregate without OVER.
    pub aggregate: bool,
    /// A window function.
    pub window: bool,
    /// A query.
    pub query: bool,
}

/// Looks through an expression, or through several; not into the queries that are in it.
#[must_use]
pub fn found_in(node: &impl Visit) -> Found {
    let mut found = Found::default();
    let has_query = each_outside(node, &mut |expr| {
        if let Expr::Function(function) = expr {
            found.window |= function.over.is_some();
            found.aggregate |= function.over.is_none() && is_aggregate(&function.name.to_string());
        }
    });
    Found { query: has_query, ..found }
}

/// Shows each expression that no query in a node holds, outer ones first. Gives whether there is such a query.
pub(crate) fn each_outside(node: &impl Visit, show: &mut dyn FnMut(&Expr)) -> bool {
    let mut outside = Outside { show, depth: 0, has_query: false };
    let _ = node.visit(&mut outside);
    outside.has_query
}

struct Outside<'s> {
    show: &'s mut dyn FnMut(&Expr),
    depth: usize,
    has_query: bool,
}

impl Visitor for Outside<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.has_query = true;
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.depth == 0 {
            (self.show)(expr);
        }
        ControlFlow::Continue(())
    }
}

/// Whether an expression is written as a literal, without a type.
pub(super) fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) => true,
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => is_literal(inner),
        Expr::UnaryOp { expr, .. } => is_literal(expr),
        Expr::Array(array) => !array.elem.is_empty() && array.elem.iter().all(is_literal),
        Expr::Tuple(items) => items.iter().all(is_literal),
        Expr::Struct { values, fields } => fields.is_empty() && values.iter().all(is_literal),
        _ => false,
    }
}
