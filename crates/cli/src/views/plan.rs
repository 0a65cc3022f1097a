//! The plan as data with a published schema. The texts for reading and for a review are made from this data alone.

use std::collections::HashMap;

use dwc_compiler::model::Project;
use dwc_compiler::plan::{
    Action, Alteration, ChangeSet, Class, Difference, Drift, Impact, Impacts, Manifest, Meeting, Reload, matrix_diff,
    reloads,
};
use dwc_compiler::sql::{ChangeStatement, LoadMode};
use dwc_runner::{Error, Planned};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;

/// The version of the JSON. A field is added, never given another meaning.
const FORMAT: u32 = 1;

/// What an apply would change, and how the models load afterwards.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Plan {
    pub(super) format: u32,
    pub(super) project: String,
    /// The target; a git revision where the plan is against one.
    pub(super) target: String,
    /// The serial of the state that the plan was made from; 0 for the empty one.
    pub(super) serial: i64,
    pub(super) changes: Vec<Change>,
    /// What others have changed in the warehouse since the last apply.
    pub(super) drift: Vec<Drift>,
    /// What appears in the bus matrix, and what goes from it.
    pub(super) bus_matrix: BusMatrix,
    pub(super) loads: Vec<Load>,
    /// The models that the next run computes anew once the plan is applied, each with its reason.
    pub(super) reloads: Vec<Anew>,
}

/// What happens to one table or view.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Change {
    /// Stable: `table dw.product`.
    pub(super) address: String,
    /// The model or source table that the object belongs to.
    pub(super) owner: String,
    pub(super) action: Action,
    pub(super) class: Class,
    /// One sentence per difference.
    pub(super) reasons: Vec<String>,
    /// The same as data: what differs, as it was and as it will be, each with its own class.
    pub(super) differences: Vec<Difference>,
    /// Columns that change.
    pub(super) columns: Vec<Column>,
    /// The models that read or look up the owner, directly or through others.
    pub(super) downstream: Vec<String>,
    /// The views over the owner's tables.
    pub(super) downstream_views: Vec<String>,
    /// Measures, as `fact.measure`, that change with it.
    pub(super) downstream_measures: Vec<String>,
    /// Columns, as `model.column`, that are made of the columns that change.
    pub(super) downstream_columns: Vec<String>,
    /// How many rows the table has now, as far as the engine knows; null for a view and for a new table.
    pub(super) rows: Option<u64>,
    /// How many bytes it holds, where the engine bills by them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
    /// What the data says, counted for this plan.
    pub(super) counted: Vec<String>,
    /// The model is computed anew from landing by the next run.
    pub(super) reload: bool,
    /// It sets right what others have changed in the warehouse.
    pub(super) mends: bool,
    /// The statements that carry it out.
    pub(super) statements: Vec<String>,
}

/// What happens to one column.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) action: &'static str,
}

/// What changes in the bus matrix.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct BusMatrix {
    pub(super) added: Vec<Cell>,
    pub(super) removed: Vec<Cell>,
}

/// A fact of a process meets a dimension.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Cell {
    pub(super) process: String,
    pub(super) fact: String,
    pub(super) dimension: String,
}

/// A model that the next run computes anew.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Anew {
    pub(super) model: String,
    #[serde(flatten)]
    pub(super) because: Reload,
}

/// How one model takes up changes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Load {
    pub(super) model: String,
    pub(super) incremental: bool,
    /// Why changes cannot be applied alone, where they cannot.
    pub(super) whole_because: Option<String>,
}

/// What a view is made of, wherever the plan comes from.
pub(crate) struct Made<'a> {
    pub(crate) project: &'a Project,
    /// The target's name, or the revision's.
    pub(crate) target: &'a str,
    pub(crate) set: &'a ChangeSet,
    pub(crate) statements: &'a [ChangeStatement],
    pub(crate) before: Option<&'a Manifest>,
    pub(crate) wanted: &'a Manifest,
    pub(crate) loads: Vec<LoadMode>,
    /// What a warehouse says, where there is one.
    pub(crate) warehouse: Option<&'a Planned>,
}

impl Plan {
    /// A plan of a warehouse.
    pub(crate) fn of(project: &Project, target: &str, planned: &Planned, loads: Vec<LoadMode>) -> Self {
        Self::new(Made {
            project,
            target,
            set: &planned.set,
            statements: &planned.statements,
            before: planned.before.as_ref(),
            wanted: &planned.wanted,
            loads,
            warehouse: Some(planned),
        })
    }

