//! Screens: what the checks with `on_fail` say of the rows that a load is about to take in, what holds it back, and what becomes
//! an error event. It must not decide what a load does without the rows that are rejected.

use dwc_googlesql::{Column as SqlColumn, Tables, Type, with_room};

use super::{Lowering, problems_at};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{CHECKED, Check, CheckKind, OnFail, Query, Threshold};
use crate::plan::{Gate, Reads, Statement};
use crate::source::Span;
use crate::sql::names;

/// The relation that the conditions of screens are over.
const ROWS: &str = "checked.rows";

/// The column that says whether a row is rejected.
pub(super) const REJECTS: &str = "_rejects";

/// What the statements of the screens of one model need to know of it. Its rows are in the temporary table `incoming`.
pub(super) struct Screening<'a> {
    pub(super) model: &'a str,
    /// As messages call it, such as ``fact `sale` ``.
    pub(super) called: String,
    pub(super) screens: &'a [&'a Check],
    /// The columns of the key, and all columns that screens may read.
    pub(super) key: Vec<&'a str>,
    pub(super) columns: &'a [SqlColumn],
    /// What holds of the rows `_i` that are judged.
    pub(super) judged: &'static str,
    /// The share of rows that may be rejected.
    pub(super) share: f64,
    pub(super) span: Span,
}

