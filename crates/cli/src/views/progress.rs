//! Progress: a bar on a terminal, plain lines in a log, nothing when quiet.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Global;

pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
}

impl Progress {
    pub(crate) fn new(global: &Global) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = (terminal && !global.quiet).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar, lines: !terminal && !global.quiet }
    }

    pub(crate) fn step(&self, step: &str) {
        let step = super::harmless(step);
        match &self.bar {
            Some(bar) => bar.set_message(step),
            None if self.lines => eprintln!("{step}"),
            None => {}
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
