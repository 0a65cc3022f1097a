//! Every BigQuery statement that the sample warehouses can lead to, analyzed by Google's own analyzer in apply order,
//! from an empty catalog.

mod casts;
mod corpus;
mod paper;
mod partitions;
mod sent;

use std::path::Path;

use dwc_compiler::model::TargetType;
use dwc_compiler::plan::{Cut, LoadPlan, Statement, diff};
use dwc_compiler::sql;
use dwc_tests::checked::SHOP as CHECKED;
use dwc_tests::collated::SHOP;
use dwc_tests::googlesql::GoogleSql;
use dwc_tests::parcels::POST;
use dwc_tests::project::{Project, at, checked, repository};
use dwc_tests::screened::SCREENED;

const VARIABLES: &str = "DECLARE dwc_batch INT64 DEFAULT 2;\nDECLARE dwc_since INT64 DEFAULT 1;\n\
    DECLARE dwc_consumed INT64 DEFAULT 1;\nDECLARE dwc_at TIMESTAMP DEFAULT TIMESTAMP '2026-03-01 00:00:00+00';\n\
    DECLARE dwc_from TIMESTAMP DEFAULT TIMESTAMP '2026-02-01 00:00:00+00';\n";

/// Analyzes a script, and says what is wrong with its own text around it.
fn analyze(analyzer: &mut GoogleSql, name: &str, script: &str, problems: &mut Vec<String>) {
    for error in analyzer.analyze_script(script) {
        let line = script.lines().nth(error.line.saturating_sub(1)).unwrap_or_default();
        problems.push(format!(
            "{name}:{}:{}: {}\n    {}",
            error.line,
            error.column,
            error.message,
            &line[..line.len().min(300)]
        ));
    }
}

fn script(statements: &[Statement]) -> String {
    let body: Vec<String> = statements.iter().map(|statement| format!("{};\n", statement.sql)).collect();
    format!("{VARIABLES}{}BEGIN TRANSACTION;\n{}COMMIT TRANSACTION;\n", sql::SCRIPT_VARIABLES, body.concat())
}

