//! Random hands in the source and in what is landed, on keys of every shape: each is found, named and mended.

use dwc_runner::Mode;
use dwc_tests::dice::Dice;
use dwc_tests::warehouse::Warehouse;

use super::{Server, assert_clean, of};

/// Hands on a server; `DWC_HANDS` takes another number.
const HANDS: usize = 15;

const DECLARED: &str = "orders:
  primary_key: id
  cursor: updated_at
  detect_deletes: full_pass
  columns: { id: INT64, status: STRING, updated_at: TIMESTAMP }
order_lines:
  primary_key: [order_id, line_no]
  cursor: updated_at
  detect_deletes: full_pass
  columns: { order_id: INT64, line_no: INT64, status: STRING, updated_at: TIMESTAMP }
coupons:
  primary_key: code
  cursor: updated_at
  detect_deletes: full_pass
  columns: { code: STRING, status: STRING, updated_at: TIMESTAMP }
days:
  primary_key: [day, seen_at]
  cursor: updated_at
  detect_deletes: full_pass
  columns: { day: DATE, seen_at: TIMESTAMP, status: STRING, updated_at: TIMESTAMP }
";

/// Each table with its key, and a row that is not there.
const TABLES: &[(&str, &[&str], &str)] = &[
    ("orders", &["id"], "-5"),
    ("order_lines", &["order_id", "line_no"], "7, 99"),
    ("coupons", &["code"], "'Zebra'"),
    ("days", &["day", "seen_at"], "'1999-12-31', '1999-12-31 10:00:00'"),
];

fn fill(server: &Server) {
    let instant = match server {
        Server::MariaDb(_) => "TIMESTAMP",
        Server::Postgres(_) => "TIMESTAMPTZ",
    };
    server.execute(&format!(
        "CREATE TABLE numbers (n INT PRIMARY KEY); INSERT INTO numbers VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
         CREATE TABLE orders (id BIGINT PRIMARY KEY, status VARCHAR(20), updated_at TIMESTAMP NULL);
         CREATE TABLE order_lines (order_id INT, line_no SMALLINT, status VARCHAR(20), updated_at TIMESTAMP NULL, PRIMARY KEY (order_id, line_no));
         CREATE TABLE coupons (code VARCHAR(30) PRIMARY KEY, status VARCHAR(20), updated_at TIMESTAMP NULL);
         CREATE TABLE days (day DATE, seen_at {instant}, status VARCHAR(20), updated_at TIMESTAMP NULL, PRIMARY KEY (day, seen_at));"
    ));
    let numbers =
        "(SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n AS n FROM numbers a, numbers b, numbers c, numbers d) x";
    let fewer = format!("{numbers} WHERE n < 1500 OR n = 9999");
    let at = "CASE WHEN n = 9999 THEN TIMESTAMP '2026-02-01 00:00:00' ELSE TIMESTAMP '2026-01-01 00:00:00' END";
    // Most keys in a small part of the range.
    server.execute(&format!(
        "INSERT INTO orders SELECT CASE WHEN n < 5000 THEN n ELSE 1000000000000 * (n - 4998) END, 'new', {at} FROM {numbers}"
    ));
    server.execute(&format!("INSERT INTO order_lines SELECT FLOOR(n / 4), MOD(n, 4), 'new', {at} FROM {fewer}"));
    server.execute(&format!("INSERT INTO coupons SELECT CONCAT('C', n), 'new', {at} FROM {fewer}"));
    let minutes = match server {
        Server::MariaDb(_) => "INTERVAL n MINUTE",
        Server::Postgres(_) => "n * INTERVAL '1 minute'",
    };
    server.execute(&format!(
        "INSERT INTO days SELECT CASE WHEN MOD(n, 2) = 0 THEN DATE '2026-01-01' ELSE DATE '2026-01-02' END, \
         TIMESTAMP '2026-01-01 00:00:00' + {minutes}, 'new', {at} FROM {fewer}"
    ));
}

