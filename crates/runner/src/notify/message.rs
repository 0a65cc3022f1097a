//! What a message says, in the shape of each service. It must not know what is worth a message.

use dwc_compiler::model::NotifyFormat;
use serde_json::{Value, json};

use super::event::{About, NotifyEvent};
use super::{Done, Told};

/// The events that a message for people lists: a chat cuts long messages, and nobody reads them.
const LISTED: usize = 20;
/// The characters of one event: what another system says may be long.
const LONGEST: usize = 500;

/// The body of a request.
pub(super) fn body(format: NotifyFormat, told: &Told<'_>, events: &[&NotifyEvent]) -> String {
    let body = match format {
        NotifyFormat::Json => data(told, events),
        NotifyFormat::Slack => json!({ "text": slack(told, events) }),
        NotifyFormat::Teams => teams(told, events),
    };
    body.to_string()
}

/// For programs: everything.
fn data(told: &Told<'_>, events: &[&NotifyEvent]) -> Value {
    let events: Vec<Value> = events
        .iter()
        .map(|event| {
            let (source, model) = match &event.about {
                About::Run => (None, None),
                About::Source(name) => (Some(name), None),
                About::Model(name) => (None, Some(name)),
            };
            json!({
                "on": event.on, "source": source, "model": model, "text": event.text, "code": event.code, "help": event.help,
            })
        })
        .collect();
    let run = match told.done {
        Done::Run(run) => Some(run),
        Done::FailedRun | Done::Verification => None,
    };
    json!({
        "version": 1,
        "command": if matches!(told.done, Done::Verification) { "verify" } else { "run" },
        "project": told.project.name,
        "target": told.target,
        "at": told.at.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "run": run.map(|run| run.run),
        "mode": run.map(|run| &run.mode),
        "events": events,
    })
}

/// The first line of a message for people.
fn title(told: &Told<'_>) -> String {
    let done = match told.done {
        Done::Run(run) => format!("run {} ({})", run.run, run.mode),
        Done::FailedRun => "the run failed".to_owned(),
        Done::Verification => "verification".to_owned(),
    };
    format!("{} on {}: {done}", told.project.name, told.target)
}

/// An event in one paragraph: what happened, its code, and what to do.
fn paragraph(event: &NotifyEvent) -> String {
    let code = event.code.as_ref().map_or_else(String::new, |code| format!(" [{code}]"));
    let help = event.help.as_ref().map_or_else(String::new, |help| format!(" — {help}"));
    let text = format!("{}{code}{help}", event.text);
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// The paragraphs of a message for people, with how many are left out.
fn paragraphs(events: &[&NotifyEvent]) -> Vec<String> {
    let mut all: Vec<String> = events.iter().take(LISTED).map(|event| paragraph(event)).collect();
    if events.len() > LISTED {
        all.push(format!("and {} more", events.len() - LISTED));
    }
    all
}

/// Slack reads `&`, `<` and `>` as the begin of something: <https://api.slack.com/reference/surfaces/formatting>.
fn slack(told: &Told<'_>, events: &[&NotifyEvent]) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut text = format!("*{}*", escaped(&title(told)));
    for paragraph in paragraphs(events) {
        text.push_str("\n• ");
        text.push_str(&escaped(&paragraph));
    }
    text
}

/// An adaptive card, as a workflow that waits for a webhook request takes it:
/// <https://learn.microsoft.com/en-us/connectors/teams/#adaptivecarditemschema>.
fn teams(told: &Told<'_>, events: &[&NotifyEvent]) -> Value {
    let title = json!({ "type": "TextBlock", "text": markdown(&title(told)), "weight": "Bolder", "wrap": true });
    let lines = paragraphs(events).into_iter();
    let lines = lines.map(|line| json!({ "type": "TextBlock", "text": markdown(&line), "wrap": true }));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": std::iter::once(title).chain(lines).collect::<Vec<_>>(),
            },
        }],
    })
}

/// A text of which a card's Markdown makes nothing else: names are full of `_`.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '[' | ']' | '`' | '#') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
