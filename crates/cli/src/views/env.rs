//! Environments, and what differs in one, for reading.

use std::fmt::Write as _;

use chrono::NaiveDateTime;
use comfy_table::{Table, presets};
use dwc_runner::{Environment, EnvironmentDiff};

pub(crate) fn list(all: &[Environment], now: NaiveDateTime) -> String {
    if all.is_empty() {
        return "no environments\n".to_owned();
    }
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header([
        "environment",
        "copy of",
        "serial",
        "made (UTC)",
        "until (UTC)",
    ]);
    for one in all {
        let until = match &one.expires_at {
            Some(until) if one.is_expired(now) => format!("{until} (over)"),
            until => until.map_or_else(String::new, |until| until.to_string()),
        };
        table.add_row([&one.name, &one.target, &one.serial.to_string(), &one.created_at, &until]);
    }
    format!("{table}\n")
}

pub(crate) fn diff(found: &EnvironmentDiff) -> String {
    let mut text = String::new();
    for line in &found.schema {
        let _ = writeln!(text, "{}: {}", line.object, line.difference);
    }
    for table in found.tables.iter().filter(|table| table.differs()) {
        let _ = writeln!(
            text,
            "{}: {} rows added, {} removed, {} changed",
            table.table, table.added, table.removed, table.changed
        );
        for column in &table.columns {
            let _ = writeln!(text, "    {}: {} rows", column.column, column.changed);
        }
    }
    let same = found.tables.iter().filter(|table| !table.differs()).count();
    let _ = writeln!(text, "{same} tables hold the same rows");
    text
}
