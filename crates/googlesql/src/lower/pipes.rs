//! Pipe syntax: every operator is the query that it stands for around what came before.
//! It must not lower anything itself.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AssignmentTarget, BinaryOperator, Distinct, Expr, ExprWithAlias, ExprWithAliasAndOrderBy, GroupByExpr, Ident,
    IdentWithAlias, OrderBy, OrderByExpr, OrderByKind, PipeOperator, Query, RenameSelectItem, ReplaceSelectElement,
    ReplaceSelectItem, Select, SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator,
    SetQuantifier, Spanned, TableAlias, TableFactor, TableWithJoins, Visit, Visitor, WildcardAdditionalOptions,
};
use sqlparser::tokenizer::Span;

use super::found::{found_in, is_literal};
use super::names::same;
use super::{Lower, Rows};
use crate::parse::parse_query;
use crate::problem::ProblemKind;

impl Lower<'_> {
    pub(super) fn pipes(&mut self, query: &Query, as_value: bool) -> Rows {
        let mut current = first(query);
        let mut changed = Changed::default();
        let mut reads_changed = false;
        for operator in &query.pipe_operators {
            if let Some(span) = changed.read_by(operator) {
                let message =
                    "a column through its table's name, which has the value that it had before |> SET, RENAME or DROP";
                self.unsupported(self.span(span), message);
                reads_changed = true;
            }
            changed.after(&mut current, operator);
            let (aggregate, name) = match operator {
                PipeOperator::Select { exprs } => (found_in(exprs).aggregate, "SELECT"),
                PipeOperator::Extend { exprs } => (found_in(exprs).aggregate, "EXTEND"),
                PipeOperator::Set { assignments } => (found_in(assignments).aggregate, "SET"),
                PipeOperator::OrderBy { exprs } => (found_in(exprs).aggregate, "ORDER BY"),
                _ => (false, ""),
            };
            if aggregate {
                let message = format!("an aggregate in |> {name}");
                let help = Some("write |> AGGREGATE before it".into());
                self.report(ProblemKind::MisplacedAggregate, 0..0, message, help);
            }
            if let PipeOperator::Aggregate { full_table_exprs, group_by_expr } = operator {
                self.pipe_aggregate(full_table_exprs, group_by_expr);
            }
            match operator {
                // No rows are chosen on DuckDB, so that the types at least are known.
                PipeOperator::TableSample { .. } => {
                    self.unsupported(0..0, "TABLESAMPLE");
                }
                operator => match wrap(current.clone(), operator) {
                    Some(next) => current = next,
                    None => {
                        let message = format!("the pipe operator `{operator}` is not known here");
                        self.report(ProblemKind::ParseError, 0..0, message, None);
                        break;
                    }
                },
            }
        }
        let before = self.problems.len();
        let mut rows = self.body(&current.body, current.order_by.as_ref(), as_value);
        if reads_changed {
            // Those of a column that it does not mean.
            self.problems.truncate(before);
        }
        rows.sql.push_str(&self.limit(current.limit_clause.as_ref()));
        rows
    }

    /// `|> AGGREGATE` has aggregates alone, and keys by name.
    fn pipe_aggregate(&mut self, values: &[ExprWithAliasAndOrderBy], keys: &[ExprWithAliasAndOrderBy]) {
        for value in values {
            let found = found_in(&value.expr.expr);
            if !found.aggregate || found.window {
                let at = self.span_of(&value.expr.expr);
                let message = "|> AGGREGATE takes aggregates alone";
                self.report(ProblemKind::MisplacedAggregate, at, message, None);
            }
        }
        for key in keys.iter().filter(|key| is_literal(&key.expr.expr)) {
            let at = self.span_of(&key.expr.expr);
            self.report(ProblemKind::Shape, at, "GROUP BY of |> AGGREGATE takes no number of a column", None);
        }
    }
}

/// The columns that operators have changed of the only relation, whose name goes on having their values from before.
#[derive(Default)]
struct Changed {
    alias: String,
    columns: Vec<String>,
    found: Option<Span>,
}

