//! The parts of a query by which a failing one is told from the others: its conditions and each of its columns, as queries
//! of their own and with their places in the text. It must not know what makes them fail.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, JoinConstraint,
    JoinOperator, PipeOperator, Query, Select, SelectItem, SetExpr, Spanned, TableFactor, Visit, Visitor, WindowType,
};

use super::OutputColumn;
use super::lines::Lines;
use super::lower::{each_outside, found_in, is_aggregate};
use super::parse::parse_query;
use super::print::to_googlesql;
use super::value::ColumnKind;

/// Where the parts of a query stand in its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The expressions of columns by their names in lower case; none where several have the name.
    pub columns: BTreeMap<String, Range<usize>>,
    /// The condition, where there is one alone.
    pub condition: Option<Range<usize>>,
    /// The conditions of the outermost SELECT, as `parts` has them; none for what is no condition of its own.
    pub conditions: Vec<Option<Range<usize>>>,
}

/// Finds the places of a query's parts, those of its CTEs and subqueries among them.
pub fn places(text: &str, query: &Query) -> Places {
    let mut look = Look { lines: Lines::new(text), made: Vec::new(), passed: Vec::new(), conditions: Vec::new() };
    let _ = query.visit(&mut look);
    let Look { made, passed, conditions, .. } = look;
    let one = |name: &str| {
        let mut all = made.iter().filter(|(known, _)| known == name);
        all.next().filter(|_| all.next().is_none()).map(|(_, place)| place.clone())
    };
    let mut columns: BTreeMap<String, Range<usize>> =
        made.iter().filter_map(|(name, _)| Some((name.clone(), one(name)?))).collect();
    // A column that is passed on under another name stands where it is made.
    for (name, of) in passed.iter().filter(|(name, of)| name != of && made.iter().all(|(known, _)| known != name)) {
        columns.extend(one(of).map(|place| (name.clone(), place)));
    }
    let condition = conditions.first().filter(|_| conditions.len() == 1).cloned();
    let lines = Lines::new(text);
    let place = |expr: &Expr| closed(text, lines.bytes(expr.span()));
    let conditions = conditioned(query).into_iter().map(|(expr, _)| expr.map(place)).collect();
    Places { columns, condition, conditions }
}

struct Look<'a> {
    lines: Lines<'a>,
    made: Vec<(String, Range<usize>)>,
    passed: Vec<(String, String)>,
    conditions: Vec<Range<usize>>,
}

impl Look<'_> {
    fn item(&mut self, item: &SelectItem) {
        let SelectItem::ExprWithAlias { expr, alias } = item else { return };
        let name = alias.value.to_lowercase();
        match expr {
            Expr::Identifier(of) => self.passed.push((name, of.value.to_lowercase())),
            Expr::CompoundIdentifier(of) => {
                self.passed.extend(of.last().map(|of| (name, of.value.to_lowercase())));
            }
            _ => self.made.push((name, closed(self.lines.text(), self.lines.bytes(item.span())))),
        }
    }

    fn condition(&mut self, expr: &Expr) {
        self.conditions.push(closed(self.lines.text(), self.lines.bytes(expr.span())));
    }
}

