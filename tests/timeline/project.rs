//! The project that a case becomes: its YAML, its files, and what was loaded of it. It must not judge.

use std::collections::BTreeMap;
use std::fmt::Write;

use dwc_tests::project::{Project, at};
use dwc_tests::warehouse::Warehouse;

use crate::history::{File, Kind, Row, TABLES, Visit};
use crate::reference::{OnDelete, Policy, Version};

/// Roles of the fact: name, dimension, and which of a visit's keys names the member.
pub const ROLES: [(&str, &str, usize); 7] = [
    ("seen", "sequenced_close", 0),
    ("booked", "sequenced_close", 0),
    ("place", "operation_flag", 1),
    ("named", "operation_close", 1),
    ("whole", "snapshot_close", 2),
    ("profile", "sequenced_close_mini", 0),
    ("standing", "operation_flag_mini", 1),
];

/// Whether a role infers a member that is missing.
pub const INFERS: [bool; 7] = [true, false, false, true, true, false, false];

/// The attributes.
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// A version with its keys.
#[derive(Debug)]
pub struct Loaded {
    pub key: i64,
    pub durable: i64,
    pub version: Version,
}

fn columns(kind: Kind) -> &'static [&'static str] {
    if kind == Kind::Operation { &["k1", "k2"] } else { &["k"] }
}

fn key_text(kind: Kind, key: usize) -> String {
    if kind == Kind::Operation { format!("{},{}", key / 3, ["p", "q", "r"][key % 3]) } else { key.to_string() }
}

/// What a policy's dimension is read with.
fn query(policy: &Policy) -> String {
    let (table, kind) = TABLES[policy.table];
    let source = format!("{{{{ source('s.{table}') }}}}");
    let key = columns(kind)[0];
    match policy.shape {
        0 => format!("from: s.{table}"),
        1 => format!("query: |\n  WITH q AS (SELECT * FROM {source})\n  SELECT * FROM q"),
        2 => format!("query: |\n  SELECT DISTINCT q.* FROM (SELECT * FROM {source}) AS q"),
        _ => format!("query: |\n  SELECT * EXCEPT ({key}), {key} + 0 AS {key} FROM {source}"),
    }
}

