//! Landing keeps a state once: passes that read the same again add nothing, whatever a delete says of its row.

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

const PROJECT: &str = "\
#- dwc.yml
name: growth
timezone: UTC
targets:
  dev: { type: duckdb, path: dwc.duckdb }
#- models/shop.yml
source: shop
type: files
tables:
  changes:
    path: data/changes/{batch}.csv
    contents: log
    primary_key: [id]
    retain: history
    cursor: changed_at
    delete_column: op
    delete_values: [D]
    columns: { id: INT64, name: STRING, size: INT64, op: STRING, changed_at: TIMESTAMP }
#- models/thing.yml
dimension: thing
from: shop.changes
natural_key: [id]
effective_at: changed_at
attributes:
  name: { scd: 2 }
#- data/changes/2026-01-01.csv
id,name,size,op,changed_at
1,a,1,U,2026-01-01 00:00:00
1,b,2,U,2026-01-02 00:00:00
1,,,D,2026-01-03 00:00:00
2,a,1,U,2026-01-01 00:00:00
2,,,D,2026-01-02 00:00:00
2,c,3,U,2026-01-03 00:00:00
3,,,D,2026-01-01 00:00:00
";

#[test]
fn a_delete_that_says_nothing_but_its_key_is_landed_once() {
    let folder = Project::new(PROJECT);
    let warehouse = Warehouse::apply(folder.path());
    warehouse.run(Mode::Incremental);
    let states = || {
        warehouse.rows(
            "SELECT id, _image, name, size, _deleted, changed_at FROM dw_landing.shop__changes__changes ORDER BY 1, 6, 2",
        )
    };
    let first = states();
    assert_eq!(first.len(), 7, "{first:?}");
    let versions =
        || warehouse.rows("SELECT id, name, valid_from, valid_to FROM dw.thing WHERE thing_key >= 0 ORDER BY 1, 3");
    let before = versions();
    for _ in 0..3 {
        let report = warehouse.run(Mode::Full);
        let table = dwc_tests::warehouse::counts(&report, "shop.changes");
        assert_eq!((table.inserted, table.updated, table.deleted), (0, 0, 0), "{table:?}");
        assert_eq!(states(), first);
    }
    assert_eq!(versions(), before);
    // What a later delete says is known beside what was known already.
    folder.write("data/changes/2026-01-02.csv", "id,name,size,op,changed_at\n1,,9,D,2026-01-04 00:00:00\n");
    warehouse.run(Mode::Incremental);
    let row = warehouse.rows("SELECT size, _deleted FROM dw_landing.shop__changes__rows WHERE id = 1");
    assert_eq!(row, [["9", "true"]]);
    assert_eq!(states().len(), first.len() + 2, "the delete, and the row as it was until then");
}
