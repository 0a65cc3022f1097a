//! Which failures of an engine are about values: an expression that has none for a row. It must not say which one.

use dwc_compiler::diagnostic::Code;

use crate::Error;

/// How the embedded engine's words begin where a value is the reason.
const OF_VALUES: [&str; 3] = ["Conversion Error", "Out of Range Error", "Invalid Input Error"];

/// What the engine says, where values may be the reason; `None` for a failure of another kind.
pub(crate) fn refusal(error: &Error) -> Option<String> {
    match error.code {
        None => {
            let said = error.cause.as_ref()?.downcast_ref::<dwc_duckdb::Error>()?.to_string();
            let first = said.lines().next().unwrap_or_default();
            let (kind, said) = first.split_once(": ")?;
            OF_VALUES.contains(&kind).then(|| said.trim_end_matches(['.', '!']).to_owned())
        }
        Some(Code::BigQueryRefused) => Some(error.message.clone()),
        Some(_) => None,
    }
}
