//! What an hourly load costs: a delta of some members and rows over a dimension of many members with two versions each
//! and a fact of twice as many rows; each statement of each model with its time.
//! `cargo bench -p dwc-tests --bench hourly -- [MEMBERS] [CHANGED]`, 100000 and 1000 of them when left out.
//! It must not assert anything: a time says nothing on a machine that does other work.

use std::time::Instant;

use dwc_compiler::plan::Reads;
use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

const PROJECT: &str = "
#- dwc.yml
name: hourly
timezone: UTC
targets:
  dev: { type: duckdb, path: dwc.duckdb }
#- models/sources/s.yml
source: s
type: files
tables:
  members:
    path: data/members/{batch}.parquet
    primary_key: [member_id]
    retain: history
    columns: { member_id: INT64, name: STRING, grade: STRING, region: STRING, updated_at: TIMESTAMP }
  orders:
    path: data/orders/{batch}.parquet
    primary_key: [order_id]
    retain: history
    columns: { order_id: INT64, member_id: INT64, ordered_at: TIMESTAMP, status: STRING }
  items:
    path: data/items/{batch}.parquet
    primary_key: [order_id, line_no]
    retain: history
    columns: { order_id: INT64, line_no: INT64, amount: NUMERIC }
#- models/dimensions/member.yml
dimension: member
from: s.members
natural_key: [member_id]
effective_at: updated_at
attributes:
  name: { scd: 1 }
  grade: { scd: 2 }
  region: { scd: 2 }
#- models/facts/item.yml
fact: item
kind: transaction
business_process: ordering
grain: { description: one row per line, key: [order_id, line_no] }
query: |
  SELECT i.order_id, i.line_no, o.ordered_at, o.member_id, i.amount
  FROM {{ source('s.items') }} AS i JOIN {{ source('s.orders') }} AS o USING (order_id)
  WHERE o.status <> 'cancelled'
event_time: ordered_at
dimensions:
  member: { on: member_id }
measures:
  amount: { additive: all }
";

fn main() {
    // Cargo adds a word of its own.
    let mut sizes = std::env::args().skip(1).filter_map(|word| word.parse::<u32>().ok());
    // There are half as many orders as members, of four lines each.
    let total = sizes.next().unwrap_or(100_000);
    let every = total / sizes.next().unwrap_or(1000).max(1);
    let project = Project::new(PROJECT);
    let warehouse = Warehouse::apply(project.path());
    let write = |table: &str, batch: &str, rows: &str| {
        project.write(&format!("data/{table}/.keep"), "");
        let path = project.path().join(format!("data/{table}/{batch}.parquet"));
        warehouse.execute(&format!("COPY ({rows}) TO '{}' (FORMAT parquet)", path.display()));
    };
    let members = |grade: &str, day: u32, every: u32| {
        format!(
            "SELECT range * {every} AS member_id, 'name ' || range AS name, '{grade}' || (range % 3) AS grade, \
             'r' || (range % 17) AS region, TIMESTAMP '2026-01-{day:02} 00:00:00' AS updated_at FROM range({})",
            total / every
        )
    };
    let orders = |status: &str, from: u32, every: u32| {
        format!(
            "SELECT {from} + range * {every} AS order_id, (range * 7919) % {total} AS member_id, \
             TIMESTAMP '2026-01-01' + to_minutes(range % 40000) AS ordered_at, '{status}' AS status FROM range({})",
            total / 2 / every
        )
    };
    let items = |from: u32, every: u32| {
        format!(
            "SELECT {from} + (range // 4) * {every} AS order_id, range % 4 AS line_no, \
             CAST(range % 1000 AS DECIMAL(38, 9)) AS amount FROM range({})",
            total * 2 / every
        )
    };
    write("members", "2026-01-01", &members("a", 1, 1));
    write("orders", "2026-01-01", &orders("paid", 0, 1));
    write("items", "2026-01-01", &items(0, 1));
    run(&warehouse, "first load");
    write("members", "2026-01-02", &members("b", 10, 1));
    run(&warehouse, "every member changes");
    write("members", "2026-01-03", &members("c", 20, every));
    write("orders", "2026-01-03", &orders("sent", 0, every));
    write("items", "2026-01-03", &items(total, every));
    run(&warehouse, "an hour");
    let batch = &warehouse.rows("SELECT MAX(batch) FROM _dwc.batches")[0][0];
    warehouse.execute(&format!(
        "SET VARIABLE dwc_batch = {batch}::BIGINT; SET VARIABLE dwc_since = {batch}::BIGINT - 1; SET VARIABLE dwc_at = TIMESTAMP '2026-01-03'"
    ));
    for model in warehouse.plan().models {
        println!("\n{}, the same delta again:", model.name);
        for statement in model.incremental.unwrap_or(model.full) {
            let clock = Instant::now();
            match statement.reads {
                Reads::Nothing => warehouse.execute(&statement.sql),
                _ => drop(warehouse.rows(&statement.sql)),
            }
            let what: String = statement.sql.lines().take(2).collect::<Vec<_>>().join(" ").chars().take(110).collect();
            println!("{:>7} ms  {what}", clock.elapsed().as_millis());
        }
    }
}

fn run(warehouse: &Warehouse, what: &str) {
    let clock = Instant::now();
    let report = warehouse.run(Mode::Incremental);
    println!("{what}: {} ms", clock.elapsed().as_millis());
    for model in report.models {
        println!("{:>7} ms  {} ({:?})", model.milliseconds, model.model, model.outcome);
    }
}
