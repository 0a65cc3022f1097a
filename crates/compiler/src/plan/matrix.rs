//! The bus matrix as a manifest knows it, and what changes in it: which process meets which dimension by which fact.
//! Manifests of older builds do not say, and give an empty one.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::Manifest;

/// A cell of the bus matrix: a fact of a process meets a dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meeting {
    /// The business process.
    pub process: String,
    /// The fact.
    pub fact: String,
    /// The dimension.
    pub dimension: String,
}

/// What appears in the bus matrix, and what goes from it.
#[must_use]
pub fn matrix_diff(before: Option<&Manifest>, after: &Manifest) -> (Vec<Meeting>, Vec<Meeting>) {
    let old = before.map(meetings).unwrap_or_default();
    let new = meetings(after);
    (new.difference(&old).cloned().collect(), old.difference(&new).cloned().collect())
}

fn meetings(manifest: &Manifest) -> BTreeSet<Meeting> {
    let mut all = BTreeSet::new();
    for object in manifest.objects.values() {
        let design: &BTreeMap<String, String> = &object.design;
        let process = design.get("process").cloned().unwrap_or_default();
        for (part, text) in design {
            if part.starts_with("role ") {
                let dimension = text.split(" on ").next().unwrap_or(text).to_owned();
                all.insert(Meeting { process: process.clone(), fact: object.owner.clone(), dimension });
            }
        }
    }
    all
}
