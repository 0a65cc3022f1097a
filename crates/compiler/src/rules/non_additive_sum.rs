//! An aggregate sums what its fact measures: a measure that may not be summed over what the aggregate leaves out is refused.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, Ident, SelectItem, SetExpr, Visit, Visitor};

use super::joins::{arguments, is_constant};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Additivity, Fact, Measure, Project};
use dwc_googlesql::parse_expr;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in &project.facts {
        let Some(base) = fact.rolls_up.map(|index| &project.facts[index]) else { continue };
        for measure in &fact.measures {
            let Ok(expr) = parse_expr(&measure.expr) else { continue };
            for summed in summed(&expr, base) {
                let Some(reason) = forbidden(fact, base, summed) else { continue };
                found.push(
                    Diagnostic::new(
                        Code::NonAdditiveSum,
                        format!(
                            "measure `{}` sums `{}` of fact `{}`, {reason}",
                            measure.column.name, summed.column.name, base.name
                        ),
                    )
                    .at(measure.span, "this sum means nothing")
                    .at(summed.span, "declared here")
                    .help("aggregate it by MIN, MAX or AVG, or divide two additive measures"),
                );
            }
        }
    }
}

/// The measures whose values a SUM anywhere in an expression adds up.
fn summed<'f>(expr: &Expr, base: &'f Fact) -> Vec<&'f Measure> {
    struct Sums<'f> {
        base: &'f Fact,
        found: Vec<&'f Measure>,
    }
    impl Visitor for Sums<'_> {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Function(function) = expr
                && function.name.to_string().eq_ignore_ascii_case("SUM")
            {
                for argument in arguments(function) {
                    added(argument, self.base, &mut self.found);
                }
            }
            ControlFlow::Continue(())
        }
    }
    let mut sums = Sums { base, found: Vec::new() };
    let _ = expr.visit(&mut sums);
    sums.found.sort_by(|a, b| a.column.name.cmp(&b.column.name));
    sums.found.dedup_by(|a, b| a.column.name == b.column.name);
    sums.found
}

/// The measures that a value is made of; what only chooses between values is not among them.
fn added<'f>(expr: &Expr, base: &'f Fact, found: &mut Vec<&'f Measure>) {
    use BinaryOperator::{Divide, Minus, Modulo, Multiply, Plus};
    let measure = |name: &Ident| base.measures.iter().find(|m| m.column.name.eq_ignore_ascii_case(&name.value));
    match expr {
        Expr::Identifier(name) => found.extend(measure(name)),
        Expr::CompoundIdentifier(parts) => found.extend(parts.last().and_then(measure)),
        Expr::BinaryOp { left, op: op @ (Multiply | Divide), right } => {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            added(left, base, &mut one);
            added(right, base, &mut other);
            let value = |expr: &Expr, measures: &[&Measure]| {
                !is_constant(expr) && measures.iter().all(|measure| measure.additive != Additivity::None)
            };
            // A price times a quantity is an amount, and so is an amount divided by a rate; a price times or divided by a
            // number is a price, and divided by a quantity it is nothing at all.
            let makes_amount = value(left, &one) || matches!(op, Multiply) && value(right, &other);
            let stays = |measure: &&Measure| !makes_amount || measure.additive != Additivity::None;
            found.extend(one.into_iter().chain(other).filter(stays));
        }
        Expr::BinaryOp { left, op: Plus | Minus | Modulo, right } => {
            added(left, base, found);
            added(right, base, found);
        }
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } | Expr::Cast { expr: inner, .. } => {
            added(inner, base, found);
        }
        Expr::Ceil { expr: inner, .. } | Expr::Floor { expr: inner, .. } => added(inner, base, found),
        Expr::Case { conditions, else_result, .. } => {
            conditions.iter().map(|when| &when.result).for_each(|result| added(result, base, found));
            else_result.iter().for_each(|result| added(result, base, found));
        }
        Expr::Function(function) => {
            let all = arguments(function);
            let name = function.name.to_string().to_ascii_uppercase();
            let chosen = usize::from(name == "IF");
            // What is counted or compared is not added.
            let counts = name.starts_with("COUNT");
            all.into_iter().skip(chosen).filter(|_| !counts).for_each(|argument| added(argument, base, found));
        }
        Expr::Subquery(query) => {
            if let SetExpr::Select(select) = query.body.as_ref() {
                for item in &select.projection {
                    if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                        added(expr, base, found);
                    }
                }
            }
        }
        _ => {}
    }
}

fn forbidden(fact: &Fact, base: &Fact, measure: &Measure) -> Option<String> {
    match measure.additive {
        Additivity::All => None,
        Additivity::None => Some("which is non-additive".to_owned()),
        Additivity::Semi => measure
            .not_over
            .iter()
            .find(|role| base.roles.iter().any(|r| r.name == **role) && !fact.roles.iter().any(|r| r.name == **role))
            .map(|role| format!("which may not be summed over `{role}`")),
    }
}
