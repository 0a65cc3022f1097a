//! Runs corpus items on embedded DuckDB and compares the rows by their GoogleSQL types.

use std::path::Path;

use dwc_duckdb::Connection;
use dwc_googlesql::{DUCKDB_PRELUDE, ProblemKind, Tables, Type, analyze_query, duckdb_query};
use serde_json::Value;

/// The table that the items select from; a TIMESTAMP is naive UTC in DuckDB.
const ORDERS: &str = r#"
CREATE TABLE orders(id BIGINT, cust VARCHAR, amount DECIMAL(38,9), price DOUBLE, qty BIGINT, status VARCHAR, created TIMESTAMP, d DATE, dt TIMESTAMP, tags VARCHAR[], payload VARCHAR, note VARCHAR);
INSERT INTO orders VALUES (1,'ann1',10.50,2.5,3,'paid','2024-01-07 15:30:00','2024-01-07','2024-01-07 15:30:00',['vip','new'],'{"a":{"b":"x"},"n":"1.5","list":["p","q"]}','42'),
(2,'bob',20.25,3.5,0,'open','2024-01-31 23:59:59','2024-01-31','2024-01-31 23:59:59',[],'{"a":{}}',NULL),
(3,'ann1',-5.125,-2.5,-7,'paid','2024-12-30 00:00:00','2024-12-30','2024-12-30 00:00:00',['vip'],NULL,'20240229'),
(4,'김철수',0,10.0,4,'paid','2023-12-31 14:59:59.123456','2023-12-31','2023-12-31 14:59:59.123456',['a','b','c'],'{"a":{"b":null}}','xx'),
(5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,[],NULL,NULL)
"#;

/// One query with the rows that it must give.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) sql: String,
    pub(crate) rows: Option<Vec<Value>>,
    /// Google's evaluator fails on a value: the engine must fail too.
    pub(crate) fails: bool,
}

pub(crate) enum Verdict {
    Equal,
    Refused(String),
    Different(String),
}

pub(crate) struct Report {
    pub(crate) equal: usize,
    pub(crate) refused: usize,
    pub(crate) different: usize,
    pub(crate) notes: Vec<(Item, Verdict)>,
}

pub(crate) fn read(path: &Path) -> Vec<Item> {
    let text = std::fs::read_to_string(path).expect("the corpus can be read");
    text.lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).expect("a corpus line is JSON");
            Item {
                sql: value["sql"].as_str().expect("an item has sql").to_string(),
                rows: value.get("rows").and_then(Value::as_array).cloned(),
                fails: false,
            }
        })
        .collect()
}

pub(crate) fn catalog() -> Tables {
    Tables::default()
        .with(
            "orders",
            &[
                ("id", "INT64"),
                ("cust", "STRING"),
                ("amount", "NUMERIC"),
                ("price", "FLOAT64"),
                ("qty", "INT64"),
                ("status", "STRING"),
                ("created", "TIMESTAMP"),
                ("d", "DATE"),
                ("dt", "DATETIME"),
                ("tags", "ARRAY<STRING>"),
                ("payload", "STRING"),
                ("note", "STRING"),
            ],
        )
        .expect("the types are known")
}

pub(crate) fn run(items: &[Item]) -> Report {
    let connection = dwc_duckdb::open(":memory:").expect("an engine in memory");
    connection.execute_batch(DUCKDB_PRELUDE).expect("the prelude runs");
    connection.execute_batch(ORDERS).expect("the table is made");
    let catalog = catalog();
    let mut report = Report { equal: 0, refused: 0, different: 0, notes: vec![] };
    for item in items {
        let verdict = judge(item, &connection, &catalog);
        match verdict {
            Verdict::Equal => report.equal += 1,
            Verdict::Refused(_) => report.refused += 1,
            Verdict::Different(_) => report.different += 1,
        }
        report.notes.push((item.clone(), verdict));
    }
    report
}

