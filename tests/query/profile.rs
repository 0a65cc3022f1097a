//! `dwc profile`: what the values say, with the suggestions that follow; both engines answer alike.

use std::fmt::Write as _;

use dwc_compiler::model::TargetType;
use dwc_compiler::sql::{Answer, Profile, Subject};
use dwc_runner::Mode;
use dwc_tests::googlesql::{GoogleSql, Table};
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;
use serde_json::{Value, json};

const PROJECT: &str = "\
#- dwc.yml
name: profiled
timezone: UTC
targets:
  dev: { type: duckdb, path: dwc.duckdb }
#- models/crm.yml
source: crm
type: files
tables:
  stores:
    path: data/stores/{batch}.csv
    contents: snapshot
    columns:
      code: STRING
      city: STRING
      region: STRING
      contact: STRING
      phone: { type: STRING, pii: true }
      opened: STRING
      floors: STRING
      is_open: BOOL
      has_parking: BOOL
      size: STRING
      note: STRING
      country: STRING
      rent: NUMERIC
#- models/store.yml
dimension: store
from: crm.stores
natural_key: [code]
attributes:
  city: { scd: 1 }
  region: { scd: 1 }
  contact: { scd: 1 }
#- models/visit.yml
fact: visit
business_process: visiting
kind: factless
grain: { description: one row per opening, key: [code] }
query: SELECT code, IF(code = '007', NULL, code) AS store FROM {{ source('crm.stores') }}
dimensions:
  store: { on: store, when_null: not_applicable }
";

/// Sixty stores in six cities of two regions.
fn stores() -> Vec<[String; 13]> {
    let some = |is: bool, text: &str| if is { text.to_owned() } else { String::new() };
    (0..60)
        .map(|n| {
            [
                format!("{n:03}"),
                ["Seoul", "Incheon", "Suwon", "Busan", "Ulsan", "Jinju"][n % 6].to_owned(),
                ["North", "South"][usize::from(n % 6 > 2)].to_owned(),
                format!("owner{n}@example.com"),
                format!("02-555-{n:04}"),
                format!("2024-01-{:02}", n % 28 + 1),
                (n % 4 + 1).to_string(),
                (n % 5 > 0).to_string(),
                (n / 6 % 2 > 0).to_string(),
                some(n % 7 > 0, ["small", "large"][n % 2]),
                String::new(),
                "KR".to_owned(),
                format!("{}.50", 1000 + n % 9),
            ]
        })
        .collect()
}

fn loaded() -> (Project, Warehouse) {
    let folder = Project::new(PROJECT);
    let mut text =
        "code,city,region,contact,phone,opened,floors,is_open,has_parking,size,note,country,rent\n".to_owned();
    for store in stores() {
        let _ = writeln!(text, "{}", store.join(","));
    }
    folder.write("data/stores/2026-01-01.csv", &text);
    let warehouse = Warehouse::apply(folder.path());
    warehouse.run(Mode::Incremental);
    (folder, warehouse)
}

fn profile(warehouse: &Warehouse, name: &str) -> Profile {
    let subjects = Subject::named(warehouse.project(), TargetType::Duckdb, warehouse.schema(), name);
    let [subject] = subjects.as_slice() else { panic!("{name} is one table") };
    let mut ask = |sql: &str| {
        let rows = warehouse.rows(sql).into_iter();
        // The harness writes NULL for a missing value; no text of the data is that.
        Ok::<Answer, String>(
            rows.map(|row| row.into_iter().map(|value| (value != "NULL").then_some(value)).collect()).collect(),
        )
    };
    subject.profile(&mut ask, &|problems| format!("{problems:?}")).expect("a profile")
}

#[test]
fn columns_say_what_they_hold() {
    let (_folder, warehouse) = loaded();
    let profile = profile(&warehouse, "crm.stores");
    assert_eq!(profile.rows, 60);
    let column = |name: &str| profile.columns.iter().find(|column| column.name == name).expect("the column");
    let code = column("code");
    assert_eq!((code.nulls, code.distinct), (0, Some(60)));
    assert_eq!((code.least.as_deref(), code.greatest.as_deref()), (Some("000"), Some("059")));
    // A number that begins with a zero is a code.
    assert_eq!(code.reads_as, None);
    let size = column("size");
    assert_eq!((size.nulls, size.distinct), (9, Some(2)));
    let sizes: Vec<(&str, u64)> = size.values.iter().map(|one| (one.value.as_str(), one.rows)).collect();
    assert_eq!(sizes, [("large", 26), ("small", 25)]);
    assert_eq!(column("note").nulls, 60);
    assert_eq!(column("opened").reads_as.as_deref(), Some("DATE"));
    assert_eq!(column("floors").reads_as.as_deref(), Some("INT64"));
    assert_eq!((column("rent").least.as_deref(), column("rent").greatest.as_deref()), (Some("1000.5"), Some("1008.5")));
    // Personal data is told by its form or its name, and no value of it is shown.
    for (name, what, shape) in [("contact", "an e-mail address", "a9@a.a"), ("phone", "a phone number", "9-9-9")] {
        let column = column(name);
        assert_eq!(column.personal.as_deref(), Some(what));
        assert_eq!((&column.least, &column.greatest, column.values.len()), (&None, &None, 0));
        assert_eq!(column.patterns.iter().map(|one| one.value.as_str()).collect::<Vec<_>>(), [shape]);
    }
    assert_eq!(profile.keys, [["code"], ["contact"], ["phone"]]);
    assert!(profile.dependencies.contains(&("city".to_owned(), "region".to_owned())));
    assert!(!profile.dependencies.iter().any(|(one, _)| one == "region"));
}

