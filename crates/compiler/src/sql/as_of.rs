//! Evaluates a query at many instants at once: every table becomes its rows as of each instant, named by the number of a
//! slot, and the slot is threaded through joins, groups, windows, set operations and subqueries, so that rows of one
//! instant meet rows of no other. It must not know which instants there are, nor of engines.

mod select;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use dwc_googlesql::{parse_expr, to_googlesql};
use sqlparser::ast::{
    Expr, Function, GroupByExpr, Ident, JoinConstraint, JoinOperator, NamedWindowExpr, ObjectName, ObjectNamePart,
    Query, Select, SelectItem, SetExpr, TableAlias, TableFactor, TableWithJoins, VisitMut, VisitorMut, WindowType,
};

use self::select::{both, expr, group, hide_slots, in_every_slot, within};
use super::touched::{backquoted, plain_alias, short_name, table_name};

/// The column that holds the number of the slot.
pub(crate) const SLOT: &str = "_slot";

/// The same column in a subquery whose table has the name of one around it.
pub(crate) const WITHIN: &str = "_within";

/// The relation of every slot, with this one column.
pub(crate) const SLOTS: &str = "slots/all";

/// The relation that stands for a table: its rows as of each slot.
pub(crate) fn relation(table: &str) -> String {
    format!("{table}/as_of")
}

/// The same relation, for a subquery whose table has the name of one around it.
pub(crate) fn relation_within(table: &str) -> String {
    format!("{table}/as_of_within")
}

/// A part of a query that has no meaning at an instant of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The part, in the user's words.
    pub(crate) part: String,
    /// What to write instead.
    pub(crate) instead: String,
}

fn refuse<T>(part: impl Into<String>, instead: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { part: part.into(), instead: instead.into() })
}

/// The query over the rows of `tables` as of each slot, with the slot as its last column.
///
/// # Errors
/// The part through which no slot can be threaded.
pub(crate) fn threaded(query: &Query, tables: &BTreeSet<String>) -> Result<String, Refused> {
    let mut query = query.clone();
    let mut threading = Threading { tables, ctes: Vec::new(), unnamed: 0 };
    if !threading.query(&mut query, None)? {
        return refuse("it reads no table of a source", "name a source table in FROM");
    }
    to_googlesql(&query).map_err(|_| Refused {
        part: "a form that cannot be rewritten without changing what it means".into(),
        instead: "write the unusual part of it differently".into(),
    })
}

struct Threading<'a> {
    tables: &'a BTreeSet<String>,
    /// Common table expressions in scope, and whether they have a slot.
    ctes: Vec<(String, bool)>,
    unnamed: usize,
}

/// The slot around a subquery.
#[derive(Clone, Copy)]
struct Around<'s> {
    slot: &'s str,
    /// One relation alone has it, so that its bare name is plain.
    alone: bool,
}

/// The slot of what a FROM brings together.
struct Joined {
    slot: Option<String>,
    /// The names of relations that have one.
    sliced: Vec<String>,
    /// Joins by ON have left several columns of the slot, so that USING cannot name it.
    several: bool,
}

