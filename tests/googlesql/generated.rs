//! Every function that runs on DuckDB, at the edges of its parameters' types. The calls are made from the table of
//! signatures: each parameter takes its edges in turn while the others stand in the middle.

use dwc_googlesql::analyze_query;

use super::{compare, edges};

const SIGNATURES: &str = include_str!("../../crates/googlesql/src/functions.txt");

/// Answers that change, and results that grow with an argument.
const LEFT_OUT: &[&str] = &["RAND", "GENERATE_UUID", "ERROR", "GENERATE_ARRAY", "ARRAY_CONCAT"];

/// Calls by their beginning that are not compared, and why.
const NOT_COMPARED: &[(&str, &str)] = &[
    ("CHR(0)", "the documentation says an empty text, the evaluator a NUL"),
    ("CONTAINS_SUBSTR(", "the evaluator does not have it"),
    ("DATETIME(2, 2, 2, ", "parts that no clock has: the evaluator lets the least INT64 through"),
    ("FROM_BASE64('abc')", "DuckDB asks for the padding, with an error"),
    ("FROM_BASE64(' Ab c ')", "DuckDB asks for the padding, with an error"),
    ("JSON_EXTRACT_ARRAY(JSON '{\"a\":[1,null]}'", "the evaluator writes the JSON null as NULL"),
    ("JSON_QUERY_ARRAY(JSON '{\"a\":[1,null]}'", "the evaluator writes the JSON null as NULL"),
    ("JUSTIFY_", "the engines write an INTERVAL in other words; `rare` compares them as texts"),
    ("STRING(CAST(NULL AS BOOL))", "the evaluator does not have it"),
    ("STRING(CAST(NULL AS INTERVAL))", "the evaluator does not have it"),
    ("STRING(FALSE)", "the evaluator does not have it"),
    ("STRING(INTERVAL", "the evaluator does not have it"),
    ("STRING(TIMESTAMP '0001-01-01 00:00:00+00'", "the seconds of a zone before it had whole minutes"),
    ("STRING(TRUE)", "the evaluator does not have it"),
    ("TIME(-9223372036854775808", "parts that no clock has: the evaluator lets the least INT64 through"),
    ("TIME(2, ", "parts that no clock has: the evaluator lets the least INT64 through"),
];

/// Functions of which the evaluator has no call without a path.
const WITH_A_PATH: &[&str] = &["JSON_EXTRACT(", "JSON_QUERY("];

fn is_compared(call: &str) -> bool {
    let pathless = WITH_A_PATH.iter().any(|name| call.starts_with(name)) && !call.contains("'$");
    !pathless && !NOT_COMPARED.iter().any(|(beginning, _)| call.starts_with(beginning))
}

const INT64: &[&str] = &["CAST(NULL AS INT64)", "0", "1", "-1", "65", "9223372036854775807", "-9223372036854775808"];
const BYTES: &[&str] = &["CAST(NULL AS BYTES)", "b''", "b'a'", "b'\\xff\\x00'", "b'abcd'"];
const BOOL: &[&str] = &["CAST(NULL AS BOOL)", "TRUE", "FALSE"];
const TIME: &[&str] = &["CAST(NULL AS TIME)", "TIME '00:00:00'", "TIME '23:59:59.999999'"];
const STRING: &[&str] = &["CAST(NULL AS STRING)", "''", "'a'", "' Ab c '", "'김é'", "'-1.50'", "'a,b'"];
const JSON: &[&str] =
    &["CAST(NULL AS JSON)", "JSON 'null'", "JSON '1.5'", "JSON '\"a\"'", "JSON 'true'", "JSON '{\"a\":[1,null]}'"];
const INTERVAL: &[&str] =
    &["CAST(NULL AS INTERVAL)", "INTERVAL 0 DAY", "INTERVAL -49 HOUR", "INTERVAL '1-2 33 -4:5:6.7' YEAR TO SECOND"];
