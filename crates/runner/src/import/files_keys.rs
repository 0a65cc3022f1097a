//! Keys of files: which columns tell rows apart, and whether a file holds changes or the whole table. It looks at the
//! sniffed rows alone.

use super::ProposedTable;
use crate::extract::files::quote;
use crate::{DuckDbWarehouse, Error};

/// Columns that a key is looked for among.
const KEY_COLUMNS: usize = 8;

/// Looks for the columns that name a row within each file, and for whether a file holds the whole table.
pub(super) fn propose_key(
    engine: &DuckDbWarehouse,
    pattern: &str,
    files: usize,
    table: &mut ProposedTable,
) -> Result<(), Error> {
    let rows = engine.count("SELECT COUNT(*) FROM sniffed")?;
    let fit = |ty: &str| matches!(ty, "INT64" | "STRING" | "DATE");
    let mut names: Vec<&str> = table
        .columns
        .iter()
        .filter(|column| fit(&column.ty))
        .map(|column| column.name.as_str())
        .take(KEY_COLUMNS)
        .collect();
    names.sort_by_key(|name| !looks_like_key(name));
    let typed = |name: &str| {
        table.columns.iter().find(|column| column.name == name).map_or_else(String::new, |column| column.ty.clone())
    };
    let key = if rows > 1 { find_key(engine, &names, &typed)? } else { None };
    let dated = pattern.contains("{batch}");
    let whole = match &key {
        None => true,
        Some(_) if !dated => true,
        Some(key) => repeats(engine, key)?,
    };
    match (&key, dated) {
        (None, _) => table.notes.push(format!(
            "no key was found in {rows} rows: each file is taken as the whole table, its rows as their own key"
        )),
        (Some(key), _) => table
            .notes
            .push(format!("key guessed: {}; no two rows of a file share it, in {rows} rows", key.join(" and "))),
    }
    if dated && key.is_some() {
        table.notes.push(if whole {
            "most keys occur again in the next file: each file is taken as the whole table, and a missing row is a delete".to_owned()
        } else {
            "files are taken as changes; if each holds the whole table, declare `contents: snapshot`".to_owned()
        });
    }
    if !dated && files == 1 {
        table
            .notes
            .push("the file's name contains no time: add one, as `{batch}`, if there will be more files".to_owned());
    }
    if whole {
        table.settings.push(("contents", "snapshot".to_owned()));
    }
    table.primary_key = key.unwrap_or_default();
    Ok(())
}

/// The first column that tells the rows of each file apart, alone or with another one. Columns that are named like keys
/// come first; the second of two stands alone where it tells the rows of all files apart.
fn find_key(
    engine: &DuckDbWarehouse,
    names: &[&str],
    typed: &dyn Fn(&str) -> String,
) -> Result<Option<Vec<String>>, Error> {
    let tells_apart = |within: &str, names: &[&str]| -> Result<bool, Error> {
        // Two texts of one value are one key.
        let value = |name: &&str| match typed(name).as_str() {
            "INT64" => format!("CAST({} AS BIGINT)", quote(name)),
            "DATE" => format!("CAST({} AS DATE)", quote(name)),
            _ => quote(name),
        };
        let quoted: Vec<String> = names.iter().map(value).collect();
        let nulls: Vec<String> = quoted.iter().map(|name| format!("{name} IS NULL")).collect();
        let bad = engine.number(&format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM sniffed GROUP BY {within}{0}, {1} HAVING COUNT(*) > 1 OR {1} LIMIT 1)",
            quoted.join(", "),
            nulls.join(" OR ")
        ))?;
        Ok(bad == Some(0))
    };
    for (at, first) in names.iter().enumerate() {
        if tells_apart("_file, ", &[first])? {
            return Ok(Some(vec![(*first).to_owned()]));
        }
        for second in names[at + 1..].iter().filter(|_| looks_like_key(first)) {
            if tells_apart("_file, ", &[first, second])? {
                let alone = tells_apart("", &[second])?;
                let key = if alone { vec![*second] } else { vec![*first, *second] };
                return Ok(Some(key.into_iter().map(str::to_owned).collect()));
            }
        }
    }
    Ok(None)
}

fn looks_like_key(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "id" || ["_id", "_no", "_code", "_key", "_number", "_sk"].iter().any(|end| name.ends_with(end))
}

/// Whether most keys of a file come again in the next one.
fn repeats(engine: &DuckDbWarehouse, key: &[String]) -> Result<bool, Error> {
    let equal: Vec<String> = key.iter().map(|name| format!("n.{0} = p.{0}", quote(name))).collect();
    let share = engine.number(&format!(
        "WITH files AS (SELECT _file, lead(_file) OVER (ORDER BY _file) AS _next FROM (SELECT DISTINCT _file FROM sniffed)) \
         SELECT CAST(100 * count_if(EXISTS (SELECT 1 FROM sniffed AS n WHERE n._file = f._next AND {})) / COUNT(*) AS BIGINT) \
         FROM sniffed AS p JOIN files AS f ON p._file = f._file WHERE f._next IS NOT NULL",
        equal.join(" AND ")
    ))?;
    Ok(share.is_some_and(|share| share >= 70))
}
