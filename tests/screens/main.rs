//! Checks with `on_fail`: which rows a load rejects, tags and holds back, and what it says of them, against plain SQL over the
//! raw rows.

use std::collections::BTreeMap;

use dwc_tests::dice::Dice;
use dwc_tests::project::{Project, Run};
use dwc_tests::screened::SCREENED;

const ORDERS: &str = "order_id,customer_id,ordered_at,status,amount,discount\n";
const CUSTOMERS: &str = "customer_id,email,tier,updated_at\n";

fn done(run: &Run, code: i32) -> &Run {
    assert_eq!(run.code, Some(code), "{}\n{}", run.stdout, run.stderr);
    run
}

/// What a run said, without the marks and the breaks of lines.
fn said(run: &Run) -> String {
    let text = format!("{}\n{}", run.stdout, run.stderr).replace("\n  |", " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A shop with a customer and a tier, and nothing loaded.
fn shop() -> Project {
    let project = Project::new(SCREENED);
    customers(&project, "2026-01-01", "7,a@x.io,gold,2026-01-01 00:00:00\n8,b@x.io,silver,2026-01-01 00:00:00\n");
    project.write("data/tiers/2026-01-01.csv", "tier,rate\ngold,10\nsilver,5\n");
    orders(&project, "2026-01-01", "");
    project
}

fn orders(project: &Project, day: &str, rows: &str) {
    project.write(&format!("data/orders/{day}.csv"), &format!("{ORDERS}{rows}"));
}

fn customers(project: &Project, day: &str, rows: &str) {
    project.write(&format!("data/customers/{day}.csv"), &format!("{CUSTOMERS}{rows}"));
}

fn apply(project: &Project) {
    done(&project.dwc(&["apply", "--auto-approve"]), 0);
}

/// The rows of a query on the loaded warehouse, one text each.
fn rows(project: &Project, sql: &str) -> Vec<String> {
    let path = project.path().join("warehouse.duckdb");
    let engine = dwc_runner::DuckDbWarehouse::open(&path.to_string_lossy()).expect("a warehouse");
    let rows = dwc_tests::warehouse::rows(&engine, sql);
    rows.into_iter().map(|row| row.join("|")).collect()
}

/// The events of the models, as model, screen, key and values.
fn events(project: &Project) -> Vec<String> {
    let sql = "SELECT source_table, screen, place, source_row FROM _dwc.error_events ORDER BY ALL";
    rows(project, sql)
}

#[test]
fn a_fact_rejects_tags_and_takes_in_what_is_corrected() {
    let project = shop();
    apply(&project);
    orders(
        &project,
        "2026-03-01",
        "1,7,2026-03-01 01:00:00,paid,100,10\n2,7,2026-03-01 02:00:00,paid,50,60\n3,7,2026-03-01 03:00:00,paid,-5,-10\n",
    );
    let run = project.dwc(&["run"]);
    let said = said(done(&run, 0));
    for text in [
        "warning[DW0986]: rows of fact `sale` fail check `discount` and are rejected: order_id=2",
        "warning[DW0986]: rows of fact `sale` fail check `range_amount` and are tagged: order_id=3",
        "rejected",
    ] {
        assert!(said.contains(text), "{text}\n{said}");
    }
    let sale = "SELECT order_id FROM dw.sale ORDER BY 1";
    assert_eq!(rows(&project, sale), ["1", "3"]);
    assert_eq!(rows(&project, &sale.replace("sale", "kept_sale")), ["1", "3"]);
    let first = [
        "first_sale|discount|order_id=2|amount=50, discount=60",
        "kept_sale|discount|order_id=2|amount=50, discount=60",
        "sale|discount|order_id=2|amount=50, discount=60",
        "sale|range_amount|order_id=3|amount=-5",
    ];
    assert_eq!(events(&project), first);
    // One row turns bad, one is corrected, and one is deleted.
    orders(&project, "2026-03-02", "1,7,2026-03-01 01:00:00,paid,100,200\n2,7,2026-03-01 02:00:00,paid,50,5\n");
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, sale), ["2"]);
    let flagged = "SELECT order_id, is_deleted FROM dw.kept_sale ORDER BY 1";
    assert_eq!(rows(&project, flagged), ["2|false", "3|true"], "a row that is rejected is not gone");
    assert_eq!(rows(&project, &sale.replace("sale", "first_sale")), ["1", "2", "3"], "a row that is there stays");
    let values = "SELECT column_name, value FROM _dwc.error_details WHERE source_table = 'sale' AND place = 'order_id=1' ORDER BY 1";
    assert_eq!(rows(&project, values), ["amount|100", "discount|200"]);
    let known = events(&project);
    assert_eq!(known.iter().filter(|event| event.starts_with("sale|discount")).count(), 2);
    done(&project.dwc(&["run", "--mode", "full"]), 0);
    assert_eq!(
        (rows(&project, sale), events(&project)),
        (vec!["2".to_owned()], known),
        "a full run judges all rows alike"
    );
    done(&project.dwc(&["verify"]), 0);
}