impl Changed {
    fn after(&mut self, current: &mut Query, operator: &PipeOperator) {
        let names: Vec<&Ident> = match operator {
            PipeOperator::Set { assignments } => assignments
                .iter()
                .filter_map(|assignment| match &assignment.target {
                    AssignmentTarget::ColumnName(name) => name.0.last()?.as_ident(),
                    AssignmentTarget::Tuple(_) => None,
                })
                .collect(),
            PipeOperator::Rename { mappings } => mappings.iter().flat_map(|one| [&one.ident, &one.alias]).collect(),
            PipeOperator::Drop { columns } => columns.iter().collect(),
            PipeOperator::As { .. } => return *self = Self::default(),
            _ => return,
        };
        if let Some(alias) = only_alias(current) {
            self.alias = alias.value;
            self.columns.extend(names.into_iter().map(|name| name.value.clone()));
        }
    }

    /// Where an operator reads a changed column through the relation's name.
    fn read_by(&mut self, operator: &PipeOperator) -> Option<Span> {
        let _ = operator.visit(self);
        let (PipeOperator::Select { exprs } | PipeOperator::Extend { exprs }) = operator else {
            return self.found.take();
        };
        let whole = exprs.iter().find(|item| match item {
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                !self.columns.is_empty()
                    && name.0.last().and_then(|name| name.as_ident()).is_some_and(|name| same(&name.value, &self.alias))
            }
            _ => false,
        });
        self.found.take().or(whole.map(Spanned::span))
    }
}

impl Visitor for Changed {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let [alias, column, ..] = parts.as_slice()
            && same(&alias.value, &self.alias)
            && self.columns.iter().any(|changed| same(changed, &column.value))
        {
            self.found = Some(column.span);
        }
        ControlFlow::Continue(())
    }
}

/// What the operators stand around.
fn first(query: &Query) -> Query {
    let mut current = query.clone();
    current.with = None;
    current.pipe_operators.clear();
    if let Some(select) = select_of(&mut current)
        && select.projection.is_empty()
    {
        select.projection = vec![star()];
        select.flavor = SelectFlavor::Standard;
    }
    current
}

/// The query that a query in pipe syntax stands for; `None` where an operator has no such form.
pub(crate) fn unpiped(query: &Query) -> Option<Query> {
    let all = query.pipe_operators.iter().try_fold(first(query), wrap)?;
    Some(Query { with: query.with.clone(), ..all })
}

fn star() -> SelectItem {
    SelectItem::Wildcard(WildcardAdditionalOptions::default())
}

/// `SELECT * FROM (query)`; the alias of the only relation inside goes on naming the rows.
fn around(mut query: Query) -> Option<Query> {
    let alias = only_alias(&mut query);
    named(query, alias)
}

/// The alias of the only relation of a query.
fn only_alias(query: &mut Query) -> Option<Ident> {
    select_of(query).and_then(|select| match select.from.as_slice() {
        [TableWithJoins { relation, joins }] if joins.is_empty() => alias_of(relation),
        _ => None,
    })
}

fn named(query: Query, alias: Option<Ident>) -> Option<Query> {
    let alias = alias.map(|name| TableAlias { explicit: true, name, columns: vec![], at: None });
    over(TableFactor::Derived { lateral: false, subquery: Box::new(query), alias, sample: None })
}

/// `SELECT * FROM relation`.
fn over(relation: TableFactor) -> Option<Query> {
    let mut outer = parse_query("SELECT * FROM t").ok()?;
    select_of(&mut outer)?.from = vec![TableWithJoins { relation, joins: vec![] }];
    Some(outer)
}

fn alias_of(relation: &TableFactor) -> Option<Ident> {
    match relation {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(alias.name.clone())
        }
        TableFactor::Table { name, alias: None, .. } => name.0.last().and_then(|p| p.as_ident()).cloned(),
        _ => None,
    }
}

fn select_of(query: &mut Query) -> Option<&mut Select> {
    match query.body.as_mut() {
        SetExpr::Select(select) => Some(select),
        _ => None,
    }
}

/// Whether a query is `SELECT * FROM ... [WHERE ...]`, to which a clause may be added where it stands: the names of
/// its relations go on being known.
fn is_open(query: &mut Query) -> bool {
    if query.order_by.is_some() || query.limit_clause.is_some() {
        return false;
    }
    select_of(query).is_some_and(|select| {
        let plain = WildcardAdditionalOptions::default();
        let all = matches!(select.projection.as_slice(), [SelectItem::Wildcard(options)] if options.opt_except.is_none()
            && options.opt_replace.is_none() && options.opt_rename == plain.opt_rename);
        let ungrouped = matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
        all && ungrouped && select.having.is_none() && select.qualify.is_none() && select.distinct.is_none()
    })
}

