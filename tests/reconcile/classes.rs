//! Each kind of difference by itself: how it is told, and what a repair does about it.

use dwc_runner::Mode;
use dwc_tests::warehouse::Warehouse;

use super::{Server, assert_clean, of, told};

const ORDERS: &str = "CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(20), amount DECIMAL(10, 2), \
                      updated_at TIMESTAMP NULL);
  INSERT INTO orders VALUES (1, 'new', 10.50, '2026-01-01 10:00:00'), (2, 'new', 20, '2026-01-01 11:00:00'),
    (3, 'paid', 30, '2026-01-01 12:00:00'), (4, 'new', NULL, '2026-01-01 13:00:00'), (5, 'new', 0, NULL);";

fn declared(deletes: &str) -> String {
    format!(
        "orders:
  primary_key: id
  cursor: updated_at
  lookback: 30m
  detect_deletes: {deletes}
  columns: {{ id: INT64, status: STRING, amount: NUMERIC, updated_at: TIMESTAMP }}"
    )
}

const SALE: &str = "#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/sale.yml
fact: sale
business_process: ordering
grain: { description: one row per order, key: id }
query: SELECT id, status, amount, updated_at FROM {{ source('shop.orders') }}
event_time: updated_at
dimensions:
  changed_on: { dimension: date, on: updated_at }
degenerate: [status]
measures:
  amount: { additive: all, unit: piece }
";

#[test]
fn what_no_run_would_read_is_found_and_repaired() {
    for server in Server::both() {
        server.execute(ORDERS);
        let project = server.project(&declared("full_pass"), SALE);
        let warehouse = Warehouse::apply(project.path());
        warehouse.run(Mode::Incremental);
        let clean = warehouse.reconcile(false);
        assert!(clean.offences().is_empty() && clean.told().is_empty(), "{clean:#?}");
        // The row at the boundary, and the one without a cursor, are those that the next run reads.
        assert_eq!((of(&clean.tables, "shop.orders").read, of(&clean.tables, "shop.orders").newer), (2, 0));

        // A commit that came too late, a change without its cursor, and a delete.
        server.execute("INSERT INTO orders VALUES (6, 'late', 1, '2026-01-01 09:00:00')");
        server.execute("UPDATE orders SET status = 'paid', amount = 11 WHERE id = 1");
        server.execute("DELETE FROM orders WHERE id = 3");
        // What the next run reads.
        server.execute("INSERT INTO orders VALUES (7, 'new', 7, '2026-01-01 14:00:00')");
        server.execute("UPDATE orders SET status = 'paid' WHERE id IN (4, 5)");
        // A hand in the warehouse.
        warehouse.execute("UPDATE dw_landing.shop__orders__rows SET amount = 21 WHERE id = 2");
        let found = warehouse.reconcile(false);
        assert_eq!(
            told(&found.offences()),
            [
                "DW0970 id=6",
                "DW0971 id=1: status is new, not paid; amount is 10.500000000, not 11.000000000; id=2: amount is 21.000000000, not 20.000000000"
            ]
        );
        assert_eq!(told(&found.told()), ["DW0972 id=3"]);
        let orders = of(&found.tables, "shop.orders");
        assert_eq!((orders.missing, orders.different, orders.extra, orders.newer), (1, 2, 1, 3));

        let repaired = warehouse.reconcile(true);
        assert!(repaired.offences().is_empty() && repaired.told().is_empty(), "{repaired:#?}");
        assert_eq!(repaired.mended().len(), 3);
        let done = of(&repaired.tables, "shop.orders").repaired.clone().expect("a repair");
        assert_eq!((done.extracted, done.inserted, done.updated, done.deleted), (4, 1, 2, 1));
        assert_eq!(
            warehouse.rows("SELECT id, status, amount FROM dw.sale ORDER BY id"),
            [["1", "paid", "11"], ["2", "new", "20"], ["4", "new", "NULL"], ["5", "new", "0"], ["6", "late", "1"]]
        );
        assert_clean(&warehouse, "after the repair");
        // The repair has not moved the watermark: the next run reads what is newer.
        warehouse.run(Mode::Incremental);
        assert_eq!(
            warehouse.rows("SELECT id, status FROM dw.sale WHERE id IN (4, 5, 7) ORDER BY id"),
            [["4", "paid"], ["5", "paid"], ["7", "new"]]
        );
        assert!(warehouse.audit().is_empty());
    }
}

#[test]
fn rows_that_the_source_purges_stay_where_deletes_are_not_detected() {
    for server in Server::both() {
        server.execute(ORDERS);
        let warehouse = Warehouse::apply(server.project(&declared("none"), "").path());
        warehouse.run(Mode::Incremental);
        server.execute("DELETE FROM orders WHERE id IN (1, 2)");
        let found = warehouse.reconcile(true);
        assert_eq!(told(&found.told()), ["DW0972 id=1; id=2"]);
        assert!(found.offences().is_empty() && of(&found.tables, "shop.orders").repaired.is_none());
        assert_eq!(warehouse.rows("SELECT COUNT(*) FROM dw_landing.shop__orders"), [["5"]]);
    }
}

