//! An environment is a copy to plan, apply and load in; its target does not notice.

use crate::{done, edit, loaded, nothing_to_change, refused, seen};

#[test]
fn planned_applied_and_loaded_apart_from_its_target() {
    let project = loaded();
    let before = seen(&project);
    done(project.dwc(&["env", "create", "review", "--from", "dev", "--expires", "7d"]));
    edit(
        &project,
        "models/sale.yml",
        "  amount: { additive: all, currency: KRW }",
        "  amount: { expr: amount * 2, additive: all, currency: KRW }",
    );
    edit(
        &project,
        "models/customer.yml",
        "  grade: { scd: 1 }\n",
        "  grade: { scd: 1 }\n  short: { scd: 1, expr: 'SUBSTR(name, 1, 1)' }\n",
    );
    project.write(
        "data/sales/2026-03-03.csv",
        "sale_id,customer_id,sold_at,channel,amount\n13,2,2026-03-02 01:00:00,web,5\n",
    );
    done(project.dwc(&["apply", "--auto-approve", "--env", "review"]));
    let run = done(project.dwc(&["run", "--env", "review", "--select", "state:modified+"]));
    assert!(run.stdout.contains("sale"), "{}", run.stdout);
    assert_eq!(seen(&project), before, "the target is as it was");
    let diff = done(project.dwc(&["env", "diff", "review", "--format", "json"])).stdout;
    let diff: serde_json::Value = serde_json::from_str(&diff).expect("JSON");
    let table = |name: &str| {
        let tables = diff["tables"].as_array().expect("tables").iter();
        tables.into_iter().find(|table| table["table"] == name).cloned().unwrap_or_default()
    };
    let sale = table("dw.sale");
    assert_eq!((&sale["added"], &sale["removed"], &sale["changed"]), (&1.into(), &0.into(), &3.into()), "{diff:#}");
    assert_eq!(sale["columns"], serde_json::json!([{ "column": "amount", "changed": 3 }]));
    assert_eq!(table("dw.customer")["changed"], 0, "{diff:#}");
    let short = |object: &str| serde_json::json!({ "object": object, "difference": "column `short` is new" });
    assert_eq!(diff["schema"], serde_json::json!([short("dw.customer"), short("dw_history.customer")]));
    let human = done(project.dwc(&["env", "diff", "review"])).stdout;
    assert!(human.contains("dw.sale: 1 rows added, 0 removed, 3 changed\n    amount: 3 rows"), "{human}");
    let list = done(project.dwc(&["env", "list"])).stdout;
    assert!(list.contains("review") && list.contains("dev"), "{list}");
    done(project.dwc(&["env", "drop", "review"]));
    assert!(done(project.dwc(&["env", "list"])).stdout.contains("no environments"));
    refused(project.dwc(&["plan", "--env", "review"]), "DW0719");
    refused(project.dwc(&["env", "drop", "review"]), "DW0719");
    refused(project.dwc(&["env", "diff", "review"]), "DW0719");
}

#[test]
fn names_expiry_and_what_is_missing() {
    let project = loaded();
    done(project.dwc(&["env", "create", "a", "--expires", "0s"]));
    refused(project.dwc(&["env", "create", "a"]), "DW0720");
    refused(project.dwc(&["env", "create", "../a"]), "DW0111");
    refused(project.dwc(&["env", "create", "b", "--expires", "soon"]), "DW0111");
    refused(project.dwc(&["env", "create", "b", "--from", "other"]), "DW0701");
    refused(project.dwc(&["env", "create", "b", "--from", "nowhere"]), "DW0201");
    for command in [&["plan", "--env", "a"][..], &["apply", "--auto-approve", "--env", "a"], &["run", "--env", "a"]] {
        refused(project.dwc(command), "DW0721");
    }
    done(project.dwc(&["env", "create", "b"]));
    done(project.dwc(&["env", "drop", "--expired"]));
    let list = done(project.dwc(&["env", "list", "--format", "json"])).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list:#}");
    assert_eq!(list[0]["name"], "b");
}

#[test]
fn a_plan_of_an_environment_is_for_it_alone() {
    let project = loaded();
    done(project.dwc(&["env", "create", "review"]));
    edit(&project, "models/customer.yml", "grade: { scd: 1 }", "grade: { scd: 2 }");
    done(project.dwc(&["plan", "--env", "review", "-o", "plan.json"]));
    refused(project.dwc(&["apply", "plan.json", "--target", "dev"]), "DW0712");
    done(project.dwc(&["apply", "plan.json"]));
    let plan = done(project.dwc(&["plan", "--env", "review"])).stdout;
    assert!(plan.contains("no changes"), "{plan}");
    let plan = done(project.dwc(&["plan"])).stdout;
    assert!(plan.contains("1 to alter"), "{plan}");
    edit(&project, "models/customer.yml", "grade: { scd: 2 }", "grade: { scd: 1 }");
    nothing_to_change(&project);
}
