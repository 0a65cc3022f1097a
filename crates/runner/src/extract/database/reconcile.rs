//! Reconciling: every table of a source in one view, compared by sums of segments with what is landed; the rows of segments
//! that differ, and those that the next increment reads, are staged as they would land. It must not know what differs in them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use dwc_compiler::model::{Source, SourceType, Table};
use dwc_compiler::plan::{Cut, sampled};
use dwc_compiler::sql::{Only, Part, reconciled_columns};
use dwc_googlesql::Type;

use super::access::{Access, Failure};
use super::beside::read_beside;
use super::cursor::CursorKind;
use super::gather::{Pace, View};
use super::sql::Sql;
use super::view::{Query, now, stream};
use super::{Mysql, Postgres, Server, attempts, block_on, columns};
use crate::Error;
use crate::extract::meter::Meter;
use crate::extract::staging::Staged;
use crate::extract::{SourceColumn, Watermark, moment};

/// Segments that are cut again at most.
const FINER: usize = 64;

/// A table that is compared.
pub(crate) struct Wanted<'a> {
    /// The table.
    pub(crate) table: &'a Table,
    /// How far it has been read; `None` where every increment reads all of it.
    pub(crate) mark: Option<Watermark>,
    /// The columns that it had when it was read last.
    pub(crate) known: Vec<SourceColumn>,
    /// Rows that the next increment does not read are compared where their cursor is not before this, UTC.
    pub(crate) since: Option<NaiveDateTime>,
    /// Keys are compared of a sample of so many ten-thousandths.
    pub(crate) share: Option<u32>,
    /// Where the rows go that the next increment reads.
    pub(crate) newer: Staged,
    /// Where the others go, of segments that differ.
    pub(crate) settled: Staged,
}

/// The rows of each segment: how many, and their sum.
pub(crate) type Sums = BTreeMap<i64, (i64, String)>;

/// How many rows are landed, and the ends of the first column of the key if it is a whole number.
pub(crate) type Extent = (i64, Option<(i64, i64)>);

/// The other side of a comparison: what is landed of the table at a place among those that are wanted.
pub(crate) trait Landed {
    /// The extent of what is landed and compared. The rows that the next increment reads are staged before it is asked for.
    /// Instants of some columns are by the clocks of a zone.
    fn extent(&mut self, at: usize, only: &Only, zones: &BTreeMap<String, String>) -> Result<Extent, Error>;

