//! What a model says of itself, part by part, as the manifest keeps it for the reasons of later plans and for the bus
//! matrix. It must not say anything that a statement depends on.

use std::collections::BTreeMap;

use dwc_googlesql::{normal_expr, normal_query};
use sha2::{Digest, Sha256};

use super::depends::depends;
use super::dimension::Order;
use crate::model::{
    Attribute, Check, Dimension, DimensionKind, EffectiveAt, Fact, KeyStrategy, Measure, Members, ModelId, Project,
};
use crate::plan::{CHECK, QUERY, QUERY_FORM, QUERY_TEXT, SCREEN};

/// The parts of a model.
pub(super) fn design(project: &Project, id: ModelId) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    let mut add = |part: String, value: String| parts.insert(part, value);
    match id {
        ModelId::Dimension(index) => dimension(project, &project.dimensions[index], &mut add),
        ModelId::Fact(index) => fact(project, &project.facts[index], &mut add),
    }
    parts.extend(depends(project, id));
    let checks = match id {
        ModelId::Dimension(index) => &project.dimensions[index].checks,
        ModelId::Fact(index) => &project.facts[index].checks,
    };
    parts.extend(checked(checks));
    parts
}

/// The checks of a table, by name.
pub(super) fn checked(checks: &[Check]) -> impl Iterator<Item = (String, String)> {
    checks.iter().map(|check| {
        let word = if check.rejects() { SCREEN } else { CHECK };
        (format!("{word} {}", check.name), check.says.clone())
    })
}

fn dimension(project: &Project, dimension: &Dimension, add: &mut dyn FnMut(String, String) -> Option<String>) {
    let kind = match &dimension.kind {
        DimensionKind::Standard(_) => "standard",
        DimensionKind::Mini(_) => "mini",
        DimensionKind::Junk(_) => "junk",
        DimensionKind::Calendar(_) => "calendar",
        DimensionKind::TimeOfDay => "time_of_day",
    };
    add("kind".to_owned(), kind.to_owned());
    if let Some(junk) = dimension.junk() {
        add("max_members".to_owned(), junk.max_members.to_string());
        for attribute in &junk.attributes {
            let says = format!("{}{}", attribute.kept_type(), worded(attribute));
            add(format!("attribute {}", attribute.column.name), says);
        }
    }
    let Some(members) = dimension.members() else { return };
    let mut policy = |part: &str, value: String| add(part.to_owned(), value);
    query(&mut policy, &members.query.text);
    let effective_at = match &members.effective_at {
        EffectiveAt::Column(name, _) => name.clone(),
        EffectiveAt::Extracted => "extracted".to_owned(),
    };
    policy("effective_at", effective_at);
    if let Some((name, _)) = &members.effective_to {
        policy("effective_to", name.clone());
    }
    policy("on_delete", word(&members.on_delete));
    policy("first_version", word(&members.first_version));
    policy("open_end", word(&members.open_end));
    policy("type1_scope", word(&members.type1_scope));
    policy("late_type0", word(&members.late_type0));
    if let Some(order) = Order::of(project, members) {
        policy("sequence", order.column.to_owned());
    }
    policy("surrogate_key", keys(members));
    for attribute in &members.attributes {
        add(format!("attribute {}", attribute.column.name), attribute_text(attribute));
    }
}

fn keys(members: &Members) -> String {
    let strategy = if members.key_strategy == KeyStrategy::Sequence { "sequence" } else { "hash" };
    let salt = if members.salt.is_empty() { String::new() } else { format!(" with salt {}", digest(&members.salt)) };
    format!("{strategy}{salt}")
}

fn attribute_text(attribute: &Attribute) -> String {
    format!("type {}{}{}", attribute.scd.number(), worded(attribute), of(&attribute.expr, &attribute.column.name))
}

/// What follows the type of an attribute whose NULL reads as something else.
const NULL_AS: &str = ", NULL as ";

/// How the values of an attribute read, NULL first. The expression follows the word ` of `, so that no text may hold it.
fn worded(attribute: &Attribute) -> String {
    let Some(wording) = &attribute.wording else { return String::new() };
    let quoted = |text: &str| format!("'{}'", text.replace(" of ", "\u{a0}of "));
    let mut text = wording.null.as_ref().map_or_else(String::new, |null| format!("{NULL_AS}{}", quoted(null)));
    for (value, label) in &wording.labels {
        text.push_str(&format!(", {} as {}", value.replace(" of ", "\u{a0}of "), quoted(label)));
    }
    text
}

