//! A measure of a coarser grain than its fact is repeated on every row below it: an order's fee on its lines is summed once
//! per line.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use dwc_googlesql::{ColumnKind, OutputColumn, parse_expr};
use sqlparser::ast::{Expr, Visit, Visitor};

use super::joins::{self, Joined, Joins};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Additivity, Fact, Measure, Project};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for fact in project.facts.iter().filter(|fact| fact.rolls_up.is_none()) {
        // What counts milestones counts rows of the fact, wherever their times stand.
        let additive = |measure: &&Measure| measure.additive != Additivity::None && measure.derived.is_none();
        if !fact.measures.iter().any(|measure| additive(&measure)) {
            continue;
        }
        let Some(joins) = joins::of(project, &fact.query) else { continue };
        if joins.is_grouped {
            found.extend(repeated(fact, &joins));
            continue;
        }
        let Some(base) = (0..joins.tables.len()).find(|at| has_grain(fact, &joins, *at)) else { continue };
        let grain = &joins.tables[base].table.address;
        for measure in fact.measures.iter().filter(additive) {
            let Some(table) = measured_table(fact, measure).filter(|table| table != grain) else { continue };
            if !joins.place(&table).is_some_and(|at| is_coarser(&joins.tables, at, base)) {
                continue;
            }
            found.push(
                Diagnostic::new(
                    Code::CoarserMeasure,
                    format!(
                        "measure `{}` of fact `{}` has one value per row of `{table}`, repeated on every row of `{grain}` below it",
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

/// A query that sums a column of one table over the rows of another, several of which share a row of the first.
fn repeated(fact: &Fact, joins: &Joins<'_>) -> Option<Diagnostic> {
    let tables = &joins.tables;
    let (summed, below) = joins.summed_alone().into_iter().find_map(|summed| {
        let repeats = |at: &usize| tables[summed].is_one_for(*at) && tables[*at].is_many_for(summed);
        (0..tables.len()).find(repeats).map(|below| (&tables[summed].table.address, &tables[below].table.address))
    })?;
    let message = format!(
        "fact `{}` sums a column of `{summed}` over rows of `{below}`, of which several share one of `{summed}`",
        fact.name
    );
    Some(
        Diagnostic::new(Code::CoarserMeasure, message)
            .at(fact.query.span, "each value is added once per row below it")
            .help(format!("sum `{below}` per key in a subquery first, and join that")),
    )
}

/// The output of the query of a name.
fn output<'f>(fact: &'f Fact, name: &str) -> Option<&'f OutputColumn> {
    fact.query.analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(name))
}

/// The one table that a column comes from, row by row.
fn table_of(output: &OutputColumn) -> Option<&str> {
    let tables: BTreeSet<&str> = output.origins.iter().map(|(table, _)| table.as_str()).collect();
    (output.kind != ColumnKind::Aggregated && tables.len() == 1).then(|| tables.into_iter().next()).flatten()
}

/// Whether the fact's key is the primary key of a table, or what a join makes equal to it.
fn has_grain(fact: &Fact, joins: &Joins<'_>, at: usize) -> bool {
    let base = &joins.tables[at];
    let columns: Option<BTreeSet<&str>> = fact
        .key
        .iter()
        .map(|key| {
            let output = output(fact, &key.name).filter(|output| output.kind == ColumnKind::Direct)?;
            output.origins.iter().find_map(|(table, column)| {
                if *table == base.table.address {
                    return Some(column.as_str());
                }
                base.equal_to(joins.place(table)?, column)
            })
        })
        .collect();
    columns.is_some_and(|columns| columns == base.table.primary_key.iter().map(String::as_str).collect())
}

/// The one table that everything in a measure's expression comes from, row by row.
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
    let tables: Option<BTreeSet<&str>> = names.0.iter().map(|name| table_of(output(fact, name)?)).collect();
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
