//! What a run did, as tables for reading.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, Table, presets};
use dwc_runner::{ModelOutcome, RunReport, SourceOutcome};

pub(crate) fn human(report: &RunReport) -> String {
    let mut landed =
        table(&["landed", "extracted", "inserted", "updated", "deleted", "unchanged", "superseded", "rejected"]);
    let mut notes = String::new();
    for source in &report.sources {
        if let SourceOutcome::Unreachable(reason) = &source.outcome {
            notes.push_str(&format!("source {} was not reached: {reason}\n", source.source));
        }
        if let SourceOutcome::Stopped(reason) = &source.outcome {
            let _ =
                writeln!(notes, "source {} was stopped, and nothing more of it was landed: {reason}", source.source);
        }
        for notice in &source.notices {
            let _ = writeln!(notes, "warning[{}]: {}: {}", notice.code, notice.message, notice.keys.join("; "));
        }
        for table in &source.left_out {
            notes.push_str(&format!("table {table} was left out: it has no cursor that is a time\n"));
        }
        for t in &source.tables {
            landed.add_row(row(
                &t.table,
                &[t.extracted, t.inserted, t.updated, t.deleted, t.unchanged, t.superseded, t.rejected],
            ));
        }
    }
    // Only models with screens reject rows.
    let rejects = report.models.iter().any(|model| model.rejected > 0);
    let mut header = vec!["loaded", "how", "extracted", "inserted", "updated", "deleted", "unchanged"];
    header.extend(rejects.then_some("rejected").into_iter().chain(["rebound", "ms"]));
    let mut loaded = table(&header);
    let mut up_to_date = 0;
    for m in &report.models {
        let how = match &m.outcome {
            ModelOutcome::Incremental => "changes",
            ModelOutcome::Full => "whole",
            ModelOutcome::HeldBack => "held back",
            ModelOutcome::Waiting(_) => "waiting",
            ModelOutcome::UpToDate => {
                up_to_date += 1;
                continue;
            }
        };
        for notice in &m.notices {
            let _ = writeln!(notes, "warning[{}]: {}: {}", notice.code, notice.message, notice.keys.join("; "));
        }
        let mut cells = vec![Cell::new(&m.model), Cell::new(how)];
        let time = i64::try_from(m.milliseconds).unwrap_or(i64::MAX);
        cells.extend([m.extracted, m.inserted, m.updated, m.deleted, m.unchanged].map(number));
        cells.extend(rejects.then_some(m.rejected).into_iter().chain([m.rebound, time]).map(number));
        loaded.add_row(cells);
    }
    let mut text = String::new();
    for table in [&landed, &loaded] {
        if table.row_count() > 0 {
            text.push_str(&format!("{table}\n"));
        }
    }
    text.push_str(&notes);
    if up_to_date > 0 {
        let models = if up_to_date == 1 { "model" } else { "models" };
        text.push_str(&format!("{up_to_date} {models} had nothing to load\n"));
    }
    let _ = writeln!(text, "run {} ({}) {}", report.run, report.mode, ending(report));
    text
}

/// How a run ended, in words.
fn ending(report: &RunReport) -> String {
    let is =
        |outcome: fn(&SourceOutcome) -> bool| report.sources.iter().filter(|source| outcome(&source.outcome)).count();
    let held = report.models.iter().filter(|model| model.outcome == ModelOutcome::HeldBack).count();
    let counted = |count: usize, what: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("one {what}")),
        _ => Some(format!("{count} {many}")),
    };
    let missing: Vec<String> = [
        counted(held, "model was held back", "models were held back"),
        counted(
            is(|outcome| matches!(outcome, SourceOutcome::Stopped(_))),
            "source was stopped",
            "sources were stopped",
        ),
        counted(
            is(|outcome| matches!(outcome, SourceOutcome::Unreachable(_))),
            "source was not reached",
            "sources were not reached",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if missing.is_empty() { "is done".to_owned() } else { format!("is not complete: {}", missing.join(", ")) }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header(header);
    table
}

fn row(name: &str, numbers: &[i64]) -> Vec<Cell> {
    std::iter::once(Cell::new(name)).chain(numbers.iter().map(|value| number(*value))).collect()
}

fn number(value: i64) -> Cell {
    Cell::new(if value == 0 { "·".to_owned() } else { value.to_string() }).set_alignment(CellAlignment::Right)
}
