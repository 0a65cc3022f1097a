//! Milestones of accumulating snapshots: what they imply, and what is refused.

use dwc_compiler::check;
use dwc_compiler::diagnostic::{Code, Diagnostic};
use dwc_compiler::model::{Fact, Project};
use dwc_compiler::source::{FileSet, SourceFile};

const STAR: [(&str, &str); 4] = [
    ("dwc.yml", "name: shop\ntimezone: Asia/Seoul\ntargets: { dev: { type: duckdb } }\n"),
    (
        "models/shop.yml",
        "source: shop\ntype: files\ntables:\n  orders: { path: o.csv, primary_key: order_id, columns: { order_id: INT64, store: STRING, ordered_at: DATETIME, due_on: DATE, sent_at: TIMESTAMP, got_at: DATETIME } }\n",
    ),
    (
        "models/date.yml",
        "dimension: date\nkind: calendar\ndescription: A day.\nfirst_day: 2026-01-01\nlast_day: 2026-12-31\n",
    ),
    (
        "models/sending.yml",
        "fact: sending\nkind: accumulating_snapshot\nbusiness_process: sending\ngrain: { description: one row per order, key: order_id }\nfrom: shop.orders\nevent_time: ordered_at\nmilestones: { ordered: ordered_at, sent: sent_at, got: got_at }\nlags: { from: ordered, unit: hour }\ndimensions:\n  due: { dimension: date, on: due_on }\nmeasures:\n  orders: { expr: \"1\", type: INT64, additive: all, unit: order }\n",
    ),
];

