//! UNPIVOT: a row for each listed column of a row, or for each list of columns. It must not know expressions.

use std::ops::Range;

use sqlparser::ast::{Expr, Ident, NullInclusion, TableFactor};

use super::Lower;
use super::from::indent;
use super::names::same;
use crate::coerce;
use crate::problem::{ProblemKind, instead};
use crate::types::{Type, quoted};
use crate::value::{Collation, ColumnKind, Origins, ScopeColumn, quote_text};

impl Lower<'_> {
    pub(super) fn unpivot(&mut self, factor: &TableFactor, span: &Range<usize>) -> String {
        let TableFactor::Unpivot { table, value: outputs, name, columns: lists, null_inclusion: nulls, alias } = factor
        else {
            return String::new();
        };
        // A relation sees no column of those beside it.
        let hidden = self.scopes.last_mut().map(std::mem::take).unwrap_or_default();
        let input = self.factor(table, false);
        let inner = self.scopes.last_mut().map(|scope| std::mem::replace(scope, hidden)).unwrap_or_default();
        let given: Vec<ScopeColumn> = inner.relations.into_iter().flat_map(|r| r.columns).collect();
        let outputs = idents(outputs);
        let mut rows: Vec<(Vec<ScopeColumn>, String)> = Vec::new();
        for list in lists {
            let mut columns = Vec::new();
            for ident in idents(&list.expr) {
                let mut named = given.iter().filter(|c| same(&c.name, &ident.value));
                let found = named.next();
                if named.next().is_some() {
                    let message = format!("the rows have several columns `{}`", ident.value);
                    self.report(ProblemKind::AmbiguousColumn, self.span(ident.span), message, None);
                    continue;
                }
                let Some(column) = found else {
                    let help = instead(&ident.value, given.iter().map(|c| c.name.as_str()));
                    let at = self.span(ident.span);
                    self.report(ProblemKind::UnknownColumn, at, format!("unknown column `{}`", ident.value), help);
                    continue;
                };
                self.used.extend(column.origins.iter().cloned());
                columns.push(column.clone());
            }
            if columns.len() != outputs.len() {
                let message = format!("UNPIVOT into {} columns takes lists of as many", outputs.len());
                self.report(ProblemKind::Shape, span.clone(), message, None);
                return String::new();
            }
            let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            let label = list.alias.as_ref().map_or_else(|| names.join("_"), |a| a.value.clone());
            rows.push((columns, label));
        }
        let named: Vec<&ScopeColumn> = rows.iter().flat_map(|(columns, _)| columns).collect();
        let kept: Vec<&ScopeColumn> = given.iter().filter(|c| !named.iter().any(|n| same(&n.name, &c.name))).collect();
        self.used.extend(kept.iter().flat_map(|k| k.origins.iter().cloned()));
        let element = self.fresh_name();
        let mut texts: Vec<String> = kept.iter().map(|c| format!("{} AS {}", c.sql, quoted(&c.name))).collect();
        let mut columns: Vec<ScopeColumn> = kept.iter().map(|c| (*c).clone()).collect();
        for (i, output) in outputs.iter().enumerate() {
            let mut ty = Type::Unknown;
            let mut origins = Origins::new();
            let collation = rows.iter().map(|(list, _)| list[i].collation).max().unwrap_or_default();
            for (list, _) in &rows {
                origins.extend(list[i].origins.iter().cloned());
                if ty != Type::Unknown && ty != list[i].ty {
                    let message = format!("UNPIVOT of {ty} and {} into one column", list[i].ty);
                    self.report(ProblemKind::TypeMismatch, span.clone(), message, Some("cast them before".into()));
                }
                ty = coerce::wider(&ty, &list[i].ty).unwrap_or_else(|| list[i].ty.clone());
            }
            texts.push(format!("{}.\"u\".\"v{i}\" AS {}", quoted(&element), quoted(&output.value)));
            columns.push(ScopeColumn {
                name: output.value.clone(),
                ty,
                sql: String::new(),
                origins,
                kind: ColumnKind::Computed,
                collation,
                nameless: false,
            });
        }
        texts.push(format!("{}.\"u\".\"n\" AS {}", quoted(&element), quoted(&name.value)));
        columns.push(ScopeColumn {
            name: name.value.clone(),
            ty: Type::String,
            sql: String::new(),
            origins: Origins::new(),
            kind: ColumnKind::Computed,
            collation: Collation::None,
            nameless: false,
        });
        let structs: Vec<String> = rows
            .iter()
            .map(|(columns, label)| {
                let values: Vec<String> =
                    columns.iter().enumerate().map(|(i, c)| format!("\"v{i}\" := {}", c.sql)).collect();
                format!("struct_pack({}, \"n\" := {})", values.join(", "), quote_text(label))
            })
            .collect();
        // A row whose columns are all NULL is left out.
        let known: Vec<String> =
            (0..outputs.len()).map(|i| format!("{}.\"u\".\"v{i}\" IS NOT NULL", quoted(&element))).collect();
        let filter = match nulls {
            Some(NullInclusion::IncludeNulls) => String::new(),
            _ => format!("\nWHERE {}", known.join(" OR ")),
        };
        let sql = format!(
            "SELECT {}\nFROM {input}, LATERAL (SELECT unnest([{}]) AS \"u\") AS {}{filter}",
            texts.join(", "),
            structs.join(", "),
            quoted(&element)
        );
        let alias = alias.as_ref().map_or_else(|| self.fresh_name(), |a| a.name.value.clone());
        self.relation(&alias, columns);
        format!("(\n{}\n) AS {}", indent(&sql), quoted(&alias))
    }
}

/// The names of a column or of a list in parentheses.
fn idents(expr: &Expr) -> Vec<Ident> {
    match expr {
        Expr::Identifier(ident) => vec![ident.clone()],
        Expr::CompoundIdentifier(parts) => parts.last().cloned().into_iter().collect(),
        Expr::Nested(inner) => idents(inner),
        Expr::Tuple(items) => items.iter().flat_map(idents).collect(),
        _ => vec![],
    }
}
