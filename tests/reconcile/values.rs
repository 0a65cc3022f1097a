//! Values of every type, at their ends: the sums of both sides agree, so that no row but the one at the boundary is read; and
//! each value by itself is told from another.

use dwc_runner::Mode;
use dwc_tests::warehouse::Warehouse;

use super::{Server, of, told};

const DECLARED: &str = "t:
  primary_key: id
  cursor: updated_at
  columns:
    { id: INT64, whole: INT64, flag: BOOL, price: NUMERIC, big_price: BIGNUMERIC, counted: NUMERIC, note: STRING, code: STRING,
      fixed: STRING, raw: BYTES, day: DATE, local_at: DATETIME, by_clock: TIMESTAMP, instant: TIMESTAMP, clock: TIME,
      updated_at: TIMESTAMP }";

/// Extremes, NULL, empty texts, blanks at the ends, text that looks like a separator, sentinels, times that clocks skip.
const ROWS: &[&str] = &[
    "1, 0, {f}, 0, 0, 0, '', '', '', {x}, '2026-01-01', '2026-01-01 00:00:00', '2026-01-01 00:00:00', '2026-01-01 00:00:00', '00:00:00'",
    "2, 9223372036854775807, {t}, 99999999999.999999, 12345678901234567890.123456789012345678, 4294967295, '김치 🥬', 'é', 'ab  ', {x00ff}, '9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59', '2026-03-01 08:30:00.123456', '23:59:59.999999'",
    "3, -9223372036854775808, NULL, -0.000001, -0.000000000000000001, -1, '  a ', '-,', 'x', {x2c}, '1000-01-01', '1000-01-01 00:00:00', '1000-01-01 12:00:00', '1970-01-01 00:00:01', '09:30:00.25'",
    "4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "5, -1, {t}, 100, 1000000, 100, '3:abc,4:', 'line\nbreak', 'tab\t', {x0a}, '2024-02-29', '1987-05-10 02:30:00', '1987-05-10 02:30:00', '2026-12-31 23:59:59.999999', '12:00:00.000001'",
    "6, 10, {f}, -100.10, -0.10, 10, 'Ünïcödé ''quoted'' \"\"', '%_', '\u{1f}', {x}, '1900-01-01', '1900-01-01 00:00:00', '1988-10-09 02:30:00', '2000-02-29 00:00:00', '00:00:00.000001'",
];

fn server(server: &Server) {
    let (types, words): (&str, [(&str, &str); 6]) = match server {
        Server::MariaDb(_) => (
            "id INT PRIMARY KEY, whole BIGINT, flag TINYINT(1), price DECIMAL(18, 6), big_price DECIMAL(38, 18), counted BIGINT, \
             note TEXT CHARACTER SET utf8mb4, code VARCHAR(50) CHARACTER SET latin1, fixed CHAR(10), raw VARBINARY(20), day DATE, \
             local_at DATETIME(6), by_clock DATETIME, instant TIMESTAMP(6) NULL, clock TIME(6), updated_at TIMESTAMP NULL",
            [
                ("{t}", "1"),
                ("{f}", "0"),
                ("{x}", "x''"),
                ("{x00ff}", "x'00ff'"),
                ("{x2c}", "x'2c'"),
                ("{x0a}", "x'0a'"),
            ],
        ),
        Server::Postgres(_) => (
            "id INT PRIMARY KEY, whole BIGINT, flag BOOLEAN, price NUMERIC(18, 6), big_price NUMERIC, counted BIGINT, \
             note TEXT, code VARCHAR(50), fixed CHAR(10), raw BYTEA, day DATE, local_at TIMESTAMP, by_clock TIMESTAMP, \
             instant TIMESTAMPTZ, clock TIME, updated_at TIMESTAMPTZ",
            [
                ("{t}", "TRUE"),
                ("{f}", "FALSE"),
                ("{x}", "''"),
                ("{x00ff}", "'\\x00ff'"),
                ("{x2c}", "'\\x2c'"),
                ("{x0a}", "'\\x0a'"),
            ],
        ),
    };
    server.execute(&format!("CREATE TABLE t ({types})"));
    for row in ROWS {
        let row = words.iter().fold((*row).to_owned(), |row, (from, to)| row.replace(from, to));
        server.execute(&format!("INSERT INTO t VALUES ({row}, '2026-01-01 00:00:00')"));
    }
    // The row that is read again.
    server.execute("INSERT INTO t (id, updated_at) VALUES (99, '2026-02-01 00:00:00')");
}

