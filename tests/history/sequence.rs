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

const FILES: &str = "\
#- dwc.yml
name: sequences
timezone: UTC
lints: { DW0409: { level: off, reason: shapes are compared over the same members } }
targets:
  dev: { type: duckdb, path: dwc.duckdb }
#- models/files.yml
source: files
type: files
tables:
  things:
    path: things/{batch}.csv
    primary_key: [id]
    CONTENTS
    columns: { id: INT64, version: INT64, name: STRING }
#- models/latest.yml
dimension: latest
from: files.things
natural_key: [id]
attributes: { name: { scd: 1 } }
#- models/versioned.yml
dimension: versioned
query: SELECT id, name FROM {{ source('files.things') }}
natural_key: [id]
attributes: { name: { scd: 2 } }
#- models/joined.yml
dimension: joined
query: |
  SELECT a.id, a.name, b.name AS same
  FROM {{ source('files.things') }} AS a
  JOIN {{ source('files.things') }} AS b ON b.id = a.id
natural_key: [id]
attributes: { name: { scd: 2 }, same: { scd: 2 } }
";

#[test]
fn a_state_that_comes_after_a_greater_one_was_never_current() {
    for contents in ["sequence: version", "cursor: version", "contents: log\n    sequence: version"] {
        let folder = Project::new(&FILES.replace("CONTENTS", contents));
        let warehouse = Warehouse::apply(folder.path());
        let land = |day: u32, rows: &str| {
            folder.write(&format!("things/2026-01-0{day}.csv"), &format!("id,version,name\n{rows}"));
            warehouse.run(Mode::Incremental);
        };
        land(1, "1,5,five\n2,5,five\n3,1,one\n");
        // One that is late, one that is late beside one that is not, and two in the order of the file alone.
        land(2, "1,3,three\n2,7,seven\n2,4,four\n3,3,three\n3,2,two\n");
        land(3, "2,6,six\n1,6,six\n");
        for dimension in ["latest", "versioned", "joined"] {
            let current = if dimension == "latest" { "TRUE" } else { "is_current" };
            let found = warehouse.rows(&format!(
                "SELECT id, name FROM dw.{dimension} WHERE {dimension}_key >= 0 AND {current} ORDER BY id"
            ));
            assert_eq!(found, [["1", "six"], ["2", "seven"], ["3", "three"]], "{dimension} with {contents}");
            if dimension != "latest" {
                let found = warehouse.rows(&format!(
                    "SELECT id, name FROM dw.{dimension} WHERE {dimension}_key >= 0 ORDER BY id, valid_from"
                ));
                let expected =
                    [["1", "five"], ["1", "six"], ["2", "five"], ["2", "seven"], ["3", "one"], ["3", "three"]];
                assert_eq!(found, expected, "{dimension} with {contents}");
            }
        }
        assert_eq!(warehouse.audit(), Vec::<String>::new(), "{contents}");
    }
}
