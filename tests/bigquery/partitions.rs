//! Partitions on paper: which of them each statement of a load reads, by the condition that it holds, for a fact of three years
//! in daily partitions and a batch of an hour; against the MERGE that reads them all. What BigQuery bills, only BigQuery
//! says: here a statement without a condition on the partition counts as all of the table, and one with it as the days of
//! the batch.

use dwc_compiler::model::TargetType;
use dwc_compiler::plan::Statement;
use dwc_compiler::sql;
use dwc_tests::googlesql::GoogleSql;
use dwc_tests::project::{Project, checked};

use super::{analyze, script};

/// Days of three years, and those that an hour's batch touches: today's, and yesterday's for what came late.
const DAYS: u64 = 1096;
const TOUCHED: u64 = 2;
/// Bytes of one day's partition.
const DAY: u64 = 200 << 20;

fn shop(fact: &str) -> String {
    format!(
        "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: {{ dev: {{ type: duckdb }}, prod: {{ type: bigquery, project: p, dataset: dw }} }}
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: data/orders/{{batch}}.csv
    primary_key: [order_id, ordered_on]
    columns: {{ order_id: INT64, ordered_on: DATE, ordered_at: TIMESTAMP, local_at: DATETIME, amount: NUMERIC }}
#- models/date.yml
dimension: date
kind: calendar
first_day: 2024-01-01
last_day: 2027-12-31
#- models/sale.yml
fact: sale
description: Orders.
business_process: ordering
query: SELECT order_id, ordered_on, ordered_at, local_at, amount FROM {{{{ source('shop.orders') }}}}
dimensions:
  order_date: {{ dimension: date, on: ordered_on }}
measures:
  amount: {{ additive: all, currency: KRW }}
{fact}
"
    )
}

/// What the statements of a load read of the fact's own table, in bytes, and the statements that read all of it.
fn bytes(statements: &[Statement]) -> (u64, Vec<&str>) {
    let mut sum = 0;
    let mut whole = Vec::new();
    for statement in statements {
        // A plain INSERT reads nothing of its target: what it names besides is what it reads.
        let text = statement.sql.replacen("INSERT INTO `dw`.`sale`", "", 1);
        if !text.contains("`dw`.`sale`") {
            continue;
        }
        if text.contains("dwc_first") && text.contains("dwc_last") {
            sum += TOUCHED * DAY;
        } else {
            sum += DAYS * DAY;
            whole.push(statement.sql.lines().next().unwrap_or_default());
        }
    }
    (sum, whole)
}

/// The load of the fact from what changed, once Google's analyzer has taken it.
fn load(fact: &str) -> (Vec<Statement>, Result<String, String>) {
    let disk = Project::new(&shop(fact));
    let project = checked(disk.path());
    let manifest = sql::manifest(&project, TargetType::Bigquery, "dw");
    let change = dwc_compiler::plan::diff(None, &manifest);
    let ddl = sql::change_statements(&project, TargetType::Bigquery, "dw", &change);
    let plan = sql::load_plan(&project, TargetType::Bigquery, "dw").expect("a load plan");
    let model = plan.models.into_iter().find(|model| model.name == "sale").expect("the fact");
    let statements = model.incremental.expect("an increment");
    let (mut analyzer, mut problems) = (GoogleSql::start(), Vec::new());
    let ddl: Vec<String> = ddl.iter().map(|statement| format!("{};\n", statement.sql)).collect();
    analyze(&mut analyzer, "schema", &ddl.concat(), &mut problems);
    analyze(&mut analyzer, "increment", &script(&statements), &mut problems);
    analyze(&mut analyzer, "full", &script(&model.full), &mut problems);
    let mode =
        sql::partition_modes(&project, "dw").into_iter().find(|mode| mode.model == "sale").expect("a partitioned fact");
    analyze(&mut analyzer, "sample", &format!("{};\n", mode.sample), &mut problems);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    (statements, mode.proof)
}

/// What dbt's `merge` reads by default: `ON` by the unique key alone joins all of the target.
/// <https://docs.getdbt.com/reference/resource-configs/bigquery-configs#merge-behavior-incremental-models>
const PLAIN_MERGE: u64 = DAYS * DAY;

#[test]
fn a_partition_in_the_grain_key_prunes_every_statement() {
    let fact =
        "grain: { description: one row per order and day, key: [order_id, ordered_on] }\npartition_by: ordered_on";
    let (statements, proof) = load(fact);
    assert_eq!(proof.as_deref(), Ok("`ordered_on` is part of the grain key and of the touched keys"));
    let (read, whole) = bytes(&statements);
    assert!(whole.is_empty(), "{whole:?}");
    assert!(read * 100 < PLAIN_MERGE, "{read} of {PLAIN_MERGE}");
}

#[test]
fn an_insert_only_fact_reads_the_days_of_its_batch() {
    for column in ["ordered_on", "ordered_at", "local_at"] {
        let fact = format!(
            "grain: {{ description: one row per order, key: [order_id] }}\ninsert_only: true\npartition_by: {column}"
        );
        let (statements, proof) = load(&fact);
        assert!(proof.expect("a proof").starts_with("`insert_only`"));
        let (read, whole) = bytes(&statements);
        assert!(whole.is_empty(), "{whole:?}");
        // The count for the report, the rows that are there, and whether one of them changed: three readings of two days.
        assert_eq!(read, 3 * TOUCHED * DAY);
        assert!(read * 150 < PLAIN_MERGE, "{read} of {PLAIN_MERGE}");
        assert!(!statements.iter().any(|statement| statement.sql.contains("MERGE INTO")), "nothing is changed");
    }
}

#[test]
fn a_partition_that_may_change_is_not_pruned_and_the_reason_is_said() {
    let (statements, proof) =
        load("grain: { description: one row per order, key: [order_id] }\npartition_by: ordered_at");
    let reason = proof.expect_err("no proof");
    assert!(reason.contains("`ordered_at` is not part of the grain key and may change"), "{reason}");
    let (_, whole) = bytes(&statements);
    assert!(!whole.is_empty());
}
