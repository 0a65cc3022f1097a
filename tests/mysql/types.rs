//! Every column type of the server as the types that it may be declared with, and what is refused.

use dwc_runner::Mode;
use dwc_tests::warehouse::counts;

use super::shop;

#[test]
fn every_type_comes_over_exactly() {
    let (_server, _project, warehouse) = shop(
        "CREATE TABLE t (
           id INT PRIMARY KEY, tiny TINYINT(1), flag TINYINT(1), small SMALLINT UNSIGNED, big BIGINT UNSIGNED,
           price DECIMAL(20, 6), ratio DOUBLE, short_ratio FLOAT, local_at DATETIME(6), placed_at DATETIME,
           at_utc TIMESTAMP(6) NULL, seen_at TIMESTAMP NULL, day DATE, span TIME(3), clock TIME, bits BIT(10),
           bit_flag BIT(1), doc JSON, kind ENUM('a', 'b'), tags SET('x', 'y'), made YEAR, raw VARBINARY(10), note TEXT,
           latin VARCHAR(20) CHARACTER SET latin1);
         SET time_zone = '+00:00';
         INSERT INTO t VALUES
           (1, 2, 1, 65535, 9223372036854775807, 12345678901234.567891, 0.1, 0.5, '2026-03-01 08:30:00.123456',
            '2026-03-01 08:30:00', '2026-03-01 08:30:00.123456', '2026-03-01 08:30:00', '2026-02-28', '-100:30:00.250',
            '23:59:59', b'1000000001', b'1', '{\"a\": [1, \"é\"]}', 'b', 'x,y', 2026, x'00ff', '김치 🥬', 'café'),
           (2, 0, 0, 0, 0, -0.000001, -1e300, NULL, '9999-12-31 23:59:59.999999', '2026-03-01 00:00:00',
            '1970-01-01 00:00:01', NULL, '1000-01-01', '838:59:59', '00:00:00', b'0', b'0', 'null', 'a', '', 1901, '', '', '')",
        "t:
  primary_key: id
  columns:
    { id: INT64, tiny: INT64, flag: BOOL, small: INT64, big: INT64, price: NUMERIC, ratio: FLOAT64, short_ratio: FLOAT64,
      local_at: DATETIME, placed_at: TIMESTAMP, at_utc: TIMESTAMP, seen_at: DATETIME, day: DATE, span: STRING, clock: TIME,
      bits: INT64, bit_flag: BOOL, doc: JSON, kind: STRING, tags: STRING, made: INT64, raw: BYTES, note: STRING,
      latin: STRING }",
    );
    warehouse.run(Mode::Incremental);
    let names = [
        "tiny",
        "flag",
        "small",
        "big",
        "price",
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
        "bit_flag",
        "doc",
        "kind",
        "tags",
        "made",
        "hex(raw)",
        "note",
        "latin",
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
            "tiny = 2",
            "flag = true",
            "small = 65535",
            "big = 9223372036854775807",
            "price = 12345678901234.567891000",
            "ratio = 0.1",
            "short_ratio = 0.5",
            "local_at = 2026-03-01 08:30:00.123456",
            "placed_at = 2026-02-28 23:30:00",
            "at_utc = 2026-03-01 08:30:00.123456",
            "seen_at = 2026-03-01 17:30:00",
            "day = 2026-02-28",
            "span = -100:30:00.250",
            "clock = 23:59:59",
            "bits = 513",
            "bit_flag = true",
            "doc = {\"a\": [1, \"é\"]}",
            "kind = b",
            "tags = x,y",
            "made = 2026",
            "hex(raw) = 00FF",
            "note = 김치 🥬",
            "latin = café",
            "tiny = 0",
            "flag = false",
            "small = 0",
            "big = 0",
            "price = -0.000001000",
            "ratio = -1e+300",
            "short_ratio = NULL",
            "local_at = 9999-12-31 23:59:59.999999",
            "placed_at = 2026-02-28 15:00:00",
            "at_utc = 1970-01-01 00:00:01",
            "seen_at = NULL",
            "day = 1000-01-01",
            "span = 838:59:59.000",
            "clock = 00:00:00",
            "bits = 0",
            "bit_flag = false",
            "doc = null",
            "kind = a",
            "tags = ",
            "made = 1901",
            "hex(raw) = ",
            "note = ",
            "latin = ",
        ]
    );
}

