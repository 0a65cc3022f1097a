//! Tolerances that would mean nothing are refused, each at its place.

use dwc_tests::project::Project;

const STAR: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/warehouse.duckdb } }
#- models/shop.yml
source: shop
type: mysql
url: \"{{ env('SHOP_DB_URL') }}\"
tables:
  sales:
    primary_key: [sale_id]
    cursor: sold_at
    columns:
      sale_id: INT64
      amount: { type: NUMERIC, within: 0.01 }
      note: STRING
      sold_at: DATETIME
#- models/day.yml
dimension: day
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/sale.yml
fact: sale
business_process: selling
grain: { description: one row per sale, key: sale_id }
from: shop.sales
event_time: sold_at
dimensions: { sale_date: { dimension: day, on: sold_at } }
measures:
  amount: { additive: all, currency: KRW, within: 0.05 }
";

fn found(from: &str, to: &str) -> String {
    assert!(STAR.contains(from), "{from}");
    let run = Project::new(&STAR.replace(from, to)).dwc(&["check", "--format", "concise"]);
    run.stderr.lines().filter(|line| line.contains("error[")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_tolerance_is_of_a_number_that_is_compared() {
    assert_eq!(found("", ""), "");
    let column = "amount: { type: NUMERIC, within: 0.01 }";
    for (from, to, said) in [
        (
            column,
            "amount: { type: NUMERIC, within: -1 }",
            "models/shop.yml:10:40: error[DW0111]: `-1` is not a tolerance",
        ),
        (
            "note: STRING",
            "note: { type: STRING, within: 1 }",
            "models/shop.yml:11:37: error[DW0120]: `within` of column `note` does not apply to STRING",
        ),
        (
            "sale_id: INT64",
            "sale_id: { type: INT64, within: 1 }",
            "models/shop.yml:9:39: error[DW0120]: `within` of column `sale_id` does not apply here",
        ),
        ("within: 0.05", "within: 5%", "models/sale.yml:8:51: error[DW0111]: `5%` is not a tolerance"),
        (
            "within: 0.05",
            "within: 0.0000000001",
            "models/sale.yml:8:51: error[DW0111]: `0.0000000001` is not a tolerance",
        ),
    ] {
        assert_eq!(found(from, to), said);
    }
    let files = "type: mysql\nurl: \"{{ env('SHOP_DB_URL') }}\"\ntables:\n  sales:\n";
    assert_eq!(
        found(files, "type: files\ntables:\n  sales:\n    path: data/{batch}.csv\n"),
        "models/shop.yml:10:40: error[DW0120]: `within` of column `amount` does not apply here"
    );
}