/// The parser's span of a call may begin at its first argument and end before its parenthesis: both are taken in.
fn closed(text: &str, place: Range<usize>) -> Range<usize> {
    let (mut open, mut unopened) = (0_usize, 0_usize);
    for character in text.get(place.clone()).unwrap_or_default().chars() {
        match character {
            '(' | '[' => open += 1,
            ')' | ']' if open > 0 => open -= 1,
            ')' | ']' => unopened += 1,
            _ => {}
        }
    }
    let (mut start, mut end) = (place.start, place.end);
    for _ in 0..unopened {
        let Some(at) = text[..start].rfind(['(', '[']) else { break };
        start = text[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.').len();
    }
    for _ in 0..open {
        let Some(at) = text[end..].find([')', ']']) else { break };
        end += at + 1;
    }
    start..end
}

impl Visitor for Look<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        select.projection.iter().for_each(|item| self.item(item));
        let joins = select.from.iter().flat_map(|from| &from.joins);
        let on = joins.filter_map(|join| match constraint(&join.join_operator) {
            Some(JoinConstraint::On(on)) => Some(on),
            _ => None,
        });
        on.chain(&select.selection).chain(&select.having).chain(&select.qualify).for_each(|expr| self.condition(expr));
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for pipe in &query.pipe_operators {
            match pipe {
                PipeOperator::Select { exprs } | PipeOperator::Extend { exprs } => {
                    exprs.iter().for_each(|item| self.item(item));
                }
                PipeOperator::Where { expr } => self.condition(expr),
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }
}

/// What a join says of the rows that it joins; `None` for one of another kind.
pub fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
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

/// The conditions of a query's SELECT in the order of their text, each with the SELECT that ends with it: where those before
/// it have values for every row, it is the one that fails. The first may be what the rows are made of.
fn conditioned(query: &Query) -> Vec<(Option<&Expr>, Select)> {
    let SetExpr::Select(select) = query.body.as_ref() else { return Vec::new() };
    if !query.pipe_operators.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::new();
    let bare = Select { selection: None, ..select.as_ref().clone() };
    let is_made = query.with.is_some()
        || select.from.iter().any(|from| !matches!(from.relation, TableFactor::Table { .. }) || !from.joins.is_empty());
    if let [from] = select.from.as_slice() {
        for (count, join) in from.joins.iter().enumerate() {
            if let Some(JoinConstraint::On(on)) = constraint(&join.join_operator) {
                let mut until = bare.clone();
                until.from[0].joins.truncate(count + 1);
                if all.is_empty() {
                    let mut before = until.clone();
                    before.from[0].joins.truncate(count);
                    all.push((None, before));
                }
                all.push((Some(on), until));
            }
        }
    }
    if all.is_empty() && is_made {
        all.push((None, bare.clone()));
    }
    let mut until: Option<Expr> = None;
    for one in select.selection.iter().flat_map(conjuncts) {
        let whole = and(until.take(), one);
        all.push((Some(one), Select { selection: Some(whole.clone()), ..bare.clone() }));
        until = Some(whole);
    }
    all.extend(later(select));
    all
}

/// The conditions of HAVING, then those of QUALIFY, each with the SELECT that ends with it.
fn later(select: &Select) -> Vec<(Option<&Expr>, Select)> {
    let mut all = Vec::new();
    let mut until = Select { having: None, qualify: None, ..select.clone() };
    for one in select.having.iter().flat_map(conjuncts) {
        until.having = Some(and(until.having.take(), one));
        all.push((Some(one), until.clone()));
    }
    for one in select.qualify.iter().flat_map(conjuncts) {
        until.qualify = Some(and(until.qualify.take(), one));
        all.push((Some(one), until.clone()));
    }
    all
}

fn and(before: Option<Expr>, one: &Expr) -> Expr {
    match before {
        None => one.clone(),
        Some(before) => {
            Expr::BinaryOp { left: Box::new(before), op: BinaryOperator::And, right: Box::new(one.clone()) }
        }
    }
}

/// The conditions that AND joins.
fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            let mut all = conjuncts(left);
            all.extend(conjuncts(right));
            all
        }
        other => vec![other],
    }
}

/// A query that evaluates one part of another alone.
pub struct Part {
    /// What it is a part of.
    pub of: PartOf,
    /// The GoogleSQL text. What it computes is its only column, `_value`.
    pub text: String,
    /// It fails where rows fail of which each fails alone: it computes nothing from several rows.
    pub by_row: bool,
}

/// What a part is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartOf {
    /// A condition, by its place among `Places::conditions`.
    Condition(usize),
    /// A column of the query.
    Column(usize),
}

