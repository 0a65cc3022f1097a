//! What a plan compares of models that nobody changed: digests of names and of the language's own words. A digest that
//! moves computes every warehouse anew, so those of the sample are held here.

use std::path::Path;

use dwc_compiler::check;
use dwc_compiler::model::TargetType;
use dwc_compiler::plan::{Action, DIGEST_FORMAT, Manifest, diff};
use dwc_compiler::source::{FileSet, SourceFile};
use dwc_compiler::sql::manifest;

/// Every digest of the sample. A change here is a new [`DIGEST_FORMAT`].
const SAMPLE: &str = include_str!("digests.txt");

fn read(folder: &Path, at: &Path, files: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(at).expect("the sample is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(folder, &path, files);
        } else if path.extension().is_some_and(|end| end == "yml") {
            let text = std::fs::read_to_string(&path).expect("a text");
            files.push(SourceFile { path: path.strip_prefix(folder).expect("below").display().to_string(), text });
        }
    }
}

fn sample() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("dwc.yml")).expect("a project");
    let mut files = vec![SourceFile { path: "dwc.yml".to_owned(), text }];
    read(&root, &root.join("models"), &mut files);
    files
}

fn made(files: Vec<SourceFile>) -> Manifest {
    let checked = check(&FileSet::new(files));
    let said: Vec<&str> = checked.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
    let project = checked.project.unwrap_or_else(|| panic!("{said:?}"));
    manifest(&project, TargetType::Duckdb, "dw")
}

#[test]
fn the_digests_of_the_sample_stay() {
    let found: Vec<String> = made(sample())
        .objects
        .values()
        .filter(|object| !object.load.is_empty())
        .map(|object| format!("{} {}\n", object.name, object.load))
        .collect();
    assert!(found.iter().all(|line| line.contains(DIGEST_FORMAT)));
    assert_eq!(found.concat(), SAMPLE, "found:\n{}", found.concat());
}

const FACT: &str = "fact: aa_return
kind: transaction
business_process: returning
grain: { description: one row per return, key: [return_id] }
from: returns.returned
event_time: returned_at
dimensions: { returned_date: { dimension: date, on: returned_at } }
measures: { pieces: { type: INT64, additive: all, unit: piece } }
";
const SOURCE: &str = "source: returns
type: files
timezone: Asia/Seoul
tables:
  returned:
    path: data/returns.csv
    format: csv
    primary_key: [return_id]
    columns: { return_id: INT64, returned_at: DATETIME, pieces: INT64 }
";

#[test]
fn a_fact_that_sorts_first_changes_nothing_else() {
    let mut files = sample();
    let before = made(files.clone());
    files.push(SourceFile { path: "models/aa_returns.yml".to_owned(), text: SOURCE.to_owned() });
    files.push(SourceFile { path: "models/aa_return.yml".to_owned(), text: FACT.to_owned() });
    let after = made(files);
    assert!(before.objects.values().any(|object| object.design.get("kind").is_some_and(|kind| kind == "aggregate")));
    let changes = diff(Some(&before), &after).changes;
    let star: Vec<String> = changes.iter().map(|change| format!("{:?} {}", change.action, change.address)).collect();
    assert!(changes.iter().all(|change| change.action == Action::Create), "{star:?}");
    assert!(star.contains(&"Create table dw.aa_return".to_owned()), "{star:?}");
}
