//! What is not wrong enough to stop a load and must not pass in silence: days that a calendar lacks, events without a
//! version, changed rows of facts that only grow, current versions that are not what the source has.

use dwc_runner::{DuckDbWarehouse, Mode, Offence, Part, RunOptions, RunReport};
use dwc_tests::project::{Project, at, checked};

const SHOP: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  members:
    path: data/members/{batch}.csv
    primary_key: member_id
    detect_deletes: column
    delete_column: left_at
    retain: history
    columns: { member_id: INT64, city: STRING, changed_at: TIMESTAMP, left_at: TIMESTAMP }
  visits:
    path: data/visits/{batch}.csv
    primary_key: visit_id
    columns: { visit_id: INT64, member_id: INT64, seen_at: TIMESTAMP, due_on: DATE, minutes: INT64 }
#- models/date.yml
dimension: date
kind: calendar
description: A day.
first_day: 2026-01-01
last_day: 2026-12-31
#- models/member.yml
dimension: member
description: Someone who visits.
from: shop.members
natural_key: member_id
effective_at: changed_at
attributes: { city: { scd: 2 } }
#- models/visit.yml
fact: visit
description: A visit.
business_process: visiting
grain: { description: one row per visit, key: visit_id }
from: shop.visits
event_time: seen_at
dimensions:
  due: { dimension: date, on: due_on }
  member: { on: member_id, missing: unknown }
measures: { minutes: { type: INT64, additive: all, unit: minute } }
#- data/members/2026-03-01.csv
member_id,city,changed_at,left_at
1,Seoul,2026-02-01 00:00:00,
2,Busan,2026-02-01 00:00:00,2026-02-20 00:00:00
#- data/visits/2026-03-01.csv
visit_id,member_id,seen_at,due_on,minutes
10,1,2026-02-10 01:00:00,2026-02-11,5
11,2,2026-02-25 01:00:00,2026-02-26,7
12,1,2026-02-12 01:00:00,2027-01-15,9
";

/// The shop after a change of one of its files.
fn shop(file: &str, from: &str, to: &str) -> Project {
    let project = Project::new(SHOP);
    change(&project, file, from, to);
    project
}

fn change(project: &Project, file: &str, from: &str, to: &str) {
    let text = project.read(file);
    assert!(text.contains(from), "{file}: {text}");
    project.write(file, &text.replace(from, to));
}

/// Applies the models and loads what there is.
fn load(engine: &DuckDbWarehouse, project: &Project) -> (RunReport, Vec<Offence>) {
    let model = checked(project.path());
    dwc_runner::apply(engine, &model, at("2026-04-01"), &["visit".to_owned(), "date".to_owned()]).expect("applied");
    let at = at("2026-04-01");
    let options = RunOptions { mode: Mode::Incremental, at, until: None, select: Vec::new(), part: Part::Everything };
    dwc_runner::run(engine, &model, project.path(), &options, &mut |_| ()).expect("a run")
}

/// What the run told of a model, as `code keys`.
fn told(report: &RunReport, model: &str) -> Vec<String> {
    let of = report.models.iter().find(|one| one.model == model).expect("the model is there");
    of.notices.iter().map(|notice| format!("{} {}", notice.code, notice.keys.join(" "))).collect()
}

fn rows(engine: &DuckDbWarehouse, sql: &str) -> Vec<String> {
    let line = |row: Vec<Option<String>>| {
        row.into_iter().map(|cell| cell.unwrap_or_else(|| "NULL".to_owned())).collect::<Vec<_>>().join("|")
    };
    engine.rows(sql).expect("rows").into_iter().map(line).collect()
}

fn memory() -> DuckDbWarehouse {
    DuckDbWarehouse::open(":memory:").expect("a warehouse")
}

const VISITS: &str = "SELECT visit_id, due_key, member_key = -1, minutes FROM dw.visit ORDER BY 1";

