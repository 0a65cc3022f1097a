//! What is rejected on the emulator is what the embedded engine rejects: one event however often it is read, and a full
//! reading with rows that have no key deletes nothing.

use dwc_runner::{DuckDbWarehouse, Mode, RunReport, Warehouse};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::Project;
use dwc_tests::visits::filled;

use super::landed::OWN;
use super::{apply, checked, compare, embedded_but, emulated_but, run, told};

const VISITS: &str = r#"#- dwc.yml
name: visits
timezone: UTC
targets: { dev: { type: duckdb } }
#- models/web.yml
source: web
type: files
tables:
TABLE
  sellers:
    path: data/sellers/{batch}.csv
    contents: snapshot
    primary_key: [seller_id]
    columns: { seller_id: INT64, rating: INT64 }
MODELS
#- data/visits/2026-03-01.csv
visit_id,customer,city,seen_at
1,7,Seoul,2026-03-01 01:00:00
2,,Busan,2026-03-01 02:00:00
3,8,Daegu,2026-03-01 03:00:00
four,9,Ulsan,2026-03-01 04:00:00
5,9
6,9,Ulsan,"2026-03-01 05:00:00"x
#- data/sellers/2026-03-01.csv
seller_id,rating
1,5
2,4
3,3
4,3
#- data/sellers/2026-03-02.csv
seller_id,rating
1,5
2x,4
4,3
#- data/sellers/2026-03-03.csv
seller_id,rating
1,5
2,4
3,three
"#;

/// A run on both engines, which says the same on both.
fn both(engines: [&dyn Warehouse; 2], disk: &Project, mode: Mode) -> RunReport {
    let project = checked(disk.path());
    let [here, there] = engines.map(|engine| {
        let (report, offences) = run(engine, &project, disk.path(), mode, None);
        assert!(offences.is_empty(), "{offences:?}");
        report
    });
    assert_eq!(told(&here), told(&there));
    here
}

/// The sums of what was counted of a table.
fn counted(report: &RunReport, table: &str) -> (i64, i64, i64) {
    let tables = report.sources.iter().flat_map(|source| &source.tables);
    tables
        .filter(|counts| counts.table == table)
        .fold((0, 0, 0), |sum, counts| (sum.0 + counts.inserted, sum.1 + counts.deleted, sum.2 + counts.rejected))
}

#[test]
fn a_rejected_row_is_one_event_however_often_it_is_read() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(&filled(VISITS));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    engines.into_iter().for_each(|engine| apply(engine, &project));
    let first = both(engines, &disk, Mode::Incremental);
    assert_eq!(counted(&first, "web.visits"), (3, 0, 3));
    // The second snapshot has a key that no one can read, and deletes nothing; the third one deletes the fourth seller.
    assert_eq!(counted(&first, "web.sellers"), (4, 1, 2));
    let keys: Vec<&str> =
        first.models.iter().flat_map(|model| &model.notices).map(|notice| notice.code.as_str()).collect();
    assert_eq!(keys, ["DW0901", "DW0901"], "a member without a natural key is said");
    for _ in 0..2 {
        let again = both(engines, &disk, Mode::Full);
        assert_eq!(counted(&again, "web.visits"), (0, 0, 3), "what is rejected again is counted again");
    }
    compare(&embedded_but(&here, OWN), &emulated_but(&there, &here, OWN));
    let by_screen =
        "SELECT source_table, screen, COUNT(*) AS n FROM {}.error_events GROUP BY source_table, screen ORDER BY 1, 2";
    let expected = here.rows(&by_screen.replace("{}", "_dwc")).expect("events");
    let found = there.table(&by_screen.replace("{}", "dw_dwc")).expect("events").1;
    assert_eq!(expected, found);
    let found: Vec<String> =
        found.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        found,
        ["customer key 1", "number key 1", "web.sellers cast 2", "web.visits cast 1", "web.visits line 2"],
        "and is one event"
    );
    let [expected, found] = engines.map(|engine| dwc_runner::error_events(engine).expect("events"));
    assert_eq!(expected.len(), 7);
    let plain = |events: &[dwc_runner::ErrorEvent]| -> Vec<String> {
        let mut all: Vec<String> = events
            .iter()
            .map(|one| format!("{} {:?} {} {} {}", one.batch, one.at, one.table, one.screen, one.place))
            .collect();
        all.sort();
        all
    };
    assert_eq!(plain(&expected), plain(&found));
    assert!(found.iter().all(|event| event.at.is_some() && !event.row.is_empty()), "{found:?}");
}

fn items(url: &str) -> String {
    format!(
        "\
#- dwc.yml
name: shop
timezone: UTC
targets: {{ dev: {{ type: duckdb }} }}
#- models/shop.yml
source: shop
type: mysql
url: \"{url}\"
tables:
  items:
    primary_key: [id, lot]
    detect_deletes: full_pass
    max_deleted_share: 0.9
    columns: {{ id: INT64, lot: STRING, name: STRING }}
"
    )
}

#[test]
fn a_full_pass_of_a_database_with_a_row_without_a_key_deletes_nothing() {
    let emulator = BigQueryEmulator::start();
    let server = MariaDb::start();
    server.execute(
        "CREATE DATABASE shop; USE shop; CREATE TABLE items (id BIGINT, lot TEXT, name TEXT);
         INSERT INTO items VALUES (1, 'a', 'one'), (2, 'a', 'two'), (3, 'a', 'three'), (4, 'a', 'four');",
    );
    let disk = Project::new(&items(&server.url("shop")));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    engines.into_iter().for_each(|engine| apply(engine, &project));
    // Each reading has the time of its own.
    let alike = || {
        let rows = "SELECT id, lot, name, _deleted, _batch FROM dw_landing.shop__items__rows ORDER BY id";
        let events = "SELECT batch, place, reason, source_row FROM _dwc.error_events ORDER BY place, source_row";
        for sql in [rows, events] {
            let found = there.table(&sql.replace("_dwc.", "dw_dwc.")).expect("rows").1;
            assert_eq!(here.rows(sql).expect("rows"), found);
        }
    };
    assert_eq!(counted(&both(engines, &disk, Mode::Full), "shop.items"), (4, 0, 0));
    server.execute("USE shop; UPDATE items SET lot = NULL WHERE id IN (2, 3); DELETE FROM items WHERE id = 4;");
    let held = both(engines, &disk, Mode::Full);
    assert_eq!(counted(&held, "shop.items"), (0, 0, 2));
    let said: Vec<&str> = held.sources[0].notices.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(said, ["2 rows of a full read of `shop.items` have no key: no row is deleted by it"]);
    alike();
    server.execute("USE shop; DELETE FROM items WHERE lot IS NULL;");
    let done = both(engines, &disk, Mode::Full);
    assert_eq!(counted(&done, "shop.items"), (0, 3, 0));
    assert!(done.sources[0].notices.is_empty());
    alike();
}
