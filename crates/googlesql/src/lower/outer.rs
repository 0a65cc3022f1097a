//! The condition of an outer join, which BigQuery computes by hashes: an equality between the two sides.
//! It must not know how a join is written.

use sqlparser::ast::{BinaryOperator, Expr};

use super::Lower;
use super::found::{found_in, is_literal};

impl Lower<'_> {
    /// Whether a condition is a literal, or one of the conditions that AND joins equates the two sides. The relations of the
    /// left side come before a place among those of the scope.
    pub(super) fn equates_sides(&mut self, on: &Expr, before: usize) -> bool {
        match on {
            Expr::Nested(inner) => self.equates_sides(inner, before),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.equates_sides(left, before) || self.equates_sides(right, before)
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } | Expr::IsNotDistinctFrom(left, right) => {
                (self.reads_one_side(left, before, true) && self.reads_one_side(right, before, false))
                    || (self.reads_one_side(left, before, false) && self.reads_one_side(right, before, true))
            }
            other => is_literal(other),
        }
    }

    /// Whether an expression reads columns of one side of a join, and none of the other: it means something without them.
    fn reads_one_side(&mut self, expr: &Expr, before: usize, left: bool) -> bool {
        if found_in(expr).query {
            return true;
        }
        let Some(scope) = self.scopes.last().cloned() else { return true };
        let (problems, depth) = (self.problems.len(), self.scopes.len() - 1);
        if let Some(scope) = self.scopes.last_mut() {
            if !left {
                scope.merged.clear();
            }
            let hidden = |at: &usize| if left { *at >= before } else { *at < before };
            let relations = scope.relations.iter_mut().enumerate().filter(|(at, _)| hidden(at));
            relations.for_each(|(_, relation)| {
                relation.columns.clear();
                relation.element = None;
            });
        }
        let value = self.expr(expr);
        let is_known = self.problems.len() == problems && value.bare.iter().any(|bare| bare.scope == depth);
        self.problems.truncate(problems);
        if let Some(last) = self.scopes.last_mut() {
            *last = scope;
        }
        is_known
    }
}
