//! What `dwc verify` writes for build servers and reviews: everything that was looked at, byte by byte.

use std::io::Write as _;
use std::process::{Command, Stdio};

use dwc_tests::project::{Project, Run};

const SHOP: &str = r#"#- dwc.yml
name: shop
timezone: UTC
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: data/orders/{batch}.csv
    primary_key: [code]
    cursor: sold_at
    columns: { code: STRING, sold_at: TIMESTAMP, amount: NUMERIC }
    checks:
      - not_null: sold_at
#- models/day.yml
dimension: day
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/sale.yml
fact: sale
business_process: selling
grain: { description: one row per order, key: [code] }
from: shop.orders
event_time: sold_at
dimensions:
  sale_date: { dimension: day, on: sold_at }
measures:
  amount: { additive: all, unit: won, within: 0.05 }
checks:
  - { name: small, range: { column: amount, max: 5 } }
  - { name: dear, range: { column: amount, min: 5 }, severity: warn }
#- data/orders/2026-03-02T00.csv
code,sold_at,amount
"a<&""|]]>",2026-03-01 01:00:00,10
b,2026-03-01 02:00:00,2.5
"#;

/// A loaded shop in which hands have changed one row by more than is tolerated, and one by less.
fn shop() -> Project {
    let project = Project::new(SHOP);
    for arguments in [&["apply", "--auto-approve"][..], &["run"]] {
        let run = project.dwc(arguments);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    let warehouse = dwc_runner::DuckDbWarehouse::open(&project.path().join("warehouse.duckdb").to_string_lossy());
    let warehouse = warehouse.expect("the warehouse");
    warehouse.execute("UPDATE dw.sale SET amount = amount + 3 WHERE code = 'b'").expect("a hand");
    warehouse.execute("UPDATE dw.sale SET amount = amount - 0.05 WHERE code <> 'b'").expect("a hand");
    project
}

fn verify(project: &Project, arguments: &[&str]) -> Run {
    let all: Vec<&str> =
        ["verify", "--junit", "verify.xml", "--markdown", "verify.md"].iter().chain(arguments).copied().collect();
    project.dwc(&all)
}

/// The names, outcomes and texts of an XML file's test cases, as a parser of its own reads them.
fn parsed(xml: &str) -> String {
    let read = "import sys, xml.etree.ElementTree as tree\n\
                for case in tree.parse(sys.stdin.buffer).iter('testcase'):\n  \
                  inner = ' '.join(f\"{one.tag} {one.get('message') or one.text}\" for one in case)\n  \
                  print(case.get('classname'), '|', case.get('name'), '|', inner)";
    let mut python = Command::new("python3")
        .args(["-c", read])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    python.stdin.take().expect("a pipe").write_all(xml.as_bytes()).expect("the file is sent");
    let output = python.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "{xml}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn everything_that_was_looked_at_is_a_test_case() {
    let project = shop();
    assert_eq!(verify(&project, &[]).code, Some(1));
    let place = "file=\"models/sale.yml\" line";
    let help = "help: run `dwc verify --repair`, and look for what has changed the table besides dwc";
    assert_eq!(
        project.read("verify.xml"),
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="7" failures="2">
<testsuite name="dwc verify" tests="7" failures="2">
<testcase name="check: not_null_sold_at" classname="shop.orders" file="models/shop.yml" line="10"/>
<testcase name="rule: one row per grain key" classname="sale" {place}="3"/>
<testcase name="rule: role `sale_date` points to members" classname="sale" {place}="7"/>
<testcase name="rule: role `sale_date` has a day for each row" classname="sale" {place}="7"/>
<testcase name="landing: the rows match what is landed" classname="sale" {place}="1">
<failure message="DW0967 fact `sale` has rows with other values than its query gives">DW0967 fact `sale` has rows with other values than its query gives
  code=b: amount is 5.500000000, not 2.500000000
{help}</failure>
<system-out>1 row within the tolerance</system-out>
</testcase>
<testcase name="check: small" classname="sale" {place}="11">
<failure message="DW0980 fact `sale` fails check `small`: 2 of 2 rows">DW0980 fact `sale` fails check `small`: 2 of 2 rows
  code=a&lt;&amp;&quot;|]]&gt;
  code=b
help: correct the rows where they come from, or the check</failure>
</testcase>
<testcase name="check: dear" classname="sale" {place}="12"/>
</testsuite>
</testsuites>
"#
        )
    );
    let read = parsed(&project.read("verify.xml"));
    assert_eq!(read.lines().filter(|line| line.contains(" | ")).count(), 7, "{read}");
    assert!(read.contains("sale | check: dear | \n"), "{read}");
    assert!(
        read.contains("sale | check: small | failure DW0980 fact `sale` fails check `small`: 2 of 2 rows"),
        "{read}"
    );
}

