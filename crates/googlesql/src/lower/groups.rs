//! GROUP BY: its keys, by expression, by place and by alias, and sets of keys.
//! It must not decide what stands outside of the keys: that is `select`.

use sqlparser::ast::{Expr, GroupByExpr};

use super::Lower;
use super::found::is_literal;
use super::names::same;
use super::select::Item;
use crate::problem::ProblemKind;
use crate::value::Collation;

impl Lower<'_> {
    /// The text of GROUP BY, the texts of its keys, and whether there is one. A key that is an entry of the
    /// select list is written as its place there.
    pub(super) fn group_by(&mut self, group_by: &GroupByExpr, items: &[Item<'_>]) -> (String, Vec<String>, bool) {
        let depth = self.scopes.len() - 1;
        match group_by {
            GroupByExpr::All(modifiers) => {
                if !modifiers.is_empty() {
                    self.unsupported(0..0, "a modifier of GROUP BY");
                }
                let mut keys = Vec::new();
                let mut places = Vec::new();
                for (i, item) in items.iter().enumerate() {
                    let value = self.item(item, depth);
                    if !value.aggregate && !value.window && !value.bare.is_empty() {
                        if value.collation == Collation::Case {
                            self.told_apart(&(0..0), "GROUP BY ALL", "write LOWER(…) around such texts in the list");
                        }
                        keys.push(value.sql);
                        places.push((i + 1).to_string());
                    }
                }
                let text = if places.is_empty() { String::new() } else { format!("\nGROUP BY {}", places.join(", ")) };
                (text, keys, true)
            }
            GroupByExpr::Expressions(exprs, modifiers) => {
                if !modifiers.is_empty() {
                    self.unsupported(0..0, "a modifier of GROUP BY");
                }
                if exprs.is_empty() {
                    return (String::new(), vec![], false);
                }
                let mut keys = Vec::new();
                let mut texts = Vec::new();
                for expr in exprs {
                    let text = match expr {
                        Expr::Rollup(sets) => {
                            format!("ROLLUP ({})", self.key_sets(sets, items, &mut keys))
                        }
                        Expr::Cube(sets) => {
                            format!("CUBE ({})", self.key_sets(sets, items, &mut keys))
                        }
                        Expr::GroupingSets(sets) => {
                            format!("GROUPING SETS ({})", self.key_sets(sets, items, &mut keys))
                        }
                        Expr::Tuple(parts) if parts.is_empty() => "()".to_string(),
                        other => self.key_of(other, items, &mut keys, true),
                    };
                    texts.push(text);
                }
                (format!("\nGROUP BY {}", texts.join(", ")), keys, true)
            }
        }
    }

    pub(super) fn key_sets(&mut self, sets: &[Vec<Expr>], items: &[Item<'_>], keys: &mut Vec<String>) -> String {
        let sets: Vec<String> = sets
            .iter()
            .map(|set| {
                let parts: Vec<String> = set.iter().map(|e| self.key_of(e, items, keys, false)).collect();
                if parts.len() == 1 { parts.join("") } else { format!("({})", parts.join(", ")) }
            })
            .collect();
        sets.join(", ")
    }

    pub(super) fn key_of(
        &mut self,
        expr: &Expr,
        items: &[Item<'_>],
        keys: &mut Vec<String>,
        may_place: bool,
    ) -> String {
        let depth = self.scopes.len() - 1;
        let at = self.span_of(expr);
        let place = match self.ordinal(expr, items.len(), at.clone()) {
            Some(None) => return "1".into(),
            Some(place) => place,
            None => match expr {
                Expr::Identifier(ident) => {
                    let named = |i: &Item<'_>| !i.nameless && same(&i.name, &ident.value);
                    if items.iter().filter(|i| named(i)).count() > 1 {
                        self.ambiguous(ident);
                        return "1".into();
                    }
                    items.iter().position(|i| i.aliased && same(&i.name, &ident.value))
                }
                _ => None,
            },
        };
        let value = match place {
            Some(place) => self.item(&items[place], depth),
            None => self.expr(expr),
        };
        if value.aggregate || value.window {
            self.report(ProblemKind::MisplacedAggregate, at.clone(), "an aggregate in GROUP BY", None);
        }
        if place.is_none() && is_literal(expr) {
            self.report(ProblemKind::Shape, at.clone(), "GROUP BY takes no literal but a column's number", None);
        }
        if value.collation == Collation::Case {
            let instead = "group by LOWER(…), and take ANY_VALUE(…) where its spelling is shown";
            self.told_apart(&at, "GROUP BY", instead);
        }
        if !value.ty.is_groupable() {
            let message = format!("GROUP BY does not group {}", value.ty);
            self.report(ProblemKind::TypeMismatch, at, message, None);
        }
        keys.push(value.sql.clone());
        match place {
            Some(place) if may_place => (place + 1).to_string(),
            _ => value.operand(),
        }
    }
}
