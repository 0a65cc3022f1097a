//! Import from a database: what its catalog says becomes a proposal. It must not know a server, nor connect.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Source, SourceType};
use dwc_compiler::source::{FileId, Span};

use super::{CHANGED, Proposal, ProposedColumn, ProposedTable, is_name, number, to_name, yaml};
use crate::Error;
use crate::extract::database::Failure;

/// A column as the catalog has it.
pub(super) struct Seen {
    /// Its name.
    pub(super) name: String,
    /// Its type, as the server says it.
    pub(super) said: String,
    /// Its GoogleSQL type and what is to be said of it; `None` where it has none.
    pub(super) ty: Option<(String, Option<String>)>,
    /// Whether it may be NULL.
    pub(super) nullable: bool,
    /// Whether the schema makes it follow every update.
    pub(super) follows: bool,
    /// Whether a row that is added gets the time.
    pub(super) stamped: bool,
    /// What the catalog says of it.
    pub(super) comment: String,
    /// Whether the server compares its texts without case.
    pub(super) folds_case: bool,
    /// What else its texts may differ in and still be equal there, which no declaration says.
    pub(super) also_alike: Vec<&'static str>,
}

impl Seen {
    fn is_moment(&self) -> bool {
        is_name(&self.name) && self.ty.as_ref().is_some_and(|(ty, _)| matches!(ty.as_str(), "DATETIME" | "TIMESTAMP"))
    }
}

/// Rows of a catalog by the table that their first column names, NULL as an empty text.
#[derive(Default)]
pub(super) struct ByTable<const N: usize>(BTreeMap<String, Vec<[String; N]>>);

impl<const N: usize> ByTable<N> {
    /// Groups rows, each of which has a table's name and `N` cells.
    pub(super) fn new(rows: Vec<Vec<Option<String>>>) -> Result<Self, Failure> {
        let mut grouped: BTreeMap<String, Vec<[String; N]>> = BTreeMap::new();
        for row in rows {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let name = cells.next();
            let (Some(name), Ok(rest)) = (name, cells.collect::<Vec<_>>().try_into()) else {
                return Err(Failure::refused("looking at the schema", "a row has other columns than were asked for"));
            };
            grouped.entry(name).or_default().push(rest);
        }
        Ok(Self(grouped))
    }

    /// The rows of a table.
    pub(super) fn of(&self, table: &str) -> &[[String; N]] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }

    /// Every table and its first row, in the order of names.
    pub(super) fn each(&self) -> impl Iterator<Item = (&String, &[String; N])> {
        self.0.iter().filter_map(|(name, rows)| Some((name, rows.first()?)))
    }
}

/// What the foreign keys of a table say: a column, and the table and the column that it refers to.
pub(super) fn references(rows: &[[String; 3]]) -> Vec<(String, String)> {
    rows.iter().map(|[column, table, other]| (column.clone(), format!("{table}.{other}"))).collect()
}

/// An index over columns.
pub(super) struct Index {
    /// Its name.
    pub(super) name: String,
    /// Whether no two rows are equal in it.
    pub(super) unique: bool,
    /// Its columns in their order.
    pub(super) columns: Vec<String>,
}

/// A table as the catalog has it.
pub(super) struct SeenTable {
    /// Its name as a connection reads it.
    pub(super) name: String,
    /// What it is where it is not a table.
    pub(super) other: Option<String>,
    /// What the catalog says of it.
    pub(super) comment: String,
    /// Its columns in their order.
    pub(super) columns: Vec<Seen>,
    /// Its indexes, the primary key first.
    pub(super) indexes: Vec<Index>,
    /// Columns with the table and column that they reference.
    pub(super) references: Vec<(String, String)>,
}

/// A source that is only looked at.
pub(super) fn source(name: &str, ty: SourceType, url_env: &str) -> Source {
    Source {
        name: name.to_owned(),
        ty,
        description: String::new(),
        owner: None,
        url: format!("{{{{ env('{url_env}') }}}}"),
        timezone: Tz::UTC,
        schema: None,
        replica_url: None,
        retries: 2,
        max_rows_per_second: None,
        statement_seconds: 1800,
        snapshot_seconds: None,
        max_connections: 1,
        chunk_rows: 0,
        span: Span { file: FileId(0), lo: 0, hi: 0 },
    }
}

