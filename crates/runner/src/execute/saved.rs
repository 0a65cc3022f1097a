//! Saved plans: the file that a reviewer looked at, and that a pipeline applies. A format of its own with a version and
//! a published schema; it holds no secret. What it was made from is written into it, and an apply of it makes the plan
//! again and refuses where anything has moved: no statement is ever taken from the file.

use std::fs;
use std::path::Path;

use dwc_compiler::diagnostic::Code;
use dwc_compiler::plan::{Action, Class, Drift, Reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::planned::Planned;
use crate::Error;

/// The version that this build writes and reads.
const FORMAT: u32 = 1;

/// A saved plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedPlan {
    /// The version of this shape.
    pub format: u32,
    /// The version of the dwc that wrote it.
    pub dwc: String,
    /// The project's name.
    pub project: String,
    /// The target that it is for.
    pub target: String,
    /// The environment that it is for, where it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// A digest of the objects that the models need, and of what fills them.
    pub models: String,
    /// The serial of the state that it was made from; 0 where nothing was applied before.
    pub serial: i64,
    /// A digest of the manifest applied last; empty where nothing was applied before.
    pub state: String,
    /// A digest of the tables and views in the warehouse that it is about.
    pub live: String,
    /// What changes.
    pub changes: Vec<SavedChange>,
    /// What others have changed in the warehouse.
    pub drift: Vec<Drift>,
    /// The statements, in their order.
    pub statements: Vec<SavedStatement>,
    /// Models and tables whose data may be lost, as it was allowed when the plan was saved.
    pub allow_destructive: Vec<String>,
    /// A digest of everything else in the file.
    pub checksum: String,
}

/// What happens to one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedChange {
    /// Stable: `table dw.product`.
    pub address: String,
    /// The model or source table that the object belongs to.
    pub owner: String,
    /// What is done.
    pub action: Action,
    /// What it means for those who use the object.
    pub class: Class,
    /// One sentence per difference.
    pub reasons: Vec<String>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedStatement {
    /// The address of its change; empty for what all of them need.
    pub address: String,
    /// The SQL.
    pub sql: String,
}

/// Where a plan belongs.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The project's name.
    pub project: &'a str,
    /// The target's name.
    pub target: &'a str,
    /// The environment's name.
    pub environment: Option<&'a str>,
}

impl SavedPlan {
    /// What is to be saved of a plan.
    ///
    /// # Errors
    /// Never in practice: a plan is plain data.
    pub fn of(planned: &Planned, place: Place<'_>, allowed: &[String]) -> Result<Self, Error> {
        let changes = planned.set.changes.iter().map(|change| SavedChange {
            address: change.address.clone(),
            owner: change.after.as_ref().or(change.before.as_ref()).map_or_else(String::new, |one| one.owner.clone()),
            action: change.action,
            class: change.class,
            reasons: change.reasons.iter().map(Reason::sentence).collect(),
        });
        let statements = planned
            .statements
            .iter()
            .map(|statement| SavedStatement { address: statement.address.clone(), sql: statement.sql.clone() });
        let mut saved = Self {
            format: FORMAT,
            dwc: env!("CARGO_PKG_VERSION").to_owned(),
            project: place.project.to_owned(),
            target: place.target.to_owned(),
            environment: place.environment.map(str::to_owned),
            models: planned.wanted.digest().map_err(unwritten)?,
            serial: planned.serial,
            state: planned.state.clone(),
            live: planned.live(),
            changes: changes.collect(),
            drift: planned.drift.clone(),
            statements: statements.collect(),
            allow_destructive: allowed.to_vec(),
            checksum: String::new(),
        };
        saved.checksum = saved.sum()?;
        Ok(saved)
    }

    fn sum(&self) -> Result<String, Error> {
        let bare = Self { checksum: String::new(), ..self.clone() };
        Ok(crate::state::digest(&serde_json::to_vec(&bare).map_err(unwritten)?))
    }

    /// Writes the file.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).map_err(unwritten)?;
        fs::write(path, format!("{text}\n"))
            .map_err(|cause| Error::because(format!("`{}` could not be written", path.display()), cause))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, ends too early, is not as it was written, or is of a newer format.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let text = fs::read_to_string(path)
            .map_err(|cause| Error::because(format!("the plan `{shown}` could not be read"), cause))?;
        let edited = |reason: &str| {
            Error::coded(Code::PlanEdited, format!("`{shown}` is not as dwc wrote it: {reason}"))
                .help("change the models, and save the plan again with `dwc plan -o FILE`")
        };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
            if error.is_eof() {
                Error::coded(Code::PlanTruncated, format!("`{shown}` ends before the plan does"))
                    .help("copy it again, or save the plan again with `dwc plan -o FILE`")
            } else {
                edited(&error.to_string())
            }
        })?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format > u64::from(FORMAT) => {
                return Err(Error::coded(
                    Code::PlanNewer,
                    format!("`{shown}` has format {format}, and this dwc knows {FORMAT}"),
                )
                .help("apply it with the dwc that wrote it, or a newer one"));
            }
            Some(_) => {}
            None => return Err(edited("it is not a plan")),
        }
        let saved: Self = serde_json::from_value(value).map_err(|error| edited(&error.to_string()))?;
        if saved.checksum == saved.sum()? { Ok(saved) } else { Err(edited("its checksum does not match")) }
    }

    /// Whether it was made for another place than this one.
    ///
    /// # Errors
    /// It was.
    pub fn belongs(&self, place: Place<'_>) -> Result<(), Error> {
        let name = |project: &str, target: &str, environment: Option<&str>| {
            let environment = environment.map_or_else(String::new, |name| format!(", environment `{name}`"));
            format!("project `{project}`, target `{target}`{environment}")
        };
        let made_for = name(&self.project, &self.target, self.environment.as_deref());
        let here = name(place.project, place.target, place.environment);
        if made_for == here {
            return Ok(());
        }
        Err(Error::coded(Code::PlanOfAnother, format!("the plan is for {made_for}, and this is {here}"))
            .help("name the target that it was made for, or save a plan for this one"))
    }

    /// Whether a plan that is made now is still this one.
    ///
    /// # Errors
    /// The models, the state or the warehouse have moved.
    pub fn still(&self, now: &Planned) -> Result<(), Error> {
        let moved = |code, message: String| {
            Err(Error::coded(code, message).help("review `dwc plan`, and save the plan again with `dwc plan -o FILE`"))
        };
        if self.models != now.wanted.digest().map_err(unwritten)? {
            return moved(Code::ModelsMoved, "the models have changed since the plan was saved".to_owned());
        }
        if self.serial != now.serial || self.state != now.state {
            let why = if self.serial == now.serial {
                format!("the state of serial {} is not the plan's", now.serial)
            } else {
                format!(
                    "the plan was made from the state of serial {}, and the state is at {}",
                    self.serial, now.serial
                )
            };
            return moved(Code::StateMoved, why);
        }
        if self.live != now.live() {
            let why = "tables or views that the plan is about were changed in the warehouse after it was saved";
            return moved(Code::SchemaMoved, why.to_owned());
        }
        let statements = now.statements.iter().map(|statement| (&statement.address, &statement.sql));
        if !self.statements.iter().map(|statement| (&statement.address, &statement.sql)).eq(statements) {
            let why = format!("this dwc writes other statements for the models than dwc {} did", self.dwc);
            return moved(Code::ModelsMoved, why);
        }
        Ok(())
    }
}

fn unwritten(cause: serde_json::Error) -> Error {
    Error::because("the plan could not be written", cause)
}
