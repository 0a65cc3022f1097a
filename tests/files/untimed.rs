//! Files of changes that nothing orders: they are taken as they come, a full run takes them by their names, and where that
//! makes a difference the run says so.

use dwc_runner::{Mode, RunReport};
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

const PARTS: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/w.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: orders/*.csv
    primary_key: id
    columns: { id: INT64, status: STRING }
#- orders/part-9.csv
id,status
1,nine
#- orders/part-10.csv
id,status
1,ten
2,ten
";

fn said(report: &RunReport) -> Vec<String> {
    report.sources[0]
        .notices
        .iter()
        .map(|notice| format!("{}: {}: {}", notice.code, notice.message, notice.keys.join(", ")))
        .collect()
}

#[test]
fn files_that_nothing_orders_are_taken_as_they_come_and_it_is_said() {
    let project = Project::new(PARTS);
    let warehouse = Warehouse::apply(project.path());
    let rows = || warehouse.rows("SELECT id, status FROM dw_landing.shop__orders__rows ORDER BY id");
    assert_eq!(said(&warehouse.run(Mode::Incremental)), [""; 0]);
    assert_eq!(rows(), [["1", "ten"], ["2", "ten"]], "numbers in names count by their size");
    project.write("orders/part-11.csv", "id,status\n2,eleven\n");
    assert_eq!(said(&warehouse.run(Mode::Incremental)), [""; 0]);
    project.write("orders/part-8.csv", "id,status\n1,eight\n3,eight\n");
    let how = "DW0917: files of `shop.orders` did not come in the order of their names";
    assert_eq!(
        said(&warehouse.run(Mode::Incremental)),
        [format!("{how}: what was read last holds: orders/part-8.csv")]
    );
    assert_eq!(rows(), [["1", "eight"], ["2", "eleven"], ["3", "eight"]]);
    assert_eq!(said(&warehouse.run(Mode::Incremental)), [""; 0], "it is said once");
    assert_eq!(
        said(&warehouse.run(Mode::Full)),
        [format!("{how}: a full run reads them by their names: orders/part-8.csv")]
    );
    assert_eq!(rows(), [["1", "ten"], ["2", "eleven"], ["3", "eight"]]);
    assert_eq!(said(&warehouse.run(Mode::Full)), [""; 0]);
}

#[test]
fn rows_that_say_when_they_changed_need_no_order_of_files() {
    let project = Project::new(
        &PARTS
            .replace("    primary_key: id\n", "    primary_key: id\n    cursor: at\n")
            .replace("status: STRING }", "status: STRING, at: DATETIME }"),
    );
    project.write("orders/part-9.csv", "id,status,at\n1,nine,2026-03-01\n");
    project.write("orders/part-10.csv", "id,status,at\n1,ten,2026-03-02\n");
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    project.write("orders/part-8.csv", "id,status,at\n1,eight,2026-02-28\n");
    assert_eq!(said(&warehouse.run(Mode::Incremental)), [""; 0]);
    assert_eq!(warehouse.rows("SELECT status FROM dw_landing.shop__orders__rows"), [["ten"]]);
}
