//! Exit codes: what a script or a scheduler may rely on.

use std::process::ExitCode;

use dwc_compiler::diagnostic::{Code, Remedy};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// The input is wrong, or a check failed.
    InputWrong = 1,
    /// Changes are present, and `--detailed-exitcode` asks.
    ChangesPresent = 2,
    /// An external system failed, and trying again may help: a connection, a disk, a warehouse that is in use.
    WorldFailed = 3,
    /// Some sources were not reached; the others loaded.
    SomeUnreachable = 4,
    /// No source was reached, and nothing was done.
    NothingReachable = 99,
}

impl Exit {
    /// How a command ends that a problem has stopped; one without a page is the world's.
    pub(crate) fn of(code: Option<Code>) -> Self {
        match code.map(Code::remedy) {
            Some(Remedy::Change) => Exit::InputWrong,
            Some(Remedy::Retry) | None => Exit::WorldFailed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