fn every_statement(folder: &Path) {
    let project = checked(folder);
    let manifest = sql::manifest(&project, TargetType::Bigquery, "dw");
    let ddl = sql::change_statements(&project, TargetType::Bigquery, "dw", &diff(None, &manifest));
    let plan: LoadPlan = sql::load_plan(&project, TargetType::Bigquery, "dw").expect("a load plan");
    let mut analyzer = GoogleSql::start();
    let mut problems = Vec::new();
    let ddl: Vec<String> = ddl.iter().map(|statement| format!("{};\n", statement.sql)).collect();
    analyze(&mut analyzer, "schema.sql", &ddl.concat(), &mut problems);
    for landing in &plan.landings {
        let columns: Vec<String> = landing.stage.columns.iter().map(|(name, ty)| format!("`{name}` {ty}")).collect();
        let stage = format!(
            "CREATE TEMP TABLE {} ({}, _state INT64, _at TIMESTAMP, _deleted BOOL);\n",
            landing.stage.path,
            columns.join(", ")
        );
        let statements: Vec<Statement> =
            landing.absent.iter().chain(&landing.merge).chain(&landing.purge).cloned().collect();
        let text = script(&statements).replacen("BEGIN TRANSACTION;\n", &format!("{stage}BEGIN TRANSACTION;\n"), 1);
        analyze(&mut analyzer, &format!("landing/{}", landing.table), &text, &mut problems);
    }
    for model in &plan.models {
        analyze(&mut analyzer, &format!("{}.full", model.name), &script(&model.full), &mut problems);
        if let Some(incremental) = &model.incremental {
            analyze(&mut analyzer, &format!("{}.incremental", model.name), &script(incremental), &mut problems);
        }
        let rebuild = sql::rebuild_statements(&project, TargetType::Bigquery, "dw", model.model).expect("a rebuild");
        if let Some(rebuild) = rebuild {
            analyze(&mut analyzer, &format!("{}.rebuild", model.name), &script(&rebuild), &mut problems);
        }
        let since = Some(at("2026-03-01T09:30"));
        let compared = sql::comparison(&project, TargetType::Bigquery, "dw", model.model, since).expect("a comparison");
        if let Some(compared) = compared {
            analyze(&mut analyzer, &format!("{}.compared", model.name), &script(&compared.statements), &mut problems);
            let repair: Vec<Statement> =
                std::iter::once(compared.removes_doubled).chain(compared.repair.into_iter().flatten()).collect();
            analyze(&mut analyzer, &format!("{}.repair", model.name), &script(&repair), &mut problems);
        }
        let audits: Vec<_> = model.audits.iter().map(|rule| rule.statement.clone()).collect();
        analyze(&mut analyzer, &format!("{}.audit", model.name), &script(&audits), &mut problems);
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn marketplace() {
    every_statement(&repository());
}

#[test]
fn retail() {
    every_statement(&repository().join("tests/warehouses/retail"));
}

#[test]
fn sakila() {
    every_statement(&repository().join("tests/warehouses/sakila"));
}

#[test]
fn policies() {
    every_statement(&repository().join("tests/warehouses/policies"));
}

#[test]
fn milestones() {
    every_statement(Project::new(POST).path());
}

#[test]
fn keys_that_are_compared_without_case() {
    every_statement(Project::new(SHOP).path());
}

#[test]
fn checks_and_tolerances() {
    every_statement(Project::new(CHECKED).path());
}

const READINGS: &str = r#"#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { prod: { type: bigquery, project: p, dataset: dw, location: US } }
#- models/shop.yml
source: shop
type: mysql
url: "{{ env('SHOP') }}"
tables:
  readings:
    primary_key: [id, place]
    cursor: read_at
    columns:
      id: INT64
      place: { type: STRING, collation: und:ci }
      amount: { type: NUMERIC, within: 0.01 }
      ratio: { type: FLOAT64, within: 0.001 }
      count: { type: INT64, within: 2 }
      exact: { type: BIGNUMERIC, within: 0.5 }
      read_at: READ
"#;

/// The statements that compare landed rows with those of a source: of all of them, of a period, and of a sample.
#[test]
fn landed_rows_beside_their_source() {
    for ty in ["TIMESTAMP", "DATETIME", "DATE"] {
        let project = checked(Project::new(&READINGS.replace("READ\n", &format!("{ty}\n"))).path());
        let manifest = sql::manifest(&project, TargetType::Bigquery, "dw");
        let ddl = sql::change_statements(&project, TargetType::Bigquery, "dw", &diff(None, &manifest));
        let mut text: String = ddl.iter().map(|statement| format!("{};\n", statement.sql)).collect();
        let plan = sql::load_plan(&project, TargetType::Bigquery, "dw").expect("a load plan");
        let columns = &plan.landings[0].stage.columns;
        let columns: Vec<String> = columns.iter().map(|(name, ty)| format!("`{name}` {ty}")).collect();
        for staged in ["settled", "newer", "rejected"] {
            let columns = columns.join(", ");
            text += &format!("CREATE TABLE dw.{staged} ({columns}, _state INT64, _at TIMESTAMP, _deleted BOOL);\n");
        }
        let reconciler = sql::reconciler(&project, TargetType::Bigquery, "dw", &project.tables[0]);
        let fetched = sql::Fetched {
            settled: "dw.settled".to_owned(),
            newer: "dw.newer".to_owned(),
            rejected: "dw.rejected".to_owned(),
        };
        let since = if ty == "DATE" { "2026-03-01" } else { "2026-03-01 09:30:00.000000" };
        let only = sql::Only { since: Some(since.to_owned()), share: Some(250) };
        for only in [sql::Only::default(), only] {
            let cut = Cut::of(2000, Some((0, 1999)));
            let part = sql::Part { segments: vec![(&cut, [1, 2].into())], only: only.clone() };
            let repair = reconciler.repair(&fetched, &part, true);
            text += &format!("{};\n{};\n", reconciler.extent(&only), reconciler.sums(&cut, &part, "dw.newer"));
            text += &format!("{};\nSELECT * FROM {repair};\n", reconciler.differences(&fetched, &part));
        }
        let text = format!("DECLARE dwc_at TIMESTAMP;\n{text}");
        let mut problems = Vec::new();
        analyze(&mut GoogleSql::start(), ty, &text, &mut problems);
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}

#[test]
fn screens() {
    every_statement(Project::new(SCREENED).path());
}

/// What both engines fold, letter by letter: a letter with a dot, a sharp s, and a sigma at the end of a word.
#[test]
fn texts_are_folded_as_on_the_embedded_engine() {
    let texts = [
        "S01",
        "\u{130}stanbul",
        "STRA\u{1e9e}E",
        "\u{39f}\u{394}\u{39f}\u{3a3}",
        "\u{3c3}\u{3a3}",
        "\u{c9}COLE",
        "\u{1c4}",
        "\u{212a}",
        "\u{c9c0}\u{c0ac}",
    ];
    let analyzer = GoogleSql::start();
    let warehouse = dwc_runner::DuckDbWarehouse::open(":memory:").expect("a warehouse");
    for text in texts {
        let there = analyzer.evaluate(&format!("SELECT LOWER('{text}')"), &[]).expect("an answer");
        let here = warehouse.rows(&format!("SELECT dwc_lower('{text}')")).expect("an answer");
        assert_eq!(there[0]["_0"].as_str(), here[0][0].as_deref(), "{text}");
    }
}