#[test]
fn days_outside_a_calendar_and_events_without_a_version_are_told_and_keep_their_rows() {
    let (engine, project) = (memory(), Project::new(SHOP));
    let (report, offences) = load(&engine, &project);
    assert!(offences.is_empty(), "{offences:?}");
    assert_eq!(told(&report, "visit"), ["DW0961 due_on=2027-01-15, rows: 1", "DW0962 visit_id=11"]);
    assert_eq!(rows(&engine, VISITS), ["10|20260211|false|5", "11|20260226|true|7", "12|-1|false|9"]);
    change(&project, "models/date.yml", "2026-12-31", "2027-12-31");
    let (report, offences) = load(&engine, &project);
    assert!(offences.is_empty(), "{offences:?}");
    assert_eq!(told(&report, "visit"), ["DW0962 visit_id=11"]);
    assert_eq!(rows(&engine, VISITS)[2], "12|20270115|false|9", "a longer calendar binds the row to its day");
}

#[test]
fn a_role_that_must_not_miss_a_day_holds_the_fact_back() {
    let engine = memory();
    let project = shop("models/visit.yml", "on: due_on }", "on: due_on, missing: error }");
    let (_, offences) = load(&engine, &project);
    let found: Vec<_> = offences.iter().map(|offence| (offence.code.id(), offence.keys.join(" "))).collect();
    assert_eq!(found, [("DW0904", "due_on=2027-01-15, rows: 1".to_owned())]);
    assert!(rows(&engine, VISITS).is_empty());
}

#[test]
fn changed_rows_of_a_fact_that_only_grows_stop_it_unless_they_are_meant_to_stay() {
    for (declared, code) in [("insert_only: true", "DW0963"), ("insert_only: true\non_update: keep", "DW0964")] {
        let engine = memory();
        let project = shop("models/visit.yml", "event_time: seen_at", &format!("event_time: seen_at\n{declared}"));
        assert!(load(&engine, &project).1.is_empty());
        project.write(
            "data/visits/2026-03-02.csv",
            "visit_id,member_id,seen_at,due_on,minutes\n10,1,2026-02-10 01:00:00,2026-02-11,6\n13,1,2026-02-13 01:00:00,2026-02-14,1\n",
        );
        let (report, offences) = load(&engine, &project);
        let minutes = rows(&engine, "SELECT visit_id, minutes FROM dw.visit WHERE visit_id IN (10, 13) ORDER BY 1");
        if code == "DW0963" {
            let found: Vec<_> = offences.iter().map(|offence| (offence.code.id(), offence.keys.join(" "))).collect();
            assert_eq!(found, [(code, "visit_id=10".to_owned())]);
            assert_eq!(minutes, ["10|5"], "the batch waits");
        } else {
            assert!(offences.is_empty(), "{offences:?}");
            assert_eq!(told(&report, "visit"), ["DW0964 visit_id=10"]);
            assert_eq!(minutes, ["10|5", "13|1"], "the first value stays");
        }
    }
}

#[test]
fn a_current_version_that_is_not_what_the_source_has_is_told() {
    let (engine, project) = (memory(), Project::new(SHOP));
    assert!(load(&engine, &project).1.is_empty());
    project.write(
        "data/members/2026-03-02.csv",
        "member_id,city,changed_at,left_at\n1,Jeju,2026-01-15 00:00:00,\n3,Daegu,2026-02-03 00:00:00,\n",
    );
    let (report, offences) = load(&engine, &project);
    assert!(offences.is_empty(), "{offences:?}");
    assert_eq!(told(&report, "member"), ["DW0960 member_id=1"], "its row is Jeju, which is dated before Seoul");
    let model = checked(project.path());
    let seen = dwc_runner::audit(&engine, &model, &[]).expect("an audit").told();
    let seen: Vec<_> = seen.iter().map(|one| format!("{} {}", one.code.id(), one.keys.join(" "))).collect();
    assert_eq!(seen, ["DW0960 member_id=1", "DW0961 rows: 1", "DW0962 visit_id=11"]);
}

/// Visits read as snapshots, so that a row which a file lacks is deleted.
fn deleting(on_delete: &str) -> Project {
    let project =
        shop("models/visit.yml", "event_time: seen_at", &format!("event_time: seen_at\non_delete: {on_delete}"));
    change(
        &project,
        "models/shop.yml",
        "    primary_key: visit_id\n",
        "    primary_key: visit_id\n    contents: snapshot\n",
    );
    project
}