impl Threading<'_> {
    /// Threads a query; in an expression `outer` is the slot that it must be of. Whether the result has a slot.
    fn query(&mut self, query: &mut Query, outer: Option<Around<'_>>) -> Result<bool, Refused> {
        if !query.pipe_operators.is_empty() {
            return refuse("pipe syntax", "write the query as SELECT … FROM …");
        }
        let known = self.ctes.len();
        if let Some(with) = &mut query.with {
            if with.recursive {
                return refuse("WITH RECURSIVE", "land a table that holds the levels, and join it");
            }
            for cte in &mut with.cte_tables {
                let sliced = self.query(&mut cte.query, None)?;
                self.ctes.push((cte.alias.name.value.clone(), sliced));
            }
        }
        let sliced = self.body(&mut query.body, outer)?;
        self.ctes.truncate(known);
        if outer.is_none() && sliced {
            if query.limit_clause.is_some() || query.fetch.is_some() {
                return refuse(
                    "LIMIT",
                    "number the rows: `QUALIFY ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) <= n`",
                );
            }
            query.order_by = None;
        }
        Ok(sliced)
    }

    fn body(&mut self, body: &mut SetExpr, outer: Option<Around<'_>>) -> Result<bool, Refused> {
        match body {
            SetExpr::Select(select) => self.select(select, outer),
            SetExpr::Query(query) => self.query(query, outer),
            SetExpr::SetOperation { left, right, .. } => {
                let (l, r) = (self.body(left, outer)?, self.body(right, outer)?);
                if l != r && outer.is_none() {
                    in_every_slot(if l { right } else { left })?;
                }
                Ok(l || r)
            }
            _ => Ok(false),
        }
    }

    fn select(&mut self, select: &mut Select, outer: Option<Around<'_>>) -> Result<bool, Refused> {
        let mut all = Joined { slot: None, sliced: Vec::new(), several: false };
        let mut conditions = Vec::new();
        for from in &mut select.from {
            let joined = self.from(from)?;
            match (&all.slot, joined.slot) {
                (Some(slot), Some(other)) => conditions.push(format!("{slot} = {other}")),
                (None, other) => all.slot = other,
                (Some(_), None) => {}
            }
            all.sliced.extend(joined.sliced);
        }
        if let (Some(outer), Some(slot)) = (outer, all.slot.clone()) {
            let shadowed = |name: &String| outer.slot.contains(&format!("{}.", Ident::with_quote('`', name)));
            if let Some(name) = all.sliced.iter().find(|name| shadowed(name)) {
                let Some(within) = within(select, &all).filter(|_| outer.alone) else {
                    return refuse(
                        format!("the subquery's `{name}` has the name of a table around it"),
                        "give the subquery's table an alias of its own",
                    );
                };
                conditions.push(format!("{within} = {SLOT}"));
                all.slot = Some(within);
            } else {
                conditions.push(format!("{slot} = {}", outer.slot));
            }
        }
        let own = all.slot.as_deref().map(|slot| Around { slot, alone: all.sliced.len() == 1 });
        self.expressions(select, all.slot.as_deref(), own.or(outer))?;
        for condition in conditions {
            let condition = expr(&condition)?;
            select.selection = Some(match select.selection.take() {
                None => condition,
                Some(filter) => both(filter, condition),
            });
        }
        let Some(slot) = all.slot else { return Ok(false) };
        if !slot.ends_with(WITHIN) {
            hide_slots(select, &all.sliced);
        }
        if outer.is_none() {
            group(select, &slot)?;
            if select.value_table_mode.is_some() {
                return refuse("SELECT AS STRUCT", "name the columns in the SELECT list");
            }
            select.projection.push(SelectItem::ExprWithAlias { expr: expr(&slot)?, alias: Ident::new(SLOT) });
        }
        Ok(true)
    }

    fn from(&mut self, from: &mut TableWithJoins) -> Result<Joined, Refused> {
        let (slot, sliced) = self.factor(&mut from.relation)?;
        let mut all = Joined { slot, sliced, several: false };
        for join in &mut from.joins {
            let (right, sliced) = self.factor(&mut join.relation)?;
            all.sliced.extend(sliced);
            let is_outer = matches!(
                join.join_operator,
                JoinOperator::Left(_)
                    | JoinOperator::LeftOuter(_)
                    | JoinOperator::Right(_)
                    | JoinOperator::RightOuter(_)
                    | JoinOperator::FullOuter(_)
            );
            let keeps_right = matches!(
                join.join_operator,
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_)
            );
            match (all.slot.clone(), right) {
                (None, None) => {}
                (Some(_), None) if !keeps_right => {}
                (None, Some(right)) if !is_outer => all.slot = Some(right),
                (Some(left), Some(right)) => {
                    self.join(&mut join.join_operator, &left, &right, &mut all)?;
                    all.slot = Some(match &join.join_operator {
                        JoinOperator::Right(_) | JoinOperator::RightOuter(_) => right,
                        JoinOperator::FullOuter(_) => format!("COALESCE({left}, {right})"),
                        _ => left,
                    });
                }
                _ => {
                    return refuse(
                        "an outer join that keeps rows which come from no table",
                        "put a source table on the side that is kept",
                    );
                }
            }
        }
        Ok(all)
    }

    fn join(&mut self, operator: &mut JoinOperator, left: &str, right: &str, all: &mut Joined) -> Result<(), Refused> {
        let same = expr(&format!("{left} = {right}"))?;
        if let JoinOperator::CrossJoin(constraint) = operator {
            *operator = JoinOperator::Inner(constraint.clone());
        }
        let constraint = match operator {
            JoinOperator::Join(on)
            | JoinOperator::Inner(on)
            | JoinOperator::Left(on)
            | JoinOperator::LeftOuter(on)
            | JoinOperator::Right(on)
            | JoinOperator::RightOuter(on)
            | JoinOperator::FullOuter(on) => on,
            _ => return refuse("a join of this kind", "write it as JOIN … ON, LEFT JOIN … ON or FULL JOIN … ON"),
        };
        match constraint {
            JoinConstraint::None => {
                *constraint = JoinConstraint::On(same);
                all.several = true;
            }
            JoinConstraint::On(on) => {
                self.expression(on, None, Some(Around { slot: left, alone: false }))?;
                *on = both(on.clone(), same);
                all.several = true;
            }
            JoinConstraint::Using(_) | JoinConstraint::Natural if all.several => {
                return refuse(
                    "USING after a join with ON",
                    "write every join of this FROM with ON, or every one with USING",
                );
            }
            JoinConstraint::Using(columns) => {
                columns.push(ObjectName(vec![ObjectNamePart::Identifier(Ident::new(SLOT))]));
            }
            JoinConstraint::Natural => {}
        }
        Ok(())
    }

    /// The slot of a relation, and the names by which its columns are read.
    fn factor(&mut self, factor: &mut TableFactor) -> Result<(Option<String>, Vec<String>), Refused> {
        let named = |alias: &TableAlias| {
            let slot = format!("{}.{SLOT}", Ident::with_quote('`', &alias.name.value));
            (Some(slot), vec![alias.name.value.clone()])
        };
        match factor {
            TableFactor::Table { name, alias, version, .. } => {
                if let Some(table) = table_name(name).filter(|table| self.tables.contains(table)) {
                    if version.is_some() {
                        return refuse(
                            "FOR SYSTEM_TIME AS OF",
                            "remove it: each instant of the history is read anyway",
                        );
                    }
                    *name = backquoted(&relation(&table));
                    return Ok(named(alias.get_or_insert_with(|| plain_alias(short_name(&table)))));
                }
                let [ObjectNamePart::Identifier(single)] = name.0.as_slice() else { return Ok((None, Vec::new())) };
                let cte = self.ctes.iter().rev().find(|(cte, _)| cte.eq_ignore_ascii_case(&single.value));
                match cte {
                    Some((_, true)) => {
                        let plain = plain_alias(&single.value);
                        Ok(named(alias.get_or_insert(plain)))
                    }
                    _ => Ok((None, Vec::new())),
                }
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let sliced = self.query(subquery, None)?;
                self.unnamed += 1;
                let alias = alias.get_or_insert_with(|| plain_alias(&format!("_unnamed_{}", self.unnamed)));
                Ok(if sliced { named(alias) } else { (None, Vec::new()) })
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                let joined = self.from(table_with_joins)?;
                Ok((joined.slot, joined.sliced))
            }
            TableFactor::Pivot { table, alias, .. } | TableFactor::Unpivot { table, alias, .. } => {
                let (slot, _) = self.factor(table)?;
                self.unnamed += 1;
                let alias = alias.get_or_insert_with(|| plain_alias(&format!("_unnamed_{}", self.unnamed)));
                Ok(if slot.is_some() { named(alias) } else { (None, Vec::new()) })
            }
            _ => Ok((None, Vec::new())),
        }
    }

    /// Threads the expressions of a block: windows span one slot each, subqueries read the slot around them.
    fn expressions(
        &mut self,
        select: &mut Select,
        slot: Option<&str>,
        around: Option<Around<'_>>,
    ) -> Result<(), Refused> {
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(one) | SelectItem::ExprWithAlias { expr: one, .. } = item {
                self.expression(one, slot, around)?;
            }
        }
        let conditions = [&mut select.selection, &mut select.having, &mut select.qualify];
        for one in conditions.into_iter().flatten() {
            self.expression(one, slot, around)?;
        }
        if let GroupByExpr::Expressions(by, _) = &mut select.group_by {
            for one in by {
                self.expression(one, slot, around)?;
            }
        }
        for window in &mut select.named_window {
            if let (NamedWindowExpr::WindowSpec(spec), Some(slot)) = (&mut window.1, slot)
                && spec.window_name.is_none()
            {
                spec.partition_by.push(expr(slot)?);
            }
        }
        Ok(())
    }

    fn expression(&mut self, one: &mut Expr, slot: Option<&str>, around: Option<Around<'_>>) -> Result<(), Refused> {
        let mut walk = Walk { threading: self, slot, around, depth: 0, refused: None };
        let _ = VisitMut::visit(one, &mut walk);
        walk.refused.map_or(Ok(()), Err)
    }
}

