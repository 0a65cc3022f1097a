//! Since when a state of a table holds, and until when: what the temporal join reads each table by. It must not know
//! which members the rows contribute to.

use std::ops::ControlFlow;

use dwc_googlesql::{Column as SqlColumn, Problem, Tables, Type, parse_expr, parse_query};
use serde::Serialize;
use sqlparser::ast::{Expr, SelectItem, SetExpr, visit_expressions};

use crate::model::{Contents, DetectDeletes, EffectiveAt, Members, OnDelete, Project, Table, zone_of};
use crate::sql::lower::Lowering;
use crate::sql::lower::relations::sql_columns;
use crate::sql::names;
use crate::sql::template::Col;
use crate::sql::touched::{self, ROW};

/// An end from this year on says that there is none.
const NO_END: &str = "TIMESTAMP '9000-01-01 00:00:00+00'";

/// A table's states.
#[derive(Serialize)]
pub(super) struct States<'a> {
    address: &'a str,
    /// SELECTs of members' keys with the rows that contribute to them.
    pairs: Vec<String>,
    /// A SELECT of the states with their instants.
    states: String,
    /// What tells which of the states of one instant holds.
    order: Vec<Col>,
    /// The column whose greatest value tells the live state, where nothing that orders the instants says so already: a state
    /// that comes after a greater one never holds.
    latest: Option<Col>,
    columns: Vec<Col>,
    /// Rows say until when they hold.
    ends: bool,
    /// The first state of a row holds since the beginning: nothing but its reading has a time.
    reaches_back: bool,
    /// So does the first state of a row that the first reading gave: its cursor says when it changed last, not when it came.
    first_reading: bool,
    /// A state that says nothing of when it came or went, but that it did, is placed by the states before it.
    by_arrival: bool,
    /// A delete may take effect before states that the source gave already: it cancels them.
    cancels: bool,
    /// Deletes say their instant, and nothing else does: one may lie before the first batch that saw its row.
    unseen: bool,
    /// Deletes change nothing.
    keeps_deleted: bool,
}

/// Since when the states of a table hold.
struct Instant {
    /// A GoogleSQL expression over the table under `alias`; none where only the reading has a time.
    text: Option<String>,
    alias: String,
    /// It is what `effective_at` says.
    is_effective: bool,
}

impl Lowering<'_> {
    pub(super) fn states_in_time<'t>(
        &self,
        members: &Members,
        table: &'t Table,
        (number, pairs): (usize, Vec<String>),
    ) -> Result<States<'t>, Vec<Problem>> {
        let instant = instant(self.project, members, table);
        let contributing = (!pairs.is_empty()).then(|| format!("pairs_{number}"));
        let is_dated = matches!(members.effective_at, EffectiveAt::Column(..));
        let reaches_back = instant.text.is_none() && is_dated;
        let has_own = instant.text.is_some();
        let first_reading = has_own && !instant.is_effective && gives_rows_as_they_are(table);
        let is_by_cursor = has_own && table.latest_by() == table.cursor.as_deref();
        let latest = table.latest_by().filter(|_| !instant.is_effective && !is_by_cursor);
        let own = instant.text.map_or("_at".to_owned(), |text| format!("COALESCE({text}, _at)"));
        let ignores = members.on_delete == OnDelete::Ignore;
        let dated = table.dated_deletes().filter(|_| !ignores);
        let from = if let Some(column) = dated {
            let zone = self.project.zone_of(table).name();
            let deleted_at = names::instant(&of(&instant.alias, &column.name), &column.ty, zone);
            format!("IF(_deleted, COALESCE({deleted_at}, _at), {own})")
        } else if table.deletes_by_reading() && !ignores {
            // A row that a reading did not find went at the reading's time, and comes back at a reading's time.
            format!("IF(_deleted OR {own} <= _gone_since, _at, {own})")
        } else {
            own.clone()
        };
        let own_columns = table
            .columns
            .iter()
            .map(|column| format!("{} AS {}", of(&instant.alias, &column.name), names::backquoted(&column.name)));
        let mut items: Vec<String> = own_columns.collect();
        items.extend([ROW, "_deleted", "_batch", "_state", "_at AS _seen_at"].map(str::to_owned));
        items.push(format!("{own} AS _own_at"));
        items.push(format!("{from} AS _from"));
        let ends = ends(self.project, members, table);
        items.extend(ends.iter().map(|ends| format!("IF({ends} < {NO_END}, {ends}, NULL) AS _ends")));
        let sequences = sequences(members, table);
        let marks = sequences.is_empty() && table.detect_deletes == DetectDeletes::Column && has_own && !ignores;
        let text = format!(
            "SELECT {} FROM `{}/states` AS {}",
            items.join(", "),
            table.address,
            names::backquoted(&instant.alias)
        );
        let mut columns = sql_columns(&table.columns);
        for (name, ty) in [
            ("_at", Type::Timestamp),
            ("_batch", Type::Int64),
            ("_state", Type::Int64),
            ("_deleted", Type::Bool),
            ("_gone_since", Type::Timestamp),
            (ROW, Self::row_type(table)),
        ] {
            columns.push(SqlColumn::new(name, ty));
        }
        let mut catalog = Tables::default();
        catalog.add_as(
            &format!("{}/states", table.address),
            self.named_states(table, contributing.as_deref()),
            columns,
        );
        Ok(States {
            address: &table.address,
            pairs,
            states: self.dialect.query(&text, &catalog)?,
            order: {
                let known = sequences.iter().map(String::as_str);
                let latest = latest.filter(|latest| !sequences.iter().any(|one| one == latest));
                known.chain(latest).chain(["_batch", "_state"]).map(Col::plain).collect()
            },
            latest: latest.map(Col::plain),
            columns: table.columns.iter().map(|column| Col::new(&column.name, &column.ty)).collect(),
            ends: ends.is_some(),
            reaches_back,
            first_reading,
            by_arrival: dated.is_some() || marks,
            cancels: dated.is_some() || (table.deletes_by_reading() && has_own && !ignores),
            unseen: dated.is_some() && !has_own,
            keeps_deleted: ignores,
        })
    }
}

