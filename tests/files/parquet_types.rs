//! Types of Parquet that no other source has: what an engine's own reader would round or cut is exact, or rejected.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::{Warehouse, counts};
use parquet::data_type::{DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int96, Int96Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

fn project(columns: &str) -> (Project, Warehouse) {
    let project = Project::new(&format!(
        "#- dwc.yml\nname: shop\ntimezone: Asia/Seoul\ntargets: {{ dev: {{ type: duckdb, path: target/w.duckdb }} }}\n\
         #- models/shop.yml\nsource: shop\ntype: files\ntables:\n  t:\n    path: t/{{batch}}.parquet\n    \
         primary_key: id\n    columns: {{ id: INT64, {columns} }}\n#- t/.keep\n"
    ));
    let warehouse = Warehouse::apply(project.path());
    (project, warehouse)
}

/// Writes a file with an id and one column of a type.
fn write<T: DataType>(path: &Path, ty: &str, values: &[T::T]) {
    let schema = parse_message_type(&format!("message t {{ required int32 id; required {ty}; }}")).expect("a schema");
    let file = File::create(path).expect("a file");
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(schema), Arc::new(WriterProperties::new())).expect("a writer");
    let mut group = writer.next_row_group().expect("a group");
    let ids: Vec<i32> = (1..).take(values.len()).collect();
    let mut column = group.next_column().expect("a column").expect("the id");
    column.typed::<Int32Type>().write_batch(&ids, None, None).expect("ids");
    column.close().expect("it is written");
    let mut column = group.next_column().expect("a column").expect("the value");
    column.typed::<T>().write_batch(values, None, None).expect("values");
    column.close().expect("it is written");
    group.close().expect("it is written");
    writer.close().expect("it is written");
}

/// An instant of twelve bytes: nanoseconds of the day, and the Julian day.
fn int96(days_since_1970: i64, nanos: u64) -> Int96 {
    let julian = u32::try_from(days_since_1970 + 2_440_588).expect("a day");
    let mut value = Int96::new();
    value.set_data((nanos & 0xffff_ffff) as u32, (nanos >> 32) as u32, julian);
    value
}

#[test]
fn old_instants_reach_every_year_and_lose_no_nanosecond() {
    let (project, warehouse) = project("v: TIMESTAMP");
    let noon = 12 * 3600 * 1_000_000_000;
    let values = [int96(20_513, noon + 1000), int96(2_932_896, noon), int96(-354_285, noon), int96(20_513, noon + 1)];
    write::<Int96Type>(&project.path().join("t/2026-03-01.parquet"), "int96 v", &values);
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "shop.t").rejected, 1);
    assert_eq!(
        warehouse.rows("SELECT CAST(v AS VARCHAR) FROM dw_landing.shop__t ORDER BY id").concat(),
        ["2026-03-01 12:00:00.000001", "9999-12-31 12:00:00", "1000-01-01 12:00:00"]
    );
    let reason = warehouse.rows("SELECT place, reason FROM _dwc.error_events");
    let expected = "`v` is not a TIMESTAMP: 2026-03-01 12:00:00.000000001";
    assert_eq!(reason, [["t/2026-03-01.parquet:4", expected]]);
}

#[test]
fn decimals_of_any_width_are_held_or_rejected() {
    let wide = |value: i128| {
        let mut bytes = vec![if value < 0 { 0xff } else { 0 }; 20];
        bytes[4..].copy_from_slice(&value.to_be_bytes());
        FixedLenByteArray::from(bytes)
    };
    // Of scale 20: 1.5, minus 0.25, and one that has more digits after the point than a BIGNUMERIC here.
    let unit = 10_i128.pow(20);
    let values = [wide(unit + unit / 2), wide(-unit / 4), wide(1)];
    let (project, warehouse) = project("v: BIGNUMERIC");
    let path = project.path().join("t/2026-03-01.parquet");
    write::<FixedLenByteArrayType>(&path, "fixed_len_byte_array(20) v (DECIMAL(46, 20))", &values);
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "shop.t").rejected, 1);
    assert_eq!(warehouse.rows("SELECT v FROM dw_landing.shop__t ORDER BY id").concat(), ["1.5", "-0.25"]);
}

