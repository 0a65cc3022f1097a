//! `dwc show`: what it prints is YAML of the language, which stands for the file that it shows. It must not know a default.

use std::path::{Path, PathBuf};
use std::process::Command;

use dwc_compiler::check;
use dwc_compiler::source::{FileSet, SourceFile};
use dwc_tests::project::{Project, dwc_binary, repository};
use serde_json::Value;

use super::STAR;

/// What a project is, without the places that it is declared at, and without the marks that a default was written out.
fn meaning(files: &FileSet) -> String {
    let checked = check(files);
    let problems: Vec<String> = checked.diagnostics.iter().map(|problem| problem.concise(files)).collect();
    let text = format!("{:?}", checked.project.unwrap_or_else(|| panic!("{problems:?}")));
    let text = text.replace("extracted_is_declared: false", "extracted_is_declared: true");
    let mut policies = text.split("policies: [");
    let first = policies.next().unwrap_or_default().to_owned();
    let text = policies.fold(first, |text, rest| text + rest.split_once(']').map_or(rest, |(_, rest)| rest));
    let parts: Vec<&str> = text.split("Span { ").collect();
    let rest = parts[1..].iter().map(|part| part.split_once('}').map_or("", |(_, rest)| rest));
    format!("{}{}", parts[0], rest.collect::<String>())
}

fn show(folder: &Path, arguments: &[&str]) -> String {
    let output =
        Command::new(dwc_binary()).arg("show").args(arguments).current_dir(folder).output().expect("dwc starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Shows every source and model of a project, each in the place of its file.
fn shown_for_declared(folder: &Path) -> usize {
    let files = dwc_runner::project::read(folder).expect("a project");
    let before = meaning(&files);
    let named: Value = serde_json::from_str(&show(folder, &["--format", "json"])).expect("JSON");
    let all = named.as_array().expect("a list");
    for one in all {
        let (kind, name) = (one["kind"].as_str().expect("a kind"), one["name"].as_str().expect("a name"));
        let text = show(folder, &[name]);
        let declares = format!("{kind}: {name}");
        let is_its = |file: &SourceFile| file.text.lines().any(|line| line == declares);
        assert_eq!(files.iter().filter(|(_, file)| is_its(file)).count(), 1, "{declares}");
        let changed = files.iter().map(|(_, file)| {
            let text = if is_its(file) { text.clone() } else { file.text.clone() };
            SourceFile { path: file.path.clone(), text }
        });
        let after = meaning(&FileSet::new(changed.collect()));
        assert!(before == after, "{}:\n{text}\n{}", folder.display(), difference(&before, &after));
        let json: Value = serde_json::from_str(&show(folder, &[name, "--format", "json"])).expect("JSON");
        let yaml: Value = serde_yaml::from_str(&text).expect("YAML");
        assert_eq!(json["declaration"], yaml, "{name}");
        assert_eq!(json["columns"].is_array(), kind != "source", "{name}");
    }
    all.len()
}

/// Where two texts part.
fn difference(before: &str, after: &str) -> String {
    let at = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let part = |text: &str| text.chars().skip(at.saturating_sub(200)).take(400).collect::<String>();
    format!("{}\n{}", part(before), part(after))
}

#[test]
fn what_is_shown_means_what_is_declared() {
    let warehouses = ["tests/warehouses/policies", "tests/warehouses/retail", "tests/warehouses/sakila"];
    let mut folders: Vec<PathBuf> = warehouses.iter().map(|folder| repository().join(folder)).collect();
    folders.push(repository());
    let shown: usize = folders.iter().map(|folder| shown_for_declared(folder)).sum();
    assert!(shown > 30, "{shown} declarations");
}

#[test]
fn every_default_is_shown_in_the_words_of_the_language() {
    let more = "\
#- models/visit.yml
fact: visit
business_process: visiting
grain: { description: one row per store, key: store_id }
query: |
  SELECT store_id, updated_at AS visited_at, 1 AS visits, 5 AS held FROM {{ source('shop.stores') }}
event_time: visited_at
insert_only: true
dimensions:
  store: { on: store_id }
  visit_date: { dimension: date, on: visited_at }
measures:
  visits: { additive: all, unit: visit }
  held: { additive: semi, over: { visit_date: last }, unit: piece }
  per_visit: { expr: held / visits, additive: none, aggregation: { ratio: [visits, visits] }, unit: piece }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/files.yml
source: files
type: files
tables:
  rows: { path: r.csv, primary_key: a, delimiter: \";\", null_marker: N/A, columns: { a: STRING } }
";
    let project = Project::new(&format!("{STAR}{more}"));
    assert_eq!(shown_for_declared(project.path()), 5);
    let lines = |name: &str, wanted: &[&str]| {
        let text = show(project.path(), &[name]);
        for line in wanted {
            assert!(text.lines().any(|one| one == *line), "{line}\n{text}");
        }
    };
    lines("store", &["kind: standard", "on_delete: close", "open_end: far_future", "  strategy: hash"]);
    lines("visit", &["kind: transaction", "on_update: error", "    missing: infer", "    missing: unknown"]);
    lines(
        "visit",
        &["    as_of: visited_at", "partition_by: visited_at", "      visit_date: last", "    additive: none"],
    );
    lines("shop", &["retries: 2", "statement_timeout: 30m", "chunk_rows: 250000", "    lookback: 0s"]);
    lines("files", &["timezone: Asia/Seoul", "    contents: changes", "    longest_row: 64MB", "    null_marker: N/A"]);
    lines("date", &["fiscal_year_starts: 1"]);
    let run = project.dwc(&["show", "stores"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("did you mean `store`?"), "{run:?}");
}

#[test]
fn a_format_is_written_or_refused() {
    let project = Project::new(STAR);
    for command in ["check", "show", "plan", "schema", "fmt --check", "manual pages"] {
        let arguments: Vec<&str> = command.split(' ').chain(["--format", "json"]).collect();
        let run = project.dwc(&arguments);
        assert!(serde_json::from_str::<Value>(&run.stdout).is_ok(), "{command}: {run:?}");
    }
    for (command, format) in [
        ("graph", "json"),
        ("explain DW0001", "json"),
        ("completions bash", "json"),
        ("export airflow", "json"),
        ("check", "markdown"),
        ("show", "markdown"),
        ("plan", "csv"),
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--format", format]).collect();
        let run = project.dwc(&arguments);
        assert_eq!(run.code, Some(1), "{command}: {run:?}");
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("DW0111") && said.contains(&format!("leave out `--format {format}`")), "{said}");
    }
}

#[test]
fn a_selection_is_heeded_or_refused() {
    let project = Project::new(STAR);
    for command in ["check", "show", "graph", "compile", "plan"] {
        let arguments: Vec<&str> = command.split(' ').chain(["--select", "nothing"]).collect();
        let run = project.dwc(&arguments);
        assert_eq!(run.code, Some(1), "{command}: {run:?}");
        assert!(run.stderr.contains("`nothing` selects no model"), "{command}: {run:?}");
    }
    for command in ["fmt --check", "explain DW0001", "schema", "completions bash", "manual pages", "init"] {
        let arguments: Vec<&str> = command.split(' ').chain(["--select", "nothing"]).collect();
        let run = project.dwc(&arguments);
        assert_eq!(run.code, Some(1), "{command}: {run:?}");
        assert!(run.stderr.contains("leave out `--select`") && run.stdout.is_empty(), "{command}: {run:?}");
    }
}
