//! What becomes of an object that stays: altered in place where the engines can, else made again with the rows that
//! still mean the same. It must not know of engines.

use std::sync::Arc;

use super::change::{Action, Alteration, Carries, Change, Class, Difference};
use super::design;
use super::manifest::{Object, ObjectColumn, ObjectKind};
use super::reason::{Key, Layout, Reason};

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
        change.reasons.push(Reason::View);
        return Some(change);
    }
    if old.name != new.name {
        change.class = Class::Breaking;
        change.reasons.push(Reason::Name { before: old.name.clone() });
        differ(&mut change, "name", Some(&old.name), Some(&new.name), Class::Breaking);
        change.alterations.push(Alteration::RenameTable(old.name.clone()));
    }
    let mut rebuild = Vec::new();
    if old.definition != new.definition {
        for (word, layout) in [("PARTITION BY", Layout::Partitioning), ("CLUSTER BY", Layout::Clustering)] {
            let by = |object: &Object| {
                let mut lines = object.definition.lines();
                lines.find_map(|line| line.strip_prefix(word)).map(|by| by.trim().replace('`', ""))
            };
            let (then, now) = (by(old), by(new));
            if then != now {
                differ(&mut change, layout.word(), then.as_deref(), now.as_deref(), Class::Additive);
                rebuild.push(Reason::Layout { layout, before: then, after: now });
            }
        }
    }
    columns(&mut change, old, new, &mut rebuild);
    if old.description != new.description {
        let (before, after) = (old.description.clone(), new.description.clone());
        change.reasons.push(Reason::Description { before, after });
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
            change.reasons.push(Reason::ForeignColumns { columns: old.foreign.clone() });
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

fn columns(change: &mut Change, old: &Object, new: &Object, rebuild: &mut Vec<Reason>) {
    let mut matched = Vec::new();
    let star = new.kind == ObjectKind::Star;
    for column in &new.columns {
        let name = || column.name.clone();
        let Some(before) = old.former(column) else {
            change.reasons.push(Reason::ColumnNew { column: name(), after: column.ty.clone() });
            differ(change, &part(&column.name), None, Some(&column.ty), Class::Additive);
            if column.required {
                rebuild.push(Reason::ColumnUnfilled { column: name() });
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
            change.reasons.push(Reason::ColumnName { before: before.name.clone(), after: name() });
            differ(change, &part(&column.name), Some(&before.name), Some(&column.name), Class::Breaking);
            change.alterations.push(Alteration::RenameColumn { from: before.name.clone(), to: name() });
        }
        if before.ty != column.ty {
            let (then, now) = (before.ty.clone(), column.ty.clone());
            let reason = Reason::ColumnType { column: name(), before: then, after: now };
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
                change.reasons.push(Reason::ColumnNull { column: name(), after: true });
                change.alterations.push(Alteration::Relax(name()));
            }
            (false, true) => {
                change.reload |= star;
                rebuild.push(Reason::ColumnNull { column: name(), after: false });
            }
            _ => {}
        }
        if before.description != column.description {
            let (then, now) = (before.description.clone(), column.description.clone());
            change.reasons.push(Reason::ColumnDescription { column: name(), before: then, after: now });
            change.alterations.push(Alteration::DescribeColumn(column.clone()));
        }
    }
    for before in &old.columns {
        if !matched.contains(&before.name) {
            change.class = change.class.max(Class::Destructive);
            change.reasons.push(Reason::ColumnGone { column: before.name.clone(), before: before.ty.clone() });
            differ(change, &part(&before.name), Some(&before.ty), None, Class::Destructive);
            change.alterations.push(Alteration::DropColumn(before.name.clone()));
        }
    }
}

/// Another key: the rows that are there are rows of something else.
fn key(change: &mut Change, old: &Object, new: &Object, rebuild: &mut Vec<Reason>) {
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
    let key = match (new.kind, new.design.contains_key("grain")) {
        (ObjectKind::Landing, _) => Key::PrimaryKey,
        (ObjectKind::Star, true) => Key::Grain,
        _ => Key::NaturalKey,
    };
    change.class = change.class.max(Class::GrainChanging);
    change.carries = Carries::Nothing;
    change.reload = true;
    if is_same {
        let said = |folded: &[String]| (!folded.is_empty()).then(|| folded.join(", "));
        let (before, after) = (said(&was_folded), said(&is_folded));
        differ(change, design::KEY_COLLATION, before.as_deref(), after.as_deref(), Class::GrainChanging);
        rebuild.push(Reason::Part { part: design::KEY_COLLATION.to_owned(), before, after, reread: false });
        return;
    }
    let (then, now) = (old.key.join(", "), new.key.join(", "));
    differ(change, key.part(), Some(&then), Some(&now), Class::GrainChanging);
    rebuild.push(Reason::Key { key, before: old.key.clone(), after: new.key.clone() });
}

/// Another query, expression or policy.
fn load(change: &mut Change, old: &Object, new: &Object, names: &design::Names, rebuild: &mut Vec<Reason>) {
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
    for (other, reason) in names.others(&new.owner) {
        let without = if other.columns.is_empty() { plain.clone() } else { unnamed(&other) };
        if renamed(&other) != without {
            change.reasons.push(reason);
        }
    }
    let former = renamed(names);
    let differences = design::differences(&former, &new.design);
    let (checks, differences): (Vec<_>, Vec<_>) = differences.into_iter().partition(|one| design::is_check(&one.part));
    for check in checks {
        change.reasons.push(check.reason(false));
        differ(change, &check.part, check.before.as_deref(), check.after.as_deref(), check.class);
    }
    // What has another name and is otherwise as it was has the same rows.
    let explained = !differences.is_empty() || !renames.is_empty() || former != plain;
    let mut additive = explained;
    for difference in differences {
        if difference.part == design::STATES {
            // Of what is landed nothing is another row: the next run removes states, or keeps more of them.
            if difference.before.is_some() {
                change.reasons.push(difference.reason(false));
                let (then, now) = (difference.before.as_deref(), difference.after.as_deref());
                differ(change, design::STATES, then, now, difference.class);
            }
            continue;
        }
        if new.kind == ObjectKind::Landing && design::is_of_reading(&difference.part) {
            // What was read by other rules is read again, beside what is landed.
            if let (Some(then), Some(now)) = (difference.before.as_deref(), difference.after.as_deref()) {
                change.reasons.push(difference.reason(true));
                differ(change, &difference.part, Some(then), Some(now), difference.class);
                change.class = change.class.max(difference.class);
                change.reread = true;
                // Landed rows are marked anew, and no batch tells that to those who read them.
                change.reload |= difference.part == design::DELETES;
            }
            continue;
        }
        if new.kind != ObjectKind::Star {
            // An instant that was landed in another zone is another one.
            if difference.before.is_some() && difference.after.is_some() {
                rebuild.push(difference.reason(true));
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
        if difference.is_reason {
            change.reasons.push(difference.reason(false));
        }
        differ(change, &difference.part, difference.before.as_deref(), difference.after.as_deref(), difference.class);
        if difference.empties {
            change.carries = Carries::Nothing;
            rebuild.push(Reason::Meaning);
        }
    }
    if old.filled_as(new) {
        return;
    }
    if new.design.get("kind").is_some_and(|kind| design::GENERATED.contains(&kind.as_str())) {
        change.carries = Carries::Nothing;
        change.class = change.class.max(Class::Breaking);
        rebuild.push(Reason::Generated);
        return;
    }
    change.reload = true;
    // Another key is said already, and is part of what is loaded.
    if !explained && !rebuild.iter().any(|reason| matches!(reason, Reason::Key { .. })) {
        change.reasons.push(Reason::Load);
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
