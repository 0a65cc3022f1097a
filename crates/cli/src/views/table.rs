//! Rows of an answer: aligned for reading, or as JSON.

use comfy_table::{Cell, CellAlignment, Table, presets};

use super::harmless;

pub(crate) fn human(names: &[String], rows: &[Vec<Option<String>>]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header(names);
    for row in rows {
        table.add_row(row.iter().map(|value| {
            // A row stays on its line, whatever a value holds.
            let text = value.as_deref().unwrap_or("NULL").replace('\n', "\\n").replace('\r', "\\r");
            let number = value.as_deref().is_some_and(|text| text.parse::<f64>().is_ok());
            Cell::new(harmless(&text)).set_alignment(if number { CellAlignment::Right } else { CellAlignment::Left })
        }));
    }
    format!("{table}\n")
}

pub(crate) fn json(names: &[String], rows: &[Vec<Option<String>>]) -> String {
    let rows: Vec<serde_json::Value> = rows
        .iter()
        .map(|row| {
            let fields = names.iter().zip(row).map(|(name, value)| (name.clone(), serde_json::json!(value)));
            serde_json::Value::Object(fields.collect())
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(rows))
}
