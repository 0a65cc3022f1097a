//! A BigQuery warehouse: units of work, each one script in one transaction with the change of state that records it. The
//! state is read once into an embedded copy; what changes in the copy goes out with the next unit. It must not know what
//! a unit is for.

mod cast;
mod catalog;
mod copy;
mod doctor;
mod engine;
mod failure;
mod kept;
mod lease;
mod migrate;
mod script;
mod snapshot;
mod staged;
mod there;
mod unit;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use dwc_bigquery::{Client, Connection, Done, Job, Load, Settings, TableFacts, Work};
use dwc_compiler::diagnostic::Code;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::duckdb::{DuckDbWarehouse, Rows};
use super::row::{self, Row};
use crate::{Error, StateReport};

pub(crate) use catalog::NEIGHBOURS;
pub(crate) use copy::BESIDES;
pub use doctor::{Finding, examine};
pub(crate) use failure::worldly;
pub(crate) use script::{Script, text};
pub use unit::script_text;

/// What a warehouse on BigQuery is told.
#[derive(Debug, Clone)]
pub struct BigQuerySettings {
    /// The Google Cloud project.
    pub project: String,
    /// The dataset of the star; its neighbours have its name and an ending.
    pub dataset: String,
    /// The location of datasets and jobs.
    pub location: Option<String>,
    /// The bucket through which batches go; straight into BigQuery where left out.
    pub bucket: Option<String>,
    /// A script that would bill more bytes is refused.
    pub maximum_bytes_billed: Option<u64>,
    /// The project's name and the target's, for labels.
    pub labels: BTreeMap<String, String>,
    /// How BigQuery is reached.
    pub connection: Connection,
}

/// How often the work of a unit is done at most, where others commit before it.
const TURNS: u32 = 40;

/// Where the state stands: what a commit asserts, and what job ids are made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// The name of this state, drawn once.
    pub(crate) lineage: String,
    /// How many units it has committed.
    pub(crate) serial: i64,
}

/// A failure that may be a commit that found another one before it.
pub(crate) trait MayBeMoved {
    /// It is.
    fn is_moved(&self) -> bool;
}

impl MayBeMoved for Error {
    fn is_moved(&self) -> bool {
        self.code == Some(Code::WarehouseMoved)
    }
}

/// A project's warehouse on BigQuery.
pub struct BigQueryWarehouse {
    client: Client,
    dataset: String,
    bucket: Option<String>,
    copy: DuckDbWarehouse,
    position: RefCell<Position>,
    leased: Cell<Option<Instant>>,
    /// The state has the table of leases.
    has_leases: Cell<bool>,
    /// The parts that the lease is for, where it is not for all of them: others may commit while it is held.
    claimed: RefCell<Option<String>>,
    /// Nobody else held anything when the lease was taken.
    is_alone: Cell<bool>,
    spent: Cell<Spent>,
}

/// What the jobs of this process have read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Jobs.
    pub jobs: u64,
    /// Bytes, billed ones where BigQuery says them.
    pub bytes: u64,
    /// Milliseconds of slots.
    pub slot_milliseconds: u64,
}

impl BigQueryWarehouse {
    /// Opens a warehouse and reads its state.
    ///
    /// # Errors
    /// No credentials, no permission, or BigQuery was not reached.
    pub fn open(settings: BigQuerySettings) -> Result<Self, Error> {
        let client = Client::new(Settings {
            project: settings.project,
            location: settings.location,
            labels: settings.labels,
            maximum_bytes_billed: settings.maximum_bytes_billed,
            connection: settings.connection,
        })
        .map_err(worldly)?;
        let warehouse = Self {
            client,
            dataset: settings.dataset,
            bucket: settings.bucket,
            copy: DuckDbWarehouse::open(":memory:")?,
            position: RefCell::default(),
            leased: Cell::default(),
            has_leases: Cell::default(),
            claimed: RefCell::default(),
            is_alone: Cell::new(true),
            spent: Cell::default(),
        };
        warehouse.read_state()?;
        Ok(warehouse)
    }

