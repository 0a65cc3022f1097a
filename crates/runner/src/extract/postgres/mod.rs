//! PostgreSQL: its protocol, its words and its types. Rows come by COPY, as text. It must not decide what is read.

mod canonical;
mod catalog;
mod connect;
mod copy;
mod tls;

use std::pin::pin;

use chrono_tz::Tz;
use dwc_compiler::cell::Shape;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Column, Table};
use dwc_compiler::plan::Division;
use dwc_googlesql::Type;
use futures_util::StreamExt;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::Error;
use crate::extract::SourceColumn;
use crate::extract::database::chunks::{Chunk, MOST, between};
use crate::extract::database::cursor::CursorKind;
use crate::extract::database::gather::Gather;
use crate::extract::database::sql::{Part, Sql};
use crate::extract::database::{Access, Canonical, Failure, Server};
use catalog::{kind_of, relation};
use connect::failed;

/// A PostgreSQL server.
pub(crate) struct Postgres;

impl Server for Postgres {
    const NAME: &str = "PostgreSQL";
    const FORM: &str = "postgres://user:password@host:5432/database";
    const NOW: &str = "SELECT CAST(clock_timestamp() AT TIME ZONE 'UTC' AS text)";
    type Address = connect::Address;
    type Connection = Client;

    fn address(text: &str) -> Option<connect::Address> {
        connect::read_address(text)
    }

    async fn open(address: &connect::Address, access: &Access<Self>) -> Result<Client, Failure> {
        connect::open(address, access).await
    }

    async fn close(connection: Client) {
        // The session ends with its client.
        drop(connection);
    }

    async fn view(connection: &mut Client, doing: &str) -> Result<(), Failure> {
        let begin = connection.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        begin.await.map_err(|cause| failed(doing, &cause))
    }

