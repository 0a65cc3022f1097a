//! Staging: the rows of a reading go into compressed Parquet files, in memory that does not grow with them. A file has
//! its name once it is whole; a reading that was killed leaves only parts. It must not know where the rows come from.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use dwc_compiler::plan::Stage;
use dwc_duckdb::duckdb::arrow::datatypes::{DataType, SchemaRef};
use dwc_duckdb::duckdb::arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::extract::rows::Out;
use crate::extract::rows_sql::quote;
use crate::state::literal;
use crate::{DuckDbWarehouse, Error};

/// Rows of one group of a file at most: what the engine reads as one.
const GROUP_ROWS: usize = 122_880;
/// Bytes that a group may hold in memory before it is written.
const GROUP_BYTES: usize = 6 << 20;

/// A file that is being written.
struct Writer {
    path: PathBuf,
    writer: ArrowWriter<File>,
}

fn part(path: &Path) -> PathBuf {
    path.with_extension("parquet.part")
}

fn unwritable(path: &Path) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> Error + '_ {
    |cause| Error {
        code: None,
        message: format!("the staging file `{}` could not be written", path.display()),
        help: Some("check the space and the permissions of the project's `target` folder".to_owned()),
        span: None,
        cause: Some(cause),
    }
}

impl Writer {
    fn create(path: &Path, schema: &SchemaRef) -> Result<Self, Error> {
        let failed = unwritable(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|cause| failed(cause.into()))?;
        }
        let file = File::create(part(path)).map_err(|cause| failed(cause.into()))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_dictionary_enabled(false);
        for field in schema.fields().iter().filter(|field| *field.data_type() == DataType::Utf8) {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), true);
        }
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties.build()));
        let writer = writer.map_err(|cause| failed(cause.into()))?;
        Ok(Self { writer, path: path.to_owned() })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let failed = unwritable(&self.path);
        self.writer.write(batch).map_err(|cause| failed(cause.into()))?;
        if self.writer.memory_size() > GROUP_BYTES {
            self.writer.flush().map_err(|cause| failed(cause.into()))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Error> {
        let failed = unwritable(&self.path);
        let file = self.writer.into_inner().map_err(|cause| failed(cause.into()))?;
        file.sync_all().map_err(|cause| failed(cause.into()))?;
        fs::rename(part(&self.path), &self.path).map_err(|cause| failed(cause.into()))
    }
}

/// The two files of one reading: rows, and rejected rows where there are any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Staged {
    /// The rows: columns of the stage in their order.
    pub(crate) rows: PathBuf,
    /// Place, reason, row as JSON, then the columns of the key.
    pub(crate) rejects: PathBuf,
}

impl Staged {
    /// The files of a reading of this name.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        Self { rows: folder.join(format!("{name}.parquet")), rejects: folder.join(format!("{name}.rejects.parquet")) }
    }

    /// Whether the reading came to its end.
    pub(crate) fn is_done(&self) -> bool {
        self.rows.is_file()
    }
}

/// Takes the rows of one reading.
pub(crate) struct Sink {
    staged: Staged,
    rows: Writer,
    rejects: Option<Writer>,
}

impl Sink {
    /// Starts the files of a reading anew.
    pub(crate) fn create(staged: &Staged, schema: &SchemaRef) -> Result<Self, Error> {
        for path in [&staged.rows, &staged.rejects] {
            // What is not there needs no removing.
            let _ = fs::remove_file(path);
        }
        Ok(Self { staged: staged.clone(), rows: Writer::create(&staged.rows, schema)?, rejects: None })
    }
}

impl Out for Sink {
    fn take(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows.write(batch)
    }

    fn reject(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        match &mut self.rejects {
            Some(writer) => writer.write(batch),
            None => {
                let mut writer = Writer::create(&self.staged.rejects, &batch.schema())?;
                writer.write(batch)?;
                self.rejects = Some(writer);
                Ok(())
            }
        }
    }

    /// Both files get their names, that of the rows last.
    fn finish(self) -> Result<(), Error> {
        if let Some(rejects) = self.rejects {
            rejects.finish()?;
        }
        self.rows.finish()
    }
}

/// Puts staged rows into a table of the warehouse, in the order of its columns.
pub(crate) fn load<'p>(
    warehouse: &DuckDbWarehouse,
    table: &str,
    files: impl Iterator<Item = &'p Path>,
) -> Result<(), Error> {
    let files: Vec<String> = files.filter(|file| file.is_file()).map(|file| literal(&file.to_string_lossy())).collect();
    if files.is_empty() {
        return Ok(());
    }
    warehouse.execute(&format!("INSERT INTO {table} SELECT * FROM read_parquet([{}])", files.join(", ")))
}

/// Reads staged rows where they are, dated by their batch, as a staging table.
pub(crate) fn view<'p>(
    warehouse: &DuckDbWarehouse,
    stage: &Stage,
    files: impl Iterator<Item = &'p Path>,
    at: NaiveDateTime,
) -> Result<(), Error> {
    let rows = dated_rows(stage, files, at);
    warehouse.execute(&format!("CREATE OR REPLACE TEMP VIEW {} AS {rows}", stage.path))
}

/// The query of staged rows. The batch's time stands for the server's, which may be another: a time was given, or the
/// clock went back.
fn dated_rows<'p>(stage: &Stage, files: impl Iterator<Item = &'p Path>, at: NaiveDateTime) -> String {
    let files: Vec<String> = files.map(|file| literal(&file.to_string_lossy())).collect();
    let own = [("_state", "BIGINT"), ("_at", "TIMESTAMP"), ("_deleted", "BOOLEAN")];
    let columns = stage.columns.iter().map(|(name, ty)| (name.as_str(), ty.as_str())).chain(own);
    let read = columns.enumerate().map(|(place, (name, ty))| match name {
        "_at" => format!("TIMESTAMP '{}' AS _at", at.format("%Y-%m-%d %H:%M:%S%.f")),
        _ => format!("{} AS {}", typed(place, ty), quote(name)),
    });
    let columns: Vec<String> = read.collect();
    format!("SELECT {} FROM read_parquet([{}])", columns.join(", "), files.join(", "))
}

/// A column of a batch as its type; nested ones travel as JSON.
pub(crate) fn typed(at: usize, ty: &str) -> String {
    if ty.ends_with("[]") || ty.starts_with("STRUCT") {
        format!("CAST(CAST(c{at} AS JSON) AS {ty})")
    } else {
        format!("CAST(c{at} AS {ty})")
    }
}

/// The folder in which the readings for the warehouse of an address are staged.
pub(crate) fn named_folder(address: &str, project: &Path) -> PathBuf {
    use sha2::{Digest, Sha256};
    let digest: String = Sha256::digest(address).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    project.join("target").join("staging").join(digest)
}
