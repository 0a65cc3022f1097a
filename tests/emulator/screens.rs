//! Screens on the emulator reject, tag and hold back what they do on the embedded engine, and keep the same events.

use dwc_runner::{DuckDbWarehouse, Mode, Warehouse};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::Project;
use dwc_tests::screened::{DATA, SCREENED};

use super::{apply, checked, compare, embedded, emulated, run, told};

#[test]
fn screens_do_the_same_on_both_engines() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(&format!("{SCREENED}{DATA}"));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    engines.into_iter().for_each(|engine| apply(engine, &project));
    let mut rejected = Vec::new();
    for (until, mode) in
        [("2026-03-01", Mode::Incremental), ("2026-03-02", Mode::Incremental), ("2026-03-02", Mode::Full)]
    {
        let [expected, found] = engines.map(|engine| {
            let (report, offences) = run(engine, &project, disk.path(), mode, Some(until));
            assert!(offences.is_empty(), "{offences:?}");
            report
        });
        assert_eq!(told(&expected), told(&found));
        rejected.push(found.models.iter().map(|model| model.rejected).sum::<i64>());
        compare(&embedded(&here), &emulated(&there, &here));
        let details = "SELECT batch, source_table, screen, place, column_name, value FROM _dwc.error_details ORDER BY 2, 3, 4, 5, 6";
        let found = there.table(&details.replace("_dwc.", "dw_dwc.")).expect("details").1;
        assert_eq!(here.rows(details).expect("details"), found);
        let screens = "SELECT * FROM _dwc.screens ORDER BY 1, 2";
        let found = there.table(&screens.replace("_dwc.", "dw_dwc.")).expect("screens").1;
        assert_eq!((here.rows(screens).expect("screens"), found.len()), (found, 9));
    }
    // An order in three facts and a total, then an order in three facts, a customer and a rate.
    assert_eq!(rejected[..2], [4, 5]);
    let held = engines.map(|engine| {
        let (_, offences) = run(engine, &project, disk.path(), Mode::Incremental, None);
        offences.into_iter().map(|one| format!("{} {} {:?}", one.code.id(), one.message, one.keys)).collect::<Vec<_>>()
    });
    let said = "DW0985 fact `sale` fails check `status`, which holds the load back [\"1 of 1 rows: order_id=1\"]";
    assert_eq!(held, [[said], [said]]);
}
