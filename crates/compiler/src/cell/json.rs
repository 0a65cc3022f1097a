//! Documents of JSON, taken apart without bending a number: an object that names a key twice says two things of one, and
//! is refused at any depth. It must not know declared types.

use std::borrow::Cow;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Sent;

/// How deep documents may be nested.
const DEEPEST: usize = 128;

/// The members of an object in their order.
pub type Members<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// The members of an object.
///
/// # Errors
/// The text is not one object, or names a key twice.
pub fn members(text: &str) -> Result<Members<'_>, String> {
    struct Object;
    impl<'de> Visitor<'de> for Object {
        type Value = Members<'de>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(key) = map.next_key::<Key<'de>>()? {
                members.push((key.0, map.next_value()?));
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Object).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("the key `{}` occurs twice in one object", super::cut(pair[0]))),
        None => Ok(members),
    }
}

/// A key, which is borrowed where no character of it is escaped.
struct Key<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(text.into()))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(text.to_owned().into()))
            }
        }
        reader.deserialize_str(Text)
    }
}

/// Whether a text is one document.
///
/// # Errors
/// Why it is not.
pub fn check(text: &str) -> Result<(), String> {
    let document: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
    check_at(document.get(), 0)
}

fn check_at(document: &str, depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("it is nested deeper than {DEEPEST} levels"));
    }
    match document.as_bytes().first() {
        Some(b'{') => members(document)?.iter().try_for_each(|(_, value)| check_at(value.get(), depth + 1)),
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(document).map_err(|error| error.to_string())?;
            values.iter().try_for_each(|value| check_at(value.get(), depth + 1))
        }
        // A text may hold half a character, which only reading it tells.
        Some(b'"') => text(document).map(drop).ok_or_else(|| "a text in it is not Unicode".to_owned()),
        _ => Ok(()),
    }
}

/// A value as a text: a string without its quotes, anything else as it is written; `None` for half a character.
#[must_use]
pub fn text(document: &str) -> Option<Cow<'_, str>> {
    if document.starts_with('"') {
        serde_json::from_str::<Key<'_>>(document).ok().map(|key| key.0)
    } else {
        Some(document.into())
    }
}

/// The bytes that a string spells where it is not Unicode: no text.
#[must_use]
pub fn bytes_of(document: &str) -> Vec<u8> {
    struct Spelt;
    impl Visitor<'_> for Spelt {
        type Value = Vec<u8>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string")
        }
        fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
            Ok(bytes.to_vec())
        }
    }
    let read = serde_json::Deserializer::from_str(document).deserialize_bytes(Spelt);
    read.unwrap_or_else(|_| document.as_bytes().to_vec())
}

/// A value with its text as a source sends it.
#[must_use]
pub fn sent<'a>(document: &str, text: &'a str) -> Sent<'a> {
    match document.as_bytes().first() {
        Some(b'n') => Sent::Null,
        Some(b't') => Sent::Bool(true),
        Some(b'f') => Sent::Bool(false),
        Some(b'-' | b'0'..=b'9') => Sent::Number(text),
        _ => Sent::Bytes(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_comes_twice_is_refused_at_any_depth() {
        assert_eq!(check(r#"{"a": [{"b": 1, "c": 12345678901234567890.5}]}"#), Ok(()));
        for twice in [r#"{"a": 1, "a": 1}"#, r#"[{"a": {"b": 1, "b": 2}}]"#, r#"{"a": 1, "\u0061": 2}"#] {
            assert!(check(twice).is_err_and(|reason| reason.contains("twice")), "{twice}");
        }
        for wrong in ["", "{", "{} {}", r#"{"a": 01}"#, "NaN", r#"["\ud800"]"#] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        assert_eq!(bytes_of(r#""a\ud800""#), b"a\xed\xa0\x80");
        assert!(check(&"[".repeat(100_000)).is_err());
        assert!(
            check(&format!("{}{}", "[".repeat(1000), "]".repeat(1000))).is_err_and(|reason| reason.contains("deep"))
        );
    }
}
