//! The architecture as invariants: what each room must not import, must not do, and how large a file may be.
//! `docs/architecture.md` says why.

use std::fs;
use std::path::{Path, PathBuf};

use dwc_tests::project::repository;

/// What a crate without IO, clock and environment does not name.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::time::",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "async fn",
    ".await",
    "tokio",
    "println!",
    "eprintln!",
];

/// Crates that text goes into and data comes out of.
const PURE: &[&str] = &["crates/compiler/src", "crates/googlesql/src"];

/// A room, and texts that no line of its code may hold.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("crates/compiler/src", &["dwc_runner", "dwc_docs", "dwc_duckdb"]),
    ("crates/googlesql/src", &["dwc_compiler", "dwc_runner", "dwc_docs", "dwc_duckdb"]),
    ("crates/compiler/src/source", &["crate::syntax", "crate::model", "crate::sql", "crate::plan", "crate::rules"]),
    ("crates/compiler/src/diagnostic", &["crate::syntax", "crate::model", "crate::sql", "crate::plan", "crate::rules"]),
    ("crates/compiler/src/syntax", &["crate::model", "crate::sql", "crate::plan", "crate::rules"]),
    ("crates/compiler/src/plan", &["crate::sql", "crate::rules", "crate::syntax"]),
    ("crates/compiler/src/rules", &["crate::plan"]),
    ("crates/docs/src", &["std::fs", "std::net", "std::env", "dwc_runner", "dwc_duckdb", "println!", "Utc::now"]),
    ("crates/duckdb/src", &["dwc_compiler", "dwc_runner"]),
    ("crates/bigquery/src", &["dwc_compiler", "dwc_runner", "dwc_duckdb", "println!"]),
    ("crates/runner/src/extract", &["crate::execute", "crate::import"]),
    ("crates/runner/src/execute", &["DuckDbWarehouse::", "BigQuery", "crate::warehouse::bigquery"]),
    ("crates/runner/src/notify", &["crate::execute", "crate::import", "crate::extract", "DuckDbWarehouse"]),
    ("crates/runner/src/warehouse", &["crate::execute", "crate::import"]),
    (
        "crates/runner/src/extract/database",
        &["mysql_async", "tokio_postgres", "rustls", "DuckDbWarehouse", "crate::warehouse"],
    ),
    ("crates/runner/src", &["dwc_docs", "miette", "println!", "process::exit"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Lines of code before the file's own tests, comments aside.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).expect("a source file");
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default().to_owned()))
        .collect()
}

#[test]
fn each_room_imports_only_what_it_may() {
    let root = repository();
    let mut offences = Vec::new();
    for (room, words) in
        PURE.iter().map(|room| (room, &IMPURE)).chain(FORBIDDEN.iter().map(|(room, words)| (room, words)))
    {
        let files = sources(&root.join(room));
        assert!(!files.is_empty(), "{room} is gone");
        for path in files {
            for (line, text) in code(&path) {
                for word in words.iter().filter(|word| text.contains(**word)) {
                    offences.push(format!("{}:{line}: `{word}` has no place in {room}", path.display()));
                }
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn the_engine_is_named_in_one_crate() {
    for manifest in ["compiler", "googlesql", "runner", "docs", "cli"] {
        let text =
            fs::read_to_string(repository().join("crates").join(manifest).join("Cargo.toml")).expect("a manifest");
        assert!(!text.lines().any(|line| line.starts_with("duckdb")), "{manifest} depends on duckdb by itself");
    }
}

#[test]
fn every_file_says_what_it_decides() {
    let mut silent = Vec::new();
    for path in sources(&repository().join("crates")).into_iter().chain(sources(&repository().join("tests"))) {
        let text = fs::read_to_string(&path).expect("a source file");
        if !text.starts_with("//!") {
            silent.push(path.display().to_string());
        }
    }
    assert!(silent.is_empty(), "without a first line of //!:\n{}", silent.join("\n"));
}

/// Every file and folder below a folder.
fn below(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(repository()).expect("a path of the repository").display().to_string();
        if path.is_dir() {
            found.push(format!("/{name}/"));
            below(&path, found);
        } else {
            found.push(format!("/{name}"));
        }
    }
}

#[test]
fn the_paths_that_guides_name_are_there() {
    let mut known = Vec::new();
    for room in ["crates", "docs", "models", "schemas", "tests", "tools"] {
        known.push(format!("/{room}/"));
        below(&repository().join(room), &mut known);
    }
    let is_path = |text: &str| {
        let ends = [".rs", ".md", ".sql", ".txt", ".py", "/"].iter().any(|end| text.ends_with(end));
        let begins = ["crates/", "docs/", "tests/", "tools/", "…/"].iter().any(|begin| text.starts_with(begin));
        (ends || begins)
            && !text.starts_with('.')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "…/._-".contains(c))
    };
    let (mut missing, mut seen) = (Vec::new(), 0);
    for guide in ["CONTRIBUTING.md", "docs/architecture.md"] {
        let text = fs::read_to_string(repository().join(guide)).expect("a guide");
        // What is between backticks.
        for path in text.split('`').skip(1).step_by(2).filter(|text| is_path(text)) {
            seen += 1;
            let path = path.trim_start_matches("…/");
            let is_there = known.iter().any(|name| {
                let name = name.trim_end_matches('/');
                name.ends_with(&format!("/{}", path.trim_end_matches('/')))
            });
            if !is_there && path != "docs/diagnostics/DWnnnn.md" {
                missing.push(format!("{guide} names `{path}`"));
            }
        }
    }
    assert!(seen > 50, "{seen} paths");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The lines that a file may have: what is longer is two files.
const LONGEST: usize = 450;

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for path in sources(&repository().join("crates")).into_iter().chain(sources(&repository().join("tests"))) {
        let lines = fs::read_to_string(&path).expect("a source file").lines().count();
        if lines > LONGEST {
            long.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(long.is_empty(), "longer than {LONGEST} lines:\n{}", long.join("\n"));
}
