//! `dwc check`: validates the project without any database.

use dwc_runner::{Error, project};

use crate::args::Global;
use crate::exit::Exit;
use crate::views::diagnostics;

pub(super) fn run(global: &Global) -> Result<Exit, Error> {
    let files = project::read(&global.project_dir)?;
    let found = dwc_compiler::check(&files).diagnostics;
    diagnostics::print(&files, &found, global);
    Ok(if diagnostics::has_errors(&found) { Exit::InputWrong } else { Exit::Done })
}
