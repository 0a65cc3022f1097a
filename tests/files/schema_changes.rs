//! Files and landed tables whose columns change: each policy, and nothing lost without a word.

use dwc_compiler::diagnostic::Code;
use dwc_runner::{Mode, RunReport};
use dwc_tests::project::Project;
use dwc_tests::warehouse::{Warehouse, counts};

const SHOP: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/w.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: orders/{batch}.FORMAT
    primary_key: id
    POLICY
    columns: { id: INT64, status: STRING }
";

fn shop(format: &str, policy: &str) -> Project {
    Project::new(&SHOP.replace("FORMAT", format).replace("POLICY", policy))
}

fn said(report: &RunReport) -> Vec<String> {
    report.sources[0].notices.iter().flat_map(|notice| notice.keys.clone()).collect()
}

fn extra(warehouse: &Warehouse) -> Vec<Vec<String>> {
    warehouse.rows("SELECT id, COALESCE(CAST(_extra AS VARCHAR), 'none') FROM dw_landing.shop__orders ORDER BY id")
}

#[test]
fn a_new_column_is_left_out_and_said_once() {
    for (format, one, two, three) in [
        ("csv", "id,status,secret\n1,new,x\n", "id,status,channel\n2,new,web\n", "id,status,channel\n3,new,app\n"),
        (
            "ndjson",
            "{\"id\": 1, \"status\": \"new\"}\n",
            "{\"id\": 2, \"status\": \"new\", \"channel\": \"web\"}\n",
            "{\"id\": 3, \"status\": \"new\"}\n",
        ),
    ] {
        let project = shop(format, "detect_deletes: none");
        let warehouse = Warehouse::apply(project.path());
        let run = |batch: &str, text: &str| {
            project.write(&format!("orders/{batch}.{format}"), text);
            let report = warehouse.run(Mode::Incremental);
            assert_eq!(counts(&report, "shop.orders").inserted, 1);
            said(&report)
        };
        assert_eq!(run("2026-03-01", one), Vec::<String>::new());
        let second = run("2026-03-02", two);
        assert_eq!(second[0].split(' ').next(), Some("`channel`"), "{second:?}");
        assert_eq!(second.len(), if format == "csv" { 2 } else { 1 }, "{second:?}");
        assert_eq!(run("2026-03-03", three), Vec::<String>::new());
        // Files that are read again are no change.
        assert_eq!(said(&warehouse.run(Mode::Full)), Vec::<String>::new());
    }
}

#[test]
fn a_table_that_evolves_lands_what_is_not_declared() {
    for (format, first, second) in [
        ("csv", "id,status,secret\n1,new,x\n", "id,status,channel\n2,new,\"a \"\"b\"\"\"\n"),
        (
            "ndjson",
            "{\"id\": 1, \"status\": \"new\", \"secret\": \"x\"}\n",
            "{\"id\": 2, \"status\": \"new\", \"channel\": \"a \\\"b\\\"\"}\n",
        ),
    ] {
        let project = shop(format, "on_schema_change: evolve");
        let warehouse = Warehouse::apply(project.path());
        project.write(&format!("orders/2026-03-01.{format}"), first);
        warehouse.run(Mode::Incremental);
        project.write(&format!("orders/2026-03-02.{format}"), second);
        warehouse.run(Mode::Incremental);
        let expected = [["1", "{\"secret\":\"x\"}"], ["2", "{\"channel\":\"a \\\"b\\\"\"}"]];
        assert_eq!(extra(&warehouse), expected, "{format}");
    }
}

#[test]
fn typed_columns_of_parquet_become_json_that_loses_nothing() {
    let project = shop("parquet", "on_schema_change: evolve");
    let warehouse = Warehouse::apply(project.path());
    project.write("orders/.keep", "");
    let path = project.path().join("orders/2026-03-01.parquet");
    warehouse.execute(&format!(
        "COPY (SELECT 1 AS id, 'new' AS status, 12345678901234567890.12::DECIMAL(38, 2) AS price, '\\x0F'::BLOB AS raw, \
         DATE '2026-03-01' AS day, [1, 2] AS numbers, 7 AS count) TO '{}' (FORMAT parquet)",
        path.display()
    ));
    warehouse.run(Mode::Incremental);
    assert_eq!(
        extra(&warehouse)[0][1],
        "{\"price\":\"12345678901234567890.12\",\"raw\":\"0F\",\"day\":\"2026-03-01\",\"numbers\":[1,2],\"count\":7}"
    );
}

#[test]
fn a_frozen_table_stops_before_anything_lands() {
    let project = shop("csv", "on_schema_change: freeze");
    let warehouse = Warehouse::apply(project.path());
    project.write("orders/2026-03-01.csv", "id,status\n1,new\n");
    warehouse.run(Mode::Incremental);
    project.write("orders/2026-03-02.csv", "id,status,channel\n2,new,web\n");
    let error = warehouse.try_run(Mode::Incremental).expect_err("a column is new");
    assert_eq!(error.code, Some(Code::SourceFrozen), "{error}");
    assert_eq!(warehouse.rows("SELECT id FROM dw_landing.shop__orders"), [["1"]]);
}

