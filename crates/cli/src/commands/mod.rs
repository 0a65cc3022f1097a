//! Commands, one file each, thin: load, ask the compiler or the runner, hand the answer to a view.

mod check;
mod completions;
mod explain;
mod schema;

use std::io::Write as _;

use dwc_runner::Error;

use crate::args::{Args, Command};
use crate::exit::Exit;

pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    match &args.command {
        Command::Check => check::run(&args.global),
        Command::Explain { code } => explain::run(code),
        Command::Schema { write } => schema::run(write.as_deref()),
        Command::Completions { shell } => completions::run(*shell),
    }
}

/// Writes data to standard output.
fn write_out(data: &[u8]) -> Result<(), Error> {
    std::io::stdout()
        .write_all(data)
        .map_err(|cause| Error::because("standard output could not be written", cause))
}
