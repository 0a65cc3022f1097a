//! The table of functions: `functions.txt` read once. A line is `NAME(types) -> type = DuckDB text`.
//! It must not hold functions whose syntax or type needs a decision: those are in `lower`.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::coerce;
use super::types::Type;
use super::value::{Literal, Value};

const TABLE: &str = include_str!("functions.txt");

/// A type in a signature.
#[derive(Debug, Clone)]
enum Pattern {
    Exact(Type),
    /// `N`: any number type, the same for all arguments.
    Number,
    /// `T`: any type, the same for all.
    Any,
    /// `ARRAY<T>`.
    ArrayOfAny,
    /// `RANGE<T>`.
    RangeOfAny,
    /// `ANY`: each argument for itself.
    Each,
}

/// One positional parameter.
#[derive(Debug, Clone)]
struct Param {
    pattern: Pattern,
    /// `?`: it may be left out.
    optional: bool,
    /// `!`: it must be the same for every row, as a JSON path is.
    constant: bool,
}

/// One overload of a function.
#[derive(Debug)]
pub(super) struct Signature {
    params: Vec<Param>,
    /// How many parameters at the end may repeat together; 0 when none does.
    repeated: usize,
    /// Parameters that are given by their names alone.
    named: Vec<(&'static str, Pattern)>,
    result: Pattern,
    /// DuckDB text with `$1`, `$*`; `None` when the function is known and has no translation.
    pub(super) template: Option<&'static str>,
    /// The parameter list as the table spells it, for help.
    pub(super) shown: &'static str,
}

/// A call matched to an overload.
pub(super) struct Match {
    pub(super) ty: Type,
    pub(super) args: Vec<Value>,
    pub(super) signature: &'static Signature,
}

/// Why no overload takes the arguments.
pub(super) enum Mismatch {
    Count,
    Types,
}

/// Every overload of a function by upper-case name.
pub(super) fn overloads(name: &str) -> Option<&'static [Signature]> {
    table().get(name).map(Vec::as_slice)
}

/// Every name of the table.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    table().keys().copied()
}

fn table() -> &'static HashMap<&'static str, Vec<Signature>> {
    static READ: OnceLock<HashMap<&'static str, Vec<Signature>>> = OnceLock::new();
    READ.get_or_init(|| {
        let mut map: HashMap<&'static str, Vec<Signature>> = HashMap::new();
        for line in TABLE.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
            if let Some((name, signature)) = signature(line) {
                map.entry(name).or_default().push(signature);
            }
        }
        map
    })
}

fn signature(line: &'static str) -> Option<(&'static str, Signature)> {
    let (head, template) = match line.split_once(" = ") {
        Some((head, template)) => (head, Some(template.trim())),
        None => (line, None),
    };
    let (call, result) = head.rsplit_once("->")?;
    let (name, params) = call.trim().split_once('(')?;
    let shown = params.strip_suffix(')')?;
    let (mut params, mut named, mut repeated) = (Vec::new(), Vec::new(), 0);
    for text in split(shown) {
        if let Some((name, text)) = text.split_once("=>") {
            named.push((name.trim(), pattern(text.trim())?));
            continue;
        }
        let text = match text.split_once("...") {
            Some((text, count)) => {
                repeated = if count.is_empty() { 1 } else { count.parse().ok()? };
                text
            }
            None => text,
        };
        let (text, optional) = text.strip_suffix('?').map_or((text, false), |t| (t, true));
        let (text, constant) = text.strip_suffix('!').map_or((text, false), |t| (t, true));
        params.push(Param { pattern: pattern(text)?, optional, constant });
    }
    let result = pattern(result.trim())?;
    Some((name, Signature { params, repeated, named, result, template, shown }))
}

