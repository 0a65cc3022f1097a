//! Landing files: which of them are new, in which batches they land, and what a snapshot that lacks a row means.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Contents, Files, Source, Table};
use dwc_compiler::plan::Landing;
use dwc_compiler::sql;

use super::land::{check_rejected, commit, notice, report_of};
use super::land_batch::{Batch, Pass, deliver_keys, deliver_rows};
use super::land_keys;
use super::report::{Notice, SourceReport};
use super::run::{Mode, RunOptions};
use crate::extract::files;
use crate::state::change::StateChange;
use crate::state::intervals::{self, Interval};
use crate::state::literal;
use crate::{DuckDbWarehouse, Engine, Error};

/// Stages files, and lands them.
pub(super) fn land_files(
    engine: Engine<'_>,
    folder: &Path,
    source: &Source,
    tables: &[(&Table, &Landing)],
    split: bool,
    options: &RunOptions,
) -> Result<SourceReport, Error> {
    let mut report = report_of(source);
    let work = new_files(engine.state(), folder, tables, options, &mut report.notices)?;
    let folder = folder.join("target").join("staging");
    for (_, part) in cut(&work, split) {
        let landed = without_changing(part, &mut report.notices, |bound, part, notices| {
            commit(engine, source, options.mode, bound, &mut |batch| {
                notices.clear();
                part.iter().map(|work| take(engine, (&folder, zone_of(source)), work, batch, notices)).collect()
            })
        })?;
        if let Some(landed) = landed {
            report.add(landed);
        }
    }
    for (table, _) in tables {
        expect(engine.state(), table, options)?;
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

/// How long a file has to lie still before it is read.
const STILL: Duration = Duration::from_millis(250);

/// Waits until the file that was written last has lain still for a moment: who writes on is seen by what it changes.
fn settle(work: &[Work<'_>]) {
    let all = work.iter().flat_map(|(_, _, _, fresh)| fresh);
    let ages =
        all.filter_map(|(file, _)| fs::metadata(&file.path).and_then(|about| about.modified()).ok()?.elapsed().ok());
    if let Some(youngest) = ages.min() {
        std::thread::sleep(STILL.saturating_sub(youngest));
    }
}

/// The files that a run lands, by table. What is to be said of them is added to `notices`.
fn new_files<'a>(
    state: &DuckDbWarehouse,
    folder: &Path,
    tables: &[(&'a Table, &'a Landing)],
    options: &RunOptions,
    notices: &mut Vec<Notice>,
) -> Result<Vec<Work<'a>>, Error> {
    let mut work: Vec<Work<'_>> = Vec::new();
    for (table, landing) in tables {
        let Some(files) = &table.files else { continue };
        let mut found = files::find(folder, table, files, options.at)?;
        found.retain(|file| options.until.is_none_or(|until| file.at <= until));
        let gaps = match options.mode {
            Mode::FillGaps => intervals::gaps(state, &table.address)?,
            _ => Vec::new(),
        };
        let in_gap = |at| gaps.iter().any(|gap| gap.interval.holds(at));
        let snapshot = files.contents == Contents::Snapshot;
        let landed = landed(state, table)?;
        let mut all = Vec::new();
        for file in found {
            let digest = files::digest(&file.path)?;
            let is_known = landed.get(&file.name).is_some_and(|(known, _)| *known == digest);
            all.push((file, digest, is_known));
        }
        if snapshot {
            let stranded = stranded(&landed, table, files, options.mode, &mut all);
            notices.extend(stranded);
        }
        let last = all.last().map(|(file, ..)| file.at);
        let is_new = |(file, _, is_known): &&(files::Found, String, bool)| {
            !is_known && (options.mode != Mode::FillGaps || in_gap(file.at))
        };
        // The files of one time are one snapshot: one that is new brings the others with it.
        let new: BTreeSet<NaiveDateTime> = all.iter().filter(is_new).map(|(file, ..)| file.at).collect();
        let is_timed = files.path.contains("{batch}");
        let is_unordered = !snapshot && table.sequence.is_none() && table.cursor.is_none();
        if is_timed && is_unordered && !matches!(options.mode, Mode::Interval(_)) {
            notices.extend(late(&landed, table, files, all.iter().filter(is_new).map(|(file, ..)| file)));
        }
        if !is_timed && is_unordered && matches!(options.mode, Mode::Incremental | Mode::Full) {
            let now: Vec<&str> = all.iter().filter(is_new).map(|(file, ..)| file.name.as_str()).collect();
            let there: Vec<&str> = all.iter().map(|(file, ..)| file.name.as_str()).collect();
            notices.extend(out_of_order(&landed, table, (&there, &now), options.mode));
        }
        let mut fresh: Vec<(files::Found, String)> = Vec::new();
        for (file, digest, is_known) in all {
            // A snapshot is the state of its time: the last one says all, but one that comes late is followed by the
            // later ones once more.
            let full = options.mode == Mode::Full;
            let is_wanted = match options.mode {
                Mode::Incremental | Mode::Full | Mode::FillGaps if snapshot => new.contains(&file.at),
                Mode::Incremental | Mode::Full => !is_known,
                Mode::Interval(window) => window.holds(file.at),
                Mode::FillGaps => !is_known && in_gap(file.at),
            };
            // Without a column that orders them, what a later file said is said again after an earlier one.
            let is_later = fresh.first().is_some_and(|(first, _)| first.at < file.at);
            let repairs = matches!(options.mode, Mode::Interval(_)) && !fresh.is_empty();
            // Filling a gap reads nothing else: what landed later stays by its time.
            let is_told_again = snapshot || (is_unordered && options.mode != Mode::FillGaps);
            let follows = is_known && is_told_again && (is_later || repairs);
            let again = if snapshot { full && last == Some(file.at) } else { full };
            if is_wanted || again || follows {
                fresh.push((file, digest));
            }
        }
        if !fresh.is_empty() {
            work.push((*table, *landing, files, fresh));
        }
    }
    settle(&work);
    Ok(work)
}

/// The files of a table that have landed, by their names: digest and batch.
type Landed = BTreeMap<String, (String, i64)>;

fn landed(state: &DuckDbWarehouse, table: &Table) -> Result<Landed, Error> {
    let rows = state.rows(&format!(
        "SELECT path, digest, batch FROM _dwc.files WHERE source_table = {}",
        literal(&table.address)
    ))?;
    let file = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        Some((row.next()?, (row.next()?, row.next()?.parse().ok()?)))
    };
    Ok(rows.into_iter().filter_map(file).collect())
}

