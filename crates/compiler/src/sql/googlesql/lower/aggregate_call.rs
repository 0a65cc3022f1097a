//! The call of an aggregate: which names are aggregates, the clauses of a call, and how it is written for DuckDB.
//! It must not know what an aggregate gives: that is `aggregates`.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    HavingBoundKind, NullTreatment, OrderByExpr,
};

use super::calls::dotted;

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
