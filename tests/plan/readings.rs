//! Changes of how a source table is read: the plan says so, and the next run ends as a fresh load of the same files.

use dwc_tests::project::Project;

use crate::fresh::star;
use crate::{change, done, edit, planned, refused};

const LOGS: &str = "\
#- dwc.yml
name: logs
timezone: UTC
targets:
  dev: { type: duckdb, path: warehouse.duckdb }
#- models/crm.yml
source: crm
type: files
tables:
  customers:
    path: data/customers/{batch}.csv
    primary_key: [customer_id]
    cursor: changed_at
    columns: { customer_id: INT64, name: STRING, changed_at: TIMESTAMP }
  cities:
    path: data/cities/{batch}.csv
    contents: log
    primary_key: [customer_id]
    sequence: entry
    delete_column: operation
    delete_values: [CLOSE]
    columns: { entry: INT64, customer_id: INT64, operation: STRING, city: STRING, moved_at: TIMESTAMP, priority: INT64 }
#- models/customer.yml
dimension: customer
query: |
  SELECT c.customer_id, c.name, t.city, c.changed_at
  FROM {{ source('crm.customers') }} AS c
  LEFT JOIN {{ source('crm.cities') }} AS t ON t.customer_id = c.customer_id
natural_key: [customer_id]
effective_at: changed_at
lints: { DW0511: { level: off, reason: a test of both ways } }
attributes:
  name: { scd: 1 }
  city: { scd: 2 }
#- models/residence.yml
dimension: residence
from: crm.cities
natural_key: [customer_id]
effective_at: moved_at
lints: { DW0409: { level: off, reason: the same members are read in two ways } }
attributes:
  city: { scd: 2 }
#- data/customers/2026-03-01.csv
customer_id,name,changed_at
1,Hana,2026-01-01 00:00:00
2,Duri,2026-01-01 00:00:00
#- data/cities/2026-03-01.csv
entry,customer_id,operation,city,moved_at,priority
1,1,OPEN,Seoul,2026-01-01 00:00:00,1
2,1,MOVE,Busan,2026-02-01 00:00:00,2
3,2,OPEN,Ulsan,2026-01-05 00:00:00,1
";

const SECOND: &str = "\
entry,customer_id,operation,city,moved_at,priority
4,1,MOVE,Jeju,2026-02-10 00:00:00,5
5,1,MOVE,Daegu,2026-02-10 00:00:00,4
6,2,END,,2026-02-20 00:00:00,2
";

fn load(project: &Project) {
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
}

/// Loads two batches, makes a change of the table `cities`, and expects the plan to say it and the star to be as new.
fn ends_as_a_fresh_load(from: &str, to: &str, says: &[(&str, &str)]) {
    let project = Project::new(LOGS);
    load(&project);
    project.write("data/cities/2026-03-02.csv", SECOND);
    done(project.dwc(&["run"]));
    let before = star(&project);
    edit(&project, "models/crm.yml", from, to);
    let plan = planned(&project);
    for (object, reason) in says {
        let one = change(&plan, object);
        assert!(one["reasons"].to_string().contains(reason), "{one:#}");
        assert_eq!(one["class"], "history_rewriting", "{one:#}");
    }
    load(&project);
    let fresh = Project::new(LOGS);
    fresh.write("data/cities/2026-03-02.csv", SECOND);
    edit(&fresh, "models/crm.yml", from, to);
    load(&fresh);
    assert_eq!(star(&project), star(&fresh));
    assert_ne!(before, star(&fresh), "a change that makes no other rows shows nothing");
}

const LANDED: &str = "table dw_landing.crm__cities__rows";

#[test]
fn a_cursor_that_dates_a_joined_table_dates_its_history_anew() {
    ends_as_a_fresh_load(
        "    sequence: entry\n",
        "    sequence: entry\n    cursor: moved_at\n",
        &[
            (LANDED, "cursor changes from none to moved_at: the next run reads the whole table"),
            ("table dw.customer", "cursor of `crm.cities` changes from none to moved_at"),
        ],
    );
}

#[test]
fn an_operation_that_marks_a_delete_from_now_on_marks_those_that_are_landed() {
    ends_as_a_fresh_load(
        "[CLOSE]",
        "[CLOSE, END]",
        &[
            (LANDED, "what marks a delete changes from operation operation: close to operation operation: close, end"),
            ("table dw.residence", "what marks a delete of `crm.cities` changes"),
            ("table dw.customer", "what marks a delete of `crm.cities` changes"),
        ],
    );
}

#[test]
fn another_order_of_a_log_orders_the_entries_that_are_landed() {
    ends_as_a_fresh_load(
        "sequence: entry",
        "sequence: priority",
        &[
            (LANDED, "sequence changes from entry to priority"),
            ("table dw.customer", "sequence of `crm.cities` changes"),
        ],
    );
}

