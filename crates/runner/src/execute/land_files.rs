//! Landing files: which of them are new, in which batches they land, and what a snapshot that lacks a row means.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{NaiveDateTime, TimeDelta};
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Contents, Files, Source, Table};
use dwc_compiler::plan::Landing;

use super::land::{check_deleted, check_rejected, commit, merge, notice, report_of};
use super::report::{Notice, SourceReport, TableReport};
use super::run::{Mode, RunOptions, set};
use crate::extract::files;
use crate::state::intervals::{self, Interval};
use crate::state::literal;
use crate::{DuckDbWarehouse, Error};

/// Stages files and lands them in the same transaction.
pub(super) fn land_files(
    warehouse: &DuckDbWarehouse,
    folder: &Path,
    source: &Source,
    tables: &[(&Table, &Landing)],
    split: bool,
    options: &RunOptions,
) -> Result<SourceReport, Error> {
    let work = new_files(warehouse, folder, tables, options)?;
    let mut report = report_of(source);
    for (bound, part) in cut(&work, split) {
        let mut notices = Vec::new();
        report.add(commit(warehouse, source, options.mode, bound, |batch, record| {
            for (table, landing, files, fresh) in &part {
                record(land_table(warehouse, table, landing, files, fresh, batch, &mut notices)?)?;
            }
            Ok(())
        })?);
        report.notices.append(&mut notices);
    }
    for (table, _) in tables {
        expect(warehouse, table, options)?;
    }
    Ok(report)
}

/// The files that a run lands, by table.
pub(super) fn new_files<'a>(
    state: &DuckDbWarehouse,
    folder: &Path,
    tables: &[(&'a Table, &'a Landing)],
    options: &RunOptions,
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
        let mut fresh = Vec::new();
        let snapshot = files.contents == Contents::Snapshot;
        let last = found.len().saturating_sub(1);
        for (place, file) in found.into_iter().enumerate() {
            let digest = files::digest(&file.path)?;
            let known = state.number(&format!(
                "SELECT COUNT(*) FROM _dwc.files WHERE source_table = {} AND path = {} AND digest = {}",
                literal(&table.address),
                literal(&file.name),
                literal(&digest)
            ))?;
            // A snapshot is the state of its time: the last one says all, but one that comes late is followed by the
            // later ones once more.
            let full = options.mode == Mode::Full;
            let is_wanted = match options.mode {
                Mode::Incremental | Mode::Full => known == Some(0),
                Mode::Interval(window) => window.holds(file.at),
                Mode::FillGaps => known == Some(0) && in_gap(file.at),
            };
            // Without a column that orders them, what a later file said is said again after an earlier one.
            let unordered = snapshot || (table.sequence.is_none() && table.cursor.is_none());
            let repairs = matches!(options.mode, Mode::Interval(_));
            let follows = !fresh.is_empty() && (snapshot || (repairs && unordered)) && known != Some(0);
            let again = if snapshot { full && place == last } else { full };
            if is_wanted || again || follows {
                fresh.push((file, digest));
            }
        }
        if !fresh.is_empty() {
            work.push((*table, *landing, files, fresh));
        }
    }
    Ok(work)
}

