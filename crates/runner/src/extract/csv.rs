//! CSV as RFC 4180 has it, read strictly: a file is copied line by line into one that the engine cannot misread, and lines
//! that are not CSV are handed back with their numbers. It must not know types.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

/// A line that is not a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// Its number in the file, from 1.
    pub(super) line: u64,
    /// What is wrong with it.
    pub(super) reason: String,
    /// The line as it is; in hexadecimal where it is not UTF-8.
    pub(super) text: String,
}

/// What a file held.
#[derive(Debug, Default)]
pub(super) struct Copied {
    /// The names of its header.
    pub(super) header: Vec<String>,
    /// The lines that are not rows.
    pub(super) broken: Vec<Broken>,
    /// Bytes of the longest row.
    pub(super) longest: usize,
}

/// The column of the copy that holds a row's line in the file.
pub(super) const LINE: &str = "_dwc_line";
/// Bytes over which a quote is looked for that closes another one.
const FARTHEST: usize = 64 << 20;
/// Characters of a broken line that are kept.
const KEPT: usize = 65_536;

/// A field, and whether it was quoted.
type Field = (Vec<u8>, bool);

/// What the text from a line's start is.
enum Scan {
    /// A row of so many bytes, with its line's end.
    Row(Vec<Field>, usize),
    /// Not a row; the line at these bytes from the start is where a quote opened or a character does not belong.
    Broken(&'static str, usize),
    /// More of the file is needed.
    More,
}

fn scan(text: &[u8], is_end: bool) -> Scan {
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let mut field = Vec::new();
        let quoted = text.get(at) == Some(&b'"');
        if quoted {
            let opened = at;
            at += 1;
            loop {
                let Some(next) = memchr::memchr(b'"', &text[at..]) else {
                    return if is_end { Scan::Broken("a quote is never closed", opened) } else { Scan::More };
                };
                field.extend_from_slice(&text[at..at + next]);
                at += next + 1;
                match text.get(at) {
                    Some(b'"') => {
                        field.push(b'"');
                        at += 1;
                    }
                    Some(b',' | b'\n' | b'\r') => break,
                    None if is_end => break,
                    None => return Scan::More,
                    Some(_) => return Scan::Broken("there is text after a closing quote", opened),
                }
            }
        } else {
            let rest = &text[at..];
            let Some(end) = rest
                .iter()
                .position(|byte| matches!(byte, b',' | b'\n' | b'\r' | b'"'))
                .or(is_end.then_some(rest.len()))
            else {
                return Scan::More;
            };
            field.extend_from_slice(&rest[..end]);
            at += end;
            if text.get(at) == Some(&b'"') {
                return Scan::Broken("a quote stands within a field that is not quoted", at);
            }
        }
        fields.push((field, quoted));
        match text.get(at) {
            Some(b',') => at += 1,
            Some(b'\r') if at + 1 == text.len() && !is_end => return Scan::More,
            Some(b'\r') if text.get(at + 1) == Some(&b'\n') => return Scan::Row(fields, at + 2),
            Some(_) => return Scan::Row(fields, at + 1),
            None => return Scan::Row(fields, at),
        }
    }
}

/// The end of the line that holds a byte.
fn line_end(text: &[u8], from: usize) -> Option<usize> {
    let at = from + memchr::memchr2(b'\n', b'\r', &text[from..])?;
    Some(if text[at] == b'\r' && text.get(at + 1) == Some(&b'\n') { at + 2 } else { at + 1 })
}

fn lines(text: &[u8]) -> u64 {
    let lone = (0..text.len()).filter(|at| text[*at] == b'\r' && text.get(at + 1) != Some(&b'\n')).count();
    (memchr::memchr_iter(b'\n', text).count() + lone) as u64
}

fn kept(text: &[u8]) -> String {
    let plain = text.strip_suffix(b"\n").unwrap_or(text);
    let plain = plain.strip_suffix(b"\r").unwrap_or(plain);
    match std::str::from_utf8(plain) {
        Ok(text) => text.chars().take(KEPT).collect(),
        Err(_) => format!("0x{}", plain.iter().take(KEPT).map(|byte| format!("{byte:02x}")).collect::<String>()),
    }
}

fn write_row(out: &mut impl Write, line: &str, fields: &[Field]) -> std::io::Result<()> {
    out.write_all(line.as_bytes())?;
    for (field, quoted) in fields {
        out.write_all(b",")?;
        // Nothing between two commas is NULL, and a quoted empty text is one.
        if *quoted || !field.is_empty() {
            out.write_all(b"\"")?;
            for (at, part) in field.split(|byte| *byte == b'"').enumerate() {
                out.write_all(if at > 0 { b"\"\"" } else { b"" })?;
                out.write_all(part)?;
            }
            out.write_all(b"\"")?;
        }
    }
    out.write_all(b"\n")
}

/// A file that only this user reads. One of this name is of a process that was killed, or not ours: it goes first.
fn fresh(path: &Path) -> std::io::Result<File> {
    // What is not there needs no removing.
    let _ = std::fs::remove_file(path);
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The bytes of a file, unpacked where it is compressed with gzip.
fn unpacked(file: File) -> std::io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::with_capacity(1 << 20, file);
    let is_packed = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if is_packed { Box::new(BufReader::with_capacity(1 << 20, MultiGzDecoder::new(file))) } else { Box::new(file) })
}

