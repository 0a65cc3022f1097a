//! Error events for a person: one line each, without the row itself, which JSON has.

use dwc_runner::ErrorEvent;

use super::table;

/// The first events, `most` of them, and how many there are besides.
pub(crate) fn human(events: &[ErrorEvent], most: usize) -> String {
    let names = ["batch of (UTC)", "table", "screen", "place", "reason"].map(str::to_owned);
    let row = |event: &ErrorEvent| {
        let at = event.at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string());
        vec![
            at,
            Some(event.table.clone()),
            Some(event.screen.clone()),
            Some(event.place.clone()),
            Some(event.reason.clone()),
        ]
    };
    let rows: Vec<Vec<Option<String>>> = events.iter().take(most).map(row).collect();
    let mut text = table::human(&names, &rows, usize::MAX);
    if events.len() > most {
        text.push_str(&format!("{most} of {} events; `--limit` and `--format json` show more\n", events.len()));
    }
    text
}