/// The parameters between the commas that no `<` encloses.
fn split(params: &'static str) -> impl Iterator<Item = &'static str> {
    let mut depth = 0usize;
    params
        .split(move |c| {
            match c {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                _ => {}
            }
            c == ',' && depth == 0
        })
        .map(str::trim)
        .filter(|p| !p.is_empty())
}

fn pattern(text: &str) -> Option<Pattern> {
    Some(match text {
        "N" => Pattern::Number,
        "T" => Pattern::Any,
        "ANY" => Pattern::Each,
        "ARRAY<T>" => Pattern::ArrayOfAny,
        "RANGE<T>" => Pattern::RangeOfAny,
        _ => Pattern::Exact(Type::parse(text)?),
    })
}

/// Chooses the overload that needs the fewest conversions.
pub(super) fn choose(
    overloads: &'static [Signature],
    args: &[Value],
    named: &[(String, Value)],
) -> Result<Match, Mismatch> {
    let mut counted = false;
    let mut best: Option<(usize, Match)> = None;
    for signature in overloads {
        if !signature.counts(args.len()) {
            continue;
        }
        counted = true;
        if let Some((cost, found)) = take(signature, args)
            && signature.names(named)
            && best.as_ref().is_none_or(|(b, _)| cost < *b)
        {
            best = Some((cost, found));
        }
    }
    match best {
        Some((_, found)) => Ok(found),
        None => Err(if counted { Mismatch::Types } else { Mismatch::Count }),
    }
}

impl Signature {
    fn counts(&self, n: usize) -> bool {
        let most = self.params.len();
        let least = self.params.iter().filter(|p| !p.optional).count();
        (least..=most).contains(&n) || self.repeated > 0 && n > most && (n - most).is_multiple_of(self.repeated)
    }

    /// The parameter that the argument at a place is for.
    fn param(&self, at: usize) -> Option<&Param> {
        let most = self.params.len();
        let repeats = || self.params.get(most - self.repeated + (at - most) % self.repeated.max(1));
        self.params.get(at).or_else(|| if self.repeated > 0 { repeats() } else { None })
    }

    fn names(&self, named: &[(String, Value)]) -> bool {
        named.iter().all(|(name, value)| {
            self.named.iter().any(|(known, pattern)| {
                known.eq_ignore_ascii_case(name)
                    && match pattern {
                        Pattern::Exact(ty) => coerce::fits(value, ty),
                        _ => true,
                    }
            })
        })
    }

    /// The first argument that must be constant and is not.
    pub(super) fn varying(&self, args: &[Value]) -> Option<usize> {
        (0..args.len()).find(|at| self.param(*at).is_some_and(|p| p.constant) && !args[*at].is_constant())
    }
}

fn take(signature: &'static Signature, args: &[Value]) -> Option<(usize, Match)> {
    let params: Vec<&Pattern> = (0..args.len()).filter_map(|i| signature.param(i)).map(|p| &p.pattern).collect();
    let numbers: Vec<&Value> =
        args.iter().zip(&params).filter(|(_, p)| matches!(p, Pattern::Number)).map(|(a, _)| a).collect();
    let number = coerce::common(&numbers)?;
    if !(number.is_numeric() || number == Type::Unknown) {
        return None;
    }
    let number = if number == Type::Unknown && !numbers.is_empty() { Type::Int64 } else { number };
    let any: Vec<&Value> =
        args.iter().zip(&params).filter(|(_, p)| matches!(p, Pattern::Any)).map(|(a, _)| a).collect();
    let mut any_type = coerce::common(&any)?;
    for (arg, param) in args.iter().zip(&params) {
        if let (Pattern::ArrayOfAny, Type::Array(item)) | (Pattern::RangeOfAny, Type::Range(item)) = (param, &arg.ty) {
            any_type = coerce::wider(&any_type, item)?;
        }
    }
    let mut cost = 0;
    let mut taken = Vec::with_capacity(args.len());
    for (arg, param) in args.iter().zip(&params) {
        let to = match param {
            Pattern::Exact(ty) => ty.clone(),
            Pattern::Number => number.clone(),
            Pattern::Any => any_type.clone(),
            Pattern::ArrayOfAny => Type::Array(Box::new(any_type.clone())),
            Pattern::RangeOfAny => Type::Range(Box::new(any_type.clone())),
            Pattern::Each => arg.ty.clone(),
        };
        // A literal with a point is a FLOAT64, and a NUMERIC only beside one.
        let alone = matches!((&arg.literal, &to), (Some(Literal::Float(_)), Type::Numeric(_) | Type::BigNumeric(_)))
            && !args.iter().any(|a| matches!(a.ty, Type::Numeric(_) | Type::BigNumeric(_)));
        if alone || !coerce::fits(arg, &to) {
            return None;
        }
        cost += match (&arg.ty, &to) {
            (a, b) if a == b => 0,
            (Type::Unknown, _) => 1,
            (Type::Int64, Type::Numeric(_)) => 3,
            (Type::Int64, Type::BigNumeric(_)) => 4,
            (Type::Int64, Type::Float64) => 2,
            _ => 2,
        };
        taken.push(coerce::convert(arg.clone(), &to));
    }
    let ty = match &signature.result {
        Pattern::Exact(ty) => ty.clone(),
        Pattern::Number => number,
        Pattern::Any | Pattern::Each => any_type,
        Pattern::ArrayOfAny => Type::Array(Box::new(any_type)),
        Pattern::RangeOfAny => Type::Range(Box::new(any_type)),
    };
    Some((cost, Match { ty, args: taken, signature }))
}

/// Fills a template with argument texts; `$*` is all of them, `$1` the first.
pub(super) fn fill(template: &str, args: &[Value]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let mark = rest[at + 1..].chars().next();
        match mark {
            Some('*') => {
                out.push_str(&args.iter().map(|a| a.sql.as_str()).collect::<Vec<_>>().join(", "));
            }
            Some(c) if c.is_ascii_digit() => {
                let n = c.to_digit(10).unwrap_or(0) as usize;
                if let Some(arg) = n.checked_sub(1).and_then(|i| args.get(i)) {
                    let alone = (out.ends_with('(') || out.ends_with(", ")) && rest[at + 2..].starts_with([',', ')']);
                    out.push_str(&if alone { arg.sql.clone() } else { arg.operand() });
                }
            }
            _ => {
                out.push('$');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 1 + mark.map_or(0, char::len_utf8)..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_signature() {
        for line in TABLE.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
            assert!(signature(line).is_some(), "{line}");
        }
    }
}
