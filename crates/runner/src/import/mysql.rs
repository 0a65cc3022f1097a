//! Import from MySQL or MariaDB: what the information schema says, and a few probes of the data where a type or a cursor
//! depends on it. It must not read whole tables into memory.

use std::collections::BTreeMap;

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Source, SourceType};
use dwc_compiler::source::{FileId, Span};
use mysql_async::Conn;

use super::mysql_types::{Seen, rows, type_of};
use super::{CHANGED, Proposal, ProposedColumn, ProposedTable, check_source_name, is_name, to_name, yaml};
use crate::Error;
use crate::extract::mysql::{Failure, access, open};

/// Proposes the YAML of the database that an environment variable names.
///
/// # Errors
/// The variable is not set or names no database, or the server does not answer or refuses.
pub fn import_mysql(name: &str, url_env: &str) -> Result<String, Error> {
    check_source_name(name)?;
    let url = format!("{{{{ env('{url_env}') }}}}");
    let source = Source {
        name: name.to_owned(),
        ty: SourceType::Mysql,
        description: String::new(),
        url: url.clone(),
        timezone: "UTC".to_owned(),
        schema: None,
        replica_url: None,
        retries: 2,
        max_rows_per_second: None,
        statement_seconds: 1800,
        snapshot_seconds: None,
        max_connections: 1,
        chunk_rows: 0,
        span: Span { file: FileId(0), lo: 0, hi: 0 },
    };
    let access = access(&source)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| Error::because("the connection could not start", cause))?;
    let tables = runtime.block_on(async {
        let mut connection = open(&access).await?;
        let tables = look(&mut connection).await;
        let _ = connection.disconnect().await;
        tables
    });
    let (tables, mut notes) = match tables {
        Ok(found) => found,
        Err(Failure::Stopped(error)) => return Err(error),
        Err(Failure::Unreachable(reason)) => {
            return Err(Error::coded(Code::SourceUnreachable, format!("the database was not reached: {reason}"))
                .help(format!("look at the address in `{url_env}` and at the server")));
        }
    };
    if tables.iter().flat_map(|table| &table.columns).any(|column| column.ty == "DATETIME") {
        notes.push(
            "DATETIMEs have no zone: they are read in the project's. Add `timezone: …` if this database keeps another."
                .to_owned(),
        );
    }
    if tables.is_empty() {
        return Err(Error::coded(Code::SourceColumns, "the database has no table that can be read with a key")
            .help(format!("name the database in the address in `{url_env}`: `mysql://user:password@host/database`")));
    }
    Ok(yaml::write(&Proposal { name: name.to_owned(), ty: "mysql", url: Some(url), notes, tables }))
}

/// Groups rows by their first column.
fn by_table(rows: Vec<Vec<String>>) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut grouped: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for row in rows {
        let (Some(table), rest) = (row.first().cloned(), row.get(1..).unwrap_or_default().to_vec()) else {
            continue;
        };
        grouped.entry(table).or_default().push(rest);
    }
    grouped
}

/// The tables that can be read, and what is to be said of the others.
async fn look(connection: &mut Conn) -> Result<(Vec<ProposedTable>, Vec<String>), Failure> {
    let tables = rows(
        connection,
        "SELECT table_name, table_type, table_comment FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name",
    )
    .await?;
    let columns = by_table(
        rows(
            connection,
            "SELECT table_name, column_name, data_type, column_type, CAST(numeric_precision AS CHAR), CAST(numeric_scale AS CHAR), \
               is_nullable, extra, column_comment \
             FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position",
        )
        .await?,
    );
    let indexes = by_table(
        rows(
            connection,
            "SELECT table_name, index_name, CAST(non_unique AS CHAR), CAST(seq_in_index AS CHAR), column_name, nullable \
             FROM information_schema.statistics WHERE table_schema = DATABASE() \
             ORDER BY table_name, index_name <> 'PRIMARY', index_name, seq_in_index",
        )
        .await?,
    );
    let references = by_table(
        rows(
            connection,
            "SELECT table_name, column_name, referenced_table_name, referenced_column_name \
             FROM information_schema.key_column_usage \
             WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL ORDER BY table_name, ordinal_position",
        )
        .await?,
    );
    // MariaDB keeps JSON as text with a check; MySQL has no such table name there, and knows JSON by its type.
    let checks = rows(
        connection,
        "SELECT table_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()",
    )
    .await;
    let checks = by_table(checks.unwrap_or_default());
    let none = Vec::new();
    let mut proposed = Vec::new();
    let mut notes = Vec::new();
    for table in &tables {
        let [name, kind, comment] = table.as_slice() else {
            continue;
        };
        if kind != "BASE TABLE" {
            notes.push(format!("left out: `{name}`, which is a {}", kind.to_lowercase()));
            continue;
        }
        let seen: Vec<Seen> = columns.get(name).unwrap_or(&none).iter().filter_map(|row| read_column(row)).collect();
        let indexes = indexes.get(name).unwrap_or(&none);
        let Some(key) = key_of(indexes, &seen) else {
            notes.push(format!(
                "left out: `{name}`, which has neither a primary key nor a unique index over columns without NULL"
            ));
            continue;
        };
        let facts = Facts {
            indexes,
            references: references.get(name).unwrap_or(&none),
            checks: checks.get(name).unwrap_or(&none),
        };
        match propose(connection, name, comment, key, &seen, &facts).await? {
            Ok(table) => proposed.push(table),
            Err(why) => notes.push(format!("left out: `{name}`, {why}")),
        }
    }
    Ok((proposed, notes))
}

/// What the information schema says of a table beside its columns.
struct Facts<'a> {
    indexes: &'a [Vec<String>],
    references: &'a [Vec<String>],
    checks: &'a [Vec<String>],
}

