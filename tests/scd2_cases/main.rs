//! Cases of other tools' own test suites, each turned into a project and files, loaded batch by batch and compared with
//! what the suite expects. It must not bend a case: what a policy cannot say is named, not approximated.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use dwc_runner::Mode;
use dwc_tests::project::{Project, repository, shared_data};
use dwc_tests::warehouse::Warehouse;
use serde_json::Value;

/// Cases that no declaration of dwc expresses, with the reason.
const NOT_EXPRESSIBLE: &[(&str, &str)] = &[(
    "pygrametl_06_asof_key_lookup",
    "the intervals of its dimension include their ends, by a flag per lookup; dwc's are half-open",
)];

/// Cases whose expectation dwc does not share, with the reason and the last batch after which both agree.
const CONTRAST: &[(&str, usize, &str)] = &[(
    "dlt_05_backdated_effective_time",
    2,
    "the suite ends a version before it starts when a batch is dated back; dwc puts the batch where its date says",
)];

/// What a policy becomes.
struct Declared {
    effective_at: String,
    key: Vec<String>,
    columns: Vec<(String, String)>,
    type2: Vec<String>,
    text: String,
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A time of a case: a number stands for a day.
fn time(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.parse::<u32>() {
        Ok(day) => format!("2024-01-{day:02} 00:00:00"),
        Err(_) if text.len() == 10 => format!("{text} 00:00:00"),
        Err(_) => text,
    }
}

fn declared(case: &Value) -> Declared {
    let policy = &case["policy"];
    let valid_from = text(policy, "valid_from");
    let instant = valid_from.split("source_column:").nth(1).and_then(|rest| rest.split(' ').next());
    let effective_at = instant.unwrap_or("extracted").to_owned();
    let snapshot = text(policy, "input_mode") == "full_snapshot" && text(policy, "absent_rows").starts_with("close");
    let key = strings(&policy["key"]);
    let first = case["batches"][0]["rows"][0].as_object().cloned().unwrap_or_default();
    // A column that comes with a later batch is not a declared column of the table.
    let columns: Vec<(String, String)> = case["columns"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| first.contains_key(*name))
        .map(|(name, ty)| {
            let ty = match ty.as_str().unwrap_or_default() {
                _ if *name == effective_at => "TIMESTAMP",
                "int" => "INT64",
                "timestamp" => "TIMESTAMP",
                "date" => "DATE",
                ty if ty.starts_with("decimal") => "NUMERIC",
                _ => "STRING",
            };
            (name.clone(), ty.to_owned())
        })
        .collect();
    let detection = text(policy, "change_detection");
    let type1 = strings(&policy["type1_columns"]);
    let listed: Option<Vec<&str>> = detection.strip_prefix("columns:").map(|names| names.split(',').collect());
    let by_time = detection.starts_with("timestamp");
    let mut type2 = Vec::new();
    let mut attributes = String::new();
    for (name, _) in columns.iter().filter(|(name, _)| !key.contains(name) && name != "operation") {
        if *name == effective_at && !by_time {
            continue;
        }
        let tracked = !type1.contains(name) && listed.as_ref().is_none_or(|names| names.contains(&name.as_str()));
        if tracked {
            type2.push(name.clone());
        }
        let _ = writeln!(attributes, "  {name}: {{ scd: {} }}", if tracked { 2 } else { 1 });
    }
    let scope = if text(policy, "type1_scope") == "all_versions" { "all" } else { "current" };
    let first_version = if valid_from.starts_with("epoch") { "beginning_of_time" } else { "own_instant" };
    let open_end = if policy["open_end"].is_null() { "none" } else { "far_future" };
    let contents = if snapshot { "    contents: snapshot\n    max_deleted_share: 1.0\n" } else { "" };
    let operation = columns.iter().any(|(name, _)| name == "operation");
    let deletes = if operation { "    detect_deletes: operation\n    delete_column: operation\n" } else { "" };
    let listed: Vec<String> = columns.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
    let keys = key.join(", ");
    let text = format!(
        "#- dwc.yml\nname: scd2_case\ntimezone: UTC\ntargets:\n  dev: {{ type: duckdb, path: dwc.duckdb }}\n\
         #- models/sources/s.yml\nsource: s\ntype: files\ntables:\n  rows:\n    path: data/{{batch}}.csv\n    primary_key: [{keys}]\n{contents}{deletes}    columns: {{ {} }}\n\
         #- models/dimensions/member.yml\ndimension: member\nfrom: s.rows\nnatural_key: [{keys}]\neffective_at: {effective_at}\non_delete: close\nfirst_version: {first_version}\nopen_end: {open_end}\ntype1_scope: {scope}\nattributes:\n{attributes}",
        listed.join(", ")
    );
    Declared { effective_at, key, columns, type2, text }
}

fn csv(declared: &Declared, rows: &Value) -> String {
    let names: Vec<&str> = declared.columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut all = format!("{}\n", names.join(","));
    for row in rows.as_array().into_iter().flatten() {
        let cells: Vec<String> = names
            .iter()
            .map(|name| match &row[*name] {
                Value::Null => String::new(),
                value if *name == declared.effective_at => time(value),
                Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
                value => value.to_string(),
            })
            .collect();
        let _ = writeln!(all, "{}", cells.join(","));
    }
    all
}

type Row = BTreeMap<String, Option<String>>;

/// The versions loaded, each value in one spelling.
fn loaded(warehouse: &Warehouse, declared: &Declared) -> Vec<Row> {
    let table = format!("{}.member", warehouse.schema());
    let key = declared.key.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let mut columns = warehouse.columns("member");
    columns.push("version".to_owned());
    let rows = warehouse.rows(&format!(
        "SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY valid_from) AS version FROM {table} WHERE member_key >= 0"
    ));
    rows.into_iter()
        .map(|row| {
            columns
                .iter()
                .cloned()
                .zip(row.into_iter().map(|value| plain(Some(value).filter(|v| v != "NULL"))))
                .collect()
        })
        .collect()
}

/// One spelling per value: no time of day where it is midnight, no zeros behind a number, no end that is far.
fn plain(value: Option<String>) -> Option<String> {
    let text = value?;
    let text = text.strip_suffix(" 00:00:00").unwrap_or(&text);
    let text = if text.parse::<f64>().is_ok() && text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    };
    match text {
        "9999-12-31" => None,
        "0001-01-01" | "1970-01-01" => Some("beginning".to_owned()),
        text => Some(text.to_owned()),
    }
}

