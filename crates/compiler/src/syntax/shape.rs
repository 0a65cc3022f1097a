//! Shapes: what a node may hold, taken from the JSON Schema of the types, so that every unknown key, wrong type and
//! missing key of a file is said at once. It must not know one key by name: the types are the only truth.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use granit_parser::ScalarStyle;
use serde_json::Value as Json;

use super::yaml::{Entry, NodeId, Tree, Value, is_empty};
use crate::diagnostic::{Code, Diagnostic, Fix, nearest};
use crate::source::{FileId, Span};

/// The keyword of a schema that names the key which says of which kind a record is, and the kind where it is left out.
pub(super) const KIND: &str = "x-kind";
/// The keyword of a schema that lists the kinds which a key has a meaning for.
pub(super) const ONLY_IN: &str = "x-in";

/// What a node may hold.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Text,
    Integer,
    Number,
    Bool,
    OneOf(Vec<String>),
    List(Box<Shape>),
    Map(Box<Shape>),
    Record(Record),
    Any(Vec<Shape>),
    /// Any value, NULL among them.
    Value,
}

#[derive(Debug, Clone)]
pub(super) struct Record {
    keys: BTreeMap<String, Shape>,
    required: Vec<String>,
    /// The key that says of which kind the record is, and the kind where it is left out.
    kind: Option<(String, Option<String>)>,
    /// The kinds that a key has a meaning for; all where it is not here.
    only: BTreeMap<String, Vec<String>>,
    /// What any other key may hold, where there may be others.
    others: Option<Box<Shape>>,
}

/// The shapes of the kinds of file, made once.
pub(super) struct Shapes {
    pub(super) project: Shape,
    pub(super) source: Shape,
    pub(super) dimension: Shape,
    pub(super) fact: Shape,
    pub(super) tests: Shape,
}

pub(super) fn shapes() -> &'static Shapes {
    static SHAPES: OnceLock<Shapes> = OnceLock::new();
    SHAPES.get_or_init(|| Shapes {
        project: of(&super::schema::of::<super::Project>()),
        source: of(&super::schema::of::<super::Source>()),
        dimension: of(&super::schema::of::<super::Dimension>()),
        fact: of(&super::schema::of::<super::Fact>()),
        tests: of(&super::schema::of::<super::Tests>()),
    })
}

fn of(schema: &Json) -> Shape {
    shape(schema, schema)
}

fn shape(schema: &Json, root: &Json) -> Shape {
    if *schema == Json::Bool(true) {
        return Shape::Value;
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return shape(&root["$defs"][name], root);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[key].as_array() {
            let constants: Option<Vec<String>> =
                choices.iter().map(|choice| choice["const"].as_str().map(str::to_owned)).collect();
            if let Some(constants) = constants {
                return Shape::OneOf(constants);
            }
            let mut shapes: Vec<Shape> =
                choices.iter().filter(|choice| choice["type"] != "null").map(|choice| shape(choice, root)).collect();
            return if shapes.len() == 1 { shapes.remove(0) } else { Shape::Any(shapes) };
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return Shape::OneOf(texts(&Json::Array(values.clone())));
    }
    let ty = match &schema["type"] {
        Json::Array(types) => types.iter().find(|ty| *ty != "null").and_then(Json::as_str),
        other => other.as_str(),
    };
    match ty {
        Some("integer") => Shape::Integer,
        Some("number") => Shape::Number,
        Some("boolean") => Shape::Bool,
        Some("array") => Shape::List(Box::new(shape(&schema["items"], root))),
        Some("object") => match schema["properties"].as_object() {
            Some(properties) => Shape::Record(Record {
                keys: properties.iter().map(|(key, value)| (key.clone(), shape(value, root))).collect(),
                required: texts(&schema["required"]),
                kind: schema[KIND]["key"]
                    .as_str()
                    .map(|key| (key.to_owned(), schema[KIND]["default"].as_str().map(str::to_owned))),
                only: properties
                    .iter()
                    .filter_map(|(key, value)| Some((key.clone(), texts(value.get(ONLY_IN)?))))
                    .collect(),
                others: schema["additionalProperties"]
                    .is_object()
                    .then(|| Box::new(shape(&schema["additionalProperties"], root))),
            }),
            None => Shape::Map(Box::new(shape(&schema["additionalProperties"], root))),
        },
        _ => Shape::Text,
    }
}

/// The texts of a list.
pub(super) fn texts(list: &Json) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

impl Shape {
    fn name(&self) -> String {
        match self {
            Shape::Text => "a text".to_owned(),
            Shape::Integer => "a whole number".to_owned(),
            Shape::Number => "a number".to_owned(),
            Shape::Bool => "true or false".to_owned(),
            Shape::OneOf(values) => format!("one of {}", values.join(", ")),
            Shape::List(_) => "a list".to_owned(),
            Shape::Map(_) => "a mapping of names".to_owned(),
            Shape::Record(_) => "a mapping".to_owned(),
            Shape::Any(shapes) => shapes.iter().map(Shape::name).collect::<Vec<_>>().join(" or "),
            Shape::Value => "a value".to_owned(),
        }
    }
}

/// What of a file has no meaning, so that the rest of it can be read all the same.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// Values to leave out: those of unknown keys, and those that are not what their keys take.
    pub(super) values: HashSet<NodeId>,
    /// The records that a value was left out of, each with its key: what they seem to lack may be what was left out.
    pub(super) records: Vec<Span>,
    /// Something that others may name is left out: an entry of a mapping of names, or the file.
    pub(super) names: bool,
}

