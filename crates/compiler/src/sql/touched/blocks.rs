//! The parts of a SELECT: its tables and aliases, the expressions behind its columns, and what spans several rows. It must
//! not know what is touched.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, Ident, JoinOperator, ObjectName, ObjectNamePart, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, Visit, Visitor, visit_expressions,
};

use super::branches;
use dwc_googlesql::is_aggregate;

/// The expression behind an output column.
pub(super) fn key_expr(select: &Select, column: &str) -> Option<Expr> {
    let plain = || Expr::Identifier(Ident::with_quote('`', column));
    let mut from_wildcard = None;
    for item in &select.projection {
        match item {
            SelectItem::ExprWithAlias { expr, alias } if alias.value.eq_ignore_ascii_case(column) => {
                return Some(expr.clone());
            }
            SelectItem::UnnamedExpr(expr @ Expr::Identifier(name)) if name.value.eq_ignore_ascii_case(column) => {
                return Some(expr.clone());
            }
            SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(parts))
                if parts.last().is_some_and(|name| name.value.eq_ignore_ascii_case(column)) =>
            {
                return Some(expr.clone());
            }
            SelectItem::Wildcard(_) => from_wildcard = Some(plain()),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let alias = single_name(name)?;
                from_wildcard =
                    Some(Expr::CompoundIdentifier(vec![Ident::with_quote('`', alias), Ident::with_quote('`', column)]));
            }
            _ => {}
        }
    }
    from_wildcard
}

/// Whether a block gives one row for each row that it reads: no expression of it spans several.
pub(crate) fn is_row_by_row(select: &Select) -> bool {
    !select_has_subquery(select)
        && select.projection.iter().all(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => !contains_aggregate(expr),
            _ => true,
        })
}

pub(super) fn contains_aggregate(expr: &Expr) -> bool {
    visit_expressions(expr, |inner| match inner {
        Expr::Function(function) if function.over.is_some() || is_aggregate(&function.name.to_string()) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

pub(super) fn select_has_subquery(select: &Select) -> bool {
    struct Look(usize);
    impl Visitor for Look {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            let query = match expr {
                Expr::Subquery(query) => query,
                Expr::Exists { subquery, .. } | Expr::InSubquery { subquery, .. } => subquery,
                Expr::Function(Function { args: sqlparser::ast::FunctionArguments::Subquery(query), .. }) => query,
                _ => return ControlFlow::Continue(()),
            };
            if let Ok(selects) = branches(&query.body) {
                self.0 += selects.iter().map(count_tables).sum::<usize>();
                if selects.iter().any(|s| s.from.is_empty() || count_tables(s) > 0) {
                    self.0 += 1;
                }
            } else {
                self.0 += 1;
            }
            ControlFlow::Continue(())
        }
    }
    let mut look = Look(0);
    let expressions = |select: &Select, look: &mut Look| {
        let _ = select.projection.visit(look);
        let _ = select.selection.visit(look);
        let _ = select.having.visit(look);
        let _ = select.qualify.visit(look);
        for from in &select.from {
            for join in &from.joins {
                let _ = join.join_operator.visit(look);
            }
        }
    };
    expressions(select, &mut look);
    look.0 > 0
}

pub(super) fn count_tables(select: &Select) -> usize {
    let factors = select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
    factors
        .map(|factor| match factor {
            TableFactor::Table { .. } => 1,
            TableFactor::Derived { subquery, .. } => {
                branches(&subquery.body).map_or(0, |inner| inner.iter().map(count_tables).sum())
            }
            _ => 0,
        })
        .sum()
}

pub(super) fn each_select(body: &mut SetExpr, act: &mut dyn FnMut(&mut Select)) {
    match body {
        SetExpr::Select(select) => act(select),
        SetExpr::Query(query) => each_select(&mut query.body, act),
        SetExpr::SetOperation { left, right, .. } => {
            each_select(left, act);
            each_select(right, act);
        }
        _ => {}
    }
}

pub(super) fn each_factor(select: &mut Select, act: &mut dyn FnMut(&mut TableFactor)) {
    for from in &mut select.from {
        act(&mut from.relation);
        for join in &mut from.joins {
            act(&mut join.relation);
        }
    }
}

pub(super) fn aliases(select: &Select) -> Vec<String> {
    select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)))
        .filter_map(factor_alias)
        .collect()
}

pub(super) fn factor_alias(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table { name, alias, .. } => alias
            .as_ref()
            .map(|alias| alias.name.value.clone())
            .or_else(|| table_name(name).map(|table| short_name(&table).to_owned())),
        TableFactor::Derived { alias, .. } | TableFactor::UNNEST { alias, .. } => {
            alias.as_ref().map(|alias| alias.name.value.clone())
        }
        _ => None,
    }
}

pub(super) fn is_outer(operator: &JoinOperator) -> bool {
    !matches!(operator, JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_))
}

/// The name of a relation, its parts joined by dots: the parser may split `` `a.b` ``.
pub(crate) fn table_name(name: &ObjectName) -> Option<String> {
    let parts: Option<Vec<&str>> = name
        .0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(ident.value.as_str()),
            ObjectNamePart::Function(_) => None,
        })
        .collect();
    parts.map(|parts| parts.join(".")).filter(|name| name.contains('.'))
}

pub(super) fn single_name(name: &ObjectName) -> Option<String> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] => Some(ident.value.clone()),
        _ => None,
    }
}

pub(crate) fn short_name(table: &str) -> &str {
    table.rsplit('.').next().unwrap_or(table)
}

pub(crate) fn backquoted(name: &str) -> ObjectName {
    ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('`', name))])
}

pub(crate) fn plain_alias(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: Ident::with_quote('`', name), columns: Vec::new(), at: None }
}

pub(super) fn query_of(select: Select) -> Query {
    Query {
        with: None,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

pub(super) fn derived(query: Query, alias: TableAlias) -> TableFactor {
    TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None }
}

pub(super) fn same(a: &Expr, b: &Expr) -> bool {
    let last = |expr: &Expr| match expr {
        Expr::Identifier(name) => Some(name.value.to_lowercase()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.to_lowercase()),
        _ => None,
    };
    match (last(a), last(b)) {
        (Some(a_name), Some(b_name)) => {
            a_name == b_name
                && match (a, b) {
                    (Expr::CompoundIdentifier(a), Expr::CompoundIdentifier(b)) => a[0].value == b[0].value,
                    _ => true,
                }
        }
        _ => a.to_string() == b.to_string(),
    }
}

pub(super) fn named(by: &Expr, column: &str) -> bool {
    matches!(by, Expr::Identifier(name) if name.value.eq_ignore_ascii_case(column))
}
