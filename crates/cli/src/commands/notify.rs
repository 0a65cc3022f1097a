//! Webhooks that are told of a run or a verification. A message that does not arrive is said, and changes nothing else.

use dwc_compiler::diagnostic::Code;
use dwc_runner::{
    Ended, Error, Looked, NotifyDone, NotifyEvent, Posting, Told, Warehouse, Watch, messages, notify_findings, post,
    project,
};

use super::context::Context;
use super::now;

/// What the warehouse was like before a run, where somebody is told of the run. An environment is somebody's own.
pub(super) fn watch(context: &Context<'_>, warehouse: &dyn Warehouse) -> Result<Option<Watch>, Error> {
    let is_told = !context.project.notify.is_empty() && context.global.env.is_none();
    is_told.then(|| Watch::begin(warehouse)).transpose()
}

/// Tells whom it concerns what happened. The warehouse is `None` where it could not be opened.
pub(super) fn tell(
    context: &Context<'_>,
    warehouse: Option<&dyn Warehouse>,
    watch: Option<Watch>,
    ended: Ended<'_>,
) -> Result<(), Error> {
    // Another process that works on the warehouse is no failure: the scheduler tries again.
    let is_busy = ended.err().is_some_and(|error| error.code == Some(Code::WarehouseInUse));
    if context.project.notify.is_empty() || context.global.env.is_some() || is_busy {
        return Ok(());
    }
    // A warehouse that has failed may fail again; the message is worth more than the gaps in it.
    let state = warehouse.and_then(|warehouse| warehouse.state().ok().flatten());
    let gaps = state.filter(|_| watch.is_some()).map_or_else(Vec::new, |state| state.gaps);
    let events = watch.unwrap_or_default().events(ended, &gaps);
    let done = ended.map_or(NotifyDone::FailedRun, |(report, _)| NotifyDone::Run(report));
    send(context, done, &events)
}

/// Tells whom it concerns what a verification has found.
pub(super) fn tell_findings(context: &Context<'_>, looked: &[&Looked]) -> Result<(), Error> {
    if context.project.notify.is_empty() || context.global.env.is_some() {
        return Ok(());
    }
    send(context, NotifyDone::Verification, &notify_findings(&context.project, looked))
}

fn send(context: &Context<'_>, done: NotifyDone<'_>, events: &[NotifyEvent]) -> Result<(), Error> {
    let told = Told { project: &context.project, target: context.target()?.0, at: now(None)?, done };
    for unsent in post(&messages(&told, events), Posting::default(), &project::env) {
        eprintln!("warning: {unsent}");
    }
    Ok(())
}
