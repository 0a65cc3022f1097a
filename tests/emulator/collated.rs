//! Keys that are compared without case give the same rows, members and keys on the emulator as on the embedded engine.

use dwc_runner::{DuckDbWarehouse, Mode, Warehouse};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::collated::{LATER, SHOP};
use dwc_tests::project::Project;

use super::{apply, checked, compare, embedded, emulated, run, told};

#[test]
fn spellings_of_a_key_are_one_on_both_engines() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(&SHOP.replace("{ type: duckdb, path: warehouse.duckdb }", "{ type: duckdb }"));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    engines.into_iter().for_each(|engine| apply(engine, &project));
    for batch in 0..3 {
        if batch == 1 {
            LATER.iter().for_each(|(path, text)| disk.write(path, text));
        }
        let mode = if batch == 2 { Mode::Full } else { Mode::Incremental };
        let [left, right] = engines.map(|engine| {
            let (report, offences) = run(engine, &project, disk.path(), mode, None);
            assert!(offences.is_empty(), "{offences:?}");
            report
        });
        assert_eq!(told(&left), told(&right));
        compare(&embedded(&here), &emulated(&there, &here));
    }
}
