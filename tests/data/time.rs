//! Time, with the right values: sentinel dates in any zone, deletes at the moment when they happened, states that never begin,
//! the hour that a change of clocks repeats.

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

const MEMBERS: &str = "\
#- dwc.yml
name: club
timezone: ZONE
targets: { dev: { type: duckdb, path: target/w.duckdb } }
#- models/club.yml
source: club
type: files
tables:
  members:
    path: members/{batch}.csv
    primary_key: id
    detect_deletes: column
    delete_column: left_at
    columns: { id: INT64, city: STRING, changed_at: DATETIME, left_at: DATETIME }
#- models/member.yml
dimension: member
from: club.members
natural_key: id
effective_at: changed_at
first_version: own_instant
attributes: { city: { scd: 2 } }
";

/// The versions of the members after files of these days.
fn versions(fixture: &str, files: &[(&str, &str)]) -> (Warehouse, Vec<String>) {
    let project = Project::new(fixture);
    for (day, lines) in files {
        project.write(&format!("members/{day}.csv"), &format!("id,city,changed_at,left_at\n{lines}"));
    }
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Incremental);
    assert_eq!(warehouse.audit(), [""; 0]);
    let rows = warehouse.rows(
        "SELECT id, city, valid_from, valid_to, is_current FROM dw.member WHERE member_key >= 0 ORDER BY id, valid_from",
    );
    let lines = rows.into_iter().map(|row| row.join("|")).collect();
    (warehouse, lines)
}

#[test]
fn sentinels_stay_at_the_ends_of_time_in_every_zone() {
    let lines = "1,Seoul,0001-01-01 00:00:00,\n2,Busan,9999-12-31 23:59:59,\n\
                 3,Jeju,2026-01-10 00:00:00,9999-12-31 23:59:59\n4,Daegu,2026-01-10 00:00:00,0001-01-01 00:00:00\n";
    for (zone, january) in [("Asia/Seoul", "2026-01-09 15:00:00"), ("America/New_York", "2026-01-10 05:00:00")] {
        let (_, found) = versions(&MEMBERS.replace("ZONE", zone), &[("2026-03-01", lines)]);
        let first = &found[0];
        assert!(first.starts_with("1|Seoul|0001-01-01 ") && first.ends_with("|9999-12-31 00:00:00|true"), "{first}");
        // It begins in the last microsecond before the end of an open version.
        assert_eq!(found[1], "2|Busan|9999-12-30 23:59:59.999999|9999-12-31 00:00:00|true", "{zone}");
        // A sentinel is no moment of a delete.
        assert_eq!(found[2], format!("3|Jeju|{january}|9999-12-31 00:00:00|true"));
        assert_eq!(found[3], format!("4|Daegu|{january}|9999-12-31 00:00:00|true"));
    }
}

const SALES: &str = "\
#- dwc.yml
name: shop
timezone: ZONE
targets: { dev: { type: duckdb, path: target/w.duckdb } }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2025-12-25
last_day: 2026-12-31
#- models/shop.yml
source: shop
type: files
tables:
  sales:
    path: sales/{batch}.csv
    primary_key: id
    columns: { id: INT64, sold_at: DATETIME, amount: NUMERIC }
#- models/sale.yml
fact: sale
business_process: selling
grain: { description: one row per sale, key: id }
from: shop.sales
event_time: sold_at
dimensions: { date: { on: sold_at } }
measures: { amount: { additive: all, currency: KRW } }
#- sales/2026-01-01.csv
id,sold_at,amount
1,2026-01-01 09:00:00,10
2,0001-01-01 00:00:00,20
3,9999-12-31 23:59:59,30
";

