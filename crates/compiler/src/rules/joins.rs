//! How the tables of a query are joined, as far as its text and their declared keys say it: which of them a join finds one
//! row of. What cannot be read from equalities is left out, so that nothing is said of it.

use std::collections::BTreeSet;

use sqlparser::ast::{
    BinaryOperator, Cte, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    GroupByExpr, JoinConstraint, JoinOperator, ObjectName, Select, SelectItem, SetExpr, TableFactor, Visit, Visitor,
};
use std::ops::ControlFlow;

use crate::model::{Project, Query, Table};
use dwc_googlesql::parse_query;

/// What a query of one SELECT joins, and what it makes of it.
pub(super) struct Joins<'p> {
    /// Its source tables.
    pub(super) tables: Vec<Joined<'p>>,
    /// Its rows are grouped.
    pub(super) is_grouped: bool,
    /// Its calls of SUM and COUNT, which a repeated row changes.
    counted: Vec<Counted>,
}

/// A call whose value a repeated row changes.
struct Counted {
    is_sum: bool,
    /// The tables that it reads columns of.
    tables: BTreeSet<usize>,
}

impl Joins<'_> {
    /// Whether anything is summed or counted over the joined rows.
    pub(super) fn counts(&self) -> bool {
        !self.counted.is_empty()
    }

    /// The tables that a SUM reads alone.
    pub(super) fn summed_alone(&self) -> BTreeSet<usize> {
        let alone = self.counted.iter().filter(|call| call.is_sum && call.tables.len() == 1);
        alone.flat_map(|call| call.tables.iter().copied()).collect()
    }

    /// The columns that joins make equal, each as its table, its name and whether its source compares it without case.
    pub(super) fn equalities(&self) -> Vec<[(&str, &str, bool); 2]> {
        let mut all = Vec::new();
        for (at, one) in self.tables.iter().enumerate() {
            for (own, other, theirs) in one.equal.iter().filter(|(_, other, _)| at < *other) {
                let read = |at: usize, name: &'_ str| {
                    let table = self.tables[at].table;
                    let column = table.columns.iter().find(|column| column.name == name)?;
                    Some((table.address.as_str(), column.name.as_str(), column.folds_case))
                };
                all.extend(read(at, own).zip(read(*other, theirs)).map(|(left, right)| [left, right]));
            }
        }
        all
    }

    /// The place of a table.
    pub(super) fn place(&self, address: &str) -> Option<usize> {
        self.tables.iter().position(|one| one.table.address == address)
    }
}

/// A source table of a query.
pub(super) struct Joined<'p> {
    /// The table.
    pub(super) table: &'p Table,
    alias: String,
    /// Its columns as a subquery or WITH clause hands them on, by their names there; `None` where it is read itself.
    handed_on: Option<Vec<(String, String)>>,
    /// Columns that are equal to a column of another table, as `(own, other, the other's)`.
    equal: Vec<(String, usize, String)>,
    /// Columns that are equal to a value.
    fixed: BTreeSet<String>,
    /// A condition that is not an equality chooses among its rows.
    chosen: bool,
}

impl Joined<'_> {
    /// Its column of a name in the query.
    fn column(&self, name: &str) -> Option<String> {
        match &self.handed_on {
            Some(all) => {
                all.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, column)| column.clone())
            }
            None => own_column(self.table, name),
        }
    }

    /// Its column that a join makes equal to a column of another table.
    pub(super) fn equal_to(&self, other: usize, column: &str) -> Option<&str> {
        self.equal.iter().find(|(_, at, theirs)| *at == other && theirs == column).map(|(own, ..)| own.as_str())
    }

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

