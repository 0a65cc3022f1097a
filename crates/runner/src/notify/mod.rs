//! Who is told what happened in a run or a verification: what of it is worth a message, what the message says, and how it is sent.
//! A message holds no row and no key: webhooks end in chats that more people read than may read the data.

mod event;
mod message;
mod send;

use chrono::NaiveDateTime;
use dwc_compiler::model::{Notify, Project};

pub use event::{About, NotifyEvent, Watch, findings};
pub use send::{Posting, post};

use crate::{Error, Offence, RunReport};

/// How a run ended: with its report and what offends, or with an error.
pub type Ended<'r> = Result<(&'r RunReport, &'r [Offence]), &'r Error>;

/// What messages are about.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    /// The project.
    pub project: &'a Project,
    /// The target.
    pub target: &'a str,
    /// When the message is written, UTC.
    pub at: NaiveDateTime,
    /// What was done.
    pub done: Done<'a>,
}

/// What was done.
#[derive(Debug, Clone, Copy)]
pub enum Done<'r> {
    /// A run, with its report.
    Run(&'r RunReport),
    /// A run that ended before it had a report.
    FailedRun,
    /// A verification.
    Verification,
}

/// What is to be sent: a message for each webhook that it concerns.
#[must_use]
pub fn messages<'a>(told: &Told<'a>, events: &[NotifyEvent]) -> Vec<(&'a Notify, String)> {
    let hears = |notify: &&Notify| notify.targets.is_empty() || notify.targets.iter().any(|name| name == told.target);
    told.project
        .notify
        .iter()
        .filter(hears)
        .filter_map(|notify| {
            let heard: Vec<&NotifyEvent> = events.iter().filter(|event| event.is_for(told.project, notify)).collect();
            let body = (!heard.is_empty()).then(|| message::body(notify.format, told, &heard))?;
            Some((notify, body))
        })
        .collect()
}
