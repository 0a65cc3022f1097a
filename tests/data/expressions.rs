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
    made(SHOP, quantity, price, condition)
}

fn made(text: &str, quantity: &str, price: &str, condition: &str) -> Project {
    let row = |order: u32| format!("{order},a,{order},{order}0,0000,2026-03-01 01:00:00\n");
    let rows: String = (1..=41).filter(|order| *order != 7).map(row).collect();
    let text = text.replace("QUANTITY", quantity).replace("PRICE", price).replace("CONDITION", condition);
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
    assert_run(&project.dwc(&["rebuild", "sale"]), 1, &told[..4]);
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
    assert_run(
        &project.dwc(&["run"]),
        1,
        &["DW0928", "`price` of fact `sale`", "sale.yml:16:11", "order_id=7", "paid=70"],
    );
    let project = shop("1", "paid", "CAST(pieces AS INT64) > 0");
    assert_run(
        &project.dwc(&["run"]),
        1,
        &["DW0928", "a condition", "sale.yml:10:9", "is not an INT64", "order_id=7", "pieces=x"],
    );
}

#[test]
fn a_number_beyond_its_column_is_told_with_the_column() {
    let text = SHOP.replace("type: NUMERIC\n", "type: NUMERIC(5, 2)\n");
    assert_ne!(text, SHOP);
    let project = made(&text, "1", "IF(store = 'b', paid * 1000, 1)", "TRUE");
    assert_run(
        &project.dwc(&["run"]),
        1,
        &["DW0928", "`price` of fact `sale`", "sale.yml:16:11", "order_id=7", "paid=70"],
    );
    assert_eq!(members(&project), 2, "a model that does not need it loads");
}

#[test]
fn several_conditions_are_told_apart() {
    let project = shop("1", "paid", "paid > -1 AND 1000 / (paid - 70) != 0 AND CAST(order_id AS STRING) != ''");
    assert_run(&project.dwc(&["run"]), 1, &["DW0928", "a condition", "sale.yml:10:23", "order_id=7", "paid=70"]);
    let project = shop("1", "paid", "paid > -1 AND (store != 'b' OR CAST(pieces AS INT64) > 0)");
    assert_run(&project.dwc(&["run"]), 1, &["DW0928", "sale.yml:10:24", "is not an INT64", "order_id=7", "pieces=x"]);
}

#[test]
fn personal_data_is_not_shown() {
    let project = shop("CAST(card AS INT64)", "paid", "TRUE");
    let run = project.dwc(&["run"]);
    assert_run(&run, 1, &["DW0928", "order_id=7"]);
    assert!(!run.stderr.contains("card=") && !run.stderr.contains("1234"), "{}", run.stderr);
}

/// A query over orders and rates: order 3 has a code that does not cast, order 4 a rate of zero.
fn coded(query: &str, attribute: &str) -> Project {
    let project = Project::new(&format!(
        r#"#- dwc.yml
name: shop
timezone: UTC
targets: {{ dev: {{ type: duckdb, path: warehouse.duckdb }} }}
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: data/orders/{{batch}}.csv
    primary_key: [order_id]
    cursor: noted_at
    columns: {{ order_id: INT64, code: STRING, noted_at: TIMESTAMP }}
  rates:
    path: data/rates/{{batch}}.csv
    primary_key: [code]
    columns: {{ code: STRING, rate: INT64 }}
#- models/code.yml
dimension: code
description: A code.
query: |
  {query}
natural_key: [n]
{attribute}
#- data/orders/2026-03-01.csv
order_id,code,noted_at
1,1,2026-03-01 00:00:00
3,x,2026-03-01 00:00:00
4,4,2026-03-01 00:00:00
#- data/rates/2026-03-01.csv
code,rate
1,5
x,7
4,0
"#
    ));
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    project
}

