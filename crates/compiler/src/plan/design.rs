//! What a model says of itself, part by part, and what a difference means for those who read its table.
//! Parts are named `kind`, `grain`, `query`, `attribute city`, `measure amount`, `role store` and so on.

use std::collections::BTreeMap;

use super::change::Class;
use super::reason::Reason;

/// Kinds of dimensions whose rows come from no source.
pub(super) const GENERATED: &[&str] = &["calendar", "time_of_day", "junk"];

/// The part that holds a digest of a query.
pub(crate) const QUERY: &str = "query";

/// The part that holds a query as it is written.
pub(crate) const QUERY_TEXT: &str = "query text";

/// The part that holds a digest of a query's normal form.
pub(crate) const QUERY_FORM: &str = "query form";

/// The part of a landed table that says which of its states are kept.
pub(crate) const STATES: &str = "states";

/// The part that names the texts of sources which a model reads, and which are compared without case.
pub(crate) const COLLATION: &str = "collation";

/// The part that names the columns of a key that are compared without case.
pub(crate) const KEY_COLLATION: &str = "key_collation";

/// The part that names the column by which increments of a table are read.
pub(crate) const CURSOR: &str = "cursor";

/// The part that names the column which orders the states of a row.
pub(crate) const SEQUENCE: &str = "sequence";

/// The part that says what marks a delete.
pub(crate) const DELETES: &str = "deletes";

/// The part that says what the files of a table hold.
pub(crate) const CONTENTS: &str = "contents";

/// The first word of the part that says what a check asks. It decides nothing of what is loaded.
pub(crate) const CHECK: &str = "check";

/// The first word of the part that says which rows a load rejects.
pub(crate) const SCREEN: &str = "screen";

/// How a source table is read: parts of what is landed, and with the name of the table, of a dimension that reads it.
const READING: &[&str] = &[CURSOR, SEQUENCE, DELETES, CONTENTS];

/// First words of the parts that a model says of another model.
const OF_ANOTHER: &[&str] = &["key_type", KEY_COLLATION, "keys", "calendar"];

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
    /// A reason of its own; without, a column's says it already.
    pub(super) is_reason: bool,
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
        class: if is_screen(part) { Class::HistoryRewriting } else { class },
        is_reason: !part.contains(' ') || is_screen(part),
        empties: false,
    };
    for (part, now) in new.iter().filter(|(part, _)| !is_of_query(part)) {
        match old.get(part) {
            _ if part == QUERY => all.extend(query(old, new)),
            then if is_of_collation(part) => all.extend(collation(part, then, Some(now), old)),
            // The role that comes with it says so.
            None if is_of_another(part) => {}
            None => all.push(plain(part, None, Some(now), Class::Additive)),
            Some(then) if then != now => all.push(changed(part, then, now)),
            Some(_) => {}
        }
    }
    let gone = || old.iter().filter(|(part, _)| !new.contains_key(*part) && !is_of_query(part));
    all.extend(
        gone()
            .filter(|(part, _)| is_of_collation(part))
            .filter_map(|(part, then)| collation(part, Some(then), None, new)),
    );
    let gone = gone().filter(|(part, _)| !is_of_another(part) && !is_of_collation(part));
    let class = |part: &str| if is_check(part) { Class::Additive } else { Class::Breaking };
    all.extend(gone.map(|(part, then)| plain(part, Some(then), None, class(part))));
    all
}

fn is_of_collation(part: &str) -> bool {
    part.split(' ').next().is_some_and(|word| [COLLATION, KEY_COLLATION].contains(&word))
}

/// Texts that are compared in another way than before. Of a model's own key the key says it, and of a dimension that is
/// looked up for the first time, or no longer, its role; `other` is the model without the part.
fn collation(
    part: &str,
    then: Option<&String>,
    now: Option<&String>,
    other: &BTreeMap<String, String>,
) -> Option<Difference> {
    let of = part.strip_prefix(KEY_COLLATION);
    let is_own = of == Some("");
    let knows = of.is_none_or(|of| other.contains_key(&format!("key_type{of}")));
    if then == now || is_own || !knows {
        return None;
    }
    Some(Difference {
        part: part.to_owned(),
        before: then.cloned(),
        after: now.cloned(),
        class: Class::HistoryRewriting,
        is_reason: true,
        empties: false,
    })
}

