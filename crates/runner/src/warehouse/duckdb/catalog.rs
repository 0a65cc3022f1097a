//! The catalog of a DuckDB warehouse: every table, column and view of it, in three queries however many there are.

use dwc_compiler::plan::{Catalog, Live, LiveColumn};

use crate::warehouse::row::Row;
use crate::{DuckDbWarehouse, Error};

impl DuckDbWarehouse {
    /// What the warehouse has, but for dwc's own state.
    ///
    /// # Errors
    /// The engine's own.
    pub fn catalog(&self) -> Result<Catalog, Error> {
        self.catalog_of("current_database()")
    }

    /// The rows of a table, counted: what the engine knows without counting is an estimate.
    pub(super) fn rows_of(&self, schema: &str, name: &str) -> Result<Option<u64>, Error> {
        let [schema, name] = [schema, name].map(|name| name.replace('"', "\"\""));
        let rows = self.read(&format!("SELECT COUNT(*) FROM \"{schema}\".\"{name}\""), Row::number)?;
        Ok(rows.into_iter().next())
    }

    /// The same of a database that is attached, named by an expression.
    pub(crate) fn catalog_of(&self, database: &str) -> Result<Catalog, Error> {
        let mut catalog = Catalog::default();
        let own = format!("database_name = {database} AND schema_name <> '_dwc' AND NOT internal");
        let tables = format!(
            "SELECT schema_name || '.' || table_name, estimated_size, COALESCE(comment, '') FROM duckdb_tables() WHERE {own} AND NOT temporary"
        );
        let tables = self.read(&tables, |row| {
            let name = row.text()?;
            Ok((name, Live { rows: row.number_or_null()?, description: row.cell()?, ..Live::default() }))
        })?;
        catalog.objects.extend(tables);
        // A row for each table: to hand on a row for each of its columns takes longer than to find them.
        let columns = format!(
            "SELECT schema_name || '.' || table_name, \
             string_agg(column_name || chr(31) || data_type || chr(31) || is_nullable || chr(31) || coalesce(comment, ''), chr(30)) \
             FROM duckdb_columns() WHERE {own} GROUP BY ALL"
        );
        for row in self.rows(&columns)? {
            let [Some(table), Some(columns)] = row.as_slice() else { continue };
            let Some(live) = catalog.objects.get_mut(table) else { continue };
            for column in columns.split('\u{1e}') {
                let mut parts = column.split('\u{1f}');
                let (Some(name), Some(ty), Some(nullable)) = (parts.next(), parts.next(), parts.next()) else {
                    continue;
                };
                let found = LiveColumn {
                    ty: ty.to_owned(),
                    required: nullable != "true",
                    description: parts.next().map(str::to_owned),
                };
                live.columns.insert(name.to_owned(), found);
            }
        }
        let views =
            format!("SELECT schema_name || '.' || view_name, sql FROM duckdb_views() WHERE {own} AND NOT temporary");
        let views =
            self.read(&views, |row| Ok((row.text()?, Live { view: true, text: row.text()?, ..Live::default() })))?;
        catalog.objects.extend(views);
        Ok(catalog)
    }
}
