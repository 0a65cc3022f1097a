//! The plan as data with a published schema. The texts for reading and for a review are made from this data alone.

use std::collections::{BTreeSet, HashMap};

use dwc_compiler::model::Project;
use dwc_compiler::plan::{
    Action, ChangeSet, Class, ColumnChange, Difference, Drift, Impact, Impacts, Manifest, Meeting, Reason, Reload,
    is_check, matrix_diff, reloads, starts_now,
};
use dwc_compiler::sql::{Asks, ChangeStatement, LoadMode};
use dwc_runner::{Error, Figure as Sides, Figures, Planned};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;

use super::diff;

/// The version of the JSON. A field is added, never given another meaning.
const FORMAT: u32 = 2;

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
    /// What the tables that change hold now, and hold in an environment; null unless it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Data>,
}

/// Figures of a target and of an environment in which its change is carried out.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Data {
    /// The environment.
    pub(super) environment: String,
    /// By model: rows, and the sums of measures that may be added.
    pub(super) figures: Vec<Figure>,
}

/// One figure.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Figure {
    pub(super) model: String,
    /// `rows`, or the name of a measure.
    pub(super) figure: String,
    /// In the target; null where it has no such table or measure.
    pub(super) before: Option<String>,
    /// In the environment.
    pub(super) after: Option<String>,
}

impl Figure {
    /// The figure as a line: `sale rows: 3 → 4`.
    pub(super) fn line(&self) -> String {
        let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        let (before, after) = (said(&self.before), said(&self.after));
        let change = if before == after { before } else { format!("{before} → {after}") };
        format!("{} {}: {change}", self.model, self.figure)
    }
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
    /// The same reasons as data, in the same order.
    pub(super) because: Vec<Reason>,
    /// What differs, as it was and as it will be, each with its own class.
    pub(super) differences: Vec<Difference>,
    /// Columns that change, as they were and as they will be.
    pub(super) columns: Vec<ColumnChange>,
    /// The models that read or look up the owner, directly or through others.
    pub(super) downstream: Vec<String>,
    /// The views over the owner's tables.
    pub(super) downstream_views: Vec<String>,
    /// Measures, as `fact.measure`, that change with it.
    pub(super) downstream_measures: Vec<String>,
    /// Columns, as `model.column`, that are made of the columns that change.
    pub(super) downstream_columns: Vec<String>,
    /// How many rows the table has now, counted; null for a view and for a new table.
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
    /// It is made again without its rows: what is counted says what becomes of them.
    #[serde(skip)]
    pub(super) is_emptied: bool,
    /// The source table is read whole by the next run.
    #[serde(skip)]
    pub(super) is_reread: bool,
    /// The statements that carry it out.
    pub(super) statements: Vec<String>,
}

impl Change {
    /// What differs part by part, each with what it means, where it is more than the one thing that the reasons say.
    pub(super) fn effects(&self) -> Vec<(String, String, String, Class)> {
        let differences: Vec<&Difference> = self.differences.iter().filter(|one| !is_check(&one.part)).collect();
        if differences.len() < 2 {
            return Vec::new();
        }
        let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        let effect = |one: &'_ Difference| match one.part.as_str() {
            "query" => ("as it was".to_owned(), "another".to_owned()),
            _ => (said(&one.before), said(&one.after)),
        };
        let all = differences.into_iter().map(|one| {
            let (before, after) = effect(one);
            let part = match one.part.split_once(' ') {
                Some(("key_type", of)) => format!("type of the key of {of}"),
                Some(("keys", of)) => format!("keys of {of}"),
                Some(("calendar", of)) => format!("days of {of}"),
                Some(_) => one.part.clone(),
                None => one.part.replace('_', " "),
            };
            (part, before, after, one.class)
        });
        all.collect()
    }

    /// The query that changes, as lines of a difference.
    pub(super) fn query(&self) -> Vec<String> {
        let query = self.differences.iter().find(|one| one.part == "query");
        // Older states keep no more than a digest of it.
        let texts = query.and_then(|one| one.before.as_ref().zip(one.after.as_ref()));
        let texts = texts.filter(|(before, _)| before.contains(char::is_whitespace));
        texts.map_or_else(Vec::new, |(before, after)| diff::lines(before, after))
    }
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
            all.filter(|one| one.address == address && (one.rows != 0 || one.asks == Asks::RowsGiven))
                .map(|one| one.sentence())
                .collect()
        };
        // Without a warehouse nobody knows which states are landed.
        let untold = |change| match made.warehouse {
            Some(_) => Vec::new(),
            None => starts_now(made.project, change),
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
                let because: Vec<Reason> = change.reasons.iter().cloned().chain(untold(change)).collect();
                let live = live.and_then(|path| catalog?.objects.get(&path));
                Change {
                    address: change.address.clone(),
                    owner: object.map_or_else(String::new, |object| object.owner.clone()),
                    action: change.action,
                    class: change.class,
                    reasons: because.iter().map(Reason::sentence).collect(),
                    because,
                    differences: change.differences.clone(),
                    columns: change.columns(),
                    downstream: models,
                    downstream_views: views,
                    downstream_measures: measures,
                    downstream_columns: columns,
                    rows: live.and_then(|live| live.rows),
                    bytes: live.and_then(|live| live.bytes),
                    counted: counted(&change.address),
                    reload: change.reload,
                    mends: change.mends,
                    is_emptied: change.is_emptied(),
                    is_reread: change.reread,
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
            data: None,
        }
    }

    /// The models whose tables change or are computed anew.
    pub(crate) fn models(&self) -> BTreeSet<&str> {
        let changed = self.changes.iter().map(|change| change.owner.as_str());
        changed.chain(self.reloads.iter().map(|anew| anew.model.as_str())).collect()
    }

    /// Puts figures beside the changes.
    pub(crate) fn put_data(&mut self, environment: &str, figures: &[Figures]) {
        let figure = |model: &str, name: &str, sides: &Sides| Figure {
            model: model.to_owned(),
            figure: name.to_owned(),
            before: sides.before.clone(),
            after: sides.after.clone(),
        };
        let of = |one: &Figures| {
            let rows = (one.rows != Sides::default()).then(|| figure(&one.model, "rows", &one.rows));
            let sums = one.sums.iter().map(|(name, sides)| figure(&one.model, name, sides));
            rows.into_iter().chain(sums).collect::<Vec<_>>()
        };
        let figures = figures.iter().flat_map(of).collect();
        self.data = Some(Data { environment: environment.to_owned(), figures });
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
