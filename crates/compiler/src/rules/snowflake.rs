//! A dimension that holds another dimension's key is a snowflake: analysts join twice for what one flat dimension would
//! hold. Where it is meant as an outrigger, the model says so by turning this off with the reason.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Dimension, DimensionKind, Project};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    let mut keys: BTreeMap<(String, String), Vec<&Dimension>> = BTreeMap::new();
    for dimension in &project.dimensions {
        let DimensionKind::Standard(members) = &dimension.kind else { continue };
        if let [key] = members.natural_key.as_slice()
            && let Some(output) = members.query.analysis.output.iter().find(|output| output.name == key.name)
            && let [origin] = output.origins.as_slice()
        {
            keys.entry((String::new(), origin.1.clone())).or_default().push(dimension);
        }
    }
    for dimension in &project.dimensions {
        let DimensionKind::Standard(members) = &dimension.kind else { continue };
        for attribute in &members.attributes {
            let [(_, column)] = attribute.origins.as_slice() else { continue };
            let own = members.natural_key.iter().any(|key| key.name == *column);
            // A key is told by its column's name: `category_id` in products is that of categories.
            if own || !(column.ends_with("_id") || column.ends_with("_code") || column.ends_with("_key")) {
                continue;
            }
            let others = keys.get(&(String::new(), column.clone()));
            if let Some(other) = others.into_iter().flatten().find(|other| other.name != dimension.name) {
                found.push(
                    Diagnostic::new(
                        Code::Snowflake,
                        format!("attribute `{}` of dimension `{}` is the key of dimension `{}`", attribute.column.name, dimension.name, other.name),
                    )
                    .at(dimension.span, "a snowflake")
                    .help(format!("join the columns of `{}` that analysts need into the query; if you mean an outrigger, turn this lint off with a reason", other.name)),
                );
            }
        }
    }
}
