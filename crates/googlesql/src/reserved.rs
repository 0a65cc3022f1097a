//! Reserved words of GoogleSQL, which the parser lets pass as names and BigQuery does not.
//! <https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords>

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, Query, SelectItem, SetExpr, Visit, Visitor};

const RESERVED: &[&str] = &[
    "ALL",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "ASC",
    "ASSERT_ROWS_MODIFIED",
    "AT",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "COLLATE",
    "CONTAINS",
    "CREATE",
    "CROSS",
    "CUBE",
    "CURRENT",
    "DEFAULT",
    "DEFINE",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "ENUM",
    "ESCAPE",
    "EXCEPT",
    "EXCLUDE",
    "EXISTS",
    "EXTRACT",
    "FALSE",
    "FETCH",
    "FOLLOWING",
    "FOR",
    "FROM",
    "FULL",
    "GROUP",
    "GROUPING",
    "GROUPS",
    "HASH",
    "HAVING",
    "IF",
    "IGNORE",
    "IN",
    "INNER",
    "INTERSECT",
    "INTERVAL",
    "INTO",
    "IS",
    "JOIN",
    "LATERAL",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LOOKUP",
    "MERGE",
    "NATURAL",
    "NEW",
    "NO",
    "NOT",
    "NULL",
    "NULLS",
    "OF",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "PRECEDING",
    "PROTO",
    "QUALIFY",
    "RANGE",
    "RECURSIVE",
    "RESPECT",
    "RIGHT",
    "ROLLUP",
    "ROWS",
    "SELECT",
    "SET",
    "SOME",
    "STRUCT",
    "TABLESAMPLE",
    "THEN",
    "TO",
    "TREAT",
    "TRUE",
    "UNBOUNDED",
    "UNION",
    "UNNEST",
    "USING",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
    "WITHIN",
];

/// The first unquoted name that is a reserved word.
pub(super) fn first<V: Visit>(parsed: &V) -> Option<Ident> {
    match parsed.visit(&mut Look) {
        ControlFlow::Break(ident) => Some(ident),
        ControlFlow::Continue(()) => None,
    }
}

struct Look;

impl Visitor for Look {
    type Break = Ident;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Ident> {
        match expr {
            Expr::Identifier(ident) => judge(ident),
            // After a dot a reserved word is a name.
            Expr::CompoundIdentifier(parts) => parts.first().map_or(ControlFlow::Continue(()), judge),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Ident> {
        let SetExpr::Select(select) = query.body.as_ref() else { return ControlFlow::Continue(()) };
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                judge(alias)?;
            }
        }
        ControlFlow::Continue(())
    }
}

fn judge(ident: &Ident) -> ControlFlow<Ident> {
    let reserved = ident.quote_style.is_none() && RESERVED.binary_search(&ident.value.to_uppercase().as_str()).is_ok();
    if reserved { ControlFlow::Break(ident.clone()) } else { ControlFlow::Continue(()) }
}

#[cfg(test)]
mod tests {
    use crate::{parse_expr, parse_query};

    #[test]
    fn a_reserved_word_is_a_name_in_backquotes_alone() {
        let message = |sql: &str| parse_query(sql).err().map(|problem| (problem.message, problem.span));
        assert_eq!(message("SELECT a, at FROM t"), Some(("`at` is a reserved word".to_owned(), 10..12)));
        assert_eq!(message("SELECT a AS hash FROM t"), Some(("`hash` is a reserved word".to_owned(), 12..16)));
        for sql in [
            "SELECT `at`, t.at FROM t",
            "SELECT IF(a, ARRAY[1], b), CAST(c AS DATE), ANY_VALUE(d) FROM t",
            "SELECT date, day FROM t",
        ] {
            assert_eq!(message(sql), None, "{sql}");
        }
        assert!(parse_expr("order + 1").is_err());
    }

    #[test]
    fn the_words_are_in_order() {
        assert!(super::RESERVED.is_sorted());
    }
}
