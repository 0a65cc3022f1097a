//! Files and folders that commands write where they are asked to. What is there already is only overwritten where dwc wrote
//! it, as the same kind of thing. It must not know what is written.

use std::fs;
use std::path::Path;

use dwc_compiler::diagnostic::Code;
use dwc_runner::Error;

/// Writes a file; one that is there must hold `mark`, which every file of its kind holds.
pub(super) fn write(path: &Path, text: &str, kind: &str, mark: &str) -> Result<(), Error> {
    may_overwrite(path, kind, mark)?;
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|cause| Error::because(format!("`{}` could not be written", path.display()), cause))
}

/// Refuses a file that is there and is not of a kind.
pub(super) fn may_overwrite(path: &Path, kind: &str, mark: &str) -> Result<(), Error> {
    let same = match fs::read(path) {
        Ok(bytes) => bytes.is_empty() || String::from_utf8_lossy(&bytes).contains(mark),
        Err(_) => !path.exists(),
    };
    if same { Ok(()) } else { Err(another(path, kind)) }
}

/// Refuses a folder that holds something, and not what every folder of a kind holds.
pub(super) fn may_write_into(folder: &Path, kind: &str, marks: &[&str]) -> Result<(), Error> {
    let same = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none() || marks.iter().all(|mark| folder.join(mark).exists()),
        Err(_) => !folder.exists(),
    };
    if same { Ok(()) } else { Err(another(folder, kind)) }
}

fn another(path: &Path, kind: &str) -> Error {
    Error::coded(Code::FileOfAnotherKind, format!("`{}` exists and is not {kind}", path.display()))
        .help("write to another place, or remove what is there")
}
