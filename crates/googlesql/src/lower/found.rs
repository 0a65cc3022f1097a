//! What an expression has in it: aggregates, window functions, queries. It must not look into those queries.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Visit, Visitor};

use super::is_aggregate;

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    /// An aggregate without OVER.
    pub aggregate: bool,
    pub window: bool,
    pub query: bool,
    depth: usize,
}

/// Looks through an expression, or through several.
pub(crate) fn found_in(node: &impl Visit) -> Found {
    let mut found = Found::default();
    let _ = node.visit(&mut found);
    found
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.query = true;
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let (0, Expr::Function(function)) = (self.depth, expr) {
            self.window |= function.over.is_some();
            self.aggregate |= function.over.is_none() && is_aggregate(&function.name.to_string());
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
