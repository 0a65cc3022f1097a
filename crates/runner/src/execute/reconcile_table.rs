//! One landed table beside the rows of its source that have been read: what differs, by kind, and its repair. It must not read a
//! source.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{DetectDeletes, Table};
use dwc_compiler::plan::Landing;
use dwc_compiler::sql::{Fetched, Only, Part};

use super::land::commit;
use super::land_batch::{Batch, Pass, deliver_keys};
use super::land_database::make_rejects;
use super::looked::{Looked, Weight};
use super::reconcile::{Here, Reconciled, TableReconciled, looked};
use super::report::TableReport;
use super::run::Mode;
use crate::extract::database::reconcile::{Read, Wanted};
use crate::extract::files;
use crate::extract::staging;
use crate::warehouse::row;
use crate::{Error, Offence};

impl TableReconciled {
    /// Which part of the rows was compared, as a person reads it; `None` for all of them.
    #[must_use]
    pub fn part(&self) -> Option<String> {
        let since = self.since.map(|since| format!("since {since} UTC"));
        let sample = self.sample.map(|percent| format!("a sample of {percent}% of the keys"));
        let parts: Vec<String> = since.into_iter().chain(sample).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// One table whose rows that may differ have been read.
pub(super) struct Compared<'a> {
    pub(super) here: &'a Here<'a>,
    pub(super) table: &'a Table,
    pub(super) landing: &'a Landing,
    pub(super) read: &'a Read,
    pub(super) at: NaiveDateTime,
}

/// What differs: of each kind, how many rows and the names of the first of them.
type Found = BTreeMap<String, (i64, Vec<String>)>;

impl Compared<'_> {
    /// Adds what differs to what was found, and lands it if that is asked for.
    pub(super) fn tell_and_mend(&self, wanted: &Wanted<'_>, done: &mut Reconciled) -> Result<(), Error> {
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
            since: one.options.since.filter(|_| self.read.only.since.is_some()),
            sample: self.read.only.share.map(|share| f64::from(share) / 100.0),
            read: count(&stage.path)? + newer_rows + rejections,
            rejected: rejections,
            ..Default::default()
        };
        report.compared = match self.read.segments {
            Some(_) => self.read.summed + newer_rows,
            None => report.read,
        };
        let mut looked = looked(self.table);
        looked.rows = Some(report.compared);
        looked.part = report.part();
        let found = self.differences(&fetched, &part)?;
        let rows = |found: &Found, kind: &str| found.get(kind).map_or(0, |(rows, _)| *rows);
        report.missing = rows(&found, "missing");
        report.extra = rows(&found, "extra");
        report.different = rows(&found, "different");
        report.newer = rows(&found, "newer");
        report.tolerated = rows(&found, "tolerated");
        looked.tolerated = report.tolerated;
        // What a part of the table lacks may lie outside that part.
        let mut deletes = self.deletes() && report.extra > 0;
        if one.options.repairs && deletes {
            let too_many = self.too_many_gone(report.extra)?;
            deletes = too_many.is_none();
            looked.add(Weight::Error, too_many);
        }
        if one.options.repairs && (report.missing > 0 || report.different > 0 || deletes) {
            report.repaired = Some(self.repair(&fetched, &part, deletes)?);
            let help = "it is landed again; look for what keeps it from landing by itself";
            let kept = if deletes { found } else { without(&found, "extra") };
            let mended = self.offences(&kept).into_iter().map(|offence| Offence { help: help.to_owned(), ..offence });
            looked.add(Weight::Mended, mended);
            self.sort(&self.differences(&fetched, &part)?, &mut looked);
        } else {
            self.sort(&found, &mut looked);
        }
        done.looked.push(looked);
        done.tables.push(report);
        local.execute(&format!("DROP TABLE {rejects}; DROP VIEW {}", stage.path))?;
        local.execute(&format!("DROP VIEW {}", one.stage(self.table, "newer").path))
    }

    fn part(&self) -> Part<'_> {
        let segments = self.read.segments.iter().flatten();
        Part { segments: segments.map(|(cut, some)| (cut, some.clone())).collect(), only: self.read.only.clone() }
    }

    /// Whether a repair deletes rows that the source no longer has.
    fn deletes(&self) -> bool {
        self.table.detect_deletes == DetectDeletes::FullPass && !self.here.one.options.is_partial()
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
    fn sort(&self, found: &Found, looked: &mut Looked) {
        for offence in self.offences(found) {
            let is_told = offence.code == Code::GoneFromSource;
            looked.add(if is_told { Weight::Warning } else { Weight::Error }, [offence]);
        }
    }

    fn offences(&self, found: &Found) -> Vec<Offence> {
        let address = &self.table.address;
        let repair = "run `dwc verify --sources --repair`; `lookback` reads rows again that commit late";
        let gone = match self.table.detect_deletes {
            _ if self.here.one.options.since.is_some() => {
                "or it has them with an older cursor; compare without `--since` to tell"
            }
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
        let (landed, _) = self.here.extent_of(self.table, &Only::default(), &BTreeMap::new())?;
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
