//! Reads the files of a project from a folder. It must not look into them beyond the name of the models folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dwc_compiler::diagnostic::Code;
use dwc_compiler::source::{FileSet, SourceFile};
use dwc_compiler::syntax::MAX_FILE_BYTES;

use crate::Error;

/// Reads `dwc.yml` and every YAML file below the models folder.
///
/// # Errors
/// A folder without a project, a file that cannot be read, is too large or is not UTF-8.
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
    let text = read_file(folder, &file)?.text;
    let models = models_folder(&text);
    let below = folder.join(&models);
    if declared_models(&text).is_some() && !below.is_dir() {
        let what = if below.exists() { "is not a folder" } else { "does not exist" };
        return Err(Error::coded(Code::ModelsFolder, format!("the models folder `{}` {what}", models.display()))
            .help("write the folder's path, relative to the project file, after `models:`"));
    }
    let mut paths = vec![file];
    paths.extend(yaml_below(below)?);
    Ok(paths)
}

/// The file that makes a folder a project.
pub(crate) fn project_file(folder: &Path) -> Option<PathBuf> {
    ["dwc.yml", "dwc.yaml"].iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// Every YAML file below a folder, in no order. Links are followed, and a folder is read once however many lead to it.
pub(crate) fn yaml_below(folder: PathBuf) -> Result<Vec<PathBuf>, Error> {
    let unread =
        |path: &Path, cause: std::io::Error| Error::because(format!("`{}` could not be read", path.display()), cause);
    let mut found = Vec::new();
    let mut read = BTreeSet::new();
    let mut folders = vec![folder];
    // What a link leads to is read under its own name where it has one.
    let mut links = BTreeSet::new();
    while let Some(at) = folders.pop().or_else(|| links.pop_first()) {
        if !at.is_dir() {
            continue;
        }
        if !read.insert(fs::canonicalize(&at).map_err(|cause| unread(&at, cause))?) {
            continue;
        }
        for entry in fs::read_dir(&at).map_err(|cause| unread(&at, cause))? {
            let entry = entry.map_err(|cause| unread(&at, cause))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|cause| unread(&path, cause))?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_symlink() && !path.exists() {
                return Err(Error::coded(Code::ModelsFolder, format!("`{}` is a link to nothing", path.display()))
                    .help("remove the link, or put back what it leads to"));
            } else if kind.is_symlink() && path.is_dir() {
                links.insert(path);
            } else if matches!(path.extension().and_then(|e| e.to_str()), Some("yml" | "yaml")) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// The value of a top-level `models:`; anything more is the compiler's business.
pub(crate) fn models_folder(text: &str) -> PathBuf {
    declared_models(text).map_or_else(|| PathBuf::from("models"), PathBuf::from)
}

fn declared_models(text: &str) -> Option<&str> {
    text.lines()
        .find_map(|line| line.strip_prefix("models:"))
        .map(|value| value.split('#').next().unwrap_or("").trim().trim_matches(['"', '\'']))
        .filter(|value| !value.is_empty())
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
        .help("keep data out of the models folder, and write one model per file"));
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
