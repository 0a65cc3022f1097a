//! The law of a change: plan, apply and the next run leave the star as a fresh load of the changed models would.

use dwc_runner::{DuckDbWarehouse, Mode, Part, RunOptions};
use dwc_tests::project::{Project, at, checked};

use crate::keys::{CHANGES, CUSTOMER, Edit, OTHERS, SALE, SHOP_FILE};
use crate::{SHOP, change, done, edit, open, planned, refused, rows, rows_of};

const DAILY: &str = "\
fact: daily
kind: aggregate
business_process: selling
from: sale
grain: { description: one row per day and customer }
dimensions:
  sale_date: {}
  customer: {}
measures:
  amount: { expr: SUM(amount), additive: all, currency: KRW }
";

const ABOVE: &str = "\
fact: above
kind: aggregate
business_process: selling
from: daily
grain: { description: one row per day }
dimensions:
  sale_date: {}
measures:
  amount: { expr: SUM(amount), additive: all, currency: KRW }
";

/// The shop with deletes that are seen, an inferred customer, a state of the future, and two levels above the sales.
pub(crate) fn shop(retain: &str) -> Project {
    let project = Project::new(SHOP);
    edit(
        &project,
        SHOP_FILE,
        "    primary_key: customer_id\n    retain: history\n",
        &format!(
            "    primary_key: customer_id\n    retain: {retain}\n    detect_deletes: column\n    delete_column: is_gone\n"
        ),
    );
    edit(&project, SHOP_FILE, "changed_at: TIMESTAMP }", "changed_at: DATETIME, is_gone: BOOL }");
    for (day, rows) in [
        (
            1,
            "1,하나,Seoul,3,2026-02-01 00:00:00,false\n2,두리,Busan,5,2026-02-01 00:00:00,false\n3,세나,Ulsan,1,2026-02-03 00:00:00,false\n",
        ),
        (
            2,
            "1,하나,Jeju,4,2026-03-01 12:00:00,false\n2,두리,Busan,5,2026-03-01 18:00:00,true\n3,세나,Ulsan,1,2026-02-20 00:00:00,true\n",
        ),
        (3, "3,세나,Daegu,2,2026-02-25 00:00:00,false\n4,네오,Seoul,9,2027-01-01 00:00:00,false\n"),
    ] {
        let file = format!("data/customers/2026-03-0{day}.csv");
        project.write(&file, &format!("customer_id,name,city,grade,changed_at,is_gone\n{rows}"));
    }
    project.write(
        "data/sales/2026-03-03.csv",
        "sale_id,customer_id,sold_at,channel,amount\n13,2,2026-03-01T09:30:00Z,web,10\n14,99,2026-03-02T15:30:00Z,web,20\n\
         15,3,2026-02-22T01:00:00Z,shop,30\n16,3,2026-12-30T01:00:00Z,shop,40\n17,4,2026-02-21T01:00:00Z,shop,50\n\
         18,,2026-02-23T01:00:00Z,web,60\n",
    );
    project.write("models/daily.yml", DAILY);
    project.write("models/above.yml", ABOVE);
    project
}

/// Every table of the star without the batches that wrote it.
pub(crate) fn star(project: &Project) -> Vec<String> {
    star_of(&open(project))
}

fn star_of(warehouse: &DuckDbWarehouse) -> Vec<String> {
    let mut all = Vec::new();
    for table in rows_of(warehouse, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'dw' ORDER BY 1") {
        let columns = rows_of(
            warehouse,
            &format!(
                "SELECT '\"' || column_name || '\"' FROM duckdb_columns() WHERE schema_name = 'dw' AND table_name = '{table}' \
                 AND column_name <> 'loaded_batch' ORDER BY 1"
            ),
        );
        all.push(format!("{table}: {}", columns.join(", ")));
        let found = rows_of(warehouse, &format!("SELECT {} FROM dw.\"{table}\" ORDER BY ALL", columns.join(", ")));
        all.extend(found.into_iter().map(|row| format!("{table}|{row}")));
    }
    all
}

pub(crate) fn load(project: &Project) {
    let allow: Vec<&str> = ["customer", "client", "sale", "date", "daily", "above", "shop.customers", "shop.sales"]
        .iter()
        .flat_map(|name| ["--allow-destructive", *name])
        .collect();
    done(project.dwc(&[&["apply", "--auto-approve"], &allow[..]].concat()));
    done(project.dwc(&["run"]));
}

