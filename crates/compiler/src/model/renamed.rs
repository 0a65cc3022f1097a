//! Former names (`was`): each is a name that nothing has any more, and that one thing only had. It must not decide what a
//! rename does.

use std::collections::BTreeMap;

use super::resolve::name_of;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::{Document, Kind};

/// Things of one kind that could have each other's names.
#[derive(Default)]
struct Names<'a> {
    now: BTreeMap<String, &'a str>,
    /// A thing's name, its former name, and where that is declared.
    former: Vec<(&'a str, &'a str, Span)>,
}

impl<'a> Names<'a> {
    fn add(&mut self, name: &'a str, was: Option<&'a String>, span: impl FnOnce() -> Span) {
        self.now.insert(name.to_lowercase(), name);
        if let Some(was) = was {
            self.former.push((name, was, span()));
        }
    }

    /// `what` is the word for one of them.
    fn check(&self, what: &str, problems: &mut Vec<Diagnostic>) {
        let mut first: BTreeMap<String, Span> = BTreeMap::new();
        for (name, was, span) in &self.former {
            // Another case of its own name is another name where tables are told apart by case.
            let is_another_case = name != was && name.to_lowercase() == was.to_lowercase();
            if let Some(now) = self.now.get(&was.to_lowercase()).filter(|_| !is_another_case) {
                problems.push(
                    Diagnostic::new(Code::DuplicateName, format!("`was` names {what} `{now}`, which is still there"))
                        .at(*span, "not a former name")
                        .help("remove `was`, or name the other one differently until every warehouse has the rename"),
                );
            } else if let Some(other) = first.insert(was.to_lowercase(), *span) {
                problems.push(
                    Diagnostic::new(Code::DuplicateName, format!("two of them were {what} `{was}`"))
                        .at(*span, "again here")
                        .at(other, "first here")
                        .help("keep `was` on the one that takes over its data"),
                );
            }
        }
    }
}

pub(super) fn check(documents: &[Document], problems: &mut Vec<Diagnostic>) {
    let mut models = Names::default();
    for document in documents {
        let span = |path: &[&str]| document.span(path);
        match &document.kind {
            Kind::Project(_) | Kind::Source(_) => {}
            Kind::Dimension(dimension) => {
                models.add(name_of(document), dimension.was.as_ref(), || span(&["was"]));
                let mut attributes = Names::default();
                for (name, attribute) in dimension.attributes.iter().flatten() {
                    attributes.add(name, attribute.was.as_ref(), || span(&["attributes", name, "was"]));
                }
                attributes.check("attribute", problems);
            }
            Kind::Fact(fact) => {
                models.add(name_of(document), fact.was.as_ref(), || span(&["was"]));
                let (mut roles, mut measures) = (Names::default(), Names::default());
                for (name, role) in fact.dimensions.iter().flatten() {
                    roles.add(name, role.was.as_ref(), || span(&["dimensions", name, "was"]));
                }
                for (name, measure) in fact.measures.iter().flatten() {
                    measures.add(name, measure.was.as_ref(), || span(&["measures", name, "was"]));
                }
                roles.check("role", problems);
                measures.check("measure", problems);
            }
        }
    }
    models.check("model", problems);
}
