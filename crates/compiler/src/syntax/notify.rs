//! Who is told what happened in a run or a verification, as the project's YAML says it, one to one. Nothing is resolved here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::Names;

/// A webhook that is told what happened in a run or a verification. Where nothing of it happened, it gets no message.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// The address of the webhook. Take it from the environment: `{{ env('SLACK_WEBHOOK') }}`.
    pub to: String,
    /// The shape of the message. Defaults to `json`.
    pub format: Option<NotifyFormat>,
    /// What is worth a message. Defaults to everything.
    pub on: Option<Vec<NotifyOn>>,
    /// Models: names, `+name`, `name+` or `tag:word`. Only what happens to them, and to the sources that they read, is told.
    pub select: Option<Names>,
    /// Owners. Only what happens to their models and sources is told, beside what `select` names.
    pub owner: Option<Names>,
    /// The targets whose runs are told of. Defaults to all of them. Environments are never told of.
    pub targets: Option<Names>,
}

/// The shape of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotifyFormat {
    /// A JSON object with the run and a list of what happened, for programs.
    Json,
    /// A message for a Slack webhook.
    Slack,
    /// An adaptive card for a Microsoft Teams workflow.
    Teams,
}

/// Something that is worth a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotifyOn {
    /// The run ended with an error.
    Failed,
    /// A model was held back: rows break one of its rules.
    HeldBack,
    /// A source was stopped: something about it is wrong, and nothing more of it was landed.
    Stopped,
    /// A source could not be reached. The message says for how many runs in a row.
    Unreachable,
    /// Time of a table that no run has loaded.
    Gap,
    /// Rows of a source were rejected.
    Rejected,
    /// A warning of the run.
    Warning,
    /// The run loaded everything, after one that did not.
    Recovered,
    /// `dwc verify` found rows that break a rule, fail a check or differ from what they are made of.
    Finding,
}

impl NotifyOn {
    /// Everything that is worth a message, in the order in which messages tell it.
    pub const ALL: [NotifyOn; 9] = [
        NotifyOn::Failed,
        NotifyOn::HeldBack,
        NotifyOn::Stopped,
        NotifyOn::Unreachable,
        NotifyOn::Gap,
        NotifyOn::Rejected,
        NotifyOn::Warning,
        NotifyOn::Recovered,
        NotifyOn::Finding,
    ];

    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            NotifyOn::Failed => "failed",
            NotifyOn::HeldBack => "held_back",
            NotifyOn::Stopped => "stopped",
            NotifyOn::Unreachable => "unreachable",
            NotifyOn::Gap => "gap",
            NotifyOn::Rejected => "rejected",
            NotifyOn::Warning => "warning",
            NotifyOn::Recovered => "recovered",
            NotifyOn::Finding => "finding",
        }
    }
}
