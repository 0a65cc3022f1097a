//! UNION, INTERSECT and EXCEPT: whether the sides fit, and the types that both give.
//! It must not order what they give.

use std::ops::Range;

use sqlparser::ast::{SelectFlavor, SelectItem, SetExpr, SetOperator, SetQuantifier};

use super::found::is_literal;
use super::from::indent;
use super::names::same;
use super::{Lower, Rows};
use crate::coerce;
use crate::problem::ProblemKind;
use crate::types::{Type, quoted};
use crate::value::{Collation, Literal, ScopeColumn, Value};

impl Lower<'_> {
    pub(super) fn set_operation(
        &mut self,
        left: &SetExpr,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: &SetExpr,
        as_value: bool,
    ) -> Rows {
        let at = self.span_of(right);
        let mixed = [left, right].into_iter().any(|side| {
            matches!(side, SetExpr::SetOperation { op: other, set_quantifier, .. }
                if (other, set_quantifier) != (&op, &quantifier))
        });
        if mixed {
            let help = Some("put parentheses around one of them".into());
            self.report(ProblemKind::ParseError, at.clone(), "different set operations side by side", help);
        }
        if matches!(right, SetExpr::Select(select) if select.flavor == SelectFlavor::FromFirstNoSelect) {
            let help = Some("put it in parentheses".into());
            self.report(ProblemKind::ParseError, at.clone(), "FROM alone behind a set operation", help);
        }
        let l = self.body(left, None, as_value);
        let r = self.body(right, None, as_value);
        let (r, places, quantifier) = match quantifier {
            SetQuantifier::AllByName => self.by_name(&l, r, SetQuantifier::All, &at),
            SetQuantifier::DistinctByName => self.by_name(&l, r, SetQuantifier::Distinct, &at),
            SetQuantifier::ByName => self.by_name(&l, r, SetQuantifier::None, &at),
            other => {
                let places = (0..r.columns.len()).collect();
                (r, places, other)
            }
        };
        let word = match (op, quantifier) {
            (SetOperator::Union, SetQuantifier::All) => "UNION ALL",
            (SetOperator::Union, SetQuantifier::Distinct) => "UNION",
            (SetOperator::Except, SetQuantifier::Distinct) => "EXCEPT",
            (SetOperator::Intersect, SetQuantifier::Distinct) => "INTERSECT",
            (SetOperator::Except | SetOperator::Intersect, SetQuantifier::All) => {
                self.unsupported(at.clone(), format!("{op} ALL"));
                "UNION ALL"
            }
            (SetOperator::Minus, _) => {
                let help = Some("write EXCEPT DISTINCT".into());
                self.report(ProblemKind::ParseError, at.clone(), "GoogleSQL does not have MINUS", help);
                "EXCEPT"
            }
            (op, SetQuantifier::None) => {
                let help = Some(format!("write {op} DISTINCT or {op} ALL").into());
                self.report(ProblemKind::ParseError, at.clone(), format!("{op} needs ALL or DISTINCT"), help);
                "UNION"
            }
            (op, _) => {
                self.unsupported(at.clone(), format!("{op} {quantifier}"));
                "UNION ALL"
            }
        };
        if l.columns.len() != r.columns.len() {
            let message = format!("{op} of {} and {} columns", l.columns.len(), r.columns.len());
            self.report(ProblemKind::Shape, at.clone(), message, None);
        }
        if quantifier != SetQuantifier::All {
            if l.columns.iter().chain(&r.columns).any(|column| column.collation == Collation::Case) {
                self.told_apart(&at, word, "write LOWER(…) around such texts on both sides");
            }
            // Rows are told apart by each of the columns.
            self.used.extend(l.columns.iter().chain(&r.columns).flat_map(|column| column.origins.iter().cloned()));
        }
        let mut columns = Vec::new();
        let (mut cast_left, mut cast_right) = (false, false);
        for (a, b) in l.columns.iter().zip(&r.columns) {
            if quantifier != SetQuantifier::All && !(a.ty.is_groupable() && b.ty.is_groupable()) {
                let message = format!("{op} DISTINCT does not tell apart {}", a.ty);
                self.report(ProblemKind::TypeMismatch, at.clone(), message, None);
            }
            let ty = {
                let at_right = places.get(columns.len()).copied().unwrap_or(usize::MAX);
                let width = l.columns.len();
                self.type_of_both((left, a, (columns.len(), width)), (right, b, (at_right, width)), &at)
            };
            if ty.is_none() {
                let message = format!("column `{}` of {op} is {} and {}", a.name, a.ty, b.ty);
                self.report(ProblemKind::TypeMismatch, at.clone(), message, None);
            }
            let ty = ty.unwrap_or_else(|| a.ty.clone());
            cast_left |= ty.duckdb() != a.ty.duckdb();
            cast_right |= ty.duckdb() != b.ty.duckdb();
            columns.push(ScopeColumn {
                name: a.name.clone(),
                ty,
                sql: quoted(&a.name),
                origins: a.origins.union(&b.origins).cloned().collect(),
                kind: a.kind.max(b.kind),
                collation: a.collation.max(b.collation),
                nameless: a.nameless,
            });
        }
        let left_sql = side(&l, &columns, cast_left, is_set(left));
        let right_sql = side(&r, &columns, cast_right, is_set(right));
        let mut bare = l.bare;
        bare.extend(r.bare);
        Rows { sql: format!("{left_sql}\n{word}\n{right_sql}"), columns, bare }
    }

    /// BY NAME: the columns of the right side in the order of the left one's, the places that they had, and what is left of
    /// the quantifier.
    fn by_name(
        &mut self,
        l: &Rows,
        r: Rows,
        quantifier: SetQuantifier,
        at: &Range<usize>,
    ) -> (Rows, Vec<usize>, SetQuantifier) {
        let mut places: Vec<usize> = Vec::new();
        let mut odd = l
            .columns
            .iter()
            .chain(&r.columns)
            .any(|column| column.nameless)
            .then(|| "has a column without a name".to_owned());
        for column in &l.columns {
            let place = r.columns.iter().position(|other| same(&other.name, &column.name));
            match place {
                Some(place) if !places.contains(&place) => places.push(place),
                Some(_) => odd = odd.or_else(|| Some(format!("has `{}` twice", column.name))),
                None => odd = odd.or_else(|| Some(format!("has `{}` on one side only", column.name))),
            }
        }
        if odd.is_none()
            && let Some(other) = r.columns.iter().enumerate().find(|(place, _)| !places.contains(place))
        {
            odd = Some(format!("has `{}` on one side only", other.1.name));
        }
        if let Some(odd) = odd {
            self.report(ProblemKind::Shape, at.clone(), format!("a set operation BY NAME {odd}"), None);
            let places = (0..r.columns.len()).collect();
            return (r, places, quantifier);
        }
        let names: Vec<String> = (1..=places.len()).map(|i| quoted(&format!("c{i}"))).collect();
        let columns: Vec<ScopeColumn> = places.iter().filter_map(|place| r.columns.get(*place).cloned()).collect();
        let items: Vec<String> = places
            .iter()
            .zip(&columns)
            .map(|(place, column)| format!("{} AS {}", names[*place], quoted(&column.name)))
            .collect();
        let sql = format!("SELECT {} FROM (\n{}\n) AS \"_n\"({})", items.join(", "), indent(&r.sql), names.join(", "));
        (Rows { sql, columns, bare: r.bare }, places, quantifier)
    }

    /// The type of a column of a set operation. Literals adapt to the other side.
    fn type_of_both(
        &mut self,
        (left, a, of_a): (&SetExpr, &ScopeColumn, (usize, usize)),
        (right, b, of_b): (&SetExpr, &ScopeColumn, (usize, usize)),
        at: &Range<usize>,
    ) -> Option<Type> {
        let mut values = Vec::new();
        let mut literal = false;
        for (side, column, place) in [(left, a, of_a), (right, b, of_b)] {
            match self.literals(side, place) {
                Some(all) => {
                    literal |= all.iter().any(|value| value.literal != Some(Literal::Null));
                    values.extend(all);
                }
                None => values.push(Value::new(column.ty.clone(), "")),
            }
        }
        if !literal {
            return coerce::wider(&a.ty, &b.ty);
        }
        let ty = coerce::common(&values.iter().collect::<Vec<_>>())?;
        // A cast of DuckDB reads some of the texts in another way.
        let plain = |value: &Value| match &value.literal {
            Some(Literal::Str(text)) => ty == Type::String || ty == Type::Date && text.len() == 10,
            Some(Literal::Float(digits)) => ty == Type::Float64 || digits.len() < 16 && !digits.contains(['e', 'E']),
            _ => true,
        };
        if !values.iter().all(plain) {
            self.unsupported(at.clone(), format!("a literal of a set operation as {ty}"));
        }
        Some(ty)
    }

    /// The literals that a column of a query has in all its rows, where it has nothing else.
    fn literals(&mut self, body: &SetExpr, (at, width): (usize, usize)) -> Option<Vec<Value>> {
        match body {
            SetExpr::Select(select) if select.projection.len() == width => match &select.projection[at] {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } if is_literal(expr) => {
                    let value = self.expr(expr);
                    value.literal.is_some().then(|| vec![value])
                }
                _ => None,
            },
            SetExpr::Query(query) if query.with.is_none() && query.pipe_operators.is_empty() => {
                self.literals(&query.body, (at, width))
            }
            SetExpr::SetOperation { left, right, .. } => {
                let mut all = self.literals(left, (at, width))?;
                all.extend(self.literals(right, (at, width))?);
                Some(all)
            }
            _ => None,
        }
    }
}

