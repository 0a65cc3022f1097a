//! What a verification has looked at and found: by table, as JSON, as JUnit XML and as Markdown. It must not decide what fails.

use std::fmt::Write as _;

use dwc_compiler::model::{ModelId, Project};
use dwc_compiler::source::FileSet;
use dwc_compiler::syntax::hide_secrets;
use dwc_runner::{Aspect, Looked, Offence, Outcome, TableReconciled, Weighed, Weight};
use serde_json::{Value as Json, json};

use super::diagnostics::counted;
use super::json::report;
use super::junit::{self, Case, Ended};
use super::plan_markdown::{code, escaped, html};
use crate::args::FailOn;
use crate::exit::Exit;

/// Reviews cut comments that are longer; GitHub takes 65,536 characters.
const LONGEST: usize = 60_000;

/// Everything that was looked at.
pub(crate) struct Verified<'v> {
    pub(crate) files: &'v FileSet,
    pub(crate) project: &'v Project,
    pub(crate) target: &'v str,
    pub(crate) looked: Vec<&'v Looked>,
    pub(crate) tables: &'v [TableReconciled],
    pub(crate) fail_on: FailOn,
}

/// What was looked at of one table.
struct Table<'v> {
    name: &'v str,
    kind: &'static str,
    looked: Vec<&'v Looked>,
}

impl<'v> Verified<'v> {
    /// Source tables in the order of the project, then models in load order, then what belongs to neither.
    fn tables(&self) -> Vec<Table<'v>> {
        let project = self.project;
        let sources = project.sources.iter().flat_map(|source| {
            let tables = project.tables.iter().filter(move |table| table.source == source.name);
            std::iter::once((source.name.as_str(), "source"))
                .chain(tables.map(|table| (table.address.as_str(), "source_table")))
        });
        let models = project.order.iter().map(|id| {
            let kind = if matches!(id, ModelId::Dimension(_)) { "dimension" } else { "fact" };
            (project.model_name(*id), kind)
        });
        let named: Vec<(&str, &str)> = sources.chain(models).collect();
        let other = |one: &&&Looked| !named.iter().any(|(name, _)| *name == one.of);
        let others = self.looked.iter().filter(other).map(|one| (one.of.as_str(), "other"));
        let mut all: Vec<Table<'v>> = Vec::new();
        for (name, kind) in named.iter().copied().chain(others) {
            let looked: Vec<&Looked> = self.looked.iter().copied().filter(|one| one.of == name).collect();
            if !looked.is_empty() && all.iter().all(|table| table.name != name) {
                all.push(Table { name, kind, looked });
            }
        }
        all
    }

    /// The diagnostics of `--format json` with everything that was looked at.
    pub(crate) fn json(&self, found: &[dwc_compiler::diagnostic::Diagnostic]) -> Json {
        let mut all = report(self.files, found);
        let tables = self.tables();
        let tables = tables.iter().map(|table| {
            let looked: Vec<Json> = table.looked.iter().map(|one| self.looked_json(one)).collect();
            let mut said = json!({ "table": table.name, "kind": table.kind, "looked_at": looked });
            if let Some(compared) = self.tables.iter().find(|one| one.table == table.name) {
                said["reconciliation"] = json!(compared);
            }
            said
        });
        all["tables"] = tables.collect();
        all
    }

    fn looked_json(&self, one: &Looked) -> Json {
        let finding = |finding: &Weighed| {
            let offence = &finding.offence;
            json!({
                "code": offence.code.id(),
                "severity": if finding.weight == Weight::Error { "error" } else { "warning" },
                "message": hide_secrets(&offence.message),
                "keys": offence.keys,
                "repaired": finding.weight == Weight::Mended,
            })
        };
        let mut said = json!({
            "kind": kind(one.at),
            "name": one.name,
            "status": match one.outcome() {
                Outcome::Passed => "passed",
                Outcome::Warned => "warned",
                Outcome::Failed => "failed",
                Outcome::LeftOut => "left_out",
            },
            "findings": one.findings.iter().map(finding).collect::<Vec<_>>(),
        });
        if let Some(rows) = one.rows {
            said["rows"] = json!(rows);
        }
        if one.tolerated > 0 {
            said["tolerated"] = json!(one.tolerated);
        }
        for (key, text) in [("part", &one.part), ("left_out", &one.left_out)] {
            if let Some(text) = text {
                said[key] = json!(text);
            }
        }
        said
    }

    /// One test case for each thing that was looked at.
    pub(crate) fn junit(&self) -> String {
        let tables = self.tables();
        let case = |one: &&Looked| {
            let fails = |finding: &&Weighed| match finding.weight {
                Weight::Error => true,
                Weight::Warning => self.fail_on == FailOn::Warn,
                Weight::Mended => false,
            };
            let failing: Vec<&Offence> = one.findings.iter().filter(fails).map(|finding| &finding.offence).collect();
            let problems: Vec<String> = failing.iter().map(|offence| problem(offence)).collect();
            let is_world = |offence: &&Offence| Exit::of(Some(offence.code)) == Exit::WorldFailed;
            let ended = match &one.left_out {
                _ if !failing.is_empty() && failing.iter().all(is_world) => Ended::Broken(problems),
                _ if !failing.is_empty() => Ended::Failed(problems),
                Some(why) => Ended::LeftOut(why.clone()),
                None => Ended::Passed,
            };
            let other = |finding: &&Weighed| !fails(finding);
            let said = one.findings.iter().filter(other).map(|finding| match finding.weight {
                Weight::Mended => format!("repaired: {}", problem(&finding.offence)),
                _ => format!("warning: {}", problem(&finding.offence)),
            });
            let place = one.span.map(|span| (self.files.get(span.file).path.clone(), self.files.position(span).0));
            Case {
                name: label(one),
                class: one.of.clone(),
                place,
                milliseconds: None,
                ended,
                said: said.chain(notes(one)).collect(),
            }
        };
        let cases: Vec<Case> = tables.iter().flat_map(|table| &table.looked).map(case).collect();
        junit::written("dwc verify", None, &cases)
    }

    /// A report for a review: what was found on top, everything else folded.
    pub(crate) fn markdown(&self) -> String {
        let tables = self.tables();
        let all: Vec<&Looked> = tables.iter().flat_map(|table| table.looked.iter().copied()).collect();
        let count = |outcome| all.iter().filter(|one| one.outcome() == outcome).count();
        let mut text = format!("### dwc verify: {} on {}\n\n", escaped(&self.project.name), escaped(self.target));
        let parts = [
            (Outcome::Passed, "passed"),
            (Outcome::Failed, "failed"),
            (Outcome::Warned, "with warnings"),
            (Outcome::LeftOut, "left out"),
        ];
        let parts = parts.map(|(outcome, word)| (count(outcome), word)).into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, word)| format!("**{count}** {word}")).collect();
        let _ =
            writeln!(text, "{}.", if parts.is_empty() { "Nothing was looked at".to_owned() } else { parts.join(", ") });
        let found: Vec<&&Looked> = all.iter().filter(|one| !one.findings.is_empty() || one.tolerated > 0).collect();
        if !found.is_empty() {
            text.push_str("\n| | table | looked at | found |\n|---|---|---|---|\n");
        }
        for one in found {
            let each = one.findings.iter().map(|finding| {
                let repaired = if finding.weight == Weight::Mended { "repaired: " } else { "" };
                format!("{repaired}{} {}", finding.offence.code.id(), hide_secrets(&told(&finding.offence)))
            });
            let said: Vec<String> = each.chain(notes(one)).map(|line| escaped(&line)).collect();
            let _ = writeln!(text, "{} {} |", row(one), said.join("<br>"));
        }
        self.reconciliation(&mut text);
        let lines: String = all.iter().map(|one| format!("{} {} |\n", row(one), escaped(&extent(one)))).collect();
        if text.len() + lines.len() <= LONGEST && !lines.is_empty() {
            let _ = writeln!(
                text,
                "\n<details><summary>{}</summary>\n\n| | table | looked at | rows |\n|---|---|---|---|\n{lines}\n</details>",
                html("Everything that was looked at")
            );
        }
        text
    }

    fn reconciliation(&self, text: &mut String) {
        let compared: Vec<&TableReconciled> = self.tables.iter().filter(|table| table.left_out.is_none()).collect();
        if compared.is_empty() {
            return;
        }
        text.push_str(
            "\n| source table | compared | read | missing | different | gone | tolerated | left to the next run |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|\n",
        );
        for one in compared {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                code(&one.table),
                one.compared,
                one.read,
                one.missing,
                one.different,
                one.extra,
                one.tolerated,
                one.newer
            );
        }
    }
}

