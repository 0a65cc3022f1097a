//! Aggregates, also as window functions: what they skip, what type they give, where DuckDB's differ.
//! It must not know grouping: that is `select`.

use std::ops::Range;

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    HavingBoundKind, NullTreatment, OrderByExpr,
};

use super::Lower;
use super::calls::dotted;
use crate::sql::googlesql::problem::ProblemKind;
use crate::sql::googlesql::types::{Field, Type};
use crate::sql::googlesql::value::{ColumnKind, Value};

const AGGREGATES: [&str; 35] = [
    "GROUPING",
    "COUNT",
    "COUNTIF",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "ANY_VALUE",
    "ARRAY_AGG",
    "STRING_AGG",
    "ARRAY_CONCAT_AGG",
    "LOGICAL_AND",
    "LOGICAL_OR",
    "BIT_AND",
    "BIT_OR",
    "BIT_XOR",
    "STDDEV",
    "STDDEV_SAMP",
    "STDDEV_POP",
    "VARIANCE",
    "VAR_SAMP",
    "VAR_POP",
    "CORR",
    "COVAR_SAMP",
    "COVAR_POP",
    "APPROX_COUNT_DISTINCT",
    "APPROX_QUANTILES",
    "APPROX_TOP_COUNT",
    "APPROX_TOP_SUM",
    "MAX_BY",
    "MIN_BY",
    "PERCENTILE_CONT",
    "PERCENTILE_DISC",
    "HLL_COUNT.INIT",
    "HLL_COUNT.MERGE",
];

