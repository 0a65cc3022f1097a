//! Which files a table's pattern names, and the time in their names. It must not open them but for their digest.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Files, Table};
use sha2::{Digest, Sha256};

use crate::Error;

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The time of extraction in its name, or that of the run.
    pub(crate) at: NaiveDateTime,
    /// Path relative to the project.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// The files that a table's pattern names, in the order of their batches and then of their names.
pub(crate) fn find(folder: &Path, table: &Table, files: &Files, now: NaiveDateTime) -> Result<Vec<Found>, Error> {
    let parts: Vec<&str> = files.path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let start = if files.path.starts_with('/') { PathBuf::from("/") } else { folder.to_path_buf() };
    let mut found = Vec::new();
    walk(&start, &parts, None, &mut found)?;
    let mut all: Vec<Found> = found
        .into_iter()
        .filter_map(|(path, batch)| {
            let at = match &batch {
                Some(text) => parse_batch(text)?,
                None => now,
            };
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            Some(Found { at, name, path })
        })
        .collect();
    if all.is_empty() {
        return Err(Error::coded(
            Code::FileMissing,
            format!("no file of table `{}` is at `{}`", table.address, files.path),
        )
        .at(table.span)
        .help("put the files there, or correct `path`; it is relative to the project's folder"));
    }
    all.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| by_name(&a.name, &b.name)));
    Ok(all)
}

