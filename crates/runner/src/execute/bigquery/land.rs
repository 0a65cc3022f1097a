//! Landing on BigQuery: files are read and cast by the embedded engine, travel as Parquet into staging tables of the batch,
//! and one script merges them with the record of the batch. It must not know how BigQuery takes a file.

use std::path::Path;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Contents, DetectDeletes, Source, SourceType, Table, TargetType};
use dwc_compiler::plan::{Landing, Reads, Stage, Statement};
use dwc_compiler::sql::{self, googlesql::Type};
use serde_json::Value;

use super::land_warehouse::{ReadThere, land_warehouse};
use super::number;
use super::staged::{Travelling, send};
use crate::execute::crash;
use crate::execute::land::{check_rejected, notice, report_of, too_many_rejected};
use crate::execute::land_database::{Taken, make_rejects};
use chrono_tz::Tz;

use crate::execute::land_files::{self, Work};
use crate::execute::land_keys;
use crate::execute::reading::advance;
use crate::execute::report::{Notice, SourceReport, TableReport};
use crate::execute::run::{Mode, RunOptions};
use crate::extract::files::{self, quote};
use crate::extract::{Reading, staging};
use crate::state::{self, literal};
use crate::warehouse::bigquery::{Script, held_by, instant, text};
use crate::{BigQueryWarehouse, Error};

/// Lands what is new of one source.
pub(in crate::execute) fn land(
    warehouse: &BigQueryWarehouse,
    folder: &Path,
    source: &Source,
    tables: &[(&Table, &Landing)],
    split: bool,
    options: &RunOptions,
) -> Result<SourceReport, Error> {
    match source.ty {
        SourceType::Files => land_new_files(warehouse, folder, source, tables, split, options),
        SourceType::Warehouse => land_warehouse(warehouse, source, tables, options),
        // What is read of a database comes by `land_taken`.
        SourceType::Mysql | SourceType::Postgres => Ok(report_of(source)),
    }
}

fn land_new_files(
    warehouse: &BigQueryWarehouse,
    folder: &Path,
    source: &Source,
    tables: &[(&Table, &Landing)],
    split: bool,
    options: &RunOptions,
) -> Result<SourceReport, Error> {
    let copy = warehouse.copy();
    let mut report = report_of(source);
    let work = land_files::new_files(copy, folder, tables, options, &mut report.notices)?;
    for (_, part) in land_files::cut(&work, split) {
        let landed = land_files::without_changing(part, &mut report.notices, |bound, part, notices| {
            commit(warehouse, source, options.mode, bound, |batch| {
                notices.clear();
                part.iter()
                    .map(|work| staged_files(warehouse, (folder, land_files::zone_of(source)), work, batch, notices))
                    .collect()
            })
        })?;
        if let Some(landed) = landed {
            report.add(landed);
        }
    }
    for (table, _) in tables {
        land_files::expect(copy, table, options)?;
    }
    Ok(report)
}

