//! Which models, attributes, policies and measures unit tests expect something of. It must not judge how much is enough.

use std::collections::BTreeSet;

use super::types::{Expected, ModelId, Project, Subject, UnitTest};

/// What unit tests expect something of, and what not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Models.
    pub models: Covered,
    /// Attributes of dimensions that are read from a source.
    pub attributes: Covered,
    /// Policies of attributes: a test with several runs expects the attribute.
    pub policies: Covered,
    /// Measures of facts.
    pub measures: Covered,
}

/// How many things there are of a kind, and which ones no test expects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    /// All of them.
    pub all: usize,
    /// The ones that no test expects, in the order of the project.
    pub missing: Vec<String>,
}

impl Covered {
    fn add(&mut self, name: String, expected: bool) {
        self.all += 1;
        if !expected {
            self.missing.push(name);
        }
    }
}

/// What tests expect something of.
#[must_use]
pub fn coverage(project: &Project, tests: &[UnitTest]) -> Coverage {
    let (mut models, mut columns, mut changed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for test in tests {
        models.extend(test.models());
        for path in test.expect.iter().flat_map(|expected| expected_columns(project, expected)) {
            if test.given.len() > 1 {
                changed.insert(path.clone());
            }
            columns.insert(path);
        }
    }
    let none = Covered::default;
    let mut found = Coverage { models: none(), attributes: none(), policies: none(), measures: none() };
    for id in &project.order {
        let name = project.model_name(*id);
        found.models.add(name.to_owned(), models.contains(name));
        match id {
            ModelId::Dimension(index) => {
                let Some(members) = project.dimensions[*index].members() else { continue };
                for attribute in &members.attributes {
                    let stored = members.stored();
                    let own = stored.iter().filter(|one| one.attribute.column.name == attribute.column.name);
                    let paths: Vec<String> = own.map(|one| format!("{name}.{}", one.name)).collect();
                    let path = format!("{name}.{}", attribute.column.name);
                    found.attributes.add(path.clone(), paths.iter().any(|path| columns.contains(path)));
                    found.policies.add(path, paths.iter().any(|path| changed.contains(path)));
                }
            }
            ModelId::Fact(index) => {
                for measure in &project.facts[*index].measures {
                    let path = format!("{name}.{}", measure.column.name);
                    let expected = columns.contains(&path);
                    found.measures.add(path, expected);
                }
            }
        }
    }
    found
}

/// The columns that an expectation names, each as `model.column`.
fn expected_columns(project: &Project, expected: &Expected) -> Vec<String> {
    match &expected.of {
        Subject::Model(model) => expected
            .columns
            .iter()
            .map(|column| {
                let of = column.role.as_ref().map_or(model, |(_, dimension)| dimension);
                format!("{of}.{}", column.column)
            })
            .collect(),
        Subject::Rejected(_) => Vec::new(),
        Subject::Answer { question, facts } => {
            let of_facts = || project.facts.iter().filter(|fact| facts.contains(&fact.name));
            let measures = question.measures.iter().flat_map(|name| {
                let own = name.rsplit('.').next().unwrap_or(name).to_owned();
                of_facts().map(move |fact| format!("{}.{own}", fact.name))
            });
            let headers = question.by.iter().filter_map(|path| {
                let (role, attribute) = path.split_once('.')?;
                let mut roles = of_facts().flat_map(|fact| &fact.roles);
                let dimension = roles.find(|known| known.name == role).map(|known| known.dimension);
                let name = dimension.map_or(role, |dimension| project.dimensions[dimension].name.as_str());
                Some(format!("{name}.{attribute}"))
            });
            measures.chain(headers).collect()
        }
    }
}
