//! What differs between an environment and its target: tables and columns by their catalogs, rows by the key that the
//! models declare, one query per table. It changes neither.

use std::path::Path;

use dwc_compiler::model::Project;
use dwc_compiler::plan::{Catalog, Live, Object, ObjectColumn, ObjectKind};
use dwc_compiler::sql;
use dwc_googlesql::Type;
use serde::Serialize;

use crate::state::literal;
use crate::warehouse::row;
use crate::{BigQueryWarehouse, DuckDbWarehouse, Error, Warehouse};

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

/// An environment and its target, seen from one connection.
struct Sides<'w> {
    engine: &'w dyn Warehouse,
    /// The tables and views of the environment, by the names that the target gives them.
    here: Catalog,
    /// Those of the target.
    there: Catalog,
    /// The environment's datasets, where they have other names than the target's: what comes before each of both.
    datasets: Option<(String, String)>,
}

/// Compares an environment's file with its target's.
pub(super) fn compare_files(own: &Path, target: &Path, project: &Project) -> Result<EnvironmentDiff, Error> {
    let warehouse = DuckDbWarehouse::open(&own.to_string_lossy())?;
    warehouse.attach(target, ORIGIN)?;
    let (here, there) = (warehouse.catalog()?, warehouse.catalog_of(&literal(ORIGIN))?);
    Sides { engine: &warehouse, here, there, datasets: None }.compare(project, &project.schema)
}

/// Compares an environment's datasets with those of its target.
pub(super) fn compare_clones(
    own: &BigQueryWarehouse,
    target: &BigQueryWarehouse,
    project: &Project,
) -> Result<EnvironmentDiff, Error> {
    let (from, to) = (own.schema(), target.schema());
    let as_target = |text: &str| {
        text.replace(&format!("`{from}`."), &format!("`{to}`.")).replace(&format!("`{from}_"), &format!("`{to}_"))
    };
    let objects = own.catalog()?.objects.into_iter().map(|(path, live)| {
        let path = path.strip_prefix(from).map_or(path.clone(), |rest| format!("{to}{rest}"));
        (path, Live { text: as_target(&live.text), ..live })
    });
    let here = Catalog { objects: objects.collect() };
    let datasets = Some((from.to_owned(), to.to_owned()));
    Sides { engine: own, here, there: target.catalog()?, datasets }.compare(project, to)
}

impl Sides<'_> {
    fn compare(&self, project: &Project, target: &str) -> Result<EnvironmentDiff, Error> {
        let manifest = sql::manifest(project, self.engine.ty(), target);
        let mut tables = Vec::new();
        for object in manifest.objects.values().filter(|object| object.kind == ObjectKind::Star) {
            tables.extend(self.rows(object)?);
        }
        Ok(EnvironmentDiff { schema: schema(&self.here, &self.there), tables })
    }
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

impl Sides<'_> {
    fn rows(&self, object: &Object) -> Result<Option<TableDifference>, Error> {
        let path = object.path();
        let (Some(own), Some(origin)) = (self.here.objects.get(&path), self.there.objects.get(&path)) else {
            return Ok(None);
        };
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
        let compared: Vec<&ObjectColumn> = object
            .columns
            .iter()
            .filter(|column| both(&column.name) && column.name != "loaded_batch" && !key.contains(&column.name))
            .collect();
        let (_, answer) = self.engine.table(&self.comparison(object, &key, &compared, own, origin))?;
        let counted = row::read(answer, |row| {
            let (added, removed, changed) = (row.number()?, row.number()?, row.number()?);
            let columns = compared
                .iter()
                .map(|column| Ok(ColumnDifference { column: column.name.clone(), changed: row.number()? }));
            let mut columns = columns.collect::<Result<Vec<_>, Error>>()?;
            columns.retain(|column| column.changed > 0);
            Ok(TableDifference { table: path.clone(), key: key.clone(), added, removed, changed, columns })
        })?;
        Ok(counted.into_iter().next())
    }

    /// One row: keys added, removed, changed, then how often each column differs. Reserved members are no rows of either.
    fn comparison(
        &self,
        object: &Object,
        key: &[String],
        compared: &[&ObjectColumn],
        own: &Live,
        origin: &Live,
    ) -> String {
        let dialect = sql::dialect(self.engine.ty());
        let quote = |name: &str| dialect.quote(name);
        let count_if = dialect.words().count_if;
        let table = |schema: &str| format!("{}.{}", quote(schema), quote(&object.name));
        let (here, there) = match &self.datasets {
            Some((own, _)) => (table(own), table(&object.schema)),
            None => (table(&object.schema), format!("{ORIGIN}.{}", table(&object.schema))),
        };
        let surrogate = object.columns.first().filter(|_| !object.design.contains_key("grain"));
        let real = surrogate.map_or_else(String::new, |column| format!(" WHERE {} >= 0", quote(&column.name)));
        let differs: Vec<String> = compared
            .iter()
            .map(|column| {
                let name = &column.name;
                let types = [own, origin].map(|live| live.columns.get(name).map_or("", |column| &column.ty));
                let value = |side: &str, found: &str| {
                    let value = format!("{side}.{}", quote(name));
                    match Type::parse(&column.ty) {
                        _ if types[0] != types[1] => {
                            dialect.readable(&value, &Type::parse(found).unwrap_or(Type::String))
                        }
                        Some(ty) => dialect.comparable(&value, &ty),
                        None => value,
                    }
                };
                format!("{} IS DISTINCT FROM {}", value("e", types[0]), value("o", types[1]))
            })
            .collect();
        let any = if differs.is_empty() { "FALSE".to_owned() } else { differs.join(" OR ") };
        let both = "e._dwc_side IS NOT NULL AND o._dwc_side IS NOT NULL";
        let mut counts = vec![
            format!("{count_if}(o._dwc_side IS NULL) AS added"),
            format!("{count_if}(e._dwc_side IS NULL) AS removed"),
            format!("{count_if}({both} AND ({any})) AS changed"),
        ];
        counts.extend(
            differs.iter().enumerate().map(|(at, differs)| format!("{count_if}({both} AND {differs}) AS c{at}")),
        );
        let names = key.iter().chain(compared.iter().map(|column| &column.name));
        let names: Vec<String> = names.map(|name| quote(name)).collect();
        let names = names.join(", ");
        format!(
            "SELECT {}\nFROM (SELECT 1 AS _dwc_side, {names} FROM {here}{real}) AS e\n\
             FULL JOIN (SELECT 1 AS _dwc_side, {names} FROM {there}{real}) AS o ON {}",
            counts.join(",\n  "),
            dialect.full_join_on(("e", "o"), key)
        )
    }
}