/// Reads and casts the new files of one table, and sends them. What has changed of their columns is added to `notices`.
fn staged_files<'a>(
    warehouse: &BigQueryWarehouse,
    (folder, zone): (&Path, Tz),
    (table, landing, files, fresh): &Work<'a>,
    batch: i64,
    notices: &mut Vec<Notice>,
) -> Result<Sent<'a>, Error> {
    let copy = warehouse.copy();
    let mut counts = TableReport { table: table.address.clone(), ..TableReport::default() };
    let local = sql::stage(table, TargetType::Duckdb);
    let is_snapshot = files.contents == Contents::Snapshot;
    files::make_stage(copy, &local)?;
    files::make_rejects(copy, table, &local)?;
    let (mut read, mut passes): (i64, Vec<Pass>) = (0, Vec::new());
    let mut intake = files::Intake::new(copy, table, &local, batch)?;
    for (place, (file, digest)) in fresh.iter().enumerate() {
        let staged = land_files::stage_whole(&mut intake, (files, zone), (file, digest), place)?;
        read += staged.read;
        counts.rejected += staged.rejected;
        notices.extend(notice(table, &staged.changes));
        let is_whole = is_snapshot && staged.unreadable == 0;
        if is_snapshot && !is_whole {
            notices.push(land_files::proves_nothing(table, &file.name, staged.unreadable));
        }
        // The files of one time are one snapshot.
        match passes.last_mut() {
            Some(Pass { places: Some((_, last)), at, is_whole: whole }) if is_snapshot && *at == file.at => {
                *last = place;
                *whole &= is_whole;
            }
            _ if is_snapshot => passes.push(Pass { places: Some((place, place)), at: file.at, is_whole }),
            _ => {}
        }
    }
    intake.finish()?;
    land_files::record(copy, table, fresh, batch)?;
    let names: Vec<&str> = fresh.iter().map(|(file, _)| file.name.as_str()).collect();
    for (first, last) in passes.iter().filter_map(|pass| pass.places) {
        let rows = format!("(SELECT * FROM {} WHERE _state >> 32 BETWEEN {first} AND {last})", local.path);
        land_keys::check_unique_of(copy, table, &rows, &names)?;
    }
    check_rejected(table, read, counts.rejected)?;
    if !is_snapshot {
        let at = fresh.last().map(|(file, _)| file.at).unwrap_or_default();
        passes.push(Pass { places: None, at, is_whole: false });
    }
    let rejected = if is_snapshot && counts.rejected > 0 { rejected_keys(table, &local) } else { None };
    let stage = format!("DROP TABLE {}; DROP TABLE {}", local.path, files::rejects_of(&local));
    let batch = Batch { table, landing, local, order: Some("_state"), rejected, passes, counts };
    let sent = batch.send(warehouse, &folder.join("target").join("staging"))?;
    copy.execute(&stage)?;
    Ok(sent)
}

/// Lands what was read of a database, in one transaction with the record of the batch.
pub(in crate::execute) fn land_taken(
    warehouse: &BigQueryWarehouse,
    folder: &Path,
    source: &Source,
    mode: Mode,
    (bound, at): (NaiveDateTime, NaiveDateTime),
    taken: &[Taken<'_>],
) -> Result<SourceReport, Error> {
    let mut notices = Vec::new();
    let landed = commit(warehouse, source, mode, at, |batch| {
        notices.clear();
        taken.iter().map(|taken| send_taken(warehouse, folder, taken, batch, (bound, at), &mut notices)).collect()
    })?;
    Ok(SourceReport { notices, ..landed })
}

fn send_taken<'a>(
    warehouse: &BigQueryWarehouse,
    folder: &Path,
    taken: &Taken<'a>,
    batch: i64,
    (bound, at): (NaiveDateTime, NaiveDateTime),
    notices: &mut Vec<Notice>,
) -> Result<Sent<'a>, Error> {
    let (copy, table) = (warehouse.copy(), taken.request.table);
    let local = sql::stage(table, TargetType::Duckdb);
    let address = literal(&table.address);
    staging::view(copy, &local, taken.staged.iter().map(|staged| staged.rows.as_path()), at)?;
    let rejects = quote(&format!("rejects_of_{}", local.path.trim_matches('"')));
    make_rejects(copy, table, &local, &rejects)?;
    staging::load(copy, &rejects, taken.staged.iter().map(|staged| staged.rejects.as_path()))?;
    state::keep_events(copy, (batch, &table.address), &rejects)?;
    let count = |from: &str| Ok::<_, Error>(copy.number(&format!("SELECT COUNT(*) FROM {from}"))?.unwrap_or(0));
    let rejected = count(&rejects)?;
    check_rejected(table, count(&local.path)? + rejected, rejected)?;
    land_keys::check_unique(copy, table, &local.path)?;
    let has_rows = count(&format!("_dwc.table_batches WHERE source_table = {address} AND inserted > 0"))? > 0;
    let shows_absent = taken.request.reading == Reading::Whole && shows_deletes(table) && has_rows;
    let held = if shows_absent { land_keys::nameless(copy, table, &rejects)? } else { None };
    advance(copy, taken.request, taken.mark, &bound, batch)?;
    if let Some(columns) = taken.columns {
        state::put_source_columns(copy, &table.address, columns)?;
    }
    let keys: Vec<String> = table.primary_key.iter().map(|key| quote(key)).collect();
    let drop = format!("DROP VIEW {}; DROP TABLE {rejects}", local.path);
    let batch = Batch {
        table,
        landing: taken.landing,
        local,
        order: None,
        rejected: (rejected > 0).then(|| format!("SELECT 0 AS _place, {} FROM {rejects}", keys.join(", "))),
        passes: vec![Pass { places: None, at, is_whole: shows_absent && held.is_none() }],
        counts: TableReport { table: table.address.clone(), rejected, ..TableReport::default() },
    };
    notices.extend(held);
    let sent = batch.send(warehouse, folder)?;
    copy.execute(&drop)?;
    Ok(sent)
}

