//! How the text of some files is written: encoding, delimiter, quote, escape and the field that stands for NULL. It looks at
//! the files' first part. It must not guess types.

use std::io::Read;
use std::path::Path;

use dwc_compiler::model::{Encoding, Text};

use super::yaml;
use crate::Error;
use crate::extract::files::csv::{self, Line, Unreadable};
use crate::extract::files::input;

/// Bytes of a file that are looked at.
const SAMPLE: u64 = 4 << 20;
/// Rows that are looked at for each way to read them.
const ROWS: u64 = 2000;

/// Keys of a table with their values, already YAML.
pub(super) type Settings = Vec<(&'static str, String)>;

/// What is declared of the text of a file: the settings, and how it is read with them.
pub(super) fn look(path: &Path) -> Result<(Settings, Text), Error> {
    let failed = |cause| Error::because(format!("`{}` could not be read", path.display()), cause);
    let mut bytes = Vec::new();
    // Latin-1 gives every byte as it is.
    input::unpacked(path).and_then(|file| file.take(SAMPLE).read_to_end(&mut bytes)).map_err(failed)?;
    let (name, encoding) = encoding(&bytes);
    let mut text = Vec::new();
    input::open(path, encoding).and_then(|file| file.take(SAMPLE).read_to_end(&mut text)).map_err(failed)?;
    if text.len() as u64 == SAMPLE {
        let end = memchr::memrchr(b'\n', &text).map_or(text.len(), |end| end + 1);
        text.truncate(end);
    }
    let mut best: Option<(Seen, Text)> = None;
    for (quote, escape) in [(Some('"'), None), (Some('"'), Some('\\')), (None, None)] {
        for delimiter in [",", ";", "\t", "|"] {
            let how = Text { encoding, delimiter: delimiter.to_owned(), quote, escape, ..Text::default() };
            let seen = see(&text, &how);
            if best.as_ref().is_none_or(|(best, _)| seen.is_better(best)) {
                best = Some((seen, how));
            }
        }
    }
    let (seen, mut how) = best.unwrap_or_default();
    how.null_marker = seen.null;
    let mut settings = Vec::new();
    let plain = Text::default();
    if encoding != Encoding::Utf8 {
        settings.push(("encoding", name.to_owned()));
    }
    if how.delimiter != plain.delimiter {
        settings.push(("delimiter", yaml::text(&how.delimiter)));
    }
    if how.quote.is_none() {
        settings.push(("quote", yaml::text("")));
    }
    if let Some(escape) = how.escape {
        settings.push(("escape", yaml::text(&escape.to_string())));
    }
    if let Some(null) = &how.null_marker {
        settings.push(("null_marker", yaml::text(null)));
    }
    Ok((settings, how))
}

/// The encoding of some bytes, and its name.
fn encoding(bytes: &[u8]) -> (&'static str, Encoding) {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return ("utf-16", Encoding::Utf16);
    }
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).take(1000).filter(|byte| **byte == 0).count();
    let half = bytes.len().min(2000) / 4;
    if half > 0 && zeros(1) > half {
        return ("utf-16le", Encoding::Utf16Le);
    }
    if half > 0 && zeros(0) > half {
        return ("utf-16be", Encoding::Utf16Be);
    }
    // A character may be cut where the sample ends.
    match std::str::from_utf8(bytes) {
        Ok(_) => return ("utf-8", Encoding::Utf8),
        Err(wrong) if wrong.error_len().is_none() => return ("utf-8", Encoding::Utf8),
        Err(_) => {}
    }
    let end = memchr::memrchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
    let (korean, wrong) = encoding_rs::EUC_KR.decode_without_bom_handling(&bytes[..end]);
    if !wrong && korean.chars().any(|c| ('가'..='힣').contains(&c)) {
        return ("cp949", Encoding::Cp949);
    }
    ("windows-1252", Encoding::Windows1252)
}

/// What a way to read a text gives.
#[derive(Debug, Default)]
struct Seen {
    rows: usize,
    broken: usize,
    columns: usize,
    /// A field without quotes that stands for NULL.
    null: Option<String>,
}

impl Seen {
    /// Fewer lines that are not rows, or more columns; the way that is tried first otherwise. A text of one column is one in
    /// every way, so that any other is better unless most of its lines are broken.
    fn is_better(&self, other: &Seen) -> bool {
        let share = |seen: &Seen| (seen.broken * 1000).checked_div(seen.rows + seen.broken).unwrap_or(0);
        let rank = |seen: &Seen| if seen.columns > 1 { share(seen) } else { 500 + share(seen) };
        (rank(self), other.columns) < (rank(other), self.columns)
    }
}

/// That enough was seen.
struct Enough;

impl From<Unreadable> for Enough {
    fn from(_: Unreadable) -> Self {
        Enough
    }
}

fn see(text: &[u8], how: &Text) -> Seen {
    let mut seen = Seen::default();
    let mut lines = 0;
    let read: Result<(), Enough> = csv::read(text, how, |_, line| {
        lines += 1;
        match line {
            Line::Header(fields) => seen.columns = fields.len(),
            Line::Broken(..) => seen.broken += 1,
            Line::Row(fields) => {
                seen.rows += 1;
                for at in 0..fields.len() {
                    if let (field @ (b"\\N" | b"NULL" | b"null"), false) = fields.at(at) {
                        seen.null.get_or_insert_with(|| String::from_utf8_lossy(field).into_owned());
                    }
                }
            }
        }
        if lines > ROWS { Err(Enough) } else { Ok(()) }
    });
    // A text without a header is read in no way.
    if read.is_err() && seen.columns == 0 {
        seen.broken = usize::MAX / 2000;
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_seen() {
        let folder = std::env::temp_dir().join(format!("dwc-texts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.csv");
        for (bytes, expected) in [
            (&b"a,b\n1,x\n"[..], ""),
            (b"a;b\n1,5;x\n2,5;y\n", "delimiter \";\""),
            (b"a\tb\n1\t5\" inch\n2\t6\" inch\n", "delimiter \"\\t\" quote \"\""),
            (b"a,b\n1,\"x \\\" y\"\n", "escape \"\\\\\""),
            (b"a|b\n1|\\N\n", "delimiter \"|\" null_marker \"\\\\N\""),
            (b"a,b\n1,\xb0\xa1\xb9\xe6\n", "encoding cp949"),
            (b"a,b\n1,M\xfcnchen\n", "encoding windows-1252"),
            (b"\xff\xfea\0,\0b\0\n\0\x31\0,\0x\0\n\0", "encoding utf-16"),
            (b"just_one\n1\n", ""),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let (settings, _) = look(&path).unwrap();
            let settings: Vec<String> = settings.iter().map(|(key, value)| format!("{key} {value}")).collect();
            assert_eq!(settings.join(" "), expected, "{:?}", String::from_utf8_lossy(bytes));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
