//! Resolves unit tests against a checked project: tables, models and columns by name, values by the types of their columns.
//! Every problem is collected. It must not know how a test is run.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _};
use dwc_googlesql::Type;

use super::resolve::unknown;
use super::test_values::{document, instant, value};
use super::types::{
    Expected, ExpectedColumn, ExpectedRow, Extent, GivenRun, GivenTable, GivenValue, ModelId, Project, Subject, Table,
    UnitTest,
};
use super::{StarColumn, star_columns};
use crate::cell::moment;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;
use crate::sql::{self, Question};
use crate::syntax::{GivenMode, Literal, LiteralValue};

/// The columns of an error event besides those of the row.
pub(crate) const REASON: &str = "reason";

/// The columns of what a model rejects: its key, and what found it.
const EVENT: [&str; 2] = ["place", "screen"];

/// Resolves the tests of files. A test with a problem is left out.
pub(crate) fn resolve_unit_tests(project: &Project, files: &[Literal]) -> (Vec<UnitTest>, Vec<Diagnostic>) {
    let (mut tests, mut problems): (Vec<UnitTest>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    for (name, span, test) in files.iter().filter_map(|file| file.get("tests")).flat_map(Literal::entries) {
        let mut resolver = Resolver { project, problems: Vec::new(), spared: spared(test) };
        let test = resolver.test(name, *span, test);
        if let Some(other) = tests.iter().find(|other| other.name == *name) {
            let twice = Diagnostic::new(Code::DuplicateName, format!("two tests have the name `{name}`"));
            resolver
                .problems
                .push(twice.at(*span, "again here").at(other.span, "first here").help("rename one of them"));
        }
        if resolver.problems.is_empty() {
            tests.push(test);
        }
        problems.append(&mut resolver.problems);
    }
    (tests, problems)
}

/// The tables of which rows are expected not to land: their values need not be of their columns' types.
fn spared(test: &Literal) -> BTreeSet<&str> {
    let rejected = test.get("expect").and_then(|expect| expect.get("rejected"));
    rejected.into_iter().flat_map(Literal::entries).map(|(table, ..)| table.as_str()).collect()
}

struct Resolver<'a> {
    project: &'a Project,
    problems: Vec<Diagnostic>,
    spared: BTreeSet<&'a str>,
}

impl<'a> Resolver<'a> {
    fn test(&mut self, name: &str, span: Span, test: &Literal) -> UnitTest {
        let mut given: Vec<GivenRun> = Vec::new();
        let mut latest: Option<NaiveDateTime> = None;
        for run in test.get("given").into_iter().flat_map(Literal::items) {
            let run = self.run(run, given.last().map(|run| run.at), &mut latest);
            given.push(run);
        }
        let expect = test.get("expect");
        let mut resolved = UnitTest { name: name.to_owned(), span, given, expect: Vec::new(), diagnostics: Vec::new() };
        for (key, span, value) in expect.into_iter().flat_map(Literal::entries) {
            match key.as_str() {
                "diagnostics" => {
                    let codes = value.items().iter().filter_map(|code| Some((self.code(code)?, code.span)));
                    resolved.diagnostics = codes.collect();
                }
                "rejected" => {
                    let tables = value.entries().iter();
                    resolved.expect.extend(tables.filter_map(|(table, span, rows)| self.rejected(table, *span, rows)));
                }
                "answers" => resolved.expect.extend(value.items().iter().filter_map(|answer| self.answer(answer))),
                _ => resolved.expect.extend(self.model(key, *span, value)),
            }
        }
        if resolved.given.is_empty() || resolved.expect.is_empty() && resolved.diagnostics.is_empty() {
            let what = if resolved.given.is_empty() { "is given nothing" } else { "expects nothing" };
            self.problems.push(
                Diagnostic::new(Code::EmptyTest, format!("test `{name}` {what}"))
                    .at(span, "it could not fail")
                    .help("give it at least one run, and rows, a diagnostic, rejected rows or an answer to expect"),
            );
        }
        resolved
    }

    fn code(&mut self, code: &Literal) -> Option<Code> {
        let text = code.text().unwrap_or_default();
        let found = Code::of(text);
        if found.is_none() {
            let known = Code::ALL.iter().map(|code| code.id());
            self.problems.push(unknown("diagnostic", text, code.span, known));
        }
        found
    }

    /// What a run finds, after the run before it and the latest time that was given before.
    fn run(&mut self, run: &Literal, before: Option<NaiveDateTime>, latest: &mut Option<NaiveDateTime>) -> GivenRun {
        let mode = match run.get("mode").and_then(Literal::text) {
            Some("full") => GivenMode::Full,
            Some("rebuild") => GivenMode::Rebuild,
            _ => GivenMode::Incremental,
        };
        let own = |(name, ..): &&(String, Span, Literal)| !matches!(name.as_str(), "at" | "mode");
        let mut tables = Vec::new();
        for (address, span, rows) in run.entries().iter().filter(own) {
            let Some(table) = self.table(address, *span) else { continue };
            let rows = rows.items().iter().map(|row| self.given(table, row, latest)).collect();
            tables.push(GivenTable { address: address.clone(), rows });
        }
        let at = run.get("at").and_then(|at| self.at(at, before)).unwrap_or_else(|| self.after(before, *latest));
        GivenRun { at, mode, tables }
    }