#[test]
fn types_that_first_lose_versions_get_them_back_with_deleted_members() {
    for retain in ["history", "current"] {
        let (project, fresh) = (shop(retain), shop(retain));
        edit(&project, CUSTOMER, "city: { scd: 2 }", "city: { scd: 1 }");
        load(&project);
        edit(&project, CUSTOMER, "city: { scd: 1 }", "city: { scd: 2 }");
        load(&project);
        load(&fresh);
        assert_eq!(star(&project), star(&fresh), "{retain}");
        let deleted = rows(&project, "SELECT COUNT(*) FROM dw.customer WHERE customer_id = 2");
        assert_eq!(deleted, ["1"], "a deleted member keeps its version");
    }
}

#[test]
fn numbered_keys_reach_deleted_members_too() {
    let project = shop("current");
    load(&project);
    edit(
        &project,
        CUSTOMER,
        "effective_at: changed_at\n",
        "effective_at: changed_at\nsurrogate_key: { strategy: sequence }\n",
    );
    load(&project);
    let keys =
        rows(&project, "SELECT MIN(customer_key), MAX(customer_key), COUNT(*) FROM dw.customer WHERE customer_key > 0");
    assert_eq!(keys, ["1|7|7"], "versions of four members and an inferred one");
    let bound = "SELECT COUNT(*) FROM dw.sale JOIN dw.customer USING (customer_key) WHERE customer_key > 0";
    assert_eq!(rows(&project, bound), ["6"], "two are of days on which their customer was gone");
}

#[test]
fn a_renamed_dimension_keeps_its_reserved_members_and_loses_nothing() {
    let (project, fresh) = (shop("history"), shop("history"));
    load(&project);
    for one in [&project, &fresh] {
        edit(one, CUSTOMER, "dimension: customer\n", "dimension: client\nwas: customer\n");
        edit(one, SALE, "customer: { on: customer_id }", "client: { on: customer_id, was: customer }");
        edit(one, "models/daily.yml", "  customer: {}", "  client: { was: customer }");
    }
    let plan = planned(&project);
    let client = change(&plan, "table dw.client");
    assert_eq!((&client["action"], &client["class"]), (&"alter".into(), &"breaking".into()), "{client:#}");
    for one in plan["changes"].as_array().into_iter().flatten() {
        assert_eq!(one["class"], "breaking", "{one:#}");
    }
    let daily = change(&plan, "table dw.daily")["reasons"].to_string();
    assert!(daily.contains("`customer`, which it reads, is renamed to `client`"), "{daily}");
    done(project.dwc(&["apply", "--auto-approve"]));
    let reserved =
        rows(&project, "SELECT client_key, client_durable_key, name FROM dw.client WHERE client_key < 0 ORDER BY 1");
    assert_eq!(reserved, ["-4|-4|Not yet", "-3|-3|Rejected", "-2|-2|Not applicable", "-1|-1|Unknown"]);
    done(project.dwc(&["run"]));
    load(&fresh);
    assert_eq!(star(&project), star(&fresh));
}

#[test]
fn every_key_of_the_language_has_a_change_or_a_reason() {
    let root = dwc_tests::project::repository();
    let mut missing = Vec::new();
    for file in ["dwc", "source", "dimension", "fact"] {
        let text = std::fs::read_to_string(root.join(format!("schemas/{file}.schema.json"))).expect("a schema");
        let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let records = schema["$defs"].as_object().into_iter().flatten();
        let records = records.map(|(record, says)| (format!("{record}."), says)).chain([(String::new(), &schema)]);
        for (record, says) in records {
            for key in says["properties"].as_object().into_iter().flatten().map(|(key, _)| key) {
                let full = format!("{file}.{record}{key}");
                let explained = OTHERS.iter().flat_map(|(_, keys)| keys.split_whitespace());
                let names = |known: &str| full == known || full.ends_with(&format!(".{known}"));
                if !CHANGES.iter().any(|(known, _)| *known == full) && !explained.clone().any(names) {
                    missing.push(full);
                }
            }
        }
    }
    assert!(missing.is_empty(), "keys without a change or a reason: {missing:?}");
}

