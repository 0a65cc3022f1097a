//! Which attribute a header means, and by which role each fact answers it. A name means one dimension, whichever facts
//! have a role of that name: conformity is of dimensions, not of the names of roles.

use dwc_googlesql::Type;

use super::measures::folded;
use super::near;
use crate::model::{DimensionKind, Fact, ModelId, Project, Role, star_columns};
use crate::sql::names;

/// A header of an answer.
pub(super) struct Header {
    /// As the question names it.
    pub(super) asked: String,
    /// The name of its column in the answer.
    pub(super) heading: String,
    /// What each fact answers it by, in the order of the facts.
    pub(super) sites: Vec<Site>,
    /// Its type.
    pub(super) ty: Type,
}

/// What a fact answers a header by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Site {
    /// An attribute of the dimension in a role.
    Role { role: String, attribute: String },
    /// A degenerate column of its own.
    Own(String),
}

impl Site {
    /// The GoogleSQL that reads it.
    pub(super) fn sql(&self) -> String {
        match self {
            Site::Role { role, attribute } => format!("{}.{}", alias(role), names::backquoted(attribute)),
            Site::Own(column) => format!("f.{}", names::backquoted(column)),
        }
    }

    /// The role that it is of.
    pub(super) fn role(&self) -> Option<&str> {
        match self {
            Site::Role { role, .. } => Some(role),
            Site::Own(_) => None,
        }
    }

    /// Whether it says something of a role's member: an attribute in that role, or a column that it is looked up by.
    pub(super) fn is_of(&self, role: &Role) -> bool {
        match self {
            Site::Role { role: name, .. } => *name == role.name,
            Site::Own(column) => role.on.iter().any(|on| on.name == *column),
        }
    }
}

/// The alias of a role's dimension.
pub(super) fn alias(role: &str) -> String {
    names::backquoted(&format!("_{role}"))
}

