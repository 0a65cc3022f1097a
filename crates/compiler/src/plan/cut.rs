//! Cuts: the rows of a table in segments by their key, so that two sides of a comparison count and add up the same rows, in
//! whatever words. It must not know an engine.

use std::collections::BTreeSet;

/// Rows of a segment that a cut aims at.
const ROWS: i64 = 500;
/// Segments of a cut at most.
const SEGMENTS: i64 = 32_768;

/// How rows are cut into segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// By the first column of the key, a whole number: segments of equal width from the lowest to the highest, numbered from
    /// 0; what lies before the first is −1, what lies after the last is in the segment that follows it.
    Ranges {
        /// The lowest value.
        low: i64,
        /// The highest value.
        high: i64,
        /// How many values a segment has.
        width: i64,
    },
    /// By 60 bits of the hash of the whole key.
    Hashes {
        /// How many segments there are.
        parts: i64,
    },
}

/// The condition that a row is of a sample of so many ten-thousandths of the keys, by the hash of its key. It takes other bits
/// than [`Cut::Hashes`] does, so that a sample has rows of every segment.
#[must_use]
pub fn sampled(hash: &str, share: u32, by: Division) -> String {
    let bits = format!("({})", (by.quotient)(hash, 1 << 20));
    format!("({}) < {share}", (by.remainder)(&bits, 10_000))
}

/// How one side of a comparison divides whole numbers that are not negative.
#[derive(Debug, Clone, Copy)]
pub struct Division {
    /// The whole part of a quotient.
    pub quotient: fn(&str, i64) -> String,
    /// What is left of it.
    pub remainder: fn(&str, i64) -> String,
}

impl Cut {
    /// A cut of so many rows; by ranges where the first column of the key is a whole number between these ends.
    #[must_use]
    pub fn of(rows: i64, ends: Option<(i64, i64)>) -> Self {
        let parts = (rows / ROWS).clamp(1, SEGMENTS);
        match ends.and_then(|(low, high)| Some((low, high, high.checked_sub(low)?.checked_add(1)?))) {
            Some((low, high, span)) => Cut::Ranges { low, high, width: span / parts + i64::from(span % parts != 0) },
            None => Cut::Hashes { parts },
        }
    }

    /// The number of a row's segment, from the first column of its key and the hash of the key.
    #[must_use]
    pub fn segment(&self, first: &str, hash: &str, by: Division) -> String {
        match self {
            Cut::Ranges { low, high, width } => format!(
                "CASE WHEN {first} < {low} THEN -1 WHEN {first} > {high} THEN {} ELSE {} END",
                self.after(),
                (by.quotient)(&minus(first, *low), *width)
            ),
            Cut::Hashes { parts } => (by.remainder)(hash, *parts),
        }
    }

    /// The condition that a row is of one of these segments.
    #[must_use]
    pub fn among(&self, segments: &BTreeSet<i64>, first: &str, hash: &str, by: Division) -> String {
        if segments.is_empty() {
            return "FALSE".to_owned();
        }
        match self {
            Cut::Ranges { low, high, .. } => {
                let each = self.stretches(segments).into_iter().map(|(from, to)| match (from, to) {
                    (None, _) => format!("{first} < {low}"),
                    (_, None) => format!("{first} > {high}"),
                    (Some(from), Some(to)) => format!("{first} BETWEEN {from} AND {to}"),
                });
                format!("({})", each.collect::<Vec<_>>().join(" OR "))
            }
            Cut::Hashes { parts } => {
                let list: Vec<String> = segments.iter().map(i64::to_string).collect();
                format!("{} IN ({})", (by.remainder)(hash, *parts), list.join(", "))
            }
        }
    }

    /// A finer cut of one segment that has so many rows; `None` where it is small, or cannot be cut.
    #[must_use]
    pub fn finer(&self, segment: i64, rows: i64) -> Option<Self> {
        let Cut::Ranges { low, high, width } = self else { return None };
        if rows <= ROWS * 4 || *width == 1 || segment < 0 || segment >= self.after() {
            return None;
        }
        let from = low + segment * width;
        Some(Self::of(rows, Some((from, (*high).min(from.saturating_add(width - 1))))))
    }

    /// The number of what lies after the last segment.
    fn after(&self) -> i64 {
        match self {
            Cut::Ranges { low, high, width } => (high - low) / width + 1,
            Cut::Hashes { parts } => *parts,
        }
    }

    /// Segments as stretches of values, neighbours as one.
    fn stretches(&self, segments: &BTreeSet<i64>) -> Vec<(Option<i64>, Option<i64>)> {
        let Cut::Ranges { low, high, width } = self else { return Vec::new() };
        let mut all: Vec<(Option<i64>, Option<i64>)> = Vec::new();
        for segment in segments {
            let this = match *segment {
                before if before < 0 => (None, Some(low - 1)),
                after if after >= self.after() => (Some(high.saturating_add(1)), None),
                within => {
                    let from = low + within * width;
                    (Some(from), Some((*high).min(from.saturating_add(width - 1))))
                }
            };
            match (all.last_mut(), this) {
                (Some((Some(_), end @ Some(_))), (Some(from), Some(to))) if end.is_some_and(|end| end + 1 == from) => {
                    *end = Some(to);
                }
                _ => all.push(this),
            }
        }
        all
    }
}

/// `a − b`, where b may be negative.
fn minus(a: &str, b: i64) -> String {
    if b < 0 { format!("({a} + {})", b.unsigned_abs()) } else { format!("({a} - {b})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY: Division = Division { quotient: |a, b| format!("{a} / {b}"), remainder: |a, b| format!("{a} % {b}") };

    #[test]
    fn neighbours_are_one_stretch_and_the_ends_are_open() {
        let cut = Cut::of(2_000, Some((-10, 29)));
        assert_eq!(cut, Cut::Ranges { low: -10, high: 29, width: 10 });
        assert_eq!(cut.segment("k", "h", BY), "CASE WHEN k < -10 THEN -1 WHEN k > 29 THEN 4 ELSE (k + 10) / 10 END");
        let among = |segments: &[i64]| cut.among(&segments.iter().copied().collect(), "k", "h", BY);
        assert_eq!(among(&[0, 1, 3]), "(k BETWEEN -10 AND 9 OR k BETWEEN 20 AND 29)");
        assert_eq!(among(&[-1, 0, 4]), "(k < -10 OR k BETWEEN -10 AND -1 OR k > 29)");
        assert_eq!(among(&[]), "FALSE");
        assert_eq!(Cut::of(2_000, None).among(&[1, 2].into(), "k", "h", BY), "h % 4 IN (1, 2)");
    }

    #[test]
    fn a_sample_is_of_other_bits_than_the_segments() {
        assert_eq!(sampled("h", 250, BY), "((h / 1048576) % 10000) < 250");
    }

    #[test]
    fn a_segment_with_too_many_rows_is_cut_again() {
        let cut = Cut::of(1_000_000, Some((0, 1_999_999_999)));
        let finer = cut.finer(3, 900_000).unwrap();
        assert!(matches!(finer, Cut::Ranges { low: 3_000_000, high: 3_999_999, width } if width < 600));
        assert_eq!(cut.finer(3, 600), None);
        assert_eq!(cut.finer(-1, 900_000), None);
        assert_eq!(Cut::of(1_000_000, None).finer(3, 900_000), None);
        assert_eq!(Cut::of(5, Some((i64::MIN, i64::MAX))), Cut::Hashes { parts: 1 });
    }
}
