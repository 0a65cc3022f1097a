//! The lags of an accumulating snapshot as its YAML says them. Nothing is resolved and no default is filled here.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The word for the milestone before, whichever it is.
pub const PREVIOUS: &str = "previous";

/// One lag setting, or a list of them. A list of one may be written without brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lags(pub Vec<Lag>);

/// How long it takes to reach milestones: one measure for each later milestone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lag {
    /// The milestone from which time is counted to each later one, as `hours_to_delivered`. `previous` counts from each
    /// milestone to the next, as `hours_from_picked_up_to_delivered`.
    pub from: String,
    /// The unit of time.
    pub unit: LagUnit,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LagUnit {
    /// Whole seconds that have passed.
    Second,
    /// Whole minutes that have passed.
    Minute,
    /// Whole hours that have passed.
    Hour,
    /// Days of the calendar: from one day to the next is 1, whatever the time of day.
    Day,
}

impl LagUnit {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            LagUnit::Second => "second",
            LagUnit::Minute => "minute",
            LagUnit::Hour => "hour",
            LagUnit::Day => "day",
        }
    }
}

impl<'de> Deserialize<'de> for Lags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Lags;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`from` and `unit`, or a list of these")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Lags, A::Error> {
                Ok(Lags(vec![Lag::deserialize(de::value::MapAccessDeserializer::new(map))?]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Lags, A::Error> {
                let mut all = Vec::new();
                while let Some(lag) = seq.next_element()? {
                    all.push(lag);
                }
                Ok(Lags(all))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Serialize for Lags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl JsonSchema for Lags {
    fn schema_name() -> Cow<'static, str> {
        "Lags".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let lag = generator.subschema_for::<Lag>();
        json_schema!({
            "description": "One lag setting, or a list of them.",
            "anyOf": [lag, { "type": "array", "items": lag }]
        })
    }
}
