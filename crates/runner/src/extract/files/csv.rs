//! CSV as RFC 4180 has it, with the delimiter, quote and escape that are declared: rows one by one, and lines that are not
//! rows with their numbers. It must not know types.

use std::io::{self, Read};

use dwc_compiler::cell::hexadecimal;
use dwc_compiler::model::Text;

pub(crate) use super::csv_scan::Fields;
use super::csv_scan::{Dialect, Scan};

/// Characters of a broken line that are kept.
const KEPT: usize = 65_536;

/// What a line of the file is.
pub(crate) enum Line<'a> {
    /// The first one: the names of the columns.
    Header(&'a Fields),
    /// A row.
    Row(&'a Fields),
    /// Not a row: what is wrong, and the line as it is, in hexadecimal where it is not UTF-8.
    Broken(String, String),
}

/// Why a file holds no rows.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It could not be read.
    Io(io::Error),
    /// Its first line is not a header, and why.
    Header(&'static str),
}

/// The end of the line that holds a byte.
fn line_end(text: &[u8], from: usize) -> Option<usize> {
    let at = from + memchr::memchr2(b'\n', b'\r', &text[from..])?;
    Some(if text[at] == b'\r' && text.get(at + 1) == Some(&b'\n') { at + 2 } else { at + 1 })
}

fn lines(text: &[u8]) -> u64 {
    let lone = memchr::memchr_iter(b'\r', text).filter(|at| text.get(at + 1) != Some(&b'\n')).count();
    (memchr::memchr_iter(b'\n', text).count() + lone) as u64
}

/// A line as an error event keeps it.
pub(crate) fn kept(text: &[u8]) -> String {
    let plain = text.strip_suffix(b"\n").unwrap_or(text);
    let plain = plain.strip_suffix(b"\r").unwrap_or(plain);
    match std::str::from_utf8(plain) {
        Ok(text) => text.chars().take(KEPT).collect(),
        Err(_) => hexadecimal(&plain[..plain.len().min(KEPT)]),
    }
}

/// Characters before a byte of a line, and the lines before that.
fn column(text: &[u8], at: usize) -> String {
    let start = memchr::memrchr2(b'\n', b'\r', &text[..at]).map_or(0, |end| end + 1);
    let column = String::from_utf8_lossy(&text[start..at]).chars().count() + 1;
    match lines(&text[..start]) {
        0 => format!("at character {column}"),
        more => format!("at character {column} of the line {more} below"),
    }
}

/// Reads a file, and hands on its lines with their numbers, from 1.
pub(crate) fn read<E: From<Unreadable>>(
    mut input: impl Read,
    text: &Text,
    mut take: impl FnMut(u64, Line<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let dialect = Dialect::new(text);
    let mut fields = Fields::default();
    let mut columns: Option<usize> = None;
    let (mut text, mut start, mut line, mut is_end) = (Vec::new(), 0, 1_u64, false);
    let mut more = |text: &mut Vec<u8>| {
        let part = text.len().max(1 << 20) as u64;
        let read = input.by_ref().take(part).read_to_end(text);
        read.map(|bytes| bytes == 0).map_err(|cause| E::from(Unreadable::Io(cause)))
    };
    loop {
        let rest: &[u8] = &text[start..];
        if rest.is_empty() && is_end {
            break;
        }
        let found = if rest.is_empty() { Scan::More(0) } else { dialect.scan(rest, is_end, &mut fields) };
        match found {
            Scan::More(_) if rest.len() < dialect.longest => {
                text.drain(..start);
                start = 0;
                is_end = more(&mut text)?;
                continue;
            }
            Scan::Row(length) if length <= dialect.longest => {
                match columns {
                    _ if fields.is_blank() => {}
                    None => {
                        if std::str::from_utf8(fields.whole()).is_err() {
                            let is_marked = rest.starts_with(&[0xff, 0xfe]) || rest.starts_with(&[0xfe, 0xff]);
                            let why =
                                if is_marked { "it is UTF-16, by its byte order mark" } else { "it is not UTF-8" };
                            return Err(Unreadable::Header(why).into());
                        }
                        columns = Some(fields.len());
                        take(line, Line::Header(&fields))?;
                    }
                    Some(columns) if fields.len() != columns => {
                        let reason = format!("it has {} fields, and the header {columns}", fields.len());
                        take(line, Line::Broken(reason, kept(&rest[..length])))?;
                    }
                    Some(_) => match std::str::from_utf8(&rest[..length]) {
                        Ok(_) => take(line, Line::Row(&fields))?,
                        Err(wrong) => {
                            let place = column(rest, wrong.valid_up_to());
                            let reason = format!("it is not UTF-8, {place}");
                            take(line, Line::Broken(reason, kept(&rest[..length])))?;
                        }
                    },
                }
                line += lines(&rest[..length]);
                start += length;
                continue;
            }
            Scan::Broken(why, _) if columns.is_none() => return Err(Unreadable::Header(why).into()),
            Scan::Row(_) | Scan::More(_) if columns.is_none() => {
                return Err(Unreadable::Header("a quote is never closed, or it is beyond `longest_row`").into());
            }
            Scan::Broken(reason, place) => {
                let Some(end) = line_end(rest, place).or(is_end.then_some(rest.len())) else {
                    is_end = more(&mut text)?;
                    continue;
                };
                let reason = format!("{reason}, {}", column(rest, place));
                take(line, Line::Broken(reason, kept(&rest[..end])))?;
                line += lines(&rest[..end]);
                start += end;
            }
            // Where a quote opened it is its line that is given up, not all that seems to be quoted.
            Scan::Row(_) | Scan::More(_) => {
                let limit = dialect.longest;
                let reason = format!("it is longer than {limit} bytes, or a quote is never closed; see `longest_row`");
                let end = match found {
                    Scan::More(place) => line_end(rest, place),
                    Scan::Row(length) | Scan::Broken(_, length) => Some(length),
                };
                let given_up = end.map_or(rest, |end| &rest[..end]);
                take(line, Line::Broken(reason, kept(given_up)))?;
                line += lines(given_up);
                start += given_up.len();
                // The rest of a line that is longer than what has been read.
                while end.is_none() && !is_end {
                    text.clear();
                    is_end = more(&mut text)?;
                    start = line_end(&text, 0).unwrap_or(text.len());
                    line += lines(&text[..start]);
                    if start > 0 && matches!(text[start - 1], b'\n' | b'\r') {
                        break;
                    }
                }
            }
        }
    }
    if columns.is_none() { Err(Unreadable::Header("the file is empty").into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl From<Unreadable> for String {
        fn from(_: Unreadable) -> Self {
            "unreadable".to_owned()
        }
    }

    fn read_with(text: &[u8], how: &Text) -> (String, Vec<(u64, String)>) {
        let (mut rows, mut broken) = (String::new(), Vec::new());
        let read: Result<(), String> = read(text, how, |line, found| {
            match found {
                Line::Header(fields) | Line::Row(fields) => {
                    let field = |at| match fields.at(at) {
                        (text, true) => format!("{:?}", String::from_utf8_lossy(text)),
                        (text, false) => String::from_utf8_lossy(text).into_owned(),
                    };
                    let fields: Vec<String> = (0..fields.len()).map(field).collect();
                    rows += &format!("{line}:{}\n", fields.join("|"));
                }
                Line::Broken(_, text) => broken.push((line, text)),
            }
            Ok(())
        });
        assert!(read.is_ok());
        (rows, broken)
    }

    fn read_all(text: &[u8]) -> (String, Vec<(u64, String)>) {
        read_with(text, &Text::default())
    }

    #[test]
    fn a_quote_that_is_not_closed_costs_its_line() {
        let (rows, broken) = read_all(b"id,a,b\n1,\"p,3\n2,x,4\n3,\"o,5\n4,p,6\n");
        assert_eq!(rows, "1:id|a|b\n3:2|x|4\n5:4|p|6\n");
        assert_eq!(broken, [(2, "1,\"p,3".to_owned()), (4, "3,\"o,5".to_owned())]);
    }

    #[test]
    fn an_empty_text_is_not_nothing_and_lines_are_counted() {
        let (rows, broken) = read_all(b"a,b\r\n\"\",\r\n\"x\r\ny\",\"q\"\"\"\r\n\r\n1,2,3\r\nz,\xff");
        assert_eq!(rows, "1:a|b\n2:\"\"|\n3:\"x\\r\\ny\"|\"q\\\"\"\n");
        assert_eq!(broken, [(6, "1,2,3".to_owned()), (7, "0x7a2cff".to_owned())]);
    }

    #[test]
    fn what_is_declared_delimits_quotes_and_escapes() {
        let how = Text { delimiter: "||".to_owned(), quote: Some('\''), escape: Some('\\'), ..Text::default() };
        let (rows, broken) = read_with(b"a||b\n'x||y'||it\\'s\n'q\\'r'||\\||\n1|2||''''\n", &how);
        assert_eq!(rows, "1:a|b\n2:\"x||y\"|it's\n3:\"q'r\"|||\n4:1|2|\"'\"\n");
        assert_eq!(broken, []);
        let how = Text { delimiter: "\t".to_owned(), quote: None, ..Text::default() };
        assert_eq!(read_with(b"a\tb\n5\" inch\t\"x\"\n", &how).0, "1:a|b\n2:5\" inch|\"x\"\n");
    }

    #[test]
    fn a_row_beyond_the_longest_is_given_up_and_the_next_is_read() {
        let how = Text { longest_row: 64, ..Text::default() };
        let long = "x".repeat(3_000_000);
        let (rows, broken) =
            read_with(format!("a,b\n1,{long}\n2,\"y\n3,z\n4,z\n{}", "5,z\n".repeat(40)).as_bytes(), &how);
        assert!(rows.starts_with("1:a|b\n4:3|z\n5:4|z\n6:5|z\n"), "{rows}");
        assert_eq!(broken.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn a_file_reads_alike_wherever_its_parts_are_cut() {
        struct Slow<'a>(&'a [u8]);
        impl Read for Slow<'_> {
            fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                let length = self.0.len().min(to.len()).min(1);
                to[..length].copy_from_slice(&self.0[..length]);
                self.0 = &self.0[length..];
                Ok(length)
            }
        }
        let text = b"a,b\r\n\"q\"\"\r\",\r\n1,\"\"\r\nlast,x";
        let mut lines = Vec::new();
        let read: Result<(), String> = read(Slow(text), &Text::default(), |line, _| {
            lines.push(line);
            Ok(())
        });
        assert!(read.is_ok());
        assert_eq!(lines, [1, 2, 4, 5]);
    }
}