/// Refuses what cannot be the name of an environment variable: an address in its place would hold a password, which is
/// neither shown nor written.
pub(super) fn check_variable(url_env: &str) -> Result<(), Error> {
    let is_name = !url_env.starts_with(|c: char| c.is_ascii_digit())
        && url_env.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name && !url_env.is_empty() {
        return Ok(());
    }
    Err(Error::coded(Code::MissingVariable, "`--url-env` is not the name of an environment variable").help(
        "set the address as a variable, such as `SHOP_DB_URL`, and give its name: the project's files name the \
         variable, never the address or its password",
    ))
}

/// The YAML of what was seen.
pub(super) fn write(
    source: &Source,
    ty: &'static str,
    url_env: &str,
    form: &str,
    seen: Result<Vec<SeenTable>, Failure>,
) -> Result<String, Error> {
    let seen = seen.map_err(|failure| match failure {
        Failure::Stopped(error) => error,
        Failure::Unreachable(reason) => {
            Error::coded(Code::SourceUnreachable, format!("the database was not reached: {reason}"))
                .help(format!("check the address in `{url_env}` and the server"))
        }
    })?;
    let mut notes =
        vec![format!("the address and its password stay in the environment, in `{url_env}`: set it where `dwc` runs")];
    let (mut tables, mut names) = (Vec::new(), Vec::new());
    for table in &seen {
        match propose(table) {
            Ok(proposed) => {
                tables.push(proposed);
                names.push(table.name.clone());
            }
            Err(why) => notes.push(format!("left out: `{}`, {why}", table.name)),
        }
    }
    number(&mut tables);
    for (table, name) in tables.iter_mut().zip(&names) {
        table.physical = Some(name.clone()).filter(|name| *name != table.name);
    }
    if tables.iter().flat_map(|table| &table.columns).any(|column| column.ty == "DATETIME") {
        notes.push(
            "DATETIMEs have no zone: they are read in the project's. Add `timezone: …` if this database keeps another."
                .to_owned(),
        );
    }
    if tables.is_empty() {
        return Err(Error::coded(Code::SourceColumns, "the database has no table that can be read with a key")
            .help(format!("name the database in the address in `{url_env}`: `{form}`")));
    }
    Ok(yaml::write(&Proposal { name: source.name.clone(), ty, url: Some(source.url.clone()), notes, tables }))
}

/// The primary key, or else the first unique index over columns without NULL.
fn key_of(table: &SeenTable) -> Option<&Index> {
    let is_whole = |name: &String| table.columns.iter().any(|column| &column.name == name && !column.nullable);
    table.indexes.iter().find(|index| index.unique && index.columns.iter().all(is_whole))
}

