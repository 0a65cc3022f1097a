//! A whole load of more days than one statement may change partitions is written in pieces, and gives the same rows.

use std::fmt::Write as _;

use chrono::NaiveDate;
use dwc_runner::{DuckDbWarehouse, Mode};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::Project;

use super::{apply, checked, compare, embedded, emulated, run};

const MODELS: &str = "\
#- dwc.yml
name: shop
timezone: UTC
targets: { dev: { type: duckdb }, prod: { type: bigquery, project: p, dataset: dw } }
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: data/orders/{batch}.csv
    primary_key: order_id
    columns: { order_id: INT64, ordered_on: DATE, ordered_at: TIMESTAMP, amount: NUMERIC }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2010-01-01
last_day: 2027-12-31
#- models/sale.yml
fact: sale
description: Orders.
business_process: ordering
grain: { description: one row per order, key: [order_id] }
from: shop.orders
partition_by: ordered_on
dimensions:
  order_date: { dimension: date, on: ordered_on }
measures:
  amount: { additive: all, currency: KRW }
#- models/visit.yml
fact: visit
description: Orders, which never change.
business_process: ordering
grain: { description: one row per order, key: [order_id] }
from: shop.orders
insert_only: true
partition_by: ordered_at
dimensions:
  order_date: { dimension: date, on: ordered_on }
measures:
  amount: { additive: all, currency: KRW }
";

/// An order of every day, and one of none.
fn orders() -> String {
    let first = NaiveDate::from_ymd_opt(2012, 1, 1).expect("a day");
    let mut text = "order_id,ordered_on,ordered_at,amount\n0,,,1\n".to_owned();
    for (at, day) in first.iter_days().take(4500).enumerate() {
        writeln!(text, "{},{day},{day} 23:30:00,{}", at + 1, at % 7).expect("a text");
    }
    text
}

#[test]
fn a_load_of_twelve_years_is_whole() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(MODELS);
    disk.write("data/orders/2026-03-01.csv", &orders());
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    apply(&here, &project);
    apply(&there, &project);
    for mode in [Mode::Incremental, Mode::Full] {
        let (expected, _) = run(&here, &project, disk.path(), mode, None);
        let (found, offences) = run(&there, &project, disk.path(), mode, None);
        assert!(offences.is_empty(), "{offences:?}");
        assert!(expected.models.iter().zip(&found.models).all(|(e, f)| e.inserted == f.inserted), "{found:?}");
    }
    compare(&embedded(&here), &emulated(&there, &here));
}
