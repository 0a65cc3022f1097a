//! What a model says of itself, part by part, and what a difference means for those who read its table.
//! Parts are named `kind`, `grain`, `query`, `attribute city`, `measure amount`, `role store` and so on.

use std::collections::BTreeMap;

use super::change::Class;

/// Kinds of dimensions whose rows come from no source.
pub(super) const GENERATED: &[&str] = &["calendar", "time_of_day"];

/// One part that differs.
pub(super) struct Difference {
    /// Its name.
    pub(super) part: String,
    /// What the former model said.
    pub(super) before: Option<String>,
    /// What the model says now.
    pub(super) after: Option<String>,
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
    let plain = |part: &str, before: Option<&String>, after: Option<&String>, class| Difference {
        part: part.to_owned(),
        before: before.cloned(),
        after: after.cloned(),
        class,
        reason: None,
        empties: false,
    };
    for (part, now) in new {
        match old.get(part) {
            None => all.push(plain(part, None, Some(now), Class::Additive)),
            Some(then) if then != now => all.push(changed(part, then, now)),
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|(part, _)| !new.contains_key(*part));
    all.extend(gone.map(|(part, then)| plain(part, Some(then), None, Class::Breaking)));
    all
}

/// The parts of a former model under the names that its columns have now.
pub(super) fn renamed(old: &BTreeMap<String, String>, renames: &[(String, String)]) -> BTreeMap<String, String> {
    let now = |column: &str| renames.iter().find(|(from, _)| from == column).map(|(_, to)| to.as_str());
    let part = |(part, value): (&String, &String)| {
        let Some((word, name)) = part.split_once(' ') else { return (part.clone(), value.clone()) };
        match word {
            "attribute" | "measure" => match now(name) {
                // Without an expression it was the column of its own name.
                Some(to) if value.contains(" of ") => (format!("{word} {to}"), value.clone()),
                Some(to) => (format!("{word} {to}"), format!("{value} of `{name}`")),
                None => (part.clone(), value.clone()),
            },
            "role" | "lookup" => match now(&format!("{name}_key")).and_then(|to| to.strip_suffix("_key")) {
                Some(to) => (format!("{word} {to}"), value.clone()),
                None => (part.clone(), value.clone()),
            },
            _ => (part.clone(), value.clone()),
        }
    };
    old.iter().map(part).collect()
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
    let [before, after] = [then, now].map(|text| Some(text.to_owned()));
    Difference { part: part.to_owned(), before, after, class, reason: Some(reason), empties }
}
