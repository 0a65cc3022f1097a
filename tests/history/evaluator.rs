//! The temporal join in BigQuery's words, run by Google's own evaluator, gives the versions of the reference.

use std::collections::BTreeSet;

use dwc_compiler::plan::Landing;
use dwc_tests::googlesql::{GoogleSql, Row};
use dwc_tests::project::checked;
use dwc_tests::script::{Script, Staged};

use crate::model::{Arrived, File, Kind, Random, Row as Given, SHAPES, Shape, TABLES, Version, kind, versions};
use crate::project::{self, instant};
use crate::{Case, case, reads};

/// Members of each dimension: the evaluator takes its time.
const KEYS: i64 = 3;

/// Shapes that have little in common.
const SOME: [&str; 4] = ["left_join", "counted", "two_logs", "two_intervals"];

#[test]
fn googles_evaluator_gives_the_versions_of_the_reference() {
    let seed = 3;
    let mut case = case(&mut Random(seed), KEYS);
    case.runs.truncate(2);
    let shapes: Vec<&Shape> = SHAPES.iter().filter(|shape| SOME.contains(&shape.name)).collect();
    let folder = project::write(&shapes);
    let mut script = Script::of(&checked(folder.path()));
    let mut arrived: Arrived = Default::default();
    let mut read: BTreeSet<(i64, usize)> = BTreeSet::new();
    for (number, (full, _)) in case.runs.iter().enumerate() {
        let places = reads(&case, &mut read, number);
        for place in &places {
            arrived[case.files[*place].table].extend(&case.files[*place].rows);
        }
        script.run(*full, &|landing| Some((staged(&case, &places, landing), timestamp(40), false)));
    }
    let names: Vec<String> = shapes.iter().map(|shape| format!("dw.{}", shape.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let left = GoogleSql::start().execute_script(script.text(), &[], &[], &names).unwrap_or_else(|failure| {
        let path = std::env::temp_dir().join(format!("dwc-history-{seed}.sql"));
        let _ = std::fs::write(&path, script.text());
        panic!("seed {seed}: {failure}\n{}", path.display())
    });
    let mut all = 0;
    for shape in shapes {
        let expected = versions(shape, &arrived);
        let mut loaded: Vec<Version> =
            left[&format!("dw.{}", shape.name)].iter().filter_map(|row| found(shape, row)).collect();
        loaded.sort();
        assert_eq!(expected, loaded, "seed {seed}, {}", shape.name);
        all += expected.len();
    }
    println!("{all} versions compared");
    assert!(all >= 20, "{all} are too few to say anything");
}

fn timestamp(hours: i64) -> String {
    format!("TIMESTAMP '{}+00'", instant(hours))
}

fn staged(case: &Case, places: &[usize], landing: &Landing) -> Vec<Staged> {
    let name = landing.table.trim_start_matches("s.");
    let files = places.iter().map(|place| &case.files[*place]).filter(|file| TABLES[file.table] == name);
    files.flat_map(|file| file.rows.iter().map(|row| staged_row(file, row))).collect()
}

fn staged_row(file: &File, row: &Given) -> Staged {
    let op = if row.gone { "D" } else { "U" };
    let said = format!("{}, '{}', '{op}', {}", row.owner, row.value, timestamp(row.at));
    let values = match kind(file.table) {
        Kind::Intervals => format!("{said}, {}", row.until.map_or("CAST(NULL AS TIMESTAMP)".to_owned(), timestamp)),
        // The key of the accounts is a text.
        _ if file.table == 0 => format!("'{}', {said}", row.key),
        _ => format!("{}, {said}", row.key),
    };
    // A log has no deletes: its column of operations says nothing.
    Staged { values, at: timestamp(file.time), deleted: row.gone }
}

/// A version that the evaluator left; none of a reserved member.
fn found(shape: &Shape, row: &Row) -> Option<Version> {
    // JSON has an INT64 beyond 2^53 as text.
    let integer = |column: &str| row[column].as_i64().or_else(|| row[column].as_str()?.parse().ok());
    let hours = |column: &str| {
        let text = row[column].as_str()?;
        let time = chrono::DateTime::parse_from_rfc3339(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let start = chrono::DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z").expect("a time");
        Some((time - start).num_hours())
    };
    let is_member = integer(&format!("{}_key", shape.name)).is_some_and(|key| key >= 0);
    is_member.then(|| Version {
        member: integer("member").unwrap_or(-1),
        from: hours("valid_from").unwrap_or(i64::MIN),
        to: hours("valid_to").filter(|_| row["is_current"] != true),
        value: row["v"].as_str().unwrap_or_default().to_owned(),
    })
}
