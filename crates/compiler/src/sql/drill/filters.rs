//! Conditions of a question: GoogleSQL over headers. Each fact answers them by its own roles, as it does the headers.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, Ident, Query, VisitMut, VisitorMut};

use super::headers::{Site, header};
use crate::model::{Fact, Project};
use dwc_googlesql::{expr_to_googlesql, parse_expr};

/// One condition.
pub(super) struct Filter {
    /// Its GoogleSQL for each fact, in the order of the facts.
    pub(super) texts: Vec<String>,
    /// What it reads of each fact.
    pub(super) sites: Vec<Vec<Site>>,
}

pub(super) fn read(project: &Project, facts: &[&Fact], texts: &[String]) -> Result<Vec<Filter>, Vec<String>> {
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for text in texts {
        let expr = match parse_expr(text) {
            Ok(expr) => expr,
            Err(problem) => {
                problems.push(format!("`{text}`: {}", problem.message));
                continue;
            }
        };
        let mut conditions = Vec::new();
        split(expr, &mut conditions);
        for condition in conditions {
            let mut filter = Filter { texts: Vec::new(), sites: Vec::new() };
            for at in 0..facts.len() {
                let mut own = condition.clone();
                let mut rewrite = Rewrite { project, facts, at, sites: Vec::new(), problems: Vec::new() };
                let _ = own.visit(&mut rewrite);
                for problem in rewrite.problems {
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                }
                match expr_to_googlesql(&own) {
                    Ok(own) => filter.texts.push(format!("({own})")),
                    Err(problem) => problems.push(format!("`{text}`: {}", problem.message)),
                }
                filter.sites.push(rewrite.sites);
            }
            all.push(filter);
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// The conditions that are joined by AND: each is a condition of its own.
fn split(expr: Expr, all: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            split(*left, all);
            split(*right, all);
        }
        Expr::Nested(inner) => split(*inner, all),
        other => all.push(other),
    }
}

struct Rewrite<'a> {
    project: &'a Project,
    facts: &'a [&'a Fact],
    at: usize,
    sites: Vec<Site>,
    problems: Vec<String>,
}

impl Rewrite<'_> {
    /// The column that a path of names stands for in this fact.
    fn column(&mut self, path: &str) -> Option<Vec<Ident>> {
        match header(self.project, self.facts, path) {
            Ok(found) => {
                let site = found.sites[self.at].clone();
                let names = match &site {
                    Site::Role { role, attribute } => [format!("_{role}"), attribute.clone()],
                    Site::Own(column) => ["f".to_owned(), column.clone()],
                };
                self.sites.push(site);
                Some(names.into_iter().map(|name| Ident::with_quote('`', name)).collect())
            }
            Err(problem) => {
                let measured = self.facts.iter().any(|fact| fact.measures.iter().any(|m| m.column.name == path));
                self.problems.push(if measured {
                    format!("`{path}` is a measure, and a condition is over attributes")
                } else {
                    problem
                });
                None
            }
        }
    }
}

impl VisitorMut for Rewrite<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.problems.push("a condition holds no query of its own".to_owned());
        ControlFlow::Break(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(name) => {
                if let Some(names) = self.column(&name.value.clone()) {
                    *expr = Expr::CompoundIdentifier(names);
                }
            }
            Expr::CompoundIdentifier(parts) => {
                let path = parts[..2].iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
                let rest = parts[2..].to_vec();
                if let Some(mut names) = self.column(&path) {
                    names.extend(rest);
                    *expr = Expr::CompoundIdentifier(names);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
