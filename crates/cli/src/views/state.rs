//! What the warehouse knows of itself, for reading.

use std::fmt::Write as _;

use comfy_table::{Table, presets};
use dwc_runner::{HistoryEntry, StateReport};

pub(crate) fn human(report: &StateReport) -> String {
    let mut tables = Table::new();
    tables.load_preset(presets::UTF8_BORDERS_ONLY).set_header([
        "source table",
        "batch",
        "loaded until (UTC)",
        "watermark",
        "files",
    ]);
    for table in &report.tables {
        tables.add_row([
            table.table.clone(),
            table.batch.to_string(),
            table.bound.clone(),
            table.watermark.clone().unwrap_or_default(),
            table.files.to_string(),
        ]);
    }
    let mut models = Table::new();
    models.load_preset(presets::UTF8_BORDERS_ONLY).set_header(["model", "consumed up to batch"]);
    for (model, batch) in &report.models {
        models.add_row([model.clone(), batch.to_string()]);
    }
    let mut runs = Table::new();
    runs.load_preset(presets::UTF8_BORDERS_ONLY).set_header(["run", "mode", "status", "started (UTC)"]);
    for (run, mode, status, started) in &report.runs {
        runs.add_row([run.to_string(), mode.clone(), status.clone(), started.clone()]);
    }
    let mut gaps = Table::new();
    gaps.load_preset(presets::UTF8_BORDERS_ONLY).set_header(["not loaded", "from (UTC)", "to (UTC)", "why"]);
    for gap in &report.gaps {
        let from = gap.interval.from.map_or_else(|| "the beginning".to_owned(), |from| from.to_string());
        gaps.add_row([gap.table.clone(), from, gap.interval.to.to_string(), gap.reason.clone()]);
    }
    let mut text = String::new();
    let _ = writeln!(text, "{tables}\n{models}\n{runs}");
    if !report.gaps.is_empty() {
        let _ = writeln!(text, "{gaps}\nclose gaps with `dwc run --fill-gaps`");
    }
    let _ = writeln!(text, "serial {}, {} error events", report.serial, report.error_events);
    text
}

pub(crate) fn history(entries: &[HistoryEntry]) -> String {
    if entries.is_empty() {
        return "nothing has been applied to this warehouse\n".to_owned();
    }
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header(["serial", "applied (UTC)", "changes", "way back"]);
    for entry in entries {
        let changes: Vec<String> = [
            (entry.created, "created"),
            (entry.altered, "altered"),
            (entry.rebuilt, "rebuilt"),
            (entry.dropped, "dropped"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        let back =
            if entry.has_snapshot { format!("dwc state rollback --to {}", entry.serial - 1) } else { String::new() };
        table.add_row([entry.serial.to_string(), entry.applied_at.clone(), changes.join(", "), back]);
    }
    format!("{table}\n")
}
