//! What becomes of an object that stays: altered in place where the engines can, else made again with the rows that
//! still mean the same. It must not know of engines.

use std::sync::Arc;

use super::change::{Action, Alteration, Carries, Change, Class, Difference};
use super::design;
use super::manifest::{Object, ObjectColumn, ObjectKind};

/// The change of an object that is declared as before and after, where models have other names than before; `None` where
/// nothing changes.
pub(super) fn alter(address: &str, old: &Arc<Object>, new: &Arc<Object>, names: &design::Names) -> Option<Change> {
    let mut change = Change {
        address: address.to_owned(),
        action: Action::Alter,
        class: Class::Additive,
        reasons: Vec::new(),
        differences: Vec::new(),
        before: Some(old.clone()),
        after: Some(new.clone()),
        alterations: Vec::new(),
        carries: Carries::Rows,
        reload: false,
        reread: false,
        mends: false,
    };
    if new.kind == ObjectKind::View {
        if old.definition == new.definition && old.description == new.description {
            return None;
        }
        change.reasons.push("the view's text changes".to_owned());
        return Some(change);
    }
    if old.name != new.name {
        change.class = Class::Breaking;
        change.reasons.push(format!("renamed from `{}`", old.name));
        differ(&mut change, "name", Some(&old.name), Some(&new.name), Class::Breaking);
        change.alterations.push(Alteration::RenameTable(old.name.clone()));
    }
    let mut rebuild = Vec::new();
    if old.definition != new.definition {
        for (word, what) in [("PARTITION BY", "partitioning"), ("CLUSTER BY", "clustering")] {
            let by = |object: &Object| {
                let mut lines = object.definition.lines();
                lines.find_map(|line| line.strip_prefix(word)).map(|by| by.trim().replace('`', ""))
            };
            let (then, now) = (by(old), by(new));
            if then != now {
                let say = |by: &Option<String>| by.clone().unwrap_or_else(|| "none".to_owned());
                rebuild.push(format!("{what} changes from {} to {}: the table is made again", say(&then), say(&now)));
                differ(&mut change, what, then.as_deref(), now.as_deref(), Class::Additive);
            }
        }
    }
    columns(&mut change, old, new, &mut rebuild);
    if old.description != new.description {
        change.reasons.push("described anew".to_owned());
        change.alterations.push(Alteration::Describe(new.description.clone()));
    }
    key(&mut change, old, new, &mut rebuild);
    load(&mut change, old, new, names, &mut rebuild);
    if !rebuild.is_empty() {
        change.action = Action::Rebuild;
        // What is left tells which columns come and go; the statements follow from the two objects.
        change.alterations.retain(|alteration| {
            matches!(alteration, Alteration::AddColumn(_) | Alteration::DropColumn(_) | Alteration::RenameColumn { .. })
        });
        change.reload |= change.carries == Carries::Nothing;
        change.reasons.extend(rebuild);
        if !old.foreign.is_empty() {
            change.class = Class::Destructive;
            change.reasons.push(format!("`{}` was added by others and is not carried over", old.foreign.join("`, `")));
        }
        if change.carries == Carries::Nothing && new.kind != ObjectKind::Star {
            // Landing and kept events cannot be computed from anything else.
            change.class = Class::Destructive;
            change.reread = new.kind == ObjectKind::Landing;
        }
    }
    let changed = !change.reasons.is_empty() || change.reload || old.protect != new.protect;
    changed.then_some(change)
}

fn part(column: &str) -> String {
    format!("column {column}")
}

fn differ(change: &mut Change, part: &str, before: Option<&str>, after: Option<&str>, class: Class) {
    let [before, after] = [before, after].map(|text| text.map(str::to_owned));
    change.differences.push(Difference { part: part.to_owned(), before, after, class });
}

