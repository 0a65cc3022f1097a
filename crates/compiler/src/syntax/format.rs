//! The canonical layout of a file: two spaces for each level, one blank line at most, double quotes where quotes are
//! needed, a line break at the end. A mapping or list in brackets stays on one line, or on many, as its first line
//! break says. It must not change what a file says: a layout that would is refused.

use std::ops::Range;

use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions};
use rayon::prelude::*;

use super::layout::{self, Content};
use super::{unit_test, yaml};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::source::{FileId, FileSet, Span};

/// The formatter keeps the columns of blocks as the bits of one number.
const MAX_COLUMN: usize = 63;

/// More passes than any file needs to come to rest.
const MAX_PASSES: usize = 8;

/// What formatting gave.
#[derive(Debug)]
pub struct Formatted {
    /// The files whose text is not canonical, with the text that is, in path order.
    pub changed: Vec<(FileId, String)>,
    /// Everything that keeps files from being formatted.
    pub diagnostics: Vec<Diagnostic>,
}

/// Lays out every file, side by side. It never fails: what is wrong is said, the rest goes on.
#[must_use]
pub fn format(files: &FileSet) -> Formatted {
    let all: Vec<_> = files.iter().collect();
    let laid_out: Vec<_> = all.par_iter().map(|(id, file)| canonical(*id, &file.text)).collect();
    let (mut changed, mut diagnostics) = (Vec::new(), Vec::new());
    for ((id, file), text) in all.into_iter().zip(laid_out) {
        match text {
            Ok(text) if text == file.text => {}
            Ok(text) => changed.push((id, text)),
            Err(found) => diagnostics.extend(found),
        }
    }
    diagnostic::sort(&mut diagnostics);
    Formatted { changed, diagnostics }
}

/// The text of a file in the canonical layout.
fn canonical(id: FileId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let (tree, problems) = yaml::parse(id, text);
    let problems = match &tree {
        Some(tree) => unit_test::nulls(tree, problems).1,
        None => problems,
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let before = Content::of(text);
    if let Some(place) = before.block_at_column(text, MAX_COLUMN) {
        return Err(vec![refusal(id, place, "further to the right than the formatter reads")]);
    }
    let mut laid_out = text.to_owned();
    for _ in 0..MAX_PASSES {
        let next = match pass(&laid_out) {
            Ok(next) => next,
            Err(at) => {
                let at = layout::floor(text, at);
                return Err(vec![refusal(id, at..at, "the formatter does not read on from here")]);
            }
        };
        if let Some(place) = before.differs(&Content::of(&next)) {
            return Err(vec![refusal(id, place, "this would become something else")]);
        }
        if next == laid_out {
            return Ok(laid_out);
        }
        laid_out = next;
    }
    Err(vec![refusal(id, 0..0, "formatting it again changes it again")])
}

fn refusal(file: FileId, place: Range<usize>, why: &str) -> Diagnostic {
    let at = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Diagnostic::new(Code::UnformattableFile, "the file cannot be formatted without changing what it means")
        .at(Span { file, lo: at(place.start), hi: at(place.end) }, why)
        .help("simplify this place; the file is unchanged")
}

/// The formatter's layout, with what it loses put right; the byte up to which it reads where it does not read it.
fn pass(text: &str) -> Result<String, usize> {
    let before = Content::of(text);
    let formatted = pretty_yaml::format_text(&layout::with_marks(text, &before), &options());
    let formatted = formatted.map_err(|refused| refused.offset())?;
    Ok(layout::tidied(text, &before, &layout::without_marks(formatted)))
}

fn options() -> FormatOptions {
    FormatOptions {
        // What stands on one line stays there: a table of attributes reads well as one.
        layout: LayoutOptions { print_width: usize::MAX >> 1, ..LayoutOptions::default() },
        // A blank at the end of a line of SQL is part of the text.
        language: LanguageOptions { trim_trailing_whitespaces: false, ..LanguageOptions::default() },
    }
}
