//! Diagnostics on their way out: JSON is data and goes to standard output, text is talk and goes to standard error.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};

use dwc_compiler::diagnostic::{Code, Diagnostic, Severity};
use dwc_compiler::source::FileSet;
use dwc_compiler::syntax::hide_secrets;

use super::{graphical, harmless, json};
use crate::args::{Format, Global};

/// So many problems of one code are drawn: the others are counted, for they are mended alike.
const MOST_OF_A_CODE: usize = 100;

pub(crate) fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Writes what was found, and how much of it. A reader that has gone away changes no exit code.
pub(crate) fn print(files: &FileSet, found: &[Diagnostic], global: &Global) {
    if global.format == Format::Json {
        let _ = writeln!(io::stdout(), "{}", harmless(&format!("{:#}", json::report(files, found))));
        return;
    }
    let shown: Vec<&Diagnostic> =
        found.iter().filter(|diagnostic| !global.quiet || diagnostic.severity == Severity::Error).collect();
    let mut text = String::new();
    let terminal = io::stderr().is_terminal();
    let color = terminal && !global.no_color && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let painter = graphical::painter(terminal, color);
    let mut said: BTreeMap<Code, usize> = BTreeMap::new();
    for diagnostic in &shown {
        let count = said.entry(diagnostic.code).or_default();
        *count += 1;
        if *count > MOST_OF_A_CODE {
            continue;
        }
        match global.format {
            Format::Concise => text.push_str(&printable(&diagnostic.concise(files))),
            _ => text.push_str(&graphical::draw(&painter, files, diagnostic)),
        }
        text.push('\n');
    }
    for (code, count) in said.iter().filter(|(_, count)| **count > MOST_OF_A_CODE) {
        let more = count - MOST_OF_A_CODE;
        text.push_str(&format!("… and {more} more of {} {}; `--format json` lists all\n", code.id(), code.name()));
    }
    if !global.quiet {
        text.push_str(&summary(files, found));
        text.push('\n');
    }
    let _ = io::stderr().write_all(text.as_bytes());
}

/// A text for a terminal: what could steer it is written out, and passwords in addresses are hidden. Names and values come
/// from files.
pub(super) fn printable(text: &str) -> String {
    harmless(&hide_secrets(text))
}

fn summary(files: &FileSet, found: &[Diagnostic]) -> String {
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    let warnings = found.len() - errors;
    match (errors, warnings) {
        (0, 0) => format!("{} checked, no problem found", counted(files.iter().len(), "file")),
        (0, _) => format!("{} found", counted(warnings, "warning")),
        (_, 0) => format!("{} found", counted(errors, "error")),
        _ => format!("{} and {} found", counted(errors, "error"), counted(warnings, "warning")),
    }
}

pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
