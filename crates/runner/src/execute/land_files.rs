//! Landing files: their rows as batches, and what a snapshot that lacks a row means. It must not decide which files are read.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Contents, Files, Source, Table};
use dwc_compiler::plan::Landing;
use dwc_compiler::sql;

use super::land::{check_rejected, commit, notice, report_of};
use super::land_batch::{Batch, Pass, deliver_keys, deliver_rows};
use super::land_keys;
use super::new_files::{Work, cut, new_files};
use super::report::{Notice, SourceReport};
use super::run::{Mode, RunOptions};
use crate::extract::files;
use crate::state::change::StateChange;
use crate::state::intervals::{self, Interval};
use crate::{DuckDbWarehouse, Error, Warehouse};

/// Stages files, and lands them.
pub(super) fn land_files(
    engine: &dyn Warehouse,
    folder: &Path,
    source: &Source,
    tables: &[(&Table, &Landing)],
    split: bool,
    options: &RunOptions,
) -> Result<SourceReport, Error> {
    let mut report = report_of(source);
    let work = new_files(engine.store(), folder, tables, options, &mut report.notices)?;
    let folder = folder.join("target").join("staging");
    for part in cut(&work, split) {
        let landed = without_changing(part, &mut report.notices, |bound, part, notices| {
            commit(engine, source, options.mode, bound, &mut |batch| {
                notices.clear();
                let of_table = |work: &Work<'_>| work.0.span;
                let read = part.iter().map(|work| {
                    take(engine, (&folder, source.timezone), work, batch, notices)
                        .map_err(|error| error.within(of_table(work)))
                });
                read.collect()
            })
        })?;
        if let Some(landed) = landed {
            report.add(landed);
        }
    }
    for (table, _) in tables {
        expect(engine.store(), table, options)?;
    }
    Ok(report)
}

