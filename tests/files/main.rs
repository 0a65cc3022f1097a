//! Files as a source: what a snapshot deletes, and what it does not.

mod conformance;
mod conventions;
mod parquet_types;
mod schema_changes;
mod strict;
mod untimed;

use dwc_runner::Mode;
use dwc_tests::project::{Project, at};
use dwc_tests::warehouse::{Warehouse, counts};

const SELLERS: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/w.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  sellers:
    path: sellers/{batch}.csv
    contents: snapshot
    primary_key: [seller_id]
    columns: { seller_id: INT64, rating: INT64 }
#- sellers/2026-03-01.csv
seller_id,rating
1,5
2,4
3,3
4,5
5,5
";

#[test]
fn a_row_that_does_not_cast_is_not_gone() {
    let project = Project::new(SELLERS);
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    project.write("sellers/2026-03-02.csv", "seller_id,rating\n1,5\n2,four\n4,5\n5,5\n");
    let report = warehouse.run(Mode::Incremental);
    let second = counts(&report, "shop.sellers");
    assert_eq!((second.deleted, second.unchanged, second.rejected), (1, 3, 1));
    let live =
        warehouse.rows("SELECT seller_id, rating FROM dw_landing.shop__sellers__rows WHERE NOT _deleted ORDER BY 1");
    assert_eq!(live, [["1", "5"], ["2", "4"], ["4", "5"], ["5", "5"]]);
    // The file that is put right brings the row's new values.
    project.write("sellers/2026-03-03.csv", "seller_id,rating\n1,5\n2,4\n4,4\n5,5\n");
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.sellers").updated, 1);
}

#[test]
fn a_row_whose_key_cannot_be_read_may_be_any_row() {
    let project = Project::new(SELLERS);
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    for (day, key, deleted) in [("02", "2x", 0), ("03", "", 0), ("04", "2", 1)] {
        project.write(&format!("sellers/2026-03-{day}.csv"), &format!("seller_id,rating\n1,5\n{key},4\n4,5\n5,5\n"));
        let report = warehouse.run(Mode::Incremental);
        let found = counts(&report, "shop.sellers");
        assert_eq!((found.deleted, found.rejected), (deleted, 1 - deleted), "{day}");
        let said = report.sources[0].notices.iter().map(|notice| notice.message.as_str()).collect::<Vec<_>>();
        let expected = ["1 line of a snapshot of `shop.sellers` cannot be read: no row is deleted by it"];
        assert_eq!(said, if deleted == 0 { &expected[..] } else { &[] });
    }
    let live = warehouse.rows("SELECT seller_id FROM dw_landing.shop__sellers__rows WHERE NOT _deleted ORDER BY 1");
    assert_eq!(live, [["1"], ["2"], ["4"], ["5"]]);
    // A row of nothing stands for none.
    project.write("sellers/2026-03-05.csv", "seller_id,rating\n1,5\n2,4\n4,5\n,\n");
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.sellers").deleted, 1);
}

const HOURLY: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/w.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: orders/{batch}.csv
    every: 1h
    primary_key: id
    columns: { id: INT64, status: STRING }
#- orders/2026-04-01T08.csv
id,status
1,new
#- orders/2026-04-01T10.csv
id,status
1,paid
2,new
";

#[test]
fn a_file_that_has_not_come_is_a_gap_until_it_does() {
    let project = Project::new(HOURLY);
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    let hole = "shop.orders 2026-04-01 09:00:00 2026-04-01 10:00:00 ";
    let late = "shop.orders 2026-04-01 11:00:00 2026-04-01 12:00:00 no file has come";
    assert_eq!(warehouse.gaps(), [hole, late]);
    project.write("orders/2026-04-01T09.csv", "id,status\n3,new\n");
    project.write("orders/2026-04-01T13.csv", "id,status\n4,new\n");
    let report = warehouse.run(Mode::FillGaps);
    assert_eq!((counts(&report, "shop.orders").extracted, counts(&report, "shop.orders").inserted), (1, 1));
    assert_eq!(warehouse.gaps(), [late]);
}

#[test]
fn a_window_of_files_is_read_again_and_what_followed_holds() {
    let project = Project::new(HOURLY);
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    warehouse.execute("UPDATE dw_landing.shop__orders__rows SET status = 'damaged'");
    let window = dwc_runner::Interval { from: Some(at("2026-04-01T08")), to: at("2026-04-01T09") };
    let report = warehouse.run(Mode::Interval(window));
    assert_eq!((counts(&report, "shop.orders").extracted, counts(&report, "shop.orders").updated), (3, 2));
    let rows = warehouse.rows("SELECT id, status FROM dw_landing.shop__orders__rows ORDER BY id");
    assert_eq!(rows, [["1", "paid"], ["2", "new"]]);
}

