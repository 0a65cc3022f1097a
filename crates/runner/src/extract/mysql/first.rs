//! The first load of a large table: chunks of its key, read by several connections into files, each taken up after a
//! kill where it was left. Chunks share no view; the watermark is pinned before the first of them, and an increment
//! from there follows. What is done stands in a journal beside the files. It must not land anything.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::model::{Source, Table};
use mysql_async::Conn;
use serde::{Deserialize, Serialize};

use super::chunks::{Chunk, cut, estimate};
use super::columns;
use super::connect::{Access, Failure, access, open, within};
use super::cursor::pin;
use super::read::{Pace, View, now, stream};
use super::{attempts, block_on};
use crate::Error;
use crate::execute::crash;
use crate::extract::meter::Meter;
use crate::extract::staging::Staged;
use crate::extract::{Reading, Watermark};

/// The version of the journal.
const FORMAT: u32 = 1;

/// What was decided before the first chunk.
#[derive(Serialize, Deserialize)]
struct Journal {
    format: u32,
    /// The declaration that the files are made by: with another one they are of no use.
    shape: String,
    watermark: String,
    bound: NaiveDateTime,
    /// What is selected.
    list: String,
    /// The server's estimate.
    rows: u64,
    chunks: Vec<Chunk>,
}

/// A table that is staged as a whole.
pub(crate) struct FirstLoad {
    /// What was pinned before the first chunk.
    pub(crate) watermark: Watermark,
    /// The files of each chunk.
    pub(crate) staged: Vec<Staged>,
}

/// Stages a table in chunks, or goes on where a former run was killed; `None` where the table is small, or has no key or
/// cursor for it. Files stay in the folder until they have landed.
pub(crate) fn first_load(
    source: &Source,
    table: &Table,
    folder: &Path,
    meter: &mut Meter<'_>,
) -> Result<Option<FirstLoad>, Failure> {
    let Some(cursor) = &table.cursor else { return Ok(None) };
    let access = access(source)?;
    let zone: Tz = source.timezone.parse().unwrap_or(Tz::UTC);
    let shape = shape(source, table);
    let path = folder.join("journal.json");
    let known: Option<Journal> = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let journal = match known.filter(|journal| journal.format == FORMAT && journal.shape == shape) {
        Some(journal) => journal,
        None => {
            // Where there is no folder there is nothing to remove.
            let _ = fs::remove_dir_all(folder);
            let begin = || begin(&access, source, table, cursor, zone, &shape);
            let Some(journal) = attempts(access.retries, || block_on(begin()))? else { return Ok(None) };
            write(folder, &path, &journal)?;
            journal
        }
    };
    let name = |at: usize| Staged::new(folder, &format!("chunk_{at:05}"));
    let todo: Vec<(usize, &Chunk)> = journal.chunks.iter().enumerate().filter(|(at, _)| !name(*at).is_done()).collect();
    let left = journal.rows.saturating_mul(todo.len() as u64) / journal.chunks.len().max(1) as u64;
    meter.table(&table.address, Some(left));
    let (bound, list) = (journal.bound, journal.list.as_str());
    let work = Work { access, table, zone, bound, list, todo: &todo, name: &name };
    if let Err(failure) = work.share(source.max_connections.max(1) as usize, meter) {
        if matches!(failure, Failure::Stopped(_)) {
            // The table is not what it was when it was divided: the next run begins anew.
            let _ = fs::remove_dir_all(folder);
        }
        return Err(failure);
    }
    meter.done();
    let staged = (0..journal.chunks.len()).map(name).collect();
    Ok(Some(FirstLoad { watermark: Watermark { cursor: journal.watermark, bound: journal.bound }, staged }))
}

/// What the files of a table depend on.
fn shape(source: &Source, table: &Table) -> String {
    let columns: Vec<String> = table.columns.iter().map(|column| format!("{} {}", column.name, column.ty)).collect();
    format!(
        "{} ({}) key {} cursor {} zone {}",
        table.physical,
        columns.join(", "),
        table.primary_key.join(", "),
        table.cursor.as_deref().unwrap_or_default(),
        source.timezone
    )
}

