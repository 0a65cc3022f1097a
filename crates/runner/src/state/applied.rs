//! What was applied last: the manifest, its serial, and the catalog as it was then. It must not compare them with anything.

use std::borrow::Cow;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::plan::{Catalog, MANIFEST_FORMAT, Manifest};

use super::{damaged, exists, has, literal};
use crate::{DuckDbWarehouse, Error};

/// What the last apply left in the state.
#[derive(Debug)]
pub(crate) struct Applied {
    /// How often something was applied.
    pub(crate) serial: i64,
    /// What was applied.
    pub(crate) manifest: Manifest,
    /// A digest of the manifest as it is written down.
    pub(crate) digest: String,
}

/// What was applied last; `None` where nothing ever was. Objects that are as in `like` are shared with it.
pub(crate) fn applied(warehouse: &DuckDbWarehouse, like: Option<&Manifest>) -> Result<Option<Applied>, Error> {
    if !exists(warehouse)? {
        return Ok(None);
    }
    let marks = warehouse
        .read("SELECT COUNT(*), MAX(serial), (SELECT MAX(serial) FROM _dwc.manifests) FROM _dwc.meta", |row| {
            Ok((row.number()?, row.number_or_null()?, row.number_or_null()?))
        })?;
    let rows = warehouse.rows("SELECT serial, manifest FROM _dwc.manifests ORDER BY serial DESC LIMIT 1")?;
    match marks[..] {
        [(1, Some(0), None)] => return Ok(None),
        [(1, Some(meta), Some(manifest))] if meta == manifest => {}
        [(1, meta, manifest)] => {
            let say = |serial: Option<i64>| serial.map_or_else(|| "none".to_owned(), |serial| serial.to_string());
            return Err(half_written(&format!("its serial is {}, its last manifest's {}", say(meta), say(manifest))));
        }
        _ => return Err(half_written("`_dwc.meta` does not have one row")),
    }
    let Some([Some(serial), Some(text)]) = rows.first().map(Vec::as_slice) else {
        return Err(half_written("it has no manifest"));
    };
    let serial = serial.parse().map_err(|_| damaged("a serial is not a number"))?;
    let newer = |format| {
        Error::coded(
            Code::StateNewer,
            format!("the manifest has format {format}, and this dwc knows {MANIFEST_FORMAT}"),
        )
        .help("use the dwc that wrote it, or a newer one")
    };
    let manifest = Manifest::read(text, like).map_err(|error| match serde_json::from_str::<Format>(text) {
        Ok(Format { format }) if format > MANIFEST_FORMAT => newer(format),
        _ if error.is_eof() => half_written("its manifest ends too early"),
        _ => damaged(&format!("its manifest cannot be read: {error}")),
    })?;
    if manifest.format > MANIFEST_FORMAT {
        return Err(newer(manifest.format));
    }
    let digest = super::digest(text.as_bytes());
    Ok(Some(Applied { serial, manifest, digest }))
}

/// Only the format of a manifest, which may be one that this build cannot read further.
#[derive(serde::Deserialize)]
struct Format {
    format: u32,
}

fn half_written(reason: &str) -> Error {
    Error::coded(Code::StateHalfWritten, format!("the warehouse's state is incomplete: {reason}"))
        .help("restore the warehouse from a copy, or take it back with `dwc state rollback`; nothing was changed")
}

/// The catalog as it was after the apply of a serial, which is `live` where nothing has changed since; `None` where an
/// older dwc did not write it down.
pub(crate) fn catalog<'c>(
    warehouse: &DuckDbWarehouse,
    serial: i64,
    live: &'c Catalog,
) -> Result<Option<Cow<'c, Catalog>>, Error> {
    if !has(warehouse, "catalog")? {
        return Ok(None);
    }
    let rows = warehouse.rows(&format!("SELECT catalog FROM _dwc.catalog WHERE serial = {serial}"))?;
    let Some(text) = rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten() else { return Ok(None) };
    let read = Catalog::read(&text, live);
    read.map(Some).map_err(|error| damaged(&format!("its catalog cannot be read: {error}")))
}

/// The digest of the manifest that an apply has begun and not ended with; `None` where the last one ended.
pub(crate) fn begun(warehouse: &DuckDbWarehouse) -> Result<Option<String>, Error> {
    if !has(warehouse, "journal")? {
        return Ok(None);
    }
    let rows = warehouse.rows("SELECT digest FROM _dwc.journal")?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
}

/// Writes down what an apply begins with, where its statements are no part of one transaction.
pub(crate) fn begin(warehouse: &DuckDbWarehouse, digest: &str) -> Result<(), Error> {
    warehouse.execute(&format!("DELETE FROM _dwc.journal;\nINSERT INTO _dwc.journal VALUES ({})", literal(digest)))
}

/// Puts a manifest and a catalog in the place of those applied last: the same, said of another place.
pub(crate) fn replace(warehouse: &DuckDbWarehouse, manifest: &Manifest, catalog: &Catalog) -> Result<(), Error> {
    let failed = |cause| Error::because("the manifest could not be written", cause);
    warehouse.execute(&format!(
        "UPDATE _dwc.manifests SET manifest = {} WHERE serial = (SELECT MAX(serial) FROM _dwc.manifests);\n\
         UPDATE _dwc.catalog SET catalog = {}",
        literal(&serde_json::to_string(manifest).map_err(failed)?),
        literal(&serde_json::to_string(catalog).map_err(failed)?)
    ))
}

/// Writes down what was applied, and the catalog as it is now.
pub(crate) fn put(
    warehouse: &DuckDbWarehouse,
    serial: i64,
    at: NaiveDateTime,
    manifest: &Manifest,
    catalog: &Catalog,
) -> Result<(), Error> {
    let at = at.format("%Y-%m-%d %H:%M:%S");
    let failed = |cause| Error::because("the manifest could not be written", cause);
    let text = serde_json::to_string(manifest).map_err(failed)?;
    warehouse.execute(&format!(
        "DELETE FROM _dwc.journal;\nUPDATE _dwc.meta SET serial = {serial};\nINSERT INTO _dwc.manifests VALUES ({serial}, TIMESTAMP '{at}', {})",
        literal(&text)
    ))?;
    let catalog = serde_json::to_string(catalog).map_err(failed)?;
    warehouse.execute(&format!(
        "DELETE FROM _dwc.catalog;\nINSERT INTO _dwc.catalog VALUES ({serial}, {})",
        literal(&catalog)
    ))
}
