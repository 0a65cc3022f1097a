//! How the tables of a query are joined, as far as its text and their declared keys say it: which of them a join finds one
//! row of. What cannot be read from equalities is left out, so that nothing is said of it.

use std::collections::BTreeSet;

use sqlparser::ast::{
    BinaryOperator, Expr, JoinConstraint, JoinOperator, ObjectName, Select, SetExpr, TableFactor, Visit, Visitor,
};
use std::ops::ControlFlow;

use crate::model::{Project, Query, Table};
use crate::sql::googlesql::parse_query;

/// A source table of a query.
pub(super) struct Joined<'p> {
    /// The table.
    pub(super) table: &'p Table,
    alias: String,
    /// Columns that are equal to a column of another table, as `(own, other, the other's)`.
    equal: Vec<(String, usize, String)>,
    /// Columns that are equal to a value.
    fixed: BTreeSet<String>,
    /// A condition that is not an equality chooses among its rows.
    chosen: bool,
}

impl Joined<'_> {
    /// Whether all columns of the primary key are among these.
    fn has_key(&self, columns: &BTreeSet<&str>) -> bool {
        let key = &self.table.primary_key;
        !key.is_empty() && key.iter().all(|part| columns.contains(part.as_str()) || self.fixed.contains(part))
    }

    /// Whether a row of the other table finds one row of this one.
    pub(super) fn is_one_for(&self, other: usize) -> bool {
        self.has_key(&self.equal.iter().filter(|(_, at, _)| *at == other).map(|(own, ..)| own.as_str()).collect())
    }

    /// Whether a row of the other table may find several rows of this one.
    pub(super) fn is_many_for(&self, other: usize) -> bool {
        !self.chosen && self.shares(other)
    }

    /// Whether several rows of this one share a row of the other table, however they are chosen.
    pub(super) fn shares(&self, other: usize) -> bool {
        let tied = self.equal.iter().any(|(_, at, _)| *at == other);
        tied && !self.table.primary_key.is_empty() && !self.is_one_for(other)
    }

    /// The columns of the other table that it is joined by.
    pub(super) fn by(&self, other: usize) -> BTreeSet<&str> {
        self.equal.iter().filter(|(_, at, _)| *at == other).map(|(_, _, theirs)| theirs.as_str()).collect()
    }
}

/// The source tables of a query of one SELECT, with what joins them; `None` where it is not of this form.
pub(super) fn of<'p>(project: &'p Project, query: &Query) -> Option<Vec<Joined<'p>>> {
    let parsed = parse_query(&query.text).ok()?;
    let SetExpr::Select(select) = parsed.body.as_ref() else { return None };
    let [from] = select.from.as_slice() else { return None };
    let mut all: Vec<Joined<'p>> = Vec::new();
    all.extend(table(project, &from.relation));
    for join in &from.joins {
        let found = table(project, &join.relation);
        let is_table = found.is_some();
        all.extend(found);
        let (JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)) = &join.join_operator
        else {
            return None;
        };
        match constraint {
            JoinConstraint::On(on) => equalities(on, true, &mut all),
            JoinConstraint::Using(names) if is_table => {
                for name in names {
                    let name = last(name);
                    let at = all.len() - 1;
                    let other = all[..at].iter().position(|other| other.table.column(&name).is_some());
                    if let Some(other) = other {
                        tie(&mut all, (at, &name), (other, &name));
                    }
                }
            }
            _ => {}
        }
    }
    choices(select, &mut all);
    Some(all)
}

fn table<'p>(project: &'p Project, factor: &TableFactor) -> Option<Joined<'p>> {
    let TableFactor::Table { name, alias, .. } = factor else { return None };
    let parts: Vec<String> =
        name.0.iter().filter_map(|part| part.as_ident().map(|ident| ident.value.clone())).collect();
    let address = parts.join(".");
    let table = project.table(&address)?;
    let alias = alias.as_ref().map_or_else(|| table.name.clone(), |alias| alias.name.value.clone());
    Some(Joined { table, alias, equal: Vec::new(), fixed: BTreeSet::new(), chosen: false })
}

fn last(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone()).unwrap_or_default()
}

fn tie(all: &mut [Joined<'_>], (left, own): (usize, &str), (right, other): (usize, &str)) {
    all[left].equal.push((own.to_owned(), right, other.to_owned()));
    all[right].equal.push((other.to_owned(), left, own.to_owned()));
}

/// The table and column that an expression names.
fn column(expr: &Expr, all: &[Joined<'_>]) -> Option<(usize, String)> {
    match expr {
        Expr::Nested(inner) => column(inner, all),
        Expr::CompoundIdentifier(parts) => {
            let [relation, name] = parts.as_slice() else { return None };
            let at = all.iter().position(|one| one.alias.eq_ignore_ascii_case(&relation.value))?;
            Some((at, all[at].table.columns.iter().find(|c| c.name.eq_ignore_ascii_case(&name.value))?.name.clone()))
        }
        Expr::Identifier(name) => {
            let named = |one: &Joined<'_>| one.table.columns.iter().any(|c| c.name.eq_ignore_ascii_case(&name.value));
            let at = all.iter().position(named)?;
            Some((at, all[at].table.columns.iter().find(|c| c.name.eq_ignore_ascii_case(&name.value))?.name.clone()))
        }
        _ => None,
    }
}

/// Reads the equalities of a condition. Any other comparison of a join chooses among the rows of what it names, and one of
/// WHERE where it names two tables.
fn equalities(on: &Expr, is_join: bool, all: &mut [Joined<'_>]) {
    match on {
        Expr::Nested(inner) => equalities(inner, is_join, all),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            equalities(left, is_join, all);
            equalities(right, is_join, all);
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => match (column(left, all), column(right, all)) {
            (Some((a, own)), Some((b, other))) if a != b => tie(all, (a, &own), (b, &other)),
            (Some((at, name)), None) if is_constant(right) => {
                all[at].fixed.insert(name);
            }
            (None, Some((at, name))) if is_constant(left) => {
                all[at].fixed.insert(name);
            }
            _ => choose(on, is_join, all),
        },
        other => choose(other, is_join, all),
    }
}

/// Whether no column stands in an expression.
pub(super) fn is_constant(expr: &Expr) -> bool {
    struct Column;
    impl Visitor for Column {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    expr.visit(&mut Column).is_continue()
}

fn choose(condition: &Expr, is_join: bool, all: &mut [Joined<'_>]) {
    struct Named<'a, 'p>(&'a [Joined<'p>], BTreeSet<usize>);
    impl Visitor for Named<'_, '_> {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            self.1.extend(column(expr, self.0).map(|(at, _)| at));
            ControlFlow::Continue(())
        }
    }
    let mut named = Named(all, BTreeSet::new());
    let _ = condition.visit(&mut named);
    let named = named.1;
    for at in named.iter().filter(|_| is_join || named.len() > 1) {
        all[*at].chosen = true;
    }
}

/// What chooses rows after the joins.
fn choices(select: &Select, all: &mut [Joined<'_>]) {
    if let Some(condition) = &select.selection {
        equalities(condition, false, all);
    }
    if select.qualify.is_some() || select.distinct.is_some() {
        for one in all {
            one.chosen = true;
        }
    }
}
