//! Patterns that come from columns: how many groups they have.
//! It must not match: RE2 in the engine does.

use duckdb::Connection;
use regex_syntax::hir::Hir;

use super::vector::add;

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    // The pattern with one group: its own, or one around it all.
    add(c, "dwc_regexp_grouped", |(re,): (String,)| {
        let hir = parsed(&re)?;
        match groups(&hir) {
            0 => Ok(Some(format!("({re})"))),
            1 => Ok(Some(re)),
            _ => Err(format!("a pattern with more than one group: {re}")),
        }
    })?;
    add(c, "dwc_regexp_ungrouped", |(re,): (String,)| match groups(&parsed(&re)?) {
        0 => Ok(Some(re)),
        _ => Err(format!("REGEXP_INSTR with a group in a pattern from a column: {re}")),
    })
}

fn parsed(re: &str) -> Result<Hir, String> {
    regex_syntax::parse(re).map_err(|_| format!("a pattern that cannot be read: {re}"))
}

fn groups(hir: &Hir) -> usize {
    hir.properties().explicit_captures_len()
}
