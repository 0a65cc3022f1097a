//! Function calls: the table answers most of them, the rest need a decision here or in a file of their own.

use std::ops::Range;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArguments, Ident, ObjectNamePart,
};

use super::Lower;
use crate::beyond;
use crate::problem::{ProblemKind, did_you_mean};
use crate::signatures::{self, Mismatch};
use crate::types::Type;
use crate::value::{Value, tried};

/// Calls whose value changes from run to run.
const VOLATILE: [&str; 6] =
    ["CURRENT_DATE", "CURRENT_DATETIME", "CURRENT_TIME", "CURRENT_TIMESTAMP", "RAND", "GENERATE_UUID"];

impl Lower<'_> {
    pub(super) fn function(&mut self, function: &Function, span: Range<usize>) -> Value {
        let span = self.closed(span);
        let mut name = dotted(function);
        let safe = match name.strip_prefix("SAFE.") {
            Some(rest) => {
                name = rest.to_string();
                true
            }
            None => false,
        };
        if VOLATILE.contains(&name.as_str()) {
            self.volatile.push((name.clone(), span.clone()));
        }
        if !matches!(function.parameters, FunctionArguments::None)
            || !function.within_group.is_empty()
            || function.filter.is_some()
            || function.uses_odbc_syntax
        {
            return self.fail(ProblemKind::ParseError, span, format!("GoogleSQL does not have this form of {name}"));
        }
        if let Some(value) = self.aggregate_or_window(&name, function, &span) {
            if safe {
                return self.unsupported_as(span, format!("SAFE. before {name}"), value.ty.clone(), &[&value]);
            }
            return value;
        }
        if function.over.is_some() {
            return self.fail(ProblemKind::MisplacedAggregate, span, format!("{name} is not a window function"));
        }
        let mut value = self.scalar_function(&name, function, &span);
        self.fold_arguments(&name, function, &mut value, &span);
        if safe {
            // Lowered once more for their texts; a date part among them is not an expression, and that is no problem.
            let told = self.problems.len();
            let args: Vec<Value> = plain_args(function).unwrap_or_default().into_iter().map(|e| self.expr(e)).collect();
            self.problems.truncate(told);
            match tried(&value, &args.iter().collect::<Vec<_>>()) {
                Some(sql) => value = Value { sql, compound: false, ..value },
                None => {
                    let what = format!("SAFE. before {name} over an argument that may fail");
                    return self.unsupported_as(span, what, value.ty.clone(), &[&value]);
                }
            }
        }
        value
    }

    fn scalar_function(&mut self, name: &str, function: &Function, span: &Range<usize>) -> Value {
        if name == "ARRAY"
            && let FunctionArguments::Subquery(query) = &function.args
        {
            return self.array_subquery(query, span);
        }
        if name == "WITH" {
            return self.with_expression(function, span);
        }
        let split = match &function.args {
            FunctionArguments::None => Some((vec![], vec![])),
            _ => split_args(function),
        };
        let Some((exprs, named)) = split else {
            return self.fail(ProblemKind::ArgumentCount, span.clone(), format!("this form of {name} does not exist"));
        };
        let named: Vec<(String, Value)> =
            named.into_iter().map(|(ident, e)| (ident.value.clone(), self.expr(e))).collect();
        if let Some(value) = self.date_function(name, &exprs, span) {
            return value;
        }
        if name == "NORMALIZE" || name == "NORMALIZE_AND_CASEFOLD" {
            return self.normalize(name, &exprs, span);
        }
        let mut args: Vec<Value> = exprs.iter().map(|e| self.expr(e)).collect();
        let spans: Vec<Range<usize>> = exprs.iter().map(|e| self.span_of(*e)).collect();
        if let Some(value) = self.json_function(name, &args, &named, &spans, span) {
            return value;
        }
        match (name, args.len()) {
            ("IF", 3) => self.if_function(args, &spans),
            ("IFNULL", 2) | ("COALESCE", 1..) => {
                let values = self.unify(args.into_iter().zip(spans).collect(), &format!("the arguments of {name}"));
                all(values, "coalesce")
            }
            ("NULLIF", 2) => {
                let values = self.unify(args.into_iter().zip(spans).collect(), "the arguments of NULLIF");
                if values[0].ty == Type::Float64 {
                    // NaN equals nothing, itself neither.
                    let [a, b] = [&values[0], &values[1]];
                    let sql = format!("CASE WHEN dwc_float_eq({}, {}) THEN NULL ELSE {} END", a.sql, b.sql, a.sql);
                    return Value::over(Type::Float64, sql, &[a, b]);
                }
                all(values, "nullif")
            }
            ("GREATEST" | "LEAST", 1..) => {
                let values = self.unify(args.into_iter().zip(spans).collect(), &format!("the arguments of {name}"));
                if let Some(Type::Struct(_) | Type::Json | Type::Geography) = values.first().map(|v| &v.ty) {
                    let message = format!("`{name}` does not order {}", values[0].ty);
                    return self.fail(ProblemKind::TypeMismatch, span.clone(), message);
                }
                extreme(values, name)
            }
            ("CONCAT", 1..) => {
                let args = self.as_texts(args, &spans);
                let values = self.unify(args.into_iter().zip(spans).collect(), "the arguments of CONCAT");
                let ty = values.first().map_or(Type::Unknown, |v| v.ty.clone());
                if !matches!(ty, Type::String | Type::Bytes | Type::Unknown) {
                    return self.fail(
                        ProblemKind::TypeMismatch,
                        span.clone(),
                        format!("CONCAT takes STRING or BYTES, found {ty}"),
                    );
                }
                let texts: Vec<String> = values.iter().map(Value::operand).collect();
                let out = Value::over(ty, texts.join(" || "), &values.iter().collect::<Vec<_>>());
                if values.len() > 1 { out.compound() } else { out }
            }
            // It stands for a value of any type.
            ("ERROR", 1) => {
                let text = self.expect(args.remove(0), &Type::String, spans[0].clone(), "the argument of ERROR");
                Value::over(Type::Unknown, format!("dwc_error(coalesce({}, 'NULL'))", text.sql), &[&text])
            }
            ("ROUND", 3) => self.rounded(args, &spans, span),
            ("FORMAT", 1..) => self.format_function(&args, span),
            ("TYPEOF", 1) => {
                let ty = args[0].ty.settled();
                Value::over(Type::String, crate::value::quote_text(&ty.to_string()), &[&args[0]])
            }
            ("MAKE_INTERVAL", 0..=6) => self.make_interval(args, &spans, &named, span),
            ("RANGE", 2) => self.range(args, &spans, span),
            ("RANGE_BUCKET", 2) => {
                let Type::Array(item) = args[1].ty.clone() else {
                    return self.fail(
                        ProblemKind::TypeMismatch,
                        spans[1].clone(),
                        "RANGE_BUCKET takes an ARRAY second",
                    );
                };
                let point = self.expect(args.remove(0), &item, spans[0].clone(), "the point");
                let bucket = format!("dwc_range_bucket({}, {})", point.sql, args[0].sql);
                let sql = match point.ty {
                    Type::Float64 => format!("CASE WHEN NOT isnan({}) THEN {bucket} END", point.sql),
                    _ => bucket,
                };
                Value::over(Type::Int64, sql, &[&point, &args[0]])
            }
            ("REGEXP_EXTRACT" | "REGEXP_SUBSTR" | "REGEXP_EXTRACT_ALL" | "REGEXP_INSTR", _) => {
                self.regexp(name, args, &spans, span)
            }
            _ => self.table_function(name, args, &named, span),
        }
    }

    pub(super) fn table_function(
        &mut self,
        name: &str,
        args: Vec<Value>,
        named: &[(String, Value)],
        span: &Range<usize>,
    ) -> Value {
        if name.starts_with("FORMAT_")
            && let Some(format) = args.first().and_then(Value::as_text)
            && ["%k", "%l", "%P"].iter().any(|e| format.contains(e))
        {
            let inputs: Vec<&Value> = args.iter().collect();
            return self.unsupported_as(span.clone(), format!("{name} with %k, %l or %P"), Type::String, &inputs);
        }
        let Some(overloads) = signatures::overloads(name) else {
            if let Some((message, help)) = beyond::refusal(name) {
                self.report(ProblemKind::UnknownFunction, span.clone(), message, help);
                return Value::unknown();
            }
            let help = did_you_mean(name, signatures::names());
            self.report(ProblemKind::UnknownFunction, span.clone(), format!("unknown function `{name}`"), help);
            return Value::unknown();
        };
        match signatures::choose(overloads, &args, named) {
            Ok(found) => {
                if let Some(at) = found.signature.varying(&found.args) {
                    let message = format!("argument {} of `{name}` must be constant", at + 1);
                    self.report(ProblemKind::TypeMismatch, span.clone(), message, None);
                }
                let template = found.signature.template.filter(|_| named.is_empty());
                let Some(template) = template else {
                    let inputs: Vec<&Value> = found.args.iter().chain(named.iter().map(|(_, v)| v)).collect();
                    return self.unsupported_as(
                        span.clone(),
                        format!("{name}({})", found.signature.shown),
                        found.ty,
                        &inputs,
                    );
                };
                let sql = signatures::fill(template, &found.args);
                let out = Value::over(found.ty, sql, &found.args.iter().collect::<Vec<_>>());
                let call = template.find('(').is_some_and(|at| {
                    template[..at].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && template.ends_with(')')
                });
                if call { out } else { out.compound() }
            }
            Err(mismatch) => {
                let named = named.iter().map(|(name, value)| format!("{name} => {}", value.ty));
                let found: Vec<String> = args.iter().map(|a| a.ty.to_string()).chain(named).collect();
                let shapes: Vec<String> = overloads.iter().map(|s| format!("{name}({})", s.shown)).collect();
                let help = Some(format!("it is {}", shapes.join(" or ")));
                let (kind, message) = match mismatch {
                    Mismatch::Count => {
                        (ProblemKind::ArgumentCount, format!("`{name}` does not take {} arguments", args.len()))
                    }
                    Mismatch::Types => {
                        (ProblemKind::TypeMismatch, format!("`{name}` does not take ({})", found.join(", ")))
                    }
                };
                self.report(kind, span.clone(), message, help);
                Value::unknown()
            }
        }
    }

    /// CONCAT and || write every value as its text, unless they are BYTES.
    pub(super) fn as_texts(&mut self, args: Vec<Value>, spans: &[Range<usize>]) -> Vec<Value> {
        let written = |ty: &Type| {
            ty.is_numeric()
                || matches!(
                    ty,
                    Type::Bool | Type::Date | Type::DateTime | Type::Timestamp | Type::Time | Type::Interval
                )
        };
        let cast = args
            .into_iter()
            .zip(spans)
            .map(|(arg, span)| if written(&arg.ty) { self.cast(arg, &Type::String, false, span.clone()) } else { arg });
        cast.collect()
    }

    /// `ROUND(number, digits, mode)`: the number is not converted, and the mode is a word of GoogleSQL's.
    fn rounded(&mut self, mut args: Vec<Value>, spans: &[Range<usize>], span: &Range<usize>) -> Value {
        let ty = args[0].ty.plain();
        if !matches!(ty, Type::Numeric(_) | Type::BigNumeric(_)) {
            let message = format!("ROUND with a mode takes NUMERIC or BIGNUMERIC, found {}", args[0].ty);
            return self.fail(ProblemKind::TypeMismatch, spans[0].clone(), message);
        }
        let even = match args[2].as_text() {
            Some("ROUND_HALF_AWAY_FROM_ZERO" | "ROUNDING_MODE_UNSPECIFIED") => false,
            Some("ROUND_HALF_EVEN") => true,
            _ => {
                let message = "the mode of ROUND is 'ROUND_HALF_EVEN' or 'ROUND_HALF_AWAY_FROM_ZERO'";
                return self.fail(ProblemKind::TypeMismatch, spans[2].clone(), message);
            }
        };
        let digits = self.expect(args.remove(1), &Type::Int64, spans[1].clone(), "the digits of ROUND");
        if matches!(ty, Type::BigNumeric(_)) {
            return self.unsupported_as(span.clone(), "ROUND of BIGNUMERIC", ty, &[&args[0], &digits]);
        }
        let function = if even { "dwc_numeric_round_even" } else { "dwc_numeric_round" };
        Value::over(ty, format!("{function}({}, {})", args[0].sql, digits.sql), &[&args[0], &digits])
    }

    fn if_function(&mut self, mut args: Vec<Value>, spans: &[Range<usize>]) -> Value {
        let condition = self.expect(args.remove(0), &Type::Bool, spans[0].clone(), "the condition of IF");
        let results = self.unify(args.into_iter().zip(spans[1..].iter().cloned()).collect(), "the results of IF");
        let ty = results.first().map_or(Type::Unknown, |r| r.ty.clone());
        let sql = format!("CASE WHEN {} THEN {} ELSE {} END", condition.sql, results[0].sql, results[1].sql);
        Value::over(ty, sql, &[&condition, &results[0], &results[1]])
    }

    /// `ARRAY(SELECT ...)`: no rows give an empty array.
    fn array_subquery(&mut self, query: &sqlparser::ast::Query, span: &Range<usize>) -> Value {
        let rows = self.subquery(query);
        let [column] = rows.columns.as_slice() else {
            return self.fail(ProblemKind::Shape, span.clone(), "ARRAY takes a subquery of one column");
        };
        if matches!(column.ty, Type::Array(_)) {
            let message = "ARRAY takes no subquery of arrays: an array has no arrays in it";
            return self.fail(ProblemKind::TypeMismatch, span.clone(), message);
        }
        let ty = Type::Array(Box::new(column.ty.clone()));
        let mut value = Value::new(ty, format!("ARRAY(\n{}\n)", rows.sql));
        value.origins = column.origins.clone();
        value.bare = rows.bare;
        value
    }
}

