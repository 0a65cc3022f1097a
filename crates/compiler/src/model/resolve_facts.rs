//! Resolves facts: grain, roles and measures are bound to the columns of the query, and to dimensions.

use dwc_googlesql::Type;

use super::resolve::{Scope, check_name, unknown};
use super::resolve_additivity as additivity;
use super::resolve_junk::combined;
use super::resolve_measures::resolve_measures;
use super::resolve_milestones::Milestones;
use super::resolve_queries::{Read, Rows, is_instant, key_columns, not_an_instant, output, plain, query};
use super::types::{Column, Dimension, DimensionKind, Fact, Query, Role};
use super::{columns, folding, limits};
use crate::diagnostic::{Code, Diagnostic};
use crate::sql::names;
use crate::syntax::{self, Document, FactKind, FactOnDelete, Missing, Names, OnUpdate};

#[allow(clippy::too_many_lines)]
pub(super) fn resolve_fact(
    document: &Document,
    fact: &syntax::Fact,
    scope: &Scope<'_>,
    dimensions: &[Dimension],
    facts: &[Fact],
    problems: &mut Vec<Diagnostic>,
) -> Option<Fact> {
    let kind = fact.kind.unwrap_or_default();
    let rolled = match (kind, fact.from.as_deref()) {
        (FactKind::Aggregate, Some(name)) => match facts.iter().position(|other| other.name == name) {
            Some(index) => Some(index),
            None => {
                if !scope.facts.contains_key(name) {
                    let known = scope.facts.keys().map(String::as_str);
                    problems.push(unknown("fact", name, document.span(&["from"]), known));
                }
                None
            }
        },
        (FactKind::Aggregate, None) => {
            problems.push(
                Diagnostic::new(Code::MissingSetting, format!("aggregate `{}` names no fact", fact.fact))
                    .at(document.span(&["fact"]), "an aggregate rolls up a fact")
                    .help("add `from:` with the fact's name"),
            );
            None
        }
        _ => None,
    };
    let is_aggregate = kind == FactKind::Aggregate;
    let read = if is_aggregate {
        rolled.map(|index| &facts[index]).and_then(|base| {
            // What is deleted in the source is not in its sums.
            let rows = if base.on_delete == FactOnDelete::Flag { Rows::Live } else { Rows::All };
            query(document, Some(&format!("ref.{}", base.name)), rows, scope, problems)
        })
    } else {
        query(document, fact.from.as_deref(), Rows::All, scope, problems)
    };
    let (query, mut sound) = match read {
        Some(Read { query, sound }) => (Some(query), sound),
        None => (None, false),
    };
    let mut roles = Vec::new();
    for (name, role) in fact.dimensions.iter().flatten() {
        check_name(name, document.key_span(&["dimensions", name]), problems);
        let base = rolled.map(|index| &facts[index]);
        if is_aggregate && base.is_none() {
            continue;
        }
        roles.extend(resolve_role(document, fact, name, role, base, query.as_ref(), scope, dimensions, problems));
    }
    let key_of = |grain: &syntax::Grain, problems: &mut Vec<Diagnostic>| match (&grain.key, is_aggregate) {
        (Some(names), false) => key_columns(document, &["grain", "key"], names, query.as_ref()?, problems),
        (None, true) => Some(
            roles
                .iter()
                .map(|role| Column {
                    name: names::key(&role.name),
                    ty: Type::Int64,
                    description: String::new(),
                    pii: false,
                    header: None,
                    folds_case: false,
                })
                .collect(),
        ),
        (Some(_), true) => {
            problems.push(
                Diagnostic::new(
                    Code::WrongValue,
                    format!("the grain key of aggregate `{}` is its dimensions", fact.fact),
                )
                .at(document.span(&["grain", "key"]), "not declared for an aggregate")
                .help("leave `key` out"),
            );
            None
        }
        (None, false) => {
            problems.push(
                Diagnostic::new(Code::MissingGrainKey, format!("the grain of fact `{}` has no key", fact.fact))
                    .at(document.span(&["grain"]), "a sentence, but no columns")
                    .help("add `key: […]` with the columns that tell two rows apart"),
            );
            None
        }
    };
    let key: Option<Vec<Column>> = match &fact.grain {
        Some(grain) => key_of(grain, problems),
        None => {
            problems.push(
                Diagnostic::new(Code::MissingGrain, format!("fact `{}` does not declare its grain", fact.fact))
                    .at(document.span(&["fact"]), "what one row is, is not declared")
                    .help("add `grain: { description: one row per …, key: […] }`"),
            );
            None
        }
    };
    let (milestones, derived) = match &query {
        Some(query) => Milestones { document, fact, query, scope, dimensions }.resolve(&mut roles, problems),
        None => Default::default(),
    };
    let mut measures = resolve_measures(document, fact, query.as_ref(), &roles, scope, problems);
    measures.extend(derived);
    additivity::check(document, fact, &measures, &roles, dimensions, problems);
    let query = query?;
    let mut instant = |key: &str, name: &str, problems: &mut Vec<Diagnostic>| {
        let Some(output) = output(document, &[key], name, &query, problems) else {
            sound = false;
            return None;
        };
        if !is_instant(&output.ty) {
            problems.push(not_an_instant(name, &output.ty, document.span(&[key])));
        }
        Some(plain(output))
    };
    let event_time = fact.event_time.as_ref().and_then(|name| instant("event_time", name, problems));
    let partition_by = match &fact.partition_by {
        Some(name) => instant("partition_by", name, problems),
        None => event_time.clone(),
    };
    folding::listed(document, &["degenerate"], fact.degenerate.as_deref().unwrap_or_default(), problems);
    let mut degenerate = Vec::new();
    for (index, name) in fact.degenerate.iter().flatten().enumerate() {
        let at = index.to_string();
        degenerate.extend(output(document, &["degenerate", &at], name, &query, problems).map(plain));
    }
    if let Some(duplicate) = &fact.on_duplicate {
        let path = ["on_duplicate", "keep_latest_by"];
        sound &= output(document, &path, &duplicate.keep_latest_by, &query, problems).is_some();
    }
    if fact.on_update.is_some() && fact.insert_only != Some(true) {
        problems.push(
            Diagnostic::new(Code::MisplacedKey, "`on_update` needs `insert_only: true`".to_owned())
                .at(document.span(&["on_update"]), "would be ignored")
                .help("remove the key, or declare `insert_only: true`: rows of other facts are updated"),
        );
    }
    let insert_only = fact.insert_only.unwrap_or(false);
    if insert_only && fact.on_delete.is_some_and(|declared| declared != FactOnDelete::Ignore) {
        problems.push(
            Diagnostic::new(Code::MisplacedKey, "`on_delete` does not go with `insert_only`".to_owned())
                .at(document.span(&["on_delete"]), "would be ignored")
                .help(
                    "remove the key: rows of an `insert_only` fact stay as they are, also if the source deletes them",
                ),
        );
    }
    sound &= key.is_some();
    let mut resolved = Fact {
        name: fact.fact.clone(),
        kind,
        description: fact.description.clone().unwrap_or_default(),
        business_process: fact.business_process.clone().unwrap_or_default(),
        owner: fact.owner.clone(),
        tags: fact.tags.clone().unwrap_or_default(),
        was: fact.was.clone(),
        protect: fact.protect.unwrap_or(false),
        grain: fact.grain.as_ref().map(|grain| grain.description.clone()).unwrap_or_default(),
        key: key.unwrap_or_default(),
        query,
        rolls_up: rolled,
        event_time,
        roles,
        milestones,
        degenerate,
        measures,
        on_delete: if insert_only { FactOnDelete::Ignore } else { fact.on_delete.unwrap_or_default() },
        keep_latest_by: fact.on_duplicate.as_ref().map(|duplicate| duplicate.keep_latest_by.clone()),
        insert_only,
        keeps_rows: fact.on_update == Some(OnUpdate::Keep),
        partition_by,
        cluster_by: Vec::new(),
        checks: Vec::new(),
        file: document.file,
        span: document.span(&["fact"]),
        grain_span: document.span(if rolled.is_some() { &["grain", "description"] } else { &["grain", "key"] }),
    };
    cluster(document, fact, &mut resolved, scope, dimensions, problems);
    folding::fact(document, &resolved, dimensions, problems);
    sound.then_some(resolved)
}

