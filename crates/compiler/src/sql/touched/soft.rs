//! Columns whose values the images of one table alone do not tell: what a subquery aggregates, and what an outer join
//! may leave NULL. A condition on such a column is left out of the search for touched keys, which widens it.
//! It must not decide which keys a query is named by.

use sqlparser::ast::{
    BinaryOperator, Expr, Join, JoinConstraint, JoinOperator, Select, SelectItem, SelectItemQualifiedWildcardKind,
    TableFactor, visit_expressions,
};
use std::ops::ControlFlow;

use super::{Derived, aliases, branches, constraint, contains_aggregate, factor_alias, is_outer, whole};

/// The soft columns that a block reads from its subqueries.
pub(super) struct Soft {
    columns: Vec<(String, Outputs)>,
}

enum Outputs {
    Some(Vec<String>),
    All,
}

impl Soft {
    /// Those of the subqueries in a block's FROM.
    pub(super) fn of(select: &Select) -> Self {
        let mut columns = Vec::new();
        for from in &select.from {
            for factor in std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)) {
                let (TableFactor::Derived { subquery, .. }, Some(alias)) = (factor, factor_alias(factor)) else {
                    continue;
                };
                let inner = branches(&subquery.body).unwrap_or_default();
                let mut soft = Vec::new();
                let mut all = false;
                for select in &inner {
                    match outputs(select) {
                        Outputs::Some(found) => soft.extend(found),
                        Outputs::All => all = true,
                    }
                }
                if all {
                    columns.push((alias, Outputs::All));
                } else if !soft.is_empty() {
                    columns.push((alias, Outputs::Some(soft)));
                }
            }
        }
        Self { columns }
    }

    /// Whether an expression reads one of them; a name without a relation is taken to be any of that name.
    pub(super) fn is_read_by(&self, expr: &Expr) -> bool {
        reads(expr, &mut |alias, column| {
            self.columns.iter().any(|(relation, outputs)| {
                alias.is_none_or(|alias| alias.eq_ignore_ascii_case(relation))
                    && match outputs {
                        Outputs::All => true,
                        Outputs::Some(names) => names.iter().any(|name| name.eq_ignore_ascii_case(column)),
                    }
            })
        })
    }
}

/// The output columns of a subquery that are soft.
fn outputs(select: &Select) -> Outputs {
    let soft = Soft::of(select);
    let nullable = nullable(select);
    let several = aliases(select).len() > 1;
    let is_soft = |expr: &Expr| {
        contains_aggregate(expr)
            || soft.is_read_by(expr)
            || reads(expr, &mut |alias, _| is_nullable(alias, &nullable, several))
    };
    let mut found = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::ExprWithAlias { expr, alias } if is_soft(expr) => found.push(alias.value.clone()),
            SelectItem::UnnamedExpr(expr) if is_soft(expr) => match expr {
                Expr::Identifier(name) => found.push(name.value.clone()),
                Expr::CompoundIdentifier(parts) => found.extend(parts.last().map(|part| part.value.clone())),
                _ => {}
            },
            SelectItem::Wildcard(_) if !nullable.is_empty() || !soft.columns.is_empty() => return Outputs::All,
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let name = name.to_string();
                let name = name.trim_matches('`');
                if is_nullable(Some(name), &nullable, several) || soft.columns.iter().any(|(alias, _)| alias == name) {
                    return Outputs::All;
                }
            }
            _ => {}
        }
    }
    Outputs::Some(found)
}

/// The relations of a block that an outer join may leave without a row.
pub(super) fn nullable(select: &Select) -> Vec<String> {
    let mut found = Vec::new();
    for from in &select.from {
        let mut before: Vec<String> = factor_alias(&from.relation).into_iter().collect();
        for Join { relation, join_operator, .. } in &from.joins {
            let right = factor_alias(relation);
            match join_operator {
                JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => found.extend(right.clone()),
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) => found.extend(before.iter().cloned()),
                JoinOperator::FullOuter(_) => {
                    found.extend(before.iter().cloned());
                    found.extend(right.clone());
                }
                _ => {}
            }
            before.extend(right);
        }
    }
    found
}

fn is_nullable(alias: Option<&str>, nullable: &[String], several: bool) -> bool {
    match alias {
        Some(alias) => nullable.iter().any(|name| name.eq_ignore_ascii_case(alias)),
        None => several && !nullable.is_empty(),
    }
}

/// Leaves out of a block's conditions what images of one table do not tell.
pub(super) fn widen(select: &mut Select) -> Derived<()> {
    let soft = Soft::of(select);
    let nullable = nullable(select);
    let several = aliases(select).len() > 1;
    // A row that loses its partner may pass a filter that it failed before.
    let firm =
        |expr: &Expr| !soft.is_read_by(expr) && !reads(expr, &mut |alias, _| is_nullable(alias, &nullable, several));
    select.selection = select.selection.take().and_then(|filter| keep(filter, &firm));
    for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
        let Some(JoinConstraint::On(on)) = constraint(&join.join_operator).cloned() else { continue };
        if !soft.is_read_by(&on) {
            continue;
        }
        let Some(kept) = keep(on, &|expr| !soft.is_read_by(expr)) else {
            return whole("a join compares nothing but what a subquery computes from several rows");
        };
        let on = JoinConstraint::On(kept);
        join.join_operator = match &join.join_operator {
            JoinOperator::Join(_) => JoinOperator::Join(on),
            JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => JoinOperator::LeftOuter(on),
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) => JoinOperator::RightOuter(on),
            JoinOperator::FullOuter(_) => JoinOperator::FullOuter(on),
            other if is_outer(other) => return whole("a join of a kind that is not known"),
            _ => JoinOperator::Inner(on),
        };
    }
    Ok(())
}

/// The conjuncts of a condition that pass; none where no one does.
fn keep(expr: Expr, passes: &dyn Fn(&Expr) -> bool) -> Option<Expr> {
    match expr {
        Expr::Nested(inner) => keep(*inner, passes).map(|inner| Expr::Nested(Box::new(inner))),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => match (keep(*left, passes), keep(*right, passes)) {
            (Some(left), Some(right)) => {
                Some(Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::And, right: Box::new(right) })
            }
            (left, right) => left.or(right),
        },
        other => passes(&other).then_some(other),
    }
}

/// Whether an expression reads a column, given as the relation's alias where the text has one and its name.
pub(super) fn reads(expr: &Expr, column: &mut dyn FnMut(Option<&str>, &str) -> bool) -> bool {
    visit_expressions(expr, |inner| {
        let found = match inner {
            Expr::Identifier(name) => column(None, &name.value),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [alias, name, ..] => column(Some(&alias.value), &name.value),
                _ => false,
            },
            _ => false,
        };
        if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .is_break()
}
