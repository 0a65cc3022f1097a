//! What the resolver finds: problems with their places, types, lineage.

use dwc_googlesql::{ColumnKind, ProblemKind, Tables, analyze_query, parse_query, to_googlesql};

fn catalog() -> Tables {
    Tables::default()
        .with(
            "shop.orders",
            &[("order_id", "INT64"), ("store_id", "INT64"), ("amount", "NUMERIC"), ("placed_at", "TIMESTAMP")],
        )
        .and_then(|t| t.with("shop.stores", &[("store_id", "INT64"), ("store_name", "STRING")]))
        .expect("the types are known")
}

/// The problems of a query: kind and the text they point at.
fn problems(sql: &str) -> Vec<(ProblemKind, String)> {
    let outcome = analyze_query(sql, &catalog());
    outcome.problems.into_iter().map(|p| (p.kind, sql[p.span].to_string())).collect()
}

#[test]
fn an_unknown_column_is_pointed_at_and_a_near_name_offered() {
    let sql = "SELECT '김', o.ammount FROM `shop.orders` AS o";
    assert_eq!(problems(sql), [(ProblemKind::UnknownColumn, "ammount".to_string())]);
    let outcome = analyze_query(sql, &catalog());
    assert_eq!(outcome.problems[0].help.as_deref(), Some("did you mean `amount`?"));
}

#[test]
fn every_problem_is_told_at_once() {
    let sql =
        "SELECT nope, UPPR(store_name), order_id + store_name\nFROM `shop.orders` JOIN `shop.stores` USING (store_id)";
    assert_eq!(
        problems(sql),
        [
            (ProblemKind::UnknownColumn, "nope".to_string()),
            (ProblemKind::UnknownFunction, "UPPR(store_name)".to_string()),
            (ProblemKind::TypeMismatch, "order_id + store_name".to_string()),
        ]
    );
}

#[test]
fn string_and_number_do_not_compare() {
    assert_eq!(
        problems("SELECT 1 FROM `shop.orders` WHERE order_id = '1'"),
        [(ProblemKind::TypeMismatch, "order_id = '1'".to_string())]
    );
}

#[test]
fn a_column_of_two_relations_is_ambiguous() {
    assert_eq!(
        problems("SELECT store_id FROM `shop.orders` o JOIN `shop.stores` s ON o.store_id = s.store_id"),
        [(ProblemKind::AmbiguousColumn, "store_id".to_string())]
    );
}

#[test]
fn a_column_outside_of_group_by_is_found() {
    assert_eq!(
        problems("SELECT store_id, amount, SUM(amount) AS total FROM `shop.orders` GROUP BY store_id"),
        [(ProblemKind::NotGrouped, "amount".to_string())]
    );
    assert!(
        problems(
            "SELECT EXTRACT(YEAR FROM placed_at AT TIME ZONE 'Asia/Seoul') AS y, COUNT(*) AS n FROM `shop.orders` GROUP BY y"
        )
        .is_empty()
    );
}

#[test]
fn an_unknown_table_is_pointed_at() {
    assert_eq!(problems("SELECT 1 FROM `shop.order` AS o"), [(ProblemKind::UnknownTable, "`shop.order`".to_string())]);
}

#[test]
fn a_day_without_zone_is_a_lint() {
    assert_eq!(
        problems("SELECT DATE(placed_at) AS d FROM `shop.orders`"),
        [(ProblemKind::DateFromTimestampWithoutZone, "DATE(placed_at)".to_string())]
    );
}

#[test]
fn lineage_goes_through_common_tables_and_subqueries() {
    let sql = "WITH o AS (SELECT store_id AS s, amount * 2 AS twice FROM `shop.orders`) \
               SELECT x.s, st.store_name, SUM(x.twice) AS total \
               FROM (SELECT * FROM o) AS x JOIN `shop.stores` AS st ON st.store_id = x.s GROUP BY 1, 2";
    let outcome = analyze_query(sql, &catalog());
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
    let analysis = outcome.analysis.expect("it parses");
    let output = analysis.output.into_iter();
    let found: Vec<_> = output.map(|c| (c.name, c.ty.to_string(), c.origins, c.kind)).collect();
    let of = |t: &str, c: &str| vec![(t.to_string(), c.to_string())];
    assert_eq!(
        found,
        [
            ("s".into(), "INT64".into(), of("shop.orders", "store_id"), ColumnKind::Direct),
            ("store_name".into(), "STRING".into(), of("shop.stores", "store_name"), ColumnKind::Direct),
            ("total".into(), "NUMERIC".into(), of("shop.orders", "amount"), ColumnKind::Aggregated),
        ]
    );
    let tables: Vec<&str> = analysis.tables.iter().map(|t| &sql[t.span.clone()]).collect();
    assert_eq!(tables, ["`shop.orders`", "`shop.stores`"]);
    assert!(analysis.used_columns.contains(&("shop.stores".into(), "store_id".into())));
}

#[test]
fn a_query_prints_back_with_its_literals() {
    let query = parse_query(r"SELECT 'it\'s\n', r'a\d', '''q''' FROM `shop.orders` AS o").expect("it parses");
    assert_eq!(to_googlesql(&query).unwrap(), r"SELECT 'it\'s\n', R'a\d', '''q''' FROM `shop`.`orders` AS o");
}

#[test]
fn volatile_calls_are_listed() {
    let sql = "SELECT CURRENT_DATE('Asia/Seoul') AS d, RAND() AS r";
    let analysis = analyze_query(sql, &catalog()).analysis.expect("it parses");
    let names: Vec<&str> = analysis.volatile.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(names, ["CURRENT_DATE", "RAND"]);
}

