//! Reads the files of a project from a folder. It must not look into them beyond the name of the models folder.

use std::fs;
use std::path::{Path, PathBuf};

use dwc_compiler::diagnostic::Code;
use dwc_compiler::source::{FileSet, SourceFile};
use dwc_compiler::syntax::MAX_FILE_BYTES;

use crate::Error;

/// Reads `dwc.yml` and every YAML file below the models folder.
///
/// # Errors
/// A folder without a project, a file that cannot be read, is too large or is no UTF-8.
pub fn read(folder: &Path) -> Result<FileSet, Error> {
    let files: Result<Vec<SourceFile>, Error> = paths(folder)?.iter().map(|path| read_file(folder, path)).collect();
    Ok(FileSet::new(files?))
}

/// Where the project's files are: `dwc.yml`, and every YAML file below the models folder.
pub(crate) fn paths(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let Some(file) = project_file(folder) else {
        return Err(Error::coded(Code::NoProject, format!("there is no `dwc.yml` in `{}`", folder.display()))
            .help("run `dwc init`, or name the project's folder with `--project-dir`"));
    };
    let models = models_folder(&read_file(folder, &file)?.text);
    let mut paths = vec![file];
    paths.extend(yaml_below(folder.join(models))?);
    Ok(paths)
}

/// The file that makes a folder a project.
pub(crate) fn project_file(folder: &Path) -> Option<PathBuf> {
    ["dwc.yml", "dwc.yaml"].iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// Every YAML file below a folder, in no order.
pub(crate) fn yaml_below(folder: PathBuf) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![folder];
    while let Some(at) = folders.pop() {
        let Ok(entries) = fs::read_dir(&at) else { continue };
        for entry in entries {
            let entry =
                entry.map_err(|cause| Error::because(format!("`{}` could not be read", at.display()), cause))?;
            let path = entry.path();
            let kind = entry
                .file_type()
                .map_err(|cause| Error::because(format!("`{}` could not be read", path.display()), cause))?;
            if kind.is_dir() {
                folders.push(path);
            } else if matches!(path.extension().and_then(|e| e.to_str()), Some("yml" | "yaml")) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// The value of a top-level `models:`; anything more is the compiler's business.
pub(crate) fn models_folder(text: &str) -> PathBuf {
    text.lines()
        .find_map(|line| line.strip_prefix("models:"))
        .map(|value| value.split('#').next().unwrap_or("").trim().trim_matches(['"', '\'']))
        .filter(|value| !value.is_empty())
        .map_or_else(|| PathBuf::from("models"), PathBuf::from)
}

/// Reads one file; its name is its path in the folder.
pub(crate) fn read_file(folder: &Path, path: &Path) -> Result<SourceFile, Error> {
    let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let size = fs::metadata(path).map_err(|cause| Error::because(format!("`{name}` could not be read"), cause))?.len();
    if size > MAX_FILE_BYTES {
        return Err(Error::coded(
            Code::FileTooLarge,
            format!("`{name}` has {size} bytes, and a model file has {MAX_FILE_BYTES} at most"),
        )
        .help("keep data out of the models folder, and one model in one file"));
    }
    let bytes = fs::read(path).map_err(|cause| Error::because(format!("`{name}` could not be read"), cause))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::coded(Code::NotUtf8, format!("`{name}` is not UTF-8")).help("save the file as UTF-8"))?;
    Ok(SourceFile { path: name, text })
}

/// The value of an environment variable, for `{{ env('…') }}` in connections.
#[must_use]
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
