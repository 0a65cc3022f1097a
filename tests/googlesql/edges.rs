//! Functions at the edges of their domains: NULL, extremes, halves, signs, infinities, text that almost fits.
//! The arguments are generated; Google's evaluator says on each run what is right, errors included.

use dwc_tests::googlesql::GoogleSql;
use serde_json::Value;

use super::compare::{self, Item, Verdict};

const INT64: &[&str] = &["NULL", "0", "-7", "9223372036854775807"];
const SMALL: &[&str] = &["NULL", "2", "-2", "400", "-400"];
pub(super) const FLOAT64: &[&str] = &[
    "CAST(NULL AS FLOAT64)",
    "0.0",
    "-0.5",
    "2.675",
    "0.285",
    "4503599627370497.5",
    "1.7976931348623157e308",
    "-1.7976931348623157e308",
    "CAST('inf' AS FLOAT64)",
];
pub(super) const NUMERIC: &[&str] = &[
    "CAST(NULL AS NUMERIC)",
    "NUMERIC '0'",
    "NUMERIC '2.5'",
    "NUMERIC '99999999999999999999999999999.999999999'",
    "NUMERIC '-99999999999999999999999999999.999999999'",
];
pub(super) const DATE: &[&str] =
    &["CAST(NULL AS DATE)", "DATE '0001-01-01'", "DATE '9999-12-31'", "DATE '2024-02-29'", "DATE '2024-12-30'"];
pub(super) const TIMESTAMP: &[&str] = &[
    "CAST(NULL AS TIMESTAMP)",
    "TIMESTAMP '0001-01-01 00:00:00+00'",
    "TIMESTAMP '9999-12-31 23:59:59.999999+00'",
    "TIMESTAMP '1969-12-31 23:59:59.5+00'",
];
pub(super) const DATETIME: &[&str] =
    &["CAST(NULL AS DATETIME)", "DATETIME '0001-01-01 00:00:00'", "DATETIME '9999-12-31 23:59:59.999999'"];
pub(super) const TEXT: &[&str] = &[
    "CAST(NULL AS STRING)",
    "''",
    "'a'",
    "' 12 '",
    "'1.5'",
    "'0x1F'",
    "'1e400'",
    "'99999999999999999999'",
    "'2024-01-05 10:00:00'",
    "'2024-01-05T10:00:00Z'",
    "'2024-1-5'",
    "'2024-02-30'",
    "'10000-01-01'",
    "'true'",
    "'24:00:00'",
    "'12:30:15.1234567'",
];

/// Fills `$1`, `$2` with every combination of values.
pub(super) fn fill(template: &str, values: &[&[&str]]) -> Vec<String> {
    let mut out = vec![template.to_string()];
    for (i, values) in values.iter().enumerate() {
        let mark = format!("${}", i + 1);
        out = out.iter().flat_map(|t| values.iter().map(|v| t.replace(&mark, v)).collect::<Vec<_>>()).collect();
    }
    out
}

/// Google's answers. Many expressions go in one statement, each beside whether it fails; where one of them does not
/// even analyze, each goes alone.
fn answers(google: &GoogleSql, expressions: &[String]) -> Vec<Item> {
    let item = |expression: &String, rows: Option<Vec<Value>>| Item {
        sql: format!("SELECT {expression} AS value"),
        fails: rows.is_none(),
        rows,
    };
    let columns: Vec<String> = expressions
        .iter()
        .enumerate()
        .map(|(i, e)| format!("NULLIFERROR({e}) AS v{i}, ISERROR({e}) AS e{i}"))
        .collect();
    if let Ok(rows) = google.evaluate(&format!("SELECT {}", columns.join(", ")), &[]) {
        let answer = |i: usize| {
            let fails = rows[0][&format!("e{i}")] == Value::Bool(true);
            (!fails).then(|| vec![serde_json::json!({ "value": rows[0][&format!("v{i}")] })])
        };
        return expressions.iter().enumerate().map(|(i, e)| item(e, answer(i))).collect();
    }
    let alone = |e: &String| google.evaluate(&format!("SELECT {e} AS value"), &[]).ok();
    expressions.iter().map(|e| item(e, alone(e).map(|rows| rows.into_iter().map(Value::Object).collect()))).collect()
}

/// Both engines' answers must be the same, errors included.
pub(super) fn judge(name: &str, expressions: &[String]) {
    let google = GoogleSql::start();
    let items: Vec<Item> = expressions.chunks(20).flat_map(|some| answers(&google, some)).collect();
    let report = compare::run(&items);
    report.print(name);
    let refused = report.notes.iter().filter(|(item, v)| matches!(v, Verdict::Refused(_)) && !item.fails).count();
    println!("{name}: {refused} refused that Google answers");
    assert_eq!(report.different, 0);
}

