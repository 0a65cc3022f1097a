//! Increments, windows, deletes, first loads in chunks and columns that change.

use dwc_runner::Mode;
use dwc_tests::project::at;
use dwc_tests::warehouse::{Warehouse, counts};

use super::shop;

const ORDERS: &str = "CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(20), updated_at TIMESTAMPTZ);
    INSERT INTO orders VALUES (1, 'new', '2026-01-01 10:00+00'), (2, 'new', '2026-01-01 11:00+00'), (3, 'new', NULL);";

const DECLARED: &str = "orders:
  primary_key: id
  cursor: updated_at
  lookback: 30m
  detect_deletes: full_pass
  columns: { id: INT64, status: STRING, updated_at: TIMESTAMP }";

fn landed(warehouse: &Warehouse) -> Vec<Vec<String>> {
    warehouse.rows("SELECT id, status FROM dw_landing.shop__orders ORDER BY id")
}

fn watermark(warehouse: &Warehouse) -> String {
    warehouse.rows("SELECT cursor_value FROM _dwc.watermarks")[0][0].clone()
}

#[test]
fn an_increment_reads_from_its_watermark_less_the_lookback() {
    let (server, _project, warehouse) = shop(ORDERS, "", DECLARED);
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "shop.orders").inserted, 3);
    assert_eq!(watermark(&warehouse), "2026-01-01 11:00:00");
    let report = warehouse.run(Mode::Incremental);
    let again = counts(&report, "shop.orders");
    assert_eq!((again.extracted, again.unchanged), (2, 2));
    server.query(
        "shop",
        "INSERT INTO orders VALUES (5, 'late', '2026-01-01 10:40+00'), (6, 'too late', '2026-01-01 10:20+00'),
           (7, 'ahead', '2999-01-01');
         UPDATE orders SET status = 'paid', updated_at = '2026-01-01 11:30+00' WHERE id = 1; DELETE FROM orders WHERE id = 2",
    );
    warehouse.run(Mode::Incremental);
    assert_eq!(landed(&warehouse), [["1", "paid"], ["2", "new"], ["3", "new"], ["5", "late"], ["7", "ahead"]]);
    assert!(watermark(&warehouse).as_str() < "2999");
    let report = warehouse.run(Mode::Full);
    let full = counts(&report, "shop.orders");
    assert_eq!((full.inserted, full.deleted), (1, 1));
    assert_eq!(landed(&warehouse).len(), 5);
}

#[test]
fn a_window_is_read_again() {
    let (server, _project, warehouse) = shop(ORDERS, "", DECLARED);
    warehouse.run(Mode::Incremental);
    server.query(
        "shop",
        "UPDATE orders SET status = 'paid'; INSERT INTO orders VALUES (4, 'gap', '2026-01-01 10:05+00')",
    );
    let window = dwc_runner::Interval { from: Some(at("2026-01-01T10")), to: at("2026-01-01T11") };
    warehouse.run(Mode::Interval(window));
    assert_eq!(landed(&warehouse), [["1", "paid"], ["2", "new"], ["3", "paid"], ["4", "gap"]]);
}