/// The clauses inside the parentheses of an aggregate.
#[derive(Default)]
struct Clauses<'e> {
    distinct: bool,
    order: Vec<OrderByExpr>,
    limit: Option<&'e Expr>,
    nulls: Option<NullTreatment>,
    having: Option<(bool, &'e Expr)>,
}

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
            return self.unsupported(span.clone(), format!("this form of {name}"));
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
        let over = match &f.over {
            None => String::new(),
            Some(window) => match self.window(window, span) {
                Some(text) => format!(" OVER ({text})"),
                None => return Value::unknown(),
            },
        };
        let call = Call {
            distinct: clauses.distinct,
            order: ordered.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(", "),
            over,
        };
        let result = if star {
            if name == "COUNT" { Some((Type::Int64, call.of("count", "*", ""))) } else { None }
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
        let inputs: Vec<&Value> = args.iter().chain(ordered.iter().map(|(v, _)| v)).collect();
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
        let x = args.first()?;
        let ty = x.ty.clone();
        if let Some((max, by)) = clauses.having {
            if name != "ANY_VALUE" {
                self.unsupported(span.clone(), format!("{name} with HAVING"));
                return None;
            }
            let by = self.expr(by);
            if by.ty == Type::Float64 {
                self.unsupported(span.clone(), "HAVING MAX or MIN of FLOAT64");
                return None;
            }
            let function = if max { "arg_max_null" } else { "arg_min_null" };
            return Some((ty, call.of(function, &format!("{}, {}", x.sql, by.sql), "")));
        }
        if clauses.limit.is_some() && !matches!(name, "ARRAY_AGG" | "STRING_AGG") {
            self.unsupported(span.clone(), format!("{name} with LIMIT"));
            return None;
        }
        let number = |lower: &mut Self, x: &Value| {
            if x.ty.is_numeric() || x.ty == Type::Unknown {
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
                    Type::BigNumeric(_) => {
                        self.unsupported(span.clone(), "AVG of BIGNUMERIC");
                        None
                    }
                    _ => Some((Type::Float64, call.of("avg", &x.sql, ""))),
                }
            }
            ("MIN" | "MAX", 1) => {
                if matches!(ty, Type::Array(_) | Type::Struct(_) | Type::Json) {
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
                    return None;
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
                let exact = Call { distinct: true, order: String::new(), over: call.over.clone() };
                Some((Type::Int64, exact.of("count", &x.sql, "")))
            }
            ("APPROX_QUANTILES", 2) => match args[1].as_int() {
                Some(n @ 1..=1000) => {
                    let steps: Vec<String> = (0..=n).map(|i| format!("{i} / {n}")).collect();
                    let list = format!("{}, [{}]", x.sql, steps.join(", "));
                    Some((Type::Array(Box::new(ty)), call.of("quantile_disc", &list, "")))
                }
                _ => {
                    self.unsupported(span.clone(), "APPROX_QUANTILES with a number that is no small literal");
                    None
                }
            },
            ("APPROX_TOP_COUNT", 2) => {
                let fields = vec![Field { name: "value".into(), ty }, Field { name: "count".into(), ty: Type::Int64 }];
                let item = Type::Struct(fields);
                let sql = format!("dwc_top_count({}, {})", call.of("array_agg", &x.sql, ""), args[1].sql);
                Some((Type::Array(Box::new(item)), sql))
            }
            ("PERCENTILE_CONT", 2) => match (&ty, call.over.is_empty()) {
                (Type::Float64 | Type::Int64 | Type::Unknown, false)
                    if clauses.nulls != Some(NullTreatment::RespectNulls) =>
                {
                    let list = format!("CAST({} AS DOUBLE), {}", x.sql, args[1].sql);
                    Some((Type::Float64, call.of("quantile_cont", &list, "")))
                }
                _ => {
                    self.unsupported(span.clone(), format!("this form of {name}"));
                    None
                }
            },
            ("PERCENTILE_DISC", 2) if !call.over.is_empty() && clauses.nulls != Some(NullTreatment::RespectNulls) => {
                Some((ty, call.of("quantile_disc", &format!("{}, {}", x.sql, args[1].sql), "")))
            }
            ("PERCENTILE_DISC" | "APPROX_TOP_SUM" | "HLL_COUNT.INIT" | "HLL_COUNT.MERGE", _) => {
                self.unsupported(span.clone(), name);
                None
            }
            _ => None,
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

/// The parts of a call that its DuckDB text repeats.
struct Call {
    distinct: bool,
    order: String,
    over: String,
}

impl Call {
    fn of(&self, function: &str, args: &str, filter: &str) -> String {
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        let order = if self.order.is_empty() { String::new() } else { format!(" ORDER BY {}", self.order) };
        let filter = if filter.is_empty() { String::new() } else { format!(" FILTER (WHERE {filter})") };
        format!("{function}({distinct}{args}{order}){filter}{}", self.over)
    }
}

impl Call {
    /// A statistic: NULL of a single row where it needs two, NaN once a value is infinite (DuckDB fails or gives 0).
    fn statistic(&self, function: &str, args: &[String], floats: bool, alone: bool) -> String {
        let plain = self.of(function, &args.join(", "), "");
        if !floats && function != "corr" {
            return plain;
        }
        let known: Vec<String> = args.iter().map(|a| format!("{a} IS NOT NULL")).collect();
        let known = known.join(" AND ");
        let few = format!("{} > {}", self.of("count", &args[0], &known), u8::from(!alone));
        if !floats {
            return format!("CASE WHEN {few} THEN {plain} END");
        }
        let finite: Vec<String> = args.iter().map(|a| format!("isfinite({a})")).collect();
        let finite = finite.join(" AND ");
        let odd = self.of("bool_or", &format!("NOT ({finite})"), &known);
        let rest = self.of(function, &args.join(", "), &finite);
        format!("CASE WHEN {few} THEN CASE WHEN {odd} THEN CAST('nan' AS DOUBLE) ELSE {rest} END END")
    }
}

fn spread(name: &str) -> String {
    match name {
        "STDDEV" => "stddev_samp".into(),
        "VARIANCE" => "var_samp".into(),
        other => other.to_lowercase(),
    }
}

/// Argument expressions, whether the argument is `*`, and the clauses; `None` for a form that is not known.
fn parts(f: &Function) -> Option<(Vec<&Expr>, bool, Clauses<'_>)> {
    let mut clauses = Clauses { nulls: f.null_treatment, ..Clauses::default() };
    let FunctionArguments::List(list) = &f.args else {
        return None;
    };
    clauses.distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    for clause in &list.clauses {
        match clause {
            FunctionArgumentClause::OrderBy(order) => clauses.order.clone_from(order),
            FunctionArgumentClause::Limit(limit) => clauses.limit = Some(limit),
            FunctionArgumentClause::IgnoreOrRespectNulls(nulls) => clauses.nulls = Some(*nulls),
            FunctionArgumentClause::Having(bound) => {
                clauses.having = Some((matches!(bound.0, HavingBoundKind::Max), &bound.1));
            }
            _ => return None,
        }
    }
    let mut exprs = Vec::new();
    let mut star = false;
    for arg in &list.args {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => exprs.push(e),
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if dotted(f) == "COUNT" => star = true,
            _ => return None,
        }
    }
    Some((exprs, star, clauses))
}

/// Whether a function, by its name in any case, is an aggregate.
#[must_use]
pub(crate) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.contains(&name.to_uppercase().as_str())
}
