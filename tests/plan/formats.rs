//! The plan's formats: the data has a published schema, and the texts are made from it.

use dwc_tests::project::Project;

use crate::{SHOP, change, done, edit, loaded, planned};

#[test]
fn what_is_downstream_is_told() {
    let project = loaded();
    project.write(
        "models/daily.yml",
        "fact: daily\nkind: aggregate\nbusiness_process: selling\ngrain: { description: one row per day }\nfrom: sale\ndimensions: { sale_date: {} }\nmeasures: { total: { expr: SUM(amount), additive: all, currency: KRW } }\n",
    );
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
    edit(&project, "models/shop.yml", "channel: STRING, amount: INT64", "channel: STRING, amount: NUMERIC");
    let plan = planned(&project);
    let landing = change(&plan, "table dw_landing.shop__sales__rows");
    assert_eq!(landing["class"], "breaking");
    assert_eq!(landing["rows"], 3);
    assert_eq!(landing["downstream"], serde_json::json!(["daily", "sale"]));
    assert_eq!(landing["downstream_measures"], serde_json::json!(["daily.total", "sale.amount"]));
    let sale = change(&plan, "table dw.sale");
    assert_eq!(sale["downstream"], serde_json::json!(["daily"]));
    assert_eq!(sale["reload"], true);
    let human = done(project.dwc(&["plan"])).stdout;
    assert!(human.contains("column `amount` changes from INT64 to NUMERIC"), "{human}");
    assert!(human.contains("read by daily"), "{human}");
    assert!(human.contains("3 rows, recomputed by the next run"), "{human}");
}

#[test]
fn a_review_comment_is_short_on_top() {
    let project = loaded();
    edit(&project, "models/sale.yml", "  customer: { on: customer_id }\n", "");
    edit(
        &project,
        "models/customer.yml",
        "Someone who buys.",
        "Someone <script>alert(1)</script> `who` *buys* | here ```sql",
    );
    let text = done(project.dwc(&["plan", "--format", "markdown"])).stdout;
    assert!(text.starts_with("<!-- dwc plan shop dev -->\n### dwc plan: shop on dev\n"), "{text}");
    assert!(text.contains("lose data"), "{text}");
    assert!(text.contains("| ~ | `table dw.sale` | loses data | 3 |"), "{text}");
    assert!(text.contains("<details><summary>SQL</summary>"), "{text}");
    assert!(text.contains("```diff\n- selling: sale × customer\n```"), "{text}");
    assert!(text.contains("3 rows have a"), "what is lost is counted: {text}");
    let visible = text.split("<summary>SQL</summary>").next().unwrap_or_default();
    assert!(!visible.contains("<script>"), "{visible}");
    let fences = text.lines().filter(|line| line.starts_with("````")).count();
    assert_eq!(fences, 2, "a text with a fence does not end the block: {text}");
    let none = done(Project::new(SHOP).dwc(&["plan", "--format", "markdown"])).stdout;
    assert!(none.contains("**0** to alter"), "{none}");
}

#[test]
fn exit_codes() {
    let project = loaded();
    assert_eq!(project.dwc(&["plan", "--detailed-exitcode"]).code, Some(0));
    edit(&project, "models/customer.yml", "grade: { scd: 1 }", "grade: { scd: 2 }");
    assert_eq!(project.dwc(&["plan", "--detailed-exitcode"]).code, Some(2));
    assert_eq!(project.dwc(&["plan"]).code, Some(0));
}

#[test]
fn the_json_fits_the_published_schema_in_its_fields() {
    let project = loaded();
    edit(&project, "models/customer.yml", "grade: { scd: 1 }", "grade: { scd: 2 }");
    done(project.dwc(&["plan", "-o", "saved.json"]));
    let read = |path: &str| -> serde_json::Value {
        let text = std::fs::read_to_string(dwc_tests::project::repository().join("schemas").join(path)).expect(path);
        serde_json::from_str(&text).expect("JSON")
    };
    let saved: serde_json::Value = serde_json::from_str(&project.read("saved.json")).expect("JSON");
    for (data, schema) in [(planned(&project), read("plan.schema.json")), (saved, read("saved-plan.schema.json"))] {
        let fields: Vec<&String> = data.as_object().expect("an object").keys().collect();
        let known = schema["properties"].as_object().expect("properties");
        for field in &fields {
            assert!(known.contains_key(*field), "{field}");
        }
        for needed in schema["required"].as_array().expect("required") {
            assert!(fields.iter().any(|field| Some(field.as_str()) == needed.as_str()), "{needed}");
        }
    }
}
