//! Batches: cells become Arrow columns of bounded size. It must not know where the rows come from.

use std::sync::Arc;

use dwc_compiler::cell::{Cell, Reading};
use dwc_duckdb::duckdb::arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder,
    StringBuilder, Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use dwc_duckdb::duckdb::arrow::datatypes::{Field, Schema, SchemaRef};
use dwc_duckdb::duckdb::arrow::record_batch::RecordBatch;
use dwc_googlesql::Type;

use crate::Error;

/// Rows of one batch at most.
const ROWS: usize = 8192;
/// Bytes after which a batch is full, whatever its rows.
const BYTES: usize = 8 << 20;

/// One column of a batch.
enum Column {
    Int(Int64Builder),
    Float(Float64Builder),
    Decimal(Decimal128Builder),
    Bool(BooleanBuilder),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Instant(TimestampMicrosecondBuilder),
}

impl Column {
    fn new(ty: &Type) -> Self {
        match ty {
            Type::Int64 => Column::Int(Int64Builder::new()),
            Type::Float64 => Column::Float(Float64Builder::new()),
            Type::Numeric(_) | Type::BigNumeric(_) => {
                let (digits, scale) = Reading::precision(ty);
                let builder = Decimal128Builder::new();
                let ty = dwc_duckdb::duckdb::arrow::datatypes::DataType::Decimal128(digits, scale.cast_signed());
                Column::Decimal(builder.with_data_type(ty))
            }
            Type::Bool => Column::Bool(BooleanBuilder::new()),
            Type::Bytes => Column::Bytes(BinaryBuilder::new()),
            Type::Date => Column::Date(Date32Builder::new()),
            Type::Time => Column::Time(Time64MicrosecondBuilder::new()),
            Type::DateTime | Type::Timestamp => Column::Instant(TimestampMicrosecondBuilder::new()),
            Type::String
            | Type::Json
            | Type::Geography
            | Type::Unknown
            | Type::Interval
            | Type::Array(_)
            | Type::Range(_)
            | Type::Struct(_) => Column::Text(StringBuilder::new()),
        }
    }

    /// Adds a cell; one of another kind than the column's is NULL, which `Reading::cell` never makes.
    fn push(&mut self, cell: &Cell<'_>) {
        match (self, cell) {
            (Column::Int(column), Cell::Int(value)) => column.append_value(*value),
            (Column::Float(column), Cell::Float(value)) => column.append_value(*value),
            (Column::Decimal(column), Cell::Decimal(value)) => column.append_value(*value),
            (Column::Bool(column), Cell::Bool(value)) => column.append_value(*value),
            (Column::Text(column), Cell::Text(value)) => column.append_value(value),
            (Column::Bytes(column), Cell::Bytes(value)) => column.append_value(value),
            (Column::Date(column), Cell::Date(value)) => column.append_value(*value),
            (Column::Time(column), Cell::Time(value)) => column.append_value(*value),
            (Column::Instant(column), Cell::Instant(value)) => column.append_value(*value),
            (Column::Int(column), _) => column.append_null(),
            (Column::Float(column), _) => column.append_null(),
            (Column::Decimal(column), _) => column.append_null(),
            (Column::Bool(column), _) => column.append_null(),
            (Column::Text(column), _) => column.append_null(),
            (Column::Bytes(column), _) => column.append_null(),
            (Column::Date(column), _) => column.append_null(),
            (Column::Time(column), _) => column.append_null(),
            (Column::Instant(column), _) => column.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Column::Int(column) => Arc::new(column.finish()),
            Column::Float(column) => Arc::new(column.finish()),
            Column::Decimal(column) => Arc::new(column.finish()),
            Column::Bool(column) => Arc::new(column.finish()),
            Column::Text(column) => Arc::new(column.finish()),
            Column::Bytes(column) => Arc::new(column.finish()),
            Column::Date(column) => Arc::new(column.finish()),
            Column::Time(column) => Arc::new(column.finish()),
            Column::Instant(column) => Arc::new(column.finish()),
        }
    }
}

/// Rows that are gathered until there are enough of them.
pub(crate) struct Batch {
    columns: Vec<Column>,
    schema: SchemaRef,
    rows: usize,
    bytes: usize,
}

impl Batch {
    /// An empty batch of columns of these types.
    pub(crate) fn new<'t>(types: impl IntoIterator<Item = &'t Type>) -> Self {
        let mut columns: Vec<Column> = types.into_iter().map(Column::new).collect();
        let fields = columns.iter_mut().map(Column::finish).enumerate();
        let fields: Vec<Field> =
            fields.map(|(at, array)| Field::new(format!("c{at}"), array.data_type().clone(), true)).collect();
        Self { columns, schema: Arc::new(Schema::new(fields)), rows: 0, bytes: 0 }
    }

    /// The columns of every batch.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Adds a row of as many cells as there are columns.
    pub(crate) fn push<'c, 'v: 'c>(&mut self, cells: impl IntoIterator<Item = &'c Cell<'v>>) {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += match cell {
                Cell::Text(text) => text.len(),
                Cell::Bytes(bytes) => bytes.len(),
                _ => 8,
            };
            column.push(cell);
        }
        self.rows += 1;
    }

    /// Whether it is time to hand it on.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= ROWS || self.bytes >= BYTES
    }

    /// Hands the rows on and starts anew; `None` where there are none.
    pub(crate) fn take(&mut self) -> Result<Option<RecordBatch>, Error> {
        if self.rows == 0 {
            return Ok(None);
        }
        (self.rows, self.bytes) = (0, 0);
        let arrays: Vec<ArrayRef> = self.columns.iter_mut().map(Column::finish).collect();
        let made = RecordBatch::try_new(self.schema.clone(), arrays);
        made.map(Some).map_err(|cause| Error::because("rows of the source could not be gathered", cause))
    }
}
