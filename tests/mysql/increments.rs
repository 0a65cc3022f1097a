//! What an increment reads, what a full pass sees, and what happens when a server is down.

use dwc_compiler::diagnostic::Code;
use dwc_runner::{DuckDbWarehouse, Mode, SourceOutcome};
use dwc_tests::project::Project;
use dwc_tests::warehouse::{Warehouse, counts};

use super::{project, shop};

const ORDERS: &str = "CREATE TABLE orders (id INT PRIMARY KEY, status TEXT, updated_at DATETIME NULL);
  INSERT INTO orders VALUES (1, 'new', '2026-01-01 10:00:00'), (2, 'new', '2026-01-01 11:00:00'), (3, 'new', NULL);";

const DECLARED: &str = "orders:
  primary_key: id
  cursor: updated_at
  lookback: 30m
  detect_deletes: full_pass
  max_rejected_share: 0.1
  max_deleted_share: 0.5
  columns: { id: INT64, status: STRING, updated_at: DATETIME }";

fn landed(warehouse: &Warehouse) -> Vec<Vec<String>> {
    warehouse.rows("SELECT id, status FROM dw_landing.shop__orders__rows WHERE NOT _deleted ORDER BY id")
}

fn watermark(warehouse: &Warehouse) -> String {
    warehouse.rows("SELECT cursor_value FROM _dwc.watermarks")[0][0].clone()
}

#[test]
fn an_increment_reads_from_its_watermark_less_the_lookback() {
    let (server, _project, warehouse) = shop(ORDERS, DECLARED);
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "shop.orders").inserted, 3);
    assert_eq!(watermark(&warehouse), "2026-01-01 11:00:00");

    // The boundary itself, and the row without a cursor, are read again and change nothing.
    let report = warehouse.run(Mode::Incremental);
    let again = counts(&report, "shop.orders");
    assert_eq!((again.extracted, again.unchanged), (2, 2));

    server.execute(
        "USE shop;
         INSERT INTO orders VALUES (4, 'at the boundary', '2026-01-01 11:00:00'), (5, 'late', '2026-01-01 10:40:00'),
           (6, 'too late', '2026-01-01 10:20:00'), (7, 'later', '2026-01-01 12:00:00');
         UPDATE orders SET status = 'paid' WHERE id = 3;
         UPDATE orders SET status = 'paid', updated_at = '2026-01-01 11:30:00' WHERE id = 1;",
    );
    let report = warehouse.run(Mode::Incremental);
    let second = counts(&report, "shop.orders");
    assert_eq!((second.extracted, second.inserted, second.updated, second.unchanged), (6, 3, 2, 1));
    assert_eq!(
        landed(&warehouse),
        [["1", "paid"], ["2", "new"], ["3", "paid"], ["4", "at the boundary"], ["5", "late"], ["7", "later"]]
    );
    assert_eq!(watermark(&warehouse), "2026-01-01 12:00:00");

    // What committed later than the lookback allows is repaired by the full pass.
    let report = warehouse.run(Mode::Full);
    let full = counts(&report, "shop.orders");
    assert_eq!((full.extracted, full.inserted, full.unchanged), (7, 1, 6));
}

#[test]
fn a_cursor_ahead_of_the_clock_does_not_carry_the_watermark() {
    let (server, _project, warehouse) =
        shop(&format!("{ORDERS} INSERT INTO orders VALUES (9, 'from the future', '2999-01-01 00:00:00')"), DECLARED);
    warehouse.run(Mode::Incremental);
    assert!(watermark(&warehouse).as_str() < "2999", "{}", watermark(&warehouse));
    server.execute("INSERT INTO shop.orders VALUES (10, 'new', UTC_TIMESTAMP() + INTERVAL 9 HOUR)");
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "shop.orders").inserted, 1);
}

#[test]
fn a_full_pass_sees_deletes_and_spares_what_it_rejected() {
    let (server, _project, warehouse) = shop(
        "CREATE TABLE orders (id INT PRIMARY KEY, status VARBINARY(20), updated_at DATETIME NULL);
         INSERT INTO orders SELECT seq, 'new', '2026-01-01 10:00:00' FROM seq_1_to_20;",
        DECLARED,
    );
    warehouse.run(Mode::Incremental);
    server.execute("USE shop; DELETE FROM orders WHERE id <= 2; UPDATE orders SET status = x'ff' WHERE id = 3");
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "shop.orders").deleted, 0);
    let report = warehouse.run(Mode::Full);
    let full = counts(&report, "shop.orders");
    assert_eq!((full.deleted, full.unchanged, full.rejected, full.extracted), (2, 17, 1, 20));
    assert_eq!(landed(&warehouse).len(), 18);

    server.execute("DELETE FROM shop.orders WHERE id < 15");
    let error = warehouse.try_run(Mode::Full).expect_err("most rows are gone");
    assert_eq!(error.code, Some(Code::TooManyDeleted));
    assert_eq!(landed(&warehouse).len(), 18);
}

