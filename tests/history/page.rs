//! The examples of the page "Change logs and history tables" give what the page says.

use dwc_runner::Mode;
use dwc_tests::project::{Project, repository};
use dwc_tests::warehouse::Warehouse;

#[test]
fn every_example_of_the_page_gives_what_it_says() {
    let page = std::fs::read_to_string(repository().join("docs/history-tables.md")).expect("the page");
    let mut blocks = page.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').expect("a language"));
    let mut examples = 0;
    while let (Some((yaml, project)), Some((sql, query)), Some((text, expected))) =
        (blocks.next(), blocks.next(), blocks.next())
    {
        assert_eq!([yaml, sql, text], ["yaml", "sql", "text"]);
        let folder = Project::new(project);
        let warehouse = Warehouse::apply(folder.path());
        warehouse.run(Mode::Incremental);
        let found: Vec<String> = warehouse.rows(query).into_iter().map(|row| row.join(" | ")).collect();
        assert_eq!(found.join("\n"), expected.trim(), "{project}");
        assert!(warehouse.audit().is_empty());
        examples += 1;
    }
    assert_eq!(examples, 5);
}

const ONE_LOG: &str = "\
#- dwc.yml
name: one_log
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
    primary_key: [kind, id]
    sequence: entry
    cursor: changed_at
    delete_column: op
    delete_values: [REMOVE]
    columns: { entry: INT64, kind: STRING, id: INT64, category_id: INT64, name: STRING, op: STRING, changed_at: TIMESTAMP }
#- models/product.yml
dimension: product
query: |
  WITH products AS (SELECT * FROM {{ source('shop.changes') }} WHERE kind = 'product'),
    categories AS (SELECT id AS category_id, name AS category FROM {{ source('shop.changes') }} WHERE kind = 'category')
  SELECT p.id AS product_id, p.name, c.category, p.changed_at
  FROM products AS p LEFT JOIN categories AS c USING (category_id)
natural_key: [product_id]
effective_at: changed_at
attributes:
  name: { scd: 2 }
  category: { scd: 2 }
";

#[test]
fn a_product_and_its_category_from_one_log_load_alike_in_one_batch_and_in_many() {
    let entries = [
        "1,category,7,,Tea,ADD,2026-01-01 00:00:00",
        "2,product,1,7,Sencha,ADD,2026-01-02 00:00:00",
        "3,category,7,,Teas,MOVE,2026-01-03 00:00:00",
        "4,category,8,,Drinks,ADD,2026-01-04 00:00:00",
        "5,product,1,8,Sencha,MOVE,2026-01-05 00:00:00",
        "6,category,8,,,REMOVE,2026-01-06 00:00:00",
        "7,product,1,,,REMOVE,2026-01-07 00:00:00",
    ];
    let expected = [
        "1 Sencha Tea 0001-01-01 00:00:00 2026-01-03 00:00:00",
        "1 Sencha Teas 2026-01-03 00:00:00 2026-01-05 00:00:00",
        "1 Sencha Drinks 2026-01-05 00:00:00 2026-01-06 00:00:00",
        "1 Sencha NULL 2026-01-06 00:00:00 2026-01-07 00:00:00",
    ];
    for cuts in [
        std::iter::once(0..7).collect::<Vec<_>>(),
        (0..7).map(|at| at..at + 1).collect(),
        vec![3..7, 0..3],
        vec![5..7, 1..5, 0..1],
    ] {
        let folder = Project::new(ONE_LOG);
        folder.write("data/changes/2026-02-01T00.csv", "entry,kind,id,category_id,name,op,changed_at\n");
        let warehouse = Warehouse::apply(folder.path());
        for (number, cut) in cuts.iter().enumerate() {
            let rows = format!("entry,kind,id,category_id,name,op,changed_at\n{}\n", entries[cut.clone()].join("\n"));
            folder.write(&format!("data/changes/2026-02-02T{number:02}.csv"), &rows);
            warehouse.run(Mode::Incremental);
        }
        let found = warehouse.rows(
            "SELECT product_id, name, category, valid_from, valid_to FROM dw.product WHERE product_key >= 0 ORDER BY 4",
        );
        let found: Vec<String> = found.into_iter().map(|row| row.join(" ")).collect();
        assert_eq!(found, expected, "{cuts:?}");
    }
}
