//! Servers that are cut off, restarted or closed to the user: after it, and one full pass, the warehouse is what the
//! source is, and no address is shown.

use dwc_runner::Mode;
use dwc_tests::postgres::Postgres;
use dwc_tests::proxy::{Fault, Proxy};
use dwc_tests::warehouse::{Warehouse, outcome};

use super::{project, shop};

const TABLES: &str = "orders:
  primary_key: id
  cursor: updated_at
  detect_deletes: full_pass
  max_deleted_share: 1
  columns: { id: INT64, status: STRING, updated_at: TIMESTAMP }";

fn orders() -> Postgres {
    let server = Postgres::start();
    server.query("postgres", "CREATE DATABASE shop");
    server.query(
        "shop",
        "CREATE TABLE orders (id INT PRIMARY KEY, status TEXT, updated_at TIMESTAMPTZ);
         CREATE INDEX ON orders (updated_at);
         INSERT INTO orders SELECT n, 'new order of a shop ' || n, '2026-01-01'::timestamptz + n * interval '1 second'
         FROM generate_series(1, 3000) AS n; ANALYZE orders",
    );
    server
}

fn landed(warehouse: &Warehouse) -> Vec<Vec<String>> {
    warehouse.rows("SELECT id, status FROM dw_landing.shop__orders ORDER BY id")
}

fn truth(server: &Postgres) -> Vec<Vec<String>> {
    server.query("shop", "SELECT id, status FROM orders ORDER BY id")
}

#[test]
fn cut_at_any_byte_nothing_is_half_merged() {
    let server = orders();
    let proxy = Proxy::to(server.port());
    let url = format!("postgres://reader:secret@127.0.0.1:{}/shop?sslmode=disable", proxy.port());
    for (settings, most) in [("retries: 0\n", 200_000), ("retries: 0\nchunk_rows: 400\n", 40_000)] {
        let project = project(&url, settings, TABLES);
        let warehouse = Warehouse::apply(project.path());
        let mut before = Vec::new();
        let mut cut = 0;
        for attempt in 0..16_u64 {
            let bytes = (attempt * attempt * 7919 + attempt * 104_729) % if before.is_empty() { most } else { 9_000 };
            proxy.set(Fault::CutAfter(bytes), 9);
            let report = warehouse.run(Mode::Incremental);
            proxy.set(Fault::None, 0);
            if outcome(&report).is_some() {
                cut += 1;
                assert_eq!(landed(&warehouse), before, "cut after {bytes}");
            }
            before = landed(&warehouse);
            server.query(
                "shop",
                &format!(
                    "UPDATE orders SET status = 'paid {attempt}', updated_at = '2026-02-01'::timestamptz + {attempt} * interval '1 hour'
                     WHERE id % 16 = {attempt}; DELETE FROM orders WHERE id = {attempt} * 100 + 7"
                ),
            );
        }
        assert!(cut > 3, "{cut} of 16 were cut");
        warehouse.run(Mode::Full);
        assert_eq!(landed(&warehouse), truth(&server));
        assert_eq!(warehouse.gaps(), Vec::<String>::new());
    }
}

#[test]
fn a_server_that_is_down_is_skipped_and_read_again_later() {
    let server = orders();
    let project = project(&server.url("shop"), "retries: 0\n", TABLES);
    let warehouse = Warehouse::apply(project.path());
    server.stop();
    let report = warehouse.run(Mode::Incremental);
    let reason = outcome(&report).expect("it is down");
    assert!(!reason.contains("secret") && !reason.contains("reader"), "{reason}");
    server.serve();
    warehouse.run(Mode::Incremental);
    assert_eq!(landed(&warehouse), truth(&server));
}

#[test]
fn who_is_not_let_in_is_told_without_the_user() {
    let server = orders();
    for url in [
        format!("postgres://reader:wrong@127.0.0.1:{}/shop", server.port()),
        format!("postgres://reader:secret@127.0.0.1:{}/no_such_database", server.port()),
    ] {
        let project = project(&url, "retries: 0\n", TABLES);
        let warehouse = Warehouse::apply(project.path());
        let (report, offences) = warehouse.run_all(Mode::Incremental);
        assert_eq!((outcome(&report), offences[0].code.id()), (Some("access denied"), "DW0931"));
    }
}

#[test]
fn what_the_source_lacks_is_named() {
    let server = orders();
    let project = project(&server.url("shop"), "", &TABLES.replace("status: STRING", "state: STRING"));
    let error = Warehouse::apply(project.path()).try_run(Mode::Incremental).expect_err("no such column");
    assert!(error.to_string().contains("has no column `state`"), "{error}");
}

#[test]
fn a_declared_column_that_no_model_reads_may_go() {
    let tables =
        "shops:\n  primary_key: id\n  detect_deletes: full_pass\n  columns: { id: INT64, city: STRING, rank: NUMERIC }";
    let (server, project, _) = shop(
        "CREATE TABLE shops (id INT PRIMARY KEY, city TEXT, rank NUMERIC); INSERT INTO shops VALUES (1, 'Seoul', 1.5)",
        "",
        tables,
    );
    project.write(
        "models/shop_dimension.yml",
        "dimension: shop\ndescription: A shop.\nfrom: shop.shops\nnatural_key: id\neffective_at: extracted\nattributes: { city: { scd: 2 } }\n",
    );
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    server.query("shop", "ALTER TABLE shops DROP rank; INSERT INTO shops VALUES (2, 'Busan')");
    let report = warehouse.run(Mode::Full);
    let said = &report.sources[0].notices[0].keys;
    assert_eq!(*said, ["`rank` numeric is gone, and lands as NULL: no model reads it"]);
    let landed = warehouse.rows("SELECT id, city, rank FROM dw_landing.shop__shops ORDER BY id");
    assert_eq!(landed, [["1", "Seoul", "NULL"], ["2", "Busan", "NULL"]]);
    assert_eq!(warehouse.rows("SELECT city FROM dw.shop WHERE id > 0 ORDER BY id"), [["Seoul"], ["Busan"]]);
    server.query("shop", "ALTER TABLE shops DROP city");
    let error = warehouse.try_run(Mode::Full).expect_err("a column that is read is gone");
    assert!(error.to_string().contains("has no column `city`"), "{error}");
}
