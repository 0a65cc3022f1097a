//! The third question: which columns together tell rows apart, and whose value decides another's.

use super::{Answer, ColumnProfile, Subject, count, of};

/// Columns of which pairs are asked about.
const MOST: usize = 12;

/// Pairs that are asked whether they are a key.
const PAIRS: usize = 40;

/// On fewer rows, that a value decides another is chance.
const ROWS: u64 = 30;

/// The rows that a value must have on average to decide anything.
const EACH: u64 = 3;

/// Keys, and pairs of columns of which the first decides the second.
type Found = (Vec<Vec<String>>, Vec<(String, String)>);

/// The keys of the rows, and what decides what.
pub(super) fn found<E>(
    subject: &Subject<'_>,
    rows: u64,
    columns: &[ColumnProfile],
    put: &mut dyn FnMut(String) -> Result<Answer, E>,
) -> Result<Found, E> {
    // Amounts and instants neither identify nor decide.
    let fits = |column: &&ColumnProfile| {
        let is_foreign = subject.columns.iter().any(|looked| looked.name == column.name && looked.is_foreign);
        matches!(column.ty.as_str(), "INT64" | "STRING" | "BOOL" | "DATE") && !is_foreign
    };
    let distinct = |column: &ColumnProfile| column.distinct.unwrap_or(0);
    let mut keys: Vec<Vec<String>> = columns
        .iter()
        .filter(fits)
        .filter(|column| rows > 1 && column.nulls == 0 && distinct(column) == rows)
        .map(|column| vec![column.name.clone()])
        .collect();
    let mut asked: Vec<(bool, &ColumnProfile, &ColumnProfile)> = Vec::new();
    if keys.is_empty() && rows > 1 {
        let candidates: Vec<&ColumnProfile> =
            columns.iter().filter(fits).filter(|column| column.nulls == 0 && distinct(column) > 1).collect();
        let mut pairs = Vec::new();
        for (at, one) in candidates.iter().enumerate() {
            for other in &candidates[at + 1..] {
                let most = distinct(one).saturating_mul(distinct(other));
                if most >= rows {
                    pairs.push((most, *one, *other));
                }
            }
        }
        // The fewer pairs there could be, the less is it chance that each row has its own.
        pairs.sort_by_key(|(most, ..)| *most);
        asked.extend(pairs.into_iter().take(PAIRS).map(|(_, one, other)| (true, one, other)));
    }
    if rows >= ROWS {
        let repeats = |column: &&ColumnProfile| distinct(column) > 1 && distinct(column) * EACH <= rows;
        let candidates: Vec<&ColumnProfile> = columns.iter().filter(fits).filter(repeats).take(MOST).collect();
        for one in &candidates {
            let others = candidates.iter().filter(|other| other.name != one.name && distinct(other) <= distinct(one));
            asked.extend(others.map(|other| (false, *one, *other)));
        }
    }
    if asked.is_empty() {
        return Ok((keys, Vec::new()));
    }
    let items: Vec<String> = asked
        .iter()
        .enumerate()
        .map(|(at, (_, one, other))| format!("COUNT(DISTINCT CONCAT({}, '|', {})) AS p{at}", text(one), text(other)))
        .collect();
    let answer = put(format!("SELECT {} FROM {}", items.join(", "), subject.from()))?;
    let row = answer.into_iter().next().unwrap_or_default();
    let mut dependencies = Vec::new();
    for ((is_key, one, other), value) in asked.into_iter().zip(row) {
        let pairs = count(Some(&value));
        if is_key && pairs == rows {
            keys.push(vec![one.name.clone(), other.name.clone()]);
        } else if !is_key && pairs == distinct(one) + u64::from(one.nulls > 0) {
            dependencies.push((one.name.clone(), other.name.clone()));
        }
    }
    Ok((keys, dependencies))
}

/// A value as a text that no other value has, NULL too.
fn text(column: &ColumnProfile) -> String {
    let own = of(&column.name);
    format!("IFNULL(CONCAT('=', REPLACE(CAST({own} AS STRING), '|', '||')), 'NULL')")
}
