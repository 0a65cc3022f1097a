//! Reads the tables of a query restricted to what was touched, where a column of the key or an equality of a join says how.
//! It must not widen what the query gives.

use sqlparser::ast::{BinaryOperator, Expr, JoinConstraint, JoinOperator, Select, SetExpr, TableFactor};

use super::{
    Near, Relation, Rows, aliases, backquoted, constraint, each_factor, each_select, factor_alias, is_outer, key_expr,
    plain_alias, short_name, single_name, table_name,
};

/// Reads every table of the outermost blocks restricted, where a key column or a join says how.
pub(super) fn restrict(body: &mut SetExpr, usable: &[String], relations: &mut Vec<Relation>) {
    each_select(body, &mut |select| {
        let keys: Vec<(String, Expr)> =
            usable.iter().filter_map(|column| key_expr(select, column).map(|expr| (column.clone(), expr))).collect();
        let equalities = equalities(select);
        let mut done: Vec<(String, String)> = Vec::new();
        let only = select.from.len() == 1;
        let mut number = 0;
        let aliases = aliases(select);
        each_factor(select, &mut |factor| {
            let TableFactor::Table { name, alias, .. } = factor else { return };
            let Some(table) = table_name(name) else { return };
            let this = alias.as_ref().map_or_else(|| short_name(&table).to_owned(), |alias| alias.name.value.clone());
            let mut columns = Vec::new();
            for (key, expr) in &keys {
                if let Some(column) = column_of(&this, expr, &equalities, &aliases) {
                    columns.push((column, key.clone()));
                }
            }
            let rows = if columns.is_empty() {
                let joined = equalities.iter().find_map(|(left, right)| {
                    let (mine, other) = match (left, right) {
                        (l, r) if l.0 == this => (l, r),
                        (l, r) if r.0 == this => (r, l),
                        _ => return None,
                    };
                    let (_, relation) = done.iter().find(|(alias, _)| *alias == other.0)?;
                    Some(Rows::Joined {
                        column: mine.1.clone(),
                        other: relation.clone(),
                        other_column: other.1.clone(),
                    })
                });
                match joined {
                    Some(rows) if only => rows,
                    _ => return,
                }
            } else {
                Rows::Touched(columns)
            };
            number += 1;
            let relation = Relation {
                name: format!("{table}/touched_{number}_{this}"),
                table: table.clone(),
                rows,
                key: Vec::new(),
                near: None,
            };
            done.push((this.clone(), relation.name.clone()));
            alias.get_or_insert_with(|| plain_alias(&this));
            *name = backquoted(&relation.name);
            relations.push(relation);
        });
    });
}

/// Names the columns by which the search for rows that contribute to members may be narrowed: those of the relations in
/// `select`, which stand in the places of tables, that equal a column of the key in every row of the result.
pub(super) fn narrow(select: &mut Select, keys: &[(String, Expr)], relations: &mut Vec<Relation>) {
    let equalities = equalities(select);
    let aliases = aliases(select);
    each_factor(select, &mut |factor| {
        let Some(this) = factor_alias(factor) else { return };
        let columns: Vec<(String, String)> = keys
            .iter()
            .filter_map(|(key, expr)| Some((column_of(&this, expr, &equalities, &aliases)?, key.clone())))
            .collect();
        if columns.is_empty() {
            return;
        }
        match factor {
            TableFactor::Table { name, .. } => {
                let named = table_name(name);
                let found = relations.iter().find(|relation| Some(&relation.name) == named.as_ref()).cloned();
                let Some(mut relation) = found else { return };
                let by: Vec<String> = columns.iter().map(|(column, key)| format!("{column}={key}")).collect();
                relation.name = format!("{}/{}", relation.name, by.join(","));
                relation.key = columns;
                *name = backquoted(&relation.name);
                relations.push(relation);
            }
            TableFactor::Derived { subquery, .. } => each_select(&mut subquery.body, &mut |inner| {
                let inside = columns.iter().filter_map(|(column, key)| Some((key.clone(), key_expr(inner, column)?)));
                let inside: Vec<(String, Expr)> = inside.collect();
                narrow(inner, &inside, relations);
            }),
            _ => {}
        }
    });
}

