//! A fact's load: the rows of touched keys are evaluated, gated, bound to the versions of their instants and merged.

use dwc_googlesql::{Problem, Tables, Type, parse_query};
use serde::Serialize;

use super::compared::keyed;
use super::dimension::Audited;
use super::partitions::{Pieces, Range};
use super::relations::Moment;
use super::{Lowering, problems_at};
use crate::diagnostic::Diagnostic;
use crate::model::{
    Column, DimensionKind, Fact, FactOnDelete, Members, Missing, ModelId, Project, Query, Role, Stored, reserved_key,
    stored_columns, zone_of,
};
use crate::plan::{ModelLoad, Reads, Statement};
use crate::sql::names;
use crate::sql::template::Col;
use crate::sql::touched::{self, Increment, Whole};

mod differences;
mod gates;
mod infer;
mod junk;
mod order;
mod screens;
mod survivors;

#[derive(Serialize)]
struct Touched<'a> {
    model: &'a str,
    key: &'a [Col],
    /// A part of the key is compared in another form than it is written in.
    folds: bool,
    branches: Vec<String>,
}

#[derive(Serialize)]
struct Incoming<'a> {
    model: &'a str,
    query: String,
    key: &'a [Col],
    touched: Option<Vec<Col>>,
    /// What decides which row of a key stays: first the declared column, then, where it is equal, every other in turn, so
    /// that a survivor does not hang on the order of rows.
    survivor: Option<String>,
    /// A column `is_deleted` says which rows the source has deleted.
    flags_deletes: bool,
}

/// The rows of a fact that outlive their deletion in the source.
#[derive(Serialize)]
struct Gone<'a> {
    model: &'a str,
    /// The fact's query over the source's rows with those that it has deleted.
    query: String,
    key: &'a [Col],
    touched: Option<Vec<Col>>,
    survivor: String,
    flags_deletes: bool,
    /// Keys of rows that were rejected are in a table of their own.
    rejects: bool,
}

#[derive(Serialize)]
struct Load<'a> {
    model: &'a str,
    table: String,
    key: Vec<Col>,
    plain: Vec<Col>,
    columns: Vec<Col>,
    payload: Vec<Col>,
    roles: Vec<Binding>,
    touched: Option<Vec<Col>>,
    flags_deletes: bool,
    insert_only: bool,
    range: Option<Range>,
    pieces: Option<Pieces>,
    /// That a row `_f` which is loaded has other values than its row `_b` now.
    changed: String,
    /// That a row `_i` is of the period that is compared.
    recent: Option<String>,
}

#[derive(Serialize)]
struct Binding {
    key: String,
    key_expr: String,
    durable: Option<String>,
    durable_expr: Option<String>,
    table: String,
    alias: String,
    join: Option<String>,
}

