//! The call of an aggregate: which names are aggregates, the clauses of a call, and how it is written for DuckDB.
//! It must not know what an aggregate gives: that is `aggregates`.

use std::ops::Range;

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArgumentClause,
    FunctionArguments, HavingBoundKind, Ident, NullTreatment, OrderByExpr,
};

use super::Lower;
use super::calls::dotted;
use crate::problem::ProblemKind;
use crate::value::{Value, Window};

pub(super) const AGGREGATES: [&str; 46] = [
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
    "HLL_COUNT.MERGE_PARTIAL",
    "KLL_QUANTILES.INIT_INT64",
    "KLL_QUANTILES.INIT_FLOAT64",
    "KLL_QUANTILES.MERGE_INT64",
    "KLL_QUANTILES.MERGE_FLOAT64",
    "KLL_QUANTILES.MERGE_PARTIAL",
    "KLL_QUANTILES.MERGE_POINT_INT64",
    "KLL_QUANTILES.MERGE_POINT_FLOAT64",
    "ST_UNION_AGG",
    "ST_CENTROID_AGG",
    "ST_EXTENT",
];

/// The clauses inside the parentheses of an aggregate.
#[derive(Default)]
pub(super) struct Clauses<'e> {
    pub(super) distinct: bool,
    pub(super) order: Vec<OrderByExpr>,
    pub(super) limit: Option<&'e Expr>,
    pub(super) nulls: Option<NullTreatment>,
    pub(super) having: Option<(bool, &'e Expr)>,
    /// What is given by its name: the mode of BIT_AND and its kin, the weight of a sketch.
    pub(super) named: Vec<(&'e Ident, &'e Expr)>,
}

/// The parts of a call that its DuckDB text repeats.
pub(super) struct Call {
    /// The rows that a PIVOT leaves.
    pub(super) only: Option<String>,
    pub(super) distinct: bool,
    pub(super) order: String,
    pub(super) over: String,
}

impl Call {
    pub(super) fn of(&self, function: &str, args: &str, filter: &str) -> String {
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        let order = if self.order.is_empty() { String::new() } else { format!(" ORDER BY {}", self.order) };
        let filters: Vec<&str> =
            self.only.iter().map(String::as_str).chain([filter]).filter(|f| !f.is_empty()).collect();
        let filter = match filters.as_slice() {
            [] => String::new(),
            [one] => format!(" FILTER (WHERE {one})"),
            all => format!(" FILTER (WHERE ({}))", all.join(") AND (")),
        };
        format!("{function}({distinct}{args}{order}){filter}{}", self.over)
    }
}

impl Call {
    /// An average of floats: where their sum is beyond a float, that of their 2^64th parts, which keep every digit.
    pub(super) fn average(&self, x: &str) -> String {
        let plain = self.of("avg", x, "");
        let parts = self.of("avg", &format!("{x} / 18446744073709551616e0"), "");
        let scaled = format!("{parts} * 18446744073709551616e0");
        format!("CASE WHEN isinf({plain}) THEN {scaled} ELSE {plain} END")
    }

    /// A statistic: NULL of a single row where it needs two, NaN once a value is infinite (DuckDB fails or gives 0).
    pub(super) fn statistic(&self, function: &str, args: &[String], floats: bool, alone: bool) -> String {
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

/// Argument expressions, whether the argument is `*`, and the clauses; `None` for a form that is not known.
pub(super) fn parts(f: &Function) -> Option<(Vec<&Expr>, bool, Clauses<'_>)> {
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
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(e), operator: FunctionArgOperator::RightArrow } => {
                clauses.named.push((name, e));
            }
            _ => return None,
        }
    }
    Some((exprs, star, clauses))
}

/// Whether a function, by its name in any case, is an aggregate.
#[must_use]
pub fn is_aggregate(name: &str) -> bool {
    AGGREGATES.contains(&name.to_uppercase().as_str())
}

impl Lower<'_> {
    /// Which clauses go together.
    pub(super) fn check_aggregate(
        &mut self,
        name: &str,
        args: &[Value],
        ordered: &[(Value, String)],
        clauses: &Clauses<'_>,
        window: Option<&Window>,
        span: &Range<usize>,
    ) {
        let over = window.is_some();
        let windowed_order = window.is_some_and(|window| window.ordered);
        let framed = window.is_some_and(|window| window.framed);
        let odd = if !ordered.is_empty() && !matches!(name, "ARRAY_AGG" | "STRING_AGG" | "ARRAY_CONCAT_AGG") {
            Some(format!("{name} takes no ORDER BY"))
        } else if !ordered.is_empty() && over {
            Some(format!("{name} with OVER takes no ORDER BY of its own"))
        } else if clauses.distinct && ordered.iter().any(|(v, _)| args.iter().all(|a| a.sql != v.sql)) {
            Some(format!("{name} of DISTINCT values is ordered by them alone"))
        } else if clauses.distinct && windowed_order {
            Some(format!("{name} of DISTINCT values takes no window with ORDER BY"))
        } else if name.starts_with("PERCENTILE_") && windowed_order {
            Some(format!("{name} takes no window with ORDER BY"))
        } else if framed && (clauses.distinct || name.starts_with("PERCENTILE_")) {
            let of = if clauses.distinct { " of DISTINCT values" } else { "" };
            Some(format!("{name}{of} takes no frame in its window"))
        } else if name == "GROUPING"
            && !self.scopes.last().is_some_and(|s| args.first().is_some_and(|a| s.keys.contains(&a.sql)))
        {
            Some("GROUPING takes a key of GROUP BY".to_string())
        } else {
            None
        };
        if let Some(message) = odd {
            self.report(ProblemKind::Shape, span.clone(), message, None);
        }
    }
}