/// Says everything in which a file does not have its shape. `None` where too little is left of it to be read.
pub(super) fn check(file: FileId, tree: &Tree, shape: &Shape, problems: &mut Vec<Diagnostic>) -> Option<Lost> {
    let mut check = Check { file, tree, problems, kind: None, lost: Lost::default() };
    check.node(tree.root, shape, "the file", None).then_some(check.lost)
}

struct Check<'a> {
    file: FileId,
    tree: &'a Tree,
    problems: &'a mut Vec<Diagnostic>,
    /// The key and the kind of the innermost record around that says of which kind it is.
    kind: Option<(String, String)>,
    lost: Lost,
}

impl Check<'_> {
    fn span(&self, id: NodeId) -> Span {
        let node = self.tree.node(id);
        Span { file: self.file, lo: node.lo, hi: node.hi }
    }

    /// Whether a value can be read as its shape, in spite of what was left out of it.
    fn node(&mut self, id: NodeId, shape: &Shape, name: &str, key: Option<Span>) -> bool {
        match (&self.tree.node(id).value, shape) {
            (_, Shape::Value) => true,
            (Value::Scalar(text, style), _) if is_empty(text, *style) => false,
            (Value::Map(entries), Shape::Record(record)) => self.record(id, entries, record, name, key),
            (Value::Map(entries), Shape::Map(inner)) => {
                for entry in entries {
                    let span = Span { file: self.file, lo: entry.lo, hi: entry.hi };
                    if !self.node(entry.value, inner, &entry.key, Some(span)) {
                        self.lost.values.insert(entry.value);
                        self.lost.names = true;
                    }
                }
                true
            }
            (Value::Sequence(items), Shape::List(inner)) => {
                let sound: Vec<bool> = items.iter().map(|item| self.node(*item, inner, name, None)).collect();
                sound.into_iter().all(|sound| sound)
            }
            (value, Shape::Any(shapes)) => match shapes.iter().find(|shape| fits(value, shape)) {
                Some(shape) => self.node(id, shape, name, key),
                None => self.wrong(id, shape, name),
            },
            (Value::Scalar(text, style), Shape::OneOf(values)) => {
                if values.iter().any(|value| value == &**text) && *style != ScalarStyle::Literal {
                    return true;
                }
                let diagnostic = Diagnostic::new(Code::WrongValue, format!("{} cannot be `{text}`", quoted(name)))
                    .at(self.span(id), "not one of its values");
                let near = nearest(text, values.iter().map(String::as_str));
                let diagnostic = diagnostic.meant(self.span(id), text, near);
                self.problems.push(diagnostic.or_help(|| format!("its values are {}", values.join(", "))));
                false
            }
            (value, shape) => fits(value, shape) || self.wrong(id, shape, name),
        }
    }

    fn record(&mut self, id: NodeId, entries: &[Entry], record: &Record, name: &str, key: Option<Span>) -> bool {
        let around = self.kind.clone();
        if let Some((key, default)) = &record.kind {
            let said = entries.iter().find(|entry| *entry.key == **key).map(|entry| entry.value);
            let kind = match said.map(|value| &self.tree.node(value).value) {
                Some(Value::Scalar(text, _)) => Some(text.to_string()),
                Some(_) => None,
                None => default.clone(),
            };
            self.kind = kind.map(|kind| (key.clone(), kind));
        }
        let (mut whole, mut lost) = (true, false);
        for entry in entries {
            let span = Span { file: self.file, lo: entry.lo, hi: entry.hi };
            let sound = match record.keys.get(&*entry.key) {
                Some(shape) => {
                    let placed = self.placed(&entry.key, span, record);
                    self.node(entry.value, shape, &entry.key, Some(span)) && placed
                }
                None => match &record.others {
                    Some(shape) => self.node(entry.value, shape, &entry.key, Some(span)),
                    None => {
                        self.unknown(&entry.key, span, record);
                        false
                    }
                },
            };
            if !sound {
                self.lost.values.insert(entry.value);
                lost = true;
                whole &= !record.required.iter().any(|required| **required == *entry.key);
            }
        }
        self.kind = around;
        for required in &record.required {
            if !entries.iter().any(|entry| *entry.key == **required) {
                let place = key.unwrap_or_else(|| first_key(self.file, entries, self.span(id)));
                let missing = Diagnostic::new(Code::MissingKey, format!("{} has no `{required}`", quoted(name)))
                    .at(place, format!("`{required}` is missing"))
                    .help(format!("add `{required}: …`"));
                let first = entries.first().map(|entry| Span { file: self.file, lo: entry.lo, hi: entry.hi });
                let add = |before| Fix::AddKey { before, key: required.clone() };
                self.problems.push(Diagnostic { fix: first.map(add), ..missing });
                whole = false;
            }
        }
        if lost {
            let own = self.span(id);
            self.lost.records.push(Span { lo: key.map_or(own.lo, |key| key.lo.min(own.lo)), ..own });
        }
        whole
    }

    /// Refuses a key that means nothing for the kind of record that it stands in.
    fn placed(&mut self, key: &str, span: Span, record: &Record) -> bool {
        let (Some(kinds), Some((by, kind))) = (record.only.get(key), &self.kind) else { return true };
        if kinds.contains(kind) {
            return true;
        }
        self.problems.push(
            Diagnostic::new(Code::MisplacedKey, format!("`{key}` does not apply to `{by}: {kind}`"))
                .at(span, "would be ignored")
                .help(format!("remove the key; it belongs to `{by}: {}`", kinds.join("`, `"))),
        );
        false
    }

    fn unknown(&mut self, key: &str, span: Span, record: &Record) {
        let diagnostic = Diagnostic::new(Code::UnknownKey, format!("there is no key `{key}` here")).at(span, "unknown");
        let known = record.keys.keys().map(String::as_str);
        let elsewhere = ELSEWHERE.iter().find(|(word, own, _)| *word == key && record.keys.contains_key(*own));
        self.problems.push(match elsewhere {
            Some((_, own, how)) => diagnostic.help(format!("use `{own}`: `{how}`")),
            None => diagnostic
                .meant(span, key, nearest(key, known.clone()))
                .or_help(|| format!("the keys here are {}", known.collect::<Vec<_>>().join(", "))),
        });
    }

    fn wrong(&mut self, id: NodeId, shape: &Shape, name: &str) -> bool {
        let found = match &self.tree.node(id).value {
            Value::Scalar(..) => "a single value",
            Value::Map(_) => "a mapping",
            Value::Sequence(_) => "a list",
        };
        self.problems.push(
            Diagnostic::new(Code::WrongType, format!("{} is {}", quoted(name), shape.name()))
                .at(self.span(id), format!("{found} here"))
                .help(format!("write {}", shape.name())),
        );
        false
    }
}