#[test]
fn a_second_process_waits_or_says_who_is_there() {
    let project = Project::new(HOURLY);
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    let file = project.path().join("target/w.duckdb").display().to_string();
    let holder = dwc_runner::DuckDbWarehouse::open(&file).expect("it opens");
    let refused = project.dwc(&["run"]);
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stderr.contains("DW0920"), "{refused:?}");
    assert_eq!(project.dwc(&["run", "--wait", "1s"]).code, Some(3));
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(std::time::Duration::from_secs(1));
            drop(holder);
        });
        let waited = project.dwc(&["run", "--wait", "60s"]);
        assert_eq!(waited.code, Some(0), "{waited:?}");
    });
    // Several at once come one after another, each whole.
    let codes: Vec<Option<i32>> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| project.dwc(&["run", "--wait", "60s"]).code)).collect();
        runs.into_iter().map(|run| run.join().expect("a run")).collect()
    });
    assert_eq!(codes, [Some(0); 3]);
}

#[test]
fn a_run_can_be_cut_into_steps() {
    let project = Project::new(HOURLY);
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    let loaded = project.dwc(&["run", "--no-land"]);
    assert!(loaded.code == Some(0) && !loaded.stdout.contains("shop.orders"), "{loaded:?}");
    let landed = project.dwc(&["run", "--land", "shop"]);
    assert!(landed.code == Some(0) && landed.stdout.contains("shop.orders"), "{landed:?}");
    assert_eq!(project.dwc(&["run", "--land", "crm"]).code, Some(1));
}

const PARTS: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/w.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  sellers:
    path: sellers/{batch}_*.csv
    contents: snapshot
    primary_key: [seller_id]
    columns: { seller_id: INT64, rating: INT64 }
#- sellers/2026-03-01_a.csv
seller_id,rating
1,5
,4
2,3
#- sellers/2026-03-01_b.csv
seller_id,rating
3,1
";

const LANDED: &str = "SELECT seller_id, rating FROM dw_landing.shop__sellers__rows WHERE NOT _deleted ORDER BY 1";

#[test]
fn files_of_one_time_are_one_snapshot_and_a_row_without_a_key_is_an_error_event() {
    let project = Project::new(PARTS);
    let warehouse = Warehouse::apply(project.path());
    let first = warehouse.run(Mode::Incremental);
    let first = counts(&first, "shop.sellers");
    assert_eq!((first.extracted, first.inserted, first.deleted, first.rejected), (4, 3, 0, 1));
    let event = warehouse.rows("SELECT place, reason FROM _dwc.error_events");
    assert_eq!(event, [["sellers/2026-03-01_a.csv:3", "`seller_id` is NULL, and a part of the primary key"]]);
    // One part that is put right brings the others with it: what they hold is not gone.
    project.write("sellers/2026-03-01_b.csv", "seller_id,rating\n3,2\n4,4\n");
    let second = warehouse.run(Mode::Incremental);
    let second = counts(&second, "shop.sellers");
    assert_eq!((second.inserted, second.updated, second.deleted), (1, 1, 0));
    assert_eq!(warehouse.rows(LANDED), [["1", "5"], ["2", "3"], ["3", "2"], ["4", "4"]]);
}

/// Two hundred hours: more than one unit takes. Seller 1 is gone in every tenth.
#[test]
fn many_snapshots_land_in_several_batches_and_lose_no_state() {
    let project = Project::new(PARTS);
    std::fs::remove_dir_all(project.path().join("sellers")).expect("the files are removed");
    project.write(
        "models/seller.yml",
        "dimension: seller\nfrom: shop.sellers\nnatural_key: seller_id\neffective_at: extracted\n\
         attributes: { rating: { scd: 2 } }\n",
    );
    for hour in 0..200 {
        let first = if hour % 10 == 9 { String::new() } else { format!("1,{hour}\n") };
        let name = format!("sellers/2026-03-{:02}T{:02}_a.csv", 1 + hour / 24, hour % 24);
        project.write(&name, &format!("seller_id,rating\n{first}2,7\n"));
    }
    let warehouse = Warehouse::apply(project.path());
    let report = warehouse.run(Mode::Incremental);
    let landed = counts(&report, "shop.sellers");
    assert_eq!((landed.deleted, landed.rejected), (20, 0));
    let batches = warehouse.rows("SELECT COUNT(*) > 1 FROM _dwc.batches");
    assert_eq!(batches, [["true"]], "all snapshots in one unit");
    let versions = "SELECT seller_id, COUNT(*), COUNT(DISTINCT rating), SUM(CAST(is_deleted AS INT)) \
                    FROM dw.seller WHERE seller_key >= 0 GROUP BY 1 ORDER BY 1";
    // Each hour has a version of its own, and each of the twenty deletes ends one.
    assert_eq!(warehouse.rows(versions), [["1", "180", "180", "0"], ["2", "1", "1", "0"]]);
    let gaps = "SELECT COUNT(*) FROM (SELECT valid_to, LEAD(valid_from) OVER (ORDER BY valid_from) AS next \
                FROM dw.seller WHERE seller_id = 1) WHERE next <> valid_to";
    assert_eq!(warehouse.rows(gaps), [["19"]]);
    assert_eq!(warehouse.audit(), [""; 0]);
}

