//! Whether what is landed is what the sources have: each table of a database is compared with its source, as of the last run.
//! A repair lands the rows that differ as a batch of its own. It must not know a server's protocol, nor decide what differs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Project, Source, SourceType, Table};
use dwc_compiler::plan::{Cut, Landing, Stage};
use dwc_compiler::sql::{self, Only, Part};
use dwc_googlesql::Type;
use serde::Serialize;

use super::land::Dates;
use super::land_batch::deliver_rows;
use super::looked::{Aspect, Looked, Weight, found};
use super::reconcile_table::Compared;
use super::report::{ModelReport, TableReport};
use super::run::{Mode, Part as RunPart, RunOptions, plan, run};
use crate::extract::database::Failure;
use crate::extract::database::reconcile::{Extent, Landed, Sums, Wanted, reconcile as read_source};
use crate::extract::files;
use crate::extract::staging::{self, Staged};
use crate::state;
use crate::warehouse::row;
use crate::{Error, Offence, Warehouse};

/// What is compared with its source, and whether it is repaired.
#[derive(Debug, Clone)]
pub struct ReconcileOptions {
    /// The tables by their addresses.
    pub tables: Vec<String>,
    /// The time of the comparison, UTC.
    pub at: NaiveDateTime,
    /// Rows that differ are landed, and models are loaded from them.
    pub repairs: bool,
    /// Rows are compared whose cursor is not before this, UTC; all rows where left out.
    pub since: Option<NaiveDateTime>,
    /// Rows are compared of a sample of so many ten-thousandths of the keys; all rows where left out.
    pub share: Option<u32>,
}

impl ReconcileOptions {
    /// Every row of some tables.
    #[must_use]
    pub fn all(tables: Vec<String>, at: NaiveDateTime, repairs: bool) -> Self {
        Self { tables, at, repairs, since: None, share: None }
    }

    /// Some rows are not compared.
    pub(super) fn is_partial(&self) -> bool {
        self.since.is_some() || self.share.is_some()
    }
}

/// What a comparison with the sources has found.
#[derive(Debug, Default)]
pub struct Reconciled {
    /// The tables, in the order of their sources.
    pub tables: Vec<TableReconciled>,
    /// What was looked at: the tables, and sources that could not be read.
    pub looked: Vec<Looked>,
    /// What a repair has loaded, by model.
    pub models: Vec<ModelReport>,
}

impl Reconciled {
    /// What is landed otherwise than it should be, and sources that could not be read.
    #[must_use]
    pub fn offences(&self) -> Vec<Offence> {
        found(&self.looked, Weight::Error)
    }

    /// What may be meant: rows that the source no longer has.
    #[must_use]
    pub fn told(&self) -> Vec<Offence> {
        found(&self.looked, Weight::Warning)
    }

    /// What a repair was for.
    #[must_use]
    pub fn mended(&self) -> Vec<Offence> {
        found(&self.looked, Weight::Mended)
    }
}

/// How one table compares with its source.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TableReconciled {
    /// `source.table`.
    pub table: String,
    /// Why it was not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// The column that has no sum, so that every row was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsummed: Option<String>,
    /// The instant, UTC, from which on rows were compared; all rows where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<NaiveDateTime>,
    /// The percentage of the keys that were compared; all keys where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<f64>,
    /// Rows of the source that were compared, by their sums or one by one.
    pub compared: i64,
    /// Rows that were read from the source, one by one.
    pub read: i64,
    /// Rows that are not landed.
    pub missing: i64,
    /// Landed rows that the source no longer has.
    pub extra: i64,
    /// Rows with other values.
    pub different: i64,
    /// Rows with other values that lie as near as is tolerated: they are no finding.
    pub tolerated: i64,
    /// Rows that differ and that the next run reads: they are no finding.
    pub newer: i64,
    /// Rows that were read and do not cast.
    pub rejected: i64,
    /// What a repair has landed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repaired: Option<TableReport>,
}

