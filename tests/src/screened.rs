//! A shop whose checks are screens: every `on_fail`, on facts of every policy and on dimensions of every kind of load.

/// The models, without data: orders are whole snapshots, customers and tiers are changes.
pub const SCREENED: &str = r#"#- dwc.yml
name: shop
timezone: UTC
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  customers:
    path: data/customers/{batch}.csv
    primary_key: [customer_id]
    cursor: updated_at
    columns: { customer_id: INT64, email: STRING, tier: STRING, updated_at: TIMESTAMP }
  tiers:
    path: data/tiers/{batch}.csv
    primary_key: [tier]
    columns: { tier: STRING, rate: INT64 }
  orders:
    path: data/orders/{batch}.csv
    contents: snapshot
    primary_key: [order_id]
    max_deleted_share: 1
    columns: { order_id: INT64, customer_id: INT64, ordered_at: TIMESTAMP, status: STRING, amount: NUMERIC, discount: NUMERIC }
#- models/customer.yml
dimension: customer
description: A customer, of whom every landed state is an event.
from: shop.customers
natural_key: [customer_id]
effective_at: updated_at
attributes:
  email: { scd: 2 }
  tier: { scd: 2 }
checks:
  - { name: tier, accepted_values: { column: tier, values: [gold, silver] }, on_fail: reject, owner: crm team }
  - { name: email, condition: "email LIKE '%@%'", where: tier != 'silver', on_fail: tag, severity: warn, description: An address has an at sign. }
#- models/account.yml
dimension: account
description: A customer with the rate of the tier, evaluated as of each instant.
query: |
  SELECT c.customer_id AS account_id, c.email, t.rate
  FROM `shop.customers` AS c
  JOIN `shop.tiers` AS t ON t.tier = c.tier
natural_key: [account_id]
effective_at: extracted
attributes:
  email: { scd: 1 }
  rate: { scd: 2 }
checks:
  - { name: rate, range: { column: rate, max: 50 }, on_fail: reject }
#- models/volume.yml
dimension: volume
description: What a customer has ordered by now.
query: SELECT customer_id AS volume_id, SUM(amount) AS total FROM `shop.orders` GROUP BY customer_id
natural_key: [volume_id]
effective_at: extracted
attributes:
  total: { scd: 1 }
checks:
  - { name: total, range: { column: total, min: 0 }, on_fail: reject }
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
  amount: { additive: all, currency: KRW }
  discount: { additive: all, currency: KRW }
checks:
  - { name: discount, condition: discount <= amount, on_fail: reject }
  - { range: { column: amount, min: 0, max: 1000 }, on_fail: tag, severity: warn }
  - { name: status, not_null: status, on_fail: halt, owner: order desk }
#- models/kept_sale.yml
fact: kept_sale
business_process: selling
grain: { description: one row per order that ever was, key: [order_id] }
from: shop.orders
on_delete: flag
on_duplicate: { keep_latest_by: ordered_at }
event_time: ordered_at
dimensions:
  customer: { on: customer_id }
measures:
  amount: { additive: all, currency: KRW }
  discount: { additive: all, currency: KRW }
checks:
  - { name: discount, condition: discount <= amount, on_fail: reject }
#- models/first_sale.yml
fact: first_sale
business_process: selling
grain: { description: one row per order as it came first, key: [order_id] }
from: shop.orders
insert_only: true
on_update: keep
event_time: ordered_at
dimensions:
  customer: { on: customer_id, missing: unknown }
measures:
  amount: { additive: all, currency: KRW }
  discount: { additive: all, currency: KRW }
checks:
  - { name: discount, condition: discount <= amount, on_fail: reject }
"#;

/// Rows that pass and fail, and in the last batch one that holds a load back.
pub const DATA: &str = "\
#- data/customers/2026-01-01.csv
customer_id,email,tier,updated_at
7,a@x.io,gold,2026-01-01 00:00:00
8,b@x.io,silver,2026-01-01 00:00:00
#- data/customers/2026-03-02.csv
customer_id,email,tier,updated_at
7,none,bronze,2026-03-02 00:00:00
8,none,gold,2026-03-02 00:00:00
#- data/tiers/2026-01-01.csv
tier,rate
gold,10
silver,5
#- data/tiers/2026-03-02.csv
tier,rate
gold,90
#- data/orders/2026-03-01.csv
order_id,customer_id,ordered_at,status,amount,discount
1,7,2026-03-01 01:00:00,paid,100,10
2,7,2026-03-01 02:00:00,paid,50.5,60
3,8,2026-03-01 03:00:00,paid,-5,-10
#- data/orders/2026-03-02.csv
order_id,customer_id,ordered_at,status,amount,discount
1,7,2026-03-01 01:00:00,paid,100,200
2,7,2026-03-01 02:00:00,paid,50.5,5
#- data/orders/2026-03-03.csv
order_id,customer_id,ordered_at,status,amount,discount
1,7,2026-03-01 01:00:00,,100,200
2,7,2026-03-01 02:00:00,paid,50.5,5
";
