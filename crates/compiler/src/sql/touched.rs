//! Touched rows: derives from a model's query which of its rows a changed row of each source table can affect.
//!
//! A query over joins is monotone in the images of its tables: every row of the result, before or after a batch,
//! is made of images that are live now or were live before. So the keys that a changed row of one table can affect
//! are found by evaluating the query's joins with that table's changed images in its place, and with every other
//! table's live and former images. Too many keys cost time, too few would lose rows: each step here only widens.
//! It must not know of engines: relations are named, and what a name stands for is the dialect's business.

pub(crate) use self::contributing::{aggregates, tables_of};
pub(crate) use self::contributions::{Contributions, ROW, contributions};

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart,
    Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, Visit, Visitor,
    WindowType, visit_expressions,
};

use super::googlesql::{is_aggregate, to_googlesql};

mod contributing;
mod contributions;
mod missing;
mod soft;

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
                    return whole(format!("`{name}` is no source table"));
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
    let aliases = aliases(select);
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
                let place = key_expr(select, name).and_then(|expr| column_place(&expr, &aliases));
                let Some((_, inside)) = place.filter(|(alias, _)| alias.eq_ignore_ascii_case(&this)) else { continue };
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

/// The query with every common table expression written where it is read.
fn inline_ctes(query: &Query) -> Derived<Query> {
    let mut query = query.clone();
    let Some(with) = query.with.take() else { return Ok(query) };
    if with.recursive {
        return whole("WITH RECURSIVE");
    }
    let mut known: Vec<(String, Query, usize)> = Vec::new();
    for cte in with.cte_tables {
        let mut body = inline_ctes(&cte.query)?;
        let read = replace_ctes(&mut body.body, &known)?;
        known.push((cte.alias.name.value, body, read));
    }
    replace_ctes(&mut query.body, &known)?;
    Ok(query)
}

/// So many tables are read by a query whose common table expressions are written out: each is a search for touched keys
/// of its own, over all of them.
const MOST_READ: usize = 32;

/// Writes common table expressions out where a body reads them, and counts the tables that it then reads. One that joins
/// the one before it twice doubles them, so that it is counted before it is written.
fn replace_ctes(body: &mut SetExpr, known: &[(String, Query, usize)]) -> Derived<usize> {
    let mut count = 0;
    let mut result = Ok(());
    each_select(body, &mut |select| {
        each_factor(select, &mut |factor| match factor {
            TableFactor::Table { name, alias, .. } => {
                let found = single_name(name).and_then(|n| known.iter().find(|(k, ..)| k.eq_ignore_ascii_case(&n)));
                count += found.map_or(1, |(_, _, read)| *read);
                if let Some((cte, query, _)) = found
                    && count <= MOST_READ
                {
                    let alias = alias.clone().unwrap_or_else(|| plain_alias(cte));
                    *factor = derived(query.clone(), alias);
                }
            }
            TableFactor::Derived { subquery, .. } => match replace_ctes(&mut subquery.body, known) {
                Ok(read) => count += read,
                Err(problem) => result = Err(problem),
            },
            _ => {}
        });
    });
    result?;
    if count > MOST_READ {
        return whole(format!("it reads more than {MOST_READ} tables with its common table expressions written out"));
    }
    Ok(count)
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
    substitute(&mut select, place, &mut counter, relations)?;
    select.projection = projection;
    select.distinct = Some(sqlparser::ast::Distinct::Distinct);
    select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
    select.having = None;
    select.qualify = None;
    let missing = missing::places(branch, &select.projection);
    if missing.len() > missing::MOST {
        return whole("its key is made of the partners of too many outer joins");
    }
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
                    let relation = Relation { name: format!("{table}/{suffix}"), table, rows };
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

/// Reads every table of the outermost blocks restricted, where a key column or a join says how.
fn restrict(body: &mut SetExpr, usable: &[String], relations: &mut Vec<Relation>) {
    each_select(body, &mut |select| {
        let keys: Vec<(String, Expr)> =
            usable.iter().filter_map(|column| key_expr(select, column).map(|expr| (column.clone(), expr))).collect();
        let equalities = equalities(select);
        let mut done: Vec<(String, String)> = Vec::new();
        let only = select.from.len() == 1;
        let mut number = 0;
        let aliases = aliases(select);
        each_factor(select, &mut |factor| {
            let TableFactor::Table { name, alias, .. } = factor else { return };
            let Some(table) = table_name(name) else { return };
            let this = alias.as_ref().map_or_else(|| short_name(&table).to_owned(), |alias| alias.name.value.clone());
            let mut columns = Vec::new();
            for (key, expr) in &keys {
                if let Some(column) = column_of(&this, expr, &equalities, &aliases) {
                    columns.push((column, key.clone()));
                }
            }
            let rows = if columns.is_empty() {
                let joined = equalities.iter().find_map(|(left, right)| {
                    let (mine, other) = match (left, right) {
                        (l, r) if l.0 == this => (l, r),
                        (l, r) if r.0 == this => (r, l),
                        _ => return None,
                    };
                    let (_, relation) = done.iter().find(|(alias, _)| *alias == other.0)?;
                    Some(Rows::Joined {
                        column: mine.1.clone(),
                        other: relation.clone(),
                        other_column: other.1.clone(),
                    })
                });
                match joined {
                    Some(rows) if only => rows,
                    _ => return,
                }
            } else {
                Rows::Touched(columns)
            };
            number += 1;
            let relation = Relation { name: format!("{table}/touched_{number}_{this}"), table: table.clone(), rows };
            done.push((this.clone(), relation.name.clone()));
            alias.get_or_insert_with(|| plain_alias(&this));
            *name = backquoted(&relation.name);
            relations.push(relation);
        });
    });
}

type Place = (String, String);

/// The column of `this` that always equals a key expression.
fn column_of(this: &str, expr: &Expr, equalities: &[(Place, Place)], aliases: &[String]) -> Option<String> {
    let place = column_place(expr, aliases)?;
    let mut class = vec![place];
    let mut at = 0;
    while at < class.len() {
        let known = class[at].clone();
        for (left, right) in equalities {
            for (a, b) in [(left, right), (right, left)] {
                if *a == known && !class.contains(b) {
                    class.push(b.clone());
                }
            }
        }
        at += 1;
    }
    class.into_iter().find(|(alias, _)| alias == this).map(|(_, column)| column)
}

/// Equalities of columns that hold for every pair of rows that the joins bring together.
fn equalities(select: &Select) -> Vec<(Place, Place)> {
    let aliases = aliases(select);
    let mut found = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for from in &select.from {
        seen.extend(factor_alias(&from.relation));
        for join in &from.joins {
            let right = factor_alias(&join.relation);
            let inner_or_left = matches!(
                join.join_operator,
                JoinOperator::Join(_)
                    | JoinOperator::Inner(_)
                    | JoinOperator::Left(_)
                    | JoinOperator::LeftOuter(_)
                    | JoinOperator::CrossJoin(_)
            );
            match (constraint(&join.join_operator), &right, inner_or_left) {
                (Some(JoinConstraint::On(on)), _, true) => conjuncts(on, &aliases, &mut found),
                (Some(JoinConstraint::Using(columns)), Some(right), true) => {
                    for column in columns.iter().filter_map(single_name) {
                        // USING merges the column: an unqualified reference stands for all of them.
                        found.push(((String::new(), column.clone()), (right.clone(), column.clone())));
                        if seen.len() == 1 {
                            found.push(((seen[0].clone(), column.clone()), (right.clone(), column)));
                        }
                    }
                }
                _ => {}
            }
            seen.extend(right);
        }
    }
    if !select.from.iter().any(|from| from.joins.iter().any(|join| is_outer(&join.join_operator)))
        && let Some(filter) = &select.selection
    {
        conjuncts(filter, &aliases, &mut found);
    }
    found
}

fn conjuncts(expr: &Expr, aliases: &[String], found: &mut Vec<(Place, Place)>) {
    match expr {
        Expr::Nested(inner) => conjuncts(inner, aliases, found),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conjuncts(left, aliases, found);
            conjuncts(right, aliases, found);
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            if let (Some(left), Some(right)) = (column_place(left, aliases), column_place(right, aliases)) {
                found.push((left, right));
            }
        }
        _ => {}
    }
}

