//! Resolves checks against the tables that they are declared for: columns by name, values by the types of their columns,
//! conditions as GoogleSQL over one row. It must not know how a check is carried out.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use dwc_googlesql::{Column as SqlColumn, Type};

use super::resolve::unknown;
use super::resolve_check_parts::{find, is_comparable, listed, named, of, one_line, referenced};
use super::resolve_milestones::out_of_order;
use super::resolve_queries::{is_instant, not_an_instant};
use super::resolve_screens::Screened;
use super::resolve_sources::length;
use super::star_columns;
use super::types::{Check, CheckKind, Fact, ModelId, Project, Threshold};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::Span;
use crate::sql::names;
use crate::syntax::{self, Document, Kind};

/// The alias of the rows that a check's conditions read.
pub(crate) const CHECKED: &str = "_c";

/// The name of the check that milestones imply.
pub(crate) const MILESTONE_ORDER: &str = "milestone_order";

/// A table with checks: a model or a source table.
pub(super) struct Subject<'a> {
    pub(super) document: &'a Document,
    /// Where its checks stand.
    path: Vec<&'a str>,
    /// As messages call it, such as ``fact `sale` ``.
    pub(super) called: String,
    pub(super) columns: Vec<SqlColumn>,
    /// The zone of its times without one.
    pub(super) zone: Tz,
    owner: Option<String>,
    /// The fact's column with the time of the event.
    event_time: Option<String>,
    /// What a load can judge of its rows before they are loaded.
    pub(super) screened: Screened,
    pub(super) on_duckdb: bool,
}

/// Resolves the checks of every table that is there.
pub(super) fn resolve_checks(
    documents: &[Document],
    project: &mut Project,
    on_duckdb: bool,
    problems: &mut Vec<Diagnostic>,
) {
    for document in documents {
        match &document.kind {
            Kind::Dimension(dimension) => {
                let Some(declared) = &dimension.checks else { continue };
                let Some(at) = project.dimensions.iter().position(|one| one.name == dimension.dimension) else {
                    continue;
                };
                let subject = of_model(document, project, ModelId::Dimension(at), on_duckdb);
                project.dimensions[at].checks = subject.checks(declared, project, problems);
            }
            Kind::Fact(fact) => {
                let Some(at) = project.facts.iter().position(|one| one.name == fact.fact) else { continue };
                if let Some(declared) = &fact.checks {
                    let subject = of_model(document, project, ModelId::Fact(at), on_duckdb);
                    project.facts[at].checks = subject.checks(declared, project, problems);
                }
                let implied = implied(&project.facts[at], project.timezone);
                project.facts[at].checks.extend(implied);
            }
            Kind::Source(source) => {
                for (name, table) in &source.tables {
                    let Some(declared) = &table.checks else { continue };
                    let address = format!("{}.{name}", source.source);
                    let Some(at) = project.tables.iter().position(|one| one.address == address) else { continue };
                    let table = &project.tables[at];
                    let column = |column: &super::Column| SqlColumn {
                        folds_case: column.folds_case,
                        ..SqlColumn::new(&column.name, column.ty.clone())
                    };
                    let subject = Subject {
                        document,
                        path: vec!["tables", name, "checks"],
                        called: format!("source table `{address}`"),
                        columns: table.columns.iter().map(column).collect(),
                        zone: project.zone_of(table),
                        owner: source.owner.clone(),
                        event_time: None,
                        screened: Screened::of_source(),
                        on_duckdb,
                    };
                    project.tables[at].checks = subject.checks(declared, project, problems);
                }
            }
            Kind::Project(_) => {}
        }
    }
}

/// The check that the milestones of a fact imply, unless a declared one has its name.
fn implied(fact: &Fact, timezone: Tz) -> Option<Check> {
    let (first, last) = (fact.milestones.first()?, fact.milestones.get(1)?);
    if fact.checks.iter().any(|check| check.name == MILESTONE_ORDER) {
        return None;
    }
    let names: Vec<&str> = fact.milestones.iter().map(|milestone| milestone.name.as_str()).collect();
    let says = format!("milestones are reached in the order {}", names.join(", "));
    Some(Check {
        name: MILESTONE_ORDER.to_owned(),
        description: "No milestone is reached before an earlier one.".to_owned(),
        kind: CheckKind::Row { fails: out_of_order(&fact.milestones, timezone.name(), of) },
        word: "condition",
        asks: says.clone(),
        says,
        filter: None,
        severity: syntax::CheckSeverity::Error,
        threshold: Threshold::Rows(0),
        owner: fact.owner.clone(),
        on_fail: None,
        reads: fact.milestones.iter().map(|milestone| milestone.column.name.clone()).collect(),
        span: Span { lo: first.span.lo, hi: last.span.hi, ..first.span },
    })
}