/// Applies the models of a project and loads what there is.
fn settle(engine: &DuckDbWarehouse, project: &Project) {
    let model = checked(project.path());
    let allowed =
        ["customer", "sale", "deal", "date", "daily", "above", "shop.sales", "shop.customers"].map(str::to_owned);
    dwc_runner::apply(engine, &model, at("2026-04-01"), &allowed).expect("applied");
    let options = RunOptions {
        mode: Mode::Incremental,
        at: at("2026-04-01"),
        until: None,
        select: Vec::new(),
        part: Part::Everything,
    };
    let (_, offences) = dwc_runner::run(engine, &model, project.path(), &options, &mut |_| ()).expect("a run");
    assert!(offences.is_empty(), "{offences:?}");
    let broken = dwc_runner::audit(engine, &model, &[]).expect("an audit");
    assert!(broken.offences().is_empty(), "{:?}", broken.offences());
}

/// What a change of the models leaves that a fresh load of them would not, and the other way round.
fn differs(retain: &str, name: &str, edits: &[Edit]) -> Option<String> {
    let memory = || DuckDbWarehouse::open(":memory:").expect("a warehouse");
    let (project, changed, fresh) = (shop(retain), memory(), memory());
    settle(&changed, &project);
    for (file, from, to) in edits {
        edit(&project, file, from, to);
    }
    settle(&changed, &project);
    settle(&fresh, &project);
    let (ended, begun) = (star_of(&changed), star_of(&fresh));
    let lines = |one: &[String], other: &[String]| {
        one.iter().filter(|line| !other.contains(line)).cloned().collect::<Vec<_>>().join("\n  ")
    };
    (ended != begun)
        .then(|| format!("{retain}, {name}: ended\n  {}\nnot\n  {}", lines(&ended, &begun), lines(&begun, &ended)))
}

/// A part of the changes with one way each to retain landed states; `DWC_CHANGES=all` tries every one with both ways, and
/// `DWC_CHANGES=<key>` those of one key.
#[test]
fn a_change_ends_as_a_fresh_load() {
    let which = std::env::var("DWC_CHANGES").unwrap_or_default();
    let mut cases = Vec::new();
    for (at, (key, edits)) in CHANGES.iter().enumerate() {
        for (way, retain) in ["history", "current"].into_iter().enumerate() {
            let chosen = which == "all" || which == *key || (which.is_empty() && (2 * at + way) % 5 == 0);
            // What former states were is not kept where they are no longer landed: the plan counts them.
            let evaluates = [
                "dwc.timezone",
                "dimension.query",
                "dimension.attributes",
                "dimension.Attribute.expr",
                "dimension.sequence",
                // A table of intervals keeps its states, and `check` refuses this way to retain them.
                "dimension.effective_to",
            ];
            let lost = retain == "current" && evaluates.contains(key);
            if chosen && !lost {
                cases.push((*key, retain, *edits));
            }
        }
    }
    let wrong: Vec<String> = cases.into_iter().filter_map(|(key, retain, edits)| differs(retain, key, edits)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn instants_that_were_landed_in_another_zone_are_read_anew_with_leave() {
    let zone: Edit = ("dwc.yml", "Asia/Seoul", "America/New_York");
    assert_eq!(differs("history", "dwc.timezone", &[zone]), None);
    let dated = (SHOP_FILE, "changed_at: DATETIME", "changed_at: TIMESTAMP");
    let project = shop("history");
    edit(&project, dated.0, dated.1, dated.2);
    load(&project);
    edit(&project, zone.0, zone.1, zone.2);
    let plan = planned(&project);
    for table in ["table dw_landing.shop__sales__rows", "table dw_history.customer"] {
        let one = change(&plan, table);
        assert_eq!(one["class"], "destructive", "{one:#}");
        let said = "timezone changes from Asia/Seoul to America/New_York: its instants are read again";
        assert_eq!(one["reasons"], serde_json::json!([said]));
    }
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    load(&project);
    let fresh = shop("history");
    edit(&fresh, dated.0, dated.1, dated.2);
    edit(&fresh, zone.0, zone.1, zone.2);
    load(&fresh);
    assert_eq!(star(&project), star(&fresh));
}
