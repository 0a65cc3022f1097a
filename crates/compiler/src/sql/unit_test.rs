//! What a unit test reads of a warehouse: the columns that it names, as values that can be compared as texts. It must not
//! compare them.

use dwc_googlesql::Type;

use super::dialect::{Dialect, DuckDb};
use super::{drill_across, names};
use crate::model::{Expected, ExpectedColumn, ModelId, Project, Subject};

/// The query of the rows that an expectation is about, in the order of its columns.
///
/// # Errors
/// A question that the models cannot answer: a sentence each.
pub fn unit_test_rows(project: &Project, schema: &str, expected: &Expected) -> Result<String, Vec<String>> {
    let quote = |name: &str| DuckDb.quote(name);
    Ok(match &expected.of {
        Subject::Model(name) => {
            let mut roles: Vec<&(String, String)> = Vec::new();
            for role in expected.columns.iter().filter_map(|column| column.role.as_ref()) {
                if !roles.contains(&role) {
                    roles.push(role);
                }
            }
            let items: Vec<String> = expected
                .columns
                .iter()
                .map(|column| {
                    let table = column.role.as_ref().map_or("_t".to_owned(), |(role, _)| quote(&format!("_{role}")));
                    value(column, &format!("{table}.{}", quote(&column.column)))
                })
                .collect();
            let joins: String = roles
                .iter()
                .map(|(role, dimension)| {
                    let alias = quote(&format!("_{role}"));
                    let (own, key) = (quote(&names::key(role)), quote(&names::key(dimension)));
                    format!("\nLEFT JOIN {}.{} AS {alias} ON {alias}.{key} = _t.{own}", quote(schema), quote(dimension))
                })
                .collect();
            // Reserved members have negative keys.
            let members = match project.model(name) {
                Some(ModelId::Dimension(_)) => format!("\nWHERE _t.{} >= 0", quote(&names::key(name))),
                _ => String::new(),
            };
            format!("SELECT {}\nFROM {}.{} AS _t{joins}{members}", list(&items), quote(schema), quote(name))
        }
        Subject::Rejected(address) => {
            let is_of_model = project.model(address).is_some();
            let items: Vec<String> = expected
                .columns
                .iter()
                .map(|column| match column.name.as_str() {
                    crate::model::REASON => "_e.reason".to_owned(),
                    name if is_of_model => format!("_e.{}", quote(name)),
                    name => format!("json_extract_string(_e.source_row, '$.\"{}\"')", name.replace('\'', "''")),
                })
                .collect();
            format!(
                "SELECT {}\nFROM _dwc.error_events AS _e WHERE _e.source_table = '{}' AND NOT EXISTS (\n  \
                 SELECT 1 FROM _dwc.screens AS _s WHERE _s.source_table = _e.source_table AND _s.screen = _e.screen AND _s.on_fail = 'tag'\n)",
                list(&items),
                address.replace('\'', "''")
            )
        }
        Subject::Answer { question, .. } => {
            let rows = drill_across(project, &DuckDb, schema, question)?;
            let items: Vec<String> =
                expected.columns.iter().map(|column| value(column, &format!("_t.{}", quote(&column.column)))).collect();
            format!("SELECT {}\nFROM (\n{rows}\n) AS _t", list(&items))
        }
    })
}

/// Rows of which no column is named are counted.
fn list(items: &[String]) -> String {
    if items.is_empty() { "NULL".to_owned() } else { items.join(", ") }
}

/// A value in the spelling that a test's own values have.
fn value(column: &ExpectedColumn, sql: &str) -> String {
    match column.ty {
        Type::Json | Type::Array(_) | Type::Struct(_) => format!("CAST(to_json({sql}) AS VARCHAR)"),
        Type::Time => format!("CAST({sql} AS VARCHAR)"),
        _ => sql.to_owned(),
    }
}