#[test]
fn a_source_that_lost_most_of_its_rows_deletes_none() {
    let server = Server::mariadb();
    server.execute(ORDERS);
    let warehouse = Warehouse::apply(server.project(&declared("full_pass"), "").path());
    warehouse.run(Mode::Incremental);
    server.execute("DELETE FROM orders");
    let found = warehouse.reconcile(true);
    assert_eq!(told(&found.offences()), ["DW0914 "]);
    assert_eq!(warehouse.rows("SELECT COUNT(*) FROM dw_landing.shop__orders"), [["5"]]);
}

#[test]
fn a_row_that_does_not_cast_is_counted_and_not_missing() {
    for server in Server::both() {
        server.execute(
            "CREATE TABLE t (id INT PRIMARY KEY, pieces VARCHAR(20), updated_at TIMESTAMP NULL);
             INSERT INTO t VALUES (1, '1', '2026-01-01 10:00:00'), (2, 'many', '2026-01-01 10:00:00'),
               (3, '3', '2026-01-01 11:00:00');",
        );
        let table = "t:
  primary_key: id
  cursor: updated_at
  columns: { id: INT64, pieces: INT64, updated_at: TIMESTAMP }";
        let warehouse = Warehouse::apply(server.project(table, "").path());
        warehouse.run(Mode::Incremental);
        // A state that cast has landed, and the one that follows it does not.
        server.execute("UPDATE t SET pieces = 'one' WHERE id = 1");
        let found = warehouse.reconcile(true);
        assert!(found.offences().is_empty() && found.told().is_empty(), "{found:#?}");
        let t = of(&found.tables, "shop.t");
        assert_eq!((t.rejected, t.unsummed.as_deref()), (2, Some("pieces")));
    }
}

#[test]
fn a_deleted_mark_is_compared_as_a_delete() {
    for server in Server::both() {
        server.execute(
            "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), gone_at TIMESTAMP NULL, updated_at TIMESTAMP NULL);
             INSERT INTO t VALUES (1, 'a', NULL, '2026-01-01 10:00:00'), (2, 'b', '2026-01-01 09:00:00', '2026-01-01 10:00:00'),
               (3, 'c', NULL, '2026-01-01 11:00:00');",
        );
        let table = "t:
  primary_key: id
  cursor: updated_at
  detect_deletes: column
  delete_column: gone_at
  columns: { id: INT64, name: STRING, gone_at: TIMESTAMP, updated_at: TIMESTAMP }";
        let warehouse = Warehouse::apply(server.project(table, "").path());
        warehouse.run(Mode::Incremental);
        let clean = warehouse.reconcile(false);
        assert!(clean.offences().is_empty() && clean.told().is_empty(), "{clean:#?}");
        assert_eq!(of(&clean.tables, "shop.t").read, 1);
        server.execute("UPDATE t SET gone_at = '2026-01-01 12:00:00' WHERE id = 1");
        assert_eq!(told(&warehouse.reconcile(false).offences()), ["DW0971 id=1: is deleted in the source"]);
        assert!(warehouse.reconcile(true).offences().is_empty());
        assert_eq!(warehouse.rows("SELECT id FROM dw_landing.shop__t ORDER BY id"), [["3"]]);
        server.execute("UPDATE t SET gone_at = NULL WHERE id = 2");
        assert_eq!(told(&warehouse.reconcile(false).offences()), ["DW0970 id=2"]);
        assert!(warehouse.reconcile(true).offences().is_empty());
        assert_clean(&warehouse, "after the repair");
    }
}

#[test]
fn a_table_without_a_cursor_is_read_by_each_run_and_has_no_finding_but_rows_that_are_gone() {
    for server in Server::both() {
        server.execute(
            "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        );
        let table = "t: { primary_key: id, columns: { id: INT64, name: STRING } }";
        let warehouse = Warehouse::apply(server.project(table, "").path());
        let before = warehouse.reconcile(false);
        assert_eq!(of(&before.tables, "shop.t").left_out.as_deref(), Some("`dwc run` has yet to read it"));
        warehouse.run(Mode::Incremental);
        assert_clean(&warehouse, "after a run");
        server.execute("UPDATE t SET name = 'x' WHERE id = 1");
        server.execute("DELETE FROM t WHERE id = 2");
        server.execute("INSERT INTO t VALUES (4, 'd')");
        let found = warehouse.reconcile(false);
        assert!(found.offences().is_empty());
        assert_eq!((told(&found.told()), of(&found.tables, "shop.t").newer), (vec!["DW0972 id=2".to_owned()], 2));
    }
}
