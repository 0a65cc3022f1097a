//! Tables of a CRM that another tool has landed: types that differ from those declared, rows that do not cast, rows without
//! a key, operations. It must not know what is expected of them.

/// The files of the project, for an embedded target and one on BigQuery.
pub const CRM: &str = "\
#- dwc.yml
name: crm
timezone: Asia/Seoul
targets:
  dev: { type: duckdb }
  prod: { type: bigquery, project: emulated, dataset: dw }
#- models/crm.yml
source: crm
type: warehouse
schema: other
tables:
  accounts:
    primary_key: account_id
    cursor: updated_at
    lookback: 1h
    detect_deletes: full_pass
    retain: history
    columns:
      { account_id: INT64, name: STRING, score: INT64, amount: NUMERIC, opened_on: DATE, is_open: BOOL, updated_at: TIMESTAMP }
  visits:
    name: visit_log
    columns: { account_id: INT64, page: STRING, seen_at: DATETIME }
  changes:
    primary_key: change_id
    cursor: changed_on
    sequence: number
    detect_deletes: operation
    delete_column: operation
    columns: { change_id: INT64, operation: STRING, number: INT64, changed_on: DATE }
#- models/account.yml
dimension: account
description: An account.
from: crm.accounts
natural_key: account_id
effective_at: updated_at
attributes:
  name: { scd: 2 }
  score: { scd: 1 }
#- models/visit.yml
fact: visit
description: Pages that were seen.
business_process: visiting
grain: { description: one row per page and account, key: [account_id, page] }
query: |
  SELECT account_id, page, MAX(seen_at) AS seen_at, COUNT(*) AS visits FROM {{ source('crm.visits') }}
  GROUP BY account_id, page
event_time: seen_at
dimensions:
  account: { on: account_id }
measures:
  visits: { additive: all }
";

/// The other tool's tables, in GoogleSQL, with their first rows.
pub const TABLES: &[&str] = &[
    "CREATE SCHEMA other",
    "CREATE TABLE other.accounts (account_id INT64, name STRING, score FLOAT64, amount STRING, opened_on STRING, \
     is_open INT64, updated_at TIMESTAMP, region STRING)",
    "CREATE TABLE other.visit_log (account_id INT64, page STRING, seen_at DATETIME)",
    "CREATE TABLE other.changes (change_id INT64, operation STRING, number INT64, changed_on DATE)",
    "INSERT INTO other.accounts VALUES \
     (1, '하나', 1.0, '12.50', '2026-01-01', 1, TIMESTAMP '2026-03-01 00:00:00+00', 'a'), \
     (2, '둘', 2.5, '3', '2026-01-02', 0, TIMESTAMP '2026-03-01 01:00:00+00', 'b'), \
     (3, '셋', NULL, 'much', 'someday', NULL, TIMESTAMP '2026-03-01 02:00:00+00', NULL), \
     (4, '넷', 4.0, ' 4 ', NULL, 1, TIMESTAMP '2026-03-01 03:00:00+00', 'd'), \
     (NULL, 'nobody', 1.0, '1', NULL, 1, TIMESTAMP '2026-03-01 03:00:00+00', 'e'), \
     (6, 'timeless', 1.0, '1', NULL, 1, NULL, 'e')",
    "INSERT INTO other.visit_log VALUES (1, 'home', DATETIME '2026-03-01 09:00:00'), \
     (1, 'home', DATETIME '2026-03-01 09:00:00'), (2, 'cart', DATETIME '2026-03-01 10:00:00')",
    "INSERT INTO other.changes VALUES (1, 'I', 1, DATE '2026-03-01'), (1, 'U', 2, DATE '2026-03-01'), \
     (2, 'I', 3, DATE '2026-03-01')",
];