#[test]
fn what_does_not_fit_is_kept_as_an_error_event() {
    let (_server, _project, warehouse) = shop(
        "SET sql_mode = '';
         CREATE TABLE t (id INT PRIMARY KEY, big BIGINT UNSIGNED, day DATE, at DATETIME, span TIME, flag TINYINT, doc TEXT, raw VARBINARY(4), wide DECIMAL(40, 10));
         INSERT INTO t VALUES (1, 18446744073709551615, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (2, 1, '0000-00-00', NULL, NULL, NULL, NULL, NULL, NULL),
           (3, 1, NULL, '2026-02-00 00:00:00', NULL, NULL, NULL, NULL, NULL), (4, 1, NULL, NULL, '24:00:00', NULL, NULL, NULL, NULL),
           (5, 1, NULL, NULL, '-00:00:01', NULL, NULL, NULL, NULL), (6, 1, NULL, NULL, NULL, 2, NULL, NULL, NULL), (7, 1, NULL, NULL, NULL, NULL, '{a', NULL, NULL),
           (8, 1, NULL, NULL, NULL, NULL, NULL, x'ff', NULL), (9, 1, '2026-01-01', '2026-01-01', '10:00', 1, '[]', 'ok', 0.5),
           (10, 1, NULL, NULL, NULL, NULL, NULL, NULL, 123456789012345678901234567890.5)",
        "t:
  primary_key: id
  max_rejected_share: 1
  columns: { id: INT64, big: INT64, day: DATE, at: DATETIME, span: TIME, flag: BOOL, doc: JSON, raw: STRING, wide: NUMERIC }",
    );
    let report = warehouse.run(Mode::Incremental);
    let landed = counts(&report, "shop.t");
    assert_eq!((landed.extracted, landed.inserted, landed.rejected), (10, 1, 9));
    assert_eq!(
        warehouse.rows("SELECT id, \"at\", raw FROM dw_landing.shop__t__rows"),
        [["9", "2026-01-01 00:00:00", "ok"]]
    );
    let events = warehouse.rows("SELECT place, screen, reason FROM _dwc.error_events ORDER BY CAST(place AS BIGINT)");
    let reasons: Vec<String> = events.iter().map(|row| row.join(" ")).collect();
    assert_eq!(
        reasons,
        [
            "1 cast `big` is not an INT64: 18446744073709551615",
            "2 cast `day` is not a DATE: a zero date",
            "3 cast `at` is not a DATETIME: a zero date",
            "4 cast `span` is not a TIME: not a time of day; declare it as STRING",
            "5 cast `span` is not a TIME: not a time of day; declare it as STRING",
            "6 cast `flag` is not a BOOL: 2",
            "7 cast `doc` is not a JSON: key must be a string at line 1 column 2",
            "8 cast `raw` is not a STRING: not UTF-8, 0xff",
            "10 cast `wide` is not a NUMERIC: 123456789012345678901234567890.5000000000",
        ]
    );
    let kept = warehouse.rows("SELECT source_row FROM _dwc.error_events WHERE place IN ('1', '2', '8') ORDER BY place");
    assert!(kept[0][0].contains("\"big\":18446744073709551615"), "{kept:?}");
    assert!(kept[1][0].contains("\"day\":\"0000-00-00\""), "{kept:?}");
    assert!(kept[2][0].contains("\"raw\":\"0xff\""), "{kept:?}");
}
