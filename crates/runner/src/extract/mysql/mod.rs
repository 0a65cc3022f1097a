//! MySQL and MariaDB: their protocol, their words and their types. It must not decide what is read.

mod canonical;
mod catalog;
mod chunks;
mod connect;

use std::pin::pin;

use chrono_tz::Tz;
use dwc_compiler::cell::{Kind, Sent, Shape, Values};
use dwc_compiler::model::{Column, Table};
use dwc_compiler::plan::Division;
use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Params, Row, Value};

pub(crate) use connect::failed;

use crate::Error;
use crate::extract::SourceColumn;
use crate::extract::database::chunks::Chunk;
use crate::extract::database::cursor::CursorKind;
use crate::extract::database::gather::Gather;
use crate::extract::database::sql::{Part, Sql};
use crate::extract::database::{Access, Canonical, Failure, Server};

/// A MySQL or MariaDB server.
pub(crate) struct Mysql;

impl Server for Mysql {
    const NAME: &str = "MySQL";
    const FORM: &str = "mysql://user:password@host:3306/database";
    const NOW: &str = "SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)";
    type Address = Opts;
    type Connection = Conn;

    fn address(text: &str) -> Option<Opts> {
        connect::read_address(text)
    }

    async fn open(address: &Opts, access: &Access<Self>) -> Result<Conn, Failure> {
        connect::open(address.clone(), access).await
    }

    async fn close(mut connection: Conn) {
        // Nothing was written: an error here only says that the connection is gone already.
        let _ = connection.query_drop("ROLLBACK").await;
        let _ = connection.disconnect().await;
    }

    async fn view(connection: &mut Conn, doing: &str) -> Result<(), Failure> {
        let begin = connection.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        begin.await.map_err(|cause| failed(doing, cause))
    }

    async fn ask(connection: &mut Conn, sql: &Sql, doing: &str) -> Result<Vec<Vec<Option<String>>>, Failure> {
        let (text, values) = statement(sql);
        let rows: Vec<Row> = connection.exec(text, values).await.map_err(|cause| failed(doing, cause))?;
        let text = |value: Value| match value {
            Value::Int(number) => Ok(Some(number.to_string())),
            Value::UInt(number) => Ok(Some(number.to_string())),
            other => mysql_async::from_value_opt::<Option<String>>(other)
                .map_err(|_| Failure::refused(doing, "the server sent a value that is not text")),
        };
        rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect()
    }

    fn quote(name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn columns(table: &Table) -> Sql {
        catalog::columns(table)
    }

    fn cursor_kind(ty: &str) -> CursorKind {
        catalog::cursor_kind(ty)
    }

    fn greatest(_: CursorKind, name: &str) -> String {
        format!("CAST(MAX({name}) AS CHAR)")
    }

    fn select(_: &Table, column: &Column, _: &SourceColumn) -> Result<String, Error> {
        Ok(Self::quote(&column.name))
    }

    fn canonical(column: &Column, there: &SourceColumn, _: Tz) -> Option<Canonical> {
        canonical::of(column, there)
    }

    fn octets(text: &str) -> String {
        format!("LENGTH({text})")
    }

    fn concat(parts: &[String]) -> String {
        format!("CONCAT({})", parts.join(", "))
    }

    fn hash60(text: &str) -> String {
        format!("CAST(CONV(SUBSTR(MD5({text}), 1, 15), 16, 10) AS UNSIGNED)")
    }

    const DIVISION: Division =
        Division { quotient: |a, b| format!("{a} DIV {b}"), remainder: |a, b| format!("{a} % {b}") };

    fn extra(columns: &[&SourceColumn]) -> String {
        catalog::extra(columns)
    }

    async fn cut(
        connection: &mut Conn,
        table: &Table,
        _: &[SourceColumn],
        rows: u64,
        doing: &str,
    ) -> Result<Option<(u64, Vec<Chunk>)>, Failure> {
        chunks::cut(connection, table, rows, doing).await
    }

    async fn stream(
        connection: &mut Conn,
        access: &Access<Self>,
        sql: &Sql,
        _: &[SourceColumn],
        gather: &mut Gather<'_>,
        doing: &str,
    ) -> Result<(), Failure> {
        let (text, values) = statement(sql);
        let asked = async { connection.exec_iter(text, values).await.map_err(|cause| failed(doing, cause)) };
        let mut result = access.within(asked).await?;
        let mut columns = result.columns_ref().iter();
        gather.start(|_| columns.next().map_or(Shape { kind: Kind::Plain, decimals: 6 }, shape))?;
        while let Some(row) =
            access.prompt(pin!(result.next())).await?.map_err(|cause: mysql_async::Error| failed(doing, cause))?
        {
            if gather.push(&Fetched(row))? {
                gather.keep().await;
            }
        }
        Ok(())
    }
}

/// A statement with its values.
fn statement(sql: &Sql) -> (String, Params) {
    let mut values = Vec::new();
    let text = sql.write(|part| {
        values.push(match part {
            Part::Int(number) => Value::Int(*number),
            Part::Uint(number) => Value::UInt(*number),
            Part::Bytes(bytes) => Value::Bytes(bytes.clone()),
        });
        "?".to_owned()
    });
    (text, if values.is_empty() { Params::Empty } else { Params::Positional(values) })
}

/// What the server says of a column of its result.
fn shape(column: &mysql_async::Column) -> Shape {
    let is_text = column.flags().intersects(ColumnFlags::ENUM_FLAG | ColumnFlags::SET_FLAG);
    let kind = match column.column_type() {
        _ if is_text => Kind::Plain,
        ColumnType::MYSQL_TYPE_TIMESTAMP | ColumnType::MYSQL_TYPE_TIMESTAMP2 => Kind::Instant,
        ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE => Kind::Day,
        ColumnType::MYSQL_TYPE_BIT => Kind::Bits,
        ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => Kind::Number,
        _ => Kind::Plain,
    };
    Shape { kind, decimals: column.decimals().min(6) }
}

/// A row of the server.
struct Fetched(Row);

impl Values for Fetched {
    fn at(&self, column: usize) -> Sent<'_> {
        match self.0.as_ref(column).unwrap_or(&Value::NULL) {
            Value::NULL => Sent::Null,
            Value::Bytes(bytes) => Sent::Bytes(bytes),
            Value::Int(number) => Sent::Int(*number),
            Value::UInt(number) => Sent::Uint(*number),
            Value::Float(number) => Sent::Float(*number),
            Value::Double(number) => Sent::Double(*number),
            Value::Date(year, month, day, hour, minute, second, micros) => {
                Sent::Moment(*year, *month, *day, *hour, *minute, *second, *micros)
            }
            Value::Time(negative, days, hours, minutes, seconds, micros) => {
                Sent::Time(*negative, *days, *hours, *minutes, *seconds, *micros)
            }
        }
    }
}
