//! Pipe syntax: every operator is the query that it stands for around what came before.
//! It must not lower anything itself.

use sqlparser::ast::{
    Expr, GroupByExpr, Ident, OrderBy, OrderByKind, PipeOperator, Query, Select, SelectItem, SetExpr, TableAlias,
    TableFactor, TableWithJoins, WildcardAdditionalOptions,
};

use super::{Lower, Rows};
use crate::sql::googlesql::parse::parse_query;

impl Lower<'_> {
    pub(super) fn pipes(&mut self, query: &Query, as_value: bool) -> Rows {
        let mut current = query.clone();
        current.with = None;
        current.pipe_operators.clear();
        if let Some(select) = select_of(&mut current)
            && select.projection.is_empty()
        {
            select.projection = vec![SelectItem::Wildcard(WildcardAdditionalOptions::default())];
        }
        for operator in &query.pipe_operators {
            match wrap(current.clone(), operator) {
                Some(next) => current = next,
                None => {
                    self.unsupported(0..0, format!("the pipe operator `{operator}`"));
                    break;
                }
            }
        }
        let mut rows = self.body(&current.body, current.order_by.as_ref(), as_value);
        rows.sql.push_str(&self.limit(current.limit_clause.as_ref()));
        rows
    }
}

/// `SELECT * FROM (query)`.
fn around(query: Query) -> Option<Query> {
    let mut outer = parse_query("SELECT * FROM t").ok()?;
    let SetExpr::Select(select) = outer.body.as_mut() else {
        return None;
    };
    select.from = vec![TableWithJoins {
        relation: TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: None, sample: None },
        joins: vec![],
    }];
    Some(outer)
}

fn select_of(query: &mut Query) -> Option<&mut Select> {
    match query.body.as_mut() {
        SetExpr::Select(select) => Some(select),
        _ => None,
    }
}

fn wrap(query: Query, operator: &PipeOperator) -> Option<Query> {
    let mut outer = match operator {
        // ORDER BY and LIMIT go together.
        PipeOperator::Limit { .. } if query.limit_clause.is_none() && query.order_by.is_some() => query,
        PipeOperator::As { alias } => {
            let mut outer = around(query)?;
            let table = select_of(&mut outer)?.from.first_mut()?;
            if let TableFactor::Derived { alias: name, .. } = &mut table.relation {
                *name = Some(TableAlias { explicit: true, name: alias.clone(), columns: vec![], at: None });
            }
            return Some(outer);
        }
        _ => around(query)?,
    };
    match operator {
        PipeOperator::Where { expr } => select_of(&mut outer)?.selection = Some(expr.clone()),
        PipeOperator::Select { exprs } => select_of(&mut outer)?.projection = exprs.clone(),
        PipeOperator::Extend { exprs } => select_of(&mut outer)?.projection.extend(exprs.iter().cloned()),
        PipeOperator::OrderBy { exprs } => {
            outer.order_by = Some(OrderBy { kind: OrderByKind::Expressions(exprs.clone()), interpolate: None });
        }
        PipeOperator::Limit { expr, offset: None } => {
            let limit = parse_query(&format!("SELECT 1 LIMIT {expr}")).ok()?.limit_clause;
            outer.limit_clause = limit;
        }
        PipeOperator::Drop { columns } => {
            let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
            let source = parse_query(&format!("SELECT * EXCEPT({}) FROM t", names.join(", "))).ok()?;
            let SetExpr::Select(with) = *source.body else {
                return None;
            };
            select_of(&mut outer)?.projection = with.projection;
        }
        PipeOperator::Aggregate { full_table_exprs, group_by_expr } => {
            let mut items = Vec::new();
            let mut keys = Vec::new();
            for key in group_by_expr {
                if key.order_by.sort.is_some() {
                    return None;
                }
                items.push(item(&key.expr.expr, key.expr.alias.as_ref()));
                keys.push(key.expr.expr.clone());
            }
            for aggregate in full_table_exprs {
                items.push(item(&aggregate.expr.expr, aggregate.expr.alias.as_ref()));
            }
            let select = select_of(&mut outer)?;
            select.projection = items;
            select.group_by = GroupByExpr::Expressions(keys, vec![]);
        }
        _ => return None,
    }
    Some(outer)
}

fn item(expr: &Expr, alias: Option<&Ident>) -> SelectItem {
    match alias {
        Some(alias) => SelectItem::ExprWithAlias { expr: expr.clone(), alias: alias.clone() },
        None => SelectItem::UnnamedExpr(expr.clone()),
    }
}
