//! A measure of a coarser grain than its fact is repeated on every row below it: an order's fee on its lines is summed once
//! per line.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Visit, Visitor};

use super::joins::{self, Joined};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Additivity, Fact, Measure, Project};
use crate::sql::googlesql::{ColumnKind, OutputColumn, parse_expr};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in project.facts.iter().filter(|fact| fact.rolls_up.is_none()) {
        let additive = |measure: &&Measure| measure.additive != Additivity::None;
        let Some(grain) = grain_table(fact).filter(|_| fact.measures.iter().any(|measure| additive(&measure))) else {
            continue;
        };
        let Some(joined) = joins::of(project, &fact.query) else { continue };
        let place = |address: &str| joined.iter().position(|one| one.table.address == address);
        let Some(base) = place(&grain).filter(|at| has_grain(fact, &joined[*at])) else { continue };
        for measure in fact.measures.iter().filter(additive) {
            let Some(table) = measured_table(fact, measure).filter(|table| *table != grain) else { continue };
            if !place(&table).is_some_and(|at| is_coarser(&joined, at, base)) {
                continue;
            }
            found.push(
                Diagnostic::new(
                    Code::CoarserMeasure,
                    format!(
                        "measure `{}` of fact `{}` is one value per row of `{table}`, and stands on every row of `{grain}` below it",
                        measure.column.name, fact.name
                    ),
                )
                .at(measure.span, "its sum counts a value several times")
                .help(format!(
                    "measure it in a fact of the grain of `{table}`, allocate it to the rows, or declare `additive: none`"
                )),
            );
        }
    }
}

/// The output of the query of a name.
fn output<'f>(fact: &'f Fact, name: &str) -> Option<&'f OutputColumn> {
    fact.query.analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(name))
}

/// The one table that the columns of the fact's grain come from, as they are.
fn grain_table(fact: &Fact) -> Option<String> {
    let tables: Option<BTreeSet<&str>> = fact.key.iter().map(|key| direct(output(fact, &key.name)?)).collect();
    let tables = tables?;
    (tables.len() == 1).then(|| tables.into_iter().next().unwrap_or_default().to_owned())
}

/// The table of a column that is handed on as it is.
fn direct(output: &OutputColumn) -> Option<&str> {
    match output.origins.as_slice() {
        [(table, _)] if output.kind == ColumnKind::Direct => Some(table),
        _ => None,
    }
}

/// Whether the fact's key is the primary key of a table.
fn has_grain(fact: &Fact, joined: &Joined<'_>) -> bool {
    let columns: BTreeSet<&str> =
        fact.key.iter().filter_map(|key| output(fact, &key.name)?.origins.first()).map(|(_, c)| c.as_str()).collect();
    joined.table.primary_key.iter().map(String::as_str).collect::<BTreeSet<_>>() == columns
}

/// The one table that everything in a measure's expression comes from, as it is.
fn measured_table(fact: &Fact, measure: &Measure) -> Option<String> {
    struct Names(Vec<String>);
    impl Visitor for Names {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(name) => self.0.push(name.value.clone()),
                Expr::CompoundIdentifier(parts) => self.0.extend(parts.last().map(|part| part.value.clone())),
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(Vec::new());
    let _ = parse_expr(&measure.expr).ok()?.visit(&mut names);
    let tables: Option<BTreeSet<&str>> = names.0.iter().map(|name| direct(output(fact, name)?)).collect();
    let tables = tables?;
    (tables.len() == 1).then(|| tables.into_iter().next().unwrap_or_default().to_owned())
}

/// Whether several rows of the base share one row of a table, directly or over a table between.
fn is_coarser(joined: &[Joined<'_>], table: usize, base: usize) -> bool {
    if joined[table].is_one_for(base) && joined[base].shares(table) {
        return true;
    }
    (0..joined.len()).filter(|at| *at != table && *at != base).any(|at| {
        let over = joined[table].is_one_for(at);
        over && joined[at].is_one_for(base) && (joined[base].shares(at) || joined[at].shares(table))
    })
}
