//! A dimension is conformed when it is defined once: two over the same natural key, or one attribute name with two
//! types, give two answers to one question.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Dimension, DimensionKind, Members, Project};
use dwc_googlesql::Type;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    let mut keys: BTreeMap<Vec<(String, String)>, &Dimension> = BTreeMap::new();
    let mut attributes: BTreeMap<&str, (&Dimension, Type)> = BTreeMap::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for dimension in &project.dimensions {
        let DimensionKind::Standard(members) = &dimension.kind else { continue };
        // One name declared twice is said as that.
        if !names.insert(dimension.name.to_lowercase()) {
            continue;
        }
        let key = key_origins(members);
        match keys.get(&key) {
            Some(first) if !key.is_empty() => found.push(
                Diagnostic::new(
                    Code::DuplicateConformed,
                    format!("dimensions `{}` and `{}` are about the same members", first.name, dimension.name),
                )
                .at(dimension.span, "the same natural key of the same source table")
                .at(first.span, "defined first here")
                .help("declare the dimension once, with the attributes of both; facts use it by role"),
            ),
            _ => {
                keys.insert(key, dimension);
            }
        }
        for attribute in &members.attributes {
            let (name, ty) = (attribute.column.name.as_str(), attribute.column.ty.plain());
            match attributes.get(name) {
                Some((first, known)) if *known != ty && ty != Type::Unknown && *known != Type::Unknown => found.push(
                    Diagnostic::new(
                        Code::DuplicateConformed,
                        format!(
                            "attribute `{name}` is {known} in dimension `{}` and {ty} in `{}`",
                            first.name, dimension.name
                        ),
                    )
                    .at(dimension.span, format!("{ty} here"))
                    .at(first.span, format!("{known} here"))
                    .help("give both the same type, or the attributes names of their own"),
                ),
                Some(_) => {}
                None => {
                    attributes.insert(name, (dimension, ty));
                }
            }
        }
    }
}

/// The source columns that a natural key comes from.
fn key_origins(members: &Members) -> Vec<(String, String)> {
    let mut origins: Vec<(String, String)> = members
        .natural_key
        .iter()
        .filter_map(|key| members.query.analysis.output.iter().find(|output| output.name == key.name))
        .flat_map(|output| output.origins.iter().cloned())
        .collect();
    origins.sort();
    origins
}
