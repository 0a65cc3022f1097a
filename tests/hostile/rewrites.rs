//! SQL that is written again is read as what it was: the text of a tree gives the same tree, over every query of the suites
//! and over combinations of them.

use std::path::Path;

use dwc_googlesql::{parse_expr, parse_query, to_googlesql, trimmed};

/// Every query of the corpus that the translation is compared by.
pub(crate) fn queries() -> Vec<String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("googlesql/corpus.jsonl");
    let text = std::fs::read_to_string(&corpus).expect("the corpus of queries");
    let item = |line: &str| {
        let item: serde_json::Value = serde_json::from_str(line).expect("an item");
        item["sql"].as_str().expect("its SQL").to_owned()
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(item).collect()
}

/// The one expression of `SELECT expression FROM …`, where the query is such a one.
fn expressions() -> Vec<String> {
    let one = |sql: String| {
        let rest = sql.strip_prefix("SELECT ")?;
        let end = rest.find(" FROM ").unwrap_or(rest.len());
        let text = rest[..end].split(" AS ").next()?.to_owned();
        parse_expr(&text).is_ok().then_some(text)
    };
    queries().into_iter().filter_map(one).collect()
}

fn assert_written(sql: &str, wrong: &mut Vec<String>) {
    let Ok(query) = parse_query(sql) else { return };
    match to_googlesql(&query) {
        Err(_) => wrong.push(format!("cannot be written: {sql}\n   prints {query}")),
        Ok(text) => {
            let again = parse_query(&text).map(|again| to_googlesql(&again));
            if !matches!(&again, Ok(Ok(twice)) if *twice == text) {
                wrong.push(format!("another text the second time: {sql}\n  {text}\n  {again:?}"));
            }
        }
    }
}

#[test]
fn every_query_of_the_corpus_is_written_as_it_was_read() {
    let mut wrong = Vec::new();
    for sql in queries() {
        assert_written(&sql, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn combinations_of_expressions_are_written_as_they_were_read() {
    let expressions = expressions();
    assert!(expressions.len() > 200, "{}", expressions.len());
    let mut wrong = Vec::new();
    for (at, a) in expressions.iter().enumerate() {
        let b = &expressions[(at * 7 + 3) % expressions.len()];
        for sql in [
            format!("SELECT - - {a} FROM t"),
            format!("SELECT -(-({a})) - -{b} FROM t"),
            format!("SELECT NOT NOT {a} AND NOT {b} OR {a} FROM t WHERE - -1 < {b}"),
            format!("SELECT {a} BETWEEN {b} AND {a} FROM t WHERE NOT ({a}) IN ({b}, {a})"),
            format!("SELECT CASE WHEN {a} THEN {b} ELSE {a} END AS x FROM (SELECT {b} AS y FROM t) AS q -- {a}"),
            format!("SELECT {a} FROM t UNION ALL (SELECT {b} FROM t UNION DISTINCT SELECT {a} FROM t)"),
            format!("(SELECT {a} FROM t EXCEPT DISTINCT SELECT {b} FROM t) INTERSECT DISTINCT SELECT 1"),
            format!(
                "WITH c AS (SELECT {a} AS v FROM t) SELECT v FROM c AS x JOIN c AS y USING (v) WHERE {b} ORDER BY v"
            ),
            format!("SELECT ~ ~({a}), - ~({b}), + - + 1, {a} << {b} - -1 FROM t"),
        ] {
            assert_written(&sql, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn two_signs_in_a_row_are_no_comment() {
    let written = |sql: &str| to_googlesql(&parse_query(sql).unwrap()).unwrap();
    assert_eq!(written("SELECT a - -b, - -c FROM t WHERE - - d > 1"), "SELECT a - -b, -(-c) FROM t WHERE -(-d) > 1");
    assert_eq!(written("SELECT - - - a, - +b, +-b FROM t"), "SELECT -(-(-a)), -(+b), +(-b) FROM t");
}

#[test]
fn what_ends_a_text_is_left_out_of_parentheses() {
    assert_eq!(trimmed("a + b -- in KRW"), "a + b");
    assert_eq!(trimmed("a + b # in KRW\n"), "a + b");
    assert_eq!(trimmed("SELECT '-- no comment' ; ; /* the end */"), "SELECT '-- no comment'");
    assert_eq!(trimmed("SELECT 'é' -- é\n , b;"), "SELECT 'é' -- é\n , b");
    assert_eq!(trimmed("a\n"), "a\n");
}
