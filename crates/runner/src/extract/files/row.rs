//! A row of a file before its columns' rules have seen it. It must not judge its values.

use std::ops::Range;

use dwc_compiler::cell::{Sent, Values};

/// A value; texts are parts of the row's buffer.
#[derive(Debug, Clone)]
enum Held {
    Null,
    Int(i64),
    Uint(u64),
    Float(f32),
    Double(f64),
    Bool(bool),
    Number(Range<usize>),
    Bytes(Range<usize>),
}

/// The values of a row, in the order of the declared columns.
#[derive(Debug, Default)]
pub(super) struct Row {
    text: Vec<u8>,
    held: Vec<Held>,
}

impl Row {
    /// Starts another row.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.held.clear();
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(bytes);
        start..self.text.len()
    }

    /// Nothing.
    pub(super) fn null(&mut self) {
        self.held.push(Held::Null);
    }

    /// A text or bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let held = Held::Bytes(self.keep(bytes));
        self.held.push(held);
    }

    /// The text of a number.
    pub(super) fn number(&mut self, text: &str) {
        let held = Held::Number(self.keep(text.as_bytes()));
        self.held.push(held);
    }

    /// A whole number.
    pub(super) fn int(&mut self, value: i64) {
        self.held.push(Held::Int(value));
    }

    /// A whole number that may be beyond the signed ones.
    pub(super) fn uint(&mut self, value: u64) {
        self.held.push(Held::Uint(value));
    }

    /// A short binary number.
    pub(super) fn float(&mut self, value: f32) {
        self.held.push(Held::Float(value));
    }

    /// A binary number.
    pub(super) fn double(&mut self, value: f64) {
        self.held.push(Held::Double(value));
    }

    /// A truth.
    pub(super) fn truth(&mut self, value: bool) {
        self.held.push(Held::Bool(value));
    }

    /// A value as it was sent.
    pub(super) fn sent(&mut self, value: Sent<'_>) {
        match value {
            Sent::Bool(value) => self.truth(value),
            Sent::Number(text) => self.number(text),
            Sent::Bytes(bytes) => self.bytes(bytes),
            _ => self.null(),
        }
    }
}

impl Values for Row {
    fn at(&self, column: usize) -> Sent<'_> {
        match self.held.get(column) {
            None | Some(Held::Null) => Sent::Null,
            Some(Held::Int(value)) => Sent::Int(*value),
            Some(Held::Uint(value)) => Sent::Uint(*value),
            Some(Held::Float(value)) => Sent::Float(*value),
            Some(Held::Double(value)) => Sent::Double(*value),
            Some(Held::Bool(value)) => Sent::Bool(*value),
            Some(Held::Number(range)) => {
                Sent::Number(std::str::from_utf8(&self.text[range.clone()]).unwrap_or_default())
            }
            Some(Held::Bytes(range)) => Sent::Bytes(&self.text[range.clone()]),
        }
    }
}
