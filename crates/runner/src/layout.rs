//! Reads the YAML files that are to be laid out, and writes the ones whose layout changes. It must not decide a layout.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dwc_compiler::source::{FileId, FileSet, SourceFile};

use crate::{Error, project};

/// YAML files, and where each of them is.
#[derive(Debug)]
pub struct YamlFiles {
    /// The files.
    pub files: FileSet,
    /// Where they are, in the same order.
    places: Vec<PathBuf>,
}

impl YamlFiles {
    /// Reads the project of a folder where nothing is asked for; the files that are asked for otherwise, and those of
    /// the folders that are: of a project its own, of any other folder every YAML file below it.
    ///
    /// # Errors
    /// A folder without a project, a path where nothing is, a file that cannot be read, is too large or is not UTF-8.
    pub fn read(folder: &Path, asked: &[PathBuf]) -> Result<Self, Error> {
        let (folder, paths) = match asked {
            [] => (folder, project::paths(folder)?),
            asked => (Path::new("."), named(asked)?),
        };
        let mut seen = BTreeSet::new();
        let mut found: Vec<(SourceFile, PathBuf)> = Vec::new();
        for path in paths {
            let failed = |cause| Error::because(format!("`{}` could not be read", path.display()), cause);
            let place = fs::canonicalize(&path).map_err(failed)?;
            if seen.insert(place.clone()) {
                found.push((project::read_file(folder, &path)?, place));
            }
        }
        found.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        let (files, places) = found.into_iter().unzip();
        Ok(Self { files: FileSet::new(files), places })
    }

    /// Replaces a file as a whole: whoever reads it meanwhile, or after a power cut, finds the old text or the new one.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn replace(&self, file: FileId, text: &str) -> Result<(), Error> {
        let place = &self.places[file.0 as usize];
        let mut name = std::ffi::OsString::from(".");
        name.push(place.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        let part = place.with_file_name(name);
        let written = write(&part, place, text).and_then(|()| fs::rename(&part, place));
        written.map_err(|cause| {
            // What is left of it is in the way of nothing, and the failure is said.
            let _ = fs::remove_file(&part);
            Error::because(format!("`{}` could not be written", self.files.get(file).path), cause)
        })
    }
}

fn write(part: &Path, place: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::File::create(part)?;
    file.set_permissions(fs::metadata(place)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The files that are asked for by name, and those of folders.
fn named(asked: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for path in asked {
        if !path.is_dir() {
            paths.push(path.clone());
        } else if project::project_file(path).is_some() {
            paths.extend(project::paths(path)?);
        } else {
            paths.extend(project::yaml_below(path.clone())?);
        }
    }
    Ok(paths)
}
