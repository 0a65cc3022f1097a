//! Import from PostgreSQL: what its catalog says of the tables of every schema. It must not read their rows.

use dwc_compiler::model::SourceType;
use tokio_postgres::Client;

use super::check_source_name;
use super::database::{self, ByTable, Index, Seen, SeenTable, references};
use crate::Error;
use crate::extract::database::sql::Sql;
use crate::extract::database::{Access, Failure, Server, block_on};
use crate::extract::postgres::Postgres;

/// The name of a relation as a source's `name` says it: without the schema where the connection finds it so.
const NAME: &str = "CASE WHEN _n.nspname = current_schema() THEN _c.relname ELSE _n.nspname || '.' || _c.relname END";

/// The relations that are of the user.
const OURS: &str = "_n.nspname NOT IN ('pg_catalog', 'information_schema') AND _n.nspname NOT LIKE 'pg\\_%' \
    AND NOT _c.relispartition";

/// Proposes the YAML of the database that an environment variable names.
///
/// # Errors
/// The variable is not set or names no database, or the server does not answer or refuses.
pub fn import_postgres(name: &str, url_env: &str) -> Result<String, Error> {
    check_source_name(name)?;
    database::check_variable(url_env)?;
    let source = database::source(name, SourceType::Postgres, url_env);
    let access = Access::<Postgres>::new(&source)?;
    let seen = block_on(async {
        let mut connection = access.open().await?;
        let seen = look(&mut connection).await;
        Postgres::close(connection).await;
        seen
    });
    database::write(&source, "postgres", url_env, Postgres::FORM, seen)
}

async fn grouped<const N: usize>(connection: &mut Client, sql: String) -> Result<ByTable<N>, Failure> {
    ByTable::new(Postgres::ask(connection, &Sql::new(sql), "looking at the schema").await?)
}

/// The tables of the database.
async fn look(connection: &mut Client) -> Result<Vec<SeenTable>, Failure> {
    let tables = grouped(
        connection,
        format!(
            "SELECT {NAME}, _c.relkind, obj_description(_c.oid, 'pg_class') FROM pg_class AS _c \
             JOIN pg_namespace AS _n ON _n.oid = _c.relnamespace \
             WHERE _c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {OURS} ORDER BY 1"
        ),
    )
    .await?;
    let columns = grouped(
        connection,
        format!(
            "SELECT {NAME}, _a.attname, format_type(_a.atttypid, _a.atttypmod), _t.typtype, _t.typcategory, _a.attnotnull, \
               pg_get_expr(_d.adbin, _d.adrelid), col_description(_c.oid, _a.attnum) \
             FROM pg_class AS _c JOIN pg_namespace AS _n ON _n.oid = _c.relnamespace \
             JOIN pg_attribute AS _a ON _a.attrelid = _c.oid AND _a.attnum > 0 AND NOT _a.attisdropped \
             JOIN pg_type AS _t ON _t.oid = _a.atttypid \
             LEFT JOIN pg_attrdef AS _d ON _d.adrelid = _c.oid AND _d.adnum = _a.attnum \
             WHERE _c.relkind IN ('r', 'p') AND {OURS} ORDER BY 1, _a.attnum"
        ),
    )
    .await?;
    let indexes = grouped(
        connection,
        format!(
            "SELECT {NAME}, _i.indexrelid, _i.indisunique AND _i.indpred IS NULL, _a.attname \
             FROM pg_class AS _c JOIN pg_namespace AS _n ON _n.oid = _c.relnamespace \
             JOIN pg_index AS _i ON _i.indrelid = _c.oid AND _i.indisvalid \
             JOIN LATERAL unnest(_i.indkey[0:_i.indnkeyatts - 1]) WITH ORDINALITY AS _k (attnum, place) ON TRUE \
             JOIN pg_class AS _x ON _x.oid = _i.indexrelid \
             LEFT JOIN pg_attribute AS _a ON _a.attrelid = _c.oid AND _a.attnum = _k.attnum \
             WHERE {OURS} ORDER BY 1, NOT _i.indisprimary, _x.relname, _k.place"
        ),
    )
    .await?;
    let all_references = grouped(
        connection,
        format!(
            "SELECT {NAME}, _a.attname, CAST(_o.confrelid AS regclass), _b.attname \
             FROM pg_class AS _c JOIN pg_namespace AS _n ON _n.oid = _c.relnamespace \
             JOIN pg_constraint AS _o ON _o.conrelid = _c.oid AND _o.contype = 'f' \
             JOIN LATERAL unnest(_o.conkey, _o.confkey) AS _k (own, other) ON TRUE \
             JOIN pg_attribute AS _a ON _a.attrelid = _o.conrelid AND _a.attnum = _k.own \
             JOIN pg_attribute AS _b ON _b.attrelid = _o.confrelid AND _b.attnum = _k.other \
             WHERE {OURS} ORDER BY 1, _o.conname, _a.attname"
        ),
    )
    .await?;
    let seen = tables.each().map(|(name, [kind, comment])| {
        let mut keys: Vec<Index> = Vec::new();
        for [index, unique, column] in indexes.of(name) {
            match keys.last_mut() {
                Some(last) if last.name == *index => last.columns.push(column.clone()),
                _ => {
                    let columns = vec![column.clone()];
                    keys.push(Index { name: index.clone(), unique: unique == "t", columns });
                }
            }
        }
        SeenTable {
            name: name.clone(),
            other: match kind.as_str() {
                "r" | "p" => None,
                "m" => Some("materialized view".to_owned()),
                "f" => Some("foreign table".to_owned()),
                _ => Some("view".to_owned()),
            },
            comment: comment.clone(),
            columns: columns.of(name).iter().map(read_column).collect(),
            indexes: keys,
            references: references(all_references.of(name)),
        }
    });
    Ok(seen.collect())
}

