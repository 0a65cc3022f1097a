//! Values of Parquet as their own types spell them, without a loss: what an engine's reader would round or cut is a text
//! here, and judged by the rules of its column. It must not know declared types.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use dwc_compiler::cell::{Kind, base64};
use dwc_duckdb::duckdb::arrow::array::{Array, AsArray};
use dwc_duckdb::duckdb::arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Field, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Schema, Time32MillisecondType,
    Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use dwc_duckdb::duckdb::arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{LogicalType, Type as Physical};

use super::row::Row;

/// Rows of one batch.
const ROWS: usize = 4096;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A column of a file.
pub(super) struct Column {
    /// Its name.
    pub(super) name: String,
    /// What its type says of its values.
    pub(super) kind: Kind,
    /// Sixteen bytes that are a UUID.
    is_uuid: bool,
    /// Instants of the old kind of twelve bytes.
    is_int96: bool,
}

/// An open file.
pub(super) struct Reader {
    path: std::path::PathBuf,
    /// Its columns in their order.
    pub(super) columns: Vec<Column>,
    schema: Arc<Schema>,
}

fn options() -> ArrowReaderOptions {
    // What a writer says of its own memory is not what the file says.
    ArrowReaderOptions::new().with_skip_arrow_metadata(true)
}

impl Reader {
    /// Opens a file and reads what it says of its columns.
    pub(super) fn open(path: &Path) -> Result<Self, Cause> {
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(File::open(path)?, options())?;
        let groups = builder.parquet_schema().root_schema().get_fields().to_vec();
        let mut fields: Vec<Field> = Vec::new();
        let mut columns = Vec::new();
        for (field, group) in builder.schema().fields().iter().zip(&groups) {
            let is_int96 = group.is_primitive() && group.get_physical_type() == Physical::INT96;
            let kind = match field.data_type() {
                _ if is_int96 => Kind::Instant,
                DataType::Timestamp(_, Some(_)) => Kind::Instant,
                DataType::Timestamp(_, None) => Kind::Local,
                DataType::Date32 | DataType::Date64 => Kind::Day,
                _ => Kind::Plain,
            };
            let is_uuid = group.get_basic_info().logical_type_ref() == Some(&LogicalType::Uuid);
            columns.push(Column { name: field.name().clone(), kind, is_uuid, is_int96 });
            // In microseconds an instant of any year fits; whether it is finer is looked at beside.
            fields.push(if is_int96 {
                Field::new(field.name(), DataType::Timestamp(TimeUnit::Microsecond, None), field.is_nullable())
            } else {
                field.as_ref().clone()
            });
        }
        Ok(Self { path: path.to_owned(), columns, schema: Arc::new(Schema::new(fields)) })
    }

    /// Reads some columns, by their places, and hands on each row with its number, from 1.
    pub(super) fn read<E: From<Cause>>(
        &self,
        wanted: &[usize],
        mut take: impl FnMut(u64, &At<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut sorted: Vec<usize> = wanted.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let fine: Vec<usize> = sorted.iter().copied().filter(|at| self.columns[*at].is_int96).collect();
        let rows = self.batches(&sorted, options().with_schema(self.schema.clone()))?;
        let mut nanos = if fine.is_empty() { None } else { Some(self.batches(&fine, options())?) };
        let mut number = 0;
        for batch in rows {
            let batch = batch.map_err(Cause::from)?;
            let beside = match &mut nanos {
                Some(nanos) => nanos.next().transpose().map_err(Cause::from)?,
                None => None,
            };
            for row in 0..batch.num_rows() {
                number += 1;
                let (batch, beside) = (&batch, beside.as_ref());
                take(number, &At { columns: &self.columns, places: &sorted, fine: &fine, batch, beside, row })?;
            }
        }
        Ok(())
    }

    fn batches(&self, columns: &[usize], options: ArrowReaderOptions) -> Result<ParquetRecordBatchReader, Cause> {
        let file = File::open(&self.path)?;
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
        Ok(builder.with_projection(mask).with_batch_size(ROWS).build()?)
    }
}

/// One row of a file.
pub(super) struct At<'a> {
    columns: &'a [Column],
    /// The columns of the batch, by their places in the file.
    places: &'a [usize],
    /// Those of the batch beside it.
    fine: &'a [usize],
    batch: &'a RecordBatch,
    beside: Option<&'a RecordBatch>,
    row: usize,
}

