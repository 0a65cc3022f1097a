//! What of a run is worth a message. It must not know who is told, nor how.

use std::collections::BTreeSet;

use dwc_compiler::model::{Notify, NotifyOn, Project};
use dwc_compiler::syntax::hide_secrets;
use serde::Serialize;

use super::Ended;
use crate::state::runs::{RunEntry, WhichRuns, runs};
use crate::{
    Error, Gap, Looked, ModelOutcome, Notice, Offence, RunReport, SourceOutcome, SourceReport, Warehouse, Weight,
};

/// How many runs are looked back on for a source that is not reached.
const LOOKED_BACK: u32 = 50;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotifyEvent {
    /// What it is.
    pub on: NotifyOn,
    /// What it happened to.
    pub about: About,
    /// One sentence without a full stop, in plain text.
    pub text: String,
    /// The diagnostic code, where it has one.
    pub code: Option<String>,
    /// What to do, where it is known.
    pub help: Option<String>,
}

/// What an event happened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The run as a whole.
    Run,
    /// A source, or a table of it.
    Source(String),
    /// A model.
    Model(String),
}

impl NotifyEvent {
    fn new(on: NotifyOn, about: About, text: impl AsRef<str>) -> Self {
        Self { on, about, text: hide_secrets(text.as_ref()), code: None, help: None }
    }

    fn coded(mut self, code: &str, help: &str) -> Self {
        self.code = Some(code.to_owned());
        self.help = Some(hide_secrets(help)).filter(|help| !help.is_empty());
        self
    }

    /// Whether a webhook is told of it. What concerns the whole run concerns everyone.
    pub(super) fn is_for(&self, project: &Project, notify: &Notify) -> bool {
        let Some(of) = &notify.of else { return notify.on.contains(&self.on) };
        notify.on.contains(&self.on)
            && match &self.about {
                About::Run => true,
                About::Source(name) => of.sources.iter().any(|source| source == name),
                About::Model(name) => of.models.iter().any(|id| project.model_name(*id) == name),
            }
    }
}

/// What was known before a run, so that only what is new is told.
#[derive(Debug, Default)]
pub struct Watch {
    gaps: Vec<Gap>,
    before: Vec<RunEntry>,
}

impl Watch {
    /// Looks at the warehouse before a run.
    ///
    /// # Errors
    /// A state that cannot be read.
    pub fn begin(warehouse: &dyn Warehouse) -> Result<Self, Error> {
        let gaps = warehouse.state()?.map_or_else(Vec::new, |state| state.gaps);
        Ok(Self { gaps, before: runs(warehouse, WhichRuns::Latest(LOOKED_BACK))? })
    }

    /// What happened in the run that has ended since, the worst first; `gaps` are those that are there now.
    #[must_use]
    pub fn events(&self, ended: Ended<'_>, gaps: &[Gap]) -> Vec<NotifyEvent> {
        let mut events = match ended {
            Err(error) => vec![failed(error)],
            Ok((report, offences)) => self.of_report(report, offences),
        };
        for gap in gaps.iter().filter(|gap| !self.gaps.contains(gap)) {
            let from = gap.interval.from.map_or_else(|| "the beginning".to_owned(), |from| format!("{from} UTC"));
            let why = if gap.reason.is_empty() { String::new() } else { format!(": {}", gap.reason) };
            let text = format!("{} was not loaded from {from} to {} UTC{why}", gap.table, gap.interval.to);
            let mut event = NotifyEvent::new(NotifyOn::Gap, source_of(&gap.table), text);
            event.help = Some("close gaps with `dwc run --fill-gaps`".to_owned());
            events.push(event);
        }
        events.sort_by_key(|event| event.on);
        events
    }

    /// What a report says. Each source that was stopped and each model that was held back has its offence, in their order.
    fn of_report(&self, report: &RunReport, offences: &[Offence]) -> Vec<NotifyEvent> {
        let mut events = Vec::new();
        let mut offences = offences.iter();
        for source in &report.sources {
            match &source.outcome {
                SourceOutcome::Landed => {}
                SourceOutcome::Unreachable(reason) => events.push(self.unreachable(source, reason)),
                SourceOutcome::Stopped(reason) => {
                    let (about, text) = (About::Source(source.source.clone()), stopped(&source.source, reason));
                    let event = NotifyEvent::new(NotifyOn::Stopped, about, text);
                    events.push(told(event, offences.next()));
                }
            }
            events.extend(rejected(source));
            events.extend(source.notices.iter().map(|notice| warning(About::Source(source.source.clone()), notice)));
        }
        for model in &report.models {
            let about = About::Model(model.model.clone());
            if model.outcome == ModelOutcome::HeldBack {
                let offence = offences.next();
                let why = offence.map_or_else(String::new, |offence| format!(": {}", offence.message));
                let text = format!("{} was held back{why}{}", model.model, waiting(report, &model.model));
                events.push(told(NotifyEvent::new(NotifyOn::HeldBack, about.clone(), text), offence));
            }
            events.extend(model.notices.iter().map(|notice| warning(about.clone(), notice)));
        }
        let is_whole = !events.iter().any(|event| event.on < NotifyOn::Gap);
        if let Some(last) = self.before.iter().find(|run| run.status != "running")
            && is_whole
            && last.status != "done"
        {
            let text = format!("everything is loaded; run {} was {}", last.run, last.status.replace('_', " "));
            events.push(NotifyEvent::new(NotifyOn::Recovered, About::Run, text));
        }
        events
    }

