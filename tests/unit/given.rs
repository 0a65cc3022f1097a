//! What sources hold, run by run, and what is made of it: versions, deletes, late facts, rejected rows, answers. Each
//! expectation also fails where it is wrong.

use super::{fail, pass};

const MOVE: &str = "
tests:
  a move makes a version:
    given:
      - shop.customers: [{ customer_id: 1, city: Seoul, updated_at: 2026-01-01 }]
      - shop.customers: [{ customer_id: 1, city: Busan, updated_at: 2026-01-20 }]
    expect:
      customer:
        - { city: Busan, valid_from: 2026-01-20, is_current: true }
        - { city: Seoul, valid_to: 2026-01-20, is_current: false }
";

#[test]
fn a_change_makes_a_version() {
    pass(MOVE);
}

#[test]
fn a_version_that_is_not_there_is_shown_beside_the_one_that_is() {
    let wrong = MOVE.replace("city: Busan, valid_from: 2026-01-20", "city: Busan, valid_from: 2026-01-21");
    fail(
        &wrong,
        &[
            "FAIL  a move makes a version (models/tests/shop.yml:3, ",
            "customer differs (models/tests/shop.yml:8): 2 rows expected, 2 found",
            "│ -   Busan   2026-01-21     true",
            "│ +   Busan   ≠ 2026-01-20   true",
            "0 passed, 1 failed in ",
        ],
    );
}

#[test]
fn a_row_that_is_not_expected_fails_unless_some_are_expected() {
    let without = MOVE.replace("        - { city: Seoul, valid_to: 2026-01-20, is_current: false }\n", "");
    fail(&without, &["1 row expected, 2 found", "│ +   Seoul"]);
    let some = without.replace("      customer:\n        -", "      customer:\n        contains:\n          -");
    pass(&some);
    fail(&some.replace("city: Busan, valid_from", "city: Jeju, valid_from"), &["│ -   Jeju"]);
}

#[test]
fn equal_rows_are_told_apart_by_their_number() {
    let tests = |rows: &str| {
        format!(
            "
tests:
  two sales of one amount:
    given:
      - shop.sales:
          - {{ sale_id: 1, sold_at: 2026-01-05, amount: 10 }}
          - {{ sale_id: 2, sold_at: 2026-01-05, amount: 10.0 }}
    expect:
      sale: {rows}
"
        )
    };
    pass(&tests("[{ amount: 10 }, { amount: 10 }]"));
    // The first expected row takes what the second one needs, unless both can be satisfied.
    pass(&tests("[{ amount: 10 }, { sale_id: 1 }]"));
    pass(&tests("[{ sale_id: 2, amount: 10 }, { amount: 10 }]"));
    fail(&tests("[{ amount: 10 }, { amount: 10 }, { amount: 10 }]"), &["3 rows expected, 2 found"]);
    fail(&tests("[{ amount: 10 }]"), &["1 row expected, 2 found"]);
    fail(&tests("[]"), &["0 rows expected, 2 found"]);
}

#[test]
fn a_row_that_a_full_run_does_not_find_is_deleted() {
    let tests = |mode: &str, deleted: &str| {
        format!(
            "
tests:
  a product is taken out of the catalogue:
    given:
      - stock.products:
          - {{ product_id: 1, label: Tea, price: 3, updated_at: 2026-01-01 }}
          - {{ product_id: 2, label: Coffee, price: 4.50, updated_at: 2026-01-01 }}
          - {{ product_id: 3, label: Milk, price: 2, updated_at: 2026-01-01 }}
      - at: 2026-01-10 12:00
        mode: {mode}
        stock.products:
          - {{ product_id: 1, label: Tea, price: 3, updated_at: 2026-01-01 }}
          - {{ product_id: 3, label: Milk, price: 2, updated_at: 2026-01-01 }}
    expect:
      product:
        - {{ product_id: 1, is_current: true }}
        - {{ product_id: 2, price: 4.5, {deleted} }}
        - {{ product_id: 3, is_current: true }}
"
        )
    };
    pass(&tests("full", "is_current: false, valid_to: 2026-01-10 12:00"));
    pass(&tests("incremental", "is_current: true"));
    fail(&tests("full", "is_current: true"), &["│ +   2            ≠ false      4.5"]);
}

