//! `dwc check`: validates the project without any database, and makes the fixes that leave nothing to decide.

use std::collections::BTreeSet;

use dwc_compiler::diagnostic::fixed;
use dwc_runner::{Error, YamlFiles, project};

use super::context::check_selection;
use crate::args::Global;
use crate::exit::Exit;
use crate::views::diagnostics::{self, counted};

/// A fix can show another problem that was hidden behind it. So often the project is read again.
const ROUNDS: usize = 10;

pub(super) fn run(global: &Global, fix: bool) -> Result<Exit, Error> {
    if fix {
        make_fixes(global)?;
    }
    let files = project::read(&global.project_dir)?;
    let checked = dwc_compiler::check(&files);
    if let Some(project) = &checked.project {
        check_selection(project, &global.select)?;
    }
    let found = checked.diagnostics;
    diagnostics::print(&files, &found, global);
    Ok(if diagnostics::has_errors(&found) { Exit::InputWrong } else { Exit::Done })
}

fn make_fixes(global: &Global) -> Result<(), Error> {
    let (mut fixes, mut written) = (0, BTreeSet::new());
    for _ in 0..ROUNDS {
        let read = YamlFiles::read(&global.project_dir, &[])?;
        let (changed, count) = fixed(&read.files, &dwc_compiler::check(&read.files).diagnostics);
        if count == 0 {
            break;
        }
        for (file, text) in &changed {
            read.replace(*file, text)?;
            written.insert(read.files.get(*file).path.clone());
        }
        fixes += count;
    }
    if !global.quiet {
        eprintln!("fixed {} in {}", counted(fixes, "problem"), counted(written.len(), "file"));
    }
    Ok(())
}