#[test]
fn typed_values_of_the_engine_are_held_or_rejected() {
    for (ty, held, lands, refused) in [
        (
            "DATETIME",
            "TIMESTAMP_NS '2026-03-01 09:30:00.000001'",
            "2026-03-01 09:30:00.000001",
            "TIMESTAMP_NS '2026-03-01 09:30:00.000000001'",
        ),
        ("INT64", "7::UBIGINT", "7", "18446744073709551615::UBIGINT"),
        ("NUMERIC", "18446744073709551615::UBIGINT", "18446744073709551615", "NULL::UBIGINT"),
        ("STRING", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", ""),
        ("BYTES", "'\\xFF\\x00'::BLOB", "ff00", ""),
        ("ARRAY<INT64>", "[1, 3]::BIGINT[]", "[1, 3]", "[1, NULL, 3]::BIGINT[]"),
        ("ARRAY<INT64>", "[1.0, 2]::DOUBLE[]", "[1, 2]", "[1.5]::DOUBLE[]"),
        ("ARRAY<NUMERIC>", "[0.1]::DECIMAL(20, 12)[]", "[0.100000000]", "[0.0000000001]::DECIMAL(20, 12)[]"),
        (
            "STRUCT<a INT64, at TIMESTAMP>",
            "{'a': 1, 'at': TIMESTAMPTZ '2026-03-01 00:00:00+00'}",
            "{'a': 1, 'at': '2026-03-01 00:00:00'}",
            "",
        ),
        ("JSON", "MAP {'k': [1.5]}", "{\"k\":[\"1.5\"]}", ""),
        ("TIME", "TIME '09:30:00.25'", "09:30:00.25", ""),
        ("FLOAT64", "1.5::FLOAT", "1.5", ""),
        ("DATE", "DATE '9999-12-31'", "9999-12-31", "DATE '12026-01-01'"),
    ] {
        let (project, warehouse) = project(&format!("v: \"{ty}\""));
        let path = project.path().join("t/2026-03-01.parquet");
        let refused_row = if refused.is_empty() { String::new() } else { format!(" UNION ALL SELECT 2, {refused}") };
        warehouse.execute(&format!(
            "COPY (SELECT 1 AS id, {held} AS v{refused_row}) TO '{}' (FORMAT parquet)",
            path.display()
        ));
        let report = warehouse.run(Mode::Incremental);
        let is_refused = i64::from(!refused.is_empty() && !refused.starts_with("NULL"));
        assert_eq!(counts(&report, "shop.t").rejected, is_refused, "{ty} {held} {refused}");
        let shown = if ty == "BYTES" { "lower(hex(v))" } else { "CAST(v AS VARCHAR)" };
        let landed = warehouse.rows(&format!("SELECT {shown} FROM dw_landing.shop__t WHERE id = 1"));
        let value = landed[0][0].trim_end_matches(if ty == "NUMERIC" { ".000000000" } else { "" });
        assert_eq!(value, lands, "{ty} {held}");
    }
}

#[test]
fn every_compression_is_read() {
    let (project, warehouse) = project("v: STRING");
    for (at, codec) in ["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"].iter().enumerate() {
        let path = project.path().join(format!("t/2026-03-0{}.parquet", at + 1));
        warehouse.execute(&format!(
            "COPY (SELECT {at} AS id, '{codec}' AS v) TO '{}' (FORMAT parquet, COMPRESSION {codec})",
            path.display()
        ));
    }
    warehouse.run(Mode::Incremental);
    assert_eq!(warehouse.rows("SELECT COUNT(DISTINCT v) FROM dw_landing.shop__t"), [["6"]]);
}
