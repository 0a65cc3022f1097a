//! A database that is read onto the emulator lands as on the embedded engine: types, increments, deletes, rows that do not
//! cast.

use std::path::Path;

use dwc_compiler::model::Project as Checked;
use dwc_runner::{DuckDbWarehouse, Mode, Warehouse};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::Project;

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
    max_rejected_share: 0.5
    columns:
      {{ id: INT64, name: STRING, price: NUMERIC, rate: FLOAT64, sold_on: DATE, opens: TIME, is_new: BOOL, photo: BYTES,
        tags: JSON, stamped_at: TIMESTAMP, updated_at: DATETIME }}
"
    )
}

const ITEMS: &str = "CREATE DATABASE shop; USE shop;
  CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT, price DECIMAL(20,4), rate DOUBLE, sold_on DATE, opens TIME,
    is_new TINYINT(1), photo BLOB, tags JSON, stamped_at TIMESTAMP NULL, updated_at DATETIME);
  INSERT INTO items VALUES
    (1, '김치 ''맛'' \\\\ 1', 12.3400, 0.1, '2026-02-28', '09:30:00', 1, x'00ff10', '{\"a\": [1, 2]}', '2026-01-01 00:00:00', '2026-01-01 09:00:00'),
    (2, NULL, -0.0001, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-01 10:00:00'),
    (3, '셋', 3, 3, '2026-03-03', '23:59:59', 0, '', '[]', '2026-01-03 00:00:00', '2026-01-01 11:00:00');";

/// What is landed, and what was counted.
fn landed(engine: &dyn Warehouse, state: &str) -> Vec<Vec<Vec<Option<String>>>> {
    let read = |sql: &str| engine.table(sql).unwrap_or_else(|error| panic!("{error:?}")).1;
    [
        "SELECT id, name, price, rate, sold_on, is_new, photo, stamped_at, updated_at FROM dw_landing.shop__items ORDER BY id"
            .to_owned(),
        "SELECT id, CAST(opens AS STRING) AS opens, CAST(JSON_VALUE(tags, '$.a[1]') AS INT64) AS tag \
         FROM dw_landing.shop__items ORDER BY id"
            .replace("JSON_VALUE(tags, '$.a[1]')", if state == "_dwc" { "tags->>'$.a[1]'" } else { "JSON_VALUE(tags, '$.a[1]')" })
            .replace("AS STRING", if state == "_dwc" { "AS VARCHAR" } else { "AS STRING" })
            .replace("AS INT64", if state == "_dwc" { "AS BIGINT" } else { "AS INT64" }),
        "SELECT id, _deleted, _batch FROM dw_landing.shop__items__rows ORDER BY id".to_owned(),
        format!("SELECT * FROM {state}.table_batches ORDER BY batch, source_table"),
        format!("SELECT source_table, cursor_value, batch FROM {state}.watermarks ORDER BY source_table"),
        format!("SELECT source_table, name, type FROM {state}.source_columns ORDER BY source_table, place"),
    ]
    .map(|sql| read(&sql))
    .into()
}

fn load(engine: &dyn Warehouse, project: &Checked, folder: &Path, server: &MariaDb) {
    server.execute(&format!("DROP DATABASE IF EXISTS shop; {ITEMS}"));
    apply(engine, project);
    run(engine, project, folder, Mode::Incremental, None);
    server.execute(
        "USE shop; UPDATE items SET price = 99.5, updated_at = '2026-01-02 00:00:00' WHERE id = 2;
         INSERT INTO items (id, name, sold_on, updated_at) VALUES (4, '넷', '2026-04-04', '2026-01-02 01:00:00');",
    );
    run(engine, project, folder, Mode::Incremental, None);
    server.execute("DELETE FROM shop.items WHERE id = 1;");
    run(engine, project, folder, Mode::Full, None);
}

#[test]
fn a_database_lands_as_on_the_embedded_engine() {
    let emulator = BigQueryEmulator::start();
    let server = MariaDb::start();
    let disk = Project::new(&project(&server.url("shop")));
    let checked = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    load(&here, &checked, disk.path(), &server);
    load(&there, &checked, disk.path(), &server);
    let (expected, found) = (landed(&here, "_dwc"), landed(&there, "dw_dwc"));
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(expected, found);
    }
    assert_eq!(expected[0].len(), 3, "one of four is gone");
}
