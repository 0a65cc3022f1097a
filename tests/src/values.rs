//! The tables of docs/values.md, which every kind of source is tested against. It must not know how a source is made.

/// One row of a table.
#[derive(Debug, Clone)]
pub struct Case {
    /// The declared type.
    pub ty: String,
    /// The value as the page writes it: a text, a number, or a moment with its kind.
    pub value: String,
    /// What lands; `None` where the row is rejected.
    pub lands: Option<String>,
}

/// The rows of a section's table.
///
/// # Panics
/// The page has no such section.
#[must_use]
pub fn cases(section: &str) -> Vec<Case> {
    let page = include_str!("../../docs/values.md");
    let (_, after) = page.split_once(&format!("## {section}\n")).expect("a section of the page");
    let table = after.split("\n## ").next().unwrap_or_default();
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| type "));
    let code = |cell: &str| match cell.trim().trim_matches('`') {
        "\"\"" => String::new(),
        text => text.to_owned(),
    };
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let value = if cells[1].trim().starts_with('`') { code(cells[1]) } else { cells[1].trim().to_owned() };
        let lands = (cells[2].trim() != "rejected").then(|| code(cells[2]));
        Case { ty: cells[0].trim().to_owned(), value, lands }
    })
    .collect()
}

/// A column `v` of a type as the page writes what lands, in the words of the embedded engine.
#[must_use]
pub fn landed(ty: &str) -> String {
    match ty {
        "DATETIME" | "TIMESTAMP" | "TIME" | "JSON" => "CAST(v AS VARCHAR)".to_owned(),
        _ if ty.starts_with("ARRAY") => "CAST(v AS VARCHAR)".to_owned(),
        _ => "v".to_owned(),
    }
}
