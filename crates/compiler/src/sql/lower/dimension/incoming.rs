//! What a dimension's load reads: every landed state of one table, or the rows that a query gives now.
//! It must not know what becomes of them.

use dwc_googlesql::{ColumnKind, Problem, Type, expr_to_googlesql, parse_expr, parse_query, to_googlesql};
use serde::Serialize;
use sqlparser::ast::{GroupByExpr, SelectItem, SetExpr, TableFactor};

use super::order::{Order, TABLE_ORDER};
use crate::model::{DetectDeletes, EffectiveAt, Members, OnDelete, Project, Query, Table, zone_of};
use crate::sql::as_of::SLOT;
use crate::sql::lower::Lowering;
use crate::sql::names;
use crate::sql::touched::{self, table_name};

impl Lowering<'_> {
    /// The one table whose every landed state is an event.
    pub(in crate::sql::lower) fn states_table(&self, members: &Members) -> Option<&Table> {
        states_table(self.project, members)
    }

    /// The query of a dimension over several tables, with the instant of every row that contributes beside its columns,
    /// and the names of these: a state holds since the latest of them. Tables whose cursor is not an instant have none.
    ///
    /// # Errors
    /// A query that cannot be written with these columns: what it says would not stay.
    pub(super) fn dated_query(&self, members: &Members) -> Result<(Query, Vec<String>), Vec<Problem>> {
        let plain = (members.query.clone(), Vec::new());
        let EffectiveAt::Column(declared, _) = &members.effective_at else { return Ok(plain) };
        let mut query = parse_query(&members.query.text).map_err(|problem| vec![problem])?;
        if !query.pipe_operators.is_empty() {
            return Ok(plain);
        }
        let SetExpr::Select(select) = query.body.as_mut() else { return Ok(plain) };
        if select.distinct.is_some() {
            return Ok(plain);
        }
        let output = members.query.analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(declared));
        let origins = output.map_or(&[][..], |output| output.origins.as_slice());
        let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
            || select.projection.iter().any(touched::aggregates);
        let mut added = Vec::new();
        for (name, alias) in touched::tables_of(select) {
            let Some(table) = self.project.table(&name) else { continue };
            let Some(cursor) = table.cursor.as_ref().and_then(|cursor| table.column(cursor)) else { continue };
            let is_instant = matches!(cursor.ty, Type::Date | Type::DateTime | Type::Timestamp);
            if !is_instant || origins.iter().any(|(origin, _)| *origin == name) {
                continue;
            }
            let zone = self.project.zone_of(table).name();
            let column = format!("{}.{}", names::backquoted(&alias), names::backquoted(&cursor.name));
            let instant = names::instant(&column, &cursor.ty, zone);
            let text = if grouped { format!("MAX({instant})") } else { instant };
            let expr = parse_expr(&text).map_err(|problem| vec![problem])?;
            let alias = format!("_instant_{}", added.len() + 1);
            select.projection.push(SelectItem::ExprWithAlias { expr, alias: alias.as_str().into() });
            added.push(alias);
        }
        let text = to_googlesql(&query).map_err(|problem| vec![problem])?;
        Ok((Query { text, ..members.query.clone() }, added))
    }
}

/// The one table whose every landed state is an event: the query maps each row of it alone, and the natural key
/// tells its rows apart.
pub(super) fn states_table<'p>(project: &'p Project, members: &Members) -> Option<&'p Table> {
    if members.effective_to.is_some() {
        return None;
    }
    let table = plain_table(project, members)?;
    (!table.primary_key.is_empty() && table.primary_key.iter().all(|key| is_in_key(members, key))).then_some(table)
}

/// Whether a column of the one table that a dimension reads is a part of its natural key.
fn is_in_key(members: &Members, key: &String) -> bool {
    members.natural_key.iter().any(|column| {
        members.query.analysis.output.iter().any(|output| {
            output.name == column.name
                && output.kind == ColumnKind::Direct
                && output.origins.iter().any(|(_, origin)| origin == key)
        })
    })
}

