//! A run: sources are landed, then models are loaded in their order, each unit in one transaction with its record.
//! Killed at any instant and run again, the warehouse ends as if it had not been.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::{Code, Diagnostic};
use dwc_compiler::model::{Project, Table};
use dwc_compiler::plan::{Landing, LoadPlan, ModelLoad, Reads, Statement};
use dwc_compiler::sql;

use super::land::{land, report_of};
use super::purge::purge;
use super::report::{ModelOutcome, ModelReport, Notice, RunReport, SourceOutcome, SourceReport};
use super::{blame, crash};
use crate::state::change::StateChange;
use crate::state::intervals::Interval;
use crate::state::{self, literal};
use crate::warehouse::unit::{Found, Held, Keep, Step, Unit};
use crate::{Claim, DuckDbWarehouse, Error, Offence, Warehouse};

/// How much of the sources a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is new.
    Incremental,
    /// Everything, so that deletes and missed changes are seen, and every model anew.
    Full,
    /// The rows whose time is in an interval: they are added and changed, none is deleted.
    Interval(Interval),
    /// The time that other runs have not loaded.
    FillGaps,
}

impl Mode {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Mode::Incremental => "incremental",
            Mode::Full => "full",
            Mode::Interval(_) => "interval",
            Mode::FillGaps => "fill_gaps",
        }
    }
}

/// Which part of a run is done: a scheduler may make each a step of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Part {
    /// Sources are landed, then models are loaded.
    #[default]
    Everything,
    /// These sources are landed, and no model is loaded.
    Land(Vec<String>),
    /// Models are loaded from what is landed.
    Load,
}

impl Part {
    fn lands(&self, source: &str) -> bool {
        match self {
            Part::Everything => true,
            Part::Land(names) => names.iter().any(|name| name == source),
            Part::Load => false,
        }
    }
}

/// What a run is told.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// How much of the sources is read.
    pub mode: Mode,
    /// The run's time, UTC: the instant of rows whose source gives none.
    pub at: NaiveDateTime,
    /// Files of later batches are left for a later run.
    pub until: Option<NaiveDateTime>,
    /// Models to load, by name; all of them where empty. Their sources are read whole.
    pub select: Vec<String>,
    /// Which part of the run is done.
    pub part: Part,
}

/// Runs a project: what is new is landed, and every model that it touches is loaded.
/// `tell` hears of each step as it starts.
///
/// # Errors
/// An external system failed, or the models are not those that were applied. Offences of data are part of the result.
pub fn run(
    warehouse: &dyn Warehouse,
    project: &Project,
    folder: &Path,
    options: &RunOptions,
    tell: &mut dyn FnMut(&str),
) -> Result<(RunReport, Vec<Offence>), Error> {
    run_dated(warehouse, project, folder, options, Dated::ByClocks, tell)
}

/// Runs a project as [`run`] does, as if it were the time of the options: what a database gives is dated by it, too.
///
/// # Errors
/// As [`run`].
pub fn replay(
    warehouse: &dyn Warehouse,
    project: &Project,
    folder: &Path,
    options: &RunOptions,
    tell: &mut dyn FnMut(&str),
) -> Result<(RunReport, Vec<Offence>), Error> {
    run_dated(warehouse, project, folder, options, Dated::ByRun, tell)
}

/// What says when a batch was extracted, where no file's name does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dated {
    /// The clock of the server that it is read of; else the run's time.
    ByClocks,
    /// The run's time, which was given.
    ByRun,
}

