//! `check` says what Google's analyzer says: statements of every kind, right ones and wrong ones, are given to both.
//! A statement that both take has the same types in both.

use dwc_googlesql::{ProblemKind, Tables, analyze_query};
use dwc_tests::googlesql::GoogleSql;

/// A statement a line over `shop.orders`; each kind of clause, each function with arguments of its signatures.
pub const STATEMENTS: &str = include_str!("statements.sql");

/// The tables that the statements read, with their columns.
const TABLES: [(&str, &[(&str, &str)]); 2] = [
    (
        "shop.orders",
        &[
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
        ],
    ),
    (
        "shop.customers",
        &[
            ("cust", "STRING"),
            ("name", "STRING"),
            ("status", "STRING"),
            ("level", "INT64"),
            ("address", "STRUCT<city STRING, zip INT64>"),
        ],
    ),
];

/// The statements of a file, one a line.
pub fn lines(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Google's analyzer and this compiler's, over the same tables.
pub struct Both {
    google: GoogleSql,
    catalog: Tables,
}

/// What is refused here, by its message, and taken by Google's analyzer.
const STRICTER: &[(&str, &str)] = &[
    ("takes a number from 0, found -", "it fails on BigQuery when it runs"),
    ("ORDER BY does not order ARRAY", "BigQuery does not have what the analyzer allows"),
    ("does not compare ARRAY", "BigQuery does not have what the analyzer allows"),
    ("expected the end of the query, found `w`", "a WINDOW clause of a pipe operator"),
    ("ParseError: expected: an expression, found: |>", "a comma at the end of a list before a pipe operator"),
];

/// What both say of many statements.
#[derive(Default)]
pub struct Verdicts {
    pub taken: usize,
    pub refused: usize,
    /// The statements of which they say different things.
    pub odd: Vec<String>,
}

impl Both {
    pub fn start() -> Self {
        let google = GoogleSql::start();
        google.analyze_script("CREATE SCHEMA shop");
        let mut catalog = Tables::default();
        for (table, columns) in TABLES {
            let list: Vec<String> = columns.iter().map(|(name, ty)| format!("{name} {ty}")).collect();
            assert_eq!(google.analyze_script(&format!("CREATE TABLE {table} ({})", list.join(", "))), []);
            catalog = catalog.with(table, columns).expect("the types are known");
        }
        Self { google, catalog }
    }

    /// What Google's analyzer has against a statement.
    fn theirs(&self, sql: &str) -> Option<String> {
        self.google.analyze_script(sql).into_iter().next().map(|error| error.message)
    }

    /// What is wrong with a statement on BigQuery; what only DuckDB lacks is not.
    fn ours(&self, sql: &str) -> Option<String> {
        let outcome = analyze_query(sql, &self.catalog);
        let wrong =
            |kind: ProblemKind| !matches!(kind, ProblemKind::Unsupported | ProblemKind::DateFromTimestampWithoutZone);
        outcome.problems.into_iter().find(|p| wrong(p.kind)).map(|p| format!("{:?}: {}", p.kind, p.message))
    }

    /// Whether a statement is right, and has no equal on DuckDB.
    pub fn only_bigquery(&self, sql: &str) -> bool {
        let problems = analyze_query(sql, &self.catalog).problems;
        self.ours(sql).is_none() && problems.iter().any(|p| p.kind == ProblemKind::Unsupported)
    }

    pub fn judge<'s>(&self, statements: impl Iterator<Item = &'s str>) -> Verdicts {
        let mut all = Verdicts::default();
        for sql in statements {
            match (self.theirs(sql), self.ours(sql)) {
                (None, None) => all.taken += 1,
                (Some(_), Some(_)) => all.refused += 1,
                (None, Some(ours)) if STRICTER.iter().any(|(part, _)| ours.contains(part)) => all.refused += 1,
                (None, Some(ours)) => all.odd.push(format!("refused here alone: {sql}\n    {ours}")),
                (Some(theirs), None) => all.odd.push(format!("taken here alone: {sql}\n    {theirs}")),
            }
        }
        all
    }
}

impl Verdicts {
    /// That there is no difference, and that neither side is empty.
    pub fn check(&self, taken: usize, refused: usize) {
        println!("{} taken and {} refused by both", self.taken, self.refused);
        assert!(self.odd.is_empty(), "{} differ\n{}", self.odd.len(), self.odd.join("\n"));
        assert!(self.taken >= taken && self.refused >= refused, "{} taken, {} refused", self.taken, self.refused);
    }
}

#[test]
fn what_google_refuses_is_refused_and_nothing_else() {
    Both::start().judge(lines(STATEMENTS)).check(600, 180);
}

/// Queries as values, moments of NULL, and what mutants of other statements have found.
const FOUND: &[&str] = &[
    "SELECT (FROM shop.orders |> AGGREGATE COUNT(*) AS n) AS v",
    "SELECT qty IN (FROM shop.orders |> SELECT qty) AS v FROM shop.orders",
    "SELECT EXISTS(FROM shop.orders) AS v",
    "SELECT ARRAY(FROM shop.orders |> SELECT qty) AS v",
    "SELECT (FROM shop.orders |> SELECT qty, id) AS v",
    "SELECT TIMESTAMP(NULL, 'UTC') AS v FROM shop.orders",
    "SELECT TIMESTAMP(NULL, NULL) AS v FROM shop.orders",
    "SELECT TIMESTAMP(qty, 'UTC') AS v FROM shop.orders",
    "SELECT DATE(NULL, 'UTC') AS v FROM shop.orders",
    "SELECT DATETIME(NULL, 'UTC') AS v FROM shop.orders",
    "SELECT x.* EXCEPT (v) FROM (SELECT STRUCT(1 AS a, cust) FROM shop.orders) AS x",
    "SELECT (SELECT x FROM UNNEST(tags) AS x WHERE x = cust LIMIT 1) AS v FROM shop.orders GROUP BY cust",
    "SELECT (SELECT MAX(x) FROM UNNEST(ANY_VALUE(tags)) AS x) AS v FROM shop.orders GROUP BY cust",
    "SELECT (SELECT x FROM UNNEST(tags) AS x LIMIT 1) AS v, COUNT(*) AS n FROM shop.orders GROUP BY 1",
    "(SELECT LTRIM(cust) AS v FROM shop.orders) AS x",
    "SELECT v FROM (SELECT qty, qty, id FROM shop.orders) UNPIVOT (v FOR n IN (qty, id))",
];

#[test]
fn what_mutants_have_found_is_judged_as_google_does() {
    Both::start().judge(FOUND.iter().copied()).check(10, 5);
}
