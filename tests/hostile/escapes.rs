//! Terminal escapes in data are shown and never sent: in answers, in findings and in reports.

use dwc_tests::project::Project;

const SHOP: &str = "\
#- dwc.yml
name: shop
timezone: UTC
targets: { dev: { type: duckdb, path: target/w.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  sales:
    path: sales/{batch}.csv
    primary_key: id
    columns: { id: INT64, code: STRING, amount: NUMERIC, sold_at: DATETIME }
#- models/product.yml
dimension: product
natural_key: code
query: SELECT DISTINCT code, code AS label FROM {{ source('shop.sales') }}
attributes: { label: { scd: 1 } }
#- models/sale.yml
fact: sale
business_process: selling
grain: { description: one row per code, key: code }
from: shop.sales
event_time: sold_at
dimensions: { product: { on: code } }
degenerate: [code]
measures: { amount: { additive: all, currency: KRW } }
";

#[test]
fn escapes_in_data_are_shown() {
    let project = Project::new(SHOP);
    let sale = |id: u8| format!("{id},\u{1b}[31mred,10,2026-01-01 00:00:00\n");
    let header = "id,code,amount,sold_at\n";
    project.write("sales/2026-01-01.csv", &format!("{header}{}", sale(1)));
    let applied = project.dwc(&["apply", "--auto-approve"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert_eq!(project.dwc(&["run"]).code, Some(0));
    let answer = project.dwc(&["query", "amount", "--by", "product.label"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(answer.stdout.contains("\\u001b[31mred") && !answer.stdout.contains('\u{1b}'), "{answer:?}");
    project.write("sales/2026-01-02.csv", &format!("{header}{}", sale(2)));
    let held = project.dwc(&["run"]);
    assert_eq!(held.code, Some(1), "{held:?}");
    let said = format!("{}{}", held.stdout, held.stderr);
    assert!(said.contains("DW0902") && said.contains("31mred") && !said.contains('\u{1b}'), "{held:?}");
}