pub fn write(policies: &[Policy]) -> Project {
    let mut text = String::from(
        "#- dwc.yml\nname: timelines\ntimezone: UTC\nlints: { DW0409: { level: off, reason: policies are compared over the same members }, DW0512: { level: off, reason: types are random } }\ntargets:\n  dev: { type: duckdb, path: dwc.duckdb }\n",
    );
    text += "#- models/sources/s.yml\nsource: s\ntype: files\ntables:\n";
    for (name, kind) in TABLES {
        let (key, more) = match kind {
            Kind::Plain => ("k: INT64", ""),
            Kind::Sequenced => (
                "k: INT64",
                "    sequence: sequence\n    cursor: at\n    detect_deletes: column\n    delete_column: gone\n",
            ),
            Kind::Operation => {
                ("k1: INT64, k2: STRING", "    cursor: at\n    detect_deletes: operation\n    delete_column: gone\n")
            }
            Kind::Ordered => {
                ("k: INT64", "    sequence: sequence\n    detect_deletes: column\n    delete_column: gone\n")
            }
            Kind::Untimed => ("k: INT64", "    detect_deletes: column\n    delete_column: gone\n"),
            Kind::Snapshot => ("k: INT64", "    contents: snapshot\n    max_deleted_share: 1.0\n"),
        };
        let gone = if kind == Kind::Operation { "STRING" } else { "BOOL" };
        let _ = write!(
            text,
            "  {name}:\n    path: data/{name}/{{batch}}.csv\n    primary_key: [{}]\n{more}    columns: {{ {key}, a: STRING, b: STRING, c: STRING, d: STRING, at: TIMESTAMP, sequence: INT64, gone: {gone} }}\n",
            columns(kind).join(", ")
        );
    }
    text += "  visits:\n    path: data/visits/{batch}.csv\n    primary_key: [visit]\n    detect_deletes: operation\n    delete_column: operation\n    columns: { visit: INT64, at: TIMESTAMP, booked_at: TIMESTAMP, k: INT64, k1: INT64, k2: STRING, w: INT64, operation: STRING }\n";
    for policy in policies {
        let kind = TABLES[policy.table].1;
        if let Some(base) = &policy.mini_of {
            let _ = write!(
                text,
                "#- models/dimensions/{0}.yml\ndimension: {0}\nkind: mini\nof: {base}\noutrigger: true\nattributes: {{ c: {{ {1} }}, d: {{}} }}\n",
                policy.name,
                if policy.words { "when_null: x" } else { "" }
            );
            continue;
        }
        let _ = write!(
            text,
            "#- models/dimensions/{0}.yml\ndimension: {0}\n{1}\nnatural_key: [{2}]\neffective_at: {3}\non_delete: {4}\nfirst_version: {5}\nopen_end: {6}\ntype1_scope: {7}\nlate_type0: {9}\nsurrogate_key: {{ strategy: {10} }}\n{8}attributes:\n",
            policy.name,
            query(policy),
            columns(kind).join(", "),
            if policy.extracted { "extracted" } else { "at" },
            match policy.on_delete {
                OnDelete::Close => "close",
                OnDelete::Flag => "flag",
                OnDelete::Ignore => "ignore",
            },
            if policy.from_beginning { "beginning_of_time" } else { "own_instant" },
            if policy.far_future { "far_future" } else { "none" },
            if policy.type1_on_all { "all" } else { "current" },
            if policy.sequenced && !policy.extracted { "sequence: sequence\n" } else { "" },
            if policy.keeps_originals { "keep" } else { "restate" },
            if policy.numbered { "sequence" } else { "hash" },
        );
        for (name, ty) in NAMES.iter().zip(policy.types) {
            let words = match *name {
                "a" if policy.words => ", labels: { x: y }, when_null: n",
                "c" if policy.words => ", when_null: x",
                _ => "",
            };
            let _ = writeln!(text, "  {name}: {{ scd: {}{words} }}", ty.unwrap_or(1));
        }
    }
    let has = |name: &str| policies.iter().any(|policy| policy.name == name);
    text += "#- models/facts/visit.yml\nfact: visit\nbusiness_process: visiting\nkind: factless\ngrain: { description: one row per visit, key: [visit] }\nquery: |\n  SELECT visit, `at`, booked_at, k, k1, k2, w FROM {{ source('s.visits') }}\nevent_time: at\ndimensions:\n";
    for (index, (role, dimension, key)) in ROLES.iter().enumerate().filter(|(_, role)| has(role.1)) {
        let on = ["k", "k1, k2", "w"][*key];
        let as_of = if *role == "booked" { ", as_of: booked_at" } else { "" };
        let missing = if INFERS[index] { "infer" } else { "unknown" };
        let _ = writeln!(text, "  {role}: {{ dimension: {dimension}, on: [{on}], missing: {missing}{as_of} }}");
    }
    let project = Project::new(&text);
    for (table, (_, kind)) in TABLES.iter().enumerate() {
        if *kind != Kind::Snapshot {
            write_file(&project, &File { table, time: -1, rows: Vec::new() });
        }
    }
    // A table without any file is a mistake in a project; a snapshot of nothing says that there is nothing yet.
    let snapshot = TABLES.iter().position(|(_, kind)| *kind == Kind::Snapshot).unwrap_or(0);
    write_file(&project, &File { table: snapshot, time: -1, rows: Vec::new() });
    write_visits(&project, &(-1, Vec::new()));
    project
}

fn time(hours: i64) -> String {
    let start = at("2026-01-01");
    (start + chrono::Duration::hours(hours)).format("%Y-%m-%dT%H").to_string()
}

pub fn instant(hours: i64) -> String {
    format!("{}:00:00", time(hours).replace('T', " "))
}

pub fn write_file(project: &Project, file: &File) {
    let (name, kind) = TABLES[file.table];
    let mut text = format!("{},a,b,c,d,at,sequence,gone\n", columns(kind).join(","));
    for Row { key, values, at, dated, sequence, gone } in &file.rows {
        text += &key_text(kind, *key);
        for value in values {
            let _ = write!(text, ",{}", value.map_or(String::new(), String::from));
        }
        let gone = if kind == Kind::Operation { ["U", "D"][usize::from(*gone)].to_owned() } else { gone.to_string() };
        let sequence = sequence.map_or(String::new(), |sequence| sequence.to_string());
        let _ = writeln!(text, ",{},{sequence},{gone}", if *dated { instant(*at) } else { String::new() });
    }
    project.write(&format!("data/{name}/{}.csv", time(file.time)), &text);
}

pub fn write_visits(project: &Project, (at, visits): &(i64, Vec<Visit>)) {
    let mut text = "visit,at,booked_at,k,k1,k2,w,operation\n".to_owned();
    for visit in visits {
        let number = |key: Option<usize>| key.map_or(String::new(), |key| key.to_string());
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{}",
            visit.id,
            instant(visit.at),
            visit.booked_at.map_or(String::new(), instant),
            number(visit.keys[0]),
            visit.keys[1].map_or(",".to_owned(), |key| key_text(Kind::Operation, key)),
            number(visit.keys[2]),
            if visit.gone { "D" } else { "I" },
        );
    }
    project.write(&format!("data/visits/{}.csv", time(*at)), &text);
}

