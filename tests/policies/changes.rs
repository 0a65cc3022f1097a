//! A policy that changes: what is there afterwards is what the new policy would have made from the start, because the
//! events are kept whatever the policy.

use crate::{Policies, policies};

const CUSTOMER: &str = "models/dimensions/customer.yml";

/// Everything that an analyst can see of customers and of orders by them, without the batches that wrote it.
fn seen(policies: &Policies) -> Vec<String> {
    let mut seen = Vec::new();
    for table in ["customer", "customer_profile", "order", "current_customer_profile", "customer_as_is"] {
        let columns = policies.rows(&format!(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'dw' AND table_name = '{table}' \
             AND column_name <> 'loaded_batch' ORDER BY 1"
        ));
        seen.push(format!("{table}: {}", columns.join(" ")));
        if !columns.is_empty() {
            let columns: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
            seen.extend(policies.rows(&format!("SELECT {} FROM dw.{table} ORDER BY ALL", columns.join(", "))));
        }
    }
    seen
}

#[test]
fn every_type_becomes_every_other_type() {
    let types = [0, 1, 2, 3, 6, 7];
    let with = |ty: u8| move |text: &str| text.replace("city: { scd: 2 }", &format!("city: {{ scd: {ty} }}"));
    let fresh: Vec<Vec<String>> = types
        .iter()
        .map(|ty| {
            let policies = policies(with(*ty));
            policies.run("2026-02-01");
            policies.run("2026-03-01");
            seen(&policies)
        })
        .collect();
    for from in types {
        let mut policies = policies(with(from));
        policies.run("2026-02-01");
        for (to, expected) in types.iter().zip(&fresh) {
            policies.change(CUSTOMER, |text| {
                let old = types.iter().find(|ty| text.contains(&format!("city: {{ scd: {ty} }}"))).expect("a type");
                text.replace(&format!("city: {{ scd: {old} }}"), &format!("city: {{ scd: {to} }}"))
            });
            policies.run("2026-03-01");
            assert_eq!(&seen(&policies), expected, "started with {from}, now {to}");
        }
    }
}

#[test]
fn policies_of_the_timeline_change_both_ways() {
    for setting in [
        "on_delete: flag",
        "on_delete: ignore",
        "first_version: own_instant",
        "open_end: none",
        "type1_scope: current",
        "surrogate_key: { salt: pepper }",
        "surrogate_key: { strategy: sequence }",
    ] {
        let add =
            |text: &str| text.replace("effective_at: changed_at\n", &format!("effective_at: changed_at\n{setting}\n"));
        let is_customer = |text: &str| text.starts_with("dimension: customer\n");
        let with = policies(|text| if is_customer(text) { add(text) } else { text.to_owned() });
        let without = policies(str::to_owned);
        let mut changed = policies(str::to_owned);
        for one in [&with, &without, &changed] {
            one.run("2026-02-01");
        }
        changed.change(CUSTOMER, add);
        changed.run("2026-02-01");
        assert_eq!(seen(&changed), seen(&with), "to {setting}");
        changed.change(CUSTOMER, |text| text.replace(&format!("{setting}\n"), ""));
        changed.run("2026-02-01");
        assert_eq!(seen(&changed), seen(&without), "back from {setting}");
    }
}

#[test]
fn a_new_attribute_has_its_history_from_landing() {
    let mut policies = policies(|text| text.replace("  city: { scd: 2 }\n", ""));
    policies.run("2026-02-01");
    policies.change(CUSTOMER, |text| text.replace("  region:", "  city: { scd: 2 }\n  region:"));
    policies.run("2026-02-01");
    let fresh = crate::policies(str::to_owned);
    fresh.run("2026-02-01");
    assert_eq!(policies.customers(), fresh.customers(), "`retain: history` gives the states of before");
}