fn opened(mut query: Query) -> Option<Query> {
    if is_open(&mut query) { Some(query) } else { around(query) }
}

fn wrap(query: Query, operator: &PipeOperator) -> Option<Query> {
    let mut query = query;
    Some(match operator {
        PipeOperator::Where { expr } if found_in(expr).window => {
            let mut outer = opened(query)?;
            select_of(&mut outer)?.qualify = Some(expr.clone());
            outer
        }
        PipeOperator::Where { expr } => {
            let mut outer = opened(query)?;
            let select = select_of(&mut outer)?;
            select.selection = Some(match select.selection.take() {
                None => expr.clone(),
                Some(before) => Expr::BinaryOp {
                    left: Box::new(Expr::Nested(Box::new(before))),
                    op: BinaryOperator::And,
                    right: Box::new(Expr::Nested(Box::new(expr.clone()))),
                },
            });
            outer
        }
        PipeOperator::Select { exprs } => {
            let mut outer = opened(query)?;
            let select = select_of(&mut outer)?;
            let mut items = exprs.clone();
            if undistinct(items.first_mut()?) {
                select.distinct = Some(Distinct::Distinct);
            }
            select.projection = items;
            outer
        }
        PipeOperator::Extend { exprs } => {
            let mut outer = opened(query)?;
            select_of(&mut outer)?.projection.extend(exprs.iter().cloned());
            outer
        }
        PipeOperator::Set { assignments } => {
            let mut items = Vec::new();
            for assignment in assignments {
                let AssignmentTarget::ColumnName(name) = &assignment.target else { return None };
                // Columns are set by their names alone.
                let [name] = name.0.as_slice() else { return None };
                items.push(Box::new(ReplaceSelectElement {
                    expr: assignment.value.clone(),
                    column_name: name.as_ident()?.clone(),
                    as_keyword: true,
                }));
            }
            starred(query, |options| options.opt_replace = Some(ReplaceSelectItem { items }))?
        }
        PipeOperator::Rename { mappings } => {
            let items: Vec<IdentWithAlias> = mappings.clone();
            starred(query, |options| options.opt_rename = Some(RenameSelectItem::Multiple(items)))?
        }
        PipeOperator::Drop { columns } => {
            let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
            let source = parse_query(&format!("SELECT * EXCEPT({}) FROM t", names.join(", "))).ok()?;
            let SetExpr::Select(with) = *source.body else { return None };
            let mut outer = around(query)?;
            select_of(&mut outer)?.projection = with.projection;
            outer
        }
        PipeOperator::As { alias } => {
            let single = is_open(&mut query)
                && select_of(&mut query)
                    .is_some_and(|s| s.selection.is_none() && s.from.len() == 1 && s.from[0].joins.is_empty());
            if single
                && let Some(select) = select_of(&mut query)
                && let Some(TableWithJoins {
                    relation: TableFactor::Table { alias: name, .. } | TableFactor::Derived { alias: name, .. },
                    ..
                }) = select.from.first_mut()
            {
                *name = Some(TableAlias { explicit: true, name: alias.clone(), columns: vec![], at: None });
                query
            } else {
                named(query, Some(alias.clone()))?
            }
        }
        PipeOperator::OrderBy { exprs } => {
            let mut outer = opened(query)?;
            outer.order_by = Some(OrderBy { kind: OrderByKind::Expressions(exprs.clone()), interpolate: None });
            outer
        }
        PipeOperator::Limit { expr, offset } => {
            // ORDER BY and LIMIT go together.
            let mut outer = if query.limit_clause.is_none() { query } else { around(query)? };
            let offset = offset.as_ref().map_or_else(String::new, |n| format!(" OFFSET {n}"));
            outer.limit_clause = parse_query(&format!("SELECT 1 LIMIT {expr}{offset}")).ok()?.limit_clause;
            outer
        }
        PipeOperator::Aggregate { full_table_exprs, group_by_expr } => {
            let (mut items, mut keys, mut order) = (Vec::new(), Vec::new(), Vec::new());
            for key in group_by_expr.iter() {
                keys.push(key.expr.expr.clone());
            }
            for entry in group_by_expr.iter().chain(full_table_exprs) {
                items.push(item(&entry.expr));
                if entry.order_by.sort.is_some() {
                    let place = parse_query(&format!("SELECT {}", items.len())).ok()?;
                    let SetExpr::Select(place) = *place.body else { return None };
                    let SelectItem::UnnamedExpr(place) = place.projection.first()?.clone() else { return None };
                    order.push(OrderByExpr { expr: place, options: entry.order_by.clone(), with_fill: None });
                }
            }
            let mut outer = opened(query)?;
            let select = select_of(&mut outer)?;
            select.projection = items;
            select.group_by = GroupByExpr::Expressions(keys, vec![]);
            if !order.is_empty() {
                outer.order_by = Some(OrderBy { kind: OrderByKind::Expressions(order), interpolate: None });
            }
            outer
        }
        PipeOperator::Join(join) => {
            let mut outer = joinable(query)?;
            select_of(&mut outer)?.from.last_mut()?.joins.push(join.clone());
            outer
        }
        PipeOperator::Union { set_quantifier, queries } => set(query, SetOperator::Union, *set_quantifier, queries)?,
        PipeOperator::Intersect { set_quantifier, queries } => {
            set(query, SetOperator::Intersect, *set_quantifier, queries)?
        }
        PipeOperator::Except { set_quantifier, queries } => set(query, SetOperator::Except, *set_quantifier, queries)?,
        PipeOperator::Pivot { aggregate_functions, value_column, value_source, alias } => over(TableFactor::Pivot {
            table: Box::new(derived(query)),
            aggregate_functions: aggregate_functions.clone(),
            value_column: vec![match value_column.as_slice() {
                [only] => Expr::Identifier(only.clone()),
                parts => Expr::CompoundIdentifier(parts.to_vec()),
            }],
            value_source: value_source.clone(),
            default_on_null: None,
            alias: alias.clone().map(|name| TableAlias { explicit: true, name, columns: vec![], at: None }),
        })?,
        PipeOperator::Unpivot { value_column, name_column, unpivot_columns, alias } => over(TableFactor::Unpivot {
            table: Box::new(derived(query)),
            value: Expr::Identifier(value_column.clone()),
            name: name_column.clone(),
            columns: unpivot_columns
                .iter()
                .map(|c| ExprWithAlias { expr: Expr::Identifier(c.clone()), alias: None })
                .collect(),
            null_inclusion: None,
            alias: alias.clone().map(|name| TableAlias { explicit: true, name, columns: vec![], at: None }),
        })?,
        _ => return None,
    })
}

