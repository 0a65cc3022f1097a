//! A generated project that uses every feature of the language, in combinations: each of its statements is analyzed. What the
//! language has is read off its schema, so that a value that nobody generates here fails the suite.

use std::fmt::Write;

use dwc_tests::project::{Project, repository};
use serde_json::Value;

use super::every_statement;

const HEAD: &str = "\
#- dwc.yml
name: corpus
timezone: Asia/Seoul
targets: { dev: { type: duckdb }, prod: { type: bigquery, project: p, dataset: dw, location: US } }
#- models/shop.yml
source: shop
type: files
tables:
  members:
    path: data/members/{batch}.csv
    primary_key: member_id
    cursor: updated_at
    sequence: version
    retain: history
    columns:
      { member_id: INT64, code: STRING, name: STRING, city: STRING, tier: STRING, size: INT64, rate: FLOAT64, big: BIGNUMERIC,
        limit_: NUMERIC, is_vip: BOOL, photo: BYTES, profile: JSON, tags: ARRAY<STRING>, born: DATE, opens: TIME, seen: DATETIME,
        version: INT64, updated_at: TIMESTAMP }
  regions:
    path: data/regions/{batch}.csv
    contents: snapshot
    primary_key: [country, region]
    columns: { country: STRING, region: STRING, label: STRING, seen: DATE }
  changes_of_tiers:
    path: data/tiers/{batch}.csv
    contents: log
    primary_key: tier_id
    sequence: entry
    delete_column: op
    delete_values: [CLOSE]
    columns:
      { entry: INT64, tier_id: INT64, op: STRING, label: { type: STRING, collation: \"und:ci\" }, changed_at: TIMESTAMP }
  terms:
    path: data/terms/{batch}.csv
    primary_key: [member_id, since]
    columns: { member_id: INT64, since: DATE, until: DATE, term: STRING }
  notes:
    path: data/notes/{batch}.csv
    contents: snapshot
    columns: { note: STRING, at: DATETIME }
  sales:
    path: data/sales/{batch}.csv
    primary_key: [sale_id, line]
    cursor: updated_at
    detect_deletes: operation
    delete_column: op
    columns:
      { sale_id: INT64, line: INT64, member_id: INT64, country: STRING, region: STRING, sold_at: TIMESTAMP, shipped_at: DATETIME,
        sold_on: DATE, quantity: INT64, price: NUMERIC, op: STRING, updated_at: TIMESTAMP }
#- models/landed.yml
source: landed
type: warehouse
schema: other
tables:
  rates:
    primary_key: rate_on
    cursor: rate_on
    columns: { rate_on: DATE, rate: NUMERIC }
#- models/crm.yml
source: crm
type: mysql
url: \"{{ env('CRM') }}\"
tables:
  stores:
    primary_key: store_id
    cursor: updated_at
    lookback: 1h
    detect_deletes: full_pass
    on_schema_change: evolve
    columns: { store_id: INT64, store_name: STRING, updated_at: DATETIME }
#- models/erp.yml
source: erp
type: postgres
url: \"{{ env('ERP') }}\"
tables:
  shops:
    primary_key: shop_id
    cursor: updated_at
    detect_deletes: column
    delete_column: is_gone
    columns: { shop_id: INT64, shop_name: STRING, is_gone: BOOL, updated_at: TIMESTAMP }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
fiscal_year_starts: 4
holidays: { 2026-03-01: 삼일절's day }
#- models/minute.yml
dimension: minute
kind: time_of_day
#- models/store.yml
dimension: store
description: A store.
from: crm.stores
natural_key: store_id
effective_at: updated_at
attributes: { store_name: { scd: 2 } }
#- models/shop_dimension.yml
dimension: shop
description: A shop.
from: erp.shops
natural_key: shop_id
effective_at: updated_at
attributes: { shop_name: { scd: 1 } }
#- models/region.yml
dimension: region
description: A region of a country.
from: shop.regions
natural_key: [country, region]
effective_at: extracted
attributes: { label: { scd: 2 } }
#- models/tier.yml
dimension: tier
description: A tier, from a log of its changes.
from: shop.changes_of_tiers
natural_key: tier_id
effective_at: changed_at
attributes: { label: { scd: 2 } }
#- models/term.yml
dimension: term
description: A member with the term of a contract, and the label of the tier of its name.
query: |
  SELECT t.member_id, t.term, c.label, t.since, t.until
  FROM {{ source('shop.terms') }} AS t
  LEFT JOIN {{ source('shop.changes_of_tiers') }} AS c ON c.tier_id = t.member_id
natural_key: member_id
effective_at: since
effective_to: until
attributes: { term: { scd: 2 }, label: { scd: 2 } }
#- models/sale_flags.yml
dimension: sale_flags
kind: junk
description: Flags of a sale.
max_members: 500
when_null: Unknown
attributes:
  op: { type: STRING, labels: { I: New, D: Gone } }
  quantity: { type: INT64, when_null: 0 }
  sold_on: { type: DATE }
  is_large: { type: BOOL, labels: { true: Large, false: Small } }
#- models/base.yml
dimension: base
description: A member with fast attributes.
from: shop.members
natural_key: member_id
effective_at: updated_at
attributes: { name: { scd: 2 } }
#- models/base_profile.yml
dimension: base_profile
kind: mini
of: base
outrigger: true
description: What changes fast about a member.
attributes:
  size_band: { expr: size, bands: [{ below: 10, label: small }, { label: large }] }
  tier: { labels: { g: Gold }, when_null: Unknown }
  is_vip: { labels: { true: V.I.P., false: Member } }
";

/// The `nth` of some choices, where `every` says how often the choice before has gone round.
fn pick<'a>(nth: usize, every: usize, choices: &[&'a str]) -> &'a str {
    choices[nth / every % choices.len()]
}

