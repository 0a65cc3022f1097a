//! What fails in the midst of a reading: after it, and one full pass, the warehouse is what the source is.

use std::time::{Duration, Instant};

use dwc_runner::Mode;
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::Project;
use dwc_tests::proxy::{Fault, Proxy};
use dwc_tests::warehouse::{Warehouse, counts, outcome};
use mysql_async::prelude::Queryable;

use super::project;

const TABLES: &str = "orders:
  primary_key: id
  cursor: updated_at
  detect_deletes: full_pass
  max_deleted_share: 1
  columns: { id: INT64, status: STRING, updated_at: DATETIME }";

fn orders() -> MariaDb {
    let server = MariaDb::start();
    server.execute(
        "CREATE DATABASE shop; USE shop;
         CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(60), updated_at DATETIME, KEY (updated_at));
         INSERT INTO orders SELECT seq, CONCAT('new order of a shop ', seq), '2026-01-01' + INTERVAL seq SECOND FROM seq_1_to_3000;
         ANALYZE TABLE orders;",
    );
    server
}

/// A project whose source has more settings than its address.
fn with(url: &str, settings: &str) -> Project {
    let project = project(url, TABLES);
    let source = project.read("models/shop.yml");
    project.write("models/shop.yml", &source.replace("tables:", &format!("{settings}\ntables:")));
    project
}

fn landed(warehouse: &Warehouse) -> Vec<Vec<String>> {
    warehouse.rows(
        "SELECT id, status, strftime(updated_at, '%Y-%m-%d %H:%M:%S') FROM dw_landing.shop__orders__rows WHERE NOT _deleted ORDER BY id",
    )
}

fn truth(server: &MariaDb) -> Vec<Vec<String>> {
    server.query("SELECT id, status, updated_at FROM shop.orders ORDER BY id")
}

#[test]
fn cut_at_any_byte_nothing_is_half_merged() {
    let server = orders();
    let proxy = Proxy::to(server.port());
    for (settings, most) in [("retries: 0", 260_000), ("retries: 0\nchunk_rows: 400", 60_000)] {
        let project = with(&proxy.url("shop"), settings);
        let warehouse = Warehouse::apply(project.path());
        let mut before = Vec::new();
        let mut cut = 0;
        for attempt in 0..16_u64 {
            // Any numbers will do that are spread over the whole of a reading, its beginning among it.
            let bytes = (attempt * attempt * 7919 + attempt * 104_729) % if before.is_empty() { most } else { 12_000 };
            proxy.set(Fault::CutAfter(bytes), 9);
            let report = warehouse.run(Mode::Incremental);
            proxy.set(Fault::None, 0);
            if outcome(&report).is_some() {
                cut += 1;
                assert_eq!(landed(&warehouse), before, "cut after {bytes}");
            }
            before = landed(&warehouse);
            server.execute(&format!(
                "USE shop; UPDATE orders SET status = 'paid {attempt}', updated_at = '2026-02-01' + INTERVAL {attempt} HOUR WHERE id MOD 16 = {attempt};
                 DELETE FROM orders WHERE id = {attempt} * 100 + 7"
            ));
        }
        assert!(cut > 3, "{cut} of 16 were cut");
        assert!(!warehouse.gaps().is_empty() || outcome(&warehouse.run(Mode::Incremental)).is_none());
        warehouse.run(Mode::Full);
        assert_eq!(landed(&warehouse), truth(&server));
        assert_eq!(warehouse.gaps(), Vec::<String>::new());
    }
}

#[test]
fn it_is_tried_as_often_as_declared() {
    let server = orders();
    for (retries, is_reached) in [(1, false), (2, true)] {
        let proxy = Proxy::to(server.port());
        // The first connection asks how large the table is, and does not come so far.
        proxy.set(Fault::CutAfter(20_000), 3);
        let project = with(&proxy.url("shop"), &format!("retries: {retries}"));
        let report = Warehouse::apply(project.path()).run(Mode::Incremental);
        assert_eq!((outcome(&report).is_none(), proxy.connections()), (is_reached, retries + 2));
    }
}

#[test]
fn a_server_that_falls_silent_or_takes_too_long_is_given_up() {
    let server = orders();
    for (fault, settings, reason) in [
        (Fault::SilentAfter(20_000), "statement_timeout: 1s", "no answer within 1 seconds"),
        (Fault::SilentAfter(30), "statement_timeout: 1s", "no answer within 1"),
        (Fault::Slow(50_000), "snapshot_timeout: 1s", "the view was open for 1 seconds"),
    ] {
        let proxy = Proxy::to(server.port());
        proxy.set(fault, 9);
        let project = with(&proxy.url("shop"), &format!("retries: 0\n{settings}"));
        let report = Warehouse::apply(project.path()).run(Mode::Incremental);
        assert!(outcome(&report).is_some_and(|said| said.starts_with(reason)), "{report:?}");
    }
    // A slow one that keeps talking is waited for.
    let proxy = Proxy::to(server.port());
    proxy.set(Fault::Slow(150_000), 9);
    let project = with(&proxy.url("shop"), "statement_timeout: 1s");
    let report = Warehouse::apply(project.path()).run(Mode::Incremental);
    assert_eq!(counts(&report, "shop.orders").inserted, 3000);
}

