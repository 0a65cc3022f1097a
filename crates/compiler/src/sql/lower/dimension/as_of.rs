//! The temporal join: a dimension whose query is more than one plain table is evaluated at every instant at which a
//! contributing row changed, every table as of that instant. It must not know what becomes of the events.

use std::collections::BTreeSet;

use dwc_googlesql::{Column as SqlColumn, Tables, Type, parse_query};
use rayon::prelude::*;
use serde::Serialize;

use super::context::Context;
use super::instants::{States, has_instant, is_dated_by};
use super::{Extent, Order, incoming};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Dimension, EffectiveAt, Members, Project, Retain, Table};
use crate::plan::{Gate, Reads, Statement};
use crate::sql::as_of::{self, Refused, SLOT, SLOTS, WITHIN};
use crate::sql::dialect::{Dialect, DuckDb};
use crate::sql::lower::compared::keyed;
use crate::sql::lower::relations::sql_columns;
use crate::sql::lower::{Lowering, problems_at};
use crate::sql::template::Col;
use crate::sql::touched::{self, Contributions, Increment, Near, ROW, Relation, Rows, Whole};

#[derive(Serialize)]
struct AsOf<'a> {
    model: &'a str,
    key: &'a [Col],
    attributes: &'a [Col],
    touched: &'a [Col],
    /// Slots are of members; else of everything.
    keyed: bool,
    tables: Vec<States<'a>>,
    query: String,
    dated: &'static str,
    ends: bool,
    tie_break: String,
    no_sequence: String,
}

pub(crate) use super::incoming::other_key;

/// Whether a dimension's history is the temporal join of the landed histories of its tables.
pub(crate) fn is_temporal(project: &Project, members: &Members) -> bool {
    let tables = &members.query.analysis.tables;
    members.keeps_states()
        && incoming::states_table(project, members).is_none()
        && !tables.is_empty()
        && tables.iter().all(|used| project.table(&used.table).is_some())
}

/// What keeps the query of such a dimension from being evaluated at an instant of the past.
pub(crate) fn refused(project: &Project, members: &Members) -> Option<Refused> {
    if !is_temporal(project, members) {
        return None;
    }
    let tables = tables_read(project, members);
    let text = match threaded(members, &tables) {
        Ok(text) => text,
        Err(refused) => return Some(refused),
    };
    let mut slots = Tables::default();
    for table in &tables {
        add_as_of(&mut slots, table, "rows", &DuckDb);
    }
    slots.add_as(SLOTS, "slots".to_owned(), vec![SqlColumn::new(SLOT, Type::Int64)]);
    let problem = DuckDb.query(&text, &slots).err()?.into_iter().next()?;
    // What the engine has no equal of is said of the query itself.
    let mut plain = Tables::default();
    for table in &tables {
        plain.add_as(&table.address, "rows".to_owned(), sql_columns(&table.columns));
    }
    DuckDb.query(&members.query.text, &plain).ok()?;
    Some(Refused {
        part: problem.message,
        instead: problem.help.map_or_else(|| "write the query in a simpler way".to_owned(), |help| help.text()),
    })
}

/// The source tables of a query, each once.
pub(crate) fn tables_read<'p>(project: &'p Project, members: &Members) -> Vec<&'p Table> {
    let names: BTreeSet<&str> = members.query.analysis.tables.iter().map(|used| used.table.as_str()).collect();
    names.into_iter().filter_map(|name| project.table(name)).collect()
}

/// The tables of such a dimension whose states are dated by nothing but their batch, while other tables date theirs.
pub(crate) fn undated<'p>(project: &'p Project, members: &Members) -> Vec<&'p Table> {
    let is_dated = matches!(members.effective_at, EffectiveAt::Column(..));
    if !is_dated || !members.has_versions() || !is_temporal(project, members) {
        return Vec::new();
    }
    tables_read(project, members).into_iter().filter(|table| !has_instant(project, members, table)).collect()
}

/// The tables whose every landed state is kept: because they say so, or because the history of a dimension is made of them.
pub(crate) fn kept(project: &Project) -> BTreeSet<String> {
    let members = project.dimensions.par_iter().filter_map(Dimension::members);
    let temporal = members.filter(|members| is_temporal(project, members));
    let needed = temporal.flat_map_iter(|members| tables_read(project, members));
    let declared = project.tables.par_iter().filter(|table| table.retain == Retain::History);
    needed.chain(declared).map(|table| table.address.clone()).collect()
}

