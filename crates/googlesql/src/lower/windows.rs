//! Window functions and the OVER clause. It must not hold aggregates: they come with their own file.

use std::ops::Range;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, NamedWindowDefinition,
    NamedWindowExpr, NullTreatment, OrderByExpr, OrderBySort, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowSpec, WindowType,
};

use super::Lower;
use super::names::same;
use crate::coerce;
use crate::problem::ProblemKind;
use crate::types::Type;
use crate::value::{ColumnKind, Literal, Value, Window};

impl Lower<'_> {
    /// The call when it is a function that only windows have.
    pub(super) fn window_function(&mut self, name: &str, f: &Function, span: &Range<usize>) -> Option<Value> {
        let ranking = match name {
            "ROW_NUMBER" | "RANK" | "DENSE_RANK" | "NTILE" | "ST_CLUSTERDBSCAN" => Some(Type::Int64),
            "PERCENT_RANK" | "CUME_DIST" => Some(Type::Float64),
            "LAG" | "LEAD" | "FIRST_VALUE" | "LAST_VALUE" | "NTH_VALUE" => None,
            _ => return None,
        };
        let Some(over) = &f.over else {
            let message = format!("{name} needs an OVER clause");
            return Some(self.fail(ProblemKind::MisplacedAggregate, span.clone(), message));
        };
        let mut nulls = f.null_treatment;
        let mut args = Vec::new();
        if let FunctionArguments::List(list) = &f.args {
            for clause in &list.clauses {
                match clause {
                    FunctionArgumentClause::IgnoreOrRespectNulls(treatment) => nulls = Some(*treatment),
                    _ => {
                        return Some(self.unsupported(span.clone(), format!("this form of {name}")));
                    }
                }
            }
            for arg in &list.args {
                match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => args.push((self.expr(e), self.span_of(e))),
                    _ => {
                        return Some(self.unsupported(span.clone(), format!("this form of {name}")));
                    }
                }
            }
        }
        let counts = match name {
            "NTILE" => 1..=1,
            "LAG" | "LEAD" => 1..=3,
            "FIRST_VALUE" | "LAST_VALUE" => 1..=1,
            "NTH_VALUE" => 2..=2,
            "ST_CLUSTERDBSCAN" => 3..=3,
            _ => 0..=0,
        };
        if !counts.contains(&args.len()) {
            let message = format!("`{name}` does not take {} arguments", args.len());
            return Some(self.fail(ProblemKind::ArgumentCount, span.clone(), message));
        }
        let constant = match name {
            "NTILE" => args.first(),
            "LAG" | "LEAD" | "NTH_VALUE" => args.get(1),
            _ => None,
        };
        if let Some((value, at)) = constant
            && (value.literal.is_none() || value.ty != Type::Int64)
        {
            let message = format!("the number of rows of {name} must be an INT64 literal");
            return Some(self.fail(ProblemKind::TypeMismatch, at.clone(), message));
        }
        if name == "NTILE" && args.first().and_then(|(v, _)| v.as_int()).is_some_and(|n| n < 1) {
            return Some(self.fail(ProblemKind::TypeMismatch, span.clone(), "NTILE takes a number from 1"));
        }
        let window = self.window(over, span)?;
        if args.iter().map(|(v, _)| v).chain(&window.values).any(|v| v.window) {
            let message = format!("{name} over a window function");
            return Some(self.fail(ProblemKind::MisplacedAggregate, span.clone(), message));
        }
        if window.framed && !matches!(name, "FIRST_VALUE" | "LAST_VALUE" | "NTH_VALUE") {
            let message = format!("{name} takes no frame in its window");
            return Some(self.fail(ProblemKind::Shape, span.clone(), message));
        }
        if name == "ST_CLUSTERDBSCAN" {
            return Some(self.clusters(args, &window, span));
        }
        if name != "ROW_NUMBER" && !window.ordered {
            let help = Some(format!("write {name}(...) OVER (... ORDER BY ...)"));
            self.report(ProblemKind::Shape, span.clone(), format!("{name} needs an ORDER BY in its window"), help);
            return Some(Value::unknown());
        }
        let mut values: Vec<Value> = args.iter().map(|(v, _)| v.clone()).collect();
        if values.len() == 3 {
            let both = vec![args[0].clone(), args[2].clone()];
            let mut both = self.unify(both, &format!("the value and the default of {name}"));
            values[2] = both.pop().unwrap_or_else(Value::unknown);
            values[0] = both.pop().unwrap_or_else(Value::unknown);
        }
        let ty = ranking.unwrap_or_else(|| values.first().map_or(Type::Unknown, |v| v.ty.clone()));
        let mut list: Vec<String> = values.iter().map(|v| v.sql.clone()).collect();
        if let Some(n) = values.get(1).filter(|v| v.as_int().is_some()) {
            list[1] = n.plain();
        }
        let nulls = if nulls == Some(NullTreatment::IgnoreNulls) { " IGNORE NULLS" } else { "" };
        let sql = format!("{}({}{nulls}) OVER ({})", name.to_lowercase(), list.join(", "), window.text);
        let mut out = Value::over(ty, sql, &values.iter().chain(&window.values).collect::<Vec<_>>());
        out.kind = ColumnKind::Aggregated;
        out.window = true;
        Some(out)
    }

    /// `ST_CLUSTERDBSCAN(geography, epsilon, minimum)`, which BigQuery alone has.
    fn clusters(&mut self, args: Vec<(Value, Range<usize>)>, window: &Window, span: &Range<usize>) -> Value {
        let types = [Type::Geography, Type::Float64, Type::Int64];
        let places = ["the first argument of ST_CLUSTERDBSCAN", "its distance", "its number of points"];
        let args = args.into_iter().zip(types.iter().zip(places));
        let args: Vec<Value> = args.map(|((value, at), (ty, place))| self.expect(value, ty, at, place)).collect();
        let inputs: Vec<&Value> = args.iter().chain(&window.values).collect();
        let mut out = self.unsupported_as(span.clone(), "ST_CLUSTERDBSCAN", Type::Int64, &inputs);
        out.kind = ColumnKind::Aggregated;
        out.window = true;
        out
    }

    /// What is inside OVER's parentheses; a named window is written out.
    pub(super) fn window(&mut self, window: &WindowType, span: &Range<usize>) -> Option<Window> {
        match window {
            WindowType::NamedWindow(name) => {
                let named = self.scopes.last()?.windows.iter().find(|(n, _)| same(n, &name.value));
                match named {
                    Some((_, window)) => {
                        let window = window.clone();
                        self.problems.extend(window.problems.iter().cloned());
                        Some(window)
                    }
                    None => {
                        let at = self.span(name.span);
                        self.report(ProblemKind::UnknownColumn, at, format!("unknown window `{}`", name.value), None);
                        None
                    }
                }
            }
            WindowType::WindowSpec(spec) => self.window_spec(spec, span),
        }
    }

    /// The windows that a SELECT names. What is wrong with one is told where it is used.
    pub(super) fn named_windows(&mut self, named: &[NamedWindowDefinition]) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.windows.clear();
        }
        for window in named {
            let at = self.span(window.0.span);
            let known = self.problems.len();
            let lowered = match &window.1 {
                NamedWindowExpr::WindowSpec(spec) => self.window_spec(spec, &at),
                NamedWindowExpr::NamedWindow(base) => self.window(&WindowType::NamedWindow(base.clone()), &at),
            };
            let mut lowered = lowered.unwrap_or_default();
            lowered.problems = self.problems.split_off(known);
            let name = &window.0.value;
            if self.scopes.last().is_some_and(|scope| scope.windows.iter().any(|(n, _)| same(n, name))) {
                self.report(ProblemKind::Shape, at, format!("WINDOW names `{name}` twice"), None);
            }
            if let Some(scope) = self.scopes.last_mut() {
                scope.windows.push((name.clone(), lowered));
            }
        }
    }

    fn window_spec(&mut self, spec: &WindowSpec, span: &Range<usize>) -> Option<Window> {
        let mut parts = Vec::new();
        let mut out = Window::default();
        if let Some(base) = &spec.window_name {
            let named = self.window(&WindowType::NamedWindow(base.clone()), span)?;
            let more = !spec.order_by.is_empty() || spec.window_frame.is_some();
            let odd = if !spec.partition_by.is_empty() {
                Some(format!("a window with PARTITION BY is not based on another (`{}`)", base.value))
            } else if named.ordered && !spec.order_by.is_empty() {
                Some(format!("the window `{}` has an ORDER BY already", base.value))
            } else if named.framed && more {
                Some(format!("the window `{}` has a frame, to which nothing is added", base.value))
            } else {
                None
            };
            if let Some(message) = odd {
                self.report(ProblemKind::Shape, self.span(base.span), message, None);
            }
            if !named.text.is_empty() {
                parts.push(named.text.clone());
            }
            out = Window { problems: vec![], ..named };
        }
        if !spec.partition_by.is_empty() {
            let values: Vec<Value> = spec.partition_by.iter().map(|e| self.expr(e)).collect();
            spec.partition_by.iter().zip(&values).for_each(|(e, v)| self.fold(e, v));
            for value in values.iter().filter(|v| v.ty == Type::Float64 || !v.ty.is_groupable()) {
                let message = format!("PARTITION BY does not take {}", value.ty);
                self.report(ProblemKind::TypeMismatch, span.clone(), message, None);
            }
            let keys: Vec<String> = values.iter().map(|v| v.sql.clone()).collect();
            out.values.extend(values);
            parts.push(format!("PARTITION BY {}", keys.join(", ")));
        }
        let ranged = spec.window_frame.as_ref().is_some_and(|f| {
            f.units == WindowFrameUnits::Range
                && [Some(&f.start_bound), f.end_bound.as_ref()]
                    .into_iter()
                    .flatten()
                    .any(|b| matches!(b, WindowFrameBound::Preceding(Some(_)) | WindowFrameBound::Following(Some(_))))
        });
        if !spec.order_by.is_empty() {
            let mut keys = Vec::new();
            out.ordered = true;
            for order in &spec.order_by {
                let (value, text) = if ranged {
                    let value = self.expr(&order.expr);
                    let text = format!("{}{}", value.sql, direction(order));
                    (value, text)
                } else {
                    let (value, text) = self.order_item(order);
                    self.fold(&order.expr, &value);
                    (value, text)
                };
                out.values.push(value);
                keys.push(text);
            }
            parts.push(format!("ORDER BY {}", keys.join(", ")));
        }
        if let Some(frame) = &spec.window_frame {
            out.framed = true;
            self.check_frame(frame, ranged, spec.order_by.as_slice(), span);
            let units = match frame.units {
                WindowFrameUnits::Rows => "ROWS",
                WindowFrameUnits::Range => "RANGE",
                WindowFrameUnits::Groups => {
                    self.unsupported(span.clone(), "a GROUPS frame");
                    return None;
                }
            };
            let start = self.bound(&frame.start_bound);
            parts.push(match &frame.end_bound {
                Some(end) => format!("{units} BETWEEN {start} AND {}", self.bound(end)),
                None => format!("{units} {start}"),
            });
        }
        if out.values.iter().any(|value| value.window) {
            let message = "a window function inside of a window";
            self.report(ProblemKind::MisplacedAggregate, span.clone(), message, None);
        }
        out.text = parts.join(" ");
        Some(out)
    }

    /// The bounds of a frame are literals in their order; RANGE counts along one number.
    fn check_frame(&mut self, frame: &WindowFrame, ranged: bool, order: &[OrderByExpr], span: &Range<usize>) {
        let place = |bound: &WindowFrameBound| match bound {
            WindowFrameBound::Preceding(None) => 0,
            WindowFrameBound::Preceding(Some(_)) => 1,
            WindowFrameBound::CurrentRow => 2,
            WindowFrameBound::Following(Some(_)) => 3,
            WindowFrameBound::Following(None) => 4,
        };
        let end = frame.end_bound.as_ref();
        let last = end.map_or(2, place);
        if last < place(&frame.start_bound) || place(&frame.start_bound) == 4 {
            self.report(ProblemKind::Shape, span.clone(), "a frame ends before it begins", None);
        }
        let mut counted = Type::Int64;
        if ranged {
            counted = match order {
                [one] => self.expr(&one.expr).ty,
                _ => Type::Bool,
            };
            if !counted.is_numeric() && counted != Type::Unknown {
                let message = "RANGE with an offset needs ORDER BY of one number";
                return self.report(ProblemKind::Shape, span.clone(), message, None);
            }
        }
        for bound in [Some(&frame.start_bound), end].into_iter().flatten() {
            if let WindowFrameBound::Preceding(Some(n)) | WindowFrameBound::Following(Some(n)) = bound {
                let value = self.expr(n);
                let odd = match &value.literal {
                    Some(Literal::Null) => Some("the bound of a frame is never NULL".to_string()),
                    Some(Literal::Int(digits) | Literal::Float(digits)) if digits.starts_with('-') => {
                        Some("the bound of a frame is never negative".into())
                    }
                    None if !is_cast_of_literal(n) => Some("the bound of a frame must be a literal".into()),
                    _ if coerce::fits(&value, &counted) => None,
                    _ => Some(format!("the bound of a frame must be {counted}, found {}", coerce::shown(&value))),
                };
                if let Some(message) = odd {
                    self.report(ProblemKind::TypeMismatch, span.clone(), message, None);
                }
            }
        }
    }

    fn bound(&mut self, bound: &WindowFrameBound) -> String {
        let mut side = |n: &Option<Box<Expr>>, word: &str| match n {
            None => format!("UNBOUNDED {word}"),
            Some(n) => format!("{} {word}", self.expr(n).plain()),
        };
        match bound {
            WindowFrameBound::CurrentRow => "CURRENT ROW".into(),
            WindowFrameBound::Preceding(n) => side(n, "PRECEDING"),
            WindowFrameBound::Following(n) => side(n, "FOLLOWING"),
        }
    }

    /// One key of an ORDER BY: the value and its text.
    pub(super) fn order_item(&mut self, order: &OrderByExpr) -> (Value, String) {
        let value = self.expr(&order.expr);
        let text = order_text(&value.sql, &value.ty, order);
        if !value.ty.is_orderable() {
            let at = self.span_of(&order.expr);
            let message = format!("ORDER BY does not order {}", value.ty);
            self.report(ProblemKind::TypeMismatch, at, message, None);
        }
        (value, text)
    }
}

