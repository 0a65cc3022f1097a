//! The project of the shapes: logs of accounts, of customers and of two more systems, and one dimension per shape of SQL.
//! It must not judge what is loaded.

use std::fmt::Write;

use dwc_tests::project::{Project, at};

use crate::model::{File, Kind, Shape, TABLES, Version, kind};

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
  titles:
    path: data/titles/{batch}.csv
    primary_key: [owner, since]
    detect_deletes: operation
    delete_column: op
    columns: { owner: INT64, v: STRING, op: STRING, since: TIMESTAMP, until: TIMESTAMP }
  wages:
    path: data/wages/{batch}.csv
    primary_key: [owner, since]
    detect_deletes: operation
    delete_column: op
    columns: { owner: INT64, v: STRING, op: STRING, since: TIMESTAMP, until: TIMESTAMP }
";

pub fn write(shapes: &[&Shape]) -> Project {
    let mut text = HEAD.to_owned();
    for shape in shapes {
        let query = shape.query.replace('\n', "\n  ");
        let ends = if shape.ends { "effective_to: until\n" } else { "" };
        let _ = write!(
            text,
            "#- models/dimensions/{0}.yml\ndimension: {0}\nquery: |\n  {query}\nnatural_key: [member]\neffective_at: at\n{ends}first_version: own_instant\nattributes:\n  v: {{ scd: 2 }}\n",
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
    let start = at("2026-01-01");
    (start + chrono::Duration::hours(hours)).format("%Y-%m-%dT%H").to_string()
}

pub fn write_file(project: &Project, file: &File) {
    let head = match kind(file.table) {
        Kind::Rows => "id,owner,v,op,changed_at",
        Kind::Log => "number,owner,v,op,changed_at",
        Kind::Intervals => "owner,v,op,since,until",
    };
    let mut text = format!("{head}\n");
    for row in &file.rows {
        let op = if row.gone { "D" } else { "U" };
        let key = if kind(file.table) == Kind::Intervals { String::new() } else { format!("{},", row.key) };
        let _ = write!(text, "{key}{},{},{op},{}", row.owner, row.value, instant(row.at));
        if kind(file.table) == Kind::Intervals {
            let _ = write!(text, ",{}", row.until.map_or(String::new(), instant));
        }
        text.push('\n');
    }
    project.write(&format!("data/{}/{}.csv", TABLES[file.table], time(file.time)), &text);
}

/// A time of a case as SQL writes it.
pub fn instant(hours: i64) -> String {
    format!("{}:00:00", time(hours).replace('T', " "))
}

/// A query of the versions of a shape's members: member, begin, end, value.
pub fn versions_query(shape: &str) -> String {
    let hours = |column: &str| format!("date_diff('hour', TIMESTAMP '2026-01-01', {column})");
    format!(
        "SELECT CAST(member AS BIGINT), {}, CASE WHEN is_current THEN NULL ELSE {} END, v FROM dw.{shape} WHERE {shape}_key >= 0 ORDER BY 1, 2",
        hours("valid_from"),
        hours("valid_to")
    )
}

/// The versions that such a query gave.
pub fn versions(rows: &[Vec<String>]) -> Vec<Version> {
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
