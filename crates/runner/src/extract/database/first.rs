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
use serde::{Deserialize, Serialize};

use super::access::{Access, Failure};
use super::chunks::Chunk;
use super::cursor::pin;
use super::gather::{Pace, View};
use super::view::{Query, now, stream};
use super::{Server, attempts, block_on, columns};
use crate::Error;
use crate::crash;
use crate::extract::meter::Meter;
use crate::extract::staging::Staged;
use crate::extract::{Reading, SourceColumn, Watermark};

/// The version of the journal.
const FORMAT: u32 = 2;

/// What was decided before the first chunk.
#[derive(Serialize, Deserialize)]
struct Journal {
    format: u32,
    /// The declaration that the files are made by: with another one they are of no use.
    shape: String,
    watermark: String,
    bound: NaiveDateTime,
    /// The columns that were there.
    there: Vec<SourceColumn>,
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
pub(super) fn first_load<S: Server>(
    source: &Source,
    table: &Table,
    folder: &Path,
    meter: &mut Meter<'_>,
) -> Result<Option<FirstLoad>, Failure> {
    let Some(cursor) = &table.cursor else { return Ok(None) };
    let access = Access::<S>::new(source)?;
    let zone = source.timezone;
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
    let work = Work { access, table, zone, journal: &journal, todo: &todo, name: &name };
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

/// Cuts the table, where it is worth it, and pins the watermark before the first row is read.
async fn begin<S: Server>(
    access: &Access<S>,
    source: &Source,
    table: &Table,
    cursor: &str,
    zone: Tz,
    shape: &str,
) -> Result<Option<Journal>, Failure> {
    let doing = format!("dividing table `{}`", table.address);
    let mut connection = access.open().await?;
    let there = access.within(columns::look::<S>(&mut connection, table)).await?;
    columns::check(table, &there, &[])?;
    let Some((rows, chunks)) = S::cut(&mut connection, table, &there, source.chunk_rows, &doing).await? else {
        return Ok(None);
    };
    let bound = now(access, &mut connection).await?;
    let view = View { pace: Pace::new(None, 1), zone, bound };
    let pin = pin::<S>(&mut connection, table, &there, cursor, &view, &Reading::Whole, &doing);
    let Some(watermark) = access.within(pin).await?.watermark else { return Ok(None) };
    S::close(connection).await;
    let list = columns::list::<S>(table, &there)?;
    Ok(Some(Journal { format: FORMAT, shape: shape.to_owned(), watermark, bound, there, list, rows, chunks }))
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
struct Work<'w, S: Server> {
    access: Access<S>,
    table: &'w Table,
    zone: Tz,
    journal: &'w Journal,
    todo: &'w [(usize, &'w Chunk)],
    name: &'w (dyn Fn(usize) -> Staged + Sync),
}

impl<S: Server> Work<'_, S> {
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
                        let pace = Pace::new(self.access.rows_per_second, connections);
                        let view = View { pace, zone: self.zone, bound: self.journal.bound };
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
        view: &View,
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
            runtime.block_on(S::close(connection));
        }
        Ok(())
    }

    async fn read(
        &self,
        kept: &mut Option<S::Connection>,
        view: &View,
        chunk: &Chunk,
        staged: &Staged,
        said: &Sender<(u64, u64)>,
    ) -> Result<(), Failure> {
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => self.access.open().await?,
        };
        let key: Vec<String> = self.table.primary_key.iter().map(|column| S::quote(column)).collect();
        let Journal { there, list, .. } = self.journal;
        let query = Query { table: self.table, there, list, condition: chunk.condition(&key) };
        // Who hears the count is gone only when the whole work is given up.
        let mut tell = |rows, bytes| {
            let _ = said.send((rows, bytes));
        };
        stream(&self.access, &mut connection, view, &query, staged, &mut tell).await?;
        *kept = Some(connection);
        Ok(())
    }
}
