//! Declared checks on the emulator count and name what they do on the embedded engine.

use dwc_runner::{DuckDbWarehouse, Mode, Offence, Warehouse};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::checked::SHOP;
use dwc_tests::project::{Project, at};

use super::{apply, checked, run};

#[test]
fn checks_of_every_kind_find_what_they_find_on_the_embedded_engine() {
    let emulator = BigQueryEmulator::start();
    // An engine's words for a value that does not cast are its own.
    let disk = Project::new(&SHOP.replace("CAST(note AS INT64)", "SAFE_CAST(note AS INT64)"));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    let [expected, found] = engines.map(|engine| {
        apply(engine, &project);
        let (_, offences) = run(engine, &project, disk.path(), Mode::Incremental, None);
        assert!(offences.is_empty(), "{offences:?}");
        let done =
            dwc_runner::check(engine, &project, &[], at("2026-04-02")).unwrap_or_else(|error| panic!("{error:?}"));
        let told = |one: Offence| format!("{}: {}", one.message, one.keys.join("; "));
        (
            done.looked.len(),
            done.failed().into_iter().map(told).collect::<Vec<_>>(),
            done.warned().into_iter().map(told).collect::<Vec<_>>(),
        )
    });
    assert_eq!(expected, found);
    assert_eq!((expected.0, expected.1.len(), expected.2.len()), (19, 8, 1), "{expected:#?}");
}
