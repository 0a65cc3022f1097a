//! The parts of checks: columns by name, values as literals of their columns' types, conditions as GoogleSQL over one row.
//! It must not know the kinds of check.

use std::collections::BTreeSet;

use dwc_googlesql::{Column as SqlColumn, ColumnKind, ProblemKind, Tables, Type, analyze_query, parse_expr};

use super::resolve_checks::{CHECKED, Resolving};
use super::resolve_queries::{code_of, sql_problem};
use super::star_columns;
use super::test_values::{document as value_document, value};
use super::types::{ModelId, Project, Referenced, Threshold};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::source::Span;
use crate::sql::names;
use crate::syntax::{self, Literal, LiteralValue, Names};

impl Resolving<'_, '_> {
    pub(super) fn threshold(&mut self, check: &syntax::Check, kind: &str) -> Threshold {
        let Some(syntax::Scalar(written)) = &check.threshold else { return Threshold::Rows(0) };
        if matches!(kind, "rows" | "freshness") {
            self.problems.push(
                Diagnostic::new(Code::MisplacedKey, format!("`threshold` does not apply to `{kind}`"))
                    .at(self.span(&["threshold"]), "would be ignored")
                    .help("remove the key: the limits of the check say what may fail"),
            );
        }
        let share = written.strip_suffix('%').map(|share| share.trim().parse::<f64>());
        match (share, written.trim().parse::<u64>()) {
            (Some(Ok(share)), _) if (0.0..=100.0).contains(&share) => Threshold::Share(share / 100.0),
            (None, Ok(rows)) => Threshold::Rows(rows),
            _ => {
                let message = format!("`{written}` is neither a number of rows nor a share");
                self.wrong_value(&["threshold"], &message, "as `10` or `0.5%`");
                Threshold::Rows(0)
            }
        }
    }

    /// A condition that is written in a check, if it is sound.
    pub(super) fn condition(&mut self, key: &str) -> Option<String> {
        let path = self.path(&[key]);
        let sql = self.subject.document.sql(&path).filter(|sql| !sql.broken)?;
        let span = self.span(&[key]);
        if let Err(problem) = parse_expr(&sql.text) {
            self.problems.push(sql_problem(problem, Some(&sql), span, 0));
            return None;
        }
        let mut catalog = Tables::default();
        catalog.add("checked.rows", self.subject.columns.clone());
        let before = "SELECT (";
        let text = format!("{before}{}\n) AS value FROM `checked.rows` AS {CHECKED}", sql.text);
        let outcome = analyze_query(&text, &catalog);
        let mut failed = false;
        for problem in outcome.problems {
            if problem.kind == ProblemKind::Unsupported && !self.subject.on_duckdb {
                continue;
            }
            failed |= code_of(problem.kind).severity() == Severity::Error;
            self.problems.push(sql_problem(problem, Some(&sql), span, before.len()));
        }
        let analysis = outcome.analysis.filter(|_| !failed)?;
        self.reads.extend(analysis.used_columns.into_iter().map(|(_, column)| column));
        self.volatile.extend(analysis.volatile.into_iter().map(|(name, _)| name));
        let value = analysis.output.into_iter().next()?;
        if value.kind == ColumnKind::Aggregated {
            self.problems.push(
                Diagnostic::new(Code::MisplacedAggregate, "a condition of a check is over one row")
                    .at(span, "several rows are needed here")
                    .help("aggregate in the query of a model, and check that model"),
            );
            return None;
        }
        if !matches!(value.ty, Type::Bool | Type::Unknown) {
            self.problems.push(
                Diagnostic::new(Code::TypeMismatch, format!("the condition is {}, not BOOL", value.ty))
                    .at(span, format!("is {}", value.ty))
                    .help("write a comparison, such as `amount >= 0`"),
            );
            return None;
        }
        Some(sql.text)
    }

    pub(super) fn columns(&mut self, path: &[&str], names: &Names) -> Option<Vec<SqlColumn>> {
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        for (at, name) in names.0.iter().enumerate() {
            let at = at.to_string();
            let mut place = path.to_vec();
            place.push(&at);
            let column = self.column(&place, name)?;
            if seen.insert(column.name.clone()) {
                all.push(column);
            }
        }
        if all.is_empty() {
            self.wrong_value(path, "a check names no column", "no column");
            return None;
        }
        Some(all)
    }

