//! Resolve: documents become a model. Every problem is collected; what resolved is a [`Project`] in spite of them.
//! It must not judge the star's design: that is what the rules are for.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use dwc_googlesql::{Problem, ProblemKind, Tables, Type};

use super::naming::{is_name, to_name};
use super::resolve_checks::resolve_checks;
use super::resolve_models::resolve_models;
use super::resolve_notify::resolve_notify;
use super::resolve_sources::resolve_source;
use super::types::{Project, Source, Table};
use super::{folding, graph, limits, read, renamed};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;
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
    /// The zones of source tables by address.
    pub(super) zones: BTreeMap<String, &'static str>,
    /// The zone of the project.
    pub(super) timezone: Tz,
    /// A target of the project is a DuckDB: SQL without an equal there is a problem.
    pub(super) on_duckdb: bool,
    /// A target of the project is BigQuery: what it does not take is a problem.
    pub(super) on_bigquery: bool,
    /// Models that are declared and did not resolve, each for a reason that is said: what reads them says nothing of it.
    pub(super) unresolved: BTreeSet<String>,
}

impl Scope<'_> {
    /// Whether a name is that of a dimension that is declared as a junk dimension, resolved or not.
    pub(super) fn is_junk(&self, name: &str) -> bool {
        let declared = self.dimension_documents.get(name).map(|at| &self.documents[*at].kind);
        matches!(declared, Some(Kind::Dimension(dimension)) if dimension.kind == Some(syntax::DimensionKind::Junk))
    }

    /// Drops problems of engines that the project has no target on, columns that are unknown because their table is, and
    /// models whose own files say why they are not there.
    pub(super) fn keep_relevant(&self, text: &str, problems: &mut Vec<Problem>) {
        let no_table = problems.iter().any(|problem| problem.kind == ProblemKind::UnknownTable);
        problems.retain(|problem| match problem.kind {
            ProblemKind::Unsupported => self.on_duckdb,
            ProblemKind::UnknownColumn => !no_table,
            ProblemKind::UnknownTable => {
                let named = text.get(problem.span.clone()).unwrap_or_default().replace('`', "");
                !named.strip_prefix("ref.").is_some_and(|name| self.unresolved.contains(name))
            }
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
    let timezone = resolve_zone(&project.timezone, file.span(&["timezone"]), &mut problems);
    check_project(file, project, &mut problems);
    check_names(documents, &mut problems);

    let mut sources: Vec<Source> = Vec::new();
    let mut tables: Vec<Table> = Vec::new();
    for document in documents {
        if let Kind::Source(source) = &document.kind {
            let (source, found) = resolve_source(document, source, timezone, &mut problems);
            sources.push(source);
            tables.extend(found);
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    tables.sort_by(|a, b| a.address.cmp(&b.address));

    let zone = |table: &Table| sources.iter().find(|source| source.name == table.source).map(|source| source.timezone);
    let mut scope = Scope {
        documents,
        tables: tables.iter().map(|table| (table.address.clone(), table)).collect(),
        catalog: Tables::default(),
        dimensions: BTreeMap::new(),
        facts: BTreeMap::new(),
        dimension_documents: BTreeMap::new(),
        outriggers: BTreeMap::new(),
        zones: tables.iter().filter_map(|table| Some((table.address.clone(), zone(table)?.name()))).collect(),
        timezone,
        on_duckdb: project.targets.values().any(|target| target.ty == syntax::TargetType::Duckdb),
        on_bigquery: project.targets.values().any(|target| target.ty == syntax::TargetType::Bigquery),
        unresolved: BTreeSet::new(),
    };
    for table in &tables {
        scope.catalog.add(
            &table.address,
            table
                .columns
                .iter()
                .map(|column| dwc_googlesql::Column {
                    folds_case: column.folds_case,
                    ..dwc_googlesql::Column::new(&column.name, column.ty.clone())
                })
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
    folding::objects(documents, &tables, &dimensions, &facts, &mut problems);
    renamed::check(documents, &mut problems);
    limits::check(documents, project, &tables, &dimensions, &facts, &mut problems);
    let on_duckdb = scope.on_duckdb;
    let mut resolved = Project {
        name: project.name.clone(),
        timezone,
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
        notify: Vec::new(),
    };
    problems.extend(graph::order(&mut resolved));
    resolve_checks(documents, &mut resolved, on_duckdb, &mut problems);
    read::mark(&mut resolved);
    resolved.notify = resolve_notify(file, project, &resolved, &mut problems);
    (Some(resolved), problems)
}

pub(super) fn name_of(document: &Document) -> &str {
    match &document.kind {
        Kind::Project(project) => &project.name,
        Kind::Source(source) => &source.source,
        Kind::Dimension(dimension) => &dimension.dimension,
        Kind::Fact(fact) => &fact.fact,
    }
}

pub(super) fn name_span(document: &Document) -> Span {
    document.span(&[match &document.kind {
        Kind::Project(_) => "name",
        Kind::Source(_) => "source",
        Kind::Dimension(_) => "dimension",
        Kind::Fact(_) => "fact",
    }])
}

fn check_project(document: &Document, project: &syntax::Project, problems: &mut Vec<Diagnostic>) {
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
                Diagnostic::new(Code::WrongValue, format!("`{limit}` is not a size of memory"))
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

/// A zone of the IANA database; UTC stands for one that it does not have, which is a problem.
pub(super) fn resolve_zone(zone: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Tz {
    zone.parse().unwrap_or_else(|_| {
        let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        problems.push(unknown("time zone", zone, span, names));
        Tz::UTC
    })
}

/// A name that nothing has, with the nearest one that something has.
pub(super) fn unknown<'n>(kind: &str, name: &str, span: Span, known: impl IntoIterator<Item = &'n str>) -> Diagnostic {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    let diagnostic =
        Diagnostic::new(Code::UnknownName, format!("there is no {kind} `{name}`")).at(span, "not declared");
    let diagnostic = diagnostic.meant(span, name, nearest(name, known.iter().copied()));
    if known.is_empty() || known.len() > 12 {
        return diagnostic;
    }
    diagnostic.or_help(|| format!("there are: {}", known.join(", ")))
}

/// Names that SQL or the warehouse cannot hold.
fn check_names(documents: &[Document], problems: &mut Vec<Diagnostic>) {
    for document in documents.iter().filter(|document| !matches!(document.kind, Kind::Project(_))) {
        check_name(name_of(document), name_span(document), problems);
    }
}

/// A name is a letter, then letters, digits and `_`; names with a leading `_` or of a reserved column are ours.
pub(super) fn check_name(name: &str, span: Span, problems: &mut Vec<Diagnostic>) {
    problems.extend(refused_name(name, span));
}

/// The same of a name in a source, which the source need not share.
pub(super) fn check_source_name(name: &str, span: Span, problems: &mut Vec<Diagnostic>) {
    problems.extend(refused_name(name, span).map(|problem| {
        let own = to_name(name);
        problem.help(format!("declare it under another name, such as `{own}`, and add `name: \"{name}\"`"))
    }));
}

fn refused_name(name: &str, span: Span) -> Option<Diagnostic> {
    if is_name(name) {
        return None;
    }
    let help = match super::limits::reserved_prefix(name) {
        Some(prefix) => format!("BigQuery reserves names that start with `{prefix}`: choose another name"),
        None => "choose a name of letters, digits and `_` that starts with a letter, of 200 bytes at most".to_owned(),
    };
    let message = format!("`{name}` cannot be the name of a table or column on every engine");
    let label = "a letter, then letters, digits and `_`";
    Some(Diagnostic::new(Code::ReservedName, message).at(span, label).help(help))
}
