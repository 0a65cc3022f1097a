//! Killed at one step boundary after the other, a warehouse on the emulator ends where an undisturbed embedded one ends.

use dwc_runner::{DuckDbWarehouse, Mode};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::Project;
use dwc_tests::shop::SHOP;

use super::{apply, checked, compare, embedded, emulated, killed, run};

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
        crashes += killed(&emulator, disk.path(), step);
    }
    assert!(crashes > 12, "only {crashes} crash points were met");
    compare(&embedded(&here), &emulated(&emulator.warehouse("dw"), &here));
}
