//! One event pass over a YAML file: a tree of nodes, each with the bytes it stands at. It refuses what the language has
//! no use for and what a later parser would take silently: duplicate keys, anchors, several documents, empty values.
//! It must not know the language's keys.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// Deeper nesting than any model has.
const MAX_DEPTH: usize = 64;

/// A node of a file, by its place in [`Tree::nodes`].
pub(super) type NodeId = u32;

/// A node with the bytes it stands at.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) lo: u32,
    pub(super) hi: u32,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    /// The decoded text, and how it is written.
    Scalar(Box<str>, ScalarStyle),
    Map(Vec<Entry>),
    Sequence(Vec<NodeId>),
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Box<str>,
    pub(super) lo: u32,
    pub(super) hi: u32,
    pub(super) value: NodeId,
}

/// A file's nodes.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
    /// Entries of mappings with very many keys, such as the tables of a large database.
    large: HashMap<NodeId, HashMap<Box<str>, usize>>,
}

/// From this many keys on a mapping is looked up by hash.
const LARGE: usize = 48;

impl Tree {
    /// Lets the decoded texts go once they stand in typed structs; the places stay.
    pub(super) fn forget_texts(&mut self) {
        for node in &mut self.nodes {
            if let Value::Scalar(text, _) = &mut node.value {
                *text = Box::default();
            }
        }
        self.nodes.shrink_to_fit();
    }

    /// Leaves values out, each with its key where it has one.
    pub(super) fn leave_out(&mut self, values: &HashSet<NodeId>) {
        if values.is_empty() {
            return;
        }
        for node in &mut self.nodes {
            match &mut node.value {
                Value::Map(entries) => entries.retain(|entry| !values.contains(&entry.value)),
                Value::Sequence(items) => items.retain(|item| !values.contains(item)),
                Value::Scalar(..) => {}
            }
        }
        self.large = large(&self.nodes);
    }