fn judge(item: &Item, connection: &Connection, catalog: &Tables) -> Verdict {
    let outcome = analyze_query(&item.sql, catalog);
    let Some(analysis) = outcome.analysis else {
        let problem = outcome.problems.first().map(|p| p.message.clone()).unwrap_or_default();
        return Verdict::Refused(format!("parse: {problem}"));
    };
    let hard: Vec<_> = outcome
        .problems
        .iter()
        .filter(|p| p.kind != ProblemKind::DateFromTimestampWithoutZone)
        .map(|p| format!("{:?}: {}", p.kind, p.message))
        .collect();
    let sql = match duckdb_query(&analysis.query, catalog) {
        Ok(sql) => sql,
        Err(_) => return Verdict::Refused(hard.join("; ")),
    };
    if !hard.is_empty() {
        return Verdict::Different(format!("analysis and translation disagree: {}", hard.join("; ")));
    }
    let cells: Vec<String> = analysis
        .output
        .iter()
        .enumerate()
        .map(|(i, c)| format!("CAST(to_json({}) AS VARCHAR)", textual(&format!("_r.c{i}"), &c.ty)))
        .collect();
    let names: Vec<String> = (0..analysis.output.len()).map(|i| format!("c{i}")).collect();
    let wrapped = format!("SELECT {} FROM (\n{sql}\n) AS _r({})", cells.join(", "), names.join(", "));
    let got = match fetch(connection, &wrapped, analysis.output.len()) {
        Ok(rows) if item.fails => {
            return Verdict::Different(format!("got    {rows:?}\n    wanted an error\n    {sql}"));
        }
        Ok(rows) => rows,
        Err(_) if item.fails => return Verdict::Equal,
        Err(error) => return Verdict::Different(format!("engine: {error}\n    {sql}")),
    };
    let mut got: Vec<String> = got
        .iter()
        .map(|row| {
            let cells: Vec<String> = row.iter().zip(&analysis.output).map(|(v, c)| canonical(v, &c.ty)).collect();
            cells.join(" | ")
        })
        .collect();
    let mut wanted: Vec<String> = item
        .rows
        .iter()
        .flatten()
        .map(|row| {
            let cells: Vec<String> = analysis.output.iter().map(|c| canonical(&row[&c.name], &c.ty)).collect();
            cells.join(" | ")
        })
        .collect();
    if analysis.query.order_by.is_none() {
        got.sort();
        wanted.sort();
    }
    if got == wanted {
        Verdict::Equal
    } else {
        Verdict::Different(format!("got    {got:?}\n    wanted {wanted:?}\n    {sql}"))
    }
}

fn fetch(connection: &Connection, sql: &str, columns: usize) -> Result<Vec<Vec<Value>>, dwc_duckdb::Error> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let mut cells = Vec::new();
        for i in 0..columns {
            let text: Option<String> = row.get(i)?;
            cells.push(text.map_or(Value::Null, |t| serde_json::from_str(&t).unwrap_or(Value::String(t))));
        }
        out.push(cells);
    }
    Ok(out)
}

/// DuckDB text with every scalar as VARCHAR.
fn textual(x: &str, ty: &Type) -> String {
    match ty {
        Type::Array(item) => format!("list_transform({x}, lambda e: {})", textual("e", item)),
        Type::Struct(fields) => {
            let parts: Vec<String> = fields
                .iter()
                .enumerate()
                .map(|(i, f)| format!("f{i} := {}", textual(&format!("struct_extract_at({x}, {})", i + 1), &f.ty)))
                .collect();
            format!("CASE WHEN {x} IS NOT NULL THEN struct_pack({}) END", parts.join(", "))
        }
        Type::Bytes => format!("to_base64({x})"),
        Type::Range(item) => format!(
            "CASE WHEN {x} IS NOT NULL THEN struct_pack(\"start\" := {}, \"end\" := {}) END",
            textual(&format!("struct_extract({x}, 'start')"), item),
            textual(&format!("struct_extract({x}, 'end')"), item)
        ),
        _ => format!("CAST({x} AS VARCHAR)"),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value as text that both sides share.
fn canonical(value: &Value, ty: &Type) -> String {
    if value.is_null() {
        return "NULL".into();
    }
    match ty {
        Type::Array(item) => {
            let items: Vec<String> =
                value.as_array().map(|a| a.iter().map(|v| canonical(v, item)).collect()).unwrap_or_default();
            format!("[{}]", items.join(", "))
        }
        Type::Struct(fields) => {
            let values: Vec<&Value> = value.as_object().map(|o| o.values().collect()).unwrap_or_default();
            let parts: Vec<String> = values.iter().zip(fields).map(|(v, f)| canonical(v, &f.ty)).collect();
            format!("{{{}}}", parts.join(", "))
        }
        Type::Range(item) => format!("[{}, {})", canonical(&value["start"], item), canonical(&value["end"], item)),
        Type::Float64 => float(&text(value)),
        Type::Numeric(_) | Type::BigNumeric(_) => decimal(&text(value)),
        Type::Timestamp | Type::DateTime | Type::Time => moment(&text(value)),
        Type::Json => text(value).parse::<Value>().map_or_else(|_| text(value), |v| v.to_string()),
        _ => text(value),
    }
}

fn float(text: &str) -> String {
    match text.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => "Infinity".into(),
        "-inf" | "-infinity" => "-Infinity".into(),
        "nan" | "-nan" => "NaN".into(),
        other => {
            let x: f64 = other.parse().unwrap_or(f64::NAN);
            if x == 0.0 || x.abs() < 1e-15 { "0".into() } else { format!("{x:.8e}") }
        }
    }
}

fn decimal(text: &str) -> String {
    let text = if text.contains(['e', 'E']) {
        text.parse::<f64>().map_or_else(|_| text.to_string(), |x| x.to_string())
    } else {
        text.to_string()
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

fn moment(text: &str) -> String {
    let text = text.trim_end_matches('Z').trim_end_matches("+00").replace('T', " ");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}