/// Pins the watermark and cuts the table, where it is worth it.
async fn begin(
    access: &Access,
    source: &Source,
    table: &Table,
    cursor: &str,
    zone: Tz,
    shape: &str,
) -> Result<Option<Journal>, Failure> {
    let doing = format!("dividing table `{}`", table.address);
    let mut connection = open(access).await?;
    let there = columns::look(&mut connection, table).await?;
    columns::check(table, &there, &[])?;
    let rows = estimate(&mut connection, table, &doing).await?;
    let Some(rows) = rows.filter(|rows| *rows >= source.chunk_rows.saturating_mul(2)) else { return Ok(None) };
    let bound = within(access, &doing, now(&mut connection)).await?;
    let pinned = pin(&mut connection, table, cursor, zone, bound, &Reading::Whole, &doing).await?;
    let Some(watermark) = pinned.watermark else { return Ok(None) };
    let Some(chunks) = cut(&mut connection, table, source.chunk_rows, &doing).await? else { return Ok(None) };
    let _ = connection.disconnect().await;
    let list = columns::list(table, &there);
    Ok(Some(Journal { format: FORMAT, shape: shape.to_owned(), watermark, bound, list, rows, chunks }))
}

fn write(folder: &Path, path: &Path, journal: &Journal) -> Result<(), Error> {
    let failed = |cause| Error::because(format!("`{}` could not be written", path.display()), cause);
    let text = serde_json::to_vec(journal).map_err(|cause| Error::because("a journal could not be made", cause))?;
    let part = path.with_extension("part");
    fs::create_dir_all(folder).map_err(failed)?;
    fs::write(&part, text).map_err(failed)?;
    fs::rename(&part, path).map_err(failed)
}

/// The chunks that are left, and how each is read.
struct Work<'w> {
    access: Access,
    table: &'w Table,
    zone: Tz,
    bound: NaiveDateTime,
    list: &'w str,
    todo: &'w [(usize, &'w Chunk)],
    name: &'w (dyn Fn(usize) -> Staged + Sync),
}

impl Work<'_> {
    /// Reads the chunks over so many connections. The first that fails stops the others after their chunk.
    fn share(&self, connections: usize, meter: &mut Meter<'_>) -> Result<(), Failure> {
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (said, heard) = channel();
        std::thread::scope(|scope| {
            let (next, stop) = (&next, &stop);
            let workers: Vec<_> = (0..connections.min(self.todo.len()))
                .map(|_| {
                    let said = said.clone();
                    scope.spawn(move || {
                        let pace = Pace::new(&self.access, connections);
                        let view = View { access: &self.access, pace, zone: self.zone, bound: self.bound };
                        self.work(&view, next, stop, &said)
                    })
                })
                .collect();
            drop(said);
            for (rows, bytes) in heard {
                meter.add(rows, bytes);
            }
            let mut outcome = Ok(());
            for worker in workers {
                let ended = worker.join();
                match ended.unwrap_or_else(|_| Err(Failure::Unreachable("a reader ended early".to_owned()))) {
                    Ok(()) => {}
                    Err(Failure::Stopped(error)) => outcome = Err(Failure::Stopped(error)),
                    Err(failure) if outcome.is_ok() => outcome = Err(failure),
                    Err(_) => {}
                }
            }
            outcome
        })
    }

    fn work(
        &self,
        view: &View<'_>,
        next: &AtomicUsize,
        stop: &AtomicBool,
        said: &Sender<(u64, u64)>,
    ) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|cause| Error::because("a reader of a source could not start", cause))?;
        let mut connection = None;
        while !stop.load(Ordering::Relaxed) {
            let Some((place, chunk)) = self.todo.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let staged = (self.name)(*place);
            let read = attempts(self.access.retries, || {
                runtime.block_on(self.read(&mut connection, view, chunk, &staged, said))
            });
            if let Err(failure) = read {
                stop.store(true, Ordering::Relaxed);
                return Err(failure);
            }
            crash::point();
        }
        if let Some(connection) = connection {
            // Nothing was written: an error here only says that the connection is gone already.
            let _ = runtime.block_on(connection.disconnect());
        }
        Ok(())
    }

    async fn read(
        &self,
        kept: &mut Option<Conn>,
        view: &View<'_>,
        chunk: &Chunk,
        staged: &Staged,
        said: &Sender<(u64, u64)>,
    ) -> Result<(), Failure> {
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => open(&self.access).await?,
        };
        let condition = chunk.condition(&self.table.primary_key);
        // Who hears the count is gone only when the whole work is given up.
        let mut tell = |rows, bytes| {
            let _ = said.send((rows, bytes));
        };
        stream(&mut connection, view, self.table, self.list, condition, staged, &mut tell).await?;
        *kept = Some(connection);
        Ok(())
    }
}