fn expected_value(name: &str, value: &Value, declared: &Declared) -> Option<String> {
    match value {
        Value::Null => None,
        value if matches!(name, "valid_from" | "valid_to") || name == declared.effective_at => plain(Some(time(value))),
        Value::String(text) => plain(Some(text.clone())),
        value => plain(Some(value.to_string())),
    }
}

/// Compares one expectation; what differs, in words.
fn compare(expected: &Value, found: &[Row], declared: &Declared) -> Result<(), String> {
    if let Some(count) = expected.get("count").and_then(Value::as_u64)
        && count != found.len() as u64
    {
        return Err(format!("{count} versions expected, {} loaded", found.len()));
    }
    for (kind, distinct) in [("rows", false), ("distinct_flags", true)] {
        let Some(rows) = expected.get(kind).and_then(Value::as_array) else { continue };
        let Some(names) = rows.first().and_then(Value::as_object).map(|row| row.keys().cloned().collect::<Vec<_>>())
        else {
            continue;
        };
        let mut left: Vec<Vec<Option<String>>> = rows
            .iter()
            .map(|row| names.iter().map(|name| expected_value(name, &row[name], declared)).collect())
            .collect();
        let mut right: Vec<Vec<Option<String>>> =
            found.iter().map(|row| names.iter().map(|name| row.get(name).cloned().flatten()).collect()).collect();
        left.sort();
        right.sort();
        if distinct {
            left.dedup();
            right.dedup();
        }
        if left != right {
            let only = |a: &[Vec<Option<String>>], b: &[Vec<Option<String>>]| {
                let b: BTreeSet<_> = b.iter().collect();
                a.iter().filter(|row| !b.contains(row)).map(|row| format!("{row:?}")).collect::<Vec<_>>().join("\n    ")
            };
            return Err(format!(
                "{names:?}\n  expected\n    {}\n  loaded\n    {}",
                only(&left, &right),
                only(&right, &left)
            ));
        }
    }
    Ok(())
}