/// The visits of the first file without one, as another file.
fn without(project: &Project, visit: &str, file: &str) {
    let all = project.read("data/visits/2026-03-01.csv");
    let rest = all.lines().filter(|line| !line.starts_with(visit)).map(|line| format!("{line}\n"));
    project.write(file, &rest.collect::<String>());
}

#[test]
fn a_row_that_is_flagged_as_deleted_is_counted_and_lives_again_if_it_returns() {
    let (engine, project) = (memory(), deleting("flag"));
    project.write(
        "models/by_day.yml",
        "fact: by_day\nkind: aggregate\ndescription: Minutes by day.\nbusiness_process: visiting\n\
         grain: { description: one row per day }\nfrom: visit\ndimensions: { due: {} }\n\
         measures: { minutes: { expr: SUM(minutes), type: INT64, additive: all, unit: minute } }\n",
    );
    let counts = |report: &RunReport| {
        let visit = report.models.iter().find(|one| one.model == "visit").expect("the fact is loaded");
        (visit.inserted, visit.updated, visit.deleted, visit.unchanged)
    };
    let flagged = "SELECT visit_id, minutes, is_deleted FROM dw.visit ORDER BY 1";
    let by_day = "SELECT due_key, minutes FROM dw.by_day ORDER BY 1";
    let (report, _) = load(&engine, &project);
    assert_eq!(counts(&report), (3, 0, 0, 0));

    without(&project, "10,", "data/visits/2026-03-02.csv");
    let (report, _) = load(&engine, &project);
    assert_eq!(counts(&report), (0, 0, 1, 0), "one row is flagged");
    assert_eq!(rows(&engine, flagged), ["10|5|true", "11|7|false", "12|9|false"]);
    assert_eq!(rows(&engine, by_day), ["-1|9", "20260226|7"]);

    change(&project, "models/visit.yml", "minutes: { type", "minutes: { expr: minutes * 10, type");
    load(&engine, &project);
    assert_eq!(
        rows(&engine, flagged),
        ["10|50|true", "11|70|false", "12|90|false"],
        "a changed measure is of all rows"
    );
    let fresh = memory();
    load(&fresh, &project);
    assert_eq!(rows(&fresh, flagged), rows(&engine, flagged), "a new warehouse has the row, too");

    without(&project, "none", "data/visits/2026-03-03.csv");
    let (report, _) = load(&engine, &project);
    assert_eq!(counts(&report), (0, 1, 0, 0), "and the row lives again");
    assert_eq!(rows(&engine, flagged), ["10|50|false", "11|70|false", "12|90|false"]);
    assert_eq!(rows(&engine, by_day), ["-1|90", "20260211|50", "20260226|70"]);
}

#[test]
fn a_row_whose_delete_is_ignored_follows_the_model_and_returns_as_it_is() {
    let (engine, project) = (memory(), deleting("ignore"));
    load(&engine, &project);
    without(&project, "10,", "data/visits/2026-03-02.csv");
    load(&engine, &project);
    let minutes = "SELECT visit_id, minutes FROM dw.visit ORDER BY 1";
    assert_eq!(rows(&engine, minutes), ["10|5", "11|7", "12|9"]);
    change(&project, "models/visit.yml", "minutes: { type", "minutes: { expr: minutes * 10, type");
    load(&engine, &project);
    assert_eq!(rows(&engine, minutes), ["10|50", "11|70", "12|90"]);
    let fresh = memory();
    load(&fresh, &project);
    assert_eq!(rows(&fresh, minutes), rows(&engine, minutes));
    change(
        &project,
        "models/visit.yml",
        "from: shop.visits",
        "query: SELECT * FROM {{ source('shop.visits') }} WHERE visit_id > 10",
    );
    load(&engine, &project);
    assert_eq!(rows(&engine, minutes), ["11|70", "12|90"], "a row that the query leaves out is not deleted: it goes");
}
