//! Tables that another tool has landed are read on the emulator as on the embedded engine: increments with lookback, full
//! passes with deletes, intervals, rows without a key, rows that do not cast, columns that change. What changes of the columns
//! of files is said alike, too.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::TargetType;
use dwc_runner::{DuckDbWarehouse, Error, Mode, Part, RunOptions, RunReport, Warehouse};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::crm::{CRM, TABLES};
use dwc_tests::project::Project;
use dwc_tests::shop::SHOP;
use dwc_tests::warehouse::unless_stopped;

use super::{apply, at, checked, compare, embedded_but, emulated_but, run, told};

/// A statement in the engine's words.
pub(super) fn execute(engine: &dyn Warehouse, statement: &str) {
    let mut statement = statement.to_owned();
    if engine.ty() == TargetType::Duckdb {
        for (word, other) in
            [("INT64", "BIGINT"), ("STRING", "VARCHAR"), ("FLOAT64", "DOUBLE"), ("DATETIME", "TIMESTAMP")]
        {
            statement = statement.replace(word, other);
        }
    }
    engine.table(&statement).unwrap_or_else(|error| panic!("{error:?}"));
}

/// What both engines name or order in their own way.
pub(super) const OWN: &[&str] = &["_state", "_row_key", "source_row"];

fn both(here: &DuckDbWarehouse, there: &dwc_runner::BigQueryWarehouse) {
    compare(&embedded_but(here, OWN), &emulated_but(there, here, OWN));
}

fn options() -> RunOptions {
    RunOptions {
        mode: Mode::Incremental,
        at: at("2026-04-01T00:00:00"),
        until: None,
        select: Vec::new(),
        part: Part::Everything,
    }
}

fn try_run(engine: &dyn Warehouse, disk: &Project) -> Result<RunReport, Error> {
    unless_stopped(dwc_runner::run(engine, &checked(disk.path()), disk.path(), &options(), &mut |_| ()))
        .map(|(report, _)| report)
}

