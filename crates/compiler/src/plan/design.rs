//! What a model says of itself, part by part, and what a difference means for those who read its table.
//! Parts are named `kind`, `grain`, `query`, `attribute city`, `measure amount`, `role store` and so on.

use std::collections::BTreeMap;

use super::change::Class;

/// Kinds of dimensions whose rows come from no source.
pub(super) const GENERATED: &[&str] = &["calendar", "time_of_day"];

/// One part that differs.
pub(super) struct Difference {
    /// What it means.
    pub(super) class: Class,
    /// One sentence; `None` where a column's own reason says it already.
    pub(super) reason: Option<String>,
    /// Rows of before mean something else.
    pub(super) empties: bool,
}

/// The parts that differ, in order of their names; none where the former model did not say.
pub(super) fn differences(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Difference> {
    if old.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (part, now) in new {
        match old.get(part) {
            None => all.push(Difference { class: Class::Additive, reason: None, empties: false }),
            Some(then) if then != now => all.push(changed(part, then, now)),
            Some(_) => {}
        }
    }
    let gone = old.keys().filter(|part| !new.contains_key(*part));
    all.extend(gone.map(|_| Difference { class: Class::Breaking, reason: None, empties: false }));
    all
}

fn changed(part: &str, then: &str, now: &str) -> Difference {
    let (word, name) = part.split_once(' ').unwrap_or((part, ""));
    let named = if name.is_empty() { word.replace('_', " ") } else { format!("{word} `{name}`") };
    let from_to = format!("{named} changes from {then} to {now}");
    let (class, reason, empties) = match word {
        "kind" => (Class::GrainChanging, from_to, true),
        // The key says whether a row means something else; this is the sentence.
        "grain" => (Class::Breaking, from_to, false),
        "query" => (Class::HistoryRewriting, "the query changes: computed anew from landing".to_owned(), false),
        "surrogate_key" => (Class::HistoryRewriting, format!("{from_to}: every key is made anew"), false),
        "process" => (Class::Additive, from_to, false),
        "measure" => (Class::Breaking, from_to, false),
        _ => (Class::HistoryRewriting, from_to, false),
    };
    Difference { class, reason: Some(reason), empties }
}