/// The query of a dimension at every slot.
fn threaded(members: &Members, tables: &[&Table]) -> Result<String, Refused> {
    let parsed = parse_query(&members.query.text)
        .map_err(|problem| Refused { part: problem.message, instead: "write the query in a simpler way".to_owned() })?;
    let names: BTreeSet<String> = tables.iter().map(|table| table.address.clone()).collect();
    as_of::threaded(&parsed, &names)
}

/// What `check` says of a query that has no meaning at an instant of the past.
pub(crate) fn refusal(dimension: &Dimension, members: &Members, refused: &Refused) -> Diagnostic {
    Diagnostic::new(
        Code::TimelessQuery,
        format!(
            "the query of dimension `{}` cannot be evaluated at an instant of the past: {}",
            dimension.name, refused.part
        ),
    )
    .at(members.query.span, "its history would be lost")
    .help(refused.instead.clone())
}

impl Lowering<'_> {
    pub(in crate::sql::lower) fn is_temporal(&self, members: &Members) -> bool {
        is_temporal(self.project, members)
    }

    /// The rows that contribute to a member, or why everything is evaluated at every instant.
    fn contributions(&self, members: &Members) -> Result<Contributions, Whole> {
        let parsed = parse_query(&members.query.text).map_err(|problem| Whole { reason: problem.message })?;
        touched::contributions(&parsed, &natural_key(members))
    }

    /// Which members a change touches, or why all of them are computed anew.
    pub(super) fn temporal_increment(&self, members: &Members) -> Result<Increment, Whole> {
        self.contributions(members)?;
        self.increment(&members.query, &natural_key(members))
    }

    /// The statements of a load, from the landed states of every table to the facts that look the dimension up.
    pub(super) fn temporal_statements(
        &self,
        dimension: &Dimension,
        members: &Members,
        context: Context<'_>,
        extent: Extent,
    ) -> Result<Vec<Statement>, Vec<Diagnostic>> {
        let at = |found| problems_at(found, members.query.span);
        let tables = tables_read(self.project, members);
        let threaded = threaded(members, &tables).map_err(|refused| vec![refusal(dimension, members, &refused)])?;
        let contributions = self.contributions(members).ok();
        let increment = (extent == Extent::Incremental).then(|| self.temporal_increment(members).ok()).flatten();
        let touched: Vec<Col> = increment.iter().flat_map(|found| keyed(&found.key, &members.natural_key)).collect();
        let mut statements = Vec::new();
        if let Some(increment) = &increment {
            let mut catalog = Tables::default();
            self.add_states(&mut catalog, &increment.relations, (&increment.touched, false), (&[], members));
            statements.extend(self.touched(&dimension.name, increment, &members.natural_key, &catalog).map_err(at)?);
        }
        let mut catalog = Tables::default();
        if let Some(found) = &contributions {
            let texts: Vec<String> = found.places.iter().map(|place| place.text.clone()).collect();
            let named = increment.as_ref().map_or(&[][..], |increment| &increment.key);
            self.add_states(&mut catalog, &found.relations, (&texts, true), (named, members));
        }
        let mut slots = Tables::default();
        let mut all = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            let mut pairs = Vec::new();
            for place in contributions.iter().flat_map(|found| &found.places).filter(|p| p.table == table.address) {
                pairs.push(self.dialect.query(&place.text, &catalog).map_err(at)?);
            }
            all.push(self.states_in_time(members, table, (index + 1, pairs)).map_err(at)?);
            add_as_of(&mut slots, table, &self.dialect.quote(&format!("as_of_{}", index + 1)), self.dialect);
        }
        let every = if contributions.is_some() { "slots" } else { "instants" };
        slots.add_as(SLOTS, format!("(SELECT {SLOT} FROM {every})"), vec![SqlColumn::new(SLOT, Type::Int64)]);
        let query = self.dialect.query(&incoming::slot_text(self.project, members, &threaded), &slots).map_err(at)?;
        let is_dated = tables.iter().any(|table| is_dated_by(self.project, members, table));
        let undated = matches!(members.effective_at, EffectiveAt::Column(..)) && !is_dated;
        statements.extend(self.render(
            "dimension_as_of",
            AsOf {
                model: &dimension.name,
                key: &context.key,
                attributes: &context.attributes,
                touched: &touched,
                keyed: contributions.is_some(),
                tables: all,
                query,
                dated: if undated { "by_row" } else { "by_slot" },
                ends: members.effective_to.is_some(),
                tie_break: self.tie_break(members),
                no_sequence: format!(
                    "CAST(NULL AS {})",
                    self.dialect.ty(&Order::of(self.project, members).map_or(Type::Int64, |order| order.ty))
                ),
            },
        ));
        statements.extend(self.dimension_gates(dimension, members, &context, false));
        statements.push(self.one_row_gate(dimension, members, &context));
        let context = Context { replaces: extent != Extent::Rebuild, touched, ..context };
        statements.extend(self.dimension_tail(dimension, members, &context)?);
        Ok(statements)
    }

    /// What the relations of the search for members stand for: what every landed state gives, or those of the rows that
    /// changed since, or, in the search for rows, those whose columns hold a touched value of `named`, columns of the key.
    fn add_states(
        &self,
        catalog: &mut Tables,
        relations: &[Relation],
        (texts, with_rows): (&[String], bool),
        (named, members): (&[String], &Members),
    ) {
        for relation in relations {
            let Some(table) = self.project.table(&relation.table) else { continue };
            let is_place = relation.rows == Rows::Changed;
            // Columns that the search does not name would only make more rows of it.
            let is_named = |name: &str| texts.iter().any(|text| text.to_lowercase().contains(&name.to_lowercase()));
            let everything = texts.iter().any(|text| text.contains('*'));
            let mut columns = sql_columns(&table.columns);
            columns.retain(|column| everything || is_named(&column.name) || table.primary_key.contains(&column.name));
            let names: Vec<String> = columns.iter().map(|column| self.dialect.quote(&column.name)).collect();
            let comparable = |column: &SqlColumn| !matches!(column.ty, Type::Json | Type::Array(_) | Type::Struct(_));
            let is_comparable = columns.iter().all(comparable);
            let list = |alias: &str| {
                let mut all: Vec<String> = names.iter().map(|name| format!("{alias}.{name}")).collect();
                if with_rows && is_place {
                    all.push(format!("{} AS {ROW}", self.row_name(table, alias)));
                }
                all.join(", ")
            };
            let near = relation.near.as_ref().and_then(|near| self.near_values(table, near));
            let condition = |alias: &str| match (&relation.rows, &near) {
                (Rows::Changed, _) if !with_rows => self.has_changed(table, alias),
                (_, Some((column, values))) => format!("{alias}.{column} IN {values}"),
                _ => self.touched_values(table, alias, relation, (named, members)),
            };
            if with_rows && is_place {
                columns.push(SqlColumn::new(ROW, Self::row_type(table)));
            }
            catalog.add_as(&relation.name, self.values_of_states(table, &list, &condition, is_comparable), columns);
        }
    }

    /// That a row has changed: a state that comes late ends the one before it, whatever member that one contributed to.
    fn has_changed(&self, table: &Table, alias: &str) -> String {
        let changed = format!("{} AS _c WHERE _c._batch > {}", self.landing_changes(table), self.dialect.words().since);
        match table.landing_key().as_slice() {
            [key] => {
                let [own, theirs] = [alias, "_c"].map(|alias| self.landed(table, alias, key));
                format!("{own} IN (SELECT {theirs} FROM {changed})")
            }
            // A key of several columns is compared column by column: no text is made of it.
            _ => format!("EXISTS (SELECT 1 FROM {changed} AND {})", self.same_row(table, "_c", alias)),
        }
    }

    /// A column, and the values that the changed rows which it joins have ever held. Where each reading of a table is billed
    /// there is nothing: these values are read once more for it.
    fn near_values(&self, table: &Table, near: &Near) -> Option<(String, String)> {
        if self.dialect.prunes_partitions() {
            return None;
        }
        let other = self.project.table(&near.table)?;
        let (column, theirs) = (table.column(&near.column)?, other.column(&near.other_column)?);
        if column.ty != theirs.ty || column.folds_case || theirs.folds_case {
            return None;
        }
        let list = |alias: &str| format!("{alias}.{}", self.dialect.quote(&theirs.name));
        let changed = |alias: &str| self.has_changed(other, alias);
        let values = self.values_of_states(other, &list, &changed, true);
        Some((self.dialect.quote(&column.name), format!("(SELECT {} FROM {values} AS _o)", list("_o"))))
    }

    /// That the columns of a relation which the key is made of hold values that were touched.
    fn touched_values(
        &self,
        table: &Table,
        alias: &str,
        relation: &Relation,
        (named, members): (&[String], &Members),
    ) -> String {
        // A column that is compared without case may stand between two that are not.
        let folds =
            tables_read(self.project, members).iter().any(|table| table.columns.iter().any(|one| one.folds_case));
        let pairs = relation.key.iter().filter(|(_, key)| named.contains(key));
        let conditions = pairs.filter_map(|(column, key)| {
            let column = table.column(column)?;
            let key = members.natural_key.iter().find(|one| one.name == *key && one.ty == column.ty)?;
            let mut sides = [format!("{alias}.{}", self.dialect.quote(&column.name)), self.dialect.quote(&key.name)];
            if folds && column.ty == Type::String {
                sides = sides.map(|side| self.dialect.folded(&side));
            }
            let [own, theirs] = sides;
            let has_none = !table.primary_key.contains(&column.name);
            let or_none = if has_none { format!(" OR {own} IS NULL") } else { String::new() };
            Some(format!("({own} IN (SELECT {theirs} FROM touched){or_none})"))
        });
        conditions.collect::<Vec<_>>().join(" AND ")
    }

    /// Of rows that nothing declared tells apart one is taken, the same whatever the order of rows.
    fn tie_break(&self, members: &Members) -> String {
        let mut text = String::new();
        for attribute in &members.attributes {
            if !matches!(attribute.kept_type(), Type::Array(_) | Type::Struct(_)) {
                let value = format!("_e.{}", self.dialect.quote(&attribute.column.name));
                text.push_str(&format!(", {} DESC", self.dialect.comparable(&value, attribute.kept_type())));
            }
        }
        text
    }

    /// A member has one row now, or one that holds since the latest instant.
    fn one_row_gate(&self, dimension: &Dimension, members: &Members, context: &Context<'_>) -> Statement {
        let names: Vec<&str> = context.key.iter().map(Col::name).collect();
        let list = |alias: &str| {
            names.iter().map(|name| format!("{alias}.{}", self.dialect.quote(name))).collect::<Vec<_>>().join(", ")
        };
        let same = self.same_key(&members.natural_key, "_e", "_k");
        let evaluated = self.by_key("evaluated", &members.natural_key);
        let ends =
            if members.effective_to.is_some() { " AND (_e._event_to IS NULL OR _e._event_to > _k._at)" } else { "" };
        Statement {
            sql: format!(
                "SELECT {key_text} AS key_text FROM (\n  SELECT {own}, RANK() OVER (PARTITION BY {own} ORDER BY _e._event_at DESC, _e._event_sequence DESC) AS _place\n  FROM slots AS _k JOIN {evaluated} AS _e ON _e._slot = _k._slot AND {same}\n  WHERE _k._left = 1{ends}\n) AS _i WHERE _i._place = 1 GROUP BY {by} HAVING COUNT(*) > 1 ORDER BY key_text LIMIT 20",
                key_text = self.readable_key(&names, "_i"),
                own = list("_e"),
                by = list("_i"),
            ),
            reads: Reads::Gate(Gate {
                code: Code::DuplicateKey,
                message: format!("the query of dimension `{}` gives several rows of one natural key", dimension.name),
                span: dimension.span,
                help: "make the query give one row per natural key, or name the columns that tell the rows apart; of rows \
                       of one key the one with the latest `effective_at` holds, and `sequence` orders those of one instant"
                    .to_owned(),
            }),
        }
    }
}

/// Adds the rows of a table as of each slot, by both names of the slot.
fn add_as_of(slots: &mut Tables, table: &Table, physical: &str, dialect: &dyn Dialect) {
    let with = |slot: &str| {
        let mut columns = sql_columns(&table.columns);
        columns.push(SqlColumn::new(slot, Type::Int64));
        columns
    };
    let list: Vec<String> = table.columns.iter().map(|column| dialect.quote(&column.name)).collect();
    let within = format!("(SELECT {}, {SLOT} AS {WITHIN} FROM {physical})", list.join(", "));
    slots.add_as(&as_of::relation(&table.address), physical.to_owned(), with(SLOT));
    slots.add_as(&as_of::relation_within(&table.address), within, with(WITHIN));
}

fn natural_key(members: &Members) -> Vec<String> {
    members.natural_key.iter().map(|column| column.name.clone()).collect()
}
