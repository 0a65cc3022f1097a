//! The examples of the guide, each of which passes or fails as the guide says, and those that the project ships.

use dwc_tests::project::{Project, repository};

/// The text of the blocks of a language, each after the heading that it stands under.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
}

#[test]
fn the_examples_of_the_guide_pass() {
    let guide = std::fs::read_to_string(repository().join("docs/testing.md")).expect("the guide");
    let project = Project::new("");
    assert_eq!(project.dwc(&["init"]).code, Some(0));
    let examples = blocks(&guide, "yaml");
    assert!(examples.len() >= 5, "{} examples", examples.len());
    for shipped in ["customer", "sale"] {
        project.write(&format!("models/tests/{shipped}.yml"), "tests: {}\n");
    }
    for (at, example) in examples.iter().enumerate() {
        project.write(&format!("models/tests/example_{at}.yml"), example);
    }
    let run = project.dwc(&["test"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_new_project_has_tests_that_pass() {
    let project = Project::new("");
    project.dwc(&["init"]);
    let run = project.dwc(&["test"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.starts_with("ok"), "{}", run.stdout);
}

#[test]
fn the_tests_of_the_sample_pass() {
    let run = Project::new("").dwc(&["test", "--project-dir", repository().to_str().expect("a path")]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.starts_with("ok"), "{}", run.stdout);
}
