//! Accumulating snapshots: the days, counters and lags of milestones beside plain SQL over the rows of the files, rows that
//! reach milestones out of order, and rows that go back.

use std::fmt::Write as _;

use dwc_compiler::sql::{self, DuckDb, Question};
use dwc_runner::{Mode, ModelReport, RunReport};
use dwc_tests::parcels::POST;
use dwc_tests::project::{Project, Run};
use dwc_tests::warehouse::Warehouse;

/// Parcel 1 arrives, 2 is sorted, 3 is not signed after all, 4 turns out to have left after it arrived, 5 is corrected, 6 is
/// gone.
const LATER: &str = "\
parcel_id,depot,posted_on,sorted_at,sent_at,signed_at,op
1,a,2026-02-10,2026-02-10 09:30:00,2026-02-10T02:00:59Z,2026-02-11T01:00:00Z,U
2,a,2026-02-10,2026-02-16 07:00:00,,,U
3,b,2026-02-11,2026-02-11 23:59:00,2026-02-11T15:01:00Z,,U
4,b,2026-02-12,2026-02-12 08:00:00,2026-02-14T00:00:00Z,2026-02-13T00:00:00Z,U
5,b,2026-02-13,2026-02-13 10:00:00,,,U
6,a,2026-02-14,2026-02-14 10:00:00,2026-02-14T10:00:00Z,2026-02-15T10:00:00Z,D
";

/// The rows as the files have them last, with what follows from their milestones, in plain SQL.
fn raw(project: &Project) -> String {
    let day = |moment: &str| format!("coalesce(CAST(strftime({moment}, '%Y%m%d') AS BIGINT), -4)");
    let sent = "sent_at + INTERVAL 9 HOUR";
    let signed = "signed_at + INTERVAL 9 HOUR";
    let minutes = |moment: &str| format!("date_diff('second', sorted_at, {moment}) // 60");
    let mut text = String::from("SELECT parcel_id, depot, 1 AS parcels");
    for (name, moment) in [("posted", "posted_on"), ("sorted", "sorted_at"), ("sent", sent), ("signed", signed)] {
        let _ = write!(text, ", {} AS {name}_date_key", day(moment));
        let _ = write!(text, ", CASE WHEN {moment} IS NULL THEN 0 ELSE 1 END AS reached_{name}");
    }
    for (name, moment, later) in [
        ("posted", "posted_on", &["sorted_at", "sent_at", "signed_at"][..]),
        ("sorted", "sorted_at", &["sent_at", "signed_at"][..]),
        ("sent", "sent_at", &["signed_at"][..]),
    ] {
        let none = later.iter().map(|later| format!("{later} IS NULL")).collect::<Vec<_>>().join(" AND ");
        let _ = write!(text, ", CASE WHEN {moment} IS NOT NULL AND {none} THEN 1 ELSE 0 END AS waiting_at_{name}");
    }
    let _ = write!(text, ", {} AS minutes_to_sent, {} AS minutes_to_signed", minutes(sent), minutes(signed));
    for (name, from, to) in [
        ("posted_to_sorted", "posted_on", "sorted_at"),
        ("sorted_to_sent", "sorted_at", sent),
        ("sent_to_signed", sent, signed),
    ] {
        let _ = write!(text, ", CAST({to} AS DATE) - CAST({from} AS DATE) AS days_from_{name}");
    }
    let _ = write!(
        text,
        " FROM (SELECT * FROM read_csv('{}/data/parcels/*.csv', filename = true, nullstr = '', types = {{'posted_on': 'DATE', \
         'sorted_at': 'TIMESTAMP', 'sent_at': 'TIMESTAMP', 'signed_at': 'TIMESTAMP'}}) \
         QUALIFY row_number() OVER (PARTITION BY parcel_id ORDER BY filename DESC) = 1) WHERE op <> 'D'",
        project.path().display()
    );
    text
}

/// The star's rows are those of plain SQL, and so are the answers.
fn compare(warehouse: &Warehouse, project: &Project) -> Vec<Vec<String>> {
    let raw = raw(project);
    let columns: Vec<String> =
        warehouse.rows(&format!("DESCRIBE {raw}")).into_iter().map(|row| row[0].clone()).collect();
    let stored = warehouse.columns("parcel");
    for column in
        stored.iter().filter(|name| !["loaded_batch", "posted_on"].contains(&name.as_str()) && !name.ends_with("_at"))
    {
        assert!(columns.contains(column), "{column} is not reckoned");
    }
    let list = columns.join(", ");
    let star = warehouse.rows(&format!("SELECT {list} FROM dw.parcel ORDER BY parcel_id"));
    assert_eq!(star, warehouse.rows(&format!("SELECT {list} FROM ({raw}) ORDER BY parcel_id")));
    let counters: Vec<&str> = ["posted", "sorted", "sent"]
        .iter()
        .flat_map(|name| {
            let both = columns
                .iter()
                .filter(move |column| [format!("reached_{name}"), format!("waiting_at_{name}")].contains(column));
            both.map(String::as_str)
        })
        .chain(["reached_signed"])
        .collect();
    assert_eq!(counters.len(), 7);
    let sums: Vec<String> = counters.iter().map(|name| format!("CAST(sum({name}) AS BIGINT) AS {name}")).collect();
    let lags = "avg(minutes_to_signed), min(minutes_to_signed) AS lo, max(minutes_to_signed) AS hi, avg(days_from_sorted_to_sent)";
    let plain = format!("SELECT depot, {}, {lags} FROM ({raw}) GROUP BY 1 ORDER BY 1", sums.join(", "));
    let question = Question {
        measures: [
            "parcel.pipeline",
            "minutes_to_signed",
            "min_minutes_to_signed",
            "parcel.max_minutes_to_signed",
            "days_from_sorted_to_sent",
        ]
        .map(str::to_owned)
        .to_vec(),
        by: vec!["depot".to_owned()],
        ..Question::default()
    };
    let text = sql::drill_across(warehouse.project(), &DuckDb, "dw", &question).expect("an answer");
    let ordered = format!(
        "SELECT depot, {}, * EXCLUDE (depot, {}) FROM ({text}) ORDER BY 1",
        counters.join(", "),
        counters.join(", ")
    );
    let answer = warehouse.rows(&ordered);
    assert_eq!(answer, warehouse.rows(&plain));
    answer
}