/// Copies a file; the result is `None` where it has no header that is one.
pub(super) fn copy(from: &Path, to: &Path) -> std::io::Result<Option<Copied>> {
    let mut input = unpacked(File::open(from)?)?;
    if input.fill_buf()?.starts_with(&[0xef, 0xbb, 0xbf]) {
        input.consume(3);
    }
    let mut out = BufWriter::with_capacity(1 << 20, fresh(to)?);
    let mut copied = Copied::default();
    let (mut text, mut start, mut line, mut is_end) = (Vec::new(), 0, 1_u64, false);
    loop {
        let rest: &[u8] = &text[start..];
        if rest.is_empty() && is_end {
            break;
        }
        let is_far = rest.len() >= FARTHEST;
        let found = if rest.is_empty() { Scan::More } else { scan(rest, is_end || is_far) };
        match found {
            Scan::More => {
                text.drain(..start);
                start = 0;
                let more = text.len().max(1 << 20) as u64;
                is_end = input.by_ref().take(more).read_to_end(&mut text)? == 0;
            }
            Scan::Row(fields, length) => {
                let is_blank = fields.len() == 1 && fields[0].0.is_empty() && !fields[0].1;
                let is_header = copied.header.is_empty();
                if is_blank {
                } else if is_header {
                    let names: Result<Vec<String>, _> =
                        fields.iter().map(|(name, _)| String::from_utf8(name.clone())).collect();
                    let Ok(names) = names else { return Ok(None) };
                    copied.header = names;
                    write_row(&mut out, LINE, &fields)?;
                } else if fields.len() != copied.header.len() {
                    let reason = format!("it has {} fields, and the header {}", fields.len(), copied.header.len());
                    copied.broken.push(Broken { line, reason, text: kept(&rest[..length]) });
                } else if fields.iter().any(|(field, _)| std::str::from_utf8(field).is_err()) {
                    let reason = "it is not UTF-8".to_owned();
                    copied.broken.push(Broken { line, reason, text: kept(&rest[..length]) });
                } else {
                    copied.longest = copied.longest.max(length * 2);
                    write_row(&mut out, &line.to_string(), &fields)?;
                }
                line += lines(&rest[..length]);
                start += length;
            }
            Scan::Broken(reason, place) => {
                let Some(end) = line_end(rest, place).or((is_end || is_far).then_some(rest.len())) else {
                    let more = text.len().max(1 << 20) as u64;
                    is_end = input.by_ref().take(more).read_to_end(&mut text)? == 0;
                    continue;
                };
                if copied.header.is_empty() {
                    return Ok(None);
                }
                copied.broken.push(Broken { line, reason: reason.to_owned(), text: kept(&rest[..end]) });
                line += lines(&rest[..end]);
                start += end;
            }
        }
    }
    out.flush()?;
    Ok((!copied.header.is_empty()).then_some(copied))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> (String, Vec<(u64, String)>) {
        let folder = std::env::temp_dir().join(format!("dwc-csv-{}-{:p}", std::process::id(), text));
        std::fs::create_dir_all(&folder).unwrap();
        let (from, to) = (folder.join("a"), folder.join("b"));
        std::fs::write(&from, text).unwrap();
        let copied = copy(&from, &to).unwrap().unwrap_or_default();
        let out = std::fs::read_to_string(&to).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        (out, copied.broken.into_iter().map(|broken| (broken.line, broken.text)).collect())
    }

    #[test]
    fn a_quote_that_is_not_closed_costs_its_line() {
        let (out, broken) = read(b"id,a,b\n1,\"p,3\n2,x,4\n3,\"o,5\n4,p,6\n");
        assert_eq!(out, "_dwc_line,\"id\",\"a\",\"b\"\n3,\"2\",\"x\",\"4\"\n5,\"4\",\"p\",\"6\"\n");
        assert_eq!(broken, [(2, "1,\"p,3".to_owned()), (4, "3,\"o,5".to_owned())]);
    }

    #[test]
    fn an_empty_text_is_not_nothing_and_lines_are_counted() {
        let (out, broken) = read(b"\xef\xbb\xbfa,b\r\n\"\",\r\n\"x\r\ny\",\"q\"\"\"\r\n\r\n1,2,3\r\nz,\xff");
        assert_eq!(out, "_dwc_line,\"a\",\"b\"\n2,\"\",\n3,\"x\r\ny\",\"q\"\"\"\n");
        assert_eq!(broken, [(6, "1,2,3".to_owned()), (7, "0x7a2cff".to_owned())]);
    }

    #[test]
    fn a_file_that_gzip_has_packed_is_unpacked() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(b"a,b\n1,2\n").unwrap();
        let (out, broken) = read(&packed.finish().unwrap());
        assert_eq!(out, "_dwc_line,\"a\",\"b\"\n2,\"1\",\"2\"\n");
        assert_eq!(broken, []);
    }
}