/// The parts of a query that can be evaluated alone, each after those that it depends on: the conditions on its rows, its
/// columns and what its aggregates and windows compute from each row, then the conditions on groups and windows. None where it
/// is not one SELECT.
pub fn parts(text: &str, output: &[OutputColumn]) -> Vec<Part> {
    let Ok(query) = parse_query(text) else { return Vec::new() };
    let SetExpr::Select(select) = query.body.as_ref() else { return Vec::new() };
    if !query.pipe_operators.is_empty() || select.value_table_mode.is_some() {
        return Vec::new();
    }
    let Some(one) = parse_query("SELECT 1").ok().and_then(|one| single(&one)) else { return Vec::new() };
    let mut parts = Vec::new();
    let mut push = |of, by_row, text: Option<String>| parts.extend(text.map(|text| Part { of, text, by_row }));
    let conditioned = conditioned(&query);
    let (on_rows, on_groups) = conditioned.split_at(conditioned.len() - later(select).len());
    for (at, (_, until)) in on_rows.iter().enumerate() {
        push(PartOf::Condition(at), true, alone(&query, until, one.clone()));
    }
    let is_named = |item: &SelectItem| matches!(item, SelectItem::ExprWithAlias { .. } | SelectItem::UnnamedExpr(_));
    if select.projection.iter().all(is_named) {
        for (at, (item, output)) in select.projection.iter().zip(output).enumerate() {
            let (SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr)) = item else { continue };
            let inner = if output.kind == ColumnKind::Aggregated { by_row(expr) } else { vec![expr.clone()] };
            for expr in inner {
                push(PartOf::Column(at), true, alone(&query, select, expr));
            }
        }
    }
    let places = on_rows.len()..;
    for (at, (condition, until)) in places.zip(on_groups) {
        for expr in condition.iter().flat_map(|condition| by_row(condition)) {
            push(PartOf::Condition(at), true, alone(&query, select, expr));
        }
        let body = Box::new(SetExpr::Select(Box::new(until.clone())));
        let whole = Query { body, order_by: None, limit_clause: None, ..query.clone() };
        let text = to_googlesql(&whole).ok().map(|text| format!("SELECT COUNT(*) AS _value FROM ({text})"));
        push(PartOf::Condition(at), false, text);
    }
    parts
}

/// The only expression of a query.
fn single(query: &Query) -> Option<Expr> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    match select.projection.as_slice() {
        [SelectItem::UnnamedExpr(expr)] => Some(expr.clone()),
        _ => None,
    }
}

/// An expression over the rows of a SELECT: without its DISTINCT, its groups and their conditions, by which the engine would
/// need all columns at once.
fn alone(query: &Query, select: &Select, expr: Expr) -> Option<String> {
    let mut select = select.clone();
    select.projection = vec![SelectItem::ExprWithAlias { expr, alias: Ident::new("_value") }];
    (select.distinct, select.having, select.qualify) = (None, None, None);
    select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
    select.named_window = Vec::new();
    let body = Box::new(SetExpr::Select(Box::new(select)));
    to_googlesql(&Query { body, order_by: None, limit_clause: None, ..query.clone() }).ok()
}

/// Whether an expression has neither an aggregate nor a window.
fn is_by_row(expr: &Expr) -> bool {
    let found = found_in(expr);
    !found.aggregate && !found.window
}