    /// The sums of segments, of the rows that the next increment does not read.
    fn sums(&mut self, at: usize, cut: &Cut, part: &Part<'_>, zones: &BTreeMap<String, String>) -> Result<Sums, Error>;
}

/// What a comparison has read of one table.
#[derive(Debug)]
pub(crate) struct Read {
    /// The segments whose rows are staged; `None` where all are.
    pub(crate) segments: Option<Vec<(Cut, BTreeSet<i64>)>>,
    /// Which rows were compared.
    pub(crate) only: Only,
    /// How many rows the source has added up; none where each was read.
    pub(crate) summed: i64,
    /// By the clocks of which zone instants are summed up.
    pub(crate) zones: BTreeMap<String, String>,
    /// The column for whose values the server has no text that can be summed up: all rows were read.
    pub(crate) unsummed: Option<String>,
}

/// Compares tables in one view: its instant by the server's clock, UTC, and what was read of each.
pub(crate) fn reconcile(
    source: &Source,
    wanted: &[Wanted<'_>],
    landed: &mut dyn Landed,
    tell: &mut dyn FnMut(&str),
) -> Result<(NaiveDateTime, Vec<Read>), Failure> {
    read_beside(landed, tell, |landed, meter| match source.ty {
        SourceType::Postgres => reconcile_of::<Postgres>(source, wanted, landed, meter),
        _ => reconcile_of::<Mysql>(source, wanted, landed, meter),
    })
}

fn reconcile_of<S: Server>(
    source: &Source,
    wanted: &[Wanted<'_>],
    landed: &mut dyn Landed,
    meter: &mut Meter<'_>,
) -> Result<(NaiveDateTime, Vec<Read>), Failure> {
    let access = Access::<S>::new(source)?;
    attempts(access.retries, || {
        block_on(async {
            let mut connection = access.open().await?;
            let bound = now::<S>(&access, &mut connection).await?;
            access.within(S::view(&mut connection, "opening the view")).await?;
            let view = View { pace: Pace::new(access.rows_per_second, 1), zone: source.timezone, bound };
            let mut all = Vec::with_capacity(wanted.len());
            for (at, one) in wanted.iter().enumerate() {
                meter.table(&one.table.address, None);
                let mut reading = Reading { access: &access, connection: &mut connection, view: &view, one };
                all.push(reading.read(at, landed, meter).await?);
                meter.done();
            }
            S::close(connection).await;
            Ok((bound, all))
        })
    })
}

/// One table that is read.
struct Reading<'r, S: Server> {
    access: &'r Access<S>,
    connection: &'r mut S::Connection,
    view: &'r View,
    one: &'r Wanted<'r>,
}

/// The texts of the columns that are compared, in the server's words.
#[derive(Default)]
struct Texts {
    /// By column; `None` where the server has no text that both sides share.
    fields: BTreeMap<String, Option<String>>,
    zones: BTreeMap<String, String>,
}

/// How rows are summed up in the server's words.
struct Summing {
    /// The hash of a row.
    row: String,
    /// The hash of its key.
    key: String,
    /// The first column of the key.
    first: String,
    /// The first column of the key is a whole number.
    by_ranges: bool,
}

impl<S: Server> Reading<'_, S> {
    async fn read(&mut self, at: usize, landed: &mut dyn Landed, meter: &mut Meter<'_>) -> Result<Read, Failure> {
        let table = self.one.table;
        let there = self.access.within(columns::look::<S>(self.connection, table)).await?;
        columns::check(table, &there, &self.one.known)?;
        let (newer, settled) = self.halves(&there);
        let texts = self.texts(&there);
        let (since, sample, only) = self.only(&there, &texts);
        let narrowed = |rows: Sql, by: Option<Sql>| match (rows.is_empty(), by) {
            (_, None) => rows,
            (true, Some(by)) => by,
            (false, Some(by)) => Sql::new("(").then(rows).text(") AND ").then(by),
        };
        let newer = narrowed(newer, sample.clone());
        self.stage(&there, newer, &self.one.newer, meter).await?;
        let whole = |only, unsummed| Read { segments: None, only, summed: 0, zones: texts.zones.clone(), unsummed };
        let Some(settled) = settled else {
            self.stage(&there, Sql::new("1 = 0"), &self.one.settled, meter).await?;
            return Ok(whole(only, None));
        };
        let settled = narrowed(narrowed(settled, since), sample);
        let summing = match self.summing(&there, &texts) {
            Ok(summing) => summing,
            Err(column) => {
                self.stage(&there, settled, &self.one.settled, meter).await?;
                return Ok(whole(only, Some(column)));
            }
        };
        let (segments, summed) = self.differing(at, &settled, &summing, (&only, &texts.zones), landed).await?;
        let each: Vec<String> =
            segments.iter().map(|(cut, some)| cut.among(some, &summing.first, &summing.key, S::DIVISION)).collect();
        let condition = settled.text(format!(" AND ({})", each.join(" OR ")));
        self.stage(&there, condition, &self.one.settled, meter).await?;
        Ok(Read { segments: Some(segments), only, summed, zones: texts.zones, unsummed: None })
    }

    /// The condition of the rows that the next increment reads, empty where it reads all of them; and that of the others.
    fn halves(&self, there: &[SourceColumn]) -> (Sql, Option<Sql>) {
        let table = self.one.table;
        let (Some(cursor), Some(mark)) = (&table.cursor, &self.one.mark) else { return (Sql::default(), None) };
        let name = S::quote(cursor);
        let column = there.iter().find(|column| column.name.eq_ignore_ascii_case(cursor));
        let kind = column.map_or(CursorKind::Text, |column| S::cursor_kind(&column.ty));
        let start = kind.start(mark, table.lookback_seconds, self.view.zone, self.view.bound);
        let newer = Sql::new(format!("{name} >= ")).value(start.clone()).text(format!(" OR {name} IS NULL"));
        (newer, Some(Sql::new(format!("{name} < ")).value(start)))
    }

    /// The texts of the columns.
    fn texts(&self, there: &[SourceColumn]) -> Texts {
        let mut all = Texts::default();
        for column in reconciled_columns(self.one.table) {
            let field = match there.iter().find(|other| other.name.eq_ignore_ascii_case(&column.name)) {
                // It lands as NULL.
                None => Some("'-,'".to_owned()),
                Some(found) => S::canonical(column, found, self.view.zone).map(|canonical| {
                    if canonical.by_clocks {
                        all.zones.insert(column.name.clone(), self.view.zone.name().to_owned());
                    }
                    let text = canonical.sql;
                    let parts = match column.ty {
                        Type::String => [S::octets(&text), "':'".to_owned(), text].to_vec(),
                        _ => [text, "','".to_owned()].to_vec(),
                    };
                    format!("COALESCE({}, '-,')", S::concat(&parts))
                }),
            };
            all.fields.insert(column.name.clone(), field);
        }
        all
    }

    /// The conditions of the rows that are compared, by their cursor and by their key, and what was asked for of it that can be
    /// done: a cursor that is no time has no period, and a key that the two sides may write differently has no sample.
    fn only(&self, there: &[SourceColumn], texts: &Texts) -> (Option<Sql>, Option<Sql>, Only) {
        let table = self.one.table;
        let column = |name: &str| there.iter().find(|column| column.name.eq_ignore_ascii_case(name));
        let since = self.one.since.zip(table.cursor.as_deref()).and_then(|(at, cursor)| {
            let local = moment::to_local(at, self.view.zone);
            let there = match column(cursor).map(|column| S::cursor_kind(&column.ty))? {
                CursorKind::Instant => moment::write(at),
                CursorKind::Local => moment::write(local),
                CursorKind::Day => local.format("%Y-%m-%d").to_string(),
                CursorKind::Number | CursorKind::Text => return None,
            };
            let here = match table.column(cursor)?.ty {
                Type::Timestamp => moment::write(at),
                Type::DateTime => moment::write(local),
                Type::Date => local.format("%Y-%m-%d").to_string(),
                _ => return None,
            };
            Some((Sql::new(format!("{} >= ", S::quote(cursor))).value(there), here))
        });
        let folds = |name: &String| table.column(name).is_some_and(|column| column.folds_case);
        let sample = self.one.share.filter(|_| !table.primary_key.iter().any(folds)).and_then(|share| {
            let condition = sampled(&self.key_hash(texts)?, share, S::DIVISION);
            Some((Sql::new(condition), share))
        });
        let (since, here) = since.unzip();
        let (sample, share) = sample.unzip();
        (since, sample, Only { since: here, share })
    }

    /// The hash of a row's key, where both sides share the texts of its columns.
    fn key_hash(&self, texts: &Texts) -> Option<String> {
        let field = |name: &String| texts.fields.get(name).cloned().flatten();
        let key: Option<Vec<String>> = self.one.table.primary_key.iter().map(field).collect();
        Some(S::hash60(&S::concat(&key?)))
    }

    /// How rows are summed up, or the column that cannot be.
    fn summing(&self, there: &[SourceColumn], texts: &Texts) -> Result<Summing, String> {
        let table = self.one.table;
        let field = |name: &str| texts.fields.get(name).cloned().flatten().ok_or_else(|| name.to_owned());
        let row: Vec<String> = reconciled_columns(table).map(|column| field(&column.name)).collect::<Result<_, _>>()?;
        let first = table.primary_key.first().map_or("", String::as_str);
        let is_whole = |ty: &str| S::cursor_kind(ty) == CursorKind::Number;
        let declared = table.column(first).is_some_and(|column| column.ty == Type::Int64);
        let found = there.iter().find(|other| other.name.eq_ignore_ascii_case(first));
        Ok(Summing {
            row: S::hash60(&S::concat(&row)),
            key: self.key_hash(texts).unwrap_or_default(),
            first: S::quote(found.map_or(first, |found| &found.name)),
            by_ranges: declared && found.is_some_and(|found| is_whole(&found.ty)),
        })
    }

    /// The segments that differ, and how many rows the source has in all; segments with too many rows are cut again.
    async fn differing(
        &mut self,
        at: usize,
        settled: &Sql,
        summing: &Summing,
        (only, zones): (&Only, &BTreeMap<String, String>),
        landed: &mut dyn Landed,
    ) -> Result<(Vec<(Cut, BTreeSet<i64>)>, i64), Failure> {
        let (rows, ends) = landed.extent(at, only, zones)?;
        let mut waiting = vec![(Cut::of(rows, ends.filter(|_| summing.by_ranges)), None::<(Cut, i64)>)];
        let mut all: Vec<(Cut, BTreeSet<i64>)> = Vec::new();
        let (mut finer, mut summed) = (0, 0);
        while let Some((cut, within)) = waiting.pop() {
            let mut condition = settled.clone();
            let mut part = Part { only: only.clone(), ..Part::default() };
            if let Some((outer, segment)) = &within {
                let one = BTreeSet::from([*segment]);
                let among = outer.among(&one, &summing.first, &summing.key, S::DIVISION);
                condition = condition.text(format!(" AND {among}"));
                part.segments.push((outer, one));
            }
            let there = self.sums(&cut, condition, summing).await?;
            let here = landed.sums(at, &cut, &part, zones)?;
            if within.is_none() {
                summed = there.values().map(|(rows, _)| rows).sum();
            }
            let mut some = BTreeSet::new();
            for segment in there.keys().chain(here.keys()).copied().collect::<BTreeSet<i64>>() {
                if there.get(&segment) == here.get(&segment) {
                    continue;
                }
                let rows = |sums: &Sums| sums.get(&segment).map_or(0, |(rows, _)| *rows);
                match cut.finer(segment, rows(&there).max(rows(&here))).filter(|_| finer < FINER) {
                    Some(next) => {
                        finer += 1;
                        waiting.push((next, Some((cut.clone(), segment))));
                    }
                    None => drop(some.insert(segment)),
                }
            }
            all.push((cut, some));
        }
        Ok((all, summed))
    }

    /// The sums of segments on the server.
    async fn sums(&mut self, cut: &Cut, condition: Sql, summing: &Summing) -> Result<Sums, Failure> {
        let table = self.one.table;
        let segment = cut.segment(&S::whole(&summing.first), &summing.key, S::DIVISION);
        let sql = Sql::new(format!(
            "SELECT {segment} AS _segment, COUNT(*), SUM({}) FROM {} WHERE ",
            summing.row,
            S::path(&table.physical)
        ));
        let sql = sql.then(condition).text(" GROUP BY 1");
        let doing = format!("adding up table `{}`", table.address);
        let rows = self.access.within(S::ask(self.connection, &sql, &doing)).await?;
        let row = |row: Vec<Option<String>>| {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let mut number = || cells.next().and_then(|text| text.parse::<i64>().ok());
            let (segment, rows) = (number()?, number()?);
            Some((segment, (rows, cells.next()?)))
        };
        let read: Option<Sums> = rows.into_iter().map(row).collect();
        read.ok_or_else(|| Failure::refused(&doing, "the server sent a sum that is no number"))
    }

    async fn stage(
        &mut self,
        there: &[SourceColumn],
        condition: Sql,
        staged: &Staged,
        meter: &mut Meter<'_>,
    ) -> Result<(), Failure> {
        let table = self.one.table;
        let list = columns::list::<S>(table, there)?;
        let mut tell = |rows, bytes| meter.add(rows, bytes);
        let query = Query { table, there, list: &list, condition };
        stream(self.access, self.connection, self.view, &query, staged, &mut tell).await
    }
}
