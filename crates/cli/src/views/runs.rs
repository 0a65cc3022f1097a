//! What the warehouse remembers of its runs, for reading.

use std::fmt::Write as _;

use chrono::NaiveDateTime;
use comfy_table::{Cell, CellAlignment, Table, presets};
use dwc_runner::{ModelOutcome, RunEntry, RunReport, SourceOutcome};

/// A line for each run.
pub(crate) fn list(entries: &[RunEntry]) -> String {
    let mut table = Table::new();
    let header = ["run", "mode", "status", "started (UTC)", "took", "landed", "loaded", "rejected", "look at"];
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header(header);
    for entry in entries {
        let number = |of: fn(&RunReport) -> i64| {
            let text = entry.report.as_ref().map_or_else(String::new, |report| of(report).to_string());
            Cell::new(text).set_alignment(CellAlignment::Right)
        };
        table.add_row([
            Cell::new(entry.run).set_alignment(CellAlignment::Right),
            Cell::new(&entry.mode),
            Cell::new(&entry.status),
            Cell::new(second(entry.started_at)),
            Cell::new(entry.milliseconds().map_or_else(String::new, took)).set_alignment(CellAlignment::Right),
            number(landed),
            number(loaded),
            number(rejected),
            Cell::new(entry.report.as_ref().map_or_else(String::new, concerns)),
        ]);
    }
    format!("{table}\n")
}

/// One run, with what it did.
pub(crate) fn one(entry: &RunEntry) -> String {
    let mut text = String::new();
    let _ = write!(text, "run {} ({}) was started at {} UTC", entry.run, entry.mode, second(entry.started_at));
    if let Some(finished) = entry.finished_at {
        let _ = write!(text, " and ended at {} UTC", second(finished));
    }
    if let Some(milliseconds) = entry.milliseconds() {
        let _ = write!(text, ", after {}", took(milliseconds));
    }
    let _ = writeln!(text, ": {}", entry.status.replace('_', " "));
    match &entry.report {
        Some(report) => text.push_str(&super::run::human(report)),
        None => text.push_str("it left no report\n"),
    }
    text
}

/// Rows that a run has changed in the landing tables.
fn landed(report: &RunReport) -> i64 {
    let tables = report.sources.iter().flat_map(|source| &source.tables);
    tables.map(|table| table.inserted + table.updated + table.deleted).sum()
}

/// Rows that a run has changed in the star.
fn loaded(report: &RunReport) -> i64 {
    report.models.iter().map(|model| model.inserted + model.updated + model.deleted).sum()
}

fn rejected(report: &RunReport) -> i64 {
    let landed = report.sources.iter().flat_map(|source| &source.tables).map(|table| table.rejected);
    landed.chain(report.models.iter().map(|model| model.rejected)).sum()
}

/// The names of what somebody has to look at.
fn concerns(report: &RunReport) -> String {
    let sources = report.sources.iter().filter_map(|source| match source.outcome {
        SourceOutcome::Landed => None,
        SourceOutcome::Unreachable(_) => Some(format!("{} not reached", source.source)),
        SourceOutcome::Stopped(_) => Some(format!("{} stopped", source.source)),
    });
    let held = report.models.iter().filter(|model| model.outcome == ModelOutcome::HeldBack);
    sources.chain(held.map(|model| format!("{} held back", model.model))).collect::<Vec<_>>().join(", ")
}

fn second(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A length of time, as a person says it.
fn took(milliseconds: i64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
        _ => format!("{} h {} min", milliseconds / 3_600_000, milliseconds % 3_600_000 / 60_000),
    }
}

#[cfg(test)]
mod tests {
    use super::took;

    #[test]
    fn times_are_short() {
        for (milliseconds, text) in
            [(7, "7 ms"), (1_234, "1.2 s"), (59_999, "59.9 s"), (61_000, "1 min 1 s"), (7_320_000, "2 h 2 min")]
        {
            assert_eq!(took(milliseconds), text);
        }
    }
}
