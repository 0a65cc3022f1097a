//! What a change means for states that are no longer landed: kept events that cannot be evaluated anew, histories that
//! start with what is landed, and landed states that nothing needs any more. It must not decide what the answers mean.

use super::dimension::as_of::is_temporal;
use super::probes::{Asks, Probe};
use super::{Lowering, temporal};
use crate::model::{Dimension, Members, ModelId, Project};
use crate::plan::{Action, Change, ChangeSet, DELETES, Difference, Object, ObjectKind, SEQUENCE, STATES};

/// A history that is made of what is landed of a table, and of nothing else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Start {
    /// The address of the change that makes it.
    pub address: String,
    /// The source table.
    pub table: String,
}

/// The histories that a change set makes of landed states, each with the tables that it is made of: those of new dimensions,
/// and those of dimensions whose query becomes one over several tables.
#[must_use]
pub fn starts(project: &Project, set: &ChangeSet) -> Vec<Start> {
    let mut all = Vec::new();
    for change in &set.changes {
        let Some(after) = &change.after else { continue };
        let Some(dimension) = dimension(project, after) else { continue };
        let Some(members) = dimension.members().filter(|members| members.keeps_states()) else { continue };
        let is_new = change.action == Action::Create && after.kind == ObjectKind::History && after.name == after.owner;
        let is_joined = || after.kind == ObjectKind::Star && is_temporal(project, members) && evaluates(change);
        if is_new || is_joined() {
            let star = set.changes.iter().find(|one| {
                one.after.as_ref().is_some_and(|one| one.kind == ObjectKind::Star && one.owner == after.owner)
            });
            let address = star.unwrap_or(change).address.clone();
            let tables = temporal::tables_read(project, members).into_iter();
            all.extend(tables.map(|table| Start { address: address.clone(), table: table.address.clone() }));
        }
    }
    all.sort();
    all.dedup();
    all
}

/// Which kept states a change has to evaluate anew.
enum Evaluates {
    All,
    /// All, as their table is read in another way; the next run reads it whole.
    Read,
    /// Those of an attribute that is new.
    New(String),
    /// Of a new attribute that shows the latest value alone, the latest state of each member.
    Latest(String),
}

impl Lowering<'_> {
    /// Kept states whose landed rows are gone, where what is made of a landed row changes.
    pub(super) fn kept_states(&self, change: &Change) -> Vec<Probe> {
        let star =
            change.before.as_ref().zip(change.after.as_ref()).filter(|(_, after)| after.kind == ObjectKind::Star);
        let Some((before, after)) = star else { return Vec::new() };
        let Some(members) = dimension(self.project, after).and_then(Dimension::members) else { return Vec::new() };
        let asked = evaluated(change);
        let probes = asked.into_iter().filter_map(|asked| {
            let (column, latest, asks) = match asked {
                Evaluates::All => (None, false, Asks::StatesKept),
                Evaluates::Read => (None, false, Asks::StatesUnread),
                Evaluates::New(name) => (Some(name), false, Asks::StatesKept),
                Evaluates::Latest(name) => (Some(name), true, Asks::StatesKept),
            };
            let history = self.path(&self.history_schema(), &before.owner);
            let condition = self.is_kept_alone(members)?;
            let of = if latest || !members.keeps_states() { self.latest(members, &history) } else { history };
            Some(Probe {
                address: change.address.clone(),
                column,
                asks,
                sql: format!("SELECT COUNT(*) FROM {of} AS _h WHERE {condition}"),
            })
        });
        probes.collect()
    }

    /// What holds of a kept state that landing does not give any more; `None` where the landed states replace what is kept.
    fn is_kept_alone(&self, members: &Members) -> Option<String> {
        if let Some(table) = self.states_table(members) {
            let landed = |rows: &str, condition: &str| {
                format!(
                    "NOT EXISTS (SELECT 1 FROM {rows} AS _r WHERE _r._batch = _h._batch AND _r._state = _h._state{condition})"
                )
            };
            let rows = landed(&self.landing_rows(table), "");
            return Some(format!("{rows} AND {}", landed(&self.landing_changes(table), " AND _r._image = 'new'")));
        }
        if self.is_temporal(members) {
            return None;
        }
        // The query gives its members as they are now: what they were, and those that are gone, it does not give.
        Some(if members.keeps_states() { "TRUE" } else { "_h._gone" }.to_owned())
    }

    /// The latest kept state of each member.
    fn latest(&self, members: &Members, history: &str) -> String {
        let own: Vec<String> = members.natural_key.iter().map(|column| self.compared("_e", column)).collect();
        format!(
            "(SELECT * FROM {history} AS _e WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY {} \
             ORDER BY _e._event_at DESC, _e._event_sequence DESC, _e._batch DESC, _e._state DESC) = 1)",
            own.join(", ")
        )
    }

    /// Landed states that are kept until now, and that the next run removes.
    pub(super) fn states_removed(&self, change: &Change) -> Option<Probe> {
        let before = change.before.as_ref().filter(|before| before.kind == ObjectKind::Landing)?;
        let after = change.after.as_ref()?;
        let is_kept = |object: &Object| object.design.get(STATES).map(|says| says == KEPT);
        if is_kept(before) != Some(true) || is_kept(after) != Some(false) {
            return None;
        }
        let table = self.project.table(&after.owner)?;
        Some(Probe {
            address: change.address.clone(),
            column: None,
            asks: Asks::StatesRemoved,
            sql: format!(
                "SELECT COUNT(*) FROM {} AS _c WHERE _c._image = 'new' AND NOT EXISTS (\
                 SELECT 1 FROM {} AS _r WHERE _r._batch = _c._batch AND _r._state = _c._state)",
                self.path(&before.schema, &before.name),
                self.landing_rows(table),
            ),
        })
    }
}

