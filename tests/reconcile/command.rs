//! `dwc verify --sources` as a person calls it: what it prints, and how it ends.

use super::Server;

const ORDERS: &str = "CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(20), updated_at TIMESTAMP NULL);
  CREATE TABLE stores (id INT PRIMARY KEY, name VARCHAR(20), updated_at TIMESTAMP NULL);
  INSERT INTO orders VALUES (1, 'new', '2026-01-01 10:00:00'), (2, 'new', '2026-01-01 11:00:00');
  INSERT INTO stores VALUES (1, 'a', '2026-01-01 10:00:00'), (2, 'b', '2026-01-01 11:00:00');";

const DECLARED: &str = "orders:
  primary_key: id
  cursor: updated_at
  columns: { id: INT64, status: STRING, updated_at: TIMESTAMP }
stores:
  primary_key: id
  cursor: updated_at
  columns: { id: INT64, name: STRING, updated_at: TIMESTAMP }";

const SALE: &str = "#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/sale.yml
fact: sale
business_process: ordering
grain: { description: one row per order, key: id }
query: SELECT id, status, 1 AS orders, updated_at FROM {{ source('shop.orders') }}
event_time: updated_at
dimensions:
  changed_on: { dimension: date, on: updated_at }
degenerate: [status]
measures:
  orders: { additive: all, unit: piece }
";

#[test]
fn findings_are_printed_and_fail_the_command_and_a_repair_says_what_it_did() {
    let server = Server::mariadb();
    server.execute(ORDERS);
    let project = server.project(DECLARED, SALE);
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    assert_eq!(project.dwc(&["run"]).code, Some(0));
    let clean = project.dwc(&["verify", "--sources"]);
    assert_eq!(clean.code, Some(0), "{clean:?}");
    assert!(clean.stderr.contains("compared `shop.orders` with its source: 1 row read\n"), "{}", clean.stderr);

    server.execute("UPDATE orders SET status = 'paid' WHERE id = 1; DELETE FROM stores WHERE id = 1");
    assert_eq!(project.dwc(&["verify"]).code, Some(0), "the star is what is landed");
    let found = project.dwc(&["verify", "--sources", "--format", "json"]);
    assert_eq!(found.code, Some(1), "{found:?}");
    let report: serde_json::Value = serde_json::from_str(&found.stdout).expect("JSON");
    let codes: Vec<&str> =
        report["diagnostics"].as_array().expect("findings").iter().filter_map(|one| one["code"].as_str()).collect();
    assert_eq!(codes, ["DW0972", "DW0971"]);

    // What is gone is a warning.
    let stores = project.dwc(&["verify", "--sources=shop.stores"]);
    assert!(stores.code == Some(0) && stores.stderr.contains("DW0972") && !stores.stderr.contains("shop.orders"));
    assert_eq!(project.dwc(&["verify", "--sources=shop.stores", "--fail-on", "warn"]).code, Some(1));
    assert_eq!(project.dwc(&["verify", "--sources", "--select", "sale", "--format", "concise"]).code, Some(1));
    let unknown = project.dwc(&["verify", "--sources=shop.nothing"]);
    assert!(unknown.code == Some(1) && unknown.stderr.contains("there is no source or source table `shop.nothing`"));

    let repaired = project.dwc(&["verify", "--sources", "--repair"]);
    assert_eq!(repaired.code, Some(0), "{repaired:?}");
    let said = [
        "repaired `shop.orders`: 0 rows inserted, 1 row updated, 0 rows deleted",
        "repaired `sale`: 0 rows inserted, 1 row updated",
    ];
    assert!(said.iter().all(|line| repaired.stderr.contains(line)), "{}", repaired.stderr);
    assert_eq!(project.dwc(&["verify", "--sources=shop.orders", "--fail-on", "warn"]).code, Some(0));
}

#[test]
fn a_source_that_does_not_answer_is_the_worlds_fault() {
    let Server::MariaDb(mut server) = Server::mariadb() else { unreachable!("a MariaDB") };
    server.execute(&format!("USE shop; {ORDERS}"));
    let project = Server::MariaDb(server);
    let folder = project.project(DECLARED, SALE);
    assert_eq!(folder.dwc(&["apply", "--auto-approve"]).code, Some(0));
    assert_eq!(folder.dwc(&["run"]).code, Some(0));
    let Server::MariaDb(running) = project else { unreachable!("a MariaDB") };
    server = running;
    server.stop();
    let down = folder.dwc(&["verify", "--sources"]);
    assert!(down.code == Some(3) && down.stderr.contains("DW0930"), "{down:?}");
}