fn run_dated(
    engine: &dyn Warehouse,
    project: &Project,
    folder: &Path,
    options: &RunOptions,
    dated: Dated,
    tell: &mut dyn FnMut(&str),
) -> Result<(RunReport, Vec<Offence>), Error> {
    let plan = plan(engine, project)?;
    let number = start(engine, options)?;
    let mut report =
        RunReport { run: number, mode: options.mode.name().to_owned(), sources: Vec::new(), models: Vec::new() };
    let mut offences = Vec::new();
    let wanted = wanted_tables(&plan, options);
    for source in &project.sources {
        let tables: Vec<(&Table, &Landing)> = project
            .tables
            .iter()
            .zip(&plan.landings)
            .filter(|(table, _)| table.source == source.name && wanted.contains(&table.address))
            .collect();
        if tables.is_empty() || !options.part.lands(&source.name) {
            continue;
        }
        tell(&format!("source {}", source.name));
        match land(engine, folder, source, &tables, &plan, (options, dated), tell) {
            Ok(landed) => report.sources.push(landed),
            // What is wrong with one source keeps no other from landing.
            Err(error) if error.code.is_some_and(Code::is_of_one_source) => {
                let outcome = SourceOutcome::Stopped(error.message.clone());
                report.sources.push(SourceReport { outcome, ..report_of(source) });
                offences.push(Offence::from(error.within(source.span)));
            }
            Err(error) => {
                finish(engine, options, number, "failed", None)?;
                return Err(error);
            }
        }
        crash::point();
    }
    if !matches!(options.part, Part::Land(_)) {
        load(engine, (project, &plan), options, &mut report, &mut offences, tell)?;
    }
    purge(engine, &plan, options.at)?;
    let is_partial = report.sources.iter().any(|source| matches!(source.outcome, SourceOutcome::Unreachable(_)));
    let status = match (offences.is_empty(), is_partial) {
        (false, _) => "held_back",
        (true, true) => "partial",
        (true, false) => "done",
    };
    finish(engine, options, number, status, Some(&report))?;
    Ok((report, offences))
}

/// The load plan, where the models are those that were applied.
pub(super) fn plan(engine: &dyn Warehouse, project: &Project) -> Result<LoadPlan, Error> {
    let (set, serial) = super::planned::differs(engine, project)?;
    if serial == 0 {
        return Err(
            Error::coded(Code::NotApplied, "nothing has been applied to this warehouse").help("run `dwc apply` first")
        );
    }
    if !set.changes.is_empty() {
        return Err(Error::coded(Code::NotApplied, format!("{} objects differ from the models", set.changes.len()))
            .help("review `dwc plan`, and run `dwc apply`"));
    }
    sql::load_plan(project, engine.ty(), engine.schema(project)).map_err(unsupported)
}

/// SQL that the engine has no equal of; a check says where it stands.
pub(super) fn unsupported(problems: Vec<Diagnostic>) -> Error {
    let first = problems.into_iter().next().map_or_else(String::new, |problem| problem.message);
    Error::coded(Code::UnsupportedSql, first).help("run `dwc check`")
}

/// The source tables that the selected models read.
fn wanted_tables(plan: &LoadPlan, options: &RunOptions) -> BTreeSet<String> {
    let all = options.select.is_empty();
    let selected = plan.models.iter().filter(|model| all || options.select.contains(&model.name));
    let mut wanted: BTreeSet<String> = selected.flat_map(|model| model.tables.iter().cloned()).collect();
    if all {
        wanted.extend(plan.landings.iter().map(|landing| landing.table.clone()));
    }
    wanted
}

/// What a run is going to change: the landing tables of its sources and its models, with the facts that are bound anew
/// when a dimension of it changes.
#[must_use]
pub fn claim(project: &Project, options: &RunOptions) -> Claim {
    if options.part == Part::Everything && options.select.is_empty() {
        return Claim::Warehouse;
    }
    let is_selected = |name: &str| options.select.is_empty() || options.select.iter().any(|selected| selected == name);
    let landed = project.tables.iter().filter(|table| options.part.lands(&table.source));
    let mut parts: BTreeSet<String> = landed.map(|table| format!("landing `{}`", table.address)).collect();
    if !matches!(options.part, Part::Land(_)) {
        let loaded = project.order.iter().filter(|id| is_selected(project.model_name(**id)));
        let bound = project
            .facts
            .iter()
            .filter(|fact| fact.roles.iter().any(|role| is_selected(&project.dimensions[role.dimension].name)));
        let names = loaded.map(|id| project.model_name(*id)).chain(bound.map(|fact| fact.name.as_str()));
        parts.extend(names.map(|name| format!("model `{name}`")));
    }
    Claim::Parts(parts)
}

