//! Unit tests: the models that a test needs are applied to an embedded warehouse in memory, what it gives is put where sources
//! are read, and the runs are those of `dwc run`. Nothing of a load is written a second time here.

mod compare;
mod given;
mod part;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{ExpectedColumn, GivenMode, GivenRun, Project, Subject, UnitTest};
use dwc_compiler::source::{FileSet, Span};
use dwc_compiler::sql;

use crate::execute::{Mode, Part as RunPart, RebuildOptions, RunOptions, RunReport, apply, rebuild, replay};
use crate::{DuckDbWarehouse, Error, Notice, Offence};
use given::Place;
use part::Part;

pub use compare::{Difference, Line, Mark};

/// What became of a test.
#[derive(Debug)]
pub struct UnitTestOutcome {
    /// Everything in which the warehouse is not as expected; nothing where the test passes.
    pub failures: Vec<UnitTestFailure>,
    /// What may explain them: a sentence each.
    pub notes: Vec<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// What is not as expected.
#[derive(Debug)]
pub enum UnitTestFailure {
    /// A problem that the test does not list.
    Problem(Offence),
    /// A diagnostic that was expected and not reported.
    Missing(Code, Span),
    /// Rows that are not those that were expected.
    Rows(Box<RowsFailure>),
}

/// Rows that are not those that were expected.
#[derive(Debug)]
pub struct RowsFailure {
    /// Which of the test's expectations it is.
    pub place: usize,
    /// What has the rows.
    pub of: String,
    /// Where the expectation is written.
    pub span: Span,
    /// The columns that are compared.
    pub columns: Vec<ExpectedColumn>,
    /// What differs.
    pub difference: Difference,
}

/// Runs tests side by side, and says what became of each, in their order.
///
/// # Errors
/// An external system failed: a folder for temporary files that cannot be written.
pub fn run_unit_tests(files: &FileSet, project: &Project, tests: &[&UnitTest]) -> Result<Vec<UnitTestOutcome>, Error> {
    // Tests of the same models share what is compiled of them.
    let mut parts: Vec<Part> = Vec::new();
    let mut known: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut of = Vec::with_capacity(tests.len());
    for test in tests {
        let needed = part::needed(project, test);
        let place = match known.get(&needed) {
            Some(place) => *place,
            None => {
                parts.push(Part::new(files, project, &needed)?);
                known.insert(needed, parts.len() - 1);
                parts.len() - 1
            }
        };
        of.push(place);
    }
    let outcomes: Mutex<Vec<Option<UnitTestOutcome>>> = Mutex::new(tests.iter().map(|_| None).collect());
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((at, test)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            tests.get(at).map(|test| (at, test))
        } {
            let clock = Instant::now();
            match run_one(&parts[of[at]], test) {
                Ok((failures, notes)) => {
                    let milliseconds = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
                    let outcome = UnitTestOutcome { failures, notes, milliseconds };
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(outcome);
                }
                Err(error) => {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    next.store(tests.len(), Ordering::Relaxed);
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(tests.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    Ok(outcomes.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect())
}

/// Runs one test, and says in what the warehouse is not as expected.
fn run_one(part: &Part, test: &UnitTest) -> Result<(Vec<UnitTestFailure>, Vec<String>), Error> {
    let place = Place::new()?;
    let warehouse = DuckDbWarehouse::open(":memory:")?;
    warehouse.execute("SET threads = 1")?;
    let project = &part.project;
    let first = test.given.first().map(|run| run.at).unwrap_or_default();
    apply(&warehouse, project, first, &[])?;
    place.prepare(&warehouse, project, test, first)?;
    let mut said = Said::default();
    for run in &test.given {
        place.give(&warehouse, project, test, run)?;
        carry_out(&warehouse, project, &place, test, run, &mut said)?;
    }
    let mut failures = Vec::new();
    for (code, span) in &test.diagnostics {
        if !said.codes.contains(code) {
            failures.push(UnitTestFailure::Missing(*code, *span));
        }
    }
    let unexpected = |offence: &Offence| !test.diagnostics.iter().any(|(code, _)| *code == offence.code);
    let problems = said.offences.into_iter().filter(unexpected);
    failures.extend(problems.map(|offence| UnitTestFailure::Problem(part.placed(offence))));
    for (at, expected) in test.expect.iter().enumerate() {
        let rows = sql::unit_test_rows(project, &project.schema, expected)
            .map_err(|problems| Error::coded(Code::Query, problems.join("\n")))?;
        let rows = compare::read(&expected.columns, warehouse.rows(&rows)?);
        if let Some(difference) = compare::compare(expected, &rows) {
            failures.push(UnitTestFailure::Rows(Box::new(RowsFailure {
                place: at,
                of: match &expected.of {
                    Subject::Model(name) => name.clone(),
                    Subject::Rejected(table) => format!("rejected rows of {table}"),
                    Subject::Answer { question, .. } => format!("the answer of {}", question.measures.join(", ")),
                },
                span: expected.span,
                columns: expected.columns.clone(),
                difference,
            })));
        }
    }
    let notes = if failures.is_empty() { Vec::new() } else { said.unread };
    Ok((failures, notes))
}

/// What the runs of a test reported.
#[derive(Default)]
struct Said {
    offences: Vec<Offence>,
    codes: Vec<Code>,
    /// Given rows that a run did not read.
    unread: Vec<String>,
}

impl Said {
    fn offences(&mut self, offences: Vec<Offence>) {
        self.codes.extend(offences.iter().map(|offence| offence.code));
        self.offences.extend(offences);
    }

    /// Says which given rows an increment left where they are.
    fn unread(&mut self, project: &Project, run: &GivenRun, report: &RunReport) {
        for given in &run.tables {
            let table = project.table(&given.address).filter(|table| table.files.is_none());
            let Some(cursor) = table.and_then(|table| table.cursor.as_ref()) else { continue };
            let read = report.sources.iter().flat_map(|source| &source.tables).find(|read| read.table == given.address);
            let read = read.map_or(0, |read| usize::try_from(read.extracted).unwrap_or(0));
            if read < given.rows.len() && run.mode != GivenMode::Full {
                self.unread.push(format!(
                    "the run at {} UTC read {read} of {} rows of `{}`: an increment starts at the greatest `{cursor}` that was read, less the lookback",
                    run.at.format("%Y-%m-%d %H:%M"),
                    given.rows.len(),
                    given.address
                ));
            }
        }
    }

    fn notices<'n>(&mut self, notices: impl Iterator<Item = &'n Notice>) {
        self.codes.extend(notices.filter_map(|notice| Code::of(&notice.code)));
    }
}

/// A run as `dwc run --at` makes it, and the rebuilds that a test asks for.
fn carry_out(
    warehouse: &DuckDbWarehouse,
    project: &Project,
    place: &Place,
    test: &UnitTest,
    run: &GivenRun,
    said: &mut Said,
) -> Result<(), Error> {
    let mode = if run.mode == GivenMode::Full { Mode::Full } else { Mode::Incremental };
    let options = RunOptions { mode, at: run.at, until: None, select: Vec::new(), part: RunPart::Everything };
    match replay(warehouse, project, place.folder(), &options, &mut |_| ()) {
        Ok((report, offences)) => {
            said.offences(offences);
            said.notices(report.sources.iter().flat_map(|source| &source.notices));
            said.notices(report.models.iter().flat_map(|model| &model.notices));
            said.unread(project, run, &report);
        }
        Err(error) => said.offences(vec![told(error)?]),
    }
    if run.mode == GivenMode::Rebuild {
        for model in test.models().into_iter().filter(|model| can_rebuild(project, model)) {
            let options = rebuild_of(model, run.at);
            match rebuild(warehouse, project, &options) {
                Ok((report, offences)) => {
                    said.offences(offences);
                    said.notices(report.load.notices.iter());
                }
                Err(error) => said.offences(vec![told(error)?]),
            }
        }
    }
    Ok(())
}

fn rebuild_of(model: &str, at: NaiveDateTime) -> RebuildOptions {
    RebuildOptions { model: model.to_owned(), from: None, at, may_lose: false, only_shown: false }
}

/// Whether a model is loaded from sources; a calendar is not.
fn can_rebuild(project: &Project, model: &str) -> bool {
    project.model(model).is_some_and(|id| project.query(id).is_some())
}

/// A failure with a page is a finding of the test; any other is the world's.
fn told(error: Error) -> Result<Offence, Error> {
    if error.code.is_some() { Ok(Offence::from(error)) } else { Err(error) }
}
