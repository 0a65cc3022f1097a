//! Every column type of the server as the types that it may be declared with, and what is refused.

use dwc_runner::Mode;
use dwc_tests::warehouse::counts;

use super::shop;

#[test]
fn every_type_comes_over_exactly() {
    let (_server, _project, warehouse) = shop(
        r#"CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE SCHEMA "Sales";
           CREATE TABLE "Sales"."T" (
             id INT PRIMARY KEY, flag BOOLEAN, flag_number BOOLEAN, small SMALLINT, big BIGINT, price NUMERIC(20, 6),
             cost MONEY, ratio DOUBLE PRECISION, short_ratio REAL, local_at TIMESTAMP, placed_at TIMESTAMP,
             at_utc TIMESTAMPTZ, seen_at TIMESTAMPTZ(3), day DATE, span INTERVAL, clock TIME, bits BIT(10), doc JSONB,
             plain_doc JSON, numbers INT[], number_text INT[], kind mood, raw BYTEA, note TEXT, code CHAR(3), mark UUID,
             place INET, stretch INT4RANGE, "Odd name" VARCHAR(10));
           INSERT INTO "Sales"."T" VALUES
             (1, true, true, -32768, 9223372036854775807, 12345678901234.567891, 1234.50, 0.1, 0.5,
              '2026-03-01 08:30:00.123456', '2026-03-01 08:30:00', '2026-03-01 08:30:00.123456+09', '2026-03-01 08:30:00+00',
              '2026-02-28', '1 day 02:03:04', '23:59:59.5', B'1000000001', '{"a": [1, "é"]}', '[1]', '{1,2}', '{1,2}',
              'bad', '\x00ff', E'tab\there \\ line\nnext 🥬', 'ab', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '10.0.0.1',
              '[1,5)', 'x'),
             (2, false, NULL, 0, 0, -0.000001, NULL, -1e300, NULL, '9999-12-31 23:59:59.999999', '2026-03-01 00:00:00',
              '1970-01-01 00:00:01+00', NULL, '0001-01-01', NULL, '00:00', NULL, 'null', NULL, '{}', NULL, NULL, '', '\N',
              NULL, NULL, NULL, NULL, NULL)"#,
        "",
        "t:
  name: Sales.T
  primary_key: id
  columns:
    { id: INT64, flag: BOOL, flag_number: INT64, small: INT64, big: INT64, price: NUMERIC, cost: NUMERIC, ratio: FLOAT64,
      short_ratio: FLOAT64, local_at: DATETIME, placed_at: TIMESTAMP, at_utc: TIMESTAMP, seen_at: DATETIME, day: DATE,
      span: STRING, clock: TIME, bits: STRING, doc: JSON, plain_doc: JSON, numbers: JSON, number_text: STRING,
      kind: STRING, raw: BYTES, note: STRING, code: STRING, mark: STRING, place: STRING, stretch: STRING }",
    );
    warehouse.run(Mode::Incremental);
    let names = [
        "flag",
        "flag_number",
        "small",
        "big",
        "price",
        "cost",
        "ratio",
        "short_ratio",
        "local_at",
        "placed_at",
        "at_utc",
        "seen_at",
        "day",
        "span",
        "clock",
        "bits",
        "doc",
        "plain_doc",
        "numbers",
        "number_text",
        "kind",
        "hex(raw)",
        "note",
        "code",
        "mark",
        "place",
        "stretch",
    ];
    let rows = warehouse.rows(&format!(
        "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (SELECT {} FROM dw_landing.shop__t__rows ORDER BY id)",
        names.join(", ")
    ));
    let values: Vec<String> =
        rows.iter().flat_map(|row| names.iter().zip(row).map(|(name, value)| format!("{name} = {value}"))).collect();
    assert_eq!(
        values,
        [
            "flag = true",
            "flag_number = 1",
            "small = -32768",
            "big = 9223372036854775807",
            "price = 12345678901234.567891000",
            "cost = 1234.500000000",
            "ratio = 0.1",
            "short_ratio = 0.5",
            "local_at = 2026-03-01 08:30:00.123456",
            "placed_at = 2026-02-28 23:30:00",
            "at_utc = 2026-02-28 23:30:00.123456",
            "seen_at = 2026-03-01 17:30:00",
            "day = 2026-02-28",
            "span = 1 day 02:03:04",
            "clock = 23:59:59.5",
            "bits = 1000000001",
            "doc = {\"a\": [1, \"é\"]}",
            "plain_doc = [1]",
            "numbers = [1,2]",
            "number_text = {1,2}",
            "kind = bad",
            "hex(raw) = 00FF",
            "note = tab\there \\ line\nnext 🥬",
            "code = ab ",
            "mark = a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "place = 10.0.0.1",
            "stretch = [1,5)",
            "flag = false",
            "flag_number = NULL",
            "small = 0",
            "big = 0",
            "price = -0.000001000",
            "cost = NULL",
            "ratio = -1e+300",
            "short_ratio = NULL",
            "local_at = 9999-12-31 23:59:59.999999",
            "placed_at = 2026-02-28 15:00:00",
            "at_utc = 1970-01-01 00:00:01",
            "seen_at = NULL",
            "day = 0001-01-01",
            "span = NULL",
            "clock = 00:00:00",
            "bits = NULL",
            "doc = null",
            "plain_doc = NULL",
            "numbers = []",
            "number_text = NULL",
            "kind = NULL",
            "hex(raw) = ",
            "note = \\N",
            "code = NULL",
            "mark = NULL",
            "place = NULL",
            "stretch = NULL",
        ]
    );
}

#[test]
fn what_does_not_fit_is_kept_as_an_error_event() {
    let (_server, _project, warehouse) = shop(
        "CREATE TABLE t (id INT PRIMARY KEY, at_utc TIMESTAMPTZ, day DATE, price NUMERIC, clock TIME, count NUMERIC);
         INSERT INTO t VALUES (1, 'infinity', NULL, 1, NULL, 1), (2, NULL, '0044-03-15 BC', 1, NULL, 1),
           (3, NULL, NULL, 'NaN', NULL, 1), (4, NULL, NULL, 0.1234567891, NULL, 1), (5, NULL, NULL, NULL, '24:00', 1),
           (6, NULL, NULL, NULL, NULL, 1.5), (7, '2026-01-01', '2026-01-01', 1, '10:00', 7)",
        "",
        "t:
  primary_key: id
  columns: { id: INT64, at_utc: TIMESTAMP, day: DATE, price: NUMERIC, clock: TIME, count: INT64 }",
    );
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "shop.t").rejected, 6);
    let reasons = warehouse.rows("SELECT reason FROM _dwc.error_events ORDER BY place");
    let reasons: Vec<&str> = reasons.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(
        reasons,
        [
            "`at_utc` is not a TIMESTAMP: infinity",
            "`day` is not a DATE: 0044-03-15 BC",
            "`price` is not a NUMERIC: NaN",
            "`price` is not a NUMERIC: 0.1234567891",
            "`clock` is not a TIME: 24:00:00",
            "`count` is not an INT64: 1.5",
        ]
    );
}

#[test]
fn bits_that_are_no_text_stop_the_source() {
    let (_server, _project, warehouse) = shop(
        "CREATE TABLE t (id INT PRIMARY KEY, bits BIT(4))",
        "",
        "t: { primary_key: id, columns: { id: INT64, bits: INT64 } }",
    );
    let error = warehouse.try_run(Mode::Incremental).expect_err("a text of bits is not a number");
    assert!(error.to_string().contains("is of type bit(4), which is not INT64"), "{error}");
}
