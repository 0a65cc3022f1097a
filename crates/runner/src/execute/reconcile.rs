//! Whether what is landed is what the sources have: each table of a database is compared with its source, as of the last run.
//! A repair lands the rows that differ as a batch of its own. It must not know a server's protocol, nor decide what differs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{DetectDeletes, Project, Source, SourceType, Table};
use dwc_compiler::plan::{Cut, Landing, Stage};
use dwc_compiler::sql::{self, Fetched, Part};
use serde::Serialize;

use super::land::{Dates, commit};
use super::land_batch::{Batch, Pass, deliver_keys, deliver_rows};
use super::land_database::make_rejects;
use super::report::{ModelReport, TableReport};
use super::run::{Mode, Part as RunPart, RunOptions, plan, run};
use crate::extract::database::Failure;
use crate::extract::database::reconcile::{Extent, Landed, Read, Sums, Wanted, reconcile as read_source};
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
}

/// What a comparison with the sources has found.
#[derive(Debug, Default)]
pub struct Reconciled {
    /// The tables, in the order of their sources.
    pub tables: Vec<TableReconciled>,
    /// What is landed otherwise than it should be, and sources that could not be read.
    pub offences: Vec<Offence>,
    /// What may be meant: rows that the source no longer has.
    pub told: Vec<Offence>,
    /// What a repair was for.
    pub mended: Vec<Offence>,
    /// What a repair has loaded, by model.
    pub models: Vec<ModelReport>,
}

/// How one table compares with its source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableReconciled {
    /// `source.table`.
    pub table: String,
    /// Why it was not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// The column that has no sum, so that every row was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsummed: Option<String>,
    /// Rows that were read from the source, one by one.
    pub read: i64,
    /// Rows that are not landed.
    pub missing: i64,
    /// Landed rows that the source no longer has.
    pub extra: i64,
    /// Rows with other values.
    pub different: i64,
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
            match left_out(engine, source, table)? {
                None => tables.push((table, landing)),
                left_out => {
                    let address = table.address.clone();
                    done.tables.push(TableReconciled { table: address, left_out, ..Default::default() });
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
                done.offences.push(Offence::from(error.within(source.span)));
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
        done.offences.extend(offences);
    }
    Ok(done)
}

/// Why a table is not compared; `None` where it is.
fn left_out(engine: &dyn Warehouse, source: &Source, table: &Table) -> Result<Option<String>, Error> {
    if !matches!(source.ty, SourceType::Mysql | SourceType::Postgres) {
        return Ok(Some("its source is no database".to_owned()));
    }
    if !table.has_one_state() {
        return Ok(Some("the source has several states of each row".to_owned()));
    }
    let read = engine.store().count(&format!(
        "SELECT COUNT(*) FROM _dwc.watermarks WHERE source_table = {}",
        state::literal(&table.address)
    ))?;
    Ok((read == 0).then(|| "`dwc run` has yet to read it".to_owned()))
}

/// The tables of one source that are compared.
struct OneSource<'a> {
    engine: &'a dyn Warehouse,
    project: &'a Project,
    source: &'a Source,
    tables: &'a [(&'a Table, &'a Landing)],
    folder: PathBuf,
    options: &'a ReconcileOptions,
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
    fn deliver(&self, table: &Table, what: &str, staged: &Staged, at: NaiveDateTime) -> Result<String, Error> {
        let stage = self.stage(table, what);
        staging::view(self.engine.store(), &stage, std::iter::once(staged.rows.as_path()), at)?;
        deliver_rows(self.engine, table, &stage, None, &self.folder, what)
    }

    fn stage(&self, table: &Table, what: &str) -> Stage {
        let name = format!("{what}__{}", table.address.replace('.', "__"));
        Stage { path: files::quote(&name), ..sql::waiting(table) }
    }
}

/// The landed side of a comparison.
struct Here<'a> {
    one: &'a OneSource<'a>,
    wanted: &'a [Wanted<'a>],
    /// Where the rows are that the next increment reads, by the place of their table.
    newer: BTreeMap<usize, String>,
}