/// `(alias, column)` of a plain column reference; the alias is empty where the text has none and several tables are read.
fn column_place(expr: &Expr, aliases: &[String]) -> Option<Place> {
    match expr {
        Expr::Identifier(column) => {
            let alias = if aliases.len() == 1 { aliases[0].clone() } else { String::new() };
            Some((alias, column.value.clone()))
        }
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [alias, column] => Some((alias.value.clone(), column.value.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// The expression behind an output column.
fn key_expr(select: &Select, column: &str) -> Option<Expr> {
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

fn contains_aggregate(expr: &Expr) -> bool {
    visit_expressions(expr, |inner| match inner {
        Expr::Function(function) if function.over.is_some() || is_aggregate(&function.name.to_string()) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

fn select_has_subquery(select: &Select) -> bool {
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

fn count_tables(select: &Select) -> usize {
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

fn each_select(body: &mut SetExpr, act: &mut dyn FnMut(&mut Select)) {
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

fn each_factor(select: &mut Select, act: &mut dyn FnMut(&mut TableFactor)) {
    for from in &mut select.from {
        act(&mut from.relation);
        for join in &mut from.joins {
            act(&mut join.relation);
        }
    }
}

fn aliases(select: &Select) -> Vec<String> {
    select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)))
        .filter_map(factor_alias)
        .collect()
}

fn factor_alias(factor: &TableFactor) -> Option<String> {
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

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(on)
        | JoinOperator::Inner(on)
        | JoinOperator::Left(on)
        | JoinOperator::LeftOuter(on)
        | JoinOperator::Right(on)
        | JoinOperator::RightOuter(on)
        | JoinOperator::FullOuter(on)
        | JoinOperator::CrossJoin(on) => Some(on),
        _ => None,
    }
}

fn is_outer(operator: &JoinOperator) -> bool {
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

fn single_name(name: &ObjectName) -> Option<String> {
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

fn query_of(select: Select) -> Query {
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

fn derived(query: Query, alias: TableAlias) -> TableFactor {
    TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None }
}

fn same(a: &Expr, b: &Expr) -> bool {
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

fn named(by: &Expr, column: &str) -> bool {
    matches!(by, Expr::Identifier(name) if name.value.eq_ignore_ascii_case(column))
}