/// The same events, each in a batch of its own: what the suite expects at the end does not depend on the cut.
fn cut(case: &Value) -> Value {
    let mut cut = case.clone();
    let rows = case["batches"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|batch| batch["rows"].as_array().into_iter().flatten());
    let batches: Vec<Value> =
        rows.enumerate().map(|(day, row)| serde_json::json!({ "at": day + 1, "rows": [row] })).collect();
    if let Some(last) = cut["expected"].as_array_mut().and_then(|all| all.last_mut()) {
        last["after"] = batches.len().into();
    }
    cut["batches"] = batches.into();
    cut
}

/// Loads a case; after which batch what differs first.
fn run(case: &Value) -> Result<(), (usize, String)> {
    let declared = declared(case);
    let project = Project::new(&declared.text);
    assert!(!declared.type2.is_empty(), "{}", declared.text);
    let mut warehouse = None;
    for (index, batch) in case["batches"].as_array().into_iter().flatten().enumerate() {
        let at = time(&batch["at"]).replace(' ', "T").replace(':', "");
        project.write(&format!("data/{at}.csv"), &csv(&declared, &batch["rows"]));
        let warehouse = warehouse.get_or_insert_with(|| Warehouse::apply(project.path()));
        warehouse.run(Mode::Incremental);
        let expected = case["expected"].as_array().into_iter().flatten().find(|e| e["after"] == index + 1);
        if let Some(expected) = expected {
            compare(expected, &loaded(warehouse, &declared), &declared).map_err(|problem| (index + 1, problem))?;
        }
        let offences = warehouse.audit();
        assert!(offences.is_empty(), "{offences:?}");
    }
    Ok(())
}

fn text_of_mode(case: &Value) -> &str {
    text(&case["policy"], "input_mode")
}

#[test]
fn every_case_is_loaded_as_its_suite_expects_or_named() {
    let Some(folder) = shared_data().map(|folder| folder.join("scd2_cases")).filter(|folder| folder.is_dir()) else {
        println!("left out: the cases of other tools' suites, the folder scd2_cases is not there");
        return;
    };
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the cases are listed")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    let page = std::fs::read_to_string(repository().join("docs/scd2-cases.md")).unwrap_or_default();
    let (mut wrong, mut unnamed) = (Vec::new(), Vec::new());
    for name in names {
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("a case is read");
        let case: Value = serde_json::from_str(&text).expect("a case is JSON");
        let verdict = if let Some((_, reason)) = NOT_EXPRESSIBLE.iter().find(|(case, _)| *case == name) {
            format!("not expressible: {reason}")
        } else {
            let contrast = CONTRAST.iter().find(|(case, ..)| *case == name);
            let outcome = match text_of_mode(&case) {
                "cdc_events" => run(&case).and_then(|()| run(&cut(&case))),
                _ => run(&case),
            };
            match (outcome, contrast) {
                (Ok(()), None) => "as expected".to_owned(),
                (Err((batch, _)), Some((_, agreed, reason))) if batch == agreed + 1 => {
                    format!("as expected up to batch {agreed}; then {reason}")
                }
                (Ok(()), Some(_)) => "as expected, although it is named a contrast".to_owned(),
                (Err((batch, problem)), _) => {
                    wrong.push(format!("{name} after batch {batch}: {problem}"));
                    format!("differs after batch {batch}")
                }
            }
        };
        let line = format!("| {name} | {verdict} |");
        println!("{line}");
        if !page.contains(&line) {
            unnamed.push(line);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unnamed.is_empty(), "docs/scd2-cases.md does not say:\n{}", unnamed.join("\n"));
}