/// Whether what a reading of the whole table lacks is gone.
fn shows_deletes(table: &Table) -> bool {
    table.detect_deletes == DetectDeletes::FullPass
}

/// The keys of rows that the files of a batch hold and that do not cast: they are not gone.
fn rejected_keys(table: &Table, local: &Stage) -> Option<String> {
    let keys: Vec<String> = local
        .columns
        .iter()
        .filter(|(name, _)| table.primary_key.contains(name))
        .map(|(name, _)| quote(name))
        .collect();
    (!keys.is_empty()).then(|| format!("SELECT _place, {} FROM {}", keys.join(", "), files::rejects_of(local)))
}

/// Sends keys, and gives a relation over them.
fn send_keys(warehouse: &BigQueryWarehouse, table: &Table, rows: &str, file: &Path) -> Result<String, Error> {
    let mut columns = vec![Travelling::new("_place", &Type::Int64)?];
    for (name, ty) in table.landed_columns().iter().filter(|(name, _)| table.primary_key.contains(name)) {
        columns.push(Travelling::new(name, ty)?);
    }
    let name = format!("{}__rejected", table.address.replace('.', "__"));
    let rows = format!("({rows}) AS _r");
    send(warehouse, &name, &columns, &rows, Some("ALL"), &file.with_extension("rejected.parquet"))
}

/// Rows that are merged at once.
pub(super) struct Pass {
    /// The first and the last file among those of the batch; all of them where left out.
    places: Option<(usize, usize)>,
    /// The instant of the rows.
    at: NaiveDateTime,
    /// What they lack is gone.
    is_whole: bool,
}

/// A batch of one table in the embedded stage.
pub(super) struct Batch<'a> {
    table: &'a Table,
    landing: &'a Landing,
    local: Stage,
    /// The order of its rows, where it is not that in which they lie.
    order: Option<&'static str>,
    /// The keys that were read and rejected, as a query of the embedded engine with `_place`; `None` where there are none.
    rejected: Option<String>,
    passes: Vec<Pass>,
    counts: TableReport,
}

/// A batch of one table in its staging table.
pub(super) struct Sent<'a> {
    table: &'a Table,
    landing: &'a Landing,
    /// A relation of the landed types, with `_place`.
    rows: String,
    /// A relation of the keys that were read and rejected, with `_place`; `None` where there are none.
    rejected: Option<String>,
    passes: Vec<Pass>,
    counts: TableReport,
    /// How the script reads the rows itself, where they are not sent.
    there: Option<ReadThere>,
}