#[test]
fn rounding_is_exact() {
    let mut all = fill("ROUND($1)", &[FLOAT64]);
    all.extend(fill("TRUNC($1)", &[FLOAT64]));
    all.extend(fill("ROUND($1, $2)", &[FLOAT64, SMALL]));
    all.extend(fill("TRUNC($1, $2)", &[FLOAT64, SMALL]));
    // Every third value that ends in 5: no binary float has it exactly.
    all.extend((0..60).map(|n| format!("ROUND({}.{:02}5, 2)", n * 7 % 100, n * 37 % 100)));
    judge("rounding", &all);
}

#[test]
fn arithmetic_keeps_its_range() {
    let mut all = Vec::new();
    for op in ["+", "-", "*", "/"] {
        all.extend(fill(&format!("$1 {op} $2"), &[FLOAT64, &FLOAT64[3..6]]));
        all.extend(fill(&format!("$1 {op} $2"), &[NUMERIC, NUMERIC]));
        all.extend(fill(&format!("$1 {op} $2"), &[INT64, INT64]));
    }
    for function in ["SAFE_ADD", "SAFE_SUBTRACT", "SAFE_MULTIPLY", "SAFE_DIVIDE"] {
        all.extend(fill(&format!("{function}($1, $2)"), &[FLOAT64, &FLOAT64[3..6]]));
        all.extend(fill(&format!("{function}($1, $2)"), &[NUMERIC, NUMERIC]));
        all.extend(fill(&format!("{function}($1, $2)"), &[INT64, INT64]));
    }
    judge("arithmetic", &all);
}

#[test]
fn moments_keep_their_range() {
    let days: &[&str] = &["NULL", "0", "1", "-1", "5000000", "9223372036854775807"];
    let mut all = fill("$1 + $2", &[DATE, days]);
    all.extend(fill("$1 - $2", &[DATE, days]));
    for part in ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"] {
        all.extend(fill(&format!("DATE_ADD($1, INTERVAL $2 {part})"), &[DATE, &days[1..5]]));
        all.extend(fill(&format!("DATETIME_SUB($1, INTERVAL $2 {part})"), &[DATETIME, &days[1..5]]));
        all.extend(fill(&format!("DATE_TRUNC($1, {part})"), &[DATE]));
        all.extend(fill(&format!("LAST_DAY($1, {part})"), &[DATE]));
    }
    for part in ["MICROSECOND", "SECOND", "HOUR", "DAY"] {
        all.extend(fill(&format!("TIMESTAMP_ADD($1, INTERVAL $2 {part})"), &[TIMESTAMP, &days[1..5]]));
        all.extend(fill(&format!("TIMESTAMP_SUB($1, INTERVAL $2 {part})"), &[TIMESTAMP, &days[1..5]]));
        all.extend(fill(&format!("DATETIME_ADD($1, INTERVAL $2 {part})"), &[DATETIME, &days[1..5]]));
    }
    for function in ["DATE_FROM_UNIX_DATE", "TIMESTAMP_SECONDS", "TIMESTAMP_MILLIS", "TIMESTAMP_MICROS"] {
        let values: &[&str] =
            &["NULL", "0", "-1", "2932896", "2932897", "-719163", "253402300800", "253402300800000000"];
        all.extend(fill(&format!("{function}($1)"), &[values]));
    }
    judge("moments", &all);
}

#[test]
fn structs_compare_field_by_field() {
    let items: &[&str] = &[
        "STRUCT(1 AS a, 'x' AS b)",
        "STRUCT(1 AS a, CAST(NULL AS STRING) AS b)",
        "STRUCT(2 AS a, CAST(NULL AS STRING) AS b)",
        "STRUCT(CAST(NULL AS INT64) AS a, 'y' AS b)",
        "CAST(NULL AS STRUCT<a INT64, b STRING>)",
    ];
    let mut all = fill("$1 = $2", &[items, items]);
    all.extend(fill("$1 != $2", &[items, items]));
    all.extend(fill("$1 IN ($2)", &[items, items]));
    judge("structs", &all);
}

#[test]
fn casts_of_text() {
    let mut all = Vec::new();
    for ty in ["INT64", "FLOAT64", "NUMERIC", "BOOL", "DATE", "DATETIME", "TIMESTAMP", "TIME", "BYTES"] {
        // From an expression, so that no literal is read at compile time.
        all.extend(fill(&format!("CAST(CONCAT($1, '') AS {ty})"), &[TEXT]));
        all.extend(fill(&format!("SAFE_CAST(CONCAT($1, '') AS {ty})"), &[TEXT]));
    }
    judge("casts", &all);
}

