//! `WITH(a AS 1, b AS a + 1, a + b)`: names for values inside one expression. It must not know queries.

use std::ops::Range;

use sqlparser::ast::{Expr, Function};

use super::Lower;
use crate::problem::ProblemKind;
use crate::spellings;
use crate::types::Type;
use crate::value::Value;

impl Lower<'_> {
    /// Each name stands for its value in what follows.
    pub(super) fn with_expression(&mut self, function: &Function, span: &Range<usize>) -> Value {
        let Some((bindings, result)) = spellings::bindings(function) else {
            return self.fail(ProblemKind::ParseError, span.clone(), "WITH(...) takes `name AS value` and a result");
        };
        let Some(depth) = self.scopes.len().checked_sub(1) else {
            return Value::unknown();
        };
        let known = self.scopes[depth].bindings.len();
        for (name, value) in bindings {
            let told = self.volatile.len();
            let value = self.expr(value);
            if self.volatile.len() > told {
                self.unsupported(span.clone(), "WITH(...) of a value that changes from call to call");
            }
            self.scopes[depth].bindings.push((name.value.clone(), value));
        }
        let result = self.expr(result);
        self.scopes[depth].bindings.truncate(known);
        result
    }

    /// NORMALIZE names its form by a word that is not a column.
    pub(super) fn normalize(&mut self, name: &str, exprs: &[&Expr], span: &Range<usize>) -> Value {
        let mode = match exprs.get(1) {
            None => "NFC".to_string(),
            Some(Expr::Identifier(ident)) => ident.value.to_uppercase(),
            Some(_) => String::new(),
        };
        if !["NFC", "NFKC", "NFD", "NFKD"].contains(&mode.as_str()) || !(1..=2).contains(&exprs.len()) {
            let message = format!("`{name}` takes a STRING and one of NFC, NFKC, NFD, NFKD");
            return self.fail(ProblemKind::TypeMismatch, span.clone(), message);
        }
        let value = self.expr(exprs[0]);
        let at = self.span_of(exprs[0]);
        let value = self.expect(value, &Type::String, at, &format!("the argument of {name}"));
        let function = match (name, mode.as_str()) {
            ("NORMALIZE", "NFC") => {
                return Value::over(Type::String, format!("nfc_normalize({})", value.sql), &[&value]);
            }
            ("NORMALIZE", _) => "dwc_normalize",
            (_, "NFC" | "NFD") => "dwc_casefold",
            _ => return self.unsupported_as(span.clone(), format!("{name} to {mode}"), Type::String, &[&value]),
        };
        Value::over(Type::String, format!("{function}({}, '{mode}')", value.sql), &[&value])
    }

    /// `RANGE(start, end)`; a bound that is NULL is unbounded.
    pub(super) fn range(&mut self, args: Vec<Value>, spans: &[Range<usize>], span: &Range<usize>) -> Value {
        if args.iter().all(|value| value.literal.is_some()) || args.iter().any(|value| value.as_text().is_some()) {
            let message = "RANGE takes DATE, DATETIME or TIMESTAMP";
            return self.fail(ProblemKind::TypeMismatch, span.clone(), message);
        }
        let values = self.unify(args.into_iter().zip(spans.iter().cloned()).collect(), "the bounds of RANGE");
        let item = values[0].ty.clone();
        if !matches!(item, Type::Date | Type::DateTime | Type::Timestamp) {
            let message = format!("RANGE takes DATE, DATETIME or TIMESTAMP, found {item}");
            return self.fail(ProblemKind::TypeMismatch, span.clone(), message);
        }
        let sql = format!("dwc_range({}, {})", values[0].sql, values[1].sql);
        Value::over(Type::Range(Box::new(item)), sql, &values.iter().collect::<Vec<_>>())
    }

    /// `[2024-01-01, UNBOUNDED)` as a range; `None` when the text is not one.
    pub(super) fn range_text(text: &str, item: &Type) -> Option<String> {
        let inner = text.trim().strip_prefix('[')?.strip_suffix(')')?;
        let (start, end) = inner.split_once(',')?;
        let bound = |text: &str| {
            let text = text.trim();
            if text.eq_ignore_ascii_case("UNBOUNDED") || text.eq_ignore_ascii_case("NULL") {
                format!("CAST(NULL AS {})", item.duckdb())
            } else {
                super::moment_literal(text, item)
            }
        };
        Some(format!("dwc_range({}, {})", bound(start), bound(end)))
    }
}
