//! PERCENTILE_CONT and PERCENTILE_DISC: which fractions they take, and what they give of each type.
//! It must not know windows: that is `windows`.

use std::ops::Range;

use sqlparser::ast::NullTreatment;

use super::Lower;
use super::aggregate_call::{Call, Clauses};
use crate::sql::googlesql::problem::ProblemKind;
use crate::sql::googlesql::types::Type;
use crate::sql::googlesql::value::{Literal, Value};

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
        let x = args.first()?;
        let ty = x.ty.clone();
        match (name, args.len()) {
            ("PERCENTILE_CONT" | "PERCENTILE_DISC", 2) if args[1].as_text().is_some() || beyond_one(&args[1]) => {
                let message = format!("the fraction of {name} is between 0 and 1");
                self.report(ProblemKind::TypeMismatch, spans[1].clone(), message, None);
                None
            }
            ("PERCENTILE_CONT" | "PERCENTILE_DISC", 2) if args[1].literal.is_none() && !args[1].is_constant() => {
                let message = format!("the fraction of {name} must be a literal");
                self.report(ProblemKind::TypeMismatch, spans[1].clone(), message, None);
                None
            }
            ("PERCENTILE_CONT", 2)
                if matches!(ty, Type::Numeric(_) | Type::BigNumeric(_))
                    && matches!(args[1].ty, Type::Numeric(_) | Type::BigNumeric(_)) =>
            {
                self.unsupported(span.clone(), format!("{name} of {ty} by {}", args[1].ty));
                Some((ty, "NULL".into()))
            }
            ("PERCENTILE_CONT", 2) => match (&ty, call.over.is_empty()) {
                (Type::Float64 | Type::Int64 | Type::Numeric(_) | Type::BigNumeric(_) | Type::Unknown, false)
                    if clauses.nulls != Some(NullTreatment::RespectNulls) =>
                {
                    let list = format!("CAST({} AS DOUBLE), {}", x.sql, args[1].sql);
                    Some((Type::Float64, numbers(name, x, call, call.of("quantile_cont", &list, ""))))
                }
                _ => {
                    self.unsupported(span.clone(), format!("this form of {name}"));
                    Some((Type::Float64, "NULL".into()))
                }
            },
            ("PERCENTILE_DISC", 2) if !call.over.is_empty() && clauses.nulls != Some(NullTreatment::RespectNulls) => {
                let plain = call.of("quantile_disc", &format!("{}, {}", x.sql, args[1].sql), "");
                Some((ty, numbers(name, x, call, plain)))
            }
            ("PERCENTILE_DISC", 2) => {
                self.unsupported(span.clone(), format!("this form of {name}"));
                Some((ty, "NULL".into()))
            }
            _ => None,
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
