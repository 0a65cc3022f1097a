//! Columns of a source's table: those that are declared must be there, those that changed are said or stop the source,
//! and those of a table that evolves are read as one JSON object. It must not read rows.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{EXTRA, Table};

use super::Server;
use super::access::Failure;
use crate::Error;
use crate::extract::SourceColumn;
use crate::extract::columns::{compare, missing, undeclared};

/// The columns that are there, in their order.
pub(super) async fn look<S: Server>(
    connection: &mut S::Connection,
    table: &Table,
) -> Result<Vec<SourceColumn>, Failure> {
    let doing = format!("reading table `{}`", table.address);
    let there = S::ask(connection, &S::columns(table), &doing).await?;
    let column = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        Some(SourceColumn { name: row.next()?, ty: row.next()? })
    };
    Ok(there.into_iter().filter_map(column).collect())
}

/// Compares the columns that are there with those declared and those of the last reading. What changed is the result,
/// where it does not stop the source.
pub(super) fn check(table: &Table, there: &[SourceColumn], known: &[SourceColumn]) -> Result<Vec<String>, Error> {
    if there.is_empty() {
        return Err(Error::coded(
            Code::SourceColumns,
            format!("the source has no table `{}`, which `{}` is read from", table.physical, table.address),
        )
        .at(table.span)
        .help("correct the declaration, or give the user permission to read it"));
    }
    let has = |name: &str| there.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    let missing: Vec<String> =
        missing(table, |column| has(&column.name)).iter().map(|column| format!("`{}`", column.name)).collect();
    if !missing.is_empty() {
        let names: Vec<&str> = there.iter().map(|column| column.name.as_str()).collect();
        return Err(Error::coded(
            Code::SourceColumns,
            format!("table `{}` of the source has no column {}", table.address, missing.join(", ")),
        )
        .at(table.span)
        .help(format!("its columns are {}; declare it as it is", names.join(", "))));
    }
    compare(table, there, known)
}

/// What is selected: the declared columns, NULL for one that is not there, and for a table that evolves the others as an
/// object.
pub(super) fn list<S: Server>(table: &Table, there: &[SourceColumn]) -> Result<String, Error> {
    let mut all = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let found = there.iter().find(|other| other.name.eq_ignore_ascii_case(&column.name));
        all.push(match found {
            _ if column.name == EXTRA => S::extra(&undeclared(table, there)),
            Some(found) => S::select(table, column, found)?,
            None => "CAST(NULL AS CHAR)".to_owned(),
        });
    }
    Ok(all.join(", "))
}
