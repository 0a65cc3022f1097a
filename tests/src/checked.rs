//! A shop with a check of every kind, on a source table, a dimension and a fact, and rows that fail each of them.

/// The checks of every kind; the data fails each one whose name says `bad`, and meets the others.
pub const SHOP: &str = r#"#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
#- models/shop.yml
source: shop
type: files
owner: shop team
tables:
  customers:
    path: data/customers/{batch}.csv
    primary_key: [customer_id]
    cursor: updated_at
    columns: { customer_id: INT64, email: STRING, city: STRING, updated_at: TIMESTAMP }
    checks:
      - { name: bad_city, not_null: city }
      - not_null: [customer_id, updated_at]
      - { name: bad_landing, freshness: { max_age: 2h } }
      - { freshness: { max_age: 3650d } }
  orders:
    path: data/orders/{batch}.csv
    primary_key: [order_id]
    cursor: ordered_at
    columns: { order_id: INT64, customer_id: INT64, ordered_at: TIMESTAMP, status: STRING, amount: NUMERIC, paid_on: DATE, note: STRING }
    checks:
      - { name: bad_customer, relationships: { column: customer_id, to: shop.customers }, owner: order desk }
      - { relationships: { column: order_id, to: sale } }
      - { name: bad_days, range: { column: paid_on, min: 2026-01-01, max: 2026-12-31 }, threshold: 20% }
      - { name: few_bad_days, range: { column: paid_on, min: 2026-01-01, max: 2026-12-31 }, threshold: 1 }
      - { name: bad_note, condition: "CAST(note AS INT64) > 0" }
      - { name: good_note, condition: CAST(note AS INT64) > 0, where: note != 'x' }
#- models/customer.yml
dimension: customer
description: A customer.
from: shop.customers
natural_key: [customer_id]
effective_at: updated_at
attributes:
  email: { scd: 2 }
  city: { scd: 1 }
checks:
  - { name: bad_email, unique: email }
  - { name: good_email, unique: email, where: "email != 'a@x.io'" }
  - { name: bad_inferred, rows: { min: 5 } }
  - { rows: { max: 4 } }
#- models/sale.yml
fact: sale
business_process: selling
grain: { description: one row per order, key: [order_id] }
from: shop.orders
event_time: ordered_at
dimensions:
  customer: { on: customer_id }
degenerate: [status]
measures:
  amount: { additive: all, currency: KRW, within: 0.5 }
checks:
  - { name: bad_status, accepted_values: { column: status, values: [paid, "it's"] }, severity: warn }
  - { accepted_values: { column: status, values: [paid, "it's", lost] } }
  - { name: bad_amount, range: { column: amount, min: 0, max: 99.5 } }
  - { condition: amount > -100, where: ordered_at >= '2026-03-01' }
  - { name: bad_age, freshness: { max_age: 1d } }
#- data/customers/2026-03-01T00.csv
customer_id,email,city,updated_at
1,a@x.io,Seoul,2026-03-01 00:00:00
2,b@x.io,,2026-03-01 00:00:00
3,a@x.io,Busan,2026-03-01 00:00:00
#- data/customers/2026-03-02T00.csv
customer_id,email,city,updated_at
2,c@x.io,,2026-03-02 00:00:00
#- data/orders/2026-03-02T00.csv
order_id,customer_id,ordered_at,status,amount,paid_on,note
10,1,2026-03-01 01:00:00,paid,10,2026-03-01,1
11,2,2026-03-01 02:00:00,it's,-5,2025-12-31,2
12,9,2026-03-01 03:00:00,lost,100.25,,x
13,,2026-03-01 04:00:00,,,2026-03-04,4
"#;