#[test]
fn a_screen_that_halts_holds_back_its_model_alone() {
    let project = shop();
    apply(&project);
    orders(&project, "2026-03-01", "1,7,2026-03-01 01:00:00,paid,100,10\n");
    done(&project.dwc(&["run"]), 0);
    orders(
        &project,
        "2026-03-02",
        "1,7,2026-03-01 01:00:00,,100,10\n2,7,2026-03-02 01:00:00,,50,60\n3,7,2026-03-02 02:00:00,paid,5,1\n",
    );
    let run = project.dwc(&["run"]);
    let said = said(done(&run, 1));
    let text = "fact `sale` fails check `status`, which holds the load back: 2 of 3 rows: order_id=1; order_id=2";
    assert!(said.contains(text), "{said}");
    assert!(said.contains("DW0985") && said.contains("models/sale.yml") && said.contains("ask order desk"), "{said}");
    assert_eq!(rows(&project, "SELECT order_id, status FROM dw.sale"), ["1|paid"]);
    assert_eq!(
        events(&project).iter().filter(|event| event.starts_with("sale|")).count(),
        0,
        "nothing is kept of the unit"
    );
    assert_eq!(rows(&project, "SELECT order_id FROM dw.kept_sale ORDER BY 1"), ["1", "3"], "other models load");
    orders(
        &project,
        "2026-03-03",
        "1,7,2026-03-01 01:00:00,paid,100,10\n2,7,2026-03-02 01:00:00,paid,50,60\n3,7,2026-03-02 02:00:00,paid,5,1\n",
    );
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, "SELECT order_id, status FROM dw.sale ORDER BY 1"), ["1|paid", "3|paid"]);
    done(&project.dwc(&["verify"]), 0);
}

#[test]
fn a_state_that_is_rejected_leaves_the_version_before_it() {
    let project = shop();
    apply(&project);
    customers(
        &project,
        "2026-02-01",
        "7,a@x.io,bronze,2026-02-01 00:00:00\n8,none,gold,2026-02-01 00:00:00\n9,c@x.io,lead,2026-02-01 00:00:00\n",
    );
    orders(&project, "2026-03-01", "1,9,2026-03-01 01:00:00,paid,100,10\n");
    done(&project.dwc(&["run"]), 0);
    let versions = "SELECT customer_id, email, tier, valid_from, is_current, is_inferred FROM dw.customer \
                    WHERE customer_key >= 0 ORDER BY customer_id, valid_from";
    let beginning = "0001-01-01 00:00:00";
    assert_eq!(
        rows(&project, versions),
        [
            format!("7|a@x.io|gold|{beginning}|true|false"),
            format!("8|b@x.io|silver|{beginning}|false|false"),
            "8|none|gold|2026-02-01 00:00:00|true|false".to_owned(),
            format!("9|NULL|NULL|{beginning}|true|true"),
        ]
    );
    let own = |project: &Project| -> Vec<String> {
        events(project).into_iter().filter(|event| event.starts_with("customer|")).collect()
    };
    let expected = [
        "customer|email|customer_id=8|email=none, tier=gold",
        "customer|tier|customer_id=7|tier=bronze",
        "customer|tier|customer_id=9|tier=lead",
    ];
    assert_eq!(own(&project), expected);
    done(&project.dwc(&["verify"]), 0);
    // Corrected at their instants, and deleted in between.
    customers(&project, "2026-02-02", "7,a@x.io,silver,2026-02-01 00:00:00\n9,c@x.io,gold,2026-02-03 00:00:00\n");
    done(&project.dwc(&["run"]), 0);
    let corrected = [
        format!("7|a@x.io|gold|{beginning}|false|false"),
        "7|a@x.io|silver|2026-02-01 00:00:00|true|false".to_owned(),
        format!("8|b@x.io|silver|{beginning}|false|false"),
        "8|none|gold|2026-02-01 00:00:00|true|false".to_owned(),
        format!("9|c@x.io|gold|{beginning}|true|false"),
    ];
    assert_eq!(rows(&project, versions), corrected);
    for command in [["run", "--mode", "full"].as_slice(), &["rebuild", "customer", "--auto-approve"]] {
        done(&project.dwc(command), 0);
        assert_eq!(
            (rows(&project, versions), own(&project)),
            (corrected.to_vec(), expected.map(str::to_owned).to_vec())
        );
    }
    done(&project.dwc(&["verify"]), 0);
}

