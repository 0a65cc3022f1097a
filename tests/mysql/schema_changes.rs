//! A source whose columns change: each policy, and nothing lost without a word.

use dwc_compiler::diagnostic::Code;
use dwc_runner::{Mode, Notice, RunReport};
use dwc_tests::mariadb::MariaDb;
use dwc_tests::warehouse::{Warehouse, counts};

use super::{project, shop};

const ORDERS: &str = "CREATE TABLE orders (id INT PRIMARY KEY, total INT, secret VARCHAR(20), updated_at DATETIME);
  INSERT INTO orders VALUES (1, 10, 'x', '2026-01-01'), (2, 20, 'y', '2026-01-01');";

const ADDED: &str =
    "USE shop; ALTER TABLE orders ADD channel VARCHAR(20), ADD raw VARBINARY(4), ADD price DECIMAL(10, 2);
  UPDATE orders SET channel = 'web', raw = x'00ff', price = 1.50, updated_at = '2026-01-02' WHERE id = 1;";

fn declared(policy: &str) -> String {
    format!(
        "orders:\n  primary_key: id\n  cursor: updated_at\n{policy}  columns: {{ id: INT64, total: INT64, updated_at: DATETIME }}"
    )
}

fn notices(report: &RunReport) -> &[Notice] {
    &report.sources[0].notices
}

fn landed(warehouse: &Warehouse, column: &str) -> Vec<Vec<String>> {
    warehouse.rows(&format!("SELECT id, {column} FROM dw_landing.shop__orders ORDER BY id"))
}

#[test]
fn a_new_column_is_left_out_and_said_once() {
    let (server, _project, warehouse) = shop(ORDERS, &declared(""));
    assert!(notices(&warehouse.run(Mode::Incremental)).is_empty());
    server.execute(ADDED);
    let report = warehouse.run(Mode::Incremental);
    let [notice] = notices(&report) else { panic!("{report:?}") };
    assert_eq!(notice.code, "DW0936");
    assert_eq!(
        notice.keys,
        ["`channel` varchar(20) is new", "`raw` varbinary(4) is new", "`price` decimal(10,2) is new"]
    );
    assert!(notices(&warehouse.run(Mode::Incremental)).is_empty());
    server.execute("ALTER TABLE shop.orders DROP channel, MODIFY total BIGINT");
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(notices(&report)[0].keys, ["`total` was int(11) and is bigint(20)", "`channel` varchar(20) is gone"]);
}

#[test]
fn a_table_that_evolves_lands_what_is_not_declared() {
    let policy = "  on_schema_change: evolve\n  ignore_columns: secret\n";
    let (server, _project, warehouse) = shop(ORDERS, &declared(policy));
    warehouse.run(Mode::Incremental);
    assert_eq!(landed(&warehouse, "_extra"), [["1", "NULL"], ["2", "NULL"]]);
    server.execute(ADDED);
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(notices(&report)[0].keys.len(), 3);
    let of = "concat_ws(' ', _extra->>'$.channel', _extra->>'$.raw', _extra->>'$.price', _extra->>'$.secret')";
    assert_eq!(landed(&warehouse, of), [["1", "web 00FF 1.50"], ["2", ""]]);
    server.execute("ALTER TABLE shop.orders DROP raw");
    warehouse.run(Mode::Full);
    assert_eq!(landed(&warehouse, of)[0][1], "web 1.50");
}

#[test]
fn a_frozen_table_stops_before_anything_is_read() {
    let (server, _project, warehouse) = shop(ORDERS, &declared("  on_schema_change: freeze\n"));
    warehouse.run(Mode::Incremental);
    server.execute(ADDED);
    let error = warehouse.try_run(Mode::Incremental).expect_err("a column is new");
    assert_eq!(error.code, Some(Code::SourceFrozen));
    assert!(error.message.ends_with("`raw` varbinary(4) is new, `price` decimal(10,2) is new"), "{}", error.message);
    assert_eq!(landed(&warehouse, "total"), [["1", "10"], ["2", "20"]]);
    server.execute("ALTER TABLE shop.orders DROP raw, DROP price, DROP channel");
    warehouse.run(Mode::Incremental);
    server.execute("ALTER TABLE shop.orders MODIFY total BIGINT");
    let error = warehouse.try_run(Mode::Incremental).expect_err("a type is another");
    assert!(error.message.ends_with("`total` was int(11) and is bigint(20)"), "{}", error.message);
}