/// Whether two models say the same of what fills their tables. Parts that the former build did not write down tell nothing.
pub(super) fn says_the_same(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> bool {
    let is_same = |one: &Difference| {
        is_check(&one.part) || one.before.is_none() && !is_of_collation(&one.part) && !is_screen(&one.part)
    };
    !old.is_empty() && differences(old, new).iter().all(is_same)
}

/// Whether a part is a check: its reason says all of it.
#[must_use]
pub fn is_check(part: &str) -> bool {
    part.split_once(' ').is_some_and(|(word, _)| word == CHECK)
}

/// The checks of a new model that its loads make, as reasons: a check says at its end what becomes of a row that fails.
pub(super) fn screens(design: &BTreeMap<String, String>) -> impl Iterator<Item = Reason> {
    let is_made = |part: &str, says: &str| is_screen(part) || is_check(part) && says.contains(", rows that fail ");
    let made = design.iter().filter(move |(part, says)| is_made(part, says));
    made.map(|(part, says)| Reason::Part { part: part.clone(), before: None, after: Some(says.clone()), reread: false })
}

/// Whether a part says which rows a load rejects.
fn is_screen(part: &str) -> bool {
    part.split_once(' ').is_some_and(|(word, _)| word == SCREEN)
}

/// Whether a part says how a source table is read.
pub(super) fn is_of_reading(part: &str) -> bool {
    READING.contains(&part.split(' ').next().unwrap_or(part))
}

fn is_of_query(part: &str) -> bool {
    part == QUERY_TEXT || part == QUERY_FORM
}

/// What a model says of another one, or of a source table.
fn is_of_another(part: &str) -> bool {
    part.split_once(' ').is_some_and(|(word, _)| OF_ANOTHER.contains(&word) || READING.contains(&word))
}

/// A query that means something else than before: as it is written then and now.
fn query(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Option<Difference> {
    let compared = if old.contains_key(QUERY_FORM) { QUERY_FORM } else { QUERY };
    let (then, now) = (old.get(compared)?, new.get(compared)?);
    let text = |of: &BTreeMap<String, String>| of.get(QUERY_TEXT).or_else(|| of.get(QUERY)).cloned();
    // The names of models in a former text are those of now; no digest of it is.
    let is_renamed = old.contains_key(QUERY_TEXT) && text(old) == text(new);
    (then != now && !is_renamed).then(|| Difference {
        before: text(old),
        after: text(new),
        ..changed(QUERY, then, now)
    })
}

/// The names that models and their columns have now.
#[derive(Default, Clone)]
pub(super) struct Names {
    /// Models, by the names that they had.
    pub(super) models: BTreeMap<String, String>,
    /// Columns of a model, by the names that they had; models by the names that they have now.
    pub(super) columns: BTreeMap<String, BTreeMap<String, String>>,
}

impl Difference {
    /// The difference as a reason.
    pub(super) fn reason(&self, reread: bool) -> Reason {
        Reason::Part { part: self.part.clone(), before: self.before.clone(), after: self.after.clone(), reread }
    }
}

impl Names {
    /// Each renaming of something else than a model's own, alone, with the reason for those who read it.
    pub(super) fn others(&self, own: &str) -> Vec<(Names, Reason)> {
        let models = self.models.iter().filter(|(_, to)| *to != own).map(|(from, to)| {
            let alone = Names { models: BTreeMap::from([(from.clone(), to.clone())]), ..Names::default() };
            (alone, Reason::ModelName { before: from.clone(), after: to.clone() })
        });
        let columns = self.columns.iter().filter(|(model, _)| *model != own).flat_map(|(model, columns)| {
            columns.iter().map(move |(from, to)| {
                let column = BTreeMap::from([(from.clone(), to.clone())]);
                let columns = BTreeMap::from([(model.clone(), column)]);
                let alone = Names { models: self.models.clone(), columns };
                let (model, before, after) = (model.clone(), from.clone(), to.clone());
                (alone, Reason::ModelColumnName { model, before, after })
            })
        });
        models.chain(columns).collect()
    }
}

/// The parts of a former model under the names that its columns, and the models that it reads, have now.
pub(super) fn renamed(
    old: &BTreeMap<String, String>,
    columns: &[(String, String)],
    names: &Names,
) -> BTreeMap<String, String> {
    let now = |column: &str| columns.iter().find(|(from, _)| from == column).map(|(_, to)| to.as_str());
    let model = |name: &str| names.models.get(name).map_or(name, String::as_str).to_owned();
    let base = old.get("from").and_then(|base| names.columns.get(&model(base)));
    let of_base = |value: &str| match (base, value.split_once(" of ")) {
        (Some(columns), Some((says, expr))) => format!("{says} of {}", with_columns(expr, columns)),
        _ => value.to_owned(),
    };
    let part = |(part, value): (&String, &String)| {
        let Some((word, name)) = part.split_once(' ') else {
            return (part.clone(), if part == "from" { model(value) } else { value.clone() });
        };
        match word {
            "attribute" | "measure" => match now(name) {
                // Without an expression it was the column of its own name.
                Some(to) if value.contains(" of ") => (format!("{word} {to}"), of_base(value)),
                Some(to) => (format!("{word} {to}"), format!("{value} of `{name}`")),
                None => (part.clone(), of_base(value)),
            },
            "role" | "lookup" => {
                let to = now(&format!("{name}_key")).and_then(|to| to.strip_suffix("_key")).unwrap_or(name);
                (format!("{word} {to}"), if word == "role" { role(value, model) } else { lookup(value) })
            }
            _ if is_of_another(part) => (format!("{word} {}", model(name)), value.clone()),
            _ if part == QUERY_TEXT => {
                let named = |text: String, (from, to): (&String, &String)| {
                    text.replace(&format!("`ref.{from}`"), &format!("`ref.{to}`"))
                };
                (part.clone(), names.models.iter().fold(value.clone(), named))
            }
            _ => (part.clone(), value.clone()),
        }
    };
    old.iter().map(part).collect()
}

/// An expression with other names of its columns.
fn with_columns(expr: &str, columns: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut word = String::new();
    for letter in expr.chars().chain([' ']) {
        if letter.is_alphanumeric() || letter == '_' {
            word.push(letter);
        } else {
            text.push_str(columns.get(&word).unwrap_or(&word));
            word.clear();
            text.push(letter);
        }
    }
    text.pop();
    text
}

/// The dimension of a role and the columns that name its member, where the role names some.
fn role(says: &str, model: impl Fn(&str) -> String) -> String {
    match says.split_once(" on ") {
        Some((dimension, "")) => model(dimension),
        Some((dimension, on)) => format!("{} on {on}", model(dimension)),
        None => model(says),
    }
}

/// How a role looks its member up; former builds named an instant that is not declared by nothing.
fn lookup(says: &str) -> String {
    says.strip_suffix(", as of ").unwrap_or(says).to_owned()
}

fn changed(part: &str, then: &str, now: &str) -> Difference {
    let word = part.split_once(' ').map_or(part, |(word, _)| word);
    let (class, empties) = match word {
        "kind" => (Class::GrainChanging, true),
        // The key says whether a row means something else; this is the sentence.
        "grain" | "measure" | "milestones" => (Class::Breaking, false),
        // Whether some states go, the data says.
        STATES | "process" | CHECK | "max_members" => (Class::Additive, false),
        _ => (Class::HistoryRewriting, false),
    };
    let (then, now) = if part == "timezone" { unlike(then, now) } else { (then.to_owned(), now.to_owned()) };
    Difference { part: part.to_owned(), before: Some(then), after: Some(now), class, is_reason: true, empties }
}

/// Of two lists of zones, those that are not the same.
fn unlike(then: &str, now: &str) -> (String, String) {
    let [old, new] = [then, now].map(|zones| zones.split(", ").collect::<Vec<_>>());
    if old.len() != new.len() {
        return (then.to_owned(), now.to_owned());
    }
    let (old, new): (Vec<_>, Vec<_>) = old.into_iter().zip(new).filter(|(old, new)| old != new).unzip();
    (old.join(", "), new.join(", "))
}
