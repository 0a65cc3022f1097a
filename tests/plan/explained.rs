//! What a plan says of a change of words, of a query, and of several things at once.

use dwc_runner::DuckDbWarehouse;

use crate::{change, done, edit, loaded, planned, refused};

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
    assert!(human.contains("3 rows from what is landed, as the models say now"), "{human}");
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
fn reasons_and_columns_are_data_too() {
    let project = loaded();
    edit(&project, SALE, "degenerate: [channel]\n", "");
    edit(&project, SALE, "  amount: {", "  pieces: { expr: 1, type: INT64, additive: all, unit: piece }\n  amount: {");
    let plan = planned(&project);
    let sale = change(&plan, "table dw.sale");
    let says = sale["reasons"].as_array().expect("sentences");
    let because = sale["because"].as_array().expect("reasons");
    assert_eq!(says.len(), because.len(), "{sale:#}");
    let at = says.iter().position(|one| one == "column `channel` is no longer declared").expect("the sentence");
    let gone = serde_json::json!({ "reason": "column_gone", "column": "channel", "before": "STRING" });
    assert_eq!(because[at], gone);
    let [added, dropped] = sale["columns"].as_array().expect("columns").as_slice() else { panic!("{sale:#}") };
    assert_eq!(
        (&added["name"], &added["action"], &added["before"]),
        (&"pieces".into(), &"add".into(), &serde_json::Value::Null)
    );
    assert_eq!((&added["after"]["type"], &added["after"]["nullable"]), (&"INT64".into(), &true.into()));
    assert_eq!(
        (&dropped["name"], &dropped["action"], &dropped["after"]),
        (&"channel".into(), &"drop".into(), &serde_json::Value::Null)
    );
    assert_eq!(dropped["before"]["type"], "STRING");
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

#[test]
fn a_rebuild_is_shown_without_a_change_of_the_file() {
    let project = loaded();
    let file = project.path().join("warehouse.duckdb");
    let before = std::fs::read(&file).expect("the warehouse");
    // Someone else who reads it is not in the way.
    let reader = DuckDbWarehouse::open_to_read(&file.to_string_lossy()).expect("opened to read");
    let shown = done(project.dwc(&["plan", "--rebuild", "customer"])).stdout;
    drop(reader);
    assert!(shown.contains("customer"), "{shown}");
    assert!(std::fs::read(&file).expect("the warehouse") == before, "not a byte of it");
}

#[test]
fn rows_and_sums_are_shown_as_they_are_and_as_an_environment_has_them() {
    let project = loaded();
    done(project.dwc(&["env", "create", "review", "--from", "dev"]));
    edit(&project, SALE, "  amount: { additive", "  amount: { expr: amount * 2, additive");
    refused(project.dwc(&["plan", "--data", "review"]), "DW0701");
    done(project.dwc(&["apply", "--auto-approve", "--env", "review"]));
    done(project.dwc(&["run", "--env", "review"]));
    let plan = done(project.dwc(&["plan", "--data", "review", "--format", "json"])).stdout;
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    let figures = serde_json::json!([
        { "model": "sale", "figure": "rows", "before": "3", "after": "3" },
        { "model": "sale", "figure": "amount", "before": "4200", "after": "8400" },
    ]);
    assert_eq!(plan["data"]["figures"], figures);
    let human = done(project.dwc(&["plan", "--data", "review"])).stdout;
    assert!(human.contains("    sale rows: 3\n    sale amount: 4200 → 8400\n"), "{human}");
}

#[test]
fn history_that_starts_now_and_versions_that_go_are_said() {
    let project = loaded();
    edit(&project, "models/customer.yml", "city: { scd: 2 }", "city: { scd: 1 }");
    let human = done(project.dwc(&["plan"])).stdout;
    assert!(human.contains("1 version that is not current will be dropped"), "{human}");
    edit(&project, "models/customer.yml", "city: { scd: 1 }", "city: { scd: 2 }\n  town: { scd: 2, expr: city }");
    assert!(!done(project.dwc(&["plan"])).stdout.contains("starts now"), "landed states are kept");
    edit(&project, "models/shop.yml", "    retain: history\n", "");
    let human = done(project.dwc(&["plan"])).stdout;
    assert!(!human.contains("starts now"), "they are there until the next run has loaded them: {human}");
    assert!(human.contains("1 landed state will be removed by the next run"), "{human}");
}

#[test]
fn versions_that_a_policy_makes_or_loses_are_counted() {
    let project = loaded();
    edit(
        &project,
        "models/customer.yml",
        "name: { scd: 1 }\n  city: { scd: 2 }",
        "name: { scd: 2 }\n  city: { scd: 1 }",
    );
    let human = done(project.dwc(&["plan"])).stdout;
    assert!(human.contains("\n    1 fewer version, of the states that are kept\n"), "{human}");
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
    edit(&project, "models/customer.yml", "city: { scd: 1 }", "city: { scd: 2 }");
    let human = done(project.dwc(&["plan"])).stdout;
    assert!(human.contains("\n    1 more version, of the states that are kept\n"), "{human}");
}

#[test]
fn other_keys_of_a_dimension_are_no_change_of_a_measure() {
    let project = loaded();
    edit(&project, "models/customer.yml", "attributes:", "surrogate_key: { strategy: sequence }\nattributes:");
    let plan = planned(&project);
    let sale = change(&plan, "table dw.sale");
    let said = "the keys of `customer` change from hash to sequence: it is looked up again";
    assert_eq!(sale["reasons"], serde_json::json!([said]), "{sale:#}");
    assert_eq!(sale["downstream_measures"], serde_json::json!([]), "{sale:#}");
}