impl Here<'_> {
    fn reconciler(&self, table: &'_ Table, zones: &BTreeMap<String, String>) -> sql::Reconciler<'_> {
        let OneSource { engine, project, .. } = self.one;
        // The table is one of the project's own.
        let table = project.table(&table.address).unwrap_or_else(|| unreachable!("{} is declared", table.address));
        sql::reconciler(project, engine.ty(), engine.schema(project), table).by_clocks(zones.clone())
    }

    fn extent_of(&self, table: &Table) -> Result<Extent, Error> {
        let rows = self.one.engine.table(&self.reconciler(table, &BTreeMap::new()).extent())?.1;
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
    fn extent(&mut self, at: usize) -> Result<Extent, Error> {
        // Staged rows of an attempt that broke off are others.
        self.newer.remove(&at);
        self.extent_of(self.wanted[at].table)
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

/// One table whose rows that may differ have been read.
struct Compared<'a> {
    here: &'a Here<'a>,
    table: &'a Table,
    landing: &'a Landing,
    read: &'a Read,
    at: NaiveDateTime,
}

/// What differs: of each kind, how many rows and the names of the first of them.
type Found = BTreeMap<String, (i64, Vec<String>)>;

impl Compared<'_> {
    fn tell_and_mend(&self, wanted: &Wanted<'_>, done: &mut Reconciled) -> Result<(), Error> {
        let one = self.here.one;
        let local = one.engine.store();
        let part = self.part();
        let newer = one.deliver(self.table, "newer", &wanted.newer, self.at)?;
        let settled = one.deliver(self.table, "settled", &wanted.settled, self.at)?;
        let stage = one.stage(self.table, "settled");
        let rejects = files::rejects_of(&stage);
        make_rejects(local, self.table, &stage, &rejects)?;
        let staged = [&wanted.newer, &wanted.settled];
        staging::load(local, &rejects, staged.iter().map(|staged| staged.rejects.as_path()))?;
        let rejected = deliver_keys(one.engine, self.table, &rejects, &one.folder)?;
        let fetched = Fetched { settled, newer, rejected };
        let count = |relation: &str| local.count(&format!("SELECT COUNT(*) FROM {relation}"));
        let rejections = count(&rejects)?;
        let newer_rows = count(&one.stage(self.table, "newer").path)?;
        let mut report = TableReconciled {
            table: self.table.address.clone(),
            unsummed: self.read.unsummed.clone(),
            read: count(&stage.path)? + newer_rows + rejections,
            rejected: rejections,
            ..Default::default()
        };
        let found = self.differences(&fetched, &part)?;
        let rows = |found: &Found, kind: &str| found.get(kind).map_or(0, |(rows, _)| *rows);
        report.missing = rows(&found, "missing");
        report.extra = rows(&found, "extra");
        report.different = rows(&found, "different");
        report.newer = rows(&found, "newer");
        let mut deletes = self.table.detect_deletes == DetectDeletes::FullPass && report.extra > 0;
        if one.options.repairs && deletes {
            let too_many = self.too_many_gone(report.extra)?;
            deletes = too_many.is_none();
            done.offences.extend(too_many);
        }
        if one.options.repairs && (report.missing > 0 || report.different > 0 || deletes) {
            report.repaired = Some(self.repair(&fetched, &part, deletes)?);
            let help = "it is landed again; look for what keeps it from landing by itself";
            let kept = if deletes { found } else { without(&found, "extra") };
            let mended = self.offences(&kept).into_iter().map(|offence| Offence { help: help.to_owned(), ..offence });
            done.mended.extend(mended);
            self.sort(&self.differences(&fetched, &part)?, done);
        } else {
            self.sort(&found, done);
        }
        done.tables.push(report);
        local.execute(&format!("DROP TABLE {rejects}; DROP VIEW {}", stage.path))?;
        local.execute(&format!("DROP VIEW {}", one.stage(self.table, "newer").path))
    }

    fn part(&self) -> Part<'_> {
        let segments = self.read.segments.iter().flatten();
        Part { segments: segments.map(|(cut, some)| (cut, some.clone())).collect() }
    }

    fn differences(&self, fetched: &Fetched, part: &Part<'_>) -> Result<Found, Error> {
        let sql = self.here.reconciler(self.table, &self.read.zones).differences(fetched, part);
        let rows = self.here.one.engine.table(&sql)?.1;
        let mut found = Found::new();
        for (kind, key, rows) in row::read(rows, |row| Ok((row.text()?, row.text_or_empty()?, row.number::<i64>()?)))? {
            let of_kind = found.entry(kind).or_insert((rows, Vec::new()));
            of_kind.1.push(key);
        }
        for (rows, keys) in found.values_mut() {
            let more = *rows - i64::try_from(keys.len()).unwrap_or(i64::MAX);
            if more > 0 {
                keys.push(format!("… and {more} more"));
            }
        }
        Ok(found)
    }

    /// Puts findings where they belong.
    fn sort(&self, found: &Found, done: &mut Reconciled) {
        for offence in self.offences(found) {
            match offence.code {
                Code::GoneFromSource => done.told.push(offence),
                _ => done.offences.push(offence),
            }
        }
    }

    fn offences(&self, found: &Found) -> Vec<Offence> {
        let address = &self.table.address;
        let repair = "run `dwc verify --sources --repair`; `lookback` reads rows again that commit late";
        let gone = match self.table.detect_deletes {
            DetectDeletes::FullPass => {
                "`dwc run --mode full` deletes them, and so does `dwc verify --sources --repair`"
            }
            _ => "they stay as declared; `detect_deletes: full_pass` deletes rows that the source no longer has",
        };
        let kinds = [
            ("missing", Code::NotLanded, "has rows that are not landed", repair),
            ("different", Code::LandedDiffers, "has rows that are landed with other values", repair),
            ("extra", Code::GoneFromSource, "no longer has rows that are landed", gone),
        ];
        let each = kinds.into_iter().filter_map(|(kind, code, message, help)| {
            let (_, keys) = found.get(kind)?;
            Some(Offence {
                code,
                message: format!("the source of `{address}` {message}"),
                keys: keys.clone(),
                span: Some(self.table.span),
                help: help.to_owned(),
            })
        });
        each.collect()
    }

    /// What is said where a repair would delete more of the landed rows than may be gone: it deletes none.
    fn too_many_gone(&self, extra: i64) -> Result<Option<Offence>, Error> {
        let (landed, _) = self.here.extent_of(self.table)?;
        let is_too_much = match self.table.max_deleted_share {
            Some(share) => extra as f64 > landed as f64 * share,
            None => extra >= landed || (landed >= 100 && extra * 2 > landed),
        };
        let message = format!(
            "the source of `{}` no longer has {extra} of {landed} landed rows, which are too many to delete",
            self.table.address
        );
        Ok(is_too_much.then(|| Offence {
            code: Code::TooManyDeleted,
            message,
            keys: Vec::new(),
            span: Some(self.table.span),
            help: "check the source; if the rows are really gone, declare a greater `max_deleted_share`".to_owned(),
        }))
    }

    /// Lands what differs as a batch.
    fn repair(&self, fetched: &Fetched, part: &Part<'_>, deletes: bool) -> Result<TableReport, Error> {
        let rows = self.here.reconciler(self.table, &self.read.zones).repair(fetched, part, deletes);
        let one = self.here.one;
        let landed = commit(one.engine, one.source, Mode::Incremental, self.at, &mut |_| {
            Ok(vec![Batch {
                table: self.table,
                landing: self.landing,
                before: Vec::new(),
                rows: rows.clone(),
                rejected: None,
                nameless: None,
                is_first: false,
                passes: vec![Pass { files: None, at: self.at, is_whole: false }],
                rejections: 0,
                records: Vec::new(),
                leftovers: Vec::new(),
            }])
        })?;
        Ok(landed.tables.into_iter().next().unwrap_or_default())
    }
}

/// Findings without those of a kind.
fn without(found: &Found, kind: &str) -> Found {
    found.iter().filter(|(name, _)| *name != kind).map(|(name, rows)| (name.clone(), rows.clone())).collect()
}
