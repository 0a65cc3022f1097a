//! Resolve: documents become a model. Every problem is collected; what resolved is a [`Project`] in spite of them.
//! It must not judge the star's design: that is what the rules are for.

use std::collections::{BTreeMap, BTreeSet};

use super::graph;
use super::resolve_dimensions::resolve_dimension;
use super::resolve_facts::resolve_fact;
use super::resolve_sources::resolve_source;
use super::types::{Dimension, Fact, Project, Source, Table};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;
use crate::sql::googlesql::{Problem, ProblemKind, Tables, Type};
use crate::syntax::{self, Document, Kind};

/// What names stand for while models are resolved.
pub(super) struct Scope<'a> {
    /// Every file that parsed.
    pub(super) documents: &'a [Document],
    /// Source tables by address.
    pub(super) tables: BTreeMap<String, &'a Table>,
    /// Source tables and models, as a query sees them.
    pub(super) catalog: Tables,
    /// Dimensions by name: their index, and the types of their natural keys.
    pub(super) dimensions: BTreeMap<String, (usize, Vec<Type>)>,
    /// Documents of facts by name.
    pub(super) facts: BTreeMap<String, usize>,
    /// Documents of dimensions by name.
    pub(super) dimension_documents: BTreeMap<String, usize>,
    /// Mini-dimensions whose base carries their key, by the base.
    pub(super) outriggers: BTreeMap<String, Vec<String>>,
    /// A target of the project is a DuckDB: SQL without an equal there is a problem.
    pub(super) on_duckdb: bool,
}

impl Scope<'_> {
    /// Drops problems of engines that the project has no target on, and columns that are unknown because their table is.
    pub(super) fn keep_relevant(&self, problems: &mut Vec<Problem>) {
        let no_table = problems.iter().any(|problem| problem.kind == ProblemKind::UnknownTable);
        problems.retain(|problem| match problem.kind {
            ProblemKind::Unsupported => self.on_duckdb,
            ProblemKind::UnknownColumn => !no_table,
            _ => true,
        });
    }
}

