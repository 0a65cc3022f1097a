//! The history of a dimension whose query joins tables: it has a state since each instant at which a row changed that
//! makes it.

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

const PROJECT: &str = "#- dwc.yml
name: joined
timezone: UTC
targets:
  dev: { type: duckdb, path: dwc.duckdb }
#- models/sources/shop.yml
source: shop
type: files
tables:
  products:
    path: data/products/{batch}.csv
    primary_key: [product_id]
    cursor: changed_at
    columns: { product_id: INT64, category_id: INT64, price: INT64, changed_at: TIMESTAMP }
  categories:
    path: data/categories/{batch}.csv
    primary_key: [category_id]
    cursor: renamed_at
    columns: { category_id: INT64, category_name: STRING, renamed_at: TIMESTAMP }
#- models/dimensions/product.yml
dimension: product
query: |
  SELECT p.product_id, p.price, c.category_name, p.changed_at
  FROM {{ source('shop.products') }} AS p JOIN {{ source('shop.categories') }} AS c USING (category_id)
natural_key: [product_id]
effective_at: changed_at
attributes:
  category: { scd: 2, expr: category_name }
  price: { scd: 2 }
#- models/dimensions/category.yml
dimension: category
query: |
  SELECT c.category_id, ANY_VALUE(c.category_name) AS category_name, MAX(c.renamed_at) AS renamed_at, COUNT(p.product_id) AS products
  FROM {{ source('shop.categories') }} AS c LEFT JOIN {{ source('shop.products') }} AS p USING (category_id)
  GROUP BY c.category_id
natural_key: [category_id]
effective_at: renamed_at
attributes:
  category_title: { scd: 1, expr: category_name }
  products: { scd: 2 }
";

#[test]
fn a_change_of_a_partner_takes_effect_when_the_partner_changed() {
    let folder = Project::new(PROJECT);
    let write = |table: &str, day: &str, rows: &str| {
        let header = if table == "products" {
            "product_id,category_id,price,changed_at"
        } else {
            "category_id,category_name,renamed_at"
        };
        folder.write(&format!("data/{table}/{day}.csv"), &format!("{header}\n{rows}\n"));
    };
    write("products", "2026-01-05", "1,7,100,2026-01-02 00:00:00");
    write("categories", "2026-01-05", "7,Fruit,2026-01-01 00:00:00");
    let warehouse = Warehouse::apply(folder.path());
    warehouse.run(Mode::Incremental);
    write("categories", "2026-02-05", "7,Fruit and nuts,2026-02-01 00:00:00");
    warehouse.run(Mode::Incremental);
    write("products", "2026-03-05", "1,7,120,2026-03-01 00:00:00\n2,7,50,2026-03-03 00:00:00");
    warehouse.run(Mode::Incremental);
    let rows = |sql: &str| -> Vec<String> { warehouse.rows(sql).into_iter().map(|row| row.join(" ")).collect() };
    assert_eq!(
        rows(
            "SELECT product_id, strftime(valid_from, '%m-%d'), strftime(valid_to, '%m-%d'), category, price FROM dw.product WHERE product_key >= 0 ORDER BY 1, valid_from"
        ),
        [
            "1 01-01 02-01 Fruit 100",
            "1 02-01 03-01 Fruit and nuts 100",
            "1 03-01 12-31 Fruit and nuts 120",
            "2 01-01 12-31 Fruit and nuts 50",
        ]
    );
    assert_eq!(
        rows(
            "SELECT category_id, strftime(valid_from, '%m-%d'), strftime(valid_to, '%m-%d'), category_title, products FROM dw.category WHERE category_key >= 0 ORDER BY 1, valid_from"
        ),
        ["7 01-01 01-02 Fruit and nuts 0", "7 01-02 03-03 Fruit and nuts 1", "7 03-03 12-31 Fruit and nuts 2"],
        "the category was there a day before its first product, and the count changed with each of them"
    );
    assert!(warehouse.audit().is_empty());
}
