//! A dimension's load: landed states become events, events become versions, versions change the table and the facts
//! that look them up. It must not decide what a policy means; the templates' timeline is that.

pub(crate) mod as_of;
mod context;
mod current;
mod gates;
mod hierarchy;
mod incoming;
pub(in crate::sql::lower) mod instants;
mod order;
mod screens;
mod wording;

use dwc_googlesql::{Column as SqlColumn, Type};
use serde::Serialize;

use self::context::Context;
pub(super) use self::context::Inferring;
pub(super) use self::gates::Audited;
pub(super) use self::incoming::values_text;
use self::incoming::{Placing, outer_text, states_text};
pub(super) use self::order::Order;
pub(super) use self::wording::Unknown;
use super::compared::keyed;
use super::relations::{Moment, sql_columns};
use super::{Lowering, problems_at};
use crate::diagnostic::Diagnostic;
use crate::model::{Dimension, EffectiveAt, Members, Missing, ModelId, OnDelete, OpenEnd};
use crate::plan::{ModelLoad, Reads, Rule, Statement};
use crate::sql::names;
use crate::sql::template::Col;

#[derive(Serialize)]
struct Incoming<'a> {
    model: &'a str,
    query: String,
    names: &'a [Col],
    key: &'a [Col],
    history: &'a str,
    touched: Option<Vec<Col>>,
    event_at: String,
    /// A member that comes back is dated by its return: deletes are not ignored.
    returns: bool,
    placing: Placing,
}

/// What a rebinding of facts needs to know of one role.
#[derive(Serialize)]
struct Rekey {
    fact: String,
    fact_table: String,
    fact_key: Vec<Col>,
    role: String,
    role_key: String,
    role_durable: String,
    table: String,
    key_column: String,
    durable_column: String,
    keys: Option<String>,
    outriggers: Vec<Col>,
    unknown: Vec<Unknown>,
    has_versions: bool,
    as_of: Option<String>,
    /// What holds of the partition of a row `_f` whose instant is not before the first that changes.
    bounds: Option<String>,
    /// That a version `_v` holds at the instant of a row `_f`.
    holds: Option<String>,
    infers: bool,
    key: Vec<Col>,
    open_end: String,
}

/// How much of a dimension a load computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// What is new since the last load.
    Incremental,
    /// Everything that is landed, beside the events that are kept.
    Full,
    /// Everything that is landed, in the place of the events that are kept since an instant.
    Rebuild,
}

/// What the numbering of surrogate keys needs to know.
#[derive(Serialize)]
struct Numbers<'a> {
    model: &'a str,
    keys: &'a str,
    key_column: &'a str,
}

