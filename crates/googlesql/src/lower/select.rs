//! SELECT: the list with its wildcards, grouping, and the clauses that see aliases.
//! It must not know relations beyond the scope that `from` filled.

use std::ops::Range;

use sqlparser::ast::{
    Distinct, Expr, OrderBy, Select, SelectFlavor, SelectItem, ValueTableMode, WildcardAdditionalOptions,
};

use super::expr::implied_name;
use super::{Lower, Rows};
use crate::coerce;
use crate::problem::ProblemKind;
use crate::types::{Type, quoted};
use crate::value::{Collation, ColumnKind, ScopeColumn, Value};

/// An entry of the select list, wildcards expanded.
pub(super) struct Item<'e> {
    pub(super) name: String,
    pub(super) source: Source<'e>,
    /// Whether the query itself names the entry.
    pub(super) aliased: bool,
    /// Whether nothing names it.
    pub(super) nameless: bool,
}

#[derive(Clone)]
pub(super) enum Source<'e> {
    Expr(&'e Expr),
    Column(Box<ScopeColumn>, Range<usize>),
}

impl Lower<'_> {
    pub(super) fn select(&mut self, select: &Select, order: Option<&OrderBy>, as_value: bool) -> Rows {
        self.enter();
        let rows = self.select_inside(select, order, as_value);
        self.scopes.pop();
        rows
    }

    fn select_inside(&mut self, select: &Select, order: Option<&OrderBy>, as_value: bool) -> Rows {
        let depth = self.scopes.len() - 1;
        let from = self.from(&select.from);
        let mut outer = self.scopes.last_mut().map_or_else(Vec::new, |scope| std::mem::take(&mut scope.outside));
        let mut clauses = String::new();
        if !from.is_empty() {
            clauses.push_str(&format!("\nFROM {from}"));
        }
        if let Some(selection) = &select.selection {
            if select.from.is_empty() {
                let at = self.span_of(selection);
                self.report(ProblemKind::Shape, at, "WHERE without FROM", None);
            }
            let value = self.condition(selection, "WHERE");
            if value.aggregate || value.window {
                let at = self.span_of(selection);
                self.report(
                    ProblemKind::MisplacedAggregate,
                    at,
                    "an aggregate in WHERE",
                    Some("use HAVING or QUALIFY".into()),
                );
            }
            clauses.push_str(&format!("\nWHERE {}", value.sql));
            outer.extend(value.bare);
        }
        self.unsupported_clauses(select);
        self.named_windows(&select.named_window);

        let all = [SelectItem::Wildcard(WildcardAdditionalOptions::default())];
        let whole = select.projection.is_empty() && select.flavor == SelectFlavor::FromFirstNoSelect;
        let items = self.items(if whole { &all } else { &select.projection });
        let (grouping, keys, grouped) = self.group_by(&select.group_by, &items);
        if let Some(scope) = self.scopes.last_mut() {
            scope.keys = keys;
        }
        if grouped {
            // Of the keys they are told now.
            self.named_windows(&select.named_window);
        }
        let values: Vec<Value> = items.iter().map(|i| self.item(i, depth)).collect();
        clauses.push_str(&grouping);

        if let Some(scope) = self.scopes.last_mut() {
            scope.aliases = items
                .iter()
                .zip(&values)
                .filter(|(i, _)| i.aliased)
                .map(|(i, v)| {
                    // A NULL that has a name has a type.
                    let nothing = v.ty == Type::Unknown && v.literal.is_some();
                    let value = if nothing { coerce::convert(v.clone(), &Type::Int64) } else { v.clone() };
                    (i.name.clone(), value)
                })
                .collect();
        }
        let mut later = Vec::new();
        if let Some(having) = &select.having {
            let value = self.condition(having, "HAVING");
            if value.window {
                let at = self.span_of(having);
                let message = "a window function in HAVING";
                self.report(ProblemKind::MisplacedAggregate, at, message, Some("use QUALIFY".into()));
            }
            clauses.push_str(&format!("\nHAVING {}", value.sql));
            later.push(value);
        }
        if let Some(qualify) = &select.qualify {
            let value = self.condition(qualify, "QUALIFY");
            clauses.push_str(&format!("\nQUALIFY {}", value.sql));
            later.push(value);
        }
        // A packed struct has no places for the keys to stand for.
        let written = as_value && matches!(select.value_table_mode, Some(ValueTableMode::AsStruct));
        let is_distinct = matches!(select.distinct, Some(Distinct::Distinct))
            || matches!(
                select.value_table_mode,
                Some(ValueTableMode::DistinctAsStruct | ValueTableMode::DistinctAsValue)
            );
        let before = later.len();
        let ordering = order.map(|o| self.order_select(o, &items, &values, is_distinct, written, &mut later));

        if is_distinct {
            if values.iter().any(|value| value.collation == Collation::Case) {
                let at = self.span_of(select);
                self.told_apart(&at, "SELECT DISTINCT", "write LOWER(…) around such texts in the list");
            }
            // Rows are told apart by each of the columns.
            self.used.extend(values.iter().flat_map(|value| value.origins.iter().cloned()));
        }
        for value in values.iter().filter(|value| is_distinct && !value.ty.is_groupable()) {
            let message = format!("SELECT DISTINCT does not tell apart {}", value.ty);
            self.report(ProblemKind::TypeMismatch, self.span_of(select), message, None);
        }
        let listed = grouped || values.iter().any(|value| value.aggregate);
        if select.having.is_some() && !listed && !select.from.is_empty() {
            let message = "HAVING needs GROUP BY or an aggregate in the select list";
            self.report(ProblemKind::Shape, self.span_of(select), message, Some("write WHERE".into()));
        }
        if !listed && !select.from.is_empty() && later[before..].iter().any(|value| value.aggregate) {
            let message = "an aggregate in ORDER BY needs GROUP BY or an aggregate in the select list";
            self.report(ProblemKind::MisplacedAggregate, self.span_of(select), message, None);
        }
        if select.flavor == SelectFlavor::FromFirstNoSelect && order.is_some() {
            let help = Some("write |> ORDER BY".into());
            self.report(ProblemKind::ParseError, self.span_of(select), "ORDER BY behind FROM alone", help);
        }
        if select.from.is_empty() && (order.is_some() || !select.named_window.is_empty()) {
            let clause = if order.is_some() { "ORDER BY" } else { "WINDOW" };
            self.report(ProblemKind::Shape, self.span_of(select), format!("{clause} without FROM"), None);
        }
        let aggregated = grouped || values.iter().chain(&later).any(|v| v.aggregate);
        self.check_clauses(select, aggregated, is_distinct, values.iter().chain(&later).any(|v| v.window));
        if aggregated {
            for value in values.iter().chain(&later) {
                self.check_grouped(value, depth);
            }
        }
        for value in values.iter().chain(&later) {
            outer.extend(value.bare.iter().cloned());
        }
        outer.retain(|b| b.scope < depth);

        let distinct = if is_distinct { "DISTINCT " } else { "" };
        let (list, columns) = self.finish_list(select, items, values, as_value);
        let mut sql = format!("SELECT {distinct}{list}{clauses}");
        if let Some(ordering) = ordering {
            sql.push_str(&ordering);
        }
        Rows { sql, columns, bare: outer }
    }

    /// What a clause needs around it.
    fn check_clauses(&mut self, select: &Select, aggregated: bool, is_distinct: bool, windowed: bool) {
        let at = self.span_of(select);
        if select.from.is_empty() {
            if select.having.is_some() || aggregated {
                self.report(ProblemKind::Shape, at.clone(), "an aggregate or HAVING without FROM", None);
            } else if is_distinct {
                self.report(ProblemKind::Shape, at.clone(), "SELECT DISTINCT without FROM", None);
            } else if windowed {
                self.report(ProblemKind::Shape, at.clone(), "a window function without FROM", None);
            }
        }
        if select.window_before_qualify && select.qualify.is_some() {
            self.report(ProblemKind::ParseError, at.clone(), "QUALIFY stands before WINDOW", None);
        }
        if select.qualify.is_some() && !windowed {
            let message = "QUALIFY needs a window function";
            self.report(ProblemKind::Shape, at, message, Some("write WHERE or HAVING".into()));
        }
    }

    fn condition(&mut self, expr: &Expr, clause: &str) -> Value {
        let value = self.expr(expr);
        let at = self.span_of(expr);
        self.expect(value, &Type::Bool, at, &format!("the condition of {clause}"))
    }

    fn unsupported_clauses(&mut self, select: &Select) {
        if select.top.is_some()
            || select.into.is_some()
            || !select.lateral_views.is_empty()
            || select.prewhere.is_some()
            || !select.connect_by.is_empty()
            || !select.cluster_by.is_empty()
            || !select.distribute_by.is_empty()
            || !select.sort_by.is_empty()
            || matches!(select.distinct, Some(Distinct::On(_)))
            || select.flavor == SelectFlavor::FromFirst
        {
            let at = self.span_of(select);
            self.report(ProblemKind::ParseError, at, "a clause that GoogleSQL does not have", None);
        }
    }

    pub(super) fn item(&mut self, item: &Item<'_>, depth: usize) -> Value {
        match &item.source {
            Source::Expr(expr) => {
                let value = self.expr(expr);
                self.grouped(value)
            }
            Source::Column(column, span) => self.passed_on(column, depth, span.clone()),
        }
    }

    fn check_grouped(&mut self, value: &Value, depth: usize) {
        for bare in value.bare.iter().filter(|b| b.scope == depth) {
            let message = format!("column `{}` is neither grouped nor aggregated", bare.name);
            let help = Some(format!("add it to GROUP BY, or take ANY_VALUE({})", bare.name).into());
            self.report(ProblemKind::NotGrouped, bare.span.clone(), message, help);
        }
    }

    /// The select list with wildcards expanded and names given.
    fn items<'e>(&mut self, projection: &'e [SelectItem]) -> Vec<Item<'e>> {
        let mut items: Vec<Item<'e>> = Vec::new();
        let mut unnamed = 0;
        for entry in projection {
            match entry {
                SelectItem::ExprWithAlias { expr, alias } => {
                    if matches!(alias.quote_style, Some('\'' | '"')) {
                        let at = self.span(alias.span);
                        let help = Some(format!("write it in backquotes: `{}`", alias.value).into());
                        self.report(ProblemKind::ParseError, at, "a string is not a name", help);
                    }
                    items.push(Item {
                        name: alias.value.clone(),
                        source: Source::Expr(expr),
                        aliased: true,
                        nameless: false,
                    });
                }
                SelectItem::UnnamedExpr(expr) => {
                    let implied = implied_name(expr);
                    let nameless = implied.is_none();
                    let name = implied.map(|i| i.value.clone()).unwrap_or_else(|| {
                        unnamed += 1;
                        format!("f{}_", unnamed - 1)
                    });
                    items.push(Item { name, source: Source::Expr(expr), aliased: false, nameless });
                }
                SelectItem::Wildcard(options) => {
                    let at = self.span_of(entry);
                    let columns = self.all_columns();
                    if columns.is_empty() {
                        self.report(ProblemKind::Shape, at.clone(), "SELECT * without FROM", None);
                    }
                    self.wildcard(columns, options, &at, &mut items);
                }
                SelectItem::QualifiedWildcard(kind, options) => {
                    let at = self.span_of(entry);
                    let columns = self.qualified_columns(kind, &at);
                    self.wildcard(columns, options, &at, &mut items);
                }
                SelectItem::ExprWithAliases { expr, .. } => {
                    let at = self.span_of(expr);
                    self.unsupported(at, "several aliases of one expression");
                }
            }
        }
        items
    }

    /// The written list and the columns it gives.
    fn finish_list(
        &mut self,
        select: &Select,
        items: Vec<Item<'_>>,
        values: Vec<Value>,
        as_value: bool,
    ) -> (String, Vec<ScopeColumn>) {
        let structured =
            matches!(select.value_table_mode, Some(ValueTableMode::AsStruct | ValueTableMode::DistinctAsStruct));
        if matches!(select.value_table_mode, Some(ValueTableMode::AsValue | ValueTableMode::DistinctAsValue))
            && !as_value
        {
            let at = self.span_of(select);
            self.unsupported(at, "SELECT AS VALUE outside of an expression");
        }
        let mut columns: Vec<ScopeColumn> = Vec::new();
        let mut texts = Vec::new();
        if structured && as_value {
            let names: Vec<String> = items.into_iter().map(|i| i.name).collect();
            let mut packed = self.pack(names.into_iter().zip(values).collect());
            if let Some(kind) = packed.aggregate.then_some(ColumnKind::Aggregated) {
                packed.kind = kind;
            }
            texts.push(format!("{} AS \"f0_\"", packed.sql));
            columns.push(ScopeColumn {
                name: "f0_".into(),
                ty: packed.ty,
                sql: quoted("f0_"),
                origins: packed.origins,
                kind: packed.kind,
                collation: packed.collation,
                nameless: true,
            });
        } else {
            for (item, value) in items.into_iter().zip(values) {
                let name = quoted(&item.name);
                let named = value.sql == name
                    || value.sql.ends_with(&format!(".{name}")) && !value.compound && !value.sql.contains('(');
                texts.push(if named { value.sql.clone() } else { format!("{} AS {name}", value.sql) });
                columns.push(ScopeColumn {
                    name: item.name,
                    ty: value.ty,
                    sql: name,
                    origins: value.origins,
                    kind: value.kind,
                    collation: value.collation,
                    nameless: item.nameless,
                });
            }
        }
        let width: usize = texts.iter().map(String::len).sum();
        let list = if width > 100 || texts.iter().any(|t| t.contains('\n')) {
            format!("\n  {}", texts.join(",\n  "))
        } else {
            texts.join(", ")
        };
        (list, columns)
    }
}
