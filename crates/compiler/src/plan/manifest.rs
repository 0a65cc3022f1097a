//! The manifest: what an apply leaves in the warehouse, as it is written down there and compared with next time.
//! A format of its own with a version; internal types are not stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::design;

/// The format that this build writes and reads.
pub const MANIFEST_FORMAT: u32 = 1;

/// How this build takes the digest of what fills an object: what [`Object::load`] starts with.
pub const DIGEST_FORMAT: &str = "4:";

/// Everything that an apply made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`] of the build that wrote it.
    pub format: u32,
    /// The project's name.
    pub project: String,
    /// Objects by address, such as `table dw.product`.
    pub objects: BTreeMap<String, Arc<Object>>,
}

/// A table or view of the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The model or source table that it belongs to.
    pub owner: String,
    /// What it holds, for analysts.
    pub description: String,
    /// Columns in table order; a view's are not listed.
    pub columns: Vec<ObjectColumn>,
    /// Partitioning, clustering and a view's text: what cannot be altered in place.
    pub definition: String,
    /// A digest of what fills it: where it differs, the model is computed anew from landing.
    pub load: String,
    /// The columns that tell its rows apart: a grain, a natural key, a primary key. Older manifests do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// What the model says of itself, by part, such as `attribute city`: for the reasons of a plan. Only a table of the
    /// star has it, and older manifests do not say.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub design: BTreeMap<String, String>,
    /// Columns that others have added to it: found in a warehouse, never written down.
    #[serde(skip)]
    pub foreign: Vec<String>,
    /// The name that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Plans that lose its data are refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A table of the star.
    Star,
    /// Kept events of a dimension.
    History,
    /// Landed rows or their images.
    Landing,
    /// A view.
    View,
}

/// A column of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectColumn {
    /// Its name.
    pub name: String,
    /// Its GoogleSQL type.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// It is never NULL.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The name that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

/// A manifest whose objects are still text.
#[derive(Deserialize)]
struct Unread<'t> {
    format: u32,
    project: String,
    #[serde(borrow)]
    objects: BTreeMap<String, &'t RawValue>,
}

impl Manifest {
    /// Reads a manifest that was written down. An object whose text is what `like` would write of its own is that one: of
    /// ten thousand models that were applied the few that differ are read.
    ///
    /// # Errors
    /// A text that is not a manifest, or ends too early.
    pub fn read(text: &str, like: Option<&Self>) -> Result<Self, serde_json::Error> {
        let unread: Unread<'_> = serde_json::from_str(text)?;
        let read = |(address, text): (String, &RawValue)| {
            let own = like.and_then(|like| like.objects.get(&address));
            let same = own.filter(|own| serde_json::to_string(own).is_ok_and(|own| own == text.get()));
            let object = match same {
                Some(own) => own.clone(),
                None => Arc::new(serde_json::from_str(text.get())?),
            };
            Ok((address, object))
        };
        let objects: Result<BTreeMap<_, _>, serde_json::Error> = unread.objects.into_par_iter().map(read).collect();
        Ok(Self { format: unread.format, project: unread.project, objects: objects? })
    }

    /// A digest of all of it: two manifests of one digest need the same objects, filled in the same way.
    ///
    /// # Errors
    /// Never in practice: a manifest is plain data.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        let digest = Sha256::digest(serde_json::to_vec(self)?);
        Ok(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Object {
    /// `view dw.order_date` or `table dw.product`.
    #[must_use]
    pub fn address(&self) -> String {
        let kind = if self.kind == ObjectKind::View { "view" } else { "table" };
        format!("{kind} {}.{}", self.schema, self.name)
    }

    /// `dw.product`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// Whether the same fills both. A digest that another build took in another way tells nothing: what the model says
    /// of itself does then.
    #[must_use]
    pub fn filled_as(&self, other: &Self) -> bool {
        let comparable = |object: &Self| object.load.is_empty() || object.load.starts_with(DIGEST_FORMAT);
        if comparable(self) == comparable(other) {
            self.load == other.load
        } else {
            design::says_the_same(&self.design, &other.design)
        }
    }

    /// The column of this object, as it was, that a column of the object as it will be continues.
    #[must_use]
    pub fn former<'a>(&'a self, column: &ObjectColumn) -> Option<&'a ObjectColumn> {
        let named = |name: &str| self.columns.iter().find(|before| before.name == name);
        named(&column.name).or_else(|| column.was.as_deref().and_then(named))
    }
}
