//! What is known of an expression once it is resolved: its type, its DuckDB text, where its value comes from.
//! It must not look at the AST.

use std::collections::BTreeSet;
use std::ops::Range;

use super::problem::Problem;
use super::types::{Type, quoted};

/// Columns of catalog tables that a value comes from.
pub(super) type Origins = BTreeSet<(String, String)>;

/// How an output column is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnKind {
    /// A column of a table, passed on unchanged.
    Direct,
    /// An expression over columns of one row.
    Computed,
    /// An expression over several rows: an aggregate or a window.
    Aggregated,
}

/// How texts are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Collation {
    /// As they are written.
    #[default]
    None,
    /// Without case, of which nothing is left in them.
    Folded,
    /// Without case.
    Case,
}

impl Collation {
    /// That of a column.
    pub(super) fn of(folds_case: bool) -> Self {
        if folds_case { Self::Case } else { Self::None }
    }
}

/// A literal, kept because GoogleSQL converts literals where it does not convert columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Null,
    Int(String),
    Float(String),
    Str(String),
}

/// A column reference that no aggregate encloses: it must be grouped where its scope is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bare {
    /// Index of the scope that has the column.
    pub(super) scope: usize,
    pub(super) name: String,
    pub(super) span: Range<usize>,
}

/// A resolved expression.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) ty: Type,
    /// DuckDB text; `compound` says that it needs parentheses as an operand.
    pub(super) sql: String,
    pub(super) compound: bool,
    pub(super) origins: Origins,
    pub(super) kind: ColumnKind,
    pub(super) bare: Vec<Bare>,
    /// Whether an aggregate of the current select is inside.
    pub(super) aggregate: bool,
    /// Whether a window function is inside.
    pub(super) window: bool,
    pub(super) literal: Option<Literal>,
    /// How a text is compared, or the texts that a value holds.
    pub(super) collation: Collation,
}

impl Value {
    pub(super) fn new(ty: Type, sql: impl Into<String>) -> Value {
        Value {
            ty,
            sql: sql.into(),
            compound: false,
            origins: Origins::new(),
            kind: ColumnKind::Computed,
            bare: vec![],
            aggregate: false,
            window: false,
            literal: None,
            collation: Collation::None,
        }
    }

    /// What stands for an expression that has a problem: fits everywhere, so that one problem is told once.
    pub(super) fn unknown() -> Value {
        Value::new(Type::Unknown, "NULL")
    }

    pub(super) fn string(text: &str) -> Value {
        let mut value = Value::new(Type::String, quote_text(text));
        value.literal = Some(Literal::Str(text.to_string()));
        value
    }

    /// A new text over the same inputs.
    pub(super) fn over(ty: Type, sql: impl Into<String>, inputs: &[&Value]) -> Value {
        let mut value = Value::new(ty, sql);
        for input in inputs {
            value.absorb(input);
        }
        value
    }

    /// Takes over where another value comes from.
    pub(super) fn absorb(&mut self, input: &Value) {
        self.origins.extend(input.origins.iter().cloned());
        for bare in &input.bare {
            if !self.bare.contains(bare) {
                self.bare.push(bare.clone());
            }
        }
        self.aggregate |= input.aggregate;
        self.window |= input.window;
        if holds_texts(&self.ty) {
            self.collation = self.collation.max(input.collation);
        }
        if input.kind == ColumnKind::Aggregated {
            self.kind = ColumnKind::Aggregated;
        }
    }

    /// Marks the text as one that needs parentheses when it becomes an operand.
    pub(super) fn compound(mut self) -> Value {
        self.compound = true;
        self
    }

    /// The text as an operand of an operator.
    pub(super) fn operand(&self) -> String {
        if self.compound { format!("({})", self.sql) } else { self.sql.clone() }
    }

    /// As `operand`, but an integer literal without its type, where the other side gives it one.
    pub(super) fn plain(&self) -> String {
        match &self.literal {
            Some(Literal::Int(digits)) if self.ty == Type::Int64 => {
                if digits.starts_with('-') {
                    format!("({digits})")
                } else {
                    digits.clone()
                }
            }
            _ => self.operand(),
        }
    }

    /// Whether it is the same for every row.
    pub(super) fn is_constant(&self) -> bool {
        self.bare.is_empty() && self.origins.is_empty() && !self.aggregate && !self.window
    }

