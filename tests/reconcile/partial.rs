//! Comparisons with a source that see less than every difference: what is tolerated, what is older than asked for, and a sample.

use std::collections::BTreeSet;

use dwc_runner::Mode;
use dwc_tests::warehouse::Warehouse;

use super::{Server, of, told};

const READINGS: &str = "CREATE TABLE readings (id INT PRIMARY KEY, amount DECIMAL(10, 3), ratio DOUBLE PRECISION, \
                        updated_at TIMESTAMP NULL);
  INSERT INTO readings VALUES (1, 10, 0.5, '2026-01-01 10:00:00'), (2, 20, 0.5, '2026-01-01 11:00:00'),
    (3, 30, NULL, '2026-01-01 12:00:00'), (9, 90, 0.9, '2026-02-01 00:00:00');";

#[test]
fn a_difference_within_the_tolerance_is_counted_and_left_alone() {
    for (ratio, unsummed) in [("", None), (", ratio: { type: FLOAT64, within: 0.001 }", Some("ratio"))] {
        for server in Server::both() {
            server.execute(READINGS);
            let table = format!(
                "readings:
  primary_key: id
  cursor: updated_at
  columns: {{ id: INT64, amount: {{ type: NUMERIC, within: 0.01 }}{ratio}, updated_at: TIMESTAMP }}"
            );
            let warehouse = Warehouse::apply(server.project(&table, "").path());
            warehouse.run(Mode::Incremental);
            server.execute("UPDATE readings SET amount = 10.01 WHERE id = 1");
            server.execute("UPDATE readings SET amount = 19.98 WHERE id = 2");
            server.execute("UPDATE readings SET ratio = 0.5001 WHERE id = 2");
            let found = warehouse.reconcile(false);
            let more = if ratio.is_empty() { "" } else { "; ratio is 0.5, not 0.5001" };
            let said = format!("DW0971 id=2: amount is 20.000000000, not 19.980000000{more}");
            assert_eq!(told(&found.offences()), [said.as_str()]);
            let readings = of(&found.tables, "shop.readings");
            assert_eq!((readings.different, readings.tolerated, readings.compared), (1, 1, 4));
            assert_eq!(readings.unsummed.as_deref(), unsummed);
            let repaired = warehouse.reconcile(true);
            assert_eq!((told(&repaired.offences()), told(&repaired.mended())), (vec![], vec![said]));
            assert_eq!(
                warehouse.rows("SELECT id, amount FROM dw_landing.shop__readings ORDER BY id"),
                [["1", "10"], ["2", "19.98"], ["3", "30"], ["9", "90"]]
            );
            let after = warehouse.reconcile(false);
            assert!(after.offences().is_empty() && after.told().is_empty(), "{after:#?}");
            assert_eq!(of(&after.tables, "shop.readings").tolerated, 1);
        }
    }
}

/// Rows of which every one is wrong in the warehouse, one an hour from the first of January; the last is the newest.
fn wrong(server: &Server, tables: &str, key: &str) -> Warehouse {
    let hour = match server {
        Server::MariaDb(_) => "INTERVAL n HOUR",
        Server::Postgres(_) => "n * INTERVAL '1 hour'",
    };
    let numbers = match server {
        Server::MariaDb(_) => "(SELECT seq AS n FROM seq_0_to_1999) AS n",
        Server::Postgres(_) => "(SELECT generate_series AS n FROM generate_series(0, 1999)) AS n",
    };
    server.execute("CREATE TABLE events (id INT, code VARCHAR(20), status VARCHAR(20), at_local TIMESTAMP NULL)");
    server.execute(&format!(
        "INSERT INTO events SELECT n, CONCAT('C', n), 'new', TIMESTAMP '2026-01-01 00:00:00' + {hour} FROM {numbers}"
    ));
    let table = format!(
        "events:
  primary_key: {key}
  cursor: at_local
{tables}"
    );
    let warehouse = Warehouse::apply(server.project(&table, "").path());
    warehouse.run(Mode::Incremental);
    warehouse.execute("UPDATE dw_landing.shop__events__rows SET status = 'old'");
    warehouse
}

const COLUMNS: &str = "  columns: { id: INT64, code: STRING, status: STRING, at_local: TIMESTAMP }";