/// GREATEST and LEAST are NULL when an argument is, NaN when one is.
fn extreme(values: Vec<Value>, name: &str) -> Value {
    let ty = values.first().map_or(Type::Unknown, |v| v.ty.clone());
    let list: Vec<&str> = values.iter().map(|v| v.sql.as_str()).collect();
    let function = match (name, &ty) {
        ("GREATEST", _) => "dwc_greatest",
        (_, Type::Float64) => "dwc_least_float",
        _ => "dwc_least",
    };
    let sql = format!("{function}([{}])", list.join(", "));
    Value::over(ty, sql, &values.iter().collect::<Vec<_>>())
}

fn all(values: Vec<Value>, name: &str) -> Value {
    let ty = values.first().map_or(Type::Unknown, |v| v.ty.clone());
    let list: Vec<&str> = values.iter().map(|v| v.sql.as_str()).collect();
    Value::over(ty, format!("{name}({})", list.join(", ")), &values.iter().collect::<Vec<_>>())
}

/// The upper-case name of a function with its namespace.
pub(super) fn dotted(function: &Function) -> String {
    let parts: Vec<String> = function
        .name
        .0
        .iter()
        .map(|p| match p {
            ObjectNamePart::Identifier(ident) => ident.value.to_uppercase(),
            ObjectNamePart::Function(f) => f.to_string().to_uppercase(),
        })
        .collect();
    parts.join(".")
}

/// The arguments by position and those by name; `None` for other forms.
type Split<'e> = (Vec<&'e Expr>, Vec<(&'e Ident, &'e Expr)>);

fn split_args(function: &Function) -> Option<Split<'_>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    if !list.clauses.is_empty() || list.duplicate_treatment.is_some() {
        return None;
    }
    let (mut plain, mut named) = (Vec::new(), Vec::new());
    for arg in &list.args {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) if named.is_empty() => plain.push(e),
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(e), operator: FunctionArgOperator::RightArrow } => {
                named.push((name, e));
            }
            _ => return None,
        }
    }
    Some((plain, named))
}

/// The arguments when they are plain expressions without clauses.
pub(super) fn plain_args(function: &Function) -> Option<Vec<&Expr>> {
    match &function.args {
        FunctionArguments::List(list) if list.clauses.is_empty() && list.duplicate_treatment.is_none() => list
            .args
            .iter()
            .map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(e),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}
