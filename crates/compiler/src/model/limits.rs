//! What BigQuery does not take of a project that has a target there: names, types, texts and counts, with its documented
//! figures. It must not look at SQL.
//! <https://cloud.google.com/bigquery/quotas> <https://cloud.google.com/bigquery/docs/schemas>
//! <https://cloud.google.com/bigquery/docs/creating-clustered-tables>

use std::collections::BTreeSet;

use super::columns;
use super::types::{Column, Dimension, Fact, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::{self, Document, Kind, TargetType};
use dwc_googlesql::Type;

/// What names of BigQuery's columns may not start with, in any case.
const RESERVED_PREFIXES: &[&str] = &[
    "_TABLE_",
    "_FILE_",
    "_PARTITION",
    "_ROW_TIMESTAMP",
    "__ROOT__",
    "_COLIDENTIFIER",
    "_CHANGE_SEQUENCE_NUMBER",
    "_CHANGE_TYPE",
    "_CHANGE_TIMESTAMP",
];

/// The most columns of a table or view.
const COLUMNS: usize = 10_000;
/// The most characters of a column's name.
const COLUMN_NAME: usize = 300;
/// The most characters of a column's description.
const COLUMN_DESCRIPTION: usize = 1024;
/// The most characters of a table's description.
const TABLE_DESCRIPTION: usize = 16_384;
/// The most characters of a dataset's name, `_landing` and `_history` among them.
const DATASET_NAME: usize = 1024;
/// The deepest nesting of STRUCTs.
const NESTING: usize = 15;
/// Columns that landing adds to those of a table.
const LANDING_COLUMNS: usize = 5;

/// The prefix that BigQuery keeps for itself, where a name starts with one.
pub(super) fn reserved_prefix(name: &str) -> Option<&'static str> {
    let name = name.to_uppercase();
    RESERVED_PREFIXES.iter().copied().find(|prefix| name.starts_with(prefix))
}

/// Whether BigQuery clusters a table by a column of a type.
pub(crate) fn clusters(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Int64
            | Type::Numeric(_)
            | Type::BigNumeric(_)
            | Type::Bool
            | Type::String
            | Type::Date
            | Type::DateTime
            | Type::Timestamp
            | Type::Unknown
    )
}

/// A column to cluster by that BigQuery does not cluster by.
pub(super) fn clustering(name: &str, ty: &Type, span: Span) -> Option<Diagnostic> {
    (!clusters(ty)).then(|| {
        Diagnostic::new(Code::EngineLimit, format!("`{name}` is {ty}, and BigQuery does not cluster by {}", plural(ty)))
            .at(span, "in `cluster_by`")
            .help("cluster by columns of INT64, NUMERIC, BIGNUMERIC, BOOL, STRING, DATE, DATETIME or TIMESTAMP")
    })
}

/// A type without what is inside it.
fn plural(ty: &Type) -> String {
    match ty {
        Type::Array(_) => "an ARRAY".to_owned(),
        Type::Struct(_) => "a STRUCT".to_owned(),
        other => other.to_string(),
    }
}

/// Everything of a project that BigQuery does not take, where a target is there.
pub(super) fn check(
    documents: &[Document],
    project: &syntax::Project,
    tables: &[Table],
    dimensions: &[Dimension],
    facts: &[Fact],
    problems: &mut Vec<Diagnostic>,
) {
    if !project.targets.values().any(|target| target.ty == TargetType::Bigquery) {
        return;
    }
    for document in documents {
        match &document.kind {
            Kind::Project(project) => datasets(document, project, problems),
            Kind::Source(source) => source_texts(document, source, problems),
            Kind::Dimension(dimension) => dimension_texts(document, dimension, problems),
            Kind::Fact(fact) => fact_texts(document, fact, problems),
        }
    }
    for table in tables {
        count(&table.address, table.columns.len() + LANDING_COLUMNS, table.span, problems);
        types(&table.columns, table.span, problems);
    }
    for dimension in dimensions {
        let columns = columns::dimension_columns(dimension);
        count(&dimension.name, columns.len(), dimension.span, problems);
    }
    let mut roles: BTreeSet<&str> = BTreeSet::new();
    for fact in facts {
        count(&fact.name, columns::fact_columns(dimensions, fact).len(), fact.span, problems);
        for role in fact.roles.iter().filter(|role| roles.insert(&role.name)) {
            let dimension = &dimensions[role.dimension];
            view_columns(&role.name, dimension, role.span, problems);
        }
    }
}

fn limit(message: String, span: Span, label: String, help: &str) -> Diagnostic {
    Diagnostic::new(Code::EngineLimit, message).at(span, label).help(help)
}

fn datasets(document: &Document, project: &syntax::Project, problems: &mut Vec<Diagnostic>) {
    let schema = project.schema.iter().map(|name| (name, document.span(&["schema"])));
    let named = project.targets.iter().filter_map(|(target, settings)| {
        Some((settings.dataset.as_ref()?, document.span(&["targets", target, "dataset"])))
    });
    for (name, span) in schema.chain(named) {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !name.contains("{{") && (!plain || name.len() + "_landing".len() > DATASET_NAME) {
            problems.push(limit(
                format!("`{name}` cannot be a dataset of BigQuery"),
                span,
                "not letters from a to z, digits and `_` alone, or too long".to_owned(),
                "name the dataset with letters from a to z, digits and `_`",
            ));
        }
    }
}

