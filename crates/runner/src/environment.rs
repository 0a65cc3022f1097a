//! Environments: copies of a warehouse to plan, apply and load in. On DuckDB one is a file beside its target's, which
//! knows itself what it was made from and until when. It must not decide what is compared.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use serde::Serialize;

use crate::state::literal;
use crate::warehouse::snapshot::{copy_file, remove, suffixed};
use crate::{DuckDbWarehouse, Error};

/// An environment.
#[derive(Debug, Clone, Serialize)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// The target that it is a copy of.
    pub target: String,
    /// The serial of the target's state when it was made.
    pub serial: i64,
    /// When it was made, UTC.
    pub created_at: String,
    /// Until when it may be used, UTC; `None` for as long as it is there.
    pub expires_at: Option<String>,
}

impl Environment {
    /// Whether its time is over.
    #[must_use]
    pub fn is_expired(&self, now: NaiveDateTime) -> bool {
        let until = self
            .expires_at
            .as_deref()
            .and_then(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok());
        until.is_some_and(|until| until <= now)
    }
}

/// The file of an environment of a target's file.
///
/// # Errors
/// A name with other characters than lowercase letters, digits, `-` and `_`.
pub fn environment_path(target: &Path, name: &str) -> Result<PathBuf, Error> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 60 || !name.chars().all(fits) {
        return Err(Error::coded(Code::WrongValue, format!("`{name}` is no name of an environment"))
            .help("use lowercase letters, digits, `-` and `_`"));
    }
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
        return Err(Error::coded(Code::EnvironmentExists, format!("there is an environment `{name}` already"))
            .help(format!("choose another name, or drop it with `dwc env drop {name}`")));
    }
    let Some(applied) = crate::state::applied::applied(&warehouse)? else {
        return Err(Error::coded(Code::NotApplied, format!("nothing has been applied to `{target}`"))
            .help("run `dwc apply` first"));
    };
    warehouse.execute("FORCE CHECKPOINT")?;
    let making = suffixed(&to, ".making");
    copy_file(&path, &making)?;
    drop(warehouse);
    let copy = DuckDbWarehouse::open(&making.to_string_lossy())?;
    let moment = |at: NaiveDateTime| format!("TIMESTAMP '{}'", at.format("%Y-%m-%d %H:%M:%S"));
    copy.execute(&format!(
        "CREATE OR REPLACE TABLE _dwc.environment (name VARCHAR NOT NULL, target VARCHAR NOT NULL, \
         serial BIGINT NOT NULL, created_at TIMESTAMP NOT NULL, expires_at TIMESTAMP);\n\
         INSERT INTO _dwc.environment VALUES ({}, {}, {}, {}, {});\nFORCE CHECKPOINT",
        literal(name),
        literal(target),
        applied.serial,
        moment(now),
        expires.map_or_else(|| "NULL".to_owned(), moment)
    ))?;
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
        all.extend(warehouse.environment()?);
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

/// There is no environment of the name.
#[must_use]
pub fn unknown_environment(name: &str) -> Error {
    Error::coded(Code::UnknownEnvironment, format!("there is no environment `{name}`"))
        .help("`dwc env list` lists them; `dwc env create NAME --from TARGET` makes one")
}

impl DuckDbWarehouse {
    /// What the file says of itself, where it is an environment.
    ///
    /// # Errors
    /// The engine's own.
    pub fn environment(&self) -> Result<Option<Environment>, Error> {
        let there = self.number(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '_dwc' AND table_name = 'environment'",
        )?;
        if there != Some(1) {
            return Ok(None);
        }
        let rows = self.rows("SELECT name, target, serial, created_at, expires_at FROM _dwc.environment")?;
        let word = |value: &Option<String>| value.clone().unwrap_or_default();
        Ok(rows.first().map(|row| Environment {
            name: word(&row[0]),
            target: word(&row[1]),
            serial: row[2].as_deref().and_then(|text| text.parse().ok()).unwrap_or(0),
            created_at: word(&row[3]),
            expires_at: row[4].clone(),
        }))
    }
}
