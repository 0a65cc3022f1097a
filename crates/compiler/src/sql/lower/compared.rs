//! What the columns of a key are compared by: texts that their source compares without case are folded, the same on both
//! engines and wherever rows are told apart. It must not decide which columns have such a collation.

use super::{Lowering, dialect};
use crate::model::{Column, Members, Table, TargetType};
use crate::sql::dialect::Dialect;
use crate::sql::template::Col;

/// What a column of a table's key is compared by, where `expr` gives it.
#[must_use]
pub fn compared(table: &Table, engine: TargetType, name: &str, expr: String) -> String {
    of_table(table, dialect(engine), name, expr)
}

fn of_table(table: &Table, dialect: &dyn Dialect, name: &str, expr: String) -> String {
    if table.column(name).is_some_and(|column| column.folds_case) { dialect.folded(&expr) } else { expr }
}

fn side(dialect: &dyn Dialect, folds: bool, alias: &str, name: &str) -> String {
    let expr = format!("{alias}.{}", dialect.quote(name));
    if folds { dialect.folded(&expr) } else { expr }
}

impl Lowering<'_> {
    /// A column under an alias as it is compared.
    pub(super) fn compared(&self, alias: &str, column: &Column) -> String {
        side(self.dialect, column.folds_case, alias, &column.name)
    }

    /// A column of a template under an alias as it is compared.
    pub(super) fn told(&self, alias: &str, column: &Col) -> String {
        side(self.dialect, column.is_folded(), alias, column.name())
    }

    /// A column of a source table's key under an alias as it is compared.
    pub(super) fn landed(&self, table: &Table, alias: &str, name: &str) -> String {
        of_table(table, self.dialect, name, format!("{alias}.{}", self.dialect.quote(name)))
    }

    /// That two rows have one key.
    pub(super) fn same_key(&self, key: &[Column], a: &str, b: &str) -> String {
        let equal = |column| format!("{} = {}", self.compared(a, column), self.compared(b, column));
        key.iter().map(equal).collect::<Vec<_>>().join(" AND ")
    }

    /// The rows of `incoming`, of those that spell one key in several ways one.
    pub(super) fn one_spelling(&self, members: &Members, on: &[String]) -> String {
        if members.natural_key.iter().all(|column| !column.folds_case) {
            return "incoming".to_owned();
        }
        let named = members.natural_key.iter().zip(on);
        let by: Vec<String> =
            named.map(|(column, on)| self.compared("_x", &Column { name: on.clone(), ..column.clone() })).collect();
        let order: Vec<String> = on.iter().map(|on| format!("_x.{}", self.dialect.quote(on))).collect();
        format!(
            "(SELECT * FROM incoming AS _x WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {}) = 1)",
            by.join(", "),
            order.join(", ")
        )
    }

    /// The rows of a relation, with their key as it is compared: to be grouped by, and told.
    pub(super) fn by_key(&self, relation: &str, key: &[Column]) -> String {
        let folded: Vec<String> = key
            .iter()
            .filter(|column| column.folds_case)
            .map(|column| format!("{} AS {}", self.compared("_x", column), self.dialect.quote(&column.name)))
            .collect();
        match folded.as_slice() {
            [] => relation.to_owned(),
            some => format!("(SELECT * REPLACE ({}) FROM {relation} AS _x)", some.join(", ")),
        }
    }
}

/// Names of columns of a key, as templates see them.
pub(super) fn keyed(names: &[String], key: &[Column]) -> Vec<Col> {
    let known = |name: &String| key.iter().find(|column| &column.name == name);
    names.iter().map(|name| known(name).map_or_else(|| Col::plain(name), Col::key)).collect()
}
