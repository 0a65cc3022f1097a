//! Views: how what was found is written, one file per kind. They must not find anything themselves.

pub(crate) mod diagnostics;
pub(crate) mod env;
pub(crate) mod failure;
mod graphical;
mod json;
pub(crate) mod layout;
pub(crate) mod model;
pub(crate) mod partitions;
pub(crate) mod plan;
mod plan_human;
mod plan_markdown;
pub(crate) mod progress;
pub(crate) mod rebuild;
pub(crate) mod run;
pub(crate) mod state;
pub(crate) mod table;

/// Whether text on standard output is colored.
pub(crate) fn color(global: &crate::args::Global) -> bool {
    use std::io::IsTerminal as _;
    std::io::stdout().is_terminal()
        && !global.no_color
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
