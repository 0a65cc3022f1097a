//! The statements that carry out a change set: what makes, alters and drops an object in one engine's words.

use dwc_googlesql::Type;
use serde::Serialize;

use super::Lowering;
use crate::model::{Project, TargetType};
use crate::plan::{Action, Alteration, Carries, Change, ChangeSet, Object, ObjectColumn, ObjectKind, filling};

#[derive(Serialize)]
struct TableContext {
    comment: String,
    table: String,
    columns: Vec<ColumnContext>,
    clauses: String,
}

#[derive(Serialize)]
struct ColumnContext {
    name: String,
    ty: String,
    required: bool,
    options: String,
}

/// What a statement of a change set does. Where definitions are no part of a transaction, that decides when it is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// It defines something, and may be executed again.
    Define,
    /// It gives a table or a column another name, and fails where it is executed again.
    Rename,
    /// It changes rows.
    Fill,
    /// It drops a table that stepped aside for the one that took its rows over: nothing can be done again then.
    Forget,
}

/// A statement of a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeStatement {
    /// The address of the change; empty for what all of them need.
    pub address: String,
    /// What it does.
    pub does: Does,
    /// The SQL.
    pub sql: String,
}

/// The statements that carry out a change set, in order.
#[must_use]
pub fn change_statements(project: &Project, engine: TargetType, schema: &str, set: &ChangeSet) -> Vec<ChangeStatement> {
    let lowering = Lowering::new(project, engine, schema);
    let schemas = [lowering.schema.clone(), lowering.landing_schema(), lowering.history_schema()];
    let mut statements: Vec<ChangeStatement> = schemas
        .iter()
        .filter(|_| set.changes.iter().any(|change| change.action == Action::Create))
        .map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {}", lowering.dialect.quote(schema)))
        .map(|sql| ChangeStatement { address: String::new(), does: Does::Define, sql })
        .collect();
    for change in &set.changes {
        let own = lowering.change(change).into_iter().chain(lowering.marked(change));
        statements.extend(own.map(|(does, sql)| ChangeStatement { address: change.address.clone(), does, sql }));
    }
    statements
}

/// A statement, and what it does.
type Told = (Does, String);

/// Statements that all do the same.
fn all(does: Does, statements: impl IntoIterator<Item = String>) -> Vec<Told> {
    statements.into_iter().map(|sql| (does, sql)).collect()
}

/// The name of a table that stepped aside for the one that takes its place.
#[must_use]
pub fn aside(object: &Object) -> String {
    format!("{}__dwc_old", object.name)
}

/// Columns whose type changes, as they are and as they will be.
pub(super) fn retyped<'a>(before: &'a Object, after: &'a Object) -> Vec<(&'a ObjectColumn, &'a ObjectColumn)> {
    let pairs = after.columns.iter().filter_map(|column| Some((before.former(column)?, column)));
    pairs.filter(|(from, to)| from.ty != to.ty).collect()
}

