//! A row of a dimension without a natural key is an error event, and the others load, up to a share.

use dwc_tests::project::Project;
use dwc_tests::visits::filled;

use super::{assert_run, number};

const VISITS: &str = r#"#- dwc.yml
name: visits
timezone: UTC
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
#- models/web.yml
source: web
type: files
tables:
TABLE
MODELS
#- data/visits/2026-03-01.csv
visit_id,customer,city,seen_at
1,7,Seoul,2026-03-01 01:00:00
2,,Busan,2026-03-01 02:00:00
3,8,Daegu,2026-03-01 03:00:00
"#;

fn visits(share: &str) -> Project {
    let project =
        Project::new(&filled(VISITS).replace("    cursor: seen_at\n", &format!("    cursor: seen_at\n{share}")));
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    project
}

#[test]
fn a_row_without_a_natural_key_is_one_event_and_the_others_load() {
    let project = visits("");
    let events = |model: &str| {
        let sql = format!(
            "SELECT COUNT(*) FROM _dwc.error_events WHERE source_table = '{model}' AND screen = 'key' \
             AND place LIKE '%=NULL'"
        );
        number(&project, &sql)
    };
    let members = |table: &str, key: &str| {
        number(&project, &format!("SELECT COUNT(*) FROM dw.{table} WHERE {table}_key >= 0 AND {key} IS NOT NULL"))
    };
    assert_run(&project.dwc(&["run"]), 0, &["DW0901", "customer=NULL", "customer_number=NULL"]);
    assert_eq!((members("customer", "customer"), members("number", "customer_number")), (2, 2));
    assert_eq!((events("customer"), events("number")), (1, 1));
    assert_eq!(
        number(&project, "SELECT COUNT(*) FROM _dwc.error_events WHERE source_row LIKE '%city=Busan%'"),
        1,
        "the event holds what the row said"
    );
    project.write("data/visits/2026-03-02.csv", "visit_id,customer,city,seen_at\n4,9,Ulsan,2026-03-02 01:00:00\n");
    assert_run(&project.dwc(&["run"]), 0, &[]);
    assert_run(&project.dwc(&["run", "--mode", "full"]), 0, &[]);
    assert_eq!((members("customer", "customer"), members("number", "customer_number")), (3, 3));
    assert_eq!((events("customer"), events("number")), (1, 1), "a row that is read again is the same event");
    assert_run(&project.dwc(&["verify"]), 0, &[]);
}

#[test]
fn more_of_them_than_the_declared_share_hold_the_dimension_back() {
    let project = visits("    max_rejected_share: 0.1\n");
    assert_run(&project.dwc(&["run"]), 1, &["DW0913", "1 of 3"]);
    assert_eq!(number(&project, "SELECT COUNT(*) FROM dw.customer WHERE customer_key >= 0"), 0);
}