#[test]
fn dimensions_that_are_evaluated_reject_too() {
    let project = shop();
    apply(&project);
    orders(&project, "2026-03-01", "1,7,2026-03-01 01:00:00,paid,100,10\n2,8,2026-03-01 02:00:00,paid,-5,-5\n");
    done(&project.dwc(&["run"]), 0);
    let volumes = "SELECT volume_id, total FROM dw.volume WHERE volume_key >= 0 ORDER BY 1";
    assert_eq!(rows(&project, volumes), ["7|100"]);
    let accounts =
        "SELECT account_id, email, rate FROM dw.account WHERE account_key >= 0 ORDER BY account_id, valid_from";
    assert_eq!(rows(&project, accounts), ["7|a@x.io|10", "8|b@x.io|5"]);
    // A total that turns bad leaves the total before it; so does a rate.
    orders(&project, "2026-03-02", "1,7,2026-03-01 01:00:00,paid,-1,-1\n2,8,2026-03-01 02:00:00,paid,5,5\n");
    project.write("data/tiers/2026-03-02.csv", "tier,rate\ngold,90\nsilver,7\n");
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, volumes), ["7|100", "8|5"]);
    assert_eq!(rows(&project, accounts), ["7|a@x.io|10", "8|b@x.io|5", "8|b@x.io|7"]);
    let own = "SELECT source_table, place, source_row FROM _dwc.error_events WHERE source_table IN ('volume', 'account') ORDER BY ALL";
    let expected = ["account|account_id=7|rate=90", "volume|volume_id=7|total=-1", "volume|volume_id=8|total=-5"];
    assert_eq!(rows(&project, own), expected);
    done(&project.dwc(&["verify"]), 0);
    project.write("data/tiers/2026-03-03.csv", "tier,rate\ngold,20\nsilver,7\n");
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, accounts), ["7|a@x.io|10", "7|a@x.io|20", "8|b@x.io|5", "8|b@x.io|7"]);
    done(&project.dwc(&["verify"]), 0);
}

#[test]
fn a_check_that_rejects_loads_anew_and_one_that_tags_does_not() {
    let project = shop();
    let with = |from: &str, to: &str| {
        let text = project.read("models/sale.yml");
        assert!(text.contains(from), "{text}");
        project.write("models/sale.yml", &text.replace(from, to));
    };
    let screens =
        "SELECT screen, kind, on_fail, severity, asks FROM _dwc.screens WHERE source_table = 'sale' ORDER BY 1";
    let sale = "SELECT order_id FROM dw.sale ORDER BY 1";
    let new = project.dwc(&["plan"]);
    let text = "check `status` is new: status is never NULL, rows that fail hold the load back";
    assert!(said(&new).contains(text), "{}", new.stdout);
    with("amount, on_fail: reject", "amount");
    apply(&project);
    orders(&project, "2026-03-01", "1,7,2026-03-01 01:00:00,paid,100,10\n2,7,2026-03-01 02:00:00,paid,50,60\n");
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, sale), ["1", "2"]);
    with("discount <= amount }", "discount <= amount, on_fail: tag }");
    let plan = project.dwc(&["plan"]);
    assert!(
        plan.stdout.contains("rows that fail are tagged") && !plan.stdout.contains("recomputed"),
        "{}",
        plan.stdout
    );
    apply(&project);
    done(&project.dwc(&["run"]), 0);
    assert_eq!(events(&project).iter().filter(|event| event.starts_with("sale|")).count(), 0, "no row was loaded");
    assert_eq!(
        rows(&project, screens),
        [
            "discount|condition|tag|error|discount <= amount",
            "range_amount|range|tag|warn|amount is from 0 to 1000",
            "status|not_null|halt|error|status is never NULL",
        ]
    );
    with("on_fail: tag }", "on_fail: reject }");
    let plan = project.dwc(&["plan"]);
    let said = "check `discount` is new: discount <= amount, rows that fail are rejected";
    assert!(plan.stdout.contains(said), "{}", plan.stdout);
    apply(&project);
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, sale), ["1"]);
    with("discount <= amount, on_fail: reject", "discount < amount + 20, on_fail: reject");
    apply(&project);
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, sale), ["1", "2"], "a check that is relaxed lets the row in");
    with("  - { name: discount, condition: discount < amount + 20, on_fail: reject }\n", "");
    let plan = project.dwc(&["plan"]);
    assert!(plan.stdout.contains("check `discount` is no longer declared"), "{}", plan.stdout);
    apply(&project);
    assert_eq!(rows(&project, screens).len(), 2);
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, sale), ["1", "2"]);
}