#[test]
fn they_are_read_where_they_lie() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(CRM);
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    for engine in engines {
        apply(engine, &project);
        let error = try_run(engine, &disk).expect_err("no table is there");
        assert_eq!(error.code, Some(Code::FileMissing), "{error:?}");
        TABLES.iter().for_each(|statement| execute(engine, statement));
    }
    let step = |mode: Mode, statements: &[&str]| {
        let reports = engines.map(|engine| {
            statements.iter().for_each(|statement| execute(engine, statement));
            let (report, offences) = run(engine, &project, disk.path(), mode, None);
            assert!(offences.is_empty(), "{offences:?}");
            report
        });
        assert_eq!(told(&reports[0]), told(&reports[1]));
        both(&here, &there);
        let [report, _] = reports;
        let codes: Vec<&str> = report.sources[0].notices.iter().map(|notice| notice.code.as_str()).collect();
        let nameless = here.rows("SELECT 1 FROM other.accounts WHERE account_id IS NULL").expect("rows");
        let is_held = mode == Mode::Full && !nameless.is_empty();
        assert_eq!(codes, if is_held { &["DW0916"][..] } else { &[] });
        report.sources[0].tables.clone()
    };
    let first = step(Mode::Incremental, &[]);
    assert_eq!((first[0].extracted, first[0].inserted, first[0].rejected), (6, 3, 3), "{first:?}");
    let second = step(
        Mode::Incremental,
        &[
            "UPDATE other.accounts SET name = '하나상회', updated_at = TIMESTAMP '2026-03-02 00:00:00+00' WHERE account_id = 1",
            // In the lookback, before it, and not a number no more.
            "INSERT INTO other.accounts VALUES (7, '일곱', 7.0, '7', NULL, 0, TIMESTAMP '2026-03-01 02:30:00+00', 'a'), \
             (8, '여덟', 8.0, '8', NULL, 0, TIMESTAMP '2026-03-01 01:30:00+00', 'a')",
            "UPDATE other.accounts SET amount = 'x', updated_at = TIMESTAMP '2026-03-02 01:00:00+00' WHERE account_id = 4",
            "DELETE FROM other.accounts WHERE account_id = 6",
            "INSERT INTO other.changes VALUES (2, 'D', 4, DATE '2026-03-02'), (3, 'I', 5, DATE '2026-03-02')",
            "DELETE FROM other.visit_log WHERE page = 'cart'",
        ],
    );
    assert_eq!((second[0].inserted, second[0].updated, second[0].rejected), (1, 1, 3), "{second:?}");
    assert_eq!(second[1].deleted, 1, "a key of operations: {second:?}");
    assert_eq!(second[2].deleted, 1, "a row without a key that is gone: {second:?}");
    let third = step(Mode::Full, &["DELETE FROM other.accounts WHERE account_id = 1"]);
    assert_eq!((third[0].inserted, third[0].deleted), (1, 0), "a row without a key may be any of those: {third:?}");
    let again = step(Mode::Full, &["DELETE FROM other.accounts WHERE account_id IS NULL"]);
    assert_eq!((again[0].inserted, again[0].deleted), (0, 2), "what was rejected is not gone: {again:?}");
    let window = dwc_runner::Interval { from: Some(at("2026-02-01")), to: at("2026-02-02") };
    let fourth = step(
        Mode::Interval(window),
        &[
            "INSERT INTO other.accounts VALUES (9, '아홉', 9.0, '9', NULL, 0, TIMESTAMP '2026-02-01 12:00:00+00', 'a'), \
             (10, '열', 10.0, '10', NULL, 0, TIMESTAMP '2026-02-02 00:00:00+00', 'a')",
            "INSERT INTO other.changes VALUES (9, 'I', 6, DATE '2026-02-01'), (10, 'I', 7, DATE '2026-02-05')",
        ],
    );
    assert_eq!((fourth[0].inserted, fourth[1].inserted), (1, 1), "{fourth:?}");
    let state = there.state().expect("a state").expect("an applied one");
    let expected = here.state().expect("a state").expect("an applied one");
    assert_eq!(state.error_events, expected.error_events);
    assert_eq!(state.error_events, 4, "a rejected row is one event, however often it is read");
}

#[test]
fn what_changes_and_what_is_too_much() {
    let emulator = BigQueryEmulator::start();
    let fixture = CRM.replace("    retain: history\n", "    on_schema_change: evolve\n");
    let disk = Project::new(&fixture);
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    let codes = |engine: &dyn Warehouse| try_run(engine, &disk).err().and_then(|error| error.code);
    for engine in engines {
        apply(engine, &project);
        TABLES.iter().for_each(|statement| execute(engine, statement));
        run(engine, &project, disk.path(), Mode::Incremental, None);
        execute(engine, "ALTER TABLE other.accounts ADD COLUMN channel STRING");
        execute(
            engine,
            "UPDATE other.accounts SET channel = 'web', updated_at = TIMESTAMP '2026-03-03 00:00:00+00' WHERE account_id = 1",
        );
    }
    let said = engines.map(|engine| {
        let (report, _) = run(engine, &project, disk.path(), Mode::Incremental, None);
        let keys: Vec<String> = report.sources[0].notices.iter().flat_map(|notice| notice.keys.clone()).collect();
        keys.join(", ").replace("VARCHAR", "STRING")
    });
    assert_eq!(said, ["`channel` STRING is new", "`channel` STRING is new"]);
    both(&here, &there);
    let extra = "SELECT _extra FROM dw_landing.crm__accounts WHERE account_id = 1";
    assert!(here.rows(extra).expect("rows")[0][0].as_deref().is_some_and(|extra| extra.contains("web")));
    // A share of rows that do not cast is too much.
    disk.write(
        "models/crm.yml",
        &section(&fixture).replace("lookback: 1h", "lookback: 1h\n    max_rejected_share: 0.1"),
    );
    for engine in engines {
        execute(
            engine,
            "UPDATE other.accounts SET amount = 'x', updated_at = TIMESTAMP '2026-03-04 00:00:00+00' WHERE account_id = 1",
        );
    }
    assert_eq!(engines.map(codes), [Some(Code::TooManyRejected), Some(Code::TooManyRejected)]);
    both(&here, &there);
}

