//! A key that its source compares without case, and that a model compares as it is written: `S01` and `s01` are one store
//! there and two here. What is folded, as by `LOWER`, is compared as the source does.

use std::collections::BTreeSet;

use super::joins;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DimensionKind, Project, Query};
use crate::source::Span;
use crate::sql::googlesql::{ColumnKind, OutputColumn};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for dimension in &project.dimensions {
        let DimensionKind::Standard(members) = &dimension.kind else { continue };
        for key in &members.natural_key {
            if let Some(origin) = folded_there(project, &members.query, &key.name) {
                let message =
                    format!("natural key `{}` of dimension `{}` is compared with case", key.name, dimension.name);
                found.push(unlike(message, dimension.span, &origin, &key.name));
            }
        }
        joined(project, &members.query, &format!("dimension `{}`", dimension.name), found);
    }
    for fact in project.facts.iter().filter(|fact| fact.rolls_up.is_none()) {
        for role in &fact.roles {
            let names: BTreeSet<&str> = role.on.iter().map(|column| column.name.as_str()).collect();
            for name in names {
                if let Some(origin) = folded_there(project, &fact.query, name) {
                    let message =
                        format!("key `{name}` of role `{}` of fact `{}` is compared with case", role.name, fact.name);
                    found.push(unlike(message, role.span, &origin, name));
                }
            }
        }
        joined(project, &fact.query, &format!("fact `{}`", fact.name), found);
    }
}

/// The source column that an output is as it is, where the source compares it without case.
fn folded_there(project: &Project, query: &Query, name: &str) -> Option<String> {
    let is_direct = |output: &&OutputColumn| output.name == name && output.kind == ColumnKind::Direct;
    let output = query.analysis.output.iter().find(is_direct)?;
    let (table, column) = output.origins.iter().find(|(table, column)| {
        project.table(table).and_then(|table| table.column(column)).is_some_and(|column| column.folds_case)
    })?;
    Some(format!("{table}.{column}"))
}

fn unlike(message: String, span: Span, origin: &str, name: &str) -> Diagnostic {
    Diagnostic::new(Code::CollatedKey, message)
        .at(span, format!("`{origin}` is `und:ci`: its source takes `S01` and `s01` for one"))
        .help(format!("write `LOWER({name}) AS {name}` in the query, here and wherever the key stands"))
}

/// The equalities of a query's joins that compare such columns as they are written.
fn joined(project: &Project, query: &Query, model: &str, found: &mut Vec<Diagnostic>) {
    let Some(joins) = joins::of(project, query) else { return };
    for [left, right] in joins.equalities() {
        let said = match (left.2, right.2) {
            (false, false) => continue,
            (true, true) => "both are `und:ci` in their sources, and are compared with case here",
            _ => "one of them is `und:ci` in its source, and the other is not",
        };
        let named = |(table, column, _): (&str, &str, bool)| format!("`{table}.{column}`");
        found.push(
            Diagnostic::new(Code::CollatedKey, format!("{model} joins {} with {}", named(left), named(right)))
                .at(query.span, said)
                .help(
                    "write `LOWER(…)` on both sides, or declare the same `collation` where both sources compare alike",
                ),
        );
    }
}
