//! Files are read as strictly as databases: a line that is not CSV costs itself and deletes nothing, and a value that its
//! type cannot hold is rejected, never bent.

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::{Warehouse, counts};

fn project(ending: &str, contents: &str, columns: &str) -> Project {
    Project::new(&format!(
        "#- dwc.yml\nname: shop\ntimezone: Asia/Seoul\ntargets: {{ dev: {{ type: duckdb, path: target/w.duckdb }} }}\n\
         #- models/shop.yml\nsource: shop\ntype: files\ntables:\n  t:\n    path: t/{{batch}}.{ending}\n    contents: {contents}\n    \
         primary_key: id\n    columns: {{ id: INT64, {columns} }}\n#- t/.keep\n"
    ))
}

fn events(warehouse: &Warehouse) -> Vec<Vec<String>> {
    warehouse.rows("SELECT place, screen, reason, source_row FROM _dwc.error_events ORDER BY batch, place")
}

#[test]
fn stray_quotes_cost_their_lines_and_delete_nothing() {
    let project = project("csv", "snapshot", "size: STRING");
    let warehouse = Warehouse::apply(project.path());
    project.write("t/2026-03-01.csv", "id,size\n1,a\n2,b\n3,c\n4,d\n");
    warehouse.run(Mode::Incremental);
    // A quote that the next one seems to close, text after a closing quote, a quote within a field, a field too many.
    project.write(
        "t/2026-03-02.csv",
        "id,size\r\n1,\"5 inch\r\n2,b\r\n3,\"x\"y\r\n5,a\"b\r\n6,g,h\r\n7,\"two\r\nlines\"\r\n",
    );
    let report = warehouse.run(Mode::Incremental);
    let second = counts(&report, "shop.t");
    assert_eq!((second.inserted, second.deleted, second.unchanged, second.rejected), (1, 0, 1, 4));
    assert!(report.sources[0].notices.iter().any(|notice| notice.message.contains("no row is deleted")), "{report:?}");
    let event = |line: u32, reason: &str, text: &str| {
        vec![format!("t/2026-03-02.csv:{line}"), "line".to_owned(), reason.to_owned(), text.to_owned()]
    };
    assert_eq!(
        events(&warehouse),
        [
            event(2, "there is text after a closing quote, at character 3", "1,\"5 inch"),
            event(4, "there is text after a closing quote, at character 3", "3,\"x\"y"),
            event(5, "a quote stands within a field that is not quoted, at character 4", "5,a\"b"),
            event(6, "it has 3 fields, and the header 2", "6,g,h"),
        ]
    );
    let live = warehouse.rows("SELECT id, size FROM dw_landing.shop__t__rows WHERE NOT _deleted ORDER BY id");
    assert_eq!(live, [["1", "a"], ["2", "b"], ["3", "c"], ["4", "d"], ["7", "two\r\nlines"]]);
    // A file that is sound deletes again.
    project.write("t/2026-03-03.csv", "id,size\n1,a\n2,b\n7,e\n");
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.t").deleted, 2);
}

#[test]
fn a_quote_that_is_never_closed_costs_one_line_of_a_long_file() {
    let project = project("csv", "snapshot", "size: STRING");
    let warehouse = Warehouse::apply(project.path());
    let text: String = (1..=50_000).map(|id| format!("{id},{}\n", if id == 30_001 { "\"9" } else { "9" })).collect();
    project.write("t/2026-03-01.csv", &format!("id,size\n{text}"));
    let first = warehouse.run(Mode::Incremental);
    assert_eq!((counts(&first, "shop.t").inserted, counts(&first, "shop.t").rejected), (49_999, 1));
    assert_eq!(
        events(&warehouse)[0][..3],
        ["t/2026-03-01.csv:30002", "line", "a quote is never closed, at character 7"]
    );
}

#[test]
fn an_empty_text_is_not_null_and_a_long_field_is_a_field() {
    let project = project("csv", "changes", "note: STRING");
    let warehouse = Warehouse::apply(project.path());
    project.write("t/2026-03-01.csv", &format!("id,note\n1,\"\"\n2,\n3,NULL\n4,\"{}\"\n", "long ".repeat(600_000)));
    warehouse.run(Mode::Incremental);
    let rows = warehouse.rows("SELECT id, note IS NULL, length(note) FROM dw_landing.shop__t ORDER BY id");
    assert_eq!(rows[0], ["1", "false", "0"]);
    assert_eq!(rows[1][..2], ["2", "true"]);
    assert_eq!((rows[2][1].as_str(), rows[3][2].as_str()), ("false", "3000000"));
}

