//! Changes of how a source table is read: the plan says so, and the next run ends as a fresh load of the same files.

use dwc_tests::project::Project;

use crate::fresh::star;
use crate::{change, done, edit, planned};

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
