//! Declarations of history that say two things, or nothing: each is refused at its line, with what to do.

use dwc_compiler::source::{FileSet, SourceFile};
use dwc_tests::project::repository;

/// The problems of the project with a change of its text.
fn problems(from: &str, to: &str) -> Vec<String> {
    let files = dwc_runner::project::read(&repository().join("tests/warehouses/policies")).expect("a project");
    let changed: Vec<SourceFile> = files
        .iter()
        .map(|(_, file)| SourceFile { path: file.path.clone(), text: file.text.replace(from, to) })
        .collect();
    assert!(files.iter().any(|(_, file)| file.text.contains(from)), "nothing has the text {from}");
    let files = FileSet::new(changed);
    dwc_compiler::check(&files).diagnostics.iter().map(|problem| problem.concise(&files)).collect()
}

#[test]
fn what_a_policy_cannot_be_is_said() {
    for (from, to, expected) in [
        ("city: { scd: 2 }", "city: { scd: 4 }", "`scd: 4` is not a policy of an attribute"),
        ("city: { scd: 2 }", "city: { scd: 8 }", "`scd: 8` is not a policy of an attribute"),
        (
            "city: { scd: 2 }",
            "previous_region: { scd: 2, expr: city }",
            "`customer` would have two columns `previous_region`",
        ),
        (
            "city: { scd: 2 }",
            "current_segment: { scd: 1, expr: city }",
            "`customer` would have two columns `current_segment`",
        ),
        ("of: customer", "of: custommer", "there is no dimension `custommer`"),
        ("of: customer", "of: customer_profile", "`customer_profile` has no members of a source"),
        ("of: customer\n", "", "mini-dimension `customer_profile` has no `of`"),
        ("of: customer\n", "of: customer\non_delete: flag\n", "`on_delete` does not apply to `kind: mini`"),
        (
            "kind: mini\nof: customer",
            "of: customer\nfrom: crm.customers\nnatural_key: [customer_id]\nscd: 1",
            "`of` does not apply to `kind: standard`",
        ),
        ("below: 60, label: 20 to 59", "below: 10, label: 20 to 59", "the bands overlap"),
        (
            "{ label: 60 and over }",
            "{ below: 90, label: 60 and over }",
            "the last band has an upper bound, so greater values have no band",
        ),
        ("below: 60, label: 20 to 59", "label: 20 to 59", "a band without `below` takes every value"),
        ("label: 20 to 59", "label: under 20", "two bands have the label `under 20`"),
        ("expr: age\n", "expr: email\n", "`bands` are of numbers, and the expression is STRING"),
        ("expr: age\n", "expr: age\n    labels: { 1: one }\n", "`labels` does not apply to an attribute with `bands`"),
        (
            "city: { scd: 2 }",
            "city: { scd: 2, expr: age, labels: { young: Young } }",
            "a label is for no value of `city`",
        ),
        (
            "city: { scd: 2 }",
            "city: { scd: 2, expr: age > 3, labels: { true: Old } }",
            "`labels` of `city` has none for `false`",
        ),
        (
            "city: { scd: 2 }",
            "city: { scd: 2, expr: age, labels: { 1: one, 01: first } }",
            "`labels` has two labels for `1`",
        ),
        (
            "city: { scd: 2 }",
            "city: { scd: 2, expr: age / 2, labels: { 1: one } }",
            "`labels` are for BOOL, INT64 and STRING, and the expression is FLOAT64",
        ),
        (
            "city: { scd: 2 }",
            "city: { scd: 2, labels: { Seoul: S }, type: INT64 }",
            "the expression is STRING, and the declared type is INT64",
        ),
        (
            "city: { scd: 2 }",
            "city: { scd: 2, expr: age, when_null: Unknown }",
            "`when_null: Unknown` is no value of attribute `city`",
        ),
        (
            "city: { scd: 2 }",
            "city: { scd: 2, expr: \"[age]\", when_null: 1 }",
            "`when_null` is for a single value, and `city` is ARRAY<INT64>",
        ),
        (
            "customer_profile: { on: customer_id }",
            "customer_profile: { on: customer_id, missing: infer }",
            "a combination is not inferred",
        ),
        (
            "dimension: agent\n",
            "dimension: customer_as_is\n",
            "`customer_as_is` would be both dimension `customer_as_is` and a view of the type-7 dimension `customer`",
        ),
        ("late_type0: keep", "late_type0: never", "late_type0"),
        ("strategy: sequence", "strategy: random", "strategy"),
    ] {
        let found = problems(from, to);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{to}\n{found:#?}");
    }
}

#[test]
fn a_mini_dimension_holds_labels_and_not_amounts() {
    let found = problems(
        "    expr: credit\n    bands:\n      - { below: 0.5, label: none }\n      - { below: 1000, label: small }\n      - { label: large }\n",
        "    expr: credit\n",
    );
    assert!(
        found.iter().any(|problem| problem.contains("attribute `credit_band` of a mini-dimension is NUMERIC")),
        "{found:#?}"
    );
}

#[test]
fn a_fact_that_only_grows_has_no_rule_for_deletes() {
    for rule in ["remove", "flag"] {
        let found = problems(
            "event_time: ordered_at\n",
            &format!("event_time: ordered_at\ninsert_only: true\non_delete: {rule}\n"),
        );
        assert!(
            found.iter().any(|problem| problem.contains("`on_delete` does not go with `insert_only`")),
            "{found:#?}"
        );
    }
}