#[test]
fn equal_values_have_equal_sums() {
    for one in Server::both() {
        server(&one);
        let (keys, columns) = DECLARED.split_once("{ id: INT64,").expect("columns");
        let mut read = Vec::new();
        for column in columns.trim_end().trim_end_matches('}').split(',').map(str::trim) {
            if column.starts_with("updated_at") {
                continue;
            }
            let declared = format!("{keys}{{ id: INT64, {column}, updated_at: TIMESTAMP }}");
            let warehouse = Warehouse::apply(one.project(&declared, "").path());
            warehouse.run(Mode::Incremental);
            assert_eq!(warehouse.rows("SELECT COUNT(*) FROM dw_landing.shop__t"), [["7"]]);
            let found = warehouse.reconcile(false);
            assert!(found.offences().is_empty() && found.told().is_empty(), "{found:#?}");
            let t = of(&found.tables, "shop.t");
            if (t.unsummed.as_deref(), t.read) != (None, 1) {
                read.push(column.to_owned());
            }
        }
        // A time that the clocks skip lands as the hour after it.
        assert_eq!(read, ["by_clock: TIMESTAMP"]);
    }
}

#[test]
fn every_column_is_told_from_another_value() {
    for one in Server::both() {
        server(&one);
        let warehouse = Warehouse::apply(one.project(DECLARED, "").path());
        warehouse.run(Mode::Incremental);
        let hands = [
            ("whole", "7"),
            ("flag", "TRUE"),
            ("price", "7"),
            ("big_price", "0.5"),
            ("counted", "8"),
            ("note", "' '"),
            ("code", "'E'"),
            ("fixed", "'y'"),
            ("raw", "'\\x01'::BLOB"),
            ("day", "DATE '2026-01-02'"),
            ("local_at", "TIMESTAMP '2026-01-01 00:00:00.000001'"),
            ("by_clock", "TIMESTAMP '2026-01-01 00:00:00.000001'"),
            ("instant", "TIMESTAMP '2026-01-01 00:00:00.000001'"),
            ("clock", "TIME '00:00:00.000002'"),
        ];
        for (column, value) in hands {
            warehouse.execute(&format!("UPDATE dw_landing.shop__t__rows SET {column} = {value} WHERE id = 1"));
            warehouse.execute(&format!("UPDATE dw_landing.shop__t__rows SET {column} = {value} WHERE id = 4"));
            let found = warehouse.reconcile(true);
            assert_eq!(told(&found.offences()), [""; 0], "{column}");
            let mended = told(&found.mended());
            assert!(mended.len() == 1 && mended[0].contains(&format!("id=4: {column} is ")), "{column}: {mended:?}");
        }
        super::assert_clean(&warehouse, "after all of them");
    }
}

#[test]
fn what_has_no_sum_is_read_row_by_row() {
    for one in Server::both() {
        one.execute(
            "CREATE TABLE f (id INT PRIMARY KEY, ratio DOUBLE PRECISION, doc JSON, updated_at TIMESTAMP NULL);
             INSERT INTO f VALUES (1, 0.1, '{\"a\": [1, 2.50]}', '2026-01-01 00:00:00'), (2, -1e300, 'null', '2026-01-01 00:00:00'),
               (3, -0.0, NULL, '2026-01-01 00:00:00'), (4, NULL, NULL, '2026-02-01 00:00:00');",
        );
        let table = "f:
  primary_key: id
  cursor: updated_at
  columns: { id: INT64, ratio: FLOAT64, doc: JSON, updated_at: TIMESTAMP }";
        let warehouse = Warehouse::apply(one.project(table, "").path());
        warehouse.run(Mode::Incremental);
        let found = warehouse.reconcile(false);
        assert!(found.offences().is_empty() && found.told().is_empty(), "{found:#?}");
        let f = of(&found.tables, "shop.f");
        assert_eq!((f.unsummed.as_deref(), f.read), (Some("ratio"), 4));
        one.execute("UPDATE f SET ratio = 0.2 WHERE id = 1");
        assert_eq!(told(&warehouse.reconcile(false).offences()), ["DW0971 id=1: ratio is 0.1, not 0.2"]);
    }
}