/// Whether a reading of a table gives its rows as they are then, and not how they became so.
fn gives_rows_as_they_are(table: &Table) -> bool {
    !table.is_log && table.files.as_ref().is_none_or(|files| files.contents == Contents::Snapshot)
}

/// Whether `effective_at` says since when the states of a table hold.
pub(in crate::sql::lower) fn is_dated_by(project: &Project, members: &Members, table: &Table) -> bool {
    instant(project, members, table).is_effective
}

/// Whether anything but the time of its batch says since when a state of a table holds.
pub(super) fn has_instant(project: &Project, members: &Members, table: &Table) -> bool {
    instant(project, members, table).text.is_some()
}

/// Since when a state of a table holds: since what `effective_at` says of it, else since its cursor.
fn instant(project: &Project, members: &Members, table: &Table) -> Instant {
    let alias = touched::short_name(&table.address).to_owned();
    let none = |alias| Instant { text: None, alias, is_effective: false };
    let EffectiveAt::Column(declared, ty) = &members.effective_at else { return none(alias) };
    if let Some((text, alias)) = own_expression(members, declared, table) {
        let zone = zone_of(project, &members.query, declared, ty);
        return Instant { text: Some(names::instant(&text, ty, zone)), alias, is_effective: true };
    }
    if let Some(text) = of_origins(project, members, declared, (table, &alias), "GREATEST") {
        return Instant { text: Some(text), alias, is_effective: true };
    }
    let Some(cursor) = table.cursor.as_ref().and_then(|cursor| table.column(cursor)) else { return none(alias) };
    if !is_instant(&cursor.ty) {
        return none(alias);
    }
    let text = names::instant(&of(&alias, &cursor.name), &cursor.ty, project.zone_of(table).name());
    Instant { text: Some(text), alias, is_effective: false }
}

/// Until when a row of a table holds, where it says so.
fn ends(project: &Project, members: &Members, table: &Table) -> Option<String> {
    let (declared, ty) = members.effective_to.as_ref()?;
    // The alias of the states is that of the instant: a qualified expression is read by it.
    let of_states = instant(project, members, table).alias;
    if let Some((text, alias)) = own_expression(members, declared, table)
        && alias == of_states
    {
        return Some(names::instant(&text, ty, zone_of(project, &members.query, declared, ty)));
    }
    of_origins(project, members, declared, (table, &of_states), "LEAST")
}

/// A column by the name of its table: a column may have the table's own name, which BigQuery takes for the row.
fn of(alias: &str, column: &str) -> String {
    format!("{}.{}", names::backquoted(alias), names::backquoted(column))
}

/// The instant in the columns of a table that an output column is made of; of several the greatest or the least.
fn of_origins(
    project: &Project,
    members: &Members,
    output: &str,
    (table, alias): (&Table, &str),
    choice: &str,
) -> Option<String> {
    let output = members.query.analysis.output.iter().find(|one| one.name.eq_ignore_ascii_case(output))?;
    let of_table = output.origins.iter().filter(|(origin, _)| *origin == table.address);
    let mut columns: Vec<_> = of_table.filter_map(|(_, column)| table.column(column)).collect();
    columns.retain(|column| is_instant(&column.ty));
    columns.dedup();
    let texts = columns.iter().map(|column| {
        let zone = if column.ty == Type::DateTime { project.zone_of(table) } else { project.timezone };
        names::instant(&of(alias, &column.name), &column.ty, zone.name())
    });
    texts.reduce(|all, text| format!("{choice}(COALESCE({all}, {text}), COALESCE({text}, {all}))"))
}

/// The columns of a table that order states of one instant.
fn sequences(members: &Members, table: &Table) -> Vec<String> {
    let declared = members.sequence.as_ref().and_then(|name| {
        let output = members.query.analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(name))?;
        output.origins.iter().find(|(origin, _)| *origin == table.address).map(|(_, column)| column.clone())
    });
    let mut all: Vec<String> = declared.into_iter().chain(table.sequence.clone()).collect();
    all.dedup();
    all
}

fn is_instant(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::DateTime | Type::Timestamp)
}

/// The expression behind an output column, where it reads one table alone, with the name it reads it by.
fn own_expression(members: &Members, output: &str, table: &Table) -> Option<(String, String)> {
    let query = parse_query(&members.query.text).ok()?;
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let item = select.projection.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } if alias.value.eq_ignore_ascii_case(output) => Some(expr),
        _ => None,
    })?;
    let named = touched::tables_of(select);
    let several = select.from.len() > 1 || select.from.iter().any(|from| !from.joins.is_empty());
    let (_, alias) = named.iter().find(|(name, _)| *name == table.address)?;
    if touched::aggregates(&SelectItem::UnnamedExpr(item.clone())) {
        return None;
    }
    let mut reads = 0;
    let foreign = visit_expressions(item, |one| {
        let own = match one {
            Expr::Identifier(_) => !several,
            Expr::CompoundIdentifier(parts) => parts.first().is_some_and(|part| part.value.eq_ignore_ascii_case(alias)),
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => false,
            Expr::Function(function) if function.over.is_some() => false,
            _ => return ControlFlow::Continue(()),
        };
        reads += 1;
        if own { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .is_break();
    let text = item.to_string();
    (!foreign && reads > 0 && parse_expr(&text).is_ok()).then(|| (text, alias.clone()))
}
