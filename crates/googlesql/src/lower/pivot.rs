//! PIVOT: one aggregate per listed value over the rows that have it, grouped by every column it does not name.
//! It must not know aggregates: they take the rows that `only` leaves them.

use std::ops::Range;

use sqlparser::ast::{Expr, ExprWithAlias, PivotValueSource, TableFactor, UnaryOperator, visit_expressions};

use super::Lower;
use super::from::indent;
use super::names::same;
use crate::problem::ProblemKind;
use crate::types::{Type, quoted};
use crate::value::{Literal, ScopeColumn, Value};

impl Lower<'_> {
    pub(super) fn pivot(&mut self, factor: &TableFactor, span: &Range<usize>) -> String {
        let TableFactor::Pivot { table, aggregate_functions, value_column, value_source, alias, .. } = factor else {
            return String::new();
        };
        let PivotValueSource::List(values) = value_source else {
            self.report(ProblemKind::ParseError, span.clone(), "PIVOT takes a list of values", None);
            return String::new();
        };
        // A relation sees no column of those beside it.
        let hidden = self.scopes.last_mut().map(std::mem::take).unwrap_or_default();
        let input = self.factor(table, false);
        let by: Vec<Value> = value_column.iter().map(|e| self.expr(e)).collect();
        let mut named = names_in(value_column);
        for aggregate in aggregate_functions {
            named.extend(names_in([&aggregate.expr]));
        }
        let keys: Vec<ScopeColumn> = self.scopes.last().map_or_else(Vec::new, |scope| {
            let all = scope.relations.iter().flat_map(|r| &r.columns);
            all.filter(|c| !named.iter().any(|n| same(n, &c.name))).cloned().collect()
        });
        self.used.extend(keys.iter().flat_map(|k| k.origins.iter().cloned()));
        for key in keys.iter().filter(|k| !k.ty.is_groupable()) {
            let message = format!("PIVOT groups by `{}`, which is {}", key.name, key.ty);
            self.report(ProblemKind::TypeMismatch, span.clone(), message, Some("leave the column out before".into()));
        }
        let mut columns: Vec<ScopeColumn> =
            keys.iter().map(|c| ScopeColumn { sql: quoted(&c.name), ..c.clone() }).collect();
        let mut texts: Vec<String> = keys.iter().map(|c| format!("{} AS {}", c.sql, quoted(&c.name))).collect();
        for value in values {
            let Some((label, only)) = self.pivot_value(value, &by, span) else { continue };
            self.only = Some(only);
            for aggregate in aggregate_functions {
                let result = self.expr(&aggregate.expr);
                let called = matches!(&aggregate.expr, Expr::Function(_)) && result.aggregate;
                if !called && result.ty != Type::Unknown {
                    let at = self.span_of(&aggregate.expr);
                    self.report(ProblemKind::Shape, at, "PIVOT takes calls of aggregates", None);
                }
                let name = match &aggregate.alias {
                    Some(alias) => format!("{}_{label}", alias.value),
                    None if aggregate_functions.len() > 1 => {
                        let at = self.span_of(&aggregate.expr);
                        let message = "each of several aggregates of PIVOT needs an alias";
                        self.report(ProblemKind::Shape, at, message, None);
                        label.clone()
                    }
                    None => label.clone(),
                };
                texts.push(format!("{} AS {}", result.sql, quoted(&name)));
                columns.push(ScopeColumn {
                    sql: quoted(&name),
                    name,
                    ty: result.ty,
                    origins: result.origins,
                    kind: result.kind,
                    collation: result.collation,
                    nameless: false,
                });
            }
            self.only = None;
        }
        if let Some(scope) = self.scopes.last_mut() {
            *scope = hidden;
        }
        let places: Vec<String> = (1..=keys.len()).map(|i| i.to_string()).collect();
        let group = if keys.is_empty() { String::new() } else { format!("\nGROUP BY {}", places.join(", ")) };
        let sql = format!("SELECT {}\nFROM {input}{group}", texts.join(", "));
        let alias = alias.as_ref().map_or_else(|| self.fresh_name(), |a| a.name.value.clone());
        self.relation(&alias, columns);
        format!("(\n{}\n) AS {}", indent(&sql), quoted(&alias))
    }

    /// What the columns of a value are named by, and which rows have it.
    fn pivot_value(&mut self, value: &ExprWithAlias, by: &[Value], span: &Range<usize>) -> Option<(String, String)> {
        let parts: Vec<&Expr> = match &value.expr {
            Expr::Tuple(parts) if by.len() > 1 => parts.iter().collect(),
            other => vec![other],
        };
        if parts.len() != by.len() {
            let message = format!("PIVOT over {} columns takes values of as many", by.len());
            self.report(ProblemKind::Shape, span.clone(), message, None);
            return None;
        }
        let (mut labels, mut tests) = (Vec::new(), Vec::new());
        for (part, by) in parts.into_iter().zip(by) {
            let at = self.span_of(part);
            let constant = self.expr(part);
            let label = self.label(part, &constant);
            if label.is_none() && value.alias.is_none() {
                let message = format!("a value of PIVOT of type {} needs an alias", constant.ty);
                self.report(ProblemKind::Shape, at.clone(), message, None);
            }
            labels.push(label.unwrap_or_default());
            let test = self.same_value(by.clone(), constant, "IS NOT DISTINCT FROM", at);
            tests.push(test.operand());
        }
        let label = value.alias.as_ref().map_or_else(|| labels.join("_"), |a| a.value.clone());
        Some((label, tests.join(" AND ")))
    }

    /// The name that GoogleSQL makes of a value: `_1`, `minus_2_point_5`, `_2024_01_07`.
    fn label(&self, expr: &Expr, value: &Value) -> Option<String> {
        let number = |digits: &str| {
            let (minus, digits) = digits.strip_prefix('-').map_or(("_", digits), |d| ("minus_", d));
            let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
            format!("{minus}{}", digits.replace('.', "_point_"))
        };
        match (expr, &value.literal) {
            (_, Some(Literal::Null)) => Some("NULL".into()),
            (_, Some(Literal::Str(text))) if text.is_empty() => Some("empty_string_value".into()),
            (_, Some(Literal::Str(text))) => Some(text.clone()),
            (_, Some(Literal::Int(digits))) => Some(number(digits)),
            // Beside a NUMERIC column a literal with a point is a NUMERIC.
            (Expr::Value(_) | Expr::UnaryOp { op: UnaryOperator::Minus, .. }, Some(Literal::Float(digits)))
                if !digits.contains(['e', 'E']) =>
            {
                Some(number(digits))
            }
            (Expr::Value(_), None) if value.ty == Type::Bool => Some(value.sql.to_lowercase()),
            (Expr::TypedString(typed), _) => {
                let text = super::literals::text_of(&typed.value.value).flatten()?;
                match value.ty {
                    Type::Date => Some(format!("_{}", text.replace('-', "_"))),
                    Type::Numeric(_) | Type::BigNumeric(_) => Some(number(&text)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// The last name of every column that expressions mention.
fn names_in<'e>(exprs: impl IntoIterator<Item = &'e Expr>) -> Vec<String> {
    let mut names = Vec::new();
    for expr in exprs {
        let _ = visit_expressions(expr, |e: &Expr| {
            match e {
                Expr::Identifier(ident) => names.push(ident.value.clone()),
                Expr::CompoundIdentifier(parts) => names.extend(parts.iter().map(|p| p.value.clone())),
                _ => {}
            }
            std::ops::ControlFlow::<()>::Continue(())
        });
    }
    names
}
