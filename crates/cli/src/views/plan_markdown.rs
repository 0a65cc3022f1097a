//! The plan as a review comment: short on top, everything else folded. Names and reasons come from files that others
//! write, so nothing of them is read as markup.

use std::fmt::Write as _;

use dwc_compiler::plan::{Action, Class};

use super::plan::{Cell, Change, Plan};
use super::plan_human::{mark, meaning, some, weighs};

/// Comments are cut by their hosts; GitHub takes 65,536 characters.
const LONGEST: usize = 60_000;

/// The most changes in the table on top.
const ROWS: usize = 40;

impl Plan {
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("<!-- dwc plan {} {} -->\n", comment(&self.project), comment(&self.target));
        let [create, alter, rebuild, drop] = self.counts();
        let _ = writeln!(text, "### dwc plan: {} on {}\n", escaped(&self.project), escaped(&self.target));
        if self.changes.is_empty() && self.drift.is_empty() {
            let _ = writeln!(text, "No changes.");
            return text;
        }
        let _ = writeln!(
            text,
            "**{create}** to create, **{alter}** to alter, **{rebuild}** to rebuild, **{drop}** to drop."
        );
        let lost = self.changes.iter().filter(|change| change.class == Class::Destructive).count();
        if lost > 0 {
            let _ = writeln!(text, "\n> [!CAUTION]\n> {lost} of them lose data.");
        }
        self.table(&mut text);
        let is_said = |change: &&Change| change.action != Action::Create || change.mends || !change.counted.is_empty();
        for change in self.changes.iter().filter(is_said) {
            let _ = writeln!(text, "\n<details><summary><code>{}</code></summary>\n", html(&change.address));
            for line in change.reasons.iter().chain(&change.counted) {
                let _ = writeln!(text, "- {}", escaped(line));
            }
            for (part, before, after, class) in change.effects() {
                let means = if class == Class::Additive { "additive" } else { meaning(class) };
                let _ = writeln!(text, "- {}, {means}", escaped(&format!("{part}: {before} → {after}")));
            }
            let query = change.query();
            if !query.is_empty() {
                let query = query.join("\n");
                let fence = fence(&query);
                let _ = writeln!(text, "\n{fence}diff\n{query}\n{fence}\n");
            }
            for (word, names) in [
                ("read by", &change.downstream),
                ("visible through", &change.downstream_views),
                ("measures", &change.downstream_measures),
                ("columns derived from it", &change.downstream_columns),
            ] {
                if !names.is_empty() {
                    let _ = writeln!(text, "- {word} {}", escaped(&some(names)));
                }
            }
            let _ = writeln!(text, "\n</details>");
        }
        let anew = self.reloads.iter().filter_map(|anew| Some((&anew.model, anew.because.sentence()?)));
        for (at, (model, why)) in anew.enumerate() {
            if at == 0 {
                let _ = writeln!(text, "\n**Also recomputed by the next run**\n");
            }
            let _ = writeln!(text, "- {} {}", code(model), escaped(&why));
        }
        if let Some(data) = &self.data {
            let _ = writeln!(text, "\n**Now, and in environment `{}`**\n", code(&data.environment));
            for figure in &data.figures {
                let _ = writeln!(text, "- {}", escaped(&figure.line()));
            }
        }
        if !self.drift.is_empty() {
            let _ = writeln!(text, "\n**Changed in the warehouse since the last apply**\n");
            for drift in &self.drift {
                let _ = writeln!(text, "- {}: {}", code(&drift.address), escaped(&drift.reason));
            }
        }
        self.matrix(&mut text);
        let sql = self.sql();
        if !sql.is_empty() {
            // A fence longer than any in the text, so that no statement ends it.
            let fence = fence(&sql);
            let folded = format!("\n<details><summary>SQL</summary>\n\n{fence}sql\n{sql}{fence}\n\n</details>\n");
            if text.len() + folded.len() > LONGEST {
                let _ = writeln!(text, "\nThe SQL is too long for a comment; `dwc plan --sql` prints it.");
            } else {
                text.push_str(&folded);
            }
        }
        text
    }

    fn table(&self, text: &mut String) {
        let changed: Vec<_> = self.changes.iter().filter(|change| change.action != Action::Create).collect();
        if changed.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n| | object | means | rows |\n|---|---|---|---|");
        for change in changed.iter().take(ROWS) {
            let rows = change.rows.map_or_else(String::new, |rows| rows.to_string());
            // A bar ends the cell, in code too.
            let address = code(&change.address).replace('|', "\\|");
            let _ = writeln!(text, "| {} | {address} | {} | {rows} |", mark(change.action), weighs(change));
        }
        if changed.len() > ROWS {
            let _ = writeln!(text, "\n… and {} more.", changed.len() - ROWS);
        }
    }

    fn matrix(&self, text: &mut String) {
        let matrix = &self.bus_matrix;
        if matrix.added.is_empty() && matrix.removed.is_empty() {
            return;
        }
        let line = |mark: &str, cell: &Cell| {
            let plain = |word: &str| word.replace(['\n', '\r'], " ");
            format!("{mark} {}: {} × {}\n", plain(&cell.process), plain(&cell.fact), plain(&cell.dimension))
        };
        let lines: String = matrix
            .removed
            .iter()
            .map(|cell| line("-", cell))
            .chain(matrix.added.iter().map(|cell| line("+", cell)))
            .collect();
        let fence = fence(&lines);
        let _ = writeln!(text, "\n<details><summary>Bus matrix</summary>\n\n{fence}diff\n{lines}{fence}\n\n</details>");
    }
}

/// Text that Markdown prints as it is. What stands between two single backticks stays code; where backticks do not pair up
/// like that, they are text as everything else.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let text = text.trim();
    let paired = text.matches('`').count().is_multiple_of(2) && !text.contains("``");
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at > 0 {
            out.push_str(if paired { "`" } else { "\\`" });
        }
        if paired && at % 2 == 1 {
            out.push_str(part);
            continue;
        }
        // What would begin a list within the list.
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let marker = (at == 0).then_some(digits);
        for (index, c) in part.char_indices() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '\\' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' | '$' | ':' => out.extend(['\\', c]),
                '-' | '+' | '=' | '.' | ')' if marker == Some(index) => out.extend(['\\', c]),
                c => out.push(c),
            }
        }
    }
    out
}

/// Text as code, whatever backticks it holds.
pub(super) fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    if !text.contains('`') {
        return format!("`{text}`");
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(['\n', '\r'], " ")
}

/// Text within a comment, which nothing of it may end.
fn comment(text: &str) -> String {
    text.replace(['-', '>', '\n'], "_")
}

fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_write_is_text_whatever_backticks_it_holds() {
        assert_eq!(escaped("column `a_b` changes: 1 * 2"), "column `a_b` changes\\: 1 \\* 2");
        assert_eq!(escaped("`a` ``<b>"), "\\`a\\` \\`\\`&lt;b&gt;");
        assert_eq!(escaped("a ` b **c**"), "a \\` b \\*\\*c\\*\\*");
        assert_eq!(escaped("- [x] https://example.com"), "\\- \\[x\\] https\\://example.com");
        assert_eq!(escaped("12. of\n    them"), "12\\. of     them");
        assert_eq!(code("dw.a"), "`dw.a`");
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(fence("a\n````\n"), "`````");
    }
}
