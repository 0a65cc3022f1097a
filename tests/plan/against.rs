//! A plan against another revision: no warehouse, no credentials, nothing of the working tree is touched.

use std::process::Command;

use dwc_tests::project::Project;

use crate::{SHOP, done, edit, refused};

fn git(project: &Project, arguments: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let status = Command::new("git").args(identity).args(arguments).current_dir(project.path()).output().expect("git");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
}

fn committed() -> Project {
    let project = Project::new(SHOP);
    git(&project, &["init", "--quiet", "--initial-branch", "main"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "-m", "first"]);
    project
}

#[test]
fn another_revision_without_a_warehouse() {
    let project = committed();
    let none = done(project.dwc(&["plan", "--against", "main"]));
    assert!(none.stdout.contains("no changes"), "{}", none.stdout);
    edit(&project, "models/customer.yml", "grade: { scd: 1 }", "grade: { scd: 2 }");
    edit(&project, "models/sale.yml", "  customer: { on: customer_id }\n", "");
    let plan = project.dwc(&["plan", "--against", "main", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(2), "{}", plan.stderr);
    assert!(plan.stdout.contains("attribute `grade` changes from type 1 to type 2"), "{}", plan.stdout);
    assert!(plan.stdout.contains("column `customer_key` is no longer declared"), "{}", plan.stdout);
    let markdown = done(project.dwc(&["plan", "--against", "HEAD", "--format", "markdown"])).stdout;
    assert!(markdown.contains("- selling: sale × customer"), "{markdown}");
    assert!(!project.path().join("warehouse.duckdb").exists(), "no warehouse was made");
}

#[test]
fn a_project_in_a_folder_of_the_repository() {
    let project = Project::new(&SHOP.replace("#- ", "#- warehouse of 주문/"));
    git(&project, &["init", "--quiet", "--initial-branch", "main"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "-m", "first"]);
    let folder = "warehouse of 주문";
    edit(&project, &format!("{folder}/models/customer.yml"), "grade: { scd: 1 }", "grade: { scd: 2 }");
    let plan = done(project.dwc(&["plan", "--against", "main", "--project-dir", folder]));
    assert!(plan.stdout.contains("attribute `grade` changes from type 1 to type 2"), "{}", plan.stdout);
}

#[test]
fn revisions_that_cannot_be_read() {
    let project = committed();
    refused(project.dwc(&["plan", "--against", "no-such-branch"]), "DW0718");
    refused(project.dwc(&["plan", "--against=--output=stolen"]), "DW0718");
    assert!(!project.path().join("stolen").exists());
    edit(&project, "models/customer.yml", "natural_key: customer_id", "natural_key: nobody");
    git(&project, &["commit", "--quiet", "-am", "broken"]);
    edit(&project, "models/customer.yml", "natural_key: nobody", "natural_key: customer_id");
    refused(project.dwc(&["plan", "--against", "HEAD"]), "DW0718");
    let bare = Project::new(SHOP);
    let nowhere = bare.dwc_with(&[("GIT_CEILING_DIRECTORIES", "/")], &["plan", "--against", "HEAD"]);
    refused(nowhere, "DW0718");
}

#[test]
fn state_modified_selects_what_changes_and_what_reads_it() {
    let project = committed();
    edit(&project, "models/customer.yml", "grade: { scd: 1 }", "grade: { scd: 2 }");
    let shown = |select: &str| {
        let plan = done(project.dwc(&["plan", "--against", "main", "--format", "json", "--select", select])).stdout;
        let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
        let loads = plan["loads"].as_array().expect("loads").iter();
        loads.map(|load| load["model"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shown("state:modified"), ["customer"]);
    assert_eq!(shown("state:modified+"), ["customer", "sale"]);
    refused(project.dwc(&["graph", "--select", "state:modified"]), "DW0201");
}
