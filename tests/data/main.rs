//! Data that offends a declaration: each is a coded diagnostic, the rest loads, and nothing is lost.

mod collation;
mod errors;
mod expressions;
mod keys;
mod time;

use dwc_tests::project::{Project, Run};

const SHOP: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: data/orders/{batch}.csv
    primary_key: [order_id, line_no]
    columns: { order_id: INT64, line_no: INT64, store: STRING, ordered_at: TIMESTAMP, amount: NUMERIC }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/sale.yml
fact: sale
business_process: ordering
grain:
  description: one row per order
  key: order_id
from: shop.orders
event_time: ordered_at
dimensions: { order_date: { dimension: date, on: ordered_at } }
measures: { amount: { additive: all, currency: KRW } }
#- models/monthly.yml
fact: daily
kind: aggregate
business_process: ordering
grain: { description: one row per day }
from: sale
dimensions: { order_date: {} }
measures: { total: { expr: SUM(amount), additive: all, currency: KRW } }
#- models/line.yml
fact: line
business_process: ordering
grain: { description: one row per order line, key: [order_id, line_no] }
from: shop.orders
event_time: ordered_at
dimensions: { order_date: { dimension: date, on: ordered_at } }
measures: { amount: { additive: all, currency: KRW } }
#- data/orders/2026-03-01.csv
order_id,line_no,store,ordered_at,amount
1,1,하나,2026-03-01 01:00:00,1000
";

fn project() -> Project {
    let project = Project::new(SHOP);
    let applied = project.dwc(&["apply", "--auto-approve"]);
    assert_eq!(applied.code, Some(0), "{}", applied.stderr);
    project
}

fn number(project: &Project, sql: &str) -> i64 {
    let path = project.path().join("warehouse.duckdb");
    let warehouse = dwc_runner::DuckDbWarehouse::open(&path.to_string_lossy()).expect("the warehouse");
    let rows = warehouse.rows(sql).expect("an answer");
    rows[0][0].as_deref().and_then(|text| text.parse().ok()).expect("a number")
}

fn assert_run(run: &Run, code: i32, words: &[&str]) {
    // Long messages are wrapped where they are drawn.
    let all = format!("{}{}", run.stdout, run.stderr).replace("\n  | ", " ");
    assert_eq!(run.code, Some(code), "{all}");
    for word in words {
        assert!(all.contains(word), "`{word}` is not in:\n{all}");
    }
}

#[test]
fn a_row_that_does_not_cast_is_kept_aside_and_the_rest_loads() {
    let project = project();
    project.write(
        "data/orders/2026-03-02.csv",
        "order_id,line_no,store,ordered_at,amount\n2,1,둘,2026-03-02 01:00:00,12x\n3,1,셋,2026-03-02 02:00:00,500\n4.5,1,넷,2026-03-02 02:00:00,500\n",
    );
    assert_run(&project.dwc(&["run"]), 0, &["rejected"]);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.line"), 2);
    assert_eq!(
        number(
            &project,
            "SELECT COUNT(*) FROM _dwc.error_events WHERE reason LIKE '%`amount` is no%' AND source_row LIKE '%12x%'"
        ),
        1
    );
    assert_eq!(number(&project, "SELECT COUNT(*) FROM _dwc.error_events WHERE reason LIKE '%`order_id` is no%'"), 1);
    assert_eq!(
        number(
            &project,
            "SELECT SUM(extracted - inserted - updated - deleted - unchanged - superseded - rejected) FROM _dwc.table_batches"
        ),
        0
    );
}

#[test]
fn a_duplicate_grain_key_holds_back_the_model_and_what_needs_it() {
    let project = project();
    project.write(
        "data/orders/2026-03-02.csv",
        "order_id,line_no,store,ordered_at,amount\n7,1,둘,2026-03-02 01:00:00,100\n7,2,둘,2026-03-02 01:00:00,200\n",
    );
    assert_run(&project.dwc(&["run"]), 1, &["DW0902", "order_id=7", "models/sale.yml:5", "held back", "waiting"]);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.sale"), 0);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.daily"), 0);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.line"), 3);
    // The touched keys stay queued: once the source mends the duplicate, all of it loads.
    let text = std::fs::read_to_string(project.path().join("models/shop.yml")).expect("the source");
    assert!(text.contains("primary_key"));
    project.write("data/orders/2026-03-03.csv", "order_id,line_no,store,ordered_at,amount\n");
    assert_run(&project.dwc(&["run"]), 1, &["DW0902"]);
}

