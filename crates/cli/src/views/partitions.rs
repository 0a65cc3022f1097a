//! How the loads of partitioned facts treat their partitions, with what they may read and its price. Only BigQuery has both.

use std::fmt::Write as _;

use dwc_compiler::sql::PartitionMode;

/// Dollars of a tebibyte on demand, where Google's list begins.
/// <https://cloud.google.com/bigquery/pricing#on_demand_pricing>
const TEBIBYTE: f64 = 6.25;

/// One line a fact. `bytes` gives what its sample would read, as a dry run says; `None` where the fact is not there yet.
pub(crate) fn human(modes: &[PartitionMode], bytes: &dyn Fn(&PartitionMode) -> Option<u64>) -> String {
    if modes.is_empty() {
        return String::new();
    }
    let mut text = "\npartitions that a load reads:\n".to_owned();
    for mode in modes {
        let most = bytes(mode).map_or_else(
            || "unknown".to_owned(),
            |bytes| {
                let sign = if bytes == 0 { "" } else { "≤ " };
                format!("{sign}{} a statement, {sign}{}", readable(bytes), price(bytes))
            },
        );
        let (what, why) = match &mode.proof {
            Ok(why) => (format!("those of the batch, by `{}` (yesterday and today: {most})", mode.column), why),
            Err(why) => (format!("all of them ({most})"), why),
        };
        let _ = writeln!(text, "    {}: {what}: {why}", mode.model);
    }
    text
}

/// A size with what reading it once costs on demand.
pub(super) fn priced(bytes: u64) -> String {
    format!("{}, {} to read", readable(bytes), price(bytes))
}

fn price(bytes: u64) -> String {
    format!("{:.4} USD on demand", bytes as f64 / (1_u64 << 40) as f64 * TEBIBYTE)
}

fn readable(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_that_is_not_pruned_says_what_it_may_cost() {
        let mode = |model: &str, proof| PartitionMode {
            model: model.to_owned(),
            column: "day".to_owned(),
            proof,
            sample: String::new(),
        };
        let modes = [mode("sale", Err("it may change".to_owned())), mode("visit", Ok("`insert_only`".to_owned()))];
        let text = human(&modes, &|mode| Some(if mode.proof.is_ok() { 3 << 30 } else { 3 << 40 }));
        assert_eq!(
            text,
            "\npartitions that a load reads:\n    sale: all of them (≤ 3.0 TiB a statement, ≤ 18.7500 USD on demand): it may \
             change\n    visit: those of the batch, by `day` (yesterday and today: ≤ 3.0 GiB a statement, ≤ 0.0183 USD on \
             demand): `insert_only`\n"
        );
        assert!(human(&modes[..1], &|_| None).contains("(unknown)"));
    }
}
