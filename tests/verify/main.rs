//! Hands in the warehouse: rows that are deleted, doubled, changed, bound to another member or moved in time. `dwc verify`
//! finds each and names its key, a repair leaves every table as it was, and what nobody has touched is no finding.

mod checks;
mod partly;
mod reports;

use std::collections::BTreeMap;

use dwc_compiler::model::{ColumnRole, DimensionKind, ModelId, star_columns};
use dwc_runner::Mode;
use dwc_tests::dice::Dice;
use dwc_tests::project::repository;
use dwc_tests::warehouse::Warehouse;

/// Hands in a run; `DWC_HANDS` takes another number.
const HANDS: usize = 40;

/// A table of the star, with what names a row and what may be changed in it.
struct Table {
    name: String,
    key: Vec<String>,
    is_dimension: bool,
    /// Columns with their types in the engine.
    columns: Vec<(String, String)>,
}

fn tables(warehouse: &Warehouse) -> Vec<Table> {
    let project = warehouse.project();
    let ids = (0..project.dimensions.len()).map(ModelId::Dimension).chain((0..project.facts.len()).map(ModelId::Fact));
    let mut all = Vec::new();
    for id in ids {
        let key: Vec<String> = match id {
            ModelId::Dimension(index) => match &project.dimensions[index].kind {
                DimensionKind::Standard(members) => members.natural_key.iter().map(|one| one.name.clone()).collect(),
                _ => continue,
            },
            ModelId::Fact(index) => project.facts[index].key.iter().map(|one| one.name.clone()).collect(),
        };
        let name = project.model_name(id).to_owned();
        let columns = star_columns(project, id).into_iter().filter(|column| column.name != "loaded_batch");
        let columns = columns.filter(|column| !matches!(column.role, ColumnRole::NaturalKey)).map(|column| column.name);
        let types = warehouse.rows(&format!("SELECT name, type FROM pragma_table_info('dw.{name}')"));
        let types: BTreeMap<String, String> = types.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
        // The value that was loaded first is known from the table alone.
        let is_first = |column: &String| name == "agent" && column == "hired_as";
        // A surrogate key that is another member's is found, and which of them is right is not known.
        let is_own = |column: &String| *column == format!("{name}_key");
        let columns = columns
            .filter(|column| !key.contains(column) && !is_first(column) && !is_own(column))
            .map(|name| (name.clone(), types[&name].clone()));
        all.push(Table { columns: columns.collect(), is_dimension: matches!(id, ModelId::Dimension(_)), name, key });
    }
    all
}

/// Every row of every table, but for the batch that wrote it.
fn contents(warehouse: &Warehouse, tables: &[Table]) -> Vec<Vec<Vec<String>>> {
    let rows =
        |table: &Table| warehouse.rows(&format!("SELECT * EXCLUDE (loaded_batch) FROM dw.{} ORDER BY ALL", table.name));
    tables.iter().map(rows).collect()
}

/// Another value of a type.
fn other(column: &str, ty: &str) -> String {
    match ty {
        "VARCHAR" => format!("COALESCE({column}, '') || '~'"),
        "BOOLEAN" => format!("NOT COALESCE({column}, FALSE)"),
        "DATE" => format!("COALESCE({column}, DATE '2020-01-01') - 1"),
        "TIMESTAMP" | "TIMESTAMP WITH TIME ZONE" => {
            format!("COALESCE({column}, TIMESTAMP '2020-01-01') - INTERVAL 1 HOUR")
        }
        _ => format!("COALESCE({column}, 0) + 1"),
    }
}

#[test]
fn every_hand_is_found_named_and_mended() {
    let warehouse = Warehouse::apply(&repository().join("tests/warehouses/policies"));
    warehouse.run(Mode::Incremental);
    let tables = tables(&warehouse);
    let before = contents(&warehouse, &tables);
    assert_eq!(warehouse.audit(), [""; 0], "what a run leaves is no finding");
    let hands = std::env::var("DWC_HANDS").map_or(HANDS, |n| n.parse().expect("DWC_HANDS is a number"));
    let mut dice = Dice::new(20_260_301);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..hands {
        let table = &tables[dice.below(tables.len())];
        let name = &table.name;
        let live = if table.is_dimension { format!("WHERE {name}_key >= 0") } else { String::new() };
        let ids = warehouse.rows(&format!("SELECT rowid, {} FROM dw.{name} {live} ORDER BY ALL", table.key.join(", ")));
        let row = &ids[dice.below(ids.len())];
        let (column, ty) = &table.columns[dice.below(table.columns.len())];
        let (kind, sql) = match dice.below(4) {
            0 => ("deleted", format!("DELETE FROM dw.{name} WHERE rowid = {}", row[0])),
            1 => ("doubled", format!("INSERT INTO dw.{name} SELECT * FROM dw.{name} WHERE rowid = {}", row[0])),
            _ => ("changed", format!("UPDATE dw.{name} SET {column} = {} WHERE rowid = {}", other(column, ty), row[0])),
        };
        *kinds.entry(kind).or_default() += 1;
        warehouse.execute(&sql);
        let found = warehouse.audit();
        let names_it = |text: &String| {
            let key =
                table.key.iter().zip(&row[1..]).all(|(column, value)| text.contains(&format!("{column}={value}")));
            text.contains(&format!("`{name}`")) && (key || text.contains("a surrogate key of"))
        };
        assert!(found.iter().any(names_it), "{sql}\n{found:#?}");
        let mended = warehouse.compare(true);
        assert!(mended.offences().is_empty(), "{sql}\n{:#?}", mended.offences());
        assert_eq!(contents(&warehouse, &tables), before, "{sql}");
        assert_eq!(warehouse.audit(), [""; 0], "{sql}");
    }
    assert_eq!(kinds.len(), 3, "{kinds:?}");
}
