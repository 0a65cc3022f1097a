//! The same histories through the SQL for BigQuery, run by Google's own evaluator: landing, dimensions, mini-dimensions
//! and the fact that looks them up give the versions and the bindings of the reference.

use std::collections::BTreeMap;

use dwc_compiler::plan::Landing;
use dwc_tests::googlesql::{GoogleSql, Row};
use dwc_tests::project::checked;
use dwc_tests::script::{Reading, Script, Staged};

use crate::Arrived;
use crate::history::{Case, File, Kind, Random, Run, TABLES, Visit, case};
use crate::project::{self, ROLES};
use crate::reference::{Policy, Values, Version, as_of};

/// Members of each dimension, and the histories of them: the evaluator takes its time.
const KEYS: usize = 6;

#[test]
fn googles_evaluator_gives_the_versions_of_the_reference() {
    compared(1);
}

#[test]
fn googles_evaluator_gives_those_of_another_start() {
    compared(2);
}

fn compared(seed: u64) {
    let compared = check(seed, &one_file_each(case(&mut Random(seed), KEYS)));
    println!("{compared} timelines of members and bindings compared");
    assert!(compared >= 125, "{compared} are too few to say anything");
}

/// A run for each time of the files. Files whose rows a column orders swap their places, all others keep theirs.
fn one_file_each(mut case: Case) -> Case {
    let mut runs: Vec<Run> = (0..6).map(|_| Run { full: false, files: Vec::new(), visits: Vec::new() }).collect();
    for (place, file) in case.files.iter().enumerate() {
        let own = (file.time / 7) as usize;
        let kept = matches!(TABLES[file.table].1, Kind::Plain | Kind::Snapshot | Kind::Untimed | Kind::Ordered);
        runs[if kept { own } else { (own * 5 + file.table) % 6 }].files.push(place);
    }
    for place in 0..case.visits.len() {
        runs[place % 6].visits.push(place);
    }
    runs.truncate(3);
    case.runs = runs;
    case
}

fn check(seed: u64, case: &Case) -> usize {
    let folder = project::write(&case.policies);
    let mut script = Script::of(&checked(folder.path()));
    let mut arrived = Arrived::new(case);
    for run in &case.runs {
        arrived.take(run);
        script.run(false, &|landing| staged_rows(case, run, landing));
    }
    let mut read: Vec<String> = case
        .policies
        .iter()
        .flat_map(|policy| match &policy.mini_of {
            None => vec![format!("dw.{}", policy.name)],
            Some(_) => vec![format!("dw.{}", policy.name), format!("dw_history.{}__members", policy.name)],
        })
        .collect();
    read.push("dw.visit".to_owned());
    let read: Vec<&str> = read.iter().map(String::as_str).collect();
    let left = GoogleSql::start().execute_script(script.text(), &[], &[], &read).unwrap_or_else(|failure| {
        let path = std::env::temp_dir().join(format!("dwc-evaluator-{seed}.sql"));
        let _ = std::fs::write(&path, script.text());
        panic!("seed {seed}: {failure}\n{}", path.display())
    });
    compare(seed, case, &arrived, &left)
}

/// What a run stages of a table, as the runner does: changed rows together, each snapshot by itself.
fn staged_rows(case: &Case, run: &Run, landing: &Landing) -> Option<Reading> {
    let name = landing.table.trim_start_matches("s.");
    let Some(table) = TABLES.iter().position(|(table, _)| *table == name) else {
        let rows = run.visits.iter().flat_map(|place| staged_visits(&case.visits[*place])).collect();
        return Some((rows, timestamp(Some(0)), false));
    };
    let is_snapshot = TABLES[table].1 == Kind::Snapshot;
    let mut files: Vec<&File> =
        run.files.iter().map(|place| &case.files[*place]).filter(|file| file.table == table).collect();
    let at = files.first().map(|file| file.time);
    if is_snapshot && at.is_none() {
        return None;
    }
    files.sort_by_key(|file| file.time);
    let rows = files.iter().flat_map(|file| staged(file)).collect();
    Some((rows, timestamp(Some(at.unwrap_or(0))), is_snapshot))
}

