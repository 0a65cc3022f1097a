//! Whole runs on paper: every script that an apply, runs of every mode, rebuilds, an audit, a comparison and checks would send, analyzed in its order
//! and held against the limits that BigQuery's documentation states.

use std::collections::BTreeSet;
use std::path::Path;

use dwc_compiler::model::TargetType;
use dwc_runner::{CompareOptions, Mode, Part, RebuildOptions, RunOptions};
use dwc_tests::checked::SHOP as CHECKED;
use dwc_tests::collated::SHOP;
use dwc_tests::googlesql::GoogleSql;
use dwc_tests::paper::{Paper, Sheet};
use dwc_tests::project::{Project, at, checked, repository};
use dwc_tests::screened::{DATA, SCREENED};

use super::analyze;

/// The length of a script. <https://cloud.google.com/bigquery/quotas#query_jobs>
const LONGEST: usize = 1 << 20;
/// The tables that one transaction changes. <https://cloud.google.com/bigquery/docs/transactions#transaction_limitations>
const MUTATED: usize = 100;

/// Applies a project, loads it by every mode, rebuilds each model, audits, compares and checks. Gives what was written.
fn written(folder: &Path) -> Vec<Sheet> {
    let (paper, project) = (Paper::default(), checked(folder));
    dwc_runner::apply(&paper, &project, at("2026-01-01"), &[]).unwrap_or_else(|error| panic!("{error:?}"));
    let whole = || Part::Everything;
    for (day, mode) in [("01", Mode::Incremental), ("02", Mode::Incremental), ("03", Mode::Full)] {
        let at = dwc_runner::parse_time(&format!("2026-12-{day}")).expect("a time");
        let options = RunOptions { mode, at, until: None, select: Vec::new(), part: whole() };
        dwc_runner::replay(&paper, &project, folder, &options, &mut |_| ()).unwrap_or_else(|error| panic!("{error:?}"));
    }
    let at = at("2026-12-04");
    for model in project.order.iter().filter(|model| project.query(**model).is_some()) {
        let model = project.model_name(*model).to_owned();
        let options = RebuildOptions { model, from: None, at, may_lose: true, only_shown: false };
        dwc_runner::rebuild(&paper, &project, &options).unwrap_or_else(|error| panic!("{error:?}"));
    }
    dwc_runner::audit(&paper, &project, &[]).unwrap_or_else(|error| panic!("{error:?}"));
    for since in [None, Some(dwc_tests::project::at("2026-03-01T09:30"))] {
        let options = CompareOptions { select: Vec::new(), at, repairs: false, since };
        dwc_runner::compare(&paper, &project, &options).unwrap_or_else(|error| panic!("{error:?}"));
    }
    let mut sheets = paper.sheets();
    for pass in dwc_compiler::sql::checks(&project, TargetType::Bigquery, "dw").expect("checks") {
        let alone = pass.checks.into_iter().flat_map(|check| std::iter::once(check.alone).chain(check.keys));
        sheets.extend(
            std::iter::once(pass.sql).chain(alone).map(|sql| Sheet { name: "check".to_owned(), text: sql + ";\n" }),
        );
    }
    sheets
}

/// The tables that a script changes inside its transaction, temporary ones aside.
fn mutated(script: &str) -> BTreeSet<&str> {
    let words = ["INSERT INTO `", "UPDATE `", "DELETE FROM `", "MERGE INTO `", "TRUNCATE TABLE `"];
    let after = |word: &'static str| {
        let name = |(at, _): (usize, &str)| {
            let rest = &script[at + word.len() - 1..];
            rest.split([' ', '\n', '(']).next().filter(|name| name.contains("`.`"))
        };
        script.match_indices(word).filter_map(name)
    };
    words.into_iter().flat_map(after).collect()
}

fn every_unit(folder: &Path, least: usize) {
    let sheets = written(folder);
    let (mut analyzer, mut problems) = (GoogleSql::start(), Vec::new());
    for Sheet { name, text } in &sheets {
        analyze(&mut analyzer, name, text, &mut problems);
        if text.len() > LONGEST {
            problems.push(format!("{name}: {} characters", text.len()));
        }
        let tables = mutated(text).len();
        if tables > MUTATED {
            problems.push(format!("{name}: {tables} tables in one transaction"));
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert!(sheets.len() >= least, "{} scripts", sheets.len());
}

#[test]
fn of_the_marketplace() {
    every_unit(&repository(), 60);
}

#[test]
fn of_the_policies() {
    every_unit(&repository().join("tests/warehouses/policies"), 20);
}

#[test]
fn of_keys_that_are_compared_without_case() {
    every_unit(Project::new(SHOP).path(), 10);
}

#[test]
fn of_checks_of_every_kind() {
    every_unit(Project::new(CHECKED).path(), 10);
}

#[test]
fn of_screens() {
    let project = Project::new(&format!("{SCREENED}{DATA}"));
    every_unit(project.path(), 10);
    let sheets = written(project.path());
    assert!(sheets.iter().any(|sheet| mutated(&sheet.text).contains("`dw_dwc`.`error_details`")));
}

/// The words that are looked for are those that scripts change tables by.
#[test]
fn tables_that_change_are_found() {
    let sheets = written(Project::new(SHOP).path());
    let all: BTreeSet<&str> = sheets.iter().flat_map(|sheet| mutated(&sheet.text)).collect();
    assert!(all.iter().any(|table| table.contains("_landing`.")), "{all:?}");
    assert!(all.contains("`dw_dwc`.`commits`"), "{all:?}");
}