#[test]
fn a_review_has_what_was_found_on_top_and_everything_folded() {
    let project = shop();
    assert_eq!(verify(&project, &["--select", "sale"]).code, Some(1));
    assert_eq!(
        project.read("verify.md"),
        r#"### dwc verify: shop on dev

**5** passed, **2** failed.

| | table | looked at | found |
|---|---|---|---|
| ✗ | `sale` | landing\: the rows match what is landed | DW0967 fact `sale` has rows with other values than its query gives\: code=b\: amount is 5.500000000, not 2.500000000<br>1 row within the tolerance |
| ✗ | `sale` | check\: small | DW0980 fact `sale` fails check `small`\: 2 of 2 rows\: code=a&lt;&amp;"\|\]\]&gt;; code=b |

<details><summary>Everything that was looked at</summary>

| | table | looked at | rows |
|---|---|---|---|
| ✓ | `shop.orders` | check\: not\_null\_sold\_at | 2 |
| ✓ | `sale` | rule\: one row per grain key |  |
| ✓ | `sale` | rule\: role `sale_date` points to members |  |
| ✓ | `sale` | rule\: role `sale_date` has a day for each row |  |
| ✗ | `sale` | landing\: the rows match what is landed | 2 |
| ✗ | `sale` | check\: small | 2 |
| ✓ | `sale` | check\: dear | 2 |

</details>
"#
    );
}

#[test]
fn programs_read_what_was_looked_at_by_table() {
    let project = shop();
    let run = verify(&project, &["--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!((&report["errors"], &report["warnings"]), (&2.into(), &0.into()));
    let tables = report["tables"].as_array().expect("tables");
    let names: Vec<_> = tables.iter().map(|table| (&table["table"], &table["kind"])).collect();
    assert_eq!(names, [(&"shop.orders".into(), &"source_table".into()), (&"sale".into(), &"fact".into())]);
    let landing = &tables[1]["looked_at"][3];
    assert_eq!(
        *landing,
        serde_json::json!({
            "kind": "landing",
            "name": "the rows match what is landed",
            "status": "failed",
            "rows": 2,
            "tolerated": 1,
            "findings": [{
                "code": "DW0967",
                "severity": "error",
                "message": "fact `sale` has rows with other values than its query gives",
                "keys": ["code=b: amount is 5.500000000, not 2.500000000"],
                "repaired": false,
            }],
        })
    );
}

#[test]
fn a_repair_and_a_warning_are_told_and_pass() {
    let project = shop();
    let run = verify(&project, &["--repair", "--fail-on", "warn"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let read = parsed(&project.read("verify.xml"));
    assert!(read.contains("sale | landing: the rows match what is landed | system-out repaired: DW0967"), "{read}");
    // Since the repair, one row is dear enough no longer.
    assert!(read.contains("sale | check: dear | failure DW0980 fact `sale` fails check `dear`: 1 of 2 rows"), "{read}");
    assert!(project.read("verify.md").contains(r"repaired\: DW0967"), "{}", project.read("verify.md"));
    // A warning fails only where it is to.
    assert_eq!(verify(&project, &[]).code, Some(1));
    let read = parsed(&project.read("verify.xml"));
    assert!(read.contains("sale | check: dear | system-out warning: DW0980"), "{read}");
}

#[test]
fn what_waits_for_a_run_is_left_out() {
    let project = shop();
    project.write("data/orders/2026-03-03T00.csv", "code,sold_at,amount\nc,2026-03-02 01:00:00,1\n");
    assert_eq!(project.dwc(&["run", "--land", "shop"]).code, Some(0));
    verify(&project, &[]);
    let read = parsed(&project.read("verify.xml"));
    assert!(read.contains("| landing: the rows match what is landed | skipped `dwc run` has yet to load"), "{read}");
    assert!(project.read("verify.xml").starts_with(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"7\" failures=\"1\" skipped=\"1\">"
    ));
}
