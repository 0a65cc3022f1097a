//! Documents: a file as its typed struct, with the way from a path of keys to the bytes that it stands at.

use rayon::prelude::*;

use super::decode::decode;
use super::shape::{self, shapes};
use super::sql::{self, Sql};
use super::yaml::{self, NodeId, Tree, Value};
use super::{Dimension, Fact, Project, Source};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, FileSet, SourceFile, Span};

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// A file of a project, one to one with its YAML.
#[derive(Debug)]
pub struct Document {
    /// The file.
    pub file: FileId,
    /// What it declares.
    pub kind: Kind,
    tree: Tree,
    /// SQL scalars by node, templates expanded.
    sql: Vec<(NodeId, Sql)>,
}

/// What a file declares.
#[derive(Debug)]
pub enum Kind {
    /// The project: `dwc.yml`.
    Project(Box<Project>),
    /// A source and its tables.
    Source(Box<Source>),
    /// A dimension.
    Dimension(Box<Dimension>),
    /// A fact.
    Fact(Box<Fact>),
}

/// What parsing gave.
#[derive(Debug)]
pub struct Parsed {
    /// The files that have the shape of the language, in path order.
    pub documents: Vec<Document>,
    /// Everything that is wrong with the others.
    pub diagnostics: Vec<Diagnostic>,
}

impl Document {
    /// The bytes of the value at a path of keys and positions; of the nearest value around it where there is none.
    #[must_use]
    pub fn span(&self, path: &[&str]) -> Span {
        let mut at = self.tree.root;
        for key in path {
            match self.tree.child(at, key) {
                Some(child) => at = child,
                None => break,
            }
        }
        let node = self.tree.node(at);
        if at == self.tree.root
            && let Value::Map(entries) = &node.value
            && let Some(first) = entries.first()
        {
            return Span { file: self.file, lo: first.lo, hi: first.hi };
        }
        Span { file: self.file, lo: node.lo, hi: node.hi }
    }

    /// The bytes of the last key of a path; of the value where it has no key.
    #[must_use]
    pub fn key_span(&self, path: &[&str]) -> Span {
        let Some((last, before)) = path.split_last() else { return self.span(path) };
        let mut at = self.tree.root;
        for key in before {
            match self.tree.child(at, key) {
                Some(child) => at = child,
                None => return self.span(path),
            }
        }
        match self.tree.entry(at, last) {
            Some(entry) => Span { file: self.file, lo: entry.lo, hi: entry.hi },
            None => self.span(path),
        }
    }

    /// Whether a path of keys is written, be its value nothing.
    #[must_use]
    pub fn has(&self, path: &[&str]) -> bool {
        let mut at = self.tree.root;
        path.iter().all(|key| self.tree.child(at, key).map(|child| at = child).is_some())
    }

    /// The SQL at a path of keys, templates expanded.
    #[must_use]
    pub fn sql(&self, path: &[&str]) -> Option<Sql> {
        let mut at = self.tree.root;
        for key in path {
            at = self.tree.child(at, key)?;
        }
        self.sql.iter().find(|(node, _)| *node == at).map(|(_, sql)| sql.clone())
    }
}

/// Parses every file, side by side. It never fails: what is wrong is said, the rest goes on.
#[must_use]
pub fn parse(files: &FileSet) -> Parsed {
    let (projects, models): (Vec<_>, Vec<_>) = files.iter().partition(|(_, file)| is_project(file));
    let mut parsed: Vec<(Option<Document>, Vec<Diagnostic>)> =
        projects.iter().map(|(id, file)| parse_file(*id, file, &|_| None)).collect();
    let vars = parsed
        .iter()
        .filter_map(|(document, _)| document.as_ref())
        .find_map(|document| match &document.kind {
            Kind::Project(project) => project.vars.clone(),
            _ => None,
        })
        .unwrap_or_default();
    parsed.par_extend(models.par_iter().map(|(id, file)| parse_file(*id, file, &|name| vars.get(name).cloned())));
    let mut documents = Vec::new();
    let mut diagnostics = Vec::new();
    for (document, found) in parsed {
        documents.extend(document);
        diagnostics.extend(found);
    }
    Parsed { documents, diagnostics }
}

fn is_project(file: &SourceFile) -> bool {
    file.path == "dwc.yml" || file.path == "dwc.yaml"
}

