//! Files as a source: what a snapshot deletes, and what it does not.

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::{Warehouse, counts};

const SELLERS: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/w.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  sellers:
    path: sellers/{batch}.csv
    contents: snapshot
    primary_key: [seller_id]
    columns: { seller_id: INT64, rating: INT64 }
#- sellers/2026-03-01.csv
seller_id,rating
1,5
2,4
3,3
4,5
5,5
";

#[test]
fn a_row_that_does_not_cast_is_not_gone() {
    let project = Project::new(SELLERS);
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    project.write("sellers/2026-03-02.csv", "seller_id,rating\n1,5\n2,four\n4,5\n5,5\n");
    let report = warehouse.run(Mode::Incremental);
    let second = counts(&report, "shop.sellers");
    assert_eq!((second.deleted, second.unchanged, second.rejected), (1, 3, 1));
    let live =
        warehouse.rows("SELECT seller_id, rating FROM dw_landing.shop__sellers__rows WHERE NOT _deleted ORDER BY 1");
    assert_eq!(live, [["1", "5"], ["2", "4"], ["4", "5"], ["5", "5"]]);
    // The file that is put right brings the row's new values.
    project.write("sellers/2026-03-03.csv", "seller_id,rating\n1,5\n2,4\n4,4\n5,5\n");
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.sellers").updated, 1);
}
