//! One SELECT with a slot: its groups, its wildcards, and the table that a subquery reads under another name. It must not know
//! how the parts of a query are put together.

use dwc_googlesql::{found_in, parse_expr, parse_query};
use sqlparser::ast::{
    BinaryOperator, ExceptSelectItem, Expr, GroupByExpr, Ident, Select, SelectItem, SelectItemQualifiedWildcardKind,
    SetExpr, TableFactor, WildcardAdditionalOptions,
};

use super::super::touched::{backquoted, table_name};
use super::{Joined, Refused, SLOT, SLOTS, WITHIN, refuse, relation_within};

/// Reads the one table of a subquery under another name of the slot, which that of a table around it does not hide.
pub(super) fn within(select: &mut Select, all: &Joined) -> Option<String> {
    let is_wild = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    let ([from], [alias]) = (select.from.as_mut_slice(), all.sliced.as_slice()) else { return None };
    let TableFactor::Table { name, .. } = &mut from.relation else { return None };
    let table = table_name(name)?.strip_suffix("/as_of")?.to_owned();
    if !from.joins.is_empty() || select.projection.iter().any(is_wild) {
        return None;
    }
    *name = backquoted(&relation_within(&table));
    Some(format!("{}.{WITHIN}", Ident::with_quote('`', alias)))
}

/// Groups stay within a slot.
pub(super) fn group(select: &mut Select, slot: &str) -> Result<(), Refused> {
    let aggregated = aggregates(&select.projection) || select.having.is_some();
    match &mut select.group_by {
        GroupByExpr::All(modifiers) if modifiers.is_empty() => Ok(()),
        GroupByExpr::Expressions(by, modifiers) if modifiers.is_empty() => {
            if by.iter().any(|one| matches!(one, Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_))) {
                return refuse(
                    "GROUP BY ROLLUP, CUBE or GROUPING SETS",
                    "write a SELECT with GROUP BY for each level, and UNION ALL",
                );
            }
            if !by.is_empty() {
                by.push(expr(slot)?);
            } else if aggregated {
                return refuse(
                    "an aggregate over a whole table",
                    "write it as a subquery in the SELECT list, or GROUP BY the columns that are joined",
                );
            }
            Ok(())
        }
        _ => refuse("GROUP BY ROLLUP or CUBE", "write a SELECT with GROUP BY for each level, and UNION ALL"),
    }
}

/// Whether a SELECT list makes one row of many; a window does not, and a subquery is a block of its own.
fn aggregates(projection: &[SelectItem]) -> bool {
    projection.iter().any(|item| found_in(item).aggregate)
}

/// `*` gives what the user's tables have, and not the slot.
pub(super) fn hide_slots(select: &mut Select, sliced: &[String]) {
    for item in &mut select.projection {
        match item {
            SelectItem::Wildcard(options) => hide(options),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                let name = name.to_string();
                if sliced.iter().any(|alias| alias.eq_ignore_ascii_case(name.trim_matches('`'))) {
                    hide(options);
                }
            }
            _ => {}
        }
    }
}

fn hide(options: &mut WildcardAdditionalOptions) {
    match &mut options.opt_except {
        Some(except) => except.additional_elements.push(Ident::new(SLOT)),
        none => *none = Some(ExceptSelectItem { first_element: Ident::new(SLOT), additional_elements: Vec::new() }),
    }
}

/// A side of a set operation that reads no table holds at every instant.
pub(super) fn in_every_slot(body: &mut SetExpr) -> Result<(), Refused> {
    let text = format!("SELECT _q.*, _s.{SLOT} FROM ({body}) AS _q CROSS JOIN `{SLOTS}` AS _s");
    match parse_query(&text) {
        Ok(query) => *body = *query.body,
        Err(problem) => return refuse(problem.message, "give every SELECT of the UNION a table"),
    }
    Ok(())
}

pub(super) fn both(left: Expr, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(Expr::Nested(Box::new(left))), op: BinaryOperator::And, right: Box::new(right) }
}

pub(super) fn expr(text: &str) -> Result<Expr, Refused> {
    parse_expr(text).or_else(|problem| refuse(problem.message, "write the query in a simpler way"))
}
