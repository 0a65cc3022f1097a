//! Changes where former states are no longer landed: the plan says per object what a fresh load of all that ever landed would
//! have and the star will not, and asks for leave; where nothing is gone it asks for nothing.

use dwc_tests::project::Project;

use crate::{SHOP, change, done, edit, planned, refused, rows};

const CUSTOMER: &str = "models/customer.yml";
const SHOP_FILE: &str = "models/shop.yml";

const CONTACT: &str = "\
dimension: contact
from: shop.customers
natural_key: customer_id
effective_at: changed_at
attributes:
  name: { scd: 2 }
  city: { scd: 2 }
";

/// The shop, loaded, whose landed states are removed once they are loaded.
fn forgetful() -> Project {
    let project = Project::new(SHOP);
    edit(&project, SHOP_FILE, "    retain: history\n", "");
    load(&project);
    project
}

fn load(project: &Project) {
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
}

fn versions(project: &Project, dimension: &str, columns: &str) -> Vec<String> {
    rows(
        project,
        &format!(
            "SELECT customer_id, strftime(valid_from, '%Y-%m-%d'), {columns} FROM dw.{dimension} \
             WHERE {dimension}_key >= 0 ORDER BY 1, valid_from"
        ),
    )
}

const GONE: &str = "earlier states of `shop.customers` are no longer landed: its history starts with what is (`retain: history` keeps them)";

#[test]
fn a_dimension_that_is_split_from_another_says_that_its_history_starts_with_what_is_landed() {
    let project = forgetful();
    project.write("models/contact.yml", CONTACT);
    edit(&project, CUSTOMER, "  name: { scd: 1 }\n", "");
    let plan = planned(&project);
    let contact = change(&plan, "table dw.contact");
    assert_eq!(contact["class"], "destructive", "{contact:#}");
    assert_eq!(contact["counted"], serde_json::json!([GONE]));
    let comment = done(project.dwc(&["plan", "--format", "markdown"])).stdout;
    assert!(comment.contains("its history starts with what is"), "{comment}");
    let human = done(project.dwc(&["plan"])).stdout;
    assert!(human.contains(&format!("+ table dw.contact  lacks history\n    {GONE}\n")), "{human}");
    let leave = ["apply", "--auto-approve", "--allow-destructive", "customer"];
    let said = refused(project.dwc(&leave), "DW0702").stderr;
    assert!(said.contains("--allow-destructive contact"), "{said}");
    assert!(!said.contains("--allow-destructive customer"), "it has that leave: {said}");
    done(project.dwc(&[&leave[..], &["--allow-destructive", "contact"]].concat()));
    done(project.dwc(&["run"]));
    assert_eq!(versions(&project, "contact", "city"), ["1|0001-01-01|Jeju", "2|0001-01-01|Busan"]);
}

#[test]
fn a_dimension_that_is_split_where_states_are_kept_has_them_and_needs_no_leave() {
    let project = Project::new(SHOP);
    load(&project);
    project.write("models/contact.yml", CONTACT);
    let contact = planned(&project);
    let contact = change(&contact, "table dw.contact");
    assert_eq!((&contact["class"], &contact["counted"]), (&"additive".into(), &serde_json::json!([])), "{contact:#}");
    load(&project);
    let all = ["1|0001-01-01|Seoul", "1|2026-03-01|Jeju", "2|0001-01-01|Busan"];
    assert_eq!(versions(&project, "contact", "city"), all);
}

#[test]
fn nothing_is_gone_where_no_row_ever_changed_or_all_files_were_read_again() {
    let project = Project::new(SHOP);
    edit(&project, SHOP_FILE, "    retain: history\n", "");
    std::fs::remove_file(project.path().join("data/customers/2026-03-02.csv")).expect("the second file goes");
    load(&project);
    project.write("models/contact.yml", CONTACT);
    assert_eq!(change(&planned(&project), "table dw.contact")["class"], "additive");

    let project = forgetful();
    edit(&project, SHOP_FILE, "primary_key: customer_id\n", "primary_key: customer_id\n    retain: history\n");
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run", "--mode", "full"]));
    project.write("models/contact.yml", CONTACT);
    assert_eq!(change(&planned(&project), "table dw.contact")["class"], "additive");
    load(&project);
    assert_eq!(versions(&project, "contact", "city").len(), 3, "the files gave every state again");
}

#[test]
fn a_new_attribute_without_a_past_is_counted_and_needs_leave() {
    for (scd, asks) in [(0, true), (1, false), (2, true), (3, true), (6, true), (7, true)] {
        let project = forgetful();
        let attribute = format!("  city: {{ scd: 2 }}\n  town: {{ scd: {scd}, expr: city }}\n");
        edit(&project, CUSTOMER, "  city: { scd: 2 }\n", &attribute);
        let plan = planned(&project);
        let customer = change(&plan, "table dw.customer");
        let said =
            "history of `town` starts now: 1 kept state without it, no longer landed (`retain: history` keeps them)";
        let counted = if asks { serde_json::json!([said]) } else { serde_json::json!([]) };
        assert_eq!(customer["counted"], counted, "type {scd}: {customer:#}");
        if asks {
            refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
        } else {
            load(&project);
            assert_eq!(versions(&project, "customer", "town").len(), 3, "the latest value, on every version");
            assert_eq!(versions(&project, "customer", "town")[0], "1|0001-01-01|Jeju");
        }
    }
}

#[test]
fn landed_states_that_nothing_keeps_any_more_are_counted_and_need_leave() {
    let project = Project::new(SHOP);
    load(&project);
    edit(&project, SHOP_FILE, "    retain: history\n", "");
    let plan = planned(&project);
    let landing = change(&plan, "table dw_landing.shop__customers__changes");
    assert_eq!(landing["class"], "destructive", "{landing:#}");
    assert_eq!(landing["counted"], serde_json::json!(["1 landed state will be removed by the next run"]));
    assert_eq!(landing["reasons"], serde_json::json!(["landed states are removed once they are loaded"]));
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    done(project.dwc(&["apply", "--auto-approve", "--allow-destructive", "shop.customers"]));
    done(project.dwc(&["run"]));
    edit(&project, SHOP_FILE, "primary_key: customer_id\n", "primary_key: customer_id\n    retain: history\n");
    let plan = planned(&project);
    assert_eq!(change(&plan, "table dw_landing.shop__customers__changes")["class"], "additive");
}

#[test]
fn a_query_that_becomes_a_join_says_which_table_has_lost_its_states() {
    let project = forgetful();
    let join = "query: |\n  SELECT c.*, s.spent FROM {{ source('shop.customers') }} AS c LEFT JOIN (\n    \
                SELECT customer_id, SUM(amount) AS spent FROM {{ source('shop.sales') }} GROUP BY 1\n  ) AS s USING (customer_id)";
    edit(&project, CUSTOMER, "from: shop.customers", join);
    let plan = planned(&project);
    let customer = change(&plan, "table dw.customer");
    assert_eq!(customer["class"], "destructive", "{customer:#}");
    assert_eq!(customer["counted"], serde_json::json!([GONE]));
}

#[test]
fn another_order_of_states_is_asked_for_where_some_are_gone() {
    let project = forgetful();
    edit(&project, CUSTOMER, "effective_at: changed_at\n", "effective_at: changed_at\nsequence: grade\n");
    let plan = planned(&project);
    let customer = change(&plan, "table dw.customer");
    assert_eq!(customer["class"], "destructive", "{customer:#}");
    let said = "1 state is no longer landed: the values of the former definition stay";
    assert_eq!(customer["counted"], serde_json::json!([said]));
}