#[test]
fn an_event_at_an_end_of_time_loads_and_its_day_is_told() {
    for zone in ["Asia/Seoul", "America/New_York"] {
        let project = Project::new(&SALES.replace("ZONE", zone));
        let warehouse = Warehouse::apply(project.path());
        let report = warehouse.run(Mode::Incremental);
        let found = warehouse.rows("SELECT id, date_key, amount FROM dw.sale ORDER BY id");
        assert_eq!(found, [["1", "20260101", "10"], ["2", "-1", "20"], ["3", "-1", "30"]], "{zone}");
        let told: Vec<&str> =
            report.models.iter().flat_map(|model| &model.notices).map(|one| one.code.as_str()).collect();
        assert_eq!(told, ["DW0961"], "{zone}");
    }
}

#[test]
fn a_delete_takes_effect_when_it_happened_and_erases_no_history() {
    let first = "1,Seoul,2026-01-10 00:00:00,\n2,Seoul,2026-01-10 00:00:00,\n";
    let second = "1,Busan,2026-02-01 00:00:00,\n";
    // Member 1 left before the run that tells it, and after both states; member 2 is told with another city, as it left.
    let third = "1,Busan,2026-02-01 00:00:00,2026-02-05 00:00:00\n2,Jeju,2026-02-10 00:00:00,2026-02-20 00:00:00\n";
    let files = [("2026-01-11", first), ("2026-02-02", second), ("2026-03-01", third)];
    let (_, found) = versions(&MEMBERS.replace("ZONE", "UTC"), &files);
    let expected = [
        "1|Seoul|2026-01-10 00:00:00|2026-02-01 00:00:00|false",
        "1|Busan|2026-02-01 00:00:00|2026-02-05 00:00:00|false",
        "2|Seoul|2026-01-10 00:00:00|2026-02-10 00:00:00|false",
        "2|Jeju|2026-02-10 00:00:00|2026-02-20 00:00:00|false",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_state_whose_row_is_deleted_before_it_begins_never_begins() {
    let first = "1,Seoul,2026-01-10 00:00:00,\n";
    let second = "1,Busan,2026-06-01 00:00:00,\n";
    let third = "1,Busan,2026-06-01 00:00:00,2026-03-01 00:00:00\n";
    let files = [("2026-01-11", first), ("2026-02-02", second), ("2026-03-02", third)];
    let (_, found) = versions(&MEMBERS.replace("ZONE", "UTC"), &files);
    assert_eq!(found, ["1|Seoul|2026-01-10 00:00:00|2026-03-01 00:00:00|false"]);
}

#[test]
fn a_delete_that_is_ignored_does_nothing() {
    let fixture = MEMBERS.replace("ZONE", "UTC").replace("effective_at:", "on_delete: ignore\neffective_at:");
    let first = "1,Seoul,2026-01-10 00:00:00,\n";
    let second = "1,Seoul,2026-01-10 00:00:00,2026-02-05 00:00:00\n";
    let (_, found) = versions(&fixture, &[("2026-01-11", first), ("2026-03-01", second)]);
    assert_eq!(found, ["1|Seoul|2026-01-10 00:00:00|9999-12-31 00:00:00|true"]);
}

/// 01:10 after 01:50 of a night in which the clocks go back is the earlier of both, as it is written.
#[test]
fn a_state_of_the_repeated_hour_that_is_ordered_wrongly_is_told() {
    let project = Project::new(&MEMBERS.replace("ZONE", "America/New_York"));
    let member = |day: &str, city: &str, at: &str| {
        project.write(&format!("members/{day}.csv"), &format!("id,city,changed_at,left_at\n1,{city},{at},\n"));
    };
    let warehouse = Warehouse::apply(project.path());
    member("2026-10-31", "Seoul", "2026-10-31 12:00:00");
    warehouse.run(Mode::Incremental);
    member("2026-11-01T00", "Busan", "2026-11-01 01:50:00");
    warehouse.run(Mode::Incremental);
    member("2026-11-01T01", "Jeju", "2026-11-01 01:10:00");
    let report = warehouse.run(Mode::Incremental);
    let told = report.models.iter().flat_map(|model| &model.notices);
    let told: Vec<String> = told.map(|one| format!("{} {}", one.code, one.keys.join(" "))).collect();
    assert_eq!(told, ["DW0960 id=1"]);
}
