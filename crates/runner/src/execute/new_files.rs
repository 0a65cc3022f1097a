//! Which files a run reads, and in which batches they land; and what is said of those that come late, out of order, or
//! after what they would undo. It must not read their rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Contents, Files, Table};
use dwc_compiler::plan::Landing;

use super::report::Notice;
use super::run::{Mode, RunOptions};
use crate::extract::files;
use crate::state::{intervals, literal};
use crate::{DuckDbWarehouse, Error};

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
pub(super) fn new_files<'a>(
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
    let sql = format!("SELECT path, digest, batch FROM _dwc.files WHERE source_table = {}", literal(&table.address));
    let files = state.read(&sql, |row| Ok((row.text()?, (row.text()?, row.number()?))))?;
    Ok(files.into_iter().collect())
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

/// How many columns of temporary tables one unit fills for its snapshots. An engine frees them when the unit is committed:
/// DuckDB keeps a block in memory for each, and BigQuery takes scripts of a megabyte.
const MOST_COLUMNS: usize = 1600;

/// The columns that one snapshot of a table fills: in the stage, and in the states that are compared with the landed rows.
fn columns_filled(table: &Table, files: &Files) -> usize {
    if files.contents == Contents::Snapshot { 2 * table.landed_columns().len() + 13 } else { 0 }
}

/// The batches in which files land: those of some times, in the order of times. `split` gives each time a batch of its own;
/// else a batch ends where its snapshots would fill too many columns.
pub(super) fn cut<'a>(work: &[Work<'a>], split: bool) -> Vec<Vec<Work<'a>>> {
    let mut filled_at: BTreeMap<NaiveDateTime, usize> = BTreeMap::new();
    for (table, _, files, fresh) in work {
        let times: BTreeSet<NaiveDateTime> = fresh.iter().map(|(file, _)| file.at).collect();
        for time in times {
            *filled_at.entry(time).or_default() += columns_filled(table, files);
        }
    }
    let (mut part, mut filled) = (0, 0);
    let mut part_of: BTreeMap<NaiveDateTime, usize> = BTreeMap::new();
    for (time, columns) in filled_at {
        filled += columns;
        if !part_of.is_empty() && (split || filled > MOST_COLUMNS) {
            (part, filled) = (part + 1, columns);
        }
        part_of.insert(time, part);
    }
    let of_part = |part: usize| {
        let files = work.iter().map(|(table, landing, files, fresh)| {
            let fresh = fresh.iter().filter(|(file, _)| part_of.get(&file.at) == Some(&part)).cloned().collect();
            (*table, *landing, *files, fresh)
        });
        files.filter(|(_, _, _, fresh): &Work<'_>| !fresh.is_empty()).collect()
    };
    (0..=part).map(of_part).collect()
}

/// The new files of one table, each with its digest.
pub(super) type Work<'a> = (&'a Table, &'a Landing, &'a Files, Vec<(files::Found, String)>);
