//! What the templates of a dimension's load are told: names of tables and columns, keys, and which state of a member
//! gives each column its value. It must not render.

use serde::Serialize;

use super::incoming::Placing;
use super::order::Order;
use crate::model::{
    Column, Dimension, EffectiveAt, FirstVersion, KeyStrategy, LateType0, Members, Missing, OnDelete, OpenEnd, Scd,
    StoredValue,
};
use crate::sql::lower::Lowering;
use crate::sql::names;
use crate::sql::template::Col;

/// The words of one dimension.
#[derive(Clone, Serialize)]
pub(super) struct Context<'a> {
    pub(super) model: &'a str,
    /// The table that holds the versions: the dimension's own, or the timeline behind a mini-dimension.
    pub(super) table: String,
    pub(super) history: String,
    /// Surrogate keys by hash, where they are numbered.
    pub(super) keys: Option<String>,
    pub(super) key: Vec<Col>,
    pub(super) names: Vec<Col>,
    pub(super) attributes: Vec<Col>,
    /// What tells a state of a member from another: its attributes, and how its key is written.
    pub(super) told: Vec<Col>,
    pub(super) values: Vec<Value>,
    /// The events of the members, as versions are made of them.
    pub(super) events: String,
    /// What the state of a member that the dimension has already says of type 0.
    pub(super) originals: Vec<Col>,
    pub(super) keeps_originals: bool,
    pub(super) columns: Vec<Col>,
    pub(super) payload: Vec<Col>,
    pub(super) key_column: String,
    pub(super) durable_column: String,
    pub(super) durable_hash: String,
    /// The durable key that an inferred member of the table should have.
    pub(super) inferred_hash: String,
    pub(super) version_hash: String,
    pub(super) boundary: String,
    pub(super) moment: Vec<Col>,
    pub(super) latest: Vec<Col>,
    pub(super) states: Vec<State>,
    pub(super) previous: Vec<Previous>,
    pub(super) combination: Option<Combination>,
    pub(super) outriggers: Vec<Outrigger>,
    pub(super) only_new: bool,
    /// Of the states that come in, those count alone that nothing overtook.
    pub(super) overtakes: bool,
    /// The roles of facts that infer members.
    pub(super) inferring: Vec<Inferring>,
    /// Every member is computed anew, those that landing no longer gives among them.
    pub(super) whole: bool,
    /// What is landed is evaluated anew: a state may be kept already, as an earlier definition of the model saw it.
    pub(super) reevaluates: bool,
    /// The events of the members are given anew, all of them.
    pub(super) replaces: bool,
    /// The part of the key that names what was touched.
    pub(super) touched: Vec<Col>,
    /// The images of landed states, where only those may take the place of what was kept of them.
    pub(super) images: Option<String>,
    /// The end of a version that holds now.
    pub(super) end: String,
    /// Some of the states that come in are rejected.
    pub(super) rejects: bool,
    /// The kept events that no check rejects, where some may be.
    pub(super) unrejected: Option<String>,
    /// States since an instant are forgotten first.
    pub(super) rebuilds: bool,
    /// A delete may take effect before states that the source gave already.
    pub(super) cancels: bool,
    pub(super) keeps_deletes: bool,
    pub(super) reports_deletes: bool,
    pub(super) has_versions: bool,
    pub(super) on_delete: &'static str,
    pub(super) first_version: &'static str,
    pub(super) open_end: &'static str,
}

/// A column that holds a value of an attribute, and the state that gives it.
#[derive(Clone, Serialize)]
pub(super) struct Value {
    name: String,
    of: String,
    state: String,
}

/// A state of a member that gives values to a version, and the instant that finds it.
#[derive(Clone, Serialize)]
pub(super) struct State {
    name: String,
    at: String,
    /// A member may have no such state.
    optional: bool,
}

/// The instant of the state before the latest change of an attribute.
#[derive(Clone, Serialize)]
pub(super) struct Previous {
    at: String,
    value: String,
}

/// The key of the combination of attributes that a version of a mini-dimension's timeline holds.
#[derive(Clone, Serialize)]
pub(super) struct Combination {
    /// The mini-dimension's table.
    pub(super) table: String,
    pub(super) column: String,
    hash: String,
    pub(super) attributes: Vec<Col>,
    /// The base's table, and its column with the present combination, where it has one.
    outrigger: Option<(String, String)>,
}

/// A role of a fact that infers members, and its column with their durable keys.
#[derive(Clone, Serialize)]
pub(in crate::sql::lower) struct Inferring {
    table: String,
    durable: String,
}

/// The present combination of a mini-dimension, in its base.
#[derive(Clone, Serialize)]
pub(super) struct Outrigger {
    column: String,
    alias: String,
    timeline: String,
    key: String,
}

