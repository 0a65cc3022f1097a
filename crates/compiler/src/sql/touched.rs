//! Touched rows: derives from a model's query which of its rows a changed row of each source table can affect.
//!
//! A query over joins is monotone in the images of its tables: every row of the result, before or after a batch,
//! is made of images that are live now or were live before. So the keys that a changed row of one table can affect
//! are found by evaluating the query's joins with that table's changed images in its place, and with every other
//! table's live and former images. Too many keys cost time, too few would lose rows: each step here only widens.
//! It must not know of engines: relations are named, and what a name stands for is the dialect's business.

pub(crate) use self::blocks::{backquoted, is_row_by_row, plain_alias, short_name, table_name};
pub(crate) use self::contributing::{aggregates, tables_of};
pub(crate) use self::contributions::{Contributions, ROW, contributions};

use std::ops::ControlFlow;

use dwc_googlesql::{constraint, to_googlesql};
use sqlparser::ast::{
    Expr, Function, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, Query, Select, SelectItem, SetExpr,
    TableFactor, WindowType, visit_expressions,
};

mod blocks;
mod contributing;
mod contributions;
mod ctes;
mod missing;
mod restricted;
mod soft;

use blocks::{
    aliases, contains_aggregate, count_tables, derived, each_factor, each_select, factor_alias, is_outer, key_expr,
    named, query_of, same, select_has_subquery, single_name,
};
use ctes::inline_ctes;
use restricted::{column_of, column_place, equalities, narrow, near, restrict};
use soft::Soft;

/// How a model is loaded from the changes of its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Increment {
    /// The columns of the model's key whose values name what was touched: all of the key, or the part that every
    /// window of the query is partitioned by.
    pub key: Vec<String>,
    /// SELECTs of those columns, one for each place where a table is read; their union names what was touched.
    pub touched: Vec<String>,
    /// The query, reading each table restricted to what was touched wherever that can be said of it.
    pub restricted: String,
    /// What each relation name in these texts stands for.
    pub relations: Vec<Relation>,
}

/// A relation that an [`Increment`] reads instead of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relation {
    /// The name in the text.
    pub name: String,
    /// The source table, as `source.table`.
    pub table: String,
    /// Which of its rows.
    pub rows: Rows,
    /// Columns of the table that equal columns of the key in every row of the result, `(column of the table, column of the
    /// key)`, where the search for rows that contribute to members may be narrowed by them.
    pub key: Vec<(String, String)>,
    /// The changed rows that its rows join, where the search for what was touched may be narrowed by them.
    pub near: Option<Near>,
}

/// That a column of a relation equals one of the changed rows, in every row that they are in together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    /// The column.
    pub column: String,
    /// The table whose changed rows these are.
    pub table: String,
    /// Its column.
    pub other_column: String,
}

/// Which rows of a source table a relation holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rows {
    /// Old and new images of the rows that changed since the model last loaded.
    Changed,
    /// The live rows and those images.
    LiveAndChanged,
    /// Live rows whose columns equal those of a touched key: `(column of the table, column of the key)`.
    Touched(Vec<(String, String)>),
    /// Live rows that join a restricted relation: `column` of this table equals `other_column` of `other`.
    Joined {
        /// The column of this table.
        column: String,
        /// The relation, by name.
        other: String,
        /// Its column.
        other_column: String,
    },
}

/// Why a model can only be computed whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The part of the query that forces it, in the user's words.
    pub reason: String,
}

type Derived<T> = Result<T, Whole>;

fn whole<T>(reason: impl Into<String>) -> Derived<T> {
    Err(Whole { reason: reason.into() })
}

