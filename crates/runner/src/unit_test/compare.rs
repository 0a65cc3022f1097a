//! Compares rows with those that are expected, in any order. Each expected row names some columns, and takes one row that has
//! its values. It must not know where the rows are from.

use dwc_compiler::model::{Expected, ExpectedColumn, ExpectedRow, Extent, Value, canonical_document};
use dwc_googlesql::Type;

/// What differs, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// How many rows were expected.
    pub expected: usize,
    /// How many there are.
    pub found: usize,
    /// The rows: those that were expected in their order, each with the row that is most like it, then the others.
    pub lines: Vec<Line>,
    /// What there is now, in place of the expected rows.
    pub now: Vec<Vec<Option<Value>>>,
}

/// A row of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What the row is.
    pub mark: Mark,
    /// Its values; `None` where the expected row does not name the column.
    pub values: Vec<Option<Value>>,
    /// Which of its values differ from those of the line before.
    pub differs: Vec<bool>,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Expected, and there.
    Same,
    /// Expected, and not there.
    Missing,
    /// There, and not expected.
    Extra,
}

/// Rows as they are read, in the spelling of expected ones.
pub(super) fn read(columns: &[ExpectedColumn], rows: Vec<Vec<Option<String>>>) -> Vec<Vec<Value>> {
    let of = |(at, value): (usize, Option<String>)| {
        let ty = columns.get(at).map(|column| &column.ty);
        match ty {
            Some(Type::Json | Type::Array(_) | Type::Struct(_)) => value.map(|text| canonical_document(&text)),
            Some(Type::Time) => {
                value.map(|text| if text.contains('.') { text.trim_end_matches('0').to_owned() } else { text })
            }
            _ => value,
        }
    };
    let mut rows: Vec<Vec<Value>> = rows.into_iter().map(|row| row.into_iter().enumerate().map(of).collect()).collect();
    rows.sort();
    rows
}

/// How a value differs from what is expected of it.
fn fits(expected: &[Option<Value>], row: &[Value]) -> Vec<bool> {
    expected
        .iter()
        .zip(row)
        .map(|(expected, value)| expected.as_ref().is_none_or(|expected| expected == value))
        .collect()
}

/// What differs; `None` where nothing does.
pub(super) fn compare(expected: &Expected, rows: &[Vec<Value>]) -> Option<Difference> {
    if let Extent::Count(count) = expected.extent {
        let found = rows.len() as u64;
        let expected = usize::try_from(count).unwrap_or(usize::MAX);
        let difference = || Difference { expected, found: rows.len(), lines: Vec::new(), now: Vec::new() };
        return (found != count).then(difference);
    }
    let wanted = &expected.rows;
    let takes = assign(wanted, rows);
    let is_whole = takes.iter().all(Option::is_some);
    if is_whole && (expected.extent == Extent::Some || wanted.len() == rows.len()) {
        return None;
    }
    let mut free: Vec<usize> = (0..rows.len()).filter(|row| !takes.contains(&Some(*row))).collect();
    let mut lines = Vec::new();
    let mut now = Vec::new();
    for (row, taken) in wanted.iter().zip(&takes) {
        let named = |found: &[Value]| {
            row.values.iter().zip(found).map(|(named, value)| named.as_ref().map(|_| value.clone())).collect::<Vec<_>>()
        };
        if taken.is_some() {
            let differs = vec![false; row.values.len()];
            lines.push(Line { mark: Mark::Same, values: row.values.clone(), differs });
            now.push(row.values.clone());
            continue;
        }
        let differs = vec![false; row.values.len()];
        lines.push(Line { mark: Mark::Missing, values: row.values.clone(), differs });
        // The row that is most like it, where one has anything in common with it.
        let alike = |found: &usize| {
            fits(&row.values, &rows[*found])
                .into_iter()
                .zip(&row.values)
                .filter(|(fits, named)| *fits && named.is_some())
                .count()
        };
        let best = free.iter().copied().max_by_key(|found| (alike(found), std::cmp::Reverse(*found)));
        let Some(best) = best.filter(|best| alike(best) > 0 || wanted.len() == rows.len()) else { continue };
        free.retain(|found| *found != best);
        let differs = fits(&row.values, &rows[best]).into_iter().map(|fits| !fits).collect();
        lines.push(Line { mark: Mark::Extra, values: rows[best].iter().cloned().map(Some).collect(), differs });
        now.push(named(&rows[best]));
    }
    if expected.extent == Extent::All {
        for found in free {
            let values: Vec<Option<Value>> = rows[found].iter().cloned().map(Some).collect();
            now.push(values.clone());
            lines.push(Line { mark: Mark::Extra, differs: vec![false; values.len()], values });
        }
    }
    Some(Difference { expected: wanted.len(), found: rows.len(), lines, now })
}

/// Which row each expected row takes, so that as many as possible take one.
fn assign(wanted: &[ExpectedRow], rows: &[Vec<Value>]) -> Vec<Option<usize>> {
    let takes_all = |row: &ExpectedRow, found: &[Value]| fits(&row.values, found).into_iter().all(|fits| fits);
    let mut owner: Vec<Option<usize>> = vec![None; rows.len()];
    for at in 0..wanted.len() {
        let mut seen = vec![false; rows.len()];
        give(at, &|at, found| takes_all(&wanted[at], &rows[found]), &mut owner, &mut seen);
    }
    let mut takes = vec![None; wanted.len()];
    for (found, at) in owner.iter().enumerate() {
        if let Some(at) = at {
            takes[*at] = Some(found);
        }
    }
    takes
}

/// Finds a row for an expected one, moving those that have one where that helps.
fn give(at: usize, fits: &dyn Fn(usize, usize) -> bool, owner: &mut Vec<Option<usize>>, seen: &mut Vec<bool>) -> bool {
    for found in 0..owner.len() {
        if seen[found] || !fits(at, found) {
            continue;
        }
        seen[found] = true;
        let moved = match owner[found] {
            None => true,
            Some(other) => give(other, fits, owner, seen),
        };
        if moved {
            owner[found] = Some(at);
            return true;
        }
    }
    false
}
