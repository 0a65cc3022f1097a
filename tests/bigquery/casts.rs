//! Casts of tables that another tool has landed: what the landing script writes gives on Google's evaluator what the
//! embedded engine lands, value by value, or both reject the row.

use dwc_runner::{DuckDbWarehouse, Mode, Part, RunOptions};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::bigquery_server::BigQueryServer;
use dwc_tests::googlesql::{GoogleSql, Table};
use dwc_tests::project::{Project, at, checked};
use serde_json::json;

use super::sent::dwc;

/// Types of columns with the embedded engine's, and values that they hold.
const FROM: &[(&str, &str, &[&str])] = &[
    ("INT64", "BIGINT", &["0", "-7", "9223372036854775807"]),
    ("FLOAT64", "DOUBLE", &["0", "2", "2.5", "-1e300"]),
    ("NUMERIC", "DECIMAL(38,9)", &["0", "3", "12.345"]),
    ("BOOL", "BOOLEAN", &["true", "false"]),
    (
        "STRING",
        "VARCHAR",
        &[
            "",
            "x",
            "12",
            " 12 ",
            "1.5",
            "0x1F",
            "1e3",
            "true",
            "Yes",
            "2026-01-05",
            "2026-01-05 10:30:00",
            "10:30:00",
            "10:30",
            " 2026-01-05 ",
            "2026-1-5",
            "2026-01-05T10:30:00",
            "2026-01-05 10:30",
            "2026-01-05 10:30:00+09",
            "nan",
            "inf",
            "t",
            "1.005",
            "{\"a\": 1}",
        ],
    ),
    ("DATE", "DATE", &["2026-01-05"]),
    ("DATETIME", "TIMESTAMP", &["2026-01-05 10:30:00"]),
    ("TIME", "TIME", &["10:30:00"]),
    ("TIMESTAMP", "TIMESTAMP", &["2026-01-05 10:30:00"]),
];

const TO: &[&str] =
    &["INT64", "FLOAT64", "NUMERIC", "NUMERIC(9, 2)", "BOOL", "STRING", "DATE", "DATETIME", "TIME", "TIMESTAMP"];

/// A value without what only says how an engine writes it.
fn plain(value: &str) -> String {
    match value.parse::<f64>() {
        Ok(number) => format!("{number:e}"),
        Err(_) => value.replace('T', " ").trim_end_matches("+00").trim_end_matches('Z').to_owned(),
    }
}

#[test]
fn what_the_script_casts_and_what_the_embedded_engine_lands() {
    let mut columns = Vec::new();
    for (at, (from, there, values)) in FROM.iter().enumerate() {
        for (to_at, to) in TO.iter().enumerate() {
            columns.push((format!("c{at}_{to_at}"), *from, *there, *to, *values));
        }
    }
    let declared: Vec<String> = columns.iter().map(|(name, _, _, to, _)| format!("{name}: \"{to}\"")).collect();
    let disk = Project::new(&format!(
        "#- dwc.yml\nname: casts\ntimezone: UTC\ndefault_target: dev\ntargets:\n  dev: {{ type: duckdb }}\n  \
         prod: {{ type: bigquery, project: emulated, dataset: dw }}\n\
         #- models/other.yml\nsource: other\ntype: warehouse\nschema: other\ntables:\n  casts:\n    primary_key: id\n    \
         columns: {{ id: INT64, {} }}\n",
        declared.join(", ")
    ));
    let table = |ty: &dyn Fn(&str, &str) -> String| {
        let list: Vec<String> =
            columns.iter().map(|(name, from, there, ..)| format!("{name} {}", ty(from, there))).collect();
        list.join(", ")
    };

    let emulator = BigQueryEmulator::start();
    let other = emulator.warehouse("elsewhere");
    let made = format!("CREATE TABLE other.casts (id INT64, {})", table(&|from, _| from.to_owned()));
    for statement in ["CREATE SCHEMA other", &made] {
        other.table(statement).unwrap_or_else(|error| panic!("{error:?}"));
    }
    let server = BigQueryServer::before(Some(emulator.address()));
    dwc(&server.address(), disk.path(), &["apply", "--auto-approve"]);
    dwc(&server.address(), disk.path(), &["run", "--at", "2026-04-01"]);
    let script = {
        let world = server.world();
        let texts = world.made.iter().filter_map(|id| world.bodies[id]["configuration"]["query"]["query"].as_str());
        texts.into_iter().find(|text| text.contains("`stage__other__casts` AS")).expect("the landing").to_owned()
    };
    let (_, stage) = script.split_once("CREATE OR REPLACE TEMP TABLE `stage__other__casts` AS").expect("the stage");
    let (_, casts) = stage.split_once("FROM (SELECT _s.`id` AS `id`, ").expect("the casts");
    let (casts, _) = casts.split_once(" FROM `read__other__casts`").expect("the casts");

    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let execute = |sql: &str| here.execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    execute(&format!(
        "CREATE SCHEMA other; CREATE TABLE other.casts (id BIGINT, {})",
        table(&|_, there| there.to_owned())
    ));
    let mut id = 0;
    for (name, _, there, _, values) in &columns {
        for value in *values {
            id += 1;
            execute(&format!("INSERT INTO other.casts (id, {name}) VALUES ({id}, CAST('{value}' AS {there}))"));
        }
    }
    let project = checked(disk.path());
    dwc_runner::apply(&here, &project, at("2026-01-01"), &[]).unwrap_or_else(|error| panic!("{error:?}"));
    let options = RunOptions {
        mode: Mode::Incremental,
        at: at("2026-04-01"),
        until: None,
        select: Vec::new(),
        part: Part::Everything,
    };
    dwc_runner::run(&here, &project, disk.path(), &options, &mut |_| ()).unwrap_or_else(|error| panic!("{error:?}"));

    let google = GoogleSql::for_project("emulated");
    let (mut rest, mut id, mut differ) = (casts, 0, Vec::new());
    for (name, from, _, to, values) in &columns {
        let (cast, after) = rest.split_once(&format!(" AS `{name}`")).expect("a cast");
        rest = after.strip_prefix(", ").unwrap_or(after);
        for value in *values {
            id += 1;
            let given = Table::new(&[(name, from)]).row(json!([value]));
            let found = google.evaluate(&format!("SELECT CAST({cast} AS STRING) AS v FROM t AS _s"), &[("t", given)]);
            let found = found.unwrap_or_else(|error| panic!("{cast}: {error}"));
            let found = found[0]["v"].as_str().map(plain);
            let landed = here
                .rows(&format!("SELECT CAST({name} AS VARCHAR) FROM dw_landing.other__casts WHERE id = {id}"))
                .unwrap_or_else(|error| panic!("{error:?}"));
            let landed =
                landed.into_iter().next().and_then(|row| row.into_iter().next().flatten()).map(|text| plain(&text));
            if found != landed {
                differ.push(format!("{from} {value:?} as {to}: {found:?}, and embedded {landed:?}"));
            }
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}
