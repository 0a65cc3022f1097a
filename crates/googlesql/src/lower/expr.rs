//! Expressions: which node it is decides who lowers it. It must not know functions.

use sqlparser::ast::{
    AccessExpr, CaseWhen, CeilFloorKind, Expr, Ident, StructField, Subscript, TrimWhereField, TypedString,
    UnaryOperator,
};

use super::Lower;
use crate::coerce;
use crate::parse::call;
use crate::problem::ProblemKind;
use crate::types::{Field, Type, field_name, quoted};
use crate::value::{ColumnKind, Literal, Value};

impl Lower<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Value {
        let value = self.node(expr);
        // Elsewhere than as a whole entry of a list, only a path stands for a key.
        if matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) { self.grouped(value) } else { value }
    }

    fn node(&mut self, expr: &Expr) -> Value {
        let span = self.span_of(expr);
        match expr {
            Expr::Identifier(ident) if ident.value.starts_with("@@") => {
                self.unsupported(span, format!("the system variable {}", ident.value))
            }
            Expr::Identifier(ident) => self.path(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(parts) => self.path(parts),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Expr::Value(literal) => self.literal(literal),
            Expr::TypedString(typed) => self.typed_string(typed),
            Expr::Nested(inner) => self.expr(inner),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, span),
            Expr::UnaryOp { op, expr: inner } => self.unary(*op, inner, span),
            Expr::IsNull(e) => self.is(e, "IS NULL", None),
            Expr::IsNotNull(e) => self.is(e, "IS NOT NULL", None),
            Expr::IsTrue(e) => self.is(e, "IS TRUE", Some(Type::Bool)),
            Expr::IsNotTrue(e) => self.is(e, "IS NOT TRUE", Some(Type::Bool)),
            Expr::IsFalse(e) => self.is(e, "IS FALSE", Some(Type::Bool)),
            Expr::IsNotFalse(e) => self.is(e, "IS NOT FALSE", Some(Type::Bool)),
            Expr::IsUnknown(e) => self.is(e, "IS NULL", Some(Type::Bool)),
            Expr::IsNotUnknown(e) => self.is(e, "IS NOT NULL", Some(Type::Bool)),
            Expr::IsDistinctFrom(a, b) => self.distinct(a, b, "IS DISTINCT FROM", span),
            Expr::IsNotDistinctFrom(a, b) => self.distinct(a, b, "IS NOT DISTINCT FROM", span),
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated, span),
            Expr::InUnnest { expr, array_expr, negated } => self.in_unnest(expr, array_expr, *negated, span),
            Expr::InSubquery { expr, subquery, negated } => self.in_subquery(expr, subquery, *negated, span),
            Expr::Between { expr, negated, low, high } => self.between(expr, low, high, *negated, span),
            Expr::Like { negated, any, expr, pattern, escape_char } => {
                if *any || escape_char.is_some() {
                    return self.fail(ProblemKind::ParseError, span, "GoogleSQL has no ESCAPE after LIKE");
                }
                self.like(expr, pattern, *negated, span)
            }
            Expr::Cast { kind, expr, data_type, format } => {
                self.cast_node(kind, expr, data_type, format.as_ref(), span)
            }
            Expr::Extract { field, expr, .. } => self.extract(field, expr, span),
            Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(_) } => {
                self.function(&call("CEIL", [expr.as_ref().clone()]), span)
            }
            Expr::Floor { expr, field: CeilFloorKind::DateTimeField(_) } => {
                self.function(&call("FLOOR", [expr.as_ref().clone()]), span)
            }
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let args = [Some(expr), substring_from.as_ref(), substring_for.as_ref()];
                self.function(&call("SUBSTR", args.into_iter().flatten().map(|e| e.as_ref().clone())), span)
            }
            Expr::Trim { trim_where, trim_what: None, expr, trim_characters } => {
                let name = match trim_where {
                    None | Some(TrimWhereField::Both) => "TRIM",
                    Some(TrimWhereField::Leading) => "LTRIM",
                    Some(TrimWhereField::Trailing) => "RTRIM",
                };
                let more = trim_characters.iter().flatten().cloned();
                self.function(&call(name, std::iter::once(expr.as_ref().clone()).chain(more)), span)
            }
            Expr::Function(function) => self.function(function, span),
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Exists { subquery, negated } => {
                let rows = self.subquery(subquery);
                let not = if *negated { "NOT " } else { "" };
                let mut value = Value::new(Type::Bool, format!("{not}EXISTS (\n{}\n)", rows.sql));
                value.bare = rows.bare;
                value.compound()
            }
            Expr::Subquery(subquery) => {
                let rows = self.subquery(subquery);
                self.scalar(rows, span)
            }
            Expr::Tuple(items) => {
                let items: Vec<(String, Value)> = items.iter().map(|e| (String::new(), self.expr(e))).collect();
                self.pack(items)
            }
            Expr::Struct { values, fields } => self.struct_literal(values, fields),
            Expr::Array(array) => {
                let items: Vec<(Value, _)> = array.elem.iter().map(|e| (self.expr(e), self.span_of(e))).collect();
                self.array(items.into_iter().map(|(v, _)| v).collect(), span)
            }
            Expr::Interval(interval) => self.interval_value(interval, span),
            Expr::Named { expr, .. } => self.expr(expr),
            Expr::Prefixed { prefix, .. } => {
                self.fail(ProblemKind::ParseError, span, format!("{} is not expected here", prefix.value))
            }
            Expr::Collate { expr, .. } => {
                let value = self.expr(expr);
                let value = self.expect(value, &Type::String, span.clone(), "the operand of COLLATE");
                self.unsupported_as(span, "COLLATE", Type::String, &[&value])
            }
            other => self.fail(ProblemKind::ParseError, span, format!("GoogleSQL does not have `{other}`")),
        }
    }

    fn is(&mut self, expr: &Expr, test: &str, wanted: Option<Type>) -> Value {
        let mut value = self.expr(expr);
        if let Some(ty) = wanted {
            value = self.expect(value, &ty, self.span_of(expr), "the operand");
        }
        Value::over(Type::Bool, format!("{} {test}", value.operand()), &[&value]).compound()
    }

    fn typed_string(&mut self, typed: &TypedString) -> Value {
        let span = self.span(typed.value.span);
        let Some(ty) = self.data_type(&typed.data_type, span.clone()) else {
            return Value::unknown();
        };
        let literal = self.literal(&typed.value);
        let Some(text) = literal.as_text().map(str::to_string) else {
            return self.fail(ProblemKind::TypeMismatch, span, format!("{ty} must be followed by a string"));
        };
        match ty {
            Type::Date | Type::DateTime | Type::Timestamp | Type::Time => {
                if !super::literals::is_moment(&text, &ty) {
                    return self.fail(ProblemKind::TypeMismatch, span, format!("'{text}' is not a {ty}"));
                }
                Value::new(ty.clone(), super::moment_literal(&text, &ty))
            }
            Type::Numeric(_) | Type::BigNumeric(_) => {
                if !super::literals::is_number(&text) {
                    return self.fail(ProblemKind::TypeMismatch, span, format!("'{text}' is not a {ty}"));
                }
                self.cast(literal, &ty, false, span)
            }
            Type::Json => {
                if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
                    return self.fail(ProblemKind::TypeMismatch, span, "the literal is not JSON");
                }
                Value::new(Type::Json, format!("dwc_parse_json({})", literal.sql))
            }
            Type::Range(item) => match Self::range_text(&text, &item) {
                Some(sql) => Value::new(Type::Range(item), sql),
                None => self.fail(ProblemKind::TypeMismatch, span, format!("'{text}' is not a RANGE<{item}>")),
            },
            other => self.unsupported(span, format!("a literal of {other}")),
        }
    }

    fn unary(&mut self, op: UnaryOperator, inner: &Expr, span: std::ops::Range<usize>) -> Value {
        // The smallest INT64 has no counterpart that the sign could turn.
        if op == UnaryOperator::Minus && super::order::number(inner) == Some("9223372036854775808") {
            return super::literals::int(i64::MIN);
        }
        let value = self.expr(inner);
        let at = self.span_of(inner);
        match op {
            UnaryOperator::Not => {
                let value = self.expect(value, &Type::Bool, at, "the operand of NOT");
                Value::over(Type::Bool, format!("NOT {}", value.operand()), &[&value]).compound()
            }
            UnaryOperator::Minus if value.ty == Type::Interval => {
                Value::over(Type::Interval, format!("dwc_interval_multiply({}, -1)", value.sql), &[&value])
            }
            UnaryOperator::Minus | UnaryOperator::Plus => {
                if value.literal == Some(Literal::Null) {
                    let message = "the operand of a sign is a NULL without a type";
                    return self.fail(ProblemKind::TypeMismatch, at, message);
                }
                if !(value.ty.is_numeric() || value.ty == Type::Unknown) {
                    let message = format!("the operand of a sign must be a number, found {}", value.ty);
                    return self.fail(ProblemKind::TypeMismatch, at, message);
                }
                if op == UnaryOperator::Plus {
                    return value;
                }
                match &value.literal {
                    Some(Literal::Int(digits)) => match negated(digits).parse::<i64>() {
                        Ok(n) => super::literals::int(n),
                        Err(_) => self.fail(ProblemKind::ParseError, span, format!("-{digits} is beyond INT64")),
                    },
                    Some(Literal::Float(digits)) => {
                        let mut out = Value::new(Type::Float64, format!("-{}", value.operand())).compound();
                        out.literal = Some(Literal::Float(negated(digits)));
                        out
                    }
                    _ => Value::over(value.ty.clone(), format!("-{}", value.operand()), &[&value]).compound(),
                }
            }
            // A text that is written there is taken for BYTES.
            UnaryOperator::BitwiseNot if value.ty == Type::Bytes || value.as_text().is_some() => {
                self.unsupported(span, "the operator ~ of BYTES");
                Value { ty: Type::Bytes, ..Value::unknown() }
            }
            UnaryOperator::BitwiseNot => {
                let value = self.expect(value, &Type::Int64, at, "the operand of ~");
                Value::over(Type::Int64, format!("~{}", value.operand()), &[&value]).compound()
            }
            other => self.unsupported(span, format!("the operator {other}")),
        }
    }

    fn case(&mut self, operand: Option<&Expr>, conditions: &[CaseWhen], otherwise: Option<&Expr>) -> Value {
        let mut sql = String::from("CASE");
        let mut inputs = Vec::new();
        let mut results = Vec::new();
        let mut tests = Vec::new();
        let of = operand;
        let operand = of.map(|e| self.expr(e));
        for when in conditions {
            let span = self.span_of(&when.condition);
            let condition = self.expr(&when.condition);
            if let (Some(of), Some(operand)) = (of, &operand) {
                self.fold_all(&[(of, operand), (&when.condition, &condition)], "CASE", &span);
            }
            let test = match &operand {
                Some(operand) => self.compare(operand.clone(), "=", condition, span),
                None => self.expect(condition, &Type::Bool, span, "the condition of WHEN"),
            };
            tests.push(test);
            results.push((self.expr(&when.result), self.span_of(&when.result)));
        }
        let has_else = otherwise.is_some();
        if let Some(otherwise) = otherwise {
            results.push((self.expr(otherwise), self.span_of(otherwise)));
        }
        let results = self.unify(results, "the results of CASE");
        for (test, result) in tests.iter().zip(&results) {
            sql.push_str(&format!(" WHEN {} THEN {}", test.sql, result.sql));
        }
        if has_else && let Some(last) = results.last() {
            sql.push_str(&format!(" ELSE {}", last.sql));
        }
        sql.push_str(" END");
        let ty = results.first().map_or(Type::Unknown, |r| r.ty.clone());
        inputs.extend(tests);
        inputs.extend(results);
        Value::over(ty, sql, &inputs.iter().collect::<Vec<_>>())
    }

    /// Brings values to their common type, or reports the first that does not agree.
    pub(super) fn unify(&mut self, values: Vec<(Value, std::ops::Range<usize>)>, what: &str) -> Vec<Value> {
        let refs: Vec<&Value> = values.iter().map(|(v, _)| v).collect();
        match coerce::common(&refs) {
            Some(ty) => values.into_iter().map(|(v, _)| coerce::convert(v, &ty)).collect(),
            None => {
                let first = values.iter().find(|(v, _)| v.ty != Type::Unknown).map(|(v, _)| v.ty.clone());
                let first = first.unwrap_or(Type::Unknown);
                let odd = values.iter().find(|(v, _)| coerce::common(&[v, &Value::new(first.clone(), "")]).is_none());
                let (shown, span) = odd.map_or((String::new(), 0..0), |(v, s)| (v.ty.to_string(), s.clone()));
                self.report(
                    ProblemKind::TypeMismatch,
                    span,
                    format!("{what} have no common type: {first} and {shown}"),
                    None,
                );
                values.into_iter().map(|(v, _)| Value { ty: Type::Unknown, ..v }).collect()
            }
        }
    }

    fn access(&mut self, root: &Expr, chain: &[AccessExpr]) -> Value {
        let mut value = self.expr(root);
        if value.literal == Some(Literal::Null) && matches!(chain.first(), Some(AccessExpr::Dot(_))) {
            let at = self.span_of(root);
            return self.fail(ProblemKind::TypeMismatch, at, "NULL has no fields");
        }
        for step in chain {
            value = match step {
                AccessExpr::Dot(Expr::Identifier(ident)) => self.field(value, &ident.value, self.span(ident.span)),
                AccessExpr::Dot(Expr::Function(f)) => {
                    self.unsupported(self.span_of(&Expr::Function(f.clone())), "a function after a dot")
                }
                AccessExpr::Subscript(Subscript::Index { index }) => self.subscript(value, index),
                other => {
                    let at = self.span_of(root);
                    self.unsupported(at, format!("`{other}`"))
                }
            };
            if matches!(step, AccessExpr::Dot(_)) {
                value = self.grouped(value);
            }
        }
        value
    }

    /// `a[OFFSET(0)]`, `a[SAFE_ORDINAL(1)]`, `a[0]`, `json['x']`.
    fn subscript(&mut self, value: Value, index: &Expr) -> Value {
        let span = self.span_of(index);
        let mut place = ("OFFSET".to_string(), index.clone());
        if let Expr::Function(f) = index
            && let Some([only]) = super::calls::plain_args(f).as_deref()
        {
            let name = f.name.to_string().to_uppercase();
            if matches!(name.as_str(), "OFFSET" | "SAFE_OFFSET" | "ORDINAL" | "SAFE_ORDINAL") {
                place = (name, (*only).clone());
            }
        }
        let at = self.expr(&place.1);
        match value.ty.clone() {
            Type::Unknown => Value::unknown(),
            Type::Array(item) => {
                let at = self.expect(at, &Type::Int64, span, "an array index");
                let name = match place.0.as_str() {
                    "SAFE_OFFSET" => "dwc_safe_offset",
                    "ORDINAL" => "dwc_ordinal",
                    "SAFE_ORDINAL" => "dwc_safe_ordinal",
                    _ => "dwc_offset",
                };
                Value::over(*item, format!("{name}({}, {})", value.sql, at.sql), &[&value, &at])
            }
            Type::Json if at.ty == Type::String => {
                Value::over(Type::Json, format!("dwc_json_key({}, {})", value.sql, at.sql), &[&value, &at])
            }
            Type::Json => {
                let at = self.expect(at, &Type::Int64, span, "a JSON index");
                Value::over(Type::Json, format!("dwc_json_index({}, {})", value.sql, at.sql), &[&value, &at])
            }
            other => self.fail(ProblemKind::TypeMismatch, span, format!("{other} has no elements")),
        }
    }

    fn struct_literal(&mut self, values: &[Expr], fields: &[StructField]) -> Value {
        let mut items = Vec::new();
        for (i, expr) in values.iter().enumerate() {
            let declared = fields.get(i);
            let name = match (declared.and_then(|f| f.field_name.as_ref()), expr) {
                (Some(ident), _) => ident.value.clone(),
                (None, Expr::Named { name, .. }) => name.value.clone(),
                (None, other) => implied_name(other).map_or_else(String::new, |i| i.value.clone()),
            };
            let mut value = self.expr(expr);
            if let Some(field) = declared {
                let span = self.span_of(expr);
                if let Some(ty) = self.data_type(&field.field_type, span.clone()) {
                    value = self.expect(value, &ty, span, "the field");
                }
            }
            items.push((name, value));
        }
        self.pack(items)
    }

    /// A struct of values.
    pub(super) fn pack(&mut self, items: Vec<(String, Value)>) -> Value {
        let parts: Vec<String> = items
            .iter()
            .enumerate()
            .map(|(i, (name, value))| format!("{} := {}", quoted(&field_name(name, i)), value.sql))
            .collect();
        let fields = items.iter().map(|(name, v)| Field { name: name.clone(), ty: v.ty.clone() }).collect();
        let inputs: Vec<&Value> = items.iter().map(|(_, v)| v).collect();
        Value::over(Type::Struct(fields), format!("struct_pack({})", parts.join(", ")), &inputs)
    }

    /// An array of values; structs take the field names of the first.
    pub(super) fn array(&mut self, items: Vec<Value>, span: std::ops::Range<usize>) -> Value {
        let items = self.unify(items.into_iter().map(|v| (v, span.clone())).collect(), "the elements of the array");
        let ty = items.first().map_or(Type::Unknown, |v| v.ty.clone());
        if matches!(ty, Type::Array(_)) {
            return self.fail(ProblemKind::TypeMismatch, span, "an array of arrays");
        }
        let texts: Vec<&str> = items.iter().map(|v| v.sql.as_str()).collect();
        let sql = if items.is_empty() { "[]".to_string() } else { format!("[{}]", texts.join(", ")) };
        Value::over(Type::Array(Box::new(ty)), sql, &items.iter().collect::<Vec<_>>())
    }

    /// A subquery used as one value.
    pub(super) fn scalar(&mut self, rows: super::Rows, span: std::ops::Range<usize>) -> Value {
        let rows = self.settle(rows);
        let [column] = rows.columns.as_slice() else {
            return self.fail(ProblemKind::Shape, span, "a subquery used as a value must have one column");
        };
        let mut value = Value::new(column.ty.clone(), format!("(\n{}\n)", rows.sql));
        value.origins = column.origins.clone();
        value.bare = rows.bare.clone();
        value.kind = column.kind.max(ColumnKind::Computed);
        value
    }
}

/// The digits of a number with the other sign.
fn negated(digits: &str) -> String {
    digits.strip_prefix('-').map_or_else(|| format!("-{digits}"), str::to_string)
}

/// The name that an expression without alias has: its last identifier.
pub(super) fn implied_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::CompoundIdentifier(parts) => parts.last(),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(AccessExpr::Dot(Expr::Identifier(ident))) => Some(ident),
            _ => None,
        },
        Expr::Nested(inner) => implied_name(inner),
        _ => None,
    }
}