/// Writes down that a run begins, and gives its number.
fn start(engine: &dyn Warehouse, options: &RunOptions) -> Result<i64, Error> {
    engine.prepare_state()?;
    let mut number = 0;
    record(engine, options.at, &mut |state| {
        number = state.count("SELECT MAX(run) FROM _dwc.runs")? + 1;
        let begins = StateChange::RunBegins { run: number, at: options.at, mode: options.mode.name().to_owned() };
        // A run that is alone knows of every other that it has ended, or was killed.
        let killed = engine.is_alone().then_some(StateChange::RunsKilled);
        Ok(killed.into_iter().chain([begins]).collect())
    })?;
    Ok(number)
}

/// Writes down how a run ended, and what it did.
fn finish(
    engine: &dyn Warehouse,
    options: &RunOptions,
    run: i64,
    status: &str,
    report: Option<&RunReport>,
) -> Result<(), Error> {
    let unwritten = |cause| Error::because("the report of the run could not be written", cause);
    let report = report.map(serde_json::to_string).transpose().map_err(unwritten)?;
    let ends = StateChange::RunEnds { run, status: status.to_owned(), report };
    record(engine, options.at, &mut |_| Ok(vec![ends.clone()]))
}

/// A unit that changes the state alone, by what `changes` makes of it.
fn record(
    engine: &dyn Warehouse,
    at: NaiveDateTime,
    changes: &mut dyn FnMut(&DuckDbWarehouse) -> Result<Vec<StateChange>, Error>,
) -> Result<(), Error> {
    engine.commit(&mut |state| Ok(Some(Unit::of_state("run", at, changes(state)?))))?;
    Ok(())
}

/// Loads every model that has something to consume, in order; one that is held back holds back what needs it.
fn load(
    engine: &dyn Warehouse,
    (project, plan): (&Project, &LoadPlan),
    options: &RunOptions,
    report: &mut RunReport,
    offences: &mut Vec<Offence>,
    tell: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    let warehouse = engine.store();
    let mut held: BTreeSet<String> = BTreeSet::new();
    for model in &plan.models {
        if !options.select.is_empty() && !options.select.contains(&model.name) {
            continue;
        }
        let mut done = ModelReport::of(&model.name);
        if let Some(upstream) = model.upstream.iter().find(|name| held.contains(*name)) {
            held.insert(model.name.clone());
            done.outcome = ModelOutcome::Waiting(upstream.clone());
            report.models.push(done);
            continue;
        }
        let since = state::consumed(warehouse, &model.name)?;
        let pending = pending(warehouse, plan, model, since, options.mode)?;
        if pending.is_empty() {
            report.models.push(done);
            continue;
        }
        tell(&format!("model {}", model.name));
        let clock = Instant::now();
        let mut loaded = Ok(());
        let mut since = since;
        for (batch, at) in pending {
            // The first load has nothing to add to, and a full run computes everything anew.
            let whole = since == 0 || (options.mode == Mode::Full && !model.by_batch);
            let incremental = model.incremental.as_ref().filter(|_| !whole);
            done.outcome = if incremental.is_some() { ModelOutcome::Incremental } else { ModelOutcome::Full };
            let statements = incremental.unwrap_or(&model.full);
            loaded = load_model(engine, model, statements, (batch, since, at), &mut done);
            if loaded.is_err() {
                break;
            }
            since = batch;
        }
        done.milliseconds = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        match loaded.map_err(|held| blame::held(engine, project, model.model, held)) {
            Ok(()) => {}
            Err(Held::Offence(offence)) => {
                done.outcome = ModelOutcome::HeldBack;
                held.insert(model.name.clone());
                offences.push(offence);
            }
            Err(Held::World(error)) => return Err(error),
        }
        report.models.push(done);
    }
    Ok(())
}

