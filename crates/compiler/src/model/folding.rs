//! Names that become one: two columns of a table, or two tables and views of a schema, whose names are the same once case is
//! left aside and what the compiler adds to them is added. BigQuery does not tell columns apart by case, DuckDB neither
//! columns nor tables. It must not judge a name by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::RESERVED_COLUMNS;
use super::resolve::{check_name, name_of, name_span};
use super::types::{Column, Dimension, DimensionKind, Fact, KeyStrategy, Members, Scd, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::sql::names;
use crate::syntax::{Document, Kind};

/// What makes a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By<'a> {
    Surrogate(&'a str),
    Durable(&'a str),
    Query(&'a str),
    Instant(&'a str),
    Attribute(&'a str),
    Companion(&'a str),
    Outrigger(&'a str),
    Measure(&'a str),
    RoleKey(&'a str),
    RoleDurable(&'a str),
    Source(&'a str),
    Load,
}

impl By<'_> {
    fn said(self) -> String {
        match self {
            By::Surrogate(name) => format!("the surrogate key of `{name}`"),
            By::Durable(name) => format!("the durable key of `{name}`"),
            By::Query(name) => format!("column `{name}` of the query"),
            By::Instant(name) => format!("the instant of `{name}` in UTC"),
            By::Attribute(name) => format!("attribute `{name}`"),
            By::Companion(name) => format!("the companion of attribute `{name}`"),
            By::Outrigger(name) => format!("the key of mini-dimension `{name}`"),
            By::Measure(name) => format!("measure `{name}`"),
            By::RoleKey(name) => format!("the foreign key of role `{name}`"),
            By::RoleDurable(name) => format!("the durable key of role `{name}`"),
            By::Source(name) => format!("column `{name}`"),
            By::Load => "a column that every load writes".to_owned(),
        }
    }
}

/// The columns of a table, as they are found to be made.
struct Made<'a> {
    table: &'a str,
    seen: BTreeMap<String, (By<'a>, Span)>,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Made<'a> {
    /// A table with the columns that every load writes.
    fn new(table: &'a str, span: Span, problems: &'a mut Vec<Diagnostic>) -> Self {
        let seen = RESERVED_COLUMNS.iter().map(|name| ((*name).to_owned(), (By::Load, span))).collect();
        Self { table, seen, problems }
    }

    fn add(&mut self, name: &str, by: By<'a>, span: Span) {
        let folded = name.to_lowercase();
        let Some((other, first)) = self.seen.get(&folded) else {
            self.seen.insert(folded, (by, span));
            return;
        };
        if *other == by {
            return;
        }
        self.problems.push(match other {
            By::Load => Diagnostic::new(Code::ReservedColumn, format!("`{name}` is a column that every load writes"))
                .at(span, format!("{} has its name", by.said()))
                .help("choose another name"),
            other => Diagnostic::new(
                Code::KeyNameCollision,
                format!("`{}` would have two columns `{folded}`: {} and {}", self.table, other.said(), by.said()),
            )
            .at(span, by.said())
            .at(*first, other.said())
            .help("give one of them another name; case does not tell columns apart"),
        });
    }

    /// A column that keeps the name that the query gives it.
    fn add_queried(&mut self, column: &'a Column, span: Span) {
        // The row's own hash is a key where rows have no other.
        if column.name != super::types::ROW_KEY && !self.seen.contains_key(&column.name.to_lowercase()) {
            check_name(&column.name, span, self.problems);
        }
        self.add(&column.name, By::Query(&column.name), span);
    }
}

/// Refuses a list of columns that names one of them twice, be it in another case.
pub(super) fn listed(document: &Document, path: &[&str], names: &[String], problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        if !seen.insert(name.trim().to_lowercase()) {
            let index = index.to_string();
            let place: Vec<&str> = path.iter().copied().chain([index.as_str()]).collect();
            let key = path.last().copied().unwrap_or_default();
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{key}` names `{name}` twice"))
                    .at(document.span(&place), "again here")
                    .help("name each column once; case does not tell columns apart"),
            );
        }
    }
}

/// Columns of a source table.
pub(super) fn table<'a>(
    address: &'a str,
    columns: impl IntoIterator<Item = (&'a str, Span)>,
    problems: &'a mut Vec<Diagnostic>,
) {
    let mut made = Made { table: address, seen: BTreeMap::new(), problems };
    for (name, span) in columns {
        made.add(name, By::Source(name), span);
    }
}

/// Columns of a dimension, and of the tables behind it.
pub(super) fn dimension(document: &Document, dimension: &Dimension, problems: &mut Vec<Diagnostic>) {
    let span = document.span(&["dimension"]);
    if let Some(junk) = dimension.junk() {
        let mut made = Made::new(&dimension.name, span, &mut *problems);
        made.add(&names::key(&dimension.name), By::Surrogate(&dimension.name), span);
        for attribute in &junk.attributes {
            let name = attribute.column.name.as_str();
            made.add(name, By::Attribute(name), document.key_span(&["attributes", name]));
        }
    }
    let Some(members) = dimension.members() else { return };
    let mini = dimension.mini();
    let durable_of = mini.map_or(&dimension.name, |mini| &mini.base);
    let mut made = Made::new(&dimension.name, span, problems);
    made.add(&names::key(&dimension.name), By::Surrogate(&dimension.name), span);
    made.add(&names::durable_key(durable_of), By::Durable(durable_of), span);
    for (index, column) in members.natural_key.iter().enumerate() {
        let at = index.to_string();
        made.add_queried(column, if mini.is_some() { span } else { document.span(&["natural_key", &at]) });
    }
    for attribute in &members.attributes {
        let name = attribute.column.name.as_str();
        let at = document.key_span(&["attributes", name]);
        made.add(name, By::Attribute(name), at);
        match attribute.scd {
            Scd::Type3 => made.add(&names::previous(name), By::Companion(name), at),
            Scd::Type6 => made.add(&names::current(name), By::Companion(name), at),
            Scd::Type0 | Scd::Type1 | Scd::Type2 | Scd::Type7 => {}
        }
    }
    for mini in &members.outriggers {
        made.add(&names::outrigger_key(mini), By::Outrigger(mini), span);
    }
}

/// Columns of a fact.
pub(super) fn fact(document: &Document, fact: &Fact, dimensions: &[Dimension], problems: &mut Vec<Diagnostic>) {
    let mut made = Made::new(&fact.name, fact.span, problems);
    let is_aggregate = fact.rolls_up.is_some();
    if !is_aggregate {
        for (index, column) in fact.key.iter().enumerate() {
            made.add_queried(column, document.span(&["grain", "key", &index.to_string()]));
        }
        for column in &fact.degenerate {
            made.add_queried(column, document.span(&["degenerate"]));
        }
        for (key, column) in [("event_time", &fact.event_time), ("partition_by", &fact.partition_by)] {
            if let Some(column) = column {
                made.add_queried(column, document.span(&[key]));
            }
        }
        for milestone in &fact.milestones {
            made.add_queried(&milestone.column, milestone.span);
        }
        let as_of = fact.roles.iter().filter_map(|role| Some((role.as_of.as_ref()?, role.span)));
        for (column, span) in fact.event_time.iter().map(|column| (column, document.span(&["event_time"]))).chain(as_of)
        {
            let instant = names::utc(column);
            let by = if instant == column.name { By::Query(&column.name) } else { By::Instant(&column.name) };
            made.add(&instant, by, span);
        }
    }
    for role in &fact.roles {
        made.add(&names::key(&role.name), By::RoleKey(&role.name), role.span);
        if !is_aggregate && dimensions[role.dimension].members().is_some() {
            made.add(&names::durable_key(&role.name), By::RoleDurable(&role.name), role.span);
        }
    }
    for measure in &fact.measures {
        made.add(&measure.column.name, By::Measure(&measure.column.name), measure.span);
    }
}

/// The schemas of a warehouse that tables and views lie in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Schema {
    Sources,
    Star,
    Landing,
    History,
}

/// Tables and views, as they are found to be made.
#[derive(Default)]
struct Objects<'a> {
    /// By schema and name without its case: the name, what it is and where it is declared.
    seen: BTreeMap<(Schema, String), (String, &'static str, &'a str, Span)>,
    /// Pairs of declarations of which one meeting is said.
    said: BTreeSet<(Span, Span)>,
    problems: Vec<Diagnostic>,
}

impl<'a> Objects<'a> {
    /// `what` says in words what `owner` makes under this name.
    fn add(&mut self, schema: Schema, name: String, what: &'static str, owner: &'a str, span: Span) {
        let key = (schema, name.to_lowercase());
        let Some((other_name, other_what, other, first)) = self.seen.get(&key) else {
            self.seen.insert(key, (name, what, owner, span));
            return;
        };
        if !self.said.insert((*first, span)) {
            return;
        }
        let is_model = |what: &str| matches!(what, "fact" | "dimension");
        let both_models = is_model(what) && is_model(other_what);
        let message = if both_models && name == *other_name {
            format!("two models have the name `{name}`")
        } else if schema == Schema::Sources && name == *other_name {
            format!("two sources have the name `{name}`")
        } else if both_models || schema == Schema::Sources {
            let kind = if both_models { "models" } else { "sources" };
            format!("two {kind} have the names `{other_name}` and `{name}`, which differ by case alone")
        } else {
            format!("`{name}` would be both {other_what} `{other}` and {what} `{owner}`")
        };
        let help = match (schema, both_models) {
            (_, true) => "rename one of them; a conformed dimension is declared once and used by role",
            (Schema::Landing, _) => "rename one of them: a table lands as its source's name, `__` and its own name",
            _ => "rename one of them; case does not tell tables apart on every engine",
        };
        self.problems.push(
            Diagnostic::new(Code::DuplicateName, message).at(span, "again here").at(*first, "first here").help(help),
        );
    }
}

/// Tables and views of a project: its models, the views that roles and policies make, landed tables and kept histories.
pub(super) fn objects(
    documents: &[Document],
    tables: &[Table],
    dimensions: &[Dimension],
    facts: &[Fact],
    problems: &mut Vec<Diagnostic>,
) {
    let mut objects = Objects::default();
    let mut models: BTreeSet<&str> = BTreeSet::new();
    for document in documents {
        let (name, span) = (name_of(document), name_span(document));
        let (schema, what) = match document.kind {
            Kind::Project(_) => continue,
            Kind::Source(_) => (Schema::Sources, "source"),
            Kind::Dimension(_) => (Schema::Star, "dimension"),
            Kind::Fact(_) => (Schema::Star, "fact"),
        };
        objects.add(schema, name.to_owned(), what, name, span);
        if schema == Schema::Star {
            models.insert(name);
        }
    }
    for dimension in dimensions {
        type_views(dimension, &mut objects);
        if dimension.members().is_some() {
            objects.add(Schema::History, dimension.name.clone(), "dimension", &dimension.name, dimension.span);
        }
        if dimension.mini().is_some() {
            let name = names::mini_timeline(&dimension.name);
            objects.add(Schema::History, name, "the members of mini-dimension", &dimension.name, dimension.span);
        }
        if dimension.members().is_some_and(|members| members.key_strategy == KeyStrategy::Sequence) {
            let name = names::key_numbers(&dimension.name);
            objects.add(Schema::History, name, "the key numbers of dimension", &dimension.name, dimension.span);
        }
    }
    let narrowed: Vec<Option<(String, String)>> = dimensions.iter().map(narrowed).collect();
    let mut roles: BTreeSet<&str> = BTreeSet::new();
    for role in facts.iter().flat_map(|fact| &fact.roles) {
        if models.contains(role.name.as_str()) || !roles.insert(&role.name) {
            continue;
        }
        objects.add(Schema::Star, role.name.clone(), "the view of role", &role.name, role.span);
        if let Some((first, second)) = &narrowed[role.dimension] {
            let dimension = &dimensions[role.dimension].name;
            problems.push(
                Diagnostic::new(
                    Code::KeyNameCollision,
                    format!(
                        "the view of role `{}` would show `{first}` and `{second}` of `{dimension}` under one name",
                        role.name
                    ),
                )
                .at(role.span, format!("`{dimension}_` gives way to `{}_`", role.name))
                .help(format!("rename one of the two attributes of `{dimension}`")),
            );
        }
    }
    for table in tables {
        for suffix in [""].iter().chain(&names::LANDED_TABLES) {
            objects.add(Schema::Landing, names::landed(table) + suffix, "table", &table.address, table.span);
        }
    }
    problems.append(&mut objects.problems);
}

fn type_views<'a>(dimension: &'a Dimension, objects: &mut Objects<'a>) {
    let mut add = |name: String, what: &'static str| {
        objects.add(Schema::Star, name, what, &dimension.name, dimension.span);
    };
    match &dimension.kind {
        DimensionKind::Mini(mini) if mini.outrigger => {
            add(names::current(&dimension.name), "the view of mini-dimension");
        }
        DimensionKind::Standard(members) if Members::is_dual(members) => {
            for suffix in names::DUAL_VIEWS {
                add(format!("{}_{suffix}", dimension.name), "a view of the type-7 dimension");
            }
        }
        _ => {}
    }
}

/// Two columns of a dimension that have one name in the view of a role, where the role's name stands for the dimension's.
fn narrowed(dimension: &Dimension) -> Option<(String, String)> {
    let prefix = format!("{}_", dimension.name);
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for column in super::columns::dimension_columns(dimension) {
        let own = column.name.strip_prefix(&prefix).unwrap_or(&column.name).to_lowercase();
        if let Some(first) = seen.insert(own, column.name.clone()) {
            return Some((first, column.name));
        }
    }
    None
}
