//! The plan: what an apply would do, from the models, the manifest applied last and the warehouse as it is. Data that a
//! change could lose is counted first. It changes nothing.

use std::collections::BTreeMap;

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Project;
use dwc_compiler::plan::{
    Action, Carries, Catalog, Change, ChangeSet, Class, Drift, DriftKind, Manifest, ObjectKind, Reason, compare, diff,
};
use dwc_compiler::sql::{self, Asks, ChangeStatement};

use crate::state::{self, applied};
use crate::warehouse::engine::measure;
use crate::warehouse::row;
use crate::{Error, Warehouse};

/// Everything that an apply would do.
#[derive(Debug)]
pub struct Planned {
    /// What changes, in the order in which it is done.
    pub set: ChangeSet,
    /// What others have changed in the warehouse since the last apply.
    pub drift: Vec<Drift>,
    /// What the data says to the changes that depend on it.
    pub counted: Vec<Counted>,
    /// The statements.
    pub statements: Vec<ChangeStatement>,
    /// The serial of the state; 0 where nothing was ever applied.
    pub serial: i64,
    /// A digest of the manifest applied last; empty where nothing was ever applied.
    pub state: String,
    /// The manifest applied last.
    pub before: Option<Manifest>,
    /// The manifest of the models.
    pub wanted: Manifest,
    /// The tables and views of the warehouse; none where an apply was cut off.
    pub catalog: Catalog,
    /// An apply of these models was cut off, and this one goes on with it.
    pub resumes: bool,
}

/// What the data says to one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The address of the change.
    pub address: String,
    /// The column, where it is about one.
    pub column: Option<String>,
    /// What was counted.
    pub asks: Asks,
    /// How many rows.
    pub rows: i64,
}

impl Counted {
    /// The count as a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let rows = if self.rows == 1 { "1 row".to_owned() } else { format!("{} rows", self.rows) };
        let column = self.column.as_deref().unwrap_or_default();
        match self.asks {
            Asks::ValuesChanged => format!("{rows} change or lose their `{column}` in the cast"),
            Asks::ValuesMissing => format!("{rows} have no `{column}` and wait for the next run"),
            Asks::ValuesDropped => format!("{rows} have a `{column}` that will be dropped"),
            Asks::RowsDropped => format!("{rows} will be dropped"),
            Asks::RowsRecomputed => format!("{rows} will be dropped, and the next run computes the table anew"),
            Asks::RowsReread => format!("{rows} will be dropped, and the next run reads what the source still has"),
            Asks::RowsGenerated => format!("{rows} will be dropped, and the apply generates the table anew"),
            Asks::VersionsLost if self.rows == 1 => "1 version that is not current will be dropped".to_owned(),
            Asks::VersionsLost => format!("{} versions that are not current will be dropped", self.rows),
            Asks::VersionsMade => {
                let count = self.rows.abs();
                let word = if count == 1 { "version" } else { "versions" };
                let more = if self.rows < 0 { "fewer" } else { "more" };
                format!("{count} {more} {word}, of the states that are kept")
            }
            Asks::RowsGiven => format!("{rows} from what is landed, as the models say now"),
            Asks::KeysShared if self.rows == 1 => "1 key of the new grain has several of them".to_owned(),
            Asks::KeysShared => format!("{} keys of the new grain have several of them", self.rows),
            Asks::StatesGone => format!(
                "earlier states of `{column}` are no longer landed: its history starts with what is (`retain: history` keeps them)"
            ),
            Asks::StatesRemoved if self.rows == 1 => "1 landed state will be removed by the next run".to_owned(),
            Asks::StatesRemoved => format!("{} landed states will be removed by the next run", self.rows),
            Asks::StatesKept if self.column.is_some() => {
                let states = if self.rows == 1 { "1 kept state" } else { &format!("{} kept states", self.rows) };
                format!(
                    "history of `{column}` starts now: {states} without it, no longer landed (`retain: history` keeps them)"
                )
            }
            Asks::StatesKept => {
                let states = if self.rows == 1 { "1 state is" } else { &format!("{} states are", self.rows) };
                format!("{states} no longer landed: the values of the former definition stay")
            }
            Asks::StatesUnread => {
                let states = if self.rows == 1 { "1 state" } else { &format!("{} states", self.rows) };
                let why = match &self.column {
                    Some(column) => format!("not landed with `{column}` before and after the change"),
                    None => "no longer landed".to_owned(),
                };
                format!("{states} {why}: what the source does not give again stays as it was read")
            }
            Asks::DaysLost => {
                let (fact, role) = column.split_once('.').unwrap_or_default();
                let whose = if self.rows == 1 { "its" } else { "their" };
                format!("{rows} of `{fact}` will have no `{role}`: the calendar no longer has {whose} day")
            }
        }
    }
}

