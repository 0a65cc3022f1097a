//! What landing says of rows in the embedded engine's words: its own key, and what is not declared.
//! It must not know where rows come from.

use dwc_compiler::model::{ROW_KEY, Table};

use super::SourceColumn;
use super::columns::undeclared;
use crate::state::literal;

/// The column and the SQL of the key that a row without a primary key gets: its hash, and its ordinal among equals in
/// the order of `line`. `None` where rows have a key.
pub(crate) fn row_key(table: &Table, line: &str) -> Option<(String, String)> {
    if !table.primary_key.is_empty() {
        return None;
    }
    let names: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let row = format!("md5(CAST(to_json(struct_pack({})) AS VARCHAR))", pack(&names));
    let key = format!("{row} || '#' || row_number() OVER (PARTITION BY {row} ORDER BY {line})");
    Some((quote(ROW_KEY), key))
}

/// What is not declared, as one object: what a reader of JSON would take for an inexact number becomes a text.
pub(crate) fn extra(table: &Table, there: &[SourceColumn]) -> String {
    let value = |column: &SourceColumn| {
        let name = quote(&column.name);
        match column.ty.as_str() {
            "BLOB" => format!("hex({name})"),
            ty if ["DECIMAL", "DATE", "TIME", "HUGEINT", "UHUGEINT"].iter().any(|word| ty.starts_with(word)) => {
                format!("CAST({name} AS VARCHAR)")
            }
            _ => name,
        }
    };
    let parts: Vec<String> = undeclared(table, there)
        .into_iter()
        .map(|column| format!("{}, {}", literal(&column.name), value(column)))
        .collect();
    if parts.is_empty() { "NULL".to_owned() } else { format!("json_object({})", parts.join(", ")) }
}

/// Columns as the fields of one value.
pub(crate) fn pack(names: &[&str]) -> String {
    names.iter().map(|name| format!("{name} := {name}")).collect::<Vec<_>>().join(", ")
}

pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