    /// A file of which nothing could be read.
    pub(super) fn unread() -> Self {
        let nothing = Node { lo: 0, hi: 0, value: Value::Map(Vec::new()) };
        Self { nodes: vec![nothing], root: 0, large: HashMap::new() }
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// Whether `null` or `~` stands at a place, or as the value of the key there.
    pub(super) fn is_null_of(&self, place: u32) -> bool {
        let is_null = |node: &Node| matches!(&node.value, Value::Scalar(text, style) if is_empty(text, *style) && !text.is_empty());
        self.nodes.iter().any(|node| match &node.value {
            Value::Map(entries) => entries.iter().any(|entry| entry.lo == place && is_null(self.node(entry.value))),
            _ => node.lo == place && is_null(node),
        })
    }

    pub(super) fn entry(&self, id: NodeId, key: &str) -> Option<&Entry> {
        match &self.node(id).value {
            Value::Map(entries) if entries.len() < LARGE => entries.iter().find(|entry| &*entry.key == key),
            Value::Map(entries) => self.large.get(&id)?.get(key).map(|at| &entries[*at]),
            _ => None,
        }
    }

    /// The child of a map by key, or of a sequence by position; a lone scalar is its own first item.
    pub(super) fn child(&self, id: NodeId, key: &str) -> Option<NodeId> {
        match &self.node(id).value {
            Value::Map(_) => self.entry(id, key).map(|entry| entry.value),
            Value::Sequence(items) => items.get(key.parse::<usize>().ok()?).copied(),
            Value::Scalar(..) => (key == "0").then_some(id),
        }
    }
}

enum Frame {
    Map { id: NodeId, key: Option<(Box<str>, u32, u32)>, entries: Vec<Entry>, seen: HashMap<Box<str>, usize> },
    Sequence { id: NodeId, items: Vec<NodeId> },
}

/// Reads a file. `None` where it is no one YAML document.
pub(super) fn parse(file: FileId, text: &str) -> (Option<Tree>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let tree = read(file, text, &mut problems);
    (tree, problems)
}

#[allow(clippy::too_many_lines)]
fn read(file: FileId, text: &str, problems: &mut Vec<Diagnostic>) -> Option<Tree> {
    let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let floor = |at: usize| {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        u32::try_from(at).unwrap_or(size)
    };
    let span = |lo: u32, hi: u32| Span { file, lo: lo.min(size), hi: hi.clamp(lo, size.max(lo)) };
    let mut nodes: Vec<Node> = Vec::new();
    let mut stack: Vec<Frame> = Vec::new();
    let mut root = None;
    let mut documents = 0;
    let mut last_end = 0;
    let options = granit_parser::options! { emit_comments: false };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, place) = match event {
            Ok(found) => found,
            Err(error) => {
                let at = floor(error.marker().byte_offset().unwrap_or(0));
                let line_end = text[at as usize..].find('\n').map_or(size, |end| at + u32::try_from(end).unwrap_or(0));
                problems.push(
                    Diagnostic::new(Code::YamlSyntax, format!("the file is not valid YAML: {}", error.info()))
                        .at(span(at, line_end.max(at)), "here")
                        .help("check the indentation, the quotes and the colons of this line and the one before"),
                );
                return None;
            }
        };
        let lo = floor(place.start.byte_offset().unwrap_or(0));
        let hi = floor(place.end.byte_offset().unwrap_or(0)).max(lo);
        let anchored = match &event {
            Event::Scalar(_, _, anchor, _) | Event::MappingStart(_, anchor, _) | Event::SequenceStart(_, anchor, _) => {
                *anchor > 0
            }
            Event::Alias(_) => true,
            _ => false,
        };
        if anchored {
            problems.push(
                Diagnostic::new(Code::YamlAlias, "anchors and aliases are not part of the language")
                    .at(span(lo, hi.max(lo + 1)), "here")
                    .help("write the value out where it is used"),
            );
            return None;
        }
        let done = match event {
            Event::Scalar(value, style, ..) => {
                if let Some(Frame::Map { key: key @ None, .. }) = stack.last_mut() {
                    *key = Some((value.into(), lo, hi));
                    last_end = hi;
                    continue;
                }
                if is_empty(&value, style) {
                    let (lo, hi, name) = match stack.last() {
                        Some(Frame::Map { key: Some((name, lo, hi)), .. }) => (*lo, *hi, name.to_string()),
                        _ => (lo, hi, "item".to_owned()),
                    };
                    problems.push(
                        Diagnostic::new(Code::EmptyValue, format!("`{name}` has no value"))
                            .at(span(lo, hi), "nothing follows")
                            .help("give it a value, or leave the key out"),
                    );
                }
                nodes.push(Node { lo, hi, value: Value::Scalar(value.into(), style) });
                last_end = hi;
                id_of(&nodes)
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if let Some(Frame::Map { key: None, .. }) = stack.last() {
                    problems.push(
                        Diagnostic::new(Code::YamlSyntax, "a key is a name, not a list or a mapping")
                            .at(span(lo, hi.max(lo + 1)), "here")
                            .help("quote a text that starts with `{` or `[`"),
                    );
                    return None;
                }
                if stack.len() >= MAX_DEPTH {
                    problems.push(
                        Diagnostic::new(Code::YamlDepth, format!("nested deeper than {MAX_DEPTH} levels"))
                            .at(span(lo, hi.max(lo + 1)), "here")
                            .help("no key of the language is this deep"),
                    );
                    return None;
                }
                let map = matches!(event, Event::MappingStart(..));
                let value = if map { Value::Map(Vec::new()) } else { Value::Sequence(Vec::new()) };
                nodes.push(Node { lo, hi, value });
                let id = id_of(&nodes);
                stack.push(if map {
                    Frame::Map { id, key: None, entries: Vec::new(), seen: HashMap::new() }
                } else {
                    Frame::Sequence { id, items: Vec::new() }
                });
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let (id, value) = match stack.pop() {
                    Some(Frame::Map { id, entries, .. }) => (id, Value::Map(entries)),
                    Some(Frame::Sequence { id, items }) => (id, Value::Sequence(items)),
                    None => continue,
                };
                let node = &mut nodes[id as usize];
                node.value = value;
                // A flow collection ends with its bracket, a block one with its last value.
                node.hi = node.hi.max(last_end);
                if hi > last_end && text[last_end as usize..hi as usize].trim().ends_with(['}', ']']) {
                    node.hi = hi;
                    last_end = hi;
                }
                id
            }
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    problems.push(
                        Diagnostic::new(Code::YamlDocuments, "the file holds several documents")
                            .at(span(lo, hi.max(lo + 1)), "a second one starts here")
                            .help("put each model into a file of its own"),
                    );
                    return None;
                }
                continue;
            }
            _ => continue,
        };
        match stack.last_mut() {
            None => root = Some(done),
            Some(Frame::Sequence { items, .. }) => items.push(done),
            Some(Frame::Map { key, entries, seen, .. }) => {
                let Some((name, lo, hi)) = key.take() else { continue };
                if let Some(first) = seen.get(&name) {
                    let first: &Entry = &entries[*first];
                    problems.push(
                        Diagnostic::new(Code::DuplicateYamlKey, format!("`{name}` is declared twice"))
                            .at(span(lo, hi), "again here")
                            .at(span(first.lo, first.hi), "first here")
                            .help("remove one of them"),
                    );
                    continue;
                }
                seen.insert(name.clone(), entries.len());
                entries.push(Entry { key: name, lo, hi, value: done });
            }
        }
    }
    if root.is_none() {
        problems.push(
            Diagnostic::new(Code::EmptyFile, "the file is empty")
                .at(span(0, 0), "nothing is declared")
                .help("declare a source, a dimension or a fact, or remove the file"),
        );
    }
    root.map(|root| {
        let large = large(&nodes);
        Tree { nodes, root, large }
    })
}

/// Whether a scalar says nothing.
pub(super) fn is_empty(text: &str, style: ScalarStyle) -> bool {
    style == ScalarStyle::Plain && matches!(text, "" | "~" | "null")
}

/// The entries of the mappings with very many keys.
fn large(nodes: &[Node]) -> HashMap<NodeId, HashMap<Box<str>, usize>> {
    let mut large = HashMap::new();
    for (at, node) in nodes.iter().enumerate() {
        if let Value::Map(entries) = &node.value
            && entries.len() >= LARGE
        {
            let places = entries.iter().enumerate().map(|(place, entry)| (entry.key.clone(), place)).collect();
            large.insert(u32::try_from(at).unwrap_or(u32::MAX), places);
        }
    }
    large
}

fn id_of(nodes: &[Node]) -> NodeId {
    u32::try_from(nodes.len() - 1).unwrap_or(u32::MAX)
}
