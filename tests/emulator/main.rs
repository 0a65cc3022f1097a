//! The runner on an emulator of BigQuery: the same batches give the same rows as on the embedded engine, table by table,
//! and a run that was killed ends where an undisturbed one does.
//!
//! The emulator executes what BigQuery would; whether BigQuery takes the SQL, `tests/bigquery` says.

mod changes;
mod checks;
mod collated;
mod database;
mod environments;
mod expressions;
mod held;
mod landed;
mod leases;
mod partial;
mod pieces;
mod recovery;
mod rejected;
mod screens;
mod sources;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use dwc_compiler::model::Project;
use dwc_runner::{BigQueryWarehouse, DuckDbWarehouse, Mode, Offence, Part, RunOptions, RunReport, Warehouse};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::{at, checked, dwc_binary, repository};

fn apply(engine: &dyn Warehouse, project: &Project) {
    dwc_runner::apply(engine, project, at("2026-01-01"), &[]).unwrap_or_else(|error| panic!("{error:?}"));
}

fn run(
    engine: &dyn Warehouse,
    project: &Project,
    folder: &Path,
    mode: Mode,
    until: Option<&str>,
) -> (RunReport, Vec<Offence>) {
    let options = RunOptions {
        mode,
        at: at("2026-04-01T00:00:00"),
        until: until.map(at),
        select: Vec::new(),
        part: Part::Everything,
    };
    dwc_runner::run(engine, project, folder, &options, &mut |_| ()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// What was done, without how long it took.
fn told(report: &RunReport) -> String {
    let mut report = report.clone();
    report.models.iter_mut().for_each(|model| model.milliseconds = 0);
    serde_json::to_string_pretty(&report).expect("a report")
}

/// Every table of a project with its rows in order, by schema and name.
type Tables = BTreeMap<String, Vec<Vec<Option<String>>>>;

/// The tables of the embedded engine that belong to a project, and those of its state that say what was loaded.
fn tables(warehouse: &DuckDbWarehouse) -> Vec<(String, String, String)> {
    let all = warehouse
        .rows(
            "SELECT table_schema, table_name, string_agg(column_name, ',' ORDER BY ordinal_position) \
             FROM information_schema.columns WHERE table_schema LIKE 'dw%' OR (table_schema = '_dwc' AND table_name IN \
             ('batches', 'table_batches', 'files', 'watermarks', 'loaded', 'missed', 'consumed', 'error_events')) \
             GROUP BY ALL ORDER BY ALL",
        )
        .expect("the catalog");
    all.into_iter()
        .map(|row| {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || cells.next().unwrap_or_default();
            (next(), next(), next())
        })
        .collect()
}

fn embedded(warehouse: &DuckDbWarehouse) -> Tables {
    embedded_but(warehouse, &[])
}

/// The same without some columns.
fn embedded_but(warehouse: &DuckDbWarehouse, left_out: &[&str]) -> Tables {
    let rows = |(schema, table, columns): (String, String, String)| {
        let columns = columns.split(',').filter(|column| !left_out.contains(column));
        let list: Vec<String> = columns.map(|column| format!("\"{column}\"")).collect();
        let sql = format!("SELECT {} FROM {schema}.\"{table}\"", list.join(", "));
        let mut rows = warehouse.rows(&sql).unwrap_or_else(|error| panic!("{error:?}"));
        rows.sort();
        (format!("{schema}.{table}"), rows)
    };
    tables(warehouse).into_iter().map(rows).collect()
}

fn emulated(warehouse: &BigQueryWarehouse, like: &DuckDbWarehouse) -> Tables {
    emulated_but(warehouse, like, &[])
}

/// The same without some columns.
fn emulated_but(warehouse: &BigQueryWarehouse, like: &DuckDbWarehouse, left_out: &[&str]) -> Tables {
    let rows = |(schema, table, columns): (String, String, String)| {
        let columns = columns.split(',').filter(|column| !left_out.contains(column));
        let list: Vec<String> = columns.map(|column| format!("`{column}`")).collect();
        let own = schema.strip_prefix("dw").unwrap_or("_dwc");
        let dataset = format!("{}{own}", warehouse.schema());
        let sql = format!("SELECT {} FROM `{dataset}`.`{table}`", list.join(", "));
        let mut rows = warehouse.table(&sql).unwrap_or_else(|error| panic!("{error:?}")).1;
        // A NUMERIC of nought comes from the emulator as Python prints it.
        rows.iter_mut()
            .flatten()
            .filter(|value| value.as_deref() == Some("0E-9"))
            .for_each(|value| *value = Some("0".into()));
        rows.sort();
        (format!("{schema}.{table}"), rows)
    };
    tables(like).into_iter().map(rows).collect()
}

/// Runs `dwc` against the emulator; with a crash point the process may kill itself there. Gives its code and what it said.
fn dwc(emulator: &BigQueryEmulator, folder: &Path, arguments: &[&str], crash_at: Option<u32>) -> (Option<i32>, String) {
    let mut command = Command::new(dwc_binary());
    command.arg("--project-dir").arg(folder).args(arguments).args(["--quiet", "--target", "prod"]);
    command.envs(emulator.variables());
    if let Some(point) = crash_at {
        command.env("DWC_CRASH_AT", point.to_string());
    }
    let output = command.output().expect("dwc starts");
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    (output.status.code(), told)
}

/// Runs `dwc` to its end, which has to be a good one.
fn done(emulator: &BigQueryEmulator, folder: &Path, arguments: &[&str]) -> String {
    let (code, told) = dwc(emulator, folder, arguments, None);
    assert_eq!(code, Some(0), "{arguments:?}: {told}");
    told
}

/// Runs `dwc` again and again, killed at one boundary after the other until it ends. Each start goes one boundary further
/// than the one before: what is committed is not done again. Gives how often it was killed.
fn killed(emulator: &BigQueryEmulator, folder: &Path, arguments: &[&str]) -> u32 {
    for point in 1.. {
        match dwc(emulator, folder, arguments, Some(point)) {
            (Some(0), _) => return point - 1,
            (code, told) => assert_eq!(code, None, "{arguments:?} at {point}: {told}"),
        }
    }
    0
}

/// Compares every table, and prints the first rows that differ.
fn compare(expected: &Tables, found: &Tables) {
    let mut differences = Vec::new();
    for (table, rows) in expected {
        let other = &found[table];
        if rows == other {
            continue;
        }
        let missing = rows.iter().filter(|row| !other.contains(row)).take(3);
        let added = other.iter().filter(|row| !rows.contains(row)).take(3);
        differences.push(format!(
            "{table}: {} rows embedded, {} emulated\n  embedded {:?}\n  emulated {:?}",
            rows.len(),
            other.len(),
            missing.collect::<Vec<_>>(),
            added.collect::<Vec<_>>()
        ));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_sample_is_loaded_as_on_the_embedded_engine() {
    let emulator = BigQueryEmulator::start();
    let folder = repository();
    let project = checked(&folder);
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    apply(&here, &project);
    apply(&there, &project);
    for until in [Some("2026-03-16T00:00:00"), None] {
        let (expected, _) = run(&here, &project, &folder, Mode::Incremental, until);
        let (found, offences) = run(&there, &project, &folder, Mode::Incremental, until);
        assert!(offences.is_empty(), "{offences:?}");
        assert_eq!(told(&expected), told(&found));
    }
    compare(&embedded(&here), &emulated(&there, &here));
    let audited = dwc_runner::audit(&there, &project, &[]).unwrap_or_else(|error| panic!("{error:?}"));
    assert!(audited.offences().is_empty(), "{:?}", audited.offences());
    // A job of the same text at the same state would be the same job.
    let clock = std::cell::Cell::new(at("2026-04-01T00:00:00"));
    let verify = |repairs| {
        clock.set(clock.get() + chrono::TimeDelta::seconds(1));
        let options = dwc_runner::CompareOptions { select: Vec::new(), at: clock.get(), repairs, since: None };
        dwc_runner::compare(&there, &project, &options).unwrap_or_else(|error| panic!("{error:?}"))
    };
    assert!(verify(false).offences().is_empty(), "what a run leaves is no finding: {:?}", verify(false).offences());
    for hand in [
        "UPDATE dw.payment SET paid_amount = 777 WHERE payment_id = (SELECT MIN(p.payment_id) FROM dw.payment AS p)",
        "DELETE FROM dw.payment WHERE payment_id = (SELECT MAX(p.payment_id) FROM dw.payment AS p)",
        "UPDATE dw.store SET is_current = NOT is_current WHERE store_key = (SELECT MAX(s.store_key) FROM dw.store AS s)",
    ] {
        landed::execute(&there, hand);
    }
    let found: Vec<&str> = verify(false).offences().iter().map(|offence| offence.code.id()).collect();
    assert_eq!(found, ["DW0968", "DW0965", "DW0967"]);
    let repaired = verify(true);
    assert_eq!((repaired.mended().len(), repaired.offences().len()), (3, 0), "{repaired:?}");
    // The repair has written what it has mended.
    let written = &["loaded_batch"];
    compare(&embedded_but(&here, written), &emulated_but(&there, &here, written));
    // Another process reads the same state, and finds nothing to do.
    let other = emulator.warehouse("dw");
    let (report, _) = run(&other, &project, &folder, Mode::Incremental, None);
    assert!(report.models.iter().all(|model| model.extracted == 0), "{report:?}");
    assert!(report.sources.iter().all(|source| source.batch == 0), "{report:?}");
    let state = other.state().expect("a state").expect("an applied one");
    assert_eq!((state.serial, state.runs.len()), (1, 3));
    let planned = dwc_runner::plan(&other, &project).expect("a comparison");
    assert!(planned.set.changes.is_empty(), "a plan after an apply is empty");
}
