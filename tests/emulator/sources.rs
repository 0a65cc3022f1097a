//! What is landed on the emulator beside its database: the same differences are found as on the embedded engine, and mended.

use dwc_compiler::model::Project as Checked;
use dwc_runner::{DuckDbWarehouse, Mode, ReconcileOptions, Reconciled, Warehouse, reconcile};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::{Project, at};

use super::{apply, checked, run};

fn project(url: &str) -> String {
    format!(
        "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: {{ dev: {{ type: duckdb }} }}
#- models/shop.yml
source: shop
type: mysql
url: \"{url}\"
tables:
  items:
    primary_key: id
    cursor: updated_at
    detect_deletes: full_pass
    columns:
      {{ id: INT64, name: STRING, price: NUMERIC, sold_on: DATE, opens: TIME, is_new: BOOL, photo: BYTES, local_at: DATETIME,
        stamped_at: TIMESTAMP, updated_at: TIMESTAMP }}
  coupons:
    primary_key: code
    cursor: updated_at
    columns: {{ code: STRING, rate: FLOAT64, tags: JSON, updated_at: TIMESTAMP }}
"
    )
}

const ITEMS: &str = "CREATE DATABASE shop; USE shop;
  CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT, price DECIMAL(20,4), sold_on DATE, opens TIME(6), is_new TINYINT(1),
    photo BLOB, local_at DATETIME(6), stamped_at DATETIME, updated_at TIMESTAMP NULL);
  INSERT INTO items VALUES
    (1, '김치 ''맛'' \\\\ 1', 12.3400, '2026-02-28', '09:30:00.25', 1, x'00ff10', '2026-01-01 00:00:00.123456', '2026-01-01 00:00:00', '2026-01-01 09:00:00'),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-01 10:00:00'),
    (3, '셋', 3, '1000-01-01', '23:59:59', 0, '', '1000-01-01 00:00:00', '2026-01-03 12:00:00', '2026-01-01 11:00:00'),
    (4, '', -100.10, '9999-12-31', '00:00:00', 0, x'2c', '9999-12-31 23:59:59.999999', '2026-01-03 12:00:00', '2026-02-01 11:00:00');
  CREATE TABLE coupons (code VARCHAR(20) PRIMARY KEY, rate DOUBLE, tags JSON, updated_at TIMESTAMP NULL);
  INSERT INTO coupons VALUES ('a', 0.1, '{\"a\": [1, 2.50]}', '2026-01-01 10:00:00'), ('b', NULL, NULL, '2026-02-01 10:00:00');";

/// What is found, as a person reads it, and the rows of each table that were read.
fn told(found: &Reconciled) -> (Vec<String>, Vec<i64>) {
    let all = found.offences().into_iter().chain(found.told()).chain(found.mended());
    let keys = |keys: &[String]| keys.join("; ");
    (
        all.map(|one| format!("{} {}", one.code.id(), keys(&one.keys))).collect(),
        found.tables.iter().map(|table| table.read).collect(),
    )
}

fn all(engine: &dyn Warehouse, project: &Checked, disk: &Project, repairs: bool) -> (Vec<String>, Vec<i64>) {
    let tables = project.tables.iter().map(|table| table.address.clone()).collect();
    let options = ReconcileOptions::all(tables, at("2031-01-01"), repairs);
    let found = reconcile(engine, project, disk.path(), &options, &mut |_| ());
    told(&found.unwrap_or_else(|error| panic!("{error:?}")))
}

#[test]
fn a_database_is_compared_as_on_the_embedded_engine() {
    let emulator = BigQueryEmulator::start();
    let server = MariaDb::start();
    let disk = Project::new(&project(&server.url("shop")));
    let checked = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    for engine in [&here as &dyn Warehouse, &there] {
        server.execute(&format!("DROP DATABASE IF EXISTS shop; {ITEMS}"));
        apply(engine, &checked);
        run(engine, &checked, disk.path(), Mode::Incremental, None);
        let clean = all(engine, &checked, &disk, false);
        // Of the items the row at the boundary alone is read; the coupons have columns without a sum.
        assert_eq!(clean, (Vec::new(), vec![2, 1]));
        server.execute(
            "USE shop; UPDATE items SET price = 12.35, name = NULL WHERE id = 1; DELETE FROM items WHERE id = 3;
             INSERT INTO items (id, updated_at) VALUES (5, '2026-01-01 00:00:00'); UPDATE coupons SET rate = 0.2;",
        );
        let (found, _) = all(engine, &checked, &disk, false);
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[0], "DW0971 code=a: rate is 0.1, not 0.2");
        assert_eq!(found[1], "DW0970 id=5");
        assert!(found[2].starts_with("DW0971 id=1: name is 김치 '맛' \\ 1, not NULL; price is 12.34"), "{found:?}");
        assert_eq!(found[3], "DW0972 id=3");
        let (mended, _) = all(engine, &checked, &disk, true);
        assert_eq!(mended.len(), 4, "{mended:?}");
        assert_eq!(all(engine, &checked, &disk, false).0, [""; 0]);
        let ids = engine.table("SELECT id FROM dw_landing.shop__items ORDER BY id").expect("rows").1;
        let ids: Vec<String> = ids.into_iter().flatten().flatten().collect();
        assert_eq!(ids, ["1", "2", "4", "5"]);
    }
}
