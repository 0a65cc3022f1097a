//! The order in which models are resolved: what a model reads comes before it, by the tables that its parsed SQL names.
//! Independent models go side by side. It must not look at what a model declares besides.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use rayon::prelude::*;

use super::columns;
use super::resolve::{Scope, name_of};
use super::resolve_dimensions::resolve_dimension;
use super::resolve_facts::resolve_fact;
use super::types::{Dimension, Fact};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::{self, Document, Kind};
use dwc_googlesql::{Catalog, Column as SqlColumn, analyze_query};

/// A fact that is yet to be resolved, and the models that it reads.
struct Waiting<'a> {
    document: &'a Document,
    fact: &'a syntax::Fact,
    reads: BTreeSet<String>,
}

/// Resolves every model. One that reads a model which did not resolve is looked at all the same: what it declares besides
/// has problems of its own.
pub(super) fn resolve_models(
    documents: &[Document],
    scope: &mut Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Dimension>, Vec<Fact>) {
    let mut waiting: Vec<Waiting<'_>> = documents
        .par_iter()
        .filter_map(|document| match &document.kind {
            Kind::Fact(fact) => Some(Waiting { document, fact, reads: reads(document, fact) }),
            _ => None,
        })
        .collect();
    waiting.sort_by(|a, b| a.fact.fact.cmp(&b.fact.fact));
    // Ten thousand models have many columns, and few of them are read by another's query.
    let read: BTreeSet<String> = waiting.iter().flat_map(|waiting| waiting.reads.iter().cloned()).collect();
    let dimensions = resolve_dimensions(documents, &read, scope, problems);
    let mut facts: Vec<Fact> = Vec::new();
    loop {
        let open: BTreeSet<&str> = waiting.iter().map(|waiting| waiting.fact.fact.as_str()).collect();
        let (ready, rest): (Vec<bool>, usize) = {
            let ready: Vec<bool> =
                waiting.iter().map(|one| !one.reads.iter().any(|name| open.contains(name.as_str()))).collect();
            let rest = ready.iter().filter(|ready| !**ready).count();
            (ready, rest)
        };
        let stuck = rest > 0 && rest == waiting.len();
        if stuck {
            cycles(&waiting, problems);
            scope.unresolved.extend(open.into_iter().map(str::to_owned));
        }
        let mut ready = ready.into_iter();
        let (now, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut waiting).into_iter().partition(|_| ready.next().unwrap_or(true) || stuck);
        waiting = later;
        let resolved: Vec<(Option<Fact>, Vec<Diagnostic>)> = now
            .par_iter()
            .map(|one| {
                let mut problems = Vec::new();
                (resolve_fact(one.document, one.fact, scope, &dimensions, &facts, &mut problems), problems)
            })
            .collect();
        for (one, (fact, found)) in now.iter().zip(resolved) {
            problems.extend(found);
            let Some(fact) = fact else {
                scope.unresolved.insert(one.fact.fact.clone());
                continue;
            };
            if read.contains(&fact.name) {
                let columns = columns::fact_columns(&dimensions, &fact);
                scope.catalog.add(&format!("ref.{}", fact.name), columns::sql_columns(&columns));
            }
            facts.push(fact);
        }
        if waiting.is_empty() {
            return (dimensions, facts);
        }
    }
}

fn resolve_dimensions(
    documents: &[Document],
    read: &BTreeSet<String>,
    scope: &mut Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Dimension> {
    let mut declared: Vec<&Document> =
        documents.iter().filter(|document| matches!(document.kind, Kind::Dimension(_))).collect();
    declared.sort_by_key(|document| name_of(document));
    let resolved: Vec<(Option<Dimension>, Vec<Diagnostic>)> = declared
        .par_iter()
        .map(|document| {
            let mut problems = Vec::new();
            let Kind::Dimension(dimension) = &document.kind else { return (None, problems) };
            (resolve_dimension(document, dimension, scope, &mut problems), problems)
        })
        .collect();
    let mut dimensions: Vec<Dimension> = Vec::new();
    for (document, (dimension, found)) in declared.iter().zip(resolved) {
        problems.extend(found);
        match dimension {
            Some(dimension) => dimensions.push(dimension),
            None => {
                scope.unresolved.insert(name_of(document).to_owned());
            }
        }
    }
    for (index, dimension) in dimensions.iter().enumerate() {
        scope.dimensions.entry(dimension.name.clone()).or_insert((index, dimension.key_types()));
        if read.contains(&dimension.name) {
            let columns = columns::dimension_columns(dimension);
            scope.catalog.add(&format!("ref.{}", dimension.name), columns::sql_columns(&columns));
        }
    }
    dimensions
}

/// The models that a fact reads: the one it rolls up, and those that its parsed query names. A comment or a text that
/// looks like a reference is none.
fn reads(document: &Document, fact: &syntax::Fact) -> BTreeSet<String> {
    let from = fact.from.as_deref().map(|from| from.strip_prefix("ref.").unwrap_or(from));
    let mut names: BTreeSet<String> = from.map(str::to_owned).into_iter().collect();
    if let Some(sql) = document.sql(&["query"])
        && sql.text.contains("ref")
        && let Some(analysis) = analyze_query(&sql.text, &AnyTable).analysis
    {
        let named = analysis.tables.iter().filter_map(|used| used.table.strip_prefix("ref."));
        names.extend(named.map(str::to_owned));
    }
    names
}

/// A catalog in which every name is a table: what a query names is asked, not what it means.
struct AnyTable;

impl Catalog for AnyTable {
    fn columns(&self, _: &str) -> Option<&[SqlColumn]> {
        Some(&[])
    }

    fn physical(&self, table: &str) -> String {
        table.to_owned()
    }

    fn folds_case(&self) -> bool {
        false
    }

    fn tables(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// Facts that wait for each other: each cycle said as a path.
fn cycles(waiting: &[Waiting<'_>], problems: &mut Vec<Diagnostic>) {
    let places: BTreeMap<&str, usize> =
        waiting.iter().enumerate().map(|(at, one)| (one.fact.fact.as_str(), at)).collect();
    let next = |at: usize| waiting[at].reads.iter().filter_map(|name| places.get(name.as_str()).copied());
    let mut graph: DiGraph<usize, ()> = DiGraph::new();
    let nodes: Vec<_> = (0..waiting.len()).map(|at| graph.add_node(at)).collect();
    for at in 0..waiting.len() {
        for other in next(at) {
            graph.add_edge(nodes[at], nodes[other], ());
        }
    }
    for component in tarjan_scc(&graph) {
        let members: BTreeSet<usize> = component.iter().map(|node| graph[*node]).collect();
        let Some(start) = members.first().copied() else { continue };
        let mut path = vec![start];
        while let Some(next) = path.last().and_then(|at| next(*at).find(|other| members.contains(other))) {
            let seen = path.iter().position(|seen| *seen == next);
            path.push(next);
            if let Some(seen) = seen {
                path.drain(..seen);
                break;
            }
        }
        if path.len() < 2 {
            continue;
        }
        let names: Vec<&str> = path.iter().map(|at| waiting[*at].fact.fact.as_str()).collect();
        let mut diagnostic =
            Diagnostic::new(Code::Cycle, format!("models read each other in a cycle: {}", names.join(" → ")))
                .help("let one of them read the source tables instead");
        for at in &path[..path.len() - 1] {
            let Waiting { document, fact, .. } = &waiting[*at];
            let key = if fact.query.is_some() { "query" } else { "from" };
            diagnostic = diagnostic.at(document.span(&[key]), format!("`{}` reads the next", fact.fact));
        }
        problems.push(diagnostic);
    }
}