#[test]
fn a_declared_column_that_goes_stops_the_source_under_every_policy() {
    for policy in ["", "  on_schema_change: evolve\n", "  on_schema_change: freeze\n"] {
        let (server, _project, warehouse) = shop(ORDERS, &declared(policy));
        warehouse.run(Mode::Incremental);
        server.execute("ALTER TABLE shop.orders DROP total");
        let error = warehouse.try_run(Mode::Incremental).expect_err("a column is gone");
        assert_eq!(error.code, Some(Code::SourceColumns), "{policy}");
    }
}

#[test]
fn a_declared_column_that_no_model_reads_may_go() {
    let server = MariaDb::start();
    server.execute(&format!("CREATE DATABASE shop; USE shop; {ORDERS}"));
    let tables = "orders:\n  primary_key: id\n  cursor: updated_at\n  detect_deletes: full_pass\n  columns: { id: INT64, total: INT64, secret: STRING, updated_at: DATETIME }";
    let project = project(&server.url("shop"), tables);
    project.write(
        "models/purchase.yml",
        "dimension: purchase\ndescription: An order.\nfrom: shop.orders\nnatural_key: id\neffective_at: updated_at\n\
         attributes:\n  total: { scd: 2 }\n  size: { scd: 1, expr: \"IF(total > 15, 'large', 'small')\" }\n",
    );
    let warehouse = Warehouse::apply(project.path());
    assert!(notices(&warehouse.run(Mode::Incremental)).is_empty());
    assert_eq!(landed(&warehouse, "secret"), [["1", "x"], ["2", "y"]]);
    server.execute(
        "USE shop; ALTER TABLE orders DROP secret; UPDATE orders SET total = 16, updated_at = '2026-01-02' WHERE id = 1",
    );
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(notices(&report)[0].keys, ["`secret` varchar(20) is gone, and lands as NULL: no model reads it"]);
    let loaded = "SELECT id, total, size FROM dw.purchase WHERE id > 0 AND is_current ORDER BY id";
    assert_eq!(warehouse.rows(loaded), [["1", "16", "large"], ["2", "20", "large"]]);
    assert!(notices(&warehouse.run(Mode::Full)).is_empty(), "it is said once");
    assert_eq!(landed(&warehouse, "secret"), [["1", "NULL"], ["2", "NULL"]]);
    assert_eq!(
        warehouse.rows("SELECT COUNT(*) FROM dw.purchase WHERE id > 0"),
        [["3"]],
        "and no version is made of it"
    );
    server.execute("ALTER TABLE shop.orders DROP total");
    let error = warehouse.try_run(Mode::Incremental).expect_err("a column that is read is gone");
    assert_eq!(error.code, Some(Code::SourceColumns));
    assert!(error.message.ends_with("has no column `total`"), "{error}");
}

#[test]
fn values_of_another_type_are_error_events_where_they_do_not_cast() {
    let (server, _project, warehouse) = shop(ORDERS, &declared(""));
    warehouse.run(Mode::Incremental);
    server.execute(
        "USE shop; ALTER TABLE orders MODIFY total VARCHAR(20);
         UPDATE orders SET total = 'many', updated_at = '2026-01-02' WHERE id = 1; UPDATE orders SET total = '21' WHERE id = 2",
    );
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(notices(&report)[0].keys, ["`total` was int(11) and is varchar(20)"]);
    assert_eq!((counts(&report, "shop.orders").rejected, counts(&report, "shop.orders").updated), (1, 1));
    assert_eq!(landed(&warehouse, "total"), [["1", "10"], ["2", "21"]]);
}
