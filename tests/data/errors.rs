//! `dwc errors`: rows that were not loaded, by table, time and number.

use dwc_tests::project::{Project, Run};

use super::{SHOP, assert_run};

const BUYER: &str = "\
dimension: buyer
description: A store that orders.
from: shop.orders
natural_key: [store]
effective_at: extracted
attributes: { amount: { scd: 1 } }
";

/// The events that a command lists, as table, screen and place.
fn listed(run: &Run) -> Vec<String> {
    assert_run(run, 0, &[]);
    let events: serde_json::Value = serde_json::from_str(&run.stdout).expect("events");
    let text = |event: &serde_json::Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let told = |event| format!("{} {} {}", text(event, "table"), text(event, "screen"), text(event, "place"));
    events.as_array().expect("a list").iter().map(told).collect()
}

#[test]
fn rows_that_were_not_loaded_are_listed_with_place_and_reason() {
    let project = Project::new(SHOP);
    project.write("models/buyer.yml", BUYER);
    let header = "order_id,line_no,store,ordered_at,amount\n";
    project.write(
        "data/orders/2026-03-02.csv",
        &format!("{header}2,1,two,2026-03-02 01:00:00,many\n3,1,,2026-03-02 01:00:00,5\n"),
    );
    let before = project.dwc(&["errors"]);
    assert_run(&before, 1, &["DW0701", "nothing has been applied"]);
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    let none = project.dwc(&["errors"]);
    assert_run(&none, 0, &["no row was kept out"]);
    project.dwc(&["run"]);
    project.write("data/orders/2026-03-04.csv", &format!("{header}4,1,four,yesterday,7\n"));
    project.dwc(&["run"]);
    let errors = |arguments: &[&str]| project.dwc(&[&["errors"], arguments].concat());
    let all = errors(&[]);
    assert_run(&all, 0, &[]);
    for text in
        ["shop.orders", "cast", "data/orders/2026-03-02.csv:2", "`amount` is not", "yesterday", "key", "store=NULL"]
    {
        assert!(all.stdout.contains(text), "{text}\n{}", all.stdout);
    }
    let json = |arguments: &[&str]| listed(&errors(&[&["--format", "json"], arguments].concat()));
    let found = json(&[]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(json(&["--limit", "1"]), found[..1]);
    assert_eq!(json(&["--since", "2026-03-03"]), ["shop.orders cast data/orders/2026-03-04.csv:2"]);
    assert_eq!(json(&["--table", "shop.orders"]).len(), 2);
    assert_run(&errors(&["--table", "shop.order"]), 1, &["there is no source table `shop.order`"]);
    assert_eq!(json(&["--select", "buyer"]).len(), 3, "with the tables that it reads");
    assert_run(&errors(&["--select", "buyr"]), 1, &["did you mean `buyer`?"]);
    let shown = errors(&["--limit", "1"]);
    assert!(shown.stdout.contains("1 of 3 events"), "{}", shown.stdout);
    project.dwc(&["run", "--mode", "full"]);
    assert_eq!(json(&[]), found, "a row that is read again is the same event");
}