#[test]
fn a_snapshot_that_breaks_its_key_is_refused_with_its_keys_and_the_others_land() {
    let project = Project::new(PARTS);
    project.write("days/2026-03-01.csv", "day\n2026-03-01\n");
    project.write(
        "models/days.yml",
        "source: days\ntype: files\ntables:\n  days:\n    path: days/{batch}.csv\n    primary_key: day\n    columns: { day: DATE }\n",
    );
    project.write("sellers/2026-03-01_b.csv", "seller_id,rating\n2,1\n2,4\n3,1\n");
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    let run = project.dwc(&["run"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    for words in ["DW0908", "seller_id=2 (3 rows: sellers/", "models/shop.yml:7"] {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    let lines = "sellers/2026-03-01_a.csv:4, sellers/2026-03-01_b.csv:2, sellers/2026-03-01_b.csv:3)";
    assert!(run.stdout.contains(lines), "{run:?}");
    assert!(run.stdout.contains("days.days") && !run.stdout.contains("shop.sellers "), "{run:?}");
    // Mended, it lands.
    project.write("sellers/2026-03-01_b.csv", "seller_id,rating\n3,1\n");
    assert_eq!(project.dwc(&["run"]).code, Some(0));
}

#[test]
fn a_file_name_with_brackets_is_a_name() {
    let project = Project::new(&HOURLY.replace("orders/{batch}.csv\n    every: 1h", "\"orders/*.csv\""));
    std::fs::remove_dir_all(project.path().join("orders")).expect("the files are removed");
    project.write("orders/orders [1].csv", "id,status\n1,bracket\n");
    project.write("orders/orders 1.csv", "id,status\n2,plain\n");
    project.write("orders/a[*]?.csv", "id,status\n3,wild\n");
    let warehouse = Warehouse::apply(project.path());
    let report = warehouse.run(Mode::Incremental);
    assert_eq!((counts(&report, "shop.orders").extracted, counts(&report, "shop.orders").inserted), (3, 3));
}

#[test]
fn a_late_file_without_a_cursor_does_not_overwrite_what_came_after_it() {
    let project = Project::new(&HOURLY.replace("    every: 1h\n", ""));
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    project.write("orders/2026-04-01T09.csv", "id,status\n1,late\n3,new\n");
    let report = warehouse.run(Mode::Incremental);
    let rows = "SELECT id, status FROM dw_landing.shop__orders__rows ORDER BY id";
    assert_eq!(warehouse.rows(rows), [["1", "paid"], ["2", "new"], ["3", "new"]]);
    assert_eq!(report.sources[0].notices[0].code, "DW0909");
    // The later file was taken away meanwhile: what it said stays.
    std::fs::remove_file(project.path().join("orders/2026-04-01T10.csv")).expect("the file is removed");
    project.write("orders/2026-04-01T08.csv", "id,status\n1,older\n4,new\n");
    warehouse.run(Mode::Incremental);
    assert_eq!(warehouse.rows(rows), [["1", "paid"], ["2", "new"], ["3", "new"], ["4", "new"]]);
}

#[test]
fn a_file_that_is_being_written_waits() {
    use std::io::Write as _;
    let project = Project::new(&HOURLY.replace("    every: 1h\n", ""));
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    let path = project.path().join("orders/2026-04-01T11.csv");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = std::fs::File::create(&path).expect("a file");
            writeln!(file, "id,status").expect("a header");
            for id in 10.. {
                writeln!(file, "{id},new").expect("a row");
                if done.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        });
        while !path.exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let run = project.dwc(&["run"]);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(run.code == Some(0) && run.stdout.contains("DW0922"), "{run:?}");
        assert!(run.stdout.contains("2026-04-01T11.csv"), "{run:?}");
    });
    let run = project.dwc(&["run"]);
    assert!(run.code == Some(0) && !run.stdout.contains("DW0922") && run.stdout.contains("shop.orders"), "{run:?}");
}