#[test]
fn safe_swallows_the_errors_of_its_function_alone() {
    let errors = ["1 / 0", "CAST('a' AS INT64)", "ERROR('x')", "DIV(1, 0)"];
    let mut all: Vec<String> = Vec::new();
    for error in errors {
        for shape in [
            "SAFE.ABS(CAST($1 AS INT64))",
            "SAFE.SUBSTR('a', CAST($1 AS INT64))",
            "SAFE_CAST($1 AS STRING)",
            "SAFE.SQRT(CAST($1 AS FLOAT64))",
            "SAFE_ADD(CAST($1 AS INT64), 1)",
            "SAFE.TIMESTAMP_SECONDS(CAST($1 AS INT64))",
            "SAFE_NEGATE(CAST($1 AS INT64))",
            "SAFE.CHR(CAST($1 AS INT64))",
            "SAFE.LEFT('abc', CAST($1 AS INT64))",
        ] {
            all.push(shape.replace("$1", error));
        }
    }
    judge("safe", &all);
}

#[test]
fn statistics_of_few_rows() {
    let rows = ["1.5 AS x, 2.5 AS y", "CAST(NULL AS FLOAT64) AS x, 1.0 AS y", "CAST('inf' AS FLOAT64) AS x, 1.0 AS y"];
    let functions = [
        "VAR_SAMP(x)",
        "VAR_POP(x)",
        "STDDEV(x)",
        "STDDEV_POP(x)",
        "CORR(x, y)",
        "COVAR_SAMP(x, y)",
        "COVAR_POP(x, y)",
        "SUM(x)",
    ];
    let mut all = Vec::new();
    for row in rows {
        for function in functions {
            all.push(format!("(SELECT {function} FROM (SELECT {row}))"));
            all.push(format!("(SELECT {function} FROM (SELECT {row} UNION ALL SELECT {row}))"));
            all.push(format!("(SELECT {function} FROM (SELECT {row}) WHERE x > 5)"));
        }
    }
    judge("statistics", &all);
}

#[test]
fn concatenation_writes_every_type() {
    let mut all = Vec::new();
    for values in [INT64, FLOAT64, NUMERIC, DATE, DATETIME, TIMESTAMP] {
        all.extend(fill("CONCAT($1, 'x')", &[values]));
        all.extend(fill("'x' || $1", &[values]));
    }
    judge("concatenation", &all);
}

#[test]
fn nan_equals_nothing() {
    let values = ["CAST('nan' AS FLOAT64)", "1.0", "CAST(NULL AS FLOAT64)", "CAST('inf' AS FLOAT64)"];
    let mut all = fill("NULLIF($1, $2)", &[&values, &values]);
    all.extend(fill("RANGE_BUCKET($1, [1.0, 5.0])", &[&values]));
    all.extend(fill("RANGE_BUCKET($1, ARRAY<FLOAT64>[])", &[&values]));
    all.extend(fill("$1 IS DISTINCT FROM $2", &[&values, &values]));
    all.extend(fill("CASE $1 WHEN $2 THEN 1 ELSE 2 END", &[&values, &values]));
    judge("nan", &all);
}

#[test]
fn the_empty_text_is_found_everywhere() {
    let mut all = fill(
        "INSTR($1, '', $2, $3)",
        &[&["''", "'banana'"], &["1", "3", "7", "8", "-1", "-2", "-7", "-8"], &["1", "2", "7"]],
    );
    all.extend(fill("STRPOS($1, '')", &[&["''", "'banana'"]]));
    judge("empty text", &all);
}

#[test]
fn years_of_weeks_have_four_digits() {
    judge("years of weeks", &fill("FORMAT_DATE('%G %g %V', $1)", &[&DATE[1..]]));
}

#[test]
fn an_alias_hides_a_column_and_a_literal_takes_the_type_beside_it() {
    let all = [
        "(SELECT TO_JSON_STRING(cust) FROM (SELECT 1 AS cust, 'a' AS name) AS cust)",
        "(SELECT cust.cust FROM (SELECT 1 AS cust, 'a' AS name) AS cust)",
        // Exact as NUMERIC, and 0.30000000000000004 as FLOAT64.
        "(SELECT CAST(SUM(x) AS STRING) FROM (SELECT NUMERIC '0.1' AS x UNION ALL SELECT 0.2))",
        "(SELECT CAST(SUM(x) AS STRING) FROM (SELECT 0.1 AS x UNION ALL SELECT 0.2))",
        "(SELECT MAX(x) FROM (SELECT DATE '2026-01-01' AS x UNION ALL SELECT '2026-02-01'))",
    ];
    judge("names and literals", &all.map(str::to_owned));
}
