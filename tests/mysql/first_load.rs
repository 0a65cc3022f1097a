//! The first load of a large table: chunks of every kind of key hold every row once, and a kill costs one chunk.

use std::path::{Path, PathBuf};

use dwc_runner::{DuckDbWarehouse, Mode};
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

use super::project;

/// A project whose first loads go by chunks of so many rows.
fn chunked(server: &MariaDb, rows: u32, tables: &str) -> Project {
    let project = project(&server.url("shop"), tables);
    let source = project.read("models/shop.yml");
    project.write("models/shop.yml", &source.replace("tables:", &format!("chunk_rows: {rows}\ntables:")));
    project
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The boundary behind the second chunk: the record that the run begins has two of its own before it.
const AFTER_TWO_CHUNKS: &str = "4";

#[test]
fn chunks_of_every_key_hold_every_row_once() {
    let server = MariaDb::start();
    let at = "'2026-01-01' + INTERVAL seq SECOND";
    server.execute(&format!(
        "CREATE DATABASE shop; USE shop;
         CREATE TABLE numbers (id BIGINT UNSIGNED PRIMARY KEY, at DATETIME);
         INSERT INTO numbers SELECT IF(seq < 1500, seq, 18446744073709551615 - seq), {at} FROM seq_1_to_2000;
         CREATE TABLE `lines` (order_id INT, line_no INT, at DATETIME, PRIMARY KEY (order_id, line_no));
         INSERT INTO `lines` SELECT CAST(seq AS SIGNED) DIV 4 - 200, seq MOD 4, {at} FROM seq_1_to_2000;
         CREATE TABLE tenants (tenant INT, code VARCHAR(20), at DATETIME, PRIMARY KEY (tenant, code));
         INSERT INTO tenants SELECT 1 + seq MOD 2, CONCAT('Ä', seq), {at} FROM seq_1_to_2000;
         CREATE TABLE codes (code VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, at DATETIME);
         INSERT INTO codes SELECT CONCAT(CHAR(65 + seq MOD 50), '\\'', seq), {at} FROM seq_1_to_2000;
         CREATE TABLE days (day DATE, price DECIMAL(10, 2), at DATETIME, PRIMARY KEY (day, price));
         INSERT INTO days SELECT '2020-01-01' + INTERVAL seq DIV 10 DAY, seq / 100, {at} FROM seq_1_to_2000;
         CREATE TABLE raws (raw BINARY(4) PRIMARY KEY, at DATETIME);
         INSERT INTO raws SELECT UNHEX(LPAD(HEX(seq * 1000003), 8, '0')), {at} FROM seq_1_to_2000;
         CREATE TABLE loose (id INT NULL, at DATETIME, KEY (id));
         INSERT INTO loose SELECT seq, {at} FROM seq_1_to_2000;
         ANALYZE TABLE numbers, `lines`, tenants, codes, days, raws, loose;"
    ));
    let project = chunked(
        &server,
        150,
        "numbers: { primary_key: id, cursor: at, columns: { id: NUMERIC, at: DATETIME } }
lines: { primary_key: [order_id, line_no], cursor: at, columns: { order_id: INT64, line_no: INT64, at: DATETIME } }
tenants: { primary_key: [tenant, code], cursor: at, columns: { tenant: INT64, code: STRING, at: DATETIME } }
codes: { primary_key: code, cursor: at, columns: { code: STRING, at: DATETIME } }
days: { primary_key: [day, price], cursor: at, columns: { day: DATE, price: NUMERIC, at: DATETIME } }
raws: { primary_key: raw, cursor: at, columns: { raw: BYTES, at: DATETIME } }
loose: { primary_key: id, cursor: at, columns: { id: INT64, at: DATETIME } }",
    );
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    for (table, key, batches) in [
        ("numbers", "id", "2"),
        ("lines", "order_id, line_no", "2"),
        ("tenants", "tenant, code", "2"),
        ("codes", "code", "2"),
        ("days", "day, price", "2"),
        // Neither bytes nor a key that may be NULL is cut.
        ("raws", "raw", "1"),
        ("loose", "id", "1"),
    ] {
        let counted = warehouse.rows(&format!(
            "SELECT COUNT(*), COUNT(DISTINCT ({key})), MAX(\"at\") FROM dw_landing.shop__{table}__rows WHERE NOT _deleted"
        ));
        assert_eq!(counted, [["2000", "2000", "2026-01-01 00:33:20"]], "{table}");
        let first = warehouse.rows(&format!(
            "SELECT COUNT(*), SUM(inserted), MAX(superseded) FROM _dwc.table_batches WHERE source_table = 'shop.{table}'"
        ));
        assert_eq!(first, [[batches, "2000", "0"]], "{table}");
    }
    assert_eq!(warehouse.gaps(), Vec::<String>::new());
    assert_eq!(files(&project.path().join("target/staging")), Vec::<PathBuf>::new());
}

#[test]
fn a_killed_first_load_goes_on_at_the_next_chunk() {
    let server = MariaDb::start();
    server.execute(
        "CREATE DATABASE shop; USE shop;
         CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(20), updated_at DATETIME);
         INSERT INTO orders SELECT seq, 'new', '2026-01-01' + INTERVAL seq SECOND FROM seq_1_to_4000;
         ANALYZE TABLE orders;",
    );
    let tables =
        "orders: { primary_key: id, cursor: updated_at, columns: { id: INT64, status: STRING, updated_at: DATETIME } }";
    let project = chunked(&server, 300, tables);
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    let staging = project.path().join("target/staging");
    let done = || files(&staging).iter().filter(|path| path.extension().is_some_and(|end| end == "parquet")).count();
    for kill in 1..=3 {
        // Two readers may both come to a boundary before one of them dies.
        assert_eq!(project.dwc_with(&[("DWC_CRASH_AT", AFTER_TWO_CHUNKS)], &["run"]).code, None);
        assert!((2 * kill..=3 * kill).contains(&done()), "{} chunks after {kill} kills", done());
    }
    // The first chunks are not read again; what the cursor shows is seen by the increment that follows.
    server.execute(
        "USE shop; UPDATE orders SET status = 'silent' WHERE id = 1;
         UPDATE orders SET status = 'paid', updated_at = '2026-02-01' WHERE id IN (2, 3999);
         INSERT INTO orders VALUES (0, 'late', '2026-02-02'), (5000, 'late', '2026-02-02')",
    );
    let run = project.dwc(&["run"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(files(&staging), Vec::<PathBuf>::new());
    let engine =
        DuckDbWarehouse::open(&project.path().join("target/w.duckdb").display().to_string()).expect("it opens");
    let rows = |sql: &str| -> Vec<String> {
        engine.rows(sql).expect("rows").into_iter().flatten().map(Option::unwrap_or_default).collect()
    };
    let table = "dw_landing.shop__orders__rows";
    assert_eq!(
        rows(&format!("SELECT status || COUNT(*) FROM {table} GROUP BY status ORDER BY 1")),
        ["late2", "new3998", "paid2"]
    );
    assert_eq!(rows("SELECT cursor_value FROM _dwc.watermarks"), ["2026-02-02 00:00:00"]);
}

#[test]
fn a_declaration_that_changed_begins_anew() {
    let server = MariaDb::start();
    server.execute(
        "CREATE DATABASE shop; USE shop; CREATE TABLE orders (id INT PRIMARY KEY, total INT, at DATETIME);
         INSERT INTO orders SELECT seq, seq, '2026-01-01' FROM seq_1_to_1000; ANALYZE TABLE orders;",
    );
    let declared = "orders: { primary_key: id, cursor: at, columns: { id: INT64, total: INT64, at: DATETIME } }";
    let project = chunked(&server, 200, declared);
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    assert_eq!(project.dwc_with(&[("DWC_CRASH_AT", AFTER_TWO_CHUNKS)], &["run"]).code, None);
    let source = project.read("models/shop.yml");
    project.write("models/shop.yml", &source.replace("total: INT64", "total: STRING"));
    assert_eq!(project.dwc(&["apply", "--auto-approve", "--allow-destructive", "shop.orders"]).code, Some(0));
    let run = project.dwc(&["run"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("1000"), "{run:?}");
}
