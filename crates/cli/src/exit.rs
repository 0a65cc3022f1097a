//! Exit codes: what a script or a scheduler may rely on.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// The input is wrong, or a check failed.
    InputWrong = 1,
    /// Changes are present, and `--detailed-exitcode` asks.
    ChangesPresent = 2,
    /// The world failed: a file, a connection, a warehouse.
    WorldFailed = 3,
    /// Some sources were not reached; the others loaded.
    SomeUnreachable = 4,
    /// No source was reached, and nothing was done.
    NothingReachable = 99,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
