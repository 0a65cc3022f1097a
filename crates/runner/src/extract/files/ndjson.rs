//! NDJSON: an object on each line, taken apart without bending a number. A line that is not one is handed back with its
//! number. It must not know types.

use std::io::{BufRead, BufReader, Read};

use dwc_compiler::cell::json::{Members, members};

use super::csv::{Unreadable, kept};

/// What a line of the file is.
pub(crate) enum Line<'a> {
    /// An object.
    Object(&'a Members<'a>),
    /// Not one: what is wrong, and the line as it is.
    Broken(String, String),
}

/// Reads a file, and hands on its lines with their numbers, from 1. A file that holds one array has no lines to give.
pub(crate) fn read<E: From<Unreadable>>(
    input: impl Read,
    longest: u64,
    mut take: impl FnMut(u64, Line<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let failed = |cause| E::from(Unreadable::Io(cause));
    let mut input = BufReader::with_capacity(1 << 20, input);
    let (mut text, mut line, mut is_first) = (Vec::new(), 0_u64, true);
    loop {
        text.clear();
        line += 1;
        if input.by_ref().take(longest.saturating_add(1)).read_until(b'\n', &mut text).map_err(failed)? == 0 {
            return Ok(());
        }
        let plain = text.trim_ascii();
        if plain.is_empty() {
            continue;
        }
        if is_first && plain.starts_with(b"[") {
            return Err(Unreadable::Header("it holds one array").into());
        }
        is_first = false;
        if text.len() as u64 > longest && !text.ends_with(b"\n") {
            let reason = format!("it is longer than {longest} bytes; see `longest_row`");
            take(line, Line::Broken(reason, kept(plain)))?;
            while !text.ends_with(b"\n") {
                text.clear();
                if input.by_ref().take(1 << 20).read_until(b'\n', &mut text).map_err(failed)? == 0 {
                    return Ok(());
                }
            }
            continue;
        }
        let Ok(plain) = std::str::from_utf8(plain) else {
            take(line, Line::Broken("it is not UTF-8".to_owned(), kept(&text)))?;
            continue;
        };
        match members(plain) {
            Ok(members) => take(line, Line::Object(&members))?,
            // A line is one line of its own reader.
            Err(reason) => {
                let reason = format!("it is not an object: {}", reason.replace(" at line 1 column", " at character"));
                take(line, Line::Broken(reason, kept(plain.as_bytes())))?;
            }
        }
    }
}
