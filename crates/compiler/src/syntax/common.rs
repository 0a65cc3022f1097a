//! The small shapes that several files of the language share.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::check::Scalar;

/// One name, or a list of names. A list of one may be written without brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Names;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a name or a list of names")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Names, E> {
                Ok(Names(vec![name.to_owned()]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl JsonSchema for Names {
    fn schema_name() -> Cow<'static, str> {
        "Names".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One name, or a list of names.",
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }]
        })
    }
}

/// A column of a source: its GoogleSQL type, alone or with what else is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// The GoogleSQL type as written.
    pub ty: String,
    /// What the column means, for analysts.
    pub description: Option<String>,
    /// The column contains personal data.
    pub pii: bool,
    /// The column's name in the files, where it differs.
    pub name: Option<String>,
    /// How its source compares texts.
    pub collation: Option<Collation>,
    /// How far the landed value may lie from the source's.
    pub within: Option<Scalar>,
}

/// How a source compares the texts of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Collation {
    /// Without case: `S01` equals `s01`.
    #[serde(rename = "und:ci")]
    CaseInsensitive,
}

/// The long form of a column: its type and more.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Column")]
struct LongColumn {
    /// The GoogleSQL type.
    #[serde(rename = "type")]
    ty: String,
    /// What the column means, for analysts.
    description: Option<String>,
    /// The column contains personal data.
    pii: Option<bool>,
    /// The column's name in the header or the objects of files, if it differs. `amount#2` is the second of two columns
    /// named `amount`.
    name: Option<String>,
    /// How its source compares texts, where that is not as they are written. Keys and queries compare them so, too.
    collation: Option<Collation>,
    /// The difference from the source that `dwc verify --sources` tolerates in a number, such as `0.01`. Defaults to 0.
    within: Option<Scalar>,
}

impl<'de> Deserialize<'de> for ColumnType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = ColumnType;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a type or a column with a type")
            }
            fn visit_str<E: de::Error>(self, ty: &str) -> Result<ColumnType, E> {
                let ty = ty.to_owned();
                Ok(ColumnType { ty, description: None, pii: false, name: None, collation: None, within: None })
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<ColumnType, A::Error> {
                let long = LongColumn::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(ColumnType {
                    ty: long.ty,
                    description: long.description,
                    pii: long.pii.unwrap_or(false),
                    name: long.name,
                    collation: long.collation,
                    within: long.within,
                })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Serialize for ColumnType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_plain = self.name.is_none() && self.collation.is_none() && self.within.is_none();
        if self.description.is_none() && !self.pii && is_plain {
            return serializer.serialize_str(&self.ty);
        }
        let long = LongColumn {
            ty: self.ty.clone(),
            description: self.description.clone(),
            pii: self.pii.then_some(true),
            name: self.name.clone(),
            collation: self.collation,
            within: self.within.clone(),
        };
        long.serialize(serializer)
    }
}

impl JsonSchema for ColumnType {
    fn schema_name() -> Cow<'static, str> {
        "ColumnType".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let long = generator.subschema_for::<LongColumn>();
        json_schema!({
            "description": "A GoogleSQL type, alone or with more about the column.",
            "anyOf": [{ "type": "string" }, long]
        })
    }
}

/// The level of a lint in a project or a model, with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LintLevel {
    /// What happens if the lint finds something.
    pub level: Level,
    /// Why this level is right for this project or model.
    pub reason: String,
}

/// What happens if the lint finds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It is ignored.
    Off,
    /// It is shown.
    Warn,
    /// It stops the command.
    Error,
}
