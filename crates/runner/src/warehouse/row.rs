//! Rows that an engine gives as texts, read by type: what is not of its type is an error, and never a default.

use std::str::FromStr;

use chrono::NaiveDateTime;

use super::duckdb::{DuckDbWarehouse, Rows};
use crate::Error;

/// How an instant is written in a row.
const INSTANT: &str = "%Y-%m-%d %H:%M:%S%.f";

/// The cells of a row, taken from left to right.
pub(crate) struct Row(std::vec::IntoIter<Option<String>>);

impl From<Vec<Option<String>>> for Row {
    fn from(cells: Vec<Option<String>>) -> Self {
        Self(cells.into_iter())
    }
}

impl Row {
    /// The next cell; `None` for NULL.
    pub(crate) fn cell(&mut self) -> Result<Option<String>, Error> {
        self.0.next().ok_or_else(|| unread("a row has too few columns".to_owned()))
    }

    /// The next cell; an empty text for NULL.
    pub(crate) fn text_or_empty(&mut self) -> Result<String, Error> {
        Ok(self.cell()?.unwrap_or_default())
    }

    /// The next cell, which is not NULL.
    pub(crate) fn text(&mut self) -> Result<String, Error> {
        self.cell()?.ok_or_else(|| unread("a value is NULL".to_owned()))
    }

    /// The next cell as a number; `None` for NULL.
    pub(crate) fn number_or_null<N: FromStr>(&mut self) -> Result<Option<N>, Error> {
        let number = |text: String| text.parse().map_err(|_| unread(format!("`{text}` is not a number")));
        self.cell()?.map(number).transpose()
    }

    /// The next cell as a number.
    pub(crate) fn number<N: FromStr>(&mut self) -> Result<N, Error> {
        self.number_or_null()?.ok_or_else(|| unread("a number is NULL".to_owned()))
    }

    /// The next cell as an instant, UTC; `None` for NULL.
    pub(crate) fn instant_or_null(&mut self) -> Result<Option<NaiveDateTime>, Error> {
        let instant = |text: String| {
            NaiveDateTime::parse_from_str(&text, INSTANT).map_err(|_| unread(format!("`{text}` is not an instant")))
        };
        self.cell()?.map(instant).transpose()
    }

    /// The next cell as an instant, UTC.
    pub(crate) fn instant(&mut self) -> Result<NaiveDateTime, Error> {
        self.instant_or_null()?.ok_or_else(|| unread("an instant is NULL".to_owned()))
    }
}

fn unread(reason: String) -> Error {
    crate::state::damaged(&reason)
}

/// The first value of rows as a number; 0 where it counts, adds up or compares no rows.
pub(crate) fn count(rows: Rows) -> Result<i64, Error> {
    Ok(read(rows, Row::number_or_null)?.into_iter().next().flatten().unwrap_or(0))
}

/// The first value of each row, sorted, without NULL.
pub(crate) fn keys(rows: Rows) -> Vec<String> {
    let mut keys: Vec<String> = rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
    keys.sort();
    keys
}

/// What `of` makes of each row.
pub(crate) fn read<T>(rows: Rows, mut of: impl FnMut(&mut Row) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    rows.into_iter().map(|row| of(&mut row.into())).collect()
}

impl DuckDbWarehouse {
    /// What `of` makes of each row of a query.
    pub(crate) fn read<T>(&self, sql: &str, of: impl FnMut(&mut Row) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        read(self.rows(sql)?, of)
    }

    /// The first value of a query as a number; 0 where it counts, adds up or compares no rows.
    pub(crate) fn count(&self, sql: &str) -> Result<i64, Error> {
        count(self.rows(sql)?)
    }

    /// The first value of a query as a number; `None` where it has no row or the value is NULL.
    pub(crate) fn number(&self, sql: &str) -> Result<Option<i64>, Error> {
        Ok(self.read(sql, Row::number_or_null)?.into_iter().next().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_its_type_is_an_error() {
        let row = |cells: &[Option<&str>]| vec![cells.iter().map(|cell| cell.map(str::to_owned)).collect()];
        let number = |rows: Rows| read(rows, |row| row.number::<i64>());
        assert_eq!(number(row(&[Some("12")])).unwrap(), [12]);
        for (cells, said) in [
            (vec![Some("1x")], "`1x` is not a number"),
            (vec![None], "a number is NULL"),
            (vec![], "a row has too few columns"),
        ] {
            let error = number(row(&cells)).unwrap_err();
            assert!(error.message.ends_with(said), "{}", error.message);
        }
        assert_eq!(read(row(&[None]), Row::number_or_null::<i64>).unwrap(), [None]);
        let at = read(row(&[Some("2026-01-01 00:00:00.5")]), Row::instant).unwrap();
        assert_eq!(at[0].to_string(), "2026-01-01 00:00:00.500");
        assert!(read(row(&[Some("soon")]), Row::instant).is_err());
    }
}
