//! Which rows of each table have ever contributed to which members: the query's joins over every state of every table,
//! with the row's own name beside the key. Too many pairs cost time, too few would lose history: each step only widens.

use sqlparser::ast::{
    Distinct, ExceptSelectItem, Expr, GroupByExpr, Ident, Query, Select, SelectItem, SelectItemQualifiedWildcardKind,
    SetExpr, TableFactor, WildcardAdditionalOptions,
};

use super::{
    Derived, Relation, Rows, count_tables, each_select, factor_alias, key_expr, missing, narrow, plan, substitute,
    whole,
};
use dwc_googlesql::parse_expr;

/// The column that names a row of a table, across its states.
pub(crate) const ROW: &str = "_row";

/// The rows of one place of a query that contribute to its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contribution {
    /// The source table.
    pub(crate) table: String,
    /// A SELECT of the columns of [`Contributions::key`] and [`ROW`].
    pub(crate) text: String,
}

/// What contributes to the members of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contributions {
    /// One for each place where a table is read, or several where outer joins may miss a partner.
    pub(crate) places: Vec<Contribution>,
    /// What the names in them stand for: [`Rows::Changed`] is the place itself, with the row's name.
    pub(crate) relations: Vec<Relation>,
}

/// Derives what contributes to the members that all of `key` names.
///
/// # Errors
/// [`super::Whole`] names the part of the query from which it cannot be told.
pub(crate) fn contributions(query: &Query, key: &[String]) -> Derived<Contributions> {
    let (_, branches, usable) = plan(query, key)?;
    if usable.len() != key.len() {
        return whole("a part of the key is made of several rows");
    }
    let (mut places, mut relations) = (Vec::new(), Vec::new());
    for branch in &branches {
        for place in 0..count_tables(branch) {
            places.extend(at_place(branch, place, &usable, &mut relations)?);
        }
    }
    if places.is_empty() {
        return whole("the query reads no source table");
    }
    relations.sort();
    relations.dedup();
    Ok(Contributions { places, relations })
}

fn at_place(
    branch: &Select,
    place: usize,
    key: &[String],
    relations: &mut Vec<Relation>,
) -> Derived<Vec<Contribution>> {
    let mut select = branch.clone();
    let mut counter = 0;
    let mut own = Vec::new();
    substitute(&mut select, place, &mut counter, &mut own)?;
    let Some(table) = own.iter().find(|relation| relation.rows == Rows::Changed).map(|one| one.table.clone()) else {
        return Ok(Vec::new());
    };
    let mut projection = Vec::new();
    let mut keys = Vec::new();
    for column in key {
        let Some(expr) = key_expr(branch, column) else { return whole(format!("`{column}` is not a plain output")) };
        keys.push((column.clone(), expr.clone()));
        projection.push(SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('`', column) });
    }
    let missing = missing::places(branch, &projection);
    if missing.len() > missing::MOST {
        return whole("its key is made of the partners of too many outer joins");
    }
    // A key without its partner is NULL, whatever equals it otherwise.
    if missing.is_empty() {
        narrow(&mut select, &keys, &mut own);
    }
    relations.extend(own);
    let mut counter = 0;
    let Some(row) = thread(&mut select, place, &mut counter)? else { return whole("a table without a name") };
    projection.push(SelectItem::ExprWithAlias { expr: row, alias: Ident::new(ROW) });
    select.projection = projection;
    select.distinct = Some(Distinct::Distinct);
    select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
    (select.having, select.qualify) = (None, None);
    let mut variants = Vec::new();
    for some in 0..1_usize << missing.len() {
        let mut variant = select.clone();
        let row = variant.projection.pop();
        for (bit, place) in missing.iter().enumerate() {
            if some & (1 << bit) != 0 {
                missing::leave_out(&mut variant, place);
            }
        }
        variant.projection.extend(row);
        variants.push(Contribution { table: table.clone(), text: super::written(&super::query_of(variant))? });
    }
    Ok(variants)
}

/// Hands the row's name out of the subqueries that its table is read in; the expression by which the block reads it.
fn thread(select: &mut Select, place: usize, counter: &mut usize) -> Derived<Option<Expr>> {
    for from in &mut select.from {
        for index in 0..=from.joins.len() {
            let factor = if index == 0 { &mut from.relation } else { &mut from.joins[index - 1].relation };
            let alias = factor_alias(factor);
            let found = match factor {
                TableFactor::Table { name, .. } if super::table_name(name).is_some() => {
                    *counter += 1;
                    *counter - 1 == place
                }
                TableFactor::Derived { subquery, .. } => {
                    let mut alone = None;
                    let mut result = Ok(());
                    each_select(&mut subquery.body, &mut |inner| match thread(inner, place, counter) {
                        Ok(Some(row)) => {
                            hand_out(inner, row);
                            alone = Some(inner.clone());
                        }
                        Ok(None) => {}
                        Err(problem) => result = Err(problem),
                    });
                    result?;
                    let found = alone.is_some();
                    // The other SELECTs of a UNION hold no such row.
                    if let Some(alone) = alone {
                        *subquery.body = SetExpr::Select(Box::new(alone));
                        subquery.order_by = None;
                    }
                    found
                }
                _ => false,
            };
            if found {
                let Some(alias) = alias else { return whole("a subquery in FROM without an alias") };
                let text = format!("{}.{ROW}", Ident::with_quote('`', alias));
                return Ok(parse_expr(&text).ok());
            }
        }
    }
    Ok(None)
}

/// Adds the row's name to what a subquery gives, once.
fn hand_out(select: &mut Select, row: Expr) {
    let own = match &row {
        Expr::CompoundIdentifier(parts) => parts.first().map(|part| part.value.clone()),
        _ => None,
    };
    if let GroupByExpr::Expressions(by, _) = &mut select.group_by
        && !by.is_empty()
    {
        by.push(row.clone());
    }
    for item in &mut select.projection {
        match item {
            SelectItem::Wildcard(options) => hide(options),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
                if own.as_deref() == Some(name.to_string().trim_matches('`')) =>
            {
                hide(options);
            }
            _ => {}
        }
    }
    select.projection.push(SelectItem::ExprWithAlias { expr: row, alias: Ident::new(ROW) });
}

fn hide(options: &mut WildcardAdditionalOptions) {
    match &mut options.opt_except {
        Some(except) => except.additional_elements.push(Ident::new(ROW)),
        none => *none = Some(ExceptSelectItem { first_element: Ident::new(ROW), additional_elements: Vec::new() }),
    }
}
