//! The AST back to text, and the proof that the text means the same: it is parsed again and must give the same tree.
//! It must not repair a text that does not.

use std::fmt::Display;
use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, ObjectName, ObjectNamePart, Query, UnaryOperator, Value, VisitMut, VisitorMut};

use super::depth;
use super::parse::{parse_expr, parse_query};
use super::problem::{Problem, ProblemKind};

/// The GoogleSQL text of an AST that `parse_query` made and a later stage may have rewritten.
///
/// # Errors
/// `Unwritable` where the text would not be read as what it was written from.
pub fn to_googlesql(query: &Query) -> Result<String, Problem> {
    depth::with_room(&query.to_string(), || written(query.clone(), parse_query))
}

/// The GoogleSQL text of an expression that `parse_expr` made and a later stage may have rewritten.
///
/// # Errors
/// `Unwritable` where the text would not be read as what it was written from.
pub fn expr_to_googlesql(expr: &Expr) -> Result<String, Problem> {
    depth::with_room(&expr.to_string(), || written(expr.clone(), parse_expr))
}

fn written<T: VisitMut + Display + PartialEq>(
    mut tree: T,
    read: impl Fn(&str) -> Result<T, Problem>,
) -> Result<String, Problem> {
    let _ = tree.visit(&mut Signs);
    let text = tree.to_string();
    let mut again = read(&text).map_err(|_| unwritable())?;
    // A name is one part in backquotes or several: to BigQuery it is the same.
    let _ = tree.visit(&mut Names);
    let _ = again.visit(&mut Names);
    if tree == again { Ok(text) } else { Err(unwritable()) }
}

pub(super) fn unwritable() -> Problem {
    Problem {
        kind: ProblemKind::Unwritable,
        span: 0..0,
        message: "this query cannot be rewritten for a load without changing what it means".into(),
        help: Some("write the unusual part of it differently".into()),
    }
}

struct Names;

impl VisitorMut for Names {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        let parts: Option<Vec<&str>> =
            relation.0.iter().map(|part| part.as_ident().map(|ident| ident.value.as_str())).collect();
        if let Some(parts) = parts {
            let name = Ident::with_quote('`', parts.join("."));
            relation.0 = vec![ObjectNamePart::Identifier(name)];
        }
        ControlFlow::Continue(())
    }
}

/// Puts parentheses between two signs in a row: they would read as a comment.
struct Signs;

impl VisitorMut for Signs {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::UnaryOp { op, expr: of } = expr
            && is_sign(*op)
            && matches!(**of, Expr::UnaryOp { op, .. } if is_sign(op))
        {
            let inner = std::mem::replace(&mut **of, Expr::value(Value::Null));
            **of = Expr::Nested(Box::new(inner));
        }
        ControlFlow::Continue(())
    }
}

fn is_sign(op: UnaryOperator) -> bool {
    matches!(op, UnaryOperator::Minus | UnaryOperator::Plus | UnaryOperator::BitwiseNot)
}