/// The time of the latest of them, where their names say it.
fn latest(landed: &Landed, files: &Files) -> Option<NaiveDateTime> {
    landed.keys().filter_map(|name| files::time_of(&files.path, name)).max()
}

/// Takes out all snapshots where a later one has landed that is not there to be read after them: they would take the
/// table back to their time. Gives what is said of those that would have been read.
fn stranded(
    landed: &Landed,
    table: &Table,
    files: &Files,
    mode: Mode,
    all: &mut Vec<(files::Found, String, bool)>,
) -> Option<Notice> {
    let latest = latest(landed, files)?;
    if all.last().is_none_or(|(file, ..)| file.at >= latest) {
        return None;
    }
    let is_asked = |at| matches!(mode, Mode::Interval(window) if window.holds(at));
    let read = all.drain(..).filter(|(file, _, is_known)| !is_known || is_asked(file.at));
    let keys: Vec<String> = read.map(|(file, ..)| file.name).collect();
    (!keys.is_empty()).then(|| Notice {
        code: Code::StrandedSnapshot.id().to_owned(),
        message: format!(
            "snapshots of `{}` are not read: the later one of {latest} has landed and is no longer there to be read after them",
            table.address
        ),
        keys,
    })
}

/// What is said of files that come after later ones have landed.
fn late<'f>(
    landed: &Landed,
    table: &Table,
    files: &Files,
    new: impl Iterator<Item = &'f files::Found>,
) -> Option<Notice> {
    let latest = latest(landed, files);
    let late: Vec<String> = new.filter(|file| Some(file.at) < latest).map(|file| file.name.clone()).collect();
    (!late.is_empty()).then(|| Notice {
        code: Code::LateFile.id().to_owned(),
        message: format!("a file of `{}` came after later ones had landed", table.address),
        keys: late,
    })
}

