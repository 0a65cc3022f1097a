//! Profiles of tables: for people, as Markdown, and as JSON. Values come from the data of others, so nothing of them is
//! read as markup.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, Table, presets};
use dwc_compiler::sql::{ColumnProfile, Counted, Profile};

use super::diagnostics::counted;
use super::plan_markdown::escaped;

const HEADS: [&str; 6] = ["column", "type", "null", "distinct", "least and greatest", "values or shapes"];

/// The most characters of a value that are shown to people.
const LONGEST: usize = 30;

/// The most values of a column that are shown to people.
const SHOWN: usize = 5;

pub(crate) fn human(profiles: &[Profile]) -> String {
    let mut text = String::new();
    for profile in profiles {
        let _ = writeln!(text, "{}: {}", profile.name, rows(profile.rows));
        if profile.rows == 0 {
            let _ = writeln!(text, "nothing is loaded yet: run `dwc run` first\n");
            continue;
        }
        let mut table = Table::new();
        table.load_preset(presets::UTF8_BORDERS_ONLY).set_header(HEADS);
        for column in &profile.columns {
            table.add_row(cells(profile, column).into_iter().enumerate().map(|(at, cell)| {
                let is_number = (2..4).contains(&at);
                Cell::new(cell).set_alignment(if is_number { CellAlignment::Right } else { CellAlignment::Left })
            }));
        }
        let _ = writeln!(text, "{table}");
        for line in said(profile) {
            let _ = writeln!(text, "{line}");
        }
        for (at, one) in profile.advice.iter().enumerate() {
            let _ = writeln!(text, "{}{}", if at == 0 { "\nsuggestions:\n- " } else { "- " }, one.says);
            for line in one.patch.iter().flat_map(|patch| patch.lines()) {
                let _ = writeln!(text, "    {line}");
            }
        }
        text.push('\n');
    }
    text
}

pub(crate) fn markdown(profiles: &[Profile]) -> String {
    let mut text = String::new();
    for profile in profiles {
        let _ = writeln!(text, "### {}\n\n{}", escaped(&profile.name), rows(profile.rows));
        if profile.rows == 0 {
            text.push('\n');
            continue;
        }
        let _ = writeln!(text, "\n| {} |\n|---|---|---:|---:|---|---|", HEADS.join(" | "));
        for column in &profile.columns {
            let cells: Vec<String> = cells(profile, column).iter().map(|cell| escaped(cell)).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        for (at, line) in said(profile).iter().enumerate() {
            let _ = writeln!(text, "{}- {}", if at == 0 { "\n" } else { "" }, escaped(line));
        }
        for one in &profile.advice {
            let _ = writeln!(text, "\n{}", escaped(&one.says));
            if let Some(patch) = &one.patch {
                let _ = writeln!(text, "\n```yaml\n{}```", patch);
            }
        }
        text.push('\n');
    }
    text
}

pub(crate) fn json(profiles: &[Profile]) -> String {
    format!("{:#}\n", serde_json::json!({ "version": 1, "profiles": profiles }))
}

fn rows(count: u64) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), "row")
}

/// What is known of the columns together.
fn said(profile: &Profile) -> Vec<String> {
    let keys = profile.keys.iter().map(|key| format!("key: {}", key.join(", ")));
    let decides = profile.dependencies.iter().map(|(one, other)| format!("{one} decides {other}"));
    keys.chain(decides).collect()
}

fn cells(profile: &Profile, column: &ColumnProfile) -> [String; 6] {
    let share = |part: u64| match (part, part * 100 / profile.rows.max(1)) {
        (0, _) => "·".to_owned(),
        (_, 0) => "< 1%".to_owned(),
        (_, share) => format!("{share}%"),
    };
    let range = match (&column.least, &column.greatest) {
        (Some(least), Some(greatest)) if least == greatest => short(least),
        (Some(least), Some(greatest)) => format!("{} … {}", short(least), short(greatest)),
        _ => match (column.shortest, column.longest) {
            (Some(shortest), Some(longest)) => format!("{shortest} to {longest} characters"),
            _ => String::new(),
        },
    };
    let list = |all: &[Counted]| {
        let texts: Vec<String> =
            all.iter().take(SHOWN).map(|one| format!("{} ({})", short(&one.value), share(one.rows))).collect();
        texts.join(", ") + if all.len() > SHOWN { ", …" } else { "" }
    };
    let told = if column.values.is_empty() { list(&column.patterns) } else { list(&column.values) };
    let told = match (&column.personal, told.is_empty()) {
        (Some(what), true) => what.clone(),
        (Some(what), false) => format!("{what}: {told}"),
        (None, _) => told,
    };
    [
        column.name.clone(),
        column.ty.clone(),
        share(column.nulls),
        column.distinct.map_or_else(String::new, |distinct| distinct.to_string()),
        range,
        told,
    ]
}

/// A value on one line, cut where it is long.
fn short(value: &str) -> String {
    let line = value.replace('\n', "\\n").replace('\r', "\\r");
    if line.is_empty() {
        return "''".to_owned();
    }
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}
