//! Landing of tables that another tool has put into the same warehouse: they are read where they lie, by their cursor
//! or whole, and compared with what is landed. It must not write to them.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{DetectDeletes, Source, Table};
use dwc_compiler::plan::Landing;

use super::land::{check_deleted, commit, merge};
use super::report::{SourceReport, TableReport};
use super::run::{Mode, RunOptions, set};
use crate::extract::files::{self, quote};
use crate::state::{self, literal};
use crate::{DuckDbWarehouse, Error};

/// Lands what is new of one source, in one transaction that also reads it.
pub(super) fn land_warehouse(
    warehouse: &DuckDbWarehouse,
    source: &Source,
    tables: &[(&Table, &Landing)],
    options: &RunOptions,
) -> Result<SourceReport, Error> {
    let schema = source.schema.as_deref().unwrap_or("main");
    for (table, _) in tables {
        check_columns(warehouse, schema, table)?;
    }
    commit(warehouse, source, options.mode, options.at, |batch, record| {
        for (table, landing) in tables {
            record(land_table(warehouse, schema, table, landing, options, batch)?)?;
        }
        Ok(())
    })
}

/// Compares the columns that are there with those declared.
fn check_columns(warehouse: &DuckDbWarehouse, schema: &str, table: &Table) -> Result<(), Error> {
    let there = warehouse.rows(&format!(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = {} AND table_name = {}",
        literal(schema),
        literal(&table.physical)
    ))?;
    let there: Vec<String> = there.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
    let missing: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| !there.iter().any(|t| t == name))
        .collect();
    if there.is_empty() {
        return Err(Error::coded(
            Code::FileMissing,
            format!("the warehouse has no table `{schema}.{}`", table.physical),
        )
        .help("let the other tool land it first, or correct the source's `schema` or the table's `name`"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::coded(Code::FileColumns, format!("`{schema}.{}` has no column {}", table.physical, missing.join(", ")))
        .help(format!("its columns are {}", there.join(", "))))
}

fn land_table(
    warehouse: &DuckDbWarehouse,
    schema: &str,
    table: &Table,
    landing: &Landing,
    options: &RunOptions,
    batch: i64,
) -> Result<TableReport, Error> {
    let mut counts = TableReport { table: table.address.clone(), ..TableReport::default() };
    let path = format!("{}.{}", quote(schema), quote(&table.physical));
    let since = match (options.mode, &table.cursor) {
        (Mode::Incremental, Some(_)) => state::watermark(warehouse, &table.address)?,
        _ => None,
    };
    let ty =
        |name: &str| landing.stage.columns.iter().find(|(column, _)| column == name).map_or("VARCHAR", |(_, ty)| ty);
    let filter = match (&table.cursor, &since) {
        (Some(cursor), Some(mark)) => {
            let back = if table.lookback_seconds > 0 {
                format!(" - INTERVAL {} SECOND", table.lookback_seconds)
            } else {
                String::new()
            };
            let from = format!("CAST({} AS {}){back}", literal(&mark.cursor), ty(cursor));
            format!(" WHERE {0} IS NULL OR {0} >= {from}", quote(cursor))
        }
        _ => String::new(),
    };
    files::make_stage(warehouse, &landing.stage)?;
    set(warehouse, batch, 0, &options.at)?;
    let names: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
    let cast: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("CAST({0} AS {1}) AS {0}", quote(&column.name), ty(&column.name)))
        .collect();
    let (key_name, key_value) = files::row_key(table, "_line");
    warehouse.execute(&format!(
        "INSERT INTO {stage} ({key_name}{list}, _state, _at, _deleted)\n\
         SELECT {key_value}{list}, _line, getvariable('dwc_at'), {deleted}\n\
         FROM (SELECT {cast}, row_number() OVER () AS _line FROM {path}{filter}) AS r",
        stage = landing.stage.path,
        list = names.join(", "),
        cast = cast.join(", "),
        deleted = files::delete_mark(table),
    ))?;
    let whole = since.is_none();
    if whole && (table.detect_deletes == DetectDeletes::FullPass || table.primary_key.is_empty()) {
        check_deleted(warehouse, table, landing)?;
        for statement in &landing.absent {
            warehouse.execute(&statement.sql)?;
        }
    }
    let mark = match &table.cursor {
        Some(cursor) => {
            let rows = warehouse.rows(&format!("SELECT CAST(MAX({}) AS VARCHAR) FROM {path}", quote(cursor)))?;
            rows.into_iter().next().and_then(|row| row.into_iter().next().flatten())
        }
        None => None,
    };
    merge(warehouse, landing, &mut counts)?;
    state::put_watermark(warehouse, &table.address, mark.as_deref(), &options.at, batch)?;
    warehouse.execute(&format!("DROP TABLE {}", landing.stage.path))?;
    Ok(counts)
}
