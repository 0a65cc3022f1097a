//! The harness itself: what every other suite leans on is shown to catch what it is there to catch.

use dwc_tests::googlesql::{GoogleSql, Table};
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::{self, Project};
use serde_json::json;

const CUSTOMER: &str = "
CREATE SCHEMA IF NOT EXISTS `project.dw`;
CREATE TABLE IF NOT EXISTS `project.dw.customer` (
  customer_key STRING NOT NULL, name STRING, born DATE, seen_at TIMESTAMP,
  PRIMARY KEY (customer_key) NOT ENFORCED
) PARTITION BY born CLUSTER BY customer_key;
CREATE TABLE `project.dw.batch` (customer_key STRING, name STRING);
";

const MERGE: &str = "
DECLARE batch_at TIMESTAMP DEFAULT TIMESTAMP '2024-01-01 00:00:00+00';
BEGIN
  BEGIN TRANSACTION;
  MERGE `project.dw.customer` AS t
  USING `project.dw.batch` AS s ON t.customer_key = s.customer_key
  WHEN MATCHED AND t.name <> s.name THEN UPDATE SET name = s.name, seen_at = batch_at
  WHEN NOT MATCHED THEN INSERT (customer_key, name, seen_at) VALUES (s.customer_key, s.name, batch_at)
  WHEN NOT MATCHED BY SOURCE THEN DELETE;
  COMMIT TRANSACTION;
EXCEPTION WHEN ERROR THEN
  ROLLBACK TRANSACTION;
  RAISE;
END;
";

#[test]
fn analyzer_accepts_a_merge_script() {
    let bigquery = GoogleSql::start();
    assert_eq!(bigquery.analyze_script(CUSTOMER), []);
    assert_eq!(bigquery.analyze_script(MERGE), []);
    bigquery.reset();
    assert!(!bigquery.analyze_script(MERGE).is_empty(), "no table is left");
}

#[test]
fn analyzer_places_an_unknown_column() {
    let bigquery = GoogleSql::start();
    bigquery.analyze_script(CUSTOMER);
    let errors = bigquery.analyze_script("SELECT 1;\nSELECT nam\nFROM `project.dw.customer`;");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((errors[0].line, errors[0].column), (2, 8));
    assert!(errors[0].message.contains("nam"), "{errors:?}");
}

#[test]
fn alter_changes_what_later_statements_see() {
    let bigquery = GoogleSql::start();
    let sql = "ALTER TABLE dw.customer ADD COLUMN city STRING;
        ALTER TABLE dw.customer RENAME COLUMN name TO full_name;
        ALTER TABLE dw.customer DROP COLUMN seen_at;
        SELECT city, full_name FROM dw.customer;";
    assert_eq!(bigquery.analyze_script(&format!("{CUSTOMER}{sql}")), []);
    assert_eq!(bigquery.analyze_script("SELECT seen_at FROM dw.customer").len(), 1);
}

#[test]
fn analyzer_refuses_what_only_bigquery_refuses() {
    for (sql, message) in [
        ("CREATE TABLE dw.x (a TIMESTAMP) PARTITION BY a", "PARTITION BY must"),
        ("CREATE TABLE dw.x (a INT64, b INT64, c INT64, d INT64, e INT64) CLUSTER BY a, b, c, d, e", "at most 4"),
        ("CREATE TABLE dw.x (a INT64, PRIMARY KEY (a))", "NOT ENFORCED"),
        ("CREATE TABLE dw.customer (a INT64)", "Already exists"),
        ("CREATE TABLE dw.x (_PARTITION_a INT64)", "reserved prefix"),
        ("CREATE TABLE dw.x (`a!` INT64)", "column name"),
        ("CREATE TABLE dw.`x#` (a INT64)", "table name"),
        ("ALTER TABLE dw.customer ADD COLUMN city STRING NOT NULL", "cannot be NOT NULL"),
        ("INSERT INTO dw.customer (name) VALUES ('Ann')", "omits required"),
        ("SELECT 1 FROM dw.customer AS c LEFT JOIN dw.batch AS b ON c.name < b.name", "LEFT JOIN needs"),
        ("SELECT 1 FROM dw.customer AS c FULL JOIN dw.batch AS b ON c.name < b.name", "FULL JOIN needs"),
        ("BEGIN TRANSACTION; DROP TABLE dw.batch; COMMIT TRANSACTION", "inside a transaction"),
    ] {
        let bigquery = GoogleSql::start();
        bigquery.analyze_script(CUSTOMER);
        let errors = bigquery.analyze_script(sql);
        assert!(errors.iter().any(|e| e.message.contains(message)), "{sql}\n{errors:?}");
    }
}

