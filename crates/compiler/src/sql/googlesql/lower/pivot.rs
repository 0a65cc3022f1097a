//! PIVOT: one aggregate per listed value over the rows that have it, grouped by every column it does not name.
//! It must not know aggregates: it builds the query that it stands for.

use std::ops::Range;

use sqlparser::ast::{Expr, PivotValueSource, TableFactor, visit_expressions};

use super::Lower;
use super::expr::implied_name;
use super::from::indent;
use super::names::same;
use crate::sql::googlesql::parse::parse_query;
use crate::sql::googlesql::types::quoted;

impl Lower<'_> {
    pub(super) fn pivot(&mut self, factor: &TableFactor, span: Range<usize>) -> String {
        match self.pivot_query(factor) {
            Some((sql, alias)) => {
                let hidden = self.scopes.last_mut().map(std::mem::take).unwrap_or_default();
                let rows = match parse_query(&sql) {
                    Ok(query) => {
                        let lines = self.lines.take();
                        let rows = self.query(&query);
                        self.lines = lines;
                        Some(rows)
                    }
                    Err(_) => None,
                };
                if let Some(scope) = self.scopes.last_mut() {
                    *scope = hidden;
                }
                let Some(rows) = rows else {
                    self.unsupported(span, "this form of PIVOT");
                    return String::new();
                };
                let alias = alias.unwrap_or_else(|| self.fresh_name());
                self.relation(&alias, rows.columns);
                format!("(\n{}\n) AS {}", indent(&rows.sql), quoted(&alias))
            }
            None => {
                self.unsupported(span, "this form of PIVOT");
                String::new()
            }
        }
    }

    fn pivot_query(&mut self, factor: &TableFactor) -> Option<(String, Option<String>)> {
        let TableFactor::Pivot { table, aggregate_functions, value_column, value_source, alias, .. } = factor else {
            return None;
        };
        let PivotValueSource::List(values) = value_source else {
            return None;
        };
        let [Expr::Identifier(by)] = value_column.as_slice() else {
            return None;
        };
        // The columns that the input has.
        let known = self.problems.len();
        let probe = parse_query(&format!("SELECT * FROM {table}")).ok()?;
        let tables = self.tables.len();
        let input = self.query(&probe);
        self.tables.truncate(tables);
        self.problems.truncate(known);
        let mut named = vec![by.value.clone()];
        for aggregate in aggregate_functions {
            let _ = visit_expressions(&aggregate.expr, |e: &Expr| {
                if let Expr::Identifier(ident) = e {
                    named.push(ident.value.clone());
                }
                std::ops::ControlFlow::<()>::Continue(())
            });
        }
        let keys: Vec<String> = input
            .columns
            .iter()
            .filter(|c| !named.iter().any(|n| same(n, &c.name)))
            .map(|c| format!("`{}`", c.name))
            .collect();
        let mut items = keys.clone();
        for value in values {
            let label = match (&value.alias, implied_name(&value.expr)) {
                (Some(alias), _) => alias.value.clone(),
                (None, _) => match &value.expr {
                    Expr::Value(v) => super::literals::text_of(&v.value).flatten().unwrap_or_else(|| v.to_string()),
                    _ => return None,
                },
            };
            for aggregate in aggregate_functions {
                let Expr::Function(f) = &aggregate.expr else {
                    return None;
                };
                let args = super::calls::plain_args(f)?;
                let name = super::calls::dotted(f);
                let condition = format!("`{}` = {}", by.value, value.expr);
                let call = match (name.as_str(), args.as_slice()) {
                    ("COUNT", []) => format!("COUNTIF({condition})"),
                    ("SUM" | "MIN" | "MAX" | "AVG" | "COUNT" | "COUNTIF" | "STRING_AGG", [arg]) => {
                        format!("{name}(IF({condition}, {arg}, NULL))")
                    }
                    _ => return None,
                };
                let column = match &aggregate.alias {
                    Some(alias) => format!("{}_{label}", alias.value),
                    None => label.clone(),
                };
                items.push(format!("{call} AS `{column}`"));
            }
        }
        let group = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        let sql = format!("SELECT {} FROM {table}{group}", items.join(", "));
        Some((sql, alias.as_ref().map(|a| a.name.value.clone())))
    }
}