    /// A source that was not reached, with the number of runs in a row.
    fn unreachable(&self, source: &SourceReport, reason: &str) -> NotifyEvent {
        let is_down = |run: &&RunEntry| {
            let tried =
                run.report.iter().flat_map(|report| &report.sources).find(|other| other.source == source.source);
            tried.is_none_or(|other| matches!(other.outcome, SourceOutcome::Unreachable(_)))
        };
        let missed = |run: &&RunEntry| {
            run.report.iter().flat_map(|report| &report.sources).any(|other| other.source == source.source)
        };
        let before = self.before.iter().take_while(is_down).filter(missed).count();
        let often = match before {
            0 => String::new(),
            before => format!(" for {} runs in a row", before + 1),
        };
        let text = format!("source {} was not reached{often}: {reason}", source.source);
        NotifyEvent::new(NotifyOn::Unreachable, About::Source(source.source.clone()), text)
    }
}

/// What a verification has found that fails, and what it has repaired.
#[must_use]
pub fn findings(project: &Project, looked: &[&Looked]) -> Vec<NotifyEvent> {
    let mut events = Vec::new();
    for one in looked {
        let about = match project.model(&one.of) {
            Some(_) => About::Model(one.of.clone()),
            None => source_of(&one.of),
        };
        for found in one.findings.iter().filter(|found| found.weight != Weight::Warning) {
            let mended = if found.weight == Weight::Mended { "; repaired" } else { "" };
            let text = format!("{}{mended}", found.offence.message);
            let event = NotifyEvent::new(NotifyOn::Finding, about.clone(), text);
            let help = if found.weight == Weight::Mended { "" } else { found.offence.help.as_str() };
            events.push(event.coded(found.offence.code.id(), help));
        }
    }
    events
}

fn failed(error: &Error) -> NotifyEvent {
    let event = NotifyEvent::new(NotifyOn::Failed, About::Run, &error.message);
    match (error.code, &error.help) {
        (Some(code), help) => event.coded(code.id(), help.as_deref().unwrap_or_default()),
        (None, Some(help)) => NotifyEvent { help: Some(hide_secrets(help)), ..event },
        (None, None) => event,
    }
}

fn stopped(source: &str, reason: &str) -> String {
    format!("source {source} was stopped, and nothing more of it was landed: {reason}")
}

/// An event with the code and the help of its offence.
fn told(event: NotifyEvent, offence: Option<&Offence>) -> NotifyEvent {
    match offence {
        Some(offence) => event.coded(offence.code.id(), &offence.help),
        None => event,
    }
}

/// The tables of a source of which rows were rejected.
fn rejected(source: &SourceReport) -> impl Iterator<Item = NotifyEvent> + '_ {
    source.tables.iter().filter(|table| table.rejected > 0).map(|table| {
        let text = format!("{} of {} rows of {} were rejected", table.rejected, table.extracted, table.table);
        let event = NotifyEvent::new(NotifyOn::Rejected, About::Source(source.source.clone()), text);
        NotifyEvent { help: Some("list them with `dwc errors`".to_owned()), ..event }
    })
}

fn warning(about: About, notice: &Notice) -> NotifyEvent {
    let name = match &about {
        About::Run => "the run",
        About::Source(name) | About::Model(name) => name,
    };
    let text = format!("{name}: {}", notice.message);
    NotifyEvent::new(NotifyOn::Warning, about.clone(), text).coded(&notice.code, "")
}

/// The models that wait for one that was held back.
fn waiting(report: &RunReport, held: &str) -> String {
    let mut behind: BTreeSet<&str> = BTreeSet::from([held]);
    let mut names = Vec::new();
    for model in &report.models {
        if matches!(&model.outcome, ModelOutcome::Waiting(other) if behind.contains(other.as_str())) {
            behind.insert(&model.model);
            names.push(model.model.as_str());
        }
    }
    match names.as_slice() {
        [] => String::new(),
        [one] => format!("; {one} waits for it"),
        many => format!("; {} wait for it", many.join(", ")),
    }
}

/// The source of a table `source.table`.
fn source_of(table: &str) -> About {
    About::Source(table.split('.').next().unwrap_or(table).to_owned())
}
