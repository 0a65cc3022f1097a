//! A saved plan is applied as it was looked at, or refused with the code of what has moved.

use dwc_tests::project::Project;

use crate::{SHOP, done, edit, execute, loaded, nothing_to_change, refused, rows};

fn saved(project: &Project) -> serde_json::Value {
    done(project.dwc(&["plan", "-o", "plan.json"]));
    serde_json::from_str(&project.read("plan.json")).expect("JSON")
}

#[test]
fn from_the_empty_state_on() {
    let project = Project::new(SHOP);
    let plan = saved(&project);
    assert_eq!(plan["serial"], 0);
    assert_eq!(plan["format"], 1);
    let applied = done(project.dwc(&["apply", "plan.json"]));
    assert!(applied.stderr.contains("serial is 1"), "{}", applied.stderr);
    nothing_to_change(&project);
    // A second apply of the same file is refused: the state has moved.
    refused(project.dwc(&["apply", "plan.json"]), "DW0715");
}

#[test]
fn an_empty_state_that_was_filled_meanwhile() {
    let project = Project::new(SHOP);
    saved(&project);
    done(project.dwc(&["apply", "--auto-approve"]));
    refused(project.dwc(&["apply", "plan.json"]), "DW0715");
}

#[test]
fn edited_truncated_newer_or_no_plan() {
    let project = Project::new(SHOP);
    saved(&project);
    let text = project.read("plan.json");
    project.write("edited.json", &text.replace("CREATE SCHEMA IF NOT EXISTS", "DROP SCHEMA IF EXISTS"));
    refused(project.dwc(&["apply", "edited.json"]), "DW0711");
    for end in [0, 1, 100, text.len() / 2, text.trim_end().len() - 1] {
        let end = (0..=end).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        project.write("truncated.json", &text[..end]);
        refused(project.dwc(&["apply", "truncated.json"]), "DW0710");
    }
    project.write("newer.json", &text.replacen("\"format\": 1", "\"format\": 2", 1));
    refused(project.dwc(&["apply", "newer.json"]), "DW0713");
    for other in ["[]", "{}", "{\"format\": 1}", "nonsense", "{\"format\": \"one\"}"] {
        project.write("other.json", other);
        refused(project.dwc(&["apply", "other.json"]), "DW0711");
    }
    assert!(rows(&project, "SELECT * FROM information_schema.tables").is_empty(), "nothing was changed");
}

#[test]
fn of_another_project_target_or_environment() {
    let project = Project::new(SHOP);
    saved(&project);
    refused(project.dwc(&["apply", "plan.json", "--target", "other"]), "DW0712");
    edit(&project, "dwc.yml", "name: shop", "name: store");
    refused(project.dwc(&["apply", "plan.json"]), "DW0712");
    // The file knows its target: no flag is needed.
    edit(&project, "dwc.yml", "name: store", "name: shop");
    done(project.dwc(&["plan", "--target", "other", "-o", "plan.json"]));
    done(project.dwc(&["apply", "plan.json"]));
    assert!(project.path().join("other.duckdb").is_file());
    assert!(rows(&project, "SELECT * FROM information_schema.tables").is_empty(), "the default target is not touched");
}

#[test]
fn models_state_or_warehouse_have_moved() {
    let project = loaded();
    edit(&project, "models/customer.yml", "grade: { scd: 1 }", "grade: { scd: 2 }");
    saved(&project);
    edit(&project, "models/customer.yml", "Someone who buys.", "Someone who bought.");
    refused(project.dwc(&["apply", "plan.json"]), "DW0714");
    edit(&project, "models/customer.yml", "Someone who bought.", "Someone who buys.");
    execute(&project, "ALTER TABLE dw.customer ADD COLUMN note VARCHAR");
    refused(project.dwc(&["apply", "plan.json"]), "DW0716");
    execute(&project, "ALTER TABLE dw.customer DROP COLUMN note");
    execute(&project, "CREATE TABLE dw.somebody_elses (a INTEGER)");
    // A load in between moves nothing: rows are no part of it.
    edit(&project, "models/customer.yml", "grade: { scd: 2 }", "grade: { scd: 1 }");
    done(project.dwc(&["run"]));
    edit(&project, "models/customer.yml", "grade: { scd: 1 }", "grade: { scd: 2 }");
    done(project.dwc(&["apply", "plan.json"]));
    done(project.dwc(&["run"]));
    nothing_to_change(&project);
}

#[test]
fn allowed_when_saved_or_when_applied() {
    let project = loaded();
    edit(&project, "models/customer.yml", "  grade: { scd: 1 }\n", "");
    saved(&project);
    refused(project.dwc(&["apply", "plan.json"]), "DW0702");
    done(project.dwc(&["plan", "-o", "plan.json", "--allow-destructive", "customer"]));
    done(project.dwc(&["apply", "plan.json"]));
    nothing_to_change(&project);
}

#[test]
fn it_holds_no_secret() {
    let project = Project::new(
        &SHOP
            .replace("path: warehouse.duckdb", "path: \"{{ env('PLACE') }}.duckdb\"")
            .replace("type: files", "type: files\ndescription: what is sold"),
    );
    let secret = [("PLACE", "hunter2secret"), ("SHOP_DB_URL", "mysql://root:hunter2secret@host/db")];
    done(project.dwc_with(&secret, &["plan", "-o", "plan.json"]));
    assert!(!project.read("plan.json").contains("hunter2secret"));
    done(project.dwc_with(&secret, &["apply", "plan.json"]));
}
