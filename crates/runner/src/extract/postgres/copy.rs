//! Lines of COPY in text format: fields between tabs, `\N` for NULL, backslashes before what is special.
//! Source: the COPY page of PostgreSQL's manual, "Text Format". It must not know types.

use dwc_compiler::cell::{Sent, Values};

/// Takes lines apart as messages arrive; a message holds a line, as the server sends them, or any part of some.
#[derive(Default)]
pub(super) struct Line {
    /// The line that is being read, without backslashes; what the fields lie in.
    text: Vec<u8>,
    /// Where each field lies; `None` is NULL.
    fields: Vec<Option<(usize, usize)>>,
    /// A line that has not ended with its message.
    begun: Vec<u8>,
}

/// One row.
pub(super) struct Row<'l>(&'l Line);

impl Values for Row<'_> {
    fn at(&self, column: usize) -> Sent<'_> {
        match self.0.fields.get(column) {
            Some(Some((from, to))) => Sent::Bytes(&self.0.text[*from..*to]),
            _ => Sent::Null,
        }
    }
}

impl Line {
    /// The next row of a message; `None` where no line ends in the rest of it.
    pub(super) fn next(&mut self, message: &mut &[u8]) -> Option<Row<'_>> {
        // A line break within a value is written as a backslash and a letter.
        let Some(end) = memchr::memchr(b'\n', message) else {
            self.begun.extend_from_slice(message);
            *message = &[];
            return None;
        };
        let (line, rest) = message.split_at(end);
        *message = &rest[1..];
        if self.begun.is_empty() {
            self.read(line);
        } else {
            let mut whole = std::mem::take(&mut self.begun);
            whole.extend_from_slice(line);
            self.read(&whole);
        }
        Some(Row(self))
    }

    fn read(&mut self, line: &[u8]) {
        self.text.clear();
        self.fields.clear();
        for field in line.split(|byte| *byte == b'\t') {
            if field == b"\\N" {
                self.fields.push(None);
                continue;
            }
            let from = self.text.len();
            let mut rest = field;
            while let Some(at) = memchr::memchr(b'\\', rest) {
                self.text.extend_from_slice(&rest[..at]);
                let Some(special) = rest.get(at + 1) else { break };
                self.text.push(match special {
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 11,
                    other => *other,
                });
                rest = &rest[at + 2..];
            }
            self.text.extend_from_slice(rest);
            self.fields.push(Some((from, self.text.len())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(messages: &[&str]) -> Vec<Vec<Option<String>>> {
        let mut line = Line::default();
        let mut all = Vec::new();
        for message in messages {
            let mut rest = message.as_bytes();
            while let Some(row) = line.next(&mut rest) {
                let field = |at| match row.at(at) {
                    Sent::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
                    _ => None,
                };
                all.push((0..2).map(field).collect());
            }
        }
        all
    }

    #[test]
    fn fields_are_what_was_written() {
        let row = |a: Option<&str>, b: Option<&str>| vec![a.map(str::to_owned), b.map(str::to_owned)];
        assert_eq!(rows(&["1\t\\N\n"]), [row(Some("1"), None)]);
        assert_eq!(rows(&["a\\tb\\\\c\\nd\t\n"]), [row(Some("a\tb\\c\nd"), Some(""))]);
        assert_eq!(rows(&["\\\\N\t\\\\x00\n"]), [row(Some("\\N"), Some("\\x00"))]);
    }

    #[test]
    fn lines_and_messages_need_not_coincide() {
        let whole = rows(&["1\ta\n2\tb\n"]);
        assert_eq!(rows(&["1\t", "a", "\n2\tb", "\n"]), whole);
        assert_eq!(whole.len(), 2);
    }
}
