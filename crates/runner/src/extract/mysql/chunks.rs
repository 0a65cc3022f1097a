//! Chunks: ranges of a table's key that together hold every row once. A whole number is halved until the server's
//! estimate of a half is small enough; any other key is walked in its own order. It must not read rows.

use dwc_compiler::model::Table;
use mysql_async::consts::ColumnType;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};
use serde::{Deserialize, Serialize};

use super::connect::Failure;
use super::read::{quote, quote_path};

/// Chunks of one table at most.
const MOST: usize = 4096;

/// The character set of bytes.
const BINARY: u16 = 63;

/// A part of a key, as it is journaled and as the server takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    /// A whole number.
    Int(i64),
    /// One beyond the signed ones.
    Uint(u64),
    /// A text, a decimal or a moment, as bytes.
    Bytes(Vec<u8>),
}

impl Part {
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Int(number) => Part::Int(*number),
            Value::UInt(number) => Part::Uint(*number),
            Value::Bytes(bytes) => Part::Bytes(bytes.clone()),
            Value::Date(year, month, day, hour, minute, second, micros) => Part::Bytes(
                format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}").into_bytes(),
            ),
            Value::NULL | Value::Float(_) | Value::Double(_) | Value::Time(..) => return None,
        })
    }

    fn value(&self) -> Value {
        match self {
            Part::Int(number) => Value::Int(*number),
            Part::Uint(number) => Value::UInt(*number),
            Part::Bytes(bytes) => Value::Bytes(bytes.clone()),
        }
    }
}

/// The rows whose key is greater than one and not greater than another, in the server's own order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chunk {
    /// Empty where it reaches from the first row.
    pub(super) after: Vec<Part>,
    /// Empty where it reaches to the last row.
    pub(super) to: Vec<Part>,
}

impl Chunk {
    /// The condition of its rows. The bounds of the first column stand apart as well: every server finds those in an index.
    pub(super) fn condition(&self, key: &[String]) -> (String, Params) {
        let mut parts = Vec::new();
        let mut values = Vec::new();
        for (bound, sign, last) in [(&self.after, ">", ">"), (&self.to, "<", "<=")] {
            let Some(first) = bound.first() else { continue };
            parts.push(format!("{} {sign}= ?", quote(&key[0])));
            values.push(first.value());
            parts.push(compare(key, bound, sign, last, &mut values));
        }
        let text = if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) };
        let values = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
        (text, values)
    }
}

/// `(a > ? OR (a = ? AND b > ?))`: servers do not use an index for `(a, b) > (?, ?)`.
fn compare(key: &[String], bound: &[Part], sign: &str, last: &str, values: &mut Vec<Value>) -> String {
    let (Some(name), Some(part)) = (key.first(), bound.first()) else { return "TRUE".to_owned() };
    values.push(part.value());
    if bound.len() == 1 || key.len() == 1 {
        return format!("{} {last} ?", quote(name));
    }
    values.push(part.value());
    let rest = compare(&key[1..], &bound[1..], sign, last, values);
    format!("({0} {sign} ? OR ({0} = ? AND {rest}))", quote(name))
}

/// How many rows a table has by the server's statistics, where it can be read by ranges: its whole key is never NULL and
/// an index begins with it. `None` where it cannot.
pub(super) async fn estimate(connection: &mut Conn, table: &Table, doing: &str) -> Result<Option<u64>, Failure> {
    let failed = |cause| Failure::of(doing, cause);
    let (schema, name) = match table.physical.split_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (None, table.physical.as_str()),
    };
    let nullable: Vec<String> = connection
        .exec(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = COALESCE(?, DATABASE()) \
             AND table_name = ? AND is_nullable = 'YES'",
            (schema, name),
        )
        .await
        .map_err(failed)?;
    let leading: Vec<String> = connection
        .exec(
            "SELECT column_name FROM information_schema.statistics WHERE table_schema = COALESCE(?, DATABASE()) \
             AND table_name = ? AND seq_in_index = 1",
            (schema, name),
        )
        .await
        .map_err(failed)?;
    let among = |all: &[String], column: &str| all.iter().any(|name| name.eq_ignore_ascii_case(column));
    let Some(first) = table.primary_key.first() else { return Ok(None) };
    if !among(&leading, first) || table.primary_key.iter().any(|column| among(&nullable, column)) {
        return Ok(None);
    }
    let rows: Option<Option<u64>> = connection
        .exec_first(
            "SELECT table_rows FROM information_schema.tables WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?",
            (schema, name),
        )
        .await
        .map_err(failed)?;
    Ok(rows.flatten())
}

