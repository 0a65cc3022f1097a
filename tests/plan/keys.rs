//! The keys of the language with a change of each that makes other rows of the shop, or the reason why there is none.

pub(crate) const CUSTOMER: &str = "models/customer.yml";
pub(crate) const SALE: &str = "models/sale.yml";
pub(crate) const SHOP_FILE: &str = "models/shop.yml";

/// A file, a text in it, and what takes its place.
pub(crate) type Edit = (&'static str, &'static str, &'static str);

/// A policy of the dimension of customers.
const fn policy(line: &'static str) -> Edit {
    (CUSTOMER, "effective_at: changed_at\n", line)
}

/// The sales with a second instant.
const SHIPPED: Edit = (
    SALE,
    "from: shop.sales",
    "query: SELECT *, TIMESTAMP_ADD(sold_at, INTERVAL 12 DAY) AS shipped_at FROM {{ source('shop.sales') }}",
);

/// Changes of keys of the language, as `file.Record.key`, that make other rows.
pub(crate) const CHANGES: &[(&str, &[Edit])] = &[
    ("fact.Measure.expr", &[(SALE, "amount: { additive", "amount: { expr: amount + 1, additive")]),
    (
        "fact.query",
        &[(SALE, "from: shop.sales", "query: SELECT * FROM {{ source('shop.sales') }} WHERE channel = 'web'")],
    ),
    ("fact.dimensions", &[(SALE, "  customer: {", "  ship_date: { dimension: date, on: sold_at }\n  customer: {")]),
    ("dimension.on_delete", &[policy("effective_at: changed_at\non_delete: flag\n")]),
    ("dimension.on_delete", &[policy("effective_at: changed_at\non_delete: ignore\n")]),
    ("dimension.first_version", &[policy("effective_at: changed_at\nfirst_version: own_instant\n")]),
    ("dwc.timezone", &[("dwc.yml", "Asia/Seoul", "America/New_York")]),
    ("dimension.open_end", &[policy("effective_at: changed_at\nopen_end: none\n")]),
    ("dimension.SurrogateKey.salt", &[policy("effective_at: changed_at\nsurrogate_key: { salt: pepper }\n")]),
    ("dimension.Attribute.scd", &[(CUSTOMER, "city: { scd: 2 }", "city: { scd: 1 }")]),
    ("dimension.Attribute.scd", &[(CUSTOMER, "grade: { scd: 1 }", "grade: { scd: 2 }")]),
    ("dimension.last_day", &[("models/date.yml", "2026-12-31", "2026-06-30")]),
    ("dimension.first_day", &[("models/date.yml", "2026-01-01", "2026-02-21")]),
    ("fact.Role.missing", &[(SALE, "on: customer_id }", "on: customer_id, missing: unknown }")]),
    (
        "fact.insert_only",
        &[
            (SALE, "event_time:", "insert_only: true\nevent_time:"),
            (SALE, "{ additive", "{ expr: amount * 2, additive"),
        ],
    ),
    ("fact.on_update", &[(SALE, "event_time:", "insert_only: true\non_update: keep\nevent_time:"), SHIPPED]),
    ("dimension.Attribute.scd", &[(CUSTOMER, "grade: { scd: 1 }", "grade: { scd: 0 }")]),
    ("dimension.Attribute.scd", &[(CUSTOMER, "city: { scd: 2 }", "city: { scd: 3 }")]),
    ("dimension.Attribute.scd", &[(CUSTOMER, "city: { scd: 2 }", "city: { scd: 6 }")]),
    ("dimension.Attribute.expr", &[(CUSTOMER, "grade: { scd: 1 }", "grade: { scd: 1, expr: grade + 1 }")]),
    ("dimension.Attribute.type", &[(CUSTOMER, "grade: { scd: 1 }", "grade: { scd: 1, type: NUMERIC }")]),
    ("dimension.Attribute.was", &[(CUSTOMER, "city: { scd: 2 }", "town: { scd: 2, expr: city, was: city }")]),
    ("dimension.attributes", &[(CUSTOMER, "  grade: { scd: 1 }\n", "")]),
    ("dimension.attributes", &[(CUSTOMER, "  grade:", "  upper_city: { scd: 2, expr: UPPER(city) }\n  grade:")]),
    ("dimension.type1_scope", &[policy("effective_at: changed_at\ntype1_scope: current\n")]),
    ("dimension.sequence", &[policy("effective_at: changed_at\nsequence: grade\n")]),
    (
        "dimension.effective_to",
        &[
            (
                CUSTOMER,
                "from: shop.customers",
                "query: SELECT *, DATETIME_ADD(changed_at, INTERVAL 10 DAY) AS until FROM {{ source('shop.customers') }}",
            ),
            policy("effective_at: changed_at\neffective_to: until\n"),
        ],
    ),
    (
        "dimension.query",
        &[(
            CUSTOMER,
            "from: shop.customers",
            "query: SELECT * FROM {{ source('shop.customers') }} WHERE city <> 'Busan'",
        )],
    ),
    (
        "dimension.fiscal_year_starts",
        &[("models/date.yml", "kind: calendar\n", "kind: calendar\nfiscal_year_starts: 4\n")],
    ),
    (
        "fact.was",
        &[(SALE, "fact: sale\n", "fact: deal\nwas: sale\n"), ("models/daily.yml", "from: sale\n", "from: deal\n")],
    ),
    ("fact.Grain.key", &[(SALE, "key: sale_id", "key: [sale_id, channel]"), (SALE, "degenerate: [channel]\n", "")]),
    ("fact.event_time", &[SHIPPED, (SALE, "event_time: sold_at", "event_time: shipped_at")]),
    ("fact.Role.as_of", &[SHIPPED, (SALE, "on: customer_id }", "on: customer_id, as_of: shipped_at }")]),
    ("fact.Role.on", &[SHIPPED, (SALE, "on: sold_at }", "on: shipped_at }")]),
    ("fact.Role.when_null", &[(SALE, "on: customer_id }", "on: customer_id, when_null: not_applicable }")]),
    ("fact.degenerate", &[(SALE, "degenerate: [channel]\n", "")]),
    ("fact.Measure.type", &[(SALE, "amount: { additive", "amount: { type: NUMERIC, additive")]),
    (
        "fact.Measure.was",
        &[
            (SALE, "amount: { additive", "revenue: { expr: amount, was: amount, additive"),
            ("models/daily.yml", "SUM(amount)", "SUM(revenue)"),
        ],
    ),
    (
        "fact.measures",
        &[(SALE, "measures:\n", "measures:\n  twice: { expr: amount * 2, additive: all, currency: KRW }\n")],
    ),
    ("fact.on_delete", &[(SALE, "event_time:", "on_delete: flag\nevent_time:")]),
    ("fact.on_delete", &[(SALE, "event_time:", "on_delete: ignore\nevent_time:")]),
    (
        "fact.OnDuplicate.keep_latest_by",
        &[(SALE, "event_time:", "on_duplicate: { keep_latest_by: sold_at }\nevent_time:")],
    ),
    (
        "source.Column.collation",
        &[
            (
                SHOP_FILE,
                "channel: STRING, amount: INT64",
                "channel: { type: STRING, collation: \"und:ci\" }, amount: INT64",
            ),
            (SALE, "from: shop.sales", "query: SELECT * FROM {{ source('shop.sales') }} WHERE channel = 'WEB'"),
        ],
    ),
    ("source.Column.type", &[(SHOP_FILE, "channel: STRING, amount: INT64", "channel: STRING, amount: NUMERIC")]),
    ("dimension.Attribute.when_null", &[(CUSTOMER, "city: { scd: 2 }", "city: { scd: 2, when_null: Nowhere }")]),
    ("dimension.when_null", &[policy("effective_at: changed_at\nwhen_null: Not given\n")]),
    ("dimension.Attribute.labels", &[(CUSTOMER, "city: { scd: 2 }", "city: { scd: 2, labels: { Seoul: Capital } }")]),
    ("dimension.Attribute.labels", &[(CUSTOMER, "grade: { scd: 1 }", "grade: { scd: 1, labels: { 3: C, 5: A } }")]),
    (
        "dimension.Check.on_fail",
        &[policy("effective_at: changed_at\nchecks: [{ condition: grade <> 4, on_fail: reject }]\n")],
    ),
    (
        "fact.Check.on_fail",
        &[(SALE, "event_time:", "checks: [{ condition: amount < 1000, on_fail: reject }]\nevent_time:")],
    ),
    (
        "fact.milestones",
        &[
            SHIPPED,
            (
                SALE,
                "event_time:",
                "kind: accumulating_snapshot\nmilestones: { sold: sold_at, shipped: shipped_at }\nevent_time:",
            ),
        ],
    ),
    (
        "fact.lags",
        &[
            SHIPPED,
            (
                SALE,
                "event_time:",
                "kind: accumulating_snapshot\nmilestones: { sold: sold_at, shipped: shipped_at }\n\
                 lags: { from: sold, unit: hour }\nevent_time:",
            ),
        ],
    ),
    (
        "fact.Lag.from",
        &[
            SHIPPED,
            (
                SALE,
                "event_time:",
                "kind: accumulating_snapshot\nmilestones: { sold: sold_at, shipped: shipped_at }\n\
                 lags: { from: previous, unit: day }\nevent_time:",
            ),
        ],
    ),
];

/// Keys whose change makes no other rows of a star, or rows that are not compared, and why.
pub(crate) const OTHERS: &[(&str, &str)] = &[
    (
        "it says what something is, for people",
        "description owner tags pii hierarchy business_process lints level reason Grain.description label",
    ),
    (
        "`dwc verify` checks it, and it decides no row",
        "checks not_null unique accepted_values relationships range condition rows freshness where severity threshold \
         AcceptedValues.column values Relationship.column to field Bounds.column min max Freshness.column max_age \
         within",
    ),
    ("it says how answers are formed", "additive not_over over aggregation unit currency ratio"),
    (
        "it says where or how a warehouse is reached, or how fast",
        "name models schema targets default_target dwc.Target.type path memory_limit project location dataset bucket \
         maximum_bytes_billed source.type url replica_url retries max_rows_per_second statement_timeout snapshot_timeout \
         max_connections chunk_rows partition_by cluster_by",
    ),
    (
        "it decides what is landed, and both loads begin with what is landed",
        "source.timezone source.schema tables format contents every primary_key cursor lookback detect_deletes delete_column \
         on_schema_change ignore_columns max_rejected_share max_deleted_share Table.sequence columns delete_values \
         encoding delimiter quote escape null_marker longest_row",
    ),
    ("it is what landed states are compared with: both ways are tried", "retain"),
    (
        "it makes another model, or none",
        "source.source dimension.dimension fact.fact kind of outrigger bands below dimension.scd",
    ),
    (
        "it is another table in the place of the one before, as a query is",
        "dimension.from fact.from Role.dimension vars",
    ),
    (
        "it says who is told what happened in a run",
        "notify Notify.to Notify.format Notify.on Notify.select Notify.owner targets",
    ),
    ("numbers are compact in one warehouse, and not the same in the next", "strategy surrogate_key"),
    ("it is tried by a test of its own", "dimension.was Role.was protect natural_key late_type0 holidays"),
    ("the batch dates a state, and the two warehouses have other batches", "effective_at"),
    ("it holds a load back or not, and decides no row", "max_members"),
    ("a table of a source has no screens, and `check` says so", "source.Check.on_fail"),
    ("its parts are", "grain on_duplicate"),
];