/// Loads a model from one batch: its statements and its record of consumed batches commit together.
fn load_model(
    engine: &dyn Warehouse,
    model: &ModelLoad,
    statements: &[Statement],
    (batch, since, at): (i64, i64, NaiveDateTime),
    done: &mut ModelReport,
) -> Result<(), Held> {
    let unit = Unit {
        name: format!("load_{}", model.name),
        batch,
        since,
        at,
        from: None,
        steps: statements.iter().map(Step::from).collect(),
        records: vec![StateChange::Consumed { model: model.name.clone(), batch }],
        keep: Keep::Always,
    };
    let loaded = engine.commit(&mut |_| Ok(Some(unit.clone())))?;
    loaded.into_iter().for_each(|loaded| take(statements, loaded.found, done));
    Ok(())
}

/// Adds what the statements of a unit have found to a report.
pub(super) fn take(statements: &[Statement], found: Vec<(usize, Found)>, done: &mut ModelReport) {
    for (step, found) in found {
        match (found, statements.get(step).map(|statement| &statement.reads)) {
            (found @ Found::Counts(_), _) => done.count(&|name| found.count(name)),
            (Found::Keys(keys), Some(Reads::Notice(gate) | Reads::Screened { gate, .. })) if !keys.is_empty() => {
                let (code, message) = (gate.code.id().to_owned(), gate.message.clone());
                done.notices.push(Notice { code, message, keys });
            }
            (Found::Keys(_) | Found::Versions(_), _) => {}
        }
    }
}

/// The batches that a model has yet to consume, with their instants: the last one stands for all before it, but
/// where each of them is an event.
pub(super) fn pending(
    warehouse: &DuckDbWarehouse,
    plan: &LoadPlan,
    model: &ModelLoad,
    since: i64,
    mode: Mode,
) -> Result<Vec<(i64, NaiveDateTime)>, Error> {
    let mut tables: BTreeSet<&str> = model.tables.iter().map(String::as_str).collect();
    if model.reads_models {
        let mut waiting: Vec<&String> = model.upstream.iter().collect();
        while let Some(name) = waiting.pop() {
            if let Some(up) = plan.models.iter().find(|other| &other.name == name) {
                tables.extend(up.tables.iter().map(String::as_str));
                waiting.extend(&up.upstream);
            }
        }
    }
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<String> = tables.iter().map(|table| literal(table)).collect();
    let list = list.join(", ");
    let sql = format!(
        "SELECT DISTINCT t.batch, b.bound FROM _dwc.table_batches AS t JOIN _dwc.batches AS b USING (batch) \
         WHERE t.source_table IN ({list}) AND t.inserted + t.updated + t.deleted + t.superseded > 0 ORDER BY t.batch"
    );
    let mut all: Vec<(i64, NaiveDateTime)> = warehouse.read(&sql, |row| Ok((row.number()?, row.instant()?)))?;
    let last = all.last().copied();
    all.retain(|(batch, _)| *batch > since);
    if !model.by_batch {
        let due = !all.is_empty() || mode == Mode::Full;
        return Ok(last.filter(|_| due).into_iter().collect());
    }
    // Images of purged batches are gone: a model that starts anew starts from the state after the last of them.
    if since == 0 {
        let purged = warehouse.count(&format!("SELECT MAX(batch) FROM _dwc.purged WHERE source_table IN ({list})"))?;
        let last_purged = all.iter().copied().rfind(|(batch, _)| *batch <= purged);
        all.retain(|(batch, _)| *batch > purged);
        all.splice(0..0, last_purged);
    }
    Ok(all)
}