impl<'a> Batch<'a> {
    fn send(self, warehouse: &BigQueryWarehouse, folder: &Path) -> Result<Sent<'a>, Error> {
        let name = self.table.address.replace('.', "__");
        let mut columns = self
            .table
            .landed_columns()
            .iter()
            .map(|(name, ty)| Travelling::new(name, ty))
            .collect::<Result<Vec<_>, _>>()?;
        for (name, ty) in
            [("_state", Type::Int64), ("_at", Type::Timestamp), ("_deleted", Type::Bool), ("_place", Type::Int64)]
        {
            columns.push(Travelling::new(name, &ty)?);
        }
        let rows = format!("(SELECT *, _state >> 32 AS _place FROM {}) AS _s", self.local.path);
        let file = folder.join(format!("{name}.parquet"));
        let rows = send(warehouse, &name, &columns, &rows, self.order, &file)?;
        let rejected = match &self.rejected {
            Some(rejected) if self.passes.iter().any(|pass| pass.is_whole) => {
                Some(send_keys(warehouse, self.table, rejected, &file)?)
            }
            _ => None,
        };
        let Self { table, landing, passes, counts, .. } = self;
        Ok(Sent { table, landing, rows, rejected, passes, counts, there: None })
    }
}

impl<'a> Sent<'a> {
    /// Rows that the script itself reads, all of them at one instant.
    pub(super) fn read_there(
        (table, landing): (&'a Table, &'a Landing),
        rows: String,
        rejected: Option<String>,
        at: NaiveDateTime,
        is_whole: bool,
        there: ReadThere,
    ) -> Self {
        let counts = TableReport { table: table.address.clone(), ..TableReport::default() };
        let passes = vec![Pass { places: None, at, is_whole }];
        Self { table, landing, rows, rejected, passes, counts, there: Some(there) }
    }

    /// Adds the merge of the batch to a script. Gives the numbers of its statements.
    fn merge(&self, script: &mut Script, state: &str) -> std::ops::Range<usize> {
        let first = script.next();
        let stage = &self.landing.stage.path;
        if let Some(there) = &self.there {
            there.begin(script, state, self.table);
        }
        for pass in &self.passes {
            let within = |(first, last): (usize, usize)| format!("_place BETWEEN {first} AND {last}");
            let only = pass.places.map_or_else(String::new, |places| format!(" WHERE {}", within(places)));
            script.raw(&format!(
                "CREATE OR REPLACE TEMP TABLE {stage} AS\nSELECT * EXCEPT (_place) FROM {} AS _b{only}",
                self.rows
            ));
            script.raw(&format!("SET dwc_at = {}", instant(&pass.at)));
            if self.there.is_some() {
                self.check_unique(script);
            }
            if pass.is_whole {
                let nameless = self.nameless(script);
                self.check_deleted(script, nameless.as_deref());
                for statement in &self.landing.absent {
                    script.add(statement);
                }
                if let Some(rejected) = &self.rejected {
                    let equal: Vec<String> = self
                        .table
                        .primary_key
                        .iter()
                        .map(|key| format!("{} = {}", self.by("_r", key), self.by("_s", key)))
                        .collect();
                    let place = pass.places.map_or_else(String::new, |places| format!("_r.{} AND ", within(places)));
                    script.raw(&format!(
                        "DELETE FROM {stage} AS _s\nWHERE _s._deleted AND EXISTS (SELECT 1 FROM {rejected} AS _r WHERE {place}{})",
                        equal.join(" AND ")
                    ));
                }
                if let Some(nameless) = nameless {
                    script.raw(&format!("DELETE FROM {stage} AS _s\nWHERE _s._deleted AND EXISTS ({nameless})"));
                }
            }
            for statement in &self.landing.merge {
                script.add(statement);
            }
        }
        let steps = first..script.next();
        self.record(script, state, &steps);
        steps
    }

    /// A column of the key under an alias, as it is compared.
    fn by(&self, alias: &str, key: &str) -> String {
        sql::compared(self.table, TargetType::Bigquery, key, format!("{alias}.`{key}`"))
    }

