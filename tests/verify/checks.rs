//! Declared checks: what each kind counts, which rows it names, and what it means for the exit code.

use dwc_tests::checked::SHOP;
use dwc_tests::project::{Project, Run};

fn done(run: &Run, code: i32) -> &Run {
    assert_eq!(run.code, Some(code), "{}\n{}", run.stdout, run.stderr);
    run
}

fn loaded(fixture: &str) -> Project {
    let project = Project::new(fixture);
    done(&project.dwc(&["apply", "--auto-approve"]), 0);
    done(&project.dwc(&["run"]), 0);
    project
}

/// The findings of `dwc verify`, as severity and message.
fn found(run: &Run) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("a report");
    let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let mut all: Vec<String> = report["diagnostics"]
        .as_array()
        .expect("diagnostics")
        .iter()
        .map(|one| format!("{} {} {}", text(one, "severity"), text(one, "code"), text(one, "message")))
        .collect();
    all.sort();
    all
}

#[test]
fn every_kind_of_check_counts_and_names_the_rows_that_fail() {
    let project = loaded(SHOP);
    let all = found(done(&project.dwc(&["verify", "--format", "json"]), 1));
    let (old, said): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|one| one.contains("`bad_age`") || one.contains("`bad_landing`"));
    assert_eq!(
        said,
        [
            "error DW0928 check `bad_note` of source table `shop.orders` can't be computed: \"x\" is not an INT64",
            "error DW0980 dimension `customer` fails check `bad_email`: 1 key of several of 4 rows: email=a@x.io",
            "error DW0980 dimension `customer` fails check `bad_inferred`: 4 rows, not at least 5 rows",
            "error DW0980 fact `sale` fails check `bad_amount`: 2 of 4 rows: order_id=11; order_id=12",
            "error DW0980 source table `shop.customers` fails check `bad_city`: 1 of 3 rows: customer_id=2",
            "error DW0980 source table `shop.orders` fails check `bad_customer`: 1 of 4 rows: order_id=12",
            "error DW0980 source table `shop.orders` fails check `bad_days`: 1 of 4 rows, more than 20%: order_id=11",
            "warning DW0980 fact `sale` fails check `bad_status`: 1 of 4 rows: order_id=12",
        ]
    );
    assert_eq!(old.len(), 2, "{old:?}");
    assert!(old[0].contains("the newest `ordered_at` is of 2026-02-28 19:00:00 UTC, more than 1d ago"), "{old:?}");
    assert!(old[1].contains("the last batch is of "), "{old:?}");
}

#[test]
fn a_selection_checks_its_models_and_the_source_tables_that_they_read() {
    let project = loaded(SHOP);
    let said = found(done(&project.dwc(&["verify", "--format", "json", "--select", "customer"]), 1));
    let of = |what: &str| said.iter().filter(|one| one.contains(what)).count();
    assert_eq!((of("`customer`"), of("`shop.customers`"), of("`sale`"), of("`shop.orders`")), (2, 2, 0, 0), "{said:?}");
    let structure = project.dwc(&["verify", "--structure", "--format", "json"]);
    assert_eq!(found(done(&structure, 0)), [""; 0]);
}

#[test]
fn a_warning_does_not_fail_and_a_threshold_lets_some_rows_pass() {
    let project = loaded(SHOP);
    let text = project.read("models/sale.yml");
    let (model, _) = text.split_once("checks:").expect("checks");
    let with = |checks: &str| {
        project.write("models/sale.yml", &format!("{model}checks:\n{checks}"));
        done(&project.dwc(&["apply", "--auto-approve"]), 0);
    };
    let verify = || found(done(&project.dwc(&["verify", "--select", "sale", "--format", "json"]), 1));
    let own = |said: Vec<String>| -> Vec<String> { said.into_iter().filter(|one| one.contains("`sale`")).collect() };
    with("  - { range: { column: amount, min: 0, max: 99 }, threshold: 2 }\n");
    assert_eq!(own(verify()), [""; 0]);
    with("  - { range: { column: amount, min: 0, max: 99 }, threshold: 1 }\n");
    let said = "DW0980 fact `sale` fails check `range_amount`: 2 of 4 rows, more than 1: order_id=11; order_id=12";
    assert_eq!(own(verify()), [format!("error {said}")]);
    with("  - { range: { column: amount, min: 0, max: 99 }, threshold: 1, severity: warn }\n");
    assert_eq!(own(verify()), [format!("warning {said}")]);
}

