//! Resolves dimensions and facts: queries are analyzed, expressions typed, keys, roles and policies bound.

use super::columns;
use super::resolve::{Scope, check_name, unknown};
use super::resolve_sources::read_type;
use super::types::{
    Attribute, Calendar, Column, Dimension, DimensionKind, EffectiveAt, Fact, Measure, Members, Query, QueryAnalysis,
    Role, Scd,
};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;
use crate::sql::googlesql::{Column as SqlColumn, OutputColumn, Problem, ProblemKind, Tables, Type, analyze_query};
use crate::sql::names;
use crate::syntax::{
    self, Additivity, Document, FactKind, FactOnDelete, FirstVersion, Missing, Names, OnDelete, OpenEnd, Sql,
    Type1Scope, WhenNull,
};

/// The relation that expressions over a query's result read.
const RESULT: &str = "result.rows";

pub(super) fn resolve_dimension(
    document: &Document,
    dimension: &syntax::Dimension,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Dimension> {
    let kind = match dimension.kind.unwrap_or(syntax::DimensionKind::Standard) {
        syntax::DimensionKind::Calendar => DimensionKind::Calendar(calendar(document, dimension, problems)?),
        syntax::DimensionKind::TimeOfDay => DimensionKind::TimeOfDay,
        syntax::DimensionKind::Standard => {
            DimensionKind::Standard(Box::new(members(document, dimension, scope, problems)?))
        }
    };
    Some(Dimension {
        name: dimension.dimension.clone(),
        description: dimension.description.clone().unwrap_or_default(),
        owner: dimension.owner.clone(),
        tags: dimension.tags.clone().unwrap_or_default(),
        was: dimension.was.clone(),
        protect: dimension.protect.unwrap_or(false),
        kind,
        file: document.file,
        span: document.span(&["dimension"]),
    })
}

fn calendar(document: &Document, dimension: &syntax::Dimension, problems: &mut Vec<Diagnostic>) -> Option<Calendar> {
    let mut day = |key: &str, text: Option<&String>| {
        let Some(text) = text else {
            problems.push(
                Diagnostic::new(Code::MissingSetting, format!("calendar `{}` has no `{key}`", dimension.dimension))
                    .at(document.span(&["dimension"]), "a calendar")
                    .help(format!("add `{key}: 2020-01-01`")),
            );
            return None;
        };
        let parsed = text.parse::<chrono::NaiveDate>().ok();
        if parsed.is_none() {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{text}` is no day"))
                    .at(document.span(&[key]), "not YYYY-MM-DD")
                    .help("write it as 2026-03-01"),
            );
        }
        parsed
    };
    let first = day("first_day", dimension.first_day.as_ref());
    let last = day("last_day", dimension.last_day.as_ref());
    let (first, last) = (first?, last?);
    if last < first {
        problems.push(
            Diagnostic::new(Code::WrongValue, "the calendar ends before it starts")
                .at(document.span(&["last_day"]), format!("before {first}"))
                .help("let `last_day` lie after `first_day`"),
        );
        return None;
    }
    let month = dimension.fiscal_year_starts.unwrap_or(1);
    if !(1..=12).contains(&month) {
        problems.push(
            Diagnostic::new(Code::WrongValue, format!("`{month}` is no month"))
                .at(document.span(&["fiscal_year_starts"]), "1 to 12")
                .help("write the month as a number from 1 to 12"),
        );
        return None;
    }
    let mut holidays = Vec::new();
    for (text, name) in dimension.holidays.iter().flatten() {
        match text.parse::<chrono::NaiveDate>() {
            Ok(day) => holidays.push((day.to_string(), name.clone())),
            Err(_) => problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{text}` is no day"))
                    .at(document.key_span(&["holidays", text]), "not YYYY-MM-DD")
                    .help("write it as 2026-03-01"),
            ),
        }
    }
    holidays.sort();
    Some(Calendar { first_day: first.to_string(), last_day: last.to_string(), fiscal_year_starts: month, holidays })
}

