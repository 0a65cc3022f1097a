//! Environments on DuckDB: a file beside its target's. It must not decide what is compared.

use std::fs;
use std::path::{Path, PathBuf};

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Project;

use super::diff::{EnvironmentDiff, compare_files};
use super::{Environment, Environments, Making, environment_of, named, not_applied, row, taken, unknown_environment};
use crate::warehouse::duckdb::snapshot::{copy_file, remove, suffixed, written_beside};
use crate::{DuckDbWarehouse, Error};

/// The file of an environment of a target's file.
///
/// # Errors
/// A name with other characters than lowercase letters, digits, `-` and `_`.
pub fn environment_path(target: &Path, name: &str) -> Result<PathBuf, Error> {
    named(name)?;
    Ok(suffixed(target, &format!(".env-{name}")))
}

/// The environments of a target's file: files beside it.
pub struct FileEnvironments {
    /// The file.
    pub file: PathBuf,
}

impl Environments for FileEnvironments {
    /// Killed at any moment, an environment is there whole or not at all.
    fn create(&self, Making { name, target, at, expires }: Making<'_>) -> Result<String, Error> {
        if self.file == Path::new(":memory:") {
            return Err(Error::coded(Code::UnknownEnvironment, "a warehouse in memory has no environments"));
        }
        let to = environment_path(&self.file, name)?;
        if !self.file.is_file() {
            return Err(not_applied(target));
        }
        let warehouse = DuckDbWarehouse::open(&self.file.to_string_lossy())?;
        if to.exists() {
            return Err(taken(name));
        }
        let Some(applied) = crate::state::applied::applied(&warehouse, None)? else {
            return Err(not_applied(target));
        };
        warehouse.execute("FORCE CHECKPOINT")?;
        let making = suffixed(&to, ".making");
        copy_file(&self.file, &making)?;
        drop(warehouse);
        let copy = DuckDbWarehouse::open(&making.to_string_lossy())?;
        copy.execute(&row(name, target, applied.serial, at, expires))?;
        copy.execute("FORCE CHECKPOINT")?;
        drop(copy);
        fs::rename(&making, &to)
            .map_err(|cause| Error::because(format!("`{}` could not be made", to.display()), cause))?;
        Ok(to.display().to_string())
    }

    /// Fails for one that another process holds, too.
    fn all(&self) -> Result<Vec<Environment>, Error> {
        let target = &self.file;
        let names = written_beside(target)?.into_keys().filter_map(|end| Some(end.strip_prefix(".env-")?.to_owned()));
        let names = names.filter(|name| !name.contains('.'));
        let mut all = Vec::new();
        for name in names {
            let path = environment_path(target, &name)?;
            let warehouse = DuckDbWarehouse::open(&path.to_string_lossy())?;
            all.extend(environment_of(&warehouse)?);
        }
        Ok(all)
    }

    fn diff(&self, name: &str, project: &Project) -> Result<EnvironmentDiff, Error> {
        let own = environment_path(&self.file, name)?;
        if !own.is_file() {
            return Err(unknown_environment(name));
        }
        compare_files(&own, &self.file, project)
    }

    /// What was written beside it goes too.
    fn remove(&self, name: &str) -> Result<(), Error> {
        let path = environment_path(&self.file, name)?;
        if !path.is_file() {
            return Err(unknown_environment(name));
        }
        // Opening it asks for its lock: an environment in use stays.
        drop(DuckDbWarehouse::open(&path.to_string_lossy())?);
        for (_, file) in written_beside(&path)?.into_iter().filter(|(end, _)| end.is_empty() || end.starts_with('.')) {
            remove(&file)?;
        }
        Ok(())
    }
}