/// Says a text that is longer than BigQuery keeps.
fn text(what: &str, text: Option<&String>, most: usize, span: Span, problems: &mut Vec<Diagnostic>) {
    let length = text.map_or(0, |text| text.chars().count());
    if length > most {
        problems.push(limit(
            format!("the description of {what} is longer than BigQuery keeps"),
            span,
            format!("{length} characters, of at most {most}"),
            "shorten it, and put the rest in a separate page",
        ));
    }
}

fn source_texts(document: &Document, source: &syntax::Source, problems: &mut Vec<Diagnostic>) {
    for (table, declared) in &source.tables {
        for (column, declared) in &declared.columns {
            let span = document.span(&["tables", table, "columns", column, "description"]);
            let what = format!("column `{column}`");
            text(&what, declared.description.as_ref(), COLUMN_DESCRIPTION, span, problems);
        }
    }
}

fn dimension_texts(document: &Document, dimension: &syntax::Dimension, problems: &mut Vec<Diagnostic>) {
    let what = format!("dimension `{}`", dimension.dimension);
    text(&what, dimension.description.as_ref(), TABLE_DESCRIPTION, document.span(&["description"]), problems);
    for (name, attribute) in dimension.attributes.iter().flatten() {
        let span = document.span(&["attributes", name, "description"]);
        text(&format!("attribute `{name}`"), attribute.description.as_ref(), COLUMN_DESCRIPTION, span, problems);
    }
}

fn fact_texts(document: &Document, fact: &syntax::Fact, problems: &mut Vec<Diagnostic>) {
    // A fact's table is described by its description and its grain.
    let grain = fact.grain.as_ref().map_or("", |grain| grain.description.as_str());
    let whole = format!("{} Grain: {grain}.", fact.description.as_deref().unwrap_or_default());
    let key = if fact.description.is_some() { "description" } else { "grain" };
    text(&format!("fact `{}`", fact.fact), Some(&whole), TABLE_DESCRIPTION, document.span(&[key]), problems);
    for (name, role) in fact.dimensions.iter().flatten() {
        let span = document.span(&["dimensions", name, "description"]);
        text(&format!("role `{name}`"), role.description.as_ref(), COLUMN_DESCRIPTION, span, problems);
    }
    for (name, measure) in fact.measures.iter().flatten() {
        let span = document.span(&["measures", name, "description"]);
        text(&format!("measure `{name}`"), measure.description.as_ref(), COLUMN_DESCRIPTION, span, problems);
    }
}

fn count(table: &str, columns: usize, span: Span, problems: &mut Vec<Diagnostic>) {
    if columns > COLUMNS {
        problems.push(limit(
            format!("`{table}` has more columns than a table of BigQuery"),
            span,
            format!("{columns} columns, of at most {COLUMNS}"),
            "split it, or move rarely used columns into one JSON column",
        ));
    }
}

fn types(columns: &[Column], span: Span, problems: &mut Vec<Diagnostic>) {
    for column in columns {
        let (depth, nested_array) = shape(&column.ty);
        if depth > NESTING || nested_array {
            let why = if nested_array {
                "an ARRAY of ARRAYs".to_owned()
            } else {
                format!("STRUCTs {depth} deep, of at most {NESTING}")
            };
            problems.push(limit(
                format!("column `{}` has a type that BigQuery does not take", column.name),
                span,
                why,
                "put a STRUCT between two ARRAYs, or read the column as JSON",
            ));
        }
    }
}

/// How deep STRUCTs are nested in a type, and whether an ARRAY is in an ARRAY.
fn shape(ty: &Type) -> (usize, bool) {
    match ty {
        Type::Array(inner) => {
            let (depth, nested) = shape(inner);
            (depth, nested || matches!(**inner, Type::Array(_)))
        }
        Type::Struct(fields) => fields
            .iter()
            .map(|field| shape(&field.ty))
            .fold((1, false), |(depth, nested), field| (depth.max(field.0 + 1), nested || field.1)),
        _ => (0, false),
    }
}

/// The names that the columns of a dimension have in the view of a role.
fn view_columns(role: &str, dimension: &Dimension, span: Span, problems: &mut Vec<Diagnostic>) {
    if role == dimension.name || role.len() < COLUMN_NAME / 3 {
        return;
    }
    let prefix = format!("{}_", dimension.name);
    let long = columns::dimension_columns(dimension).into_iter().find_map(|column| {
        let own = column.name.strip_prefix(&prefix).unwrap_or(&column.name);
        let length = role.chars().count() + 1 + own.chars().count();
        (length > COLUMN_NAME).then_some((column.name, length))
    });
    if let Some((name, length)) = long {
        problems.push(limit(
            format!("column `{name}` has too long a name in the view of role `{role}`"),
            span,
            format!("{length} characters, of at most {COLUMN_NAME}"),
            "shorten the name of the role or of the attribute",
        ));
    }
}
