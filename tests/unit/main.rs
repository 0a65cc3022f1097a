//! `dwc test`: what a unit test may be given and may expect, each with a test that passes and one that fails. It must not know
//! how a test is run.

mod command;
mod docs;
mod given;
mod wrong;

use dwc_tests::project::{Project, Run};

/// A shop whose customers and sales come as files, and whose stock comes from a database.
const SHOP: &str = r#"
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets:
  prod: { type: bigquery, project: "{{ env('NOWHERE') }}", dataset: dw, location: US }
#- models/sources/shop.yml
source: shop
type: files
tables:
  customers:
    path: data/customers/{batch}.csv
    primary_key: [customer_id]
    cursor: updated_at
    columns: { customer_id: INT64, name: STRING, city: STRING, updated_at: TIMESTAMP }
  sales:
    path: data/sales/*.csv
    format: csv
    primary_key: [sale_id]
    columns: { sale_id: INT64, customer_id: INT64, sold_at: TIMESTAMP, amount: NUMERIC }
#- models/sources/stock.yml
source: stock
type: mysql
url: "{{ env('STOCK_URL') }}"
tables:
  products:
    primary_key: [product_id]
    cursor: updated_at
    lookback: 1d
    detect_deletes: full_pass
    retain: history
    columns: { product_id: INT64, label: STRING, price: NUMERIC, tags: JSON, updated_at: DATETIME }
  accounts:
    contents: log
    primary_key: [account_id]
    sequence: seq
    cursor: seq
    detect_deletes: operation
    delete_column: op
    columns: { account_id: INT64, plan: STRING, op: STRING, seq: INT64, at: TIMESTAMP }
#- models/dimensions/date.yml
dimension: date
kind: calendar
description: A day.
first_day: 2026-01-01
last_day: 2026-12-31
#- models/dimensions/customer.yml
dimension: customer
description: A person who has bought at the shop.
from: shop.customers
natural_key: [customer_id]
effective_at: updated_at
attributes:
  name: { scd: 1 }
  city: { scd: 2 }
#- models/dimensions/product.yml
dimension: product
description: A thing that is sold.
from: stock.products
natural_key: [product_id]
effective_at: updated_at
attributes:
  label: { scd: 2 }
  price: { scd: 1 }
#- models/dimensions/account.yml
dimension: account
description: An account of a customer.
from: stock.accounts
natural_key: [account_id]
on_delete: flag
effective_at: at
attributes:
  plan: { scd: 2 }
#- models/facts/sale.yml
fact: sale
description: Sales as the till records them.
business_process: selling
grain: { description: one row per sale, key: [sale_id] }
from: shop.sales
event_time: sold_at
dimensions:
  sale_date: { dimension: date, on: sold_at }
  customer: { on: customer_id, missing: infer }
measures:
  amount: { additive: all, currency: KRW }
"#;

/// The shop with one file of tests.
fn shop(tests: &str) -> Project {
    let project = Project::new(SHOP);
    project.write("models/tests/shop.yml", tests);
    project
}

/// Runs the tests of the shop; they all pass.
#[track_caller]
fn pass(tests: &str) {
    let run = shop(tests).dwc(&["test"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains(" 0 failed in "), "{}", run.stdout);
}

/// Runs the tests of the shop; they fail, and the output has these texts.
#[track_caller]
fn fail(tests: &str, said: &[&str]) -> Run {
    let run = shop(tests).dwc(&["test"]);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    for text in said {
        assert!(run.stdout.contains(text), "no `{text}` in:\n{}{}", run.stdout, run.stderr);
    }
    run
}