/// The versions of every member, in the order of their times.
pub fn loaded(warehouse: &Warehouse, policy: &Policy) -> BTreeMap<usize, Vec<Loaded>> {
    let kind = TABLES[policy.table].1;
    let name = &policy.name;
    let key = key_number(kind);
    let hours = |column: &str| {
        format!(
            "CASE WHEN {column} IN (TIMESTAMP '0001-01-01', TIMESTAMP '9999-12-31') THEN NULL ELSE date_diff('hour', TIMESTAMP '2026-01-01', {column}) END"
        )
    };
    let times = if policy.has_versions() {
        format!("{}, {}, is_current = ({} IS NULL)", hours("valid_from"), hours("valid_to"), hours("valid_to"))
    } else {
        "NULL, NULL, TRUE".to_owned()
    };
    let beside: Vec<String> = NAMES
        .iter()
        .zip(policy.types)
        .map(|(name, ty)| match ty {
            Some(3) => format!("previous_{name}"),
            Some(6) => format!("current_{name}"),
            _ => "NULL".to_owned(),
        })
        .collect();
    let schema = warehouse.schema();
    let (keys, table, values) = match &policy.mini_of {
        None => (format!("{name}_key, {name}_durable_key"), format!("{schema}.{name}"), "a, b, c, d"),
        // The values are those of the combination that the timeline names.
        Some(base) => (
            format!("{name}_key, {base}_durable_key"),
            format!(
                "(SELECT t.* EXCLUDE (c, d), m.c, m.d FROM {schema}_history.{name}__members AS t JOIN {schema}.{name} AS m USING ({name}_key))"
            ),
            "NULL, NULL, c, d",
        ),
    };
    let rows = warehouse.rows(&format!(
        "SELECT {key}, {keys}, {values}, {times}, is_deleted, is_inferred, {} FROM {table} AS t \
         WHERE {name}_key >= 0 ORDER BY 1, 8 NULLS FIRST",
        beside.join(", ")
    ));
    let mut all: BTreeMap<usize, Vec<Loaded>> = BTreeMap::new();
    for row in rows {
        let number = |index: usize| row[index].parse::<i64>().ok();
        assert_eq!(row[9], "true", "is_current says whether the end is open: {row:?}");
        let version = Version {
            from: number(7),
            to: number(8),
            values: std::array::from_fn(|index| letter(&row[3 + index])),
            beside: std::array::from_fn(|index| letter(&row[12 + index])),
            deleted: row[10] == "true",
            inferred: row[11] == "true",
        };
        all.entry(number(0).unwrap_or(-1) as usize).or_default().push(Loaded {
            key: number(1).unwrap_or(-1),
            durable: number(2).unwrap_or(-1),
            version,
        });
    }
    all
}

fn letter(cell: &str) -> Option<char> {
    Some(cell).filter(|cell| *cell != "NULL").and_then(|cell| cell.chars().next())
}

/// The combinations that the rows of a base dimension show as those of now.
pub fn outriggers(warehouse: &Warehouse, mini: &Policy, base: &str) -> Vec<(usize, i64)> {
    let rows = warehouse.rows(&format!(
        "SELECT {}, current_{}_key FROM {}.{base} WHERE {base}_key >= 0",
        key_number(TABLES[mini.table].1),
        mini.name,
        warehouse.schema()
    ));
    rows.iter().map(|row| (row[0].parse().unwrap_or(0), row[1].parse().unwrap_or(0))).collect()
}

/// A member's key as the number that the case has for it.
fn key_number(kind: Kind) -> &'static str {
    if kind == Kind::Operation { "k1 * 3 + CASE k2 WHEN 'p' THEN 0 WHEN 'q' THEN 1 ELSE 2 END" } else { "k" }
}

/// The surrogate keys that each visit is bound to, by role.
pub fn bound(warehouse: &Warehouse) -> Vec<(usize, Vec<i64>)> {
    let there = warehouse.columns("visit");
    let keys: Vec<String> = ROLES
        .iter()
        .map(|(role, ..)| format!("{role}_key"))
        .map(|key| if there.contains(&key) { key } else { "0".to_owned() })
        .collect();
    let rows = warehouse.rows(&format!("SELECT visit, {} FROM {}.visit", keys.join(", "), warehouse.schema()));
    rows.into_iter()
        .map(|row| {
            let number = |text: &String| text.parse::<i64>().unwrap_or(i64::MIN);
            (number(&row[0]) as usize, row[1..].iter().map(number).collect())
        })
        .collect()
}