/// Cuts a table into chunks of about so many rows; `None` where its key is of a type that cannot be cut.
pub(super) async fn cut(
    connection: &mut Conn,
    table: &Table,
    rows: u64,
    doing: &str,
) -> Result<Option<Vec<Chunk>>, Failure> {
    let failed = |cause| Failure::of(doing, cause);
    let key: Vec<String> = table.primary_key.iter().map(|column| quote(column)).collect();
    let from = quote_path(&table.physical);
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
        return Ok(Some(chunks));
    }
    walk(connection, table, &from, &key, rows, doing).await
}

/// Halves a column of whole numbers; `None` where one number has far more rows than a chunk.
async fn halve(
    connection: &mut Conn,
    from: &str,
    column: &str,
    rows: u64,
    doing: &str,
) -> Result<Option<Vec<Chunk>>, Failure> {
    let failed = |cause| Failure::of(doing, cause);
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
    table: &Table,
    from: &str,
    key: &[String],
    rows: u64,
    doing: &str,
) -> Result<Option<Vec<Chunk>>, Failure> {
    let mut bounds: Vec<Vec<Part>> = Vec::new();
    while bounds.len() < MOST {
        let rest = Chunk { after: bounds.last().cloned().unwrap_or_default(), to: Vec::new() };
        let (condition, values) = rest.condition(&table.primary_key);
        let list = key.join(", ");
        let next: Option<Row> = connection
            .exec_first(format!("SELECT {list} FROM {from}{condition} ORDER BY {list} LIMIT 1 OFFSET {rows}"), values)
            .await
            .map_err(|cause| Failure::of(doing, cause))?;
        let Some(next) = next else { break };
        let Some(bound) = next.unwrap().iter().map(Part::of).collect::<Option<Vec<Part>>>() else { return Ok(None) };
        bounds.push(bound);
    }
    Ok(Some(between(bounds)))
}

/// The chunks between bounds, and those before the first and after the last.
fn between(bounds: Vec<Vec<Part>>) -> Vec<Chunk> {
    let starts = std::iter::once(Vec::new()).chain(bounds.iter().cloned());
    let ends = bounds.iter().cloned().chain(std::iter::once(Vec::new()));
    starts.zip(ends).map(|(after, to)| Chunk { after, to }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_of_a_composite_key_is_a_condition_that_an_index_serves() {
        let key = ["a".to_owned(), "b".to_owned()];
        let bounds = vec![vec![Part::Int(1), Part::Bytes(b"x".to_vec())]];
        let chunks = between(bounds);
        assert_eq!(chunks.len(), 2);
        let (first, values) = chunks[0].condition(&key);
        assert_eq!(first, " WHERE `a` <= ? AND (`a` < ? OR (`a` = ? AND `b` <= ?))");
        assert_eq!(values, Params::Positional(vec![1.into(), 1.into(), 1.into(), "x".into()]));
        let (second, _) = chunks[1].condition(&key);
        assert_eq!(second, " WHERE `a` >= ? AND (`a` > ? OR (`a` = ? AND `b` > ?))");
        assert_eq!(between(Vec::new())[0].condition(&key), (String::new(), Params::Empty));
    }

    #[test]
    fn a_bound_is_journaled_and_read_again() {
        let chunk = Chunk { after: vec![Part::Int(-5)], to: vec![Part::Uint(u64::MAX), Part::Bytes(vec![0, 255])] };
        let text = serde_json::to_string(&chunk).unwrap();
        assert_eq!(serde_json::from_str::<Chunk>(&text).unwrap(), chunk);
    }
}