/// What a load does with a row that fails a check.
const SCREENS: &[&str] = &["reject", "tag", "halt"];

fn dimension(text: &mut String, nth: usize) {
    let joined = nth % 4 == 3;
    let from = if joined {
        "query: |\n  SELECT m.*, r.label AS region_label FROM {{ source('shop.members') }} AS m\n  \
         LEFT JOIN {{ source('shop.regions') }} AS r ON r.region = m.city AND r.country = 'KR'"
    } else if nth % 4 == 2 {
        "query: SELECT * FROM {{ source('shop.members') }} WHERE COALESCE(tier, '') <> 'test'"
    } else {
        "from: shop.members"
    };
    let strategy = pick(nth, 2, &["hash", "hash", "sequence"]);
    let worded = |words: &'static str| if nth % 3 == 1 { words } else { "" };
    let _ = writeln!(
        text,
        "#- models/member_{nth}.yml\ndimension: member_{nth}\ndescription: A member's own \"{nth}\" \\\\ view.\n{from}\n\
         natural_key: member_id\neffective_at: {}\non_delete: {}\nfirst_version: {}\nopen_end: {}\ntype1_scope: {}\nlate_type0: {}\n\
         surrogate_key: {{ strategy: {}{} }}\n\
         checks: [{{ range: {{ column: member_id, min: 0 }}, on_fail: {} }}]\n{}attributes:\n  code: {{ scd: 0 }}\n  name: {{ scd: 1 }}\n  city: {{ scd: 2, hierarchy: place.1 }}\n  \
         tier: {{ scd: {}{} }}\n  size: {{ scd: 2{} }}\n  rate: {{ scd: 2{} }}\n  big: {{ scd: 2{} }}\n  limit_: {{ scd: 1{} }}\n  is_vip: {{ scd: 2{} }}\n  \
         photo: {{ scd: 2 }}\n  profile: {{ scd: 2 }}\n  born: {{ scd: 0{} }}\n  opens: {{ scd: 2{} }}\n  seen: {{ scd: 2{} }}\n  \
         updated: {{ scd: 1, expr: updated_at{} }}\n  \
         initial: {{ scd: 2, expr: \"SUBSTR(name, 1, 1)\", type: STRING, pii: true }}",
        pick(nth, 1, &["updated_at", "extracted", "updated_at", "updated_at"]),
        pick(nth, 1, &["close", "flag", "ignore"]),
        pick(nth, 3, &["beginning_of_time", "own_instant"]),
        pick(nth, 2, &["far_future", "none"]),
        pick(nth, 5, &["all", "current"]),
        pick(nth, 4, &["restate", "keep"]),
        strategy,
        if strategy == "hash" { pick(nth, 3, &["", ", salt: pepper"]) } else { "" },
        pick(nth, 1, SCREENS),
        worded("when_null: Unknown\n"),
        pick(nth, 1, &["2", "3", "6", "7"]),
        worded(", labels: { g: Gold's own, s: \"a \\\\ silver\" }, when_null: Not applicable"),
        worded(", labels: { 1: one, -2: less }"),
        worded(", when_null: 0.5"),
        worded(", when_null: 1.5"),
        worded(", when_null: 10"),
        worded(", labels: { true: V.I.P., false: Member }"),
        worded(", when_null: 1900-01-01"),
        worded(", when_null: \"09:30:00\""),
        worded(", when_null: 9999-12-31 00:00:00"),
        worded(", when_null: 2026-01-01 00:00:00"),
    );
}

