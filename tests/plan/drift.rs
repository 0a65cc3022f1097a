//! What others change in the warehouse is told apart from what the models change, and set right or refused.

use crate::{change, done, edit, execute, loaded, nothing_to_change, planned, refused, rows, seen};

/// The kinds of drift that a plan tells, with their addresses.
fn drifts(plan: &serde_json::Value) -> Vec<String> {
    let all = plan["drift"].as_array().expect("drift");
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    all.iter().map(|drift| format!("{} {}", word(&drift["kind"]), word(&drift["address"]))).collect()
}

#[test]
fn each_kind_is_told_and_mended() {
    let before = seen(&loaded());
    for (kind, address, damage) in [
        ("object_missing", "table dw.sale", "DROP TABLE dw.sale"),
        ("object_missing", "table dw.customer", "DROP VIEW IF EXISTS dw.nothing; DROP TABLE dw.customer"),
        ("object_missing", "view dw.sale_date", "DROP VIEW dw.sale_date"),
        ("object_missing", "table dw_history.customer", "DROP TABLE dw_history.customer"),
        ("object_missing", "table dw_landing.shop__sales__rows", "DROP TABLE dw_landing.shop__sales__rows"),
        ("object_missing", "table dw_landing.shop__sales__changes", "DROP TABLE dw_landing.shop__sales__changes"),
        ("column_missing", "table dw.sale", "ALTER TABLE dw.sale DROP COLUMN channel"),
        ("column_retyped", "table dw.sale", "ALTER TABLE dw.sale ALTER amount SET DATA TYPE VARCHAR"),
        ("column_nullability", "table dw.sale", "ALTER TABLE dw.sale ALTER customer_key DROP NOT NULL"),
        ("view_changed", "view dw.sale_date", "CREATE OR REPLACE VIEW dw.sale_date AS SELECT 1 AS one"),
    ] {
        let project = loaded();
        execute(&project, damage);
        let plan = planned(&project);
        assert_eq!(drifts(&plan), [format!("{kind} {address}")], "{damage}");
        assert_eq!(change(&plan, address)["mends"], true, "{damage}: {plan:#}");
        done(project.dwc(&["apply", "--auto-approve"]));
        nothing_to_change(&project);
        done(project.dwc(&["run"]));
        assert_eq!(seen(&project), before, "{damage}");
        let verified = project.dwc(&["verify"]);
        assert_eq!(verified.code, Some(0), "{damage}: {}", verified.stderr);
    }
}

#[test]
fn what_others_say_of_a_table_and_its_columns_is_left_alone() {
    let project = loaded();
    for saying in
        ["COMMENT ON TABLE dw.sale IS 'others say this'", "COMMENT ON COLUMN dw.sale.channel IS 'web, or not'"]
    {
        execute(&project, saying);
    }
    let plan = planned(&project);
    assert_eq!(drifts(&plan), ["description_changed table dw.sale"; 2]);
    assert_eq!(plan["drift"][1]["column"], "channel");
    assert_eq!(plan["changes"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_column_of_others_is_left_alone_until_it_would_be_lost() {
    let project = loaded();
    execute(&project, "ALTER TABLE dw.sale ADD COLUMN note VARCHAR; UPDATE dw.sale SET note = 'kept'");
    let plan = planned(&project);
    assert_eq!(drifts(&plan), ["column_added table dw.sale"]);
    assert_eq!(plan["changes"].as_array().map(Vec::len), Some(0));
    edit(
        &project,
        "models/sale.yml",
        "  amount: {",
        "  pieces: { expr: '1', type: INT64, additive: all, unit: sale }\n  amount: {",
    );
    done(project.dwc(&["apply", "--auto-approve"]));
    assert_eq!(rows(&project, "SELECT DISTINCT note FROM dw.sale"), ["kept"]);
    // A change that makes the table again would lose it.
    edit(&project, "models/sale.yml", "key: sale_id", "key: [sale_id, channel]");
    edit(&project, "models/sale.yml", "degenerate: [channel]\n", "");
    let run = refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    assert!(run.stderr.contains("sale"), "{}", run.stderr);
}

#[test]
fn an_object_in_the_way_is_refused() {
    let project = loaded();
    let extra = "dimension: city\nfrom: shop.customers\nnatural_key: customer_id\neffective_at: changed_at\nattributes: { city: { scd: 1 } }\n";
    project.write("models/city.yml", extra);
    execute(&project, "CREATE TABLE dw.city AS SELECT 'mine' AS owner");
    let plan = planned(&project);
    assert_eq!(drifts(&plan), ["object_in_the_way table dw.city"]);
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0704");
    assert_eq!(rows(&project, "SELECT owner FROM dw.city"), ["mine"], "it is as it was");
    // A table that someone has put where a view of dwc was.
    execute(&project, "DROP TABLE dw.city; DROP VIEW dw.sale_date; CREATE TABLE dw.sale_date AS SELECT 1 AS mine");
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0704");
}

#[test]
fn drift_and_change_together() {
    let project = loaded();
    execute(&project, "ALTER TABLE dw.customer DROP COLUMN name");
    edit(&project, "models/customer.yml", "grade: { scd: 1 }", "grade: { scd: 2 }");
    let human = done(project.dwc(&["plan"])).stdout;
    assert!(
        human.contains(
            "changed in the warehouse since the last apply:\n  ! table dw.customer: column `name` is missing"
        ),
        "{human}"
    );
    assert!(human.contains("attribute `grade` changes from type 1 to type 2"), "{human}");
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
    let names = rows(&project, "SELECT DISTINCT name FROM dw.customer WHERE customer_key >= 0 ORDER BY 1");
    assert_eq!(names, ["두리", "하나"]);
}
