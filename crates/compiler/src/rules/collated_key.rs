//! Two keys of which one source compares texts without case and the other as they are written: the sources do not agree on
//! what is equal. Where both agree, texts are compared as their sources do.

use super::joins;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Column, Project, Query};
use dwc_googlesql::{ColumnKind, OutputColumn, Type};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for dimension in &project.dimensions {
        if let Some(members) = dimension.members().filter(|_| dimension.mini().is_none()) {
            joined(project, &members.query, &format!("dimension `{}`", dimension.name), found);
        }
    }
    for fact in project.facts.iter().filter(|fact| fact.rolls_up.is_none()) {
        for role in &fact.roles {
            let dimension = &project.dimensions[role.dimension];
            let Some(members) = dimension.members() else { continue };
            for (on, key) in role.on.iter().zip(&members.natural_key) {
                let (Some(ours), Some(theirs)) = (origin(&fact.query, on), origin(&members.query, key)) else {
                    continue;
                };
                if on.folds_case == key.folds_case {
                    continue;
                }
                let (case, exact) = if key.folds_case { (theirs, ours) } else { (ours, theirs) };
                let message = format!(
                    "role `{}` of fact `{}` looks `{}` up in dimension `{}`, whose key is compared {}",
                    role.name,
                    fact.name,
                    on.name,
                    dimension.name,
                    if key.folds_case { "without case" } else { "as it is written" }
                );
                found.push(
                    Diagnostic::new(Code::CollatedKey, message)
                        .at(role.span, format!("`{case}` is `und:ci` in its source, and `{exact}` is not"))
                        .help("declare the same `collation` where both sources compare alike"),
                );
            }
        }
        joined(project, &fact.query, &format!("fact `{}`", fact.name), found);
    }
}

/// The source column that a text of a query is as it is.
fn origin(query: &Query, column: &Column) -> Option<String> {
    let is_direct = |output: &&OutputColumn| output.name == column.name && output.kind == ColumnKind::Direct;
    let output = query.analysis.output.iter().find(is_direct).filter(|output| output.ty.plain() == Type::String)?;
    output.origins.first().map(|(table, column)| format!("{table}.{column}"))
}

/// The equalities of a query's joins that compare texts of which one source takes no notice of case.
fn joined(project: &Project, query: &Query, model: &str, found: &mut Vec<Diagnostic>) {
    let Some(joins) = joins::of(project, query) else { return };
    for [left, right] in joins.equalities().into_iter().filter(|[left, right]| left.2 != right.2) {
        let named = |(table, column, _): (&str, &str, bool)| format!("`{table}.{column}`");
        found.push(
            Diagnostic::new(Code::CollatedKey, format!("{model} joins {} with {}", named(left), named(right)))
                .at(
                    query.span,
                    "one of them is `und:ci` in its source, and the other is not: they are compared without case",
                )
                .help(
                    "declare the same `collation` where both sources compare alike, or write `LOWER(…)` on both sides",
                ),
        );
    }
}