/// Derives the increment of a query whose result is named by `key`.
///
/// # Errors
/// [`Whole`] names the part of the query from which no touched rows can be derived.
pub fn derive(query: &Query, key: &[String]) -> Derived<Increment> {
    let (query, branches, usable) = plan(query, key)?;
    let mut relations = Vec::new();
    let mut touched = Vec::new();
    for branch in &branches {
        for place in 0..count_tables(branch) {
            touched.extend(changed_variants(branch, place, &usable, &mut relations)?);
        }
    }
    if touched.is_empty() {
        return whole("the query reads no source table");
    }
    let mut restricted = query.clone();
    restrict(&mut restricted.body, &usable, &mut relations);
    relations.sort();
    relations.dedup();
    Ok(Increment { key: usable, touched, restricted: written(&restricted)?, relations })
}

/// The query without common table expressions, its SELECTs, and the part of the key that names what is touched.
fn plan(query: &Query, key: &[String]) -> Derived<(Query, Vec<Select>, Vec<String>)> {
    if key.is_empty() {
        return whole("the model has no key");
    }
    let query = inline_ctes(query)?;
    if !query.pipe_operators.is_empty() {
        return whole("pipe syntax");
    }
    let branches = branches(&query.body)?;
    if query.limit_clause.is_some() || query.fetch.is_some() {
        return whole("LIMIT picks rows by what else is there");
    }
    let mut usable: Vec<String> = key.to_vec();
    for branch in &branches {
        check_block(branch)?;
        let windows = partitions(branch)?;
        let soft = Soft::of(branch);
        let bare = !soft::nullable(branch).is_empty() && aliases(branch).len() > 1;
        if bare && missing::joins_by_bare_name(branch) {
            return whole("a join beside an outer join computes with a column that names no table");
        }
        usable.retain(|column| match key_expr(branch, column) {
            Some(expr) => {
                let unplaced = bare && missing::computes_with_bare_name(&expr);
                !contains_aggregate(&expr)
                    && !soft.is_read_by(&expr)
                    && !unplaced
                    && windows.iter().all(|partition| partition.iter().any(|by| same(by, &expr) || named(by, column)))
            }
            None => false,
        });
    }
    for branch in &branches {
        let named: Vec<(String, String)> = usable.iter().map(|column| (column.clone(), column.clone())).collect();
        if let Some(kept) = within_windows(branch, &named)? {
            usable.retain(|column| kept.contains(column));
            if usable.is_empty() {
                return whole("a window in a subquery spans rows that its result does not name");
            }
        }
    }
    if usable.is_empty() {
        return whole("no column of the key names the rows that a window or an aggregate spans");
    }
    Ok((query, branches, usable))
}

/// The text of a rewritten query, where it says what the query does.
fn written(query: &Query) -> Derived<String> {
    to_googlesql(query).map_err(|problem| Whole { reason: problem.message })
}

/// Whether a query is one SELECT with nothing around it, so that each of its rows stands for itself.
pub(crate) fn is_select_alone(query: &Query) -> bool {
    matches!(query.body.as_ref(), SetExpr::Select(_))
        && query.with.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && query.pipe_operators.is_empty()
}

/// The SELECTs of a UNION ALL, or the one SELECT.
fn branches(body: &SetExpr) -> Derived<Vec<Select>> {
    match body {
        SetExpr::Select(select) => Ok(vec![(**select).clone()]),
        SetExpr::Query(query) => branches(&query.body),
        SetExpr::SetOperation { op: sqlparser::ast::SetOperator::Union, left, right, .. } => {
            let mut all = branches(left)?;
            all.extend(branches(right)?);
            Ok(all)
        }
        _ => whole("EXCEPT and INTERSECT compare whole results"),
    }
}