/// Resolves documents. With problems, the project holds what resolved in spite of them.
pub(crate) fn resolve(documents: &[Document]) -> (Option<Project>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let Some((file, project)) = documents.iter().find_map(|document| match &document.kind {
        Kind::Project(project) => Some((document, project.as_ref())),
        _ => None,
    }) else {
        return (
            None,
            vec![
                Diagnostic::new(Code::NoProject, "the project has no `dwc.yml`")
                    .help("run `dwc init`, or name the project's folder with `--project-dir`"),
            ],
        );
    };
    check_project(file, project, &mut problems);
    check_names(documents, &mut problems);

    let mut sources: Vec<Source> = Vec::new();
    let mut tables: Vec<Table> = Vec::new();
    for document in documents {
        if let Kind::Source(source) = &document.kind {
            let (source, found) = resolve_source(document, source, &project.timezone, &mut problems);
            sources.push(source);
            tables.extend(found);
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    tables.sort_by(|a, b| a.address.cmp(&b.address));

    let mut scope = Scope {
        documents,
        tables: tables.iter().map(|table| (table.address.clone(), table)).collect(),
        catalog: Tables::default(),
        dimensions: BTreeMap::new(),
        facts: BTreeMap::new(),
        dimension_documents: BTreeMap::new(),
        outriggers: BTreeMap::new(),
        on_duckdb: project.targets.values().any(|target| target.ty == syntax::TargetType::Duckdb),
    };
    for table in &tables {
        scope.catalog.add(
            &table.address,
            table
                .columns
                .iter()
                .map(|column| crate::sql::googlesql::Column { name: column.name.clone(), ty: column.ty.clone() })
                .collect(),
        );
    }
    for (index, document) in documents.iter().enumerate() {
        match &document.kind {
            Kind::Fact(fact) => {
                scope.facts.entry(fact.fact.clone()).or_insert(index);
            }
            Kind::Dimension(dimension) => {
                scope.dimension_documents.entry(dimension.dimension.clone()).or_insert(index);
                if let (Some(base), Some(true)) = (&dimension.of, dimension.outrigger) {
                    scope.outriggers.entry(base.clone()).or_default().push(dimension.dimension.clone());
                }
            }
            Kind::Project(_) | Kind::Source(_) => {}
        }
    }
    let (dimensions, facts) = resolve_models(documents, &mut scope, &mut problems);
    let mut resolved = Project {
        name: project.name.clone(),
        timezone: project.timezone.clone(),
        schema: project.schema.clone().unwrap_or_else(|| "dw".to_owned()),
        targets: project.targets.clone(),
        default_target: project
            .default_target
            .clone()
            .or_else(|| project.targets.keys().next().cloned())
            .unwrap_or_default(),
        sources,
        tables,
        dimensions,
        facts,
        order: Vec::new(),
    };
    problems.extend(graph::order(&mut resolved));
    (Some(resolved), problems)
}

/// Resolves models in an order in which what they read is resolved before them. Independent models go side by side.
fn resolve_models(
    documents: &[Document],
    scope: &mut Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Dimension>, Vec<Fact>) {
    use rayon::prelude::*;
    let mut dimension_documents: Vec<&Document> =
        documents.iter().filter(|document| matches!(document.kind, Kind::Dimension(_))).collect();
    dimension_documents.sort_by_key(|document| name_of(document));
    let resolved: Vec<(Option<Dimension>, Vec<Diagnostic>)> = dimension_documents
        .par_iter()
        .map(|document| {
            let mut problems = Vec::new();
            let Kind::Dimension(dimension) = &document.kind else { return (None, problems) };
            (resolve_dimension(document, dimension, scope, &mut problems), problems)
        })
        .collect();
    let mut dimensions: Vec<Dimension> = Vec::new();
    for (dimension, found) in resolved {
        problems.extend(found);
        dimensions.extend(dimension);
    }
    // Ten thousand models have many columns, and few of them are read by another's query.
    let read: BTreeSet<String> = documents
        .iter()
        .filter_map(|document| match &document.kind {
            Kind::Fact(fact) => Some(reads(fact)),
            _ => None,
        })
        .flatten()
        .map(str::to_owned)
        .collect();
    for (index, dimension) in dimensions.iter().enumerate() {
        scope.dimensions.entry(dimension.name.clone()).or_insert((index, dimension.key_types()));
        if read.contains(&dimension.name) {
            let columns = super::columns::dimension_columns(dimension);
            scope.catalog.add(&format!("ref.{}", dimension.name), super::columns::sql_columns(&columns));
        }
    }
    let mut fact_documents: Vec<(&Document, &syntax::Fact)> = documents
        .iter()
        .filter_map(|document| match &document.kind {
            Kind::Fact(fact) => Some((document, fact.as_ref())),
            _ => None,
        })
        .collect();
    fact_documents.sort_by(|a, b| a.1.fact.cmp(&b.1.fact));
    let mut facts: Vec<Fact> = Vec::new();
    // An aggregate, or a fact that reads a fact, waits for what it reads.
    let mut waiting = fact_documents;
    loop {
        let open: BTreeSet<&str> = waiting.iter().map(|(_, fact)| fact.fact.as_str()).collect();
        let ready: Vec<usize> = (0..waiting.len())
            .filter(|at| {
                let own = waiting[*at].1.fact.as_str();
                !reads(waiting[*at].1).iter().any(|name| *name != own && open.contains(name))
                    && !reads(waiting[*at].1).contains(&own)
            })
            .collect();
        if ready.is_empty() {
            break;
        }
        let resolved: Vec<(Option<Fact>, Vec<Diagnostic>)> = ready
            .par_iter()
            .map(|at| {
                let mut problems = Vec::new();
                let (document, fact) = waiting[*at];
                (resolve_fact(document, fact, scope, &dimensions, &facts, &mut problems), problems)
            })
            .collect();
        for (fact, found) in resolved {
            problems.extend(found);
            if let Some(fact) = fact {
                if read.contains(&fact.name) {
                    let columns = super::columns::fact_columns(&dimensions, &fact);
                    scope.catalog.add(&format!("ref.{}", fact.name), super::columns::sql_columns(&columns));
                }
                facts.push(fact);
            }
        }
        let done: BTreeSet<usize> = ready.into_iter().collect();
        let mut at = 0;
        waiting.retain(|_| {
            at += 1;
            !done.contains(&(at - 1))
        });
    }
    cycle(&waiting, problems);
    (dimensions, facts)
}

/// The models that a fact's declaration names as what it reads.
fn reads(fact: &syntax::Fact) -> Vec<&str> {
    let mut names: Vec<&str> = fact.from.as_deref().into_iter().collect();
    let mut rest = fact.query.as_deref().unwrap_or_default();
    while let Some(at) = rest.find("ref(") {
        rest = &rest[at + 4..];
        let inside = rest.split(')').next().unwrap_or_default();
        names.push(inside.trim().trim_matches(['\'', '"']));
    }
    names
}

/// Facts that wait for each other: said as a path.
fn cycle(waiting: &[(&Document, &syntax::Fact)], problems: &mut Vec<Diagnostic>) {
    let Some(mut at) = (!waiting.is_empty()).then_some(0) else { return };
    let mut path = vec![at];
    loop {
        let Some(next) = (0..waiting.len()).find(|next| reads(waiting[at].1).contains(&waiting[*next].1.fact.as_str()))
        else {
            return;
        };
        if let Some(start) = path.iter().position(|seen| *seen == next) {
            path.drain(..start);
            path.push(next);
            break;
        }
        path.push(next);
        at = next;
    }
    let names: Vec<&str> = path.iter().map(|at| waiting[*at].1.fact.as_str()).collect();
    let mut diagnostic =
        Diagnostic::new(Code::Cycle, format!("models read each other in a cycle: {}", names.join(" → ")))
            .help("let one of them read the source tables instead");
    for at in &path[..path.len() - 1] {
        let (document, fact) = waiting[*at];
        let key = if fact.query.is_some() { "query" } else { "from" };
        diagnostic = diagnostic.at(document.span(&[key]), format!("`{}` reads the next", fact.fact));
    }
    problems.push(diagnostic);
}

pub(super) fn name_of(document: &Document) -> &str {
    match &document.kind {
        Kind::Project(project) => &project.name,
        Kind::Source(source) => &source.source,
        Kind::Dimension(dimension) => &dimension.dimension,
        Kind::Fact(fact) => &fact.fact,
    }
}

fn name_span(document: &Document) -> Span {
    document.span(&[match &document.kind {
        Kind::Project(_) => "name",
        Kind::Source(_) => "source",
        Kind::Dimension(_) => "dimension",
        Kind::Fact(_) => "fact",
    }])
}

fn check_project(document: &Document, project: &syntax::Project, problems: &mut Vec<Diagnostic>) {
    check_zone(&project.timezone, document.span(&["timezone"]), problems);
    if let Some(target) = &project.default_target
        && !project.targets.contains_key(target)
    {
        problems.push(unknown(
            "target",
            target,
            document.span(&["default_target"]),
            project.targets.keys().map(String::as_str),
        ));
    }
    for (name, target) in &project.targets {
        if let Some(limit) = target.memory_limit.as_deref().filter(|limit| !is_size(limit)) {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{limit}` is no size of memory"))
                    .at(document.span(&["targets", name, "memory_limit"]), "a whole number and MB or GB")
                    .help("write it as `500MB` or `2GB`"),
            );
        }
    }
}

/// Whether a text is a size as `500MB` or `2GB`.
fn is_size(text: &str) -> bool {
    let number = text.strip_suffix("MB").or_else(|| text.strip_suffix("GB"));
    number.is_some_and(|number| number.trim().parse::<u32>().is_ok_and(|number| number > 0))
}

/// Refuses a zone that the IANA database does not have.
pub(super) fn check_zone(zone: &str, span: Span, problems: &mut Vec<Diagnostic>) {
    if zone.parse::<chrono_tz::Tz>().is_err() {
        let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        problems.push(unknown("time zone", zone, span, names));
    }
}

/// A name that nothing has, with the nearest one that something has.
pub(super) fn unknown<'n>(kind: &str, name: &str, span: Span, known: impl IntoIterator<Item = &'n str>) -> Diagnostic {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    let diagnostic =
        Diagnostic::new(Code::UnknownName, format!("there is no {kind} `{name}`")).at(span, "not declared");
    match nearest(name, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => diagnostic,
        None if known.len() <= 12 => diagnostic.help(format!("there are: {}", known.join(", "))),
        None => diagnostic,
    }
}

/// Two models of one name, and names that SQL or the warehouse cannot hold.
fn check_names(documents: &[Document], problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<(bool, &str), Span> = BTreeMap::new();
    for document in documents {
        if matches!(document.kind, Kind::Project(_)) {
            continue;
        }
        let (name, span) = (name_of(document), name_span(document));
        check_name(name, span, problems);
        let is_source = matches!(document.kind, Kind::Source(_));
        if let Some(first) = seen.get(&(is_source, name)) {
            let kind = if is_source { "sources" } else { "models" };
            problems.push(
                Diagnostic::new(Code::DuplicateName, format!("two {kind} have the name `{name}`"))
                    .at(span, "again here")
                    .at(*first, "first here")
                    .help("rename one of them; a conformed dimension is declared once and used by role"),
            );
        } else {
            seen.insert((is_source, name), span);
        }
    }
}

/// A name is a letter, then letters, digits and `_`; names with a leading `_` or of a reserved column are ours.
pub(super) fn check_name(name: &str, span: Span, problems: &mut Vec<Diagnostic>) {
    let plain = name.chars().next().is_some_and(|c| c.is_alphabetic())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && name.len() <= 200;
    if !plain {
        problems.push(
            Diagnostic::new(
                Code::ReservedName,
                format!("the name `{name}` cannot be a table or column of every engine"),
            )
            .at(span, "a letter, then letters, digits and `_`")
            .help("choose a name of letters, digits and `_` that starts with a letter"),
        );
    }
}
