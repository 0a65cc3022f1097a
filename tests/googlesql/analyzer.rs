//! `check` says what Google's analyzer says: statements of every kind, right ones and wrong ones, are given to both.
//! A statement that both take has the same types in both.

use dwc_compiler::sql::googlesql::{ProblemKind, Tables, analyze_query};
use dwc_tests::googlesql::GoogleSql;

/// A statement a line over `shop.orders`; each kind of clause, each function with arguments of its signatures.
const STATEMENTS: &str = include_str!("statements.sql");

const ORDERS: &str = "CREATE TABLE shop.orders (id INT64, cust STRING, amount NUMERIC, price FLOAT64, qty INT64, \
                      status STRING, created TIMESTAMP, d DATE, dt DATETIME, tags ARRAY<STRING>, payload STRING, \
                      note STRING)";

/// What is wrong with a statement on BigQuery; what only DuckDB lacks is not.
fn problem(sql: &str, catalog: &Tables) -> Option<String> {
    let outcome = analyze_query(sql, catalog);
    let wrong =
        |kind: ProblemKind| !matches!(kind, ProblemKind::Unsupported | ProblemKind::DateFromTimestampWithoutZone);
    outcome.problems.into_iter().find(|p| wrong(p.kind)).map(|p| format!("{:?}: {}", p.kind, p.message))
}

#[test]
fn what_google_refuses_is_refused_and_nothing_else() {
    let google = GoogleSql::start();
    google.analyze_script("CREATE SCHEMA shop");
    assert_eq!(google.analyze_script(ORDERS), []);
    let columns = [
        ("id", "INT64"),
        ("cust", "STRING"),
        ("amount", "NUMERIC"),
        ("price", "FLOAT64"),
        ("qty", "INT64"),
        ("status", "STRING"),
        ("created", "TIMESTAMP"),
        ("d", "DATE"),
        ("dt", "DATETIME"),
        ("tags", "ARRAY<STRING>"),
        ("payload", "STRING"),
        ("note", "STRING"),
    ];
    let catalog = Tables::default().with("shop.orders", &columns).expect("the types are known");
    let (mut taken, mut refused, mut odd) = (0, 0, Vec::new());
    for sql in STATEMENTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let theirs = google.analyze_script(sql).into_iter().next().map(|e| e.message);
        match (&theirs, problem(sql, &catalog)) {
            (None, None) => taken += 1,
            (Some(_), Some(_)) => refused += 1,
            (None, Some(ours)) => odd.push(format!("refused here alone: {sql}\n    {ours}")),
            (Some(theirs), None) => odd.push(format!("taken here alone: {sql}\n    {theirs}")),
        }
    }
    println!("{taken} taken and {refused} refused by both");
    assert!(odd.is_empty(), "{} differ\n{}", odd.len(), odd.join("\n"));
    assert!(taken >= 600 && refused >= 180, "{taken} taken, {refused} refused");
}