/// Refuses what makes a block depend on more than the rows that its joins bring together.
fn check_block(select: &Select) -> Derived<()> {
    if select_has_subquery(select) {
        return whole("a subquery in an expression reads a table");
    }
    for from in &select.from {
        for factor in std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)) {
            match factor {
                TableFactor::Table { name, .. } if table_name(name).is_none() => {
                    return whole(format!("`{name}` is not a source table"));
                }
                TableFactor::Table { name, .. } => {
                    if let Some(model) = table_name(name).and_then(|n| n.strip_prefix("ref.").map(str::to_owned)) {
                        return whole(format!("it reads the model `{model}`, whose changes are not kept"));
                    }
                }
                TableFactor::Derived { subquery, .. } => {
                    if subquery.limit_clause.is_some() || subquery.fetch.is_some() {
                        return whole("LIMIT picks rows by what else is there");
                    }
                    if !subquery.pipe_operators.is_empty() {
                        return whole("pipe syntax");
                    }
                    for inner in branches(&subquery.body)? {
                        check_block(&inner)?;
                    }
                }
                TableFactor::UNNEST { .. } => {}
                other => return whole(format!("`{other}` in FROM")),
            }
        }
        for join in &from.joins {
            match constraint(&join.join_operator) {
                Some(JoinConstraint::Natural) => return whole("a NATURAL join"),
                Some(_) => {}
                None => return whole("a join that keeps rows by what is not there"),
            }
        }
    }
    if !matches!(&select.group_by, GroupByExpr::Expressions(_, modifiers) if modifiers.is_empty()) {
        return whole("GROUP BY ALL, ROLLUP or CUBE");
    }
    Ok(())
}

/// The PARTITION BY of every window of a block.
fn partitions(select: &Select) -> Derived<Vec<Vec<Expr>>> {
    let mut found = Vec::new();
    let mut named_window = false;
    let mut look = |expr: &Expr| {
        if let Expr::Function(Function { over: Some(over), .. }) = expr {
            match over {
                WindowType::WindowSpec(spec) => found.push(spec.partition_by.clone()),
                WindowType::NamedWindow(_) => named_window = true,
            }
        }
        ControlFlow::<()>::Continue(())
    };
    for item in &select.projection {
        let _ = visit_expressions(item, &mut look);
    }
    if let Some(qualify) = &select.qualify {
        let _ = visit_expressions(qualify, &mut look);
    }
    if named_window { whole("a named window") } else { Ok(found) }
}

/// The columns of the key, each with its name in the block, that every window in a subquery of the block is partitioned
/// by; none where no subquery has a window.
fn within_windows(select: &Select, key: &[(String, String)]) -> Derived<Option<Vec<String>>> {
    let (aliases, equalities) = (aliases(select), equalities(select));
    let mut kept: Option<Vec<String>> = None;
    for factor in select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)))
    {
        let (TableFactor::Derived { subquery, .. }, Some(this)) = (factor, factor_alias(factor)) else { continue };
        for inner in branches(&subquery.body)? {
            let windows = partitions(&inner)?;
            let mut named = Vec::new();
            for (column, name) in key {
                let named_by = key_expr(select, name);
                let place = named_by.as_ref().and_then(|expr| column_place(expr, &aliases));
                let own = place.filter(|(alias, _)| alias.eq_ignore_ascii_case(&this)).map(|(_, column)| column);
                // A join may say that a column of the subquery equals the key.
                let equal = || column_of(&this, named_by.as_ref()?, &equalities, &aliases);
                let Some(inside) = own.or_else(equal) else { continue };
                let Some(expr) = key_expr(&inner, &inside) else { continue };
                if windows
                    .iter()
                    .all(|partition| partition.iter().any(|by| same(by, &expr) || self::named(by, &inside)))
                {
                    named.push((column.clone(), inside));
                }
            }
            let below = within_windows(&inner, &named)?;
            if windows.is_empty() && below.is_none() {
                continue;
            }
            let here = below.unwrap_or_else(|| named.into_iter().map(|(column, _)| column).collect());
            match &mut kept {
                None => kept = Some(here),
                Some(kept) => kept.retain(|column| here.contains(column)),
            }
        }
    }
    Ok(kept)
}