/// What differs between the state and the models, the warehouse aside: what a run has to know. Returns the serial too.
pub(super) fn differs(engine: &dyn Warehouse, project: &Project) -> Result<(ChangeSet, i64), Error> {
    let wanted = sql::manifest(project, engine.ty(), engine.schema(project));
    let applied = applied::applied(engine.store(), Some(&wanted))?;
    let serial = applied.as_ref().map_or(0, |applied| applied.serial);
    Ok((diff(applied.as_ref().map(|applied| &applied.manifest), &wanted), serial))
}

/// Compares the models, the manifest applied last and the warehouse.
///
/// # Errors
/// A state that cannot be read.
pub fn plan(engine: &dyn Warehouse, project: &Project) -> Result<Planned, Error> {
    let wanted = sql::manifest(project, engine.ty(), engine.schema(project));
    let applied = applied::applied(engine.store(), Some(&wanted))?;
    let begun = applied::begun(engine.store())?;
    if let Some(begun) = &begun
        && begun != &digest(&wanted)?
    {
        return Err(Error::coded(Code::ApplyCutOff, "an apply of other models was interrupted")
            .help("apply those models again to finish it, and then these; or go back with `dwc state rollback`"));
    }
    // What an apply that was cut off has done already is no drift, and it goes on with the statements it began with.
    let is_cut_off = begun.is_some() || (applied.is_none() && engine.is_begun());
    let catalog = if is_cut_off { None } else { Some(engine.catalog()?) };
    let recorded = match (&applied, &catalog) {
        (Some(applied), Some(catalog)) => applied::catalog(engine.store(), applied.serial, catalog)?,
        _ => None,
    };
    let (serial, state, before) = match applied {
        Some(applied) => (applied.serial, applied.digest, Some(applied.manifest)),
        None => (0, String::new(), None),
    };
    let (mut set, drift) = match &catalog {
        Some(catalog) => compare(before.as_ref(), recorded.as_deref(), catalog, &wanted),
        None => (diff(before.as_ref(), &wanted), Vec::new()),
    };
    let in_the_way = drift.iter().any(|drift| drift.kind == DriftKind::ObjectInTheWay);
    let counted = if in_the_way || is_cut_off { Vec::new() } else { counted(engine, project, &mut set)? };
    let statements = sql::change_statements(project, engine.ty(), engine.schema(project), &set);
    let mut catalog = catalog.unwrap_or_default();
    measure(engine, set.changes.iter().filter_map(|change| change.before.as_deref()), &mut catalog)?;
    Ok(Planned { set, drift, counted, statements, serial, state, before, wanted, catalog, resumes: is_cut_off })
}

pub(super) fn digest(manifest: &Manifest) -> Result<String, Error> {
    manifest.digest().map_err(|cause| Error::because("the manifest could not be written", cause))
}

/// Asks the data, and lowers the class of a cast that turns out to lose nothing.
fn counted(engine: &dyn Warehouse, project: &Project, set: &mut ChangeSet) -> Result<Vec<Counted>, Error> {
    let mut all = Vec::new();
    for probe in sql::change_probes(project, engine.ty(), engine.schema(project), set) {
        let (_, answer) =
            engine.table(&probe.sql).map_err(|error| blamed(engine, project, set, &probe.address, error))?;
        // A sum over no row is NULL.
        let rows = row::count(answer)?;
        all.push(Counted { address: probe.address, column: probe.column, asks: probe.asks, rows });
    }
    let mut gone = BTreeMap::new();
    for start in sql::starts(project, set) {
        let is_gone = match gone.get(&start.table) {
            Some(known) => *known,
            None => *gone.entry(start.table.clone()).or_insert(state::are_states_gone(engine.store(), &start.table)?),
        };
        if is_gone {
            all.push(Counted { address: start.address, column: Some(start.table), asks: Asks::StatesGone, rows: 1 });
        }
    }
    for change in &mut set.changes {
        let own = || all.iter().filter(|counted| counted.address == change.address);
        let differs = [Asks::DaysLost, Asks::StatesKept, Asks::StatesRemoved, Asks::StatesUnread, Asks::StatesGone];
        if own().any(|counted| differs.contains(&counted.asks) && counted.rows > 0) {
            change.class = Class::Destructive;
        }
        let only_casts = own().all(|counted| counted.asks == Asks::ValuesChanged);
        let loses = own().any(|counted| counted.rows > 0);
        if is_kept_cast(change) && only_casts && !loses {
            change.class = Class::Breaking;
            change.reasons.push(Reason::NoValueLost);
        }
    }
    Ok(all)
}