#[test]
fn an_entry_of_a_log_deletes() {
    let tests = |deleted: &str| {
        format!(
            "
tests:
  an account is closed:
    given:
      - stock.accounts:
          - {{ account_id: 1, plan: basic, op: I, seq: 1, at: 2026-01-01 }}
          - {{ account_id: 1, plan: gold, op: U, seq: 2, at: 2026-01-02 }}
          - {{ account_id: 2, plan: basic, op: I, seq: 3, at: 2026-01-02 }}
      - stock.accounts: [{{ account_id: 1, plan: gold, op: D, seq: 4, at: 2026-01-03 }}]
    expect:
      account:
        - {{ account_id: 1, plan: basic, valid_to: 2026-01-02 }}
        - {{ account_id: 1, plan: gold, valid_from: 2026-01-02, valid_to: 2026-01-03, is_deleted: false }}
        - {{ account_id: 1, plan: gold, valid_from: 2026-01-03, is_deleted: {deleted} }}
        - {{ account_id: 2, plan: basic, is_deleted: false, is_current: true }}
"
        )
    };
    pass(&tests("true"));
    fail(&tests("false"), &["≠ true"]);
}

#[test]
fn a_change_behind_the_cursor_is_not_read() {
    // As in production: an increment reads what the cursor puts at the watermark less the lookback, or after it.
    let tests = |second: &str, label: &str| {
        format!(
            "
tests:
  a correction:
    given:
      - stock.products: [{{ product_id: 1, label: Tea, updated_at: 2026-01-10 }}]
      - stock.products: [{{ product_id: 2, label: Milk, updated_at: {second} }}]
    expect:
      product: {label}
"
        )
    };
    pass(&tests("2026-01-09 12:00", "[{ label: Tea }, { label: Milk }]"));
    pass(&tests("2026-01-08 12:00", "[{ label: Tea }]"));
    fail(
        &tests("2026-01-08 12:00", "[{ label: Tea }, { label: Milk }]"),
        &[
            "│ -   Milk",
            "note: the run at 2026-01-11 15:00 UTC read 0 of 1 rows of `stock.products`: an increment starts at",
        ],
    );
}

#[test]
fn a_fact_may_come_before_its_member() {
    let tests = |city: &str| {
        format!(
            "
tests:
  a sale before its customer:
    given:
      - shop.sales: [{{ sale_id: 1, customer_id: 7, sold_at: 2026-01-05 10:00, amount: 100 }}]
      - shop.customers: [{{ customer_id: 7, city: Seoul, updated_at: 2026-01-01 }}]
        shop.sales: [{{ sale_id: 2, sold_at: 2026-01-06, amount: 1 }}]
    expect:
      sale:
        - {{ sale_id: 1, customer.city: {city}, customer.is_inferred: false, sale_date.date: 2026-01-05 }}
        - {{ sale_id: 2, customer_key: -1 }}
      customer: [{{ customer_id: 7, city: Seoul, is_inferred: false }}]
  the customer does not come:
    given:
      - shop.sales: [{{ sale_id: 1, customer_id: 7, sold_at: 2026-01-05 10:00, amount: 100 }}]
    expect:
      customer: [{{ customer_id: 7, city: null, is_inferred: true }}]
"
        )
    };
    pass(&tests("Seoul"));
    fail(&tests("Busan"), &["│ +   1         ≠ Seoul", "1 passed, 1 failed in "]);
}

#[test]
fn rows_that_do_not_land_are_expected_as_rejected() {
    let tests = |rejected: &str| {
        format!(
            "
tests:
  a sale without a number:
    given:
      - shop.sales:
          - {{ sale_id: one, sold_at: 2026-01-05, amount: 100 }}
          - {{ sale_id: 2, sold_at: 2026-01-05, amount: 100 }}
    expect:
      rejected: {{ shop.sales: {rejected} }}
      sale: [{{ sale_id: 2 }}]
"
        )
    };
    pass(&tests("1"));
    pass(&tests("[{ sale_id: one, amount: 100, reason: '`sale_id` is not an INT64: one' }]"));
    fail(&tests("2"), &["rejected rows of shop.sales differs", "2 rows expected, 1 found"]);
    fail(&tests("[{ sale_id: two }]"), &["│ -   two", "│ +   ≠ one"]);
}