/// Blocks that yield the usable key columns of the rows to which one table's changed images contribute: with every
/// partner, and with each one missing that an outer join may find missing and that the key is made of.
fn changed_variants(
    branch: &Select,
    place: usize,
    usable: &[String],
    relations: &mut Vec<Relation>,
) -> Derived<Vec<String>> {
    let mut select = branch.clone();
    let mut projection = Vec::new();
    for column in usable {
        let Some(expr) = key_expr(branch, column) else { return whole(format!("`{column}` is not a plain output")) };
        projection.push(SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('`', column) });
    }
    let mut counter = 0;
    let mut own = Vec::new();
    substitute(&mut select, place, &mut counter, &mut own)?;
    select.projection = projection;
    select.distinct = Some(sqlparser::ast::Distinct::Distinct);
    select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
    select.having = None;
    select.qualify = None;
    let missing = missing::places(branch, &select.projection);
    if missing.len() > missing::MOST {
        return whole("its key is made of the partners of too many outer joins");
    }
    if missing.is_empty() {
        near(&mut select, &mut own);
    }
    relations.extend(own);
    let mut variants = Vec::new();
    for some in 0..1_usize << missing.len() {
        let mut variant = select.clone();
        for (bit, place) in missing.iter().enumerate() {
            if some & (1 << bit) != 0 {
                missing::leave_out(&mut variant, place);
            }
        }
        variants.push(written(&query_of(variant))?);
    }
    Ok(variants)
}

/// Puts the changed images at one place and live and changed ones at every other; returns whether the place was here.
fn substitute(select: &mut Select, place: usize, counter: &mut usize, relations: &mut Vec<Relation>) -> Derived<bool> {
    soft::widen(select)?;
    let mut here = false;
    for from in &mut select.from {
        let mut within = None;
        for index in 0..=from.joins.len() {
            let factor = if index == 0 { &mut from.relation } else { &mut from.joins[index - 1].relation };
            let found = match factor {
                TableFactor::Table { name, alias, .. } => {
                    let Some(table) = table_name(name) else { continue };
                    let found = *counter == place;
                    *counter += 1;
                    alias.get_or_insert_with(|| plain_alias(short_name(&table)));
                    let rows = if found { Rows::Changed } else { Rows::LiveAndChanged };
                    let suffix = if found { "changed" } else { "live_and_changed" };
                    let relation =
                        Relation { name: format!("{table}/{suffix}"), table, rows, key: Vec::new(), near: None };
                    *name = backquoted(&relation.name);
                    relations.push(relation);
                    found
                }
                TableFactor::Derived { subquery, .. } => {
                    let mut any = false;
                    let mut result = Ok(());
                    each_select(&mut subquery.body, &mut |inner| {
                        inner.having = None;
                        inner.qualify = None;
                        match substitute(inner, place, counter, relations) {
                            Ok(found) => any |= found,
                            Err(problem) => result = Err(problem),
                        }
                    });
                    result?;
                    any
                }
                _ => false,
            };
            if found {
                within = Some(index);
            }
        }
        if let Some(at) = within {
            here = true;
            require(&mut from.joins, at);
        }
    }
    Ok(here)
}

/// Makes the joins of one FROM item drop every row to which the relation at `at` does not contribute.
fn require(joins: &mut [Join], at: usize) {
    for (index, join) in joins.iter_mut().enumerate().map(|(index, join)| (index + 1, join)) {
        let Some(on) = constraint(&join.join_operator).cloned() else { continue };
        let is_left = matches!(join.join_operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_));
        let is_right = matches!(join.join_operator, JoinOperator::Right(_) | JoinOperator::RightOuter(_));
        let is_full = matches!(join.join_operator, JoinOperator::FullOuter(_));
        join.join_operator = match index.cmp(&at) {
            std::cmp::Ordering::Equal if is_left => JoinOperator::Inner(on),
            std::cmp::Ordering::Equal if is_full => JoinOperator::RightOuter(on),
            std::cmp::Ordering::Greater if is_right => JoinOperator::Inner(on),
            std::cmp::Ordering::Greater if is_full => JoinOperator::LeftOuter(on),
            _ => continue,
        };
    }
}