impl Lowering<'_> {
    pub(super) fn dimension(
        &self,
        id: ModelId,
        dimension: &Dimension,
        members: &Members,
    ) -> Result<ModelLoad, Vec<Diagnostic>> {
        let (tables, upstream) = self.reads(id);
        let whole = self.whole_dimension(members);
        let incremental = match whole {
            // The same text is read from other rows there.
            None if self.translates_only && self.states_table(members).is_some() => None,
            None => Some(self.dimension_statements(dimension, members, Extent::Incremental)?),
            Some(_) => None,
        };
        let mut audits =
            self.dimension_audits(dimension, members, &self.dimension_context(dimension, members), Audited::All);
        let live = self.live_members(dimension, members, None);
        let differs = live.and_then(|live| self.current_differs(dimension, members, &live, Audited::All));
        audits.extend(differs.map(|statement| Rule::new("the current versions match the source", statement)));
        if dimension.mini().is_none() {
            audits.extend(self.broken_hierarchies(dimension, members, &self.dimension_context(dimension, members)));
        }
        let unlabelled = self.unlabelled(dimension, members, &self.dimension_context(dimension, members), Audited::All);
        audits.extend(unlabelled.into_iter().map(|statement| Rule::new("labels stand for every value", statement)));
        Ok(ModelLoad {
            model: id,
            name: dimension.name.clone(),
            tables,
            upstream,
            reads_models: self.reads_models(id),
            by_batch: self.by_batch(members),
            whole,
            full: self.dimension_statements(dimension, members, Extent::Full)?,
            incremental,
            audits,
        })
    }

    /// Where the state after each batch is an event, a batch must not hide the one before it.
    fn by_batch(&self, members: &Members) -> bool {
        self.states_table(members).is_none() && members.keeps_states() && !self.is_temporal(members)
    }

    /// The statements of one load, from what is landed to the facts that look the dimension up.
    pub(super) fn dimension_statements(
        &self,
        dimension: &Dimension,
        members: &Members,
        extent: Extent,
    ) -> Result<Vec<Statement>, Vec<Diagnostic>> {
        let rebuilds = extent == Extent::Rebuild;
        let whole = extent == Extent::Full;
        let context = Context { rebuilds, whole, ..self.dimension_context(dimension, members) };
        let words = self.dialect.words();
        let at = |found| problems_at(found, members.query.span);
        let incoming = |query: String, touched: Option<Vec<Col>>, event_at| Incoming {
            model: &dimension.name,
            query,
            names: &context.names,
            key: &context.key,
            history: &context.history,
            touched,
            event_at,
            returns: members.on_delete != OnDelete::Ignore,
            placing: self.states_table(members).map_or_else(Placing::default, |table| Placing::of(members, table)),
        };
        if let Some(table) = self.states_table(members) {
            // A row that a reading found again took effect at the time of that reading, which only its image tells.
            let from_images = extent == Extent::Full && table.deletes_by_reading();
            let is_new = extent == Extent::Incremental;
            let since = if is_new || from_images { words.since } else { "0" };
            let mut catalog = self.catalog(&members.query, Moment::Now);
            let mut columns = sql_columns(&table.columns);
            for (name, ty) in [
                ("_at", Type::Timestamp),
                ("_batch", Type::Int64),
                ("_state", Type::Int64),
                ("_deleted", Type::Bool),
                ("_gone_since", Type::Timestamp),
            ] {
                columns.push(SqlColumn::new(name, ty));
            }
            catalog.add_as(&format!("{}/states", table.address), self.states(table, since, extent), columns);
            let states = states_text(self.project, members, table).map_err(|problem| at(vec![problem]))?;
            let text = outer_text(self.project, members, Some(table), &[], &states);
            let query = self.dialect.query(&text, &catalog).map_err(at)?;
            if self.translates_only {
                return Ok(Vec::new());
            }
            let mut statements = self.render("dimension_states", incoming(query, None, String::new()));
            statements.extend(self.dimension_gates(dimension, members, &context, false));
            let images = from_images.then(|| self.landing_changes(table));
            let context = Context { reevaluates: whole, images, ..context.clone() };
            statements.extend(self.dimension_tail(dimension, members, &context)?);
            let live = self.live_members(dimension, members, Some(table)).filter(|_| !rebuilds);
            statements.extend(live.and_then(|live| self.current_differs(dimension, members, &live, Audited::Touched)));
            return Ok(statements);
        }
        if self.is_temporal(members) {
            return self.temporal_statements(dimension, members, context, extent);
        }
        let (dated, instants) = self.dated_query(members).map_err(at)?;
        let event_at = match members.effective_at {
            EffectiveAt::Column(..) => format!("COALESCE(_e._event_at, {})", words.at),
            EffectiveAt::Extracted => words.at.to_owned(),
        };
        let moment = if self.by_batch(members) && !rebuilds { Moment::Batch } else { Moment::Now };
        let key: Vec<String> = members.natural_key.iter().map(|column| column.name.clone()).collect();
        let increment = (extent == Extent::Incremental).then(|| self.increment(&dated, &key).ok()).flatten();
        let mut catalog = self.catalog(&members.query, moment);
        let mut statements = Vec::new();
        if let Some(increment) = &increment {
            self.add_relations(&mut catalog, &increment.relations, &members.natural_key, moment);
            statements.extend(self.touched(&dimension.name, increment, &members.natural_key, &catalog).map_err(at)?);
        }
        let text = increment.as_ref().map_or(&dated.text, |increment| &increment.restricted);
        let query =
            self.dialect.query(&outer_text(self.project, members, None, &instants, text), &catalog).map_err(at)?;
        if self.translates_only {
            return Ok(Vec::new());
        }
        let touched = increment.as_ref().map(|increment| keyed(&increment.key, &members.natural_key));
        statements.extend(self.render("dimension_evaluated", incoming(query, touched, event_at)));
        statements.extend(self.dimension_gates(dimension, members, &context, true));
        statements.extend(self.dimension_tail(dimension, members, &context)?);
        if !rebuilds {
            let live = "SELECT * FROM incoming AS _i WHERE NOT _i._gone";
            statements.extend(self.current_differs(dimension, members, live, Audited::Touched));
        }
        Ok(statements)
    }

    /// Why a dimension is computed whole, where it is.
    pub(super) fn whole_dimension(&self, members: &Members) -> Option<String> {
        if self.states_table(members).is_some() {
            return None;
        }
        if self.is_temporal(members) {
            return self.temporal_increment(members).err().map(|whole| whole.reason);
        }
        let key: Vec<String> = members.natural_key.iter().map(|column| column.name.clone()).collect();
        let (dated, _) = self.dated_query(members).ok()?;
        self.increment(&dated, &key).err().map(|whole| whole.reason)
    }

    /// The statements from the incoming events to the facts that look the dimension up.
    fn dimension_tail(
        &self,
        dimension: &Dimension,
        members: &Members,
        context: &Context<'_>,
    ) -> Result<Vec<Statement>, Vec<Diagnostic>> {
        let (mut statements, screened) = self.dimension_screens(dimension, members, context)?;
        let context = screened.as_ref().unwrap_or(context);
        statements.extend(self.render("dimension_load", context));
        if let Some(keys) = &context.keys {
            let numbers = Numbers { model: &dimension.name, keys, key_column: &context.key_column };
            statements.extend(self.render("dimension_numbers", numbers));
        }
        statements.extend(self.collision_gates(dimension, context));
        statements.extend(self.late_originals(dimension, members, context));
        let mut merge = self.render("dimension_merge", context);
        if context.rebuilds || self.compares {
            let counts = merge.iter().position(|statement| matches!(statement.reads, Reads::Counts));
            merge.insert(counts.unwrap_or(0), self.version_changes(members, context));
            if self.compares {
                merge.truncate(counts.map_or(0, |counts| counts + 1));
                let table = self.star(&dimension.name);
                merge.push(self.doubled(&table, &[Col::plain(names::key(&dimension.name))]));
                statements.extend(merge);
                return Ok(statements);
            }
        }
        statements.extend(merge);
        if context.combination.is_some() {
            statements.extend(self.render("mini_merge", context));
        }
        let rules = self.dimension_audits(dimension, members, context, Audited::Touched);
        statements.extend(rules.into_iter().map(|rule| rule.statement));
        statements.extend(self.unlabelled(dimension, members, context, Audited::Touched));
        let users = self.users.get(dimension.name.as_str()).into_iter().flatten();
        let looked_up = users.clone().any(|(fact, role)| {
            let fact = &self.project.facts[*fact];
            names::as_of(fact, &fact.roles[*role]).is_some()
        });
        if members.has_versions() && looked_up {
            let words = self.dialect.words();
            statements.push(Statement {
                sql: format!(
                    "-- {}: no row before this instant is bound anew; being constant, it spares all others\n{} dwc_changed_from = (SELECT MIN(_c._from) FROM changes AS _c WHERE _c._rebinds)",
                    dimension.name, words.set
                ),
                reads: Reads::Nothing,
            });
        }
        for (fact, role) in users {
            let (fact, role) = (&self.project.facts[*fact], &self.project.facts[*fact].roles[*role]);
            let as_of = names::as_of(fact, role).filter(|_| members.has_versions());
            let lookup = self.lookup(dimension);
            let bounds = as_of.as_ref().and_then(|as_of| self.partitions_from(fact, as_of));
            statements.extend(
                self.render(
                    "rekey",
                    Rekey {
                        fact: fact.name.clone(),
                        fact_table: self.star(&fact.name),
                        fact_key: fact.key.iter().map(Col::key).collect(),
                        role: role.name.clone(),
                        role_key: names::key(&role.name),
                        role_durable: names::durable_key(&role.name),
                        table: lookup.table,
                        key_column: lookup.key,
                        durable_column: lookup.durable,
                        keys: context.keys.clone(),
                        outriggers: outrigger_columns(members),
                        unknown: self.unknown(members),
                        has_versions: members.has_versions(),
                        holds: as_of
                            .as_ref()
                            .map(|as_of| self.holds(members, "_v", &format!("_f.{}", self.dialect.quote(as_of)))),
                        as_of,
                        bounds,
                        infers: role.missing == Missing::Infer,
                        key: context.key.clone(),
                        open_end: self.open_end(members),
                    },
                ),
            );
            statements.extend(self.rebound_audit(fact, role, dimension, members));
        }
        Ok(statements)
    }

    /// What happens to each version of a rebuilt dimension, for a person to read before it does.
    fn version_changes(&self, members: &Members, context: &Context<'_>) -> Statement {
        let names: Vec<&str> = context.key.iter().map(Col::name).collect();
        let stored = members.stored();
        let stored: Vec<(&str, &Type)> =
            stored.iter().map(|stored| (stored.name.as_str(), &stored.attribute.column.ty)).collect();
        let string = self.dialect.ty(&Type::String);
        let span = |alias: &str, when: &str| match members.has_versions() {
            true => format!(
                "CAST({alias}.valid_from AS {string}) AS {when}_from, CAST({alias}.valid_to AS {string}) AS {when}_to"
            ),
            false => format!("NULL AS {when}_from, NULL AS {when}_to"),
        };
        let key = self.dialect.quote(&context.key_column);
        let values = |alias: &str| {
            format!("CASE WHEN {alias}.{key} IS NOT NULL THEN {} END", self.readable_values(&stored, alias))
        };
        Statement {
            sql: format!(
                "SELECT _c._change, {member} AS member, {before}, {was} AS before_values, {after}, {is} AS after_values\nFROM changes AS _c\nLEFT JOIN {table} AS _d ON _d.{key} = _c.{key}{only}\nORDER BY 2, {order}, 1\nLIMIT 1000",
                member = self.readable_key(&names, "_c"),
                before = span("_d", "before"),
                was = values("_d"),
                after = span("_c", "after"),
                is = values("_c"),
                table = context.table,
                // An inferred member stays until a whole load, even if no fact names it any more.
                only = if self.compares {
                    "\nWHERE NOT (_c._change = 'delete' AND COALESCE(_d.is_inferred, FALSE))"
                } else {
                    ""
                },
                order = if members.has_versions() { "_c.valid_from" } else { "1" },
            ),
            reads: Reads::Versions,
        }
    }

    /// Where facts look a dimension up.
    pub(super) fn lookup(&self, dimension: &Dimension) -> Lookup {
        match dimension.mini() {
            Some(mini) => Lookup {
                table: self.timeline_of(&dimension.name),
                key: names::key(&dimension.name),
                durable: names::durable_key(&mini.base),
            },
            None => Lookup {
                table: self.star(&dimension.name),
                key: names::key(&dimension.name),
                durable: names::durable_key(&dimension.name),
            },
        }
    }

    /// The table that says which member had which combination of a mini-dimension when.
    pub(super) fn timeline_of(&self, mini: &str) -> String {
        self.path(&self.history_schema(), &names::mini_timeline(mini))
    }

    /// The table that says which number stands for which key.
    pub(super) fn numbers(&self, dimension: &Dimension) -> String {
        self.path(&self.history_schema(), &names::key_numbers(&dimension.name))
    }

    /// The end of a current version, as it is stored.
    pub(super) fn open_end(&self, members: &Members) -> String {
        match members.open_end {
            OpenEnd::FarFuture => self.dialect.words().far_future.to_owned(),
            OpenEnd::Null => format!("CAST(NULL AS {})", self.dialect.ty(&Type::Timestamp)),
        }
    }

    /// Whether a version holds at an instant; the end of time is looked up in the last version.
    pub(super) fn holds(&self, members: &Members, alias: &str, at: &str) -> String {
        let last = self.dialect.words().last_instant;
        format!("{at} >= {alias}.valid_from AND LEAST({at}, {last}) < {}", self.valid_to(members, alias))
    }

    /// The end of a version as an instant to compare with.
    pub(super) fn valid_to(&self, members: &Members, alias: &str) -> String {
        match members.open_end {
            OpenEnd::FarFuture => format!("{alias}.valid_to"),
            OpenEnd::Null => format!("COALESCE({alias}.valid_to, {})", self.dialect.words().far_future),
        }
    }
}

/// The table of versions that facts look a dimension up in, by its durable key or its natural key.
pub(super) struct Lookup {
    /// The quoted path.
    pub(super) table: String,
    /// The column whose value a fact stores.
    pub(super) key: String,
    /// The column with the durable key.
    pub(super) durable: String,
}

/// The columns of a base dimension with its members' present combinations.
pub(super) fn outrigger_columns(members: &Members) -> Vec<Col> {
    members.outriggers.iter().map(|mini| Col::plain(names::outrigger_key(mini))).collect()
}
