//! An expression that fails on a row is told with its column, its line, the row's key and the values that it read; its
//! model and what needs it are held back, and everything else loads.

use dwc_tests::project::Project;

use super::{assert_run, number};

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
    primary_key: [order_id]
    columns: { order_id: INT64, store: STRING, pieces: STRING, paid: NUMERIC, card: { type: STRING, pii: true }, ordered_at: TIMESTAMP }
#- models/store.yml
dimension: store
description: Where is sold.
query: |
  SELECT DISTINCT store FROM {{ source('shop.orders') }}
natural_key: [store]
attributes: { label: { expr: "UPPER(store)", scd: 1 } }
#- models/sale.yml
fact: sale
kind: transaction
business_process: selling
grain: { description: one row per order, key: [order_id] }
query: |
  SELECT order_id, store, ordered_at,
    paid,
    QUANTITY AS quantity
  FROM {{ source('shop.orders') }}
  WHERE CONDITION
event_time: ordered_at
dimensions: { store: { on: store } }
measures:
  quantity: { type: INT64, additive: all, unit: piece }
  price:
    expr: PRICE
    type: NUMERIC
    additive: all
    currency: KRW
#- models/total.yml
fact: total
kind: aggregate
business_process: selling
grain: { description: one row per store }
from: sale
dimensions: { store: {} }
measures: { total: { expr: SUM(quantity), additive: all, unit: piece } }
#- data/orders/2026-03-01.csv
order_id,store,pieces,paid,card,ordered_at
ROWS7,b,x,70,1234-5678,2026-03-01 07:00:00
"#;

/// A shop of 40 orders beside order 7; an order's own columns have values that every expression here takes.
fn shop(quantity: &str, price: &str, condition: &str) -> Project {
    let row = |order: u32| format!("{order},a,{order},{order}0,0000,2026-03-01 01:00:00\n");
    let rows: String = (1..=41).filter(|order| *order != 7).map(row).collect();
    let text = SHOP.replace("QUANTITY", quantity).replace("PRICE", price).replace("CONDITION", condition);
    let text = text.replace("ROWS", &rows);
    let project = Project::new(&text);
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    project
}

fn members(project: &Project) -> i64 {
    number(project, "SELECT COUNT(*) FROM dw.store WHERE store_key >= 0")
}

#[test]
fn a_row_that_does_not_cast_is_told_with_its_column_line_key_and_value() {
    let project = shop("CAST(pieces AS INT64)", "paid / 2", "TRUE");
    let told =
        ["DW0928", "`quantity` of fact `sale`", "models/sale.yml:8:5", "`shop.orders` order_id=7, pieces=x", "waiting"];
    assert_run(&project.dwc(&["run"]), 1, &told);
    assert_eq!(members(&project), 2, "a model that does not need it loads");
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.sale"), 0);
    assert_run(&project.dwc(&["run"]), 1, &told);
    assert_run(&project.dwc(&["rebuild", "sale"]), 1, &told);
    project.write(
        "data/orders/2026-03-02.csv",
        "order_id,store,pieces,paid,card,ordered_at\n7,b,7,70,0,2026-03-01 07:00:00\n",
    );
    assert_run(&project.dwc(&["run"]), 0, &[]);
    assert_eq!(number(&project, "SELECT SUM(quantity) FROM dw.sale"), 41 * 42 / 2);
}

#[test]
fn every_kind_of_failure_is_found() {
    let kinds = [
        ("DIV(100, IF(store = 'b', 0, 1))", "store=b"),
        ("CAST(paid AS INT64) * IF(store = 'b', 9223372036854775807, 1)", "paid=70"),
        ("IF(REGEXP_CONTAINS('x', IF(pieces = 'x', '(', pieces)), 1, 0)", "pieces=x"),
        ("EXTRACT(YEAR FROM PARSE_DATE('%Y', IF(pieces = 'x', pieces, '2026')))", "pieces=x"),
        ("[1][OFFSET(IF(store = 'b', 3, 0))]", "store=b"),
        ("IF(store = 'b', ERROR('no such store'), 1)", "store=b"),
        ("EXTRACT(YEAR FROM DATE_ADD(DATE '9999-12-31', INTERVAL IF(store = 'b', 1, 0) DAY))", "store=b"),
    ];
    for (quantity, value) in kinds {
        let project = shop(quantity, "paid", "TRUE");
        assert_run(
            &project.dwc(&["run"]),
            1,
            &["DW0928", "`quantity` of fact `sale`", "sale.yml:8", "order_id=7", value],
        );
        assert_eq!(members(&project), 2, "{quantity}");
    }
}

#[test]
fn a_measure_and_a_condition_are_found_where_they_are_written() {
    let project = shop("1", "1000 / (paid - 70)", "TRUE");
    assert_run(&project.dwc(&["run"]), 1, &["DW0928", "`price` of fact `sale`", "sale.yml:15", "order_id=7, paid=70"]);
    let project = shop("1", "paid", "CAST(pieces AS INT64) > 0");
    assert_run(
        &project.dwc(&["run"]),
        1,
        &["DW0928", "a condition", "sale.yml:10:9", "no INT64", "order_id=7", "pieces=x"],
    );
}

#[test]
fn personal_data_is_not_shown() {
    let project = shop("CAST(card AS INT64)", "paid", "TRUE");
    let run = project.dwc(&["run"]);
    assert_run(&run, 1, &["DW0928", "order_id=7"]);
    assert!(!run.stderr.contains("card=") && !run.stderr.contains("1234"), "{}", run.stderr);
}
