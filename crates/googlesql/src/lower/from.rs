//! FROM: tables, subqueries, UNNEST and joins become relations of the scope. It must not touch the select list.

use sqlparser::ast::{
    Expr, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, TableAlias, TableFactor, TableWithJoins,
};
use std::ops::Range;

use super::Lower;
use super::names::same;
use crate::TableUse;
use crate::coerce;
use crate::problem::{ProblemKind, instead};
use crate::types::{Type, quoted};
use crate::value::{Collation, ColumnKind, Relation, Scope, ScopeColumn, quote_text};

impl Lower<'_> {
    /// The text after FROM; the relations are added to the innermost scope as they come.
    pub(super) fn from(&mut self, from: &[TableWithJoins]) -> String {
        let mut parts = Vec::new();
        for (i, table) in from.iter().enumerate() {
            let mut text = self.factor(&table.relation, i > 0);
            for join in &table.joins {
                text.push_str(&self.join(join));
            }
            parts.push(text);
        }
        parts.join(",\n  ")
    }

    fn add_relation(&mut self, relation: Relation) {
        let known = self.scopes.last().is_some_and(|s| s.relations.iter().any(|r| same(&r.alias, &relation.alias)));
        if known {
            let message = format!("FROM names `{}` twice", relation.alias);
            self.report(ProblemKind::Shape, 0..0, message, Some("give one of them an alias".into()));
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.relations.push(relation);
        }
    }

    fn join(&mut self, join: &Join) -> String {
        let span = self.span_of(&join.relation);
        let (word, constraint) = match &join.join_operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) => ("JOIN", c),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => ("LEFT JOIN", c),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => ("RIGHT JOIN", c),
            JoinOperator::FullOuter(c) => ("FULL JOIN", c),
            JoinOperator::CrossJoin(c) => ("CROSS JOIN", c),
            _ => {
                self.report(ProblemKind::ParseError, span, "GoogleSQL does not have this kind of join", None);
                return String::new();
            }
        };
        let before = self.scopes.last().map_or(0, |s| s.relations.len());
        // What a join may leave without a row is not seen on its other side.
        let right = if matches!(word, "RIGHT JOIN" | "FULL JOIN") {
            let known = self.scopes.last().cloned();
            if let Some(scope) = self.scopes.last_mut() {
                scope.merged.clear();
                scope.relations.iter_mut().for_each(|relation| relation.columns.clear());
            }
            let right = self.factor(&join.relation, true);
            if let (Some(scope), Some(mut known)) = (self.scopes.last_mut(), known) {
                known.relations.extend(scope.relations.drain(before..));
                known.merged.append(&mut scope.merged);
                *scope = known;
            }
            right
        } else {
            self.factor(&join.relation, true)
        };
        match constraint {
            JoinConstraint::None
                if matches!(word, "JOIN" | "LEFT JOIN")
                    && !matches!(join.relation, TableFactor::UNNEST { .. })
                    && self.scopes.last().is_none_or(|s| s.relations.last().is_none_or(|r| r.element.is_none())) =>
            {
                let message = format!("{word} needs ON or USING");
                self.report(ProblemKind::ParseError, span, message, None);
                String::new()
            }
            JoinConstraint::None if matches!(word, "JOIN" | "CROSS JOIN") => {
                format!("\nCROSS JOIN {right}")
            }
            // `LEFT JOIN UNNEST(...)` keeps the row whose array is empty.
            JoinConstraint::None if word == "LEFT JOIN" => format!("\n{word} {right} ON TRUE"),
            JoinConstraint::On(on) => {
                let value = self.expr(on);
                let at = self.span_of(on);
                let value = self.expect(value, &Type::Bool, at.clone(), "the condition of JOIN");
                if value.aggregate || value.window {
                    self.report(ProblemKind::MisplacedAggregate, at, "an aggregate in the condition of JOIN", None);
                }
                let is_outer = matches!(word, "LEFT JOIN" | "RIGHT JOIN" | "FULL JOIN");
                let is_hashed = is_outer && !matches!(join.relation, TableFactor::UNNEST { .. });
                if is_hashed && value.ty == Type::Bool && !self.equates_sides(on, before) {
                    let at = self.span_of(on);
                    let message = format!("{word} needs an equality between its two sides");
                    let help = Some("add one with AND, or join with JOIN and unite the rows that are left".into());
                    self.report(ProblemKind::Shape, at, message, help);
                }
                format!("\n{word} {right} ON {}", value.sql)
            }
            JoinConstraint::Using(names) => {
                for name in names.iter().filter(|name| name.0.len() > 1) {
                    let at = self.object_span(name);
                    let message = format!("USING takes names of columns, found `{name}`");
                    self.report(ProblemKind::ParseError, at, message, None);
                }
                let names: Vec<(String, Range<usize>)> =
                    names.iter().map(|n| (last_name(n), self.object_span(n))).collect();
                let mut columns = Vec::new();
                for (name, at) in &names {
                    if let Some(column) = self.merge(name, before, word, at.clone()) {
                        columns.push(quoted(&column));
                    }
                }
                format!("\n{word} {right} USING ({})", columns.join(", "))
            }
            _ => {
                let message = format!("{word} needs ON or USING");
                self.report(ProblemKind::ParseError, span, message, None);
                String::new()
            }
        }
    }

    /// Makes the columns of both sides one; gives the name.
    fn merge(&mut self, name: &str, before: usize, word: &str, at: Range<usize>) -> Option<String> {
        let scope = self.scopes.last()?;
        let merged = scope.merged.iter().find(|c| same(&c.name, name)).cloned();
        let find = |relations: &[Relation]| -> Vec<ScopeColumn> {
            relations.iter().flat_map(|r| &r.columns).filter(|c| same(&c.name, name)).cloned().collect()
        };
        let left = merged.map_or_else(|| find(&scope.relations[..before]), |c| vec![c]);
        let right = find(&scope.relations[before..]);
        let ([l], [r]) = (left.as_slice(), right.as_slice()) else {
            let (kind, message) = if left.len() > 1 {
                (ProblemKind::AmbiguousColumn, format!("column `{name}` is in more than one relation of the left side"))
            } else {
                let side = if left.is_empty() { "left" } else { "right" };
                (ProblemKind::UnknownColumn, format!("the {side} side of the join has no column `{name}`"))
            };
            self.report(kind, at, message, None);
            return None;
        };
        let (l, r) = (l.clone(), r.clone());
        if scope.relations.iter().any(|relation| relation.element.is_none() && same(&relation.alias, name)) {
            let message = format!("`{name}` of USING is a relation, not a column");
            self.report(ProblemKind::AmbiguousColumn, at, message, None);
            return None;
        }
        if coerce::wider(&l.ty, &r.ty).is_none() || !l.ty.is_groupable() || !r.ty.is_groupable() {
            let message = format!("USING between {} and {}", l.ty, r.ty);
            self.report(ProblemKind::TypeMismatch, at, message, None);
            return None;
        }
        self.used.extend(l.origins.iter().chain(&r.origins).cloned());
        if l.collation.max(r.collation) == Collation::Case {
            self.told_apart(&at, "USING", "write `ON a.key = b.key`");
        }
        let sql = match word {
            "RIGHT JOIN" => r.sql.clone(),
            "FULL JOIN" => format!("coalesce({}, {})", l.sql, r.sql),
            _ => l.sql.clone(),
        };
        let origins = match word {
            "RIGHT JOIN" => r.origins,
            "FULL JOIN" => l.origins.iter().chain(&r.origins).cloned().collect(),
            _ => l.origins,
        };
        let kind = if word == "FULL JOIN" { ColumnKind::Computed } else { l.kind };
        let collation = l.collation.max(r.collation);
        let column = ScopeColumn { name: l.name.clone(), ty: l.ty, sql, origins, kind, collation, nameless: false };
        let scope = self.scopes.last_mut()?;
        scope.merged.retain(|c| !same(&c.name, name));
        scope.merged.push(column);
        Some(l.name)
    }

    pub(super) fn factor(&mut self, factor: &TableFactor, joined: bool) -> String {
        let span = self.span_of(factor);
        if let TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. }
        | TableFactor::UNNEST { alias: Some(alias), .. } = factor
            && !alias.columns.is_empty()
        {
            let message = format!("the alias `{}` names no columns in GoogleSQL", alias.name.value);
            self.report(ProblemKind::ParseError, span.clone(), message, None);
        }
        match factor {
            TableFactor::Table { name, alias, args, version, sample, .. } => {
                if args.is_some() {
                    let message = format!("`{name}` is called as a table function, of which none is taken");
                    self.report(ProblemKind::UnknownFunction, span.clone(), message, None);
                }
                if version.is_some() || sample.is_some() {
                    self.unsupported(span.clone(), "FOR SYSTEM_TIME or TABLESAMPLE");
                }
                self.table(name, alias.as_ref(), joined)
            }
            TableFactor::Derived { subquery, alias, sample, .. } => {
                if sample.is_some() {
                    self.unsupported(span, "TABLESAMPLE");
                }
                let hidden = self.scopes.last_mut().map(std::mem::take).unwrap_or_default();
                let rows = self.query(subquery);
                let rows = self.settle(rows);
                if let Some(scope) = self.scopes.last_mut() {
                    *scope = hidden;
                }
                let name = alias.as_ref().map_or_else(|| self.fresh_name(), |a| a.name.value.clone());
                self.relation(&name, rows.columns);
                format!("(\n{}\n) AS {}", indent(&rows.sql), quoted(&name))
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset, with_offset_alias, with_ordinality } => {
                let [array] = array_exprs.as_slice() else {
                    self.unsupported(span, "UNNEST of several arrays");
                    return String::new();
                };
                if *with_ordinality {
                    self.unsupported(span.clone(), "WITH ORDINALITY");
                }
                let offset = with_offset
                    .then(|| with_offset_alias.as_ref().map_or_else(|| "offset".to_string(), |i| i.value.clone()));
                self.unnest(array, alias.as_ref(), offset, joined)
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                let mut text = self.factor(&table_with_joins.relation, joined);
                for join in &table_with_joins.joins {
                    text.push_str(&self.join(join));
                }
                format!("({text})")
            }
            TableFactor::Pivot { .. } => self.pivot(factor, &span),
            TableFactor::Unpivot { .. } => self.unpivot(factor, &span),
            _ => {
                self.unsupported(span, "this relation in FROM");
                String::new()
            }
        }
    }

    /// Adds a relation whose columns are called by its DuckDB alias.
    pub(super) fn relation(&mut self, alias: &str, columns: Vec<ScopeColumn>) {
        let columns = columns
            .into_iter()
            .map(|c| ScopeColumn { sql: format!("{}.{}", quoted(alias), quoted(&c.name)), ..c })
            .collect();
        self.add_relation(Relation { alias: alias.to_string(), columns, element: None });
    }

    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>, joined: bool) -> String {
        let parts: Vec<String> = name
            .0
            .iter()
            .map(|p| match p {
                ObjectNamePart::Identifier(ident) => ident.value.clone(),
                ObjectNamePart::Function(f) => f.to_string(),
            })
            .collect();
        let whole = parts.join(".");
        let span = self.object_span(name);
        // `FROM t, t.items AS item` unnests an array column.
        if parts.len() > 1 && self.scopes.last().is_some_and(|s| s.relations.iter().any(|r| same(&r.alias, &parts[0])))
        {
            let idents = name.0.iter().filter_map(|p| p.as_ident().cloned()).collect();
            return self.unnest(&Expr::CompoundIdentifier(idents), alias, None, joined);
        }
        let short = whole.rsplit('.').next().unwrap_or(&whole).to_string();
        let alias = alias.map_or(short, |a| a.name.value.clone());
        if parts.len() == 1
            && let Some((known, columns)) = self.ctes.iter().rev().find(|(n, _)| same(n, &whole)).cloned()
        {
            self.relation(&alias, columns);
            return named(&quoted(&known), &alias);
        }
        let columns = self.catalog.columns(&whole).map(<[_]>::to_vec);
        let Some(columns) = columns else {
            let mut names: Vec<String> = self.catalog.tables().iter().map(ToString::to_string).collect();
            names.extend(self.ctes.iter().map(|(n, _)| n.clone()));
            let help = instead(&whole, names.iter().map(String::as_str));
            self.report(ProblemKind::UnknownTable, span, format!("unknown table `{whole}`"), help);
            self.add_relation(Relation { alias, columns: vec![], element: None });
            return quoted(&whole);
        };
        self.is_vague |= columns.iter().any(|column| column.ty.is_vague());
        let columns = columns
            .iter()
            .map(|c| ScopeColumn {
                name: c.name.clone(),
                ty: c.ty.plain(),
                sql: String::new(),
                origins: [(whole.clone(), c.name.clone())].into(),
                kind: ColumnKind::Direct,
                collation: Collation::of(c.folds_case),
                nameless: false,
            })
            .collect();
        self.relation(&alias, columns);
        self.tables.push(TableUse { table: whole.clone(), alias: alias.clone(), span });
        named(&self.catalog.physical(&whole), &alias)
    }

    pub(super) fn object_span(&self, name: &ObjectName) -> Range<usize> {
        let idents: Vec<_> = name.0.iter().filter_map(|p| p.as_ident().cloned()).collect();
        self.idents(&idents)
    }

    /// `UNNEST(array) AS x WITH OFFSET AS i`: a row for each element; the alias is the element, and the fields of
    /// a struct are columns.
    fn unnest(&mut self, array: &Expr, alias: Option<&TableAlias>, offset: Option<String>, joined: bool) -> String {
        let value = self.expr(array);
        let depth = self.scopes.len() - 1;
        if let Some(scope) = self.scopes.last_mut() {
            scope.outside.extend(value.bare.iter().filter(|b| b.scope != depth).cloned());
        }
        if value.aggregate || value.window {
            let at = self.span_of(array);
            self.report(ProblemKind::MisplacedAggregate, at, "an aggregate or a window in UNNEST", None);
        }
        let item = match value.ty.clone() {
            Type::Unknown if value.literal.is_some() => {
                let at = self.span_of(array);
                self.report(ProblemKind::TypeMismatch, at, "UNNEST takes an ARRAY, found NULL", None);
                Type::Unknown
            }
            Type::Array(item) => self.settled(&item),
            Type::Unknown => Type::Unknown,
            other => {
                let at = self.span_of(array);
                self.report(ProblemKind::TypeMismatch, at, format!("UNNEST takes an ARRAY, found {other}"), None);
                Type::Unknown
            }
        };
        let name = alias.map_or_else(|| self.fresh_name(), |a| a.name.value.clone());
        let element = ScopeColumn {
            name: name.clone(),
            ty: item.clone(),
            sql: format!("{0}.{0}", quoted(&name)),
            origins: value.origins.clone(),
            kind: if value.kind == ColumnKind::Aggregated { value.kind } else { ColumnKind::Computed },
            collation: value.collation,
            nameless: false,
        };
        let mut columns: Vec<ScopeColumn> = match &item {
            Type::Struct(fields) => fields
                .iter()
                .enumerate()
                .map(|(i, f)| ScopeColumn {
                    name: f.name.clone(),
                    ty: f.ty.clone(),
                    sql: format!(
                        "struct_extract({}, {})",
                        element.sql,
                        quote_text(&crate::types::field_name(&f.name, i))
                    ),
                    ..element.clone()
                })
                .collect(),
            _ => vec![element.clone()],
        };
        let lateral = if joined { "LATERAL " } else { "" };
        let mut select = format!("unnest({}) AS {}", value.sql, quoted(&name));
        if let Some(offset) = offset {
            select.push_str(&format!(", generate_subscripts({}, 1) - 1 AS {}", value.sql, quoted(&offset)));
            let known = self.scopes.last().is_some_and(|s| s.relations.iter().any(|r| same(&r.alias, &offset)));
            if known || same(&offset, &name) {
                self.report(ProblemKind::Shape, self.span_of(array), format!("FROM names `{offset}` twice"), None);
            }
            columns.push(ScopeColumn {
                name: offset.clone(),
                ty: Type::Int64,
                sql: format!("{}.{}", quoted(&name), quoted(&offset)),
                ..element.clone()
            });
        }
        self.add_relation(Relation { alias: name.clone(), columns, element: Some(element) });
        format!("{lateral}(SELECT {select}) AS {}", quoted(&name))
    }

    /// A scope of its own for one select.
    pub(super) fn enter(&mut self) {
        self.scopes.push(Scope::default());
    }
}

fn named(physical: &str, alias: &str) -> String {
    let alias = quoted(alias);
    if physical == alias { alias } else { format!("{physical} AS {alias}") }
}

fn last_name(name: &ObjectName) -> String {
    name.0.last().and_then(|p| p.as_ident()).map_or_else(|| name.to_string(), |i| i.value.clone())
}

/// A nested query, two spaces in; strings over several lines stay as they are.
pub(super) fn indent(sql: &str) -> String {
    if sql.contains('\'') && sql.split('\'').skip(1).step_by(2).any(|s| s.contains('\n')) {
        return sql.to_string();
    }
    sql.lines().map(|l| format!("  {l}")).collect::<Vec<_>>().join("\n")
}