fn columns(change: &mut Change, old: &Object, new: &Object, rebuild: &mut Vec<String>) {
    let mut matched = Vec::new();
    let star = new.kind == ObjectKind::Star;
    for column in &new.columns {
        let Some(before) = old.former(column) else {
            change.reasons.push(format!("column `{}` is new", column.name));
            differ(change, &part(&column.name), None, Some(&column.ty), Class::Additive);
            if column.required {
                rebuild.push(format!("column `{}` is never NULL, and the rows that are there have none", column.name));
                if filling(column).is_none() {
                    change.carries = Carries::Nothing;
                }
            }
            change.alterations.push(Alteration::AddColumn(column.clone()));
            change.reload |= star;
            continue;
        };
        matched.push(before.name.clone());
        if before.name != column.name {
            change.class = change.class.max(Class::Breaking);
            change.reasons.push(format!("column `{}` is renamed to `{}`", before.name, column.name));
            differ(change, &part(&column.name), Some(&before.name), Some(&column.name), Class::Breaking);
            change.alterations.push(Alteration::RenameColumn { from: before.name.clone(), to: column.name.clone() });
        }
        if before.ty != column.ty {
            let reason = format!("column `{}` changes from {} to {}", column.name, before.ty, column.ty);
            change.class = change.class.max(Class::Breaking);
            differ(change, &part(&column.name), Some(&before.ty), Some(&column.ty), Class::Breaking);
            change.reload |= star;
            if widens(&before.ty, &column.ty) {
                change.reasons.push(reason);
                change.alterations.push(Alteration::Widen(column.clone()));
            } else {
                if !star && !casts_whole(&before.ty, &column.ty) {
                    change.class = Class::Destructive;
                }
                if column.required {
                    change.carries = Carries::Nothing;
                }
                rebuild.push(reason);
            }
        }
        match (before.required, column.required) {
            (true, false) => {
                change.class = change.class.max(Class::Breaking);
                change.reasons.push(format!("column `{}` may be NULL from now on", column.name));
                change.alterations.push(Alteration::Relax(column.name.clone()));
            }
            (false, true) => {
                change.reload |= star;
                rebuild.push(format!("column `{}` is never NULL from now on", column.name));
            }
            _ => {}
        }
        if before.description != column.description {
            change.reasons.push(format!("column `{}` is described anew", column.name));
            change.alterations.push(Alteration::DescribeColumn(column.clone()));
        }
    }
    for before in &old.columns {
        if !matched.contains(&before.name) {
            change.class = change.class.max(Class::Destructive);
            change.reasons.push(format!("column `{}` is no longer declared", before.name));
            differ(change, &part(&before.name), Some(&before.ty), None, Class::Destructive);
            change.alterations.push(Alteration::DropColumn(before.name.clone()));
        }
    }
}

/// Another key: the rows that are there are rows of something else.
fn key(change: &mut Change, old: &Object, new: &Object, rebuild: &mut Vec<String>) {
    // An older manifest does not say, and a key column that is renamed is the same key.
    let renamed = |name: &String| {
        let column = new.columns.iter().find(|column| &column.name == name);
        column.and_then(|column| old.former(column)).map_or_else(|| name.clone(), |before| before.name.clone())
    };
    let is_same = new.key.iter().map(renamed).eq(old.key.iter().cloned());
    let folded = |object: &Object| -> Vec<String> {
        let columns = object.design.get(design::KEY_COLLATION);
        columns.into_iter().flat_map(|columns| columns.split(", ")).map(str::to_owned).collect()
    };
    let was_folded = folded(old);
    let is_folded: Vec<String> = folded(new).iter().map(renamed).collect();
    if old.key.is_empty() || (is_same && was_folded == is_folded) {
        return;
    }
    let what = match (new.kind, new.design.contains_key("grain")) {
        (ObjectKind::Landing, _) => "primary key",
        (ObjectKind::Star, true) => "grain",
        _ => "natural key",
    };
    change.class = change.class.max(Class::GrainChanging);
    change.carries = Carries::Nothing;
    change.reload = true;
    if is_same {
        let said = |folded: &[String]| match folded {
            [] => "as it is written".to_owned(),
            columns => format!("without case in {}", columns.join(", ")),
        };
        let (then, now) = (said(&was_folded), said(&is_folded));
        differ(change, design::KEY_COLLATION, Some(&then), Some(&now), Class::GrainChanging);
        rebuild.push(format!("the {what} is compared {now} from now on, and was compared {then}"));
        return;
    }
    let (then, now) = (old.key.join(", "), new.key.join(", "));
    differ(change, &what.replace(' ', "_"), Some(&then), Some(&now), Class::GrainChanging);
    rebuild.push(format!("the {what} changes from ({then}) to ({now})"));
}

