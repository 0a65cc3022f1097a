//! The runner before an emulator whose network fails: killed at every request, a run that is started again completes with
//! nothing lost or doubled; Ctrl-C cancels the job that runs.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::bigquery_server::{BigQueryServer, Fault};
use dwc_tests::project::{Project, dwc_binary};

const SHOP: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { prod: { type: bigquery, project: emulated, dataset: dw } }
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: data/orders/{batch}.csv
    primary_key: order_id
    columns: { order_id: INT64, store_id: INT64, ordered_at: TIMESTAMP, amount: NUMERIC }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-03-01
last_day: 2026-03-31
#- models/sale.yml
fact: sale
description: Orders.
business_process: ordering
grain: { description: one row per order, key: order_id }
query: SELECT order_id, store_id, ordered_at, amount FROM {{ source('shop.orders') }}
event_time: ordered_at
dimensions:
  order_date: { dimension: date, on: ordered_at }
degenerate: [store_id]
measures:
  amount: { additive: all, currency: KRW }
#- data/orders/2026-03-01.csv
order_id,store_id,ordered_at,amount
10,1,2026-03-01 03:00:00,1000
11,2,2026-03-01 04:00:00,2000.5
12,9,2026-03-01 05:00:00,3000
";

fn command(address: &str, folder: &Path, arguments: &[&str], tries: u32) -> Command {
    let mut command = Command::new(dwc_binary());
    command.arg("--project-dir").arg(folder).args(arguments).stdin(Stdio::null());
    command.env("DWC_BIGQUERY_ENDPOINT", address).env("DWC_BIGQUERY_TOKEN", "emulated");
    command.env("DWC_BIGQUERY_PACE", format!("2,{tries}"));
    command
}

fn dwc(address: &str, folder: &Path, arguments: &[&str], tries: u32) -> Output {
    command(address, folder, arguments, tries).output().expect("dwc starts")
}

const STEPS: [&[&str]; 2] = [&["apply", "--auto-approve"], &["run", "--at", "2026-03-02"]];

/// What was loaded, and what was counted of it.
fn loaded(emulator: &BigQueryEmulator) -> Vec<Vec<Vec<Option<String>>>> {
    let warehouse = emulator.warehouse("dw");
    [
        "SELECT order_id, amount, loaded_batch FROM dw.sale ORDER BY order_id",
        "SELECT order_id, _batch, _state FROM dw_landing.shop__orders__rows ORDER BY order_id",
        "SELECT batch, extracted, inserted FROM dw_dwc.table_batches",
        "SELECT batch, source FROM dw_dwc.batches",
        "SELECT path FROM dw_dwc.files",
        "SELECT model, batch FROM dw_dwc.consumed",
    ]
    .map(|sql| warehouse.table(sql).unwrap_or_else(|error| panic!("{error:?}")).1)
    .into()
}

#[test]
fn killed_at_every_request_a_run_completes_when_it_is_started_again() {
    let undisturbed = BigQueryEmulator::start();
    let disk = Project::new(SHOP);
    for step in STEPS {
        let output = dwc(&undisturbed.address(), disk.path(), step, 3);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let expected = loaded(&undisturbed);
    assert_eq!(expected[0].len(), 3);
    for fault in [Fault::Refused, Fault::Cut] {
        let emulator = BigQueryEmulator::start();
        let server = BigQueryServer::before(Some(emulator.address()));
        let disk = Project::new(SHOP);
        let mut kills = 0;
        for step in STEPS {
            for nth in 1.. {
                server.heal();
                server.world().dead_from = Some((nth, fault.clone()));
                let output = dwc(&server.address(), disk.path(), step, 1);
                if output.status.success() {
                    break;
                }
                assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
                kills += 1;
            }
        }
        assert!(kills > 10, "only {kills} requests were met");
        assert_eq!(loaded(&emulator), expected, "{fault:?}");
    }
}

#[test]
fn ctrl_c_cancels_the_job_that_runs() {
    let emulator = BigQueryEmulator::start();
    let server = BigQueryServer::before(Some(emulator.address()));
    let disk = Project::new(SHOP);
    server.world().running = u32::MAX;
    let child = command(&server.address(), disk.path(), STEPS[0], 3)
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("dwc starts");
    let clock = Instant::now();
    let is_running = || server.world().requests.iter().filter(|request| request.contains("GET")).count() > 4;
    while server.world().made.is_empty() || !is_running() {
        assert!(clock.elapsed() < Duration::from_secs(30), "no job runs");
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a signal is sent");
    assert!(interrupt.success());
    let output = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("DW0956"), "{told}");
    let world = server.world();
    assert!(world.requests.iter().any(|request| request.ends_with("/cancel")), "{:?}", world.requests);
}
