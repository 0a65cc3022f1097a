//! Diagnostics as JSON: structs of their own with a format version. A field is added, never given another meaning.

use dwc_compiler::diagnostic::{Diagnostic, Severity};
use dwc_compiler::source::{FileSet, Span};
use dwc_compiler::syntax::hide_secrets;
use serde::Serialize;

/// The version of this shape.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    format_version: u32,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Problem<'a> {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    message: String,
    help: Option<String>,
    /// The first one is the main one; none for a problem of the project as a whole.
    places: Vec<Place<'a>>,
    /// What to write instead, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix<'a>>,
}

#[derive(Serialize)]
struct Fix<'a> {
    path: &'a str,
    start: Position,
    /// One past the last character that is replaced.
    end: Position,
    text: String,
    /// Nothing is left to write: `dwc check --fix` makes it.
    complete: bool,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    start: Position,
    /// One past the last character.
    end: Position,
    text: String,
}

/// Lines and columns count from 1, columns in characters; the offset counts bytes from 0.
#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    offset: u32,
}

pub(super) fn report(files: &FileSet, found: &[Diagnostic]) -> serde_json::Value {
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    let report = Report {
        format_version: FORMAT_VERSION,
        errors,
        warnings: found.len() - errors,
        diagnostics: found.iter().map(|diagnostic| problem(files, diagnostic)).collect(),
    };
    serde_json::to_value(report).unwrap_or_default()
}

fn problem<'a>(files: &'a FileSet, diagnostic: &'a Diagnostic) -> Problem<'a> {
    Problem {
        code: diagnostic.code.id(),
        name: diagnostic.code.name(),
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: hide_secrets(&diagnostic.message),
        help: diagnostic.help.as_deref().map(hide_secrets),
        places: diagnostic
            .labels
            .iter()
            .map(|label| Place {
                path: &files.get(label.span.file).path,
                start: position(files, label.span),
                end: position(files, Span { lo: label.span.hi, ..label.span }),
                text: hide_secrets(&label.text),
            })
            .collect(),
        fix: diagnostic.fix.as_ref().and_then(|fix| fix.edit(files)).map(|edit| Fix {
            path: &files.get(edit.span.file).path,
            start: position(files, edit.span),
            end: position(files, Span { lo: edit.span.hi, ..edit.span }),
            text: edit.text,
            complete: edit.is_complete,
        }),
    }
}

fn position(files: &FileSet, span: Span) -> Position {
    let (line, column) = files.position(span);
    Position { line, column, offset: span.lo }
}