/// The one table that a dimension reads row by row, where its natural key is made of plain columns that do not name a row.
pub(crate) fn other_key(project: &Project, members: &Members) -> Option<(Table, Vec<String>)> {
    let table = plain_table(project, members)?;
    if table.primary_key.is_empty() || table.primary_key.iter().all(|key| is_in_key(members, key)) {
        return None;
    }
    let output = &members.query.analysis.output;
    let columns = members.natural_key.iter().map(|column| {
        let direct = output.iter().find(|one| one.name == column.name && one.kind == ColumnKind::Direct)?;
        direct.origins.first().map(|(_, origin)| origin.clone())
    });
    Some((table.clone(), columns.collect::<Option<Vec<_>>>()?))
}

/// The one table that a query maps row by row.
fn plain_table<'p>(project: &'p Project, members: &Members) -> Option<&'p Table> {
    let [used] = members.query.analysis.tables.as_slice() else { return None };
    let table = project.table(&used.table)?;
    let query = parse_query(&members.query.text).ok()?;
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let plain = touched::is_select_alone(&query)
        && select.distinct.is_none()
        && select.having.is_none()
        && select.qualify.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
        && matches!(select.from.as_slice(), [from] if from.joins.is_empty()
            && matches!(&from.relation, TableFactor::Table { .. }))
        && touched::is_row_by_row(select);
    plain.then_some(table)
}

/// The user's query over every landed state, with the state's housekeeping columns and whether the member is gone.
///
/// # Errors
/// A query that cannot be written in this form: what it says would not stay.
pub(super) fn states_text(project: &Project, members: &Members, table: &Table) -> Result<String, Problem> {
    let mut query = parse_query(&members.query.text)?;
    if let SetExpr::Select(select) = query.body.as_mut() {
        let filter = select.selection.take();
        let gone = match filter {
            Some(filter) => format!("(_deleted OR NOT COALESCE({}, FALSE))", expr_to_googlesql(&filter)?),
            None => "_deleted".to_owned(),
        };
        let wildcard = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)));
        let mut extra = vec![("_gone", gone), ("_deleted_at", deleted_at(project, table))];
        let order = Order::of(project, members).filter(|order| order.is_of_table);
        extra.extend(order.map(|order| (TABLE_ORDER, names::backquoted(order.column))));
        if !wildcard {
            extra.extend(["_at", "_batch", "_state", "_deleted", "_gone_since"].map(|name| (name, name.to_owned())));
        }
        for (alias, text) in extra {
            select.projection.push(SelectItem::ExprWithAlias { expr: parse_expr(&text)?, alias: alias.into() });
        }
        if let Some(from) = select.from.first_mut()
            && let TableFactor::Table { name, alias, .. } = &mut from.relation
            && table_name(name).is_some()
        {
            let plain = touched::plain_alias(touched::short_name(&table.address));
            alias.get_or_insert(plain);
            *name = touched::backquoted(&format!("{}/states", table.address));
        }
    }
    to_googlesql(&query)
}

/// How the instants of a table's states are found: by each state alone, or by those of its member that arrived before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Placing {
    /// A state that says nothing of when it came or went, but that it did, is placed by the states before it.
    pub(super) by_arrival: bool,
    /// A delete may take effect before states that the source gave already: it cancels them.
    pub(super) cancels: bool,
    /// History is dated by the batch, and deletes by themselves: one may lie before the first batch that saw its member.
    pub(super) unseen: bool,
    /// A row that says when it was deleted says, too, what it was from its own instant until then.
    pub(super) tells: bool,
}

impl Placing {
    /// How the states of a dimension over one table are placed in time.
    pub(super) fn of(members: &Members, table: &Table) -> Self {
        if members.on_delete == OnDelete::Ignore {
            return Self::default();
        }
        let dated = table.dated_deletes().is_some();
        let extracted = members.effective_at == EffectiveAt::Extracted;
        // An operation says its own instant; a declared sequence orders the states of one.
        let marks = members.sequence.is_none()
            && (table.detect_deletes == DetectDeletes::Column
                || (table.detect_deletes != DetectDeletes::Operation && filters(members)));
        Self {
            by_arrival: dated || (marks && !extracted),
            cancels: dated || (table.deletes_by_reading() && !extracted),
            unseen: dated && extracted,
            tells: dated && !extracted && !filters(members),
        }
    }

    /// Whether the states before a state matter.
    pub(super) fn looks_back(self) -> bool {
        self.by_arrival || self.cancels
    }
}

fn filters(members: &Members) -> bool {
    let query = parse_query(&members.query.text).ok();
    query.is_some_and(|query| matches!(query.body.as_ref(), SetExpr::Select(select) if select.selection.is_some()))
}

