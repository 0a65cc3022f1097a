//! Questions to ask of the data before a change is carried out: how many rows would lose a value, or have none where
//! one is needed. It must not decide what the answers mean.

use dwc_googlesql::Type;

use super::Lowering;
use super::changes::retyped;
use super::relations::Moment;
use super::states::is_of_another_expression;
use crate::model::{DimensionKind, ModelId, OnDelete, Project, TargetType};
use crate::plan::{Action, Alteration, Change, ChangeSet, Difference, Object, ObjectKind, Reason};
use crate::sql::names;

/// A question whose answer is one count of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The address of the change.
    pub address: String,
    /// The column, where it is about one.
    pub column: Option<String>,
    /// What is counted.
    pub asks: Asks,
    /// The query: one row, one column.
    pub sql: String,
}

/// What a probe counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Rows whose value is another after its cast, or none.
    ValuesChanged,
    /// Rows without a value where one is needed: they are not carried over, and the next run computes them.
    ValuesMissing,
    /// Rows with a value in a column that goes.
    ValuesDropped,
    /// Rows that go.
    RowsDropped,
    /// Rows of a table that is made again without them: the next run computes it.
    RowsRecomputed,
    /// Landed rows of a table that is made again without them: the next run reads what the source still has.
    RowsReread,
    /// Rows of a table that is made again with rows that come from no source.
    RowsGenerated,
    /// Versions that are not current, where a dimension no longer has versions.
    VersionsLost,
    /// How many more versions the kept states of a dimension make by other types of its attributes; fewer below zero.
    VersionsMade,
    /// Rows that the query of a fact gives of what is landed.
    RowsGiven,
    /// Keys of a fact that several of these rows share.
    KeysShared,
    /// Rows of a fact on days that a calendar no longer has.
    DaysLost,
    /// Kept states of a dimension that are no longer landed, and can't be evaluated as the models now say; with a column,
    /// those that have no value of a new attribute.
    StatesKept,
    /// Landed states that do not hold a column that marks a delete, before the change or after it; without a column, kept states of a dimension
    /// that are no longer landed, and that are read in another way from now on.
    StatesUnread,
    /// Landed states that the next run removes, because nothing needs them any more.
    StatesRemoved,
    /// A table, in the place of the column, whose earlier states are no longer landed: a history that is made of it starts
    /// with what is. The state tells it, no probe does.
    StatesGone,
}

/// The questions that a change set asks of the tables that are there, in its order.
#[must_use]
pub fn change_probes(project: &Project, engine: TargetType, schema: &str, set: &ChangeSet) -> Vec<Probe> {
    let lowering = Lowering::new(project, engine, schema);
    let of = |change| {
        let all = lowering.probes(change).into_iter().chain(lowering.lost_days(change, set));
        let all = all.chain(lowering.kept_states(change)).chain(lowering.states_removed(change));
        let all = all.chain(lowering.unmarked(change));
        let all = all.chain(lowering.versions_made(change));
        all.chain(lowering.rows_given(change, set))
    };
    set.changes.iter().flat_map(of).collect()
}