fn derived(query: Query) -> TableFactor {
    TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: None, sample: None }
}

/// A query that a join may be added to.
fn joinable(mut query: Query) -> Option<Query> {
    let filtered = select_of(&mut query).is_some_and(|select| select.selection.is_some());
    if filtered { around(query) } else { opened(query) }
}

fn starred(query: Query, set: impl FnOnce(&mut WildcardAdditionalOptions)) -> Option<Query> {
    let mut outer = around(query)?;
    let mut options = WildcardAdditionalOptions::default();
    set(&mut options);
    select_of(&mut outer)?.projection = vec![SelectItem::Wildcard(options)];
    Some(outer)
}

fn set(query: Query, op: SetOperator, set_quantifier: SetQuantifier, queries: &[Query]) -> Option<Query> {
    let mut body = SetExpr::Query(Box::new(query));
    for right in queries {
        body = SetExpr::SetOperation {
            op,
            set_quantifier,
            left: Box::new(body),
            right: Box::new(SetExpr::Query(Box::new(right.clone()))),
        };
    }
    let mut outer = parse_query("SELECT 1").ok()?;
    *outer.body = body;
    Some(outer)
}

/// Takes DISTINCT from the first item of a list, where the parser has put it.
fn undistinct(first: &mut SelectItem) -> bool {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = first else { return false };
    let Expr::Prefixed { prefix, value } = expr else { return false };
    if !prefix.value.eq_ignore_ascii_case("DISTINCT") {
        return false;
    }
    let value = value.as_ref().clone();
    if matches!(value, Expr::Wildcard(_)) {
        *first = star();
    } else {
        *expr = value;
    }
    true
}

fn item(entry: &ExprWithAlias) -> SelectItem {
    match &entry.alias {
        Some(alias) => SelectItem::ExprWithAlias { expr: entry.expr.clone(), alias: alias.clone() },
        None => SelectItem::UnnamedExpr(entry.expr.clone()),
    }
}