    /// The time of a run as it is written, by the project's clocks.
    fn at(&mut self, at: &Literal, before: Option<NaiveDateTime>) -> Option<NaiveDateTime> {
        let text = at.text().unwrap_or_default();
        let zone = self.project.timezone;
        let Some(found) = instant(&document(at, &Type::Timestamp), "at", &Type::Timestamp, zone) else {
            self.problems.push(
                Diagnostic::new(Code::TestValue, format!("`{text}` is not a time"))
                    .at(at.span, "the time of a run")
                    .help("write it as 2026-03-20, 2026-03-20 09:30 or 2026-03-20T09:30:00+09:00"),
            );
            return None;
        };
        // The names of files have whole seconds.
        let found = found.with_nanosecond(0).unwrap_or(found);
        if before.is_some_and(|before| found <= before) {
            self.problems.push(
                Diagnostic::new(Code::TestValue, "a run is not after the one before it")
                    .at(at.span, "the time of a run")
                    .help("give the runs in the order of their times; without `at`, a run is at the midnight after the latest time among its rows"),
            );
        }
        Some(found)
    }

    /// The midnight after everything that was given, by the project's clocks.
    fn after(&self, before: Option<NaiveDateTime>, latest: Option<NaiveDateTime>) -> NaiveDateTime {
        let zone = self.project.timezone;
        let first = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN);
        match before.into_iter().chain(latest).max() {
            None => moment::to_utc(first, zone),
            Some(at) => {
                let day = (moment::to_local(at, zone) + TimeDelta::days(1)).date();
                moment::to_utc(day.and_time(NaiveTime::MIN), zone)
            }
        }
    }

    fn table(&mut self, address: &str, span: Span) -> Option<&'a Table> {
        let project = self.project;
        let table = project.table(address);
        if table.is_none() {
            let known = project.tables.iter().map(|table| table.address.as_str());
            let diagnostic = Diagnostic::new(Code::UnknownTable, format!("no source has a table `{address}`"))
                .at(span, "not declared")
                .meant(span, address, nearest(address, known));
            self.problems.push(diagnostic.or_help(|| "name it as `source.table`".to_owned()));
        }
        table
    }

    /// A given row: a value for each column.
    fn given(&mut self, table: &Table, row: &Literal, latest: &mut Option<NaiveDateTime>) -> Vec<GivenValue> {
        for (name, span, _) in row.entries() {
            if table.column(name).is_none() {
                let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
                self.no_column(&format!("table `{}`", table.address), name, *span, &names);
            }
        }
        let zone = self.project.zone_of(table);
        let mut values = Vec::with_capacity(table.columns.len());
        for column in &table.columns {
            let Some(literal) = row.get(&column.name) else {
                values.push(GivenValue { document: "null".to_owned(), value: Some(None) });
                continue;
            };
            let document = document(literal, &column.ty);
            // A server compares its cursor with what was read before.
            let is_compared = table.files.is_none() && table.cursor.as_ref() == Some(&column.name);
            let value = match value(&document, &column.name, &column.ty, zone) {
                Ok(value) => Some(value),
                Err(reason) => {
                    if is_compared || !self.spared.contains(table.address.as_str()) {
                        self.no_value(literal.span, &reason, !is_compared);
                    }
                    None
                }
            };
            let at = instant(&document, &column.name, &column.ty, zone).filter(|at| !moment::is_sentinel(*at));
            *latest = (*latest).max(at);
            values.push(GivenValue { document, value });
        }
        values
    }

    fn no_value(&mut self, span: Span, reason: &str, may_be_rejected: bool) {
        let help = if may_be_rejected {
            "correct the value, or expect the row under `rejected`"
        } else {
            "write a value of the column's type"
        };
        self.problems.push(Diagnostic::new(Code::TestValue, reason).at(span, "not of the column's type").help(help));
    }

    fn no_column(&mut self, of: &str, name: &str, span: Span, known: &[&str]) {
        let diagnostic = Diagnostic::new(Code::UnknownColumn, format!("{of} has no column `{name}`"))
            .at(span, "not a column of it")
            .meant(span, name, nearest(name, known.iter().copied()));
        self.problems.push(diagnostic.or_help(|| format!("its columns are {}", known.join(", "))));
    }

    /// The rows of a model.
    fn model(&mut self, name: &str, span: Span, value: &Literal) -> Option<Expected> {
        let project = self.project;
        let Some(id) = project.model(name) else {
            let known = project.order.iter().map(|id| project.model_name(*id));
            self.problems.push(unknown("model", name, span, known));
            return None;
        };
        let (extent, rows) = match value.get("contains") {
            Some(rows) => (Extent::Some, rows),
            None => (Extent::All, value),
        };
        let own = star_columns(project, id);
        let roles = match id {
            ModelId::Fact(index) => project.facts[index].roles.as_slice(),
            ModelId::Dimension(_) => &[],
        };
        let mut known: Vec<ExpectedColumn> = own.iter().map(|column| plain(column, None)).collect();
        for role in roles {
            let dimension = &project.dimensions[role.dimension].name;
            let columns = star_columns(project, ModelId::Dimension(role.dimension));
            known.extend(columns.iter().map(|column| plain(column, Some((&role.name, dimension)))));
        }
        let (columns, rows_found) = self.rows(&format!("`{name}`"), rows, &known);
        Some(Expected {
            of: Subject::Model(name.to_owned()),
            extent,
            columns,
            rows: rows_found,
            span,
            written: rows.span,
        })
    }

    /// Rows of a source table that do not land, or of a model that are not loaded.
    fn rejected(&mut self, address: &str, span: Span, value: &Literal) -> Option<Expected> {
        let project = self.project;
        // What a model rejects is kept as a sentence, not by columns.
        let names: Vec<&str> = match project.model(address) {
            Some(_) => EVENT.to_vec(),
            None => self.table(address, span)?.columns.iter().map(|column| column.name.as_str()).collect(),
        };
        let known: Vec<ExpectedColumn> = names
            .into_iter()
            .chain([REASON])
            .map(|name| {
                let name = name.to_owned();
                ExpectedColumn { column: name.clone(), name, role: None, ty: Type::String }
            })
            .collect();
        let count = value.text().and_then(|text| text.parse().ok());
        let (columns, rows) = self.rows(&format!("`{address}`"), value, &known);
        Some(Expected {
            of: Subject::Rejected(address.to_owned()),
            extent: count.map_or(Extent::All, Extent::Count),
            columns,
            rows,
            span,
            written: value.span,
        })
    }

    /// A question with its answer.
    fn answer(&mut self, answer: &Literal) -> Option<Expected> {
        let texts = |key: &str| -> Vec<String> {
            let items = answer.get(key).into_iter().flat_map(Literal::items);
            items.filter_map(Literal::text).map(str::to_owned).collect()
        };
        let question = Question {
            measures: texts("measures"),
            by: texts("by"),
            filters: texts("where"),
            as_is: answer.get("as_is").and_then(Literal::text) == Some("true"),
            ..Question::default()
        };
        let rows = answer.get("rows")?;
        let (_, span, _) = answer.entries().first()?;
        let (facts, columns) = match sql::answered(self.project, &question) {
            Ok(found) => found,
            Err(problems) => {
                let text = problems.join("; ");
                self.problems.push(
                    Diagnostic::new(Code::TestValue, text)
                        .at(*span, "this question")
                        .help("`dwc show` lists measures, roles and attributes"),
                );
                return None;
            }
        };
        let known: Vec<ExpectedColumn> = columns
            .into_iter()
            .map(|column| ExpectedColumn { column: column.name.clone(), name: column.name, role: None, ty: column.ty })
            .collect();
        let (columns, found) = self.rows("the answer", rows, &known);
        Some(Expected {
            of: Subject::Answer { question, facts },
            extent: Extent::All,
            columns,
            rows: found,
            span: *span,
            written: rows.span,
        })
    }

    /// Rows, and the columns that they name.
    fn rows(&mut self, of: &str, list: &Literal, known: &[ExpectedColumn]) -> (Vec<ExpectedColumn>, Vec<ExpectedRow>) {
        let mut columns: Vec<ExpectedColumn> = Vec::new();
        for (name, span, _) in list.items().iter().flat_map(Literal::entries) {
            if columns.iter().any(|column| column.name == *name) {
                continue;
            }
            match known.iter().find(|column| column.name == *name) {
                Some(column) => columns.push(column.clone()),
                None => {
                    let names: Vec<&str> = known.iter().map(|column| column.name.as_str()).collect();
                    self.no_column(of, name, *span, &names);
                }
            }
        }
        let zone = self.project.timezone;
        let mut rows = Vec::new();
        for row in list.items() {
            let mut values = Vec::with_capacity(columns.len());
            for column in &columns {
                let Some(literal) = row.get(&column.name) else {
                    values.push(None);
                    continue;
                };
                let text = document(literal, &column.ty);
                match value(&text, &column.name, &column.ty, zone) {
                    Ok(value) => values.push(Some(value)),
                    Err(reason) => self.no_value(literal.span, &reason, false),
                }
            }
            if row.entries().is_empty() && !matches!(row.value, LiteralValue::Map(_)) {
                continue;
            }
            rows.push(ExpectedRow { values, span: row.span });
        }
        (columns, rows)
    }
}

fn plain(column: &StarColumn, role: Option<(&String, &String)>) -> ExpectedColumn {
    let name = role.map_or_else(|| column.name.clone(), |(role, _)| format!("{role}.{}", column.name));
    let role = role.map(|(role, dimension)| (role.clone(), dimension.clone()));
    ExpectedColumn { name, role, column: column.name.clone(), ty: column.ty.clone() }
}
