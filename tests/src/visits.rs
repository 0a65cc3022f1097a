//! Visits of a shop's site: two dimensions over one table, whose rows may lack the customer that is the natural key of both.

/// The table of a source of files that is called `web`.
const TABLE: &str = "  visits:
    path: data/visits/{batch}.csv
    primary_key: [visit_id]
    cursor: seen_at
    columns: { visit_id: INT64, customer: STRING, city: STRING, seen_at: TIMESTAMP }
";

/// The dimensions: one with a history, and one whose key is computed.
const MODELS: &str = r#"#- models/customer.yml
dimension: customer
description: Who visits, with a history.
from: web.visits
natural_key: [customer]
effective_at: seen_at
attributes: { city: { scd: 2 } }
#- models/number.yml
dimension: number
description: Who visits, by a number that is computed, as it is now.
query: |
  SELECT DISTINCT SAFE_CAST(customer AS INT64) AS customer_number
  FROM {{ source('web.visits') }}
natural_key: [customer_number]
attributes: { label: { expr: "CONCAT('no. ', customer_number)", scd: 1 } }
"#;

/// The files of a project, with the table and the dimensions where a line says `TABLE` or `MODELS`.
pub fn filled(files: &str) -> String {
    files.replace("TABLE\n", TABLE).replace("MODELS\n", MODELS)
}
