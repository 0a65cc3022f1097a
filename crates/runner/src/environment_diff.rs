//! What differs between an environment and its target: tables and columns by their catalogs, rows by the key that the
//! models declare, one query per table. It changes neither.

use std::path::Path;

use dwc_compiler::model::{Project, TargetType};
use dwc_compiler::plan::{Catalog, Object, ObjectKind};
use dwc_compiler::sql::{self, Dialect};
use serde::Serialize;

use crate::state::literal;
use crate::{DuckDbWarehouse, Error};

/// The name under which the target is read beside the environment.
const ORIGIN: &str = "_dwc_origin";

/// What differs.
#[derive(Debug, Clone, Serialize)]
pub struct EnvironmentDiff {
    /// Tables, views and columns.
    pub schema: Vec<SchemaDifference>,
    /// Rows of the tables of the star that both have.
    pub tables: Vec<TableDifference>,
}

/// One difference of the schema.
#[derive(Debug, Clone, Serialize)]
pub struct SchemaDifference {
    /// `dw.product`.
    pub object: String,
    /// What is so in the environment and not in its target.
    pub difference: String,
}

/// How the rows of one table differ.
#[derive(Debug, Clone, Serialize)]
pub struct TableDifference {
    /// `dw.product`.
    pub table: String,
    /// The columns that rows are matched by.
    pub key: Vec<String>,
    /// Keys that only the environment has.
    pub added: i64,
    /// Keys that only the target has.
    pub removed: i64,
    /// Keys that both have, with another value.
    pub changed: i64,
    /// The columns that differ, with how many rows.
    pub columns: Vec<ColumnDifference>,
}

/// How often a column differs among the keys that both have.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnDifference {
    /// The column.
    pub column: String,
    /// How many rows.
    pub changed: i64,
}

impl TableDifference {
    /// Whether any row differs.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.added + self.removed + self.changed > 0
    }
}

/// Compares an environment's file with its target's.
///
/// # Errors
/// Another process holds one of them, or the engine's own.
pub fn compare_environment(own: &Path, target: &Path, project: &Project) -> Result<EnvironmentDiff, Error> {
    let warehouse = DuckDbWarehouse::open(&own.to_string_lossy())?;
    warehouse.attach(target, ORIGIN)?;
    let (here, there) = (warehouse.catalog()?, warehouse.catalog_of(&literal(ORIGIN))?);
    let manifest = sql::manifest(project, TargetType::Duckdb, &project.schema);
    let mut tables = Vec::new();
    for object in manifest.objects.values().filter(|object| object.kind == ObjectKind::Star) {
        tables.extend(rows(&warehouse, object, &here, &there)?);
    }
    Ok(EnvironmentDiff { schema: schema(&here, &there), tables })
}

fn schema(here: &Catalog, there: &Catalog) -> Vec<SchemaDifference> {
    let mut all = Vec::new();
    let mut add = |object: &str, difference: String| {
        all.push(SchemaDifference { object: object.to_owned(), difference });
    };
    for (name, live) in &here.objects {
        let Some(origin) = there.objects.get(name) else {
            add(name, "is new".to_owned());
            continue;
        };
        if live.text != origin.text || live.view != origin.view {
            add(name, "its text differs".to_owned());
        }
        for (column, found) in &live.columns {
            match origin.columns.get(column) {
                None => add(name, format!("column `{column}` is new")),
                Some(other) if other.ty != found.ty => {
                    add(name, format!("column `{column}` is {}, and was {}", found.ty, other.ty));
                }
                Some(other) if other.required != found.required => {
                    let now = if found.required { "takes no NULL" } else { "takes NULL" };
                    add(name, format!("column `{column}` {now}"));
                }
                Some(_) => {}
            }
        }
        for column in origin.columns.keys().filter(|column| !live.columns.contains_key(*column)) {
            add(name, format!("column `{column}` is gone"));
        }
    }
    for name in there.objects.keys().filter(|name| !here.objects.contains_key(*name)) {
        add(name, "is gone".to_owned());
    }
    all
}

