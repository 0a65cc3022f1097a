//! The files of a project at another git revision, read from the repository without touching the working tree.
//! It must not know what is in them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use dwc_compiler::diagnostic::Code;
use dwc_compiler::source::{FileSet, SourceFile};

use crate::Error;
use crate::project::models_folder;

/// Reads `dwc.yml` and every YAML file below the models folder, as they were at a revision.
///
/// # Errors
/// git is missing, the folder is in no repository, the revision is not known, or has no project there.
pub fn read_revision(folder: &Path, revision: &str) -> Result<FileSet, Error> {
    // A revision that begins with a dash would be read as an option.
    if revision.starts_with('-') {
        return Err(unknown(revision, "a revision does not begin with a dash"));
    }
    let commit = git(folder, &["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])
        .map_err(|error| unknown(revision, &error))?;
    let commit = commit.trim().to_owned();
    let prefix = git(folder, &["rev-parse", "--show-prefix"]).map_err(|error| unknown(revision, &error))?;
    let prefix = prefix.trim_end_matches(['\n', '\r']);
    let tree = format!("{commit}:{prefix}");
    let listed = git(folder, &["ls-tree", "-r", "-z", "--full-tree", "--name-only", &tree])
        .map_err(|_| unknown(revision, "the project's folder is not in it"))?;
    let names: Vec<&str> = listed.split('\0').filter(|name| !name.is_empty()).collect();
    let Some(file) = ["dwc.yml", "dwc.yaml"].into_iter().find(|file| names.contains(file)) else {
        return Err(unknown(revision, "there is no `dwc.yml` in it"));
    };
    let project = contents(folder, &commit, prefix, &[file])?;
    let Some(project) = project.into_iter().next() else {
        return Err(unknown(revision, "there is no `dwc.yml` in it"));
    };
    let models = models_folder(&project.text).to_string_lossy().replace('\\', "/");
    let models = format!("{}/", models.trim_start_matches("./").trim_end_matches('/'));
    let yaml = |name: &&&str| name.starts_with(&models) && (name.ends_with(".yml") || name.ends_with(".yaml"));
    let wanted: Vec<&str> = names.iter().filter(yaml).copied().collect();
    let mut files = vec![project];
    files.extend(contents(folder, &commit, prefix, &wanted)?);
    Ok(FileSet::new(files))
}

/// The texts of files, by one process however many there are.
fn contents(folder: &Path, commit: &str, prefix: &str, names: &[&str]) -> Result<Vec<SourceFile>, Error> {
    let failed = |cause| Error::because("git could not be run", cause);
    let mut child = Command::new("git")
        .args(["cat-file", "--batch"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let asked: String = names.iter().map(|name| format!("{commit}:{prefix}{name}\n")).collect();
    let stdin = child.stdin.take();
    // git answers while it is asked: both ends have to move, or a full pipe stops both.
    let asking = std::thread::spawn(move || stdin.map_or(Ok(()), |mut stdin| stdin.write_all(asked.as_bytes())));
    let output = child.wait_with_output().map_err(failed)?;
    let _ = asking.join();
    let mut rest = output.stdout.as_slice();
    let mut files = Vec::with_capacity(names.len());
    for name in names {
        let odd = || unknown(commit, &format!("`{name}` could not be read from it"));
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(odd)?;
        let head = String::from_utf8_lossy(&rest[..end]);
        let size: usize = head.rsplit(' ').next().and_then(|size| size.parse().ok()).ok_or_else(odd)?;
        let body = rest.get(end + 1..end + 1 + size).ok_or_else(odd)?;
        let text = String::from_utf8(body.to_vec()).map_err(|_| {
            Error::coded(Code::NotUtf8, format!("`{name}` is not UTF-8 in {commit}")).help("save the file as UTF-8")
        })?;
        files.push(SourceFile { path: (*name).to_owned(), text });
        rest = rest.get(end + 2 + size..).unwrap_or_default();
    }
    Ok(files)
}

/// What git prints, or what it says instead.
fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").args(arguments).current_dir(folder).output().map_err(|cause| cause.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(if said.is_empty() { "git does not know it".to_owned() } else { said })
}

fn unknown(revision: &str, reason: &str) -> Error {
    Error::coded(Code::UnknownRevision, format!("the revision `{revision}` cannot be read: {reason}"))
        .help("name a branch, a tag or a commit; a shallow clone has to fetch it first")
}
