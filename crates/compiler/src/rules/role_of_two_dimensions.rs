//! A role name means one dimension in the whole project: its view, and every header by that name, would show the members of
//! one dimension for those of the other.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Project, Role};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, &Role> = BTreeMap::new();
    for role in project.facts.iter().flat_map(|fact| &fact.roles) {
        let dimension = &project.dimensions[role.dimension];
        let named = project.dimensions.iter().find(|other| other.name == role.name && other.name != dimension.name);
        let other = first.entry(&role.name).or_insert(role);
        let (span, other) = match named {
            Some(named) => (named.span, named.name.as_str()),
            None if other.dimension != role.dimension => {
                (other.span, project.dimensions[other.dimension].name.as_str())
            }
            None => continue,
        };
        found.push(
            Diagnostic::new(
                Code::RoleOfTwoDimensions,
                format!(
                    "`{}` is a role of dimension `{}` here, and means `{other}` elsewhere",
                    role.name, dimension.name
                ),
            )
            .at(role.span, format!("a role of `{}`", dimension.name))
            .at(span, format!("means `{other}`"))
            .help("give one of the two roles another name"),
        );
    }
}
