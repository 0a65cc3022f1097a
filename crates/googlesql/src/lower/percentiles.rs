//! PERCENTILE_CONT and PERCENTILE_DISC: which fractions they take, and what they give of each type.
//! It must not know windows: that is `windows`.

use std::ops::Range;

use sqlparser::ast::NullTreatment;

use super::Lower;
use super::aggregate_call::{Call, Clauses};
use crate::problem::ProblemKind;
use crate::types::Type;
use crate::value::{Literal, Value};

impl Lower<'_> {
    pub(super) fn percentile(
        &mut self,
        name: &str,
        args: &[Value],
        spans: &[Range<usize>],
        clauses: &Clauses<'_>,
        call: &Call,
        span: &Range<usize>,
    ) -> Option<(Type, String)> {
        let [x, fraction] = args else { return None };
        let ty = x.ty.clone();
        let refused = match fraction {
            fraction if fraction.ty != Type::Unknown && !fraction.ty.is_numeric() && fraction.as_text().is_none() => {
                "must be a number"
            }
            fraction if fraction.as_text().is_some() || beyond_one(fraction) => "is between 0 and 1",
            fraction if fraction.literal.is_none() && !fraction.is_constant() => "must be a literal",
            _ => "",
        };
        if !refused.is_empty() {
            let message = format!("the fraction of {name} {refused}");
            self.report(ProblemKind::TypeMismatch, spans[1].clone(), message, None);
            return None;
        }
        let is_exact = |ty: &Type| matches!(ty, Type::Numeric(_) | Type::BigNumeric(_));
        let is_plain = !call.over.is_empty() && clauses.nulls != Some(NullTreatment::RespectNulls);
        if name == "PERCENTILE_CONT" && ty != Type::Unknown && !ty.is_numeric() {
            self.report(ProblemKind::TypeMismatch, spans[0].clone(), format!("{name} does not take {ty}"), None);
            return None;
        }
        match name {
            "PERCENTILE_CONT" if is_exact(&ty) && is_exact(&fraction.ty) => {
                self.unsupported(span.clone(), format!("{name} of {ty} by {}", fraction.ty));
                Some((ty, "NULL".into()))
            }
            "PERCENTILE_CONT"
                if is_plain && (is_exact(&ty) || matches!(ty, Type::Float64 | Type::Int64 | Type::Unknown)) =>
            {
                let list = format!("CAST({} AS DOUBLE), {}", x.sql, fraction.sql);
                Some((Type::Float64, numbers(name, x, call, call.of("quantile_cont", &list, ""))))
            }
            "PERCENTILE_DISC" if is_plain => {
                let plain = call.of("quantile_disc", &format!("{}, {}", x.sql, fraction.sql), "");
                Some((ty, numbers(name, x, call, plain)))
            }
            _ => {
                self.unsupported(span.clone(), format!("this form of {name}"));
                Some((if name == "PERCENTILE_CONT" { Type::Float64 } else { ty }, "NULL".into()))
            }
        }
    }
}

/// NaN is before all numbers in GoogleSQL and behind them in DuckDB: an error.
fn numbers(name: &str, x: &Value, call: &Call, plain: String) -> String {
    if x.ty != Type::Float64 {
        return plain;
    }
    let odd = call.of("bool_or", &format!("isnan({})", x.sql), "");
    format!("CASE WHEN {odd} THEN CAST(dwc_error('{name} of NaN') AS DOUBLE) ELSE {plain} END")
}

/// Whether a literal is not a fraction.
fn beyond_one(value: &Value) -> bool {
    let Some(Literal::Int(digits) | Literal::Float(digits)) = &value.literal else { return false };
    digits.parse::<f64>().is_ok_and(|x| !(0.0..=1.0).contains(&x))
}