/// Names the column of each relation by which it joins the changed rows, where a join says so.
pub(super) fn near(select: &mut Select, relations: &mut Vec<Relation>) {
    let equalities = equalities(select);
    let mut changed = None;
    let of = |relations: &[Relation], factor: &TableFactor| {
        let TableFactor::Table { name, .. } = factor else { return None };
        let named = table_name(name)?;
        relations.iter().find(|relation| relation.name == named).cloned()
    };
    each_factor(select, &mut |factor| {
        if let (Some(relation), Some(alias)) = (of(relations, factor), factor_alias(factor))
            && relation.rows == Rows::Changed
        {
            changed = Some((alias, relation.table));
        }
    });
    let Some((place, place_table)) = changed else { return };
    each_factor(select, &mut |factor| {
        let (Some(mut relation), Some(this)) = (of(relations, factor), factor_alias(factor)) else { return };
        let found = equalities.iter().find_map(|(left, right)| match (left, right) {
            (own, other) if own.0 == this && other.0 == place => Some((own, other)),
            (other, own) if own.0 == this && other.0 == place => Some((own, other)),
            _ => None,
        });
        let (Some((own, other)), TableFactor::Table { name, .. }) = (found.filter(|_| this != place), factor) else {
            return;
        };
        relation.name = format!("{}/near {}={place_table}.{}", relation.name, own.1, other.1);
        relation.near = Some(Near { column: own.1.clone(), table: place_table.clone(), other_column: other.1.clone() });
        *name = backquoted(&relation.name);
        relations.push(relation);
    });
}

pub(super) type Place = (String, String);

/// The column of `this` that always equals a key expression.
pub(super) fn column_of(this: &str, expr: &Expr, equalities: &[(Place, Place)], aliases: &[String]) -> Option<String> {
    let place = column_place(expr, aliases)?;
    let mut class = vec![place];
    let mut at = 0;
    while at < class.len() {
        let known = class[at].clone();
        for (left, right) in equalities {
            for (a, b) in [(left, right), (right, left)] {
                if *a == known && !class.contains(b) {
                    class.push(b.clone());
                }
            }
        }
        at += 1;
    }
    class.into_iter().find(|(alias, _)| alias == this).map(|(_, column)| column)
}

/// Equalities of columns that hold for every pair of rows that the joins bring together.
pub(super) fn equalities(select: &Select) -> Vec<(Place, Place)> {
    let aliases = aliases(select);
    let mut found = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for from in &select.from {
        seen.extend(factor_alias(&from.relation));
        for join in &from.joins {
            let right = factor_alias(&join.relation);
            let inner_or_left = matches!(
                join.join_operator,
                JoinOperator::Join(_)
                    | JoinOperator::Inner(_)
                    | JoinOperator::Left(_)
                    | JoinOperator::LeftOuter(_)
                    | JoinOperator::CrossJoin(_)
            );
            match (constraint(&join.join_operator), &right, inner_or_left) {
                (Some(JoinConstraint::On(on)), _, true) => conjuncts(on, &aliases, &mut found),
                (Some(JoinConstraint::Using(columns)), Some(right), true) => {
                    for column in columns.iter().filter_map(single_name) {
                        // USING merges the column: an unqualified reference stands for all of them.
                        found.push(((String::new(), column.clone()), (right.clone(), column.clone())));
                        if seen.len() == 1 {
                            found.push(((seen[0].clone(), column.clone()), (right.clone(), column)));
                        }
                    }
                }
                _ => {}
            }
            seen.extend(right);
        }
    }
    if !select.from.iter().any(|from| from.joins.iter().any(|join| is_outer(&join.join_operator)))
        && let Some(filter) = &select.selection
    {
        conjuncts(filter, &aliases, &mut found);
    }
    found
}

fn conjuncts(expr: &Expr, aliases: &[String], found: &mut Vec<(Place, Place)>) {
    match expr {
        Expr::Nested(inner) => conjuncts(inner, aliases, found),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conjuncts(left, aliases, found);
            conjuncts(right, aliases, found);
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            if let (Some(left), Some(right)) = (column_place(left, aliases), column_place(right, aliases)) {
                found.push((left, right));
            }
        }
        _ => {}
    }
}

/// `(alias, column)` of a plain column reference; the alias is empty where the text has none and several tables are read.
pub(super) fn column_place(expr: &Expr, aliases: &[String]) -> Option<Place> {
    match expr {
        Expr::Identifier(column) => {
            let alias = if aliases.len() == 1 { aliases[0].clone() } else { String::new() };
            Some((alias, column.value.clone()))
        }
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [alias, column] => Some((alias.value.clone(), column.value.clone())),
            _ => None,
        },
        _ => None,
    }
}
