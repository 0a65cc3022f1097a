//! An aggregate sums what its fact measures: a measure that may not be summed over what the aggregate leaves out is refused.

use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments};

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Additivity, Fact, Measure, Project};
use crate::sql::googlesql::parse_expr;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in &project.facts {
        let Some(base) = fact.rolls_up.map(|index| &project.facts[index]) else { continue };
        for measure in &fact.measures {
            let Some(summed) =
                summed(&measure.expr).and_then(|name| base.measures.iter().find(|m| m.column.name == name))
            else {
                continue;
            };
            if let Some(reason) = forbidden(fact, base, summed) {
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

/// The column of a plain `SUM(column)`.
fn summed(expr: &str) -> Option<String> {
    let mut expr = parse_expr(expr).ok()?;
    while let Expr::Nested(inner) = expr {
        expr = *inner;
    }
    let Expr::Function(function) = expr else { return None };
    let FunctionArguments::List(list) = function.args else { return None };
    if !function.name.to_string().eq_ignore_ascii_case("SUM") {
        return None;
    }
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(name)))] => Some(name.value.clone()),
        _ => None,
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
