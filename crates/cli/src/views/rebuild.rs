//! The versions that a rebuild changes, for reading.

use std::fmt::Write as _;

use dwc_runner::{RebuildReport, VersionState};

/// The most versions that are printed; JSON has more.
const SHOWN: usize = 40;

/// `verb` is `would be` or `are`.
pub(crate) fn human(report: &RebuildReport, verb: &str) -> String {
    let mut text = String::new();
    let mut member = "";
    for version in report.versions.iter().take(SHOWN) {
        if member != version.member {
            member = &version.member;
            let _ = writeln!(text, "{member}");
        }
        match (&version.before, &version.after) {
            (Some(before), Some(after)) => {
                let _ = writeln!(text, "  ~ {}\n    {}", line(before), line(after));
            }
            (Some(before), None) => {
                let _ = writeln!(text, "  - {}", line(before));
            }
            (None, Some(after)) => {
                let _ = writeln!(text, "  + {}", line(after));
            }
            (None, None) => {}
        }
    }
    let hidden = report.versions.len().saturating_sub(SHOWN);
    if hidden > 0 {
        let _ = writeln!(text, "  … {hidden} more; --format json lists them");
    }
    let load = &report.load;
    let _ = writeln!(
        text,
        "{}: {} inserted, {} updated, {} deleted, {} unchanged {verb}; {} rows of facts {verb} rebound",
        load.model, load.inserted, load.updated, load.deleted, load.unchanged, load.rebound
    );
    if report.lost > 0 {
        let _ = writeln!(text, "{} states that landing no longer has {verb} lost", report.lost);
    }
    text
}

fn line(version: &VersionState) -> String {
    match (&version.from, &version.to) {
        (None, None) => version.values.clone(),
        (from, to) => {
            let day = |text: &Option<String>| text.clone().unwrap_or_else(|| "open".to_owned());
            format!("{} … {}  {}", day(from), day(to), version.values)
        }
    }
}
