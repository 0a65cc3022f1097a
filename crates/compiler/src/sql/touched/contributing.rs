//! Which tables contribute a row each to a row of a SELECT, and whether it aggregates them.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Select, SelectItem, TableFactor, visit_expressions};

use super::{factor_alias, table_name};
use dwc_googlesql::is_aggregate;

/// The catalog tables that a SELECT reads directly, each with the name that its columns are qualified by.
pub(crate) fn tables_of(select: &Select) -> Vec<(String, String)> {
    let relations = select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
    let named = relations.filter_map(|relation| match relation {
        TableFactor::Table { name, .. } => Some((table_name(name)?, factor_alias(relation)?)),
        _ => None,
    });
    named.collect()
}

/// Whether an item of a SELECT list makes one row of many; a window does not.
pub(crate) fn aggregates(item: &SelectItem) -> bool {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return false };
    visit_expressions(expr, |inner| match inner {
        Expr::Function(function) if function.over.is_none() && is_aggregate(&function.name.to_string()) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}