#[test]
fn a_screen_on_a_dimension_with_history_applies_to_what_is_kept() {
    let project = shop();
    let text = project.read("models/customer.yml");
    let plain = text.replace("on_fail: reject, ", "");
    project.write("models/customer.yml", &plain);
    apply(&project);
    customers(&project, "2026-02-01", "7,a@x.io,bronze,2026-02-01 00:00:00\n");
    done(&project.dwc(&["run"]), 0);
    customers(&project, "2026-02-02", "7,a@x.io,silver,2026-02-02 00:00:00\n");
    done(&project.dwc(&["run"]), 0);
    let tiers = "SELECT tier FROM dw.customer WHERE customer_id = 7 ORDER BY valid_from";
    assert_eq!(rows(&project, tiers), ["gold", "bronze", "silver"]);
    project.write("models/customer.yml", &text);
    apply(&project);
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, tiers), ["gold", "silver"]);
    project.write("models/customer.yml", &plain);
    apply(&project);
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, tiers), ["gold", "bronze", "silver"], "what was kept comes back");
}

#[test]
fn thresholds_limit_what_is_rejected_and_what_may_fail() {
    let project = shop();
    let text = project.read("models/sale.yml");
    let with = |discount: &str, status: &str| {
        let text = text
            .replace("discount <= amount, on_fail: reject", &format!("discount <= amount, on_fail: reject{discount}"));
        project.write("models/sale.yml", &text.replace("on_fail: halt", &format!("on_fail: halt{status}")));
        apply(&project);
    };
    with(", threshold: 1", ", threshold: 50%");
    orders(
        &project,
        "2026-03-01",
        "1,7,2026-03-01 01:00:00,,100,10\n2,7,2026-03-01 02:00:00,paid,50,60\n3,7,2026-03-01 03:00:00,paid,5,10\n",
    );
    let run = project.dwc(&["run"]);
    let text = "check `discount` rejects more rows of fact `sale` than its threshold allows: 2 of 3 rows: order_id=2; order_id=3";
    assert!(said(done(&run, 1)).contains(text), "{}", run.stderr);
    with(", threshold: 2", ", threshold: 50%");
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, "SELECT order_id FROM dw.sale"), ["1"]);
    let source = project
        .read("models/shop.yml")
        .replace("    max_deleted_share: 1\n", "    max_deleted_share: 1\n    max_rejected_share: 0.5\n");
    project.write("models/shop.yml", &source);
    with("", "");
    orders(&project, "2026-03-02", "4,7,2026-03-02 01:00:00,paid,50,60\n");
    let run = project.dwc(&["run"]);
    let text = "too many rows of fact `sale` are rejected, more than the share of 0.5: ";
    assert!(said(done(&run, 1)).contains(text), "{}", run.stderr);
}

#[test]
fn events_are_shown_by_screen_and_model() {
    let project = shop();
    apply(&project);
    customers(&project, "2026-02-01", "7,a@x.io,bronze,2026-02-01 00:00:00\n");
    orders(&project, "2026-03-01", "2,7,2026-03-01 02:00:00,paid,50,60\n3,7,2026-03-01 03:00:00,paid,-5,-10\n");
    done(&project.dwc(&["run"]), 0);
    let listed = |arguments: &[&str]| -> Vec<String> {
        let run = project.dwc(&[&["errors", "--format", "json"], arguments].concat());
        let events: serde_json::Value = serde_json::from_str(&done(&run, 0).stdout).expect("events");
        let text = |event: &serde_json::Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let told = |event| format!("{} {} {}", text(event, "table"), text(event, "place"), text(event, "reason"));
        events.as_array().expect("a list").iter().map(told).collect()
    };
    let discount = "order_id=2 rejected by `discount`: discount <= amount";
    assert_eq!(
        listed(&["--screen", "discount"]),
        [format!("first_sale {discount}"), format!("kept_sale {discount}"), format!("sale {discount}")]
    );
    assert_eq!(listed(&["--screen", "discount", "--select", "sale"]), [format!("sale {discount}")]);
    assert_eq!(
        listed(&["--screen", "tier", "--screen", "range_amount"]),
        [
            "customer customer_id=7 rejected by `tier`: tier is one of gold, silver",
            "sale order_id=3 tagged by `range_amount`: amount is from 0 to 1000",
        ]
    );
    let unknown = project.dwc(&["errors", "--screen", "tiers"]);
    assert!(done(&unknown, 1).stderr.contains("there is no screen `tiers`"), "{}", unknown.stderr);
    // The query of docs/checks.md.
    let docs = std::fs::read_to_string(dwc_tests::project::repository().join("docs/checks.md")).expect("the page");
    let (_, sql) = docs.split_once("```sql\n").expect("a query");
    let (sql, _) = sql.split_once("```").expect("its end");
    let found = rows(&project, sql.trim().trim_end_matches(';'));
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found.contains(&"customer|tier|reject|2026-03-01 00:00:00|1".to_owned()), "{found:?}");
}