#[test]
fn a_row_without_its_key_is_rejected_by_a_database_too() {
    pass(
        "
tests:
  no key:
    given: [{ stock.products: [{ label: Tea, updated_at: 2026-01-01 }] }]
    expect:
      rejected: { stock.products: [{ product_id: null, label: Tea }] }
      product: []
",
    );
}

#[test]
fn a_question_is_answered() {
    let tests = |rows: &str| {
        format!(
            "
tests:
  sales by city:
    given:
      - shop.customers: [{{ customer_id: 1, city: Seoul, updated_at: 2026-01-01 }}]
        shop.sales:
          - {{ sale_id: 1, customer_id: 1, sold_at: 2026-01-05, amount: 100.50 }}
          - {{ sale_id: 2, customer_id: 1, sold_at: 2026-01-06, amount: 20 }}
    expect:
      answers:
        - measures: [amount, sale]
          by: [customer.city]
          where: [\"sale_date.date < DATE '2026-02-01'\"]
          rows: {rows}
"
        )
    };
    pass(&tests("[{ customer.city: Seoul, amount: 120.5, sale: 2 }]"));
    fail(&tests("[{ customer.city: Seoul, amount: 121 }]"), &["the answer of amount, sale differs", "≠ 120.5"]);
}

#[test]
fn a_problem_is_expected_or_fails_the_test() {
    let given = "
tests:
  two states of one sale at once:
    given:
      - stock.products:
          - { product_id: 1, label: Tea, updated_at: 2026-01-01 }
          - { product_id: 1, label: Milk, updated_at: 2026-01-01 }
    expect:
";
    pass(&format!("{given}      diagnostics: [DW0908]\n"));
    fail(
        &format!("{given}      product: []\n"),
        &["a problem that the test does not expect", "models/sources/stock.yml:6:18: error[DW0908]: "],
    );
    fail(
        &format!("{given}      diagnostics: [DW0908, DW0902]\n"),
        &["DW0902 is not reported (models/tests/shop.yml:9)"],
    );
}

#[test]
fn a_rebuild_keeps_what_landing_has_or_says_that_it_is_lost() {
    let kept = |label: &str| {
        format!(
            "
tests:
  a rebuild:
    given:
      - stock.products: [{{ product_id: 1, label: Tea, updated_at: 2026-01-01 }}]
      - mode: rebuild
        stock.products: [{{ product_id: 1, label: Green tea, updated_at: 2026-01-02 }}]
    expect:
      product:
        - {{ label: {label}, valid_to: 2026-01-02 }}
        - {{ label: Green tea, valid_from: 2026-01-02 }}
"
        )
    };
    pass(&kept("Tea"));
    fail(&kept("Coffee"), &["≠ Tea"]);
    let run = "      - shop.customers: [{ customer_id: 1, city: Busan";
    let lost = MOVE.replace(run, &run.replace("- shop", "- mode: rebuild\n        shop"));
    fail(&lost, &["error[DW0907]"]);
    pass(&format!("{lost}      diagnostics: [DW0907]\n"));
}

#[test]
fn a_run_is_at_its_time_or_at_the_midnight_after_what_it_is_given() {
    let tests = |at: &str, deleted: &str| {
        format!(
            "
tests:
  the time of a delete:
    given:
      - stock.products:
          - {{ product_id: 1, label: Tea, updated_at: 2026-01-01 09:30 }}
          - {{ product_id: 2, label: Milk, updated_at: 2026-01-01 }}
      - mode: full
        {at}
        stock.products: [{{ product_id: 2, label: Milk, updated_at: 2026-01-01 }}]
    expect:
      product:
        contains: [{{ product_id: 1, valid_to: {deleted} }}]
"
        )
    };
    // The first run is at 2026-01-02, the second a day later; both by the clocks of Seoul.
    pass(&tests("", "2026-01-03"));
    pass(&tests("at: 2026-01-02T12:00:00Z", "2026-01-02 21:00"));
    fail(&tests("", "2026-01-02"), &["≠ 2026-01-03"]);
}

#[test]
fn a_file_that_is_written_again_holds_what_was_given_last() {
    let tests = |city: &str| {
        format!(
            "
tests:
  a snapshot in one file:
    given:
      - shop.regions: [{{ region_id: 1, region: North }}, {{ region_id: 2, region: South }}, {{ region_id: 3, region: West }}]
      - mode: full
        shop.regions: [{{ region_id: 1, region: North }}, {{ region_id: 3, region: East }}]
    expect:
      region:
        - {{ region_id: 1, region: North, is_deleted: false }}
        - {{ region_id: 2, region: South, is_deleted: true }}
        - {{ region_id: 3, region: {city}, is_deleted: false }}
"
        )
    };
    let project = |city: &str| {
        let project = super::shop(&tests(city));
        let sources = project.read("models/sources/shop.yml");
        let regions = "  regions:
    path: data/regions.csv
    contents: snapshot
    primary_key: [region_id]
    columns: { region_id: INT64, region: STRING }
";
        project.write("models/sources/shop.yml", &format!("{sources}{regions}"));
        project.write(
            "models/dimensions/region.yml",
            "dimension: region
description: A part of the country.
from: shop.regions
natural_key: [region_id]
on_delete: flag
attributes: { region: { scd: 1 } }
",
        );
        project.dwc(&["test"])
    };
    let right = project("East");
    assert_eq!(right.code, Some(0), "{}{}", right.stdout, right.stderr);
    let wrong = project("West");
    assert!(wrong.stdout.contains("≠ East"), "{}{}", wrong.stdout, wrong.stderr);
}

#[test]
fn rows_that_a_model_rejects_are_expected_by_its_name() {
    let run = |rejected: &str| {
        let project = super::shop(&format!(
            "
tests:
  a product without a label:
    given:
      - stock.products:
          - {{ product_id: 1, updated_at: 2026-01-01 }}
          - {{ product_id: 2, label: Tea, updated_at: 2026-01-01 }}
    expect:
      rejected: {{ label: {rejected} }}
      label: [{{ label: Tea }}]
"
        ));
        project.write(
            "models/dimensions/label.yml",
            "dimension: label
description: What is written on products.
query: SELECT DISTINCT label, product_id, updated_at FROM {{ source('stock.products') }}
natural_key: [label]
effective_at: updated_at
attributes: { product_id: { scd: 1 } }
",
        );
        project.dwc(&["test"])
    };
    for right in ["1", "[{}]"] {
        let run = run(right);
        assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    }
    let wrong = run("0");
    assert!(wrong.stdout.contains("0 rows expected, 1 found"), "{}{}", wrong.stdout, wrong.stderr);
}

#[test]
fn rows_that_a_check_rejects_are_expected_and_those_that_it_tags_are_not() {
    let run = |rejected: &str| {
        let project = super::shop(&format!(
            "
tests:
  a label that is too long:
    given:
      - stock.products:
          - {{ product_id: 1, label: Coffee, updated_at: 2026-01-01 }}
          - {{ product_id: 2, label: Tea, updated_at: 2026-01-01 }}
    expect:
      rejected: {{ kept: {rejected} }}
      kept: [{{ product_id: 2, label: Tea }}]
"
        ));
        project.write(
            "models/dimensions/kept.yml",
            "dimension: kept
description: A product with a short label.
query: SELECT product_id, label, updated_at FROM {{ source('stock.products') }}
natural_key: [product_id]
effective_at: updated_at
attributes: { label: { scd: 1 } }
checks:
  - { name: short, condition: LENGTH(label) < 5, on_fail: reject }
  - { name: old, condition: product_id > 9, on_fail: tag }
",
        );
        project.dwc(&["test"])
    };
    let reason = "rejected by `short`: LENGTH(label) < 5";
    for right in ["1", "[{ place: product_id=1, screen: short }]", &format!("[{{ reason: \"{reason}\" }}]")] {
        let run = run(right);
        assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    }
    let wrong = run("[{ screen: old }]");
    assert!(wrong.stdout.contains("≠ short"), "{}{}", wrong.stdout, wrong.stderr);
}