/// Compares the landed tables of databases with their sources, and lands what differs if it is told to.
///
/// # Errors
/// The warehouse failed. What differs, and a source that could not be read, is the result.
pub fn reconcile(
    engine: &dyn Warehouse,
    project: &Project,
    folder: &Path,
    options: &ReconcileOptions,
    tell: &mut dyn FnMut(&str),
) -> Result<Reconciled, Error> {
    let plan = plan(engine, project)?;
    let mut done = Reconciled::default();
    for source in &project.sources {
        let mut tables = Vec::new();
        for (table, landing) in project.tables.iter().zip(&plan.landings) {
            if table.source != source.name || !options.tables.contains(&table.address) {
                continue;
            }
            match left_out(engine, source, table, options)? {
                None => tables.push((table, landing)),
                Some(why) => {
                    done.looked.push(looked(table).left_out(&why));
                    let (table, left_out) = (table.address.clone(), Some(why));
                    done.tables.push(TableReconciled { table, left_out, ..Default::default() });
                }
            }
        }
        if tables.is_empty() {
            continue;
        }
        let folder = staging::named_folder(&engine.address()?, folder);
        let one = OneSource { engine, project, source, tables: &tables, folder, options };
        match one.compare(&mut done, tell) {
            Ok(()) => {}
            Err(error) if error.code.is_some_and(Code::is_of_one_source) => {
                let unread =
                    tables.iter().filter(|(table, _)| done.tables.iter().all(|one| one.table != table.address));
                let unread: Vec<Looked> =
                    unread.map(|(table, _)| looked(table).left_out("its source could not be read")).collect();
                let mut one = Looked::new(&source.name, Aspect::Source, "the source answers", Some(source.span));
                one.add(Weight::Error, [Offence::from(error.within(source.span))]);
                done.looked.push(one);
                done.looked.extend(unread);
            }
            Err(error) => return Err(error),
        }
    }
    if done.tables.iter().any(|table| table.repaired.is_some()) {
        let load = RunOptions {
            mode: Mode::Incremental,
            at: options.at,
            until: None,
            select: Vec::new(),
            part: RunPart::Load,
        };
        let (report, offences) = run(engine, project, folder, &load, tell)?;
        done.models = report.models;
        if !offences.is_empty() {
            let mut one = Looked::new("models", Aspect::Source, "the models load what was repaired", None);
            one.add(Weight::Error, offences);
            done.looked.push(one);
        }
    }
    Ok(done)
}

/// A table in which nothing has been found yet.
pub(super) fn looked(table: &Table) -> Looked {
    Looked::new(&table.address, Aspect::Source, "the landed rows match the source", Some(table.span))
}

/// Why a table is not compared; `None` where it is.
fn left_out(
    engine: &dyn Warehouse,
    source: &Source,
    table: &Table,
    options: &ReconcileOptions,
) -> Result<Option<String>, Error> {
    if !matches!(source.ty, SourceType::Mysql | SourceType::Postgres) {
        return Ok(Some("its source is no database".to_owned()));
    }
    if !table.has_one_state() {
        return Ok(Some("the source has several states of each row".to_owned()));
    }
    let cursor = table.cursor.as_ref().and_then(|name| table.column(name));
    let is_dated = cursor.is_some_and(|column| matches!(column.ty, Type::Timestamp | Type::DateTime | Type::Date));
    if options.since.is_some() && !is_dated {
        return Ok(Some("it has no cursor that is a time, which `--since` needs".to_owned()));
    }
    let read = engine.store().count(&format!(
        "SELECT COUNT(*) FROM _dwc.watermarks WHERE source_table = {}",
        state::literal(&table.address)
    ))?;
    Ok((read == 0).then(|| "`dwc run` has yet to read it".to_owned()))
}

/// The tables of one source that are compared.
pub(super) struct OneSource<'a> {
    pub(super) engine: &'a dyn Warehouse,
    project: &'a Project,
    pub(super) source: &'a Source,
    tables: &'a [(&'a Table, &'a Landing)],
    pub(super) folder: PathBuf,
    pub(super) options: &'a ReconcileOptions,
}

