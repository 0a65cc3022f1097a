//! Comparisons that see less than every difference: what is tolerated, and what is older than asked for.

use dwc_tests::project::{Project, Run};

const SHOP: &str = r#"#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: data/orders/{batch}.csv
    primary_key: [order_id]
    columns: { order_id: INT64, store: STRING, sold_at: DATETIME, amount: NUMERIC, ratio: FLOAT64, points: INT64 }
#- models/store.yml
dimension: store
query: SELECT DISTINCT store FROM {{ source('shop.orders') }}
natural_key: [store]
attributes:
  label: { scd: 1, expr: UPPER(store) }
#- models/sale.yml
fact: sale
business_process: selling
grain: { description: one row per order, key: [order_id] }
from: shop.orders
event_time: sold_at
partition_by: sold_at
dimensions:
  store: { on: store }
measures:
  amount: { additive: all, currency: KRW, within: 0.05 }
  ratio: { additive: none, unit: share, within: 0.001 }
  points: { additive: all, unit: point, within: 10 }
#- data/orders/2026-03-02T00.csv
order_id,store,sold_at,amount,ratio,points
1,a,2026-03-01 01:00:00,10,0.1,9223372036854775807
2,a,2026-03-01 09:00:00,20,0.2,-9223372036854775807
3,b,2026-03-02 10:00:00,30,0.3,3
4,b,2026-03-03 11:00:00,40,,4
5,b,,50,0.5,5
"#;