#[test]
fn what_google_refuses_is_refused() {
    for (sql, at) in [
        ("SELECT placed_at::STRING AS s FROM `shop.orders`", ProblemKind::UnknownFunction),
        ("SELECT TRY_CAST(order_id AS STRING) AS s FROM `shop.orders`", ProblemKind::UnknownFunction),
        ("SELECT LAG(amount) OVER (PARTITION BY store_id) AS s FROM `shop.orders`", ProblemKind::Shape),
        ("SELECT FIRST_VALUE(amount) OVER () AS s FROM `shop.orders`", ProblemKind::Shape),
        ("SELECT RANK() OVER () AS s FROM `shop.orders`", ProblemKind::Shape),
        ("SELECT 1 AS one WHERE TRUE", ProblemKind::Shape),
    ] {
        let kinds: Vec<ProblemKind> = problems(sql).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [at], "{sql}");
    }
    assert!(problems("SELECT ROW_NUMBER() OVER () AS s FROM `shop.orders`").is_empty());
    assert!(problems("SELECT SAFE.DATE_TRUNC(DATE '2024-05-05', MONTH) AS d").is_empty());
}

#[test]
fn a_function_that_only_bigquery_runs_has_its_type_and_lineage() {
    for (call, ty) in [
        ("NET.REG_DOMAIN(store_name)", "STRING"),
        ("JSON_FLATTEN(PARSE_JSON(store_name))", "ARRAY<JSON>"),
        ("SEARCH(store_name, 'x')", "BOOL"),
        ("SPLIT(CAST(store_name AS BYTES), b',')", "ARRAY<BYTES>"),
    ] {
        let outcome = analyze_query(&format!("SELECT {call} AS v FROM `shop.stores`"), &catalog());
        let kinds: Vec<ProblemKind> = outcome.problems.iter().map(|p| p.kind).collect();
        assert_eq!(kinds, [ProblemKind::Unsupported], "{call}");
        let column = &outcome.analysis.expect("it parses").output[0];
        assert_eq!(column.ty.to_string(), ty, "{call}");
        assert_eq!(column.origins, [("shop.stores".to_string(), "store_name".to_string())], "{call}");
    }
}

/// The types and origins of what a query over `shop.orders` returns, without problems.
fn output(sql: &str) -> Vec<(String, String)> {
    let outcome = analyze_query(sql, &catalog());
    assert!(outcome.problems.is_empty(), "{sql}: {:?}", outcome.problems);
    let analysis = outcome.analysis.expect("it parses");
    let origin = |origins: &[(String, String)]| origins.iter().map(|(_, c)| c.as_str()).collect::<Vec<_>>().join("+");
    analysis.output.iter().map(|c| (format!("{} {}", c.name, c.ty), origin(&c.origins))).collect()
}

#[test]
fn newer_syntax_has_types_and_lineage() {
    for (sql, columns) in [
        ("SELECT WITH(a AS order_id + 1, a * 2) AS v FROM `shop.orders`", &[("v INT64", "order_id")][..]),
        ("SELECT placed_at - placed_at AS v FROM `shop.orders`", &[("v INTERVAL", "placed_at")]),
        ("SELECT RANGE(DATE '2024-01-01', NULL) AS v", &[("v RANGE<DATE>", "")]),
        (
            "FROM `shop.orders` |> AGGREGATE SUM(amount) AS total GROUP BY store_id |> RENAME store_id AS shop",
            &[("shop INT64", "store_id"), ("total NUMERIC", "amount")],
        ),
        (
            "FROM `shop.orders` AS o |> JOIN `shop.stores` AS s USING (store_id) |> SELECT store_name, o.amount",
            &[("store_name STRING", "store_name"), ("amount NUMERIC", "amount")],
        ),
        ("FROM `shop.orders` |> SET amount = amount * 2 |> SELECT amount |> DISTINCT", &[("amount NUMERIC", "amount")]),
        (
            "SELECT * FROM (SELECT store_id, order_id, amount FROM `shop.orders`) \
             PIVOT(SUM(amount) AS s, COUNT(*) AS n FOR store_id IN (1, 2 AS two))",
            &[
                ("order_id INT64", "order_id"),
                ("s__1 NUMERIC", "amount"),
                ("n__1 INT64", ""),
                ("s_two NUMERIC", "amount"),
                ("n_two INT64", ""),
            ],
        ),
        (
            "SELECT * FROM (SELECT amount, order_id, store_id FROM `shop.orders`) UNPIVOT(v FOR n IN (order_id, store_id))",
            &[("amount NUMERIC", "amount"), ("v INT64", "order_id+store_id"), ("n STRING", "")],
        ),
    ] {
        let wanted: Vec<(String, String)> = columns.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        assert_eq!(output(sql), wanted, "{sql}");
    }
}

#[test]
fn a_null_without_a_type_is_an_int64() {
    let sql = "SELECT NULL AS a, [] AS b, STRUCT(NULL AS x) AS c, d FROM (SELECT IF(TRUE, NULL, NULL) AS d)";
    let types: Vec<String> = output(sql).into_iter().map(|(column, _)| column).collect();
    assert_eq!(types, ["a INT64", "b ARRAY<INT64>", "c STRUCT<x INT64>", "d INT64"]);
    let types: Vec<String> = output("SELECT NULL AS a UNION ALL SELECT 'x'").into_iter().map(|(c, _)| c).collect();
    assert_eq!(types, ["a STRING"]);
}
