//! What a plan says of a change of words, of a query, and of several things at once.

use crate::{change, done, edit, loaded, planned};

const SALE: &str = "models/sale.yml";
const QUERY: &str = "from: shop.sales";

fn query(condition: &str) -> String {
    format!(
        "query: |\n  SELECT *\n  FROM {{{{ source('shop.sales') }}}}\n  -- the test customer\n  WHERE {condition}\n"
    )
}

#[test]
fn other_words_for_the_same_are_no_change() {
    let project = loaded();
    edit(&project, SALE, QUERY, &query("customer_id != 99"));
    edit(&project, SALE, "  amount: {", "  twice: { expr: amount*2, additive: all, currency: KRW }\n  amount: {");
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
    edit(&project, SALE, "-- the test customer\n  WHERE customer_id != 99", "-- nobody\n  where `customer_id`<>99");
    edit(&project, SALE, "amount*2", "amount * 2");
    edit(&project, SALE, "  amount: { additive: all, currency: KRW }\n", "");
    edit(&project, SALE, "measures:\n", "measures:\n  amount: { additive: all, currency: KRW }\n");
    edit(&project, "models/customer.yml", "  name: { scd: 1 }\n", "");
    edit(&project, "models/customer.yml", "  grade: { scd: 1 }\n", "  grade: { scd: 1 }\n  name: { scd: 1 }\n");
    let plan = planned(&project);
    assert_eq!(plan["changes"], serde_json::json!([]), "layout, comments, spelling and order");
}

#[test]
fn a_query_is_shown_as_it_was_and_will_be() {
    let project = loaded();
    edit(&project, SALE, QUERY, &query("customer_id <> 99"));
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
    edit(&project, SALE, "customer_id <> 99", "customer_id <> 98");
    let human = done(project.dwc(&["plan"])).stdout;
    assert!(human.contains("      - WHERE customer_id <> 99\n      + WHERE customer_id <> 98\n"), "{human}");
    let markdown = done(project.dwc(&["plan", "--format", "markdown"])).stdout;
    assert!(markdown.contains("```diff\n"), "{markdown}");
    assert!(markdown.contains("\n- WHERE customer_id <> 99\n+ WHERE customer_id <> 98\n"), "{markdown}");
    let plan = planned(&project);
    let differences = &change(&plan, "table dw.sale")["differences"];
    assert_eq!(differences[0]["part"], "query");
    assert!(differences[0]["before"].as_str().is_some_and(|text| text.ends_with("WHERE customer_id <> 99")));
    assert_eq!(differences[0]["class"], "history_rewriting");
}

#[test]
fn each_effect_has_its_own_class() {
    let project = loaded();
    edit(&project, SALE, "  amount: { additive", "  amount: { expr: amount + 1, additive");
    edit(&project, SALE, "on: customer_id }", "on: customer_id, missing: unknown }");
    edit(&project, SALE, "degenerate: [channel]\n", "");
    let plan = planned(&project);
    let sale = change(&plan, "table dw.sale");
    let classes: Vec<_> = sale["differences"].as_array().into_iter().flatten().collect();
    let class = |part: &str| classes.iter().find(|one| one["part"] == part).map(|one| one["class"].clone());
    assert_eq!(class("column channel"), Some("destructive".into()), "{sale:#}");
    assert_eq!(class("measure amount"), Some("breaking".into()), "{sale:#}");
    assert_eq!(class("lookup customer"), Some("history_rewriting".into()), "{sale:#}");
    assert_eq!(sale["rows"], 3, "counted");
    let human = done(project.dwc(&["plan"])).stdout;
    for line in [
        "column channel: STRING → none, loses data",
        "measure amount: additive all in KRW → additive all in KRW of amount + 1, breaking",
    ] {
        assert!(human.contains(line), "{human}");
    }
    let reloads = plan["reloads"].as_array().expect("reloads");
    let because = |model: &str| reloads.iter().find(|one| one["model"] == model).map(|one| one["because"].clone());
    assert_eq!(because("customer"), Some("uninferred".into()), "{reloads:?}");
}

#[test]
fn measures_and_columns_are_named_by_lineage() {
    let project = loaded();
    edit(&project, SALE, "  amount: {", "  pieces: { expr: 1, type: INT64, additive: all, unit: piece }\n  amount: {");
    project.write(
        "models/daily.yml",
        "fact: daily\nkind: aggregate\nbusiness_process: selling\ngrain: { description: one row per day }\nfrom: sale\n\
         dimensions: { sale_date: {} }\nmeasures:\n  total: { expr: SUM(amount), additive: all, currency: KRW }\n  \
         sold: { expr: SUM(pieces), additive: all, unit: piece }\n",
    );
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
    edit(&project, SALE, "  amount: { additive", "  amount: { expr: amount + 1, additive");
    let plan = planned(&project);
    let sale = change(&plan, "table dw.sale");
    assert_eq!(sale["downstream_measures"], serde_json::json!(["daily.total", "sale.amount"]), "{sale:#}");
}
