//! ORDER BY: of a SELECT and of a set operation, by number, name and expression.
//! It must not know windows: their order is theirs.

use std::ops::Range;

use sqlparser::ast::{Expr, OrderBy, OrderByKind, UnaryOperator};

use super::found::is_literal;
use super::names::same;
use super::select::Item;
use super::windows::{direction, order_text};
use super::{Lower, Rows};
use crate::problem::{ProblemKind, instead};
use crate::types::{Type, quoted};
use crate::value::{Bare, Collation, Relation, Scope, ScopeColumn, Value};

impl Lower<'_> {
    /// ORDER BY of a SELECT: by number, by name, by an expression.
    pub(super) fn order_select(
        &mut self,
        order: &OrderBy,
        items: &[Item<'_>],
        values: &[Value],
        distinct: bool,
        written: bool,
        later: &mut Vec<Value>,
    ) -> String {
        let OrderByKind::Expressions(orders) = &order.kind else {
            self.unsupported(0..0, "ORDER BY ALL");
            return String::new();
        };
        let mut keys = Vec::new();
        for item in orders {
            let at = self.span_of(&item.expr);
            let place = match self.ordinal(&item.expr, items.len(), at.clone()) {
                Some(None) => continue,
                Some(place) => place,
                None => match &item.expr {
                    Expr::Identifier(ident) => {
                        let named = |i: &Item<'_>| !i.nameless && same(&i.name, &ident.value);
                        if items.iter().filter(|i| named(i)).count() > 1 {
                            self.ambiguous(ident);
                            continue;
                        }
                        items.iter().position(named)
                    }
                    _ => None,
                },
            };
            let (value, place) = match place {
                Some(place) => (values[place].clone(), Some(place)),
                None => {
                    let value = self.expr(&item.expr);
                    let depth = self.scopes.len() - 1;
                    let is_column = |v: &Value, b: &Bare| {
                        v.bare.len() == 1
                            && v.bare[0].name == b.name
                            && v.sql.ends_with(&quoted(&b.name))
                            && !v.compound
                    };
                    let unseen = |b: &Bare| b.scope == depth && values.iter().filter(|v| is_column(v, b)).count() != 1;
                    let is_listed = matches!(item.expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
                        && values.iter().filter(|v| v.sql == value.sql).count() == 1;
                    if distinct && !is_listed && (value.aggregate || value.window || value.bare.iter().any(unseen)) {
                        let message = "ORDER BY after DISTINCT takes columns of the select list";
                        self.report(ProblemKind::Shape, at.clone(), message, None);
                        continue;
                    }
                    let value = self.grouped(value);
                    let place = values.iter().position(|v| v.sql == value.sql);
                    (value, place)
                }
            };
            if place.is_none() && is_literal(&item.expr) {
                self.report(ProblemKind::Shape, at.clone(), "ORDER BY takes no literal but a column's number", None);
            }
            if matches!(item.expr, Expr::Value(_)) || distinct {
                if value.collation == Collation::Case {
                    self.told_apart(&at, "ORDER BY", "order by LOWER(…)");
                }
            } else {
                self.fold(&item.expr, &value);
            }
            if !value.ty.is_orderable() {
                let message = format!("ORDER BY does not order {}", value.ty);
                self.report(ProblemKind::TypeMismatch, at.clone(), message, None);
            }
            if distinct && place.is_none() {
                self.unsupported(at, "ORDER BY of an expression after DISTINCT");
            }
            keys.push(match place {
                Some(place) if !written && (value.ty != Type::Float64 || distinct) => {
                    self.key(&(place + 1).to_string(), &Type::Unknown, item)
                }
                _ => self.key(&value.operand(), &value.ty, item),
            });
            if place.is_none() {
                later.push(value);
            }
        }
        if keys.is_empty() { String::new() } else { format!("\nORDER BY {}", keys.join(", ")) }
    }

    /// ORDER BY after a set operation: only columns of the result.
    pub(super) fn order_rows(&mut self, order: Option<&OrderBy>, rows: &Rows) -> String {
        let Some(order) = order else {
            return String::new();
        };
        let OrderByKind::Expressions(items) = &order.kind else {
            self.unsupported(0..0, "ORDER BY ALL");
            return String::new();
        };
        let mut keys = Vec::new();
        for item in items {
            let at = self.span_of(&item.expr);
            let place = match &item.expr {
                sqlparser::ast::Expr::Identifier(ident) => {
                    let named = |c: &ScopeColumn| !c.nameless && same(&c.name, &ident.value);
                    if rows.columns.iter().filter(|c| named(c)).count() > 1 {
                        self.ambiguous(ident);
                        continue;
                    }
                    let found = rows.columns.iter().position(named);
                    if found.is_none() {
                        let help = instead(&ident.value, rows.columns.iter().map(|c| c.name.as_str()));
                        let message = format!("unknown column `{}`", ident.value);
                        self.report(ProblemKind::UnknownColumn, at, message, help);
                        continue;
                    }
                    found
                }
                other => self.ordinal(other, rows.columns.len(), at.clone()).unwrap_or_else(|| {
                    self.order_expression(other, rows, at);
                    None
                }),
            };
            if let Some(place) = place {
                keys.push(format!("{}{}", place + 1, direction(item)));
            }
        }
        if keys.is_empty() { String::new() } else { format!("\nORDER BY {}", keys.join(", ")) }
    }

    /// What BigQuery says to an expression over the columns of a result; DuckDB takes none.
    fn order_expression(&mut self, expr: &Expr, rows: &Rows, at: Range<usize>) {
        let relation = Relation { alias: String::new(), columns: rows.columns.clone(), element: None };
        self.scopes.push(Scope { relations: vec![relation], ..Scope::default() });
        let value = self.expr(expr);
        self.scopes.pop();
        if value.aggregate {
            let message = "an aggregate in ORDER BY after a set operation";
            self.report(ProblemKind::MisplacedAggregate, at.clone(), message, None);
        }
        if is_literal(expr) {
            let message = "ORDER BY takes no literal but a column's number";
            self.report(ProblemKind::Shape, at.clone(), message, None);
        }
        self.unsupported(at, "ORDER BY of an expression after a set operation");
    }

    /// `Some(Some(index))` for an ordinal within the list, `Some(None)` for one beyond it, which is reported.
    pub(super) fn ordinal(&mut self, expr: &Expr, columns: usize, at: Range<usize>) -> Option<Option<usize>> {
        let (digits, sign) = match expr {
            Expr::Nested(inner) => return self.ordinal(inner, columns, at),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => (number(expr)?, "-"),
            expr => (number(expr)?, ""),
        };
        let digits = format!("{sign}{digits}");
        match digits.parse::<usize>() {
            Ok(n) if (1..=columns).contains(&n) => Some(Some(n - 1)),
            _ => {
                self.report(ProblemKind::Shape, at, format!("there is no column {digits} in the select list"), None);
                Some(None)
            }
        }
    }

    /// The text of one key for `order_text` when it must be written out.
    pub(super) fn key(&self, sql: &str, ty: &crate::Type, item: &sqlparser::ast::OrderByExpr) -> String {
        order_text(sql, ty, item)
    }
}

/// The digits of a number as it is written.
pub(super) fn number(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            sqlparser::ast::Value::Number(digits, _) => Some(digits),
            _ => None,
        },
        _ => None,
    }
}