    pub(super) fn column(&mut self, path: &[&str], name: &str) -> Option<SqlColumn> {
        let span = self.span(path);
        let found = find(&self.subject.columns, name, &self.subject.called, span, self.problems)?;
        self.reads.insert(found.name.clone());
        Some(found)
    }

    /// A value of a column as a GoogleSQL literal.
    pub(super) fn value(&mut self, path: &[&str], column: &SqlColumn, text: &str) -> Option<String> {
        let span = self.span(path);
        let written = Literal { span, value: LiteralValue::Scalar { text: text.to_owned(), plain: true } };
        match value(&value_document(&written, &column.ty), &column.name, &column.ty, self.subject.zone) {
            Ok(Some(value)) => Some(match &column.ty {
                Type::String => names::literal(&value),
                Type::Int64 => value,
                Type::Bool => value.to_uppercase(),
                // The text of an instant is in UTC.
                Type::Timestamp => format!("CAST('{value}+00' AS TIMESTAMP)"),
                ty => format!("CAST({} AS {})", names::literal(&value), ty.plain()),
            }),
            Ok(None) => {
                let help = "a value that it may have";
                self.wrong_value(path, &format!("NULL is no value of `{}`: NULL passes", column.name), help);
                None
            }
            Err(reason) => {
                self.wrong_value(path, &reason, &format!("`{}` is {}", column.name, column.ty));
                None
            }
        }
    }

    pub(super) fn wrong_value(&mut self, path: &[&str], message: &str, label: &str) {
        self.problems.push(
            Diagnostic::new(Code::CheckValue, message)
                .at(self.span(path), label)
                .help("`dwc explain DW0122` shows what the kinds of check take"),
        );
    }

    pub(super) fn no_comparison(&mut self, path: &[&str], column: &SqlColumn) {
        self.problems.push(
            Diagnostic::new(
                Code::TypeMismatch,
                format!("values of `{}`, a {}, are not compared", column.name, column.ty),
            )
            .at(self.span(path), format!("is {}", column.ty))
            .help("use `condition` with an expression over it"),
        );
    }
}

/// A table by the name that a check gives it: its columns, and those that name its rows.
pub(super) fn referenced(project: &Project, name: &str) -> Option<(Referenced, Vec<SqlColumn>, Vec<String>)> {
    if let Some(id) = project.model(name) {
        let key = match id {
            ModelId::Dimension(index) => project.dimensions[index].members().map(|members| &members.natural_key),
            ModelId::Fact(index) => Some(&project.facts[index].key),
        };
        let key = key.into_iter().flatten().map(|column| column.name.clone()).collect();
        let columns = super::columns::sql_columns(&star_columns(project, id));
        return Some((Referenced::Model(id), columns, key));
    }
    let table = project.table(name)?;
    let column = |column: &super::Column| SqlColumn {
        folds_case: column.folds_case,
        ..SqlColumn::new(&column.name, column.ty.clone())
    };
    let columns = table.columns.iter().map(column).collect();
    Some((Referenced::Table(table.address.clone()), columns, table.primary_key.clone()))
}

pub(super) fn find(
    columns: &[SqlColumn],
    name: &str,
    called: &str,
    span: Span,
    problems: &mut Vec<Diagnostic>,
) -> Option<SqlColumn> {
    let found = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name.trim()));
    if found.is_none() {
        let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        problems.push(
            Diagnostic::new(Code::UnknownColumn, format!("{called} has no column `{name}`"))
                .at(span, "not a column of it")
                .meant(span, name, nearest(name, known.iter().copied()))
                .or_help(|| format!("its columns are {}", known.join(", "))),
        );
    }
    found.cloned()
}

/// A column of the checked row.
pub(super) fn of(name: &str) -> String {
    format!("{CHECKED}.{}", names::backquoted(name))
}

/// Whether a column's values can be compared with others.
pub(super) fn is_comparable(ty: &Type) -> bool {
    !matches!(ty, Type::Json | Type::Array(_) | Type::Struct(_) | Type::Range(_) | Type::Interval | Type::Geography)
}

pub(super) fn named(kind: &str, columns: &[SqlColumn]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    format!("{kind}_{}", names.join("_"))
}

pub(super) fn listed(columns: &[SqlColumn]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    match names.as_slice() {
        [one] => (*one).to_owned(),
        several => format!("({})", several.join(", ")),
    }
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
