//! What became of unit tests: a line for each, and a table of what differs; as JSON; as JUnit XML.

use std::fmt::Write as _;

use chrono_tz::Tz;
use comfy_table::{Cell, Table, presets};
use dwc_compiler::diagnostic::Diagnostic;
use dwc_compiler::model::{UnitTest, Value, shown};
use dwc_compiler::source::{FileSet, Span};
use dwc_googlesql::Type;
use dwc_runner::{Mark, Offence, RowsFailure, UnitTestFailure, UnitTestOutcome};
use serde_json::{Value as Json, json};

use super::harmless;
use super::junit::{self, Case, Ended};
use crate::args::Global;

/// Tests with what became of them.
pub(crate) struct Tested<'t> {
    pub(crate) files: &'t FileSet,
    /// The zone in which instants are shown.
    pub(crate) zone: Tz,
    pub(crate) tests: &'t [&'t UnitTest],
    pub(crate) outcomes: &'t [UnitTestOutcome],
}

impl Tested<'_> {
    fn place(&self, span: Span) -> String {
        format!("{}:{}", self.files.get(span.file).path, self.files.position(span).0)
    }

    fn failed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count()
    }

    pub(crate) fn human(&self, global: &Global, milliseconds: u64) -> String {
        let (mut lines, mut details) = (String::new(), String::new());
        for (test, outcome) in self.tests.iter().zip(self.outcomes) {
            let word = if outcome.failures.is_empty() { "ok  " } else { "FAIL" };
            if !(global.quiet && outcome.failures.is_empty()) {
                let _ =
                    writeln!(lines, "{word}  {} ({}, {} ms)", test.name, self.place(test.span), outcome.milliseconds);
            }
            for failure in &outcome.failures {
                let _ = writeln!(details, "\n{}: {}", test.name, self.told(failure));
            }
            for note in &outcome.notes {
                let _ = writeln!(details, "  note: {note}");
            }
        }
        let (failed, all) = (self.failed(), self.tests.len());
        let _ = writeln!(
            details,
            "{}{} passed, {failed} failed in {:.2} s",
            if details.is_empty() { "" } else { "\n" },
            all - failed,
            milliseconds as f64 / 1000.0
        );
        harmless(&(lines + &details))
    }

    /// A failure as a reader is told of it.
    fn told(&self, failure: &UnitTestFailure) -> String {
        match failure {
            UnitTestFailure::Problem(offence) => {
                let help = if offence.help.is_empty() { String::new() } else { format!("\n  help: {}", offence.help) };
                format!("a problem that the test does not expect\n  {}{help}", concise(self.files, offence))
            }
            UnitTestFailure::Missing(code, span) => {
                format!("{} is not reported ({})", code.id(), self.place(*span))
            }
            UnitTestFailure::Rows(rows) => {
                let difference = &rows.difference;
                let head = format!(
                    "{} differs ({}): {} expected, {} found",
                    rows.of,
                    self.place(rows.span),
                    super::diagnostics::counted(difference.expected, "row"),
                    difference.found
                );
                if difference.lines.is_empty() { head } else { format!("{head}\n{}", self.table(rows)) }
            }
        }
    }

    /// The rows: `-` was expected and is not there, `+` is there and was not expected; `≠` marks what differs.
    fn table(&self, rows: &RowsFailure) -> String {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_BORDERS_ONLY);
        table.set_header(std::iter::once("").chain(rows.columns.iter().map(|column| column.name.as_str())));
        for line in &rows.difference.lines {
            let mark = match line.mark {
                Mark::Same => " ",
                Mark::Missing => "-",
                Mark::Extra => "+",
            };
            let values = line.values.iter().zip(&line.differs).zip(&rows.columns).map(|((value, differs), column)| {
                let text = value.as_ref().map(|value| text(value, &column.ty, self.zone)).unwrap_or_default();
                let text = text.replace('\n', "\\n").replace('\r', "\\r");
                Cell::new(if *differs { format!("≠ {text}") } else { text })
            });
            table.add_row(std::iter::once(Cell::new(mark)).chain(values));
        }
        table.to_string()
    }

    pub(crate) fn json(&self, milliseconds: u64) -> Json {
        let tests: Vec<Json> = self
            .tests
            .iter()
            .zip(self.outcomes)
            .map(|(test, outcome)| {
                let failures: Vec<Json> = outcome.failures.iter().map(|failure| self.failure(failure)).collect();
                json!({
                    "name": test.name,
                    "path": self.files.get(test.span.file).path,
                    "line": self.files.position(test.span).0,
                    "passed": outcome.failures.is_empty(),
                    "milliseconds": outcome.milliseconds,
                    "failures": failures,
                    "notes": outcome.notes,
                })
            })
            .collect();
        let failed = self.failed();
        json!({
            "format_version": 1,
            "passed": self.tests.len() - failed,
            "failed": failed,
            "milliseconds": milliseconds,
            "tests": tests,
        })
    }

    fn failure(&self, failure: &UnitTestFailure) -> Json {
        match failure {
            UnitTestFailure::Problem(offence) => json!({
                "kind": "problem", "code": offence.code.id(), "message": offence.message, "keys": offence.keys,
            }),
            UnitTestFailure::Missing(code, _) => json!({ "kind": "missing_diagnostic", "code": code.id() }),
            UnitTestFailure::Rows(rows) => {
                let lines: Vec<Json> = rows
                    .difference
                    .lines
                    .iter()
                    .map(|line| {
                        let row = match line.mark {
                            Mark::Same => "same",
                            Mark::Missing => "missing",
                            Mark::Extra => "extra",
                        };
                        let named = rows.columns.iter().zip(&line.values);
                        let values: serde_json::Map<String, Json> = named
                            .filter_map(|(column, value)| {
                                let value = value.as_ref()?.as_ref().map(|value| shown(value, &column.ty, self.zone));
                                Some((column.name.clone(), json!(value)))
                            })
                            .collect();
                        json!({ "row": row, "values": values })
                    })
                    .collect();
                json!({
                    "kind": "rows",
                    "of": rows.of,
                    "line": self.files.position(rows.span).0,
                    "expected": rows.difference.expected,
                    "found": rows.difference.found,
                    "rows": lines,
                })
            }
        }
    }

    pub(crate) fn junit(&self, milliseconds: u64) -> String {
        let case = |(test, outcome): (&&UnitTest, &UnitTestOutcome)| {
            let path = &self.files.get(test.span.file).path;
            let told: Vec<String> = outcome.failures.iter().map(|failure| self.told(failure)).collect();
            Case {
                name: test.name.clone(),
                class: path.trim_end_matches(".yaml").trim_end_matches(".yml").to_owned(),
                place: Some((path.clone(), self.files.position(test.span).0)),
                milliseconds: Some(outcome.milliseconds),
                ended: if told.is_empty() { Ended::Passed } else { Ended::Failed(told) },
                said: Vec::new(),
            }
        };
        let cases: Vec<Case> = self.tests.iter().zip(self.outcomes).map(case).collect();
        junit::written("dwc test", Some(milliseconds), &cases)
    }
}

