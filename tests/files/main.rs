//! Files as a source: what a snapshot deletes, and what it does not.

mod schema_changes;
mod strict;

use dwc_runner::Mode;
use dwc_tests::project::Project;
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
    let at = |text: &str| dwc_runner::parse_time(text).expect("a time");
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
