//! The command: which tests it runs, what it writes, and with which code it ends.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use dwc_tests::project::dwc_binary;

use super::shop;

const TWO: &str = "# Kept.
tests:
  a move: # Kept, too.
    given:
      - shop.customers: [{ customer_id: 1, city: Seoul, updated_at: 2026-01-01 }]
      - shop.customers: [{ customer_id: 1, city: Busan, updated_at: 2026-01-20 }]
    expect:
      customer: # And this.
        - { city: Seoul, valid_to: 2026-01-21 }
  a sale:
    given: [{ shop.sales: [{ sale_id: 1, sold_at: 2026-01-05, amount: 100 }] }]
    expect: { sale: [{ amount: 100 }] }
";

#[test]
fn tests_are_chosen_by_name_and_by_model() {
    let project = shop(TWO);
    let named = project.dwc(&["test", "sale"]);
    assert_eq!(named.code, Some(0), "{}{}", named.stdout, named.stderr);
    assert!(named.stdout.contains("a sale") && !named.stdout.contains("a move"), "{}", named.stdout);
    let selected = project.dwc(&["test", "--select", "customer"]);
    assert_eq!(selected.code, Some(1));
    assert!(selected.stdout.contains("a move") && !selected.stdout.contains("a sale"), "{}", selected.stdout);
    let above = project.dwc(&["test", "--select", "customer+"]);
    assert!(above.stdout.contains("1 passed, 1 failed"), "{}", above.stdout);
    for wrong in [&["test", "mvoe"][..], &["test", "--select", "custmer"]] {
        let run = project.dwc(wrong);
        assert_eq!(run.code, Some(1));
        assert!(run.stderr.contains("DW0201"), "{}", run.stderr);
    }
}

#[test]
fn results_are_written_for_programs() {
    let project = shop(TWO);
    let run = project.dwc(&["test", "--format", "json", "--junit", "results.xml"]);
    assert_eq!(run.code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &1.into()));
    let rows = &json["tests"][0]["failures"][0];
    assert_eq!((&rows["kind"], &rows["of"], &rows["line"]), (&"rows".into(), &"customer".into(), &8.into()));
    assert_eq!(
        rows["rows"][0],
        serde_json::json!({ "row": "missing", "values": { "city": "Seoul", "valid_to": "2026-01-21" } })
    );
    assert_eq!(
        rows["rows"][1],
        serde_json::json!({ "row": "extra", "values": { "city": "Seoul", "valid_to": "2026-01-20" } })
    );
    let xml = project.read("results.xml");
    assert!(xml.contains("<testsuites tests=\"2\" failures=\"1\""), "{xml}");
    assert!(xml.contains(
        "<testcase name=\"a sale\" classname=\"models/tests/shop\" file=\"models/tests/shop.yml\" line=\"10\""
    ));
    assert!(
        xml.contains("<failure message=\"customer differs (models/tests/shop.yml:8): 1 row expected, 2 found\">"),
        "{xml}"
    );
}

#[test]
fn what_came_out_is_written_into_the_file() {
    let project = shop(TWO);
    let run = project.dwc(&["test", "--update"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("updated 1 expectation"), "{}", run.stderr);
    let wanted = TWO.replace(
        "        - { city: Seoul, valid_to: 2026-01-21 }\n",
        "        - { city: Seoul, valid_to: 2026-01-20 }\n        - { city: Busan, valid_to: 9999-12-31 }\n",
    );
    assert_eq!(project.read("models/tests/shop.yml"), wanted);
    let again = project.dwc(&["test", "--update"]);
    assert_eq!(again.code, Some(0), "{}", again.stdout);
    assert_eq!(project.read("models/tests/shop.yml"), wanted);
}

#[test]
fn the_same_tests_have_the_same_results() {
    let project = shop(TWO);
    let results = || {
        let text = project.dwc(&["test", "--format", "json"]).stdout;
        text.lines().filter(|line| !line.contains("\"milliseconds\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(results(), results());
}

#[test]
fn a_project_without_tests_says_where_they_go() {
    let project = dwc_tests::project::Project::new(super::SHOP);
    let run = project.dwc(&["test"]);
    assert_eq!(run.code, Some(0));
    assert!(run.stderr.contains("there are no tests"), "{}", run.stderr);
    let other = shop(TWO).dwc(&["test", "--select", "product"]);
    assert_eq!(other.code, Some(0));
    assert!(other.stderr.contains("no test expects anything of the selected models"), "{}", other.stderr);
}

#[test]
fn what_no_test_expects_is_listed() {
    let run = shop(TWO).dwc(&["test", "--coverage"]);
    let text = run.stdout.split_once("expected by tests:").expect("the coverage").1;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(
        lines,
        [
            "models     2 of 5; not account, date, product",
            "attributes 1 of 5; not account.plan, customer.name, product.label, product.price",
            "policies   1 of 5; not account.plan, customer.name, product.label, product.price",
            "measures   1 of 1",
        ]
    );
}

#[test]
fn tests_leave_nothing_behind_and_are_no_part_of_the_warehouse() {
    let project = shop(TWO);
    project.dwc(&["test"]);
    assert!(!project.path().join("target").exists());
    let plain = dwc_tests::project::Project::new(super::SHOP);
    plain.dwc(&["compile", "--target", "prod", "--out", "sql"]);
    project.dwc(&["compile", "--target", "prod", "--out", "sql"]);
    let texts = |project: &dwc_tests::project::Project| {
        let folder = project.path().join("sql");
        let mut names: Vec<_> =
            std::fs::read_dir(&folder).expect("SQL").map(|entry| entry.expect("a file").path()).collect();
        names.sort();
        names.iter().map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&project), texts(&plain));
}

#[test]
fn a_file_of_tests_is_laid_out() {
    let project = shop(&TWO.replace("amount: 100 }] }\n", "amount:   null }] }\n"));
    let run = project.dwc(&["fmt"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(project.read("models/tests/shop.yml").contains("expect: { sale: [{ amount: null }] }\n"));
    project.write("models/facts/sale.yml", "fact: null\n");
    assert_eq!(project.dwc(&["fmt"]).code, Some(1));
}

#[test]
fn a_change_of_a_file_runs_the_tests_again() {
    let project = shop(TWO);
    let mut command = Command::new(dwc_binary());
    command.args(["test", "--watch"]).current_dir(project.path()).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("dwc starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut ended = || lines.find_map(|line| line.ok().filter(|line| line.contains(" failed in "))).expect("a result");
    assert!(ended().starts_with("1 passed, 1 failed"));
    project
        .write("models/tests/shop.yml", &TWO.replace("valid_to: 2026-01-21 }", "valid_to: 2026-01-20 }\n        - {}"));
    assert!(ended().starts_with("2 passed, 0 failed"));
    child.kill().expect("dwc ends");
    child.wait().expect("dwc has ended");
}
