//! Plan and apply as a reviewer and a pipeline use them: what a change does to the warehouse and its rows, what is
//! refused and with which code, and the way back.

mod against;
mod bad_state;
mod computed_anew;
mod drift;
mod environments;
mod explained;
mod formats;
mod fresh;
mod gone;
mod inferred;
mod junk;
mod keys;
mod migrations;
mod pipelines;
mod readings;
mod saved;
mod snapshots;
mod words;

use dwc_runner::DuckDbWarehouse;
use dwc_tests::project::{Project, Run};

const SHOP: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets:
  dev: { type: duckdb, path: warehouse.duckdb }
  other: { type: duckdb, path: other.duckdb }
#- models/shop.yml
source: shop
type: files
tables:
  customers:
    path: data/customers/{batch}.csv
    primary_key: customer_id
    retain: history
    columns: { customer_id: INT64, name: STRING, city: STRING, grade: INT64, changed_at: TIMESTAMP }
  sales:
    path: data/sales/{batch}.csv
    primary_key: sale_id
    columns: { sale_id: INT64, customer_id: INT64, sold_at: TIMESTAMP, channel: STRING, amount: INT64 }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/customer.yml
dimension: customer
description: Someone who buys.
from: shop.customers
natural_key: customer_id
effective_at: changed_at
attributes:
  name: { scd: 1 }
  city: { scd: 2 }
  grade: { scd: 1 }
#- models/sale.yml
fact: sale
description: A sale.
business_process: selling
grain: { description: one row per sale, key: sale_id }
from: shop.sales
event_time: sold_at
dimensions:
  sale_date: { dimension: date, on: sold_at }
  customer: { on: customer_id }
degenerate: [channel]
measures:
  amount: { additive: all, currency: KRW }
#- data/customers/2026-03-01.csv
customer_id,name,city,grade,changed_at
1,하나,Seoul,3,2026-02-01 00:00:00
2,두리,Busan,5,2026-02-01 00:00:00
#- data/customers/2026-03-02.csv
customer_id,name,city,grade,changed_at
1,하나,Jeju,4,2026-03-01 12:00:00
#- data/sales/2026-03-01.csv
sale_id,customer_id,sold_at,channel,amount
10,1,2026-02-10 01:00:00,web,1000
11,2,2026-02-11 01:00:00,shop,2500
12,1,2026-03-01 13:00:00,web,700
";

/// The shop, applied and loaded.
fn loaded() -> Project {
    let project = Project::new(SHOP);
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
    project
}

/// A run of dwc that has to succeed.
fn done(run: Run) -> Run {
    assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
    run
}

/// A run of dwc that has to be refused with a code.
fn refused(run: Run, code: &str) -> Run {
    assert!(matches!(run.code, Some(1 | 3)), "{:?}\n{}\n{}", run.code, run.stdout, run.stderr);
    assert!(run.stderr.contains(code), "not {code}:\n{}\n{}", run.stdout, run.stderr);
    run
}

/// Replaces a text in a file, which has to be there.
fn edit(project: &Project, file: &str, from: &str, to: &str) {
    let text = project.read(file);
    assert!(text.contains(from), "{file} has no `{from}`:\n{text}");
    project.write(file, &text.replace(from, to));
}

fn open(project: &Project) -> DuckDbWarehouse {
    DuckDbWarehouse::open(&project.path().join("warehouse.duckdb").to_string_lossy()).expect("a warehouse")
}

/// Rows of a query, each on a line, values separated by a bar.
fn rows(project: &Project, sql: &str) -> Vec<String> {
    rows_of(&open(project), sql)
}

fn rows_of(warehouse: &DuckDbWarehouse, sql: &str) -> Vec<String> {
    let rows = warehouse.rows(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    let line = |row: Vec<Option<String>>| {
        row.into_iter().map(|cell| cell.unwrap_or_else(|| "NULL".to_owned())).collect::<Vec<_>>().join("|")
    };
    rows.into_iter().map(line).collect()
}

fn execute(project: &Project, sql: &str) {
    open(project).execute(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
}

/// The plan as JSON.
fn planned(project: &Project) -> serde_json::Value {
    let plan = done(project.dwc(&["plan", "--format", "json"]));
    serde_json::from_str(&plan.stdout).expect("a plan in JSON")
}

/// The change of an address.
fn change<'p>(plan: &'p serde_json::Value, address: &str) -> &'p serde_json::Value {
    let changes = plan["changes"].as_array().expect("changes");
    let found = changes.iter().find(|change| change["address"] == address);
    found.unwrap_or_else(|| panic!("nothing happens to {address}: {changes:#?}"))
}

/// A plan after everything was applied is empty.
fn nothing_to_change(project: &Project) {
    let plan = planned(project);
    assert_eq!(plan["changes"].as_array().map(Vec::len), Some(0), "{plan:#}");
    assert_eq!(plan["drift"].as_array().map(Vec::len), Some(0), "{plan:#}");
}

/// What an analyst sees of the two models, without the batches that wrote it.
fn seen(project: &Project) -> Vec<String> {
    let mut all = rows(
        project,
        "SELECT customer_id, name, city, grade, valid_from, valid_to, is_current FROM dw.customer ORDER BY ALL",
    );
    all.extend(rows(
        project,
        "SELECT s.sale_id, s.sold_at, s.channel, s.amount, c.name, c.city FROM dw.sale AS s \
         JOIN dw.customer AS c USING (customer_key) ORDER BY ALL",
    ));
    all
}
