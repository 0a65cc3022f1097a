//! Parcels on their way: an accumulating snapshot with milestones of every type. One of them is sorted before it is posted.

/// The project with its first files.
pub const POST: &str = "\
#- dwc.yml
name: post
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: warehouse.duckdb }, prod: { type: bigquery, project: p, dataset: dw } }
#- models/post.yml
source: post
type: files
tables:
  parcels:
    path: data/parcels/{batch}.csv
    primary_key: parcel_id
    detect_deletes: operation
    delete_column: op
    columns: { parcel_id: INT64, depot: STRING, posted_on: DATE, sorted_at: DATETIME, sent_at: TIMESTAMP, signed_at: TIMESTAMP, op: STRING }
#- models/date.yml
dimension: date
kind: calendar
description: A day.
first_day: 2026-01-01
last_day: 2026-12-31
#- models/parcel.yml
fact: parcel
kind: accumulating_snapshot
description: A parcel on its way.
business_process: posting
grain: { description: one row per parcel, key: parcel_id }
from: post.parcels
milestones: { posted: posted_on, sorted: sorted_at, sent: sent_date, signed: signed_at }
lags:
  - { from: sorted, unit: minute }
  - { from: previous, unit: day }
dimensions:
  sent_date: { dimension: date, on: sent_at, description: The day on which it left. }
degenerate: [depot]
measures:
  parcels: { expr: \"1\", type: INT64, additive: all, unit: parcel }
#- data/parcels/2026-03-01.csv
parcel_id,depot,posted_on,sorted_at,sent_at,signed_at,op
1,a,2026-02-10,2026-02-10 09:30:00,2026-02-10T02:00:59Z,,U
2,a,2026-02-10,,,,U
3,b,2026-02-11,2026-02-11 23:59:00,2026-02-11T15:01:00Z,2026-02-12T03:00:00Z,U
4,b,2026-02-12,2026-02-12 08:00:00,,2026-02-13T00:00:00Z,U
5,b,2026-02-13,2026-02-12 10:00:00,,,U
6,a,2026-02-14,2026-02-14 10:00:00,2026-02-14T10:00:00Z,2026-02-15T10:00:00Z,U
";
