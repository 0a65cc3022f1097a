//! Views: how what was found is written, one file per kind. They must not find anything themselves.

use std::fmt::Write as _;

pub(crate) mod diagnostics;
mod diff;
pub(crate) mod env;
pub(crate) mod errors;
pub(crate) mod failure;
mod graphical;
mod json;
pub(crate) mod junit;
pub(crate) mod layout;
pub(crate) mod metrics;
pub(crate) mod model;
pub(crate) mod partitions;
pub(crate) mod plan;
mod plan_human;
mod plan_markdown;
pub(crate) mod profile;
pub(crate) mod progress;
pub(crate) mod rebuild;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod unit_test;
pub(crate) mod unit_test_coverage;
pub(crate) mod verify;

/// A text in which what could steer a terminal is written out, as `\u001b` for an escape: controls, and marks that turn the
/// direction of writing. Lines, tabs and the colors of our own stay. What is JSON means the same after it.
pub(crate) fn harmless(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if steers(c) && !is_color(&text[at..]) {
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a text begins with a color, or the end of one, which steers nothing else.
fn is_color(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("\u{1b}[") else { return false };
    rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m') && COLORS.get().is_some()
}

/// Set where this process colors its text.
static COLORS: std::sync::OnceLock<()> = std::sync::OnceLock::new();

/// Whether text on standard output is colored.
pub(crate) fn color(global: &crate::args::Global) -> bool {
    use std::io::IsTerminal as _;
    let colored = std::io::stdout().is_terminal()
        && !global.no_color
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if colored {
        COLORS.get_or_init(|| ());
    }
    colored
}
