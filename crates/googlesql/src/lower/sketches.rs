//! Aggregates that only BigQuery has: sketches of HLL and KLL, and those of GEOGRAPHY.
//! It must not hold an aggregate with a DuckDB text.

use std::ops::Range;

use super::Lower;
use crate::coerce;
use crate::problem::ProblemKind;
use crate::types::{Field, Type};
use crate::value::Value;

impl Lower<'_> {
    pub(super) fn sketch(
        &mut self,
        name: &str,
        args: &[Value],
        spans: &[Range<usize>],
        span: &Range<usize>,
    ) -> Option<(Type, String)> {
        let x = args.first()?;
        let ty = x.ty.clone();
        match (name, args.len()) {
            (
                "HLL_COUNT.INIT"
                | "HLL_COUNT.MERGE_PARTIAL"
                | "KLL_QUANTILES.INIT_INT64"
                | "KLL_QUANTILES.INIT_FLOAT64"
                | "KLL_QUANTILES.MERGE_PARTIAL",
                1 | 2,
            )
            | ("HLL_COUNT.MERGE" | "ST_UNION_AGG" | "ST_CENTROID_AGG" | "ST_EXTENT", 1)
            | (
                "KLL_QUANTILES.MERGE_INT64"
                | "KLL_QUANTILES.MERGE_FLOAT64"
                | "KLL_QUANTILES.MERGE_POINT_INT64"
                | "KLL_QUANTILES.MERGE_POINT_FLOAT64",
                2,
            ) => {
                self.unsupported(span.clone(), name);
                let fits = match name {
                    "HLL_COUNT.INIT" => {
                        !matches!(ty, Type::Float64) && ty.is_numeric()
                            || matches!(ty, Type::String | Type::Bytes | Type::Unknown)
                    }
                    "KLL_QUANTILES.INIT_INT64" => coerce::fits(x, &Type::Int64),
                    "KLL_QUANTILES.INIT_FLOAT64" => coerce::fits(x, &Type::Float64),
                    name if name.starts_with("ST_") => true,
                    _ => coerce::fits(x, &Type::Bytes),
                };
                let odd = name == "HLL_COUNT.INIT"
                    && args.get(1).and_then(Value::as_int).is_some_and(|n| !(10..=24).contains(&n));
                if odd {
                    let message = "the precision of HLL_COUNT.INIT is from 10 to 24";
                    self.report(ProblemKind::TypeMismatch, spans[1].clone(), message, None);
                }
                let number =
                    args.get(1).filter(|_| !name.starts_with("ST_") && !name.starts_with("KLL_QUANTILES.MERGE_POINT"));
                if let Some(number) = number.filter(|number| !coerce::fits(number, &Type::Int64)) {
                    let message = format!("argument 2 of `{name}` is an INT64, found {}", number.ty);
                    self.report(ProblemKind::TypeMismatch, spans[1].clone(), message, None);
                }
                if !fits {
                    let message = format!("`{name}` does not take {ty}");
                    self.report(ProblemKind::TypeMismatch, spans[0].clone(), message, None);
                }
                if args.get(1).is_some_and(|n| !n.is_constant()) {
                    let message = format!("argument 2 of `{name}` must be a literal");
                    self.report(ProblemKind::TypeMismatch, spans[1].clone(), message, None);
                }
                Some((given(name), "NULL".into()))
            }
            _ => None,
        }
    }
}

/// What the aggregates that only BigQuery has give.
fn given(name: &str) -> Type {
    let coordinate = |name: &str| Field { name: name.into(), ty: Type::Float64 };
    match name {
        "HLL_COUNT.MERGE" | "KLL_QUANTILES.MERGE_POINT_INT64" => Type::Int64,
        "KLL_QUANTILES.MERGE_POINT_FLOAT64" => Type::Float64,
        "KLL_QUANTILES.MERGE_INT64" => Type::Array(Box::new(Type::Int64)),
        "KLL_QUANTILES.MERGE_FLOAT64" => Type::Array(Box::new(Type::Float64)),
        "ST_EXTENT" => Type::Struct(["xmin", "ymin", "xmax", "ymax"].map(coordinate).into()),
        name if name.starts_with("ST_") => Type::Geography,
        _ => Type::Bytes,
    }
}
