//! Where a table is cut. A whole number is halved until the server's estimate of a half is small enough; any other key is
//! walked in its own order. It must not read rows.

use dwc_compiler::model::Table;
use mysql_async::consts::ColumnType;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};

use super::catalog::is_table;
use super::{Mysql, failed, statement};
use crate::extract::database::chunks::{Chunk, MOST, between};
use crate::extract::database::sql::{Part, Sql};
use crate::extract::database::{Failure, Server};

/// The character set of bytes.
const BINARY: u16 = 63;

/// A value of a key; `None` where it is of a type that is not compared exactly.
fn part(value: &Value) -> Option<Part> {
    Some(match value {
        Value::Int(number) => Part::Int(*number),
        Value::UInt(number) => Part::Uint(*number),
        Value::Bytes(bytes) => Part::Bytes(bytes.clone()),
        Value::Date(year, month, day, hour, minute, second, micros) => {
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}").into()
        }
        Value::NULL | Value::Float(_) | Value::Double(_) | Value::Time(..) => return None,
    })
}

/// How many rows a table has by the server's statistics, where it can be read by ranges: its whole key is never NULL and
/// an index begins with it. `None` where it cannot.
async fn estimate(connection: &mut Conn, table: &Table, doing: &str) -> Result<Option<u64>, Failure> {
    let nullable = Sql::new("SELECT column_name FROM information_schema.columns WHERE ")
        .then(is_table(table))
        .text(" AND is_nullable = 'YES'");
    let nullable = names(connection, nullable, doing).await?;
    let leading = Sql::new("SELECT column_name FROM information_schema.statistics WHERE ")
        .then(is_table(table))
        .text(" AND seq_in_index = 1");
    let leading = names(connection, leading, doing).await?;
    let among = |all: &[String], column: &str| all.iter().any(|name| name.eq_ignore_ascii_case(column));
    let Some(first) = table.primary_key.first() else { return Ok(None) };
    if !among(&leading, first) || table.primary_key.iter().any(|column| among(&nullable, column)) {
        return Ok(None);
    }
    let rows = Sql::new("SELECT table_rows FROM information_schema.tables WHERE ").then(is_table(table));
    Ok(names(connection, rows, doing).await?.first().and_then(|rows| rows.parse().ok()))
}

