//! Killed at any step boundary or at any moment and started again, the warehouse ends where an undisturbed one ends:
//! every row of every table is the same, bookkeeping times aside.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dwc_tests::project::{Project, dwc_binary};

const SHOP: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
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
    columns: { region_id: INT64, region_name: STRING }
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
region_id,region_name
1,서울
2,부산
#- data/regions/2026-03-02.csv
region_id,region_name
1,서울특별시
2,부산
3,제주
#- data/orders/2026-03-01.csv
order_id,store_id,ordered_at,amount,status
10,1,2026-03-01 03:00:00,1000,placed
11,2,2026-03-01 04:00:00,2000,placed
12,9,2026-03-01 05:00:00,3000,placed
#- data/orders/2026-03-02.csv
order_id,store_id,ordered_at,amount,status
10,1,2026-03-01 03:00:00,1000,cancelled
13,1,2026-03-01 21:00:00,4000,placed
14,3,oops,5000,placed
";

/// Every table with its rows, times of bookkeeping aside.
fn dump(project: &Project) -> String {
    let path = project.path().join("warehouse.duckdb");
    let warehouse = dwc_runner::DuckDbWarehouse::open(&path.to_string_lossy()).expect("the warehouse");
    let tables = warehouse
        .rows(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables \
             WHERE table_type = 'BASE TABLE' AND table_schema <> 'main' ORDER BY 1",
        )
        .expect("tables");
    let mut text = String::new();
    for table in tables.into_iter().filter_map(|row| row[0].clone()) {
        let columns = match table.as_str() {
            // Runs count the attempts, and a manifest says when it was applied.
            "_dwc.runs" => continue,
            "_dwc.manifests" => "serial, manifest",
            _ => "*",
        };
        text.push_str(&format!("== {table}\n"));
        for row in warehouse.rows(&format!("SELECT {columns} FROM {table} ORDER BY ALL")).expect("rows") {
            text.push_str(&format!("{row:?}\n"));
        }
    }
    text
}

/// Runs `dwc`; with a crash point the process may kill itself there.
fn dwc(folder: &Path, arguments: &[&str], crash_at: Option<u32>) -> Option<i32> {
    let mut command = Command::new(dwc_binary());
    command.arg("--project-dir").arg(folder).args(arguments).arg("--quiet");
    if let Some(point) = crash_at {
        command.env("DWC_CRASH_AT", point.to_string());
    }
    command.output().expect("dwc starts").status.code()
}

const STEPS: [&[&str]; 3] = [
    &["apply", "--auto-approve"],
    &["run", "--until", "2026-03-01", "--at", "2026-03-01"],
    &["run", "--at", "2026-03-02"],
];

fn undisturbed() -> String {
    let project = Project::new(SHOP);
    for step in STEPS {
        assert_eq!(dwc(project.path(), step, None), Some(0), "{step:?}");
    }
    dump(&project)
}

#[test]
fn killed_at_every_step_boundary() {
    let expected = undisturbed();
    assert!(expected.contains("하나마트") && expected.contains("`ordered_at` is no TIMESTAMP"), "{expected}");
    let mut crashes = 0;
    for step in 0..STEPS.len() {
        // An apply is one transaction of many like statements: every seventh boundary of it tells as much as all.
        let stride = if step == 0 { 7 } else { 1 };
        for point in (1..).step_by(stride) {
            let project = Project::new(SHOP);
            for before in &STEPS[..step] {
                assert_eq!(dwc(project.path(), before, None), Some(0));
            }
            let crashed = dwc(project.path(), STEPS[step], Some(point)) != Some(0);
            for again in &STEPS[step..] {
                assert_eq!(dwc(project.path(), again, None), Some(0), "{again:?} after a crash at {point} of {step}");
            }
            assert_eq!(dump(&project), expected, "after a crash at point {point} of step {step}");
            if !crashed {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes > 20, "only {crashes} crash points were met");
}

#[test]
fn killed_at_random_moments() {
    let expected = undisturbed();
    for attempt in 0..12_u64 {
        let project = Project::new(SHOP);
        let folder = project.path().to_string_lossy().into_owned();
        for step in STEPS {
            let mut arguments: Vec<&str> = vec!["--project-dir", &folder];
            arguments.extend(step);
            project.dwc_killed_within(&arguments, Duration::from_millis(40 + attempt * 35));
            assert_eq!(dwc(project.path(), step, None), Some(0), "{step:?}");
        }
        assert_eq!(dump(&project), expected, "attempt {attempt}");
    }
}
