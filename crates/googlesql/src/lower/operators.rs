//! Operators: which types they take, and where DuckDB's own operator means something else
//! (division by zero, NaN, exact decimals, arrays that are NULL). It must not know functions.

use std::ops::Range;

use sqlparser::ast::{BinaryOperator as Op, Expr, Query};

use super::Lower;
use crate::coerce;
use crate::problem::ProblemKind;
use crate::types::{Field, Type, field_name};
use crate::value::{Literal, Value, quote_text};

impl Lower<'_> {
    pub(super) fn binary(&mut self, left: &Expr, op: &Op, right: &Expr, span: Range<usize>) -> Value {
        if let Op::Custom(word) = op {
            return self.quantified(left, word, right, span);
        }
        let (mut l, mut r) = (self.expr(left), self.expr(right));
        if *op == Op::StringConcat {
            let mut texts = self.as_texts(vec![l, r], &[self.span_of(left), self.span_of(right)]);
            r = texts.pop().unwrap_or_else(Value::unknown);
            l = texts.pop().unwrap_or_else(Value::unknown);
        }
        let counts = matches!(op, Op::StringConcat | Op::Plus | Op::Minus | Op::Multiply | Op::Divide);
        if counts && [&l, &r].iter().any(|v| v.literal == Some(Literal::Null)) {
            let help = Some("give it a type, as in CAST(NULL AS INT64)".to_string());
            self.report(ProblemKind::TypeMismatch, span, format!("an operand of {op} is a NULL without a type"), help);
            return Value::unknown();
        }
        if matches!(op, Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq) {
            self.fold_all(&[(left, &l), (right, &r)], &op.to_string(), &span);
        }
        match op {
            Op::And | Op::Or => {
                let l = self.expect(l, &Type::Bool, self.span_of(left), "the operand");
                let r = self.expect(r, &Type::Bool, self.span_of(right), "the operand");
                infix(Type::Bool, &l, &op.to_string(), &r)
            }
            Op::Eq => self.compare(l, "=", r, span),
            Op::NotEq => self.compare(l, "<>", r, span),
            Op::Lt => self.compare(l, "<", r, span),
            Op::LtEq => self.compare(l, "<=", r, span),
            Op::Gt => self.compare(l, ">", r, span),
            Op::GtEq => self.compare(l, ">=", r, span),
            Op::StringConcat => self.concat(l, r, span),
            Op::Plus | Op::Minus | Op::Multiply | Op::Divide => self.arithmetic(l, op, r, span),
            Op::BitwiseAnd | Op::BitwiseOr | Op::BitwiseXor | Op::PGBitwiseShiftLeft | Op::PGBitwiseShiftRight => {
                let l = self.expect(l, &Type::Int64, self.span_of(left), "the operand");
                let r = self.expect(r, &Type::Int64, self.span_of(right), "the operand");
                let inputs = [&l, &r];
                match op {
                    Op::BitwiseAnd => infix(Type::Int64, &l, "&", &r),
                    Op::BitwiseOr => infix(Type::Int64, &l, "|", &r),
                    Op::BitwiseXor => Value::over(Type::Int64, format!("xor({}, {})", l.sql, r.sql), &inputs),
                    Op::PGBitwiseShiftLeft => {
                        Value::over(Type::Int64, format!("dwc_shift_left({}, {})", l.sql, r.sql), &inputs)
                    }
                    _ => Value::over(Type::Int64, format!("dwc_shift_right({}, {})", l.sql, r.sql), &inputs),
                }
            }
            other => {
                let help = (*other == Op::Modulo).then(|| "write MOD(a, b)".to_string());
                self.report(
                    ProblemKind::ParseError,
                    span,
                    format!("GoogleSQL does not have the operator {other}"),
                    help,
                );
                Value::unknown()
            }
        }
    }

    /// `a LIKE ANY (...)` and `a LIKE ALL (...)`, pattern by pattern.
    fn quantified(&mut self, left: &Expr, word: &str, right: &Expr, span: Range<usize>) -> Value {
        let (negated, quantifier) = match word.strip_prefix("NOT ").unwrap_or(word).strip_prefix("LIKE ") {
            Some(quantifier) => (word.starts_with("NOT "), quantifier),
            None => return self.fail(ProblemKind::ParseError, span, format!("{word} is not expected here")),
        };
        let Expr::Tuple(patterns) = right else {
            let value = self.expr(left);
            let value = self.expect(value, &Type::String, self.span_of(left), "the operand of LIKE");
            let what = format!("{word} of a subquery or an array");
            return self.unsupported_as(span, what, Type::Bool, &[&value]);
        };
        let tests: Vec<Value> = patterns.iter().map(|p| self.like(left, p, negated, span.clone())).collect();
        let texts: Vec<String> = tests.iter().map(Value::operand).collect();
        let joined = texts.join(if quantifier == "ALL" { " AND " } else { " OR " });
        Value::over(Type::Bool, format!("({joined})"), &tests.iter().collect::<Vec<_>>())
    }

    fn concat(&mut self, l: Value, r: Value, span: Range<usize>) -> Value {
        let Some(ty) = coerce::common(&[&l, &r]) else {
            return self.mismatch("||", &l, &r, span);
        };
        match ty {
            Type::Array(_) => {
                let sql = format!("dwc_array_concat({}, {})", l.sql, r.sql);
                Value::over(ty, sql, &[&l, &r])
            }
            Type::String | Type::Bytes | Type::Unknown => {
                let (l, r) = (coerce::convert(l, &ty), coerce::convert(r, &ty));
                infix(ty, &l, "||", &r)
            }
            other => {
                self.fail(ProblemKind::TypeMismatch, span, format!("|| takes STRING, BYTES or ARRAY, found {other}"))
            }
        }
    }

    /// A comparison; NaN is equal to nothing in GoogleSQL, and greater than everything in DuckDB.
    pub(super) fn compare(&mut self, l: Value, op: &str, r: Value, span: Range<usize>) -> Value {
        let Some(ty) = coerce::common(&[&l, &r]) else {
            return self.mismatch(op, &l, &r, span);
        };
        if l.literal == Some(Literal::Null) && r.literal == Some(Literal::Null) {
            let message = format!("both operands of {op} are NULL without a type");
            return self.fail(ProblemKind::TypeMismatch, span, message);
        }
        let ordered = !matches!(op, "=" | "<>");
        match (&ty, ordered) {
            (Type::Json | Type::Array(_), _) | (Type::Struct(_), true) => {
                return self.fail(ProblemKind::TypeMismatch, span, format!("{op} does not compare {ty}"));
            }
            (Type::Geography, _) | (Type::Range(_), true) => {
                return self.fail(ProblemKind::TypeMismatch, span, format!("{op} does not compare {ty}"));
            }
            _ => {}
        }
        let (l, r) = (coerce_side(l, &ty), coerce_side(r, &ty));
        let never_nan = |v: &Value| v.literal.is_some() || v.sql.ends_with("AS DOUBLE)") && v.sql.starts_with("CAST(");
        if ty == Type::Float64 {
            let safe = match op {
                "<" | "<=" => never_nan(&r),
                ">" | ">=" => never_nan(&l),
                _ => never_nan(&l) || never_nan(&r),
            };
            if !safe {
                let name = match op {
                    "<" => "dwc_float_lt",
                    "<=" => "dwc_float_le",
                    ">" => "dwc_float_gt",
                    ">=" => "dwc_float_ge",
                    "=" => "dwc_float_eq",
                    _ => "dwc_float_ne",
                };
                return Value::over(Type::Bool, format!("{name}({}, {})", l.sql, r.sql), &[&l, &r]);
            }
        }
        if let Type::Struct(fields) = &ty {
            return self.compare_structs(&l, op, &r, fields, &span);
        }
        let sql = format!("{} {op} {}", l.plain(), r.plain());
        Value::over(Type::Bool, sql, &[&l, &r]).compound()
    }

    /// Field by field, so that a NULL inside is unknown and not a value: DuckDB takes two NULL fields for equal.
    fn compare_structs(&mut self, l: &Value, op: &str, r: &Value, fields: &[Field], span: &Range<usize>) -> Value {
        let mut tests = Vec::new();
        for (i, field) in fields.iter().enumerate() {
            let name = quote_text(&field_name(&field.name, i));
            let side = |v: &Value| Value::over(field.ty.clone(), format!("struct_extract({}, {name})", v.sql), &[v]);
            tests.push(self.compare(side(l), "=", side(r), span.clone()));
        }
        let texts: Vec<String> = tests.iter().map(Value::operand).collect();
        let not = if op == "=" { "" } else { "NOT " };
        Value::over(Type::Bool, format!("{not}({})", texts.join(" AND ")), &[l, r]).compound()
    }

    fn mismatch(&mut self, op: &str, l: &Value, r: &Value, span: Range<usize>) -> Value {
        let help = match (&l.ty, &r.ty) {
            (Type::String, other) | (other, Type::String) if other.is_numeric() => {
                Some(format!("GoogleSQL converts no STRING here: write CAST(... AS {other}) or quote the value"))
            }
            (Type::Timestamp, Type::Date | Type::DateTime) | (Type::Date | Type::DateTime, Type::Timestamp) => {
                Some("name the zone: DATE(timestamp, 'zone') or TIMESTAMP(datetime, 'zone')".into())
            }
            _ => None,
        };
        self.report(ProblemKind::TypeMismatch, span, format!("{op} between {} and {}", l.ty, r.ty), help);
        Value::unknown()
    }

    fn arithmetic(&mut self, l: Value, op: &Op, r: Value, span: Range<usize>) -> Value {
        let plus = *op == Op::Plus;
        match (&l.ty, op, &r.ty) {
            (Type::Date, Op::Plus | Op::Minus, Type::Int64) => {
                return self.shift_date(&l, &r, plus);
            }
            (Type::Int64, Op::Plus, Type::Date) => return self.shift_date(&r, &l, true),
            (Type::Date | Type::DateTime | Type::Timestamp, Op::Plus | Op::Minus, Type::Interval) => {
                return shift_by_interval(&l, &r, plus);
            }
            (Type::Interval, Op::Plus, Type::Date | Type::DateTime | Type::Timestamp) => {
                return shift_by_interval(&r, &l, true);
            }
            _ => {}
        }
        if let Some(value) = self.interval_arithmetic(&l, op, &r) {
            return value;
        }
        let common = coerce::common(&[&l, &r]).filter(|t| t.is_numeric() || *t == Type::Unknown);
        let Some(mut ty) = common else {
            return self.mismatch(&op.to_string(), &l, &r, span);
        };
        if ty == Type::Unknown {
            ty = Type::Int64;
        }
        if *op == Op::Divide {
            return self.divide(l, r, if ty == Type::Int64 { Type::Float64 } else { ty }, span);
        }
        let literals = l.literal.is_some() && r.literal.is_some();
        let (l, r) = (coerce_side(l, &ty), coerce_side(r, &ty));
        let inputs = [&l, &r];
        match (&ty, op) {
            (Type::Numeric(_), Op::Multiply) => {
                Value::over(ty, format!("dwc_numeric_multiply({}, {})", l.sql, r.sql), &inputs)
            }
            (Type::Float64, _) => {
                let name = match op {
                    Op::Plus => "dwc_float_add",
                    Op::Minus => "dwc_float_subtract",
                    _ => "dwc_float_multiply",
                };
                Value::over(ty, format!("{name}({}, {})", l.sql, r.sql), &inputs)
            }
            (Type::BigNumeric(_), _) => {
                let name = match op {
                    Op::Plus => "dwc_bignumeric_add",
                    Op::Minus => "dwc_bignumeric_subtract",
                    _ => "dwc_bignumeric_multiply",
                };
                Value::over(ty, format!("{name}({}, {})", l.sql, r.sql), &inputs)
            }
            (Type::Numeric(_), Op::Plus | Op::Minus) => {
                let sql = format!("CAST({} {op} {} AS DECIMAL(38,9))", l.operand(), r.operand());
                Value::over(ty, sql, &inputs)
            }
            _ if literals => Value::over(ty, format!("{} {op} {}", l.operand(), r.operand()), &inputs).compound(),
            _ => Value::over(ty, format!("{} {op} {}", l.plain(), r.plain()), &inputs).compound(),
        }
    }

    fn divide(&mut self, l: Value, r: Value, ty: Type, span: Range<usize>) -> Value {
        let (l, r) = (coerce::convert(l, &ty), coerce::convert(r, &ty));
        let name = match ty {
            Type::Numeric(_) => "dwc_numeric_divide",
            Type::BigNumeric(_) => return self.unsupported_as(span, "division of BIGNUMERIC", ty, &[&l, &r]),
            _ => "dwc_divide",
        };
        Value::over(ty, format!("{name}({}, {})", l.sql, r.sql), &[&l, &r])
    }

    /// `IS [NOT] DISTINCT FROM`; two NaN are the same there in both engines.
    pub(super) fn distinct(&mut self, left: &Expr, right: &Expr, test: &str, span: Range<usize>) -> Value {
        let (l, r) = (self.expr(left), self.expr(right));
        self.fold_all(&[(left, &l), (right, &r)], test, &span);
        self.same_value(l, r, test, span)
    }

    /// The same of two values.
    pub(super) fn same_value(&mut self, l: Value, r: Value, test: &str, span: Range<usize>) -> Value {
        let Some(ty) = coerce::common(&[&l, &r]) else {
            return self.mismatch(test, &l, &r, span);
        };
        let (l, r) = (coerce_side(l, &ty), coerce_side(r, &ty));
        Value::over(Type::Bool, format!("{} {test} {}", l.plain(), r.plain()), &[&l, &r]).compound()
    }

    pub(super) fn in_list(&mut self, expr: &Expr, list: &[Expr], negated: bool, span: Range<usize>) -> Value {
        let value = self.expr(expr);
        let items: Vec<Value> = list.iter().map(|e| self.expr(e)).collect();
        let sides: Vec<(&Expr, &Value)> = std::iter::once((expr, &value)).chain(list.iter().zip(&items)).collect();
        self.fold_all(&sides, "IN", &span);
        let all: Vec<&Value> = std::iter::once(&value).chain(&items).collect();
        let Some(ty) = coerce::common(&all) else {
            let odd = items.iter().position(|i| coerce::common(&[&value, i]).is_none()).unwrap_or(0);
            let at = list.get(odd).map_or(span, |e| self.span_of(e));
            return match items.get(odd) {
                Some(item) => self.mismatch("IN", &value, item, at),
                None => Value::unknown(),
            };
        };
        if matches!(ty, Type::Array(_) | Type::Json) {
            return self.fail(ProblemKind::TypeMismatch, span, format!("IN does not compare {ty}"));
        }
        if ty == Type::Float64 || matches!(ty, Type::Struct(_)) {
            let tests: Vec<Value> =
                items.into_iter().map(|item| self.compare(value.clone(), "=", item, span.clone())).collect();
            let texts: Vec<String> = tests.iter().map(Value::operand).collect();
            let not = if negated { "NOT " } else { "" };
            let sql = format!("{not}({})", texts.join(" OR "));
            return Value::over(Type::Bool, sql, &tests.iter().collect::<Vec<_>>()).compound();
        }
        let value = coerce_side(value, &ty);
        let items: Vec<Value> = items.into_iter().map(|i| coerce_side(i, &ty)).collect();
        let texts: Vec<String> = items.iter().map(Value::plain).collect();
        let not = if negated { "NOT " } else { "" };
        let mut out = Value::over(Type::Bool, format!("{} {not}IN ({})", value.operand(), texts.join(", ")), &[&value]);
        items.iter().for_each(|i| out.absorb(i));
        out.compound()
    }

    pub(super) fn in_unnest(&mut self, expr: &Expr, array: &Expr, negated: bool, span: Range<usize>) -> Value {
        let value = self.expr(expr);
        let items = array;
        let array = self.expr(items);
        self.fold_items((expr, &value), (items, &array), &span);
        let Type::Array(item) = array.ty.clone() else {
            return match array.ty {
                Type::Unknown => Value::unknown(),
                other => self.fail(ProblemKind::TypeMismatch, span, format!("UNNEST takes an ARRAY, found {other}")),
            };
        };
        if coerce::common(&[&value, &Value::new(item.as_ref().clone(), "")]).is_none() {
            return self.mismatch("IN UNNEST", &value, &Value::new(*item, ""), span);
        }
        if matches!(*item, Type::Float64 | Type::Struct(_)) {
            return self.unsupported_as(span, format!("IN UNNEST of ARRAY<{item}>"), Type::Bool, &[&value, &array]);
        }
        let value = if coerce::fits(&value, &item) { coerce::convert(value, &item) } else { value };
        let not = if negated { "NOT " } else { "" };
        let out =
            Value::over(Type::Bool, format!("{not}dwc_in_array({}, {})", value.sql, array.sql), &[&value, &array]);
        if negated { out.compound() } else { out }
    }

    pub(super) fn in_subquery(&mut self, expr: &Expr, query: &Query, negated: bool, span: Range<usize>) -> Value {
        let value = self.expr(expr);
        let rows = self.subquery(query);
        let [column] = rows.columns.as_slice() else {
            return self.fail(ProblemKind::Shape, span, "a subquery after IN must have one column");
        };
        self.fold_column(expr, &value, query, column.collation, &span);
        let item = Value::new(column.ty.clone(), "");
        let Some(ty) = coerce::common(&[&value, &item]) else {
            return self.mismatch("IN", &value, &item, span);
        };
        if matches!(ty, Type::Array(_) | Type::Json) {
            return self.fail(ProblemKind::TypeMismatch, span, format!("IN does not compare {ty}"));
        }
        if matches!(ty, Type::Struct(_)) {
            return self.unsupported_as(span, format!("IN with a subquery of {ty}"), Type::Bool, &[&value]);
        }
        let value = coerce_side(value, &ty);
        let not = if negated { "NOT " } else { "" };
        let sql = format!("{} {not}IN (\n{}\n)", value.operand(), rows.sql);
        let mut out = Value::over(Type::Bool, sql, &[&value]).compound();
        out.bare.extend(rows.bare);
        out
    }

    pub(super) fn between(&mut self, expr: &Expr, low: &Expr, high: &Expr, negated: bool, span: Range<usize>) -> Value {
        let (value, l, h) = (self.expr(expr), self.expr(low), self.expr(high));
        self.fold_all(&[(expr, &value), (low, &l), (high, &h)], "BETWEEN", &span);
        let Some(ty) = coerce::common(&[&value, &l, &h]) else {
            let other = if coerce::common(&[&value, &l]).is_none() { &l } else { &h };
            return self.mismatch("BETWEEN", &value, other, span);
        };
        let not = if negated { "NOT " } else { "" };
        if ty == Type::Float64 {
            let (a, b) = (self.compare(value.clone(), ">=", l, span.clone()), self.compare(value, "<=", h, span));
            let sql = format!("{not}({} AND {})", a.operand(), b.operand());
            return Value::over(Type::Bool, sql, &[&a, &b]).compound();
        }
        let (value, l, h) = (coerce_side(value, &ty), coerce_side(l, &ty), coerce_side(h, &ty));
        let sql = format!("{} {not}BETWEEN {} AND {}", value.operand(), l.plain(), h.plain());
        Value::over(Type::Bool, sql, &[&value, &l, &h]).compound()
    }

    /// A backslash escapes in GoogleSQL's patterns, and nothing does in DuckDB's by default.
    pub(super) fn like(&mut self, expr: &Expr, pattern: &Expr, negated: bool, span: Range<usize>) -> Value {
        let value = self.expr(expr);
        let value = self.expect(value, &Type::String, span.clone(), "the operand of LIKE");
        let pattern_value = self.expr(pattern);
        self.fold_all(&[(expr, &value), (pattern, &pattern_value)], "LIKE", &span);
        let pattern_value = self.expect(pattern_value, &Type::String, self.span_of(pattern), "the pattern of LIKE");
        let escape = match pattern_value.as_text() {
            Some(text) if !text.contains('\\') => "",
            _ => " ESCAPE '\\'",
        };
        let not = if negated { "NOT " } else { "" };
        let sql = format!("{} {not}LIKE {}{escape}", value.operand(), pattern_value.operand());
        Value::over(Type::Bool, sql, &[&value, &pattern_value]).compound()
    }

    pub(super) fn shift_date(&mut self, date: &Value, days: &Value, plus: bool) -> Value {
        let days_sql = match (plus, days.as_int()) {
            (true, _) => days.sql.clone(),
            (false, Some(n)) if n != i64::MIN => format!("CAST({} AS BIGINT)", -n),
            _ => format!("dwc_int_negate({})", days.sql),
        };
        Value::over(Type::Date, format!("dwc_date_add({}, {days_sql})", date.sql), &[date, days])
    }
}

fn shift_by_interval(moment: &Value, interval: &Value, plus: bool) -> Value {
    let ty = if moment.ty == Type::Date { Type::DateTime } else { moment.ty.clone() };
    let sign = if plus { '+' } else { '-' };
    let sql = format!("dwc_moment_in_range({} {sign} {})", moment.operand(), interval.operand());
    Value::over(ty, sql, &[moment, interval])
}

/// Integer literals stay as they are beside integers; everything else gets the common type.
fn coerce_side(value: Value, ty: &Type) -> Value {
    match (&value.literal, ty) {
        (Some(Literal::Null), _) => value,
        _ => coerce::convert(value, ty),
    }
}

fn infix(ty: Type, l: &Value, op: &str, r: &Value) -> Value {
    Value::over(ty, format!("{} {op} {}", l.operand(), r.operand()), &[l, r]).compound()
}
