//! `dwc fmt`: the project's YAML in the one layout. Where one file cannot be laid out, none is written.

use std::path::PathBuf;

use dwc_compiler::syntax::format;
use dwc_runner::{Error, YamlFiles};

use crate::args::Global;
use crate::exit::Exit;
use crate::views::{diagnostics, layout};

pub(super) fn run(global: &Global, paths: &[PathBuf], check: bool) -> Result<Exit, Error> {
    let read = YamlFiles::read(&global.project_dir, paths)?;
    let formatted = format(&read.files);
    if diagnostics::has_errors(&formatted.diagnostics) {
        diagnostics::print(&read.files, &formatted.diagnostics, global);
        return Ok(Exit::InputWrong);
    }
    if !check {
        for (file, text) in &formatted.changed {
            read.replace(*file, text)?;
        }
    }
    let changed: Vec<&str> = formatted.changed.iter().map(|(file, _)| read.files.get(*file).path.as_str()).collect();
    layout::print(&changed, read.files.iter().len(), check, global)?;
    Ok(if check && !changed.is_empty() { Exit::InputWrong } else { Exit::Done })
}