#[test]
fn suggestions_are_yaml_that_the_project_takes() {
    let (folder, warehouse) = loaded();
    let advice = profile(&warehouse, "crm.stores").advice;
    let said = |text: &str| advice.iter().find(|one| one.says == text).unwrap_or_else(|| panic!("{text}: {advice:#?}"));
    let patch = |text: &str| said(text).patch.as_deref();
    assert_eq!(
        patch("`code` has no two rows alike: the primary key"),
        Some("tables:\n  stores:\n    primary_key: [code]\n")
    );
    assert_eq!(
        patch("`contact` looks like an e-mail address: personal data"),
        Some("tables:\n  stores:\n    columns:\n      contact: { type: STRING, pii: true }\n")
    );
    assert_eq!(
        patch("every value of `opened` is a text that reads as DATE"),
        Some("tables:\n  stores:\n    columns:\n      opened: DATE\n")
    );
    assert_eq!(patch("`note` has no value in any row"), None);
    assert_eq!(patch("`country` has the same value in every row"), None);
    assert_eq!(patch("each `city` has one `region`: levels of a hierarchy"), None);
    let junk = "`is_open`, `has_parking` and `size` have few values, and at most 12 combinations: one junk dimension holds them";
    assert_eq!(patch(junk), None);
    // What is declared is not suggested.
    assert!(!advice.iter().any(|one| one.columns == ["phone"]));

    let advice = profile(&warehouse, "store").advice;
    let patches: Vec<&str> = advice.iter().filter_map(|one| one.patch.as_deref()).collect();
    assert_eq!(
        patches,
        [
            "attributes:\n  contact: { pii: true }\n",
            "attributes:\n  region: { hierarchy: city.1 }\n  city: { hierarchy: city.2 }\n"
        ]
    );
    // Merged into the files, they check, and nothing of them is suggested again.
    let changed = PROJECT
        .replace("contact: STRING", "contact: { type: STRING, pii: true }")
        .replace("opened: STRING", "opened: DATE")
        .replace("floors: STRING", "floors: INT64")
        .replace("    contents: snapshot\n", "    contents: snapshot\n    primary_key: [code]\n")
        .replace(
            "  city: { scd: 1 }\n  region: { scd: 1 }",
            "  city: { scd: 1, hierarchy: city.2 }\n  region: { scd: 1, hierarchy: city.1 }",
        );
    let again = Project::new(&changed);
    again.write("data/stores/2026-01-01.csv", &folder.read("data/stores/2026-01-01.csv"));
    let warehouse = Warehouse::apply(again.path());
    warehouse.run(Mode::Incremental);
    let advice = profile(&warehouse, "crm.stores").advice;
    assert!(advice.iter().all(|one| one.patch.is_none()), "{advice:#?}");
    assert!(profile(&warehouse, "store").advice.is_empty());
}

#[test]
fn a_fact_tells_how_many_of_its_rows_have_reserved_members() {
    let (_folder, warehouse) = loaded();
    let profile = profile(&warehouse, "visit");
    let key = profile.columns.iter().find(|column| column.name == "store_key").expect("the role's key");
    assert_eq!((key.distinct, &key.least), (Some(60), &None));
    let reserved: Vec<(&str, u64)> = key.values.iter().map(|one| (one.value.as_str(), one.rows)).collect();
    assert_eq!(reserved, [("-2", 1)]);
}

#[test]
fn googles_evaluator_gives_the_same_profile() {
    let (_folder, warehouse) = loaded();
    let subjects = Subject::named(warehouse.project(), TargetType::Bigquery, "dw", "crm.stores");
    let columns: Vec<(String, String)> = warehouse
        .project()
        .table("crm.stores")
        .expect("the table")
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.ty.to_string()))
        .collect();
    let columns: Vec<(&str, &str)> = columns.iter().map(|(name, ty)| (name.as_str(), ty.as_str())).collect();
    let mut table = Table::new(&columns);
    for store in stores() {
        table = table.row(Value::Array(
            store.iter().map(|value| if value.is_empty() { Value::Null } else { json!(value) }).collect(),
        ));
    }
    let google = GoogleSql::start();
    let mut ask = |sql: &str| -> Result<Answer, String> {
        let rows = google.evaluate(sql, &[("dw_landing.crm__stores", table.clone())])?;
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        Ok(rows.iter().map(|row| row.values().map(text).collect()).collect())
    };
    let found = subjects[0].profile(&mut ask, &|problems| format!("{problems:?}")).expect("a profile");
    let expected = profile(&warehouse, "crm.stores");
    assert_eq!(json!(found), json!(expected));
}

#[test]
fn the_command_writes_for_people_for_reviews_and_for_programs() {
    let (folder, _) = loaded();
    for command in [vec!["apply", "--auto-approve"], vec!["run"]] {
        let run = folder.dwc(&command);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    let run = folder.dwc(&["profile", "crm", "store"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("crm.stores: 60 rows"), "{}", run.stdout);
    assert!(run.stdout.contains("store: 60 rows"));
    assert!(run.stdout.contains("- each `city` has one `region`: levels of a hierarchy"));
    assert!(!run.stdout.contains("owner1@example.com") && !run.stdout.contains("02-555-0001"));
    let run = folder.dwc(&["profile", "crm.stores", "--format", "markdown"]);
    assert!(run.stdout.contains("| column | type | null |"), "{}", run.stdout);
    assert!(run.stdout.contains("```yaml\ntables:\n  stores:\n    primary_key: [code]\n```"), "{}", run.stdout);
    let run = folder.dwc(&["profile", "store", "--format", "json"]);
    let json: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(json["profiles"][0]["rows"], 60);
    let run = folder.dwc(&["profile", "stor"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("there is no source, table or model `stor`"), "{}", run.stderr);
    assert!(run.stderr.contains("did you mean `store`?"), "{}", run.stderr);
}