fn read_column([name, said, class, category, not_null, default, comment]: &[String; 7]) -> Seen {
    let now = ["now()", "CURRENT_TIMESTAMP", "clock_timestamp()", "statement_timestamp()", "transaction_timestamp()"];
    Seen {
        name: name.clone(),
        said: said.clone(),
        ty: Some(type_of(said, class, category)),
        nullable: not_null != "t",
        // A trigger may do it; nothing in the catalog says which.
        follows: false,
        stamped: now.iter().any(|word| default.contains(word)),
        comment: comment.clone(),
        folds_case: said == "citext",
        also_alike: Vec::new(),
    }
}

/// The GoogleSQL type of a column and what is to be said of it. Every type has a text.
fn type_of(said: &str, class: &str, category: &str) -> (String, Option<String>) {
    let say = |ty: &str, note: Option<&str>| (ty.to_owned(), note.map(str::to_owned));
    let (word, limits) = said.split_once('(').unwrap_or((said, ""));
    match word.trim() {
        // An array, or a type of several columns.
        _ if category == "A" || class == "c" => say("JSON", None),
        "smallint" | "integer" | "bigint" | "oid" => say("INT64", None),
        "numeric" => {
            let mut limits = limits.trim_end_matches(')').split(',').map(|limit| limit.trim().parse::<i64>().ok());
            match (limits.next().flatten(), limits.next().flatten().unwrap_or(0)) {
                (None, _) => say(
                    "NUMERIC",
                    Some("without limits: a value of more than 29 digits before the point or 9 after is rejected"),
                ),
                (Some(digits), scale) if (0..=9).contains(&scale) && digits - scale <= 29 => say("NUMERIC", None),
                _ => say("BIGNUMERIC", Some("an embedded warehouse keeps 20 digits before the point and 18 after")),
            }
        }
        "money" => say("NUMERIC", None),
        "real" | "double precision" => say("FLOAT64", None),
        "boolean" => say("BOOL", None),
        "date" => say("DATE", None),
        _ if said.starts_with("timestamp") && said.ends_with("with time zone") => say("TIMESTAMP", None),
        _ if said.starts_with("timestamp") => say("DATETIME", None),
        _ if said.starts_with("time") && said.ends_with("without time zone") => say("TIME", None),
        "json" | "jsonb" => say("JSON", None),
        "bytea" => say("BYTES", None),
        _ if category == "S" || category == "E" || word == "uuid" => say("STRING", None),
        _ => say("STRING", Some(said)),
    }
}