#[test]
fn deletes_are_seen_by_a_column() {
    let (server, _project, warehouse) = shop(
        "CREATE TABLE orders (id INT PRIMARY KEY, removed_at DATETIME NULL, updated_at DATETIME NULL);
         INSERT INTO orders VALUES (1, NULL, '2026-01-01 10:00:00'), (2, NULL, '2026-01-01 10:00:00')",
        "orders:
  primary_key: id
  cursor: updated_at
  detect_deletes: column
  delete_column: removed_at
  columns: { id: INT64, removed_at: DATETIME, updated_at: DATETIME }",
    );
    warehouse.run(Mode::Incremental);
    server.execute("UPDATE shop.orders SET removed_at = '2026-01-02', updated_at = '2026-01-02' WHERE id = 1");
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "shop.orders").deleted, 1);
}

#[test]
fn a_batch_that_stops_leaves_nothing_behind() {
    let (server, _project, warehouse) = shop(ORDERS, DECLARED);
    warehouse.run(Mode::Incremental);
    let before = (landed(&warehouse), watermark(&warehouse));
    server.execute(
        "USE shop; ALTER TABLE orders MODIFY status VARBINARY(20);
         INSERT INTO orders VALUES (4, x'ff', '2026-01-03'), (5, 'new', '2026-01-03')",
    );
    let error = warehouse.try_run(Mode::Incremental).expect_err("a fourth of the rows does not cast");
    assert_eq!(error.code, Some(Code::TooManyRejected));
    assert_eq!((landed(&warehouse), watermark(&warehouse)), before);
    assert_eq!(warehouse.rows("SELECT COUNT(*) FROM _dwc.error_events"), [["0"]]);
    server.execute("DELETE FROM shop.orders WHERE id = 4");
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.orders").inserted, 1);
}

#[test]
fn what_the_source_lacks_is_named() {
    let (_server, _project, warehouse) = shop(ORDERS, &DECLARED.replace("status: STRING", "state: STRING"));
    let error = warehouse.try_run(Mode::Incremental).expect_err("a column is missing");
    assert_eq!(error.code, Some(Code::SourceColumns));
    assert_eq!(error.message, "table `shop.orders` of the source has no column `state`");
}

#[test]
fn a_source_that_is_down_is_skipped_and_the_others_load() {
    let (server, project, _) = shop(ORDERS, DECLARED);
    let url = server.url("shop").replace("root@", "root:hunter2@");
    drop(server);
    project.write("models/shop.yml", &super::project(&url, DECLARED).read("models/shop.yml"));
    project.write(
        "models/files.yml",
        "source: files\ntype: files\ntables:\n  days:\n    path: days.csv\n    contents: snapshot\n    columns: { day: DATE }\n",
    );
    project.write("days.csv", "day\n2026-01-01\n");
    let warehouse = Warehouse::apply(project.path());
    let report = warehouse.run(Mode::Incremental);
    let outcome = |name: &str| report.sources.iter().find(|source| source.source == name).map(|source| &source.outcome);
    assert_eq!(outcome("files"), Some(&SourceOutcome::Landed));
    let Some(SourceOutcome::Unreachable(reason)) = outcome("shop") else { panic!("{report:?}") };
    assert!(!reason.contains("hunter2") && !reason.contains("127.0.0.1"), "{reason}");
    assert_eq!(warehouse.rows("SELECT COUNT(*) FROM _dwc.watermarks"), [["0"]]);
}

#[test]
fn a_connection_that_breaks_is_made_again_from_the_start() {
    // A view that takes its time, so that the reading is broken in its midst.
    let (server, _project, warehouse) = shop(
        "CREATE TABLE fast (id INT PRIMARY KEY); INSERT INTO fast SELECT seq FROM seq_1_to_200;
         CREATE VIEW slow AS SELECT id, SLEEP(0.01) AS pause FROM fast;",
        "slow:\n  primary_key: id\n  columns: { id: INT64, pause: INT64 }",
    );
    let report = std::thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let reading =
                "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT `id`%' AND time_ms > 300";
            for _ in 0..1000 {
                if let Some(row) = server.query(reading).first() {
                    server.execute(&format!("KILL {}", row[0]));
                    return;
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            panic!("no reading was seen");
        });
        let report = warehouse.run(Mode::Incremental);
        killer.join().expect("the connection was killed");
        report
    });
    let landed = counts(&report, "shop.slow");
    assert_eq!((landed.extracted, landed.inserted), (200, 200));
}

