//! The `dwc` binary: arguments in, a command run, an exit code out. It must not decide what a command does.

mod args;
mod commands;
mod exit;
mod views;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;
use crate::exit::Exit;

/// A check of ten thousand models allocates in many small pieces on every core.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Enough for the deepest SQL that is read, so that no walk over it has to ask for more; what is not used costs nothing.
const STACK: usize = 80 * 1024 * 1024;

fn main() -> ExitCode {
    // Where the machine gives no such threads, walks over deep SQL take their room one by one.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK).build_global();
    match std::thread::Builder::new().stack_size(STACK).spawn(dwc).map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // The panic has been printed.
        Ok(Err(_)) => ExitCode::from(101),
        Err(_) => dwc(),
    }
}

fn dwc() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(shown) => {
            // Help and version are data; a wrong argument is wrong input. A closed pipe is nobody's problem here.
            let _ = shown.print();
            return if shown.use_stderr() { Exit::InputWrong.into() } else { Exit::Done.into() };
        }
    };
    match commands::run(&args) {
        Ok(exit) => exit.into(),
        Err(failure) => views::failure::print(&failure, &args.global).into(),
    }
}
