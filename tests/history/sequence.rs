//! The live row of a table with a `sequence` is the one with the greatest, whatever order the states came in.

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

const PROJECT: &str = "\
#- dwc.yml
name: sequences
timezone: UTC
targets:
  dev: { type: duckdb, path: dwc.duckdb }
#- models/other.yml
source: other
type: warehouse
schema: other
tables:
  changes:
    contents: log
    primary_key: [id]
    sequence: version
    cursor: received_at
    delete_column: op
    delete_values: [remove, CLOSE]
    columns: { id: INT64, version: INT64, name: STRING, op: STRING, received_at: TIMESTAMP }
#- models/thing.yml
dimension: thing
from: other.changes
natural_key: [id]
attributes:
  name: { scd: 1 }
";

#[test]
fn the_live_row_is_the_greatest_by_sequence_whatever_the_cuts() {
    let changes = [
        "(1, 2, 'b', 'set', TIMESTAMP '2026-01-01')",
        "(1, 1, 'a', 'set', TIMESTAMP '2026-01-02')",
        "(2, 5, 'x', 'set', TIMESTAMP '2026-01-03')",
        "(3, 1, 'p', 'set', TIMESTAMP '2026-01-04')",
        "(3, 2, NULL, 'Close', TIMESTAMP '2026-01-05')",
        "(2, 4, NULL, 'REMOVE', TIMESTAMP '2026-01-06')",
    ];
    for size in [6, 3, 2, 1] {
        let folder = Project::new(PROJECT);
        let warehouse = Warehouse::apply(folder.path());
        warehouse.execute(
            "CREATE SCHEMA other; CREATE TABLE other.changes (id BIGINT, version BIGINT, name VARCHAR, op VARCHAR, received_at TIMESTAMP)",
        );
        for some in changes.chunks(size) {
            warehouse.execute(&format!("INSERT INTO other.changes VALUES {}", some.join(", ")));
            warehouse.run(Mode::Incremental);
        }
        let found = warehouse.rows("SELECT id, name, is_deleted FROM dw.thing WHERE thing_key >= 0 ORDER BY 1");
        let found: Vec<String> = found.into_iter().map(|row| row.join(" ")).collect();
        assert_eq!(found, ["1 b false", "2 x false", "3 p true"], "{size} at a time");
    }
}
