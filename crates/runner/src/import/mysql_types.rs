//! The types of MySQL columns in GoogleSQL: by the information schema, and by a probe of the data where it depends on
//! the values. It must not propose anything else.

use mysql_async::Conn;

use crate::extract::database::sql::Sql;
use crate::extract::database::{Failure, Server};
use crate::extract::mysql::Mysql;

/// One column of the information schema.
pub(super) struct Stated {
    pub(super) name: String,
    pub(super) data_type: String,
    pub(super) column_type: String,
    pub(super) precision: u64,
    pub(super) scale: u64,
}

/// The GoogleSQL type of a column and what is to be said of it; `None` where it has none.
pub(super) async fn type_of(
    connection: &mut Conn,
    table: &str,
    column: &Stated,
    is_json: bool,
) -> Result<Option<(String, Option<String>)>, Failure> {
    let unsigned = column.column_type.contains("unsigned");
    let say = |ty: &str, note: Option<&str>| Some((ty.to_owned(), note.map(str::to_owned)));
    Ok(match column.data_type.as_str() {
        "tinyint" if column.column_type.starts_with("tinyint(1)") => {
            if any(connection, table, &column.name, "NOT IN (0, 1)").await? {
                say("INT64", Some("a tinyint(1) with other values than 0 and 1"))
            } else {
                say("BOOL", None)
            }
        }
        "bigint" if unsigned && any(connection, table, &column.name, "> 9223372036854775807").await? => {
            say("NUMERIC", Some("unsigned, with values beyond INT64"))
        }
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" | "year" => say("INT64", None),
        "decimal" | "numeric" => {
            let (digits, scale) = (column.precision, column.scale);
            if scale <= 9 && digits.saturating_sub(scale) <= 29 {
                say("NUMERIC", None)
            } else {
                say("BIGNUMERIC", Some("an embedded warehouse keeps 20 digits before the point and 18 after"))
            }
        }
        "float" | "double" | "real" => say("FLOAT64", None),
        "bit" if column.column_type == "bit(1)" => say("BOOL", None),
        "bit" => say("INT64", None),
        "date" => say("DATE", None),
        "datetime" => say("DATETIME", None),
        "timestamp" => say("TIMESTAMP", None),
        "time" => {
            let beyond = any(connection, table, &column.name, "< '00:00:00'").await?
                || any(connection, table, &column.name, ">= '24:00:00'").await?;
            if beyond { say("STRING", Some("lengths of time, not times of day")) } else { say("TIME", None) }
        }
        "json" => say("JSON", None),
        _ if is_json => say("JSON", None),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" | "uuid" | "inet4"
        | "inet6" => say("STRING", None),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => say("BYTES", None),
        _ => None,
    })
}

/// Whether any row's value fulfils a condition.
async fn any(connection: &mut Conn, table: &str, column: &str, condition: &str) -> Result<bool, Failure> {
    let (table, column) = (Mysql::quote(table), Mysql::quote(column));
    let sql = format!("SELECT '1' FROM {table} WHERE {column} {condition} LIMIT 1");
    Ok(!Mysql::ask(connection, &Sql::new(sql), "looking at the schema").await?.is_empty())
}