    /// Ends the script where rows that it has read itself share their primary key.
    fn check_unique(&self, script: &mut Script) {
        if self.table.primary_key.is_empty() || !self.table.has_one_state() {
            return;
        }
        let keys: Vec<String> = self.table.primary_key.iter().map(|key| self.by("_s", key)).collect();
        let named: Vec<String> = self
            .table
            .primary_key
            .iter()
            .map(|key| format!("CONCAT({}, CAST({} AS STRING))", text(&format!("{key}=")), self.by("_s", key)))
            .collect();
        script.raw(&format!(
            "SET dwc_keys = ARRAY(\nSELECT CONCAT({}, ' (', CAST(COUNT(*) AS STRING), ' rows)') AS _key\nFROM {} AS _s\n\
             GROUP BY {} HAVING COUNT(*) > 1 ORDER BY _key LIMIT 20)",
            named.join(", ', ', "),
            self.landing.stage.path,
            keys.join(", ")
        ));
        script.holds_if(
            "ARRAY_LENGTH(dwc_keys) > 0",
            script.next(),
            "TO_JSON_STRING(STRUCT(ARRAY_TO_STRING(dwc_keys, '; ') AS shared))",
        );
    }

    /// Counts the rows without a key, of those that the script itself reads: they hold back what a reading lacks. Gives a
    /// query of them.
    fn nameless(&self, script: &mut Script) -> Option<String> {
        let (Some(_), Some(rejected), false) = (&self.there, &self.rejected, self.table.primary_key.is_empty()) else {
            return None;
        };
        let null: Vec<String> = self.table.primary_key.iter().map(|key| format!("_r.`{key}` IS NULL")).collect();
        // A first reading deletes nothing.
        let landed = format!("EXISTS (SELECT 1 FROM {} AS _l)", self.landing.rows);
        let from = format!("FROM {rejected} AS _r WHERE ({}) AND {landed}", null.join(" OR "));
        script.add(&Statement { sql: format!("SELECT COUNT(*) AS nameless {from}"), reads: Reads::Counts });
        Some(format!("SELECT 1 {from}"))
    }

    /// What is said of what the statements have counted.
    fn notice(&self, steps: &std::ops::Range<usize>, found: &[(usize, Value)]) -> Option<Notice> {
        let of_this = found.iter().filter(|(step, _)| steps.contains(step));
        let nameless: i64 = of_this.map(|(_, json)| number(json, "nameless")).sum();
        land_keys::holds_deletes(self.table, nameless)
    }

    /// Ends the script where a reading of the whole table lacks more rows than is let through.
    fn check_deleted(&self, script: &mut Script, nameless: Option<&str>) {
        if self.table.primary_key.is_empty() {
            return;
        }
        let too_many = match self.table.max_deleted_share {
            Some(share) => format!("landed > 0 AND gone / landed > {share}"),
            None => "landed > 0 AND (gone >= landed OR (landed >= 100 AND gone / landed > 0.5))".to_owned(),
        };
        let proves = nameless.map_or_else(String::new, |nameless| format!(" AND NOT EXISTS ({nameless})"));
        let key = self.table.landing_key();
        let equal: Vec<String> =
            key.iter().map(|key| format!("{} = {}", self.by("_s", key), self.by("_l", key))).collect();
        let distinct = key.iter().map(|key| {
            let (own, by) =
                (format!("`{key}`"), sql::compared(self.table, TargetType::Bigquery, key, format!("`{key}`")));
            if own == by { own } else { format!("{by} AS {own}") }
        });
        script.raw(&format!(
            "SET dwc_keys = ARRAY(\nSELECT TO_JSON_STRING(STRUCT(gone AS gone, landed AS landed)) FROM (\nSELECT COUNT(*) AS landed, COUNTIF(_s._found IS NULL) AS gone\n\
             FROM {} AS _l LEFT JOIN (SELECT DISTINCT {}, TRUE AS _found FROM {}) AS _s ON {}\nWHERE NOT _l._deleted) AS _n WHERE {too_many}{proves})",
            self.landing.rows,
            distinct.collect::<Vec<_>>().join(", "),
            self.landing.stage.path,
            equal.join(" AND ")
        ));
        script.holds_if("ARRAY_LENGTH(dwc_keys) > 0", script.next(), "dwc_keys[OFFSET(0)]");
    }