const RANGE: &[&str] = &[
    "CAST(NULL AS RANGE<DATE>)",
    "RANGE<DATE> '[2024-01-01, 2024-02-01)'",
    "RANGE<DATE> '[UNBOUNDED, 2024-01-15)'",
    "RANGE<DATE> '[2024-02-01, UNBOUNDED)'",
];
const TEXTS: &[&str] = &["CAST(NULL AS ARRAY<STRING>)", "ARRAY<STRING>[]", "['a']", "['a', NULL, 'b']"];
const NUMBERS: &[&str] = &["CAST(NULL AS ARRAY<INT64>)", "ARRAY<INT64>[]", "[1]", "[3, 97, 65]"];

const FORMATS: &[&str] =
    &["CAST(NULL AS STRING)", "''", "'%'", "'a%%b'", "'%Y'", "'%d/%m/%y'", "'%H:%M:%E*S'", "'%j %U %a'"];
const ALMOST_MOMENTS: &[&str] = &[
    "CAST(NULL AS STRING)",
    "''",
    "'2024'",
    "'2024-2-9'",
    "'2024-02-30'",
    "'2023-02-29'",
    "' 2024-02-29'",
    "'2024-02-29 '",
    "'2024-02-29 10:30:00'",
    "'2024-02-29x'",
    "'0000-01-01'",
    "'0001-01-01'",
    "'9999-12-31'",
    "'10000-01-01'",
    "'-001-01-01'",
    "'24:00:00'",
    "'23:59:60'",
    "'1:2:3'",
    "'10:30'",
];
const ALMOST_NUMBERS: &[&str] = &[
    "CAST(NULL AS STRING)",
    "''",
    "'-'",
    "'1,234.5'",
    "'1.5-'",
    "' 1.5 '",
    "'1e3'",
    "'.5'",
    "'5.'",
    "'$ 1'",
    "'(1)'",
    "'- 1'",
    "'0.0000000005'",
    "'99999999999999999999999999999.999999999'",
    "'100000000000000000000000000000'",
];
const ZONES: &[&str] = &[
    "CAST(NULL AS STRING)",
    "''",
    "'UTC'",
    "'+09'",
    "'+9:30'",
    "'-14:00'",
    "'+15:00'",
    "'Nowhere'",
    "'America/New_York'",
];
const PATHS: &[&str] = &["'$'", "'$.b'", "'$.a[0]'", "'$.a[9]'", "'$[0]'", "'$.a.b'"];

/// The edges of a text that stands for a pattern, a path or a zone.
fn edges_of_text(middle: &str) -> &'static [&'static str] {
    match middle {
        "'$.a'" => PATHS,
        "'Asia/Seoul'" => ZONES,
        "'1.5'" => ALMOST_NUMBERS,
        "'2024-02-29'" => ALMOST_MOMENTS,
        _ => FORMATS,
    }
}

/// The edges of a type, and the value that stands in the middle.
fn edges_of(ty: &str) -> Option<(&'static [&'static str], &'static str)> {
    Some(match ty {
        "INT64" => (INT64, "2"),
        "FLOAT64" => (edges::FLOAT64, "0.5"),
        "NUMERIC" => (edges::NUMERIC, "NUMERIC '2.5'"),
        "STRING" | "T" => (STRING, "'abc'"),
        "BYTES" => (BYTES, "b'abc'"),
        "BOOL" => (BOOL, "TRUE"),
        "DATE" => (edges::DATE, "DATE '2024-02-29'"),
        "DATETIME" => (edges::DATETIME, "DATETIME '2024-02-29 10:30:00'"),
        "TIMESTAMP" => (edges::TIMESTAMP, "TIMESTAMP '2024-02-29 10:30:00+00'"),
        "TIME" => (TIME, "TIME '10:30:00'"),
        "JSON" => (JSON, "JSON '{\"a\":1}'"),
        "INTERVAL" => (INTERVAL, "INTERVAL 7 DAY"),
        "ARRAY<STRING>" | "ARRAY<T>" => (TEXTS, "['a', 'b']"),
        "ARRAY<INT64>" => (NUMBERS, "[97, 98]"),
        "RANGE<T>" => (RANGE, "RANGE<DATE> '[2024-01-01, 2024-03-01)'"),
        _ => return None,
    })
}