fn text(value: Option<char>) -> String {
    value.map_or("CAST(NULL AS STRING)".to_owned(), |value| format!("'{value}'"))
}

fn timestamp(hours: Option<i64>) -> String {
    hours.map_or("CAST(NULL AS TIMESTAMP)".to_owned(), |hours| format!("TIMESTAMP '{}+00'", project::instant(hours)))
}

fn number(value: Option<i64>) -> String {
    value.map_or("CAST(NULL AS INT64)".to_owned(), |value| value.to_string())
}

fn staged(file: &File) -> Vec<Staged> {
    let kind = TABLES[file.table].1;
    file.rows
        .iter()
        .map(|row| {
            let key = match kind {
                Kind::Operation => format!("{}, '{}'", row.key / 3, ["p", "q", "r"][row.key % 3]),
                _ => row.key.to_string(),
            };
            let values: Vec<String> = row.values.iter().map(|value| text(*value)).collect();
            let gone = match kind {
                Kind::Operation => ["'U'", "'D'"][usize::from(row.gone)].to_owned(),
                _ => row.gone.to_string(),
            };
            Staged {
                values: format!(
                    "{key}, {}, {}, {}, {gone}",
                    values.join(", "),
                    timestamp(row.dated.then_some(row.at)),
                    number(row.sequence)
                ),
                at: timestamp(Some(file.time)),
                deleted: row.gone && !matches!(kind, Kind::Plain | Kind::Snapshot),
            }
        })
        .collect()
}

fn staged_visits((time, visits): &(i64, Vec<Visit>)) -> Vec<Staged> {
    visits
        .iter()
        .map(|visit| {
            let [k, pair, w] = visit.keys.map(|key| key.map(|key| key as i64));
            let second = pair
                .map_or("CAST(NULL AS STRING)".to_owned(), |key| format!("'{}'", ["p", "q", "r"][key as usize % 3]));
            Staged {
                values: format!(
                    "{}, {}, {}, {}, {}, {second}, {}, '{}'",
                    visit.id,
                    timestamp(Some(visit.at)),
                    timestamp(visit.booked_at),
                    number(k),
                    number(pair.map(|key| key / 3)),
                    number(w),
                    if visit.gone { "D" } else { "I" },
                ),
                at: timestamp(Some(*time)),
                deleted: visit.gone,
            }
        })
        .collect()
}

/// A version that the evaluator left, with its keys.
struct Found {
    member: usize,
    key: i64,
    version: Version,
}