/// The table, or why it is left out.
fn propose(seen: &SeenTable) -> Result<ProposedTable, String> {
    if let Some(other) = &seen.other {
        return Err(format!("which is a {other}"));
    }
    let key = key_of(seen)
        .ok_or_else(|| "which has neither a primary key nor a unique index over columns without NULL".to_owned())?;
    let name = to_name(&seen.name);
    let mut table = ProposedTable { name, primary_key: key.columns.clone(), ..ProposedTable::default() };
    table.description = Some(seen.comment.trim().to_owned()).filter(|comment| !comment.is_empty());
    for column in &seen.columns {
        if !is_name(&column.name) {
            table.notes.push(format!(
                "left out: column `{}`, whose name not every engine accepts; read it through a view",
                column.name
            ));
            continue;
        }
        if let Some(other) = table.columns.iter().find(|other| other.name.to_lowercase() == column.name.to_lowercase())
        {
            table.notes.push(format!(
                "left out: column `{}`, whose name differs from `{}` by case alone; read it through a view",
                column.name, other.name
            ));
            continue;
        }
        let Some((ty, note)) = column.ty.clone() else {
            table.notes.push(format!(
                "left out: column `{}` of type {}, which has no equivalent in GoogleSQL",
                column.name, column.said
            ));
            continue;
        };
        let reference = seen.references.iter().find(|(name, _)| *name == column.name);
        let reference = reference.map(|(_, other)| format!("references {other}"));
        let said: Vec<String> = [note, reference].into_iter().flatten().collect();
        table.columns.push(ProposedColumn {
            name: column.name.clone(),
            folds_case: column.folds_case && ty == "STRING",
            ty,
            description: Some(column.comment.trim().to_owned()).filter(|comment| !comment.is_empty()),
            header: None,
            note: Some(said.join("; ")).filter(|note| !note.is_empty()),
        });
    }
    if let Some(missing) = table.primary_key.iter().find(|key| !table.columns.iter().any(|column| &column.name == *key))
    {
        return Err(format!("whose key has the column `{missing}`, which is left out"));
    }
    note_comparison(&mut table, seen);
    propose_cursor(&mut table, seen);
    let marks = ["deleted_at", "is_deleted", "deleted", "del_yn", "is_removed", "removed_at"];
    if let Some(mark) = seen.columns.iter().find(|column| marks.contains(&column.name.to_lowercase().as_str())) {
        table.notes.push(format!(
            "`{0}` may mark deletes: then declare `detect_deletes: column` and `delete_column: {0}`",
            mark.name
        ));
    }
    table.settings.push(("detect_deletes", "full_pass".to_owned()));
    if table.cursor.is_some() {
        table.settings.push(("lookback", "10m".to_owned()));
    }
    Ok(table)
}

/// Says which keys the source compares by more than a declaration can say: here such texts are different keys.
fn note_comparison(table: &mut ProposedTable, seen: &SeenTable) {
    let is_key = |name: &String| {
        seen.indexes.iter().any(|index| index.unique && index.columns.contains(name))
            || seen.references.iter().any(|(column, _)| column == name)
    };
    let mut alike: BTreeMap<&[&str], Vec<String>> = BTreeMap::new();
    for column in &seen.columns {
        let is_text = table.columns.iter().any(|known| known.name == column.name && known.ty == "STRING");
        if is_text && is_key(&column.name) && !column.also_alike.is_empty() {
            alike.entry(&column.also_alike).or_default().push(format!("`{}`", column.name));
        }
    }
    for (what, columns) in alike {
        table.notes.push(format!(
            "texts of {} that differ in {} alone are equal in the source and different here",
            columns.join(", "),
            what.join(" or ")
        ));
    }
}

/// Proposes the column that increments are read by, and says what it does not see.
fn propose_cursor(table: &mut ProposedTable, seen: &SeenTable) {
    let moments = || seen.columns.iter().filter(|column| column.is_moment());
    let rank = |column: &Seen| CHANGED.iter().position(|name| column.name.eq_ignore_ascii_case(name));
    let kept = moments().find(|column| column.follows);
    let named = || moments().filter(|column| rank(column).is_some()).min_by_key(|column| rank(column));
    let Some(cursor) = kept.or_else(named) else {
        let created = moments().find(|column| {
            let name = column.name.to_lowercase();
            name.contains("creat") || name.contains("insert") || name.contains("regist") || column.stamped
        });
        table.notes.push(match created {
            Some(created) => format!(
                "no column records when a row changed: the table is read in full each time. `{}` as cursor would find inserts but no updates",
                created.name
            ),
            None => "no column records when a row changed: the table is read in full each time".to_owned(),
        });
        return;
    };
    let name = &cursor.name;
    if kept.is_none() {
        table.notes.push(format!(
            "nothing in the schema makes `{name}` follow an update: make sure that whatever writes the table sets it"
        ));
    }
    let indexed = seen.indexes.iter().any(|index| index.columns.first() == Some(name));
    if !indexed {
        table.notes.push(format!("`{name}` has no index: every increment scans the table"));
    }
    if cursor.nullable {
        table.notes.push(format!("rows whose `{name}` is NULL are read each time"));
    }
    table.cursor = Some(name.clone());
}