impl Lowering<'_> {
    /// The checks that a load makes of its rows. A comparison with what is loaded only leaves out what a load rejects.
    pub(super) fn screens<'c>(&self, checks: &'c [Check]) -> Vec<&'c Check> {
        checks.iter().filter(|check| check.on_fail.is_some() && (!self.compares || check.rejects())).collect()
    }

    /// Rows with what each screen says of them. `rows` is a relation, and `given` what holds of a row that is judged.
    pub(super) fn screened(
        &self,
        rows: String,
        columns: &[SqlColumn],
        screens: &[&Check],
        given: Option<&str>,
    ) -> Result<String, Vec<Diagnostic>> {
        let list = columns.iter().map(|column| format!("{CHECKED}.{}", names::backquoted(&column.name)));
        let flags = screens.iter().enumerate().map(|(at, check)| format!("{} AS {}", fails(check, given), flag(at)));
        let items: Vec<String> = list.chain(flags).collect();
        let judged =
            self.over_rows(&format!("SELECT {} FROM `{ROWS}` AS {CHECKED}", items.join(", ")), rows, columns, screens)?;
        let rejecting = screens.iter().enumerate().filter(|(_, check)| check.rejects());
        let rejecting: Vec<String> = rejecting.map(|(at, _)| format!("_s.{}", flag(at))).collect();
        let rejects = if rejecting.is_empty() { "FALSE".to_owned() } else { format!("({})", rejecting.join(" OR ")) };
        Ok(format!("SELECT _s.*, {rejects} AS {REJECTS}\nFROM (\n{judged}\n) AS _s"))
    }

    /// The rows that no screen rejects, those besides that are not judged.
    pub(super) fn unrejected(
        &self,
        rows: String,
        columns: &[SqlColumn],
        screens: &[&Check],
        given: &str,
    ) -> Result<String, Vec<Diagnostic>> {
        let list: Vec<String> =
            columns.iter().map(|column| format!("{CHECKED}.{}", names::backquoted(&column.name))).collect();
        let rejecting: Vec<&Check> = screens.iter().copied().filter(|check| check.rejects()).collect();
        let passes: Vec<String> = rejecting.iter().map(|check| format!("NOT {}", fails(check, Some(given)))).collect();
        let text = format!("SELECT {} FROM `{ROWS}` AS {CHECKED} WHERE {}", list.join(", "), passes.join(" AND "));
        self.over_rows(&text, rows, columns, &rejecting)
    }

    fn over_rows(
        &self,
        text: &str,
        rows: String,
        columns: &[SqlColumn],
        screens: &[&Check],
    ) -> Result<String, Vec<Diagnostic>> {
        let mut catalog = Tables::default();
        let Some(first) = screens.first() else { return Ok(format!("SELECT * FROM {rows}")) };
        catalog.add_as(ROWS, rows, columns.to_vec());
        with_room(text, || self.dialect.query(text, &catalog)).map_err(|found| problems_at(found, first.span))
    }

    /// What holds the load back, and what becomes an error event.
    pub(super) fn screening(&self, of: &Screening<'_>) -> Vec<Statement> {
        let mut statements = Vec::new();
        if self.compares {
            return statements;
        }
        let named = || of.screens.iter().copied().enumerate().map(|(at, check)| (flag(at), check));
        for (flag, check) in named().filter(|(_, check)| check.on_fail == Some(OnFail::Halt)) {
            let message = format!("{} fails check `{}`, which holds the load back", of.called, check.name);
            statements.push(self.too_many(
                of,
                &flag,
                check.threshold,
                Gate { code: Code::ScreenHalted, message, span: check.span, help: mend(check) },
            ));
        }
        for (flag, check) in named().filter(|(_, check)| check.rejects() && check.threshold != Threshold::Rows(0)) {
            let message =
                format!("check `{}` rejects more rows of {} than its threshold allows", check.name, of.called);
            statements.push(self.too_many(
                of,
                &flag,
                check.threshold,
                Gate { code: Code::TooManyRejected, message, span: check.span, help: mend(check) },
            ));
        }
        let rejects = of.screens.iter().any(|check| check.rejects());
        if rejects && of.share < 1.0 {
            statements.push(
                self.too_many(
                    of,
                    REJECTS,
                    Threshold::Share(of.share),
                    Gate {
                        code: Code::TooManyRejected,
                        message: format!(
                            "too many rows of {} are rejected, more than the share of {}",
                            of.called, of.share
                        ),
                        span: of.span,
                        help: "check the source; `max_rejected_share` of its tables sets the share that is allowed"
                            .to_owned(),
                    },
                ),
            );
        }
        for (flag, check) in named() {
            let (word, what) = match check.on_fail {
                Some(OnFail::Reject) => ("rejected", "and are rejected"),
                Some(OnFail::Tag) => ("tagged", "and are tagged"),
                Some(OnFail::Halt) | None => continue,
            };
            statements.push(self.events(of, &flag, check, word, what));
        }
        statements
    }

    /// Holds the load back where more rows are flagged than may be.
    fn too_many(&self, of: &Screening<'_>, flag: &str, threshold: Threshold, gate: Gate) -> Statement {
        let string = self.dialect.ty(&Type::String);
        let most = match threshold {
            Threshold::Rows(0) => String::new(),
            Threshold::Rows(rows) => format!(" AND _n._failing > {rows}"),
            Threshold::Share(share) => format!(" AND _n._failing > {share} * _n._judged"),
        };
        let counted = self.dialect.concat(&[
            format!("CAST(_n._failing AS {string})"),
            self.dialect.string(" of "),
            format!("CAST(_n._judged AS {string})"),
            self.dialect.string(" rows: "),
            "_n.key_text".to_owned(),
        ]);
        let sql = format!(
            "SELECT CASE WHEN _n._nth = 1 THEN {counted} ELSE _n.key_text END AS key_text\nFROM (\n  \
             SELECT _k.key_text, ROW_NUMBER() OVER (ORDER BY _k.key_text) AS _nth, COUNT(*) OVER () AS _failing,\n    \
             (SELECT COUNT(*) FROM incoming AS _i WHERE {judged}) AS _judged\n  \
             FROM (SELECT {key} AS key_text FROM incoming AS _i WHERE _i.{flag}) AS _k\n) AS _n\n\
             WHERE _n._nth <= 20{most}\nORDER BY _n._nth",
            judged = of.judged,
            key = self.readable_key(&of.key, "_i"),
        );
        Statement { sql, reads: Reads::Gate(gate) }
    }

    /// The rows that fail a screen, with the values of the columns that it reads.
    fn events(&self, of: &Screening<'_>, flag: &str, check: &Check, word: &str, what: &str) -> Statement {
        let columns: Vec<(&str, &Type)> = of
            .columns
            .iter()
            .filter(|column| check.reads.contains(&column.name))
            .map(|column| (column.name.as_str(), &column.ty))
            .collect();
        let (mut row, mut values) = (vec![self.dialect.string("")], String::new());
        for (at, (name, ty)) in columns.iter().enumerate() {
            let value = self.value(&format!("_i.{}", self.dialect.quote(name)), ty);
            let comma = if at == 0 { "" } else { ", " };
            row.extend([self.dialect.string(&format!("{comma}{name}=")), format!("COALESCE({value}, 'NULL')")]);
            values.push_str(&format!(", {value} AS _value_{}", at + 1));
        }
        let row = self.dialect.concat(&row);
        Statement {
            sql: format!(
                "SELECT DISTINCT {} AS key_text, {row} AS row_text{} FROM incoming AS _i WHERE _i.{flag}",
                self.readable_key(&of.key, "_i"),
                values
            ),
            reads: Reads::Screened {
                model: of.model.to_owned(),
                screen: check.name.clone(),
                reason: format!("{word} by `{}`: {}", check.name, check.asks),
                columns: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
                gate: Gate {
                    code: Code::RowsScreened,
                    message: format!("rows of {} fail check `{}` {what}", of.called, check.name),
                    span: check.span,
                    help: mend(check),
                },
            },
        }
    }

    /// A value of an event: the same text on every engine where it is a number.
    fn value(&self, expr: &str, ty: &Type) -> String {
        match ty {
            Type::Numeric(_) | Type::BigNumeric(_) => self.dialect.canonical(expr, ty, None),
            ty => self.dialect.readable(expr, ty),
        }
    }

    /// The least share of rows that a table of a query lets a load reject.
    pub(super) fn rejected_share(&self, query: &Query) -> f64 {
        let tables = query.analysis.tables.iter().filter_map(|used| self.project.table(&used.table));
        tables.map(|table| table.max_rejected_share).fold(1.0, f64::min)
    }
}

/// The column that says whether a row fails a screen.
fn flag(at: usize) -> String {
    format!("_screen_{}", at + 1)
}

/// That a row fails a check, in GoogleSQL; what is not judged is not evaluated.
pub(super) fn fails(check: &Check, given: Option<&str>) -> String {
    let CheckKind::Row { fails } = &check.kind else { return "FALSE".to_owned() };
    let conditions: Vec<String> =
        given.map(str::to_owned).into_iter().chain(check.filter.as_deref().map(names::nested)).collect();
    let fails = names::nested(fails);
    match conditions.as_slice() {
        [] => format!("COALESCE({fails}, FALSE)"),
        conditions => format!("COALESCE(IF({}, {fails}, FALSE), FALSE)", conditions.join(" AND ")),
    }
}

fn mend(check: &Check) -> String {
    let owner = check.owner.as_ref().map_or_else(String::new, |owner| format!(", or ask {owner}"));
    format!("correct the rows where they come from, or the check{owner}")
}