/// One side of a set operation: cast to the common types where it needs to be, and kept together.
fn side(rows: &Rows, columns: &[ScopeColumn], cast: bool, nested: bool) -> String {
    if cast {
        let items: Vec<String> = columns
            .iter()
            .zip(&rows.columns)
            .enumerate()
            .map(|(i, (to, from))| {
                let from_name = quoted(&format!("c{}", i + 1));
                if to.ty.duckdb() == from.ty.duckdb() {
                    format!("{from_name} AS {}", quoted(&to.name))
                } else {
                    let value = coerce::reshaped(&from_name, &from.ty, &to.ty, 0);
                    format!("{value} AS {}", quoted(&to.name))
                }
            })
            .collect();
        let names: Vec<String> = (1..=columns.len()).map(|i| quoted(&format!("c{i}"))).collect();
        return format!("SELECT {} FROM (\n{}\n) AS \"_u\"({})", items.join(", "), indent(&rows.sql), names.join(", "));
    }
    if nested { format!("(\n{}\n)", indent(&rows.sql)) } else { rows.sql.clone() }
}

/// Whether a side is a query of its own, which stays together: in parentheses it may be a set operation too.
fn is_set(body: &SetExpr) -> bool {
    matches!(body, SetExpr::SetOperation { .. } | SetExpr::Query(_))
}
