//! A statement in parts: text, and values that each server takes in its own way. It must not know a server.

use serde::{Deserialize, Serialize};

/// A value that a statement compares with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// A whole number.
    Int(i64),
    /// One beyond the signed ones.
    Uint(u64),
    /// A text, a decimal or a moment, as bytes.
    Bytes(Vec<u8>),
}

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Part::Bytes(text.as_bytes().to_vec())
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Part::Bytes(text.into_bytes())
    }
}

/// One part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Part),
}

/// A statement, or a piece of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sql(Vec<Piece>);

impl Sql {
    /// Text alone.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Sql(vec![Piece::Text(text.into())])
    }

    /// Adds text.
    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Text(text.into()));
        self
    }

    /// Adds a value.
    pub(crate) fn value(mut self, value: impl Into<Part>) -> Self {
        self.0.push(Piece::Value(value.into()));
        self
    }

    /// Adds another piece.
    pub(crate) fn then(mut self, other: Sql) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Pieces with a word between them.
    pub(crate) fn join(pieces: impl IntoIterator<Item = Sql>, between: &str) -> Self {
        let mut all = Sql::default();
        for piece in pieces {
            all = if all.is_empty() { piece } else { all.text(between).then(piece) };
        }
        all
    }

    /// The statement's text, with what stands for each value.
    pub(crate) fn write(&self, mut place: impl FnMut(&Part) -> String) -> String {
        let each = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(value) => place(value),
        });
        each.collect()
    }
}
