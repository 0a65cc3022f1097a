//! A project applied to an embedded warehouse, for suites that call the runner instead of the binary.
//! It must not judge what was loaded.

use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use dwc_compiler::model::TargetType;
use dwc_compiler::plan::LoadPlan;
use dwc_compiler::source::{FileSet, SourceFile};
use dwc_compiler::sql::load_plan;
use dwc_runner::{
    CompareOptions, Compared, DuckDbWarehouse, Error, Mode, Offence, ReconcileOptions, Reconciled, RunOptions,
    RunReport, SourceOutcome, TableReport,
};

use crate::project::at;

/// Rows of a query, each value as text, NULL as `NULL`.
pub fn rows(warehouse: &DuckDbWarehouse, sql: &str) -> Vec<Vec<String>> {
    let rows = warehouse.rows(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    let text = |value: Option<String>| value.unwrap_or_else(|| "NULL".to_owned());
    rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect()
}

/// A project with its warehouse in memory.
pub struct Warehouse {
    folder: PathBuf,
    project: dwc_compiler::model::Project,
    engine: DuckDbWarehouse,
}

impl Warehouse {
    /// Applies the project of a folder to an empty warehouse.
    pub fn apply(folder: &Path) -> Self {
        Self::apply_with(folder, &|text| text.to_owned())
    }

    /// The same, with each file's text changed before it is read.
    pub fn apply_with(folder: &Path, change: &dyn Fn(&str) -> String) -> Self {
        let files = dwc_runner::project::read(folder).expect("the project is read");
        let changed = files.iter().map(|(_, file)| SourceFile { path: file.path.clone(), text: change(&file.text) });
        let files = FileSet::new(changed.collect());
        let checked = dwc_compiler::check(&files);
        let problems: Vec<String> = checked.diagnostics.iter().map(|problem| problem.concise(&files)).collect();
        let project = checked.project.unwrap_or_else(|| panic!("{}", problems.join("\n")));
        let engine = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
        dwc_runner::apply(&engine, &project, at("2026-01-01"), &[]).unwrap_or_else(|error| panic!("{error:?}"));
        Self { folder: folder.to_path_buf(), project, engine }
    }

    /// Runs the project; a model that is held back fails the test.
    pub fn run(&self, mode: Mode) -> RunReport {
        self.try_run(mode).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Runs the project, unless the world fails.
    pub fn try_run(&self, mode: Mode) -> Result<RunReport, Error> {
        let options =
            RunOptions { mode, at: noon(), until: None, select: Vec::new(), part: dwc_runner::Part::Everything };
        let run = dwc_runner::run(&self.engine, &self.project, &self.folder, &options, &mut |_| ());
        let (report, offences) = unless_stopped(run)?;
        assert!(offences.is_empty(), "{offences:?}");
        Ok(report)
    }

    /// Runs the project as if it were a given time; a model that is held back fails the test.
    pub fn replay(&self, mode: Mode, time: &str) -> RunReport {
        let at = at(time);
        let options = RunOptions { mode, at, until: None, select: Vec::new(), part: dwc_runner::Part::Everything };
        let run = dwc_runner::replay(&self.engine, &self.project, &self.folder, &options, &mut |_| ());
        let (report, offences) = run.unwrap_or_else(|error| panic!("{error:?}"));
        assert!(offences.is_empty(), "{offences:?}");
        report
    }

    /// Runs the project, and gives what was wrong beside the report.
    pub fn run_all(&self, mode: Mode) -> (RunReport, Vec<Offence>) {
        let options =
            RunOptions { mode, at: noon(), until: None, select: Vec::new(), part: dwc_runner::Part::Everything };
        dwc_runner::run(&self.engine, &self.project, &self.folder, &options, &mut |_| ())
            .unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// What the warehouse has not loaded: table, from, to and why.
    pub fn gaps(&self) -> Vec<String> {
        let state = self.engine.state().unwrap_or_else(|error| panic!("{error:?}"));
        let gaps = state.map(|state| state.gaps).unwrap_or_default();
        let from = |gap: &dwc_runner::Gap| gap.interval.from.map_or("beginning".to_owned(), |from| from.to_string());
        gaps.iter().map(|gap| format!("{} {} {} {}", gap.table, from(gap), gap.interval.to, gap.reason)).collect()
    }

    /// The offences that `dwc verify` would print.
    pub fn audit(&self) -> Vec<String> {
        let told = |offences: Vec<Offence>| {
            offences.into_iter().map(|offence| format!("{}: {}", offence.message, offence.keys.join("; ")))
        };
        let audit = dwc_runner::audit(&self.engine, &self.project, &[]).unwrap_or_else(|error| panic!("{error:?}"));
        told(audit.offences()).chain(told(self.compare(false).offences())).collect()
    }

    /// Compares the star with what is landed, and repairs it if it is told to.
    pub fn compare(&self, repairs: bool) -> Compared {
        let options = CompareOptions { select: Vec::new(), at: at("2031-01-01"), repairs, since: None };
        dwc_runner::compare(&self.engine, &self.project, &options).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Compares what is landed with the sources, and repairs it if it is told to.
    pub fn reconcile(&self, repairs: bool) -> Reconciled {
        self.reconcile_some(repairs, None, None)
    }

    /// The same of rows since a time, and of so many ten-thousandths of the keys.
    pub fn reconcile_some(&self, repairs: bool, since: Option<&str>, share: Option<u32>) -> Reconciled {
        let tables = self.project.tables.iter().map(|table| table.address.clone()).collect();
        let options = ReconcileOptions {
            since: since.map(at),
            share,
            ..ReconcileOptions::all(tables, at("2031-01-01"), repairs)
        };
        dwc_runner::reconcile(&self.engine, &self.project, &self.folder, &options, &mut |_| ())
            .unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Rows of a query, each value as text, NULL as `NULL`.
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        rows(&self.engine, sql)
    }

    /// The checked project.
    pub fn project(&self) -> &dwc_compiler::model::Project {
        &self.project
    }

    /// The schema of the star.
    pub fn schema(&self) -> &str {
        &self.project.schema
    }

    /// The column names of a table of the star.
    pub fn columns(&self, table: &str) -> Vec<String> {
        let rows = self.rows(&format!("SELECT name FROM pragma_table_info('{}.{table}')", self.schema()));
        rows.into_iter().flatten().collect()
    }

    /// What a run would execute.
    pub fn plan(&self) -> LoadPlan {
        load_plan(&self.project, TargetType::Duckdb, self.schema()).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    /// Executes statements on the warehouse.
    pub fn execute(&self, sql: &str) {
        self.engine.execute(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }
}

/// A run's result; what stopped a source is its error, as what ends a run is.
///
/// # Errors
/// The run ended, or a source was stopped.
pub fn unless_stopped(run: Result<(RunReport, Vec<Offence>), Error>) -> Result<(RunReport, Vec<Offence>), Error> {
    let (report, offences) = run?;
    let is_stopped = |source: &dwc_runner::SourceReport| matches!(source.outcome, SourceOutcome::Stopped(_));
    match offences.first() {
        Some(first) if report.sources.iter().any(is_stopped) => {
            Err(Error::coded(first.code, first.message.clone()).help(first.help.clone()))
        }
        _ => Ok((report, offences)),
    }
}

/// Why the first source of a run was not read; `None` where it was.
pub fn outcome(report: &RunReport) -> Option<&str> {
    match &report.sources[0].outcome {
        SourceOutcome::Landed => None,
        SourceOutcome::Unreachable(reason) | SourceOutcome::Stopped(reason) => Some(reason),
    }
}

/// What a run did with one source table.
pub fn counts<'r>(report: &'r RunReport, table: &str) -> &'r TableReport {
    let mut tables = report.sources.iter().flat_map(|source| &source.tables);
    tables.find(|counts| counts.table == table).unwrap_or_else(|| panic!("{table} was not landed: {report:?}"))
}

fn noon() -> NaiveDateTime {
    at("2026-04-01T12")
}