fn read_column(row: &[String]) -> Option<Seen> {
    let [name, data_type, column_type, precision, scale, nullable, extra, comment] = row else {
        return None;
    };
    Some(Seen {
        name: name.clone(),
        data_type: data_type.to_lowercase(),
        column_type: column_type.to_lowercase(),
        precision: precision.parse().ok(),
        scale: scale.parse().ok(),
        nullable: nullable == "YES",
        extra: extra.to_lowercase(),
        comment: comment.trim().to_owned(),
    })
}

/// The primary key, or else the first unique index over columns without NULL.
fn key_of(indexes: &[Vec<String>], seen: &[Seen]) -> Option<Vec<String>> {
    let mut unique: Vec<(&str, Vec<String>)> = Vec::new();
    for row in indexes {
        let [index, non_unique, _, column, _] = row.as_slice() else {
            continue;
        };
        if non_unique != "0" {
            continue;
        }
        match unique.last_mut() {
            Some((name, columns)) if name == index => columns.push(column.clone()),
            _ => unique.push((index, vec![column.clone()])),
        }
    }
    let whole = |columns: &[String]| {
        columns.iter().all(|name| seen.iter().any(|column| &column.name == name && !column.nullable))
    };
    unique.into_iter().map(|(_, columns)| columns).find(|columns| whole(columns))
}

/// The table, or why it is left out.
async fn propose(
    connection: &mut Conn,
    name: &str,
    comment: &str,
    key: Vec<String>,
    seen: &[Seen],
    facts: &Facts<'_>,
) -> Result<Result<ProposedTable, String>, Failure> {
    let mut table = ProposedTable { name: to_name(name), primary_key: key, ..ProposedTable::default() };
    if table.name != name {
        table.physical = Some(name.to_owned());
    }
    table.description = Some(comment.trim().to_owned()).filter(|comment| !comment.is_empty());
    for column in seen {
        if !is_name(&column.name) {
            table.notes.push(format!(
                "left out: column `{}`, whose name is no name of every engine; read it through a view",
                column.name
            ));
            continue;
        }
        let is_json = facts.checks.iter().any(|check| {
            check.first().is_some_and(|clause| {
                clause.to_lowercase().starts_with(&format!("json_valid(`{}`)", column.name.to_lowercase()))
            })
        });
        let Some((ty, note)) = type_of(connection, name, column, is_json).await? else {
            table.notes.push(format!(
                "left out: column `{}` of type {}, which has no equal in GoogleSQL",
                column.name, column.column_type
            ));
            continue;
        };
        let reference = facts.references.iter().find(|row| row.first() == Some(&column.name));
        let reference = reference.and_then(|row| Some(format!("references {}.{}", row.get(1)?, row.get(2)?)));
        let said: Vec<String> = [note, reference].into_iter().flatten().collect();
        table.columns.push(ProposedColumn {
            name: column.name.clone(),
            ty,
            description: Some(column.comment.clone()).filter(|comment| !comment.is_empty()),
            note: Some(said.join("; ")).filter(|note| !note.is_empty()),
        });
    }
    if let Some(missing) = table.primary_key.iter().find(|key| !table.columns.iter().any(|column| &column.name == *key))
    {
        return Ok(Err(format!("whose key has the column `{missing}`, which is left out")));
    }
    propose_cursor(&mut table, seen, facts.indexes);
    let marks = ["deleted_at", "is_deleted", "deleted", "del_yn", "is_removed", "removed_at"];
    if let Some(mark) = seen.iter().find(|column| marks.contains(&column.name.to_lowercase().as_str())) {
        table.notes.push(format!(
            "`{0}` may mark deletes: then say `detect_deletes: column` and `delete_column: {0}`",
            mark.name
        ));
    }
    table.settings.push(("detect_deletes", "full_pass".to_owned()));
    if table.cursor.is_some() {
        table.settings.push(("lookback", "10m".to_owned()));
    }
    Ok(Ok(table))
}

/// Proposes the column that increments are read by, and says what it does not see.
fn propose_cursor(table: &mut ProposedTable, seen: &[Seen], indexes: &[Vec<String>]) {
    let moment =
        |column: &&Seen| matches!(column.data_type.as_str(), "datetime" | "timestamp") && is_name(&column.name);
    let rank = |column: &Seen| CHANGED.iter().position(|name| column.name.eq_ignore_ascii_case(name));
    let kept = seen.iter().filter(moment).find(|column| column.extra.contains("on update current_timestamp"));
    let named = || seen.iter().filter(moment).filter(|column| rank(column).is_some()).min_by_key(|column| rank(column));
    let Some(cursor) = kept.or_else(named) else {
        let created = seen.iter().filter(moment).find(|column| {
            let name = column.name.to_lowercase();
            name.contains("creat")
                || name.contains("insert")
                || name.contains("regist")
                || column.extra.contains("current_timestamp")
        });
        table.notes.push(match created {
            Some(created) => format!(
                "no column tells when a row was changed: the table is read whole each time. `{}` as cursor would see inserts, never updates",
                created.name
            ),
            None => "no column tells when a row was changed: the table is read whole each time".to_owned(),
        });
        return;
    };
    let name = &cursor.name;
    if kept.is_none() {
        table.notes.push(format!(
            "nothing in the schema makes `{name}` follow an update: make sure that whatever writes the table sets it"
        ));
    }
    let indexed = indexes.iter().any(|row| row.get(2).is_some_and(|place| place == "1") && row.get(3) == Some(name));
    if !indexed {
        table.notes.push(format!("`{name}` has no index: every increment scans the table"));
    }
    if cursor.nullable {
        table.notes.push(format!("rows whose `{name}` is NULL are read each time"));
    }
    table.cursor = Some(name.clone());
}