#[test]
fn commands_that_read_make_nothing_and_a_corrupt_file_is_said() {
    let project = Project::new(HOURLY);
    for arguments in [&["plan"][..], &["state", "show"], &["docs", "build"], &["graph"], &["show"]] {
        assert_eq!(project.dwc(arguments).code, Some(0), "{arguments:?}");
        assert!(!project.path().join("target/w.duckdb").exists(), "{arguments:?}");
    }
    project.dwc(&["verify"]);
    assert!(!project.path().join("target/w.duckdb").exists());
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    let file = project.path().join("target/w.duckdb");
    let reader = dwc_runner::DuckDbWarehouse::open_to_read(&file.display().to_string()).expect("it opens");
    for arguments in [&["plan"][..], &["verify"], &["state", "show"]] {
        assert_eq!(project.dwc(arguments).code, Some(0), "{arguments:?}");
    }
    drop(reader);
    std::fs::write(&file, "not a database, but a block of locks and a checksum".repeat(400)).expect("it is written");
    let run = project.dwc(&["run"]);
    assert!(run.code == Some(1) && run.stderr.contains("DW0921"), "{run:?}");
    let docs = project.dwc(&["docs", "build"]);
    assert!(docs.code == Some(1) && docs.stderr.contains("DW0921"), "{docs:?}");
}

#[test]
fn what_was_done_is_data_for_a_program() {
    let project = Project::new(HOURLY);
    let data = |arguments: &[&str]| -> serde_json::Value {
        let all: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
        let done = project.dwc(&all);
        assert_eq!(done.code, Some(0), "{all:?}: {done:?}");
        serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{all:?}: {error}: {done:?}"))
    };
    let applied = data(&["apply", "--auto-approve"]);
    assert!(applied["changed"].as_u64() > Some(0) && applied["serial"] == 1, "{applied}");
    assert_eq!(data(&["apply", "--auto-approve"])["changed"], 0);
    let compiled = data(&["compile"]);
    assert!(compiled["files"].as_array().is_some_and(|files| files.contains(&"schema.sql".into())), "{compiled}");
    let built = data(&["docs", "build"]);
    assert!(built["pages"].as_array().is_some_and(|pages| pages.contains(&"index.html".into())), "{built}");
    let started = data(&["init", "--project-dir", &project.path().join("new").display().to_string()]);
    assert!(started["files"].as_array().is_some_and(|files| files.contains(&"dwc.yml".into())), "{started}");
}

#[test]
fn a_selection_that_names_nothing_is_an_error_in_every_command() {
    let project = Project::new(HOURLY);
    for arguments in [
        &["check"][..],
        &["show"],
        &["compile"],
        &["plan"],
        &["apply", "--auto-approve"],
        &["run"],
        &["verify"],
        &["graph"],
        &["docs", "build"],
        &["state", "show"],
    ] {
        for select in ["no_such_model", ""] {
            let mut all = arguments.to_vec();
            all.extend(["--select", select]);
            let run = project.dwc(&all);
            assert!(run.code == Some(1) && run.stderr.contains("DW0201"), "{all:?}: {run:?}");
        }
    }
}

#[test]
fn a_password_in_a_file_is_a_finding_and_is_never_shown() {
    let project = Project::new(HOURLY);
    project.write(
        "models/crm.yml",
        "source: crm\ntype: mysql\nurl: \"mysql://reader:s3cr3t@db/crm\"\nurll: \"mysql://reader:s3cr3t@db/crm\"\ntables:\n  t: { primary_key: id, columns: { id: INT64 } }\n",
    );
    for format in ["human", "concise", "json"] {
        let run = project.dwc(&["check", "--format", format]);
        assert!(!format!("{run:?}").contains("s3cr3t"), "{run:?}");
    }
    project.write(
        "models/crm.yml",
        &project.read("models/crm.yml").replace("urll: \"mysql://reader:s3cr3t@db/crm\"\n", ""),
    );
    let run = project.dwc(&["check"]);
    assert!(run.stderr.contains("DW0937") && !run.stderr.contains("s3cr3t"), "{run:?}");
}