fn rows(
    warehouse: &DuckDbWarehouse,
    object: &Object,
    here: &Catalog,
    there: &Catalog,
) -> Result<Option<TableDifference>, Error> {
    let path = object.path();
    let (Some(own), Some(origin)) = (here.objects.get(&path), there.objects.get(&path)) else { return Ok(None) };
    let dialect = sql::dialect(TargetType::Duckdb);
    let both = |name: &str| own.columns.contains_key(name) && origin.columns.contains_key(name);
    let mut key: Vec<String> = object.key.clone();
    if key.is_empty() {
        key.extend(object.columns.first().map(|column| column.name.clone()));
    }
    if own.columns.contains_key("valid_from") {
        key.push("valid_from".to_owned());
    }
    if !key.iter().all(|name| both(name)) {
        return Ok(None);
    }
    let compared: Vec<&str> = object
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| both(name) && *name != "loaded_batch" && !key.iter().any(|key| key == name))
        .collect();
    let sql = comparison(dialect, object, &key, &compared, own, origin);
    let counts: Vec<i64> = warehouse
        .rows(&sql)?
        .into_iter()
        .next()
        .unwrap_or_default()
        .into_iter()
        .map(|value| value.and_then(|text| text.parse().ok()).unwrap_or(0))
        .collect();
    let count = |at: usize| counts.get(at).copied().unwrap_or(0);
    let columns = compared
        .iter()
        .enumerate()
        .map(|(at, column)| ColumnDifference { column: (*column).to_owned(), changed: count(at + 3) })
        .filter(|column| column.changed > 0)
        .collect();
    Ok(Some(TableDifference { table: path, key, added: count(0), removed: count(1), changed: count(2), columns }))
}

/// One row: keys added, removed, changed, then how often each column differs. Reserved members are no rows of either.
fn comparison(
    dialect: &dyn Dialect,
    object: &Object,
    key: &[String],
    compared: &[&str],
    own: &dwc_compiler::plan::Live,
    origin: &dwc_compiler::plan::Live,
) -> String {
    let quote = |name: &str| dialect.quote(name);
    let table = format!("{}.{}", quote(&object.schema), quote(&object.name));
    let surrogate = object.columns.first().filter(|_| !object.design.contains_key("grain"));
    let real = surrogate.map_or_else(String::new, |column| format!(" WHERE {} >= 0", quote(&column.name)));
    let on: Vec<String> = key.iter().map(|name| format!("e.{0} IS NOT DISTINCT FROM o.{0}", quote(name))).collect();
    let differs: Vec<String> = compared
        .iter()
        .map(|name| {
            let same_type = own.columns.get(*name).map(|c| &c.ty) == origin.columns.get(*name).map(|c| &c.ty);
            let cast = |side: &str| {
                let column = format!("{side}.{}", quote(name));
                if same_type { column } else { format!("CAST({column} AS VARCHAR)") }
            };
            format!("{} IS DISTINCT FROM {}", cast("e"), cast("o"))
        })
        .collect();
    let any = if differs.is_empty() { "FALSE".to_owned() } else { differs.join(" OR ") };
    let both = "e._dwc_side IS NOT NULL AND o._dwc_side IS NOT NULL";
    let mut counts = vec![
        "COUNT(*) FILTER (WHERE o._dwc_side IS NULL)".to_owned(),
        "COUNT(*) FILTER (WHERE e._dwc_side IS NULL)".to_owned(),
        format!("COUNT(*) FILTER (WHERE {both} AND ({any}))"),
    ];
    counts.extend(differs.iter().map(|differs| format!("COUNT(*) FILTER (WHERE {both} AND {differs})")));
    format!(
        "SELECT {}\nFROM (SELECT 1 AS _dwc_side, * FROM {table}{real}) AS e\n\
         FULL JOIN (SELECT 1 AS _dwc_side, * FROM {ORIGIN}.{table}{real}) AS o ON {}",
        counts.join(",\n  "),
        on.join(" AND ")
    )
}
