//! Import from MySQL or MariaDB: what the information schema says, and a few probes of the data where a type depends on it.
//! It must not read whole tables into memory.

use dwc_compiler::model::SourceType;
use mysql_async::Conn;

use super::check_source_name;
use super::database::{self, ByTable, Index, Seen, SeenTable, references};
use super::mysql_types::{Stated, type_of};
use crate::Error;
use crate::extract::database::sql::Sql;
use crate::extract::database::{Access, Failure, Server, block_on};
use crate::extract::mysql::Mysql;

/// Proposes the YAML of the database that an environment variable names.
///
/// # Errors
/// The variable is not set or names no database, or the server does not answer or refuses.
pub fn import_mysql(name: &str, url_env: &str) -> Result<String, Error> {
    check_source_name(name)?;
    database::check_variable(url_env)?;
    let source = database::source(name, SourceType::Mysql, url_env);
    let access = Access::<Mysql>::new(&source)?;
    let seen = block_on(async {
        let mut connection = access.open().await?;
        let seen = look(&mut connection).await;
        Mysql::close(connection).await;
        seen
    });
    database::write(&source, "mysql", url_env, Mysql::FORM, seen)
}

async fn grouped<const N: usize>(connection: &mut Conn, sql: &str) -> Result<ByTable<N>, Failure> {
    ByTable::new(Mysql::ask(connection, &Sql::new(sql), "looking at the schema").await?)
}

/// The tables of the database.
async fn look(connection: &mut Conn) -> Result<Vec<SeenTable>, Failure> {
    let tables: ByTable<2> = grouped(
        connection,
        "SELECT table_name, table_type, table_comment FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name",
    )
    .await?;
    let columns = grouped(
        connection,
        "SELECT table_name, column_name, data_type, column_type, CAST(COALESCE(numeric_precision, 10) AS CHAR), CAST(COALESCE(numeric_scale, 0) AS CHAR), \
           is_nullable, extra, column_comment, COALESCE(collation_name, '') \
         FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position",
    )
    .await?;
    let indexes = grouped(
        connection,
        "SELECT table_name, index_name, CAST(non_unique AS CHAR), CAST(seq_in_index AS CHAR), column_name, nullable \
         FROM information_schema.statistics WHERE table_schema = DATABASE() \
         ORDER BY table_name, index_name <> 'PRIMARY', index_name, seq_in_index",
    )
    .await?;
    let all_references = grouped(
        connection,
        "SELECT table_name, column_name, referenced_table_name, referenced_column_name \
         FROM information_schema.key_column_usage \
         WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL ORDER BY table_name, ordinal_position",
    )
    .await?;
    // MariaDB keeps JSON as text with a check; MySQL has no such table name there, and knows JSON by its type.
    let named: ByTable<1> = grouped(
        connection,
        "SELECT table_name, column_name FROM information_schema.columns \
         WHERE table_schema = 'information_schema' AND table_name = 'CHECK_CONSTRAINTS' AND column_name = 'TABLE_NAME'",
    )
    .await?;
    let checks: ByTable<1> = if named.each().next().is_some() {
        let clauses = "SELECT table_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()";
        grouped(connection, clauses).await?
    } else {
        ByTable::default()
    };
    let mut seen = Vec::new();
    for (name, [kind, comment]) in tables.each() {
        let other = Some(kind.to_lowercase()).filter(|_| kind != "BASE TABLE");
        let mut found = Vec::new();
        for column in columns.of(name).iter().filter(|_| other.is_none()) {
            found.push(read_column(connection, name, column, checks.of(name)).await?);
        }
        let mut keys: Vec<Index> = Vec::new();
        for [index, non_unique, _, column, _] in indexes.of(name) {
            match keys.last_mut() {
                Some(last) if last.name == *index => last.columns.push(column.clone()),
                _ => {
                    let columns = vec![column.clone()];
                    keys.push(Index { name: index.clone(), unique: non_unique == "0", columns });
                }
            }
        }
        seen.push(SeenTable {
            name: name.clone(),
            other,
            comment: comment.clone(),
            columns: found,
            indexes: keys,
            references: references(all_references.of(name)),
        });
    }
    Ok(seen)
}

async fn read_column(
    connection: &mut Conn,
    table: &str,
    [name, data_type, column_type, precision, scale, nullable, extra, comment, collation]: &[String; 9],
    checks: &[[String; 1]],
) -> Result<Seen, Failure> {
    let number = |text: &String| {
        let odd = || Failure::refused("looking at the schema", &format!("`{text}` is not a number of digits"));
        text.parse().map_err(|_| odd())
    };
    let stated = Stated {
        name: name.clone(),
        data_type: data_type.to_lowercase(),
        column_type: column_type.to_lowercase(),
        precision: number(precision)?,
        scale: number(scale)?,
    };
    let valid = format!("json_valid(`{}`)", name.to_lowercase());
    let is_json = checks.iter().any(|[clause]| clause.to_lowercase().starts_with(&valid));
    let extra = extra.to_lowercase();
    let collation = collation.to_lowercase();
    Ok(Seen {
        ty: type_of(connection, table, &stated, is_json).await?,
        name: stated.name,
        said: stated.column_type,
        nullable: nullable == "YES",
        follows: extra.contains("on update current_timestamp"),
        stamped: extra.contains("current_timestamp"),
        comment: comment.clone(),
        folds_case: collation.ends_with("_ci"),
        also_alike: also_alike(&collation),
    })
}

/// What texts of a collation may differ in besides case and still be equal. Names tell it alike in MySQL and MariaDB: of
/// collations that end in `_ci` only `_as_` tells accents apart, and only `0900`, `nopad` and `binary` keep spaces at the end.
fn also_alike(collation: &str) -> Vec<&'static str> {
    let accents = collation.contains("_ai_") || (collation.ends_with("_ci") && !collation.contains("_as_"));
    let pads = !["0900", "nopad"].iter().any(|word| collation.contains(word)) && !["", "binary"].contains(&collation);
    [(accents, "accents"), (pads, "spaces at the end")]
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, what)| what)
        .collect()
}