#[test]
fn random_orders_are_in_the_fact_where_they_pass() {
    let project = shop();
    apply(&project);
    let mut dice = Dice::new(7);
    let mut last: BTreeMap<usize, (i64, i64)> = BTreeMap::new();
    for day in 1..=12 {
        for _ in 0..4 {
            let order = dice.below(9);
            match dice.below(5) {
                0 => drop(last.remove(&order)),
                _ => drop(last.insert(order, (dice.below(60) as i64 - 10, dice.below(60) as i64 - 10))),
            }
        }
        let line = |(order, (amount, discount)): (&usize, &(i64, i64))| {
            format!("{order},7,2026-03-01 01:00:00,paid,{amount},{discount}\n")
        };
        let text: String = last.iter().map(line).collect();
        orders(&project, &format!("2026-03-{day:02}"), &text);
        done(&project.dwc(&["run"]), 0);
        let passing = last.iter().filter(|(_, (amount, discount))| discount <= amount);
        let expected: Vec<String> =
            passing.map(|(order, (amount, discount))| format!("{order}|{amount}|{discount}")).collect();
        let sale = "SELECT order_id, CAST(amount AS BIGINT), CAST(discount AS BIGINT) FROM dw.sale ORDER BY 1";
        assert_eq!(rows(&project, sale), expected, "day {day}");
        let live = "SELECT order_id, CAST(amount AS BIGINT), CAST(discount AS BIGINT) FROM dw.kept_sale \
                    WHERE NOT is_deleted ORDER BY 1";
        assert_eq!(rows(&project, live), expected, "day {day}");
        let bad = "SELECT order_id FROM dw.kept_sale WHERE discount > amount";
        assert_eq!(rows(&project, bad), [""; 0], "day {day}");
    }
    done(&project.dwc(&["verify"]), 0);
}

#[test]
fn a_condition_that_has_no_value_for_a_row_is_blamed() {
    let project = shop();
    let text = project.read("models/sale.yml");
    project.write("models/sale.yml", &text.replace("discount <= amount", "CAST(status AS INT64) > 0"));
    apply(&project);
    orders(&project, "2026-03-01", "1,7,2026-03-01 01:00:00,3,100,10\n2,7,2026-03-01 02:00:00,paid,50,60\n");
    let run = project.dwc(&["run"]);
    let said = said(done(&run, 1));
    let text = "`discount` of fact `sale` can't be computed: \"paid\" is not an INT64: `shop.orders` order_id=2";
    assert!(said.contains(text) && said.contains("models/sale.yml:13:5"), "{said}");
}

#[test]
fn a_state_of_an_older_dwc_gets_the_tables_of_screens() {
    let project = shop();
    apply(&project);
    orders(&project, "2026-03-01", "1,7,2026-03-01 01:00:00,paid,100,10\n");
    done(&project.dwc(&["run"]), 0);
    rows(&project, "SELECT 1");
    let path = project.path().join("warehouse.duckdb");
    let engine = dwc_runner::DuckDbWarehouse::open(&path.to_string_lossy()).expect("a warehouse");
    engine.execute("DROP TABLE _dwc.screens; DROP TABLE _dwc.error_details").expect("an older state");
    drop(engine);
    done(&project.dwc(&["verify"]), 0);
    orders(&project, "2026-03-02", "1,7,2026-03-01 01:00:00,paid,100,200\n");
    done(&project.dwc(&["run"]), 0);
    assert_eq!(rows(&project, "SELECT COUNT(*) FROM _dwc.error_details WHERE source_table = 'sale'"), ["2"]);
}
