//! Views: how what was found is written, one file per kind. They must not find anything themselves.

pub(crate) mod diagnostics;
pub(crate) mod failure;
mod graphical;
mod json;