#[test]
fn chunks_of_every_key_hold_every_row_once() {
    for (key, value) in [
        ("k BIGINT", "n * 1000003 - 9000000000"),
        ("k TEXT", "'key ''' || n || ' ' || md5(n::text)"),
        ("k TEXT COLLATE \"C\"", "chr(65 + (n % 26)::int) || E'\\\\' || n"),
        ("k TIMESTAMPTZ", "'2026-01-01'::timestamptz + n * interval '1 minute'"),
        ("k NUMERIC", "n / 7.0"),
        ("k UUID", "md5(n::text)::uuid"),
    ] {
        let (_server, _project, warehouse) = shop(
            &format!(
                "CREATE TABLE t ({key}, part INT, updated_at TIMESTAMP NOT NULL, PRIMARY KEY (k, part));
                 INSERT INTO t SELECT {value}, part, '2026-01-01'::timestamp + n * interval '1 second'
                 FROM generate_series(1, 700) AS n, generate_series(1, 3) AS part; ANALYZE t"
            ),
            "chunk_rows: 200\n",
            "t:\n  primary_key: [k, part]\n  cursor: updated_at\n  columns: { k: STRING, part: INT64, updated_at: DATETIME }",
        );
        let report = warehouse.run(Mode::Incremental);
        let read: i64 = report.sources[0].tables.iter().map(|table| table.inserted).sum();
        assert_eq!(read, 2100, "{key}");
        let rows = warehouse.rows("SELECT COUNT(*), COUNT(DISTINCT (k, part)) FROM dw_landing.shop__t__rows");
        assert_eq!(rows, [["2100", "2100"]], "{key}");
        // The first load is a batch of its own, before the increment.
        assert_eq!(warehouse.rows("SELECT COUNT(*) FROM _dwc.batches"), [["2"]], "{key}");
    }
}

#[test]
fn a_table_that_evolves_lands_what_is_not_declared() {
    let (server, _project, warehouse) = shop(
        "CREATE TABLE t (id INT PRIMARY KEY, channel TEXT, raw BYTEA, price NUMERIC); INSERT INTO t VALUES (1, 'app', '\\x0f', 1.10)",
        "",
        "t: { primary_key: id, on_schema_change: evolve, columns: { id: INT64 } }",
    );
    warehouse.run(Mode::Incremental);
    let extra = "SELECT json_extract_string(_extra, '$.channel'), json_extract_string(_extra, '$.raw'), \
        json_extract_string(_extra, '$.price') FROM dw_landing.shop__t__rows";
    assert_eq!(warehouse.rows(extra), [["app", "0F", "1.10"]]);
    server.query(
        "shop",
        "ALTER TABLE t ADD COLUMN added BOOLEAN DEFAULT true; ALTER TABLE t ALTER COLUMN price TYPE TEXT",
    );
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(report.sources[0].notices[0].keys, ["`price` was numeric and is text", "`added` boolean is new"]);
    assert_eq!(
        warehouse.rows("SELECT json_extract_string(_extra, '$.added') FROM dw_landing.shop__t__rows"),
        [["true"]]
    );
}

#[test]
fn a_full_reading_with_rows_without_a_key_deletes_nothing() {
    let items = "items:
  primary_key: item_id
  detect_deletes: full_pass
  max_rejected_share: 1
  columns: { item_id: INT64, name: STRING }";
    let (server, _project, warehouse) = shop(
        "CREATE TABLE items (item_id TEXT, name TEXT); INSERT INTO items VALUES ('1', 'a'), ('2', 'b'), ('3', 'c')",
        "",
        items,
    );
    warehouse.run(Mode::Full);
    let live = || warehouse.rows("SELECT item_id, name FROM dw_landing.shop__items ORDER BY item_id");
    for nameless in ["NULL", "'?'"] {
        server.query(
            "shop",
            &format!(
                "DELETE FROM items WHERE item_id = '3'; UPDATE items SET name = 'A' WHERE item_id = '1';
                 INSERT INTO items VALUES ({nameless}, 'x')"
            ),
        );
        let report = warehouse.run(Mode::Full);
        let codes: Vec<&str> = report.sources[0].notices.iter().map(|notice| notice.code.as_str()).collect();
        assert_eq!(codes, ["DW0916"], "{nameless}");
        let found = counts(&report, "shop.items");
        assert_eq!((found.deleted, found.rejected), (0, 1), "{nameless}");
        assert_eq!(live(), [["1", "A"], ["2", "b"], ["3", "c"]], "{nameless}");
        server.query("shop", "DELETE FROM items WHERE name = 'x'");
    }
    let report = warehouse.run(Mode::Full);
    assert_eq!(counts(&report, "shop.items").deleted, 1);
    assert!(report.sources[0].notices.is_empty(), "{:?}", report.sources[0].notices);
    assert_eq!(live(), [["1", "A"], ["2", "b"]]);
}