pub(super) fn find(project: &Project, facts: &[&Fact], by: &[String]) -> Result<Vec<Header>, Vec<String>> {
    let mut all: Vec<Header> = Vec::new();
    let mut problems = Vec::new();
    for path in by {
        match header(project, facts, path) {
            Ok(header) if all.iter().any(|known| known.sites == header.sites) => {}
            Ok(header) if all.iter().any(|known| folded(&known.heading) == folded(&header.heading)) => {
                problems.push(format!("two headers are named `{}`", header.heading));
            }
            Ok(header) if matches!(header.ty, Type::Json | Type::Array(_) | Type::Struct(_)) => {
                problems.push(format!("`{path}` is {}, which rows are not grouped by", header.ty));
            }
            Ok(header) => all.push(header),
            Err(found) => problems.push(found),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// One header, `name.attribute` or a degenerate column. Several roles of one dimension are written `a/b.attribute`.
pub(super) fn header(project: &Project, facts: &[&Fact], path: &str) -> Result<Header, String> {
    let Some((name, attribute)) = path.rsplit_once('.') else { return degenerate(facts, path) };
    let named: Vec<&str> = name.split('/').collect();
    let mut meant: Vec<usize> = Vec::new();
    for name in &named {
        let roles = project.facts.iter().flat_map(|fact| &fact.roles).filter(|role| role.name == *name);
        let own = project.dimensions.iter().position(|dimension| dimension.name == *name);
        let before = meant.len();
        for dimension in roles.map(|role| role.dimension).chain(own) {
            if !meant.contains(&dimension) {
                meant.push(dimension);
            }
        }
        if meant.is_empty() && before == 0 {
            let roles = facts.iter().flat_map(|fact| fact.roles.iter().map(|role| role.name.as_str()));
            let known = roles.chain(project.dimensions.iter().map(|dimension| dimension.name.as_str()));
            return Err(near(&format!("there is no role or dimension `{name}`"), name, known));
        }
    }
    let [index] = meant.as_slice() else {
        let all: Vec<String> = meant.iter().map(|index| format!("`{}`", project.dimensions[*index].name)).collect();
        return Err(format!("`{name}` means several dimensions: {}", all.join(", ")));
    };
    let dimension = &project.dimensions[*index];
    let columns = star_columns(project, ModelId::Dimension(*index));
    let Some(column) = columns.iter().find(|column| column.name == attribute) else {
        let known = columns.iter().map(|column| column.name.as_str());
        return Err(near(&format!("dimension `{}` has no attribute `{attribute}`", dimension.name), attribute, known));
    };
    let mut sites = Vec::new();
    for fact in facts {
        let role = role_of(project, fact, *index, &named)?;
        sites.push(Site::Role { role: role.name.clone(), attribute: attribute.to_owned() });
    }
    let heading = if named.len() == 1 { path.to_owned() } else { format!("{}.{attribute}", dimension.name) };
    Ok(Header { asked: path.to_owned(), heading, sites, ty: column.ty.clone() })
}

/// The role by which a fact answers for a dimension: one that is named, its only one, or where the dimension is named that
/// of its event time.
fn role_of<'f>(project: &Project, fact: &'f Fact, index: usize, named: &[&str]) -> Result<&'f Role, String> {
    let dimension = &project.dimensions[index].name;
    if let Some(role) = named.iter().find_map(|name| fact.roles.iter().find(|role| role.name == *name)) {
        return Ok(role);
    }
    let roles: Vec<&Role> = fact.roles.iter().filter(|role| role.dimension == index).collect();
    let list = roles.iter().map(|role| format!("`{}`", role.name)).collect::<Vec<_>>().join(", ");
    match roles.as_slice() {
        [] => {
            let known = fact.roles.iter().map(|role| role.name.as_str());
            Err(near(&format!("fact `{}` has no dimension `{dimension}`", fact.name), named[0], known))
        }
        [role] => Ok(role),
        _ if named.contains(&dimension.as_str()) => event_role(project, fact, &roles).ok_or_else(|| {
            format!(
                "fact `{}` has several roles of `{dimension}`, and none is of its event time: name one of {list}",
                fact.name
            )
        }),
        _ => Err(format!(
            "fact `{}` has several roles of `{dimension}`, and none is `{}`: name one of {list} beside it, as `{}/{}`, or `{dimension}` for its event time",
            fact.name, named[0], named[0], roles[0].name
        )),
    }
}

/// The role whose day or minute is that of the event time; an aggregate has it from the fact that it rolls up.
fn event_role<'f>(project: &Project, fact: &Fact, roles: &[&'f Role]) -> Option<&'f Role> {
    let mut base = fact;
    while let Some(index) = base.rolls_up {
        base = &project.facts[index];
    }
    let event = base.event_time.as_ref()?;
    let is_event = |role: &&&Role| {
        let of = base.roles.iter().find(|known| known.name == role.name);
        let of_time =
            matches!(project.dimensions[role.dimension].kind, DimensionKind::Calendar(_) | DimensionKind::TimeOfDay);
        of_time && of.is_some_and(|of| of.on.len() == 1 && of.on[0].name == event.name)
    };
    roles.iter().find(is_event).copied()
}

fn degenerate(facts: &[&Fact], name: &str) -> Result<Header, String> {
    let mut types: Vec<Type> = Vec::new();
    for fact in facts {
        let own = || fact.degenerate.iter().chain(&fact.key);
        let Some(column) = own().find(|column| column.name == name) else {
            let message = format!(
                "fact `{}` has no degenerate column `{name}`, and an attribute is written `role.attribute`",
                fact.name
            );
            return Err(near(&message, name, own().map(|column| column.name.as_str())));
        };
        types.push(column.ty.plain());
    }
    if types.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(format!("`{name}` has another type in each fact"));
    }
    let ty = types.pop().unwrap_or(Type::Unknown);
    let sites = facts.iter().map(|_| Site::Own(name.to_owned())).collect();
    Ok(Header { asked: name.to_owned(), heading: name.to_owned(), sites, ty })
}
