//! The parts of a query by which a failing one is told from the others: its conditions and each of its columns, as queries
//! of their own and with their places in the text. It must not know what makes them fail.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, JoinConstraint, JoinOperator, PipeOperator, Query, Select, SelectItem, SetExpr,
    Spanned, TableFactor, Visit, Visitor,
};

use super::OutputColumn;
use super::lines::Lines;
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

/// The conditions of a query's SELECT in the order of their text, each with the FROM and WHERE that end with it: where
/// those before it have values for every row, it is the one that fails. The first may be what the rows are made of.
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
        let whole = match until.take() {
            None => one.clone(),
            Some(before) => {
                Expr::BinaryOp { left: Box::new(before), op: BinaryOperator::And, right: Box::new(one.clone()) }
            }
        };
        all.push((Some(one), Select { selection: Some(whole.clone()), ..bare.clone() }));
        until = Some(whole);
    }
    all
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
    /// The column that it returns, of the other's columns; `None` for a query that reads its rows by conditions and
    /// returns a constant.
    pub column: Option<usize>,
    /// The GoogleSQL text.
    pub text: String,
}

/// The parts of a query that can be evaluated alone: without its DISTINCT, its groups and their conditions, by which the
/// engine would need all columns at once. None where it is not one SELECT of named expressions.
pub fn parts(text: &str, output: &[OutputColumn]) -> Vec<Part> {
    let Ok(query) = parse_query(text) else { return Vec::new() };
    let SetExpr::Select(select) = query.body.as_ref() else { return Vec::new() };
    let is_named = |item: &SelectItem| matches!(item, SelectItem::ExprWithAlias { .. } | SelectItem::UnnamedExpr(_));
    if !query.pipe_operators.is_empty() || select.value_table_mode.is_some() {
        return Vec::new();
    }
    let alone = |mut select: Select, item: SelectItem| {
        select.projection = vec![item];
        (select.distinct, select.having, select.qualify) = (None, None, None);
        select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
        let query = Query {
            body: Box::new(SetExpr::Select(Box::new(select))),
            order_by: None,
            limit_clause: None,
            ..query.clone()
        };
        to_googlesql(&query).ok()
    };
    let one = parse_query("SELECT 1 AS one").ok().and_then(|one| match *one.body {
        SetExpr::Select(select) => select.projection.into_iter().next(),
        _ => None,
    });
    let mut parts = Vec::new();
    for (_, select) in conditioned(&query) {
        let Some(text) = one.clone().and_then(|one| alone(select, one)) else { return Vec::new() };
        parts.push(Part { column: None, text });
    }
    if select.projection.iter().all(is_named) {
        let columns = select.projection.iter().zip(output).enumerate();
        let single = columns.filter(|(_, (_, output))| output.kind != ColumnKind::Aggregated);
        parts.extend(single.filter_map(|(at, (item, _))| {
            Some(Part { column: Some(at), text: alone(select.as_ref().clone(), item.clone())? })
        }));
    }
    parts
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
        assert_eq!(parts[0], "SELECT 1 AS one FROM t");
        assert_eq!(parts[3], "SELECT 1 AS one FROM t JOIN u ON t.k = u.k AND u.b WHERE a > 1 AND (b OR c)");
        assert_eq!(parts.len(), 5);
    }

    #[test]
    fn a_part_stands_alone_without_what_needs_the_others() {
        let parts = parts("SELECT DISTINCT a AS x, a + 1 AS y FROM t WHERE a > 1 ORDER BY x LIMIT 3", &[]);
        assert_eq!(
            parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(),
            ["SELECT 1 AS one FROM t WHERE a > 1"]
        );
    }
}
