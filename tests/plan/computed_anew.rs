//! What a plan says of a change that computes models anew: which models, why, and what a fresh load would lack.

use crate::fresh::{load, shop, star};
use crate::keys::SALE;
use crate::{change, edit, planned, refused};

#[test]
fn a_calendar_that_loses_days_of_facts_says_which_and_needs_leave() {
    let project = shop("history");
    load(&project);
    edit(&project, "models/date.yml", "2026-12-31", "2026-06-30");
    let plan = planned(&project);
    let date = change(&plan, "table dw.date");
    assert_eq!(date["class"], "destructive");
    let counted = date["counted"].to_string();
    let said = "1 row of `sale` will have no `sale_date`: the calendar no longer has its day";
    assert!(counted.contains(said), "{counted}");
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    let longer = shop("history");
    load(&longer);
    edit(&longer, "models/date.yml", "2026-12-31", "2027-12-31");
    assert_eq!(change(&planned(&longer), "table dw.date")["class"], "breaking", "no day goes");
}

#[test]
fn the_plan_names_what_is_computed_anew_through_every_level() {
    let project = shop("history");
    load(&project);
    edit(&project, SALE, "amount: { additive", "amount: { expr: amount + 1, additive");
    let plan = planned(&project);
    let reloads = serde_json::json!([
        { "model": "above", "because": "reads", "of": "daily" },
        { "model": "daily", "because": "reads", "of": "sale" },
        { "model": "sale", "because": "itself" },
    ]);
    assert_eq!(plan["reloads"], reloads);
    let sale = change(&plan, "table dw.sale");
    let measure = serde_json::json!([{
        "part": "measure amount",
        "before": "additive all in KRW",
        "after": "additive all in KRW of amount + 1",
        "class": "breaking",
    }]);
    assert_eq!(sale["differences"], measure);
}

#[test]
fn states_that_are_no_longer_landed_are_counted_and_need_leave() {
    let project = shop("current");
    load(&project);
    edit(&project, "dwc.yml", "Asia/Seoul", "America/New_York");
    let plan = planned(&project);
    let customer = change(&plan, "table dw.customer");
    assert_eq!(customer["class"], "destructive", "{customer:#}");
    let said = "no longer landed: the values of the former definition stay";
    assert!(customer["counted"].to_string().contains(said), "{customer:#}");
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    let kept = shop("history");
    load(&kept);
    edit(&kept, "dwc.yml", "Asia/Seoul", "America/New_York");
    assert_eq!(change(&planned(&kept), "table dw.customer")["class"], "history_rewriting");
}

#[test]
fn what_reads_a_renamed_fact_or_measure_is_the_same() {
    let (project, fresh) = (shop("history"), shop("history"));
    load(&project);
    for one in [&project, &fresh] {
        edit(one, SALE, "fact: sale\n", "fact: deal\nwas: sale\n");
        edit(one, SALE, "  amount: { additive", "  revenue: { expr: amount, was: amount, additive");
        edit(one, "models/daily.yml", "from: sale\n", "from: deal\n");
        edit(one, "models/daily.yml", "SUM(amount)", "SUM(revenue)");
    }
    let plan = planned(&project);
    let deal = change(&plan, "table dw.deal");
    assert_eq!(deal["class"], "breaking", "{deal:#}");
    let daily = change(&plan, "table dw.daily");
    assert_eq!(daily["class"], "additive", "{daily:#}");
    let reasons =
        ["`sale`, which it reads, is renamed to `deal`", "`amount` of `deal`, which it reads, is renamed to `revenue`"];
    assert_eq!(daily["reasons"], serde_json::json!(reasons));
    load(&project);
    load(&fresh);
    assert_eq!(star(&project), star(&fresh));
}