fn fact(text: &mut String, nth: usize) {
    let kind = pick(nth, 1, &["transaction", "periodic_snapshot", "accumulating_snapshot", "factless", "transaction"]);
    let partition = pick(nth, 1, &["sold_on", "sold_at", "shipped_at"]);
    let key = if nth % 4 == 1 { "sale_id, line, sold_on" } else { "sale_id, line" };
    let measures = if kind == "factless" {
        ""
    } else {
        "measures:\n  quantity: { type: INT64, additive: all, unit: piece }\n  \
         amount: { expr: quantity * price, type: NUMERIC, additive: all, currency: KRW }\n"
    };
    let query = if nth % 3 == 2 {
        "SELECT s.*, s.quantity > 9 AS is_large, m.tier FROM {{ source('shop.sales') }} AS s JOIN {{ source('shop.members') }} AS m USING (member_id)"
    } else {
        "SELECT *, quantity > 9 AS is_large FROM {{ source('shop.sales') }} WHERE quantity > 0"
    };
    let shipped = format!("member_{}", nth / 2 * 2 + (nth + 1) % 2);
    let _ = write!(
        text,
        "#- models/sale_{nth}.yml\nfact: sale_{nth}\nkind: {kind}\ndescription: Sales, as seen by {nth}.\nbusiness_process: selling\n\
         grain: {{ description: one row per line, key: [{key}] }}\nquery: {query}\nevent_time: sold_at\npartition_by: {partition}\n\
         {}{}{}dimensions:\n  sold_date: {{ dimension: date, on: sold_at }}\n  sold_minute: {{ dimension: minute, on: sold_at }}\n  \
         shipped_date: {{ dimension: date, on: shipped_at }}\n  region: {{ on: [country, region], missing: {} }}\n  \
         member_{}: {{ on: member_id, missing: {} }}\n  \
         shipped_{shipped}: {{ dimension: {shipped}, on: member_id, as_of: shipped_at, missing: {} }}\n  \
         base: {{ on: member_id }}\n  base_profile: {{ on: member_id }}\n  sale_flags: {{}}\n\
         degenerate: [op]\nchecks: [{{ not_null: op, on_fail: {} }}]\n{measures}",
        if kind == "accumulating_snapshot" {
            "milestones: { booked: sold_on, sold: sold_at, shipped: shipped_date, logged: updated_at }\n\
             lags: [{ from: sold, unit: second }, { from: sold, unit: minute }, { from: shipped, unit: hour }, { from: previous, unit: day }]\n"
        } else {
            ""
        },
        if nth % 4 == 2 && kind != "accumulating_snapshot" {
            "insert_only: true\n".to_owned()
        } else {
            format!("on_delete: {}\n", pick(nth, 1, &["remove", "flag", "ignore"]))
        },
        pick(nth, 2, &["", "on_duplicate: { keep_latest_by: updated_at }\n"]),
        pick(nth, 1, &["infer", "unknown", "error"]),
        nth,
        pick(nth, 2, &["infer", "unknown", "error"]),
        pick(nth, 3, &["infer", "unknown", "error"]),
        pick(nth, 1, SCREENS),
    );
}

/// How many projects there are: a catalog of few tables is analyzed faster.
const PARTS: usize = 4;

/// A project with two of the dimensions and two of the facts.
fn corpus(part: usize) -> String {
    let mut text = HEAD.to_owned();
    (part * 2..part * 2 + 2).for_each(|nth| dimension(&mut text, nth));
    (part * 2..part * 2 + 2).for_each(|nth| fact(&mut text, nth));
    text
}

/// Values of the enumerations in a schema.
fn words(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            found.extend(fields.get("const").and_then(Value::as_str).map(str::to_owned));
            for value in fields.get("enum").and_then(Value::as_array).into_iter().flatten() {
                found.extend(value.as_str().map(str::to_owned));
            }
            fields.values().for_each(|value| words(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        _ => {}
    }
}

#[test]
fn every_statement_of_every_feature() {
    for part in 0..PARTS {
        let disk = Project::new(&corpus(part));
        every_statement(disk.path());
    }
}

#[test]
fn nothing_of_the_language_is_left_out() {
    // What decides no statement: lint levels, formats of files, what a database's columns do, who is additive over what, and
    // how a measure is asked.
    let elsewhere = [
        "off",
        "warn",
        "error",
        "csv",
        "parquet",
        "json",
        "freeze",
        "discard",
        "current",
        "changes",
        "standard",
        "aggregate",
        "none",
        "all",
        "changes",
        "files",
        "semi",
        "non",
        "unknown",
        "not_applicable",
        "not_yet",
        "last",
        "first",
        "average",
        "min",
        "max",
        "count_distinct",
    ];
    let text: String = (0..PARTS).map(corpus).collect();
    let mut missing = Vec::new();
    for schema in ["source", "dimension", "fact"] {
        let path = repository().join(format!("schemas/{schema}.schema.json"));
        let schema = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut found = Vec::new();
        words(&serde_json::from_str(&schema).expect("a schema"), &mut found);
        missing.extend(
            found.into_iter().filter(|word| !elsewhere.contains(&word.as_str()) && !text.contains(word.as_str())),
        );
    }
    assert!(missing.is_empty(), "{missing:?}");
}
