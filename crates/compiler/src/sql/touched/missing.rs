//! Partners that an outer join may find missing: a row that has a partner now may have been without one before, and was
//! then named by a key in which the partner's columns are NULL. It must not judge whether that was so.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Join, JoinConstraint, JoinOperator, Select, SelectItem, VisitMut, VisitorMut,
};

use super::soft::reads;
use super::{column_place, constraint, factor_alias};
use dwc_googlesql::call;

/// So many outer joins are looked at; each doubles the search.
pub(super) const MOST: usize = 4;

/// Relations that are missing together, beside the FROM item and the join that finds them missing.
pub(super) struct Missing {
    aliases: Vec<String>,
    from: usize,
    join: usize,
}

/// Those on which the key, or a later join that NULL may satisfy, depends.
pub(super) fn places(select: &Select, key: &[SelectItem]) -> Vec<Missing> {
    let mut found = Vec::new();
    for (from_index, from) in select.from.iter().enumerate() {
        let mut before: Vec<String> = factor_alias(&from.relation).into_iter().collect();
        for (index, Join { relation, join_operator, .. }) in from.joins.iter().enumerate() {
            let right: Vec<String> = factor_alias(relation).into_iter().collect();
            let sides: Vec<&Vec<String>> = match join_operator {
                JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => vec![&right],
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) => vec![&before],
                JoinOperator::FullOuter(_) => vec![&right, &before],
                _ => Vec::new(),
            };
            for side in sides {
                let matters =
                    key.iter().any(|item| matches!(item, SelectItem::ExprWithAlias { expr, .. } if names(expr, side)))
                        || from.joins[index + 1..].iter().any(|join| accepts_null(join, side));
                if matters {
                    found.push(Missing { aliases: side.clone(), from: from_index, join: index });
                }
            }
            before.extend(right);
        }
    }
    found
}

/// Makes the columns of missing relations NULL in the key and in the joins that follow.
pub(super) fn leave_out(select: &mut Select, missing: &Missing) {
    let mut nulls = Nulls { aliases: &missing.aliases };
    let _ = VisitMut::visit(&mut select.projection, &mut nulls);
    if let Some(from) = select.from.get_mut(missing.from) {
        for join in from.joins.iter_mut().skip(missing.join + 1) {
            let _ = VisitMut::visit(&mut join.join_operator, &mut nulls);
        }
    }
}

/// Whether an expression computes with a column whose relation the text does not name.
pub(super) fn computes_with_bare_name(expr: &Expr) -> bool {
    column_place(expr, &[]).is_none() && reads(expr, &mut |alias, _| alias.is_none())
}

/// Whether a join's condition does so.
pub(super) fn joins_by_bare_name(select: &Select) -> bool {
    fn conjunct(expr: &Expr) -> bool {
        match expr {
            Expr::Nested(inner) => conjunct(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Eq, right } => {
                conjunct(left) || conjunct(right)
            }
            other => computes_with_bare_name(other),
        }
    }
    select.from.iter().flat_map(|from| &from.joins).any(|join| match constraint(&join.join_operator) {
        Some(JoinConstraint::On(on)) => conjunct(on),
        _ => false,
    })
}

struct Nulls<'a> {
    aliases: &'a [String],
}

impl VisitorMut for Nulls<'_> {
    type Break = ();

    /// `NULLIF(x, x)` is a NULL of the type of `x`.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::CompoundIdentifier(_)) && names(expr, self.aliases) {
            *expr = Expr::Function(call("NULLIF", [expr.clone(), expr.clone()]));
        }
        ControlFlow::Continue(())
    }
}

fn names(expr: &Expr, aliases: &[String]) -> bool {
    reads(expr, &mut |alias, _| alias.is_some_and(|alias| aliases.iter().any(|name| name.eq_ignore_ascii_case(alias))))
}

/// Whether a join's condition on these relations may hold where their columns are NULL: a plain equality does not.
fn accepts_null(join: &Join, aliases: &[String]) -> bool {
    fn conjunct(expr: &Expr, aliases: &[String]) -> bool {
        match expr {
            Expr::Nested(inner) => conjunct(inner, aliases),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                conjunct(left, aliases) || conjunct(right, aliases)
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right }
                if column_place(left, &[]).is_some() && column_place(right, &[]).is_some() =>
            {
                false
            }
            other => names(other, aliases),
        }
    }
    match constraint(&join.join_operator) {
        Some(JoinConstraint::On(on)) => conjunct(on, aliases),
        _ => false,
    }
}