/// Keys of other tools, the key here that says the same, and how it is written.
const ELSEWHERE: [(&str, &str, &str); 6] = [
    ("type", "attributes", "attributes: { city: { scd: 2 } }"),
    ("scd", "attributes", "attributes: { city: { scd: 2 } }"),
    ("unique_key", "natural_key", "natural_key: customer_id"),
    ("business_key", "natural_key", "natural_key: customer_id"),
    ("updated_at", "effective_at", "effective_at: updated_at"),
    ("sql", "query", "query: SELECT …"),
];

fn quoted(name: &str) -> String {
    if name == "the file" { name.to_owned() } else { format!("`{name}`") }
}

fn first_key(file: FileId, entries: &[Entry], otherwise: Span) -> Span {
    entries.first().map_or(otherwise, |entry| Span { file, lo: entry.lo, hi: entry.hi })
}

/// Whether a value has a shape as far as its outside tells.
fn fits(value: &Value, shape: &Shape) -> bool {
    match (value, shape) {
        (Value::Map(_), Shape::Map(_) | Shape::Record(_)) | (Value::Sequence(_), Shape::List(_)) => true,
        (Value::Scalar(text, style), shape) => match shape {
            Shape::Text | Shape::OneOf(_) | Shape::Value => true,
            Shape::Integer => *style == ScalarStyle::Plain && text.parse::<u64>().is_ok(),
            Shape::Number => *style == ScalarStyle::Plain && text.parse::<f64>().is_ok_and(f64::is_finite),
            Shape::Bool => *style == ScalarStyle::Plain && matches!(&**text, "true" | "false"),
            Shape::Any(shapes) => shapes.iter().any(|shape| fits(value, shape)),
            _ => false,
        },
        (_, Shape::Value) => true,
        (_, Shape::Any(shapes)) => shapes.iter().any(|shape| fits(value, shape)),
        _ => false,
    }
}
