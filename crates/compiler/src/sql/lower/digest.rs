//! A digest of what decides a model's rows: its query, its expressions, its policies, and those of nothing else. It is
//! taken of names, of SQL in its normal form and of the language's own words. It must not take an index, nor a name of this
//! program, nor the order of what has none.

use dwc_googlesql::{normal_expr, normal_query};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::dimension::Order;
use crate::model::{
    Attribute, Check, CheckKind, DimensionKind, EffectiveAt, Fact, FirstVersion, KeyStrategy, LateType0, Members,
    Missing, ModelId, OnDelete, OpenEnd, Project, Type1Scope, WhenNull,
};
use crate::plan::DIGEST_FORMAT;
use crate::syntax::FactOnDelete;

/// What a digest is taken of. A change of these fields, of their order or of their words is a new [`DIGEST_FORMAT`].
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Decides<'a> {
    Dimension(DimensionLoad<'a>),
    Calendar { first_day: &'a str, last_day: &'a str, fiscal_year_starts: u8, holidays: &'a [(String, String)] },
    TimeOfDay,
    Junk(Vec<(&'a str, String, String)>),
    Fact(FactLoad<'a>),
}

#[derive(Serialize)]
struct DimensionLoad<'a> {
    query: String,
    /// The column, or `None` where the batch dates a state.
    effective_at: Option<(&'a str, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_to: Option<(&'a str, String)>,
    sequence: Option<&'a str>,
    on_delete: OnDelete,
    first_version: FirstVersion,
    open_end: OpenEnd,
    type1_scope: Type1Scope,
    late_type0: LateType0,
    keys: Keys<'a>,
    natural_key: Vec<&'a str>,
    /// Name, type number and expression.
    attributes: Vec<(&'a str, u8, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejects: Vec<Rejects>,
}

#[derive(Serialize)]
struct FactLoad<'a> {
    query: String,
    /// The fact that an aggregate rolls up.
    rolls_up: Option<&'a str>,
    on_delete: FactOnDelete,
    keep_latest_by: Option<&'a str>,
    insert_only: bool,
    /// Rows that changed in the source stay as they were loaded.
    keeps_rows: bool,
    timezone: &'a str,
    key: Vec<&'a str>,
    /// Name and expression.
    measures: Vec<(&'a str, String)>,
    roles: Vec<RoleLoad<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejects: Vec<Rejects>,
}

/// The rows that a load rejects: the condition of a row that fails, and the condition of those that are judged.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Rejects {
    fails: String,
    of: Option<String>,
}

#[derive(Serialize)]
struct RoleLoad<'a> {
    name: &'a str,
    dimension: &'a str,
    on: Vec<&'a str>,
    as_of: Option<&'a str>,
    missing: Missing,
    when_null: WhenNull,
    /// Durable keys, and the keys of inferred members, are made by the dimension's strategy.
    keys: Option<Keys<'a>>,
}

#[derive(Serialize)]
struct Keys<'a> {
    strategy: KeyStrategy,
    salt: &'a str,
}

/// The digest of a model's load, with the format that it was taken in.
pub(super) fn load_digest(project: &Project, id: ModelId) -> String {
    let decides = match id {
        ModelId::Dimension(index) => {
            let dimension = &project.dimensions[index];
            match (&dimension.kind, dimension.members()) {
                (DimensionKind::Calendar(calendar), _) => Decides::Calendar {
                    first_day: &calendar.first_day,
                    last_day: &calendar.last_day,
                    fiscal_year_starts: calendar.fiscal_year_starts,
                    holidays: &calendar.holidays,
                },
                (DimensionKind::Junk(junk), _) => Decides::Junk(
                    junk.attributes
                        .iter()
                        .map(|one| (one.column.name.as_str(), one.kept_type().to_string(), shown(one)))
                        .collect(),
                ),
                (_, Some(members)) => Decides::Dimension(dimension_load(project, members, &dimension.checks)),
                (_, None) => Decides::TimeOfDay,
            }
        }
        ModelId::Fact(index) => Decides::Fact(fact_load(project, &project.facts[index])),
    };
    // Names and words alone: such a struct is always text.
    let text = serde_json::to_vec(&decides).unwrap_or_default();
    let digest: String = Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{DIGEST_FORMAT}{digest}")
}

fn dimension_load<'a>(project: &'a Project, members: &'a Members, checks: &[Check]) -> DimensionLoad<'a> {
    DimensionLoad {
        query: normal_query(&members.query.text),
        effective_at: match &members.effective_at {
            EffectiveAt::Column(name, ty) => Some((name, ty.to_string())),
            EffectiveAt::Extracted => None,
        },
        effective_to: members.effective_to.as_ref().map(|(name, ty)| (name.as_str(), ty.to_string())),
        sequence: Order::of(project, members).map(|order| order.column),
        on_delete: members.on_delete,
        first_version: members.first_version,
        open_end: members.open_end,
        type1_scope: members.type1_scope,
        late_type0: members.late_type0,
        keys: keys(members),
        natural_key: members.natural_key.iter().map(|column| column.name.as_str()).collect(),
        attributes: sorted(
            members
                .attributes
                .iter()
                .map(|attribute| (attribute.column.name.as_str(), attribute.scd.number(), shown(attribute))),
        ),
        rejects: rejects(checks),
    }
}

fn fact_load<'a>(project: &'a Project, fact: &'a Fact) -> FactLoad<'a> {
    let mut roles: Vec<RoleLoad<'_>> = fact
        .roles
        .iter()
        .map(|role| {
            let dimension = &project.dimensions[role.dimension];
            RoleLoad {
                name: &role.name,
                dimension: &dimension.name,
                on: role.on.iter().map(|column| column.name.as_str()).collect(),
                as_of: role.as_of.as_ref().map(|column| column.name.as_str()),
                missing: role.missing,
                when_null: role.when_null,
                keys: dimension.members().map(keys),
            }
        })
        .collect();
    roles.sort_by_key(|role| role.name);
    FactLoad {
        query: normal_query(&fact.query.text),
        rolls_up: fact.rolls_up.map(|index| project.facts[index].name.as_str()),
        on_delete: fact.on_delete,
        keep_latest_by: fact.keep_latest_by.as_deref(),
        insert_only: fact.insert_only,
        keeps_rows: fact.keeps_rows,
        timezone: project.timezone.name(),
        key: sorted(fact.key.iter().map(|column| column.name.as_str())),
        measures: sorted(fact.measures.iter().map(|m| (m.column.name.as_str(), normal_expr(&m.expr)))),
        roles,
        rejects: rejects(&fact.checks),
    }
}

/// The expression of an attribute, and how its values read where that is declared.
fn shown(attribute: &Attribute) -> String {
    let mut text = normal_expr(&attribute.expr);
    if let Some(wording) = &attribute.wording {
        let labels = sorted(wording.labels.iter());
        text.push_str(&format!("\n{}", serde_json::json!([labels, wording.null])));
    }
    text
}

fn rejects(checks: &[Check]) -> Vec<Rejects> {
    sorted(checks.iter().filter(|check| check.rejects()).filter_map(|check| {
        let CheckKind::Row { fails } = &check.kind else { return None };
        Some(Rejects { fails: normal_expr(fails), of: check.filter.as_deref().map(normal_expr) })
    }))
}

/// What is written in any order, in that of its names.
fn sorted<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort();
    all
}

fn keys(members: &Members) -> Keys<'_> {
    Keys { strategy: members.key_strategy, salt: &members.salt }
}
