//! Moments that are made: of the clock, and of another type by the functions named after types.
//! It must not know parts of dates: those are `dates`.

use std::ops::Range;

use sqlparser::ast::Expr;

use super::Lower;
use crate::coerce;
use crate::problem::ProblemKind;
use crate::types::Type;
use crate::value::{Literal, Value};

impl Lower<'_> {
    pub(super) fn current(&mut self, name: &str, args: &[&Expr], span: &Range<usize>) -> Value {
        if args.len() > 1 || name == "CURRENT_TIMESTAMP" && !args.is_empty() {
            return self.fail(
                ProblemKind::ArgumentCount,
                span.clone(),
                format!("`{name}` does not take {} arguments", args.len()),
            );
        }
        let now = match args.first() {
            None => "dwc_now()".to_string(),
            Some(zone) => {
                let value = self.expr(zone);
                let at = self.span_of(*zone);
                let value = self.expect(value, &Type::String, at, "the time zone");
                format!("dwc_to_zone(dwc_now(), {})", value.sql)
            }
        };
        match name {
            "CURRENT_DATE" => Value::new(Type::Date, format!("CAST({now} AS DATE)")),
            "CURRENT_TIME" => Value::new(Type::Time, format!("CAST({now} AS TIME)")),
            "CURRENT_DATETIME" => Value::new(Type::DateTime, now),
            _ => Value::new(Type::Timestamp, now),
        }
    }

    /// `DATE(x)`, `DATETIME(x)`, `TIMESTAMP(x)`: a conversion by the type of the first argument.
    pub(super) fn constructor(&mut self, name: &str, exprs: &[&Expr], span: &Range<usize>) -> Value {
        let mut args: Vec<Value> = exprs.iter().map(|e| self.expr(e)).collect();
        let to = match name {
            "DATE" => Type::Date,
            "DATETIME" => Type::DateTime,
            "TIME" => Type::Time,
            _ => Type::Timestamp,
        };
        if let [x, zone] = args.as_mut_slice()
            && zone.literal == Some(Literal::Null)
            && (to != Type::DateTime || x.ty == Type::Timestamp)
        {
            *zone = coerce::convert(zone.clone(), &Type::String);
        }
        if let [x, zone] = args.as_mut_slice()
            && x.literal == Some(Literal::Null)
            && zone.ty == Type::String
        {
            let of = if to == Type::Timestamp { Type::String } else { Type::Timestamp };
            *x = coerce::convert(x.clone(), &of);
        }
        let inputs: Vec<&Value> = args.iter().collect();
        match args.as_slice() {
            [x] if x.ty == to => x.clone(),
            [x] => match (&x.ty, &to) {
                (Type::String, Type::Date | Type::DateTime | Type::Timestamp)
                | (Type::Date | Type::DateTime | Type::Timestamp, _)
                | (Type::Unknown, _) => self.cast(x.clone(), &to, false, span.clone()),
                (ty, _) => {
                    let message = format!("`{name}` does not take ({ty})");
                    self.fail(ProblemKind::TypeMismatch, span.clone(), message)
                }
            },
            [x, zone] if x.ty == Type::Timestamp && zone.ty == Type::String && to != Type::Timestamp => {
                let local = format!("dwc_to_zone({}, {})", x.sql, zone.sql);
                let sql = if to == Type::DateTime { local } else { format!("CAST({local} AS {})", to.duckdb()) };
                Value::over(to, sql, &inputs)
            }
            [x, zone] if to == Type::Timestamp && zone.ty == Type::String && x.ty == Type::String => {
                Value::over(to, format!("dwc_to_timestamp({}, {})", x.sql, zone.sql), &inputs)
            }
            [x, zone]
                if to == Type::Timestamp && zone.ty == Type::String && matches!(x.ty, Type::Date | Type::DateTime) =>
            {
                Value::over(to, format!("dwc_from_zone(CAST({} AS TIMESTAMP), {})", x.sql, zone.sql), &inputs)
            }
            [date, time] if to == Type::DateTime && date.ty == Type::Date && time.ty == Type::Time => {
                Value::over(to, format!("{} + {}", date.operand(), time.operand()), &inputs).compound()
            }
            _ if name == "TIMESTAMP" => {
                let found: Vec<String> = args.iter().map(|a| a.ty.to_string()).collect();
                let message = format!("`TIMESTAMP` does not take ({})", found.join(", "));
                self.fail(ProblemKind::TypeMismatch, span.clone(), message)
            }
            _ => self.table_function(name, args, &[], span),
        }
    }
}
