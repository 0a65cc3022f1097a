//! `dwc completions`: the completions of a shell.

use clap::CommandFactory as _;
use clap_complete::Shell;
use dwc_runner::Error;

use crate::args::Args;
use crate::exit::Exit;

pub(super) fn run(shell: Shell) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "dwc", &mut script);
    super::write_out(&script)?;
    Ok(Exit::Done)
}
