//! Aggregates, also as window functions: what they skip, what type they give, where DuckDB's differ.
//! It must not know grouping: that is `select`.

use std::ops::Range;

use sqlparser::ast::{Expr, Function, NullTreatment};

use super::Lower;
use super::aggregate_call::{AGGREGATES, Call, Clauses, parts};
use super::found::is_literal;
use crate::coerce;
use crate::problem::ProblemKind;
use crate::types::{Field, Type};
use crate::value::{ColumnKind, Literal, Value};

impl Lower<'_> {
    /// The call when it is an aggregate or a window function.
    pub(super) fn aggregate_or_window(&mut self, name: &str, f: &Function, span: &Range<usize>) -> Option<Value> {
        if let Some(value) = self.window_function(name, f, span) {
            return Some(value);
        }
        if !AGGREGATES.contains(&name) {
            return None;
        }
        Some(self.aggregate(name, f, span))
    }

    fn aggregate(&mut self, name: &str, f: &Function, span: &Range<usize>) -> Value {
        let Some((exprs, star, clauses)) = parts(f) else {
            return self.fail(ProblemKind::ArgumentCount, span.clone(), format!("this form of {name} does not exist"));
        };
        let args: Vec<Value> = exprs.iter().map(|e| self.expr(e)).collect();
        let spans: Vec<Range<usize>> = exprs.iter().map(|e| self.span_of(*e)).collect();
        if f.over.is_none() && args.iter().any(|a| a.aggregate || a.window) {
            return self.fail(
                ProblemKind::MisplacedAggregate,
                span.clone(),
                format!("{name} of an aggregate or a window"),
            );
        }
        let mut order = clauses.order.clone();
        let ordered: Vec<(Value, String)> = std::mem::take(&mut order).iter().map(|o| self.order_item(o)).collect();
        if clauses.order.iter().any(|item| is_literal(&item.expr)) {
            let message = format!("ORDER BY in {name} takes no literal");
            self.report(ProblemKind::Shape, span.clone(), message, None);
        }
        let bound = clauses.having.map(|(_, by)| self.expr(by));
        if f.over.is_none() && ordered.iter().map(|(v, _)| v).chain(&bound).any(|v| v.aggregate || v.window) {
            let message = format!("an aggregate or a window inside of {name}");
            return self.fail(ProblemKind::MisplacedAggregate, span.clone(), message);
        }
        if let Some(limit) = clauses.limit {
            self.count_of_rows(limit, "LIMIT");
        }
        self.fold_aggregate(name, (&exprs, &args), (clauses.distinct, &ordered), span);
        let window = match &f.over {
            None => None,
            Some(window) => match self.window(window, span) {
                Some(window) => Some(window),
                None => return Value::unknown(),
            },
        };
        if window.is_some() && args.iter().chain(window.iter().flat_map(|w| &w.values)).any(|v| v.window) {
            let message = format!("{name} over a window function");
            return self.fail(ProblemKind::MisplacedAggregate, span.clone(), message);
        }
        let over = window.as_ref().map_or_else(String::new, |window| format!(" OVER ({})", window.text));
        let call = Call {
            only: self.only.clone(),
            distinct: clauses.distinct,
            order: ordered.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(", "),
            over,
        };
        let result = if star {
            if name == "COUNT" && !clauses.distinct { Some((Type::Int64, call.of("count", "*", ""))) } else { None }
        } else {
            self.aggregate_text(name, &args, &spans, &clauses, &call, span)
        };
        let Some((ty, sql)) = result else {
            return if self.problems.is_empty() || !self.reported(span) {
                self.fail(ProblemKind::ArgumentCount, span.clone(), format!("`{name}` does not take these arguments"))
            } else {
                Value::unknown()
            };
        };
        self.check_aggregate(name, &args, &ordered, &clauses, window.as_ref(), span);
        let inside = window.map_or_else(Vec::new, |window| window.values);
        let inputs: Vec<&Value> = args.iter().chain(ordered.iter().map(|(v, _)| v)).chain(&inside).collect();
        let mut out = Value::over(ty, sql, &inputs);
        out.kind = ColumnKind::Aggregated;
        if f.over.is_some() {
            out.window = true;
        } else {
            out.aggregate = true;
            let depth = self.scopes.len().saturating_sub(1);
            out.bare.retain(|b| b.scope != depth);
        }
        out
    }

    fn reported(&self, span: &Range<usize>) -> bool {
        self.problems.iter().any(|p| p.span.start >= span.start && p.span.end <= span.end)
    }

    fn aggregate_text(
        &mut self,
        name: &str,
        args: &[Value],
        spans: &[Range<usize>],
        clauses: &Clauses<'_>,
        call: &Call,
        span: &Range<usize>,
    ) -> Option<(Type, String)> {
        let keeps_type = matches!(name, "MIN" | "MAX" | "ANY_VALUE" | "MIN_BY" | "MAX_BY" | "ARRAY_AGG");
        // A NULL that an aggregate gives has a type.
        let typed = match args.first()? {
            x if keeps_type && x.literal == Some(Literal::Null) && x.ty == Type::Unknown => {
                coerce::convert(x.clone(), &Type::Int64)
            }
            x => x.clone(),
        };
        let x = &typed;
        let ty = x.ty.clone();
        if let Some((max, by)) = clauses.having {
            let by = self.expr(by);
            if name != "ANY_VALUE" || by.ty == Type::Float64 {
                self.unsupported(span.clone(), format!("{name} with HAVING of {}", by.ty));
                let plain = Clauses { having: None, ..Clauses::default() };
                let (ty, _) = self.aggregate_text(name, args, spans, &plain, call, span)?;
                return Some((ty, "NULL".into()));
            }
            let function = if max { "arg_max_null" } else { "arg_min_null" };
            return Some((ty, call.of(function, &format!("{}, {}", x.sql, by.sql), "")));
        }
        if clauses.limit.is_some() && !matches!(name, "ARRAY_AGG" | "STRING_AGG") {
            self.report(ProblemKind::Shape, span.clone(), format!("{name} takes no LIMIT"), None);
            return None;
        }
        for (ident, value) in &clauses.named {
            let value = self.expr(value);
            let fits = match (ident.value.to_uppercase().as_str(), name) {
                ("MODE", "BIT_AND" | "BIT_OR" | "BIT_XOR") => ty == Type::Bytes && value.as_text().is_some(),
                ("WEIGHT", "KLL_QUANTILES.INIT_INT64" | "KLL_QUANTILES.INIT_FLOAT64") => {
                    coerce::fits(&value, &Type::Int64)
                }
                _ => false,
            };
            if !fits {
                let message = format!("`{name}` takes no {} => {}", ident.value, value.ty);
                self.report(ProblemKind::ArgumentCount, span.clone(), message, None);
                return None;
            }
        }
        let number = |lower: &mut Self, x: &Value| {
            if x.ty.is_numeric() || x.ty == Type::Unknown {
                return true;
            }
            if x.ty == Type::Interval && matches!(name, "SUM" | "AVG") {
                return true;
            }
            let message = format!("`{name}` takes a number, found {}", x.ty);
            lower.fail(ProblemKind::TypeMismatch, spans[0].clone(), message);
            false
        };
        match (name, args.len()) {
            ("GROUPING", 1) => Some((Type::Int64, format!("grouping({})", x.sql))),
            ("COUNT", 1) => Some((Type::Int64, call.of("count", &x.sql, ""))),
            ("COUNTIF", 1) => {
                let x = self.expect(x.clone(), &Type::Bool, spans[0].clone(), "the argument of COUNTIF");
                if call.distinct {
                    return Some((Type::Int64, call.of("count", &format!("CASE WHEN {} THEN TRUE END", x.sql), "")));
                }
                Some((Type::Int64, call.of("count", "*", &x.sql)))
            }
            ("SUM", 1) => number(self, x).then(|| match ty {
                Type::Int64 | Type::Unknown => (Type::Int64, format!("CAST({} AS BIGINT)", call.of("sum", &x.sql, ""))),
                Type::Numeric(_) => (ty, format!("CAST({} AS DECIMAL(38,9))", call.of("sum", &x.sql, ""))),
                Type::BigNumeric(_) => (ty, format!("CAST({} AS DECIMAL(38,18))", call.of("sum", &x.sql, ""))),
                Type::Interval => {
                    let part = |of: &str| call.of("sum", &format!("dwc_interval_{of}({})", x.sql), "");
                    (ty, format!("dwc_interval({}, {}, {})", part("months"), part("days"), part("micros")))
                }
                ty => (ty, call.of("sum", &x.sql, "")),
            }),
            ("AVG", 1) => {
                if !number(self, x) {
                    return None;
                }
                match ty {
                    Type::Numeric(_) => Some((
                        Type::NUMERIC,
                        format!(
                            "dwc_numeric_average({}, {})",
                            call.of("sum", &x.sql, ""),
                            call.of("count", &x.sql, "")
                        ),
                    )),
                    Type::BigNumeric(_) | Type::Interval => {
                        self.unsupported(span.clone(), format!("AVG of {ty}"));
                        Some((ty, "NULL".into()))
                    }
                    Type::Float64 => Some((Type::Float64, call.average(&x.sql))),
                    _ => Some((Type::Float64, call.of("avg", &x.sql, ""))),
                }
            }
            ("MIN" | "MAX", 1) => {
                if !ty.is_orderable() {
                    self.fail(ProblemKind::TypeMismatch, spans[0].clone(), format!("`{name}` does not order {ty}"));
                    return None;
                }
                let plain = call.of(if name == "MIN" { "min" } else { "max" }, &x.sql, "");
                if name == "MIN" && ty == Type::Float64 {
                    let nan = call.of("bool_or", &format!("isnan({})", x.sql), "");
                    return Some((ty, format!("CASE WHEN {nan} THEN CAST('nan' AS DOUBLE) ELSE {plain} END")));
                }
                Some((ty, plain))
            }
            ("ANY_VALUE", 1) => Some((ty, call.of("any_value", &x.sql, ""))),
            ("MAX_BY" | "MIN_BY", 2) => {
                if args[1].ty == Type::Float64 {
                    self.unsupported(span.clone(), format!("{name} by FLOAT64"));
                    return Some((ty, "NULL".into()));
                }
                let function = if name == "MAX_BY" { "arg_max_null" } else { "arg_min_null" };
                Some((ty, call.of(function, &format!("{}, {}", x.sql, args[1].sql), "")))
            }
            ("ARRAY_AGG", 1) => {
                if matches!(ty, Type::Array(_)) {
                    self.fail(ProblemKind::TypeMismatch, spans[0].clone(), "ARRAY_AGG of arrays");
                    return None;
                }
                let filter = match clauses.nulls {
                    Some(NullTreatment::IgnoreNulls) => format!("{} IS NOT NULL", x.operand()),
                    _ => String::new(),
                };
                let list = self.limited(call.of("array_agg", &x.sql, &filter), clauses.limit);
                Some((Type::Array(Box::new(ty)), list))
            }
            ("ARRAY_CONCAT_AGG", 1) => match ty {
                Type::Array(_) => {
                    let filter = format!("{} IS NOT NULL", x.operand());
                    Some((ty, format!("flatten({})", call.of("array_agg", &x.sql, &filter))))
                }
                other => {
                    self.fail(
                        ProblemKind::TypeMismatch,
                        spans[0].clone(),
                        format!("ARRAY_CONCAT_AGG takes ARRAY, found {other}"),
                    );
                    None
                }
            },
            ("STRING_AGG", 1 | 2) => {
                if let Some(separator) = args.get(1)
                    && separator.literal.is_none()
                    && separator.ty == Type::String
                {
                    let message = "the separator of STRING_AGG must be a literal";
                    self.report(ProblemKind::TypeMismatch, spans[1].clone(), message, None);
                }
                let is_taken_for_bytes =
                    x.as_text().is_some() && args.get(1).is_some_and(|separator| separator.ty == Type::Bytes);
                if ty == Type::Bytes || is_taken_for_bytes {
                    self.unsupported(span.clone(), "STRING_AGG of BYTES");
                    return Some((Type::Bytes, "NULL".into()));
                }
                let x = self.expect(x.clone(), &Type::String, spans[0].clone(), "the argument of STRING_AGG");
                let separator = match args.get(1) {
                    Some(s) => self.expect(s.clone(), &Type::String, spans[1].clone(), "the separator").sql,
                    None => "','".into(),
                };
                if clauses.limit.is_some() {
                    let filter = format!("{} IS NOT NULL", x.operand());
                    let list = self.limited(call.of("array_agg", &x.sql, &filter), clauses.limit);
                    return Some((Type::String, format!("array_to_string({list}, {separator})")));
                }
                Some((Type::String, call.of("string_agg", &format!("{}, {separator}", x.sql), "")))
            }
            ("LOGICAL_AND" | "LOGICAL_OR", 1) => {
                let x = self.expect(x.clone(), &Type::Bool, spans[0].clone(), "the argument");
                Some((Type::Bool, call.of(if name == "LOGICAL_AND" { "bool_and" } else { "bool_or" }, &x.sql, "")))
            }
            // A text that is written there is taken for BYTES.
            ("BIT_AND" | "BIT_OR" | "BIT_XOR", 1) if ty == Type::Bytes || x.as_text().is_some() => {
                self.unsupported(span.clone(), format!("{name} of BYTES"));
                Some((Type::Bytes, "NULL".into()))
            }
            ("BIT_AND" | "BIT_OR" | "BIT_XOR", 1) => {
                let x = self.expect(x.clone(), &Type::Int64, spans[0].clone(), "the argument");
                Some((Type::Int64, call.of(&name.to_lowercase(), &x.sql, "")))
            }
            ("STDDEV" | "STDDEV_SAMP" | "STDDEV_POP" | "VARIANCE" | "VAR_SAMP" | "VAR_POP", 1) => {
                // GoogleSQL computes decimals exactly before the last step.
                let exact = matches!(ty, Type::Numeric(_) | Type::BigNumeric(_));
                let text = if exact { format!("CAST({} AS DOUBLE)", x.sql) } else { x.sql.clone() };
                let alone = name.ends_with("_POP");
                number(self, x)
                    .then(|| (Type::Float64, call.statistic(&spread(name), &[text], ty == Type::Float64, alone)))
            }
            ("CORR" | "COVAR_SAMP" | "COVAR_POP", 2) => {
                if !number(self, x) || !number(self, &args[1]) {
                    return None;
                }
                let both = [x, &args[1]].map(|v| format!("CAST({} AS DOUBLE)", v.sql));
                let floats = ty == Type::Float64 || args[1].ty == Type::Float64;
                let sql = call.statistic(&name.to_lowercase(), &both, floats, name == "COVAR_POP");
                Some((Type::Float64, sql))
            }
            ("APPROX_COUNT_DISTINCT", 1) => {
                let exact =
                    Call { only: call.only.clone(), distinct: true, order: String::new(), over: call.over.clone() };
                Some((Type::Int64, exact.of("count", &x.sql, "")))
            }
            ("APPROX_QUANTILES", 2) => match args[1].as_int() {
                Some(n @ 1..=1000) => {
                    let steps: Vec<String> = (0..=n).map(|i| format!("{i} / {n}")).collect();
                    let list = format!("{}, [{}]", x.sql, steps.join(", "));
                    Some((Type::Array(Box::new(ty)), call.of("quantile_disc", &list, "")))
                }
                Some(..=0) => {
                    self.report(
                        ProblemKind::TypeMismatch,
                        spans[1].clone(),
                        "APPROX_QUANTILES takes a number from 1",
                        None,
                    );
                    None
                }
                Some(_) => {
                    self.unsupported(span.clone(), "APPROX_QUANTILES of more than 1000");
                    Some((Type::Array(Box::new(ty)), "NULL".into()))
                }
                None => {
                    let message = "the number of APPROX_QUANTILES must be an INT64 literal";
                    self.report(ProblemKind::TypeMismatch, spans[1].clone(), message, None);
                    None
                }
            },
            ("APPROX_TOP_COUNT", 2) if args[1].as_int().is_none() => {
                let message = "the number of APPROX_TOP_COUNT must be an INT64 literal";
                self.report(ProblemKind::TypeMismatch, spans[1].clone(), message, None);
                None
            }
            ("APPROX_TOP_SUM", 3) if args[2].as_int().is_some() => {
                if !number(self, &args[1]) {
                    return None;
                }
                self.unsupported(span.clone(), name);
                let sum = if args[1].ty == Type::Unknown { Type::Int64 } else { args[1].ty.clone() };
                let fields = vec![Field { name: "value".into(), ty }, Field { name: "sum".into(), ty: sum }];
                Some((Type::Array(Box::new(Type::Struct(fields))), "NULL".into()))
            }
            ("APPROX_TOP_COUNT", 2) => {
                let fields = vec![Field { name: "value".into(), ty }, Field { name: "count".into(), ty: Type::Int64 }];
                let item = Type::Struct(fields);
                let sql = format!("dwc_top_count({}, {})", call.of("array_agg", &x.sql, ""), args[1].sql);
                Some((Type::Array(Box::new(item)), sql))
            }
            ("PERCENTILE_CONT" | "PERCENTILE_DISC", 2) => self.percentile(name, args, spans, clauses, call, span),
            _ => self.sketch(name, args, spans, span),
        }
    }

    fn limited(&mut self, list: String, limit: Option<&Expr>) -> String {
        match limit {
            None => list,
            Some(limit) => {
                let n = self.expr(limit);
                format!("list_slice({list}, 1, {})", n.plain())
            }
        }
    }
}

fn spread(name: &str) -> String {
    match name {
        "STDDEV" => "stddev_samp".into(),
        "VARIANCE" => "var_samp".into(),
        other => other.to_lowercase(),
    }
}