impl OneSource<'_> {
    fn compare(&self, done: &mut Reconciled, tell: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let mut wanted = Vec::new();
        for (table, _) in self.tables {
            let name = table.address.replace('.', "__");
            wanted.push(Wanted {
                table,
                mark: state::watermark(self.engine.store(), &table.address)?,
                known: state::source_columns(self.engine.store(), &table.address)?,
                since: self.options.since,
                share: self.options.share,
                newer: Staged::new(&self.folder, &format!("{name}.newer")),
                settled: Staged::new(&self.folder, &format!("{name}.settled")),
            });
        }
        let found = self.compare_wanted(&wanted, done, tell);
        for staged in wanted.iter().flat_map(|one| [&one.newer, &one.settled]) {
            // Files that stay are made anew by the next comparison.
            let _ = fs::remove_file(&staged.rows);
            let _ = fs::remove_file(&staged.rejects);
        }
        found
    }

    fn compare_wanted(
        &self,
        wanted: &[Wanted<'_>],
        done: &mut Reconciled,
        tell: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        let mut here = Here { one: self, wanted, newer: BTreeMap::new() };
        let (bound, read) = match read_source(self.source, wanted, &mut here, tell) {
            Ok(read) => read,
            Err(Failure::Stopped(error)) => return Err(error),
            Err(Failure::Unreachable(reason)) => {
                return Err(Error::coded(
                    Code::SourceUnreachable,
                    format!("source `{}` does not answer: {reason}", self.source.name),
                )
                .help("its tables are not compared; try again once it answers"));
            }
        };
        let last = state::last_bound(self.engine.store(), &self.source.name)?;
        let at = Dates { given: None, last }.of(bound);
        for ((wanted, read), (table, landing)) in wanted.iter().zip(&read).zip(self.tables) {
            Compared { here: &here, table, landing, read, at }.tell_and_mend(wanted, done)?;
        }
        Ok(())
    }

    /// Puts staged rows where the warehouse reads them. Gives the relation.
    pub(super) fn deliver(
        &self,
        table: &Table,
        what: &str,
        staged: &Staged,
        at: NaiveDateTime,
    ) -> Result<String, Error> {
        let stage = self.stage(table, what);
        staging::view(self.engine.store(), &stage, std::iter::once(staged.rows.as_path()), at)?;
        deliver_rows(self.engine, table, &stage, None, &self.folder, what)
    }

    pub(super) fn stage(&self, table: &Table, what: &str) -> Stage {
        let name = format!("{what}__{}", table.address.replace('.', "__"));
        Stage { path: files::quote(&name), ..sql::waiting(table) }
    }
}

/// The landed side of a comparison.
pub(super) struct Here<'a> {
    pub(super) one: &'a OneSource<'a>,
    wanted: &'a [Wanted<'a>],
    /// Where the rows are that the next increment reads, by the place of their table.
    newer: BTreeMap<usize, String>,
}

impl Here<'_> {
    pub(super) fn reconciler(&self, table: &'_ Table, zones: &BTreeMap<String, String>) -> sql::Reconciler<'_> {
        let OneSource { engine, project, .. } = self.one;
        // The table is one of the project's own.
        let table = project.table(&table.address).unwrap_or_else(|| unreachable!("{} is declared", table.address));
        sql::reconciler(project, engine.ty(), engine.schema(project), table).by_clocks(zones.clone())
    }

    pub(super) fn extent_of(
        &self,
        table: &Table,
        only: &Only,
        zones: &BTreeMap<String, String>,
    ) -> Result<Extent, Error> {
        let rows = self.one.engine.table(&self.reconciler(table, zones).extent(only))?.1;
        let read = row::read(rows, |row| Ok((row.number()?, row.number_or_null()?, row.number_or_null()?)))?;
        let (rows, low, high) = read.into_iter().next().unwrap_or((0, None, None));
        Ok((rows, low.zip(high)))
    }

    fn newer(&mut self, at: usize) -> Result<String, Error> {
        if let Some(known) = self.newer.get(&at) {
            return Ok(known.clone());
        }
        let one = &self.wanted[at];
        let made = self.one.deliver(one.table, "newer", &one.newer, self.one.options.at)?;
        self.newer.insert(at, made.clone());
        Ok(made)
    }
}

impl Landed for Here<'_> {
    fn extent(&mut self, at: usize, only: &Only, zones: &BTreeMap<String, String>) -> Result<Extent, Error> {
        // Staged rows of an attempt that broke off are others.
        self.newer.remove(&at);
        self.extent_of(self.wanted[at].table, only, zones)
    }

    fn sums(&mut self, at: usize, cut: &Cut, part: &Part<'_>, zones: &BTreeMap<String, String>) -> Result<Sums, Error> {
        let newer = self.newer(at)?;
        let sql = self.reconciler(self.wanted[at].table, zones).sums(cut, part, &newer);
        let rows = self.one.engine.table(&sql)?.1;
        // A decimal may be written with zeros behind its point.
        let whole = |sum: String| sum.split('.').next().unwrap_or_default().to_owned();
        let read = row::read(rows, |row| Ok((row.number()?, (row.number()?, whole(row.text()?)))))?;
        Ok(read.into_iter().collect())
    }
}
