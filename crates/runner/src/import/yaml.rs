//! Writes a proposal as YAML that a person goes on with: one key per line, comments where a decision is due.
//! It must not decide anything.

use super::{Proposal, ProposedTable};

/// The source file.
pub(super) fn write(proposal: &Proposal) -> String {
    let mut out = String::new();
    for note in &proposal.notes {
        comment(&mut out, 0, note);
    }
    line(&mut out, 0, &format!("source: {}", key(&proposal.name)));
    line(&mut out, 0, &format!("type: {}", proposal.ty));
    if let Some(url) = &proposal.url {
        line(&mut out, 0, &format!("url: {}", text(url)));
    }
    line(&mut out, 0, "tables:");
    for table in &proposal.tables {
        write_table(&mut out, table);
    }
    out
}

fn write_table(out: &mut String, table: &ProposedTable) {
    for note in &table.notes {
        comment(out, 2, note);
    }
    line(out, 2, &format!("{}:", key(&table.name)));
    if let Some(description) = &table.description {
        line(out, 4, &format!("description: {}", text(description)));
    }
    if let Some(name) = &table.physical {
        line(out, 4, &format!("name: {}", text(name)));
    }
    for (name, value) in &table.settings {
        line(out, 4, &format!("{name}: {value}"));
    }
    if !table.primary_key.is_empty() {
        let names: Vec<String> = table.primary_key.iter().map(|name| key(name)).collect();
        line(out, 4, &format!("primary_key: [{}]", names.join(", ")));
    }
    if let Some(cursor) = &table.cursor {
        line(out, 4, &format!("cursor: {}", key(cursor)));
    }
    line(out, 4, "columns:");
    for column in &table.columns {
        let mut long = vec![format!("type: {}", quoted_type(&column.ty))];
        long.extend(column.header.as_ref().map(|name| format!("name: {}", text(name))));
        long.extend(column.description.as_ref().map(|description| format!("description: {}", text(description))));
        long.extend(column.folds_case.then(|| "collation: \"und:ci\"".to_owned()));
        let ty = if long.len() > 1 { format!("{{ {} }}", long.join(", ")) } else { quoted_type(&column.ty) };
        let note = column.note.as_ref().map_or_else(String::new, |note| format!(" # {}", one_line(note)));
        line(out, 6, &format!("{}: {ty}{note}", key(&column.name)));
    }
}

/// A type; one with commas or brackets is quoted, since it may stand in a flow mapping.
fn quoted_type(ty: &str) -> String {
    if ty.chars().all(|c| c.is_ascii_alphanumeric()) { ty.to_owned() } else { text(ty) }
}

fn line(out: &mut String, indent: usize, text: &str) {
    out.push_str(&" ".repeat(indent));
    out.push_str(text);
    out.push('\n');
}

fn comment(out: &mut String, indent: usize, note: &str) {
    line(out, indent, &format!("# {}", one_line(note)));
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') { ' ' } else { c })
        .collect()
}

/// A name as a key or value; words that YAML reads as something else are quoted.
pub(super) fn key(name: &str) -> String {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if super::is_name(name) && !words.contains(&name.to_ascii_lowercase().as_str()) {
        name.to_owned()
    } else {
        text(name)
    }
}

/// Any text, quoted.
pub(super) fn text(value: &str) -> String {
    let mut quoted = String::from("\"");
    for character in value.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