#[test]
fn a_table_that_is_read_as_before_is_not_read_again() {
    let project = Project::new(LOGS);
    load(&project);
    edit(&project, "models/crm.yml", "[CLOSE]", "[close]");
    edit(&project, "models/customer.yml", "name: { scd: 1 }", "name: { scd: 1, description: As on the card. }");
    let plan = planned(&project);
    let objects: Vec<&str> =
        plan["changes"].as_array().into_iter().flatten().filter_map(|one| one["address"].as_str()).collect();
    assert_eq!(objects, ["table dw.customer"], "{plan:#}");
}

const VISIT: &str = "\
fact: visit
business_process: moving
grain: { description: one row per customer with a city, key: customer_id }
from: crm.cities
event_time: moved_at
dimensions:
  residence: { on: customer_id }
measures:
  priority: { additive: all }
lints: { DW0407: { level: off, reason: one log is read in two ways } }
";

/// What the source still gives after the change, when the former entries are gone.
const THIRD: &str = "\
entry,customer_id,operation,city,moved_at,priority
7,3,OPEN,Sokcho,2026-03-02 00:00:00,1
";

/// Loads `batches`, takes their files away, changes which operations mark a delete, and expects what a fresh load of all of
/// the files gives.
fn marks_what_is_landed(batches: &[String], from: &str, to: &str) {
    let project = Project::new(LOGS);
    project.write("models/visit.yml", VISIT);
    edit(&project, "models/crm.yml", "[CLOSE]", from);
    load(&project);
    let file = |nth: usize| format!("data/cities/2026-03-{:02}.csv", nth + 2);
    for (nth, batch) in batches.iter().enumerate() {
        project.write(&file(nth), batch);
        done(project.dwc(&["run"]));
    }
    project.write(&file(batches.len()), THIRD);
    done(project.dwc(&["run"]));
    for nth in 0..batches.len() {
        std::fs::remove_file(project.path().join(file(nth))).expect("an entry goes");
    }
    std::fs::remove_file(project.path().join("data/cities/2026-03-01.csv")).expect("the first entries go");
    edit(&project, "models/crm.yml", from, to);
    load(&project);
    let fresh = Project::new(LOGS);
    fresh.write("models/visit.yml", VISIT);
    edit(&fresh, "models/crm.yml", "[CLOSE]", to);
    for (nth, batch) in batches.iter().enumerate() {
        fresh.write(&file(nth), batch);
    }
    fresh.write(&file(batches.len()), THIRD);
    load(&fresh);
    assert_eq!(star(&project), star(&fresh), "{from} → {to}\n{}", batches.join("\n"));
}

#[test]
fn landed_entries_are_marked_anew_though_the_source_has_them_no_more() {
    let second = SECOND.to_owned();
    marks_what_is_landed(std::slice::from_ref(&second), "[CLOSE]", "[CLOSE, END]");
    marks_what_is_landed(std::slice::from_ref(&second), "[CLOSE, END]", "[CLOSE]");
    // A delete between live entries of one batch, and of the batches after it.
    let between = "\
entry,customer_id,operation,city,moved_at,priority
4,1,END,Busan,2026-02-09 00:00:00,3
5,1,MOVE,Busan,2026-02-10 00:00:00,4
6,2,END,,2026-02-20 00:00:00,2
";
    let after = "\
entry,customer_id,operation,city,moved_at,priority
8,1,END,,2026-03-01 00:00:00,4
9,2,MOVE,Ulsan,2026-03-01 00:00:00,4
10,2,END,Ulsan,2026-03-01 00:00:00,5
";
    let batches = [between.to_owned(), after.to_owned()];
    marks_what_is_landed(&batches, "[CLOSE]", "[CLOSE, END]");
    marks_what_is_landed(&batches, "[END]", "[CLOSE, MOVE]");
}

#[test]
fn states_that_cannot_be_marked_anew_are_counted_and_ask_leave() {
    let project = Project::new(LOGS);
    std::fs::remove_file(project.path().join("models/customer.yml")).expect("the joined dimension goes");
    load(&project);
    project.write("data/cities/2026-03-02.csv", SECOND);
    done(project.dwc(&["run"]));
    // All but the last entries of the two customers are kept as events alone.
    edit(&project, "models/crm.yml", "[CLOSE]", "[CLOSE, END]");
    let plan = planned(&project);
    let residence = change(&plan, "table dw.residence");
    let says = "4 states no longer landed: what the source does not give again stays as it was read";
    assert_eq!(residence["counted"], serde_json::json!([says]));
    assert_eq!(residence["class"], "destructive");
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    edit(&project, "models/crm.yml", "[CLOSE, END]", "[CLOSE]");
    // A column that was never landed says nothing of the rows that are.
    edit(&project, "models/crm.yml", "delete_column: operation", "delete_column: ended");
    edit(&project, "models/crm.yml", "priority: INT64 }", "priority: INT64, ended: STRING }");
    let plan = planned(&project);
    let landed = change(&plan, LANDED);
    let says = "2 states not landed with `ended` before and after the change: \
                what the source does not give again stays as it was read";
    assert_eq!(landed["counted"], serde_json::json!([says]));
    assert_eq!(landed["class"], "destructive");
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
}
