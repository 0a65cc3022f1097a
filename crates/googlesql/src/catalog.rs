//! Which tables a query may name and what columns they have. It must not know where they come from.

use indexmap::IndexMap;

use super::types::{Type, quoted};

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As declared; names compare without case.
    pub name: String,
    /// The declared type.
    pub ty: Type,
    /// Its texts are compared without case.
    pub folds_case: bool,
}

impl Column {
    /// A column whose texts, where it has any, are compared as they are written.
    #[must_use]
    pub fn new(name: impl Into<String>, ty: Type) -> Self {
        Self { name: name.into(), ty, folds_case: false }
    }
}

/// The tables that a query may name, by the name as the query writes it (`shop.orders`).
pub trait Catalog {
    /// The columns of a table in order; `None` when there is no such table.
    fn columns(&self, table: &str) -> Option<&[Column]>;
    /// The text that names the table in DuckDB's FROM clause, quoted as needed.
    fn physical(&self, table: &str) -> String;
    /// Whether any column is compared without case.
    fn folds_case(&self) -> bool;
    /// Every table name, for near-name help.
    fn tables(&self) -> Vec<&str>;
}

/// A catalog held in memory.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    tables: IndexMap<String, (String, Vec<Column>)>,
}

impl Tables {
    /// Adds a table that DuckDB knows by its own name.
    pub fn add(&mut self, table: &str, columns: Vec<Column>) {
        self.add_as(table, quoted(table), columns);
    }

    /// Adds a table that DuckDB knows as `physical`, a quoted name or a parenthesised query.
    pub fn add_as(&mut self, table: &str, physical: String, columns: Vec<Column>) {
        self.tables.insert(table.to_string(), (physical, columns));
    }

    /// Adds a table from `name TYPE` pairs; `None` when a type has no meaning.
    pub fn with(mut self, table: &str, columns: &[(&str, &str)]) -> Option<Tables> {
        let columns =
            columns.iter().map(|(name, ty)| Some(Column::new(*name, Type::parse(ty)?))).collect::<Option<Vec<_>>>()?;
        self.add(table, columns);
        Some(self)
    }
}

impl Catalog for Tables {
    fn columns(&self, table: &str) -> Option<&[Column]> {
        self.tables.get(table).map(|(_, columns)| columns.as_slice())
    }

    fn physical(&self, table: &str) -> String {
        self.tables.get(table).map_or_else(|| quoted(table), |(physical, _)| physical.clone())
    }

    fn folds_case(&self) -> bool {
        self.tables.values().any(|(_, columns)| columns.iter().any(|column| column.folds_case))
    }

    fn tables(&self) -> Vec<&str> {
        self.tables.keys().map(String::as_str).collect()
    }
}
