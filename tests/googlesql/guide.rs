//! The page of the guide about SQL: each query that it says is refused is refused, by Google's analyzer too, and each
//! that stands beside it is taken; what only BigQuery runs is refused on DuckDB alone.

use super::analyzer::Both;

const PAGE: &str = include_str!("../../docs/googlesql.md");

/// The cells of the rows of tables that begin with code.
fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    page.lines().filter_map(|line| {
        let cells = line.strip_prefix("| `")?.strip_suffix(" |")?;
        Some(cells.split(" | ").map(|cell| cell.trim_matches('`')).collect())
    })
}

#[test]
fn what_the_guide_says_of_queries_is_so() {
    let (refused, only) = PAGE.split_once("## What only BigQuery runs").expect("the page has the section");
    let both = Both::start();
    let mut count = 0;
    for row in rows(refused) {
        let [wrong, right] = row.as_slice() else { panic!("two queries: {row:?}") };
        let verdicts = both.judge([*wrong, *right].into_iter());
        assert!(verdicts.odd.is_empty(), "{:?}", verdicts.odd);
        assert_eq!((verdicts.taken, verdicts.refused), (1, 1), "{wrong} and {right}");
        count += 1;
    }
    assert!(count >= 20, "{count} pairs");
    let mut count = 0;
    for row in rows(only) {
        let sql = format!("SELECT {} AS v FROM shop.orders", row[0]);
        assert!(both.only_bigquery(&sql), "{sql}");
        count += 1;
    }
    assert!(count >= 12, "{count} expressions");
}