fn kind(at: Aspect) -> &'static str {
    match at {
        Aspect::Rule => "rule",
        Aspect::Landed => "landing",
        Aspect::Source => "source",
        Aspect::Check => "check",
    }
}

fn label(one: &Looked) -> String {
    format!("{}: {}", kind(one.at), one.name)
}

/// The beginning of a line of a table: the outcome, the table and what was looked at.
fn row(one: &Looked) -> String {
    let mark = match one.outcome() {
        Outcome::Passed => "✓",
        Outcome::Warned => "!",
        Outcome::Failed => "✗",
        Outcome::LeftOut => "–",
    };
    format!("| {mark} | {} | {} |", code(&one.of), escaped(&label(one)))
}

/// How much was looked at.
fn extent(one: &Looked) -> String {
    if let Some(why) = &one.left_out {
        return format!("left out: {why}");
    }
    let rows = one.rows.map(|rows| rows.to_string());
    rows.into_iter().chain(one.part.clone()).collect::<Vec<_>>().join(", ")
}

/// What is no finding and worth telling.
fn notes(one: &Looked) -> Option<String> {
    let rows = usize::try_from(one.tolerated).unwrap_or(0);
    (rows > 0).then(|| format!("{} within the tolerance", counted(rows, "row")))
}

fn told(offence: &Offence) -> String {
    let keys = offence.keys.join("; ");
    if keys.is_empty() { offence.message.clone() } else { format!("{}: {keys}", offence.message) }
}

/// A finding with every key on a line of its own.
fn problem(offence: &Offence) -> String {
    let mut text = format!("{} {}", offence.code.id(), offence.message);
    for key in &offence.keys {
        let _ = write!(text, "\n  {key}");
    }
    if !offence.help.is_empty() {
        let _ = write!(text, "\nhelp: {}", offence.help);
    }
    hide_secrets(&text)
}