fn members(
    document: &Document,
    dimension: &syntax::Dimension,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Members> {
    let query = query(document, dimension.from.as_deref(), scope, problems);
    let Some(key) = &dimension.natural_key else {
        problems.push(
            Diagnostic::new(Code::MissingNaturalKey, format!("dimension `{}` has no natural key", dimension.dimension))
                .at(document.span(&["dimension"]), "its members have no name")
                .help("add `natural_key: […]` with the columns that name a member in the source"),
        );
        return None;
    };
    let query = query?;
    let natural_key = key_columns(document, &["natural_key"], key, &query, problems);
    let effective_at = match dimension.effective_at.as_deref() {
        None | Some("extracted") => EffectiveAt::Extracted,
        Some(name) => {
            let output = output(document, &["effective_at"], name, &query, problems)?;
            if !is_instant(&output.ty) {
                problems.push(not_an_instant(name, &output.ty, document.span(&["effective_at"])));
            }
            EffectiveAt::Column(name.to_owned(), output.ty.clone())
        }
    };
    if let Some(name) = &dimension.sequence {
        output(document, &["sequence"], name, &query, problems)?;
    }
    let mut attributes = Vec::new();
    for (name, attribute) in dimension.attributes.iter().flatten() {
        let path = ["attributes", name.as_str()];
        check_name(name, document.key_span(&path), problems);
        reserved(dimension, name, document.key_span(&path), problems);
        let scd = scd(document, dimension, name, attribute.scd.or(dimension.scd), problems);
        let Some(typed) = expression(document, &path, name, attribute.expr.as_deref(), &query, scope, problems) else {
            continue;
        };
        let ty = declared_type(document, &path, attribute.ty.as_deref(), &typed.ty, problems);
        let hierarchy = attribute.hierarchy.as_ref().and_then(|text| {
            let parsed = text.rsplit_once('.').and_then(|(name, level)| Some((name.to_owned(), level.parse().ok()?)));
            if parsed.is_none() {
                problems.push(
                    Diagnostic::new(Code::WrongValue, format!("`{text}` is no level of a hierarchy"))
                        .at(document.span(&["attributes", name, "hierarchy"]), "not `hierarchy.level`")
                        .help("write it as `merchandise.2`, level 1 the most general"),
                );
            }
            parsed
        });
        let source_pii = typed.origins.iter().any(|(table, column)| {
            scope.tables.get(table).and_then(|table| table.column(column)).is_some_and(|column| column.pii)
        });
        attributes.push(Attribute {
            column: Column {
                name: name.clone(),
                ty,
                description: attribute.description.clone().unwrap_or_default(),
                pii: attribute.pii.unwrap_or(source_pii),
            },
            scd: scd.unwrap_or(Scd::Type1),
            expr: typed.text,
            hierarchy,
            was: attribute.was.clone(),
            origins: typed.origins,
        });
    }
    Some(Members {
        query,
        natural_key: natural_key?,
        effective_at,
        extracted_is_declared: dimension.effective_at.is_some(),
        sequence: dimension.sequence.clone(),
        on_delete: dimension.on_delete.unwrap_or(OnDelete::Close),
        first_version: dimension.first_version.unwrap_or(FirstVersion::BeginningOfTime),
        open_end: dimension.open_end.unwrap_or(OpenEnd::FarFuture),
        type1_scope: dimension.type1_scope.unwrap_or(Type1Scope::All),
        salt: dimension.surrogate_key.as_ref().and_then(|key| key.salt.clone()).unwrap_or_default(),
        attributes,
    })
}

fn scd(
    document: &Document,
    dimension: &syntax::Dimension,
    name: &str,
    number: Option<u8>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Scd> {
    match number {
        Some(0) => Some(Scd::Type0),
        Some(1) => Some(Scd::Type1),
        Some(2) => Some(Scd::Type2),
        Some(other) => {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`scd: {other}` is not a policy of this version"))
                    .at(document.span(&["attributes", name, "scd"]), "0, 1 or 2")
                    .help("0 keeps the first value, 1 overwrites, 2 keeps history"),
            );
            None
        }
        None => {
            problems.push(
                Diagnostic::new(
                    Code::MissingScd,
                    format!("attribute `{name}` of dimension `{}` has no SCD policy", dimension.dimension),
                )
                .at(document.key_span(&["attributes", name]), "what becomes of a change is not said")
                .help("add `scd: 0` to keep the first value, `1` to overwrite, `2` to keep history; or `scd:` for the whole dimension"),
            );
            None
        }
    }
}

/// Columns that every dimension's table has, and that an attribute cannot be.
fn reserved(dimension: &syntax::Dimension, name: &str, span: Span, problems: &mut Vec<Diagnostic>) {
    let own = [names::key(&dimension.dimension), names::durable_key(&dimension.dimension)];
    let taken = columns::RESERVED_COLUMNS.contains(&name);
    if own.iter().any(|key| key == name) {
        problems.push(
            Diagnostic::new(
                Code::KeyNameCollision,
                format!("`{name}` is the name of the dimension's own surrogate key"),
            )
            .at(span, "written by the load")
            .help("choose another name for the attribute"),
        );
    } else if taken {
        problems.push(
            Diagnostic::new(Code::ReservedColumn, format!("`{name}` is a column that every load writes"))
                .at(span, "reserved")
                .help("choose another name"),
        );
    }
}

#[allow(clippy::too_many_lines)]
pub(super) fn resolve_fact(
    document: &Document,
    fact: &syntax::Fact,
    scope: &Scope<'_>,
    dimensions: &[Dimension],
    facts: &[Fact],
    problems: &mut Vec<Diagnostic>,
) -> Option<Fact> {
    let kind = fact.kind.unwrap_or(FactKind::Transaction);
    let rolled = match (kind, fact.from.as_deref()) {
        (FactKind::Aggregate, Some(name)) => match facts.iter().position(|other| other.name == name) {
            Some(index) => Some(index),
            None => {
                if !scope.facts.contains_key(name) {
                    let known = scope.facts.keys().map(String::as_str);
                    problems.push(unknown("fact", name, document.span(&["from"]), known));
                }
                return None;
            }
        },
        (FactKind::Aggregate, None) => {
            problems.push(
                Diagnostic::new(Code::MissingSetting, format!("aggregate `{}` names no fact", fact.fact))
                    .at(document.span(&["fact"]), "an aggregate rolls up a fact")
                    .help("add `from:` with the fact's name"),
            );
            return None;
        }
        _ => None,
    };
    let from = rolled.map(|index| format!("ref.{}", facts[index].name));
    let query = query(document, from.as_deref().or(fact.from.as_deref()), scope, problems);
    let mut roles = Vec::new();
    for (name, role) in fact.dimensions.iter().flatten() {
        check_name(name, document.key_span(&["dimensions", name]), problems);
        let Some(query) = &query else { continue };
        let base = rolled.map(|index| &facts[index]);
        roles.extend(resolve_role(document, fact, name, role, base, query, scope, dimensions, problems));
    }
    let Some(grain) = &fact.grain else {
        problems.push(
            Diagnostic::new(Code::MissingGrain, format!("fact `{}` does not declare its grain", fact.fact))
                .at(document.span(&["fact"]), "what one row is, is not said")
                .help("add `grain: { description: one row per …, key: […] }`"),
        );
        return None;
    };
    let query = query?;
    let key = match (&grain.key, rolled) {
        (Some(names), None) => key_columns(document, &["grain", "key"], names, &query, problems)?,
        (None, Some(_)) => roles
            .iter()
            .map(|role| Column {
                name: names::key(&role.name),
                ty: Type::Int64,
                description: String::new(),
                pii: false,
            })
            .collect(),
        (Some(_), Some(_)) => {
            problems.push(
                Diagnostic::new(
                    Code::WrongValue,
                    format!("the grain key of aggregate `{}` is its dimensions", fact.fact),
                )
                .at(document.span(&["grain", "key"]), "not declared for an aggregate")
                .help("leave `key` out"),
            );
            return None;
        }
        (None, None) => {
            problems.push(
                Diagnostic::new(Code::MissingGrainKey, format!("the grain of fact `{}` has no key", fact.fact))
                    .at(document.span(&["grain"]), "a sentence, but no columns")
                    .help("add `key: […]` with the columns that tell two rows apart"),
            );
            return None;
        }
    };
    let event_time = match &fact.event_time {
        Some(name) => {
            let output = output(document, &["event_time"], name, &query, problems)?;
            if !is_instant(&output.ty) {
                problems.push(not_an_instant(name, &output.ty, document.span(&["event_time"])));
            }
            Some(plain(output))
        }
        None => None,
    };
    let mut degenerate = Vec::new();
    for (index, name) in fact.degenerate.iter().flatten().enumerate() {
        let at = index.to_string();
        degenerate.extend(output(document, &["degenerate", &at], name, &query, problems).map(plain));
    }
    let measures = resolve_measures(document, fact, &query, scope, problems);
    let partition_by = match &fact.partition_by {
        Some(name) => {
            let output = output(document, &["partition_by"], name, &query, problems)?;
            if !is_instant(&output.ty) {
                problems.push(not_an_instant(name, &output.ty, document.span(&["partition_by"])));
            }
            Some(plain(output))
        }
        None => event_time.clone(),
    };
    if let Some(duplicate) = &fact.on_duplicate {
        output(document, &["on_duplicate", "keep_latest_by"], &duplicate.keep_latest_by, &query, problems)?;
    }
    let mut resolved = Fact {
        name: fact.fact.clone(),
        kind,
        description: fact.description.clone().unwrap_or_default(),
        business_process: fact.business_process.clone().unwrap_or_default(),
        owner: fact.owner.clone(),
        tags: fact.tags.clone().unwrap_or_default(),
        was: fact.was.clone(),
        protect: fact.protect.unwrap_or(false),
        grain: grain.description.clone(),
        key,
        query,
        rolls_up: rolled,
        event_time,
        roles,
        degenerate,
        measures,
        on_delete: fact.on_delete.unwrap_or(FactOnDelete::Remove),
        keep_latest_by: fact.on_duplicate.as_ref().map(|duplicate| duplicate.keep_latest_by.clone()),
        insert_only: fact.insert_only.unwrap_or(false),
        partition_by,
        cluster_by: Vec::new(),
        file: document.file,
        span: document.span(&["fact"]),
        grain_span: document.span(if rolled.is_some() { &["grain", "description"] } else { &["grain", "key"] }),
    };
    cluster(document, fact, &mut resolved, dimensions, problems);
    collisions(document, &resolved, problems);
    Some(resolved)
}

#[allow(clippy::too_many_arguments)]
fn resolve_role(
    document: &Document,
    fact: &syntax::Fact,
    name: &str,
    role: &syntax::Role,
    rolled: Option<&Fact>,
    query: &Query,
    scope: &Scope<'_>,
    dimensions: &[Dimension],
    problems: &mut Vec<Diagnostic>,
) -> Option<Role> {
    let span = document.key_span(&["dimensions", name]);
    let declared = |key: &str| document.span(&["dimensions", name, key]);
    let base = Role {
        name: name.to_owned(),
        dimension: 0,
        on: Vec::new(),
        as_of: None,
        missing: role.missing.unwrap_or(Missing::Infer),
        when_null: role.when_null.unwrap_or(WhenNull::Unknown),
        description: role.description.clone().unwrap_or_default(),
        was: role.was.clone(),
        span,
    };
    if let Some(rolled) = rolled {
        let Some(found) = rolled.roles.iter().find(|other| other.name == name) else {
            let known = rolled.roles.iter().map(|role| role.name.as_str());
            problems.push(unknown(&format!("role of fact `{}`", rolled.name), name, span, known));
            return None;
        };
        return Some(Role { dimension: found.dimension, when_null: found.when_null, ..base });
    }
    let target = role.dimension.as_deref().unwrap_or(name);
    let Some((index, key_types)) = scope.dimensions.get(target) else {
        let known = scope.documents.iter().filter_map(|document| match &document.kind {
            syntax::Kind::Dimension(dimension) => Some(dimension.dimension.as_str()),
            _ => None,
        });
        let known: Vec<&str> = known.collect();
        // A dimension that is declared and did not resolve has its own problem already.
        if !known.contains(&target) {
            let at = if role.dimension.is_some() { declared("dimension") } else { span };
            let mut problem = unknown("dimension", target, at, known);
            problem.code = Code::UnknownDimension;
            problems.push(problem);
        }
        return None;
    };
    let Some(Names(on)) = &role.on else {
        problems.push(
            Diagnostic::new(Code::MissingSetting, format!("role `{name}` of fact `{}` names no column", fact.fact))
                .at(span, "`on` is missing")
                .help("add `on:` with the columns that hold the dimension's natural key"),
        );
        return None;
    };
    let mut columns = Vec::new();
    for (place, column) in on.iter().enumerate() {
        let place = place.to_string();
        let path = ["dimensions", name, "on", place.as_str()];
        columns.push(plain(output(document, &path, column, query, problems)?));
    }
    let at = declared("on");
    match &dimensions[*index].kind {
        DimensionKind::Standard(members) => {
            if columns.len() != key_types.len() {
                let names: Vec<&str> = members.natural_key.iter().map(|column| column.name.as_str()).collect();
                problems.push(
                    Diagnostic::new(
                        Code::KeyMismatch,
                        format!(
                            "role `{name}` names {} columns, and the natural key of `{target}` has {}",
                            columns.len(),
                            key_types.len()
                        ),
                    )
                    .at(at, format!("the natural key is {}", names.join(", ")))
                    .help("name one column for each column of the natural key, in its order"),
                );
                return None;
            }
            for (column, ty) in columns.iter().zip(key_types) {
                if column.ty.plain() != ty.plain() && column.ty != Type::Unknown && *ty != Type::Unknown {
                    problems.push(
                        Diagnostic::new(
                            Code::KeyMismatch,
                            format!(
                                "column `{}` is {}, and the natural key of `{target}` is {ty}",
                                column.name, column.ty
                            ),
                        )
                        .at(at, "the key would never match")
                        .help(format!("cast the column to {ty} in the query")),
                    );
                }
            }
        }
        DimensionKind::Calendar(_) => {
            if columns.len() != 1 || !is_instant(&columns[0].ty) {
                problems.push(
                    Diagnostic::new(Code::KeyMismatch, format!("role `{name}` needs one DATE, DATETIME or TIMESTAMP"))
                        .at(at, columns.first().map_or(String::new(), |column| format!("is {}", column.ty)))
                        .help("name the column that holds the day or instant"),
                );
                return None;
            }
        }
        DimensionKind::TimeOfDay => {
            let fits = columns.len() == 1
                && matches!(columns[0].ty, Type::Timestamp | Type::DateTime | Type::Time | Type::Unknown);
            if !fits {
                problems.push(
                    Diagnostic::new(Code::KeyMismatch, format!("role `{name}` needs one TIME, DATETIME or TIMESTAMP"))
                        .at(at, columns.first().map_or(String::new(), |column| format!("is {}", column.ty)))
                        .help("name the column that holds the time"),
                );
                return None;
            }
        }
    }
    let as_of = match &role.as_of {
        Some(column) => {
            let output = output(document, &["dimensions", name, "as_of"], column, query, problems)?;
            if !is_instant(&output.ty) {
                problems.push(not_an_instant(column, &output.ty, declared("as_of")));
            }
            Some(plain(output))
        }
        None => None,
    };
    Some(Role { dimension: *index, on: columns, as_of, ..base })
}

fn resolve_measures(
    document: &Document,
    fact: &syntax::Fact,
    query: &Query,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Measure> {
    let mut measures = Vec::new();
    for (name, measure) in fact.measures.iter().flatten() {
        let path = ["measures", name.as_str()];
        let span = document.key_span(&path);
        check_name(name, span, problems);
        let Some(typed) = expression(document, &path, name, measure.expr.as_deref(), query, scope, problems) else {
            continue;
        };
        let ty = declared_type(document, &path, measure.ty.as_deref(), &typed.ty, problems);
        if !ty.is_numeric() && ty != Type::Unknown {
            problems.push(
                Diagnostic::new(Code::TextMeasure, format!("measure `{name}` is {ty}, and a measure is a number"))
                    .at(span, "not numeric")
                    .help("make it an attribute of a dimension, or a degenerate dimension; a flag becomes 0 or 1"),
            );
        }
        let Some(additive) = measure.additive else {
            problems.push(
                Diagnostic::new(
                    Code::MissingAdditivity,
                    format!("measure `{name}` does not say over what it may be summed"),
                )
                .at(span, "`additive` is missing")
                .help("add `additive: all`, `semi` with `not_over: […]`, or `none`"),
            );
            continue;
        };
        let not_over = measure.not_over.clone().unwrap_or_default();
        for (index, role) in not_over.iter().enumerate() {
            if !fact.dimensions.iter().flatten().any(|(known, _)| known == role) {
                let at = index.to_string();
                let known = fact.dimensions.iter().flatten().map(|(known, _)| known.as_str());
                problems.push(unknown("role", role, document.span(&["measures", name, "not_over", &at]), known));
            }
        }
        measures.push(Measure {
            column: Column {
                name: name.clone(),
                ty,
                description: measure.description.clone().unwrap_or_default(),
                pii: false,
            },
            expr: typed.text,
            additive,
            not_over: if additive == Additivity::Semi { not_over } else { Vec::new() },
            unit: measure.unit.clone(),
            currency: measure.currency.clone(),
            was: measure.was.clone(),
            origins: typed.origins,
            span,
        });
    }
    measures
}

/// The columns to cluster by: declared ones, or the keys of the first dimensions that are no calendar.
fn cluster(
    document: &Document,
    fact: &syntax::Fact,
    resolved: &mut Fact,
    dimensions: &[Dimension],
    problems: &mut Vec<Diagnostic>,
) {
    let Some(Names(declared)) = &fact.cluster_by else {
        let keys = resolved.key.iter().map(|column| column.name.clone());
        let roles = resolved
            .roles
            .iter()
            .filter(|role| matches!(dimensions[role.dimension].kind, DimensionKind::Standard(_)))
            .map(|role| names::key(&role.name));
        let mut by: Vec<String> = Vec::new();
        for name in keys.chain(roles) {
            if !by.contains(&name) {
                by.push(name);
            }
        }
        by.truncate(4);
        resolved.cluster_by = by;
        return;
    };
    let stored = columns::fact_columns(dimensions, resolved);
    for (index, name) in declared.iter().enumerate() {
        if !stored.iter().any(|column| &column.name == name) {
            let at = index.to_string();
            let known = stored.iter().map(|column| column.name.as_str());
            problems.push(unknown("column", name, document.span(&["cluster_by", &at]), known));
        }
    }
    if declared.len() > 4 {
        problems.push(
            Diagnostic::new(Code::WrongValue, "a table is clustered by four columns at most")
                .at(document.span(&["cluster_by"]), format!("{} columns", declared.len()))
                .help("keep those that queries filter by most"),
        );
    }
    resolved.cluster_by.clone_from(declared);
}

/// Two columns of one name: a role's key beside a column of the query, or a measure beside a key.
fn collisions(document: &Document, fact: &Fact, problems: &mut Vec<Diagnostic>) {
    let stored: Vec<String> = columns::stored_columns(fact).into_iter().map(|(name, _, _)| name).collect();
    for role in &fact.roles {
        let key = names::key(&role.name);
        let measured = fact.measures.iter().any(|measure| measure.column.name == key);
        if fact.rolls_up.is_none() && stored.contains(&key) && !measured {
            problems.push(
                Diagnostic::new(
                    Code::KeyNameCollision,
                    format!("`{key}` is the foreign key of role `{}`, and a column of its own", role.name),
                )
                .at(role.span, "writes a column of this name")
                .help("give the column another name in the query, or rename the role"),
            );
        }
    }
    for measure in &fact.measures {
        let name = &measure.column.name;
        let plain = fact.key.iter().chain(&fact.degenerate).chain(&fact.event_time).any(|column| &column.name == name);
        let as_key = fact.roles.iter().any(|role| names::key(&role.name) == *name);
        if plain || as_key {
            problems.push(
                Diagnostic::new(Code::KeyNameCollision, format!("measure `{name}` has the name of a key"))
                    .at(measure.span, "two columns of one name")
                    .help("rename the measure"),
            );
        }
    }
    for name in stored.iter().filter(|name| columns::RESERVED_COLUMNS.contains(&name.as_str())) {
        problems.push(
            Diagnostic::new(Code::ReservedColumn, format!("`{name}` is a column that every load writes"))
                .at(document.span(&["fact"]), "in this fact")
                .help("give the column another name in the query"),
        );
    }
}

/// The model's query: `query`, or every column of `from`.
fn query(document: &Document, from: Option<&str>, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> Option<Query> {
    let written = document.sql(&["query"]);
    let (text, sql) = match (written, from) {
        (Some(sql), None) => (sql.text.clone(), Some(sql)),
        (None, Some(table)) => {
            let model = table.strip_prefix("ref.").is_some();
            if !model && !scope.tables.contains_key(table) {
                problems.push(unknown(
                    "source table",
                    table,
                    document.span(&["from"]),
                    scope.tables.keys().map(String::as_str),
                ));
                return None;
            }
            (format!("SELECT * FROM `{table}`"), None)
        }
        (Some(_), Some(_)) => {
            problems.push(
                Diagnostic::new(Code::WrongValue, "both `from` and `query` say what is read")
                    .at(document.span(&["query"]), "one of them is enough")
                    .help("keep `query`, or `from` where every row of one table is read"),
            );
            return None;
        }
        (None, None) => {
            problems.push(
                Diagnostic::new(Code::MissingSetting, "neither `from` nor `query` says what is read")
                    .at(document.span(&[]), "a model reads something")
                    .help("add `from: source.table`, or `query: SELECT …`"),
            );
            return None;
        }
    };
    let span = document.span(&[if sql.is_some() { "query" } else { "from" }]);
    let mut outcome = analyze_query(&text, &scope.catalog);
    scope.keep_relevant(&mut outcome.problems);
    let failed =
        outcome.problems.iter().any(|problem| code_of(problem.kind).severity() == crate::diagnostic::Severity::Error);
    problems.extend(outcome.problems.into_iter().map(|problem| sql_problem(problem, sql.as_ref(), span, 0)));
    let analysis = outcome.analysis?;
    if failed {
        return None;
    }
    let analysis = QueryAnalysis { output: analysis.output, tables: analysis.tables, volatile: analysis.volatile };
    Some(Query { text, analysis, span })
}

/// An expression with its type and the source columns it is made of.
struct Typed {
    text: String,
    ty: Type,
    origins: Vec<(String, String)>,
}

/// The expression of an attribute or measure, or the column of its name.
fn expression(
    document: &Document,
    path: &[&str],
    name: &str,
    expr: Option<&str>,
    query: &Query,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Typed> {
    let mut at: Vec<&str> = path.to_vec();
    at.push("expr");
    let column = match expr {
        None => Some((name, document.key_span(path))),
        Some(text) if is_identifier(text) => Some((text, document.span(&at))),
        Some(_) => None,
    };
    if let Some((column, span)) = column {
        let found = find_output(column, query, span, problems)?;
        return Some(Typed {
            text: names::backquoted(&found.name),
            ty: found.ty.clone(),
            origins: found.origins.clone(),
        });
    }
    let sql = document.sql(&at)?;
    let mut catalog = Tables::default();
    catalog.add(
        RESULT,
        query
            .analysis
            .output
            .iter()
            .map(|output| SqlColumn { name: output.name.clone(), ty: output.ty.clone() })
            .collect(),
    );
    let before = "SELECT (";
    let text = format!("{before}{}\n) AS value FROM `{RESULT}`", sql.text);
    let mut outcome = analyze_query(&text, &catalog);
    scope.keep_relevant(&mut outcome.problems);
    let span = document.span(&at);
    let mut failed = false;
    for problem in outcome.problems {
        let diagnostic = sql_problem(problem, Some(&sql), span, before.len());
        failed |= diagnostic.severity == crate::diagnostic::Severity::Error;
        problems.push(diagnostic);
    }
    let analysis = outcome.analysis.filter(|_| !failed)?;
    let value = analysis.output.first()?;
    let mut origins: Vec<(String, String)> = Vec::new();
    for (_, column) in &value.origins {
        if let Some(output) = query.analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(column)) {
            origins.extend(output.origins.iter().cloned());
        }
    }
    origins.sort();
    origins.dedup();
    Some(Typed { text: sql.text.clone(), ty: value.ty.clone(), origins })
}

fn is_identifier(text: &str) -> bool {
    let text = text.trim();
    text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !["true", "false", "null"].contains(&text.to_ascii_lowercase().as_str())
}

fn declared_type(
    document: &Document,
    path: &[&str],
    declared: Option<&str>,
    found: &Type,
    problems: &mut Vec<Diagnostic>,
) -> Type {
    let Some(text) = declared else { return found.clone() };
    let mut at = path.to_vec();
    at.push("type");
    let span = document.span(&at);
    let ty = read_type(text, span, problems);
    let numbers = ty.is_numeric() && found.is_numeric();
    if ty.plain() != found.plain() && !numbers && *found != Type::Unknown && ty != Type::Unknown {
        problems.push(
            Diagnostic::new(Code::TypeMismatch, format!("the expression is {found}, and the declared type is {ty}"))
                .at(span, format!("not {found}"))
                .help(format!("declare {found}, or cast in the expression")),
        );
    }
    ty
}

/// The columns of a key, each an output of the query of a type that can be one.
fn key_columns(
    document: &Document,
    path: &[&str],
    names: &Names,
    query: &Query,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Column>> {
    let mut columns = Vec::new();
    let mut whole = true;
    for (index, name) in names.0.iter().enumerate() {
        let at = index.to_string();
        let mut place = path.to_vec();
        place.push(&at);
        let Some(found) = output(document, &place, name, query, problems) else {
            whole = false;
            continue;
        };
        if !matches!(
            found.ty,
            Type::Int64
                | Type::String
                | Type::Date
                | Type::DateTime
                | Type::Timestamp
                | Type::Bool
                | Type::Bytes
                | Type::Unknown
        ) {
            problems.push(
                Diagnostic::new(Code::KeyMismatch, format!("`{name}` is {}, which cannot be a key", found.ty))
                    .at(document.span(&place), "two equal values may be written differently")
                    .help("cast it to STRING or INT64 in the query"),
            );
        }
        columns.push(plain(found));
    }
    whole.then_some(columns)
}

fn output<'q>(
    document: &Document,
    path: &[&str],
    name: &str,
    query: &'q Query,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'q OutputColumn> {
    find_output(name, query, document.span(path), problems)
}

fn find_output<'q>(
    name: &str,
    query: &'q Query,
    span: Span,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'q OutputColumn> {
    let found = query.analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(name.trim()));
    if found.is_none() {
        let known = query.analysis.output.iter().map(|output| output.name.as_str());
        let diagnostic = Diagnostic::new(Code::UnknownColumn, format!("the query has no column `{name}`"))
            .at(span, "not among its columns");
        problems.push(match nearest(name, known.clone()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!("its columns are {}", known.collect::<Vec<_>>().join(", "))),
        });
    }
    found
}

fn plain(output: &OutputColumn) -> Column {
    Column { name: output.name.clone(), ty: output.ty.clone(), description: String::new(), pii: false }
}

fn is_instant(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::DateTime | Type::Timestamp | Type::Unknown)
}

