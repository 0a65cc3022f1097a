//! A warehouse on paper: it executes nothing, and writes down every unit that a run commits as the script that BigQuery would be
//! sent. Its state is real, so that a run goes on as if everything had been done and nothing had been counted.
//! It must not judge what is written.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Project, Source, TargetType};
use dwc_compiler::plan::{Catalog, Live, LiveColumn, Manifest, Object, ObjectKind, Reads};
use dwc_runner::engine::{
    Done, Found, Held, Make, Migrated, Migration, Parcel, Request, Rows, SourceColumn, Step, There, script_text,
};
use dwc_runner::{DuckDbWarehouse, Error, StateReport, Warehouse};

/// The dataset of the star.
const DATASET: &str = "dw";

/// The tables of the state that a script names beside its own changes, and the datasets that dwc makes with them.
const STATE: &str = "CREATE SCHEMA dw_dwc; CREATE SCHEMA dw_staging;
CREATE TABLE dw_dwc.commits (lineage STRING, serial INT64);
CREATE TABLE dw_dwc.error_events (batch INT64, source_table STRING, screen STRING, place STRING, reason STRING, source_row STRING);
CREATE TABLE dw_dwc.error_details (batch INT64, source_table STRING, screen STRING, place STRING, column_name STRING, value STRING);
CREATE TABLE dw_dwc.table_batches (batch INT64, source_table STRING, extracted INT64, inserted INT64, updated INT64, \
deleted INT64, unchanged INT64, superseded INT64, rejected INT64)";

/// Something that was written down.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The unit's name.
    pub name: String,
    /// The script.
    pub text: String,
}

/// The warehouse.
pub struct Paper {
    store: DuckDbWarehouse,
    catalog: RefCell<Catalog>,
    sheets: RefCell<Vec<Sheet>>,
    parcels: Cell<usize>,
}

impl Default for Paper {
    fn default() -> Self {
        let store = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
        let paper = Self { store, catalog: RefCell::default(), sheets: RefCell::default(), parcels: Cell::default() };
        paper.write("state", STATE);
        paper
    }
}

impl Paper {
    /// What was written, in its order.
    pub fn sheets(&self) -> Vec<Sheet> {
        self.sheets.borrow().clone()
    }

    fn write(&self, name: &str, text: &str) {
        let text = format!("{};\n", text.trim_end().trim_end_matches(';'));
        self.sheets.borrow_mut().push(Sheet { name: name.to_owned(), text });
    }
}

/// The tables and views of a manifest, as if they had been made.
fn made(manifest: &Manifest) -> Catalog {
    let live = |object: &Object| {
        let columns = object.columns.iter().map(|column| {
            let live = LiveColumn { ty: column.ty.clone(), required: column.required, description: None };
            (column.name.clone(), live)
        });
        let view = object.kind == ObjectKind::View;
        let columns = if view { BTreeMap::new() } else { columns.collect() };
        (object.path(), Live { view, columns, ..Live::default() })
    };
    Catalog { objects: manifest.objects.values().map(|object| live(object)).collect() }
}

impl Warehouse for Paper {
    fn ty(&self) -> TargetType {
        TargetType::Bigquery
    }

    fn schema<'a>(&'a self, _project: &'a Project) -> &'a str {
        DATASET
    }

    fn address(&self) -> Result<String, Error> {
        Ok("paper".to_owned())
    }

    fn store(&self) -> &DuckDbWarehouse {
        &self.store
    }

    fn state(&self) -> Result<Option<StateReport>, Error> {
        self.store.state()
    }

    fn prepare_state(&self) -> Result<(), Error> {
        self.store.prepare_state()
    }

    fn commit(&self, make: &mut Make<'_, '_>) -> Result<Option<Done>, Held> {
        let Some(unit) = make(&self.store)? else { return Ok(None) };
        self.write(&unit.name, &script_text(&unit, "dw_dwc"));
        let statements = unit.steps.iter().enumerate().filter_map(|(place, step)| match step {
            Step::Statement(statement) => Some((place, statement)),
            Step::Consumed(_) | Step::At(_) => None,
        });
        let found = statements.filter_map(|(place, statement)| match statement.reads {
            Reads::Counts => Some((place, Found::Counts(BTreeMap::new()))),
            Reads::Notice(_) | Reads::Screened { .. } => Some((place, Found::Keys(Vec::new()))),
            Reads::Versions => Some((place, Found::Versions(Vec::new()))),
            Reads::Nothing | Reads::Gate(_) | Reads::Events { .. } => None,
        });
        let found: Vec<(usize, Found)> = found.collect();
        unit.record(&self.store, &found)?;
        Ok(Some(Done { found, kept: true }))
    }

    fn migrate(&self, migration: &Migration<'_>) -> Result<Migrated, Error> {
        let statements: Vec<&str> = migration.statements.iter().map(|statement| statement.sql.as_str()).collect();
        self.write("migration", &statements.join(";\n"));
        self.store.prepare_state()?;
        let catalog = made(migration.wanted);
        migration.record(&self.store, &catalog)?;
        self.catalog.replace(catalog);
        Ok(Migrated::default())
    }

    /// A staging table with the columns as they are declared.
    fn deliver(&self, parcel: &Parcel<'_>) -> Result<String, Error> {
        let table = format!("dw_staging.{}_{}", parcel.name, self.parcels.replace(self.parcels.get() + 1));
        let columns: Vec<String> = parcel.columns.iter().map(|(name, ty)| format!("`{name}` {ty}")).collect();
        self.write("deliver", &format!("CREATE TABLE {table} ({})", columns.join(", ")));
        Ok(table)
    }

    fn catalog(&self) -> Result<Catalog, Error> {
        Ok(self.catalog.borrow().clone())
    }

    fn size(&self, _object: &Object) -> Result<(Option<u64>, Option<u64>), Error> {
        Ok((None, None))
    }

    fn table(&self, sql: &str) -> Result<(Vec<String>, Rows), Error> {
        self.write("question", sql);
        Ok((Vec::new(), Vec::new()))
    }

    fn columns_there(&self, _schema: &str, _tables: &[&str]) -> Result<BTreeMap<String, Vec<SourceColumn>>, Error> {
        Ok(BTreeMap::new())
    }

    fn read_there(&self, _source: &Source, _schema: &str, _requests: &[&Request<'_>]) -> Result<Vec<There>, Error> {
        Ok(Vec::new())
    }

    fn manifests(&self) -> Result<Rows, Error> {
        self.store.manifests()
    }

    fn kept_serials(&self) -> Result<BTreeSet<i64>, Error> {
        Ok(BTreeSet::new())
    }

    fn rollback(self: Box<Self>, _to: Option<i64>, _at: NaiveDateTime) -> Result<(i64, String), Error> {
        Err(Error::coded(Code::NoSnapshot, "paper has no snapshots"))
    }
}