/// Whether an expression is a literal with a type.
fn is_cast_of_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Cast { expr: inner, .. } if matches!(inner.as_ref(), Expr::Value(_)))
}

/// A key with its direction. NaN is the smallest number in GoogleSQL and the greatest in DuckDB, so that a
/// FLOAT64 is ordered by `isnan` first.
pub(super) fn order_text(sql: &str, ty: &Type, order: &OrderByExpr) -> String {
    let plain = format!("{sql}{}", direction(order));
    if *ty != Type::Float64 {
        return plain;
    }
    let descending = descending(order);
    let nulls_first = order.options.nulls_first.unwrap_or(!descending);
    format!(
        "isnan({sql}) {} NULLS {}, {plain}",
        if descending { "ASC" } else { "DESC" },
        if nulls_first { "FIRST" } else { "LAST" }
    )
}

fn descending(order: &OrderByExpr) -> bool {
    matches!(order.options.sort, Some(OrderBySort::Desc))
}

/// NULL is the smallest value in GoogleSQL; the text says so whatever the engine's setting is.
pub(super) fn direction(order: &OrderByExpr) -> String {
    let descending = descending(order);
    let nulls_first = order.options.nulls_first.unwrap_or(!descending);
    format!("{} NULLS {}", if descending { " DESC" } else { "" }, if nulls_first { "FIRST" } else { "LAST" })
}
