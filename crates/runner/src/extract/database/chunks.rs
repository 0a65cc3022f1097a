//! Chunks: ranges of a table's key that together hold every row once. It must not decide where a table is cut.

use serde::{Deserialize, Serialize};

use super::sql::{Part, Sql};

/// Chunks of one table at most.
pub(crate) const MOST: usize = 4096;

/// The rows whose key is greater than one and not greater than another, in the server's own order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chunk {
    /// Empty where it reaches from the first row.
    pub(crate) after: Vec<Part>,
    /// Empty where it reaches to the last row.
    pub(crate) to: Vec<Part>,
}

impl Chunk {
    /// The condition of its rows, by the quoted columns of the key; empty where it holds all. The bounds of the first
    /// column stand apart as well: every server finds those in an index.
    pub(crate) fn condition(&self, key: &[String]) -> Sql {
        let mut parts = Vec::new();
        for (bound, sign, last) in [(&self.after, ">", ">"), (&self.to, "<", "<=")] {
            let (Some(first), Some(name)) = (bound.first(), key.first()) else { continue };
            parts.push(Sql::new(format!("{name} {sign}= ")).value(first.clone()));
            parts.push(compare(key, bound, sign, last));
        }
        Sql::join(parts, " AND ")
    }
}

/// `(a > ? OR (a = ? AND b > ?))`: not every server uses an index for `(a, b) > (?, ?)`.
fn compare(key: &[String], bound: &[Part], sign: &str, last: &str) -> Sql {
    let (Some(name), Some(part)) = (key.first(), bound.first()) else { return Sql::new("TRUE") };
    if bound.len() == 1 || key.len() == 1 {
        return Sql::new(format!("{name} {last} ")).value(part.clone());
    }
    Sql::new(format!("({name} {sign} "))
        .value(part.clone())
        .text(format!(" OR ({name} = "))
        .value(part.clone())
        .text(" AND ")
        .then(compare(&key[1..], &bound[1..], sign, last))
        .text("))")
}

/// The chunks between bounds, and those before the first and after the last.
pub(crate) fn between(bounds: Vec<Vec<Part>>) -> Vec<Chunk> {
    let starts = std::iter::once(Vec::new()).chain(bounds.iter().cloned());
    let ends = bounds.iter().cloned().chain(std::iter::once(Vec::new()));
    starts.zip(ends).map(|(after, to)| Chunk { after, to }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_of_a_composite_key_is_a_condition_that_an_index_serves() {
        let key = ["a".to_owned(), "b".to_owned()];
        let bounds = vec![vec![Part::Int(1), Part::from("x")]];
        let chunks = between(bounds);
        assert_eq!(chunks.len(), 2);
        let written = |chunk: &Chunk| {
            let mut values = Vec::new();
            let text = chunk.condition(&key).write(|value| {
                values.push(value.clone());
                "?".to_owned()
            });
            (text, values)
        };
        let (first, values) = written(&chunks[0]);
        assert_eq!(first, "a <= ? AND (a < ? OR (a = ? AND b <= ?))");
        assert_eq!(values, [Part::Int(1), Part::Int(1), Part::Int(1), Part::from("x")]);
        assert_eq!(written(&chunks[1]).0, "a >= ? AND (a > ? OR (a = ? AND b > ?))");
        assert!(between(Vec::new())[0].condition(&key).is_empty());
    }

    #[test]
    fn a_bound_is_journaled_and_read_again() {
        let chunk = Chunk { after: vec![Part::Int(-5)], to: vec![Part::Uint(u64::MAX), Part::Bytes(vec![0, 255])] };
        let text = serde_json::to_string(&chunk).unwrap();
        assert_eq!(serde_json::from_str::<Chunk>(&text).unwrap(), chunk);
    }
}
