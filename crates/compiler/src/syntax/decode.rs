//! Decodes a file's tree into the typed structs of the language: one reading of the text serves the spans and the
//! values. What does not decode is said with the node that it stands at. It must not know the language's keys.

use granit_parser::ScalarStyle;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};

use super::yaml::{Entry, NodeId, Tree, Value};

/// What a type refuses, and where.
#[derive(Debug)]
pub(super) struct Refused {
    /// The reason.
    pub(super) message: String,
    /// The innermost node that was being decoded.
    pub(super) node: Option<NodeId>,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), node: None }
    }
}

/// Decodes the whole file.
pub(super) fn decode<T: DeserializeOwned>(tree: &Tree) -> Result<T, Refused> {
    T::deserialize(Node { tree, id: tree.root })
}

#[derive(Clone, Copy)]
struct Node<'t> {
    tree: &'t Tree,
    id: NodeId,
}

impl<'t> Node<'t> {
    fn value(self) -> &'t Value {
        &self.tree.node(self.id).value
    }

    /// A refusal stands at the innermost node that it met.
    fn here<T>(self, result: Result<T, Refused>) -> Result<T, Refused> {
        result.map_err(|refused| Refused { node: refused.node.or(Some(self.id)), ..refused })
    }

    fn number<N: std::str::FromStr>(self, what: &str) -> Result<N, Refused> {
        let found = match self.value() {
            Value::Scalar(text, ScalarStyle::Plain) => text.parse().ok(),
            _ => None,
        };
        self.here(found.ok_or_else(|| de::Error::custom(format!("{what} is expected here"))))
    }
}

impl<'de> de::Deserializer<'de> for Node<'_> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.here(match self.value() {
            Value::Scalar(text, ScalarStyle::Plain) => match &**text {
                "true" => visitor.visit_bool(true),
                "false" => visitor.visit_bool(false),
                text => visitor.visit_str(text),
            },
            Value::Scalar(text, _) => visitor.visit_str(text),
            Value::Sequence(items) => visitor.visit_seq(Items { tree: self.tree, rest: items.iter() }),
            Value::Map(entries) => visitor.visit_map(Entries { tree: self.tree, rest: entries.iter(), value: None }),
        })
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let value = self.number("true or false")?;
        visitor.visit_bool(value)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let value = self.number("a whole number from 0 to 255")?;
        visitor.visit_u8(value)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let value = self.number("a whole number")?;
        visitor.visit_u32(value)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let value = self.number("a whole number")?;
        visitor.visit_u64(value)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let value = self.number("a number")?;
        visitor.visit_f64(value)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.here(match self.value() {
            Value::Scalar(text, _) => visitor.visit_str(text),
            _ => Err(de::Error::custom("a text is expected here")),
        })
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.here(match self.value() {
            Value::Scalar(text, _) => visitor.visit_enum((**text).into_deserializer()),
            _ => Err(de::Error::custom("one of its names is expected here")),
        })
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u16 u128 f32 char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

struct Items<'t> {
    tree: &'t Tree,
    rest: std::slice::Iter<'t, NodeId>,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        self.rest.next().map(|id| seed.deserialize(Node { tree: self.tree, id: *id })).transpose()
    }
}

struct Entries<'t> {
    tree: &'t Tree,
    rest: std::slice::Iter<'t, Entry>,
    value: Option<NodeId>,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        let Some(entry) = self.rest.next() else { return Ok(None) };
        self.value = Some(entry.value);
        seed.deserialize((*entry.key).into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        match self.value.take() {
            Some(id) => seed.deserialize(Node { tree: self.tree, id }),
            None => Err(de::Error::custom("a key has no value")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::{Dimension, Fact, Project, Source, yaml};

    /// The YAML library is the judge: both read the same values.
    fn same<T: DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) {
        let (tree, problems) = yaml::parse(FileId(0), text);
        assert!(problems.is_empty(), "{problems:?}");
        let ours: T = decode(&tree.expect("a tree")).expect("a value");
        let theirs: T = serde_yaml::from_str(text).expect("a value");
        assert_eq!(ours, theirs);
    }

    #[test]
    fn the_values_are_those_of_the_yaml_library() {
        same::<Project>(
            "name: p\ntimezone: Asia/Seoul\ntargets: { b: { type: bigquery, maximum_bytes_billed: 5000000000 } }\nvars: { v: x }\nlints: { DW0413: { level: off, reason: none } }\n",
        );
        same::<Source>(
            "source: \"a b\"\ntype: files\nmax_connections: 3\ntables:\n  t:\n    path: 'it''s.csv'\n    primary_key: [a, b]\n    max_rejected_share: 0.25\n    columns: { a: INT64, b: { type: STRING, pii: true, description: \"줄\\n둘\" } }\n",
        );
        same::<Dimension>(
            "dimension: d\nkind: calendar\nfirst_day: 2026-01-01\nprotect: true\nscd: 2\nholidays: { 2026-03-01: 삼일절 }\nquery: |\n  SELECT 1\n\n    AS a\ntags: [yes, no, 12]\n",
        );
        same::<Fact>(
            "fact: f\ngrain:\n  description: >-\n    one row\n    per x\n  key: a\nmeasures:\n  m: { additive: semi, not_over: [d], expr: '1' }\n",
        );
    }

    #[test]
    fn a_refusal_stands_at_its_node() {
        let (tree, _) = yaml::parse(FileId(0), "dimension: d\nscd: 300\n");
        let tree = tree.expect("a tree");
        let refused = decode::<Dimension>(&tree).expect_err("300 is not a policy");
        assert_eq!(refused.node, tree.child(tree.root, "scd"));
    }
}
