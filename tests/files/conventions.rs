//! How the text of files is written, where it differs: encodings, delimiters, quotes, names of columns. And NDJSON, whose
//! numbers are taken by their digits.

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::{Warehouse, counts};

/// A table of files with settings of its own, on one line.
fn project(ending: &str, settings: &str, columns: &str) -> (Project, Warehouse) {
    let project = Project::new(&format!(
        "#- dwc.yml\nname: shop\ntimezone: Asia/Seoul\ntargets: {{ dev: {{ type: duckdb, path: target/w.duckdb }} }}\n\
         #- models/shop.yml\nsource: shop\ntype: files\ntables:\n  t:\n    path: t/{{batch}}.{ending}\n    primary_key: id\n\
         {settings}    columns: {{ id: INT64, {columns} }}\n#- t/.keep\n"
    ));
    let warehouse = Warehouse::apply(project.path());
    (project, warehouse)
}

fn write(project: &Project, ending: &str, bytes: &[u8]) {
    std::fs::write(project.path().join(format!("t/2026-03-01.{ending}")), bytes).expect("a file");
}

fn landed(warehouse: &Warehouse, columns: &str) -> Vec<Vec<String>> {
    warehouse.rows(&format!("SELECT {columns} FROM dw_landing.shop__t ORDER BY id"))
}

#[test]
fn each_encoding_is_read_as_it_is_declared() {
    let utf16 = |order: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let text = "id,name\n1,가방\n2,\"café, 7\"\n";
    let korean = b"id,name\n1,\xb0\xa1\xb9\xe6\n2,\"cafe, 7\"\n".to_vec();
    for (encoding, bytes, names) in [
        ("utf-8", [b"\xef\xbb\xbf", text.as_bytes()].concat(), ["가방", "café, 7"]),
        ("utf-16", utf16(u16::to_le_bytes, &format!("\u{feff}{text}")), ["가방", "café, 7"]),
        ("UTF-16", utf16(u16::to_be_bytes, &format!("\u{feff}{text}")), ["가방", "café, 7"]),
        ("utf-16be", utf16(u16::to_be_bytes, text), ["가방", "café, 7"]),
        ("cp949", korean.clone(), ["가방", "cafe, 7"]),
        ("EUC-KR", korean, ["가방", "cafe, 7"]),
        ("latin-1", b"id,name\n1,M\xfcnchen\n2,caf\xe9\n".to_vec(), ["München", "café"]),
        ("windows-1252", b"id,name\n1,5 \x80\n2,caf\xe9\n".to_vec(), ["5 €", "café"]),
    ] {
        let (project, warehouse) = project("csv", &format!("    encoding: {encoding}\n"), "name: STRING");
        write(&project, "csv", &bytes);
        warehouse.run(Mode::Incremental);
        assert_eq!(landed(&warehouse, "name").concat(), names, "{encoding}");
    }
}

#[test]
fn bytes_that_are_not_of_the_encoding_cost_their_line() {
    let (project, warehouse) = project("csv", "    encoding: cp949\n", "name: STRING");
    write(&project, "csv", b"id,name\n1,\xb0\xa1\n2,\xff\xff\n3,\xb0\xa1\n");
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.t").rejected, 1);
    assert_eq!(landed(&warehouse, "id").concat(), ["1", "3"]);
    assert_eq!(warehouse.rows("SELECT place FROM _dwc.error_events"), [["t/2026-03-01.csv:3"]]);
}

#[test]
fn delimiter_quote_escape_and_null_are_what_is_declared() {
    let settings = "    delimiter: \";\"\n    quote: \"'\"\n    escape: \"\\\\\"\n    null_marker: \"\\\\N\"\n";
    let (project, warehouse) = project("csv", settings, "name: STRING, price: NUMERIC");
    write(&project, "csv", b"id;name;price\n1;'a;b';1.5\n2;'it\\'s';\\N\n3;\\N;2\n4;'\\\\N';\n5;'';3\n6;;4\n");
    warehouse.run(Mode::Incremental);
    let rows = landed(&warehouse, "COALESCE(name, 'none'), price");
    assert_eq!(rows, [["a;b", "1.5"], ["it's", "NULL"], ["none", "2"], ["\\N", "NULL"], ["", "3"], ["none", "4"]]);
}

#[test]
fn fields_that_are_never_quoted_hold_quotes() {
    let (project, warehouse) = project("csv", "    delimiter: \"\\t\"\n    quote: \"\"\n", "name: STRING");
    write(&project, "csv", b"id\tname\n1\t5\" inch\n2\t\"x\"\n");
    warehouse.run(Mode::Incremental);
    assert_eq!(landed(&warehouse, "name").concat(), ["5\" inch", "\"x\""]);
}

#[test]
fn a_column_has_another_name_in_the_files() {
    let columns = "amount: { type: NUMERIC, name: 금액(원) }, code: { type: STRING, name: \"_code [x]\" }, \
        first: { type: STRING, name: \"note#1\" }, second: { type: STRING, name: \"note#2\" }";
    let (project, warehouse) = project("csv", "    on_schema_change: evolve\n", columns);
    write(&project, "csv", "id,금액(원),_code [x],note,note,more\n1,1.5,c,a,b,z\n".as_bytes());
    warehouse.run(Mode::Incremental);
    assert_eq!(
        landed(&warehouse, "amount, code, first, second, CAST(_extra AS VARCHAR)"),
        [["1.5", "c", "a", "b", "{\"more\":\"z\"}"]]
    );
    let (project, warehouse) = self::project("ndjson", "", "amount: { type: NUMERIC, name: 금액(원) }");
    write(&project, "ndjson", "{\"id\": 1, \"금액(원)\": 1.5}\n".as_bytes());
    warehouse.run(Mode::Incremental);
    assert_eq!(landed(&warehouse, "amount").concat(), ["1.5"]);
}

