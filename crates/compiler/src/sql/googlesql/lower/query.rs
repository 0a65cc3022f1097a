//! Queries around SELECT: WITH, set operations, ORDER BY and LIMIT of what they give.
//! It must not know the select list.

use std::ops::Range;

use sqlparser::ast::{Cte, LimitClause, OrderBy, OrderByKind, Query, SetExpr, SetOperator, SetQuantifier};

use super::from::indent;
use super::names::same;
use super::windows::{direction, order_text};
use super::{Lower, Rows};
use crate::sql::googlesql::coerce;
use crate::sql::googlesql::problem::{ProblemKind, did_you_mean};
use crate::sql::googlesql::types::quoted;
use crate::sql::googlesql::value::{Collation, ScopeColumn};

impl Lower<'_> {
    pub(super) fn query(&mut self, query: &Query) -> Rows {
        self.query_as(query, false)
    }

    /// A query inside an expression: `SELECT AS STRUCT` gives one column there.
    pub(super) fn subquery(&mut self, query: &Query) -> Rows {
        self.query_as(query, true)
    }

    fn query_as(&mut self, query: &Query, as_value: bool) -> Rows {
        let depth = self.ctes.len();
        let mut with = Vec::new();
        if let Some(clause) = &query.with {
            for cte in &clause.cte_tables {
                with.push(self.cte(cte, clause.recursive, depth));
            }
        }
        let mut rows = if query.pipe_operators.is_empty() {
            let mut rows = self.body(&query.body, query.order_by.as_ref(), as_value);
            rows.sql.push_str(&self.limit(query.limit_clause.as_ref()));
            rows
        } else {
            self.pipes(query, as_value)
        };
        if query.fetch.is_some() || !query.locks.is_empty() || query.for_clause.is_some() {
            let message = "GoogleSQL does not have FETCH, FOR UPDATE or FOR XML";
            self.report(ProblemKind::ParseError, 0..0, message, None);
        }
        if !with.is_empty() {
            let recursive = query.with.as_ref().is_some_and(|w| w.recursive);
            let word = if recursive { "WITH RECURSIVE" } else { "WITH" };
            rows.sql = format!("{word} {}\n{}", with.join(",\n"), rows.sql);
        }
        self.ctes.truncate(depth);
        rows
    }

    fn cte(&mut self, cte: &Cte, recursive: bool, known: usize) -> String {
        let name = cte.alias.name.value.clone();
        if self.ctes[known..].iter().any(|(n, _)| same(n, &name)) {
            let at = self.span(cte.alias.name.span);
            self.report(ProblemKind::Shape, at, format!("WITH names `{name}` twice"), None);
        }
        // A CTE sees no columns from around it.
        let outer = std::mem::take(&mut self.scopes);
        let own = recursive && mentions(&cte.query, &name);
        if own {
            if let SetExpr::SetOperation { left, .. } = cte.query.body.as_ref() {
                let known = self.problems.len();
                let base = self.body(left, None, false);
                self.problems.truncate(known);
                self.ctes.push((name.clone(), base.columns));
            } else {
                let at = self.span(cte.alias.name.span);
                self.report(ProblemKind::Shape, at, format!("`{name}` refers to itself without UNION"), None);
            }
        }
        let rows = self.query(&cte.query);
        let rows = self.settle(rows);
        self.scopes = outer;
        if own {
            self.ctes.pop();
        }
        self.ctes.push((name.clone(), rows.columns));
        format!("{} AS (\n{}\n)", quoted(&name), indent(&rows.sql))
    }

    pub(super) fn body(&mut self, body: &SetExpr, order: Option<&OrderBy>, as_value: bool) -> Rows {
        match body {
            SetExpr::Select(select) => self.select(select, order, as_value),
            SetExpr::Query(query) => {
                let mut rows = self.query_as(query, as_value);
                if order.is_some() || query.order_by.is_some() || query.limit_clause.is_some() || query.with.is_some() {
                    rows.sql = format!("SELECT * FROM (\n{}\n)", indent(&rows.sql));
                }
                let keys = self.order_rows(order, &rows);
                rows.sql.push_str(&keys);
                rows
            }
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let mut rows = self.set_operation(left, *op, *set_quantifier, right, as_value);
                let keys = self.order_rows(order, &rows);
                rows.sql.push_str(&keys);
                rows
            }
            other => {
                let at = self.span_of(other);
                self.report(ProblemKind::ParseError, at, "a query is a SELECT", None);
                Rows { sql: String::new(), columns: vec![], bare: vec![] }
            }
        }
    }

    fn set_operation(
        &mut self,
        left: &SetExpr,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: &SetExpr,
        as_value: bool,
    ) -> Rows {
        let at = self.span_of(right);
        let mixed = [left, right].into_iter().any(|side| {
            matches!(side, SetExpr::SetOperation { op: other, set_quantifier, .. }
                if (other, set_quantifier) != (&op, &quantifier))
        });
        if mixed {
            let help = Some("put parentheses around one of them".into());
            self.report(ProblemKind::ParseError, at.clone(), "different set operations side by side", help);
        }
        let l = self.body(left, None, as_value);
        let r = self.body(right, None, as_value);
        let word = match (op, quantifier) {
            (SetOperator::Union, SetQuantifier::All) => "UNION ALL",
            (SetOperator::Union, SetQuantifier::Distinct) => "UNION",
            (SetOperator::Except, SetQuantifier::Distinct) => "EXCEPT",
            (SetOperator::Intersect, SetQuantifier::Distinct) => "INTERSECT",
            (SetOperator::Except | SetOperator::Intersect, SetQuantifier::All) => {
                self.unsupported(at.clone(), format!("{op} ALL"));
                "UNION ALL"
            }
            (SetOperator::Minus, _) => {
                let help = Some("write EXCEPT DISTINCT".into());
                self.report(ProblemKind::ParseError, at.clone(), "GoogleSQL does not have MINUS", help);
                "EXCEPT"
            }
            (op, SetQuantifier::None) => {
                let help = Some(format!("write {op} DISTINCT or {op} ALL"));
                self.report(ProblemKind::ParseError, at.clone(), format!("{op} needs ALL or DISTINCT"), help);
                "UNION"
            }
            _ => {
                self.unsupported(at.clone(), "BY NAME");
                "UNION ALL"
            }
        };
        if l.columns.len() != r.columns.len() {
            let message = format!("{op} of {} and {} columns", l.columns.len(), r.columns.len());
            self.report(ProblemKind::Shape, at.clone(), message, None);
        }
        if quantifier != SetQuantifier::All {
            if l.columns.iter().chain(&r.columns).any(|column| column.collation == Collation::Case) {
                self.told_apart(&at, word, "write LOWER(…) around such texts on both sides");
            }
            // Rows are told apart by each of the columns.
            self.used.extend(l.columns.iter().chain(&r.columns).flat_map(|column| column.origins.iter().cloned()));
        }
        let mut columns = Vec::new();
        let (mut cast_left, mut cast_right) = (false, false);
        for (a, b) in l.columns.iter().zip(&r.columns) {
            let ty = coerce::wider(&a.ty, &b.ty);
            if ty.is_none() {
                let message = format!("column `{}` of {op} is {} and {}", a.name, a.ty, b.ty);
                self.report(ProblemKind::TypeMismatch, at.clone(), message, None);
            }
            let ty = ty.unwrap_or_else(|| a.ty.clone());
            cast_left |= ty.duckdb() != a.ty.duckdb();
            cast_right |= ty.duckdb() != b.ty.duckdb();
            columns.push(ScopeColumn {
                name: a.name.clone(),
                ty,
                sql: quoted(&a.name),
                origins: a.origins.union(&b.origins).cloned().collect(),
                kind: a.kind.max(b.kind),
                collation: a.collation.max(b.collation),
            });
        }
        let left_sql = side(&l, &columns, cast_left, is_set(left));
        let right_sql = side(&r, &columns, cast_right, is_set(right));
        let mut bare = l.bare;
        bare.extend(r.bare);
        Rows { sql: format!("{left_sql}\n{word}\n{right_sql}"), columns, bare }
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
                    let found = rows.columns.iter().position(|c| same(&c.name, &ident.value));
                    if found.is_none() {
                        let help = did_you_mean(&ident.value, rows.columns.iter().map(|c| c.name.as_str()));
                        let message = format!("unknown column `{}`", ident.value);
                        self.report(ProblemKind::UnknownColumn, at, message, help);
                        continue;
                    }
                    found
                }
                other => self.ordinal(other, rows.columns.len(), at.clone()).unwrap_or_else(|| {
                    self.unsupported(at, "ORDER BY of an expression after a set operation");
                    None
                }),
            };
            if let Some(place) = place {
                keys.push(format!("{}{}", place + 1, direction(item)));
            }
        }
        if keys.is_empty() { String::new() } else { format!("\nORDER BY {}", keys.join(", ")) }
    }

    /// `Some(Some(index))` for an ordinal within the list, `Some(None)` for one beyond it, which is reported.
    pub(super) fn ordinal(
        &mut self,
        expr: &sqlparser::ast::Expr,
        columns: usize,
        at: Range<usize>,
    ) -> Option<Option<usize>> {
        let sqlparser::ast::Expr::Value(v) = expr else {
            return None;
        };
        let sqlparser::ast::Value::Number(digits, _) = &v.value else {
            return None;
        };
        match digits.parse::<usize>() {
            Ok(n) if (1..=columns).contains(&n) => Some(Some(n - 1)),
            _ => {
                self.report(ProblemKind::Shape, at, format!("there is no column {digits} in the select list"), None);
                Some(None)
            }
        }
    }

    pub(super) fn limit(&mut self, limit: Option<&LimitClause>) -> String {
        match limit {
            None => String::new(),
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                let mut text = String::new();
                if let Some(limit) = limit {
                    text.push_str(&format!("\nLIMIT {}", self.expr(limit).plain()));
                }
                if limit.is_none() && offset.is_some() {
                    self.report(ProblemKind::ParseError, 0..0, "OFFSET needs LIMIT", None);
                }
                if let Some(offset) = offset {
                    text.push_str(&format!("\nOFFSET {}", self.expr(&offset.value).plain()));
                }
                text
            }
            Some(_) => {
                self.unsupported(0..0, "this form of LIMIT");
                String::new()
            }
        }
    }

    /// The text of one key for `order_text` when it must be written out.
    pub(super) fn key(
        &self,
        sql: &str,
        ty: &crate::sql::googlesql::Type,
        item: &sqlparser::ast::OrderByExpr,
    ) -> String {
        order_text(sql, ty, item)
    }
}