#[test]
fn evaluator_returns_rows() {
    let bigquery = GoogleSql::start();
    let table = Table::new(&[("id", "INT64"), ("day", "DATE")]).row(json!([1, "2024-02-29"])).row(json!([2, null]));
    let rows = bigquery.evaluate("SELECT id, day FROM dw.t ORDER BY id DESC", &[("dw.t", table)]);
    assert_eq!(json!(rows.unwrap()), json!([{"id": 2, "day": null}, {"id": 1, "day": "2024-02-29"}]));
    assert_eq!(json!(bigquery.evaluate("1 + 1", &[]).unwrap()), json!([{"value": 2}]));
    assert!(bigquery.evaluate("1 / 0", &[]).unwrap_err().contains("division by zero"));
}

#[test]
fn executor_applies_a_merge() {
    let columns = [("id", "INT64"), ("name", "STRING"), ("seen_at", "TIMESTAMP")];
    let table = Table::new(&columns).row(json!([1, "Ann", "2023-01-01 00:00:00+00"])).row(json!([
        2,
        "Bob",
        "2023-01-01 00:00:00+00"
    ]));
    let sql = "CREATE TEMP TABLE s AS SELECT 2 AS id, 'Bea' AS name UNION ALL SELECT 3, 'Cid';
        BEGIN TRANSACTION;
        MERGE `project.dw.t` AS t USING s ON t.id = s.id
        WHEN MATCHED THEN UPDATE SET name = s.name, seen_at = @batch_at
        WHEN NOT MATCHED THEN INSERT (id, name, seen_at) VALUES (s.id, s.name, @batch_at)
        WHEN NOT MATCHED BY SOURCE THEN DELETE;
        COMMIT TRANSACTION;";
    let parameters = [("batch_at", "TIMESTAMP", json!("2024-01-01 00:00:00+00"))];
    let left = GoogleSql::start().execute_script(sql, &[("dw.t", table)], &parameters, &["dw.t"]);
    assert_eq!(
        json!(left.unwrap()["dw.t"]),
        json!([
            {"id": 2, "name": "Bea", "seen_at": "2024-01-01T00:00:00Z"},
            {"id": 3, "name": "Cid", "seen_at": "2024-01-01T00:00:00Z"},
        ])
    );
}

#[test]
fn mariadb_keeps_what_is_inserted() {
    let server = MariaDb::start();
    server.execute("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, name TEXT)");
    let file = server.folder().join("load.sql");
    std::fs::write(&file, "INSERT INTO t VALUES (1, 'Zoë'), (2, NULL);\n").unwrap();
    server.load_sql("shop", &file);
    assert_eq!(server.query("SELECT * FROM shop.t ORDER BY id"), [["1", "Zoë"], ["2", "NULL"]]);
    assert_eq!(server.query("SELECT @@session.time_zone"), [["+00:00"]]);
    assert!(server.url("shop").ends_with("/shop"));
}

#[test]
fn fixtures_become_files() {
    let project = Project::new("\n#- models/a.yml\nkind: x\n#- b.yml\ny: 1\n");
    assert_eq!(std::fs::read_to_string(project.path().join("models/a.yml")).unwrap(), "kind: x\n");
    assert_eq!(std::fs::read_to_string(project.path().join("b.yml")).unwrap(), "y: 1\n");
    assert!(project::repository().join("Cargo.lock").is_file());
}
