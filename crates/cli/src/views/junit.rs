//! Results as JUnit XML, which build servers read: <https://github.com/testmoapp/junitxml>. It must not know what was tested.

use std::fmt::Write as _;

/// One test case.
pub(crate) struct Case {
    pub(crate) name: String,
    /// What it is about: cases are shown by it.
    pub(crate) class: String,
    /// The file and the line that declare it.
    pub(crate) place: Option<(String, usize)>,
    pub(crate) milliseconds: Option<u64>,
    pub(crate) ended: Ended,
    /// What is worth telling of it besides.
    pub(crate) said: Vec<String>,
}

/// How a test case ended.
pub(crate) enum Ended {
    /// As it should.
    Passed,
    /// Otherwise: what is wrong, one text for each problem, whose first line is its headline.
    Failed(Vec<String>),
    /// It could not be made, for a reason outside of what is tested.
    Broken(Vec<String>),
    /// It was not made, and why.
    LeftOut(String),
}

/// A suite of test cases as a file.
pub(crate) fn written(suite: &str, milliseconds: Option<u64>, cases: &[Case]) -> String {
    let count = |is: fn(&Ended) -> bool| cases.iter().filter(|case| is(&case.ended)).count();
    let failed = count(|ended| matches!(ended, Ended::Failed(_)));
    let mut counts = format!("tests=\"{}\" failures=\"{failed}\"", cases.len());
    let others = [
        ("errors", count(|ended| matches!(ended, Ended::Broken(_)))),
        ("skipped", count(|ended| matches!(ended, Ended::LeftOut(_)))),
    ];
    for (what, count) in others.iter().filter(|(_, count)| *count > 0) {
        let _ = write!(counts, " {what}=\"{count}\"");
    }
    counts.push_str(&time(milliseconds));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n<testsuite name=\"{}\" {counts}>\n",
        escaped(suite)
    );
    for case in cases {
        let place = case
            .place
            .as_ref()
            .map_or_else(String::new, |(path, line)| format!(" file=\"{}\" line=\"{line}\"", escaped(path)));
        let _ = write!(
            text,
            "<testcase name=\"{}\" classname=\"{}\"{place}{}",
            escaped(&case.name),
            escaped(&case.class),
            time(case.milliseconds)
        );
        if matches!(case.ended, Ended::Passed) && case.said.is_empty() {
            text.push_str("/>\n");
            continue;
        }
        text.push_str(">\n");
        match &case.ended {
            Ended::Passed => {}
            Ended::Failed(problems) => text.push_str(&told("failure", problems)),
            Ended::Broken(problems) => text.push_str(&told("error", problems)),
            Ended::LeftOut(why) => {
                let _ = writeln!(text, "<skipped message=\"{}\"/>", escaped(why));
            }
        }
        if !case.said.is_empty() {
            let _ = writeln!(text, "<system-out>{}</system-out>", escaped(&case.said.join("\n")));
        }
        text.push_str("</testcase>\n");
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}

fn told(element: &str, problems: &[String]) -> String {
    let one = |text: &String| {
        let (first, _) = text.split_once('\n').unwrap_or((text, ""));
        format!("<{element} message=\"{}\">{}</{element}>\n", escaped(first), escaped(text))
    };
    problems.iter().map(one).collect()
}

fn time(milliseconds: Option<u64>) -> String {
    milliseconds.map_or_else(String::new, |time| format!(" time=\"{:.3}\"", time as f64 / 1000.0))
}

/// A text within XML, which has no word for most controls.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(c),
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
