//! What dates the states of a table without an instant of its own: the server's clock, a time that is given, and never one
//! before the last.

use dwc_runner::Mode;

use super::shop;

const SHOPS: &str = "shops:
  primary_key: id
  detect_deletes: full_pass
  max_deleted_share: 1
  retain: history
  columns: { id: INT64, city: STRING }";

const DIMENSION: &str = "dimension: shop
description: A shop.
from: shop.shops
natural_key: [id]
effective_at: extracted
attributes: { city: { scd: 2 } }
";

fn versions(warehouse: &dwc_tests::warehouse::Warehouse) -> Vec<String> {
    let rows = warehouse.rows(
        "SELECT city, strftime(valid_from, '%Y-%m-%d'), strftime(valid_to, '%Y-%m-%d') FROM dw.shop WHERE id = 1 ORDER BY valid_from",
    );
    rows.into_iter().map(|row| row.join("|")).collect()
}

#[test]
fn a_time_that_is_given_dates_what_a_database_gives() {
    let (server, project, _) = shop(
        "CREATE TABLE shops (id INT PRIMARY KEY, city TEXT); INSERT INTO shops VALUES (1, 'Seoul'), (2, 'Busan')",
        "",
        SHOPS,
    );
    project.write("models/shop_dimension.yml", DIMENSION);
    let warehouse = dwc_tests::warehouse::Warehouse::apply(project.path());
    warehouse.replay(Mode::Full, "2026-05-01");
    server.query("shop", "UPDATE shops SET city = 'Jeju' WHERE id = 1; DELETE FROM shops WHERE id = 2");
    warehouse.replay(Mode::Full, "2026-05-02");
    assert_eq!(versions(&warehouse), ["Seoul|0001-01-01|2026-05-02", "Jeju|2026-05-02|9999-12-31"]);
    let gone = warehouse.rows("SELECT strftime(valid_to, '%Y-%m-%d') FROM dw.shop WHERE id = 2");
    assert_eq!(gone, [["2026-05-02"]], "a delete, too");
    server.query("shop", "UPDATE shops SET city = 'Daegu' WHERE id = 1");
    warehouse.replay(Mode::Full, "2026-04-01");
    let last = warehouse.rows("SELECT city FROM dw.shop WHERE id = 1 AND is_current");
    assert_eq!(last, [["Daegu"]], "where the clock goes back, what arrived last is what holds");
    server.query("shop", "UPDATE shops SET city = 'Ulsan' WHERE id = 1");
    warehouse.run(Mode::Full);
    let now =
        warehouse.rows("SELECT city, valid_from > TIMESTAMP '2026-05-03' FROM dw.shop WHERE id = 1 AND is_current");
    assert_eq!(now, [["Ulsan", "true"]], "without one, the server's clock does");
}