/// An INT64 of a row: JSON has those beyond 2^53 as text.
fn integer(row: &Row, column: &str) -> Option<i64> {
    let value = row.get(column)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn found(policy: &Policy, rows: &[Row], combinations: Option<&[Row]>) -> Vec<Found> {
    let kind = TABLES[policy.table].1;
    let name = &policy.name;
    let own = format!("{name}_key");
    let mut all: Vec<Found> = Vec::new();
    for row in rows {
        let own_integer = |column: &str| integer(row, column);
        let letter = |row: &Row, column: &str| {
            row.get(column).and_then(serde_json::Value::as_str).and_then(|value| value.chars().next())
        };
        let key = own_integer(&own).unwrap_or(i64::MIN);
        if key < 0 {
            continue;
        }
        let member = match kind {
            Kind::Operation => {
                let second = ["p", "q", "r"].iter().position(|k| Some(*k) == row["k2"].as_str()).unwrap_or(9);
                own_integer("k1").unwrap_or(-1) as usize * 3 + second
            }
            _ => own_integer("k").unwrap_or(-1) as usize,
        };
        let hours = |column: &str| {
            let text = row.get(column).and_then(serde_json::Value::as_str)?;
            let time = chrono::DateTime::parse_from_rfc3339(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let start = chrono::DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z").expect("a time");
            let unbounded = text.starts_with("0001-01-01") || text.starts_with("9999-12-31");
            (!unbounded).then(|| (time - start).num_hours())
        };
        let flag = |column: &str| row.get(column).and_then(serde_json::Value::as_bool).unwrap_or(false);
        let values_of = combinations.map_or(Some(row), |rows| rows.iter().find(|row| integer(row, &own) == Some(key)));
        let values_of = values_of.unwrap_or_else(|| panic!("{name} names no combination {key}"));
        let names = ["a", "b", "c", "d"];
        let beside = |index: usize| match policy.types[index] {
            Some(3) => letter(row, &format!("previous_{}", names[index])),
            Some(6) => letter(row, &format!("current_{}", names[index])),
            _ => None,
        };
        let version = Version {
            from: hours("valid_from"),
            to: hours("valid_to"),
            values: std::array::from_fn(|index| policy.types[index].and_then(|_| letter(values_of, names[index]))),
            beside: std::array::from_fn(beside),
            deleted: flag("is_deleted"),
            inferred: flag("is_inferred"),
        };
        all.push(Found { member, key, version });
    }
    all.sort_by_key(|found| (found.member, found.version.from));
    all
}

fn compare(seed: u64, case: &Case, arrived: &Arrived<'_>, left: &indexmap::IndexMap<String, Vec<Row>>) -> usize {
    let mut compared = 0;
    let mut bindings: BTreeMap<(&str, i64), (usize, usize)> = BTreeMap::new();
    let mut combinations: BTreeMap<(&str, i64), Values> = BTreeMap::new();
    for (index, policy) in case.policies.iter().enumerate() {
        let own = &left[&format!("dw.{}", policy.name)];
        let loaded = match &policy.mini_of {
            None => found(policy, own, None),
            Some(_) => found(policy, &left[&format!("dw_history.{}__members", policy.name)], Some(own)),
        };
        for member in 0..KEYS + 2 {
            let expected = arrived.versions(index, member);
            let versions: Vec<&Found> = loaded.iter().filter(|found| found.member == member).collect();
            let there: Vec<Version> = versions.iter().map(|found| found.version.clone()).collect();
            assert_eq!(expected, there, "seed {seed}, {policy:?}, key {member}");
            compared += usize::from(!expected.is_empty());
            for (place, found) in versions.iter().enumerate() {
                bindings.insert((&policy.name, found.key), (member, place));
                combinations.insert((&policy.name, found.key), found.version.values);
            }
        }
    }
    let visits = &left["dw.visit"];
    assert_eq!(visits.len(), arrived.visits.len(), "seed {seed}: visits");
    for row in visits {
        let id = integer(row, "visit").unwrap_or(-1) as usize;
        let visit = &arrived.visits[&id];
        for (role, name, column) in ROLES {
            let Some(index) = case.policies.iter().position(|policy| policy.name == name) else { continue };
            let bound = integer(row, &format!("{role}_key")).unwrap_or(i64::MIN);
            let at = if role == "booked" { visit.booked_at } else { Some(visit.at) };
            let versioned = case.policies[index].has_versions();
            let right = match (visit.keys[column], at) {
                (None, _) => bound == -1,
                (Some(_), None) if versioned => bound == -4,
                (Some(key), at) => {
                    let versions = arrived.versions(index, key);
                    let place = match (versioned, at) {
                        (true, Some(at)) => as_of(&versions, at),
                        _ => (!versions.is_empty()).then_some(0),
                    };
                    match place {
                        None => bound == -1,
                        Some(place) if case.policies[index].mini_of.is_some() => {
                            combinations.get(&(name, bound)) == Some(&versions[place].values)
                        }
                        Some(place) => bindings.get(&(name, bound)) == Some(&(key, place)),
                    }
                }
            };
            assert!(right, "seed {seed}: visit {visit:?} in role {role} is bound to {bound}");
            compared += 1;
        }
    }
    compared
}