#[allow(clippy::too_many_arguments)]
fn resolve_role(
    document: &Document,
    fact: &syntax::Fact,
    name: &str,
    role: &syntax::Role,
    rolled: Option<&Fact>,
    query: Option<&Query>,
    scope: &Scope<'_>,
    dimensions: &[Dimension],
    problems: &mut Vec<Diagnostic>,
) -> Option<Role> {
    let span = document.key_span(&["dimensions", name]);
    let declared = |key: &str| document.span(&["dimensions", name, key]);
    let mut base = Role {
        name: name.to_owned(),
        dimension: 0,
        on: Vec::new(),
        as_of: None,
        missing: role.missing.unwrap_or_default(),
        when_null: role.when_null.unwrap_or_default(),
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
    let found = scope.dimensions.get(target);
    // A dimension that is declared and did not resolve has its own problem already.
    if found.is_none() && !scope.dimension_documents.contains_key(target) {
        let known = scope.dimension_documents.keys().map(String::as_str);
        let at = if role.dimension.is_some() { declared("dimension") } else { span };
        let mut problem = unknown("dimension", target, at, known);
        problem.code = Code::UnknownDimension;
        problems.push(problem);
    }
    let junk = found.and_then(|(index, _)| dimensions[*index].junk());
    let own = junk.map(|junk| junk.attributes.iter().map(|attribute| attribute.column.name.clone()).collect());
    let Some(on) = role.on.as_ref().map(|Names(on)| on.clone()).or(own) else {
        // The attributes of a junk dimension that did not resolve would be its columns.
        if found.is_some() || !scope.is_junk(target) {
            problems.push(
                Diagnostic::new(Code::MissingSetting, format!("role `{name}` of fact `{}` names no column", fact.fact))
                    .at(span, "`on` is missing")
                    .help("add `on:` with the columns that hold the dimension's natural key"),
            );
        }
        return None;
    };
    let query = query?;
    let mut columns = Vec::new();
    for (place, column) in on.iter().enumerate() {
        let place = place.to_string();
        let path = ["dimensions", name, "on", place.as_str()];
        // What is left out stands at the name of the role.
        let path = if role.on.is_some() { &path[..] } else { &path[..2] };
        columns.extend(output(document, path, column, query, problems).map(plain));
    }
    let as_of = role.as_of.as_ref().and_then(|column| {
        let output = output(document, &["dimensions", name, "as_of"], column, query, problems)?;
        if !is_instant(&output.ty) {
            problems.push(not_an_instant(column, &output.ty, declared("as_of")));
        }
        // What the event time says already is not said twice.
        Some(plain(output)).filter(|column| fact.event_time.as_ref() != Some(&column.name))
    });
    let (index, key_types) = found.filter(|_| columns.len() == on.len())?;
    let at = if role.on.is_some() { declared("on") } else { span };
    if let Some(junk) = junk {
        base.missing = Missing::default();
        return combined(document, (name, role), (target, junk), &columns, at, problems).then_some(Role {
            dimension: *index,
            on: columns,
            ..base
        });
    }
    if dimensions[*index].members().is_none() {
        // Nothing is inferred of what is generated: to be unknown is what the default means there.
        if base.missing != Missing::Error {
            base.missing = Missing::default();
        }
        generated(document, name, role, target, problems);
    }
    match &dimensions[*index].kind {
        kind @ (DimensionKind::Standard(_) | DimensionKind::Mini(_)) => {
            let members = dimensions[*index].members()?;
            let is_mini = matches!(kind, DimensionKind::Mini(_));
            if is_mini && role.missing.is_none() {
                base.missing = Missing::Unknown;
            }
            if is_mini && base.missing == Missing::Infer {
                problems.push(
                    Diagnostic::new(
                        Code::WrongValue,
                        format!("`{target}` is a mini-dimension, and a combination is not inferred"),
                    )
                    .at(declared("missing"), "nothing could be filled in later")
                    .help("leave `missing` out, and let the role of the base dimension infer the member"),
                );
            }
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
        // Its roles are done already.
        DimensionKind::Junk(_) => {}
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
    Some(Role { dimension: *index, on: columns, as_of, ..base })
}

/// Refuses what a role of a generated dimension cannot mean: its rows are all there, and have no versions.
fn generated(document: &Document, name: &str, role: &syntax::Role, target: &str, problems: &mut Vec<Diagnostic>) {
    if role.missing == Some(Missing::Infer) {
        problems.push(
            Diagnostic::new(Code::WrongValue, format!("the rows of `{target}` are generated, and none is inferred"))
                .at(document.span(&["dimensions", name, "missing"]), "nothing could be filled in later")
                .help("write `unknown` or `error`, and let the calendar hold the days"),
        );
    }
    if role.as_of.is_some() {
        problems.push(
            Diagnostic::new(Code::MisplacedKey, format!("`as_of` does not apply to a role of `{target}`"))
                .at(document.key_span(&["dimensions", name, "as_of"]), "would be ignored")
                .help("remove the key; generated rows have no versions"),
        );
    }
}

/// The columns to cluster by: declared ones, or the keys of the first dimensions that are no calendar.
fn cluster(
    document: &Document,
    fact: &syntax::Fact,
    resolved: &mut Fact,
    scope: &Scope<'_>,
    dimensions: &[Dimension],
    problems: &mut Vec<Diagnostic>,
) {
    let Some(Names(declared)) = &fact.cluster_by else {
        let keys = resolved.key.iter().filter(|column| limits::clusters(&column.ty)).map(|column| column.name.clone());
        let roles = resolved
            .roles
            .iter()
            .filter(|role| dimensions[role.dimension].members().is_some())
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
        let at = document.span(&["cluster_by", &index.to_string()]);
        match stored.iter().find(|column| &column.name == name) {
            None if unresolved(fact, resolved, name) => {}
            None => {
                let known = stored.iter().map(|column| column.name.as_str());
                problems.push(unknown("column", name, at, known));
            }
            Some(column) if scope.on_bigquery => problems.extend(limits::clustering(name, &column.ty, at)),
            Some(_) => {}
        }
    }
    folding::listed(document, &["cluster_by"], declared, problems);
    if declared.len() > 4 {
        problems.push(
            Diagnostic::new(Code::WrongValue, "a table is clustered by four columns at most")
                .at(document.span(&["cluster_by"]), format!("{} columns", declared.len()))
                .help("keep those that queries filter by most"),
        );
    }
    resolved.cluster_by.clone_from(declared);
}

/// Whether a column is that of a role, measure or key that is declared and did not resolve, for a reason that is said.
fn unresolved(fact: &syntax::Fact, resolved: &Fact, column: &str) -> bool {
    let role = |name: &str| names::key(name) == column || names::durable_key(name) == column;
    let queried = [fact.event_time.as_ref(), fact.partition_by.as_ref()];
    let key = fact.grain.as_ref().and_then(|grain| grain.key.as_ref()).filter(|_| resolved.key.is_empty());
    fact.dimensions.iter().flatten().any(|(name, _)| role(name))
        || fact.measures.iter().flatten().any(|(name, _)| name == column)
        || fact.degenerate.iter().flatten().any(|name| name == column)
        || queried.into_iter().flatten().any(|name| name == column)
        || key.is_some_and(|names| names.0.iter().any(|name| name == column))
}