fn of_model<'a>(document: &'a Document, project: &Project, id: ModelId, on_duckdb: bool) -> Subject<'a> {
    let (kind, owner, event_time) = match id {
        ModelId::Dimension(index) => ("dimension", project.dimensions[index].owner.clone(), None),
        ModelId::Fact(index) => {
            let fact = &project.facts[index];
            ("fact", fact.owner.clone(), fact.event_time.as_ref().map(|column| column.name.clone()))
        }
    };
    Subject {
        document,
        path: vec!["checks"],
        called: format!("{kind} `{}`", project.model_name(id)),
        columns: super::columns::sql_columns(&star_columns(project, id)),
        zone: project.timezone,
        owner,
        event_time,
        screened: Screened::of_model(project, id),
        on_duckdb,
    }
}

/// One check that is resolved, with what is wrong of it.
pub(super) struct Resolving<'s, 'a> {
    pub(super) subject: &'s Subject<'a>,
    at: String,
    /// The columns that it reads.
    pub(super) reads: BTreeSet<String>,
    /// The functions of its conditions whose results change over time.
    pub(super) volatile: Vec<String>,
    pub(super) problems: &'s mut Vec<Diagnostic>,
}

impl Subject<'_> {
    fn checks(&self, declared: &[syntax::Check], project: &Project, problems: &mut Vec<Diagnostic>) -> Vec<Check> {
        let mut all: Vec<Check> = Vec::new();
        for (at, check) in declared.iter().enumerate() {
            let (reads, volatile) = (BTreeSet::new(), Vec::new());
            let resolving = Resolving { subject: self, at: at.to_string(), reads, volatile, problems };
            let resolved = resolving.check(check, project);
            let Some(resolved) = resolved else { continue };
            if let Some(other) = all.iter().find(|other| other.name == resolved.name) {
                problems.push(
                    Diagnostic::new(
                        Code::DuplicateName,
                        format!("two checks of {} have the name `{}`", self.called, resolved.name),
                    )
                    .at(resolved.span, "again here")
                    .at(other.span, "first here")
                    .help("give one of them another `name`"),
                );
                continue;
            }
            all.push(resolved);
        }
        all
    }
}

impl Resolving<'_, '_> {
    /// The place of a key of the check.
    pub(super) fn span(&self, keys: &[&str]) -> Span {
        self.subject.document.span(&self.path(keys))
    }

    pub(super) fn path<'p>(&'p self, keys: &[&'p str]) -> Vec<&'p str> {
        let check = self.subject.path.iter().copied().chain([self.at.as_str()]);
        check.chain(keys.iter().copied()).collect()
    }

    fn check(mut self, check: &syntax::Check, project: &Project) -> Option<Check> {
        let kinds: Vec<&'static str> = [
            ("not_null", check.not_null.is_some()),
            ("unique", check.unique.is_some()),
            ("accepted_values", check.accepted_values.is_some()),
            ("relationships", check.relationships.is_some()),
            ("range", check.range.is_some()),
            ("condition", check.condition.is_some()),
            ("rows", check.rows.is_some()),
            ("freshness", check.freshness.is_some()),
        ]
        .into_iter()
        .filter_map(|(kind, is_declared)| is_declared.then_some(kind))
        .collect();
        let [word] = kinds.as_slice() else {
            let (message, label) = match kinds.as_slice() {
                [] => ("a check says nothing to check".to_owned(), "no kind of check"),
                several => (format!("a check is of several kinds: {}", several.join(", ")), "one check is of one kind"),
            };
            self.problems.push(Diagnostic::new(Code::CheckKind, message).at(self.span(&[]), label).help(
                "give each check one of `not_null`, `unique`, `accepted_values`, `relationships`, `range`, \
                     `condition`, `rows` and `freshness`, and a list entry of its own",
            ));
            return None;
        };
        let before = self.problems.len();
        let found = self.kind(check, project);
        let filter = check.filter.as_ref().and_then(|_| self.condition("where"));
        let threshold = self.threshold(check, word);
        let on_fail =
            check.on_fail.filter(|on_fail| self.can_screen(*on_fail, word, check.threshold.is_some(), threshold));
        let errors = self.problems[before..].iter().any(|problem| problem.severity == Severity::Error);
        let (name, mut says, kind) = found.filter(|_| !errors)?;
        if let Some(filter) = &filter {
            says.push_str(&format!(" where {}", one_line(filter)));
        }
        let asks = says.clone();
        match threshold {
            Threshold::Rows(0) => {}
            Threshold::Rows(rows) => says.push_str(&format!(", up to {rows} rows may fail")),
            Threshold::Share(share) => says.push_str(&format!(", up to {}% may fail", share * 100.0)),
        }
        let severity = check.severity.unwrap_or_default();
        if severity == syntax::CheckSeverity::Warn {
            says.push_str(", a warning");
        }
        if let Some(on_fail) = on_fail {
            says.push_str(on_fail.says());
        }
        let columns = self.subject.columns.iter().map(|column| column.name.clone());
        Some(Check {
            name: check.name.clone().unwrap_or(name),
            description: check.description.clone().unwrap_or_default(),
            kind,
            word,
            says,
            asks,
            filter,
            on_fail,
            reads: columns.filter(|name| self.reads.contains(name)).collect(),
            severity,
            threshold,
            owner: check.owner.clone().or_else(|| self.subject.owner.clone()),
            span: self.span(&[]),
        })
    }

