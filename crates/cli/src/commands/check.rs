//! `dwc check`: validates the project without any database.

use dwc_runner::{Error, project};

use super::context::check_selection;
use crate::args::Global;
use crate::exit::Exit;
use crate::views::diagnostics;

pub(super) fn run(global: &Global) -> Result<Exit, Error> {
    let files = project::read(&global.project_dir)?;
    let checked = dwc_compiler::check(&files);
    if let Some(project) = &checked.project {
        check_selection(project, &global.select)?;
    }
    let found = checked.diagnostics;
    diagnostics::print(&files, &found, global);
    Ok(if diagnostics::has_errors(&found) { Exit::InputWrong } else { Exit::Done })
}
