//! Resolves the milestones of an accumulating snapshot: the role of each, and the measures that follow from them. It must
//! not judge in which order rows reach them.

use dwc_googlesql::Type;

use super::resolve::{Scope, check_name, unknown};
use super::resolve_queries::{find_output, is_instant, not_an_instant, plain};
use super::types::{
    Additivity, Aggregation, AggregationFunction, Column, Derived, Dimension, DimensionKind, LagUnit, Measure,
    Milestone, Query, Role,
};
use super::zone::agreed;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::sql::names;
use crate::syntax::{self, Document, FactKind, Missing, PREVIOUS, WhenNull};

/// A fact with what its milestones are resolved by.
pub(super) struct Milestones<'a> {
    pub(super) document: &'a Document,
    pub(super) fact: &'a syntax::Fact,
    pub(super) query: &'a Query,
    pub(super) scope: &'a Scope<'a>,
    pub(super) dimensions: &'a [Dimension],
}

impl Milestones<'_> {
    /// The milestones, and the measures that they imply. Roles that nobody declared are put before the others.
    pub(super) fn resolve(
        &self,
        roles: &mut Vec<Role>,
        problems: &mut Vec<Diagnostic>,
    ) -> (Vec<Milestone>, Vec<Measure>) {
        if self.fact.kind != Some(FactKind::AccumulatingSnapshot) {
            return Default::default();
        }
        let declared = self.fact.milestones.iter().flatten().count();
        if declared < 2 {
            self.too_few(declared, problems);
        }
        if self.fact.insert_only == Some(true) && declared > 0 {
            problems.push(
                Diagnostic::new(Code::MisplacedKey, "`insert_only` does not go with `milestones`")
                    .at(self.document.span(&["insert_only"]), "rows change as they reach milestones")
                    .help("remove the key"),
            );
        }
        let mut found: Vec<Milestone> = Vec::new();
        let mut derived: Vec<Role> = Vec::new();
        for (name, value) in self.fact.milestones.iter().flatten() {
            let Some((column, role)) = self.milestone(name, value, roles, &mut derived, problems) else { continue };
            let span = self.document.key_span(&["milestones", name]);
            if let Some(other) = found.iter().find(|other| other.column.name == column.name) {
                problems.push(
                    Diagnostic::new(
                        Code::WrongValue,
                        format!("milestones `{}` and `{name}` are both reached at `{}`", other.name, column.name),
                    )
                    .at(self.document.span(&["milestones", name]), "again here")
                    .at(other.span, "first here")
                    .help("name a column of its own for each milestone"),
                );
                continue;
            }
            let of_table = |table: &str| self.scope.zones.get(table).copied();
            let zone = agreed(self.query, &column.name, &column.ty, of_table);
            let zone = zone.unwrap_or_else(|| self.scope.timezone.name()).to_owned();
            found.push(Milestone { name: name.clone(), column, zone, role, span });
        }
        roles.splice(0..0, derived);
        // What is missing among them has its problem already.
        if declared < 2 || found.len() < declared {
            return (found, Vec::new());
        }
        let mut measures = self.counters(&found);
        for (at, lag) in self.fact.lags.iter().flat_map(|lags| &lags.0).enumerate() {
            self.lags(at, lag, &found, &mut measures, problems);
        }
        self.told_apart(&measures, problems);
        (found, measures)
    }

    /// Refuses names that two measures would have.
    fn told_apart(&self, derived: &[Measure], problems: &mut Vec<Diagnostic>) {
        for (at, measure) in derived.iter().enumerate() {
            let name = &measure.column.name;
            let declared = self.fact.measures.iter().flatten().find(|(known, _)| known.eq_ignore_ascii_case(name));
            let first = derived[..at].iter().find(|other| other.column.name.eq_ignore_ascii_case(name));
            let (span, other, help) = match (declared, first) {
                (Some((known, _)), _) => {
                    let span = self.document.key_span(&["measures", known]);
                    (span, measure.span, "the milestones imply this measure: remove yours, or give it another name")
                }
                (None, Some(first)) => {
                    (measure.span, first.span, "keep one of them, or count one from `previous` or in another unit")
                }
                (None, None) => continue,
            };
            problems.push(
                Diagnostic::new(Code::DuplicateName, format!("two measures have the name `{name}`"))
                    .at(span, "again here")
                    .at(other, "first here")
                    .help(help),
            );
        }
    }

    fn too_few(&self, declared: usize, problems: &mut Vec<Diagnostic>) {
        let help = "write `milestones:` with each milestone and the column that says when it was reached, in the order \
                    of the process";
        if declared == 1 {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("fact `{}` has one milestone alone", self.fact.fact))
                    .at(self.document.span(&["milestones"]), "a process has a beginning and an end")
                    .help(help),
            );
        } else if self.fact.lags.is_some() {
            problems.push(
                Diagnostic::new(Code::MissingSetting, format!("fact `{}` has lags and no milestones", self.fact.fact))
                    .at(self.document.key_span(&["lags"]), "a lag is the time between two milestones")
                    .help(help),
            );
        }
    }

    /// The column of a milestone, and the name of its role.
    fn milestone(
        &self,
        name: &str,
        value: &str,
        roles: &mut [Role],
        derived: &mut Vec<Role>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<(Column, String)> {
        let path = ["milestones", name];
        let (span, at) = (self.document.key_span(&path), self.document.span(&path));
        check_name(name, span, problems);
        if name == PREVIOUS {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("a milestone cannot be named `{PREVIOUS}`"))
                    .at(span, format!("`lags: {{ from: {PREVIOUS} }}` means the milestone before"))
                    .help("give it another name"),
            );
            return None;
        }
        let is_declared = |role: &str| self.fact.dimensions.iter().flatten().any(|(known, _)| known == role);
        let own = format!("{name}_date");
        let (role, column) = if is_declared(value) {
            (value, None)
        } else {
            let output = find_output(value, self.query, at, problems)?;
            if !is_instant(&output.ty) {
                problems.push(not_an_instant(value, &output.ty, at));
                return None;
            }
            (own.as_str(), Some(plain(output)))
        };
        if !is_declared(role) {
            let column = column?;
            derived.push(self.role(name, role, &column, span, problems)?);
            return Some((column, own));
        }
        // A role that did not resolve has its own problem already.
        let found = roles.iter_mut().find(|known| known.name == role)?;
        let column = self.of_role(found, column, value, at, problems)?;
        self.not_yet(found, problems);
        Some((column, role.to_owned()))
    }

    /// The role that a milestone implies.
    fn role(
        &self,
        milestone: &str,
        role: &str,
        column: &Column,
        span: Span,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Role> {
        let is_calendar = |dimension: &Dimension| matches!(dimension.kind, DimensionKind::Calendar(_));
        let calendars = || self.dimensions.iter().enumerate().filter(|(_, dimension)| is_calendar(dimension));
        let all: Vec<&str> = calendars().map(|(_, dimension)| dimension.name.as_str()).collect();
        if let [_] = all.as_slice() {
            return Some(Role {
                name: role.to_owned(),
                dimension: calendars().next()?.0,
                on: vec![column.clone()],
                as_of: None,
                missing: Missing::default(),
                when_null: WhenNull::NotYet,
                description: format!("The day on which `{milestone}` was reached."),
                was: None,
                span,
            });
        }
        let diagnostic = if all.is_empty() {
            Diagnostic::new(Code::UnknownDimension, format!("there is no calendar for milestone `{milestone}`"))
                .at(span, "each milestone has a day")
                .help("declare a dimension of `kind: calendar`")
        } else {
            Diagnostic::new(Code::MissingSetting, format!("milestone `{milestone}` could be of several calendars"))
                .at(span, format!("the calendars are {}", all.join(", ")))
                .help(format!("declare the role: `{role}: {{ dimension: {}, on: {} }}`", all[0], column.name))
        };
        problems.push(diagnostic);
        None
    }

    /// The column of a milestone whose role is declared.
    fn of_role(
        &self,
        role: &Role,
        column: Option<Column>,
        value: &str,
        at: Span,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Column> {
        let refuse = |message: String, label: String, help: &str| {
            Diagnostic::new(Code::WrongValue, message).at(at, label).at(role.span, "the role").help(help)
        };
        let dimension = &self.dimensions[role.dimension];
        let (DimensionKind::Calendar(_), [on]) = (&dimension.kind, role.on.as_slice()) else {
            problems.push(refuse(
                format!("role `{}` is not of a calendar", role.name),
                format!("is of `{}`", dimension.name),
                "name the column that says when the milestone was reached, or a role of a calendar",
            ));
            return None;
        };
        let queried = |name: &str| self.query.analysis.output.iter().any(|output| output.name == name);
        match column {
            Some(column) if column.name != on.name => {
                problems.push(refuse(
                    format!("role `{}` has the day of `{}`, not of `{}`", role.name, on.name, column.name),
                    "another column".to_owned(),
                    "give the role the column of the milestone, or name the role as the milestone",
                ));
                None
            }
            None if on.name != value && queried(value) => {
                problems.push(refuse(
                    format!("`{value}` is both a role and a column of the query"),
                    "could be either".to_owned(),
                    "rename the role or the column",
                ));
                None
            }
            _ => Some(on.clone()),
        }
    }

    /// A NULL in the column of a milestone means one thing.
    fn not_yet(&self, role: &mut Role, problems: &mut Vec<Diagnostic>) {
        let declared = self.fact.dimensions.iter().flatten().find(|(name, _)| **name == role.name);
        match declared.and_then(|(_, declared)| declared.when_null) {
            None | Some(WhenNull::NotYet) => role.when_null = WhenNull::NotYet,
            Some(_) => problems.push(
                Diagnostic::new(Code::WrongValue, format!("`when_null` of role `{}` is not `not_yet`", role.name))
                    .at(self.document.span(&["dimensions", &role.name, "when_null"]), "the role of a milestone")
                    .help("remove the key: a milestone without a time is not reached yet"),
            ),
        }
    }

    /// For each milestone how many rows have reached it, and for all but the last how many have reached none after it.
    fn counters(&self, milestones: &[Milestone]) -> Vec<Measure> {
        let column = |milestone: &Milestone| names::backquoted(&milestone.column.name);
        let mut all = Vec::new();
        for (at, milestone) in milestones.iter().enumerate() {
            let called = &milestone.name;
            all.push(self.measure(
                format!("reached_{}", milestone.name),
                format!("1 if `{called}` is reached, else 0."),
                format!("IF({} IS NULL, 0, 1)", column(milestone)),
                Derived::Reached(at),
                milestones,
                milestone.span,
            ));
            let later = &milestones[at + 1..];
            if later.is_empty() {
                continue;
            }
            let none: Vec<String> = later.iter().map(|later| format!("{} IS NULL", column(later))).collect();
            all.push(self.measure(
                format!("waiting_at_{}", milestone.name),
                format!("1 if `{called}` is the latest milestone that is reached, else 0."),
                format!("IF({} IS NOT NULL AND {}, 1, 0)", column(milestone), none.join(" AND ")),
                Derived::WaitingAt(at),
                milestones,
                milestone.span,
            ));
        }
        all
    }

    fn lags(
        &self,
        at: usize,
        lag: &syntax::Lag,
        milestones: &[Milestone],
        measures: &mut Vec<Measure>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let place = at.to_string();
        let is_alone = self.document.has(&["lags", "from"]);
        let span = |key: &str| {
            if is_alone { self.document.span(&["lags", key]) } else { self.document.span(&["lags", &place, key]) }
        };
        let pairs: Vec<(usize, usize)> = if lag.from == PREVIOUS {
            (1..milestones.len()).map(|to| (to - 1, to)).collect()
        } else {
            let Some(from) = milestones.iter().position(|milestone| milestone.name == lag.from) else {
                let known = milestones.iter().map(|milestone| milestone.name.as_str()).chain([PREVIOUS]);
                problems.push(unknown("milestone", &lag.from, span("from"), known));
                return;
            };
            (from + 1..milestones.len()).map(|to| (from, to)).collect()
        };
        if pairs.is_empty() {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("no milestone comes after `{}`", lag.from))
                    .at(span("from"), "the last milestone")
                    .help(format!("count from an earlier one, such as `from: {}`", milestones[0].name)),
            );
        }
        let unit = lag.unit;
        let dates = pairs.iter().flat_map(|(from, to)| [&milestones[*from], &milestones[*to]]);
        let day = dates.into_iter().find(|milestone| unit != LagUnit::Day && milestone.column.ty == Type::Date);
        if let Some(milestone) = day {
            problems.push(
                Diagnostic::new(
                    Code::WrongValue,
                    format!("`{}` is a DATE, and {}s are not counted between days", milestone.column.name, unit.word()),
                )
                .at(span("unit"), "finer than a day")
                .help("write `unit: day`"),
            );
            return;
        }
        for (from, to) in pairs {
            let [first, last] = [&milestones[from], &milestones[to]];
            let since = if lag.from == PREVIOUS { format!("from_{}_", first.name) } else { String::new() };
            let says = format!(
                "{} from `{}` to `{}`; NULL until both are reached.",
                match unit {
                    LagUnit::Second => "Seconds",
                    LagUnit::Minute => "Minutes",
                    LagUnit::Hour => "Hours",
                    LagUnit::Day => "Days",
                },
                first.name,
                last.name
            );
            let name = format!("{}s_{since}to_{}", unit.word(), last.name);
            let derived = Derived::Lag { from, to, unit };
            let mut measure =
                self.measure(name, says, self.passed(first, last, unit), derived, milestones, span("from"));
            measure.additive = Additivity::None;
            measure.aggregation = Some(Aggregation::Function(AggregationFunction::Average));
            measure.unit = Some(unit.word().to_owned());
            measures.push(measure);
        }
    }

    /// The time from one milestone to another, as GoogleSQL.
    fn passed(&self, from: &Milestone, to: &Milestone, unit: LagUnit) -> String {
        if unit == LagUnit::Day {
            let day = |milestone: &Milestone| {
                let column = names::backquoted(&milestone.column.name);
                names::day(&column, &milestone.column.ty, self.scope.timezone.name())
            };
            return format!("DATE_DIFF({}, {}, DAY)", day(to), day(from));
        }
        format!("TIMESTAMP_DIFF({}, {}, {})", instant(to), instant(from), unit.word().to_uppercase())
    }

    fn measure(
        &self,
        name: String,
        description: String,
        expr: String,
        derived: Derived,
        milestones: &[Milestone],
        span: Span,
    ) -> Measure {
        let read: Vec<usize> = match derived {
            Derived::Reached(at) => vec![at],
            Derived::WaitingAt(at) => (at..milestones.len()).collect(),
            Derived::Lag { from, to, .. } => vec![from, to],
        };
        let output = |at: &usize| {
            let name = &milestones[*at].column.name;
            self.query.analysis.output.iter().find(|output| output.name == *name)
        };
        let mut origins: Vec<(String, String)> =
            read.iter().filter_map(output).flat_map(|output| output.origins.iter().cloned()).collect();
        origins.sort();
        origins.dedup();
        Measure {
            column: Column { name, ty: Type::Int64, description, pii: false, header: None, folds_case: false },
            expr,
            additive: Additivity::All,
            not_over: Vec::new(),
            over: Vec::new(),
            aggregation: None,
            unit: None,
            currency: None,
            within: None,
            was: None,
            derived: Some(derived),
            origins,
            span,
            written: span,
        }
    }
}

/// The instant of a milestone, as GoogleSQL.
fn instant(milestone: &Milestone) -> String {
    names::instant(&names::backquoted(&milestone.column.name), &milestone.column.ty, &milestone.zone)
}

/// That a row has reached its milestones out of order: a GoogleSQL condition over its columns, each read as `read` says.
pub(super) fn out_of_order(milestones: &[Milestone], zone: &str, read: impl Fn(&str) -> String) -> String {
    let mut all = Vec::new();
    for (at, later) in milestones.iter().enumerate() {
        for earlier in &milestones[..at] {
            let is_day = [earlier, later].iter().any(|milestone| milestone.column.ty == Type::Date);
            let is_same = earlier.column.ty == later.column.ty && earlier.zone == later.zone;
            let value = |milestone: &Milestone| {
                let (column, ty) = (read(&milestone.column.name), &milestone.column.ty);
                match (is_same, is_day) {
                    (true, _) => column,
                    (false, true) => names::day(&column, ty, zone),
                    (false, false) => names::instant(&column, ty, &milestone.zone),
                }
            };
            all.push(format!("{} < {}", value(later), value(earlier)));
        }
    }
    all.join(" OR ")
}
