//! Parts of the texts that both engines write alike. It must not know an engine.

use dwc_googlesql::Type;

/// A decimal without the zeros at its end.
pub(super) fn trimmed(text: &str) -> String {
    format!("CASE WHEN {text} LIKE '%.%' THEN RTRIM(RTRIM({text}, '0'), '.') ELSE {text} END")
}

/// One letter per type family: an INT64 7 and a STRING '7' are different keys.
pub(super) fn letter(ty: &Type) -> char {
    match ty {
        Type::Int64 => 'i',
        Type::String => 's',
        Type::Date => 'd',
        Type::DateTime => 'l',
        Type::Timestamp => 't',
        Type::Bool => 'b',
        Type::Bytes => 'x',
        _ => 'o',
    }
}
