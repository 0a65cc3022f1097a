//! Texts that are compared without case: which nodes of a query are folded for it, and which parts of GoogleSQL tell such
//! texts apart as they are written, which is a lint. It must not rewrite.

use std::ops::Range;

use sqlparser::ast::{Expr, Function, Query, SelectItem, SetExpr};

use super::Lower;
use super::calls::plain_args;
use crate::folded::node;
use crate::problem::ProblemKind;
use crate::types::Type;
use crate::value::{Collation, Value};

/// Functions that look for one text in another.
const SEARCH: [&str; 4] = ["STARTS_WITH", "ENDS_WITH", "STRPOS", "INSTR"];

/// Functions that compare their arguments and give one of them, or a part.
const CHOOSE: [&str; 4] = ["NULLIF", "GREATEST", "LEAST", "REPLACE"];

/// Aggregates that choose among texts by comparing them.
const CHOOSE_AMONG: [&str; 5] = ["MIN", "MAX", "APPROX_QUANTILES", "APPROX_TOP_COUNT", "APPROX_TOP_SUM"];

impl Lower<'_> {
    /// Folds what is compared, where one of the texts is compared without case: the others are compared so with it.
    pub(super) fn fold_all(&mut self, sides: &[(&Expr, &Value)], what: &str, span: &Range<usize>) {
        if sides.iter().all(|(_, value)| value.collation == Collation::None) {
            return;
        }
        if sides.iter().any(|(_, value)| !matches!(value.ty, Type::String | Type::Unknown)) {
            self.told_apart(span, what, "compare its texts by themselves");
            return;
        }
        for (expr, value) in sides.iter().filter(|(_, value)| value.collation != Collation::Folded) {
            if value.ty == Type::String {
                self.folds.insert(node(expr));
            }
        }
    }

    /// Folds one key of a window or an order.
    pub(super) fn fold(&mut self, expr: &Expr, value: &Value) {
        if value.collation == Collation::Case && value.ty == Type::String {
            self.folds.insert(node(expr));
        }
    }

    /// Reports what tells such texts apart as they are written.
    pub(super) fn told_apart(&mut self, span: &Range<usize>, what: &str, instead: &str) {
        let message = format!("{what} tells texts apart by their case, which their source does not");
        self.report(ProblemKind::ToldApartByCase, span.clone(), message, Some(instead.to_owned()));
    }

    /// What a text is looked for among: the items of an array, where they are written out.
    pub(super) fn fold_items(
        &mut self,
        (expr, value): (&Expr, &Value),
        (items, array): (&Expr, &Value),
        at: &Range<usize>,
    ) {
        if value.collation.max(array.collation) == Collation::None {
            return;
        }
        let Expr::Array(written) = items else {
            self.told_apart(at, "IN UNNEST", "write IN with a list or a subquery");
            return;
        };
        self.folds.insert(node(expr));
        self.folds.extend(written.elem.iter().map(node));
    }

    /// The one column of a subquery that a text is looked for in.
    pub(super) fn fold_column(
        &mut self,
        expr: &Expr,
        value: &Value,
        query: &Query,
        found: Collation,
        at: &Range<usize>,
    ) {
        if value.collation.max(found) == Collation::None {
            return;
        }
        let only = match query.body.as_ref() {
            SetExpr::Select(select) if query.pipe_operators.is_empty() => match select.projection.as_slice() {
                [SelectItem::UnnamedExpr(only) | SelectItem::ExprWithAlias { expr: only, .. }] => Some(only),
                _ => None,
            },
            _ => None,
        };
        let Some(only) = only.filter(|_| value.ty == Type::String) else {
            self.told_apart(at, "IN", "write one column in the subquery, in LOWER(…) as the value before IN");
            return;
        };
        if value.collation != Collation::Folded {
            self.folds.insert(node(expr));
        }
        if found != Collation::Folded {
            self.folds.insert(node(only));
        }
    }

    /// What a function compares.
    pub(super) fn fold_arguments(&mut self, name: &str, function: &Function, value: &mut Value, span: &Range<usize>) {
        if matches!(name, "LOWER" | "UPPER") && value.collation == Collation::Case {
            value.collation = Collation::Folded;
        }
        let compares = self.catalog.folds_case() && (SEARCH.contains(&name) || CHOOSE.contains(&name));
        let Some(args) = plain_args(function).filter(|_| compares) else { return };
        let told = self.problems.len();
        let values: Vec<Value> = args.iter().map(|arg| self.expr(arg)).collect();
        self.problems.truncate(told);
        let texts: Vec<(&Expr, &Value)> =
            args.iter().copied().zip(&values).filter(|(_, value)| value.ty == Type::String).collect();
        if texts.iter().all(|(_, value)| value.collation == Collation::None) {
            return;
        }
        if SEARCH.contains(&name) {
            self.fold_all(&texts, name, span);
        } else if texts.iter().any(|(_, value)| value.collation == Collation::Case) {
            self.told_apart(span, name, "write LOWER(…) around its arguments, or choose by CASE");
        }
    }

    /// What an aggregate compares.
    pub(super) fn fold_aggregate(
        &mut self,
        name: &str,
        (exprs, args): (&[&Expr], &[Value]),
        (distinct, ordered): (bool, &[(Value, String)]),
        span: &Range<usize>,
    ) {
        let case = |value: &Value| value.collation == Collation::Case;
        if ordered.iter().any(|(value, _)| case(value)) {
            self.told_apart(span, &format!("ORDER BY in {name}"), "order by LOWER(…)");
        }
        match (name, exprs, args) {
            ("COUNT", [only], [value]) if distinct => self.fold(only, value),
            ("APPROX_COUNT_DISTINCT", [only], [value]) => self.fold(only, value),
            ("MAX_BY" | "MIN_BY", [_, by], [_, value]) => self.fold(by, value),
            (_, _, [value, ..]) if case(value) && (distinct || CHOOSE_AMONG.contains(&name)) => {
                let what = if distinct { format!("{name}(DISTINCT …)") } else { name.to_owned() };
                self.told_apart(
                    span,
                    &what,
                    "write LOWER(…) around its argument, or ANY_VALUE where any spelling serves",
                );
            }
            _ => {}
        }
    }
}