/// What is said of files without a time in their names, and of rows without an order, that did not come in the order of
/// their names. An increment takes them as they come, a full run by their names.
fn out_of_order(landed: &Landed, table: &Table, (there, now): (&[&str], &[&str]), mode: Mode) -> Option<Notice> {
    let (is_there, is_now): (BTreeSet<&str>, BTreeSet<&str>) =
        (there.iter().copied().collect(), now.iter().copied().collect());
    // Each file that stays, in the order of names, with the earliest batch of those after it.
    let stays = landed.iter().filter(|(path, _)| {
        let is_told = mode != Mode::Full || is_there.contains(path.as_str());
        is_told && !is_now.contains(path.as_str())
    });
    let mut stays: Vec<(&str, i64)> = stays.map(|(path, (_, batch))| (path.as_str(), *batch)).collect();
    stays.sort_by(|(one, _), (other, _)| files::by_name(one, other));
    let mut first = i64::MAX;
    for (_, batch) in stays.iter_mut().rev() {
        first = first.min(*batch);
        *batch = first;
    }
    let came = |name: &str| match landed.get(name) {
        Some((_, batch)) if !is_now.contains(name) => *batch,
        _ => i64::MAX,
    };
    let is_before_an_older = |name: &str| {
        let after = stays.partition_point(|(path, _)| files::by_name(name, path).is_ge());
        stays.get(after).is_some_and(|(_, batch)| *batch < came(name))
    };
    let read = if mode == Mode::Full { there } else { now };
    let keys: Vec<String> =
        read.iter().filter(|name| is_before_an_older(name)).map(|name| (*name).to_owned()).collect();
    let how = match mode {
        Mode::Full => "a full run reads them by their names",
        _ => "what was read last holds",
    };
    (!keys.is_empty()).then(|| Notice {
        code: Code::UntimedFile.id().to_owned(),
        message: format!("files of `{}` did not come in the order of their names: {how}", table.address),
        keys,
    })
}

/// The batches in which files land, each with its instant.
fn cut<'a>(work: &[Work<'a>], split: bool) -> Vec<(NaiveDateTime, Vec<Work<'a>>)> {
    let mut times: Vec<Option<NaiveDateTime>> = vec![None];
    if split {
        let all = work.iter().flat_map(|(_, _, _, fresh)| fresh.iter().map(|(file, _)| Some(file.at)));
        times = all.collect::<BTreeSet<_>>().into_iter().collect();
    }
    let part = |time: Option<NaiveDateTime>| {
        let part: Vec<Work<'a>> = work
            .iter()
            .map(|(table, landing, files, fresh)| {
                let fresh = fresh.iter().filter(|(file, _)| time.is_none_or(|time| file.at == time)).cloned().collect();
                (*table, *landing, *files, fresh)
            })
            .filter(|(_, _, _, fresh): &Work<'_>| !fresh.is_empty())
            .collect();
        let bound = part.iter().flat_map(|(_, _, _, fresh)| fresh.iter().map(|(file, _)| file.at)).max()?;
        Some((bound, part))
    };
    times.into_iter().filter_map(part).collect()
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

/// The new files of one table, each with its digest.
type Work<'a> = (&'a Table, &'a Landing, &'a Files, Vec<(files::Found, String)>);

/// Reads the new files of one table. What has changed of their columns is added to `notices`.
fn take<'a>(
    engine: Engine<'_>,
    (folder, zone): (&Path, Tz),
    (table, landing, files, fresh): &Work<'a>,
    batch: i64,
    notices: &mut Vec<Notice>,
) -> Result<Batch<'a>, Error> {
    let local = engine.state();
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
        rows: deliver_rows(engine, table, &waiting, Some("_state"), folder)?,
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

/// The zone of moments without one.
fn zone_of(source: &Source) -> Tz {
    source.timezone.parse().unwrap_or(Tz::UTC)
}