/// What the aggregates and windows of an expression compute from each row alone.
fn by_row(expr: &Expr) -> Vec<Expr> {
    let mut all = Vec::new();
    each_outside(expr, &mut |expr| {
        let Expr::Function(call) = expr else { return };
        if call.over.is_none() && !is_aggregate(&call.name.to_string()) {
            return;
        }
        let mut own = Vec::new();
        if let FunctionArguments::List(list) = &call.args {
            own.extend(list.args.iter().filter_map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            }));
        }
        if let Some(WindowType::WindowSpec(spec)) = &call.over {
            own.extend(spec.partition_by.iter().chain(spec.order_by.iter().map(|key| &key.expr)));
        }
        // An aggregate in a window computes from several rows itself.
        all.extend(own.into_iter().filter(|expr| is_by_row(expr)).cloned());
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(sql: &str, name: &str) -> String {
        let found = places(sql, &parse_query(sql).expect("a query"));
        let place = if name.is_empty() { found.condition } else { found.columns.get(name).cloned() };
        place.map_or_else(String::new, |place| sql[place].to_owned())
    }

    #[test]
    fn an_expression_is_found_whole_where_it_is_made() {
        let sql = "WITH c AS (SELECT '가' AS k, EXTRACT(YEAR FROM DATE(a)) AS y, b AS z FROM t)\n\
                   SELECT CAST(c.k AS INT64) AS n, y AS year, z FROM c WHERE 0 < CAST(z AS INT64)";
        assert_eq!(place(sql, "n"), "CAST(c.k AS INT64) AS n");
        assert_eq!(place(sql, "year"), "EXTRACT(YEAR FROM DATE(a)) AS y");
        assert_eq!(place(sql, ""), "0 < CAST(z AS INT64)");
    }

    #[test]
    fn what_several_places_could_have_made_has_none() {
        let sql = "SELECT a + 1 AS n FROM t WHERE a > 1 UNION ALL SELECT b + 1 AS n FROM t WHERE b > 1";
        assert_eq!((place(sql, "n"), place(sql, "")), (String::new(), String::new()));
    }

    #[test]
    fn conditions_are_told_apart_by_those_before_them() {
        let sql = "SELECT a AS x FROM t JOIN u ON t.k = u.k AND u.b WHERE a > 1 AND (b OR c) AND d";
        let conditions = places(sql, &parse_query(sql).expect("a query")).conditions;
        let texts: Vec<&str> = conditions.into_iter().map(|place| place.map_or("", |place| &sql[place])).collect();
        assert_eq!(texts, ["", "t.k = u.k AND u.b", "a > 1", "b OR c", "d"]);
        let parts: Vec<String> = parts(sql, &[]).into_iter().map(|part| part.text).collect();
        assert_eq!(parts[0], "SELECT 1 AS _value FROM t");
        assert_eq!(parts[3], "SELECT 1 AS _value FROM t JOIN u ON t.k = u.k AND u.b WHERE a > 1 AND (b OR c)");
        assert_eq!(parts.len(), 5);
    }

    #[test]
    fn a_part_stands_alone_without_what_needs_the_others() {
        let parts = parts("SELECT DISTINCT a AS x, a + 1 AS y FROM t WHERE a > 1 ORDER BY x LIMIT 3", &[]);
        assert_eq!(
            parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(),
            ["SELECT 1 AS _value FROM t WHERE a > 1"]
        );
    }

    #[test]
    fn groups_and_windows_have_conditions_of_their_own() {
        let sql = "SELECT k, SUM(a) AS s FROM t WHERE b GROUP BY k HAVING 1 / MAX(c + 1) > 0 AND k > 1 \
                   QUALIFY RANK() OVER (ORDER BY SUM(d), e) = 1";
        let conditions = places(sql, &parse_query(sql).expect("a query")).conditions;
        let texts: Vec<&str> = conditions.into_iter().map(|place| place.map_or("", |place| &sql[place])).collect();
        assert_eq!(texts, ["b", "1 / MAX(c + 1) > 0", "k > 1", "RANK() OVER (ORDER BY SUM(d), e) = 1"]);
        let all = parts(sql, &[]);
        let found: Vec<(PartOf, bool, &str)> =
            all.iter().map(|part| (part.of, part.by_row, part.text.as_str())).collect();
        let grouped = "SELECT COUNT(*) AS _value FROM (SELECT k, SUM(a) AS s FROM t WHERE b GROUP BY k HAVING";
        assert_eq!(found[0], (PartOf::Condition(0), true, "SELECT 1 AS _value FROM t WHERE b"));
        assert_eq!(found[1], (PartOf::Condition(1), true, "SELECT c + 1 AS _value FROM t WHERE b"));
        assert_eq!((found[2].0, found[2].1), (PartOf::Condition(1), false));
        assert_eq!(found[2].2, format!("{grouped} 1 / MAX(c + 1) > 0)"));
        assert_eq!(found[3].0, PartOf::Condition(2));
        assert_eq!(found[4], (PartOf::Condition(3), true, "SELECT e AS _value FROM t WHERE b"));
        assert_eq!((found[5].2, found.len()), ("SELECT d AS _value FROM t WHERE b", 7));
    }
}
