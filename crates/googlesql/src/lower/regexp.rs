//! REGEXP_EXTRACT and its kin by RE2, which both engines have: the group, the position and the occurrence that are
//! meant. It must not match anything itself.

use std::ops::Range;

use super::Lower;
use crate::problem::ProblemKind;
use crate::types::Type;
use crate::value::Value;

impl Lower<'_> {
    /// The group that is extracted is the first, or the match itself where the pattern has none.
    pub(super) fn regexp(
        &mut self,
        name: &str,
        args: Vec<Value>,
        spans: &[Range<usize>],
        span: &Range<usize>,
    ) -> Value {
        let most = match name {
            "REGEXP_EXTRACT_ALL" => 2,
            "REGEXP_INSTR" => 5,
            _ => 4,
        };
        if !(2..=most).contains(&args.len()) {
            let message = format!("`{name}` does not take {} arguments", args.len());
            return self.fail(ProblemKind::ArgumentCount, span.clone(), message);
        }
        let text = if args.iter().take(2).any(|a| a.ty == Type::Bytes) { Type::Bytes } else { Type::String };
        let wanted = [&text, &text, &Type::Int64, &Type::Int64, &Type::Int64];
        let args: Vec<Value> = args
            .into_iter()
            .zip(spans)
            .zip(wanted)
            .map(|((arg, at), ty)| self.expect(arg, ty, at.clone(), &format!("an argument of {name}")))
            .collect();
        let ty = match name {
            "REGEXP_INSTR" => Type::Int64,
            "REGEXP_EXTRACT_ALL" => Type::Array(Box::new(text.clone())),
            _ => text.clone(),
        };
        let inputs: Vec<&Value> = args.iter().collect();
        if text == Type::Bytes {
            return self.unsupported_as(span.clone(), format!("{name} of BYTES"), ty, &inputs);
        }
        if let Some(pattern) = args[1].as_text() {
            let found = shape(pattern);
            if found.groups > 1 {
                let message = format!("{name} takes a pattern with at most one group");
                return self.fail(ProblemKind::TypeMismatch, span.clone(), message);
            }
            if name == "REGEXP_INSTR" && found.groups > 0 {
                return self.unsupported_as(span.clone(), "REGEXP_INSTR of a group", ty, &inputs);
            }
        }
        // A pattern from a column is looked at as it comes.
        let (pattern, group, skipped) = match args[1].as_text().map(shape) {
            Some(found) => (args[1].sql.clone(), found.groups, found.skipped),
            None if name == "REGEXP_INSTR" => (format!("dwc_regexp_ungrouped({})", args[1].sql), 0, false),
            None => (format!("dwc_regexp_grouped({})", args[1].sql), 1, true),
        };
        let part = |at: usize, without: &str| args.get(at).map_or_else(|| without.to_string(), |a| a.sql.clone());
        let both = format!("{}, {pattern}", args[0].sql);
        let sql = match (name, args.len()) {
            ("REGEXP_EXTRACT_ALL", _) => format!("dwc_regexp_extract_all({both}, {group})"),
            ("REGEXP_INSTR", _) => {
                format!("dwc_regexp_instr({both}, {}, {}, {})", part(2, "1"), part(3, "1"), part(4, "0"))
            }
            (_, 2) if !skipped => format!("dwc_regexp_extract({both}, {group})"),
            _ => format!("dwc_regexp_extract_at({both}, {group}, {}, {})", part(2, "1"), part(3, "1")),
        };
        Value::over(ty, sql, &inputs)
    }
}

/// What matters of an RE2 pattern for its first group.
struct Shape {
    groups: usize,
    /// A match may leave the group out: GoogleSQL gives NULL then, DuckDB an empty string.
    skipped: bool,
}

fn shape(pattern: &str) -> Shape {
    let bytes = pattern.as_bytes();
    let mut found = Shape { groups: 0, skipped: false };
    // Of each open parenthesis: whether it captures, and whether an alternative stands beside it.
    let mut open: Vec<bool> = Vec::new();
    let (mut at, mut class) = (0, false);
    let (mut inside, mut outside) = (false, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' => class = true,
            b']' => class = false,
            b'(' if !class => {
                let captures = bytes.get(at + 1) != Some(&b'?') || bytes.get(at + 2) == Some(&b'P');
                open.push(captures);
                if captures {
                    found.groups += 1;
                    inside = true;
                }
            }
            b')' if !class => {
                let captured = open.pop() == Some(true);
                let may_lack = matches!(bytes.get(at + 1), Some(b'?' | b'*'))
                    || bytes.get(at + 1) == Some(&b'{') && bytes.get(at + 2) == Some(&b'0');
                if captured {
                    inside = false;
                }
                // A group around the captured one may be left out, too.
                found.skipped |= may_lack && (captured || found.groups > 0);
            }
            b'|' if !class && !inside => outside = true,
            _ => {}
        }
        at += 1;
    }
    found.skipped |= outside && found.groups > 0;
    found
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn a_group_that_a_match_may_leave_out() {
        for (pattern, groups, skipped) in [
            (r"a(\d+)b", 1, false),
            (r"(?:a|b)(\w+)", 1, true),
            (r"a(x)?", 1, true),
            (r"(a|b)", 1, false),
            (r"(a*)|b", 1, true),
            (r"[(]a", 0, false),
            (r"\(a\)", 0, false),
            (r"(?:(\d+)x)?", 1, true),
            (r"(.*)", 1, false),
            (r"(a)(b)", 2, false),
        ] {
            let found = shape(pattern);
            assert_eq!((found.groups, found.skipped), (groups, skipped), "{pattern}");
        }
    }
}
