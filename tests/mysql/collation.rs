//! Keys of a server that compares them without case: what `import` writes of them loads as the server joins them, and a
//! reading in chunks loses no key between two spellings.

use dwc_runner::Mode;
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::Project;
use dwc_tests::warehouse::{Warehouse, counts};

const STAR: &str = "
#- models/store.yml
dimension: store
description: A store.
from: shop.stores
natural_key: code
effective_at: updated_at
attributes: { label: { scd: 2 } }
#- models/sale.yml
fact: sale
business_process: ordering
grain: { description: one row per order, key: [id] }
from: shop.orders
event_time: sold_at
dimensions: { store: { on: store_code } }
measures: { amount: { additive: all, unit: won } }
";

#[test]
fn orders_meet_their_stores_as_on_the_server() {
    let server = MariaDb::start();
    server.execute(
        "CREATE DATABASE shop; USE shop;
         CREATE TABLE stores (code VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, label TEXT, updated_at DATETIME);
         INSERT INTO stores VALUES ('a', 'one', '2026-01-01'), ('B', 'two', '2026-01-01'), ('c', 'three', '2026-01-01'),
           ('D', 'four', '2026-01-01'), ('e', 'five', '2026-01-01');
         CREATE TABLE orders (id INT PRIMARY KEY, store_code VARCHAR(20) COLLATE utf8mb4_general_ci, sold_at DATETIME, amount INT);
         INSERT INTO orders VALUES (1, 'A', '2026-01-02', 10), (2, 'b', '2026-01-02', 20), (3, 'C', '2026-01-02', 30),
           (4, 'd', '2026-01-02', 40), (5, 'E', '2026-01-02', 50), (6, 'zz', '2026-01-02', 60);",
    );
    let code = "{ type: STRING, collation: \"und:ci\" }";
    let project = Project::new(&format!(
        "#- dwc.yml\nname: shop\ntimezone: UTC\ntargets: {{ dev: {{ type: duckdb, path: target/w.duckdb }} }}\n\
         #- models/shop.yml\nsource: shop\ntype: mysql\nurl: \"{}\"\nchunk_rows: 1\ntables:\n  \
         stores: {{ primary_key: code, cursor: updated_at, detect_deletes: full_pass, max_deleted_share: 1, columns: {{ code: {code}, label: STRING, updated_at: DATETIME }} }}\n  \
         orders: {{ primary_key: id, cursor: sold_at, columns: {{ id: INT64, store_code: {code}, sold_at: DATETIME, amount: INT64 }} }}{STAR}",
        server.url("shop")
    ));
    let warehouse = Warehouse::apply(project.path());
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "shop.stores").inserted, 5, "chunks of one row lose no key between two spellings");
    let joined = || {
        let sql = "SELECT o.id, s.label FROM shop.orders AS o LEFT JOIN shop.stores AS s ON s.code = o.store_code ORDER BY o.id";
        let rows = server.query(sql).into_iter();
        rows.map(|row| format!("{} {}", row[0], row[1])).collect::<Vec<_>>()
    };
    let bound = || {
        let sql = "SELECT f.id, CASE WHEN d.store_key < 0 THEN 'NULL' ELSE d.label END FROM dw.sale AS f \
                   JOIN dw.store AS d USING (store_key) ORDER BY f.id";
        let rows = warehouse.rows(sql).into_iter();
        rows.map(|row| format!("{} {}", row[0], row[1])).collect::<Vec<_>>()
    };
    assert_eq!(bound(), ["1 one", "2 two", "3 three", "4 four", "5 five", "6 NULL"]);
    assert_eq!(bound(), joined());

    // The server keeps one row of both spellings, and so does the warehouse.
    server.execute(
        "USE shop; UPDATE stores SET code = 'A', updated_at = '2026-01-03' WHERE code = 'A'; DELETE FROM stores WHERE code = 'C';
         INSERT INTO orders VALUES (7, 'a', '2026-01-04', 70);",
    );
    let full = warehouse.run(Mode::Full);
    assert_eq!(counts(&full, "shop.stores").deleted, 1);
    let landed = "SELECT code FROM dw_landing.shop__stores ORDER BY 1";
    assert_eq!(warehouse.rows(landed), [["A"], ["B"], ["D"], ["e"]]);
    let members = "SELECT code, label FROM dw.store WHERE store_key >= 0 AND is_current AND NOT is_inferred ORDER BY 1";
    assert_eq!(warehouse.rows(members), [["A", "one"], ["B", "two"], ["D", "four"], ["e", "five"]]);
    assert_eq!(bound().last().map(String::as_str), Some("7 one"));
}