#[test]
fn every_hand_is_found_named_and_mended() {
    let hands = std::env::var("DWC_HANDS").map_or(HANDS, |n| n.parse().expect("DWC_HANDS is a number"));
    for server in Server::both() {
        fill(&server);
        let warehouse = Warehouse::apply(server.project(DECLARED, "").path());
        warehouse.run(Mode::Incremental);
        let clean = warehouse.reconcile(false);
        assert!(clean.offences().is_empty() && clean.told().is_empty(), "{clean:#?}");
        assert!(clean.tables.iter().all(|table| table.read == 1 && table.unsummed.is_none()), "{:#?}", clean.tables);
        let mut dice = Dice::new(20_260_101);
        for _ in 0..hands {
            let (table, key, fresh) = TABLES[dice.below(TABLES.len())];
            let landed = format!("dw_landing.shop__{table}__rows");
            let list = key.join(", ");
            let keys = warehouse.rows(&format!(
                "SELECT {list} FROM {landed} WHERE NOT _deleted AND updated_at < '2026-02-01' ORDER BY ALL"
            ));
            let row = &keys[dice.below(keys.len())];
            let is: Vec<String> = key.iter().zip(row).map(|(column, value)| format!("{column} = '{value}'")).collect();
            let is = is.join(" AND ");
            let (kind, place, sql) = match dice.below(6) {
                0 => ("missing", None, format!("DELETE FROM {landed} WHERE {is}")),
                1 => ("different", None, format!("UPDATE {landed} SET status = status || '~' WHERE {is}")),
                2 => (
                    "extra",
                    None,
                    format!(
                        "INSERT INTO {landed} ({list}, status, updated_at, _deleted, _at, _batch, _state) VALUES ({fresh}, 'made', '2026-01-01', FALSE, '2026-01-01', 1, 0)"
                    ),
                ),
                3 => ("extra", Some(&server), format!("DELETE FROM {table} WHERE {is}")),
                4 => {
                    ("different", Some(&server), format!("UPDATE {table} SET status = CONCAT(status, '+') WHERE {is}"))
                }
                _ => (
                    "missing",
                    Some(&server),
                    format!("INSERT INTO {table} VALUES ({fresh}, 'late', '2025-01-01 00:00:00')"),
                ),
            };
            match place {
                Some(server) => server.execute(&sql),
                None => warehouse.execute(&sql),
            }
            let found = warehouse.reconcile(false);
            let of_table = of(&found.tables, &format!("shop.{table}"));
            let counts = (of_table.missing, of_table.different, of_table.extra);
            let expected = (i64::from(kind == "missing"), i64::from(kind == "different"), i64::from(kind == "extra"));
            assert_eq!(counts, expected, "{sql}\n{found:#?}");
            assert!(of_table.read < 2600, "{sql}\n{of_table:?}");
            let all: Vec<_> = found.offences().into_iter().chain(found.told()).collect();
            assert!(all.len() == 1 && all[0].keys.len() == 1, "{sql}\n{all:#?}");
            let first = match place {
                None if kind == "extra" => fresh.split(", ").next(),
                Some(_) if kind == "missing" => fresh.split(", ").next(),
                _ => row.first().map(String::as_str),
            };
            let named = format!("{}={}", key[0], first.unwrap_or_default().trim_matches('\''));
            assert!(all[0].keys[0].starts_with(&named), "{sql}\n{named}\n{all:#?}");
            let mended = warehouse.reconcile(true);
            assert!(mended.offences().is_empty() && mended.told().is_empty(), "{sql}\n{mended:#?}");
            assert_clean(&warehouse, &sql);
            // What is not there is free for the next hand.
            if first == fresh.split(", ").next() {
                let is: Vec<String> =
                    key.iter().zip(fresh.split(", ")).map(|(column, value)| format!("{column} = {value}")).collect();
                server.execute(&format!("DELETE FROM {table} WHERE {}", is.join(" AND ")));
                warehouse.execute(&format!("DELETE FROM {landed} WHERE {}", is.join(" AND ")));
            }
        }
    }
}
