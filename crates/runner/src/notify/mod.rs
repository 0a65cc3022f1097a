//! Who is told what happened in a run: what of it is worth a message, what the message says, and how it is sent.
//! A message holds no row and no key: webhooks end in chats that more people read than may read the data.

mod event;
mod message;
mod send;

use chrono::NaiveDateTime;
use dwc_compiler::model::{Notify, Project};

pub use event::{About, NotifyEvent, Watch};
pub use send::{Posting, post};

use crate::{Error, Offence, RunReport};

/// How a run ended: with its report and what offends, or with an error.
pub type Ended<'r> = Result<(&'r RunReport, &'r [Offence]), &'r Error>;

/// A run, as messages name it.
#[derive(Debug, Clone)]
pub struct Told<'p> {
    /// The project that was run.
    pub project: &'p Project,
    /// The target that was run.
    pub target: &'p str,
    /// When the message is written, UTC.
    pub at: NaiveDateTime,
}

/// What is to be sent after a run: a message for each webhook that it concerns.
#[must_use]
pub fn messages<'p>(told: &Told<'p>, ended: Ended<'_>, events: &[NotifyEvent]) -> Vec<(&'p Notify, String)> {
    let run = ended.ok().map(|(report, _)| report);
    let hears = |notify: &&Notify| notify.targets.is_empty() || notify.targets.iter().any(|name| name == told.target);
    told.project
        .notify
        .iter()
        .filter(hears)
        .filter_map(|notify| {
            let heard: Vec<&NotifyEvent> = events.iter().filter(|event| event.is_for(told.project, notify)).collect();
            let body = (!heard.is_empty()).then(|| message::body(notify.format, told, run, &heard))?;
            Some((notify, body))
        })
        .collect()
}
