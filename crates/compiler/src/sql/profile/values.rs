//! The second question: which values a column of few values has, and of which shapes texts are.

use super::{Answer, ColumnProfile, Counted, Subject, count, of};

/// A column with more different values than these does not list them.
const FEW: u64 = 12;

/// How many shapes of a text are told.
const SHAPES: usize = 3;

/// Fills in values and shapes.
pub(super) fn fill<E>(
    subject: &Subject<'_>,
    rows: u64,
    columns: &mut [ColumnProfile],
    put: &mut dyn FnMut(String) -> Result<Answer, E>,
) -> Result<(), E> {
    let mut parts = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let shows = column.personal.is_none() && !subject.columns[place].is_personal;
        let own = of(&column.name);
        let distinct = column.distinct.unwrap_or(0);
        if subject.columns[place].is_foreign {
            parts.push(part(
                subject,
                place,
                "value",
                &format!("CAST({own} AS STRING)"),
                &format!("NULLIF({own} < 0, FALSE)"),
            ));
        } else if shows && (1..=FEW).contains(&distinct) && distinct < rows && column.ty != "BYTES" {
            parts.push(part(subject, place, "value", &format!("CAST({own} AS STRING)"), &own));
        } else if column.ty == "STRING" && distinct > 0 {
            let shape = format!(r"REGEXP_REPLACE(REGEXP_REPLACE({own}, r'\p{{L}}+', 'a'), r'[0-9]+', '9')");
            parts.push(part(subject, place, "shape", &shape, &own));
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    let text = format!("SELECT * FROM (\n{}\n) AS _a ORDER BY place, n DESC, told", parts.join("\nUNION ALL\n"));
    for row in put(text)? {
        let Some(column) = columns.get_mut(usize::try_from(count(row.first())).unwrap_or(usize::MAX)) else { continue };
        let is_value = row.get(1).is_some_and(|kind| kind.as_deref() == Some("value"));
        let told = Counted { value: row.get(2).cloned().flatten().unwrap_or_default(), rows: count(row.get(3)) };
        if is_value {
            column.values.push(told);
        } else {
            column.patterns.push(told);
        }
    }
    Ok(())
}

fn part(subject: &Subject<'_>, place: usize, kind: &str, told: &str, own: &str) -> String {
    let most = if kind == "value" { FEW as usize } else { SHAPES };
    format!(
        "(SELECT {place} AS place, '{kind}' AS kind, {told} AS told, COUNT(*) AS n FROM {} AND {own} IS NOT NULL GROUP BY told ORDER BY n DESC, told LIMIT {most})",
        subject.from()
    )
}
