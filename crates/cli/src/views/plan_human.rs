//! The plan for reading on a terminal.

use std::fmt::Write as _;

use dwc_compiler::plan::{Action, Class, DriftKind};

use super::plan::{Change, Load, Plan};

/// The most names of one list; JSON has all of them.
const SHOWN: usize = 8;

pub(super) fn mark(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Alter => "~",
        Action::Rebuild => "±",
        Action::Drop => "-",
    }
}

pub(super) fn meaning(class: Class) -> &'static str {
    match class {
        Class::Additive => "",
        Class::Breaking => "breaking",
        Class::HistoryRewriting => "rewrites history",
        Class::GrainChanging => "changes the grain",
        Class::Destructive => "loses data",
    }
}

/// What a whole change means: what is new has nothing to lose, and may lack what a fresh load would have.
pub(super) fn weighs(change: &Change) -> &'static str {
    match (change.action, change.class) {
        (Action::Create, Class::Destructive) => "lacks history",
        (_, class) => meaning(class),
    }
}

/// A list of names, the first of them.
pub(super) fn some(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

impl Plan {
    pub(crate) fn human(&self, color: bool) -> String {
        let paint =
            |code: &str, text: &str| if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
        let mut text = String::new();
        if self.changes.is_empty() && self.drift.is_empty() {
            let _ = writeln!(text, "no changes: `{}` matches the models", self.target);
        }
        if !self.drift.is_empty() {
            let _ = writeln!(text, "changed in the warehouse since the last apply:");
            for drift in &self.drift {
                let then = match drift.kind {
                    kind if kind.is_left_alone() => "is left unchanged",
                    DriftKind::ObjectInTheWay => "apply will refuse it",
                    _ => "apply will repair it",
                };
                let _ = writeln!(text, "  {} {}: {}; {then}", paint("33", "!"), drift.address, drift.reason);
            }
            text.push('\n');
        }
        for change in &self.changes {
            let code = match change.action {
                Action::Create => "32",
                Action::Alter => "33",
                Action::Rebuild => "35",
                Action::Drop => "31",
            };
            let class = match change.class {
                Class::Additive => String::new(),
                Class::Destructive => format!("  {}", paint("31", weighs(change))),
                _ => format!("  {}", weighs(change)),
            };
            let _ = writeln!(text, "{} {}{class}", paint(code, mark(change.action)), change.address);
            details(&mut text, change);
        }
        let anew: Vec<String> = self
            .reloads
            .iter()
            .filter_map(|anew| Some(format!("    {}: {}\n", anew.model, anew.because.sentence()?)))
            .collect();
        if !anew.is_empty() {
            let _ = write!(text, "\nalso recomputed by the next run:\n{}", anew.concat());
        }
        if let Some(data) = &self.data {
            let _ = writeln!(text, "\nnow, and in environment `{}`:", data.environment);
            for figure in &data.figures {
                let _ = writeln!(text, "    {}", figure.line());
            }
        }
        let whole: Vec<&Load> = self.loads.iter().filter(|load| !load.incremental).collect();
        if !whole.is_empty() {
            let _ = writeln!(text, "\nrecomputed in full by every run that touches them:");
            for load in whole {
                let _ = writeln!(text, "    {}: {}", load.model, load.whole_because.as_deref().unwrap_or_default());
            }
        }
        let [create, alter, rebuild, drop] = self.counts();
        let _ = writeln!(
            text,
            "\nplan for {} on {}: {create} to create, {alter} to alter, {rebuild} to rebuild, {drop} to drop",
            self.project, self.target
        );
        text
    }

    /// The statements, in their order.
    pub(crate) fn sql(&self) -> String {
        let statements = self.changes.iter().flat_map(|change| &change.statements);
        statements.map(|statement| format!("{statement};\n")).collect()
    }
}

fn details(text: &mut String, change: &Change) {
    // A new object's reason is that it is new; what its loads check and what it lacks is said.
    if change.action == Action::Create && !change.mends {
        let checks = change.reasons.iter().filter(|reason| reason.starts_with("check `"));
        for counted in checks.chain(&change.counted) {
            let _ = writeln!(text, "    {counted}");
        }
        return;
    }
    for reason in &change.reasons {
        let _ = writeln!(text, "    {reason}");
    }
    for line in change.query() {
        let _ = writeln!(text, "      {line}");
    }
    for (part, before, after, class) in change.effects() {
        let means = if class == Class::Additive { "additive" } else { meaning(class) };
        let _ = writeln!(text, "    {part}: {before} → {after}, {means}");
    }
    for counted in &change.counted {
        let _ = writeln!(text, "    {counted}");
    }
    let is_touched = !change.is_emptied && (change.reload || change.action == Action::Rebuild);
    if let Some(rows) = change.rows.filter(|_| is_touched) {
        let then = match (change.is_reread, change.reload) {
            (true, _) => ", read again by the next run",
            (false, true) => ", recomputed by the next run",
            (false, false) => "",
        };
        let bytes = change.bytes.map_or_else(String::new, |bytes| format!(", {}", super::partitions::priced(bytes)));
        let word = if rows == 1 { "row" } else { "rows" };
        let _ = writeln!(text, "    {rows} {word}{bytes}{then}");
    }
    for (word, names) in [
        ("read by", &change.downstream),
        ("visible through", &change.downstream_views),
        ("measures", &change.downstream_measures),
        ("columns derived from it", &change.downstream_columns),
    ] {
        if !names.is_empty() {
            let _ = writeln!(text, "    {word} {}", some(names));
        }
    }
}
