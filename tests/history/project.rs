//! The project of the shapes: logs of accounts, of customers and of two more systems, and one dimension per shape of SQL.
//! It must not judge what is loaded.

use std::fmt::Write;

use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

use crate::model::{File, SHAPES, TABLES, Version};

const HEAD: &str = "\
#- dwc.yml
name: shapes
timezone: UTC
lints: { DW0409: { level: off, reason: shapes of SQL are compared over the same members } }
targets:
  dev: { type: duckdb, path: dwc.duckdb }
#- models/sources/s.yml
source: s
type: files
tables:
  accounts:
    path: data/accounts/{batch}.csv
    primary_key: [id]
    cursor: changed_at
    detect_deletes: operation
    delete_column: op
    columns: { id: STRING, owner: INT64, v: STRING, op: STRING, changed_at: TIMESTAMP }
  customers:
    path: data/customers/{batch}.csv
    primary_key: [id]
    cursor: changed_at
    detect_deletes: operation
    delete_column: op
    columns: { id: INT64, owner: INT64, v: STRING, op: STRING, changed_at: TIMESTAMP }
  web_log:
    path: data/web_log/{batch}.csv
    primary_key: [number]
    columns: { number: INT64, owner: INT64, v: STRING, op: STRING, changed_at: TIMESTAMP }
  shop_log:
    path: data/shop_log/{batch}.csv
    primary_key: [number]
    columns: { number: INT64, owner: INT64, v: STRING, op: STRING, changed_at: TIMESTAMP }
";

pub fn write() -> Project {
    let mut text = HEAD.to_owned();
    for shape in SHAPES {
        let query = shape.query.replace('\n', "\n  ");
        let _ = write!(
            text,
            "#- models/dimensions/{0}.yml\ndimension: {0}\nquery: |\n  {query}\nnatural_key: [member]\neffective_at: at\nfirst_version: own_instant\nattributes:\n  v: {{ scd: 2 }}\n",
            shape.name
        );
    }
    let project = Project::new(&text);
    for table in 0..TABLES.len() {
        write_file(&project, &File { table, time: -1, rows: Vec::new() });
    }
    project
}

fn time(hours: i64) -> String {
    let start = dwc_runner::parse_time("2026-01-01").expect("a time");
    (start + chrono::Duration::hours(hours)).format("%Y-%m-%dT%H").to_string()
}

pub fn write_file(project: &Project, file: &File) {
    let key = if file.table < 2 { "id" } else { "number" };
    let mut text = format!("{key},owner,v,op,changed_at\n");
    for row in &file.rows {
        let op = if row.gone { "D" } else { "U" };
        let at = time(row.at).replace('T', " ");
        let _ = writeln!(text, "{},{},{},{op},{at}:00:00", row.key, row.owner, row.value);
    }
    project.write(&format!("data/{}/{}.csv", TABLES[file.table], time(file.time)), &text);
}

/// The versions that are loaded of a shape's members: member, begin, end, value.
pub fn loaded(warehouse: &Warehouse, shape: &str) -> Vec<Version> {
    let hours = |column: &str| format!("date_diff('hour', TIMESTAMP '2026-01-01', {column})");
    let rows = warehouse.rows(&format!(
        "SELECT CAST(member AS BIGINT), {}, CASE WHEN is_current THEN NULL ELSE {} END, v FROM dw.{shape} WHERE {shape}_key >= 0 ORDER BY 1, 2",
        hours("valid_from"),
        hours("valid_to")
    ));
    let number = |text: &String| text.parse::<i64>().ok();
    rows.iter()
        .map(|row| Version {
            member: number(&row[0]).unwrap_or(-1),
            from: number(&row[1]).unwrap_or(i64::MIN),
            to: number(&row[2]),
            value: row[3].clone(),
        })
        .collect()
}
