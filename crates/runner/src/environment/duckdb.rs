//! Environments on DuckDB: a file beside its target's. It must not decide what is compared.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;

use super::{Environment, named, not_applied, row, taken, unknown_environment};
use crate::warehouse::snapshot::{copy_file, remove, suffixed};
use crate::{DuckDbWarehouse, Engine, Error};

/// The file of an environment of a target's file.
///
/// # Errors
/// A name with other characters than lowercase letters, digits, `-` and `_`.
pub fn environment_path(target: &Path, name: &str) -> Result<PathBuf, Error> {
    named(name)?;
    Ok(suffixed(target, &format!(".env-{name}")))
}

/// Makes an environment as a copy of a target's file. Killed at any moment, it is there whole or not at all.
///
/// # Errors
/// A name that is taken, a target to which nothing was applied, or a file that cannot be written.
pub fn create_environment(
    warehouse: DuckDbWarehouse,
    name: &str,
    target: &str,
    now: NaiveDateTime,
    expires: Option<NaiveDateTime>,
) -> Result<PathBuf, Error> {
    let Some(path) = warehouse.path().map(Path::to_path_buf) else {
        return Err(Error::coded(Code::UnknownEnvironment, "a warehouse in memory has no environments"));
    };
    let to = environment_path(&path, name)?;
    if to.exists() {
        return Err(taken(name));
    }
    let Some(applied) = crate::state::applied::applied(&warehouse, None)? else {
        return Err(not_applied(target));
    };
    warehouse.execute("FORCE CHECKPOINT")?;
    let making = suffixed(&to, ".making");
    copy_file(&path, &making)?;
    drop(warehouse);
    let copy = DuckDbWarehouse::open(&making.to_string_lossy())?;
    copy.execute(&row(name, target, applied.serial, now, expires))?;
    copy.execute("FORCE CHECKPOINT")?;
    drop(copy);
    fs::rename(&making, &to).map_err(|cause| Error::because(format!("`{}` could not be made", to.display()), cause))?;
    Ok(to)
}

/// The environments of a target's file, by name.
///
/// # Errors
/// One that another process holds, or that cannot be read.
pub fn environments(target: &Path) -> Result<Vec<Environment>, Error> {
    let prefix = target.file_name().map(|name| format!("{}.env-", name.to_string_lossy())).unwrap_or_default();
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_string_lossy().strip_prefix(&prefix).map(str::to_owned))
        .filter(|name| !name.contains('.'))
        .collect();
    names.sort();
    let mut all = Vec::new();
    for name in names {
        let path = environment_path(target, &name)?;
        let warehouse = DuckDbWarehouse::open(&path.to_string_lossy())?;
        all.extend(Engine::from(&warehouse).environment()?);
    }
    Ok(all)
}

/// Removes an environment, with what was written beside it.
///
/// # Errors
/// There is none of the name, another process holds it, or a file cannot be removed.
pub fn drop_environment(target: &Path, name: &str) -> Result<(), Error> {
    let path = environment_path(target, name)?;
    if !path.is_file() {
        return Err(unknown_environment(name));
    }
    // Opening it asks for its lock: an environment in use stays.
    drop(DuckDbWarehouse::open(&path.to_string_lossy())?);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let own = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        if file == own || file.strip_prefix(&own).is_some_and(|rest| rest.starts_with('.')) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}
