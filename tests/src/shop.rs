//! A small shop on files: snapshots and changes, a dimension by its states, one by batches, a fact, rows that do not cast.
//! It must not know what is expected of it.

/// The files of the project, for an embedded target and one on BigQuery.
pub const SHOP: &str = "\
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