    pub(crate) fn new(made: Made<'_>) -> Self {
        let impacts = Impacts::new(made.project, made.wanted);
        let mut statements: HashMap<&str, Vec<String>> = HashMap::new();
        for statement in made.statements {
            statements.entry(&statement.address).or_default().push(statement.sql.clone());
        }
        let counted = |address: &str| {
            let all = made.warehouse.into_iter().flat_map(|planned| &planned.counted);
            all.filter(|one| one.address == address && one.rows > 0).map(|one| one.sentence()).collect()
        };
        let changes = made
            .set
            .changes
            .iter()
            .map(|change| {
                let object = change.after.as_ref().or(change.before.as_ref());
                let Impact { models, views, measures, columns } = impacts.of(change);
                let live = change.before.as_ref().map(|before| before.path());
                let catalog = made.warehouse.map(|planned| &planned.catalog);
                let live = live.and_then(|path| catalog?.objects.get(&path));
                Change {
                    address: change.address.clone(),
                    owner: object.map_or_else(String::new, |object| object.owner.clone()),
                    action: change.action,
                    class: change.class,
                    reasons: change.reasons.clone(),
                    differences: change.differences.clone(),
                    columns: change.alterations.iter().filter_map(column).collect(),
                    downstream: models,
                    downstream_views: views,
                    downstream_measures: measures,
                    downstream_columns: columns,
                    rows: live.and_then(|live| live.rows),
                    bytes: live.and_then(|live| live.bytes),
                    counted: counted(&change.address),
                    reload: change.reload,
                    mends: change.mends,
                    statements: statements.remove(change.address.as_str()).unwrap_or_default(),
                }
            })
            .collect();
        let loads = made
            .loads
            .into_iter()
            .map(|mode| Load { model: mode.model, incremental: mode.whole.is_none(), whole_because: mode.whole })
            .collect();
        let cells = |meetings: Vec<Meeting>| {
            let cell =
                |meeting: Meeting| Cell { process: meeting.process, fact: meeting.fact, dimension: meeting.dimension };
            meetings.into_iter().map(cell).collect()
        };
        let (added, removed) = matrix_diff(made.before, made.wanted);
        Self {
            format: FORMAT,
            project: made.project.name.clone(),
            target: made.target.to_owned(),
            serial: made.warehouse.map_or(0, |planned| planned.serial),
            changes,
            drift: made.warehouse.map_or_else(Vec::new, |planned| planned.drift.clone()),
            bus_matrix: BusMatrix { added: cells(added), removed: cells(removed) },
            loads,
            reloads: reloads(made.project, made.set)
                .into_iter()
                .map(|(model, because)| Anew { model, because })
                .collect(),
        }
    }

    /// Leaves only the changes of these models, and of what they read or are read by where they are named too.
    pub(crate) fn only(&mut self, models: &[&str]) {
        self.changes.retain(|change| models.contains(&change.owner.as_str()));
        self.loads.retain(|load| models.contains(&load.model.as_str()));
        self.reloads.retain(|anew| models.contains(&anew.model.as_str()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The schema of the JSON.
    pub(crate) fn schema() -> serde_json::Value {
        schema_for!(Plan).to_value()
    }

    pub(crate) fn json(&self) -> Result<String, Error> {
        serde_json::to_string_pretty(self).map_err(|cause| Error::because("the plan could not be written", cause))
    }

    /// How many objects are made, altered, made again and dropped.
    pub(super) fn counts(&self) -> [usize; 4] {
        [Action::Create, Action::Alter, Action::Rebuild, Action::Drop]
            .map(|action| self.changes.iter().filter(|change| change.action == action).count())
    }
}

fn column(alteration: &Alteration) -> Option<Column> {
    let (name, action) = match alteration {
        Alteration::AddColumn(column) => (column.name.clone(), "add"),
        Alteration::DropColumn(name) => (name.clone(), "drop"),
        Alteration::RenameColumn { to, .. } => (to.clone(), "rename"),
        Alteration::Widen(column) => (column.name.clone(), "widen"),
        Alteration::Relax(name) => (name.clone(), "relax"),
        Alteration::DescribeColumn(column) => (column.name.clone(), "describe"),
        Alteration::Describe(_) | Alteration::RenameTable(_) => return None,
    };
    Some(Column { name, action })
}