    /// Records what the statements have counted.
    fn record(&self, script: &mut Script, state: &str, steps: &std::ops::Range<usize>) {
        let count = |name: &str| {
            format!("COALESCE(SUM(CAST(JSON_VALUE(SUBSTR(_f, STRPOS(_f, ':') + 1), '$.{name}') AS INT64)), 0)")
        };
        script.raw(&format!(
            "INSERT INTO `{state}`.`table_batches` (batch, source_table, extracted, inserted, updated, deleted, unchanged, superseded, rejected)\n\
             SELECT dwc_batch, {}, {} + {rejected}, {}, {}, {}, {}, {}, {rejected}\nFROM UNNEST(dwc_found) AS _f\n\
             WHERE CAST(SUBSTR(_f, 1, STRPOS(_f, ':') - 1) AS INT64) BETWEEN {} AND {}",
            text(&self.table.address),
            count("extracted"),
            count("inserted"),
            count("updated"),
            count("deleted"),
            count("unchanged"),
            count("superseded"),
            steps.start,
            steps.end,
            rejected = format!("{} + {}", self.counts.rejected, count("rejected")),
        ));
    }

    /// What the statements have counted.
    fn counted(&self, steps: &std::ops::Range<usize>, found: &[(usize, Value)]) -> TableReport {
        let mut counts = self.counts.clone();
        for (_, json) in found.iter().filter(|(step, _)| steps.contains(step)) {
            counts.count(&|name| number(json, name));
        }
        counts.extracted += counts.rejected;
        counts
    }

    /// Why the script was ended.
    fn stopped(&self, json: &Value) -> Error {
        if let Some(shared) = json.get("shared").and_then(Value::as_str) {
            return land_keys::broken(self.table, shared);
        }
        if json.get("rejected").is_some() {
            return too_many_rejected(self.table, number(json, "rejected"), number(json, "seen"));
        }
        let (gone, all) = (number(json, "gone"), number(json, "landed"));
        Error::coded(
            Code::TooManyDeleted,
            format!("a read of table `{}` lacks {gone} of {all} rows", self.table.address),
        )
        .help("check the source; if the rows are really gone, declare a greater `max_deleted_share`")
    }
}

/// One unit for a source: what is staged is merged, and the batch is recorded with what it merged.
pub(super) fn commit<'a>(
    warehouse: &BigQueryWarehouse,
    source: &Source,
    mode: Mode,
    bound: NaiveDateTime,
    mut stage: impl FnMut(i64) -> Result<Vec<Sent<'a>>, Error>,
) -> Result<SourceReport, Error> {
    let copy = warehouse.copy();
    crash::point();
    let report = warehouse.unit(|| {
        let mut report = report_of(source);
        let batch = copy.number("SELECT MAX(batch) FROM _dwc.batches")?.unwrap_or(0) + 1;
        report.batch = batch;
        let tables = stage(batch)?;
        crash::point();
        copy.execute(&format!(
            "INSERT INTO _dwc.batches VALUES ({batch}, {}, '{}', TIMESTAMP '{}')",
            literal(&source.name),
            mode.name(),
            bound.format("%Y-%m-%d %H:%M:%S%.f")
        ))?;
        let mut script = Script::new(&format!("land_{}", source.name), batch, 0, bound);
        let state = warehouse.state_dataset();
        let steps: Vec<_> = tables.iter().map(|table| table.merge(&mut script, &state)).collect();
        let found = warehouse.commit(script).map_err(|error| match held_by(&error) {
            Some((step, json)) => {
                let at = steps.iter().position(|steps| steps.contains(&step));
                at.map_or(error, |at| tables[at].stopped(&json))
            }
            None => error,
        })?;
        for (table, steps) in tables.iter().zip(&steps) {
            let counts = table.counted(steps, &found);
            state::put_table_batch(copy, batch, &counts)?;
            report.tables.push(counts);
            report.notices.extend(table.notice(steps, &found));
        }
        warehouse.remember()?;
        Ok::<_, Error>(report)
    })?;
    crash::point();
    Ok(report)
}
