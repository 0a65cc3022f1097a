//! Metrics of a run in Prometheus' text format, for the textfile collector of its node exporter:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::Write as _;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_runner::{Error, ModelOutcome, ModelReport, Offence, RunReport, SourceOutcome};

/// Of what the metrics are.
pub(crate) struct Measured<'a> {
    /// The project that was run.
    pub(crate) project: &'a str,
    /// The target that was run.
    pub(crate) target: &'a str,
    /// When the run has ended, UTC.
    pub(crate) at: NaiveDateTime,
}

/// What a run left behind: its report and what offends, `None` where there was nothing to run, or an error.
type Ended<'r> = Result<Option<&'r (RunReport, Vec<Offence>)>, &'r Error>;

/// The metrics of a run; `None` where another process holds the warehouse, whose metrics they would overwrite.
pub(crate) fn prometheus(of: &Measured<'_>, ended: Ended<'_>) -> Option<String> {
    if ended.err().is_some_and(|error| error.code == Some(Code::WarehouseInUse)) {
        return None;
    }
    let mut text = Exposition { text: String::new(), project: of.project, target: of.target };
    let is_success = matches!(&ended, Ok(Some((report, offences))) if offences.is_empty() && reached(report))
        || matches!(&ended, Ok(None));
    text.metric("dwc_run_success", "Whether the last run loaded everything.", &[(vec![], i64::from(is_success))]);
    let seconds = of.at.and_utc().timestamp();
    text.metric("dwc_run_end_timestamp_seconds", "When the last run ended.", &[(vec![], seconds)]);
    if let Ok(Some((report, _))) = ended {
        text.metric("dwc_run_number", "The number of the last run in the warehouse.", &[(vec![], report.run)]);
        of_sources(&mut text, report);
        of_models(&mut text, report);
    }
    Some(text.text)
}

fn reached(report: &RunReport) -> bool {
    report.sources.iter().all(|source| source.outcome == SourceOutcome::Landed)
}

fn of_sources(text: &mut Exposition<'_>, report: &RunReport) {
    let landed = |outcome: &SourceOutcome| i64::from(*outcome == SourceOutcome::Landed);
    let sources = report.sources.iter();
    let samples = sources.map(|source| (vec![("source", source.source.as_str())], landed(&source.outcome)));
    text.metric("dwc_source_landed", "Whether the last run read the source to its end.", &samples.collect::<Vec<_>>());
    let rows = report.sources.iter().flat_map(|source| &source.tables).flat_map(|table| {
        let counts = [
            ("extracted", table.extracted),
            ("inserted", table.inserted),
            ("updated", table.updated),
            ("deleted", table.deleted),
            ("unchanged", table.unchanged),
            ("superseded", table.superseded),
            ("rejected", table.rejected),
        ];
        counts.map(|(outcome, count)| (vec![("table", table.table.as_str()), ("outcome", outcome)], count))
    });
    let help = "Rows of a source table in the last run, by what became of them.";
    text.metric("dwc_source_rows", help, &rows.collect::<Vec<_>>());
}

fn of_models(text: &mut Exposition<'_>, report: &RunReport) {
    let of = |value: fn(&ModelReport) -> i64| -> Vec<Sample<'_>> {
        report.models.iter().map(|model| (vec![("model", model.model.as_str())], value(model))).collect()
    };
    let loaded =
        |model: &ModelReport| i64::from(!matches!(model.outcome, ModelOutcome::HeldBack | ModelOutcome::Waiting(_)));
    text.metric("dwc_model_loaded", "Whether the last run left the model up to date.", &of(loaded));
    let milliseconds = |model: &ModelReport| i64::try_from(model.milliseconds).unwrap_or(i64::MAX);
    text.metric("dwc_model_load_milliseconds", "How long the last run loaded the model.", &of(milliseconds));
    let rows = report.models.iter().flat_map(|model| {
        let counts = [
            ("inserted", model.inserted),
            ("updated", model.updated),
            ("deleted", model.deleted),
            ("unchanged", model.unchanged),
            ("rejected", model.rejected),
            ("rebound", model.rebound),
        ];
        counts.map(|(outcome, count)| (vec![("model", model.model.as_str()), ("outcome", outcome)], count))
    });
    let help = "Rows of a model in the last run, by what became of them.";
    text.metric("dwc_model_rows", help, &rows.collect::<Vec<_>>());
}

/// A value with its labels, those of the project and the target aside.
type Sample<'s> = (Vec<(&'s str, &'s str)>, i64);

/// Text in the exposition format.
struct Exposition<'a> {
    text: String,
    project: &'a str,
    target: &'a str,
}

impl Exposition<'_> {
    /// A gauge with its samples; nothing where there is none.
    fn metric(&mut self, name: &str, help: &str, samples: &[Sample<'_>]) {
        if samples.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let all = [("project", self.project), ("target", self.target)];
            let all = all.iter().chain(labels.iter());
            let all: Vec<String> = all.map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
            let _ = writeln!(self.text, "{name}{{{}}} {value}", all.join(","));
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