/// What a query of one SELECT joins; `None` where it is not of this form.
pub(super) fn of<'p>(project: &'p Project, query: &Query) -> Option<Joins<'p>> {
    let parsed = parse_query(&query.text).ok()?;
    let SetExpr::Select(select) = parsed.body.as_ref() else { return None };
    let with = parsed.with.as_ref().map_or(&[][..], |with| &with.cte_tables);
    let read = |factor: &TableFactor| table(project, with, factor);
    let mut all: Vec<Joined<'p>> = Vec::new();
    for from in &select.from {
        all.extend(read(&from.relation));
        for join in &from.joins {
            let found = read(&join.relation);
            let is_table = found.is_some();
            all.extend(found);
            let (JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::Right(constraint)
            | JoinOperator::RightOuter(constraint)
            | JoinOperator::CrossJoin(constraint)
            | JoinOperator::FullOuter(constraint)) = &join.join_operator
            else {
                return None;
            };
            match constraint {
                JoinConstraint::On(on) => equalities(on, true, &mut all),
                JoinConstraint::Using(names) if is_table => {
                    for name in names {
                        let at = all.len() - 1;
                        let own = all[at].column(&last(name));
                        let others = all[..at].iter().enumerate();
                        let other = others.filter_map(|(at, other)| Some((at, other.column(&last(name))?))).next();
                        if let (Some(own), Some((other, theirs))) = (own, other) {
                            tie(&mut all, (at, &own), (other, &theirs));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    choices(select, &mut all);
    let by = matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    let counted = counted(select, &all);
    Some(Joins { tables: all, is_grouped: !by, counted })
}

/// The calls of SUM and COUNT among what a SELECT gives.
fn counted(select: &Select, all: &[Joined<'_>]) -> Vec<Counted> {
    struct Calls<'a, 'p>(&'a [Joined<'p>], Vec<Counted>);
    impl Visitor for Calls<'_, '_> {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Function(function) = expr
                && function.over.is_none()
                && let Some(is_sum) = counts(function)
            {
                self.1.push(Counted { is_sum, tables: named(expr, self.0) });
            }
            ControlFlow::Continue(())
        }
    }
    let mut calls = Calls(all, Vec::new());
    for item in &select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            let _ = expr.visit(&mut calls);
        }
    }
    calls.1
}

/// Whether a call is a SUM, where it is one that a repeated row changes.
fn counts(function: &Function) -> Option<bool> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let once = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    match function.name.to_string().to_ascii_uppercase().as_str() {
        "SUM" if !once => Some(true),
        "COUNT" | "COUNTIF" if !once => Some(false),
        _ => None,
    }
}

/// The arguments of a call that are expressions.
pub(super) fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let expr = |argument| match argument {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Some(expr),
        _ => None,
    };
    list.args.iter().filter_map(expr).collect()
}

/// The table that a relation is, or that its subquery or WITH clause hands on row by row.
fn table<'p>(project: &'p Project, with: &[Cte], factor: &TableFactor) -> Option<Joined<'p>> {
    let (inner, with, alias) = match factor {
        TableFactor::Table { name, alias, .. } => {
            let parts: Vec<&str> =
                name.0.iter().filter_map(|part| part.as_ident().map(|ident| ident.value.as_str())).collect();
            let address = parts.join(".");
            let alias = alias.as_ref().map(|alias| alias.name.value.clone());
            if let Some(table) = project.table(&address) {
                let alias = alias.unwrap_or_else(|| table.name.clone());
                return Some(Joined {
                    table,
                    alias,
                    handed_on: None,
                    equal: Vec::new(),
                    fixed: BTreeSet::new(),
                    chosen: false,
                });
            }
            let at = with.iter().position(|cte| cte.alias.name.value.eq_ignore_ascii_case(&address))?;
            (with[at].query.as_ref(), &with[..at], alias.unwrap_or(address))
        }
        TableFactor::Derived { subquery, alias, .. } => (subquery.as_ref(), with, alias.as_ref()?.name.value.clone()),
        _ => return None,
    };
    let SetExpr::Select(select) = inner.body.as_ref() else { return None };
    let [from] = select.from.as_slice() else { return None };
    let by = matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    let whole = by && select.distinct.is_none() && select.qualify.is_none() && inner.limit_clause.is_none();
    if !whole || !from.joins.is_empty() || !matches!(from.relation, TableFactor::Table { .. }) {
        return None;
    }
    let mut read = table(project, with, &from.relation)?;
    let mut handed_on = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::Wildcard(_) => {
                let columns = read.table.columns.iter();
                handed_on.extend(columns.map(|column| (column.name.clone(), column.name.clone())));
            }
            SelectItem::UnnamedExpr(expr) => {
                let found = column(expr, std::slice::from_ref(&read));
                handed_on.extend(found.map(|(_, column)| (column.clone(), column)));
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let found = column(expr, std::slice::from_ref(&read));
                handed_on.extend(found.map(|(_, column)| (alias.value.clone(), column)));
            }
            _ => return None,
        }
    }
    if let Some(condition) = &select.selection {
        equalities(condition, false, std::slice::from_mut(&mut read));
    }
    read.alias = alias;
    read.handed_on = Some(handed_on);
    Some(read)
}

fn own_column(table: &Table, name: &str) -> Option<String> {
    table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)).map(|column| column.name.clone())
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
            Some((at, all[at].column(&name.value)?))
        }
        Expr::Identifier(name) => all.iter().enumerate().find_map(|(at, one)| Some((at, one.column(&name.value)?))),
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
    let named = named(condition, all);
    for at in named.iter().filter(|_| is_join || named.len() > 1) {
        all[*at].chosen = true;
    }
}

/// The tables whose columns stand in an expression.
fn named(expr: &Expr, all: &[Joined<'_>]) -> BTreeSet<usize> {
    struct Named<'a, 'p>(&'a [Joined<'p>], BTreeSet<usize>);
    impl Visitor for Named<'_, '_> {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            self.1.extend(column(expr, self.0).map(|(at, _)| at));
            ControlFlow::Continue(())
        }
    }
    let mut named = Named(all, BTreeSet::new());
    let _ = expr.visit(&mut named);
    named.1
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
