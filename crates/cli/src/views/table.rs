//! Rows of an answer: aligned for reading, as JSON, or as CSV.

use comfy_table::{Cell, CellAlignment, Table, presets};

use super::harmless;

/// The first rows, `most` of them, and a notice of those that are left out.
pub(crate) fn human(names: &[String], rows: &[Vec<Option<String>>], most: usize) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header(names);
    for row in rows.iter().take(most) {
        table.add_row(row.iter().map(|value| {
            // A row stays on its line, whatever a value holds.
            let text = value.as_deref().unwrap_or("NULL").replace('\n', "\\n").replace('\r', "\\r");
            let number = value.as_deref().is_some_and(|text| text.parse::<f64>().is_ok());
            Cell::new(harmless(&text)).set_alignment(if number { CellAlignment::Right } else { CellAlignment::Left })
        }));
    }
    if rows.len() <= most {
        return format!("{table}\n");
    }
    format!("{table}\n{most} of {} rows; `--format csv` and `--format json` write all of them\n", rows.len())
}

/// Rows as RFC 4180 has them; NULL is an empty field, and an empty text is `""`.
pub(crate) fn csv(names: &[String], rows: &[Vec<Option<String>>]) -> String {
    let field = |text: &str| {
        let plain = !text.is_empty() && !text.contains([',', '"', '\n', '\r']) && text.trim() == text;
        if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
    };
    let head = names.iter().map(|name| field(name)).collect::<Vec<_>>().join(",");
    let lines = rows.iter().map(|row| {
        row.iter().map(|value| value.as_deref().map(field).unwrap_or_default()).collect::<Vec<_>>().join(",")
    });
    std::iter::once(head).chain(lines).map(|line| line + "\r\n").collect()
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

#[cfg(test)]
mod tests {
    use super::{csv, human};

    fn rows() -> Vec<Vec<Option<String>>> {
        vec![vec![Some("a, \"b\"".to_owned()), None], vec![Some(String::new()), Some("2".to_owned())]]
    }

    #[test]
    fn a_terminal_is_told_what_is_left_out() {
        let names = ["name".to_owned(), "n".to_owned()];
        assert!(
            human(&names, &rows(), 1).ends_with("1 of 2 rows; `--format csv` and `--format json` write all of them\n")
        );
        assert!(!human(&names, &rows(), 2).contains("of 2 rows"));
    }

    #[test]
    fn a_field_is_quoted_where_it_must_be() {
        let names = ["name".to_owned(), "n".to_owned()];
        assert_eq!(csv(&names, &rows()), "name,n\r\n\"a, \"\"b\"\"\",\r\n\"\",2\r\n");
    }
}