    async fn ask(connection: &mut Client, sql: &Sql, doing: &str) -> Result<Vec<Vec<Option<String>>>, Failure> {
        let asked = connection.simple_query(&statement(sql)).await.map_err(|cause| failed(doing, &cause))?;
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            }
            _ => None,
        };
        Ok(asked.into_iter().filter_map(row).collect())
    }

    fn quote(name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn columns(table: &Table) -> Sql {
        catalog::columns(table)
    }

    fn cursor_kind(ty: &str) -> CursorKind {
        catalog::cursor_kind(ty)
    }

    fn greatest(kind: CursorKind, name: &str) -> String {
        let zone = if kind == CursorKind::Instant { " AT TIME ZONE 'UTC'" } else { "" };
        format!("CAST(MAX({name}){zone} AS text)")
    }

    fn select(table: &Table, column: &Column, there: &SourceColumn) -> Result<String, Error> {
        let name = Self::quote(&there.name);
        let ty = there.ty.as_str();
        if ty.starts_with("bit") && !matches!(column.ty, Type::String) {
            return Err(Error::coded(
                Code::SourceColumns,
                format!(
                    "column `{}` of table `{}` is of type {ty}, which is not {}",
                    there.name, table.address, column.ty
                ),
            )
            .at(table.span)
            .help("declare it as STRING"));
        }
        Ok(match (&column.ty, ty) {
            (_, "timestamp with time zone") => format!("{name} AT TIME ZONE 'UTC'"),
            (_, ty) if ty.starts_with("timestamp(") && ty.ends_with("with time zone") => {
                format!("{name} AT TIME ZONE 'UTC'")
            }
            (Type::Int64, "boolean") => format!("CAST({name} AS integer)"),
            (Type::Numeric(_) | Type::BigNumeric(_) | Type::Float64, "money") => format!("CAST({name} AS numeric)"),
            (Type::Json, ty) if !catalog::is_text(ty) && !ty.starts_with("json") => format!("to_json({name})"),
            _ => name,
        })
    }

    fn canonical(column: &Column, there: &SourceColumn, zone: Tz) -> Option<Canonical> {
        canonical::of(column, there, zone)
    }

    fn octets(text: &str) -> String {
        format!("octet_length({text})")
    }

    fn concat(parts: &[String]) -> String {
        parts.join(" || ")
    }

    fn hash60(text: &str) -> String {
        format!("CAST(CAST('x' || substr(md5({text}), 1, 15) AS bit(60)) AS bigint)")
    }

    fn whole(name: &str) -> String {
        format!("CAST({name} AS bigint)")
    }

    const DIVISION: Division =
        Division { quotient: |a, b| format!("{a} / {b}"), remainder: |a, b| format!("{a} % {b}") };

    fn extra(columns: &[&SourceColumn]) -> String {
        catalog::extra(columns)
    }

    async fn cut(
        connection: &mut Client,
        table: &Table,
        _: &[SourceColumn],
        rows: u64,
        doing: &str,
    ) -> Result<Option<(u64, Vec<Chunk>)>, Failure> {
        let estimate = Self::ask(connection, &catalog::estimate(table), doing).await?;
        let estimate = estimate.into_iter().flatten().flatten().next().and_then(|rows| rows.parse::<u64>().ok());
        let Some(all) = estimate.filter(|all| *all >= rows.saturating_mul(2)) else { return Ok(None) };
        // Every so many-th key, in the order of the key's index.
        let key: Vec<String> = table.primary_key.iter().map(|column| Self::quote(column)).collect();
        let texts: Vec<String> = key.iter().map(|name| format!("CAST({name} AS text)")).collect();
        let mut bounds: Vec<Vec<Part>> = Vec::new();
        while bounds.len() < MOST {
            let rest = Chunk { after: bounds.last().cloned().unwrap_or_default(), to: Vec::new() };
            let mut sql = Sql::new(format!("SELECT {} FROM {}", texts.join(", "), Self::path(&table.physical)));
            let condition = rest.condition(&key);
            if !condition.is_empty() {
                sql = sql.text(" WHERE ").then(condition);
            }
            let sql = sql.text(format!(" ORDER BY {} LIMIT 1 OFFSET {rows}", key.join(", ")));
            let Some(next) = Self::ask(connection, &sql, doing).await?.into_iter().next() else { break };
            let Some(bound) = next.into_iter().map(|text| text.map(Part::from)).collect() else { return Ok(None) };
            bounds.push(bound);
        }
        Ok(Some((all, between(bounds))))
    }

    async fn stream(
        connection: &mut Client,
        access: &Access<Self>,
        sql: &Sql,
        there: &[SourceColumn],
        gather: &mut Gather<'_>,
        doing: &str,
    ) -> Result<(), Failure> {
        let sql = format!("COPY ({}) TO STDOUT", statement(sql));
        let asked = async { connection.copy_out(&sql).await.map_err(|cause| failed(doing, &cause)) };
        let mut rows = pin!(access.within(asked).await?);
        let shape = |ty: &str| Shape { kind: kind_of(ty), decimals: 6 };
        gather.start(|name| {
            there.iter().find(|column| column.name.eq_ignore_ascii_case(name)).map_or(shape(""), |c| shape(&c.ty))
        })?;
        let mut line = copy::Line::default();
        while let Some(message) = access.prompt(pin!(rows.next())).await? {
            let message = message.map_err(|cause| failed(doing, &cause))?;
            let mut rest: &[u8] = &message;
            while let Some(row) = line.next(&mut rest) {
                if gather.push(&row)? {
                    gather.keep().await;
                }
            }
        }
        Ok(())
    }
}

/// A statement with its values written out: a text without a type takes that of what it is compared with.
fn statement(sql: &Sql) -> String {
    sql.write(|part| match part {
        Part::Int(number) => number.to_string(),
        Part::Uint(number) => number.to_string(),
        Part::Bytes(bytes) => format!("'{}'", String::from_utf8_lossy(bytes).replace('\'', "''")),
    })
}

/// The table as a text that the server resolves to its relation.
pub(super) fn path_text(table: &Table) -> Sql {
    Sql::default().value(relation(table))
}
