//! Whether the star is what is landed: each loaded table is computed again by its own load, which ends before it would change
//! anything. A repair is that load, carried out. It must not decide what differs.

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Project;
use dwc_compiler::plan::{ModelLoad, Reads, Statement};
use dwc_compiler::sql::{self, Comparison};

use super::blame;
use super::looked::{Aspect, Looked, Weight, found};
use super::report::ModelReport;
use super::run::{Mode, pending, plan, take, unsupported};
use crate::state::change::StateChange;
use crate::warehouse::unit::{Done, Found, Held, Keep, Step, Unit};
use crate::warehouse::version::{VersionChange, VersionState};
use crate::{Error, Offence, Warehouse, state};

/// How many versions are named.
const NAMED: usize = 20;

/// What is compared, and whether it is repaired.
#[derive(Debug, Clone)]
pub struct CompareOptions {
    /// The models by name; all of them where it is empty.
    pub select: Vec<String>,
    /// The time of the comparison, UTC: the instant of rows whose source gives none.
    pub at: NaiveDateTime,
    /// What differs is loaded again.
    pub repairs: bool,
    /// Rows of facts with an event time are compared from this instant on, UTC; all rows where left out.
    pub since: Option<NaiveDateTime>,
}

/// What a comparison of the star with what is landed has found.
#[derive(Debug, Default)]
pub struct Compared {
    /// The models, in load order.
    pub looked: Vec<Looked>,
    /// Models that have yet to load what is landed: the next run does.
    pub waiting: Vec<String>,
    /// What a repair has done, by model. What then still differs is among the offences.
    pub repaired: Vec<ModelReport>,
}

impl Compared {
    /// What differs, and what could not be computed.
    #[must_use]
    pub fn offences(&self) -> Vec<Offence> {
        found(&self.looked, Weight::Error)
    }

    /// What a repair was for.
    #[must_use]
    pub fn mended(&self) -> Vec<Offence> {
        found(&self.looked, Weight::Mended)
    }
}

/// Compares every loaded table with what is landed, and repairs what differs if it is told to.
///
/// # Errors
/// An external system failed. What differs is the result.
pub fn compare(engine: &dyn Warehouse, project: &Project, options: &CompareOptions) -> Result<Compared, Error> {
    let plan = plan(engine, project)?;
    let mut done = Compared::default();
    for model in &plan.models {
        if !options.select.is_empty() && !options.select.contains(&model.name) {
            continue;
        }
        let name = "the rows match what is landed";
        let mut looked = Looked::new(&model.name, Aspect::Landed, name, Some(project.model_span(model.model)));
        let batch = state::consumed(engine.store(), &model.name)?;
        if !pending(engine.store(), &plan, model, batch, Mode::Incremental)?.is_empty() {
            done.waiting.push(model.name.clone());
            done.looked.push(looked.left_out("`dwc run` has yet to load what is landed"));
            continue;
        }
        let comparison = sql::comparison(project, engine.ty(), engine.schema(project), model.model, options.since);
        let Some(comparison) = comparison.map_err(unsupported)? else { continue };
        // What has never loaded has nothing that could differ.
        if batch == 0 {
            done.looked.push(looked.left_out("it has never been loaded"));
            continue;
        }
        let one = One { engine, project, model, comparison: &comparison, batch, at: options.at };
        looked.part = options.since.filter(|_| comparison.is_recent).map(|since| format!("since {since} UTC"));
        let found = one.differences()?;
        (looked.rows, looked.tolerated) = (found.rows, found.tolerated);
        if !options.repairs || !found.differs {
            looked.add(Weight::Error, found.offences);
            done.looked.push(looked);
            continue;
        }
        match one.repair()? {
            Ok(report) => {
                let help = "it is loaded again; look for what has changed the table besides dwc";
                let mended = found.offences.into_iter().map(|one| Offence { help: help.to_owned(), ..one });
                looked.add(Weight::Mended, mended);
                done.repaired.push(report);
                looked.add(Weight::Error, one.differences()?.offences);
            }
            Err(offence) => looked.add(Weight::Error, [offence]),
        }
        done.looked.push(looked);
    }
    Ok(done)
}

/// What one comparison has found.
#[derive(Default)]
struct Differences {
    offences: Vec<Offence>,
    /// A repair has something to do.
    differs: bool,
    /// How many rows were compared, where they were counted.
    rows: Option<i64>,
    /// How many rows differ by no more than is tolerated.
    tolerated: i64,
}

