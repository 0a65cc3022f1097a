//! Places in a text: turns the parser's line and column, in characters, into bytes. It must not know what stands there.

use std::ops::Range;

use sqlparser::tokenizer::{Location, Span};

/// Every so many characters their place in bytes is kept.
const EVERY: usize = 64;

/// Where the lines of a text begin.
pub(super) struct Lines<'a> {
    text: &'a str,
    /// The number of the first character of each line.
    starts: Vec<usize>,
    /// The byte at which every [`EVERY`]th character stands.
    marks: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let (mut starts, mut marks) = (vec![0], Vec::new());
        for (number, (byte, character)) in text.char_indices().enumerate() {
            if number % EVERY == 0 {
                marks.push(byte);
            }
            if character == '\n' {
                starts.push(number + 1);
            }
        }
        Lines { text, starts, marks }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    pub(super) fn byte(&self, location: Location) -> usize {
        let line = usize::try_from(location.line).unwrap_or(0);
        let column = usize::try_from(location.column).unwrap_or(0);
        let Some(&start) = line.checked_sub(1).and_then(|l| self.starts.get(l)) else {
            return if line == 0 { 0 } else { self.text.len() };
        };
        let number = start + column.saturating_sub(1);
        let Some(&mark) = self.marks.get(number / EVERY) else { return self.text.len() };
        self.text[mark..].char_indices().nth(number % EVERY).map_or(self.text.len(), |(at, _)| mark + at)
    }

    pub(super) fn bytes(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start);
        start..self.byte(span.end).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_a_line_is_the_byte_at_which_that_character_stands() {
        let text = format!("가{}나\n다라x", "é".repeat(200));
        let lines = Lines::new(&text);
        let byte = |line, column| lines.byte(Location { line, column });
        assert_eq!(byte(0, 0), 0);
        assert_eq!(byte(1, 1), 0);
        assert_eq!(byte(1, 2), 3);
        assert_eq!(byte(1, 202), 3 + 400);
        assert_eq!(byte(2, 3), text.len() - 1);
        assert_eq!(byte(2, 4), text.len());
        assert_eq!(byte(9, 1), text.len());
    }
}
