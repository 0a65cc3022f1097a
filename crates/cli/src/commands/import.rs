//! `dwc import`: looks at a source and writes its YAML, for a person to go on with.

use std::fs;
use std::path::Path;

use dwc_compiler::diagnostic::Code;
use dwc_runner::{Error, import_files, import_mysql, import_postgres};

use crate::args::{Global, ImportFrom};
use crate::exit::Exit;

pub(super) fn run(global: &Global, from: &ImportFrom) -> Result<Exit, Error> {
    let (text, out) = match from {
        ImportFrom::Mysql(from) => (import_mysql(&from.name, &from.url_env)?, &from.out),
        ImportFrom::Postgres(from) => (import_postgres(&from.name, &from.url_env)?, &from.out),
        ImportFrom::Files { name, place, out } => (import_files(name, &global.project_dir, place)?, out),
    };
    match out {
        Some(out) => write(&global.project_dir.join(out), &text)?,
        None => super::write_out(text.as_bytes())?,
    }
    Ok(Exit::Done)
}

/// A file that is there already was gone on with by someone: it is never overwritten.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    if path.exists() {
        return Err(Error::coded(Code::WrongValue, format!("`{}` already exists", path.display()))
            .help("write to another file and compare, or remove this one"));
    }
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|cause| Error::because(format!("`{}` could not be written", path.display()), cause))?;
    eprintln!("written to {}; its comments list what you have to decide", path.display());
    Ok(())
}