/// The batches in which files land, each with its instant.
pub(super) fn cut<'a>(work: &[Work<'a>], split: bool) -> Vec<(NaiveDateTime, Vec<Work<'a>>)> {
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

/// Records that a file has landed.
pub(super) fn record(
    state: &DuckDbWarehouse,
    table: &Table,
    file: &files::Found,
    digest: &str,
    batch: i64,
) -> Result<(), Error> {
    let address = literal(&table.address);
    let name = literal(&file.name);
    state.execute(&format!(
        "DELETE FROM _dwc.files WHERE source_table = {address} AND path = {name};\n\
         INSERT INTO _dwc.files VALUES ({address}, {name}, '{digest}', {batch})"
    ))?;
    if let Some(to) = every(table).and_then(|every| file.at.checked_add_signed(every)) {
        intervals::cover(state, &table.address, Interval { from: Some(file.at), to })?;
    }
    Ok(())
}

/// Records the files that should have come by now.
pub(super) fn expect(warehouse: &DuckDbWarehouse, table: &Table, options: &RunOptions) -> Result<(), Error> {
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
pub(super) type Work<'a> = (&'a Table, &'a Landing, &'a Files, Vec<(files::Found, String)>);

fn land_table(
    warehouse: &DuckDbWarehouse,
    table: &Table,
    landing: &Landing,
    files: &Files,
    fresh: &[(files::Found, String)],
    batch: i64,
    notices: &mut Vec<Notice>,
) -> Result<TableReport, Error> {
    let mut counts = TableReport { table: table.address.clone(), ..TableReport::default() };
    let snapshot = files.contents == Contents::Snapshot;
    let mut read = 0;
    files::make_stage(warehouse, &landing.stage)?;
    for (place, (file, digest)) in fresh.iter().enumerate() {
        let staged = files::stage(warehouse, table, files, &landing.stage, file, place, batch)?;
        read += staged.read;
        counts.rejected += staged.rejected;
        notices.extend(notice(table, &staged.changes));
        record(warehouse, table, file, digest, batch)?;
        if snapshot {
            set(warehouse, batch, 0, &file.at)?;
            if staged.unreadable == 0 {
                check_deleted(warehouse, table, landing)?;
                for statement in &landing.absent {
                    warehouse.execute(&statement.sql)?;
                }
            } else {
                notices.push(proves_nothing(table, &file.name, staged.unreadable));
            }
            if staged.rejected > 0 {
                spare_rejected(warehouse, table, landing, batch, &file.name)?;
            }
            merge(warehouse, landing, &mut counts)?;
            warehouse.execute(&format!("DELETE FROM {}", landing.stage.path))?;
        }
    }
    check_rejected(table, read, counts.rejected)?;
    if !snapshot {
        let last = fresh.last().map(|(file, _)| file.at).unwrap_or_default();
        set(warehouse, batch, 0, &last)?;
        merge(warehouse, landing, &mut counts)?;
    }
    warehouse.execute(&format!("DROP TABLE {}", landing.stage.path))?;
    counts.extracted += counts.rejected;
    Ok(counts)
}

/// What is said of a snapshot with lines that are not rows: what it lacks may stand in them.
pub(super) fn proves_nothing(table: &Table, file: &str, lines: i64) -> Notice {
    Notice {
        code: Code::FileUnreadable.id().to_owned(),
        message: format!("{lines} lines of a snapshot of `{}` cannot be read: no row is deleted by it", table.address),
        keys: vec![file.to_owned()],
    }
}

/// A row that a file holds and that does not cast is not gone.
fn spare_rejected(
    warehouse: &DuckDbWarehouse,
    table: &Table,
    landing: &Landing,
    batch: i64,
    file: &str,
) -> Result<(), Error> {
    let typed = |key: &String| {
        let ty = landing.stage.columns.iter().find(|(name, _)| name == key).map_or("VARCHAR", |(_, ty)| ty);
        let path = literal(&format!("$.\"{key}\""));
        format!("TRY_CAST(json_extract_string(e.source_row, {path}) AS {ty}) = s.{}", files::quote(key))
    };
    let key: Vec<String> = table.primary_key.iter().map(typed).collect();
    if key.is_empty() {
        return Ok(());
    }
    warehouse.execute(&format!(
        "DELETE FROM {} AS s WHERE s._deleted AND EXISTS (SELECT 1 FROM _dwc.error_events AS e WHERE e.batch = {batch} \
         AND e.source_table = {} AND e.screen = 'cast' AND starts_with(e.place, {}) AND {})",
        landing.stage.path,
        literal(&table.address),
        literal(&format!("{file}:")),
        key.join(" AND ")
    ))
}
