//! Documents: a file as its typed struct, with the way from a path of keys to the bytes that it stands at.

use rayon::prelude::*;

use super::decode::{Refused, decode};
use super::shape::{self, Lost, shapes};
use super::sql::{self, Sql};
use super::yaml::{self, Node, NodeId, Tree, Value};
use super::{Dimension, Fact, Literal, Project, Source, unit_test};
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
    /// The records that something had to be left out of.
    lossy: Vec<Span>,
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
    /// The files with unit tests that have their shape, in path order.
    pub tests: Vec<Literal>,
    /// Everything in which files do not have it.
    pub diagnostics: Vec<Diagnostic>,
    /// Something is left out that other files may name.
    pub lost_names: bool,
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

    /// The bytes of a name in the list at a path; of the value there where it is not a list that has it.
    #[must_use]
    pub fn name_span(&self, path: &[&str], name: &str) -> Span {
        let whole = self.span(path);
        let mut at = self.tree.root;
        for key in path {
            match self.tree.child(at, key) {
                Some(child) => at = child,
                None => return whole,
            }
        }
        let Value::Sequence(items) = &self.tree.node(at).value else { return whole };
        let nodes = items.iter().map(|item| self.tree.node(*item));
        let named = |value: &Value| matches!(value, Value::Scalar(text, _) if &**text == name);
        let found = nodes.into_iter().find(|node| named(&node.value));
        found.map_or(whole, |node| Span { file: self.file, lo: node.lo, hi: node.hi })
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

    /// Whether a problem may only be there because something was left out of this file, which is said already.
    #[must_use]
    pub fn may_cause(&self, problem: &Diagnostic) -> bool {
        let Some(place) = problem.labels.first().map(|label| label.span) else { return false };
        place.file == self.file
            && self.lossy.iter().any(|record| {
                let inside = record.lo <= place.lo && place.hi <= record.hi;
                let is_file = record.lo == self.span(&[]).lo;
                let near = problem.code.is_about_names() || problem.code == Code::UnknownColumn;
                inside && (problem.code.is_about_absence() || near && !is_file)
            })
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
    let mut read: Vec<Read> = projects.iter().map(|(id, file)| parse_file(*id, file, &|_| None)).collect();
    let project = read.iter().find_map(|read| match &read.document.as_ref()?.kind {
        Kind::Project(project) => Some(project.vars.clone().unwrap_or_default()),
        _ => None,
    });
    if let (None, Some((file, _))) = (&project, projects.first()) {
        // The models are checked all the same; what they need of the project is not known.
        let kind = Kind::Project(Box::new(Project::unread()));
        let document = Document { file: *file, kind, tree: Tree::unread(), sql: Vec::new(), lossy: Vec::new() };
        read.push(Read { document: Some(document), tests: None, problems: Vec::new(), lost_names: true });
    }
    let var = |name: &str| match &project {
        Some(vars) => vars.get(name).cloned(),
        None => Some("NULL".to_owned()),
    };
    read.par_extend(models.par_iter().map(|(id, file)| parse_file(*id, file, &var)));
    let mut parsed = Parsed { documents: Vec::new(), tests: Vec::new(), diagnostics: Vec::new(), lost_names: false };
    for read in read {
        parsed.documents.extend(read.document);
        parsed.tests.extend(read.tests);
        parsed.diagnostics.extend(read.problems);
        parsed.lost_names |= read.lost_names;
    }
    parsed
}

/// Decodes a tree as one kind of file.
type Decode = fn(&Tree) -> Result<Kind, Refused>;

/// What reading one file gave.
struct Read {
    document: Option<Document>,
    /// The unit tests of the file.
    tests: Option<Literal>,
    problems: Vec<Diagnostic>,
    /// Something is left out that other files may name.
    lost_names: bool,
}

impl Read {
    fn nothing(problems: Vec<Diagnostic>) -> Self {
        Self { document: None, tests: None, problems, lost_names: true }
    }
}

fn is_project(file: &SourceFile) -> bool {
    file.path == "dwc.yml" || file.path == "dwc.yaml"
}

fn parse_file(id: FileId, file: &SourceFile, vars: &(dyn Fn(&str) -> Option<String> + Sync)) -> Read {
    let start = Span { file: id, lo: 0, hi: 0 };
    if file.text.len() as u64 > MAX_FILE_BYTES {
        let problem =
            Diagnostic::new(Code::FileTooLarge, format!("`{}` is larger than a model file can be", file.path))
                .at(start, format!("{} bytes, of at most {MAX_FILE_BYTES}", file.text.len()))
                .help("keep data out of the models folder, and write one model per file");
        return Read::nothing(vec![problem]);
    }
    let (tree, mut problems) = yaml::parse(id, &file.text);
    let Some(mut tree) = tree else { return Read::nothing(problems) };
    let has = |key: &str| tree.entry(tree.root, key).is_some();
    let shapes = shapes();
    if !is_project(file) && has("tests") {
        return parse_tests(id, &tree, problems);
    }
    let (shape, decode): (_, Decode) = if is_project(file) {
        (&shapes.project, |tree| decode(tree).map(|project| Kind::Project(Box::new(project))))
    } else if has("source") {
        (&shapes.source, |tree| decode(tree).map(|source| Kind::Source(Box::new(source))))
    } else if has("dimension") {
        (&shapes.dimension, |tree| decode(tree).map(|dimension| Kind::Dimension(Box::new(dimension))))
    } else if has("fact") {
        (&shapes.fact, |tree| decode(tree).map(|fact| Kind::Fact(Box::new(fact))))
    } else {
        let node = tree.node(tree.root);
        let hi =
            file.text[node.lo as usize..].find('\n').map_or(node.hi, |end| node.lo + u32::try_from(end).unwrap_or(0));
        problems.push(
            Diagnostic::new(Code::UnknownFile, "the file declares no source, dimension, fact or tests")
                .at(Span { file: id, lo: node.lo, hi: hi.max(node.lo) }, "none of these keys")
                .help(if has("test") {
                    "write `tests:`, and below it each test by its name, with `given` and `expect`"
                } else {
                    "start it with `source:`, `dimension:` or `fact:` and the name, or with `tests:`"
                }),
        );
        return Read::nothing(problems);
    };
    let Some(mut lost) = shape::check(id, &tree, shape, &mut problems) else { return Read::nothing(problems) };
    tree.leave_out(&lost.values);
    let Some(kind) = decoded(id, &mut tree, decode, &mut lost, &mut problems) else { return Read::nothing(problems) };
    let sql = expand(id, &file.text, &tree, vars, &mut problems);
    tree.forget_texts();
    let document = Document { file: id, kind, tree, sql, lossy: lost.records };
    Read { document: Some(document), tests: None, problems, lost_names: lost.names }
}

/// Unit tests. What they lack takes no name from any model.
fn parse_tests(id: FileId, tree: &Tree, problems: Vec<Diagnostic>) -> Read {
    let (nulls, mut problems) = unit_test::nulls(tree, problems);
    let sound = problems.is_empty();
    let whole = shape::check(id, tree, &shapes().tests, &mut problems).is_some_and(|lost| lost.values.is_empty());
    if !whole && problems.is_empty() {
        problems = nulls;
    }
    let tests = (sound && whole).then(|| Literal::of(id, tree, tree.root));
    Read { document: None, tests, problems, lost_names: false }
}

/// A file, decoded from the tree that has its spans: a project has thousands of them, and reading each text twice would
/// double the time of a check. What the shape lets through and the type does not is said at its place and left out.
fn decoded(
    file: FileId,
    tree: &mut Tree,
    decode: Decode,
    lost: &mut Lost,
    problems: &mut Vec<Diagnostic>,
) -> Option<Kind> {
    loop {
        let Refused { message, node } = match decode(tree) {
            Ok(kind) => return Some(kind),
            Err(refused) => refused,
        };
        let at = node.unwrap_or(tree.root);
        let Node { lo, hi, .. } = *tree.node(at);
        // What was needed and is left out has been said.
        if lost.values.is_empty() || at != tree.root && !lost.values.contains(&at) {
            problems.push(
                Diagnostic::new(Code::WrongType, message)
                    .at(Span { file, lo, hi }, "here")
                    .help("`dwc explain DW0103` shows what each kind of value looks like"),
            );
        }
        if at == tree.root || !lost.values.insert(at) {
            return None;
        }
        let root = tree.node(tree.root);
        lost.records.push(Span { file, lo: root.lo, hi: root.hi });
        lost.names = true;
        tree.leave_out(&[at].into());
    }
}

/// The SQL of a file: `query` at the top, every `expr` below, and the conditions of checks.
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
    let entries = |id: NodeId| match &tree.node(id).value {
        Value::Map(entries) => entries.as_slice(),
        _ => &[],
    };
    let tables = tree.child(tree.root, "tables").into_iter().flat_map(entries).map(|entry| entry.value);
    let checked: Vec<NodeId> = std::iter::once(tree.root).chain(tables).collect();
    for checks in checked.into_iter().filter_map(|id| tree.child(id, "checks")) {
        let Value::Sequence(checks) = &tree.node(checks).value else { continue };
        let conditions = |check: &NodeId| ["condition", "where"].map(|key| tree.child(*check, key));
        found.extend(checks.iter().flat_map(conditions).flatten());
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