fn not_an_instant(name: &str, ty: &Type, span: Span) -> Diagnostic {
    Diagnostic::new(Code::NotAnInstant, format!("`{name}` is {ty}, and an instant is a DATE, DATETIME or TIMESTAMP"))
        .at(span, "not an instant")
        .help("parse or cast it in the query")
}

fn code_of(kind: ProblemKind) -> Code {
    match kind {
        ProblemKind::ParseError => Code::SqlSyntax,
        ProblemKind::UnknownColumn => Code::UnknownColumn,
        ProblemKind::AmbiguousColumn => Code::AmbiguousColumn,
        ProblemKind::UnknownTable => Code::UnknownTable,
        ProblemKind::UnknownFunction => Code::UnknownFunction,
        ProblemKind::ArgumentCount => Code::ArgumentCount,
        ProblemKind::TypeMismatch => Code::TypeMismatch,
        ProblemKind::NotGrouped => Code::NotGrouped,
        ProblemKind::MisplacedAggregate => Code::MisplacedAggregate,
        ProblemKind::Unsupported => Code::UnsupportedSql,
        ProblemKind::DateFromTimestampWithoutZone => Code::DateWithoutZone,
        ProblemKind::Shape => Code::QueryShape,
    }
}

/// A problem of a SQL text, at its place in the file; `shift` bytes were written before the user's text.
fn sql_problem(problem: Problem, sql: Option<&Sql>, span: Span, shift: usize) -> Diagnostic {
    let place = match sql {
        Some(sql) => {
            let end = sql.text.len();
            let lo = problem.span.start.saturating_sub(shift).min(end);
            let hi = problem.span.end.saturating_sub(shift).clamp(lo, end);
            sql.span(lo..hi)
        }
        None => span,
    };
    let diagnostic = Diagnostic::new(code_of(problem.kind), problem.message).at(place, "here");
    match problem.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
