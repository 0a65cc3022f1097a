//! What a name refers to: column, field, row, alias. It must not type anything but references.

use std::ops::Range;

use sqlparser::ast::Ident;

use super::Lower;
use crate::problem::{ProblemKind, did_you_mean};
use crate::types::{Type, field_name};
use crate::value::{Bare, ColumnKind, ScopeColumn, Value, quote_text};

impl Lower<'_> {
    /// `a`, `t.a`, `t.a.b`, `a.b`: the longest prefix that is a column, the rest are fields.
    pub(super) fn path(&mut self, parts: &[Ident]) -> Value {
        let Some(first) = parts.first() else {
            return Value::unknown();
        };
        let span = self.idents(parts);
        for depth in (0..self.scopes.len()).rev() {
            if let Some((_, value)) = self.scopes[depth].bindings.iter().rev().find(|(n, _)| same(n, &first.value)) {
                let value = value.clone();
                return self.fields(value, &parts[1..]);
            }
            // A relation's name hides a column of the same name.
            if let Some(second) = parts.get(1)
                && let Some(relation) = self.scopes[depth].relations.iter().find(|r| same(&r.alias, &first.value))
            {
                let named: Vec<ScopeColumn> =
                    relation.columns.iter().filter(|c| !c.nameless && same(&c.name, &second.value)).cloned().collect();
                let known: Vec<String> = relation.columns.iter().map(|c| c.name.clone()).collect();
                let alias = relation.alias.clone();
                return match named.as_slice() {
                    [] => {
                        let help = did_you_mean(&second.value, known.iter().map(String::as_str));
                        let message = format!("`{alias}` has no column `{}`", second.value);
                        let at = self.span(second.span);
                        self.report(ProblemKind::UnknownColumn, at, message, help);
                        Value::unknown()
                    }
                    [column] => {
                        let value = self.reference(column, depth, span);
                        self.fields(value, &parts[2..])
                    }
                    _ => self.ambiguous(second),
                };
            }
            if parts.len() == 1
                && let Some((_, value)) = self.scopes[depth].aliases.iter().find(|(n, _)| same(n, &first.value))
            {
                return value.clone();
            }
            // Alone it hides one too, and is the whole row.
            if parts.len() == 1
                && let Some(relation) = self.scopes[depth].relations.iter().find(|r| same(&r.alias, &first.value))
            {
                let row = relation.row();
                return self.reference(&row, depth, span);
            }
            match self.columns_named(depth, &first.value).as_slice() {
                [] => {}
                [column] => {
                    let value = self.reference(column, depth, span);
                    return self.fields(value, &parts[1..]);
                }
                _ => return self.ambiguous(first),
            }
        }
        let names: Vec<String> = self
            .scopes
            .iter()
            .flat_map(|s| &s.relations)
            .flat_map(|r| r.columns.iter().map(|c| c.name.clone()).chain([r.alias.clone()]))
            .collect();
        let help = did_you_mean(&first.value, names.iter().map(String::as_str));
        let at = self.span(first.span);
        self.report(ProblemKind::UnknownColumn, at, format!("unknown column `{}`", first.value), help);
        Value::unknown()
    }

    /// The columns of one scope with a name; merged ones stand for all.
    pub(super) fn columns_named(&self, depth: usize, name: &str) -> Vec<ScopeColumn> {
        let scope = &self.scopes[depth];
        if let Some(merged) = scope.merged.iter().find(|c| same(&c.name, name)) {
            return vec![merged.clone()];
        }
        scope
            .relations
            .iter()
            .flat_map(|r| &r.columns)
            .filter(|c| !c.nameless && same(&c.name, name))
            .cloned()
            .collect()
    }

    pub(super) fn ambiguous(&mut self, ident: &Ident) -> Value {
        let at = self.span(ident.span);
        self.report(
            ProblemKind::AmbiguousColumn,
            at,
            format!("column `{}` is in more than one relation", ident.value),
            Some(format!("write the relation before it, as in `alias.{}`", ident.value)),
        );
        Value::unknown()
    }

    /// A use of a column.
    pub(super) fn reference(&mut self, column: &ScopeColumn, depth: usize, span: Range<usize>) -> Value {
        self.used.extend(column.origins.iter().cloned());
        self.passed_on(column, depth, span)
    }

    /// A column that `*` hands on; whoever names it uses it.
    pub(super) fn passed_on(&self, column: &ScopeColumn, depth: usize, span: Range<usize>) -> Value {
        let mut value = Value::new(column.ty.clone(), column.sql.clone());
        value.origins = column.origins.clone();
        value.collation = column.collation;
        value.kind = if column.kind == ColumnKind::Aggregated { ColumnKind::Aggregated } else { column.kind };
        if !self.scopes[depth].keys.contains(&column.sql) {
            value.bare.push(Bare { scope: depth, name: column.name.clone(), span });
        }
        value
    }

    /// Field access, name by name.
    pub(super) fn fields(&mut self, mut value: Value, names: &[Ident]) -> Value {
        for ident in names {
            value = self.field(value, &ident.value, self.span(ident.span));
        }
        value
    }

    pub(super) fn field(&mut self, value: Value, name: &str, span: Range<usize>) -> Value {
        match &value.ty {
            Type::Unknown => Value::unknown(),
            Type::Struct(fields) => match fields.iter().position(|f| same(&f.name, name)) {
                Some(at) => {
                    let field = field_name(&fields[at].name, at);
                    let sql = format!("struct_extract({}, {})", value.sql, quote_text(&field));
                    let mut out = Value::over(fields[at].ty.clone(), sql, &[&value]);
                    out.kind = value.kind;
                    self.grouped(out)
                }
                None => {
                    let help = did_you_mean(name, fields.iter().map(|f| f.name.as_str()));
                    self.report(ProblemKind::UnknownColumn, span, format!("the struct has no field `{name}`"), help);
                    Value::unknown()
                }
            },
            Type::Json => {
                let path = format!("$.\"{}\"", name.replace('"', "\\\""));
                let sql = format!("dwc_json_member({}, {})", value.sql, quote_text(&path));
                Value::over(Type::Json, sql, &[&value])
            }
            other => {
                let message = format!("{other} has no field `{name}`");
                self.fail(ProblemKind::TypeMismatch, span, message)
            }
        }
    }

    /// An expression that is a grouping key needs no grouped columns inside.
    pub(super) fn grouped(&self, mut value: Value) -> Value {
        if let Some(depth) = self.scopes.len().checked_sub(1)
            && self.scopes[depth].keys.contains(&value.sql)
        {
            value.bare.retain(|b| b.scope != depth);
        }
        value
    }

    pub(super) fn idents(&self, parts: &[Ident]) -> Range<usize> {
        match (parts.first(), parts.last()) {
            (Some(first), Some(last)) => self.span(first.span).start..self.span(last.span).end,
            _ => 0..0,
        }
    }
}

/// Names compare without case.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase()
}
