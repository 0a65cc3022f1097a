//! Queries around SELECT: WITH, and LIMIT of what they give.
//! It must not know the select list.

use sqlparser::ast::{Cte, Expr, LimitClause, OrderBy, Query, SetExpr};

use super::found::found_in;
use super::from::indent;
use super::names::same;
use super::recursion::{self, mentions};
use super::{Lower, Rows};
use crate::coerce;
use crate::problem::ProblemKind;
use crate::types::{Type, quoted};
use crate::value::{Literal, Value};

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
            let all = if clause.recursive {
                recursion::ordered(&clause.cte_tables)
            } else {
                clause.cte_tables.iter().collect()
            };
            for cte in all {
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
            let wrong = recursion::wrong(&cte.query, &name);
            if let (SetExpr::SetOperation { left, .. }, None) = (cte.query.body.as_ref(), wrong) {
                let known = self.problems.len();
                let base = self.body(left, None, false);
                self.problems.truncate(known);
                let base = self.settle(base);
                self.ctes.push((name.clone(), base.columns));
            } else {
                let at = self.span(cte.alias.name.span);
                let message = format!("`{name}` {}", wrong.unwrap_or("refers to itself without UNION"));
                self.report(ProblemKind::Shape, at, message, None);
                // What follows from it is not told.
                self.ctes.push((name.clone(), vec![]));
                self.scopes = outer;
                return String::new();
            }
        }
        let rows = self.query(&cte.query);
        let rows = self.settle(rows);
        self.scopes = outer;
        if own && let Some((_, base)) = self.ctes.pop() {
            for (base, whole) in base.iter().zip(&rows.columns) {
                if !coerce::converts(&whole.ty, &base.ty) {
                    let at = self.span(cte.alias.name.span);
                    let (is, becomes) = (&base.ty, &whole.ty);
                    let message = format!("column `{}` of `{name}` is {is} first and {becomes} later", base.name);
                    self.report(ProblemKind::TypeMismatch, at, message, None);
                }
            }
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

    pub(super) fn limit(&mut self, limit: Option<&LimitClause>) -> String {
        match limit {
            None => String::new(),
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                let mut text = String::new();
                if let Some(limit) = limit {
                    text.push_str(&format!("\nLIMIT {}", self.count_of_rows(limit, "LIMIT").plain()));
                }
                if limit.is_none() && offset.is_some() {
                    self.report(ProblemKind::ParseError, 0..0, "OFFSET needs LIMIT", None);
                }
                if let Some(offset) = offset {
                    text.push_str(&format!("\nOFFSET {}", self.count_of_rows(&offset.value, "OFFSET").plain()));
                }
                text
            }
            Some(_) => {
                self.unsupported(0..0, "this form of LIMIT");
                String::new()
            }
        }
    }

    /// A number of rows: a constant, for no column is known where it stands.
    pub(super) fn count_of_rows(&mut self, expr: &Expr, clause: &str) -> Value {
        let at = self.span_of(expr);
        let hidden = std::mem::take(&mut self.scopes);
        self.enter();
        let value = self.expr(expr);
        self.scopes = hidden;
        if found_in(expr).query || value.aggregate || value.window {
            return self.fail(ProblemKind::TypeMismatch, at, format!("{clause} takes a constant"));
        }
        if let Some(Literal::Int(digits)) = &value.literal
            && digits.starts_with('-')
        {
            return self.fail(ProblemKind::TypeMismatch, at, format!("{clause} takes a number from 0, found {digits}"));
        }
        self.expect(value, &Type::Int64, at, clause)
    }
}