#[test]
fn a_server_that_is_restarted_in_the_midst_is_read_again() {
    let mut server = MariaDb::start();
    server.execute(
        "SET GLOBAL innodb_flush_log_at_trx_commit = 1;
         CREATE DATABASE shop; USE shop; CREATE TABLE fast (id INT PRIMARY KEY); INSERT INTO fast SELECT seq FROM seq_1_to_150;
         CREATE VIEW orders AS SELECT id, CONCAT('slow ', SLEEP(0.01)) AS status, CAST('2026-01-01' AS DATETIME) AS updated_at FROM fast;",
    );
    let project = with(&server.url("shop"), "retries: 6");
    let warehouse = Warehouse::apply(project.path());
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            let reading =
                "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT `id`%' AND time_ms > 200";
            while server.query(reading).is_empty() {
                std::thread::sleep(Duration::from_millis(20));
            }
            server.stop();
            std::thread::sleep(Duration::from_millis(500));
            server.start_again();
        });
        warehouse.run(Mode::Incremental)
    });
    assert_eq!(counts(&report, "shop.orders").inserted, 150, "{report:?}");
}

#[test]
fn the_rate_is_kept() {
    let server = orders();
    for settings in ["max_rows_per_second: 2000", "max_rows_per_second: 2000\nchunk_rows: 300"] {
        let project = with(&server.url("shop"), settings);
        let warehouse = Warehouse::apply(project.path());
        let clock = Instant::now();
        assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.orders").inserted, 3000);
        assert!(clock.elapsed() > Duration::from_millis(1100), "{:?}", clock.elapsed());
    }
}

#[test]
fn a_replica_is_preferred_while_it_answers() {
    let server = orders();
    let mut replica = orders();
    replica.execute("UPDATE shop.orders SET status = 'from the replica'");
    let project = with(&server.url("shop"), &format!("replica_url: \"{}\"", replica.url("shop")));
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    assert_eq!(warehouse.rows("SELECT DISTINCT status FROM dw_landing.shop__orders__rows"), [["from the replica"]]);
    replica.stop();
    let report = warehouse.run(Mode::Full);
    assert_eq!(counts(&report, "shop.orders").updated, 3000);
    assert_eq!(landed(&warehouse), truth(&server));
}

#[test]
fn what_commits_late_behind_the_cursor_is_seen_by_the_lookback_or_the_full_pass() {
    let server = orders();
    let project = with(&server.url("shop"), "");
    let source = project.read("models/shop.yml").replace("cursor: updated_at", "cursor: updated_at\n    lookback: 10m");
    project.write("models/shop.yml", &source);
    let warehouse = Warehouse::apply(project.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut writer = runtime.block_on(async {
        let options = mysql_async::Opts::from_url(&server.url("shop")).expect("an address");
        let mut writer = mysql_async::Conn::new(options).await.expect("a connection");
        for statement in [
            "START TRANSACTION",
            "INSERT INTO orders VALUES (9001, 'late', '2026-01-02 09:55:00'), (9002, 'too late', '2026-01-02 09:40:00')",
        ] {
            writer.query_drop(statement).await.expect(statement);
        }
        writer
    });
    server.execute("INSERT INTO shop.orders VALUES (9003, 'in time', '2026-01-02 10:00:00')");
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.orders").inserted, 3001);
    runtime.block_on(writer.query_drop("COMMIT")).expect("the commit");
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.orders").inserted, 1);
    assert_eq!(counts(&warehouse.run(Mode::Full), "shop.orders").inserted, 1);
    assert_eq!(landed(&warehouse), truth(&server));
}

#[test]
fn a_source_whose_clock_is_behind_loses_nothing() {
    let server = orders();
    // A user without rights over the server is told the time of this statement.
    server.execute(
        "CREATE USER reader; GRANT SELECT ON shop.* TO reader;
         SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() - 86400';
         INSERT INTO shop.orders VALUES (9001, 'by the right clock', UTC_TIMESTAMP() + INTERVAL 9 HOUR);",
    );
    let project = with(&server.url("shop").replace("root@", "reader@"), "");
    let warehouse = Warehouse::apply(project.path());
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.orders").inserted, 3001);
    // The watermark does not go beyond the clock that is behind, so that a row by it is still ahead.
    server.execute(
        "INSERT INTO shop.orders VALUES (9002, 'by the clock that is behind', UTC_TIMESTAMP() - INTERVAL 1 DAY + INTERVAL 9 HOUR + INTERVAL 1 MINUTE)",
    );
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.orders").inserted, 1);
    warehouse.run(Mode::Full);
    assert_eq!(landed(&warehouse), truth(&server));
}
