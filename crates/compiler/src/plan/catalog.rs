//! The catalog: the tables and views that a warehouse really has, as it tells them itself. What an apply found when it
//! was done is written down with the state, so that a later plan can tell what others have changed since.
//! It must not know of engines: types and texts are the engine's own words, compared and never read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::manifest::{Manifest, ObjectKind};

/// Tables and views by `schema.name`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// What is there.
    pub objects: BTreeMap<String, Live>,
}

/// A table or view that a warehouse has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// It is a view.
    pub view: bool,
    /// A table's columns by name; a view's are not listed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, LiveColumn>,
    /// A view's text as the engine gives it back; empty for a table.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What a table is partitioned and clustered by, in the engine's words; `None` where the engine has no such thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// What a table says of itself; `None` where an older dwc did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The keys that are declared of a table and not enforced, in the engine's words; `None` where the engine has no such
    /// thing, or an older dwc did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<String>,
    /// How many rows it has, as far as the engine knows without counting; never part of a comparison.
    #[serde(skip)]
    pub rows: Option<u64>,
    /// How many bytes it holds, where the engine bills by them; never part of a comparison.
    #[serde(skip)]
    pub bytes: Option<u64>,
}

/// A column that a table has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveColumn {
    /// Its type in the engine's words.
    #[serde(rename = "type")]
    pub ty: String,
    /// It takes no NULL.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// What it says of itself; `None` where an older dwc did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Catalog {
    /// Reads a catalog that was written down: `like` itself where it would be written alike.
    ///
    /// # Errors
    /// A text that is not a catalog.
    pub fn read<'c>(text: &str, like: &'c Self) -> Result<Cow<'c, Self>, serde_json::Error> {
        if serde_json::to_string(like)? == text {
            return Ok(Cow::Borrowed(like));
        }
        serde_json::from_str(text).map(Cow::Owned)
    }

    /// The part of it that manifests name.
    #[must_use]
    pub fn of(&self, manifests: &[&Manifest]) -> Self {
        let names = manifests.iter().flat_map(|manifest| manifest.objects.values()).map(|object| object.path());
        let found = names.filter_map(|name| Some((name.clone(), self.objects.get(&name)?.clone())));
        Self { objects: found.collect() }
    }

    /// A digest of everything but the row counts.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, live) in &self.objects {
            let layout = live.layout.as_deref().unwrap_or_default();
            let description = live.description.as_deref().unwrap_or_default();
            let keys = live.keys.as_deref().unwrap_or_default();
            hash.update(format!("{name}\u{1f}{}\u{1f}{}\u{1f}{layout}\u{1f}{description}", live.view, live.text));
            hash.update(format!("\u{1f}{keys}\u{1e}"));
            for (column, found) in &live.columns {
                let description = found.description.as_deref().unwrap_or_default();
                hash.update(format!("{column}\u{1f}{}\u{1f}{}\u{1f}{description}\u{1e}", found.ty, found.required));
            }
        }
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether an object of a manifest is there, as a table or view as it should be.
    #[must_use]
    pub fn has(&self, path: &str, kind: ObjectKind) -> bool {
        self.objects.get(path).is_some_and(|live| live.view == (kind == ObjectKind::View))
    }
}