/// One side of a set operation: cast to the common types where it needs to be, and kept together.
fn side(rows: &Rows, columns: &[ScopeColumn], cast: bool, nested: bool) -> String {
    if cast {
        let items: Vec<String> = columns
            .iter()
            .zip(&rows.columns)
            .enumerate()
            .map(|(i, (to, from))| {
                let from_name = quoted(&format!("c{}", i + 1));
                if to.ty.duckdb() == from.ty.duckdb() {
                    format!("{from_name} AS {}", quoted(&to.name))
                } else {
                    format!("CAST({from_name} AS {}) AS {}", to.ty.duckdb(), quoted(&to.name))
                }
            })
            .collect();
        let names: Vec<String> = (1..=columns.len()).map(|i| quoted(&format!("c{i}"))).collect();
        return format!("SELECT {} FROM (\n{}\n) AS \"_u\"({})", items.join(", "), indent(&rows.sql), names.join(", "));
    }
    if nested { format!("(\n{}\n)", indent(&rows.sql)) } else { rows.sql.clone() }
}

/// Whether a side is a query of its own, which stays together: in parentheses it may be a set operation too.
fn is_set(body: &SetExpr) -> bool {
    matches!(body, SetExpr::SetOperation { .. } | SetExpr::Query(_))
}

fn mentions(query: &Query, name: &str) -> bool {
    let mut found = false;
    let _ = sqlparser::ast::visit_relations(query, |relation| {
        found |= relation.0.len() == 1 && relation.0[0].as_ident().is_some_and(|ident| same(&ident.value, name));
        std::ops::ControlFlow::<()>::Continue(())
    });
    found
}
