//! Killed at one step boundary after the other, a warehouse on the emulator ends where an undisturbed embedded one ends.

use std::path::Path;
use std::process::Command;

use dwc_runner::{DuckDbWarehouse, Mode};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::{Project, dwc_binary};
use dwc_tests::shop::SHOP;

use super::{apply, checked, compare, embedded, emulated, run};

/// Runs `dwc` against the emulator; with a crash point the process may kill itself there.
fn dwc(emulator: &BigQueryEmulator, folder: &Path, arguments: &[&str], crash_at: Option<u32>) -> Option<i32> {
    let mut command = Command::new(dwc_binary());
    command.arg("--project-dir").arg(folder).args(arguments).args(["--quiet", "--target", "prod"]);
    command.envs(emulator.variables());
    if let Some(point) = crash_at {
        command.env("DWC_CRASH_AT", point.to_string());
    }
    let output = command.output().expect("dwc starts");
    let code = output.status.code();
    assert!(code.is_none() || code == Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    code
}

#[test]
fn killed_at_one_boundary_after_the_other() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(SHOP);
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    apply(&here, &project);
    run(&here, &project, disk.path(), Mode::Incremental, Some("2026-03-01T00:00:00"));
    run(&here, &project, disk.path(), Mode::Incremental, None);
    let mut crashes = 0;
    for step in [
        &["apply", "--auto-approve"][..],
        &["run", "--until", "2026-03-01", "--at", "2026-03-01"],
        &["run", "--at", "2026-03-02"],
    ] {
        // Each start goes one boundary further than the one before: what is committed is not done again.
        for point in 1.. {
            if dwc(&emulator, disk.path(), step, Some(point)) == Some(0) {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes > 12, "only {crashes} crash points were met");
    compare(&embedded(&here), &emulated(&emulator.warehouse("dw"), &here));
}
