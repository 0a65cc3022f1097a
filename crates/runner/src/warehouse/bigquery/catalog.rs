//! The catalog of a BigQuery warehouse: every table, column and view of its datasets, in one query of their
//! INFORMATION_SCHEMA however many there are. <https://cloud.google.com/bigquery/docs/information-schema-intro>
//! It must not compare.

use std::collections::BTreeSet;

use dwc_compiler::plan::{Catalog, Live, LiveColumn};

use super::{BigQueryWarehouse, worldly};
use crate::Error;
use crate::warehouse::row::{self, Row};

/// The datasets of a star beside its own, by their endings.
pub(crate) const NEIGHBOURS: [&str; 3] = ["", "_landing", "_history"];

impl BigQueryWarehouse {
    /// What the datasets of the star have; those that are not there have nothing.
    ///
    /// # Errors
    /// BigQuery's own.
    pub fn catalog(&self) -> Result<Catalog, Error> {
        self.catalog_of(&self.dataset)
    }

    /// The same of another star in this project.
    pub(crate) fn catalog_of(&self, dataset: &str) -> Result<Catalog, Error> {
        let mut catalog = Catalog::default();
        let mut parts = Vec::new();
        for neighbour in NEIGHBOURS {
            let dataset = format!("{dataset}{neighbour}");
            if self.client.dataset_location(&dataset).map_err(worldly)?.is_some() {
                parts.push(query(&dataset));
            }
        }
        if parts.is_empty() {
            return Ok(catalog);
        }
        let (_, rows) = self.table(&format!("{}\nORDER BY 1, 2, 3, 4, 5", parts.join("\nUNION ALL\n")))?;
        // In the order of parts: a table comes before its columns and its view's text.
        let mut layouts: BTreeSet<(String, String, String)> = BTreeSet::new();
        let texts = |row: &mut Row| {
            let (part, path, name) = (row.text()?, row.text()?, row.text_or_empty()?);
            Ok((part, path, name, row.text_or_empty()?, row.text_or_empty()?))
        };
        for (part, path, name, place, text) in row::read(rows, texts)? {
            match part.as_str() {
                "1 table" => {
                    let live = if text == "VIEW" {
                        Live { view: true, ..Live::default() }
                    } else {
                        let none = || Some(String::new());
                        Live { layout: none(), description: none(), keys: none(), ..Live::default() }
                    };
                    catalog.objects.insert(path, live);
                }
                _ => {
                    let Some(live) = catalog.objects.get_mut(&path) else { continue };
                    match part.as_str() {
                        "2 column" if !live.view => {
                            let required = place == "NO";
                            let description = Some(String::new());
                            live.columns.insert(name, LiveColumn { ty: text, required, description });
                        }
                        "3 words" => {
                            if let Some(column) = live.columns.get_mut(&name) {
                                column.description = Some(text);
                            }
                        }
                        "4 layout" if !live.view => {
                            layouts.insert((path, place, name));
                        }
                        "5 description" if !live.view => live.description = Some(text),
                        "6 key" if !live.view => {
                            let keys = live.keys.get_or_insert_default();
                            let comma = if keys.is_empty() { "" } else { ", " };
                            keys.push_str(&format!("{comma}{name} {text}"));
                        }
                        "7 view" => live.text = text,
                        _ => {}
                    }
                }
            }
        }
        for (path, place, name) in layouts {
            let Some(layout) = catalog.objects.get_mut(&path).and_then(|live| live.layout.as_mut()) else { continue };
            let partitions = place.strip_prefix('0');
            let clusters = !partitions.unwrap_or(&place).is_empty();
            for word in [partitions.map(|_| "partition"), clusters.then_some("cluster")].into_iter().flatten() {
                let comma = if layout.is_empty() { "" } else { ", " };
                layout.push_str(&format!("{comma}{word} {name}"));
            }
        }
        Ok(catalog)
    }
}

/// One dataset's part of the catalog, as rows of a part, an object, a name, a place and a text.
fn query(dataset: &str) -> String {
    let schema = format!("`{dataset}`.INFORMATION_SCHEMA");
    format!(
        "SELECT '1 table' AS part, CONCAT('{dataset}.', table_name) AS object, CAST(NULL AS STRING) AS name, \
         CAST(NULL AS STRING) AS place, table_type AS text FROM {schema}.TABLES\n\
         UNION ALL SELECT '2 column', CONCAT('{dataset}.', table_name), column_name, is_nullable, data_type \
         FROM {schema}.COLUMNS\n\
         UNION ALL SELECT '3 words', CONCAT('{dataset}.', table_name), column_name, '', description \
         FROM {schema}.COLUMN_FIELD_PATHS WHERE field_path = column_name AND description IS NOT NULL\n\
         UNION ALL SELECT '4 layout', CONCAT('{dataset}.', table_name), column_name, \
         CONCAT(IF(is_partitioning_column = 'YES', '0', ''), COALESCE(CAST(clustering_ordinal_position AS STRING), '')), '' \
         FROM {schema}.COLUMNS WHERE is_partitioning_column = 'YES' OR clustering_ordinal_position IS NOT NULL\n\
         UNION ALL SELECT '5 description', CONCAT('{dataset}.', table_name), '', '', option_value \
         FROM {schema}.TABLE_OPTIONS WHERE option_name = 'description'\n\
         UNION ALL SELECT '6 key', CONCAT('{dataset}.', k.table_name), ANY_VALUE(c.constraint_type), k.constraint_name, \
         CONCAT('(', STRING_AGG(k.column_name, ', ' ORDER BY k.ordinal_position), ')') \
         FROM {schema}.KEY_COLUMN_USAGE AS k JOIN {schema}.TABLE_CONSTRAINTS AS c ON c.constraint_name = k.constraint_name \
         GROUP BY k.table_name, k.constraint_name\n\
         UNION ALL SELECT '7 view', CONCAT('{dataset}.', table_name), '', '', view_definition \
         FROM {schema}.VIEWS"
    )
}