#[test]
fn among_rows_of_one_grain_key_the_latest_stays_where_that_is_declared() {
    let project = project();
    let declared = project.read("models/sale.yml");
    project.write("models/sale.yml", &format!("{declared}on_duplicate: {{ keep_latest_by: line_no }}\n"));
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    project.write(
        "data/orders/2026-03-02.csv",
        "order_id,line_no,store,ordered_at,amount\n7,1,둘,2026-03-02 01:00:00,100\n7,2,둘,2026-03-02 01:00:00,200\n",
    );
    assert_run(&project.dwc(&["run"]), 0, &[]);
    let kept = || number(&project, "SELECT CAST(SUM(amount) AS BIGINT) FROM dw.sale WHERE order_id = 7");
    assert_eq!((kept(), number(&project, "SELECT COUNT(*) FROM dw.sale")), (200, 2));
    // An increment chooses anew among all rows of the key.
    project.write(
        "data/orders/2026-03-03.csv",
        "order_id,line_no,store,ordered_at,amount\n7,3,둘,2026-03-02 01:00:00,300\n7,1,둘,2026-03-02 01:00:00,150\n",
    );
    assert_run(&project.dwc(&["run"]), 0, &[]);
    assert_eq!((kept(), number(&project, "SELECT COUNT(*) FROM dw.sale")), (300, 2));
    let told = project.dwc(&["run", "--mode", "full", "--format", "json"]);
    assert_run(&told, 0, &["superseded"]);
    assert_eq!(kept(), 300);
}

#[test]
fn a_missing_file_and_other_columns_leave_the_warehouse_as_it_is() {
    let project = project();
    assert_run(&project.dwc(&["run"]), 0, &[]);
    project.write(
        "data/orders/2026-03-02.csv",
        "order_id,line_no,store,ordered_at,price\n2,1,둘,2026-03-02 01:00:00,100\n",
    );
    // It is said where the table is declared, not where the source is.
    assert_run(&project.dwc(&["run"]), 1, &["DW0912", "`amount`", "models/shop.yml:4:3"]);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.line"), 1);
    std::fs::remove_dir_all(project.path().join("data")).expect("the folder goes");
    assert_run(&project.dwc(&["run"]), 1, &["DW0910", "models/shop.yml:4:3"]);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.line"), 1);
}

#[test]
fn running_twice_changes_nothing_and_a_plan_after_apply_is_empty() {
    let project = project();
    assert_run(&project.dwc(&["run"]), 0, &[]);
    let before = number(&project, "SELECT MAX(batch) FROM _dwc.batches");
    assert_run(&project.dwc(&["run"]), 0, &["nothing to load"]);
    assert_eq!(number(&project, "SELECT MAX(batch) FROM _dwc.batches"), before);
    assert_run(&project.dwc(&["plan", "--detailed-exitcode"]), 0, &["0 to create"]);
    assert_run(&project.dwc(&["verify"]), 0, &["passes its checks"]);
}

#[test]
fn what_loses_data_is_refused_until_it_is_allowed() {
    let project = project();
    assert_run(&project.dwc(&["run"]), 0, &[]);
    std::fs::remove_file(project.path().join("models/monthly.yml")).expect("the aggregate goes");
    assert_run(&project.dwc(&["plan", "--detailed-exitcode"]), 2, &["- table dw.daily", "loses data"]);
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 1, &["DW0702", "--allow-destructive daily"]);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.daily"), 1);
    assert_run(&project.dwc(&["run"]), 1, &["DW0701"]);
    assert_run(&project.dwc(&["apply", "--auto-approve", "--allow-destructive", "daily"]), 0, &[]);
    assert_run(&project.dwc(&["run"]), 0, &[]);
}

