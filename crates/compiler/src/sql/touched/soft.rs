//! Columns whose values the images of one table alone do not tell: what a subquery aggregates, what an outer join may leave
//! NULL, and what tells apart the rows that a window of a subquery compares. A condition on such a column is left out of the
//! search for touched keys, which widens it.
//! It must not decide which keys a query is named by.

use sqlparser::ast::{
    BinaryOperator, Expr, Join, JoinConstraint, JoinOperator, Select, SelectItem, SelectItemQualifiedWildcardKind,
    TableFactor, visit_expressions,
};
use std::ops::ControlFlow;

use super::{
    Derived, aliases, branches, constraint, contains_aggregate, factor_alias, is_outer, partitions, same, whole,
};

/// The soft columns that a block reads from its subqueries.
pub(super) struct Soft {
    columns: Vec<(String, Outputs)>,
}

enum Outputs {
    Some(Vec<String>),
    /// All but these.
    AllBut(Vec<String>),
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
                for select in &inner {
                    match outputs(select) {
                        Outputs::Some(found) => soft.extend(found),
                        all => columns.push((alias.clone(), all)),
                    }
                }
                if !soft.is_empty() {
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
                        Outputs::AllBut(names) => !names.iter().any(|name| name.eq_ignore_ascii_case(column)),
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
    // A row that comes or goes changes what a window says of the others, whatever it holds itself beside their partition.
    let spans = Windows::of(select);
    let is_soft = |expr: &Expr| {
        contains_aggregate(expr)
            || spans.as_ref().is_some_and(|windows| !windows.are_partitioned_by(expr))
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
            SelectItem::Wildcard(_) if !nullable.is_empty() || !soft.columns.is_empty() => {
                return Outputs::AllBut(Vec::new());
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let name = name.to_string();
                let name = name.trim_matches('`');
                if is_nullable(Some(name), &nullable, several) || soft.columns.iter().any(|(alias, _)| alias == name) {
                    return Outputs::AllBut(Vec::new());
                }
            }
            _ => {}
        }
    }
    let wildcard = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    match spans {
        Some(windows) if select.projection.iter().any(wildcard) => Outputs::AllBut(windows.names(select)),
        _ => Outputs::Some(found),
    }
}

/// What every window of a block is partitioned by.
struct Windows(Vec<Expr>);

impl Windows {
    /// None where a block has no window.
    fn of(select: &Select) -> Option<Self> {
        // Of a named window nothing is known.
        let Ok(all) = partitions(select) else { return Some(Self(Vec::new())) };
        let (first, others) = all.split_first()?;
        let common = first.iter().filter(|by| others.iter().all(|other| other.iter().any(|one| same(by, one))));
        Some(Self(common.cloned().collect()))
    }

    fn are_partitioned_by(&self, expr: &Expr) -> bool {
        self.0.iter().any(|by| same(by, expr))
    }

    /// The output columns of the block that all windows are partitioned by.
    fn names(&self, select: &Select) -> Vec<String> {
        let plain = self.0.iter().filter_map(|by| match by {
            Expr::Identifier(name) => Some(name.value.clone()),
            Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.clone()),
            _ => None,
        });
        let named = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if self.are_partitioned_by(expr) => Some(alias.value.clone()),
            _ => None,
        });
        plain.chain(named).collect()
    }
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
