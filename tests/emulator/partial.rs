//! Comparisons on the emulator that see less than every difference: a tolerance, a period and a sample mean what they mean on
//! the embedded engine.

use dwc_runner::{CompareOptions, DuckDbWarehouse, Mode, Offence, ReconcileOptions, Warehouse, compare, reconcile};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::checked::SHOP;
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::{Project, at};

use super::{apply, checked, landed, run};

fn told(offences: Vec<Offence>) -> Vec<String> {
    let first = |one: Offence| {
        let keys = one.keys.iter().map(|key| key.split(':').next().unwrap_or_default()).collect::<Vec<_>>();
        format!("{} {}", one.code.id(), keys.join("; "))
    };
    offences.into_iter().map(first).collect()
}

/// Numbers of a query, each engine writing decimals in its own way.
fn numbers(engine: &dyn Warehouse, sql: &str) -> Vec<Vec<Option<f64>>> {
    let rows = engine.table(sql).unwrap_or_else(|error| panic!("{error:?}")).1;
    let number = |cell: Option<String>| cell.map(|text| text.parse().expect("a number"));
    rows.into_iter().map(|row| row.into_iter().map(number).collect()).collect()
}

#[test]
fn a_fact_is_compared_from_a_time_on_and_a_repair_leaves_what_is_tolerated() {
    let emulator = BigQueryEmulator::start();
    // The measure tolerates a difference of 0.5.
    let disk =
        Project::new(&SHOP.replace("event_time: ordered_at\n", "event_time: ordered_at\npartition_by: ordered_at\n"));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    for engine in [&here as &dyn Warehouse, &there] {
        apply(engine, &project);
        run(engine, &project, disk.path(), Mode::Incremental, None);
        for hand in [
            "UPDATE dw.sale SET amount = amount + 0.5 WHERE order_id IN (10, 12)",
            "UPDATE dw.sale SET amount = amount - 0.51 WHERE order_id = 11",
            "UPDATE dw.sale SET amount = 0 WHERE order_id = 13",
        ] {
            landed::execute(engine, hand);
        }
        let clock = std::cell::Cell::new(at("2026-04-01T00:00:00"));
        let verify = |since: Option<&str>, repairs| {
            // A job of the same text at the same state would be the same job.
            clock.set(clock.get() + chrono::TimeDelta::seconds(1));
            let select = vec!["sale".to_owned()];
            let options = CompareOptions { select, at: clock.get(), repairs, since: since.map(at) };
            let done = compare(engine, &project, &options).unwrap_or_else(|error| panic!("{error:?}"));
            let sale = done.looked[0].clone();
            (told(done.offences()), told(done.mended()), sale.rows, sale.tolerated)
        };
        let all = vec!["DW0967 order_id=11; order_id=13".to_owned()];
        assert_eq!(verify(None, false), (all.clone(), vec![], Some(4), 2));
        // The orders are of 16, 17, 18 and 19 o'clock, UTC.
        let late = vec!["DW0967 order_id=13".to_owned()];
        assert_eq!(verify(Some("2026-02-28T18:00:00"), false), (late, vec![], Some(2), 1));
        assert_eq!(verify(Some("2026-03-01"), false), (vec![], vec![], Some(0), 0));
        assert_eq!(verify(None, true), (vec![], all, Some(4), 2));
        let amounts = numbers(engine, "SELECT order_id, amount FROM dw.sale ORDER BY order_id");
        assert_eq!(
            amounts,
            [[Some(10.0), Some(10.5)], [Some(11.0), Some(-5.0)], [Some(12.0), Some(100.75)], [Some(13.0), None]]
        );
        assert_eq!(verify(None, false), (vec![], vec![], Some(4), 2));
    }
}

#[test]
fn a_part_of_a_source_is_compared_as_on_the_embedded_engine() {
    let emulator = BigQueryEmulator::start();
    let server = MariaDb::start();
    let disk = Project::new(&format!(
        "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: {{ dev: {{ type: duckdb }} }}
#- models/shop.yml
source: shop
type: mysql
url: \"{}\"
tables:
  events:
    primary_key: [id, code]
    cursor: at_local
    columns:
      id: INT64
      code: STRING
      points: {{ type: INT64, within: 5 }}
      ratio: {{ type: NUMERIC, within: 0.5 }}
      at_local: TIMESTAMP
",
        server.url("shop")
    ));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let mut answers = Vec::new();
    for engine in [&here as &dyn Warehouse, &there] {
        // By the clocks of Seoul.
        server.execute(
            "DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop;
             CREATE TABLE events (id INT, code VARCHAR(10), points BIGINT, ratio DECIMAL(10, 2), at_local DATETIME);
             INSERT INTO events SELECT seq, CONCAT('C', seq), seq, seq / 2, TIMESTAMP '2026-01-01 00:00:00' + INTERVAL seq HOUR
             FROM seq_0_to_199;",
        );
        apply(engine, &project);
        run(engine, &project, disk.path(), Mode::Incremental, None);
        server.execute(
            "USE shop; UPDATE events SET points = points + 5, ratio = ratio - 0.5 WHERE id < 100;
             UPDATE events SET points = points - 6 WHERE id BETWEEN 50 AND 149; DELETE FROM events WHERE id IN (20, 120)",
        );
        let verify = |since: Option<&str>, share, repairs| {
            let tables = vec!["shop.events".to_owned()];
            let all = ReconcileOptions::all(tables, at("2031-01-01"), repairs);
            let options = ReconcileOptions { since: since.map(at), share, ..all };
            let found = reconcile(engine, &project, disk.path(), &options, &mut |_| ());
            let found = found.unwrap_or_else(|error| panic!("{error:?}"));
            let one = &found.tables[0];
            (told(found.told()), [one.compared, one.different, one.tolerated, one.missing, one.extra])
        };
        // 0 to 99 are near in both columns, but for those from 50 on: of them the points differ by 1; from 100 on by 6.
        let whole = verify(None, None, false);
        assert_eq!(whole.1, [198, 49, 99, 0, 2]);
        // From the 100th hour on; one row is gone, and the newest is left to the next run.
        let since = verify(Some("2026-01-04T19:00:00"), None, false);
        assert_eq!((&since.0, since.1), (&vec!["DW0972 id=120, code=C120".to_owned()], [99, 49, 0, 0, 1]));
        let sample = verify(None, Some(2500), false);
        assert!((20..80).contains(&sample.1[0]), "{sample:?}");
        assert_eq!(verify(None, Some(2500), true).1, sample.1);
        let after = verify(None, None, false);
        assert_eq!(after.1[1], 49 - sample.1[1], "the sample is mended: {after:?}");
        answers.push((whole, since, sample, after));
    }
    assert_eq!(answers[0], answers[1]);
}
