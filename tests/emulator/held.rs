//! What holds a unit back on the emulator holds it back as on the embedded engine: the same keys, nothing kept, and the
//! next run tries again.

use dwc_compiler::diagnostic::Code;
use dwc_runner::{DuckDbWarehouse, Mode, ModelOutcome, Part, RebuildOptions, RunOptions, Warehouse};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::Project;
use dwc_tests::shop::SHOP;
use dwc_tests::warehouse::unless_stopped;

use super::{apply, at, checked, compare, embedded, emulated, run};

/// The shop, whose area offends the gate of its key as soon as a region comes twice.
const OFFENDING: &str = "\
#- data/orders/2026-03-03.csv
order_id,store_id,ordered_at,amount,status
15,,2026-03-03 01:00:00,7000,placed
";

#[test]
fn a_gate_holds_back_the_same_rows() {
    let emulator = BigQueryEmulator::start();
    let fixture = SHOP.replace("store: { on: store_id }", "store: { on: store_id, missing: error }");
    let disk = Project::new(&format!("{fixture}{OFFENDING}"));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    let told = engines.map(|engine| {
        apply(engine, &project);
        let mut told = Vec::new();
        // The second run finds the failed job of the first, and sends another.
        for _ in 0..2 {
            let (report, offences) = run(engine, &project, disk.path(), Mode::Incremental, None);
            let held: Vec<&str> = report
                .models
                .iter()
                .filter(|model| model.outcome == ModelOutcome::HeldBack)
                .map(|model| model.model.as_str())
                .collect();
            assert_eq!(held, ["sale"]);
            told.push(offences.into_iter().map(|offence| (offence.code, offence.keys)).collect::<Vec<_>>());
        }
        // The member arrives, and what was held back is loaded.
        told
    });
    assert_eq!(told[0], told[1]);
    assert!(!told[0][0].is_empty());
    disk.write(
        "data/stores/2026-03-04.csv",
        "store_id,store_name,region_id,updated_at\n9,아홉,1,2026-02-01 00:00:00\n",
    );
    for engine in engines {
        let (_, offences) = run(engine, &project, disk.path(), Mode::Incremental, None);
        assert!(offences.is_empty(), "{offences:?}");
    }
    compare(&embedded(&here), &emulated(&there, &here));
}

#[test]
fn a_snapshot_that_would_empty_a_table_is_stopped() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(SHOP);
    let project = checked(disk.path());
    let there = emulator.warehouse("dw");
    apply(&there, &project);
    run(&there, &project, disk.path(), Mode::Incremental, None);
    disk.write("data/regions/2026-03-05.csv", "region_id,region_name,opened_on\n");
    let options = RunOptions {
        mode: Mode::Incremental,
        at: at("2026-04-01T00:00:00"),
        until: None,
        select: Vec::new(),
        part: Part::Everything,
    };
    let run = dwc_runner::run(&there, &project, disk.path(), &options, &mut |_| ());
    let error = unless_stopped(run).expect_err("it is stopped");
    assert_eq!(error.code, Some(Code::TooManyDeleted), "{error:?}");
    assert_eq!(error.message, "a read of table `shop.regions` lacks too many of the landed rows: 3 of 3");
}

#[test]
fn a_rebuild_is_shown_and_carried_out() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(&SHOP.replace("    cursor: updated_at\n", "    cursor: updated_at\n    retain: history\n"));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    for engine in engines {
        apply(engine, &project);
        run(engine, &project, disk.path(), Mode::Incremental, None);
    }
    let before = emulated(&there, &here);
    let options = |only_shown, may_lose| RebuildOptions {
        model: "area".to_owned(),
        from: Some(at("2026-03-02T00:00:00")),
        at: at("2026-03-05T00:00:00"),
        may_lose,
        only_shown,
    };
    let shown = engines.map(|engine| {
        let (report, offences) =
            dwc_runner::rebuild(engine, &project, &options(true, false)).unwrap_or_else(|error| panic!("{error:?}"));
        assert!(offences.is_empty(), "{offences:?}");
        serde_json::to_value((report.lost, report.versions)).expect("a report")
    });
    assert_eq!(shown[0], shown[1]);
    compare(&before, &emulated(&there, &here));
    let codes =
        engines.map(|engine| dwc_runner::rebuild(engine, &project, &options(false, false)).err().map(|e| e.code));
    assert_eq!(codes[0], codes[1]);
    for engine in engines {
        dwc_runner::rebuild(engine, &project, &options(false, true)).unwrap_or_else(|error| panic!("{error:?}"));
    }
    compare(&embedded(&here), &emulated(&there, &here));
}