#[test]
fn what_stops_a_source() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(&CRM.replace("    retain: history\n", "    on_schema_change: freeze\n"));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    let codes = |engine: &dyn Warehouse| try_run(engine, &disk).err().and_then(|error| error.code);
    for engine in engines {
        apply(engine, &project);
        TABLES.iter().for_each(|statement| execute(engine, statement));
        run(engine, &project, disk.path(), Mode::Incremental, None);
        execute(engine, "ALTER TABLE other.accounts DROP COLUMN region");
    }
    assert_eq!(engines.map(codes), [Some(Code::SourceFrozen), Some(Code::SourceFrozen)]);
    disk.write("models/crm.yml", &section(CRM).replace("    retain: history\n", ""));
    for engine in engines {
        execute(engine, "DELETE FROM other.accounts WHERE account_id IS NULL OR account_id IN (1, 4, 6)");
    }
    let full = engines.map(|engine| {
        let options = RunOptions { mode: Mode::Full, ..options() };
        unless_stopped(dwc_runner::run(engine, &checked(disk.path()), disk.path(), &options, &mut |_| ()))
            .err()
            .and_then(|error| error.code)
    });
    assert_eq!(full, [Some(Code::TooManyDeleted), Some(Code::TooManyDeleted)]);
    for engine in engines {
        execute(engine, "ALTER TABLE other.accounts DROP COLUMN score");
    }
    assert_eq!(engines.map(codes), [Some(Code::FileColumns), Some(Code::FileColumns)]);
    both(&here, &there);
}

#[test]
fn a_column_that_no_model_reads_may_go() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(CRM);
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    for engine in [&here as &dyn Warehouse, &there] {
        apply(engine, &project);
        TABLES.iter().for_each(|statement| execute(engine, statement));
        run(engine, &project, disk.path(), Mode::Incremental, None);
        execute(engine, "ALTER TABLE other.accounts DROP COLUMN is_open");
        run(engine, &project, disk.path(), Mode::Full, None);
    }
    both(&here, &there);
}

#[test]
fn columns_of_files_that_change_are_said() {
    let emulator = BigQueryEmulator::start();
    for (policy, stops) in [("discard", false), ("evolve", false), ("freeze", true)] {
        let fixture = SHOP.replace("    cursor: updated_at\n", &format!("    on_schema_change: {policy}\n"));
        let disk = Project::new(&fixture);
        let project = checked(disk.path());
        let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
        let there = emulator.warehouse(&format!("dw_{policy}"));
        let engines: [&dyn Warehouse; 2] = [&here, &there];
        for engine in engines {
            apply(engine, &project);
            run(engine, &project, disk.path(), Mode::Incremental, None);
        }
        disk.write(
            "data/stores/2026-03-09.csv",
            "store_id,store_name,region_id,updated_at,phone\n9,아홉,1,2026-03-09,1\n",
        );
        let said = engines.map(|engine| match try_run(engine, &disk) {
            Ok(report) => told(&report),
            Err(error) => format!("{:?}", error.code),
        });
        assert_eq!(said[0], said[1]);
        assert_eq!(said[0].contains("`phone` VARCHAR is new"), !stops, "{}", said[0]);
        assert_eq!(said[0].contains("SourceFrozen"), stops, "{}", said[0]);
    }
}

/// The file of the source.
fn section(fixture: &str) -> String {
    let (_, rest) = fixture.split_once("#- models/crm.yml\n").expect("a source");
    rest.split("#- ").next().unwrap_or_default().to_owned()
}