impl Lowering<'_> {
    fn change(&self, change: &Change) -> Vec<Told> {
        match (change.action, &change.before, &change.after) {
            (Action::Create, _, Some(after)) => self.create(after),
            (Action::Drop, Some(before), _) => all(Does::Define, [self.drop(before)]),
            (Action::Rebuild, Some(before), Some(after)) if change.carries == Carries::Nothing => {
                self.anew(before, after)
            }
            (Action::Rebuild, Some(before), Some(after)) => {
                let mut statements = self.swap(before, after);
                statements.extend(self.filled(change, after));
                // A label such as `Unknown` is one for texts alone.
                let retyped = retyped(before, after).into_iter();
                let reserved = retyped.filter_map(|(_, column)| self.reserved_in_column(after, column));
                statements.extend(all(Does::Fill, reserved));
                statements
            }
            (Action::Alter, _, Some(after)) if after.kind == ObjectKind::View => self.create(after),
            (Action::Alter, _, Some(after)) => {
                let altered = change.alterations.iter().flat_map(|alteration| self.alteration(after, alteration));
                // DuckDB does not commit a table that was altered again after its rows were changed.
                altered.chain(self.filled(change, after)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The reserved members' values of the columns that a dimension gets.
    fn filled(&self, change: &Change, after: &Object) -> Vec<Told> {
        let added = change.alterations.iter().filter_map(|alteration| match alteration {
            Alteration::AddColumn(column) => self.reserved_in_column(after, column),
            _ => None,
        });
        all(Does::Fill, added.chain(self.reworded(change, after)))
    }

    /// The table steps aside, is made anew, takes its rows over, and the old one goes. The name changes before any row
    /// does: DuckDB does not commit a table that was altered after its rows were changed. Where definitions are no part
    /// of a transaction, the table is made with its rows in one statement: it is never there without them.
    fn swap(&self, before: &Object, after: &Object) -> Vec<Told> {
        let aside = aside(before);
        let from = self.path(&before.schema, &aside);
        let path = self.path(&after.schema, &after.name);
        let quote = |name: &str| self.dialect.quote(name);
        let mut names = Vec::new();
        let mut values = Vec::new();
        let mut needed = Vec::new();
        for column in &after.columns {
            let value = match before.former(column) {
                Some(former) if former.ty == column.ty => quote(&former.name),
                Some(former) => {
                    let cast = self.dialect.words().safe_cast;
                    format!("{cast}({} AS {})", quote(&former.name), self.column_type(column))
                }
                None => match filling(column).filter(|_| column.required) {
                    Some(value) => value.to_owned(),
                    None => format!("CAST(NULL AS {})", self.column_type(column)),
                },
            };
            if column.required && before.former(column).is_some_and(|former| !former.required) {
                needed.push(format!("{value} IS NOT NULL"));
            }
            names.push(quote(&column.name));
            values.push(value);
        }
        let condition = if needed.is_empty() { String::new() } else { format!("\nWHERE {}", needed.join(" AND ")) };
        let mut statements = vec![self.renamed(&before.schema, &before.name, &aside)];
        let rows = format!("SELECT {}\nFROM {from}{condition}", values.join(", "));
        let mut made = self.make(after).into_iter();
        if self.dialect.has_physical_design() {
            statements.extend(made.next().map(|make| (Does::Define, format!("{make}\nAS {rows}"))));
            statements.extend(all(Does::Define, made));
        } else {
            statements.extend(all(Does::Define, made));
            statements.push((Does::Fill, format!("INSERT INTO {path} ({})\n{rows}", names.join(", "))));
        }
        statements.push((Does::Forget, format!("DROP TABLE {from}")));
        statements
    }

    /// The table is made again without its rows. Where others may have set something on it that no statement says, it steps
    /// aside until that was handed over.
    fn anew(&self, before: &Object, after: &Object) -> Vec<Told> {
        let is_table = before.kind != ObjectKind::View && after.kind != ObjectKind::View;
        if !self.dialect.has_physical_design() || !is_table {
            let mut statements = vec![(Does::Define, self.drop(before))];
            statements.extend(self.create(after));
            return statements;
        }
        let aside = aside(before);
        let mut statements = vec![self.renamed(&before.schema, &before.name, &aside)];
        statements.extend(self.create(after));
        statements.push((Does::Forget, format!("DROP TABLE {}", self.path(&before.schema, &aside))));
        statements
    }

    fn renamed(&self, schema: &str, from: &str, to: &str) -> Told {
        (Does::Rename, format!("ALTER TABLE {} RENAME TO {}", self.path(schema, from), self.dialect.quote(to)))
    }

    fn drop(&self, object: &Object) -> String {
        let kind = if object.kind == ObjectKind::View { "VIEW" } else { "TABLE" };
        format!("DROP {kind} IF EXISTS {}", self.path(&object.schema, &object.name))
    }

    fn create(&self, object: &Object) -> Vec<Told> {
        let mut statements = all(Does::Define, self.make(object));
        statements.extend(all(Does::Fill, self.seed(object)));
        statements
    }

    /// The object without rows.
    fn make(&self, object: &Object) -> Vec<String> {
        let path = self.path(&object.schema, &object.name);
        if object.kind == ObjectKind::View {
            let options = self.table_options(object);
            return vec![format!(
                "-- {}\nCREATE OR REPLACE VIEW {path}{options} AS\n{}",
                one_line(&object.description),
                object.definition
            )];
        }
        let mut clauses = object.definition.clone();
        clauses.push_str(&self.table_options(object));
        let context = TableContext {
            comment: format!("{}: {}", object.owner, one_line(&object.description)),
            table: path.clone(),
            columns: object
                .columns
                .iter()
                .map(|column| ColumnContext {
                    name: column.name.clone(),
                    ty: self.column_type(column),
                    required: column.required,
                    options: self.column_options(&column.description),
                })
                .collect(),
            clauses,
        };
        let mut statements = vec![self.render_one("table", context)];
        if !self.dialect.has_physical_design() {
            if !object.description.is_empty() {
                statements.push(self.comment_on(&format!("TABLE {path}"), &object.description));
            }
            for column in object.columns.iter().filter(|column| !column.description.is_empty()) {
                let target = format!("COLUMN {path}.{}", self.dialect.quote(&column.name));
                statements.push(self.comment_on(&target, &column.description));
            }
        }
        statements
    }

    pub(super) fn column_type(&self, column: &ObjectColumn) -> String {
        Type::parse(&column.ty).map_or_else(|| column.ty.clone(), |ty| self.dialect.ty(&ty))
    }

    fn comment_on(&self, target: &str, description: &str) -> String {
        format!("COMMENT ON {target} IS {}", self.dialect.string(description))
    }

    fn column_options(&self, description: &str) -> String {
        if description.is_empty() || !self.dialect.has_physical_design() {
            return String::new();
        }
        format!(" OPTIONS (description = {})", self.dialect.string(description))
    }

    fn table_options(&self, object: &Object) -> String {
        if !self.dialect.has_physical_design() {
            return String::new();
        }
        format!(
            "\nOPTIONS (description = {}, labels = [('dwc_project', {}), ('dwc_owner', {})])",
            self.dialect.string(&object.description),
            self.dialect.string(&label(&self.project.name)),
            self.dialect.string(&label(&object.owner))
        )
    }

    fn alteration(&self, after: &Object, alteration: &Alteration) -> Vec<Told> {
        let does = match alteration {
            Alteration::RenameTable(_) | Alteration::RenameColumn { .. } => Does::Rename,
            _ => Does::Define,
        };
        all(does, self.altered(after, alteration))
    }

    fn altered(&self, after: &Object, alteration: &Alteration) -> Vec<String> {
        let path = self.path(&after.schema, &after.name);
        let quote = |name: &str| self.dialect.quote(name);
        let physical = self.dialect.has_physical_design();
        match alteration {
            Alteration::RenameTable(from) => {
                vec![format!("ALTER TABLE {} RENAME TO {}", self.path(&after.schema, from), quote(&after.name))]
            }
            Alteration::AddColumn(column) => {
                let mut statements = vec![format!(
                    "ALTER TABLE {path} ADD COLUMN IF NOT EXISTS {} {}{}",
                    quote(&column.name),
                    self.column_type(column),
                    self.column_options(&column.description)
                )];
                if !physical && !column.description.is_empty() {
                    statements
                        .push(self.comment_on(&format!("COLUMN {path}.{}", quote(&column.name)), &column.description));
                }
                statements
            }
            Alteration::DropColumn(name) => {
                vec![format!("ALTER TABLE {path} DROP COLUMN IF EXISTS {}", quote(name))]
            }
            Alteration::RenameColumn { from, to } => {
                vec![format!("ALTER TABLE {path} RENAME COLUMN {} TO {}", quote(from), quote(to))]
            }
            Alteration::Widen(column) => vec![format!(
                "ALTER TABLE {path} ALTER COLUMN {} SET DATA TYPE {}",
                quote(&column.name),
                self.column_type(column)
            )],
            Alteration::Relax(name) => {
                vec![format!("ALTER TABLE {path} ALTER COLUMN {} DROP NOT NULL", quote(name))]
            }
            Alteration::DescribeColumn(column) if physical => vec![format!(
                "ALTER TABLE {path} ALTER COLUMN {} SET OPTIONS (description = {})",
                quote(&column.name),
                self.dialect.string(&column.description)
            )],
            Alteration::DescribeColumn(column) => {
                vec![self.comment_on(&format!("COLUMN {path}.{}", quote(&column.name)), &column.description)]
            }
            Alteration::Describe(text) if physical => {
                vec![format!("ALTER TABLE {path} SET OPTIONS (description = {})", self.dialect.string(text))]
            }
            Alteration::Describe(text) => vec![self.comment_on(&format!("TABLE {path}"), text)],
        }
    }
}

/// Labels hold lowercase letters, digits, `_` and `-`, at most 63.
/// <https://cloud.google.com/bigquery/docs/labels-intro#requirements>
fn label(text: &str) -> String {
    let clean = |c: char| if c.is_lowercase() || c.is_ascii_digit() || "_-".contains(c) { c } else { '_' };
    text.to_lowercase().chars().map(clean).take(63).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