impl At<'_> {
    /// Puts the value of a column into a row.
    pub(super) fn put(&self, column: usize, into: &mut Row) {
        let Ok(at) = self.places.binary_search(&column) else { return into.null() };
        let finer = self.fine.binary_search(&column).ok().zip(self.beside);
        put(&self.columns[column], self.batch.column(at).as_ref(), self.row, finer, into);
    }

    /// The value of a column as JSON.
    pub(super) fn json(&self, column: usize) -> Option<String> {
        let at = self.places.binary_search(&column).ok()?;
        let array = self.batch.column(at).as_ref();
        let mut text = String::new();
        match array.data_type() {
            DataType::Binary if array.is_valid(self.row) => {
                let bytes = array.as_binary::<i32>().value(self.row);
                quoted(&bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>(), &mut text);
            }
            _ => json(array, self.row, &mut text),
        }
        Some(text)
    }
}

/// Puts one value into a row.
fn put(about: &Column, array: &dyn Array, row: usize, finer: Option<(usize, &RecordBatch)>, into: &mut Row) {
    if array.is_null(row) {
        return into.null();
    }
    match array.data_type() {
        DataType::Boolean => into.truth(array.as_boolean().value(row)),
        DataType::Int8 => into.int(array.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => into.int(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => into.int(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => into.int(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => into.int(array.as_primitive::<UInt8Type>().value(row).into()),
        DataType::UInt16 => into.int(array.as_primitive::<UInt16Type>().value(row).into()),
        DataType::UInt32 => into.int(array.as_primitive::<UInt32Type>().value(row).into()),
        DataType::UInt64 => into.uint(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Float16 => into.float(array.as_primitive::<Float16Type>().value(row).to_f32()),
        DataType::Float32 => into.float(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => into.double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => into.bytes(array.as_string::<i32>().value(row).as_bytes()),
        DataType::LargeUtf8 => into.bytes(array.as_string::<i64>().value(row).as_bytes()),
        DataType::Binary => into.bytes(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => into.bytes(array.as_binary::<i64>().value(row)),
        DataType::FixedSizeBinary(_) if about.is_uuid => {
            into.bytes(uuid(array.as_fixed_size_binary().value(row)).as_bytes());
        }
        DataType::FixedSizeBinary(_) => into.bytes(array.as_fixed_size_binary().value(row)),
        DataType::Timestamp(TimeUnit::Microsecond, _) if about.is_int96 => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let nanos = finer.map(|(at, batch)| batch.column(at).as_primitive::<TimestampNanosecondType>().value(row));
            // Beyond the years that nanoseconds reach both have wrapped around alike.
            let rest = nanos.map_or(0, |nanos| nanos.wrapping_sub(micros.wrapping_mul(1000)));
            into.bytes(instant(micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000) * 1000 + rest).as_bytes());
        }
        ty if ty.is_nested() => {
            let mut text = String::new();
            json(array, row, &mut text);
            into.bytes(text.as_bytes());
        }
        _ => {
            let mut text = String::new();
            if spell(array, row, &mut text) { into.number(&text) } else { into.bytes(text.as_bytes()) }
        }
    }
}

fn uuid(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
        let _ = write!(text, "{dash}{byte:02x}");
    }
    text
}

/// Seconds since 1970 and nanoseconds as a moment is spelled.
fn instant(seconds: i64, nanos: i64) -> String {
    let Some(at) = u32::try_from(nanos).ok().and_then(|nanos| DateTime::from_timestamp(seconds, nanos)) else {
        return format!("{seconds} seconds from 1970");
    };
    format!("{}{}", at.format("%Y-%m-%d %H:%M:%S"), fraction(nanos))
}

fn fraction(nanos: i64) -> String {
    let digits = format!(".{nanos:09}");
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Nanoseconds since midnight as a time of day is spelled.
fn clock(nanos: i64) -> String {
    let (seconds, nanos) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    format!("{:02}:{:02}:{:02}{}", seconds / 3600, seconds / 60 % 60, seconds % 60, fraction(nanos))
}

/// Writes a value that is not nested as its text; whether it is a number.
fn spell(array: &dyn Array, row: usize, out: &mut String) -> bool {
    let moment = |value: i64, per_second: i64| {
        instant(value.div_euclid(per_second), value.rem_euclid(per_second) * (1_000_000_000 / per_second))
    };
    let text = match array.data_type() {
        DataType::Decimal32(..) => array.as_primitive::<Decimal32Type>().value_as_string(row),
        DataType::Decimal64(..) => array.as_primitive::<Decimal64Type>().value_as_string(row),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Decimal256(..) => array.as_primitive::<Decimal256Type>().value_as_string(row),
        DataType::Date32 => day(array.as_primitive::<Date32Type>().value(row).into()),
        DataType::Date64 => day(array.as_primitive::<Date64Type>().value(row).div_euclid(86_400_000)),
        DataType::Time32(TimeUnit::Second) => {
            clock(i64::from(array.as_primitive::<Time32SecondType>().value(row)) * 1_000_000_000)
        }
        DataType::Time32(_) => clock(i64::from(array.as_primitive::<Time32MillisecondType>().value(row)) * 1_000_000),
        DataType::Time64(TimeUnit::Nanosecond) => clock(array.as_primitive::<Time64NanosecondType>().value(row)),
        DataType::Time64(_) => clock(array.as_primitive::<Time64MicrosecondType>().value(row).saturating_mul(1000)),
        DataType::Timestamp(TimeUnit::Second, _) => moment(array.as_primitive::<TimestampSecondType>().value(row), 1),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            moment(array.as_primitive::<TimestampMillisecondType>().value(row), 1000)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            moment(array.as_primitive::<TimestampMicrosecondType>().value(row), 1_000_000)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            moment(array.as_primitive::<TimestampNanosecondType>().value(row), 1_000_000_000)
        }
        // Such as an interval: no declared type takes it.
        other => format!("a value of {other}"),
    };
    out.push_str(&text);
    matches!(
        array.data_type(),
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..)
    )
}

fn day(days: i64) -> String {
    let at = days.checked_mul(86_400).and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    at.map_or_else(|| format!("{days} days from 1970"), |at| at.format("%Y-%m-%d").to_string())
}

/// Writes a text as JSON.
fn quoted(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// Writes a value as JSON: numbers as they are, instants with their zone, bytes in base64.
fn json(array: &dyn Array, row: usize, out: &mut String) {
    let list = |values: &dyn Array, out: &mut String| {
        out.push('[');
        for at in 0..values.len() {
            out.push_str(if at > 0 { "," } else { "" });
            json(values, at, out);
        }
        out.push(']');
    };
    let float = |value: f64, text: String, out: &mut String| {
        if value.is_finite() { out.push_str(&text) } else { quoted(&text, out) }
    };
    if array.is_null(row) {
        return out.push_str("null");
    }
    match array.data_type() {
        DataType::List(_) => list(array.as_list::<i32>().value(row).as_ref(), out),
        DataType::LargeList(_) => list(array.as_list::<i64>().value(row).as_ref(), out),
        DataType::FixedSizeList(..) => list(array.as_fixed_size_list().value(row).as_ref(), out),
        DataType::Struct(fields) => {
            out.push('{');
            for (at, field) in fields.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                quoted(field.name(), out);
                out.push(':');
                json(array.as_struct().column(at).as_ref(), row, out);
            }
            out.push('}');
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            out.push('{');
            for at in 0..entries.len() {
                out.push_str(if at > 0 { "," } else { "" });
                let mut key = String::new();
                json(keys.as_ref(), at, &mut key);
                if key.starts_with('"') {
                    out.push_str(&key)
                } else {
                    quoted(&key, out)
                }
                out.push(':');
                json(values.as_ref(), at, out);
            }
            out.push('}');
        }
        DataType::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        DataType::Int8 => out.push_str(&array.as_primitive::<Int8Type>().value(row).to_string()),
        DataType::Int16 => out.push_str(&array.as_primitive::<Int16Type>().value(row).to_string()),
        DataType::Int32 => out.push_str(&array.as_primitive::<Int32Type>().value(row).to_string()),
        DataType::Int64 => out.push_str(&array.as_primitive::<Int64Type>().value(row).to_string()),
        DataType::UInt8 => out.push_str(&array.as_primitive::<UInt8Type>().value(row).to_string()),
        DataType::UInt16 => out.push_str(&array.as_primitive::<UInt16Type>().value(row).to_string()),
        DataType::UInt32 => out.push_str(&array.as_primitive::<UInt32Type>().value(row).to_string()),
        DataType::UInt64 => out.push_str(&array.as_primitive::<UInt64Type>().value(row).to_string()),
        DataType::Float16 => {
            let value = array.as_primitive::<Float16Type>().value(row).to_f32();
            float(value.into(), value.to_string(), out);
        }
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(row);
            float(value.into(), value.to_string(), out);
        }
        DataType::Float64 => {
            let value = array.as_primitive::<Float64Type>().value(row);
            float(value, value.to_string(), out);
        }
        DataType::Utf8 => quoted(array.as_string::<i32>().value(row), out),
        DataType::LargeUtf8 => quoted(array.as_string::<i64>().value(row), out),
        DataType::Binary => quoted(&base64(array.as_binary::<i32>().value(row)), out),
        DataType::LargeBinary => quoted(&base64(array.as_binary::<i64>().value(row)), out),
        DataType::FixedSizeBinary(_) => quoted(&base64(array.as_fixed_size_binary().value(row)), out),
        ty => {
            let mut text = String::new();
            // A reader of JSON would take a decimal for a binary number.
            spell(array, row, &mut text);
            if matches!(ty, DataType::Timestamp(_, Some(_))) {
                text.push_str("+00:00");
            }
            quoted(&text, out);
        }
    }
}