/// The first column of a query, NULLs aside.
async fn names(connection: &mut Conn, sql: Sql, doing: &str) -> Result<Vec<String>, Failure> {
    let rows = Mysql::ask(connection, &sql, doing).await?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

/// Cuts a table into chunks of about so many rows; `None` where it is too small for it, or its key cannot be cut.
pub(super) async fn cut(
    connection: &mut Conn,
    table: &Table,
    rows: u64,
    doing: &str,
) -> Result<Option<(u64, Vec<Chunk>)>, Failure> {
    let failed = |cause| failed(doing, cause);
    let estimated = estimate(connection, table, doing).await?;
    let Some(all) = estimated.filter(|all| *all >= rows.saturating_mul(2)) else { return Ok(None) };
    let key: Vec<String> = table.primary_key.iter().map(|column| Mysql::quote(column)).collect();
    let from = Mysql::path(&table.physical);
    let probe = connection.prep(format!("SELECT {} FROM {from}", key.join(", "))).await.map_err(failed)?;
    // A text of bytes is compared as a text of the connection's character set where it is sent as a bound.
    let is_binary = |column: &mysql_async::Column| {
        let text = [ColumnType::MYSQL_TYPE_STRING, ColumnType::MYSQL_TYPE_VAR_STRING, ColumnType::MYSQL_TYPE_BLOB];
        column.character_set() == BINARY && text.contains(&column.column_type())
    };
    if probe.columns().iter().any(is_binary) {
        return Ok(None);
    }
    let is_number = probe.columns().first().is_some_and(|column| {
        matches!(
            column.column_type(),
            ColumnType::MYSQL_TYPE_TINY
                | ColumnType::MYSQL_TYPE_SHORT
                | ColumnType::MYSQL_TYPE_INT24
                | ColumnType::MYSQL_TYPE_LONG
                | ColumnType::MYSQL_TYPE_LONGLONG
        )
    });
    if is_number && let Some(chunks) = halve(connection, &from, &key[0], rows, doing).await? {
        return Ok(Some((all, chunks)));
    }
    Ok(walk(connection, &from, &key, rows, doing).await?.map(|chunks| (all, chunks)))
}

/// Halves a column of whole numbers; `None` where one number has far more rows than a chunk.
async fn halve(
    connection: &mut Conn,
    from: &str,
    column: &str,
    rows: u64,
    doing: &str,
) -> Result<Option<Vec<Chunk>>, Failure> {
    let failed = |cause| failed(doing, cause);
    let ends: Option<(Option<i128>, Option<i128>)> = connection
        .query_first(format!("SELECT CAST(MIN({column}) AS CHAR), CAST(MAX({column}) AS CHAR) FROM {from}"))
        .await
        .map_err(failed)?
        .map(|(low, high): (Option<String>, Option<String>)| {
            let read = |text: Option<String>| text.and_then(|text| text.parse().ok());
            (read(low), read(high))
        });
    let Some((Some(low), Some(high))) = ends else {
        return Ok(Some(vec![Chunk { after: Vec::new(), to: Vec::new() }]));
    };
    let mut ranges = vec![(low, high)];
    let mut bounds = Vec::new();
    while let Some((low, high)) = ranges.pop() {
        let plan: Option<Row> = connection
            .query_first(format!("EXPLAIN SELECT {column} FROM {from} WHERE {column} BETWEEN {low} AND {high}"))
            .await
            .map_err(failed)?;
        let estimate: u64 = plan.and_then(|mut row| row.take::<Option<u64>, _>("rows").flatten()).unwrap_or(0);
        let is_small = estimate <= rows.saturating_add(rows / 2);
        if is_small || low == high || bounds.len() + ranges.len() >= MOST {
            if low == high && estimate > rows.saturating_mul(4) {
                return Ok(None);
            }
            bounds.push(high);
        } else {
            let middle = low + (high - low) / 2;
            ranges.push((middle + 1, high));
            ranges.push((low, middle));
        }
    }
    bounds.pop();
    let part = |bound: i128| match i64::try_from(bound) {
        Ok(number) => Part::Int(number),
        Err(_) => Part::Uint(u64::try_from(bound).unwrap_or(u64::MAX)),
    };
    Ok(Some(between(bounds.into_iter().map(|bound| vec![part(bound)]).collect())))
}

/// Takes every so many-th key, in the order of the key's index.
async fn walk(
    connection: &mut Conn,
    from: &str,
    key: &[String],
    rows: u64,
    doing: &str,
) -> Result<Option<Vec<Chunk>>, Failure> {
    let mut bounds: Vec<Vec<Part>> = Vec::new();
    while bounds.len() < MOST {
        let rest = Chunk { after: bounds.last().cloned().unwrap_or_default(), to: Vec::new() };
        let condition = rest.condition(key);
        let list = key.join(", ");
        let mut sql = Sql::new(format!("SELECT {list} FROM {from}"));
        if !condition.is_empty() {
            sql = sql.text(" WHERE ").then(condition);
        }
        let (text, values) = statement(&sql.text(format!(" ORDER BY {list} LIMIT 1 OFFSET {rows}")));
        let next: Option<Row> = connection.exec_first(text, values).await.map_err(|cause| failed(doing, cause))?;
        let Some(next) = next else { break };
        let Some(bound) = next.unwrap().iter().map(part).collect::<Option<Vec<Part>>>() else { return Ok(None) };
        bounds.push(bound);
    }
    Ok(Some(between(bounds)))
}