/// What an attribute says of NULL, with all that it says after it.
pub(super) fn null_of(says: &str) -> Option<&str> {
    let (ty, rest) = says.split_once(NULL_AS)?;
    ty.strip_prefix("type ").is_some_and(|number| number.len() == 1).then_some(rest)
}

fn fact(project: &Project, fact: &Fact, add: &mut dyn FnMut(String, String) -> Option<String>) {
    let mut policy = |part: &str, value: String| add(part.to_owned(), value);
    policy("kind", word(&fact.kind));
    policy("grain", one_line(&fact.grain));
    policy("process", fact.business_process.clone());
    query(&mut policy, &fact.query.text);
    policy("on_delete", word(&fact.on_delete));
    policy("timezone", project.timezone.name().to_owned());
    if fact.insert_only {
        policy("insert_only", if fact.keeps_rows { "true, changed rows stay" } else { "true" }.to_owned());
    }
    if let Some(column) = &fact.keep_latest_by {
        policy("on_duplicate", format!("keep_latest_by {column}"));
    }
    if let Some(base) = fact.rolls_up {
        policy("from", project.facts[base].name.clone());
    }
    if !fact.milestones.is_empty() {
        let names: Vec<&str> = fact.milestones.iter().map(|milestone| milestone.name.as_str()).collect();
        policy("milestones", names.join(", "));
    }
    for measure in &fact.measures {
        add(format!("measure {}", measure.column.name), measure_text(fact, measure));
    }
    for role in &fact.roles {
        let on: Vec<&str> = role.on.iter().map(|column| column.name.as_str()).collect();
        let dimension = &project.dimensions[role.dimension].name;
        let on = if on.is_empty() { String::new() } else { format!(" on {}", on.join(", ")) };
        add(format!("role {}", role.name), format!("{dimension}{on}"));
        let as_of = role.as_of.as_ref().map_or_else(String::new, |column| format!(", as of {}", column.name));
        let rest = format!("missing {}, NULL {}{as_of}", word(&role.missing), word(&role.when_null));
        add(format!("lookup {}", role.name), rest);
        if let Some(members) = project.dimensions[role.dimension].members() {
            add(format!("keys {dimension}"), keys(members));
        }
    }
}

fn measure_text(fact: &Fact, measure: &Measure) -> String {
    let mut text = format!("additive {}", word(&measure.additive));
    if !measure.not_over.is_empty() {
        text.push_str(&format!(" but not over {}", measure.not_over.join(", ")));
    }
    for (role, over) in &measure.over {
        text.push_str(&format!(", {} over {role}", over.word()));
    }
    if let Some(aggregation) = &measure.aggregation {
        text.push_str(&format!(", asked as {aggregation}"));
    }
    for unit in measure.unit.iter().chain(&measure.currency) {
        text.push_str(&format!(" in {unit}"));
    }
    match measure.derived {
        Some(derived) => text.push_str(&format!(": {}", derived.formula(fact))),
        None => text.push_str(&of(&measure.expr, &measure.column.name)),
    }
    text
}

/// The query as it is written, for the eye, and in its normal form, to be compared.
fn query(policy: &mut dyn FnMut(&str, String) -> Option<String>, text: &str) {
    policy(QUERY, digest(text));
    policy(QUERY_TEXT, text.trim().to_owned());
    policy(QUERY_FORM, digest(&normal_query(text)));
}

/// What a column is made of, where it is not the column of its own name.
fn of(expr: &str, name: &str) -> String {
    if expr.trim_matches('`') == name {
        return String::new();
    }
    let is_name = expr.len() > 2 && expr.starts_with('`') && expr[1..].find('`') == Some(expr.len() - 2);
    format!(" of {}", if is_name { expr.to_owned() } else { one_line(&normal_expr(expr)) })
}

/// The word of a setting as the language spells it.
pub(super) fn word(setting: &impl serde::Serialize) -> String {
    let word = serde_json::to_value(setting).ok();
    word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