/// Another query, expression or policy.
fn load(change: &mut Change, old: &Object, new: &Object, names: &design::Names, rebuild: &mut Vec<String>) {
    let renames: Vec<(String, String)> = change
        .alterations
        .iter()
        .filter_map(|alteration| match alteration {
            Alteration::RenameColumn { from, to } => Some((from.clone(), to.clone())),
            _ => None,
        })
        .collect();
    let renamed = |names: &design::Names| design::renamed(&old.design, &renames, names);
    let unnamed =
        |names: &design::Names| renamed(&design::Names { models: names.models.clone(), ..design::Names::default() });
    let plain = renamed(&design::Names::default());
    for (other, sentence) in names.others(&new.owner) {
        let without = if other.columns.is_empty() { plain.clone() } else { unnamed(&other) };
        if renamed(&other) != without {
            change.reasons.push(sentence);
        }
    }
    let former = renamed(names);
    let differences = design::differences(&former, &new.design);
    // What has another name and is otherwise as it was has the same rows.
    let explained = !differences.is_empty() || !renames.is_empty() || former != plain;
    let mut additive = explained;
    for difference in differences {
        if difference.part == design::STATES {
            // Of what is landed nothing is another row: the next run removes states, or keeps more of them.
            change.reasons.extend(difference.reason.filter(|_| difference.before.is_some()));
            if difference.before.is_some() {
                let (then, now) = (difference.before.as_deref(), difference.after.as_deref());
                differ(change, design::STATES, then, now, difference.class);
            }
            continue;
        }
        if new.kind != ObjectKind::Star {
            // An instant that was landed in another zone is another one.
            if difference.before.is_some() && difference.after.is_some() {
                rebuild.push(format!("{}: its instants are read anew", difference.reason.unwrap_or_default()));
                differ(
                    change,
                    &difference.part,
                    difference.before.as_deref(),
                    difference.after.as_deref(),
                    difference.class,
                );
                change.carries = Carries::Nothing;
            }
            continue;
        }
        additive &= difference.class == Class::Additive;
        change.class = change.class.max(difference.class);
        change.reasons.extend(difference.reason);
        differ(change, &difference.part, difference.before.as_deref(), difference.after.as_deref(), difference.class);
        if difference.empties {
            change.carries = Carries::Nothing;
            rebuild.push("a row of it means something else than before".to_owned());
        }
    }
    if old.filled_as(new) {
        return;
    }
    if new.design.get("kind").is_some_and(|kind| design::GENERATED.contains(&kind.as_str())) {
        change.carries = Carries::Nothing;
        change.class = change.class.max(Class::Breaking);
        rebuild.push("its rows are generated anew".to_owned());
        return;
    }
    change.reload = true;
    if !explained {
        change.reasons.push("the query, an expression or a policy changes: computed anew from landing".to_owned());
    }
    if !additive {
        change.class = change.class.max(Class::HistoryRewriting);
    }
}

/// What rows that are there get in a new column that is never NULL, until the next run computes them: the key of the
/// unknown member, or false.
#[must_use]
pub(crate) fn filling(column: &ObjectColumn) -> Option<&'static str> {
    match column.ty.as_str() {
        "INT64" if column.name.ends_with("_key") => Some("-1"),
        "BOOL" => Some("FALSE"),
        _ => None,
    }
}

/// Whether both engines alter the type in place.
/// <https://cloud.google.com/bigquery/docs/managing-table-schemas#change_column_data_types>
fn widens(from: &str, to: &str) -> bool {
    matches!(
        (from, to),
        ("INT64", "NUMERIC" | "BIGNUMERIC" | "FLOAT64")
            | ("NUMERIC", "BIGNUMERIC" | "FLOAT64")
            | ("BIGNUMERIC", "FLOAT64")
    )
}

/// Whether every value is still the same once it is cast.
fn casts_whole(from: &str, to: &str) -> bool {
    widens(from, to) || matches!((from, to), ("INT64" | "BOOL" | "DATE", "STRING") | ("DATE", "DATETIME" | "TIMESTAMP"))
}