#[test]
fn rows_whose_cursor_is_older_are_not_compared() {
    let since = "2026-03-20T00:00:00";
    for columns in [COLUMNS.to_owned(), COLUMNS.replace("at_local: TIMESTAMP", "at_local: DATETIME")] {
        for server in Server::both() {
            let warehouse = wrong(&server, &columns, "id");
            let found = warehouse.reconcile_some(false, Some(since), None);
            let events = of(&found.tables, "shop.events");
            // The last hour is the eighth of the 25th of March: in UTC on MariaDB, whose TIMESTAMP is an instant, and by the
            // clocks of Seoul, where the time asked for is nine in the morning, on PostgreSQL.
            let rows: i64 = match &server {
                Server::MariaDb(_) => 5 * 24 + 8,
                Server::Postgres(_) => 5 * 24 - 1,
            };
            assert_eq!((events.different, events.newer, events.compared), (rows - 1, 1, rows), "{events:?}");
            assert_eq!((events.missing, events.extra), (0, 0));
            assert_eq!(events.part().as_deref(), Some("since 2026-03-20 00:00:00 UTC"));
            assert!(events.read <= rows, "{events:?}");
            // What is gone since then is told, and a repair deletes nothing.
            server.execute("DELETE FROM events WHERE id IN (5, 1998)");
            let found = warehouse.reconcile_some(true, Some(since), None);
            assert_eq!(told(&found.told()), ["DW0972 id=1998"]);
            let done = of(&found.tables, "shop.events").repaired.clone().expect("a repair");
            assert_eq!((done.updated, done.deleted), (rows - 2, 0));
            let left = warehouse.rows("SELECT COUNT(*) FROM dw_landing.shop__events WHERE status = 'old'");
            // The row that the next run reads, the one that is gone, and all before.
            assert_eq!(left, [[(2000 - (rows - 2)).to_string()]]);
        }
    }
}

#[test]
fn a_sample_has_the_same_keys_each_time_and_about_as_many_as_asked_for() {
    for key in ["id", "code", "[id, code]"] {
        for server in Server::both() {
            let warehouse = wrong(&server, COLUMNS, key);
            let wanted = |share| {
                let found = warehouse.reconcile_some(false, None, Some(share));
                let events = of(&found.tables, "shop.events").clone();
                assert_eq!((events.missing, events.extra), (0, 0), "{events:?}");
                assert_eq!(events.sample, Some(f64::from(share) / 100.0));
                (events.different + events.newer, events.compared)
            };
            let (tenth, compared) = wanted(1000);
            assert!((140..260).contains(&tenth), "{key}: {tenth}");
            assert_eq!(tenth, compared);
            assert_eq!(wanted(1000).0, tenth, "the same keys");
            assert_eq!(wanted(10_000), (2000, 2000));
            // The keys are those whose hash says so, by a reckoning of its own.
            let text = match key {
                "id" => "id || ','",
                "code" => "strlen(code) || ':' || code",
                _ => "id || ',' || strlen(code) || ':' || code",
            };
            let keys = warehouse.rows(&format!(
                "SELECT id FROM dw_landing.shop__events
                 WHERE (CAST('0x' || substr(md5({text}), 1, 15) AS BIGINT) // 1048576) % 10000 < 1000"
            ));
            let keys: BTreeSet<String> = keys.into_iter().flatten().collect();
            assert_eq!(i64::try_from(keys.len()).expect("few"), tenth);
            let repaired = warehouse.reconcile_some(true, None, Some(1000));
            assert!(repaired.offences().is_empty(), "{:#?}", repaired.offences());
            let mended = warehouse.rows("SELECT id FROM dw_landing.shop__events WHERE status = 'new'");
            let mended: BTreeSet<String> = mended.into_iter().flatten().collect();
            assert!(mended.is_subset(&keys) && mended.len() + 1 >= keys.len(), "{} {}", mended.len(), keys.len());
        }
    }
}

#[test]
fn what_has_no_period_and_no_sample_is_said() {
    let server = Server::mariadb();
    server.execute("CREATE TABLE events (id INT PRIMARY KEY, status VARCHAR(20), version INT)");
    server.execute("CREATE TABLE names (code VARCHAR(20) PRIMARY KEY, updated_at TIMESTAMP NULL)");
    server.execute("INSERT INTO events VALUES (1, 'a', 1), (2, 'b', 2); INSERT INTO names VALUES ('a', '2026-01-01')");
    let tables = "events:
  primary_key: id
  cursor: version
  columns: { id: INT64, status: STRING, version: INT64 }
names:
  primary_key: code
  cursor: updated_at
  columns: { code: { type: STRING, collation: und:ci }, updated_at: TIMESTAMP }";
    let project = server.project(tables, "");
    for arguments in [&["apply", "--auto-approve"][..], &["run"]] {
        assert_eq!(project.dwc(arguments).code, Some(0));
    }
    let since = project.dwc(&["verify", "--sources", "--since", "2026-01-01"]).stderr;
    assert!(
        since.contains(
            "not compared with its source: `shop.events`, because it has no cursor that is a time, which `--since` needs\n"
        ),
        "{since}"
    );
    assert!(
        since.contains("compared `shop.names` with its source, since 2026-01-01 00:00:00 UTC: 1 row read\n"),
        "{since}"
    );
    let sample = project.dwc(&["verify", "--sources", "--sample", "25"]).stderr;
    assert!(sample.contains("compared `shop.events` with its source, a sample of 25% of the keys: "), "{sample}");
    // Two spellings of one key have two hashes.
    assert!(sample.contains("compared `shop.names` with its source: 1 row read\n"), "{sample}");
    let report = project.dwc(&["verify", "--sources=shop.events", "--sample=100", "--format", "json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(
        report["tables"][0]["reconciliation"],
        serde_json::json!({
            "table": "shop.events", "sample": 100.0, "compared": 2, "read": 1, "missing": 0, "extra": 0, "different": 0,
            "tolerated": 0, "newer": 0, "rejected": 0,
        })
    );
}