/// The order of names: numbers within them by their size, so that `part-9` comes before `part-10`.
pub(crate) fn by_name(a: &str, b: &str) -> Ordering {
    fn number(text: &str) -> (&str, &str) {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        (text[..end].trim_start_matches('0'), &text[end..])
    }
    let (mut left, mut right) = (a, b);
    loop {
        let (Some(one), Some(other)) = (left.chars().next(), right.chars().next()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        let order = if one.is_ascii_digit() && other.is_ascii_digit() {
            let ((one, after_one), (other, after_other)) = (number(left), number(right));
            (left, right) = (after_one, after_other);
            one.len().cmp(&other.len()).then_with(|| one.cmp(other))
        } else {
            (left, right) = (&left[one.len_utf8()..], &right[other.len_utf8()..]);
            one.cmp(&other)
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Every file that a pattern names.
pub(crate) fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let start = if pattern.starts_with('/') { PathBuf::from("/") } else { folder.to_path_buf() };
    let mut found = Vec::new();
    walk(&start, &parts, None, &mut found)?;
    Ok(found.into_iter().map(|(path, _)| path).collect())
}

fn walk(
    at: &Path,
    parts: &[&str],
    batch: Option<String>,
    found: &mut Vec<(PathBuf, Option<String>)>,
) -> Result<(), Error> {
    let Some((part, rest)) = parts.split_first() else {
        if at.is_file() {
            found.push((at.to_path_buf(), batch));
        }
        return Ok(());
    };
    if !part.contains(['*', '?', '{']) {
        return walk(&at.join(part), rest, batch, found);
    }
    let Ok(entries) = std::fs::read_dir(at) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(|cause| Error::because(format!("`{}` could not be read", at.display()), cause))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(captured) = matches(part, &name) {
            walk(&entry.path(), rest, captured.or_else(|| batch.clone()), found)?;
        }
    }
    Ok(())
}

/// A path as the engine takes it for the name of one file, whatever it holds: its own patterns are written out.
pub(crate) fn as_name(path: &Path) -> String {
    let mut name = String::new();
    for c in path.to_string_lossy().chars() {
        match c {
            '*' | '?' | '[' => name.extend(['[', c, ']']),
            _ => name.push(c),
        }
    }
    name
}

/// The time in the name of a file that a pattern fits; `None` where it has none.
pub(crate) fn time_of(pattern: &str, name: &str) -> Option<NaiveDateTime> {
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
    };
    let (patterns, names) = (parts(pattern), parts(name));
    if patterns.len() != names.len() {
        return None;
    }
    let mut batch = None;
    for (pattern, name) in patterns.iter().zip(&names) {
        batch = matches(pattern, name)?.or(batch);
    }
    parse_batch(&batch?)
}

/// Whether a name fits a pattern of `*`, `?` and `{batch}`, and what `{batch}` stands for.
#[allow(clippy::option_option)]
fn matches(pattern: &str, name: &str) -> Option<Option<String>> {
    if let Some(rest) = pattern.strip_prefix("{batch}") {
        return (1..=name.len())
            .rev()
            .filter(|end| name.is_char_boundary(*end) && parse_batch(&name[..*end]).is_some())
            .find_map(|end| matches(rest, &name[end..]).map(|_| Some(name[..end].to_owned())));
    }
    let mut characters = pattern.chars();
    match characters.next() {
        None => name.is_empty().then_some(None),
        Some('*') => (0..=name.len())
            .filter(|end| name.is_char_boundary(*end))
            .find_map(|end| matches(characters.as_str(), &name[end..])),
        Some('?') => {
            let mut rest = name.chars();
            rest.next()?;
            matches(characters.as_str(), rest.as_str())
        }
        Some(character) => matches(characters.as_str(), name.strip_prefix(character)?),
    }
}

/// The time in a file's name: a day, an hour, a minute or a second, in UTC.
pub(crate) fn parse_batch(text: &str) -> Option<NaiveDateTime> {
    let plain: String = text.trim_end_matches('Z').replace(['T', '_', ' '], "T").replace(['-', ':'], "");
    let digits = |range: std::ops::Range<usize>, of: &str| of.get(range).and_then(|part| part.parse::<u32>().ok());
    let (day, time) = plain.split_once('T').unwrap_or((&plain, ""));
    if day.len() != 8 || !matches!(time.len(), 0 | 2 | 4 | 6) || !plain.chars().all(|c| c.is_ascii_digit() || c == 'T')
    {
        return None;
    }
    let date = chrono::NaiveDate::from_ymd_opt(day[..4].parse().ok()?, digits(4..6, day)?, digits(6..8, day)?)?;
    let part = |from: usize| if time.len() > from { digits(from..from + 2, time) } else { Some(0) };
    date.and_hms_opt(part(0)?, part(2)?, part(4)?)
}

/// The digest of a file's bytes, as it is written into the state.
pub(crate) fn digest(path: &Path) -> Result<String, Error> {
    let unreadable = |cause| Error::because(format!("`{}` could not be read", path.display()), cause);
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    std::io::copy(&mut file, &mut hash).map_err(unreadable)?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_found_in_a_name() {
        assert_eq!(matches("{batch}.csv", "2026-03-01T09.csv"), Some(Some("2026-03-01T09".to_owned())));
        assert_eq!(matches("orders_{batch}_*.csv", "orders_20260301_part1.csv"), Some(Some("20260301".to_owned())));
        assert_eq!(matches("{batch}.csv", "readme.csv"), None);
        assert_eq!(matches("*.parquet", "a.parquet"), Some(None));
    }

    #[test]
    fn names_are_in_the_order_of_their_numbers() {
        let mut names = ["p10.csv", "p9.csv", "p09.csv", "p9a.csv", "가2.csv", "가10.csv", "p.csv", "p1/2", "p1/10"];
        names.sort_by(|a, b| by_name(a, b));
        assert_eq!(names, ["p.csv", "p1/2", "p1/10", "p09.csv", "p9.csv", "p9a.csv", "p10.csv", "가2.csv", "가10.csv"]);
    }

    #[test]
    fn a_batch_is_a_time_in_utc() {
        let at = |text: &str| parse_batch(text).map(|at| at.to_string());
        assert_eq!(at("2026-03-01").as_deref(), Some("2026-03-01 00:00:00"));
        assert_eq!(at("2026-03-01T09").as_deref(), Some("2026-03-01 09:00:00"));
        assert_eq!(at("20260301T0930Z").as_deref(), Some("2026-03-01 09:30:00"));
        assert_eq!(at("2026-13-01"), None);
    }
}
