//! A shop whose source compares the keys of its tables without case, and spells them in several ways.

/// Stores, regions and orders whose texts are compared without case, and stars over them.
pub const SHOP: &str = r#"#- dwc.yml
name: shop
timezone: UTC
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  stores:
    path: data/stores/{batch}.csv
    primary_key: [store_code]
    cursor: updated_at
    contents: changes
    columns: { store_code: { type: STRING, collation: "und:ci" }, store_name: STRING, region: { type: STRING, collation: "und:ci" }, updated_at: TIMESTAMP }
  regions:
    path: data/regions/{batch}.csv
    primary_key: [region]
    cursor: updated_at
    contents: changes
    columns: { region: { type: STRING, collation: "und:ci" }, country: STRING, updated_at: TIMESTAMP }
  orders:
    path: data/orders/{batch}.csv
    primary_key: [order_no]
    cursor: ordered_at
    contents: changes
    columns: { order_no: { type: STRING, collation: "und:ci" }, store_code: { type: STRING, collation: "und:ci" }, ordered_at: TIMESTAMP, amount: NUMERIC }
#- models/store.yml
dimension: store
description: A store.
from: shop.stores
natural_key: [store_code]
effective_at: updated_at
attributes:
  store_name: { scd: 2 }
  region: { scd: 1 }
#- models/outlet.yml
dimension: outlet
description: A store with its country.
query: |
  SELECT s.store_code AS outlet_code, r.country, s.updated_at
  FROM {{ source('shop.stores') }} AS s JOIN {{ source('shop.regions') }} AS r ON r.region = s.region
natural_key: [outlet_code]
effective_at: updated_at
surrogate_key: { strategy: sequence }
attributes:
  country: { scd: 2 }
#- models/region.yml
dimension: region
description: A region as it is now.
query: |
  SELECT r.region, r.country, s.store_code AS flagship
  FROM {{ source('shop.regions') }} AS r
  LEFT JOIN {{ source('shop.stores') }} AS s ON s.region = r.region AND s.store_code IN ('S01', 's02')
natural_key: [region]
effective_at: extracted
attributes:
  country: { scd: 1 }
  flagship: { scd: 0 }
#- models/store_profile.yml
dimension: store_profile
kind: mini
of: store
outrigger: true
description: What changes fast about a store.
attributes:
  size_band: { expr: LENGTH(store_name), bands: [{ below: 6, label: short }, { label: long }] }
#- models/sale.yml
fact: sale
business_process: ordering
grain: { description: one row per order, key: [order_no] }
query: |
  SELECT
    o.order_no, o.store_code, o.ordered_at, o.amount, o.store_code AS as_written,
    CAST(s.region IN ('SEOUL', 'jeju') AS INT64) AS home,
    CASE s.region WHEN 'seoul' THEN 1 ELSE 0 END AS again
  FROM {{ source('shop.orders') }} AS o LEFT JOIN {{ source('shop.stores') }} AS s ON s.store_code = o.store_code
  WHERE o.store_code <> 'X99' AND o.store_code BETWEEN 'A' AND 'é9'
event_time: ordered_at
dimensions:
  store: { on: store_code, missing: infer }
  outlet: { on: store_code, missing: unknown }
degenerate: [as_written]
measures:
  amount: { additive: all, currency: KRW }
  home: { type: INT64, additive: all, unit: order }
  again: { type: INT64, additive: all, unit: order }
#- data/stores/2026-01-01.csv
store_code,store_name,region,updated_at
S01,Alpha,Seoul,2026-01-01 00:00:00
s02,Beta,BUSAN,2026-01-01 00:00:00
É03,Gamma,jeju,2026-01-01 00:00:00
#- data/regions/2026-01-01.csv
region,country,updated_at
SEOUL,KR,2026-01-01 00:00:00
busan,KR,2026-01-01 00:00:00
#- data/orders/2026-01-02.csv
order_no,store_code,ordered_at,amount
A1,s01,2026-01-02 00:00:00,10
a2,S02,2026-01-02 00:00:00,20
A3,s09,2026-01-02 00:00:00,30
A4,S09,2026-01-02 00:00:00,40
A5,x99,2026-01-02 00:00:00,50
A6,é03,2026-01-02 00:00:00,60
"#;

/// The files of a second batch: states under other spellings, an order of a known number, and a new one.
pub const LATER: [(&str, &str); 2] = [
    (
        "data/stores/2026-02-01.csv",
        "store_code,store_name,region,updated_at\ns01,Alpha 2,SEOUL,2026-02-01 00:00:00\n\
         S02,Beta,BUSAN,2026-02-01 00:00:00\nS09,Late,jeju,2026-01-01 00:00:00\n",
    ),
    (
        "data/orders/2026-02-02.csv",
        "order_no,store_code,ordered_at,amount\na1,S01,2026-02-02 00:00:00,11\nB1,S01,2026-02-02 00:00:00,5\n",
    ),
];