fn loaded(report: &RunReport) -> &ModelReport {
    report.models.iter().find(|one| one.model == "parcel").expect("the fact is loaded")
}

fn told(report: &RunReport) -> Vec<String> {
    loaded(report).notices.iter().map(|notice| format!("{} {}", notice.code, notice.keys.join(" "))).collect()
}

#[test]
fn milestones_are_days_counters_and_lags_and_rows_that_go_back_are_corrected_in_place() {
    let project = Project::new(POST);
    let warehouse = Warehouse::apply(project.path());
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(told(&report), ["DW0969 parcel_id=5"]);
    let answer = compare(&warehouse, &project);
    // Of depot a, parcel 2 waits at posted, 1 at sent, and 6 is there; the only parcel that is signed took 33 hours.
    assert_eq!(answer[0][..8], ["a", "3", "1", "2", "0", "2", "1", "1"]);
    assert_eq!(answer[0][8..11], ["1980", "1980", "1980"]);
    assert_eq!(
        warehouse.rows("SELECT minutes_to_sent FROM dw.parcel WHERE parcel_id IN (1, 3) ORDER BY parcel_id"),
        [["90"], ["2"]]
    );

    project.write("data/parcels/2026-03-02.csv", LATER);
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(told(&report), ["DW0969 parcel_id=4"], "5 is corrected");
    let parcel = loaded(&report);
    assert_eq!((parcel.inserted, parcel.updated, parcel.deleted), (0, 5, 1));
    compare(&warehouse, &project);
    let back = "SELECT signed_at, signed_date_key, reached_signed, waiting_at_sent, minutes_to_signed FROM dw.parcel WHERE parcel_id = 3";
    assert_eq!(warehouse.rows(back), [["NULL", "-4", "0", "1", "NULL"]]);

    let report = warehouse.run(Mode::Full);
    let parcel = loaded(&report);
    assert_eq!((parcel.inserted, parcel.updated, parcel.unchanged), (0, 0, 5));
    compare(&warehouse, &project);
    assert_eq!(warehouse.audit(), [""; 0]);
}

fn done(run: Run, code: i32) -> String {
    assert_eq!(run.code, Some(code), "{}\n{}", run.stdout, run.stderr);
    run.stdout + &run.stderr
}

#[test]
fn an_order_that_is_not_kept_fails_a_check_unless_a_declared_one_has_its_name() {
    let project = Project::new(POST);
    done(project.dwc(&["apply", "--auto-approve"]), 0);
    let run = done(project.dwc(&["run"]), 0);
    let said = "rows of fact `parcel` reached their milestones in another order than posted, sorted, sent, signed: parcel_id=5";
    assert!(run.contains(said), "{run}");
    let verify = done(project.dwc(&["verify"]), 1);
    let said = "fact `parcel` fails check `milestone_order`: 1 of 6 rows: parcel_id=5";
    assert!(verify.contains(said) && verify.contains("models/parcel.yml:7"), "{verify}");
    let own =
        "checks:\n  - { name: milestone_order, condition: \"CAST(sorted_at AS DATE) >= posted_on\", severity: warn }\n";
    let text = project.read("models/parcel.yml");
    project.write("models/parcel.yml", &format!("{text}{own}"));
    done(project.dwc(&["apply", "--auto-approve"]), 0);
    let verify = done(project.dwc(&["verify"]), 0);
    assert!(
        verify.contains("fact `parcel` fails check `milestone_order`: 1 of 6") && verify.contains("1 warning"),
        "{verify}"
    );
    project.write("data/parcels/2026-03-02.csv", LATER);
    assert!(!done(project.dwc(&["run"]), 0).contains("DW0969"), "the declared check stands in its place");
}

#[test]
fn what_a_model_implies_is_shown_and_planned() {
    let project = Project::new(POST);
    let shown = done(project.dwc(&["show", "parcel"]), 0);
    for line in
        ["  posted: posted_on", "- from: sorted", "  posted_date:", "    when_null: not_yet", "#   reached_sent: INT64"]
    {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    done(project.dwc(&["apply", "--auto-approve"]), 0);
    done(project.dwc(&["run"]), 0);
    project.write("models/parcel.yml", &shown);
    let plan = done(project.dwc(&["plan"]), 0);
    assert!(plan.contains("no changes") || plan.contains("No changes"), "what is shown is what was declared: {plan}");
    let text = project.read("models/parcel.yml");
    project.write("models/parcel.yml", &text.replace("  signed: signed_at\n", ""));
    let plan = done(project.dwc(&["plan"]), 0);
    assert!(plan.contains("milestones: posted, sorted, sent, signed → posted, sorted, sent, breaking"), "{plan}");
}
