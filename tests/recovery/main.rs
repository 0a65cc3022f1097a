//! Killed at any step boundary or at any moment and started again, the warehouse ends where an undisturbed one ends:
//! every row of every table is the same, bookkeeping times aside.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dwc_tests::project::{Project, dwc_binary};
use dwc_tests::shop::SHOP;

/// Every table with its rows, times of bookkeeping aside.
fn dump(project: &Project) -> String {
    let path = project.path().join("warehouse.duckdb");
    let warehouse = dwc_runner::DuckDbWarehouse::open(&path.to_string_lossy()).expect("the warehouse");
    let tables = warehouse
        .rows(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables \
             WHERE table_type = 'BASE TABLE' AND table_schema <> 'main' ORDER BY 1",
        )
        .expect("tables");
    let mut text = String::new();
    for table in tables.into_iter().filter_map(|row| row[0].clone()) {
        let columns = match table.as_str() {
            // Runs count the attempts, and a manifest says when it was applied.
            "_dwc.runs" => continue,
            "_dwc.manifests" => "serial, manifest",
            _ => "*",
        };
        text.push_str(&format!("== {table}\n"));
        for row in warehouse.rows(&format!("SELECT {columns} FROM {table} ORDER BY ALL")).expect("rows") {
            text.push_str(&format!("{row:?}\n"));
        }
    }
    text
}

/// Runs `dwc`; with a crash point the process may kill itself there.
fn dwc(folder: &Path, arguments: &[&str], crash_at: Option<u32>) -> Option<i32> {
    let mut command = Command::new(dwc_binary());
    command.arg("--project-dir").arg(folder).args(arguments).arg("--quiet");
    if let Some(point) = crash_at {
        command.env("DWC_CRASH_AT", point.to_string());
    }
    command.output().expect("dwc starts").status.code()
}

const STEPS: [&[&str]; 3] = [
    &["apply", "--auto-approve"],
    &["run", "--until", "2026-03-01", "--at", "2026-03-01"],
    &["run", "--at", "2026-03-02"],
];

fn undisturbed() -> String {
    let project = Project::new(SHOP);
    for step in STEPS {
        assert_eq!(dwc(project.path(), step, None), Some(0), "{step:?}");
    }
    dump(&project)
}

#[test]
fn killed_at_every_step_boundary() {
    let expected = undisturbed();
    assert!(expected.contains("하나마트") && expected.contains("`ordered_at` is not a TIMESTAMP"), "{expected}");
    let mut crashes = 0;
    for step in 0..STEPS.len() {
        // An apply is one transaction of many like statements: every seventh boundary of it tells as much as all.
        let stride = if step == 0 { 7 } else { 1 };
        for point in (1..).step_by(stride) {
            let project = Project::new(SHOP);
            for before in &STEPS[..step] {
                assert_eq!(dwc(project.path(), before, None), Some(0));
            }
            let crashed = dwc(project.path(), STEPS[step], Some(point)) != Some(0);
            for again in &STEPS[step..] {
                assert_eq!(dwc(project.path(), again, None), Some(0), "{again:?} after a crash at {point} of {step}");
            }
            assert_eq!(dump(&project), expected, "after a crash at point {point} of step {step}");
            if !crashed {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes > 20, "only {crashes} crash points were met");
}

#[test]
fn killed_at_random_moments() {
    let expected = undisturbed();
    for attempt in 0..12_u64 {
        let project = Project::new(SHOP);
        let folder = project.path().to_string_lossy().into_owned();
        for step in STEPS {
            let mut arguments: Vec<&str> = vec!["--project-dir", &folder];
            arguments.extend(step);
            project.dwc_killed_within(&arguments, Duration::from_millis(40 + attempt * 35));
            assert_eq!(dwc(project.path(), step, None), Some(0), "{step:?}");
        }
        assert_eq!(dump(&project), expected, "attempt {attempt}");
    }
}
