//! Between DuckDB's vectors and Rust values: how a cell of each type is read and written.
//! It must not know any function.

use std::marker::PhantomData;

use duckdb::Connection;
use duckdb::core::{DataChunkHandle, FlatVector, Inserter, LogicalTypeHandle, LogicalTypeId};
use duckdb::ffi::{duckdb_interval, duckdb_string_t};
use duckdb::types::DuckString;
use duckdb::vscalar::{ScalarFunctionSignature, VScalar};
use duckdb::vtab::arrow::WritableVector;

/// What a function gives: NULL, a value or an error that fails the query.
pub(super) type Answer<R> = Result<Option<R>, String>;

/// A DATE: days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day(pub(super) i32);
/// A TIMESTAMP: microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(pub(super) i64);
/// A TIME: microseconds since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock(pub(super) i64);
/// A DECIMAL(38,9): billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numeric(pub(super) i128);

/// A DECIMAL(38,18), which stands for BIGNUMERIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Big(pub(super) i128);

/// An INTERVAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) months: i32,
    pub(super) days: i32,
    pub(super) micros: i64,
}

/// A value of one column.
pub(super) trait Cell: Sized + 'static {
    fn logical() -> LogicalTypeHandle;
    /// # Safety
    /// The vector must be of the type of `logical`, and `row` within `len`.
    unsafe fn read(vector: &FlatVector<'_>, row: usize, len: usize) -> Self;
    /// # Safety
    /// As for `read`.
    unsafe fn write(self, vector: &mut FlatVector<'_>, row: usize, len: usize);
}

macro_rules! plain_cell {
    ($cell:ty, $raw:ty, $id:expr, $from:expr, $into:expr) => {
        impl Cell for $cell {
            fn logical() -> LogicalTypeHandle {
                $id
            }
            unsafe fn read(vector: &FlatVector<'_>, row: usize, _len: usize) -> Self {
                // DuckDB aligns 128 bits to 8 bytes, Rust to 16.
                // SAFETY: the caller promises the type and the row.
                let raw = unsafe { vector.as_mut_ptr::<$raw>().add(row).read_unaligned() };
                $from(raw)
            }
            unsafe fn write(self, vector: &mut FlatVector<'_>, row: usize, _len: usize) {
                // SAFETY: the caller promises the type and the row.
                unsafe { vector.as_mut_ptr::<$raw>().add(row).write_unaligned($into(self)) };
            }
        }
    };
}

plain_cell!(i64, i64, LogicalTypeId::Bigint.into(), |x| x, |x| x);
plain_cell!(f64, f64, LogicalTypeId::Double.into(), |x| x, |x| x);
plain_cell!(bool, u8, LogicalTypeId::Boolean.into(), |x| x != 0, u8::from);
plain_cell!(Day, i32, LogicalTypeId::Date.into(), Day, |d: Day| d.0);
plain_cell!(Moment, i64, LogicalTypeId::Timestamp.into(), Moment, |m: Moment| m.0);
plain_cell!(Clock, i64, LogicalTypeId::Time.into(), Clock, |c: Clock| c.0);
plain_cell!(
    Span,
    duckdb_interval,
    LogicalTypeId::Interval.into(),
    |i: duckdb_interval| Span { months: i.months, days: i.days, micros: i.micros },
    |s: Span| duckdb_interval { months: s.months, days: s.days, micros: s.micros }
);
plain_cell!(Numeric, i128, LogicalTypeHandle::decimal(38, 9), Numeric, |n: Numeric| n.0);
plain_cell!(Big, i128, LogicalTypeHandle::decimal(38, 18), Big, |n: Big| n.0);

unsafe fn bytes_at(vector: &FlatVector<'_>, row: usize, len: usize) -> Vec<u8> {
    // SAFETY: the caller promises a string vector and a row within it.
    let mut raw = unsafe { vector.as_slice_with_len::<duckdb_string_t>(len)[row] };
    DuckString::new(&mut raw).as_bytes().to_vec()
}

impl Cell for String {
    fn logical() -> LogicalTypeHandle {
        LogicalTypeId::Varchar.into()
    }
    unsafe fn read(vector: &FlatVector<'_>, row: usize, len: usize) -> Self {
        // SAFETY: as promised to this function.
        String::from_utf8_lossy(&unsafe { bytes_at(vector, row, len) }).into_owned()
    }
    unsafe fn write(self, vector: &mut FlatVector<'_>, row: usize, _len: usize) {
        vector.insert(row, self.as_str());
    }
}

impl Cell for Vec<u8> {
    fn logical() -> LogicalTypeHandle {
        LogicalTypeId::Blob.into()
    }
    unsafe fn read(vector: &FlatVector<'_>, row: usize, len: usize) -> Self {
        // SAFETY: as promised to this function.
        unsafe { bytes_at(vector, row, len) }
    }
    unsafe fn write(self, vector: &mut FlatVector<'_>, row: usize, _len: usize) {
        vector.insert(row, self.as_slice());
    }
}

/// The arguments of one call: a tuple of cells.
pub(super) trait Row: Sized + 'static {
    fn logical() -> Vec<LogicalTypeHandle>;
    /// `None` when an argument is NULL.
    fn read(input: &DataChunkHandle, row: usize) -> Option<Self>;
}

macro_rules! row {
    ($($cell:ident $at:tt),+) => {
        impl<$($cell: Cell),+> Row for ($($cell,)+) {
            fn logical() -> Vec<LogicalTypeHandle> {
                vec![$($cell::logical()),+]
            }
            fn read(input: &DataChunkHandle, row: usize) -> Option<Self> {
                Some(($({
                    let vector = input.flat_vector($at);
                    if vector.row_is_null(row as u64) {
                        return None;
                    }
                    // SAFETY: DuckDB gives the columns with the types of `logical`.
                    unsafe { $cell::read(&vector, row, input.len()) }
                },)+))
            }
        }
    };
}

row!(A 0);
row!(A 0, B 1);
row!(A 0, B 1, C 2);
row!(A 0, B 1, C 2, D 3);
row!(A 0, B 1, C 2, D 3, E 4, F 5);

/// `SAFE`: an error of the function is NULL.
struct Scalar<A, R, const SAFE: bool>(PhantomData<(A, R)>);

impl<A: Row, R: Cell, const SAFE: bool> VScalar for Scalar<A, R, SAFE> {
    type State = fn(A) -> Answer<R>;

    fn invoke(
        state: &Self::State,
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let len = input.len();
        let mut out = output.flat_vector();
        for row in 0..len {
            match A::read(input, row) {
                None => out.set_null(row),
                Some(args) => match state(args) {
                    Ok(None) => out.set_null(row),
                    Err(_) if SAFE => out.set_null(row),
                    Err(error) => return Err(error.into()),
                    // SAFETY: the output has the type that the signature names.
                    Ok(Some(value)) => unsafe { value.write(&mut out, row, len) },
                },
            }
        }
        Ok(())
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        vec![ScalarFunctionSignature::exact(A::logical(), R::logical())]
    }
}

/// Registers one function as `dwc_name`, and as `dwc_try_name`, which gives NULL instead of an error.
pub(super) fn add<A: Row, R: Cell>(
    connection: &Connection,
    name: &str,
    function: fn(A) -> Answer<R>,
) -> Result<(), duckdb::Error> {
    let safe = name.replacen("dwc_", "dwc_try_", 1);
    connection.register_scalar_function_with_state::<Scalar<A, R, true>>(&safe, &function)?;
    connection.register_scalar_function_with_state::<Scalar<A, R, false>>(name, &function)
}
