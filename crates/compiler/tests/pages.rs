//! The pages of the diagnostics: what a page shows as failing fails with exactly its code, and the corrected example
//! is free of problems. A code that text alone cannot meet has an example that is read and not run.

use dwc_compiler::check;
use dwc_compiler::diagnostic::{Code, Diagnostic, fixed};
use dwc_compiler::source::{FileSet, SourceFile};

const BARE: &str =
    "name: example\ntimezone: Asia/Seoul\ntargets: { dev: { type: duckdb, path: target/warehouse.duckdb } }\n";

/// The text of a section, up to the next one.
fn section<'a>(page: &'a str, title: &str) -> Option<&'a str> {
    let start = page.find(&format!("\n## {title}\n"))? + title.len() + 5;
    let end = page[start..].find("\n## ").map_or(page.len(), |at| start + at);
    Some(page[start..end].trim())
}

fn fixture(section: &str) -> Option<&str> {
    section.strip_prefix("```yaml\n")?.split("```").next()
}

fn files(fixture: &str) -> FileSet {
    let mut files: Vec<SourceFile> = Vec::new();
    for line in fixture.lines() {
        if let Some(path) = line.strip_prefix("#- ") {
            files.push(SourceFile { path: path.to_owned(), text: String::new() });
        } else if let Some(file) = files.last_mut() {
            file.text.push_str(line);
            file.text.push('\n');
        }
    }
    if !files.iter().any(|file| file.path == "dwc.yml") {
        files.push(SourceFile { path: "dwc.yml".to_owned(), text: BARE.to_owned() });
    }
    FileSet::new(files)
}

fn found(fixture: &str) -> (Vec<Diagnostic>, String) {
    let files = files(fixture);
    let found = check(&files).diagnostics;
    let said = found.iter().map(|problem| problem.concise(&files)).collect::<Vec<_>>().join("\n");
    (found, said)
}

#[test]
fn every_page_has_its_headline_and_sections() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let page = code.page().0;
        if !page.starts_with(&format!("# {} {}\n\n", code.id(), code.name())) {
            wrong.push(format!("{}: its first line is not its code and name", code.id()));
        }
        let sections: &[&str] =
            if code.is_beyond_text() { &["Example", "What to do"] } else { &["Fails", "Passes", "What to do"] };
        for title in sections {
            if section(page, title).is_none_or(str::is_empty) {
                wrong.push(format!("{}: no section `{title}`", code.id()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_page_says_of_its_examples_is_true() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let (Some(fails), Some(passes)) = (section(code.page().0, "Fails"), section(code.page().0, "Passes")) else {
            continue;
        };
        let (Some(fails), Some(passes)) = (fixture(fails), fixture(passes)) else {
            wrong.push(format!("{}: an example is not a yaml block", code.id()));
            continue;
        };
        let (problems, said) = found(fails);
        if problems.is_empty() || problems.iter().any(|problem| problem.code != *code) {
            wrong.push(format!("{}: the failing example says:\n{said}", code.id()));
        }
        let (problems, said) = found(passes);
        if !problems.is_empty() {
            wrong.push(format!("{}: the corrected example says:\n{said}", code.id()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_fix_solves_its_problem() {
    let mut solved = Vec::new();
    for code in Code::ALL {
        let Some(fails) = section(code.page().0, "Fails").and_then(fixture) else { continue };
        let before = files(fails);
        let (changed, count) = fixed(&before, &check(&before).diagnostics);
        if count == 0 {
            continue;
        }
        let after = before.iter().map(|(id, file)| SourceFile {
            path: file.path.clone(),
            text: changed.get(&id).unwrap_or(&file.text).clone(),
        });
        let left = check(&FileSet::new(after.collect())).diagnostics;
        assert!(left.is_empty(), "{}: after its fix: {left:?}", code.id());
        solved.push(code.id());
    }
    assert_eq!(solved, ["DW0101", "DW0111", "DW0201", "DW0602"]);
}
