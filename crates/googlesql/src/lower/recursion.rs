//! What a query of WITH RECURSIVE may be: the order of its names, and where a query may refer to itself.
//! It must not lower anything.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Cte, Distinct, GroupByExpr, JoinOperator, Query, Select, SetExpr, SetOperator, TableFactor, TableWithJoins,
};

use super::found::found_in;
use super::names::same;

/// The queries in an order in which each comes after those that it names, as far as there is one.
pub(super) fn ordered(ctes: &[Cte]) -> Vec<&Cte> {
    let mut rest: Vec<&Cte> = ctes.iter().collect();
    let mut out = Vec::new();
    while !rest.is_empty() {
        let free = |cte: &Cte| {
            rest.iter().all(|other| std::ptr::eq(*other, cte) || !mentions(&cte.query, &other.alias.name.value))
        };
        let next = rest.iter().position(|cte| free(cte)).unwrap_or(0);
        out.push(rest.remove(next));
    }
    out
}

/// Whether a query reads a table of that name.
pub(super) fn mentions(query: &Query, name: &str) -> bool {
    times(query, name) > 0
}

fn times(node: &impl sqlparser::ast::Visit, name: &str) -> usize {
    let mut found = 0;
    let _ = sqlparser::ast::visit_relations(node, |relation| {
        let is = relation.0.len() == 1 && relation.0[0].as_ident().is_some_and(|ident| same(&ident.value, name));
        found += usize::from(is);
        ControlFlow::<()>::Continue(())
    });
    found
}

/// What is wrong with the way in which a query refers to itself.
pub(super) fn wrong(query: &Query, name: &str) -> Option<&'static str> {
    let SetExpr::SetOperation { left, op: SetOperator::Union, right, .. } = query.body.as_ref() else {
        return Some("refers to itself without UNION");
    };
    if query.order_by.is_some() || query.limit_clause.is_some() {
        return Some("refers to itself, and takes no ORDER BY and no LIMIT");
    }
    if times(left.as_ref(), name) > 0 {
        return Some("refers to itself before its last UNION");
    }
    match times(right.as_ref(), name) {
        0 | 1 => body(right, name),
        _ => Some("refers to itself more than once"),
    }
}

fn body(of: &SetExpr, name: &str) -> Option<&'static str> {
    match of {
        SetExpr::Query(inner) => nested(inner, name),
        SetExpr::SetOperation { left, right, .. } => body(left, name).or_else(|| body(right, name)),
        SetExpr::Select(select) if times(select.as_ref(), name) > 0 => in_select(select, name),
        _ => None,
    }
}

fn nested(query: &Query, name: &str) -> Option<&'static str> {
    if !mentions(query, name) {
        return None;
    }
    if query.order_by.is_some() || query.limit_clause.is_some() {
        return Some("refers to itself in a query with ORDER BY or LIMIT");
    }
    if query.with.as_ref().is_some_and(|with| times(with, name) > 0) {
        return Some("refers to itself in an inner WITH");
    }
    body(&query.body, name)
}

fn in_select(select: &Select, name: &str) -> Option<&'static str> {
    let found = found_in(&select.projection);
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    if grouped || found.aggregate || matches!(select.distinct, Some(Distinct::Distinct)) {
        return Some("refers to itself in a query with DISTINCT, GROUP BY or an aggregate");
    }
    if found.window || select.qualify.is_some() {
        return Some("refers to itself in a query with a window function");
    }
    let from: usize = select.from.iter().map(|table| times(table, name)).sum();
    if from == 0 {
        return Some("refers to itself in an expression");
    }
    select.from.iter().find_map(|table| in_from(table, name))
}

fn in_from(table: &TableWithJoins, name: &str) -> Option<&'static str> {
    let mut left = times(&table.relation, name) > 0;
    let mut wrong = in_factor(&table.relation, name);
    for join in &table.joins {
        let right = times(&join.relation, name) > 0;
        let optional = match join.join_operator {
            JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => right,
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) => left,
            JoinOperator::FullOuter(_) => left || right,
            _ => false,
        };
        wrong = wrong
            .or_else(|| optional.then_some("refers to itself on the side of a join that may have no row"))
            .or_else(|| in_factor(&join.relation, name));
        left |= right;
    }
    wrong
}

fn in_factor(factor: &TableFactor, name: &str) -> Option<&'static str> {
    match factor {
        TableFactor::Derived { subquery, .. } => nested(subquery, name),
        TableFactor::NestedJoin { table_with_joins, .. } => in_from(table_with_joins, name),
        _ => None,
    }
}
