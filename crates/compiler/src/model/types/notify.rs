//! Who is told what happened in a run, with every name resolved. It must not know how a message is sent.

use super::{ModelId, NotifyFormat, NotifyOn};
use crate::source::Span;

/// A webhook that is told what happened in a run.
#[derive(Debug, Clone)]
pub struct Notify {
    /// Its name in the project.
    pub name: String,
    /// Its address, with the names of environment variables and not with their values.
    pub to: String,
    /// The shape of the message.
    pub format: NotifyFormat,
    /// What is worth a message.
    pub on: Vec<NotifyOn>,
    /// Of which models and sources; of the whole project where it is `None`.
    pub of: Option<NotifyOf>,
    /// The targets whose runs are told of; all of them where it is empty.
    pub targets: Vec<String>,
    /// Where it is declared.
    pub span: Span,
}

/// The part of a project that a webhook is told of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotifyOf {
    /// Models.
    pub models: Vec<ModelId>,
    /// Sources, by name: those that the models read, and those of the owners.
    pub sources: Vec<String>,
}