impl Lowering<'_> {
    fn probes(&self, change: &Change) -> Vec<Probe> {
        let Some(before) = change.before.as_ref().filter(|before| !before.columns.is_empty()) else {
            return Vec::new();
        };
        let path = self.path(&before.schema, &before.name);
        let probe = |asks, column: Option<&str>, condition: &str| Probe {
            address: change.address.clone(),
            column: column.map(str::to_owned),
            asks,
            sql: format!("SELECT COUNT(*) FROM {path}{condition}"),
        };
        if change.action == Action::Drop {
            return vec![probe(Asks::RowsDropped, None, "")];
        }
        if change.is_emptied() {
            let asks = match before.kind {
                ObjectKind::Landing => Asks::RowsReread,
                _ if change.reasons.contains(&Reason::Generated) => Asks::RowsGenerated,
                _ => Asks::RowsRecomputed,
            };
            return vec![probe(asks, None, "")];
        }
        let mut all = Vec::new();
        if let Some(after) = change.after.as_ref().filter(|_| change.action == Action::Rebuild) {
            for (from, to) in retyped(before, after) {
                if let Some(condition) = self.changed_by_cast(before, &from.name, &from.ty, &to.ty) {
                    all.push(probe(Asks::ValuesChanged, Some(&to.name), &condition));
                }
            }
            for column in after.columns.iter().filter(|column| column.required) {
                if let Some(former) = before.former(column).filter(|former| !former.required) {
                    let condition = format!(" WHERE {} IS NULL", self.dialect.quote(&former.name));
                    all.push(probe(Asks::ValuesMissing, Some(&column.name), &condition));
                }
            }
        }
        for alteration in &change.alterations {
            if let Alteration::DropColumn(name) = alteration {
                if name == "valid_from" && before.kind == ObjectKind::Star {
                    all.push(probe(Asks::VersionsLost, None, " WHERE NOT is_current"));
                }
                let condition = format!(" WHERE {} IS NOT NULL", self.dialect.quote(name));
                all.push(probe(Asks::ValuesDropped, Some(name), &condition));
            }
        }
        all
    }

    /// What another query or grain of a fact makes of what is landed, where asking costs nothing.
    fn rows_given(&self, change: &Change, set: &ChangeSet) -> Vec<Probe> {
        let parts = ["query", "grain"];
        let star =
            change.before.as_ref().zip(change.after.as_ref()).filter(|(_, after)| after.kind == ObjectKind::Star);
        let asked = change.differences.iter().any(|one| parts.contains(&one.part.as_str()));
        let Some((_, after)) = star.filter(|_| asked && !self.dialect.prunes_partitions()) else { return Vec::new() };
        let Some(ModelId::Fact(index)) = self.project.model(&after.owner) else { return Vec::new() };
        let fact = &self.project.facts[index];
        let is_as_landed = |name: &str| {
            let is_changed = set.changes.iter().any(|change| {
                let object = change.after.as_ref().or(change.before.as_ref());
                object.is_some_and(|object| object.kind != ObjectKind::Star && object.owner == name)
            });
            self.project.table(name).is_some() && !is_changed
        };
        if !fact.query.analysis.tables.iter().all(|used| is_as_landed(&used.table)) {
            return Vec::new();
        }
        let Ok(query) = self.dialect.query(&fact.query.text, &self.catalog(&fact.query, Moment::Now)) else {
            return Vec::new();
        };
        let key: Vec<String> = fact.key.iter().map(|column| self.compared("_q", column)).collect();
        let probe = |asks, sql| Probe { address: change.address.clone(), column: None, asks, sql };
        vec![
            probe(Asks::RowsGiven, format!("SELECT COUNT(*) FROM (\n{query}\n) AS _q")),
            probe(
                Asks::KeysShared,
                format!(
                    "SELECT COUNT(*) FROM (SELECT 1 AS _one FROM (\n{query}\n) AS _q GROUP BY {} HAVING COUNT(*) > 1) AS _k",
                    key.join(", ")
                ),
            ),
        ]
    }

    /// How many more versions the kept states make where attributes get other types, and nothing else changes them.
    fn versions_made(&self, change: &Change) -> Option<Probe> {
        let after = change.after.as_ref().filter(|after| after.kind == ObjectKind::Star)?;
        let before = change.before.as_ref()?;
        let is_policy =
            |one: &Difference| one.part.starts_with("attribute ") && one.before.is_some() && one.after.is_some();
        let policies = ["first_version", "open_end", "type1_scope", "late_type0"];
        let plain = |one: &Difference| {
            is_policy(one) || one.part.starts_with("column ") || policies.contains(&one.part.as_str())
        };
        let mut differences = change.differences.iter();
        if !change.differences.iter().any(is_policy)
            || !differences.all(|one| plain(one) && !(is_policy(one) && is_of_another_expression(one)))
        {
            return None;
        }
        let ModelId::Dimension(index) = self.project.model(&after.owner)? else { return None };
        let dimension = &self.project.dimensions[index];
        let members = dimension.members().filter(|members| members.has_versions() && dimension.mini().is_none())?;
        if members.on_delete == OnDelete::Flag {
            return None;
        }
        let own: Vec<String> = members.natural_key.iter().map(|column| self.compared("_h", column)).collect();
        let own = own.join(", ");
        let mut columns = Vec::new();
        let mut differs = vec!["_e._former IS NULL".to_owned(), "_e._former".to_owned()];
        let versioned = members.attributes.iter().filter(|attribute| attribute.scd.has_versions());
        for (number, attribute) in versioned.enumerate() {
            let name = after.columns.iter().find(|column| column.name == attribute.column.name)?;
            let name = format!("_h.{}", self.dialect.quote(&before.former(name)?.name));
            let value = self.dialect.comparable(&self.worded(&name, attribute), &attribute.column.ty);
            columns.push(format!(
                ", {value} AS _v{number}, LAG({value}) OVER (PARTITION BY {own} ORDER BY _h._event_at) AS _f{number}"
            ));
            differs.push(format!("_e._v{number} IS DISTINCT FROM _e._f{number}"));
        }
        Some(Probe {
            address: change.address.clone(),
            column: None,
            asks: Asks::VersionsMade,
            sql: format!(
                "SELECT COUNT(*) - (SELECT COUNT(*) FROM {star} AS _d WHERE _d.{key} >= 0 AND NOT _d.is_inferred) FROM (\n  \
                 SELECT _h._gone, LAG(_h._gone) OVER (PARTITION BY {own} ORDER BY _h._event_at) AS _former{columns}\n  \
                 FROM (\n    SELECT * FROM {history} AS _h WHERE TRUE\n    \
                 QUALIFY ROW_NUMBER() OVER (PARTITION BY {own}, _h._event_at ORDER BY _h._event_sequence DESC, _h._batch DESC, _h._state DESC) = 1\n  \
                 ) AS _h\n) AS _e WHERE NOT _e._gone AND ({differs})",
                star = self.path(&before.schema, &before.name),
                key = self.dialect.quote(&names::key(&before.name)),
                history = self.path(&self.history_schema(), &before.owner),
                columns = columns.concat(),
                differs = differs.join(" OR "),
            ),
        })
    }

    /// Rows of facts that a calendar which is cut leaves without their day.
    fn lost_days(&self, change: &Change, set: &ChangeSet) -> Vec<Probe> {
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return Vec::new() };
        let Some(ModelId::Dimension(index)) = self.project.model(&after.owner) else { return Vec::new() };
        let DimensionKind::Calendar(calendar) = &self.project.dimensions[index].kind else { return Vec::new() };
        if before.kind != ObjectKind::Star || after.kind != ObjectKind::Star || change.action != Action::Rebuild {
            return Vec::new();
        }
        let roles = self.project.facts.iter().flat_map(|fact| fact.roles.iter().map(move |role| (fact, role)));
        let lost = roles.filter(|(_, role)| role.dimension == index).filter_map(|(fact, role)| {
            let mut column = names::key(&role.name);
            let mut table = fact.name.clone();
            let own = set.changes.iter().find(|change| {
                change.after.as_ref().is_some_and(|after| after.kind == ObjectKind::Star && after.owner == fact.name)
            });
            if let Some(own) = own {
                let (before, after) = (own.before.as_ref()?, own.after.as_ref()?);
                let wanted = after.columns.iter().find(|known| known.name == column)?;
                column.clone_from(&before.former(wanted)?.name);
                table.clone_from(&before.name);
            }
            let column = self.dialect.quote(&column);
            let number = |day: &str| day.replace('-', "");
            Some(Probe {
                address: change.address.clone(),
                column: Some(format!("{}.{}", fact.name, role.name)),
                asks: Asks::DaysLost,
                sql: format!(
                    "SELECT COUNT(*) FROM {} WHERE {column} > 0 AND {column} NOT BETWEEN {} AND {}",
                    self.path(&self.schema, &table),
                    number(&calendar.first_day),
                    number(&calendar.last_day)
                ),
            })
        });
        lost.collect()
    }

    /// Holds for rows whose value does not come back when it is cast there and back.
    fn changed_by_cast(&self, before: &Object, name: &str, from: &str, to: &str) -> Option<String> {
        let column = before.columns.iter().find(|column| column.name == name)?;
        let (from_ty, to_ty) = (self.column_type(column), Type::parse(to).map(|ty| self.dialect.ty(&ty))?);
        let quoted = self.dialect.quote(name);
        let cast = self.dialect.words().safe_cast;
        let back = format!("{cast}({cast}({quoted} AS {to_ty}) AS {from_ty})");
        let comparable =
            |expr: &str| Type::parse(from).map_or_else(|| expr.to_owned(), |ty| self.dialect.comparable(expr, &ty));
        Some(format!(" WHERE {} IS DISTINCT FROM {}", comparable(&quoted), comparable(&back)))
    }
}
