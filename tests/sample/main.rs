//! The sample warehouse: its source files are what their generator makes, and its star answers as they do.
//! It must not know how they are loaded.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use dwc_runner::Mode;
use dwc_tests::project::repository;
use dwc_tests::questions::Questions;
use dwc_tests::warehouse::Warehouse;

/// The bytes of every file below a folder, by its path in it.
fn files(root: &Path) -> Result<BTreeMap<String, Vec<u8>>, Box<dyn Error>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root)?.display().to_string();
                found.insert(name, fs::read(path)?);
            }
        }
    }
    Ok(found)
}

/// The rows of a Parquet file, as text; DuckDB versions write the same rows in other bytes.
fn rows(path: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let connection = dwc_duckdb::open(":memory:")?;
    let mut statement = connection.prepare("SELECT CAST(p AS VARCHAR) FROM read_parquet(?) AS p ORDER BY 1")?;
    let rows = statement.query_map([path.display().to_string()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[test]
fn the_files_are_what_the_generator_makes() -> Result<(), Box<dyn Error>> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/data");
    let fresh = tempfile::tempdir()?;
    dwc_tests::sample_data::write(fresh.path())?;
    let (left, right) = (files(&committed)?, files(fresh.path())?);
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    for (name, bytes) in &left {
        if name.ends_with(".parquet") {
            assert_eq!(rows(&committed.join(name))?, rows(&fresh.path().join(name))?, "{name}");
        } else {
            assert!(right.get(name) == Some(bytes), "{name} differs; run the sample_data binary on models/data");
        }
    }
    Ok(())
}

#[test]
fn the_star_answers_as_the_files_do() {
    let root = repository();
    let path = root.join("tests/warehouses/marketplace/questions.sql");
    let text = fs::read_to_string(path).expect("the questions are read");
    let questions = Questions::read(&text, &root.display().to_string());
    let warehouse = Warehouse::apply(&root);
    warehouse.run(Mode::Incremental);
    warehouse.execute(&questions.setup);
    questions.compare(&|sql| warehouse.rows(sql), &|sql| warehouse.rows(sql));
    assert_eq!(warehouse.audit(), [""; 0]);
}