#[test]
fn a_table_that_another_tool_lands_has_the_same_policies() {
    let declared = |policy: &str| {
        format!(
            "source: other\ntype: warehouse\nschema: other\ntables:\n  orders:\n    primary_key: id\n    {policy}\n    \
             columns: {{ id: INT64 }}\n"
        )
    };
    for policy in ["on_schema_change: discard", "on_schema_change: evolve", "on_schema_change: freeze"] {
        let project = shop("csv", "retain: current");
        project.write("models/shop.yml", &declared(policy));
        let warehouse = Warehouse::apply(project.path());
        warehouse.execute("CREATE SCHEMA other; CREATE TABLE other.orders AS SELECT 1 AS id, 'x' AS secret");
        assert_eq!(said(&warehouse.run(Mode::Incremental)), Vec::<String>::new());
        warehouse.execute("ALTER TABLE other.orders ADD COLUMN channel VARCHAR DEFAULT 'web'");
        let report = warehouse.try_run(Mode::Incremental);
        if policy.ends_with("freeze") {
            assert_eq!(report.expect_err("it is frozen").code, Some(Code::SourceFrozen));
            continue;
        }
        assert_eq!(said(&report.expect("a run")), ["`channel` VARCHAR is new"]);
        assert_eq!(said(&warehouse.run(Mode::Incremental)), Vec::<String>::new());
        if policy.ends_with("evolve") {
            let landed = warehouse.rows("SELECT CAST(_extra AS VARCHAR) FROM dw_landing.other__orders");
            assert_eq!(landed, [["{\"secret\":\"x\",\"channel\":\"web\"}"]]);
        }
    }
}

const READ: &str = "\
dimension: purchase
description: An order.
from: shop.orders
natural_key: id
effective_at: extracted
attributes: { status: { scd: 2 } }
";

#[test]
fn a_declared_column_that_no_model_reads_may_go() {
    let landed = "SELECT id, status, note FROM dw_landing.shop__orders ORDER BY id";
    let gone = "and lands as NULL: no model reads it";
    for format in ["csv", "parquet"] {
        let project = shop(format, "contents: snapshot");
        let declared = project.read("models/shop.yml").replace("status: STRING", "status: STRING, note: STRING");
        project.write("models/shop.yml", &declared);
        project.write("models/purchase.yml", READ);
        let warehouse = Warehouse::apply(project.path());
        project.write("orders/.keep", "");
        let write = |day: &str, rows: &str| {
            let path = project.path().join(format!("orders/{day}.{format}"));
            warehouse.execute(&format!("COPY ({rows}) TO '{}' (FORMAT {format})", path.display()));
        };
        write("2026-03-01", "SELECT 1 AS id, 'new' AS status, 'x' AS note");
        assert_eq!(said(&warehouse.run(Mode::Incremental)), Vec::<String>::new());
        write("2026-03-02", "SELECT 1 AS id, 'paid' AS status");
        let said_then = said(&warehouse.run(Mode::Incremental));
        assert!(said_then.len() == 1 && said_then[0].starts_with("`note`"), "{said_then:?}");
        assert!(said_then[0].ends_with(gone), "{said_then:?}");
        assert_eq!(warehouse.rows(landed), [["1", "paid", "NULL"]]);
        assert_eq!(warehouse.rows("SELECT status FROM dw.purchase WHERE id = 1 AND is_current"), [["paid"]]);
        write("2026-03-03", "SELECT 1 AS id, 'x' AS note");
        let error = warehouse.try_run(Mode::Incremental).expect_err("a column that is read is gone");
        assert_eq!(error.code, Some(Code::FileColumns), "{error}");
        assert!(error.message.ends_with("has no column `status`"), "{error}");
    }
}

#[test]
fn a_table_of_another_tool_may_lose_a_column_that_no_model_reads() {
    let project = shop("csv", "retain: current");
    project.write(
        "models/shop.yml",
        "source: shop\ntype: warehouse\nschema: other\ntables:\n  orders:\n    primary_key: id\n    columns: { id: INT64, status: STRING, note: STRING }\n",
    );
    project.write("models/purchase.yml", READ);
    let warehouse = Warehouse::apply(project.path());
    warehouse.execute("CREATE SCHEMA other; CREATE TABLE other.orders AS SELECT 1 AS id, 'new' AS status, 'x' AS note");
    warehouse.run(Mode::Full);
    warehouse.execute("ALTER TABLE other.orders DROP COLUMN note; UPDATE other.orders SET status = 'paid'");
    let said = said(&warehouse.run(Mode::Full));
    assert_eq!(said, ["`note` VARCHAR is gone, and lands as NULL: no model reads it"]);
    let landed = warehouse.rows("SELECT id, status, note FROM dw_landing.shop__orders");
    assert_eq!(landed, [["1", "paid", "NULL"]]);
    assert_eq!(warehouse.rows("SELECT status FROM dw.purchase WHERE id = 1 AND is_current"), [["paid"]]);
    warehouse.execute("ALTER TABLE other.orders DROP COLUMN status");
    assert_eq!(warehouse.try_run(Mode::Full).expect_err("it is read").code, Some(Code::FileColumns));
}