fn shop() -> Project {
    let project = Project::new(SHOP);
    for arguments in [&["apply", "--auto-approve"][..], &["run"]] {
        let run = project.dwc(arguments);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    project
}

fn execute(project: &Project, sql: &str) {
    let path = project.path().join("warehouse.duckdb");
    let warehouse = dwc_runner::DuckDbWarehouse::open(&path.to_string_lossy()).expect("the warehouse");
    warehouse.execute(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
}

/// Rows of a query, by the engine alone.
fn rows(project: &Project, sql: &str) -> Vec<Vec<Option<String>>> {
    let path = project.path().join("warehouse.duckdb");
    dwc_runner::DuckDbWarehouse::open(&path.to_string_lossy()).expect("the warehouse").rows(sql).expect("rows")
}

/// What was found, by code and key, and how many rows were compared and tolerated of the fact.
fn found(run: &Run) -> (Vec<String>, i64, i64) {
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let tables = report["tables"].as_array().expect("tables");
    let looked = tables.iter().flat_map(|table| table["looked_at"].as_array().expect("what was looked at"));
    let mut all = Vec::new();
    let (mut compared, mut tolerated) = (0, 0);
    for one in looked {
        for finding in one["findings"].as_array().expect("findings") {
            for key in finding["keys"].as_array().expect("keys") {
                all.push(format!("{} {}", finding["code"].as_str().expect("a code"), key.as_str().expect("a key")));
            }
        }
        compared += if one["kind"] == "landing" { one["rows"].as_i64().unwrap_or(0) } else { 0 };
        tolerated += one["tolerated"].as_i64().unwrap_or(0);
    }
    (all, compared, tolerated)
}

#[test]
fn a_difference_within_the_tolerance_is_counted_and_left_alone() {
    let project = shop();
    let verify = |more: &[&str]| {
        let all: Vec<&str> = ["verify", "--format", "json"].iter().chain(more).copied().collect();
        project.dwc(&all)
    };
    assert_eq!(found(&verify(&[])), (vec![], 5, 0));
    // At the edge, within it, beyond it, and where a difference overflows or is none.
    execute(
        &project,
        "UPDATE dw.sale SET amount = 10.05, points = 9223372036854775797 WHERE order_id = 1;
         UPDATE dw.sale SET ratio = 0.2009 WHERE order_id = 2;
         UPDATE dw.sale SET amount = 30.050000001 WHERE order_id = 3;
         UPDATE dw.sale SET ratio = 0 WHERE order_id = 4;",
    );
    let differs =
        ["DW0967 order_id=3: amount is 30.050000001, not 30.000000000", "DW0967 order_id=4: ratio is 0.0, not NULL"];
    let run = verify(&[]);
    assert_eq!((run.code, found(&run)), (Some(1), (differs.map(str::to_owned).to_vec(), 5, 2)));
    let told = project.dwc(&["verify"]).stderr;
    assert!(told.contains("compared `sale` with what is landed: 5 rows compared, 2 within the tolerance\n"), "{told}");
    // A repair writes what is beyond alone.
    let before = rows(&project, "SELECT * FROM dw.sale WHERE order_id IN (1, 2, 5) ORDER BY order_id");
    let repaired = project.dwc(&["verify", "--repair"]);
    assert!(
        repaired.stderr.contains("repaired `sale`: 0 rows inserted, 2 rows updated, 0 rows deleted"),
        "{}",
        repaired.stderr
    );
    assert_eq!(rows(&project, "SELECT * FROM dw.sale WHERE order_id IN (1, 2, 5) ORDER BY order_id"), before);
    let raw = "SELECT order_id FROM dw.sale AS s JOIN read_csv('data/orders/*.csv') AS r USING (order_id)
               WHERE s.amount IS DISTINCT FROM r.amount OR s.ratio IS DISTINCT FROM r.ratio OR s.points IS DISTINCT FROM r.points";
    let raw = raw.replace("data/", &format!("{}/data/", project.path().display()));
    let mut differ = rows(&project, &raw);
    differ.sort();
    assert_eq!(differ, [[Some("1".to_owned())], [Some("2".to_owned())]]);
    let after = verify(&[]);
    assert_eq!((after.code, found(&after)), (Some(0), (vec![], 5, 2)));
    // What no subtraction holds is no small difference.
    execute(&project, "UPDATE dw.sale SET points = -9223372036854775807 WHERE order_id = 1");
    let (keys, ..) = found(&verify(&[]));
    assert!(keys.len() == 1 && keys[0].contains("points is -9223372036854775807, not 9223372036854775807"), "{keys:?}");
}

#[test]
fn rows_from_before_a_time_are_not_compared() {
    let project = shop();
    // Seoul is nine hours ahead: the second order is of midnight UTC.
    execute(
        &project,
        "UPDATE dw.sale SET amount = 11 WHERE order_id = 1;
         UPDATE dw.sale SET amount = 21 WHERE order_id = 2;
         DELETE FROM dw.sale WHERE order_id = 3;
         INSERT INTO dw.sale SELECT * REPLACE (6 AS order_id) FROM dw.sale WHERE order_id = 4;
         INSERT INTO dw.sale SELECT * REPLACE (7 AS order_id) FROM dw.sale WHERE order_id = 1;",
    );
    let verify = |since: &str| {
        let run = project.dwc(&["verify", "--format", "json", "--since", since]);
        (found(&run), run.stderr)
    };
    let ((keys, compared, _), told) = verify("2026-03-01");
    let of = |keys: &[String]| -> Vec<String> {
        keys.iter().map(|key| key.split([':', ' ']).take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(of(&keys), ["DW0965 order_id=3", "DW0966 order_id=6", "DW0967 order_id=2"]);
    assert_eq!(compared, 3, "rows since then: {told}");
    assert!(
        told.contains("compared `sale` with what is landed since 2026-03-01 00:00:00 UTC: 3 rows compared\n"),
        "{told}"
    );
    assert!(told.contains("compared whole, because they have no event time: store\n"), "{told}");
    let ((keys, compared, _), _) = verify("2026-03-01T00:00:01");
    assert_eq!((of(&keys).len(), compared), (2, 2));
    let ((keys, compared, _), _) = verify("1d");
    assert_eq!((keys, compared), (vec![], 0));
    // Without a time, every row is compared.
    let (keys, compared, _) = found(&project.dwc(&["verify", "--format", "json"]));
    assert_eq!((of(&keys).len(), compared), (5, 5));
    let wrong = project.dwc(&["verify", "--since", "soon"]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("`soon` is neither a time nor an age"), "{}", wrong.stderr);
}
