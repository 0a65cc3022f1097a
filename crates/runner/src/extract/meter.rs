//! How far a reading is: rows, bytes a second, and the time that is left where the end is known. It must not print.

use std::time::{Duration, Instant};

/// Words come no closer to each other than this.
const PAUSE: Duration = Duration::from_secs(2);

/// Tells of one reading as it goes on.
pub(crate) struct Meter<'t> {
    tell: &'t mut dyn FnMut(&str),
    table: String,
    /// How many rows there are, by the source's own estimate.
    of: Option<u64>,
    rows: u64,
    bytes: u64,
    started: Instant,
    told: Instant,
}

impl<'t> Meter<'t> {
    /// Starts at nothing.
    pub(crate) fn new(tell: &'t mut dyn FnMut(&str)) -> Self {
        let now = Instant::now();
        Self { tell, table: String::new(), of: None, rows: 0, bytes: 0, started: now, told: now }
    }

    /// Turns to another table; `of` is how many rows it is thought to have.
    pub(crate) fn table(&mut self, table: &str, of: Option<u64>) {
        let now = Instant::now();
        (self.rows, self.bytes, self.started, self.told) = (0, 0, now, now);
        table.clone_into(&mut self.table);
        self.of = of;
    }

    /// Counts what was read.
    pub(crate) fn add(&mut self, rows: u64, bytes: u64) {
        self.rows += rows;
        self.bytes += bytes;
        if self.told.elapsed() >= PAUSE {
            self.told = Instant::now();
            let text = line(&self.table, self.rows, self.of, self.bytes, self.started.elapsed());
            (self.tell)(&text);
        }
    }
}

impl Meter<'_> {
    /// Ends with a table: where it took long enough to speak of, how long is said.
    pub(crate) fn done(&mut self) {
        let time = self.started.elapsed();
        if time >= PAUSE {
            let text = line(&self.table, self.rows, None, self.bytes, time);
            (self.tell)(&format!("{text}, read in {}", length(time.as_secs_f64())));
        }
    }

    /// Says what comes next.
    pub(crate) fn say(&mut self, what: &str) {
        (self.tell)(what);
    }
}

fn line(table: &str, rows: u64, of: Option<u64>, bytes: u64, time: Duration) -> String {
    let seconds = time.as_secs_f64().max(0.001);
    let rate = bytes as f64 / 1e6 / seconds;
    let of = of.filter(|of| *of > rows && rows > 0);
    let end = of.map_or_else(String::new, |of| format!(" of about {}", grouped(of)));
    let left = of.map_or_else(String::new, |of| {
        let left = (of - rows) as f64 * seconds / rows as f64;
        format!(", about {} left", length(left))
    });
    format!("{table}: {}{end} rows, {rate:.1} MB/s{left}", grouped(rows))
}

fn length(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round();
    if seconds < 90.0 { format!("{seconds:.0} s") } else { format!("{minutes:.0} min") }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_left_where_the_end_is_known() {
        let seconds = Duration::from_secs(20);
        assert_eq!(
            line("shop.lines", 2_500_000, Some(10_000_000), 800_000_000, seconds),
            "shop.lines: 2,500,000 of about 10,000,000 rows, 40.0 MB/s, about 60 s left"
        );
        assert_eq!(line("shop.lines", 950, None, 2_000_000, seconds), "shop.lines: 950 rows, 0.1 MB/s");
        assert_eq!(line("shop.lines", 12, Some(10), 0, seconds), "shop.lines: 12 rows, 0.0 MB/s");
    }
}
