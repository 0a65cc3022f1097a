//! Writes common table expressions out where they are read, as long as that leaves a query of a sane size.

use sqlparser::ast::{Query, SetExpr, TableFactor};

use super::{Derived, derived, each_factor, each_select, plain_alias, single_name, whole};

/// The query with every common table expression written where it is read.
pub(super) fn inline_ctes(query: &Query) -> Derived<Query> {
    let mut query = query.clone();
    let Some(with) = query.with.take() else { return Ok(query) };
    if with.recursive {
        return whole("WITH RECURSIVE");
    }
    let mut known: Vec<(String, Query, usize)> = Vec::new();
    for cte in with.cte_tables {
        let mut body = inline_ctes(&cte.query)?;
        let read = replace_ctes(&mut body.body, &known)?;
        known.push((cte.alias.name.value, body, read));
    }
    replace_ctes(&mut query.body, &known)?;
    Ok(query)
}

/// So many tables are read by a query whose common table expressions are written out: each is a search for touched keys
/// of its own, over all of them.
const MOST_READ: usize = 32;

/// Writes common table expressions out where a body reads them, and counts the tables that it then reads. One that joins
/// the one before it twice doubles them, so that it is counted before it is written.
fn replace_ctes(body: &mut SetExpr, known: &[(String, Query, usize)]) -> Derived<usize> {
    let mut count = 0;
    let mut result = Ok(());
    each_select(body, &mut |select| {
        each_factor(select, &mut |factor| match factor {
            TableFactor::Table { name, alias, .. } => {
                let found = single_name(name).and_then(|n| known.iter().find(|(k, ..)| k.eq_ignore_ascii_case(&n)));
                count += found.map_or(1, |(_, _, read)| *read);
                if let Some((cte, query, _)) = found
                    && count <= MOST_READ
                {
                    let alias = alias.clone().unwrap_or_else(|| plain_alias(cte));
                    *factor = derived(query.clone(), alias);
                }
            }
            TableFactor::Derived { subquery, .. } => match replace_ctes(&mut subquery.body, known) {
                Ok(read) => count += read,
                Err(problem) => result = Err(problem),
            },
            _ => {}
        });
    });
    result?;
    if count > MOST_READ {
        return whole(format!("it reads more than {MOST_READ} tables with its common table expressions written out"));
    }
    Ok(count)
}
