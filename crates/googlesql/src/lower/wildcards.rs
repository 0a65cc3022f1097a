//! What `*` and `x.*` stand for, with EXCEPT, REPLACE and the RENAME of a pipe.
//! It must not know the rest of the select list: that is `select`.

use std::ops::Range;

use sqlparser::ast::{
    Expr, Ident, IdentWithAlias, RenameSelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::Lower;
use super::names::same;
use super::select::{Item, Source};
use crate::problem::{ProblemKind, did_you_mean};
use crate::types::Type;
use crate::value::{ScopeColumn, Value};

impl Lower<'_> {
    /// What `*` stands for: merged columns once and first.
    pub(super) fn all_columns(&self) -> Vec<ScopeColumn> {
        let Some(scope) = self.scopes.last() else {
            return vec![];
        };
        let mut columns = scope.merged.clone();
        for relation in &scope.relations {
            columns.extend(
                relation.columns.iter().filter(|c| !scope.merged.iter().any(|m| same(&m.name, &c.name))).cloned(),
            );
        }
        columns
    }

    pub(super) fn qualified_columns(
        &mut self,
        kind: &SelectItemQualifiedWildcardKind,
        at: &Range<usize>,
    ) -> Vec<ScopeColumn> {
        let parts: Vec<Ident> = match kind {
            SelectItemQualifiedWildcardKind::ObjectName(name) => {
                name.0.iter().filter_map(|p| p.as_ident().cloned()).collect()
            }
            SelectItemQualifiedWildcardKind::Expr(Expr::Identifier(ident)) => vec![ident.clone()],
            SelectItemQualifiedWildcardKind::Expr(Expr::CompoundIdentifier(parts)) => parts.clone(),
            SelectItemQualifiedWildcardKind::Expr(_) => vec![],
        };
        if let [only] = parts.as_slice() {
            for scope in self.scopes.iter().rev() {
                if let Some(relation) = scope.relations.iter().find(|r| same(&r.alias, &only.value)) {
                    let scalar = relation.element.as_ref().map(|e| e.ty.clone());
                    if let Some(ty) = scalar.filter(|ty| !matches!(ty, Type::Struct(_) | Type::Unknown)) {
                        let message = format!("{ty} has no fields for .*");
                        self.report(ProblemKind::TypeMismatch, at.clone(), message, None);
                        return vec![];
                    }
                    return relation.columns.clone();
                }
            }
        }
        let value = match kind {
            SelectItemQualifiedWildcardKind::Expr(expr) if parts.is_empty() => self.expr(expr),
            _ if parts.is_empty() => Value::unknown(),
            _ => self.path(&parts),
        };
        match &value.ty {
            Type::Struct(fields) => fields
                .iter()
                .map(|f| {
                    let field = self.field(value.clone(), &f.name, at.clone());
                    ScopeColumn {
                        name: f.name.clone(),
                        ty: field.ty,
                        sql: field.sql,
                        origins: field.origins,
                        kind: field.kind,
                        collation: field.collation,
                        nameless: false,
                    }
                })
                .collect(),
            Type::Unknown => vec![],
            other => {
                self.report(ProblemKind::TypeMismatch, at.clone(), format!("{other} has no fields for .*"), None);
                vec![]
            }
        }
    }

    pub(super) fn wildcard<'e>(
        &mut self,
        columns: Vec<ScopeColumn>,
        options: &'e WildcardAdditionalOptions,
        at: &Range<usize>,
        items: &mut Vec<Item<'e>>,
    ) {
        let names: Vec<String> = columns.iter().filter(|c| !c.nameless).map(|c| c.name.clone()).collect();
        let before = items.len();
        let except: Vec<&Ident> = options
            .opt_except
            .iter()
            .flat_map(|e| std::iter::once(&e.first_element).chain(&e.additional_elements))
            .collect();
        let replace: Vec<(&Ident, &'e Expr)> =
            options.opt_replace.iter().flat_map(|r| &r.items).map(|r| (&r.column_name, &r.expr)).collect();
        // The parser reads no RENAME here: it is what a pipe operator stands for.
        let renamed: Vec<&IdentWithAlias> = match &options.opt_rename {
            None => vec![],
            Some(RenameSelectItem::Single(one)) => vec![one],
            Some(RenameSelectItem::Multiple(all)) => all.iter().collect(),
        };
        if options.opt_exclude.is_some() || options.opt_ilike.is_some() {
            self.report(ProblemKind::ParseError, at.clone(), "a clause that GoogleSQL does not have", None);
        }
        let mentioned = replace.iter().map(|(i, _)| *i).chain(renamed.iter().map(|r| &r.ident));
        for ident in except.iter().copied().chain(mentioned) {
            if !columns.is_empty() && !names.iter().any(|n| same(n, &ident.value)) {
                let span = self.span(ident.span);
                let help = did_you_mean(&ident.value, names.iter().map(String::as_str));
                self.report(ProblemKind::UnknownColumn, span, format!("* has no column `{}`", ident.value), help);
            }
        }
        for (i, ident) in except.iter().enumerate() {
            if except[..i].iter().any(|before| same(&before.value, &ident.value)) {
                let at = self.span(ident.span);
                self.report(ProblemKind::Shape, at, format!("`{}` is excepted twice", ident.value), None);
            }
        }
        let replaced: Vec<&Ident> = replace.iter().map(|(ident, _)| *ident).collect();
        let named: Vec<&Ident> = renamed.iter().map(|r| &r.ident).collect();
        for list in [&replaced, &named] {
            for (i, ident) in list.iter().enumerate() {
                let both = except.iter().any(|other| same(&other.value, &ident.value));
                if both || list[..i].iter().any(|other| same(&other.value, &ident.value)) {
                    let message = format!("`{}` stands twice behind *", ident.value);
                    self.report(ProblemKind::Shape, self.span(ident.span), message, None);
                }
            }
        }
        let some = !columns.is_empty();
        for column in columns {
            if except.iter().any(|i| same(&i.value, &column.name)) {
                continue;
            }
            let name = column.name.clone();
            let nameless = column.nameless;
            let source = match replace.iter().find(|(i, _)| same(&i.value, &name)) {
                Some((_, expr)) => Source::Expr(expr),
                None => Source::Column(Box::new(column), at.clone()),
            };
            let name = renamed.iter().find(|r| same(&r.ident.value, &name)).map_or(name, |r| r.alias.value.clone());
            items.push(Item { name, source, aliased: false, nameless });
        }
        if some && items.len() == before {
            self.report(ProblemKind::Shape, at.clone(), "EXCEPT leaves no column of *", None);
        }
    }
}
