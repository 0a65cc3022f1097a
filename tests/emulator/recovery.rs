//! Killed at one step boundary after the other, a warehouse on the emulator ends where an undisturbed embedded one ends.

use std::path::Path;
use std::process::Command;

use dwc_runner::{DuckDbWarehouse, Mode};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::{Project, dwc_binary};

use super::{apply, checked, compare, embedded, emulated, run};

/// Two sources of files, one read by snapshots; a dimension by its states, one by batches, and a fact.
pub(crate) const SHOP: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets:
  dev: { type: duckdb, path: warehouse.duckdb }
  prod: { type: bigquery, project: emulated, dataset: dw }
#- models/shop.yml
source: shop
type: files
tables:
  stores:
    path: data/stores/{batch}.csv
    primary_key: store_id
    cursor: updated_at
    columns: { store_id: INT64, store_name: STRING, region_id: INT64, updated_at: TIMESTAMP }
  regions:
    path: data/regions/{batch}.csv
    contents: snapshot
    primary_key: region_id
    columns: { region_id: INT64, region_name: STRING, opened_on: DATE }
  orders:
    path: data/orders/{batch}.csv
    primary_key: order_id
    columns: { order_id: INT64, store_id: INT64, ordered_at: TIMESTAMP, amount: NUMERIC, status: STRING }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/store.yml
dimension: store
description: A store.
from: shop.stores
natural_key: store_id
effective_at: updated_at
attributes:
  store_name: { scd: 2 }
#- models/area.yml
dimension: area
description: A store with the region that it is in.
query: |
  SELECT s.store_id, r.region_name FROM {{ source('shop.stores') }} AS s
  LEFT JOIN {{ source('shop.regions') }} AS r ON r.region_id = s.region_id
natural_key: store_id
attributes:
  region_name: { scd: 2 }
#- models/sale.yml
fact: sale
description: Orders that were not cancelled.
business_process: ordering
grain: { description: one row per order, key: order_id }
query: |
  SELECT order_id, store_id, ordered_at, amount FROM {{ source('shop.orders') }} WHERE status <> 'cancelled'
event_time: ordered_at
dimensions:
  order_date: { dimension: date, on: ordered_at }
  store: { on: store_id }
  area: { on: store_id }
measures:
  amount: { additive: all, currency: KRW }
#- data/stores/2026-03-01.csv
store_id,store_name,region_id,updated_at
1,하나,1,2026-03-01 00:00:00
2,둘,2,2026-03-01 00:00:00
#- data/stores/2026-03-02.csv
store_id,store_name,region_id,updated_at
1,하나상회,2,2026-03-01 20:00:00
1,하나마트,2,2026-03-01 22:00:00
3,셋,1,2026-03-02 00:00:00
#- data/regions/2026-03-01.csv
region_id,region_name,opened_on
1,서울,2001-01-01
2,부산,2002-02-02
4,대구,2003-03-03
#- data/regions/2026-03-02.csv
region_id,region_name,opened_on
1,서울특별시,2001-01-01
2,부산,yesterday
3,제주,
#- data/orders/2026-03-01.csv
order_id,store_id,ordered_at,amount,status
10,1,2026-03-01 03:00:00,1000,placed
11,2,2026-03-01 04:00:00,2000.5,placed
12,9,2026-03-01 05:00:00,3000,placed
#- data/orders/2026-03-02.csv
order_id,store_id,ordered_at,amount,status
10,1,2026-03-01 03:00:00,1000,cancelled
13,1,2026-03-01 21:00:00,4000,placed
14,3,oops,5000,placed
";

/// Runs `dwc` against the emulator; with a crash point the process may kill itself there.
fn dwc(emulator: &BigQueryEmulator, folder: &Path, arguments: &[&str], crash_at: Option<u32>) -> Option<i32> {
    let mut command = Command::new(dwc_binary());
    command.arg("--project-dir").arg(folder).args(arguments).args(["--quiet", "--target", "prod"]);
    command.envs(emulator.variables());
    if let Some(point) = crash_at {
        command.env("DWC_CRASH_AT", point.to_string());
    }
    let output = command.output().expect("dwc starts");
    let code = output.status.code();
    assert!(code.is_none() || code == Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    code
}

#[test]
fn killed_at_one_boundary_after_the_other() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(SHOP);
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    apply(&here, &project);
    run(&here, &project, disk.path(), Mode::Incremental, Some("2026-03-01T00:00:00"));
    run(&here, &project, disk.path(), Mode::Incremental, None);
    let mut crashes = 0;
    for step in [
        &["apply", "--auto-approve"][..],
        &["run", "--until", "2026-03-01", "--at", "2026-03-01"],
        &["run", "--at", "2026-03-02"],
    ] {
        // Each start goes one boundary further than the one before: what is committed is not done again.
        for point in 1.. {
            if dwc(&emulator, disk.path(), step, Some(point)) == Some(0) {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes > 12, "only {crashes} crash points were met");
    compare(&embedded(&here), &emulated(&emulator.warehouse("dw"), &here));
}
