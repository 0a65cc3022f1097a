//! Intervals and gaps: a window is read again, what was missed is known, and a gap closes.

use dwc_runner::{DuckDbWarehouse, Interval, Mode};
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::{Project, at};
use dwc_tests::warehouse::{Warehouse, counts};

use super::{project, shop};

const ORDERS: &str = "CREATE TABLE orders (id INT PRIMARY KEY, status TEXT, updated_at DATETIME NULL);
  CREATE TABLE stores (id INT PRIMARY KEY);
  INSERT INTO orders VALUES (1, 'new', '2026-01-01 10:00:00'), (2, 'new', '2026-01-01 11:00:00'), (3, 'new', NULL);";

const DECLARED: &str = "orders:
  primary_key: id
  cursor: updated_at
  detect_deletes: full_pass
  columns: { id: INT64, status: STRING, updated_at: DATETIME }
stores:
  primary_key: id
  columns: { id: INT64 }";

/// Noon to noon by clocks in Seoul is 03:00 to 03:00 UTC.
fn window(from: &str, to: &str) -> Mode {
    Mode::Interval(Interval { from: Some(at(from)), to: at(to) })
}

fn landed(warehouse: &Warehouse) -> Vec<Vec<String>> {
    warehouse.rows("SELECT id, status FROM dw_landing.shop__orders__rows WHERE NOT _deleted ORDER BY id")
}

fn watermark(warehouse: &Warehouse) -> String {
    let mark = "SELECT cursor_value FROM _dwc.watermarks WHERE source_table = 'shop.orders'";
    warehouse.rows(mark)[0][0].clone()
}

/// The state as it would be had the table been loaded last at an instant.
fn loaded_until(warehouse: &Warehouse, at: &str) {
    warehouse.execute(&format!("UPDATE _dwc.loaded SET loaded_to = '{at}'; UPDATE _dwc.watermarks SET bound = '{at}'"));
}

#[test]
fn a_window_is_repaired_and_infers_no_delete() {
    let (server, _project, warehouse) = shop(ORDERS, DECLARED);
    warehouse.run(Mode::Incremental);
    server.execute(
        "USE shop; UPDATE orders SET status = 'silent'; DELETE FROM orders WHERE id = 3;
         INSERT INTO orders VALUES (4, 'missed', '2026-01-01 10:30:00'), (5, 'missed', '2026-01-01 12:00:00')",
    );
    let report = warehouse.run(window("2026-01-01T01", "2026-01-01T02"));
    let repaired = counts(&report, "shop.orders");
    assert_eq!((repaired.extracted, repaired.inserted, repaired.updated, repaired.deleted), (2, 1, 1, 0));
    assert_eq!(landed(&warehouse), [["1", "silent"], ["2", "new"], ["3", "new"], ["4", "missed"]]);
    assert_eq!(watermark(&warehouse), "2026-01-01 11:00:00");
    assert_eq!(report.sources[0].left_out, ["shop.stores"]);
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.orders").inserted, 1);
}

#[test]
fn a_window_past_a_hole_leaves_the_watermark_and_a_gap() {
    let (server, _project, warehouse) = shop(ORDERS, DECLARED);
    warehouse.run(Mode::Incremental);
    loaded_until(&warehouse, "2026-01-02 00:00:00");
    server.execute(
        "USE shop; INSERT INTO orders VALUES (4, 'in the hole', '2026-01-03 12:00:00'), (5, 'beyond', '2026-01-05 12:00:00')",
    );
    let day = window("2026-01-04T15", "2026-01-05T15");
    assert_eq!(counts(&warehouse.run(day), "shop.orders").inserted, 1);
    assert_eq!(watermark(&warehouse), "2026-01-01 11:00:00");
    assert_eq!(warehouse.gaps(), ["shop.orders 2026-01-02 00:00:00 2026-01-04 15:00:00 "]);

    let report = warehouse.run(Mode::FillGaps);
    let filled = counts(&report, "shop.orders");
    assert_eq!((filled.extracted, filled.inserted), (2, 1));
    assert_eq!(watermark(&warehouse), "2026-01-03 12:00:00");
    assert_eq!(warehouse.gaps(), Vec::<String>::new());
    assert!(warehouse.run(Mode::FillGaps).sources[0].tables.is_empty());

    // A window that meets what is loaded carries the watermark on.
    server.execute("USE shop; INSERT INTO orders VALUES (6, 'next', '2026-01-06 08:00:00')");
    assert_eq!(counts(&warehouse.run(window("2026-01-05T15", "2026-01-06T15")), "shop.orders").inserted, 1);
    assert_eq!(watermark(&warehouse), "2026-01-06 08:00:00");
    let report = warehouse.run(Mode::Incremental);
    assert_eq!((counts(&report, "shop.orders").extracted, counts(&report, "shop.orders").unchanged), (2, 2));
}

#[test]
fn a_server_that_is_down_leaves_a_gap_until_it_is_read() {
    let mut server = MariaDb::start();
    server.execute(&format!("CREATE DATABASE shop; USE shop; {ORDERS}"));
    let project: Project = project(&server.url("shop"), DECLARED);
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    assert_eq!(project.dwc(&["run"]).code, Some(0));
    server.stop();
    for at in ["2099-01-01T01", "2099-01-01T02"] {
        assert_eq!(project.dwc(&["run", "--at", at]).code, Some(99));
    }
    assert_eq!(
        project.dwc(&["run", "--mode", "interval", "--from", "2099-02-01", "--to", "2099-02-02"]).code,
        Some(99)
    );
    let shown = project.dwc(&["state", "show"]).stdout;
    assert!(shown.contains("2099-01-01 02:00:00") && shown.contains("2099-02-02 00:00:00"), "{shown}");
    assert!(shown.contains("dwc run --fill-gaps"), "{shown}");
    let file = project.path().join("target/w.duckdb").display().to_string();
    let gaps = || DuckDbWarehouse::open(&file).expect("it opens").state().expect("a state").expect("applied").gaps;
    assert_eq!(gaps().len(), 3, "{:?}", gaps());

    server.start_again();
    // The source's own clock says how far it is read: what is still to come stays a gap.
    assert_eq!(project.dwc(&["run", "--fill-gaps"]).code, Some(0));
    let after = gaps();
    assert_eq!(after.len(), 3, "{after:?}");
    assert!(after[0].interval.from > gaps_before_2030(), "{after:?}");
}

/// Any instant before the test runs.
fn gaps_before_2030() -> Option<chrono::NaiveDateTime> {
    dwc_runner::parse_time("2026-02-01")
}

#[test]
fn wrong_intervals_are_said() {
    let project = project("mysql://root@127.0.0.1:1/shop", DECLARED);
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    for arguments in [
        &["run", "--mode", "interval", "--from", "2026-01-02"][..],
        &["run", "--mode", "interval", "--from", "2026-01-02", "--to", "2026-01-01"],
        &["run", "--from", "2026-01-02", "--to", "2026-01-03"],
        &["run", "--fill-gaps", "--mode", "full"],
    ] {
        assert_eq!(project.dwc(arguments).code, Some(1), "{arguments:?}");
    }
}