#[test]
fn no_shape_of_a_query_hides_the_row() {
    let orders = "{{ source('shop.orders') }}";
    let label = "attributes: { label: { expr: \"CAST(n AS STRING)\", scd: 1 } }";
    let shapes = [
        (format!("SELECT DISTINCT CAST(code AS INT64) AS n FROM {orders}"), "code.yml:4:19"),
        (format!("SELECT CAST(code AS INT64) AS n, COUNT(*) AS c FROM {orders} GROUP BY n"), "code.yml:4:10"),
        (format!("WITH c AS (SELECT CAST(code AS INT64) AS m FROM {orders}) SELECT m AS n FROM c"), "code.yml:4:21"),
        (
            format!("SELECT order_id AS n FROM {orders} UNION DISTINCT SELECT CAST(code AS INT64) FROM {orders}"),
            "code.yml:4:3",
        ),
        (format!("FROM {orders} |> SELECT CAST(code AS INT64) AS n"), "code.yml:4:46"),
    ];
    for (query, place) in shapes {
        let run = coded(&query, label).dwc(&["run"]);
        assert_run(&run, 1, &["DW0928", "`n` of dimension `code`", place, "order_id=3, code=x"]);
    }
    let rates = "{{ source('shop.rates') }}";
    let query = format!(
        "SELECT o.order_id AS n, DIV(o.order_id, r.rate) AS q FROM {orders} AS o JOIN {rates} AS r ON r.code = o.code"
    );
    let run = coded(&query, "attributes: { q: { scd: 1 } }").dwc(&["run"]);
    assert_run(&run, 1, &["DW0928", "`q` of dimension `code`", "order_id=4;", "code=4, rate=0"]);
}

#[test]
fn conditions_of_groups_and_windows_are_told_from_columns() {
    let orders = "{{ source('shop.orders') }}";
    let label = "attributes: { s: { scd: 1 } }";
    let shapes = [
        // The condition fails on one row, and no column does.
        (
            format!(
                "SELECT order_id AS n, SUM(order_id) AS s FROM {orders} GROUP BY n HAVING SUM(CAST(code AS INT64)) > 0"
            ),
            "a condition",
            "code.yml:4:95",
            "order_id=3, code=x",
        ),
        (
            format!(
                "SELECT order_id AS n, code AS s FROM {orders} WHERE TRUE \
                 QUALIFY order_id > 0 AND ROW_NUMBER() OVER (ORDER BY CAST(code AS INT64)) > 0"
            ),
            "a condition",
            "code.yml:4:104",
            "order_id=3, code=x",
        ),
        // An aggregate's argument fails on one row.
        (
            format!("SELECT order_id AS n, SUM(CAST(code AS INT64)) AS s FROM {orders} GROUP BY n HAVING COUNT(*) > 0"),
            "`s` of dimension `code`",
            "code.yml:4:25",
            "order_id=3, code=x",
        ),
    ];
    for (query, what, place, row) in shapes {
        let run = coded(&query, label).dwc(&["run"]);
        assert_run(&run, 1, &["DW0928", what, place, row]);
    }
}

#[test]
fn rows_that_fail_only_together_are_not_named() {
    let orders = "{{ source('shop.orders') }}";
    let label = "attributes: { s: { scd: 1 } }";
    let shapes = [
        (format!("SELECT 1 AS n, DIV(1, SUM(order_id) - 8) AS s FROM {orders}"), "`s` of dimension `code`"),
        (format!("SELECT 1 AS n, COUNT(*) AS s FROM {orders} HAVING 1 / (SUM(order_id) - 8) > 0"), "a condition"),
        (format!("SELECT n, DIV(1, c - 3) AS s FROM (SELECT 1 AS n, COUNT(*) AS c FROM {orders})"), "`s` of dimension"),
    ];
    for (query, what) in shapes {
        let run = coded(&query, label).dwc(&["run"]);
        assert_run(&run, 1, &["DW0928", what, "code.yml:4"]);
        assert!(!run.stderr.contains("order_id="), "{query}: {}", run.stderr);
    }
}

#[test]
fn verify_names_an_expression_that_fails_and_checks_the_other_models() {
    let query = "SELECT order_id AS n, code FROM {{ source('shop.orders') }}";
    let project = coded(query, "attributes: { m: { expr: \"CAST(code AS INT64)\", scd: 1 } }");
    assert_run(&project.dwc(&["run"]), 1, &["DW0928", "`m` of dimension `code`"]);
    assert_run(
        &project.dwc(&["verify"]),
        1,
        &["DW0928", "`m` of dimension `code`", "code.yml:6", "order_id=3, code=x"],
    );
}

#[test]
fn a_state_that_has_passed_is_found_where_history_is_made_of_it() {
    let query = "SELECT order_id AS n, CAST(code AS INT64) AS code, noted_at FROM {{ source('shop.orders') }}";
    let project = coded(query, "effective_at: noted_at\nattributes: { code: { scd: 2 } }");
    project.write("data/orders/2026-03-02.csv", "order_id,code,noted_at\n3,3,2026-03-02 00:00:00\n");
    let run = project.dwc(&["run"]);
    assert_run(&run, 1, &["DW0928", "`code` of dimension `code`", "order_id=3"]);
    assert!(!run.stderr.contains("code=3"), "{}", run.stderr);
}
