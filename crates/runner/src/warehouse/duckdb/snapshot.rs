//! Snapshots of a DuckDB warehouse: copies of its file, beside it. A copy holds data, schema and state of one moment, so
//! that going back to it is going back in all three. It must not decide when one is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use dwc_compiler::diagnostic::Code;

use crate::{DuckDbWarehouse, Error};

/// How many snapshots are kept.
const KEPT: usize = 5;

impl DuckDbWarehouse {
    /// Copies the file as it is, as the state of a serial; older copies beyond the latest five go. A warehouse in memory
    /// has nothing to copy.
    pub(crate) fn snapshot(&self, serial: i64) -> Result<Option<PathBuf>, Error> {
        let Some(path) = self.path() else { return Ok(None) };
        self.execute("FORCE CHECKPOINT")?;
        let copy = snapshot_path(path, serial);
        copy_file(path, &copy)?;
        for serial in snapshots(path)?.iter().rev().skip(KEPT) {
            remove(&snapshot_path(path, *serial))?;
        }
        Ok(Some(copy))
    }

    /// The serials of whose states there is a snapshot.
    pub(super) fn snapshots(&self) -> Result<BTreeSet<i64>, Error> {
        self.path().map_or_else(|| Ok(BTreeSet::new()), snapshots)
    }

    /// Takes the warehouse back to the snapshot of a serial, or to the latest one. The warehouse as it was is kept beside
    /// it. Returns the serial, and the path of what was kept.
    ///
    /// # Errors
    /// There is no such snapshot, another process holds the warehouse, or a file cannot be written.
    pub fn rollback(self, to: Option<i64>) -> Result<(i64, PathBuf), Error> {
        let Some(path) = self.path().map(Path::to_path_buf) else {
            return Err(Error::coded(Code::NoSnapshot, "a warehouse in memory has no snapshots"));
        };
        // A log that is not part of the file yet would be lost with the copy that is kept.
        self.execute("FORCE CHECKPOINT")?;
        rollback_file(&path, to)
    }
}

/// [`DuckDbWarehouse::rollback`] for a file that nothing has open, such as one whose state cannot be read.
fn rollback_file(path: &Path, to: Option<i64>) -> Result<(i64, PathBuf), Error> {
    let wanted = to.or(snapshots(path)?.last().copied());
    let Some(serial) = wanted.filter(|serial| snapshot_path(path, *serial).is_file()) else {
        let which = to.map_or_else(String::new, |serial| format!(" of serial {serial}"));
        return Err(Error::coded(Code::NoSnapshot, format!("there is no snapshot{which} of `{}`", path.display()))
            .help("`dwc state history` lists the applies that a rollback can undo"));
    };
    let kept = suffixed(path, ".rolled-back");
    let fresh = suffixed(path, ".restoring");
    copy_file(&snapshot_path(path, serial), &fresh)?;
    copy_file(path, &kept)?;
    let failed = |cause| Error::because(format!("`{}` could not be put back", path.display()), cause);
    fs::rename(&fresh, path).map_err(failed)?;
    Ok((serial, kept))
}

/// Copies a file so that a copy of its name is whole or not there.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<(), Error> {
    let failed =
        |cause| Error::because(format!("`{}` could not be copied to `{}`", from.display(), to.display()), cause);
    let part = suffixed(to, ".part");
    fs::copy(from, &part).map_err(failed)?;
    fs::File::open(&part).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&part, to).map_err(failed)
}

pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_file(path).map_err(|cause| Error::because(format!("`{}` could not be removed", path.display()), cause))
}

pub(crate) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn snapshot_path(path: &Path, serial: i64) -> PathBuf {
    suffixed(path, &format!(".snapshot-{serial}"))
}

/// The serials that have a snapshot.
fn snapshots(path: &Path) -> Result<BTreeSet<i64>, Error> {
    let all = written_beside(path)?.into_iter();
    Ok(all.filter_map(|(end, _)| end.strip_prefix(".snapshot-")?.parse().ok()).collect())
}

/// The files of a folder whose names begin with that of a file, and how each goes on; in the order of names.
pub(crate) fn written_beside(path: &Path) -> Result<BTreeMap<String, PathBuf>, Error> {
    let Some(own) = path.file_name() else { return Ok(BTreeMap::new()) };
    let folder = path.with_file_name("");
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    let failed = |cause| Error::because(format!("`{}` could not be listed", folder.display()), cause);
    let mut all = BTreeMap::new();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(all),
        Err(cause) => return Err(failed(cause)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if let Some(end) = entry.file_name().to_string_lossy().strip_prefix(own.to_string_lossy().as_ref()) {
            all.insert(end.to_owned(), entry.path());
        }
    }
    Ok(all)
}
