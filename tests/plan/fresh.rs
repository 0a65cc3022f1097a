//! The law of a change: plan, apply and the next run leave the star as a fresh load of the changed models would.

use dwc_tests::project::Project;

use crate::{SHOP, change, done, edit, planned, refused, rows};

const CUSTOMER: &str = "models/customer.yml";
const SALE: &str = "models/sale.yml";
const SHOP_FILE: &str = "models/shop.yml";

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
fn shop(retain: &str) -> Project {
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
        "sale_id,customer_id,sold_at,channel,amount\n13,2,2026-03-01 09:30:00,web,10\n14,99,2026-03-02 15:30:00,web,20\n\
         15,3,2026-02-22 01:00:00,shop,30\n16,3,2026-12-30 01:00:00,shop,40\n17,4,2026-02-21 01:00:00,shop,50\n",
    );
    project.write("models/daily.yml", DAILY);
    project.write("models/above.yml", ABOVE);
    project
}

/// Every table of the star without the batches that wrote it.
fn star(project: &Project) -> Vec<String> {
    let mut all = Vec::new();
    for table in rows(project, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'dw' ORDER BY 1") {
        let columns = rows(
            project,
            &format!(
                "SELECT '\"' || column_name || '\"' FROM duckdb_columns() WHERE schema_name = 'dw' AND table_name = '{table}' \
                 AND column_name <> 'loaded_batch' ORDER BY 1"
            ),
        );
        all.push(format!("{table}: {}", columns.join(", ")));
        let found = rows(project, &format!("SELECT {} FROM dw.\"{table}\" ORDER BY ALL", columns.join(", ")));
        all.extend(found.into_iter().map(|row| format!("{table}|{row}")));
    }
    all
}

fn load(project: &Project) {
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
    done(project.dwc(&["apply", "--auto-approve"]));
    let reserved =
        rows(&project, "SELECT client_key, client_durable_key, name FROM dw.client WHERE client_key < 0 ORDER BY 1");
    assert_eq!(reserved, ["-4|-4|Not yet", "-3|-3|Rejected", "-2|-2|Not applicable", "-1|-1|Unknown"]);
    done(project.dwc(&["run"]));
    load(&fresh);
    assert_eq!(star(&project), star(&fresh));
}

#[test]
fn a_calendar_that_loses_days_of_facts_says_which_and_needs_leave() {
    let project = shop("history");
    load(&project);
    edit(&project, "models/date.yml", "2026-12-31", "2026-06-30");
    let plan = planned(&project);
    let date = change(&plan, "table dw.date");
    assert_eq!(date["class"], "destructive");
    let counted = date["counted"].to_string();
    let said = "1 row of `sale` will have no `sale_date`: the calendar no longer has their day";
    assert!(counted.contains(said), "{counted}");
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    let longer = shop("history");
    load(&longer);
    edit(&longer, "models/date.yml", "2026-12-31", "2027-12-31");
    assert_eq!(change(&planned(&longer), "table dw.date")["class"], "breaking", "no day goes");
}
