//! What the runner sends to BigQuery, as it sends it: every script of an apply, of runs and of an audit, analyzed in its order
//! from an empty catalog. An emulator answers, so that the runner goes on.

use std::path::Path;
use std::process::Command;

use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::bigquery_server::BigQueryServer;
use dwc_tests::crm::{CRM, TABLES};
use dwc_tests::googlesql::GoogleSql;
use dwc_tests::project::{Project, dwc_binary};
use dwc_tests::shop::SHOP;
use serde_json::Value;

use super::analyze;

pub(super) fn dwc(address: &str, folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(dwc_binary());
    command.arg("--project-dir").arg(folder).args(arguments).args(["--target", "prod"]);
    command.env("DWC_BIGQUERY_ENDPOINT", address).env("DWC_BIGQUERY_TOKEN", "emulated");
    let output = command.env("DWC_BIGQUERY_PACE", "5,3").output().expect("dwc starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The table that a load job makes.
fn loaded(load: &Value) -> String {
    let (table, fields) = (&load["destinationTable"], load["schema"]["fields"].as_array().expect("fields"));
    let columns: Vec<String> = fields
        .iter()
        .map(|field| {
            let ty = match field["type"].as_str().expect("a type") {
                "INTEGER" => "INT64",
                "FLOAT" => "FLOAT64",
                "BOOLEAN" => "BOOL",
                other => other,
            };
            format!("`{}` {ty}", field["name"].as_str().expect("a name"))
        })
        .collect();
    let name = |key: &str| table[key].as_str().expect("a name").to_owned();
    format!("CREATE TABLE `{}`.`{}` ({});\n", name("datasetId"), name("tableId"), columns.join(", "))
}

/// Analyzes every job that was made in its order, after a prelude; counts scripts and loads.
fn analyze_sent(server: &BigQueryServer, prelude: &str, question: Option<&str>) -> (usize, usize) {
    let world = server.world();
    let mut analyzer = GoogleSql::for_project("emulated");
    let mut problems = Vec::new();
    let (mut scripts, mut loads) = (0, 0);
    analyze(&mut analyzer, "prelude", prelude, &mut problems);
    for id in &world.made {
        let configuration = &world.bodies[id]["configuration"];
        let text = match configuration["query"]["query"].as_str() {
            Some(text) => {
                scripts += 1;
                format!("{};\n", text.trim_end().trim_end_matches(';'))
            }
            None => {
                loads += 1;
                loaded(&configuration["load"])
            }
        };
        analyze(&mut analyzer, id, &text, &mut problems);
        let labels = configuration["labels"].as_object().expect("every job is labelled");
        // A dry run is not a job: it has no unit to be billed to.
        let due: &[&str] = match configuration["dryRun"].as_bool() {
            Some(true) => &["dwc_project", "dwc_target"],
            _ => &["dwc_project", "dwc_target", "dwc_unit"],
        };
        assert!(due.iter().all(|name| labels.contains_key(*name)), "{labels:?}");
    }
    if let Some(question) = question {
        analyze(&mut analyzer, "question", question, &mut problems);
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    (scripts, loads)
}

#[test]
fn every_script_that_is_sent() {
    let emulator = BigQueryEmulator::start();
    let server = BigQueryServer::before(Some(emulator.address()));
    let disk = Project::new(SHOP);
    dwc(&server.address(), disk.path(), &["apply", "--auto-approve"]);
    dwc(&server.address(), disk.path(), &["run", "--until", "2026-03-01", "--at", "2026-03-01"]);
    dwc(&server.address(), disk.path(), &["run", "--at", "2026-03-02"]);
    dwc(&server.address(), disk.path(), &["run", "--mode", "full", "--at", "2026-03-03"]);
    dwc(&server.address(), disk.path(), &["verify"]);
    let asked = ["query", "amount", "--by", "store.store_name"];
    let answer = dwc(&server.address(), disk.path(), &[&asked[..], &["--format", "json"]].concat());
    assert!(answer.contains("store__store_name") && answer.contains("하나상회"), "{answer}");
    let question = dwc(&server.address(), disk.path(), &[&asked[..], &["--sql"]].concat());
    let (scripts, loads) = analyze_sent(&server, "", Some(&question));
    assert!(scripts > 25 && loads > 5, "{scripts} scripts, {loads} loads");
}

#[test]
fn every_script_of_a_change_its_way_back_and_an_environment() {
    let emulator = BigQueryEmulator::start();
    let server = BigQueryServer::before(Some(emulator.address()));
    let disk = Project::new(SHOP);
    let dwc = |arguments: &[&str]| dwc(&server.address(), disk.path(), arguments);
    dwc(&["apply", "--auto-approve"]);
    dwc(&["run", "--at", "2026-04-01"]);
    dwc(&["env", "create", "review", "--expires", "7d"]);
    let store = disk.read("models/store.yml");
    disk.write("models/store.yml", &store.replace("  store_name: {", "  shop_name: { expr: store_name,"));
    let shop = disk.read("models/shop.yml");
    disk.write("models/shop.yml", &shop.replace("opened_on: DATE", "opened_on: STRING"));
    dwc(&["apply", "--auto-approve", "--env", "review", "--allow-destructive", "store"]);
    dwc(&["env", "diff", "review"]);
    dwc(&["env", "list"]);
    dwc(&["env", "drop", "review"]);
    dwc(&["apply", "--auto-approve", "--allow-destructive", "store"]);
    dwc(&["state", "history"]);
    dwc(&["state", "unlock", "--auto-approve"]);
    disk.write("models/store.yml", &store);
    disk.write("models/shop.yml", &shop);
    dwc(&["state", "rollback", "--auto-approve"]);
    dwc(&["plan"]);
    let (scripts, _) = analyze_sent(&server, "", None);
    assert!(scripts > 40, "{scripts} scripts");
}

#[test]
fn every_script_over_tables_that_another_tool_landed() {
    let emulator = BigQueryEmulator::start();
    let other = emulator.warehouse("elsewhere");
    for statement in TABLES {
        other.table(statement).unwrap_or_else(|error| panic!("{error:?}"));
    }
    let server = BigQueryServer::before(Some(emulator.address()));
    let fixture = CRM
        .replace("schema: other", "schema: emulated.other")
        .replace("    retain: history\n", "    on_schema_change: evolve\n    max_rejected_share: 0.9\n");
    let disk = Project::new(&fixture);
    dwc(&server.address(), disk.path(), &["apply", "--auto-approve"]);
    dwc(&server.address(), disk.path(), &["run", "--at", "2026-04-01"]);
    dwc(&server.address(), disk.path(), &["run", "--at", "2026-04-02"]);
    dwc(&server.address(), disk.path(), &["run", "--mode", "full", "--at", "2026-04-03"]);
    let window = ["run", "--mode", "interval", "--from", "2026-02-01", "--to", "2026-02-02", "--at", "2026-04-04"];
    dwc(&server.address(), disk.path(), &window);
    let tables: String = TABLES.iter().map(|statement| format!("{statement};\n")).collect();
    let (scripts, _) = analyze_sent(&server, &tables, None);
    assert!(scripts > 20, "{scripts} scripts");
}

#[test]
fn every_cast_between_types() {
    // Of JSON and BIGNUMERIC the emulator says that they are STRING and NUMERIC: `execute/bigquery/cast.rs` has them.
    const FROM: &[&str] = &[
        "INT64",
        "FLOAT64",
        "NUMERIC",
        "BOOL",
        "STRING",
        "BYTES",
        "DATE",
        "DATETIME",
        "TIME",
        "TIMESTAMP",
        "ARRAY<INT64>",
        "STRUCT<a INT64>",
    ];
    const TO: &[&str] = &[
        "INT64",
        "FLOAT64",
        "NUMERIC",
        "NUMERIC(9, 2)",
        "BIGNUMERIC",
        "BOOL",
        "STRING",
        "BYTES",
        "DATE",
        "DATETIME",
        "TIME",
        "TIMESTAMP",
        "JSON",
    ];
    let (mut there, mut declared) = (vec!["id INT64".to_owned()], vec!["id: INT64".to_owned()]);
    for (at, from) in FROM.iter().enumerate() {
        for (to_at, to) in TO.iter().enumerate() {
            there.push(format!("c{at}_{to_at} {from}"));
            declared.push(format!("c{at}_{to_at}: \"{to}\""));
        }
    }
    // What has no scalar type is landed as it is.
    for (name, ty) in [("list", "ARRAY<STRING>"), ("place", "STRUCT<city STRING, lines ARRAY<STRING>>")] {
        there.push(format!("{name} {ty}"));
        declared.push(format!("{name}: \"{ty}\""));
    }
    let table = format!("CREATE TABLE other.casts ({})", there.join(", "));
    let emulator = BigQueryEmulator::start();
    let other = emulator.warehouse("elsewhere");
    for statement in ["CREATE SCHEMA other", &table] {
        other.table(statement).unwrap_or_else(|error| panic!("{error:?}"));
    }
    let server = BigQueryServer::before(Some(emulator.address()));
    let disk = Project::new(&format!(
        "#- dwc.yml\nname: casts\ntimezone: Asia/Seoul\n\
         targets: {{ prod: {{ type: bigquery, project: emulated, dataset: dw }} }}\n\
         #- models/other.yml\nsource: other\ntype: warehouse\nschema: other\ntables:\n  casts:\n    primary_key: id\n    \
         columns: {{ {} }}\n",
        declared.join(", ")
    ));
    dwc(&server.address(), disk.path(), &["apply", "--auto-approve"]);
    dwc(&server.address(), disk.path(), &["run", "--at", "2026-04-01"]);
    analyze_sent(&server, &format!("CREATE SCHEMA other;\n{table};\n"), None);
}