fn parse_file(
    id: FileId,
    file: &SourceFile,
    vars: &dyn Fn(&str) -> Option<String>,
) -> (Option<Document>, Vec<Diagnostic>) {
    let start = Span { file: id, lo: 0, hi: 0 };
    if file.text.len() as u64 > MAX_FILE_BYTES {
        let problem =
            Diagnostic::new(Code::FileTooLarge, format!("`{}` is larger than a model file can be", file.path))
                .at(start, format!("{} bytes, of at most {MAX_FILE_BYTES}", file.text.len()))
                .help("keep data out of the models folder, and one model in one file");
        return (None, vec![problem]);
    }
    let (tree, mut problems) = yaml::parse(id, &file.text);
    let Some(tree) = tree else { return (None, problems) };
    let has = |key: &str| tree.entry(tree.root, key).is_some();
    let shapes = shapes();
    let shape = if is_project(file) {
        &shapes.project
    } else if has("source") {
        &shapes.source
    } else if has("dimension") {
        &shapes.dimension
    } else if has("fact") {
        &shapes.fact
    } else {
        let node = tree.node(tree.root);
        let hi =
            file.text[node.lo as usize..].find('\n').map_or(node.hi, |end| node.lo + u32::try_from(end).unwrap_or(0));
        problems.push(
            Diagnostic::new(Code::UnknownFile, "the file declares no source, dimension or fact")
                .at(Span { file: id, lo: node.lo, hi: hi.max(node.lo) }, "none of these keys")
                .help("start it with `source:`, `dimension:` or `fact:` and the name"),
        );
        return (None, problems);
    };
    shape::check(id, &tree, shape, &mut problems);
    let sql = expand(id, &file.text, &tree, vars, &mut problems);
    if !problems.is_empty() {
        return (None, problems);
    }
    let kind = if is_project(file) {
        typed(&file.text, &tree, id).map(|project| Kind::Project(Box::new(project)))
    } else if has("source") {
        decoded(&tree, id).map(|source| Kind::Source(Box::new(source)))
    } else if has("dimension") {
        decoded(&tree, id).map(|dimension| Kind::Dimension(Box::new(dimension)))
    } else {
        decoded(&tree, id).map(|fact| Kind::Fact(Box::new(fact)))
    };
    let mut tree = tree;
    tree.forget_texts();
    match kind {
        Ok(kind) => (Some(Document { file: id, kind, tree, sql }), problems),
        Err(problem) => (None, vec![problem]),
    }
}

/// A model file, decoded from the tree that has its spans: a project has thousands of them, and reading each text
/// twice would double the time of a check.
fn decoded<T: serde::de::DeserializeOwned>(tree: &Tree, file: FileId) -> Result<T, Diagnostic> {
    decode(tree).map_err(|refused| refusal(tree, file, refused.node.unwrap_or(tree.root), refused.message))
}

/// What the shape lets through and the type does not, at its place.
fn refusal(tree: &Tree, file: FileId, at: NodeId, message: String) -> Diagnostic {
    let node = tree.node(at);
    Diagnostic::new(Code::WrongType, message)
        .at(Span { file, lo: node.lo, hi: node.hi }, "here")
        .help("`dwc explain DW0103` shows what each kind of value looks like")
}

/// The project file, read by the YAML library.
fn typed<T: serde::de::DeserializeOwned>(text: &str, tree: &Tree, file: FileId) -> Result<T, Diagnostic> {
    serde_path_to_error::deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| {
        let mut at = tree.root;
        for segment in error.path() {
            let key = match segment {
                serde_path_to_error::Segment::Map { key } => key.clone(),
                serde_path_to_error::Segment::Seq { index } => index.to_string(),
                _ => continue,
            };
            match tree.child(at, &key) {
                Some(child) => at = child,
                None => break,
            }
        }
        let message = error.inner().to_string();
        refusal(tree, file, at, message.split(" at line").next().unwrap_or_default().to_owned())
    })
}

/// The SQL of a file: `query` at the top, and every `expr` below.
fn expand(
    file: FileId,
    text: &str,
    tree: &Tree,
    vars: &dyn Fn(&str) -> Option<String>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(NodeId, Sql)> {
    let mut found: Vec<NodeId> = tree.child(tree.root, "query").into_iter().collect();
    for group in ["attributes", "measures"] {
        let Some(entries) = tree.child(tree.root, group).map(|id| &tree.node(id).value) else { continue };
        if let Value::Map(entries) = entries {
            found.extend(entries.iter().filter_map(|entry| tree.child(entry.value, "expr")));
        }
    }
    found
        .into_iter()
        .filter_map(|id| {
            let node = tree.node(id);
            let Value::Scalar(decoded, style) = &node.value else { return None };
            Some((id, sql::expand(file, text, (node.lo, node.hi), decoded, *style, vars, problems)))
        })
        .collect()
}

/// Replaces each `{{ env('NAME') }}` of a text by what `lookup` says.
///
/// # Errors
/// The name of the first variable that is not set; never a value.
pub fn expand_env(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(close) = rest[open..].find("}}").map(|at| open + at) else { break };
        let inside = rest[open + 2..close].trim();
        let name = inside
            .strip_prefix("env(")
            .and_then(|inner| inner.strip_suffix(')'))
            .map(|name| name.trim().trim_matches(['\'', '"']))
            .ok_or_else(|| inside.to_owned())?;
        expanded.push_str(&rest[..open]);
        expanded.push_str(&lookup(name).ok_or_else(|| name.to_owned())?);
        rest = &rest[close + 2..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}
