//! `dwc check` over wrong input: each ends with exit code 1 and its code, however the file tries to break the reader.

use std::path::Path;
use std::time::{Duration, Instant};

use dwc_compiler::syntax::schemas;
use dwc_tests::project::{Project, Run, repository};

mod shown;
mod tolerances;

const STAR: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/warehouse.duckdb } }
#- models/shop.yml
source: shop
type: mysql
url: \"{{ env('SHOP_DB_URL') }}\"
tables:
  stores:
    primary_key: [store_id]
    cursor: updated_at
    columns: { store_id: INT64, store_name: STRING, updated_at: DATETIME }
#- models/store.yml
dimension: store
description: A store.
from: shop.stores
natural_key: [store_id]
effective_at: updated_at
attributes:
  store_name: { scd: 2 }
";

/// The star with one file replaced or added.
fn star_with(path: &str, text: &str) -> Project {
    let project = Project::new(STAR);
    project.write(path, text);
    project
}

fn fails_with(project: &Project, code: &str) -> Run {
    let run = project.dwc(&["check", "--format", "concise"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.is_empty(), "{run:?}");
    assert!(run.stderr.contains(&format!("error[{code}]")), "{run:?}");
    run
}

#[test]
fn a_sound_star_has_no_problem() {
    let run = Project::new(STAR).dwc(&["check"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    assert_eq!(run.stderr, "3 files checked, no problem found\n");
}

#[test]
fn a_folder_without_project_file() {
    let project = Project::new("");
    fails_with(&project, "DW0001");
    assert_eq!(project.dwc(&["check", "--project-dir", "absent"]).code, Some(1));
}

#[test]
fn a_file_that_is_no_yaml() {
    let run = fails_with(&star_with("models/a.yml", "fact: a\ngrain: { description: x\n"), "DW0106");
    assert!(run.stderr.starts_with("models/a.yml:"), "{run:?}");
}

#[test]
fn aliases_that_would_grow_to_gigabytes() {
    let mut bomb = format!("a0: &a0 \"{}\"\n", "x".repeat(1000));
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    for path in ["models/bomb.yml", "dwc.yml"] {
        let begun = Instant::now();
        fails_with(&star_with(path, &bomb), "DW0107");
        assert!(begun.elapsed() < Duration::from_secs(5), "{path}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_file_of_ten_megabytes() {
    for path in ["models/large.yml", "dwc.yml"] {
        fails_with(&star_with(path, &"# data\n".repeat(1_500_000)), "DW0002");
    }
}

#[test]
fn a_file_that_is_no_text() {
    let project = Project::new(STAR);
    std::fs::write(project.path().join("models/store.yml"), b"dimension: \xb0\xa1").expect("the file is written");
    fails_with(&project, "DW0005");
}

#[test]
fn a_key_that_does_not_exist() {
    let text = "dimension: store\nfrom: shop.stores\nnatural_kye: [store_id]\nattributes: { store_name: { scd: 1 } }\n";
    let run = fails_with(&star_with("models/store.yml", text), "DW0101");
    assert!(run.stderr.starts_with("models/store.yml:3:1: error[DW0101]"), "{run:?}");
    let drawn = star_with("models/store.yml", text).dwc(&["check"]);
    assert!(drawn.stderr.contains("did you mean `natural_key`?"), "{drawn:?}");
}

/// Who comes from another tool writes its words first.
#[test]
fn words_of_other_tools_are_met_with_those_of_this_one() {
    let project = star_with(
        "models/store.yml",
        "dimension: store\nunique_key: store_id\ntype: 2\nupdated_at: updated_at\n\
         sql: SELECT store_id, store_name, updated_at FROM {{ source('shop', 'stores') }}\n",
    );
    let run = project.dwc(&["check"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    for words in ["`natural_key: customer_id`", "`attributes: { city: { scd: 2 } }`", "`effective_at: updated_at`"] {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    project.write(
        "models/store.yml",
        "dimension: store\nnatural_key: store_id\nattributes: { store_name: { scd: 1 } }\n\
         query: SELECT store_id, store_name FROM {{ source('shop', 'stores') }}\n",
    );
    let run = fails_with(&project, "DW0112");
    assert!(run.stderr.contains("write it as one name, `source('shop.stores')`"), "{run:?}");
}

#[test]
fn a_key_twice() {
    let text = "dimension: store\nfrom: shop.stores\nfrom: shop.orders\n";
    let run = star_with("models/store.yml", text).dwc(&["check", "--format", "json"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""), "{run:?}");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("the report is JSON");
    let problems = report["diagnostics"].as_array().expect("problems");
    // The rest of the file is read all the same: it names no key either.
    let codes: Vec<_> = problems.iter().map(|problem| problem["code"].clone()).collect();
    assert_eq!(codes, ["DW0303", "DW0104"]);
    let problem = &problems[1];
    let lines: Vec<_> = (0..2).map(|place| problem["places"][place]["start"]["line"].clone()).collect();
    assert_eq!(lines, [3, 2]);
}

#[test]
fn a_value_that_would_steer_the_terminal() {
    let text = "dimension: \"a\\e]0;owned\\a\"\nunknown\u{9b}31m: x\n";
    for format in ["human", "concise"] {
        let run = star_with("models/store.yml", text).dwc(&["check", "--format", format]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(!run.stderr.contains(|c: char| c.is_control() && c != '\n'), "{run:?}");
    }
}

#[test]
fn a_code_is_explained_and_a_slip_is_met_with_the_nearest() {
    let project = Project::new("");
    let run = project.dwc(&["explain", "dw0101"]);
    assert!(run.code == Some(0) && run.stdout.starts_with("# DW0101 unknown-key\n"), "{run:?}");
    let run = project.dwc(&["explain", "DW01O1"]);
    assert!(run.code == Some(1) && run.stderr.contains("help: did you mean `DW0"), "{run:?}");
}

#[test]
fn a_wrong_argument_is_wrong_input_and_help_is_data() {
    let project = Project::new("");
    assert_eq!(project.dwc(&["chekc"]).code, Some(1));
    let help = project.dwc(&["--help"]);
    assert!(help.code == Some(0) && help.stdout.contains("check"), "{help:?}");
    assert!(project.dwc(&["completions", "bash"]).stdout.contains("_dwc"));
}

/// `dwc schema --write schemas` at the repository's root brings them up to date.
#[test]
fn the_schemas_in_the_repository_are_those_of_the_types() {
    let folder: &Path = &repository().join("schemas");
    for (name, schema) in schemas() {
        let kept = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(kept == format!("{schema:#}\n"), "schemas/{name} is out of date; run `dwc schema --write schemas`");
    }
}

#[test]
fn slips_of_the_hand_are_corrected_in_the_files() {
    let project = Project::new(STAR);
    let text = |path: &str| project.read(path);
    let (shop, store) = (text("models/shop.yml"), text("models/store.yml"));
    project.write("dwc.yml", &text("dwc.yml").replace("Seoul", "Soul"));
    project.write("models/shop.yml", &shop.replace("DATETIME", "DATETME").replace("primary_key", "primary_ky"));
    project
        .write("models/store.yml", &store.replace("[store_id]", "['stor_id']").replace("effective_at", "efective_at"));

    let run = project.dwc(&["check", "--format", "concise"]);
    for told in ["`Asia/Soul`", "`DATETME`", "`primary_ky`", "`efective_at`", "`stor_id`"] {
        assert!(run.stderr.contains(told), "{told}: {run:?}");
    }
    // What follows from another problem is not told.
    assert!(run.stderr.ends_with("5 errors found\n"), "{run:?}");

    let run = project.dwc(&["check", "--fix"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.stderr, "fixed 5 problems in 3 files\n3 files checked, no problem found\n");
    assert_eq!(text("models/shop.yml"), shop);
    assert_eq!(text("models/store.yml"), store.replace("[store_id]", "['store_id']"));

    project.write("models/store.yml", &store.replace("dimension: store", "dimension: store\nzzz: 1"));
    let run = project.dwc(&["check", "--fix"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.starts_with("fixed 0 problems in 0 files\n"), "{run:?}");
}

#[test]
fn a_text_that_ends_at_its_comma_is_put_in_quotes() {
    let line = "  city: { expr: COALESCE(store_name, IF(store_id > 1, store_name, NULL)), scd: 2 }\n";
    let written = "  city: { expr: \"COALESCE(store_name, IF(store_id > 1, store_name, NULL))\", scd: 2 }\n";
    let store = "dimension: store\ndescription: A store.\nfrom: shop.stores\nnatural_key: [store_id]\n\
                 effective_at: updated_at\nattributes:\n";
    let project = star_with("models/store.yml", &format!("{store}{line}"));
    let run = project.dwc(&["check", "--format", "concise"]);
    assert!(run.stderr.ends_with("1 error found\n"), "one comma is one problem: {run:?}");
    assert!(run.stderr.contains("a comma ends the text of `expr`, which has no quotes"), "{run:?}");
    let run = project.dwc(&["check", "--fix"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(project.read("models/store.yml"), format!("{store}{written}"));

    let quoted = format!("{store}  city: {{ expr: COALESCE(store_name, IF(store_id > 1, 'a', 'b')), scd: 2 }}\n");
    project.write("models/store.yml", &quoted);
    let run = project.dwc(&["check", "--format", "concise"]);
    assert!(run.stderr.ends_with("1 error found\n"), "where it ends is not known: {run:?}");
    project.dwc(&["check", "--fix"]);
    assert_eq!(project.read("models/store.yml"), quoted);
}

#[test]
fn a_former_name_is_one_that_nothing_has() {
    let told = |path: &str, text: &str| fails_with(&star_with(path, text), "DW0202").stderr;
    let store = Project::new(STAR).read("models/store.yml");
    let renamed = store.replace("dimension: store", "dimension: store\nwas: store");
    assert!(told("models/store.yml", &renamed).contains("`was` names model `store`, which is still there"));
    let other = "dimension: place\ndescription: A place.\nfrom: shop.stores\nnatural_key: store_id\nscd: 1\n\
                 attributes: { store_name: {}, name: { expr: store_name, was: store_name } }\n";
    let told_of = told("models/place.yml", &other.replace("dimension: place", "dimension: place\nwas: Store"));
    assert!(told_of.contains("`was` names model `store`"), "{told_of}");
    assert!(told_of.contains("`was` names attribute `store_name`"), "{told_of}");
    let twice = other.replace("{ store_name: {}, ", "{ label: { expr: store_name, was: store_name }, ");
    assert!(told("models/place.yml", &twice).contains("two of them were attribute `store_name`"));
    let case = store.replace("dimension: store", "dimension: store\nwas: Store");
    let run = star_with("models/store.yml", &case).dwc(&["check"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn json_says_what_to_write() {
    let project = star_with("models/store.yml", "dimension: store\nfrom: shop.stores\nnatural_key: [stor_id]\n");
    let run = project.dwc(&["check", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let fixes: Vec<_> = found["diagnostics"].as_array().expect("a list").iter().map(|one| one["fix"].clone()).collect();
    let near = fixes.iter().find(|fix| fix["text"] == "store_id").expect("a fix");
    assert_eq!((&near["start"]["line"], &near["complete"]), (&3.into(), &true.into()), "{near}");
    assert_eq!((&near["start"]["offset"], &near["end"]["offset"]), (&49.into(), &56.into()), "{near}");
}