#[test]
fn an_attribute_added_to_a_dimension_with_history_is_filled_from_what_is_landed() {
    let project = project();
    project.write("models/stores.yml", "source: chain\ntype: files\ntables:\n  stores:\n    path: data/stores/{batch}.csv\n    primary_key: store_id\n    columns: { store_id: INT64, city: STRING, grade: STRING, at: TIMESTAMP }\n");
    let dimension = "dimension: store\nfrom: chain.stores\nnatural_key: store_id\neffective_at: at\nattributes:\n  city: { scd: 2 }\n";
    project.write("models/store.yml", dimension);
    project.write("data/stores/2026-03-01.csv", "store_id,city,grade,at\n1,서울,A,2026-03-01 00:00:00\n");
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    assert_run(&project.dwc(&["run"]), 0, &[]);
    project.write("data/stores/2026-03-02.csv", "store_id,city,grade,at\n1,부산,B,2026-03-02 00:00:00\n");
    assert_run(&project.dwc(&["run"]), 0, &[]);
    project.write("models/store.yml", &format!("{dimension}  grade: {{ scd: 2 }}\n"));
    assert_run(&project.dwc(&["plan"]), 0, &["~ table dw.store", "column `grade` is new", "recomputed"]);
    // The state of the first file is gone, and with it the grade of that time.
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 1, &["DW0702", "--allow-destructive store"]);
    assert_run(&project.dwc(&["apply", "--auto-approve", "--allow-destructive", "store"]), 0, &[]);
    assert_run(&project.dwc(&["run"]), 0, &[]);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.store WHERE store_key >= 0"), 2);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.store WHERE is_current AND city = '부산' AND grade = 'B'"), 1);
    assert_eq!(
        number(&project, "SELECT COUNT(*) FROM dw.store WHERE NOT is_current AND city = '서울' AND grade IS NULL"),
        1
    );
    assert_run(&project.dwc(&["verify"]), 0, &[]);
}

#[test]
fn a_table_that_another_tool_landed_is_read_where_it_lies() {
    let project = project();
    project.write("models/chain.yml", "source: chain\ntype: warehouse\nschema: other\ntables:\n  stores:\n    primary_key: store_id\n    cursor: at\n    detect_deletes: full_pass\n    columns: { store_id: INT64, city: STRING, at: TIMESTAMP }\n");
    project.write("models/store.yml", "dimension: store\nfrom: chain.stores\nnatural_key: store_id\neffective_at: at\nattributes: { city: { scd: 2 } }\n");
    let execute = |sql: &str| {
        let path = project.path().join("warehouse.duckdb");
        let warehouse = dwc_runner::DuckDbWarehouse::open(&path.to_string_lossy()).expect("the warehouse");
        warehouse.execute(sql).expect("a statement");
    };
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    assert_run(&project.dwc(&["run"]), 1, &["DW0910", "other.stores"]);
    execute(
        "CREATE SCHEMA other; CREATE TABLE other.stores AS SELECT * FROM (VALUES (1, '서울', TIMESTAMP '2026-03-01'), (2, '부산', TIMESTAMP '2026-03-01')) AS v(store_id, city, \"at\")",
    );
    assert_run(&project.dwc(&["run"]), 0, &[]);
    execute(
        "UPDATE other.stores SET city = '대구', \"at\" = TIMESTAMP '2026-03-02' WHERE store_id = 1; DELETE FROM other.stores WHERE store_id = 2",
    );
    assert_run(&project.dwc(&["run"]), 0, &[]);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.store WHERE store_id = 1"), 2);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.store WHERE store_id = 2 AND is_current"), 1);
    assert_run(&project.dwc(&["run", "--mode", "full"]), 0, &[]);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.store WHERE store_id = 2 AND is_current"), 0);
    // What was written behind the cursor is seen by the interval that it is in.
    execute(
        "INSERT INTO other.stores VALUES (3, '광주', TIMESTAMP '2026-02-01 05:00:00'), (4, '울산', TIMESTAMP '2026-02-05')",
    );
    assert_run(&project.dwc(&["run"]), 0, &[]);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.store WHERE store_id >= 3"), 0);
    let window = ["run", "--mode", "interval", "--from", "2026-02-01", "--to", "2026-02-02"];
    assert_run(&project.dwc(&window), 0, &[]);
    assert_eq!(number(&project, "SELECT SUM(store_id) FROM dw.store WHERE store_id >= 3"), 3);
}

#[test]
fn a_source_that_is_not_reached_leaves_the_others_loaded_and_no_secret_said() {
    let project = project();
    project.write("models/crm.yml", "source: crm\ntype: mysql\nurl: \"mysql://user:geheim@127.0.0.1:1/crm\"\ntables:\n  people: { primary_key: id, columns: { id: INT64, city: STRING } }\n");
    project.write(
        "models/person.yml",
        "dimension: person\nfrom: crm.people\nnatural_key: id\nattributes: { city: { scd: 1 } }\n",
    );
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    let run = project.dwc(&["run"]);
    assert_run(&run, 4, &["source crm was not reached"]);
    assert!(!format!("{}{}", run.stdout, run.stderr).contains("geheim"));
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.line"), 1);
    assert_run(&project.dwc(&["run", "--select", "person"]), 99, &["source crm was not reached"]);
}