/// The text that stands for a pattern, a path or a zone.
fn middle<'e>(name: &str, at: usize, ty: &str, plain: &'e str) -> &'e str {
    match (name, at, ty) {
        _ if name.starts_with("JSON_") && at == 1 && ty == "STRING" => "'$.a'",
        ("FORMAT_TIMESTAMP" | "PARSE_TIMESTAMP" | "STRING", 2, _) | ("STRING", 1, _) => "'Asia/Seoul'",
        ("FORMAT_TIME" | "PARSE_TIME", 0, _) => "'%H:%M:%S'",
        _ if (name.starts_with("FORMAT_") || name.starts_with("PARSE_")) && at == 0 && ty == "STRING" => {
            if matches!(name, "PARSE_NUMERIC" | "PARSE_JSON") { "'1.5'" } else { "'%Y-%m-%d'" }
        }
        _ if name.starts_with("PARSE_") && at == 1 => "'2024-02-29'",
        ("RANGE_CONTAINS", 1, "T") => "DATE '2024-02-01'",
        _ => plain,
    }
}

fn calls(line: &str) -> Vec<String> {
    let Some((head, _)) = line.split_once(" = ") else { return vec![] };
    let Some((call, _)) = head.rsplit_once("->") else { return vec![] };
    let Some((name, params)) = call.trim().trim_end_matches(')').split_once('(') else { return vec![] };
    if LEFT_OUT.contains(&name) || params.contains("...") || params.contains("=>") {
        return vec![];
    }
    let numbers: &[&str] = if params.contains('N') && params.split(", ").any(|p| p == "N") {
        &["INT64", "FLOAT64", "NUMERIC"]
    } else {
        &[""]
    };
    let mut out = Vec::new();
    for number in numbers {
        let types: Vec<String> = params
            .split(", ")
            .filter(|p| !p.is_empty())
            .map(|p| if p == "N" { (*number).into() } else { p.into() })
            .collect();
        let known: Option<Vec<_>> = types.iter().map(|t| edges_of(t.trim_end_matches(['!', '?']))).collect();
        let Some(known) = known else { continue };
        let base: Vec<&str> = known
            .iter()
            .enumerate()
            .map(|(at, (_, plain))| middle(name, at, types[at].trim_end_matches(['!', '?']), plain))
            .collect();
        out.push(format!("{name}({})", base.join(", ")));
        for (at, (edges, _)) in known.iter().enumerate() {
            // A constant keeps to itself.
            if types[at].ends_with('!') {
                continue;
            }
            let is_text = base[at] != known[at].1 && types[at].trim_end_matches('?') == "STRING";
            for edge in if is_text { edges_of_text(base[at]) } else { edges } {
                let mut args = base.clone();
                args[at] = if name == "RANGE_CONTAINS" && types[at] == "T" { "CAST(NULL AS DATE)" } else { edge };
                out.push(format!("{name}({})", args.join(", ")));
            }
        }
    }
    out
}

#[test]
fn every_function_at_its_edges() {
    let lines = SIGNATURES.lines().filter(|line| !line.starts_with('#'));
    let mut all: Vec<String> = lines.flat_map(calls).collect();
    all.sort();
    all.dedup();
    all.retain(|call| is_compared(call));
    // What is refused is judged elsewhere.
    let catalog = compare::catalog();
    all.retain(|call| analyze_query(&format!("SELECT {call} AS v"), &catalog).problems.is_empty());
    assert!(all.len() >= 1000, "{} calls", all.len());
    edges::judge("signatures", &all);
}
