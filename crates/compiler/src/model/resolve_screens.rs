//! Checks with `on_fail`, the screens: whether a load can judge a row by them before it is loaded. It must not know how a
//! load does so.

use std::collections::BTreeSet;

use super::columns::stored_columns;
use super::resolve_checks::Resolving;
use super::types::{DimensionKind, ModelId, OnFail, Project, Threshold};
use crate::diagnostic::{Code, Diagnostic};

/// What a load can judge of the rows of a table before they are loaded.
pub(super) enum Screened {
    /// These columns: the others are looked up or computed afterwards.
    Columns(BTreeSet<String>),
    /// Nothing: why, and what to do.
    Nothing(&'static str, &'static str),
}

impl Screened {
    /// Of a source table.
    pub(super) fn of_source() -> Self {
        Self::Nothing(
            "source tables have no screens",
            "declare the check in the facts and dimensions that read the table; a row that does not cast is rejected in any case",
        )
    }

    /// Of a model.
    pub(super) fn of_model(project: &Project, id: ModelId) -> Self {
        match id {
            ModelId::Fact(index) if project.facts[index].rolls_up.is_some() => Self::Nothing(
                "a fact that rolls up another has no screens",
                "declare the check in the fact that it rolls up",
            ),
            ModelId::Fact(index) => {
                Self::Columns(stored_columns(&project.facts[index]).into_iter().map(|(name, _, _)| name).collect())
            }
            ModelId::Dimension(index) => match &project.dimensions[index].kind {
                DimensionKind::Standard(members) => {
                    // Labels and words for NULL come in where versions are made of the states.
                    let attributes = members.attributes.iter().filter(|attribute| attribute.wording.is_none());
                    let attributes = attributes.map(|attribute| &attribute.column.name);
                    let key = members.natural_key.iter().map(|column| &column.name);
                    Self::Columns(key.chain(attributes).cloned().collect())
                }
                DimensionKind::Mini(_) => {
                    Self::Nothing("a mini-dimension has no screens", "declare the check in the base dimension")
                }
                DimensionKind::Junk(_) => {
                    Self::Nothing("a junk dimension has no screens", "declare the check in the facts that name it")
                }
                DimensionKind::Calendar(_) | DimensionKind::TimeOfDay => {
                    Self::Nothing("rows that dwc generates have no screens", "remove `on_fail`")
                }
            },
        }
    }
}

impl OnFail {
    /// What becomes of a row that fails, as a check says it.
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Reject => ", rows that fail are rejected",
            Self::Tag => ", rows that fail are tagged",
            Self::Halt => ", rows that fail hold the load back",
        }
    }

    /// The word for it in YAML.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Tag => "tag",
            Self::Halt => "halt",
        }
    }
}

impl Resolving<'_, '_> {
    /// Whether a load can make the check of each row; what keeps it from that is a problem.
    pub(super) fn can_screen(
        &mut self,
        on_fail: OnFail,
        kind: &str,
        has_threshold: bool,
        threshold: Threshold,
    ) -> bool {
        let called = self.subject.called.clone();
        let problem = match (&self.subject.screened, kind) {
            (_, "unique" | "relationships" | "rows" | "freshness") => Some((
                format!("`on_fail` does not apply to `{kind}`, which does not judge each row by itself"),
                match kind {
                    "unique" => "remove `on_fail`; rows that share the key of the model hold a load back in any case",
                    "relationships" => {
                        "remove `on_fail`, and declare what a load does with `missing` in the role of the fact"
                    }
                    _ => "remove `on_fail`: `dwc verify` makes the check of the loaded table",
                }
                .to_owned(),
            )),
            (Screened::Nothing(why, what), _) => {
                Some((format!("`on_fail` does not apply to {called}: {why}"), (*what).to_owned()))
            }
            (Screened::Columns(known), _) => match self.reads.iter().find(|name| !known.contains(*name)) {
                Some(name) => Some((
                    format!(
                        "a check with `on_fail` can't read `{name}` of {called}, which is not known before the row is loaded"
                    ),
                    format!(
                        "remove `on_fail`, or check one of {}",
                        known.iter().cloned().collect::<Vec<_>>().join(", ")
                    ),
                )),
                None if on_fail == OnFail::Reject && !self.volatile.is_empty() => Some((
                    format!(
                        "`on_fail: reject` does not go with `{}`, whose result changes over time",
                        self.volatile[0]
                    ),
                    "use `on_fail: tag`, or compare with a column of the row".to_owned(),
                )),
                None if on_fail == OnFail::Reject && has_threshold && threshold == Threshold::Rows(0) => Some((
                    "`on_fail: reject` with a threshold of 0 would reject no row".to_owned(),
                    "declare `on_fail: halt`, or leave `threshold` out".to_owned(),
                )),
                None => None,
            },
        };
        let Some((message, help)) = problem else { return true };
        let diagnostic =
            Diagnostic::new(Code::UnscreenableCheck, message).at(self.span(&["on_fail"]), "can't be a screen");
        self.problems.push(diagnostic.help(help));
        false
    }
}