impl Lowering<'_> {
    pub(super) fn fact(&self, id: ModelId, fact: &Fact) -> Result<ModelLoad, Vec<Diagnostic>> {
        let (tables, upstream) = self.reads(id);
        let full = self.fact_statements(fact, &fact.query.text, None)?;
        let key: Vec<String> = fact.key.iter().map(|column| column.name.clone()).collect();
        let (incremental, whole) = match self.increment(&fact.query, &key) {
            Ok(increment) => (Some(self.fact_statements(fact, &increment.restricted, Some(&increment))?), None),
            Err(whole) => (None, Some(whole.reason)),
        };
        let audits = if self.translates_only { Vec::new() } else { self.fact_audits(fact, Audited::All) };
        Ok(ModelLoad {
            model: id,
            name: fact.name.clone(),
            tables,
            upstream,
            reads_models: self.reads_models(id),
            by_batch: false,
            whole,
            full,
            incremental,
            audits,
        })
    }

    /// Why a fact is computed whole, where it is.
    pub(super) fn whole_fact(&self, fact: &Fact) -> Option<String> {
        let key: Vec<String> = fact.key.iter().map(|column| column.name.clone()).collect();
        self.increment(&fact.query, &key).err().map(|whole| whole.reason)
    }

    /// What a query's changes touch, or why that cannot be said.
    pub(super) fn increment(&self, query: &Query, key: &[String]) -> Result<Increment, Whole> {
        if let Some((name, _)) = query.analysis.volatile.first() {
            return Err(Whole { reason: format!("the result of `{name}` changes over time") });
        }
        let parsed = parse_query(&query.text).map_err(|problem| Whole { reason: problem.message })?;
        touched::derive(&parsed, key)
    }

    /// The statement that finds the touched keys.
    pub(super) fn touched(
        &self,
        model: &str,
        increment: &Increment,
        key: &[Column],
        catalog: &Tables,
    ) -> Result<Vec<Statement>, Vec<Problem>> {
        let key = keyed(&increment.key, key);
        let folds = key.iter().any(Col::is_folded);
        let branches =
            increment.touched.iter().map(|text| self.dialect.query(text, catalog)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.render("touched", Touched { model, key: &key, folds, branches }))
    }

    fn fact_statements(
        &self,
        fact: &Fact,
        text: &str,
        increment: Option<&Increment>,
    ) -> Result<Vec<Statement>, Vec<Diagnostic>> {
        let at = |found| problems_at(found, fact.query.span);
        let mut catalog = self.catalog(&fact.query, Moment::Now);
        let mut statements = Vec::new();
        if let Some(increment) = increment {
            self.add_relations(&mut catalog, &increment.relations, &fact.key, Moment::Now);
            statements.extend(self.touched(&fact.name, increment, &fact.key, &catalog).map_err(at)?);
        }
        let touched: Option<Vec<Col>> = increment.map(|i| keyed(&i.key, &fact.key));
        let key: Vec<Col> = fact.key.iter().map(Col::key).collect();
        if self.translates_only && increment.is_some() {
            // What stands around it is the same as around the whole query.
            return self.dialect.query(text, &catalog).map(|_| Vec::new()).map_err(at);
        }
        let query = self.dialect.query(&self.incoming_text(fact, text), &catalog).map_err(at)?;
        let query = self.screened_fact(fact, query)?;
        let gone = match fact.on_delete {
            FactOnDelete::Remove => None,
            FactOnDelete::Flag | FactOnDelete::Ignore => {
                Some(self.screened_fact(fact, self.ever(fact, text, increment).map_err(at)?)?)
            }
        };
        if self.translates_only {
            return Ok(Vec::new());
        }
        let flags_deletes = fact.on_delete == FactOnDelete::Flag;
        if fact.keep_latest_by.is_some() {
            statements.extend(self.survivors(fact, &query, touched.as_deref()));
        }
        statements.extend(self.render(
            "fact_incoming",
            Incoming {
                model: &fact.name,
                query,
                key: &key,
                touched: touched.clone(),
                survivor: fact.keep_latest_by.as_ref().map(|_| self.survivor(fact)),
                flags_deletes,
            },
        ));
        statements.extend(self.fact_screens(fact, gone.is_some()));
        statements.extend(self.fact_gates(fact));
        if let Some(query) = gone {
            let (model, survivor) = (fact.name.as_str(), self.survivor(fact));
            let (touched, rejects) = (touched.clone(), self.rejects(&fact.checks));
            let gone = Gone { model, query, key: &key, touched, survivor, flags_deletes, rejects };
            statements.extend(self.render("fact_gone", gone));
            statements.extend(self.without_rejected(fact));
        }
        let mut roles = Vec::new();
        for role in &fact.roles {
            if let (Some(members), Missing::Infer, None) = (self.members(role), role.missing, fact.rolls_up) {
                statements.extend(self.render("infer", self.infer(fact, role, members)));
            }
            if let (Some(junk), None) = (self.project.dimensions[role.dimension].junk(), fact.rolls_up) {
                statements.extend(self.combine(fact, role, junk));
            }
            roles.push(self.binding(fact, role, increment.is_some()));
        }
        let mut plain: Vec<Col> = stored(fact).iter().map(|(name, ty)| self.stored_column(fact, name, ty)).collect();
        if flags_deletes {
            plain.push(Col::plain("is_deleted"));
        }
        let mut columns = plain.clone();
        for role in &roles {
            columns.push(Col::plain(&role.key));
            columns.extend(role.durable.as_ref().map(Col::plain));
        }
        let changed = self.changed(fact, &roles);
        let load = Load {
            model: &fact.name,
            table: self.star(&fact.name),
            payload: columns
                .iter()
                .filter(|c| !key.iter().any(|k| k.name() == c.name() && !k.is_folded()))
                .cloned()
                .collect(),
            key,
            plain,
            columns,
            roles,
            touched,
            flags_deletes,
            insert_only: fact.insert_only,
            range: self.range(fact, increment),
            pieces: self.pieces(fact, increment),
            changed,
            recent: self.since.as_ref().and_then(|since| self.recent(fact, since, "_i")),
        };
        statements.extend(self.render("fact_bound", &load));
        if self.compares {
            statements.extend(self.differences(fact, &load));
            return Ok(statements);
        }
        let told = fact.insert_only.then(|| self.changed_rows(fact, &load));
        let mut loaded = self.render("fact_load", load);
        let counts = loaded.iter().position(|statement| matches!(statement.reads, Reads::Counts)).unwrap_or(0);
        let unseen = fact.roles.iter().filter_map(|role| self.without_version(fact, role, Audited::Touched));
        let disordered = self.out_of_order(fact)?;
        loaded.splice(counts..counts, told.into_iter().chain(unseen).chain(disordered));
        statements.extend(loaded);
        if increment.is_none() {
            statements.extend(self.uninferred(fact));
        }
        statements.extend(self.fact_audits(fact, Audited::Touched).into_iter().map(|rule| rule.statement));
        Ok(statements)
    }

    fn members(&self, role: &Role) -> Option<&Members> {
        self.project.dimensions[role.dimension].members()
    }

    /// The fact's columns and the keys of its roles, over the rows of a query.
    pub(super) fn incoming_text(&self, fact: &Fact, inner: &str) -> String {
        let quote = names::backquoted;
        let zone = self.project.timezone.name();
        let mut items = Vec::new();
        for (name, item) in stored_exprs(self.project, fact) {
            items.push(format!("{item} AS {}", quote(&name)));
        }
        for role in &fact.roles {
            if fact.rolls_up.is_some() {
                items.push(quote(&names::key(&role.name)));
                continue;
            }
            match &self.project.dimensions[role.dimension].kind {
                DimensionKind::Standard(_) | DimensionKind::Mini(_) | DimensionKind::Junk(_) => {
                    for (index, column) in role.on.iter().enumerate() {
                        items.push(format!("{} AS {}", quote(&column.name), quote(&on_column(role, index))));
                    }
                }
                DimensionKind::Calendar(calendar) => {
                    let day = names::day(&quote(&role.on[0].name), &role.on[0].ty, zone);
                    // A day that the calendar lacks is negative until the gates have seen it.
                    items.push(format!(
                        "CASE WHEN {day} IS NULL THEN {} ELSE IF({day} BETWEEN DATE '{}' AND DATE '{}', 1, -1) * \
                         (EXTRACT(YEAR FROM {day}) * 10000 + EXTRACT(MONTH FROM {day}) * 100 + EXTRACT(DAY FROM {day})) \
                         END AS {}",
                        reserved_key(role.when_null),
                        calendar.first_day,
                        calendar.last_day,
                        quote(&on_column(role, 0))
                    ));
                }
                DimensionKind::TimeOfDay => {
                    let column = quote(&role.on[0].name);
                    let local = names::local(&column, &role.on[0].ty, zone);
                    items.push(format!(
                        "CASE WHEN {column} IS NULL THEN {} ELSE EXTRACT(HOUR FROM {local}) * 100 + EXTRACT(MINUTE FROM {local}) END AS {}",
                        reserved_key(role.when_null),
                        quote(&on_column(role, 0))
                    ));
                }
            }
        }
        items.extend(fact.keep_latest_by.iter().map(|column| format!("{} AS _latest", quote(column))));
        let by = if fact.rolls_up.is_some() {
            let keys: Vec<String> = fact.key.iter().map(|column| quote(&column.name)).collect();
            format!(" GROUP BY {}", keys.join(", "))
        } else {
            String::new()
        };
        format!("SELECT {} FROM {} AS _q{by}", items.join(", "), names::nested(inner))
    }

    fn binding(&self, fact: &Fact, role: &Role, is_increment: bool) -> Binding {
        let quote = |name: &str| self.dialect.quote(name);
        let dimension = &self.project.dimensions[role.dimension];
        let alias = quote(&format!("_{}", role.name));
        let key = names::key(&role.name);
        let lookup = self.lookup(dimension);
        let table = lookup.table;
        let Some(members) = self.members(role) else {
            let on = if fact.rolls_up.is_some() { key.clone() } else { on_column(role, 0) };
            let key_expr = match &dimension.kind {
                DimensionKind::Calendar(_) if fact.rolls_up.is_none() => {
                    format!("CASE WHEN _i.{0} < {LAST_RESERVED} THEN -1 ELSE _i.{0} END", quote(&on))
                }
                DimensionKind::Junk(junk) if fact.rolls_up.is_none() => self.combination_key(role, junk),
                _ => format!("_i.{}", quote(&on)),
            };
            return Binding { key, key_expr, durable: None, durable_expr: None, table, alias, join: None };
        };
        if fact.rolls_up.is_some() {
            let key_expr = format!("_i.{}", quote(&key));
            return Binding { key, key_expr, durable: None, durable_expr: None, table, alias, join: None };
        }
        let on: Vec<String> = (0..role.on.len()).map(|index| on_column(role, index)).collect();
        let null: Vec<String> = on.iter().map(|name| format!("_i.{} IS NULL", quote(name))).collect();
        let null = null.join(" OR ");
        let pairs = |theirs: &str, ours: &str| -> Vec<String> {
            let equal = |(column, on): (&Column, &String)| {
                let named = Column { name: on.clone(), ..column.clone() };
                format!("{} = {}", self.compared(theirs, column), self.compared(ours, &named))
            };
            members.natural_key.iter().zip(&on).map(equal).collect()
        };
        let mut join = pairs(&alias, "_i");
        let mut not_yet = String::new();
        if members.has_versions() {
            match names::as_of(fact, role) {
                Some(as_of) => {
                    let as_of = format!("_i.{}", quote(&as_of));
                    join.push(self.holds(members, &alias, &as_of));
                    not_yet = format!(" WHEN {as_of} IS NULL THEN -4");
                }
                None => join.push(format!("{alias}.is_current")),
            }
        }
        let code = reserved_key(role.when_null);
        let bound = format!("COALESCE({alias}.{}, -1)", quote(&lookup.key));
        let durable = self.durable_hash(members, "_i", Some(&on));
        Binding {
            key_expr: format!("CASE WHEN {null} THEN {code}{not_yet} ELSE {bound} END"),
            durable: Some(names::durable_key(&role.name)),
            durable_expr: Some(format!("CASE WHEN {null} THEN {code} ELSE {durable} END")),
            key,
            table: if is_increment { self.dialect.looked_up(&table, "incoming", &pairs("_v", "_m")) } else { table },
            join: Some(join.join("\n    AND ")),
            alias,
        }
    }

    /// What the query, or its part for the touched keys, would give had nothing been deleted in the sources.
    fn ever(&self, fact: &Fact, text: &str, increment: Option<&Increment>) -> Result<String, Vec<Problem>> {
        let mut catalog = self.catalog(&fact.query, Moment::Ever);
        if let Some(increment) = increment {
            self.add_relations(&mut catalog, &increment.relations, &fact.key, Moment::Ever);
        }
        self.dialect.query(&self.incoming_text(fact, text), &catalog)
    }

    /// That a row `_b` has other values than the row `_f` that is loaded: the versions that it is bound to aside.
    fn changed(&self, fact: &Fact, roles: &[Binding]) -> String {
        let differ = |name: &str, ty: &Type| {
            let side = |alias: &str| self.dialect.comparable(&format!("{alias}.{}", self.dialect.quote(name)), ty);
            format!("{} IS DISTINCT FROM {}", side("_f"), side("_b"))
        };
        let plain = stored(fact).into_iter().filter(|(name, _)| fact.key.iter().all(|key| &key.name != name));
        let mut all: Vec<String> = plain.map(|(name, ty)| differ(&name, &ty)).collect();
        for role in roles {
            all.push(match &role.durable {
                Some(durable) => differ(durable, &Type::Int64),
                None => differ(&role.key, &Type::Int64),
            });
        }
        if all.is_empty() { "FALSE".to_owned() } else { format!("({})", all.join(" OR ")) }
    }
}

/// Below every reserved key, and above every day that a calendar lacks, as a negative number.
const LAST_RESERVED: i64 = -9999;

/// The column of `incoming` that holds one part of a role's natural key, or a calendar's key.
fn on_column(role: &Role, index: usize) -> String {
    format!("_{}_{}", role.name, index + 1)
}

/// The columns of a fact besides its roles' keys, in table order.
fn stored(fact: &Fact) -> Vec<(String, Type)> {
    stored_columns(fact).into_iter().map(|(name, ty, _)| (name, ty)).collect()
}

fn stored_exprs(project: &Project, fact: &Fact) -> Vec<(String, String)> {
    stored_columns(fact)
        .into_iter()
        .map(|(name, _, stored)| {
            let expr = match stored {
                Stored::Column => names::backquoted(&name),
                Stored::Instant(column) => {
                    let zone = zone_of(project, &fact.query, &column.name, &column.ty);
                    names::instant(&names::backquoted(&column.name), &column.ty, zone)
                }
                Stored::Measure(index) => names::nested(&fact.measures[index].expr),
            };
            (name, expr)
        })
        .collect()
}