/// The instant at which a landed state was deleted, where the table says it.
fn deleted_at(project: &Project, table: &Table) -> String {
    let Some(column) = table.dated_deletes() else { return "CAST(NULL AS TIMESTAMP)".to_owned() };
    let zone = project.zone_of(table).name();
    format!("IF(_deleted, {}, NULL)", names::instant(&names::backquoted(&column.name), &column.ty, zone))
}

/// The natural key and the attributes of each row of a query.
fn values(members: &Members) -> Vec<String> {
    let key = members.natural_key.iter().map(|column| names::backquoted(&column.name));
    let attributes = members
        .attributes
        .iter()
        .map(|a| format!("{} AS {}", names::nested(&a.expr), names::backquoted(&a.column.name)));
    key.chain(attributes).collect()
}

/// The natural key and the attributes of each row of a query, as a query.
pub(in crate::sql::lower) fn values_text(members: &Members, inner: &str) -> String {
    format!("SELECT {} FROM {} AS _q", values(members).join(", "), names::nested(inner))
}

/// The instant that a column of a query holds.
fn instant_of(project: &Project, members: &Members, name: &str, ty: &Type) -> String {
    names::instant(&names::backquoted(name), ty, zone_of(project, &members.query, name, ty))
}

fn effective_at(project: &Project, members: &Members) -> Option<String> {
    match &members.effective_at {
        EffectiveAt::Column(name, ty) => Some(instant_of(project, members, name, ty)),
        EffectiveAt::Extracted => None,
    }
}

/// The natural key, the attributes, the instants and the slot of each row of a query that is evaluated at every slot.
pub(super) fn slot_text(project: &Project, members: &Members, inner: &str) -> String {
    let mut items = values(members);
    let own = effective_at(project, members).unwrap_or_else(|| "CAST(NULL AS TIMESTAMP)".to_owned());
    items.push(format!("{own} AS _event_at"));
    if let Some((name, ty)) = &members.effective_to {
        items.push(format!("{} AS _event_to", instant_of(project, members, name, ty)));
    }
    items.push(format!("{} AS _event_sequence", Order::sql(Order::of(project, members).as_ref())));
    items.push(SLOT.to_owned());
    format!("SELECT {} FROM {} AS _q", items.join(", "), names::nested(inner))
}

/// The natural key, the attributes and the instant of each row of a query.
pub(super) fn outer_text(
    project: &Project,
    members: &Members,
    states_of: Option<&Table>,
    instants: &[String],
    inner: &str,
) -> String {
    let mut items = values(members);
    let instant = effective_at(project, members);
    // Only its landed states have a table's own order beside them.
    let order = Order::of(project, members).filter(|order| states_of.is_some() || !order.is_of_table);
    let sequence = Order::sql(order.as_ref());
    if let Some(table) = states_of {
        let own = instant.map_or("_at".to_owned(), |instant| format!("COALESCE({instant}, _at)"));
        // A row that a whole reading did not find holds the values of its last state: it went at the reading's time,
        // and one that comes back with no later instant than that comes back at the reading's time. A row that says when
        // it was deleted was deleted then.
        let gone = if table.deletes_by_reading() { "_at" } else { own.as_str() };
        let gone = if table.dated_deletes().is_some() { "COALESCE(_deleted_at, _at)" } else { gone };
        let live = if table.deletes_by_reading() && members.on_delete != OnDelete::Ignore {
            format!("IF({own} <= _gone_since, _at, {own})")
        } else {
            own.clone()
        };
        let at = if gone == live { live } else { format!("IF(_deleted, {gone}, {live})") };
        items.push(format!("{at} AS _event_at"));
        if Placing::of(members, table).looks_back() {
            items.push(format!("{own} AS _own_at"));
            items.push("_at AS _seen_at".to_owned());
        }
    } else {
        let own = instant.unwrap_or_else(|| "CAST(NULL AS TIMESTAMP)".to_owned());
        let latest =
            instants.iter().fold(own.clone(), |latest, name| format!("GREATEST({latest}, COALESCE({name}, {own}))"));
        items.push(format!("{latest} AS _event_at"));
    }
    items.push(format!("{sequence} AS _event_sequence"));
    if states_of.is_some() {
        items.extend(["_batch", "_state", "_gone"].map(str::to_owned));
    }
    format!("SELECT {} FROM {} AS _q", items.join(", "), names::nested(inner))
}