#[test]
fn numbers_of_json_are_taken_by_their_digits() {
    let (project, warehouse) =
        project("ndjson", "", "n: NUMERIC, b: BIGNUMERIC, i: INT64, s: STRING, j: JSON, f: FLOAT64");
    let line = "{\"id\": 1, \"n\": 12345678901234567890.123456789, \"b\": 0.123456789012345678, \"i\": 9007199254740993, \
        \"s\": 1.10, \"j\": {\"x\": 12345678901234567890.123456789}, \"f\": 1e2}\n";
    write(&project, "ndjson", line.as_bytes());
    warehouse.run(Mode::Incremental);
    assert_eq!(
        landed(&warehouse, "n, b, i, s, CAST(j AS VARCHAR), f"),
        [[
            "12345678901234567890.123456789",
            "0.123456789012345678",
            "9007199254740993",
            "1.10",
            "{\"x\": 12345678901234567890.123456789}",
            "100"
        ]]
    );
}

#[test]
fn a_line_that_is_not_one_object_is_an_error_event() {
    let (project, warehouse) = project("ndjson", "", "v: STRING");
    let lines =
        b"{\"id\": 1, \"v\": \"a\"}\n{\"id\": 2, \"v\": \"a\", \"v\": \"b\"}\n\n[1, 2]\n{\"id\": 3, \"v\": \"c\"\n7\n\
        {\"id\": 4, \"v\": \"\xb0\xa1\"}\n{\"id\": 5} {\"id\": 6}\n{\"id\": 7}\n";
    write(&project, "ndjson", lines);
    let report = warehouse.run(Mode::Incremental);
    assert_eq!((counts(&report, "shop.t").inserted, counts(&report, "shop.t").rejected), (2, 6));
    let events = warehouse.rows("SELECT place, screen, reason, source_row FROM _dwc.error_events ORDER BY place");
    let places: Vec<String> = events.iter().map(|event| event[0].replace("t/2026-03-01.ndjson:", "")).collect();
    assert_eq!(places, ["2", "4", "5", "6", "7", "8"]);
    assert!(events.iter().all(|event| event[1] == "line"), "{events:?}");
    assert!(events[0][2].contains("the key `v` occurs twice in one object"), "{events:?}");
    assert!(events[4][2].contains("not UTF-8") && events[4][3].starts_with("0x7b"), "{events:?}");
}

#[test]
fn a_file_that_is_one_array_is_refused_and_so_is_another_encoding() {
    let (project, warehouse) = project("json", "", "v: STRING");
    write(&project, "json", b"[\n{\"id\": 1}\n]\n");
    let error = warehouse.try_run(Mode::Incremental).expect_err("an array");
    assert!(error.to_string().contains("is not NDJSON, an object on each line"), "{error}");
    let (project, warehouse) = self::project("csv", "", "v: STRING");
    write(&project, "csv", &"\u{feff}id,v\n1,a\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let error = warehouse.try_run(Mode::Incremental).expect_err("UTF-16 that is not declared");
    assert!(format!("{error:?}").contains("encoding"), "{error:?}");
    assert!(error.to_string().ends_with("it is UTF-16, by its byte order mark"), "{error}");
    write(&project, "csv", b"id,v\xbe\xc8\n1,a\n");
    let error = warehouse.try_run(Mode::Incremental).expect_err("CP949 that is not declared");
    assert!(error.to_string().ends_with("it is not UTF-8"), "{error}");
}

#[test]
fn a_row_beyond_the_longest_is_an_error_event_until_the_limit_is_raised() {
    let text = format!("id,v\n1,{}\n2,b\n", "x".repeat(3000));
    for (limit, ids) in [("1KB", &["2"][..]), ("4KB", &["1", "2"])] {
        let (project, warehouse) = project("csv", &format!("    longest_row: {limit}\n"), "v: STRING");
        write(&project, "csv", text.as_bytes());
        warehouse.run(Mode::Incremental);
        assert_eq!(landed(&warehouse, "id").concat(), ids, "{limit}");
    }
}

#[test]
fn reasons_are_cut_and_name_the_line_and_the_column() {
    let (project, warehouse) = project("csv", "", "v: INT64");
    write(&project, "csv", format!("id,v\n1,1\n2,{}\n", "x".repeat(100_000)).as_bytes());
    warehouse.run(Mode::Incremental);
    let event = warehouse.rows("SELECT place, reason FROM _dwc.error_events").concat();
    assert_eq!(event[0], "t/2026-03-01.csv:3");
    assert!(event[1].starts_with("`v` is not an INT64: xxx") && event[1].chars().count() < 200, "{event:?}");
}

#[test]
fn half_a_character_is_no_text() {
    let (project, warehouse) = project("ndjson", "", "name: STRING, about: JSON");
    let lines = [
        r#"{"id": 1, "name": "\ud83d\ude00"}"#,
        r#"{"id": 2, "name": "a\ud800"}"#,
        r#"{"id": 3, "about": {"a": "\udc00"}}"#,
        r#"{"id": 4, "undeclared": "\ud800"}"#,
    ];
    write(&project, "ndjson", format!("{}\n", lines.join("\n")).as_bytes());
    assert_eq!(counts(&warehouse.run(Mode::Incremental), "shop.t").rejected, 2);
    assert_eq!(landed(&warehouse, "id, COALESCE(name, '-')"), [["1", "😀"], ["4", "-"]]);
    let reasons = warehouse.rows("SELECT reason FROM _dwc.error_events ORDER BY place").concat();
    assert!(reasons[0].contains("`name`") && reasons[0].contains("61eda080"), "{reasons:?}");
    assert!(reasons[1].contains("`about`"), "{reasons:?}");
}