struct Walk<'w, 'a> {
    threading: &'w mut Threading<'a>,
    slot: Option<&'w str>,
    around: Option<Around<'w>>,
    /// How many subqueries are around: what is inside one is threaded with it.
    depth: usize,
    refused: Option<Refused>,
}

impl VisitorMut for Walk<'_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        if self.depth > 1 {
            return ControlFlow::Continue(());
        }
        let result = match self.around {
            Some(around) => self.threading.query(query, Some(around)).map(|_| ()),
            // Without a table around there is no instant to read the subquery's tables at.
            None => match self.threading.query(query, Some(Around { slot: "`_none`._slot", alone: false })) {
                Ok(false) => Ok(()),
                Ok(true) => refuse("a subquery in a SELECT that reads no table itself", "join the table in FROM"),
                Err(refused) => Err(refused),
            },
        };
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(refused) => {
                self.refused = Some(refused);
                ControlFlow::Break(())
            }
        }
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, one: &mut Expr) -> ControlFlow<()> {
        if self.depth == 0
            && let Some(slot) = self.slot
            && let Expr::Function(Function { over: Some(WindowType::WindowSpec(spec)), .. }) = one
            && spec.window_name.is_none()
            && let Ok(slot) = parse_expr(slot)
        {
            spec.partition_by.push(slot);
        }
        ControlFlow::Continue(())
    }
}