impl Lowering<'_> {
    pub(super) fn dimension_context<'m>(&self, dimension: &'m Dimension, members: &'m Members) -> Context<'m> {
        let key: Vec<Col> = members.natural_key.iter().map(Col::key).collect();
        let spelled: Vec<Col> = key.iter().filter(|column| column.is_folded()).map(Col::spelled).collect();
        let attributes: Vec<Col> = members.attributes.iter().map(|a| Col::new(&a.column.name, &a.column.ty)).collect();
        let has_versions = members.has_versions() || dimension.mini().is_some();
        let only_new = members.effective_at == EffectiveAt::Extracted
            && self.states_table(members).is_none()
            && !self.is_temporal(members);
        let order = ["_event_at", "_event_sequence", "_batch", "_state"].map(Col::plain);
        let stored = members.stored();
        let previous: Vec<Previous> = stored
            .iter()
            .filter(|stored| stored.value == StoredValue::Previous)
            .map(|stored| Previous {
                at: format!("_{}_at", stored.name),
                value: self.dialect.comparable(
                    &format!("_e.{}", self.dialect.quote(&stored.attribute.column.name)),
                    &stored.attribute.column.ty,
                ),
            })
            .collect();
        let values: Vec<Value> = stored
            .iter()
            .map(|stored| Value {
                name: stored.name.clone(),
                of: stored.attribute.column.name.clone(),
                state: match stored.value {
                    StoredValue::First => "first_state".to_owned(),
                    StoredValue::Last => "last_state".to_owned(),
                    StoredValue::Version => "version_state".to_owned(),
                    StoredValue::Previous => format!("{}_state", stored.name),
                },
            })
            .collect();
        let fixed = [("first_state", "_i._first_at"), ("last_state", "_i._last_at"), ("version_state", "_i._known_at")];
        let mut states: Vec<State> = fixed
            .into_iter()
            .filter(|(name, _)| {
                let shows_key = *name == "last_state" && !spelled.is_empty();
                shows_key || values.iter().any(|value| value.state == *name)
            })
            .map(|(name, at)| State { name: name.to_owned(), at: at.to_owned(), optional: false })
            .collect();
        states.extend(stored.iter().filter(|stored| stored.value == StoredValue::Previous).map(|stored| State {
            name: format!("{}_state", stored.name),
            at: format!("_p._{}_at", stored.name),
            optional: true,
        }));
        let combination = self.combination(dimension, members);
        let lookup = self.lookup(dimension);
        let mut payload = vec![Col::plain(&lookup.durable)];
        payload.extend(key.iter().cloned());
        payload.extend(stored.iter().map(|stored| Col::new(&stored.name, &stored.attribute.column.ty)));
        payload.extend(members.outriggers.iter().map(|mini| Col::plain(names::outrigger_key(mini))));
        payload.extend(combination.iter().map(|combination| Col::plain(&combination.column)));
        if has_versions {
            payload.extend(["valid_from", "valid_to", "is_current"].map(Col::plain));
        }
        payload.extend(["is_deleted", "is_inferred"].map(Col::plain));
        let key_column = if combination.is_some() { "_version_key".to_owned() } else { lookup.key };
        let mut columns = vec![Col::plain(&key_column)];
        columns.extend(payload.iter().cloned());
        let originals = members.attributes.iter().filter(|attribute| attribute.scd == Scd::Type0);
        Context {
            model: &dimension.name,
            table: lookup.table,
            history: self.path(&self.history_schema(), &dimension.name),
            keys: (members.key_strategy == KeyStrategy::Sequence).then(|| self.numbers(dimension)),
            names: key.iter().chain(&attributes).cloned().collect(),
            values,
            events: self.told_events(members),
            originals: originals.map(|attribute| Col::new(&attribute.column.name, &attribute.column.ty)).collect(),
            keeps_originals: members.late_type0 == LateType0::Keep,
            states,
            previous,
            combination,
            outriggers: members.outriggers.iter().map(|mini| self.outrigger(mini)).collect(),
            // Events compete within one instant and sequence; states without an instant only with the latest one.
            moment: key.iter().cloned().chain(order[..if only_new { 0 } else { 2 }].iter().cloned()).collect(),
            latest: order.to_vec(),
            columns,
            payload,
            key_column,
            durable_column: lookup.durable,
            durable_hash: self.durable_hash(members, "_i", None),
            inferred_hash: self.durable_hash(members, "_d", None),
            version_hash: self.version_hash(members, "_i", "_i._from"),
            boundary: self.boundary(members, has_versions),
            only_new,
            overtakes: Order::of(self.project, members).is_some_and(|order| order.overtakes),
            inferring: self.inferring(dimension),
            whole: false,
            reevaluates: false,
            replaces: false,
            touched: Vec::new(),
            images: None,
            rejects: false,
            unrejected: None,
            end: self.open_end(members),
            rebuilds: false,
            cancels: self
                .states_table(members)
                .is_some_and(|table| table.dated_deletes().is_some() && Placing::of(members, table).cancels),
            keeps_deletes: has_versions && members.on_delete != OnDelete::Ignore,
            reports_deletes: !has_versions && members.on_delete != OnDelete::Ignore,
            has_versions,
            on_delete: match members.on_delete {
                OnDelete::Close => "close",
                OnDelete::Flag => "flag",
                OnDelete::Ignore => "ignore",
            },
            first_version: match members.first_version {
                FirstVersion::BeginningOfTime => "beginning_of_time",
                FirstVersion::OwnInstant => "own_instant",
            },
            open_end: match members.open_end {
                OpenEnd::FarFuture => "far_future",
                OpenEnd::Null => "null",
            },
            key,
            told: attributes.iter().cloned().chain(spelled).collect(),
            attributes,
        }
    }

    fn combination(&self, dimension: &Dimension, members: &Members) -> Option<Combination> {
        let mini = dimension.mini()?;
        let mut parts = Vec::new();
        for attribute in &members.attributes {
            let value = format!("version_state.{}", self.dialect.quote(&attribute.column.name));
            parts.push(format!("COALESCE({}, '-')", self.dialect.key_part(&value, &attribute.column.ty)));
        }
        Some(Combination {
            table: self.star(&dimension.name),
            column: names::key(&dimension.name),
            hash: self.dialect.hash60(&self.dialect.concat(&parts)),
            attributes: members.attributes.iter().map(|a| Col::new(&a.column.name, &a.column.ty)).collect(),
            outrigger: mini.outrigger.then(|| (self.star(&mini.base), names::outrigger_key(&dimension.name))),
        })
    }

    pub(in crate::sql::lower) fn inferring(&self, dimension: &Dimension) -> Vec<Inferring> {
        let users = self.users.get(dimension.name.as_str()).into_iter().flatten();
        let roles = users.map(|(fact, role)| (&self.project.facts[*fact], &self.project.facts[*fact].roles[*role]));
        let inferring = roles.filter(|(fact, role)| role.missing == Missing::Infer && fact.rolls_up.is_none());
        inferring
            .map(|(fact, role)| Inferring { table: self.star(&fact.name), durable: names::durable_key(&role.name) })
            .collect()
    }

    fn outrigger(&self, mini: &str) -> Outrigger {
        Outrigger {
            column: names::outrigger_key(mini),
            alias: self.dialect.quote(&format!("_{mini}")),
            timeline: self.timeline_of(mini),
            key: names::key(mini),
        }
    }

    /// When an event starts a version: the member comes, goes, or an attribute with versions has another value than
    /// before.
    fn boundary(&self, members: &Members, has_versions: bool) -> String {
        if !has_versions {
            return "ROW_NUMBER() OVER timeline = 1".to_owned();
        }
        let differ: Vec<String> = members
            .attributes
            .iter()
            .filter(|attribute| attribute.scd.has_versions())
            .map(|attribute| {
                let expr = format!("_e.{}", self.dialect.quote(&attribute.column.name));
                let side = self.dialect.comparable(&expr, &attribute.column.ty);
                format!("{side} IS DISTINCT FROM LAG({side}) OVER timeline")
            })
            .collect();
        let differ = differ.join("\n        OR ");
        // A delete starts a version only where there was a member, be it of the same instant.
        let before = if members.on_delete == OnDelete::Flag { "NOT (_e._gone AND _e._is_known)" } else { "TRUE" };
        let came_or_went = format!("_e._gone <> COALESCE(LAG(_e._gone) OVER timeline, {before})");
        format!("{came_or_went}\n      OR (NOT _e._gone AND ({differ}))")
    }

    /// The durable key: a hash of the natural key, constant across versions; also the first version's surrogate key.
    pub(crate) fn durable_hash(&self, members: &Members, alias: &str, on: Option<&[String]>) -> String {
        self.dialect.hash60(&self.key_text(members, alias, on, None))
    }

    /// The surrogate key of a later version: a hash of the natural key and the instant since which it holds.
    fn version_hash(&self, members: &Members, alias: &str, from: &str) -> String {
        self.dialect.hash60(&self.key_text(members, alias, None, Some(from)))
    }

    fn key_text(&self, members: &Members, alias: &str, on: Option<&[String]>, from: Option<&str>) -> String {
        let mut parts = Vec::new();
        if !members.salt.is_empty() {
            parts.push(self.dialect.string(&format!("{}|", members.salt)));
        }
        for (index, column) in members.natural_key.iter().enumerate() {
            let name = on.map_or(&column.name, |on| &on[index]);
            let part = self.compared(alias, &Column { name: name.clone(), ..column.clone() });
            parts.push(self.dialect.key_part(&part, &column.ty));
        }
        if let Some(from) = from {
            parts.push("'@'".to_owned());
            parts.push(self.dialect.instant_text(from));
        }
        self.dialect.concat(&parts)
    }
}