    /// What a check asks: its name, what it says, and its kind.
    fn kind(&mut self, check: &syntax::Check, project: &Project) -> Option<(String, String, CheckKind)> {
        if let Some(columns) = &check.not_null {
            let columns = self.columns(&["not_null"], columns)?;
            let null: Vec<String> = columns.iter().map(|column| format!("{} IS NULL", of(&column.name))).collect();
            let list = listed(&columns);
            let kind = CheckKind::Row { fails: null.join(" OR ") };
            return Some((named("not_null", &columns), format!("{list} is never NULL"), kind));
        }
        if let Some(columns) = &check.unique {
            let columns = self.columns(&["unique"], columns)?;
            if let Some(column) = columns.iter().find(|column| !is_comparable(&column.ty)) {
                self.no_comparison(&["unique"], &column.clone());
                return None;
            }
            let names = columns.iter().map(|column| column.name.clone()).collect();
            let says = format!("{} is unique", listed(&columns));
            return Some((named("unique", &columns), says, CheckKind::Unique { columns: names }));
        }
        if let Some(accepted) = &check.accepted_values {
            let column = self.column(&["accepted_values", "column"], &accepted.column)?;
            if !is_comparable(&column.ty) || column.ty == Type::Bytes {
                self.no_comparison(&["accepted_values", "column"], &column);
                return None;
            }
            if accepted.values.is_empty() {
                self.wrong_value(&["accepted_values", "values"], "a list of accepted values has no value", "no value");
            }
            let mut literals = Vec::new();
            for (at, one) in accepted.values.iter().enumerate() {
                literals.extend(self.value(&["accepted_values", "values", &at.to_string()], &column, &one.0));
            }
            let texts: Vec<&str> = accepted.values.iter().map(|one| one.0.as_str()).collect();
            let says = format!("{} is one of {}", column.name, texts.join(", "));
            let kind = CheckKind::Row { fails: format!("{} NOT IN ({})", of(&column.name), literals.join(", ")) };
            return Some((named("accepted_values", &[column]), says, kind));
        }
        if let Some(range) = &check.range {
            return self.range(range);
        }
        if check.condition.is_some() {
            let condition = self.condition("condition")?;
            let number = self.at.parse::<usize>().unwrap_or_default() + 1;
            let says = one_line(&condition);
            let kind = CheckKind::Row { fails: format!("NOT {}", names::nested(&condition)) };
            return Some((format!("condition_{number}"), says, kind));
        }
        if let Some(relationship) = &check.relationships {
            return self.relationship(relationship, project);
        }
        if let Some(rows) = &check.rows {
            if rows.min.is_none() && rows.max.is_none() || rows.min.zip(rows.max).is_some_and(|(min, max)| min > max) {
                self.wrong_value(&["rows"], "no number of rows could fail, or none could pass", "these limits");
            }
            let says = match (rows.min, rows.max) {
                (Some(min), Some(max)) => format!("{min} to {max} rows"),
                (Some(min), None) => format!("at least {min} rows"),
                (None, max) => format!("at most {} rows", max.unwrap_or_default()),
            };
            return Some(("rows".to_owned(), says, CheckKind::Rows { min: rows.min, max: rows.max }));
        }
        let freshness = check.freshness.as_ref()?;
        let seconds = length(Some(&freshness.max_age), self.span(&["freshness", "max_age"]), self.problems)?;
        let name = freshness.column.as_ref().or(self.subject.event_time.as_ref());
        let column = match name {
            Some(name) => {
                let column = self.column(&["freshness", "column"], name)?;
                if !is_instant(&column.ty) {
                    self.problems.push(not_an_instant(name, &column.ty, self.span(&["freshness", "column"])));
                }
                Some((column.name, column.ty))
            }
            None => None,
        };
        let written = freshness.max_age.clone();
        let says = match &column {
            Some((name, _)) => format!("the newest {name} is at most {written} old"),
            None => format!("the last batch is at most {written} old"),
        };
        Some(("freshness".to_owned(), says, CheckKind::Freshness { seconds, written, column }))
    }

