//! What stopped a command: with a code, as a diagnostic; without one, as the error and its chain, one line each.

use std::error::Error as _;

use dwc_compiler::diagnostic::Diagnostic;
use dwc_compiler::source::FileSet;
use dwc_runner::Error;

use super::diagnostics::{self, printable};
use crate::args::Global;
use crate::exit::Exit;

/// Says what failed, and how the command ends by it.
pub(crate) fn print(failure: &Error, global: &Global) -> Exit {
    let exit = Exit::of(failure.code);
    match failure.code {
        Some(code) => {
            let mut diagnostic = Diagnostic::new(code, &failure.message);
            diagnostic.help.clone_from(&failure.help);
            diagnostics::print(&FileSet::default(), &[diagnostic], global);
        }
        None => {
            eprintln!("error: {}", printable(&failure.message));
            if let Some(help) = &failure.help {
                eprintln!("help: {}", printable(help));
            }
        }
    }
    let mut cause = failure.source();
    while let Some(error) = cause {
        eprintln!("  because: {}", printable(&error.to_string()));
        cause = error.source();
    }
    exit
}