/// One model that is compared.
struct One<'a> {
    engine: &'a dyn Warehouse,
    project: &'a Project,
    model: &'a ModelLoad,
    comparison: &'a Comparison,
    batch: i64,
    at: NaiveDateTime,
}

impl One<'_> {
    /// What differs.
    fn differences(&self) -> Result<Differences, Error> {
        let statements = &self.comparison.statements;
        let done = match self.carry_out(statements.iter(), Keep::Never) {
            Ok(done) => done,
            Err(held) => return Ok(Differences { offences: vec![self.blamed(held)?], ..Differences::default() }),
        };
        let mut all = Differences::default();
        for (step, found) in done.into_iter().flat_map(|done| done.found) {
            match (found, &statements[step].reads) {
                (Found::Keys(keys), Reads::Notice(gate)) if is_difference(gate.code) && !keys.is_empty() => {
                    all.offences.push(Offence::of(gate, keys));
                }
                (Found::Versions(versions), _) if !versions.is_empty() => {
                    all.offences.push(self.other_versions(&versions));
                }
                (Found::Counts(counts), _) => {
                    all.differs |= counts.get("doubled").is_some_and(|rows| *rows > 0);
                    all.rows = all.rows.or(counts.get("compared").copied());
                    all.tolerated += counts.get("tolerated").copied().unwrap_or(0);
                }
                _ => {}
            }
        }
        all.differs |= !all.offences.is_empty();
        Ok(all)
    }

    /// Loads what differs again: the whole load, which changes no other row.
    fn repair(&self) -> Result<Result<ModelReport, Offence>, Error> {
        let load = self.comparison.repair.as_ref().unwrap_or(&self.model.full);
        let statements = std::iter::once(&self.comparison.removes_doubled).chain(load);
        match self.carry_out(statements, Keep::Always) {
            Ok(done) => {
                let mut report = ModelReport::of(&self.model.name);
                let statements: Vec<Statement> =
                    std::iter::once(&self.comparison.removes_doubled).chain(load).cloned().collect();
                done.into_iter().for_each(|done| take(&statements, done.found, &mut report));
                Ok(Ok(report))
            }
            Err(held) => self.blamed(held).map(Err),
        }
    }

    fn carry_out<'s>(&self, statements: impl Iterator<Item = &'s Statement>, keep: Keep) -> Result<Option<Done>, Held> {
        let (model, batch) = (&self.model.name, self.batch);
        let unit = Unit {
            name: format!("verify_{model}"),
            batch,
            since: batch,
            at: self.at,
            from: None,
            steps: statements.map(Step::from).collect(),
            records: vec![StateChange::Consumed { model: model.clone(), batch }],
            keep,
        };
        self.engine.commit(&mut |_| Ok(Some(unit.clone())))
    }

    fn blamed(&self, held: Held) -> Result<Offence, Error> {
        match blame::held(self.engine, self.project, self.model.model, held) {
            Held::Offence(offence) => Ok(offence),
            Held::World(error) => Err(error),
        }
    }

    fn other_versions(&self, versions: &[VersionChange]) -> Offence {
        let mut keys: Vec<String> = versions.iter().take(NAMED).map(told).collect();
        if versions.len() > NAMED {
            keys.push(format!("… and {} more", versions.len() - NAMED));
        }
        Offence {
            code: Code::DifferentVersions,
            message: format!("dimension `{}` has versions that its states do not give", self.model.name),
            keys,
            span: Some(self.project.model_span(self.model.model)),
            help: "run `dwc verify --repair`, and look for what has changed the table besides dwc".to_owned(),
        }
    }
}

fn is_difference(code: Code) -> bool {
    matches!(code, Code::MissingRows | Code::ExtraRows | Code::DifferentRows)
}

/// A version as it is and as it should be.
fn told(change: &VersionChange) -> String {
    let version = |state: &VersionState| match (&state.from, &state.to) {
        (Some(from), Some(to)) => format!("{} ({from} to {to})", state.values),
        (Some(from), None) => format!("{} (since {from})", state.values),
        _ => state.values.clone(),
    };
    match (&change.before, &change.after) {
        (Some(is), Some(should)) => format!("{} is {}, not {}", change.member, version(is), version(should)),
        (None, Some(should)) => format!("{} lacks {}", change.member, version(should)),
        (Some(is), None) => format!("{} has {} too many", change.member, version(is)),
        (None, None) => change.member.clone(),
    }
}