    /// The dataset of the star.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.dataset
    }

    /// The client, for what concerns BigQuery and no model.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What the jobs of this process have read.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.spent.get()
    }

    /// The embedded copy of the state, which also stages what sources give.
    pub(crate) fn copy(&self) -> &DuckDbWarehouse {
        &self.copy
    }

    /// How many units the state has committed.
    pub(crate) fn commits(&self) -> i64 {
        self.position.borrow().serial
    }

    /// The statement that makes a dataset where there is none, in the location of jobs.
    pub(crate) fn make_dataset(&self, dataset: &str) -> String {
        let location = self.client.location();
        let location =
            location.map_or_else(String::new, |location| format!(" OPTIONS (location = {})", text(location)));
        format!("CREATE SCHEMA IF NOT EXISTS `{dataset}`{location}")
    }

    /// The dataset of the state.
    pub(crate) fn state_dataset(&self) -> String {
        format!("{}_dwc", self.dataset)
    }

    /// The dataset of staged batches; its tables expire.
    pub(crate) fn staging_dataset(&self) -> String {
        format!("{}_staging", self.dataset)
    }

    /// What is loaded, or `None` where nothing was ever applied.
    ///
    /// # Errors
    /// A state that cannot be read.
    pub fn state(&self) -> Result<Option<StateReport>, Error> {
        let Some(report) = crate::state::report(&self.copy)? else { return Ok(None) };
        let count = format!("SELECT CAST(COUNT(*) AS STRING) AS n FROM `{}`.`error_events`", self.state_dataset());
        let error_events = row::read(self.table(&count)?.1, Row::number::<i64>)?.into_iter().sum();
        Ok(Some(StateReport { error_events, ..report }))
    }

    /// The column names and rows of a query.
    ///
    /// # Errors
    /// BigQuery's own.
    pub fn table(&self, sql: &str) -> Result<(Vec<String>, Rows), Error> {
        let job = Job { id: format!("dwc_read_{}", once()), labels: label("read"), work: Work::Query(sql.to_owned()) };
        let (done, rows) = self.client.query(&job).map_err(worldly)?;
        self.add(&done);
        Ok((rows.names, rows.rows))
    }

    /// The bytes that a query would read, by a dry run, which BigQuery does not bill.
    ///
    /// # Errors
    /// BigQuery's own.
    pub fn bytes_of(&self, sql: &str) -> Result<u64, Error> {
        self.client.bytes_of(sql).map_err(worldly)
    }

    /// A table as it is now.
    pub(crate) fn facts(&self, dataset: &str, table: &str) -> Result<Option<TableFacts>, Error> {
        self.client.table(dataset, table).map_err(worldly)
    }

    /// Puts a file of Parquet into a staging table of its own name, once however often it is asked for, and gives the
    /// table's quoted path.
    pub(crate) fn stage(&self, name: &str, columns: &[(String, String)], file: &Path) -> Result<String, Error> {
        let digest = crate::extract::files::digest(file)?;
        let position = self.position.borrow().clone();
        let table = format!("{name}__{}_{}", position.serial + 1, &digest[..12]);
        let dataset = self.staging_dataset();
        let mut job = Job {
            id: format!("dwc_{}_stage_{table}", short(&position.lineage)),
            labels: label("stage"),
            work: Work::Load(Load {
                dataset: dataset.clone(),
                table: table.clone(),
                columns: columns.to_vec(),
                file: file.to_owned(),
                object: self.bucket.as_ref().map(|bucket| (bucket.clone(), format!("dwc/{dataset}/{table}.parquet"))),
                appends: false,
            }),
        };
        let done = self.client.run(&job).map_err(worldly)?;
        self.add(&done);
        // A table of a former try may have expired since.
        if done.found && self.client.table(&dataset, &table).map_err(worldly)?.is_none() {
            job.id = format!("{}_{}", job.id, once());
            self.add(&self.client.run(&job).map_err(worldly)?);
        }
        if let Work::Load(Load { object: Some((bucket, object)), .. }) = &job.work {
            self.client.remove_object(bucket, object);
        }
        Ok(format!("`{dataset}`.`{table}`"))
    }

    /// Executes statements that may be executed again, each of them complete or not at all. `name` is of the unit that
    /// they belong to.
    pub(crate) fn define(&self, name: &str, statements: &[String]) -> Result<(), Error> {
        if statements.is_empty() {
            return Ok(());
        }
        let sql: String = statements.iter().map(|statement| format!("{statement};\n")).collect();
        let id = if self.position.borrow().lineage.is_empty() {
            format!("dwc_new_{name}_{}", once())
        } else {
            self.id(name, &sql)
        };
        let done = self.client.run(&Job { id, labels: label(name), work: Work::Query(sql) }).map_err(worldly)?;
        self.add(&done);
        Ok(())
    }

    /// Whether no other process held anything when this one took its lease.
    pub(crate) fn is_alone(&self) -> bool {
        self.is_alone.get()
    }

    /// Does the work of a unit on the copy, in one transaction that ends with its commit. Where a process that holds other
    /// parts has committed meanwhile, the state is read again, and the work is done again from there.
    ///
    /// # Errors
    /// The work's own; a commit that others come before again and again.
    pub(crate) fn unit<T, E>(&self, mut work: impl FnMut() -> Result<T, E>) -> Result<T, E>
    where
        E: From<Error> + MayBeMoved,
    {
        for turn in 0..TURNS {
            match self.copy.transaction(&mut work) {
                Err(error) if error.is_moved() && self.claimed.borrow().is_some() => {
                    std::thread::sleep(self.client.pause(turn));
                    self.read_again()?;
                }
                done => return done,
            }
        }
        Err(Self::moved().into())
    }

    /// Commits a unit: its statements, what changed in the copy of the state, and the next serial, in one transaction.
    /// Gives what its statements have counted.
    ///
    /// # Errors
    /// A statement was refused, or another process has committed since the state was read. Nothing is changed then.
    pub(crate) fn commit(&self, script: Script) -> Result<Vec<(usize, Value)>, Error> {
        self.try_out(script).map(|(found, _)| found)
    }

    /// The same, for a script that may roll itself back: also says whether it was kept.
    pub(crate) fn try_out(&self, script: Script) -> Result<(Vec<(usize, Value)>, bool), Error> {
        self.prolong()?;
        let changes = self.changes_of_state(&script.name)?;
        let position = self.position.borrow().clone();
        let label = label(&script.name);
        let name = script.name.clone();
        let sql = script.text(&self.state_dataset(), position.serial, &changes);
        let job = Job { id: self.id(&name, &sql), labels: label, work: Work::Query(sql) };
        let (done, rows) = self.client.query(&job).map_err(worldly)?;
        self.add(&done);
        let told: Vec<&str> = rows.rows.iter().filter_map(|row| row.first()?.as_deref()).collect();
        let is_kept = !told.contains(&script::UNDONE);
        if is_kept {
            self.position.borrow_mut().serial += 1;
            self.remember()?;
        }
        let found = told.into_iter().filter(|text| *text != script::UNDONE).map(script::found);
        Ok((found.collect::<Result<_, _>>()?, is_kept))
    }

    /// A job's id: the same for the same text at the same state by the same lease, and for nothing else. Two processes that
    /// write down at the same state that a run begins have not done one job.
    fn id(&self, name: &str, sql: &str) -> String {
        let position = self.position.borrow();
        let text = format!("{}{sql}", self.claimed.borrow().as_deref().unwrap_or_default());
        let digest: String = Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(100).collect();
        format!("dwc_{}_{:08}_{name}_{digest}", short(&position.lineage), position.serial + 1)
    }

    fn add(&self, done: &Done) {
        let spent = self.spent.get();
        self.spent.set(Spent {
            jobs: spent.jobs + 1,
            bytes: spent.bytes + done.bytes.unwrap_or(0),
            slot_milliseconds: spent.slot_milliseconds + done.slot_milliseconds.unwrap_or(0),
        });
    }

    pub(crate) fn moved() -> Error {
        Error::coded(
            Code::WarehouseMoved,
            "another process has changed the warehouse since this process read its state",
        )
        .help("run it again; running two at a time on one warehouse gains nothing")
    }
}

fn short(lineage: &str) -> String {
    lineage.chars().filter(char::is_ascii_alphanumeric).take(8).collect()
}

fn label(unit: &str) -> BTreeMap<String, String> {
    [("dwc_unit".to_owned(), unit.to_owned())].into()
}

/// A table's path.
pub(crate) fn quoted(dataset: &str, table: &str) -> String {
    format!("`{dataset}`.`{table}`")
}

/// A word that no other call gives.
pub(crate) fn once() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