/// What a table says whose every landed state is kept.
pub(super) const KEPT: &str = "kept";

/// What a table says whose landed states are removed once every model has them.
pub(super) const CONSUMED: &str = "removed once they are loaded";

fn dimension<'p>(project: &'p Project, object: &Object) -> Option<&'p Dimension> {
    match project.model(&object.owner)? {
        ModelId::Dimension(index) => Some(&project.dimensions[index]),
        ModelId::Fact(_) => None,
    }
}

/// What is made of a landed row, or which of them count, changes.
fn evaluates(change: &Change) -> bool {
    let is_policy = |one: &Difference| one.part.starts_with("attribute ") && one.before.is_some();
    !evaluated(change).is_empty() || change.differences.iter().any(is_policy)
}

fn evaluated(change: &Change) -> Vec<Evaluates> {
    let all = change.differences.iter().any(|one| match one.part.as_str() {
        "query" | "effective_at" | "timezone" => one.before.is_some() && one.after.is_some(),
        "effective_to" | "sequence" => true,
        part => part.starts_with("attribute ") && is_of_another_expression(one),
    });
    if all {
        return vec![Evaluates::All];
    }
    let is_read = |one: &Difference| {
        let part = one.part.split_once(' ').is_some_and(|(word, _)| [DELETES, SEQUENCE].contains(&word));
        part && one.before.is_some() && one.after.is_some()
    };
    if change.differences.iter().any(is_read) {
        return vec![Evaluates::Read];
    }
    let new = change.differences.iter().filter(|one| one.before.is_none()).filter_map(|one| {
        let name = one.part.strip_prefix("attribute ")?.to_owned();
        let says = one.after.as_deref()?;
        let shows_latest = says == "type 1" || says.starts_with("type 1 of ") || says.starts_with("type 1, ");
        Some(if shows_latest { Evaluates::Latest(name) } else { Evaluates::New(name) })
    });
    new.collect()
}

/// An attribute that is computed in another way than before, whatever its type.
pub(super) fn is_of_another_expression(one: &Difference) -> bool {
    let of = |text: &Option<String>| text.as_ref().map(|text| text.split_once(" of ").map(|(_, of)| of.to_owned()));
    one.before.is_some() && one.after.is_some() && of(&one.before) != of(&one.after)
}
