//! The plan, as data with a published schema, and as text for reading; the text is made from the data.

use std::fmt::Write as _;

use dwc_compiler::model::Project;
use dwc_compiler::plan::{Action, Alteration, ChangeSet, Class};
use dwc_compiler::sql::LoadMode;
use dwc_runner::Error;
use schemars::{JsonSchema, schema_for};
use serde::Serialize;

/// The version of the JSON.
const FORMAT: u32 = 1;

/// What an apply would change, and how the models load afterwards.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Plan {
    format: u32,
    project: String,
    target: String,
    /// The serial of the state that the plan was made from.
    serial: i64,
    changes: Vec<Change>,
    loads: Vec<Load>,
}

/// What happens to one table or view.
#[derive(Debug, Serialize, JsonSchema)]
struct Change {
    /// Stable: `table dw.product`.
    address: String,
    /// The model or source table that the object belongs to.
    owner: String,
    action: Action,
    class: Class,
    /// One sentence per difference.
    reasons: Vec<String>,
    /// Columns that are altered in place.
    columns: Vec<Column>,
    /// The models that read or look up the owner, directly.
    downstream: Vec<String>,
    /// The model is computed anew from landing by the next run.
    reload: bool,
}

/// What happens to one column.
#[derive(Debug, Serialize, JsonSchema)]
struct Column {
    name: String,
    action: &'static str,
}

/// How one model takes up changes.
#[derive(Debug, Serialize, JsonSchema)]
struct Load {
    model: String,
    incremental: bool,
    /// Why changes cannot be applied alone, where they cannot.
    whole_because: Option<String>,
}

impl Plan {
    pub(crate) fn new(project: &Project, target: &str, serial: i64, set: &ChangeSet, loads: Vec<LoadMode>) -> Self {
        let changes = set
            .changes
            .iter()
            .map(|change| {
                let object = change.after.as_ref().or(change.before.as_ref());
                let owner = object.map_or_else(String::new, |object| object.owner.clone());
                let downstream = project
                    .model(&owner)
                    .filter(|_| change.action != Action::Create)
                    .map(|id| project.downstream(id))
                    .into_iter()
                    .flatten()
                    .map(|id| project.model_name(id).to_owned())
                    .collect();
                Change {
                    address: change.address.clone(),
                    owner,
                    action: change.action,
                    class: change.class,
                    reasons: change.reasons.clone(),
                    columns: change.alterations.iter().filter_map(column).collect(),
                    downstream,
                    reload: change.reload,
                }
            })
            .collect();
        let loads = loads
            .into_iter()
            .map(|mode| Load { model: mode.model, incremental: mode.whole.is_none(), whole_because: mode.whole })
            .collect();
        Self { format: FORMAT, project: project.name.clone(), target: target.to_owned(), serial, changes, loads }
    }

    /// The schema of the JSON.
    pub(crate) fn schema() -> serde_json::Value {
        schema_for!(Plan).to_value()
    }

    pub(crate) fn json(&self) -> Result<String, Error> {
        serde_json::to_string_pretty(self).map_err(|cause| Error::because("the plan could not be written", cause))
    }

    pub(crate) fn human(&self, color: bool) -> String {
        let paint =
            |code: &str, text: &str| if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
        let mut text = String::new();
        if self.changes.is_empty() {
            let _ = writeln!(text, "no changes: `{}` is what the models say", self.target);
        }
        for change in &self.changes {
            let (mark, code) = match change.action {
                Action::Create => ("+", "32"),
                Action::Alter => ("~", "33"),
                Action::Rebuild => ("±", "35"),
                Action::Drop => ("-", "31"),
            };
            let class = match change.class {
                Class::Additive => String::new(),
                Class::Breaking => "  breaking".to_owned(),
                Class::HistoryRewriting => "  rewrites history".to_owned(),
                Class::GrainChanging => "  changes the grain".to_owned(),
                Class::Destructive => paint("31", "  loses data"),
            };
            let _ = writeln!(text, "{} {}{class}", paint(code, mark), change.address);
            // A new object's reason is that it is new.
            if change.action != Action::Create {
                for reason in &change.reasons {
                    let _ = writeln!(text, "    {reason}");
                }
                if !change.downstream.is_empty() {
                    let _ = writeln!(text, "    read by {}", change.downstream.join(", "));
                }
            }
        }
        let whole: Vec<&Load> = self.loads.iter().filter(|load| !load.incremental).collect();
        if !whole.is_empty() {
            let _ = writeln!(text, "\ncomputed whole by every run that touches them:");
            for load in whole {
                let _ = writeln!(text, "    {}: {}", load.model, load.whole_because.as_deref().unwrap_or_default());
            }
        }
        let count = |action: Action| self.changes.iter().filter(|change| change.action == action).count();
        let _ = writeln!(
            text,
            "\nplan for {} on {}: {} to create, {} to alter, {} to rebuild, {} to drop",
            self.project,
            self.target,
            count(Action::Create),
            count(Action::Alter),
            count(Action::Rebuild),
            count(Action::Drop)
        );
        text
    }
}

fn column(alteration: &Alteration) -> Option<Column> {
    let (name, action) = match alteration {
        Alteration::AddColumn(column) => (column.name.clone(), "add"),
        Alteration::DropColumn(name) => (name.clone(), "drop"),
        Alteration::RenameColumn { to, .. } => (to.clone(), "rename"),
        Alteration::DescribeColumn(column) => (column.name.clone(), "describe"),
        Alteration::Describe(_) | Alteration::RenameTable(_) => return None,
    };
    Some(Column { name, action })
}