fn checked(changes: &[(&str, &str)], more: &[(&str, &str)]) -> (Option<Project>, Vec<Diagnostic>) {
    let mut files: Vec<SourceFile> = STAR
        .iter()
        .chain(more)
        .map(|(path, text)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect();
    for (from, to) in changes {
        assert!(files[3].text.contains(from), "{from}");
        files[3].text = files[3].text.replace(from, to);
    }
    let checked = check(&FileSet::new(files));
    (checked.project, checked.diagnostics)
}

fn sending(changes: &[(&str, &str)]) -> Fact {
    let (project, found) = checked(changes, &[]);
    assert!(found.is_empty(), "{found:#?}");
    project.expect("a project").facts.remove(0)
}

fn names(fact: &Fact) -> Vec<&str> {
    fact.measures.iter().map(|measure| measure.column.name.as_str()).collect()
}

/// One problem of a code, with these words in its message, label or help.
fn refused(changes: &[(&str, &str)], code: Code, words: &[&str]) {
    let (_, found) = checked(changes, &[]);
    let [problem] = found.as_slice() else { panic!("{changes:?}: {found:#?}") };
    assert_eq!(problem.code, code, "{problem:#?}");
    let said = format!("{problem:?}");
    for word in words {
        assert!(said.contains(word), "`{word}`: {said}");
    }
}

#[test]
fn each_milestone_has_a_role_counters_and_lags() {
    let fact = sending(&[]);
    let roles: Vec<&str> = fact.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(roles, ["ordered_date", "sent_date", "got_date", "due"]);
    assert_eq!(
        names(&fact),
        [
            "orders",
            "reached_ordered",
            "waiting_at_ordered",
            "reached_sent",
            "waiting_at_sent",
            "reached_got",
            "hours_to_sent",
            "hours_to_got"
        ]
    );
    let formulas: Vec<String> = fact.measures.iter().filter_map(|one| Some(one.derived?.formula(&fact))).collect();
    assert_eq!(formulas[1], "1 if ordered_at is not NULL and sent_at, got_at are NULL, else 0");
    assert_eq!(formulas[3], "1 if sent_at is not NULL and got_at is NULL, else 0");
    assert_eq!(formulas[6], "got_at − ordered_at, in hours");
    let checks: Vec<&str> = fact.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(checks, ["milestone_order"]);
    let fact =
        sending(&[("{ from: ordered, unit: hour }", "[{ from: previous, unit: day }, { from: sent, unit: second }]")]);
    assert_eq!(names(&fact)[6..], ["days_from_ordered_to_sent", "days_from_sent_to_got", "seconds_to_got"]);
    let fact = sending(&[("lags: { from: ordered, unit: hour }\n", "")]);
    assert_eq!(names(&fact).len(), 6);
    assert!(
        sending(&[(
            "milestones: { ordered: ordered_at, sent: sent_at, got: got_at }\nlags: { from: ordered, unit: hour }\n",
            "lints: { DW0420: { level: off, reason: a test } }\n"
        )])
        .checks
        .is_empty()
    );
}

#[test]
fn a_milestone_uses_a_role_that_is_declared() {
    let named = [("ordered: ordered_at", "ordered: due"), ("unit: hour", "unit: day")];
    let fact = sending(&named);
    let roles: Vec<&str> = fact.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(roles, ["sent_date", "got_date", "due"]);
    assert_eq!(fact.milestones[0].column.name, "due_on");
    assert_eq!(fact.roles[2].when_null, dwc_compiler::model::WhenNull::NotYet);
    let own = "  sent_date: { dimension: date, on: sent_at, description: It left. }\n";
    let fact = sending(&[("measures:\n", &format!("{own}measures:\n"))]);
    assert_eq!(fact.roles.iter().map(|role| role.description.as_str()).next_back(), Some("It left."));
}

#[test]
fn what_milestones_cannot_mean_is_refused() {
    let milestones = "milestones: { ordered: ordered_at, sent: sent_at, got: got_at }\n";
    refused(
        &[("kind: accumulating_snapshot", "kind: transaction"), ("lags: { from: ordered, unit: hour }\n", "")],
        Code::MisplacedKey,
        &["`milestones`"],
    );
    refused(
        &[(milestones, ""), ("event_time", "lints: { DW0420: { level: off, reason: a test } }\nevent_time")],
        Code::MissingSetting,
        &["lags and no milestones"],
    );
    refused(&[(milestones, "milestones: { ordered: ordered_at }\n")], Code::WrongValue, &["one milestone alone"]);
    refused(&[("sent: sent_at", "sent: sent_t")], Code::UnknownColumn, &["`sent_t`", "sent_at"]);
    refused(&[("sent: sent_at", "sent: store")], Code::NotAnInstant, &["`store` is STRING"]);
    refused(&[("sent: sent_at", "sent: ordered_at")], Code::WrongValue, &["both reached at `ordered_at`"]);
    refused(&[("sent: sent_at", "previous: sent_at")], Code::WrongValue, &["cannot be named `previous`"]);
    refused(&[("from: ordered", "from: send")], Code::UnknownName, &["there is no milestone `send`", "sent"]);
    refused(&[("from: ordered", "from: got")], Code::WrongValue, &["no milestone comes after `got`"]);
    refused(&[("ordered: ordered_at", "ordered: due_on")], Code::WrongValue, &["`due_on` is a DATE", "unit: day"]);
    refused(&[("event_time", "insert_only: true\nevent_time")], Code::MisplacedKey, &["`insert_only`"]);
    let hours = [("{ from: ordered, unit: hour }", "[{ from: ordered, unit: hour }, { from: sent, unit: hour }]")];
    refused(&hours, Code::DuplicateName, &["`hours_to_got`"]);
    let own = "measures:\n  reached_sent: { expr: \"1\", type: INT64, additive: all }\n";
    refused(&[("measures:\n", own)], Code::DuplicateName, &["`reached_sent`", "imply this measure"]);
    let role = |on: &str, more: &str| format!("  sent_date: {{ dimension: date, on: {on}{more} }}\nmeasures:\n");
    refused(&[("measures:\n", &role("got_at", ""))], Code::WrongValue, &["has the day of `got_at`, not of `sent_at`"]);
    refused(&[("measures:\n", &role("sent_at", ", when_null: unknown"))], Code::WrongValue, &["is not `not_yet`"]);
    refused(
        &[
            ("  due: {", "  due_on: {"),
            ("due_on: { dimension: date, on: due_on }", "store: { dimension: date, on: due_on }"),
            ("sent: sent_at", "sent: store"),
            ("hour", "day"),
        ],
        Code::WrongValue,
        &["both a role and a column"],
    );
}

#[test]
fn a_calendar_is_needed_and_chosen() {
    let files: Vec<SourceFile> = STAR
        .iter()
        .filter(|(path, _)| *path != "models/date.yml")
        .map(|(path, text)| SourceFile {
            path: (*path).to_owned(),
            text: text.replace("dimensions:\n  due: { dimension: date, on: due_on }\n", ""),
        })
        .collect();
    let found = check(&FileSet::new(files)).diagnostics;
    assert!(
        found.iter().any(|one| one.code == Code::UnknownDimension && one.message.contains("no calendar")),
        "{found:#?}"
    );
    let fiscal = "dimension: fiscal\nkind: calendar\ndescription: Another day.\nfirst_day: 2026-01-01\nlast_day: 2026-12-31\nfiscal_year_starts: 4\n";
    let (_, found) = checked(&[], &[("models/fiscal.yml", fiscal)]);
    let said: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(said.len(), 3, "{found:#?}");
    assert!(said.iter().all(|one| one.contains("several calendars")), "{said:?}");
}