    fn range(&mut self, range: &syntax::Bounds) -> Option<(String, String, CheckKind)> {
        let column = self.column(&["range", "column"], &range.column)?;
        if !is_comparable(&column.ty) || matches!(column.ty, Type::Bool | Type::Bytes) {
            self.no_comparison(&["range", "column"], &column);
            return None;
        }
        let mut bound = |key, written: &Option<syntax::Scalar>| match written {
            Some(written) => Some((written.0.clone(), self.value(&["range", key], &column, &written.0)?)),
            None => None,
        };
        let (min, max) = (bound("min", &range.min), bound("max", &range.max));
        if range.min.is_none() && range.max.is_none() {
            self.wrong_value(&["range"], "a range has neither `min` nor `max`", "nothing could fail");
        }
        if let (Some((min, _)), Some((max, _))) = (&min, &max) {
            let is_reversed = match (min.parse::<f64>(), max.parse::<f64>()) {
                (Ok(min), Ok(max)) if column.ty.is_numeric() => min > max,
                _ => min > max && !column.ty.is_numeric(),
            };
            if is_reversed {
                let message = format!("`min` {min} is greater than `max` {max}");
                self.wrong_value(&["range"], &message, "no value could pass");
            }
        }
        let name = of(&column.name);
        let below = min.iter().map(|(_, literal)| format!("{name} < {literal}"));
        let above = max.iter().map(|(_, literal)| format!("{name} > {literal}"));
        let fails: Vec<String> = below.chain(above).collect();
        let says = match (&min, &max) {
            (Some((min, _)), Some((max, _))) => format!("{} is from {min} to {max}", column.name),
            (Some((min, _)), None) => format!("{} is at least {min}", column.name),
            (None, Some((max, _))) => format!("{} is at most {max}", column.name),
            (None, None) => String::new(),
        };
        Some((named("range", &[column]), says, CheckKind::Row { fails: fails.join(" OR ") }))
    }

    fn relationship(
        &mut self,
        relationship: &syntax::Relationship,
        project: &Project,
    ) -> Option<(String, String, CheckKind)> {
        let columns = self.columns(&["relationships", "column"], &relationship.column)?;
        let Some((to, own, key)) = referenced(project, &relationship.to) else {
            let models = project.order.iter().map(|id| project.model_name(*id));
            let known = models.chain(project.tables.iter().map(|table| table.address.as_str()));
            self.problems.push(unknown(
                "model or source table",
                &relationship.to,
                self.span(&["relationships", "to"]),
                known,
            ));
            return None;
        };
        let declared = relationship.field.as_ref().map(|field| field.0.clone());
        let fields = declared.unwrap_or(key);
        let span = self.span(&["relationships", if relationship.field.is_some() { "field" } else { "to" }]);
        let mut types = Vec::new();
        for name in &fields {
            types.push(find(&own, name, &format!("`{}`", relationship.to), span, self.problems)?);
        }
        if fields.len() != columns.len() || fields.is_empty() {
            self.problems.push(
                Diagnostic::new(
                    Code::KeyMismatch,
                    format!(
                        "{} columns are looked for in {} columns of `{}`",
                        columns.len(),
                        fields.len(),
                        relationship.to
                    ),
                )
                .at(span, format!("its columns are {}", fields.join(", ")))
                .help("name one column in `field` for each one in `column`"),
            );
            return None;
        }
        for (column, field) in columns.iter().zip(&types) {
            let fits = column.ty.plain() == field.ty.plain() || column.ty.is_numeric() && field.ty.is_numeric();
            if !fits && column.ty != Type::Unknown && field.ty != Type::Unknown {
                self.problems.push(
                    Diagnostic::new(
                        Code::TypeMismatch,
                        format!(
                            "`{}` is {}, and `{}` of `{}` is {}",
                            column.name, column.ty, field.name, relationship.to, field.ty
                        ),
                    )
                    .at(span, "no value would be found")
                    .help("name a column of the same type"),
                );
            }
        }
        let name = format!("{}_{}", named("relationships", &columns), relationship.to.replace('.', "_"));
        let says = format!("{} occurs in {} ({})", listed(&columns), relationship.to, fields.join(", "));
        let columns = columns.into_iter().map(|column| column.name).collect();
        let fields = types.into_iter().map(|field| field.name).collect();
        Some((name, says, CheckKind::Relationship { columns, to, fields }))
    }
}