/// Lands files as long as none of them changes: those that do, with the others of their time, wait for the next run.
fn without_changing(
    mut part: Vec<Work<'_>>,
    notices: &mut Vec<Notice>,
    mut land: impl FnMut(NaiveDateTime, &[Work<'_>], &mut Vec<Notice>) -> Result<SourceReport, Error>,
) -> Result<Option<SourceReport>, Error> {
    loop {
        let Some(bound) = part.iter().flat_map(|(_, _, _, fresh)| fresh.iter().map(|(file, _)| file.at)).max() else {
            return Ok(None);
        };
        let mut said = Vec::new();
        match land(bound, &part, &mut said) {
            Ok(landed) => {
                notices.append(&mut said);
                return Ok(Some(landed));
            }
            Err(error) if error.code == Some(Code::FileChanging) => {
                if !leave_changing(&mut part, notices) {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Leaves out the files that are not what they were; whether there were any.
fn leave_changing(part: &mut Vec<Work<'_>>, notices: &mut Vec<Notice>) -> bool {
    let mut is_any = false;
    for (table, _, _, fresh) in part.iter_mut() {
        let changing: Vec<&(files::Found, String)> =
            fresh.iter().filter(|(file, digest)| is_other(file, digest)).collect();
        if changing.is_empty() {
            continue;
        }
        is_any = true;
        let times: BTreeSet<NaiveDateTime> = changing.iter().map(|(file, _)| file.at).collect();
        notices.push(Notice {
            code: Code::FileChanging.id().to_owned(),
            message: format!("a file of `{}` is still being written and waits for the next run", table.address),
            keys: changing.iter().map(|(file, _)| file.name.clone()).collect(),
        });
        let is_changing: BTreeSet<String> = changing.iter().map(|(file, _)| file.name.clone()).collect();
        let is_snapshot = table.files.as_ref().is_some_and(|files| files.contents == Contents::Snapshot);
        fresh.retain(|(file, _)| !(is_changing.contains(&file.name) || (is_snapshot && times.contains(&file.at))));
    }
    part.retain(|(_, _, _, fresh)| !fresh.is_empty());
    is_any
}

/// Whether a file is not what it was when its digest was taken.
fn is_other(file: &files::Found, digest: &str) -> bool {
    files::digest(&file.path).map_or(true, |now| now != digest)
}

/// Reads a file, unless it changes while it is read.
fn stage_whole(
    intake: &mut files::Intake<'_>,
    (files, zone): (&Files, Tz),
    (file, digest): (&files::Found, &str),
    place: usize,
) -> Result<files::Staged, Error> {
    let staged = files::stage(intake, (files, zone), file, place);
    if is_other(file, digest) {
        return Err(Error::coded(Code::FileChanging, format!("`{}` changed while it was read", file.name))
            .help("write files under another name, and rename them when they are complete"));
    }
    staged
}

/// What is recorded of files that have landed.
fn record(table: &Table, landed: &[(files::Found, String)], batch: i64) -> Vec<StateChange> {
    let files = landed.iter().map(|(file, digest)| (file.name.clone(), digest.clone())).collect();
    let mut records = vec![StateChange::Files { batch, table: table.address.clone(), files }];
    if let Some(every) = every(table) {
        let covered = landed
            .iter()
            .filter_map(|(file, _)| Some(Interval { from: Some(file.at), to: file.at.checked_add_signed(every)? }));
        records.push(StateChange::Covered { table: table.address.clone(), intervals: covered.collect() });
    }
    records
}

/// Records the files that should have come by now.
fn expect(warehouse: &DuckDbWarehouse, table: &Table, options: &RunOptions) -> Result<(), Error> {
    let Some(every) = every(table).filter(|_| matches!(options.mode, Mode::Incremental | Mode::Full)) else {
        return Ok(());
    };
    let now = options.until.map_or(options.at, |until| until.min(options.at));
    let Some(last) = intervals::covered(warehouse, &table.address)?.last().map(|interval| interval.to) else {
        return Ok(());
    };
    let periods = (now - last).num_seconds().div_euclid(every.num_seconds());
    if periods < 1 {
        return Ok(());
    }
    let to = i32::try_from(periods).ok().and_then(|periods| last.checked_add_signed(every * periods)).unwrap_or(now);
    warehouse.transaction(|| {
        intervals::miss(warehouse, &table.address, Interval { from: Some(last), to }, "no file has come")
    })
}

/// How often a file of a table comes, where it is declared and its name says when.
fn every(table: &Table) -> Option<TimeDelta> {
    let files = table.files.as_ref().filter(|files| files.path.contains("{batch}"))?;
    files.every_seconds.and_then(|every| TimeDelta::try_seconds(i64::try_from(every).ok()?))
}

/// Reads the new files of one table. What has changed of their columns is added to `notices`.
fn take<'a>(
    engine: &dyn Warehouse,
    (folder, zone): (&Path, Tz),
    (table, landing, files, fresh): &Work<'a>,
    batch: i64,
    notices: &mut Vec<Notice>,
) -> Result<Batch<'a>, Error> {
    let local = engine.store();
    let waiting = sql::waiting(table);
    let (rejects, lines) = (files::rejects_of(&waiting), files::lines_of(&waiting));
    let is_snapshot = files.contents == Contents::Snapshot;
    let (mut read, mut rejections, mut broken): (i64, i64, i64) = (0, 0, 0);
    let mut passes: Vec<Pass> = Vec::new();
    let mut intake = files::Intake::new(local, table, &waiting)?;
    for (place, (file, digest)) in fresh.iter().enumerate() {
        let staged = stage_whole(&mut intake, (files, zone), (file, digest), place)?;
        read += staged.read;
        rejections += staged.rejected;
        broken += staged.unreadable;
        notices.extend(notice(table, &staged.changes));
        let is_whole = is_snapshot && staged.unreadable == 0;
        if is_snapshot && !is_whole {
            notices.push(proves_nothing(table, &file.name, staged.unreadable));
        }
        // The files of one time are one snapshot.
        match passes.last_mut() {
            Some(Pass { files: Some((_, last)), at, is_whole: whole }) if is_snapshot && *at == file.at => {
                *last = place;
                *whole &= is_whole;
            }
            _ if is_snapshot => passes.push(Pass { files: Some((place, place)), at: file.at, is_whole }),
            _ => {}
        }
    }
    intake.finish()?;
    let names: Vec<&str> = fresh.iter().map(|(file, _)| file.name.as_str()).collect();
    for (first, last) in passes.iter().filter_map(|pass| pass.files) {
        let (from, to) = ((first as u64) << 32, ((last as u64 + 1) << 32) - 1);
        let rows = format!("(SELECT * FROM {} WHERE _state BETWEEN {from} AND {to})", waiting.path);
        land_keys::check_unique_of(local, table, &rows, &names)?;
    }
    check_rejected(table, read, rejections)?;
    if let (false, Some((last, _))) = (is_snapshot, fresh.last()) {
        passes.push(Pass { files: None, at: last.at, is_whole: false });
    }
    let mut records = record(table, fresh, batch);
    if rejections > 0 {
        let events = |screen, rows: &str| StateChange::Events {
            batch,
            table: table.address.clone(),
            screen,
            rows: rows.to_owned(),
        };
        records.extend([events("line", &lines), events("cast", &rejects)]);
    }
    let shows_absent = passes.iter().any(|pass| pass.is_whole);
    let rejected = if rejections > broken && shows_absent && !table.primary_key.is_empty() {
        Some(deliver_keys(engine, table, &rejects, folder)?)
    } else {
        None
    };
    let drop = format!("DROP TABLE {}; DROP TABLE {rejects}; DROP TABLE {lines}", waiting.path);
    Ok(Batch {
        table,
        landing,
        before: Vec::new(),
        rows: deliver_rows(engine, table, &waiting, Some("_state"), folder, "")?,
        rejected,
        nameless: None,
        is_first: land_keys::is_first(local, table, &waiting.path)?,
        passes,
        rejections,
        records,
        leftovers: vec![drop],
    })
}

/// What is said of a snapshot with lines that are not rows: what it lacks may stand in them.
fn proves_nothing(table: &Table, file: &str, lines: i64) -> Notice {
    let lines = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
    Notice {
        code: Code::FileUnreadable.id().to_owned(),
        message: format!("{lines} of a snapshot of `{}` cannot be read: no row is deleted by it", table.address),
        keys: vec![file.to_owned()],
    }
}
