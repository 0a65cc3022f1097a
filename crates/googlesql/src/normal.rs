//! The normal form of a user's SQL, for digests and for plans: comments, layout, the case of words, backquotes that are not
//! needed and `!=` for `<>` are no difference. It must not reorder what is written.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, ObjectNamePart, VisitMut, VisitorMut};

use super::{expr_to_googlesql, parse_expr, parse_query, to_googlesql};

/// A query in its normal form; a text that is not a query, or that its tree does not print back, is left as it is.
pub fn normal_query(text: &str) -> String {
    let printed = parse_query(text).ok().and_then(|query| to_googlesql(&normal(query)).ok());
    printed.unwrap_or_else(|| text.trim().to_owned())
}

/// An expression in its normal form.
pub fn normal_expr(text: &str) -> String {
    let printed = parse_expr(text).ok().and_then(|expr| expr_to_googlesql(&normal(expr)).ok());
    printed.unwrap_or_else(|| text.trim().to_owned())
}

fn normal<T: VisitMut>(mut tree: T) -> T {
    let _ = tree.visit(&mut Normal);
    tree
}

struct Normal;

impl VisitorMut for Normal {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(call) => {
                for part in &mut call.name.0 {
                    if let ObjectNamePart::Identifier(name) = part {
                        name.value = name.value.to_uppercase();
                    }
                }
            }
            Expr::Identifier(name) => unquote(name),
            Expr::CompoundIdentifier(names) => names.iter_mut().for_each(unquote),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Takes the backquotes from a name that is the same name without.
fn unquote(name: &mut Ident) {
    let is_same = |text: &str| matches!(parse_expr(text), Ok(Expr::Identifier(bare)) if bare.quote_style.is_none());
    if name.quote_style.is_some() && is_same(&name.value) {
        name.quote_style = None;
    }
}

#[cfg(test)]
mod tests {
    use super::{normal_expr, normal_query};

    #[test]
    fn layout_comments_and_spelling_are_no_difference() {
        let one = "select `a`, sum(b) as b -- the total\nfrom t\nwhere c != 1 group by a";
        let other = "SELECT a, SUM(b) AS b\n  FROM t WHERE /* all but the first */ c <> 1 GROUP BY a";
        assert_eq!(normal_query(one), normal_query(other));
        assert_eq!(normal_expr("coalesce( `x`,0 )"), normal_expr("COALESCE(x, 0)"));
    }

    #[test]
    fn what_means_something_else_is_one() {
        assert_ne!(normal_query("SELECT 'a' AS x"), normal_query("SELECT 'A' AS x"));
        assert_ne!(normal_expr("a - (b - c)"), normal_expr("a - b - c"));
        assert_ne!(normal_expr("`true`"), normal_expr("true"));
        assert_ne!(normal_expr("`current_date`"), normal_expr("current_date"));
    }
}
