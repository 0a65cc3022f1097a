//! Killed at one step boundary after the other, a warehouse on the emulator ends where an undisturbed embedded one ends.

use dwc_runner::{DuckDbWarehouse, Mode};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::crm::{CRM, TABLES};
use dwc_tests::project::Project;
use dwc_tests::shop::SHOP;

use super::landed::{OWN, execute};
use super::{apply, checked, compare, embedded, embedded_but, emulated, emulated_but, killed, run};

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

#[test]
fn killed_while_tables_of_another_tool_are_landed() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(CRM);
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let other = emulator.warehouse("elsewhere");
    TABLES.iter().for_each(|statement| execute(&other, statement));
    TABLES.iter().for_each(|statement| execute(&here, statement));
    apply(&here, &project);
    let mut crashes = killed(&emulator, disk.path(), &["apply", "--auto-approve"]);
    for mode in [Mode::Incremental, Mode::Full] {
        run(&here, &project, disk.path(), mode, None);
        let words: &[&str] = if mode == Mode::Full { &["run", "--mode", "full"] } else { &["run"] };
        crashes += killed(&emulator, disk.path(), &[words, &["--at", "2026-04-01"]].concat());
        let change = "DELETE FROM other.accounts WHERE account_id = 1";
        execute(&other, change);
        execute(&here, change);
    }
    assert!(crashes > 6, "only {crashes} crash points were met");
    // A run that was killed has landed a batch or has not, so the numbers of batches differ; the star does not.
    let own = [OWN, &["loaded_batch"]].concat();
    let mut expected = embedded_but(&here, &own);
    expected.retain(|table, _| table.starts_with("dw."));
    assert!(expected.len() > 1, "{:?}", expected.keys());
    compare(&expected, &emulated_but(&emulator.warehouse("dw"), &here, &own));
}