fn concise(files: &FileSet, offence: &Offence) -> String {
    let keys = if offence.keys.is_empty() { String::new() } else { format!(": {}", offence.keys.join("; ")) };
    let diagnostic = Diagnostic::new(offence.code, format!("{}{keys}", offence.message));
    let placed = match offence.span {
        Some(span) => diagnostic.at(span, ""),
        None => diagnostic,
    };
    placed.concise(files)
}

fn text(value: &Value, ty: &Type, zone: Tz) -> String {
    value.as_ref().map_or_else(|| "NULL".to_owned(), |value| shown(value, ty, zone))
}

/// Rows as YAML, in place of those that stand at a byte of a file.
pub(crate) fn as_yaml(file: &str, at: usize, rows: &RowsFailure, zone: Tz) -> String {
    if rows.difference.lines.is_empty() {
        return rows.difference.found.to_string();
    }
    let line = file[..at].rfind('\n').map_or(0, |at| at + 1);
    let before = &file[line..at];
    let indent = before.len() - before.trim_start().len();
    // A list that begins its line stays a block; one within a line, in brackets, stays there.
    let is_block = before.trim().is_empty() && file[at..].starts_with('-');
    let items: Vec<String> = rows
        .difference
        .now
        .iter()
        .map(|row| {
            let values: Vec<String> = rows
                .columns
                .iter()
                .zip(row)
                .filter_map(|(column, value)| {
                    let value = match value.as_ref()? {
                        None => "null".to_owned(),
                        Some(value) => scalar(&shown(value, &column.ty, zone), &column.ty),
                    };
                    Some(format!("{}: {value}", column.name))
                })
                .collect();
            format!("{{ {} }}", values.join(", "))
        })
        .collect();
    match (is_block, items.is_empty()) {
        (_, true) => "[]".to_owned(),
        (true, _) => items
            .iter()
            .enumerate()
            .map(|(at, item)| if at == 0 { format!("- {item}") } else { format!("\n{}- {item}", " ".repeat(indent)) })
            .collect(),
        (false, _) => format!("[{}]", items.join(", ")),
    }
}

/// A value as YAML reads it again.
fn scalar(value: &str, ty: &Type) -> String {
    match ty {
        // Documents are YAML, too.
        Type::Json | Type::Array(_) | Type::Struct(_) => value.to_owned(),
        Type::Bool | Type::Int64 | Type::Float64 | Type::Numeric(_) | Type::BigNumeric(_) | Type::Date => {
            value.to_owned()
        }
        Type::Timestamp | Type::DateTime => value.to_owned(),
        _ => {
            let is_word = !value.is_empty()
                && value.trim() == value
                && !value.eq_ignore_ascii_case("null")
                && value.chars().next().is_some_and(char::is_alphabetic)
                && value.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'));
            if is_word { value.to_owned() } else { Json::String(value.to_owned()).to_string() }
        }
    }
}