/// Why a question could not be answered: where the new query of a model fails on a row, the expression and the row.
fn blamed(engine: &dyn Warehouse, project: &Project, set: &ChangeSet, address: &str, error: Error) -> Error {
    let object = set.changes.iter().find(|change| change.address == address).and_then(|change| change.after.as_ref());
    let model = object.and_then(|object| project.model(&object.owner));
    match model.and_then(|model| super::blame::failed(engine, project, model, &error)) {
        Some(offence) => Error::from(offence),
        None => error,
    }
}

/// Landed rows or events are cast to new types, and nothing else is lost.
fn is_kept_cast(change: &Change) -> bool {
    let object = change.before.as_ref().or(change.after.as_ref());
    let kept = object.is_some_and(|object| matches!(object.kind, ObjectKind::Landing | ObjectKind::History));
    let foreign = change.before.as_ref().is_some_and(|before| !before.foreign.is_empty());
    kept && change.action == Action::Rebuild
        && change.carries == Carries::Rows
        && change.class == Class::Destructive
        && !foreign
}

impl Planned {
    /// A digest of the tables and views that the plan is about, as they are; empty where an apply was cut off.
    #[must_use]
    pub fn live(&self) -> String {
        if self.resumes {
            return String::new();
        }
        let manifests: Vec<&Manifest> = self.before.iter().chain([&self.wanted]).collect();
        self.catalog.of(&manifests).digest()
    }

    /// The changes that lose data.
    pub fn destructive(&self) -> impl Iterator<Item = &Change> {
        self.set.changes.iter().filter(|change| change.class == Class::Destructive)
    }

    /// Refuses what would lose data without being allowed to, and what others have put where dwc needs a name.
    pub(super) fn guard(&self, allowed: &[String]) -> Result<(), Error> {
        if let Some(drift) = self.drift.iter().find(|drift| drift.kind == DriftKind::ObjectInTheWay) {
            return Err(Error::coded(
                Code::ForeignObject,
                format!("{}, where it needs a {}", drift.reason, drift.address.split(' ').next().unwrap_or("table")),
            )
            .help("rename or drop it, or choose another `schema` for the project"));
        }
        // Whoever began it was allowed to.
        if self.resumes && self.before.is_some() {
            return Ok(());
        }
        let mut names = Vec::new();
        for change in self.destructive() {
            let Some(object) = change.before.as_ref().or(change.after.as_ref()) else { continue };
            if object.protect && change.action != Action::Create {
                let sentences: Vec<String> = change.reasons.iter().map(Reason::sentence).collect();
                return Err(Error::coded(
                    Code::Protected,
                    format!(
                        "`{}` is protected, and the plan would lose its data: {}",
                        object.owner,
                        sentences.join(", ")
                    ),
                )
                .help("first remove `protect: true` in a separate change"));
            }
            if !allowed.contains(&object.owner) && !names.contains(&object.owner) {
                names.push(object.owner.clone());
            }
        }
        if names.is_empty() {
            return Ok(());
        }
        let flags: Vec<String> = names.iter().map(|name| format!("--allow-destructive {name}")).collect();
        let loses = self.destructive().any(|change| change.action != Action::Create);
        let what = if loses { "lose data of" } else { "start without the earlier states of" };
        Err(Error::coded(Code::DestructiveChange, format!("the plan would {what} {}", names.join(", ")))
            .help(format!("review `dwc plan`; if you mean it, add {}", flags.join(" "))))
    }
}