#[test]
fn a_check_is_in_the_plan_and_loads_nothing_again() {
    let project = loaded(SHOP);
    let edit = |file: &str, from: &str, to: &str| {
        let text = project.read(file);
        assert!(text.contains(from), "{text}");
        project.write(file, &text.replace(from, to));
    };
    edit("models/sale.yml", "  - { condition: amount > -100, where: ordered_at >= '2026-03-01' }\n", "");
    edit("models/sale.yml", "max: 99.5", "max: 100");
    edit("models/shop.yml", "threshold: 1 }", "threshold: 2 }");
    edit("models/customer.yml", "  - { rows: { max: 4 } }", "  - { rows: { max: 4 } }\n  - not_null: email");
    let plan = done(&project.dwc(&["plan"]), 0).stdout.clone();
    for line in [
        "check `bad_amount` changes from amount is from 0 to 99.5 to amount is from 0 to 100",
        "check `condition_4` is no longer declared",
        "check `not_null_email` is new: email is never NULL",
        "check `few_bad_days` changes from paid_on is from 2026-01-01 to 2026-12-31, up to 1 rows may fail",
    ] {
        assert!(plan.contains(line), "{line}\n{plan}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&done(&project.dwc(&["plan", "--format", "json"]), 0).stdout).expect("a plan");
    assert_eq!(json["reloads"], serde_json::json!([]));
    let changes = json["changes"].as_array().expect("changes");
    assert_eq!(changes.len(), 3, "{json:#}");
    assert!(changes.iter().all(|one| one["class"] == "additive" && one["action"] == "alter"), "{json:#}");
    done(&project.dwc(&["apply", "--auto-approve"]), 0);
    let again: serde_json::Value =
        serde_json::from_str(&done(&project.dwc(&["plan", "--format", "json"]), 0).stdout).expect("a plan");
    assert_eq!(again["changes"], serde_json::json!([]), "a plan after an apply is empty");
    let run: serde_json::Value =
        serde_json::from_str(&done(&project.dwc(&["run", "--format", "json"]), 0).stdout).expect("a report");
    let outcomes: Vec<_> = run["models"].as_array().into_iter().flatten().map(|one| one["outcome"].clone()).collect();
    assert!(!outcomes.is_empty() && outcomes.iter().all(|one| one == "up_to_date"), "{run:#}");
}

#[test]
fn what_is_shown_has_the_names_of_checks() {
    let project = Project::new(SHOP);
    let shown = done(&project.dwc(&["show", "shop"]), 0).stdout.clone();
    for line in ["name: not_null_customer_id_updated_at", "owner: order desk", "owner: shop team", "severity: error"] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    project.write("models/shop.yml", &shown);
    done(&project.dwc(&["check"]), 0);
}

#[test]
fn a_value_of_a_level_that_belongs_to_several_values_above_is_told() {
    let shop = SHOP.replace(
        "  email: { scd: 2 }\n  city: { scd: 1 }",
        "  email: { scd: 2, hierarchy: mail.1 }\n  city: { scd: 1, hierarchy: mail.2 }",
    );
    let project = loaded(&shop);
    let verify = || found(&project.dwc(&["verify", "--structure", "--format", "json"]));
    assert_eq!(verify(), [""; 0], "a city of NULL is no city");
    let rows = "customer_id,email,city,updated_at\n4,d@x.io,Seoul,2026-03-05 00:00:00\n";
    project.write("data/customers/2026-03-05T00.csv", rows);
    done(&project.dwc(&["run"]), 0);
    assert_eq!(
        verify(),
        [
            "warning DW0981 values of level `city` in hierarchy `mail` of dimension `customer` belong to several values of `email`: city=Seoul has email a@x.io and d@x.io, values: 2"
        ]
    );
    let rows = "customer_id,email,city,updated_at\n4,a@x.io,Seoul,2026-03-06 00:00:00\n";
    project.write("data/customers/2026-03-06T00.csv", rows);
    done(&project.dwc(&["run"]), 0);
    assert_eq!(verify(), [""; 0], "what was is no finding");
}
