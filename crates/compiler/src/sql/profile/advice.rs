//! What a profile means for the model: each finding in a sentence and, where the language has a word for it, the YAML to
//! merge into the file. Nothing here is certain: the values of today say it, and people decide.

use serde::Serialize;

use super::{ColumnProfile, Profile, Subject};
use crate::model::{Attribute, ModelId};

/// Columns with no more values than these are flags.
const FLAG: u64 = 3;

/// On fewer rows, that all values are equal is chance.
const ROWS: u64 = 30;

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The columns that it is about.
    pub columns: Vec<String>,
    /// What is found, in a sentence.
    pub says: String,
    /// The YAML that follows, to be merged into the file of the source or the model.
    pub patch: Option<String>,
}

/// All that follows from a profile.
pub(super) fn of(subject: &Subject<'_>, profile: &Profile) -> Vec<Advice> {
    let mut all = Vec::new();
    if profile.rows == 0 {
        return all;
    }
    let table = subject.project.table(&subject.name);
    if table.is_some_and(|table| table.primary_key.is_empty())
        && let Some(key) = profile.keys.first()
    {
        all.push(Advice {
            columns: key.clone(),
            says: format!("{} no two rows alike: the primary key", having(key)),
            patch: Some(in_table(subject, &format!("primary_key: [{}]", key.join(", ")))),
        });
    }
    for (column, looked) in profile.columns.iter().zip(&subject.columns) {
        all.extend(personal(subject, column, looked.is_personal));
        all.extend(typed(subject, column));
        all.extend(constant(profile, column));
    }
    all.extend(levels(subject, profile));
    all.extend(flags(subject, profile));
    all
}

/// `a` and `b` have, `a` has.
fn having(columns: &[String]) -> String {
    let verb = if columns.len() == 1 { "has" } else { "have" };
    format!("{} {verb}", listed(columns))
}

fn listed(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// A patch of the table in its source's file.
fn in_table(subject: &Subject<'_>, line: &str) -> String {
    let table = subject.name.rsplit('.').next().unwrap_or_default();
    format!("tables:\n  {table}:\n    {line}\n")
}

/// Attributes by name, where it is a dimension with members.
fn attributes<'p>(subject: &Subject<'p>) -> &'p [Attribute] {
    match subject.model {
        Some(ModelId::Dimension(index)) => {
            subject.project.dimensions[index].members().map_or(&[], |members| &members.attributes)
        }
        _ => &[],
    }
}

fn personal(subject: &Subject<'_>, column: &ColumnProfile, is_declared: bool) -> Option<Advice> {
    let what = column.personal.as_ref().filter(|_| !is_declared)?;
    let patch = if subject.model.is_none() {
        let line = format!("columns:\n      {}: {{ type: {}, pii: true }}", column.name, spelled(&column.ty));
        Some(in_table(subject, &line))
    } else {
        let is_attribute = attributes(subject).iter().any(|attribute| attribute.column.name == column.name);
        is_attribute.then(|| format!("attributes:\n  {}: {{ pii: true }}\n", column.name))
    };
    Some(Advice {
        columns: vec![column.name.clone()],
        says: format!("`{}` looks like {what}: personal data", column.name),
        patch,
    })
}

/// A type as YAML takes it in braces.
fn spelled(ty: &str) -> String {
    if ty.contains([',', '<']) { format!("\"{ty}\"") } else { ty.to_owned() }
}

fn typed(subject: &Subject<'_>, column: &ColumnProfile) -> Option<Advice> {
    let ty = column.reads_as.as_ref()?;
    let patch = subject.model.is_none().then(|| in_table(subject, &format!("columns:\n      {}: {ty}", column.name)));
    Some(Advice {
        columns: vec![column.name.clone()],
        says: format!("every value of `{}` is a text that reads as {ty}", column.name),
        patch,
    })
}

fn constant(profile: &Profile, column: &ColumnProfile) -> Option<Advice> {
    if profile.rows < ROWS {
        return None;
    }
    let says = if column.nulls == profile.rows {
        format!("`{}` has no value in any row", column.name)
    } else if column.nulls == 0 && column.distinct == Some(1) {
        format!("`{}` has the same value in every row", column.name)
    } else {
        return None;
    };
    Some(Advice { columns: vec![column.name.clone()], says, patch: None })
}

/// Chains of columns of which each decides the next: levels of a hierarchy, from the most general one down.
fn levels(subject: &Subject<'_>, profile: &Profile) -> Vec<Advice> {
    let distinct = |name: &str| {
        profile.columns.iter().find(|column| column.name == name).and_then(|column| column.distinct).unwrap_or(0)
    };
    // Columns that decide each other name the same things.
    let decides: Vec<(&str, &str)> = profile
        .dependencies
        .iter()
        .filter(|(one, other)| distinct(one) > distinct(other))
        .map(|(one, other)| (one.as_str(), other.as_str()))
        .collect();
    let finest = decides.iter().map(|(one, _)| *one).filter(|one| !decides.iter().any(|(_, other)| other == one));
    let mut seen = Vec::new();
    let mut all = Vec::new();
    for start in finest {
        if seen.contains(&start) {
            continue;
        }
        seen.push(start);
        let mut chain = vec![start];
        let mut now = start;
        while let Some((_, next)) =
            decides.iter().filter(|(one, _)| *one == now).max_by_key(|(_, other)| distinct(other))
        {
            chain.push(next);
            now = next;
        }
        let known = attributes(subject);
        let of = |name: &str| known.iter().find(|attribute| attribute.column.name == name);
        if chain.iter().all(|name| of(name).is_some_and(|attribute| attribute.hierarchy.is_some())) {
            continue;
        }
        let says: Vec<String> =
            chain.windows(2).map(|pair| format!("each `{}` has one `{}`", pair[0], pair[1])).collect();
        let are_attributes = chain.iter().all(|name| of(name).is_some_and(|one| one.hierarchy.is_none()));
        let patch = are_attributes.then(|| {
            let levels = chain.iter().rev().enumerate();
            let lines = levels.map(|(at, name)| format!("  {name}: {{ hierarchy: {start}.{} }}\n", at + 1));
            format!("attributes:\n{}", lines.collect::<String>())
        });
        all.push(Advice {
            columns: chain.iter().rev().map(|name| (*name).to_owned()).collect(),
            says: format!("{}: levels of a hierarchy", says.join(", ")),
            patch,
        });
    }
    all
}

/// Columns of a few values that stand together in a fact or a source.
fn flags(subject: &Subject<'_>, profile: &Profile) -> Option<Advice> {
    let is_dimension = matches!(subject.model, Some(ModelId::Dimension(_)));
    let is_level = |column: &ColumnProfile| profile.dependencies.iter().any(|(_, other)| *other == column.name);
    let is_flag = |column: &&ColumnProfile| {
        !is_level(column)
            && column.distinct.is_some_and(|distinct| (2..=FLAG).contains(&distinct))
            && matches!(column.ty.as_str(), "BOOL" | "STRING" | "INT64")
    };
    let flags: Vec<&ColumnProfile> = profile.columns.iter().filter(is_flag).collect();
    if is_dimension || flags.len() < 3 || profile.rows < ROWS {
        return None;
    }
    let combinations: u64 =
        flags.iter().map(|column| column.distinct.unwrap_or(1) + u64::from(column.nulls > 0)).product();
    let columns: Vec<String> = flags.iter().map(|column| column.name.clone()).collect();
    Some(Advice {
        says: format!(
            "{} have few values, and at most {combinations} combinations: one junk dimension holds them",
            listed(&columns)
        ),
        columns,
        patch: None,
    })
}