/// A type, values that it holds with what lands, and values that it does not hold.
type Held = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const TEXTS: &[Held] = &[
    ("INT64", &[("7", "7"), (" -7 ", "-7")], &["1.5", "1e3", "1_000", "9223372036854775808", "0x1F", ""]),
    (
        "NUMERIC",
        &[("12.340", "12.34"), ("-.5", "-0.5"), ("0.1234567890000", "0.123456789")],
        &["0.1234567891", "1_000", "NaN", "1,5"],
    ),
    ("BOOL", &[("yes", "true"), ("0", "false")], &["2", "on"]),
    (
        "DATE",
        &[("2026-03-01", "2026-03-01")],
        &[
            "2026-03-01 23:30:00",
            "2026-03-01T23:30:00Z",
            "infinity",
            "epoch",
            "0044-03-15 (BC)",
            "12026-01-01",
            "2026-02-30",
        ],
    ),
    (
        "DATETIME",
        &[("2026-03-01 09:30:00.25", "2026-03-01 09:30:00.250")],
        &["2026-03-01 23:30:60", "infinity", "2026-03-01 09:30:00.0000001", "2026-03-01 24:00:00"],
    ),
    (
        "TIMESTAMP",
        &[
            ("2026-03-31 23:30:00+09:00", "2026-03-31 14:30:00"),
            ("2026-03-31T14:30:00Z", "2026-03-31 14:30:00"),
            ("2026-03-31 10:00:00-0430", "2026-03-31 14:30:00"),
        ],
        &["2026-03-31 23:30:00+99:00", "2026-03-31 23:30:00 KST", "-infinity"],
    ),
    ("TIME", &[("09:30:00", "09:30:00")], &["24:00:00", "25:00", "09:30:61"]),
];

#[test]
fn texts_of_csv_and_json_are_held_or_rejected() {
    for (ty, held, refused) in TEXTS {
        for ending in ["csv", "ndjson"] {
            let project = project(ending, "changes", &format!("v: {ty}"));
            let warehouse = Warehouse::apply(project.path());
            let all = held.iter().map(|(value, _)| *value).chain(refused.iter().copied());
            let line = |(id, value): (usize, &str)| match ending {
                "csv" => format!("{id},\"{value}\"\n"),
                _ => format!("{{\"id\": {id}, \"v\": \"{value}\"}}\n"),
            };
            let lines: String = all.enumerate().map(line).collect();
            let head = if ending == "csv" { "id,v\n" } else { "" };
            project.write(&format!("t/2026-03-01.{ending}"), &format!("{head}{lines}"));
            warehouse.run(Mode::Incremental);
            let landed = warehouse.rows("SELECT v FROM dw_landing.shop__t ORDER BY id");
            // Quoted alike, but for the time of day, which has a spelling of its own here.
            if *ty != "TIME" {
                assert_eq!(landed.concat(), held.iter().map(|(_, value)| *value).collect::<Vec<_>>(), "{ty} {ending}");
            }
            assert_eq!(landed.len(), held.len(), "{ty} {ending}");
            let events = events(&warehouse);
            assert_eq!(events.len(), refused.len(), "{ty} {ending}: {events:?}");
            assert!(events.iter().all(|event| event[2].contains(&format!("{ty}: "))), "{ty} {ending}: {events:?}");
        }
    }
}

#[test]
fn typed_values_of_parquet_are_held_or_rejected() {
    for (ty, held, refused) in [
        ("INT64", "2.0::DOUBLE", "1.5::DOUBLE"),
        ("INT64", "'7'", "'1e3'"),
        ("NUMERIC", "1.5::DECIMAL(18, 3)", "1.0000000000005::DECIMAL(20, 13)"),
        ("NUMERIC", "0.25::DOUBLE", "1e-10::DOUBLE"),
        ("BOOL", "1", "2"),
        ("STRING", "encode('가')", "'\\xFF\\x00'::BLOB"),
        ("DATE", "TIMESTAMP '2026-03-31 00:00:00'", "TIMESTAMP '2026-03-31 20:00:00'"),
    ] {
        let project = project("parquet", "changes", &format!("v: {ty}"));
        let warehouse = Warehouse::apply(project.path());
        let path = project.path().join("t/2026-03-01.parquet");
        warehouse.execute(&format!(
            "COPY (SELECT 1 AS id, {held} AS v UNION ALL SELECT 2, {refused}) TO '{}' (FORMAT parquet)",
            path.display()
        ));
        let report = warehouse.run(Mode::Incremental);
        let counted = counts(&report, "shop.t");
        assert_eq!((counted.inserted, counted.rejected), (1, 1), "{ty} {held} {refused}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_kept_in_hexadecimal() {
    let project = project("csv", "changes", "name: STRING");
    let warehouse = Warehouse::apply(project.path());
    std::fs::write(project.path().join("t/2026-03-01.csv"), b"id,name\n1,\xb0\xa1\n2,ok\n").expect("a file");
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.t").inserted, 1);
    assert_eq!(events(&warehouse)[0][2..], ["it is not UTF-8, at character 3", "0x312cb0a1"]);
}

#[test]
fn a_header_that_names_a_declared_column_twice_is_refused() {
    let project = project("csv", "changes", "name: STRING");
    let warehouse = Warehouse::apply(project.path());
    project.write("t/2026-03-01.csv", "id,name,name\n1,a,b\n");
    let error = warehouse.try_run(Mode::Incremental).expect_err("two columns of one name");
    assert!(error.to_string().contains("`name` twice"), "{error}");
}

#[test]
fn a_rejected_row_is_one_event_however_often_it_is_read() {
    let project = project("csv", "changes", "size: INT64");
    let warehouse = Warehouse::apply(project.path());
    project.write("t/2026-03-01.csv", "id,size\n1,a\n2,\"b\n3,4\n");
    for _ in 0..2 {
        let report = warehouse.run(Mode::Full);
        assert_eq!(counts(&report, "shop.t").rejected, 2);
    }
    assert_eq!(events(&warehouse).len(), 2);
    // Another value is another event.
    project.write("t/2026-03-01.csv", "id,size\n1,b\n3,4\n");
    warehouse.run(Mode::Full);
    assert_eq!(events(&warehouse).len(), 3);
}
