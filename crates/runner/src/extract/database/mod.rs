//! Databases: a source is read in one consistent view, streamed, and staged as typed rows in files, so that memory is
//! bounded whatever the table's size. The first load of a large table goes by ranges of its key, in parallel.
//! What differs between servers stands behind [`Server`]; it must not know what is done with the staged rows, nor write
//! into the state.

pub(crate) mod access;
mod beside;
pub(crate) mod chunks;
mod columns;
pub(crate) mod cursor;
mod first;
pub(crate) mod gather;
pub(crate) mod reconcile;
pub(crate) mod sql;
mod view;

use std::path::Path;
use std::time::Duration;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::model::{Column, Source, SourceType, Table};
use dwc_compiler::plan::Division;

pub(crate) use access::{Access, Failure, parameters, with_parameters};
pub(crate) use first::FirstLoad;

use super::meter::Meter;
use super::mysql::Mysql;
use super::postgres::Postgres;
use super::staging::Staged;
use super::{Read, Request, SourceColumn};
use crate::Error;
use chunks::Chunk;
use cursor::CursorKind;
use gather::Gather;
use sql::Sql;

/// What differs between servers.
pub(crate) trait Server: Sized {
    /// What the server is called.
    const NAME: &str;
    /// How an address of it is written.
    const FORM: &str;
    /// An address, ready to connect to.
    type Address: Send + Sync;
    /// An open session.
    type Connection;

    /// Reads an address; `None` where it is none of this server.
    fn address(text: &str) -> Option<Self::Address>;

    /// Opens a session in UTC.
    async fn open(address: &Self::Address, access: &Access<Self>) -> Result<Self::Connection, Failure>;

    /// Ends a session; nothing was written in it.
    async fn close(connection: Self::Connection);

    /// Opens a view: every statement sees the same rows until the session ends.
    async fn view(connection: &mut Self::Connection, doing: &str) -> Result<(), Failure>;

    /// The rows of a statement as texts.
    async fn ask(
        connection: &mut Self::Connection,
        sql: &Sql,
        doing: &str,
    ) -> Result<Vec<Vec<Option<String>>>, Failure>;

    /// A name as the server quotes it.
    fn quote(name: &str) -> String;

    /// The query of the server's own time, UTC.
    const NOW: &str;

    /// The query of the columns of a table, name and type, in their order.
    fn columns(table: &Table) -> Sql;

    /// What values of a type are as a cursor.
    fn cursor_kind(ty: &str) -> CursorKind;

    /// The greatest of an expression as text: a moment in UTC for an instant.
    fn greatest(kind: CursorKind, name: &str) -> String;

    /// What is selected for a declared column, or why it cannot be.
    fn select(table: &Table, column: &Column, there: &SourceColumn) -> Result<String, Error>;

    /// The text by which a value of a declared column is summed up, which is the warehouse's own for the landed value: see
    /// `Dialect::canonical`. `None` where the server cannot give it.
    fn canonical(column: &Column, there: &SourceColumn, zone: Tz) -> Option<Canonical>;

    /// How many bytes a text has.
    fn octets(text: &str) -> String;

    /// Texts joined end to end; NULL when one of them is.
    fn concat(parts: &[String]) -> String;

    /// 60 bits of the MD5 of a text.
    fn hash60(text: &str) -> String;

    /// A whole number, wide enough for sums and differences.
    fn whole(name: &str) -> String {
        name.to_owned()
    }

    /// How the server divides whole numbers.
    const DIVISION: Division;

    /// What is selected for the columns of a table that are not declared: one JSON object.
    fn extra(columns: &[&SourceColumn]) -> String;

    /// The chunks of about so many rows, and how many rows there are by the server's estimate; `None` where the table is
    /// smaller than two of them or its key cannot be cut.
    async fn cut(
        connection: &mut Self::Connection,
        table: &Table,
        there: &[SourceColumn],
        rows: u64,
        doing: &str,
    ) -> Result<Option<(u64, Vec<Chunk>)>, Failure>;

    /// Hands every row of a query over.
    async fn stream(
        connection: &mut Self::Connection,
        access: &Access<Self>,
        sql: &Sql,
        there: &[SourceColumn],
        gather: &mut Gather<'_>,
        doing: &str,
    ) -> Result<(), Failure>;

    /// A table's name, or a schema's and a table's.
    fn path(name: &str) -> String {
        name.splitn(2, '.').map(Self::quote).collect::<Vec<_>>().join(".")
    }
}

/// The text of a value in the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Canonical {
    /// The expression.
    pub(crate) sql: String,
    /// An instant is written by the clocks of the source's zone.
    pub(crate) by_clocks: bool,
}

impl From<String> for Canonical {
    fn from(sql: String) -> Self {
        Self { sql, by_clocks: false }
    }
}

/// What reading a source gave.
pub(crate) struct Extraction {
    /// The instant of the view, UTC.
    pub(crate) bound: NaiveDateTime,
    /// One per request, in their order.
    pub(crate) tables: Vec<Read>,
}

/// Stages every request, read in one view. A source that does not answer is tried again, from the start.
pub(crate) fn extract(
    source: &Source,
    requests: &[Request<'_>],
    staged: &[Staged],
    meter: &mut Meter<'_>,
) -> Result<Extraction, Failure> {
    match source.ty {
        SourceType::Postgres => extract_of::<Postgres>(source, requests, staged, meter),
        _ => extract_of::<Mysql>(source, requests, staged, meter),
    }
}

fn extract_of<S: Server>(
    source: &Source,
    requests: &[Request<'_>],
    staged: &[Staged],
    meter: &mut Meter<'_>,
) -> Result<Extraction, Failure> {
    let access = Access::<S>::new(source)?;
    let read = attempts(access.retries, || block_on(view::read(&access, source.timezone, requests, staged, meter)));
    read.map(|(bound, tables)| Extraction { bound, tables })
}

/// Stages a table in chunks, or goes on where a former run was killed; `None` where the table is small, or has no key or
/// cursor for it. Files stay in the folder until they have landed.
pub(crate) fn first_load(
    source: &Source,
    table: &Table,
    folder: &Path,
    meter: &mut Meter<'_>,
) -> Result<Option<FirstLoad>, Failure> {
    match source.ty {
        SourceType::Postgres => first::first_load::<Postgres>(source, table, folder, meter),
        _ => first::first_load::<Mysql>(source, table, folder, meter),
    }
}

/// The pause before another attempt at a source that does not answer: four times as long each time, up to a minute.
fn pause(attempt: u32) -> Duration {
    Duration::from_millis(300).saturating_mul(4_u32.saturating_pow(attempt)).min(Duration::from_secs(60))
}

/// Tries until there is an answer, or something that another attempt does not mend, or enough was tried.
fn attempts<T>(retries: u32, mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
    let mut tried = 0;
    loop {
        match attempt() {
            Err(Failure::Unreachable(_)) if tried < retries => std::thread::sleep(pause(tried)),
            done => return done,
        }
        tried += 1;
    }
}

/// Runs one connection's work on this thread.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|cause| Error::because("the reader of a source could not start", cause))?.block_on(work)
}