    /// The text of a string literal, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.literal {
            Some(Literal::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// The value of an integer literal, if it is one.
    pub(super) fn as_int(&self) -> Option<i64> {
        match &self.literal {
            Some(Literal::Int(text)) => text.parse().ok(),
            _ => None,
        }
    }
}

/// Whether a value of a type is a text, or may hold one.
fn holds_texts(ty: &Type) -> bool {
    matches!(ty, Type::String | Type::Array(_) | Type::Struct(_))
}

/// The text of a call that gives NULL instead of an error of its own. The functions in Rust have a form for it;
/// for all other text there is TRY, which takes no aggregates and would swallow what fails in an argument: `None` then.
pub(super) fn tried(value: &Value, args: &[&Value]) -> Option<String> {
    if let Some(rest) = value.sql.strip_prefix("dwc_") {
        let name = rest.split('(').next().unwrap_or(rest);
        if !super::DUCKDB_PRELUDE.contains(&format!("MACRO dwc_{name}(")) && !value.compound {
            return Some(format!("dwc_try_{rest}"));
        }
    }
    let alone = !value.aggregate && !value.window && args.iter().all(|a| cannot_fail(&a.sql));
    alone.then(|| format!("TRY({})", value.sql))
}

/// Whether a text has no value that fails: names, literals, and functions that take everything.
fn cannot_fail(sql: &str) -> bool {
    const TOTAL: [&str; 18] = [
        "coalesce",
        "nullif",
        "length",
        "strlen",
        "octet_length",
        "struct_extract",
        "struct_pack",
        "dwc_upper",
        "dwc_lower",
        "dwc_trim",
        "dwc_concat",
        "encode",
        "year",
        "epoch_us",
        "dwc_float_to_string",
        "dwc_datetime_to_string",
        "dwc_time_to_string",
        "dwc_numeric_to_string",
    ];
    let mut word = String::new();
    let mut quote = None;
    for c in sql.chars() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, c) if c.is_alphanumeric() || c == '_' => {
                word.push(c);
                continue;
            }
            (None, '+' | '-' | '*' | '/' | '%') => return false,
            (None, '(') if word == "CAST" => {
                // To text everything casts, and a number that was written as a literal casts to what it is.
                let literal = sql.starts_with("CAST(") && sql[5..].starts_with(|c: char| c.is_ascii_digit());
                if !literal && !sql.contains(" AS VARCHAR)") && !sql.contains("CAST(NULL AS") {
                    return false;
                }
            }
            (None, '(') if !word.is_empty() && !TOTAL.contains(&word.as_str()) => return false,
            _ => {}
        }
        word.clear();
    }
    true
}

/// A DuckDB string literal.
pub(super) fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A column that a scope offers.
#[derive(Debug, Clone)]
pub(super) struct ScopeColumn {
    pub(super) name: String,
    pub(super) ty: Type,
    /// DuckDB text of a reference to it.
    pub(super) sql: String,
    pub(super) origins: Origins,
    pub(super) kind: ColumnKind,
    pub(super) collation: Collation,
    /// Its name is not the query's, and cannot be written.
    pub(super) nameless: bool,
}

/// A relation of a FROM clause.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// The name by which columns are qualified.
    pub(super) alias: String,
    pub(super) columns: Vec<ScopeColumn>,
    /// The whole row as one value: set for UNNEST, whose alias names the element.
    pub(super) element: Option<ScopeColumn>,
}

impl Relation {
    /// The row of the relation as a struct.
    pub(super) fn row(&self) -> ScopeColumn {
        if let Some(element) = &self.element {
            return element.clone();
        }
        let fields =
            self.columns.iter().map(|c| super::types::Field { name: c.name.clone(), ty: c.ty.clone() }).collect();
        let parts: Vec<String> = self.columns.iter().map(|c| format!("{} := {}", quoted(&c.name), c.sql)).collect();
        ScopeColumn {
            name: self.alias.clone(),
            ty: Type::Struct(fields),
            sql: format!("struct_pack({})", parts.join(", ")),
            origins: self.columns.iter().flat_map(|c| c.origins.iter().cloned()).collect(),
            kind: ColumnKind::Computed,
            collation: self.columns.iter().map(|c| c.collation).max().unwrap_or_default(),
            nameless: false,
        }
    }
}

/// The names that one SELECT sees.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) relations: Vec<Relation>,
    /// Columns merged by USING: named without qualifier they are not ambiguous.
    pub(super) merged: Vec<ScopeColumn>,
    /// Aliases of the select list, visible after it.
    pub(super) aliases: Vec<(String, Value)>,
    /// Names that a `WITH(...)` expression gives, inner ones last.
    pub(super) bindings: Vec<(String, Value)>,
    /// Texts of the grouping keys, once they are known.
    pub(super) keys: Vec<String>,
    /// Named windows.
    pub(super) windows: Vec<(String, Window)>,
    /// What its FROM clause refers to outside of the query.
    pub(super) outside: Vec<Bare>,
}

/// What stands inside OVER's parentheses.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    pub(super) text: String,
    pub(super) ordered: bool,
    pub(super) framed: bool,
    /// What it is partitioned and ordered by.
    pub(super) values: Vec<Value>,
    /// What is wrong with a named window: told where it is used.
    pub(super) problems: Vec<Problem>,
}
