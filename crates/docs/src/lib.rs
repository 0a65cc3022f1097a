//! The docs site: a compiled model and a plain status go in, pages come out. It writes nothing and reads nothing.
//! Descriptions are text of users: templates escape everything.

pub mod airflow;
mod context;

use dwc_compiler::model::Project;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

/// What the warehouse knows of its own freshness; empty where it was not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Source tables with the instant that they are loaded until, as text in UTC.
    pub tables: Vec<(String, String)>,
}

/// A file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Path relative to the site's folder, with `/` between its parts.
    pub path: String,
    /// The whole file.
    pub content: String,
}

const TEMPLATES: &[(&str, &str)] = &[
    ("layout.html", include_str!("templates/layout.html")),
    ("index.html", include_str!("templates/index.html")),
    ("dimension.html", include_str!("templates/dimension.html")),
    ("fact.html", include_str!("templates/fact.html")),
    ("source.html", include_str!("templates/source.html")),
];

/// The pages of a project's site. The same project and status give the same bytes.
#[must_use]
pub fn build(project: &Project, status: &Status) -> Vec<Page> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in TEMPLATES {
        // A template of our own that does not parse is a defect of ours, which the first test meets.
        if let Err(error) = environment.add_template(name, text) {
            unreachable!("template {name}: {error}");
        }
    }
    let render =
        |template: &str, context: Value| match environment.get_template(template).and_then(|t| t.render(context)) {
            Ok(content) => content,
            Err(error) => unreachable!("template {template}: {error:#}"),
        };
    let mut pages = vec![
        Page { path: "style.css".to_owned(), content: include_str!("templates/style.css").to_owned() },
        Page { path: "site.js".to_owned(), content: include_str!("templates/site.js").to_owned() },
        Page { path: "search.js".to_owned(), content: context::search(project) },
        Page {
            path: "index.html".to_owned(),
            content: render("index.html", Value::from(Serde(context::index(project, status)))),
        },
    ];
    for dimension in context::dimensions(project) {
        pages.push(Page {
            path: format!("dimensions/{}.html", dimension.name()),
            content: render("dimension.html", Value::from(Serde(dimension))),
        });
    }
    for fact in context::facts(project) {
        pages.push(Page {
            path: format!("facts/{}.html", fact.name()),
            content: render("fact.html", Value::from(Serde(fact))),
        });
    }
    for source in context::sources(project, status) {
        pages.push(Page {
            path: format!("sources/{}.html", source.name()),
            content: render("source.html", Value::from(Serde(source))),
        });
    }
    pages
}