#[test]
fn a_wrong_password_is_said_without_the_user() {
    let (server, project, _) = shop(ORDERS, DECLARED);
    let url = server.url("shop").replace("root@", "root:hunter2@");
    project.write("models/shop.yml", &super::project(&url, DECLARED).read("models/shop.yml"));
    let (report, offences) = Warehouse::apply(project.path()).run_all(Mode::Incremental);
    let SourceOutcome::Stopped(reason) = &report.sources[0].outcome else { panic!("{report:?}") };
    assert!(reason.starts_with("access denied") && !format!("{offences:?}").contains("root"), "{offences:?}");
    assert_eq!(offences[0].code.id(), "DW0931");
    // Somebody has to change it: no scheduler skips it or tries it again.
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    let run = project.dwc(&["run"]);
    assert!(run.code == Some(1) && !format!("{run:?}").contains("hunter2"), "{run:?}");
}

#[test]
fn killed_at_every_boundary_and_run_again_nothing_is_lost_or_doubled() {
    let (server, project, _) = shop(ORDERS, DECLARED);
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    let file = project.path().join("target/w.duckdb").display().to_string();
    for point in 1.. {
        let order = 100 + point;
        server.execute(&format!(
            "INSERT INTO shop.orders VALUES ({order}, 'new', '2026-01-02' + INTERVAL {point} MINUTE)"
        ));
        let killed = project.dwc_with(&[("DWC_CRASH_AT", &point.to_string())], &["run"]).code.is_none();
        assert_eq!(project.dwc(&["run"]).code, Some(0));
        let engine = DuckDbWarehouse::open(&file).expect("the warehouse opens");
        let landed = engine.rows("SELECT COUNT(*), COUNT(DISTINCT id), MAX(id) FROM dw_landing.shop__orders__rows");
        let count = Some((3 + point).to_string());
        assert_eq!(landed.expect("rows"), [[count.clone(), count, Some(order.to_string())]]);
        let watermark = engine.rows("SELECT cursor_value FROM _dwc.watermarks").expect("a watermark");
        assert_eq!(watermark, [[Some(format!("2026-01-02 00:{point:02}:00"))]]);
        if !killed {
            assert!(point > 2, "no boundary was passed");
            break;
        }
    }
}

#[test]
fn a_watermark_of_another_cursor_is_forgotten() {
    let declared = "orders:\n  primary_key: id\n  cursor: version\n  columns: { id: INT64, status: STRING, version: INT64, \
                    updated_at: DATETIME }";
    let sql = "CREATE TABLE orders (id INT PRIMARY KEY, status TEXT, version INT, updated_at DATETIME);
               INSERT INTO orders VALUES (1, 'new', 7, '2026-01-01 10:00:00'), (2, 'new', 9, '2026-01-01 11:00:00');";
    let (server, project, _) = shop(sql, declared);
    let load = |project: &Project| {
        assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
        assert_eq!(project.dwc(&["run"]).code, Some(0));
    };
    load(&project);
    // A change that the former cursor does not show.
    server.execute("UPDATE shop.orders SET status = 'paid', updated_at = '2025-01-01 09:00:00' WHERE id = 1");
    let source = project.read("models/shop.yml").replace("cursor: version", "cursor: updated_at");
    project.write("models/shop.yml", &source);
    let plan = project.dwc(&["plan"]);
    assert!(plan.stdout.contains("cursor changes from version to updated_at: the next run reads the whole table"));
    load(&project);
    let file = project.path().join("target/w.duckdb").display().to_string();
    let engine = DuckDbWarehouse::open(&file).expect("the warehouse opens");
    let landed = dwc_tests::warehouse::rows(&engine, "SELECT id, status FROM dw_landing.shop__orders ORDER BY 1");
    assert_eq!(landed, [["1", "paid"], ["2", "new"]]);
    let watermark = dwc_tests::warehouse::rows(&engine, "SELECT cursor_value FROM _dwc.watermarks");
    assert_eq!(watermark, [["2026-01-01 11:00:00"]]);
}

#[test]
fn an_address_that_is_none_is_not_shown() {
    for (url, code) in [
        ("mysql:/root:hunter2@nowhere", Code::SourceAddress),
        ("{{ env('DWC_NO_SUCH_VARIABLE') }}", Code::MissingVariable),
    ] {
        let project: Project = project(url, DECLARED);
        let error = Warehouse::apply(project.path()).try_run(Mode::Incremental).expect_err("no address");
        assert_eq!(error.code, Some(code), "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
