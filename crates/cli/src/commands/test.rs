//! `dwc test`: runs the unit tests of the models on an embedded warehouse in memory.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{ModelId, UnitTest, coverage};
use dwc_compiler::source::{FileId, FileSet};
use dwc_runner::{Error, UnitTestFailure, YamlFiles, project, run_unit_tests};

use super::{context, write_out};
use crate::args::{Format, Global, TestArgs};
use crate::exit::Exit;
use crate::views;
use crate::views::diagnostics::counted;
use crate::views::unit_test::{self, Tested};

pub(super) fn run(global: &Global, asked: &TestArgs) -> Result<Exit, Error> {
    if !asked.watch {
        return once(global, asked);
    }
    let mut seen: Option<FileSet> = None;
    loop {
        let files = project::read(&global.project_dir)?;
        if seen.as_ref() != Some(&files) {
            seen = Some(files);
            if let Err(error) = once(global, asked) {
                views::failure::print(&error, global);
            }
            eprintln!("waiting for a change of the project's files; Ctrl-C ends");
        }
        std::thread::sleep(PAUSE);
    }
}

/// How long files are left alone before they are looked at again.
const PAUSE: Duration = Duration::from_millis(300);

fn once(global: &Global, asked: &TestArgs) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let tests = chosen(&context, &asked.names)?;
    if tests.is_empty() && global.format != Format::Json && !asked.coverage {
        eprintln!(
            "{}",
            if context.tests.is_empty() {
                "there are no tests: declare them under `tests:` in a file below the models folder"
            } else {
                "no test expects anything of the selected models"
            }
        );
    }
    let clock = Instant::now();
    let outcomes = run_unit_tests(&context.files, &context.project, &tests)?;
    let milliseconds = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    let tested = Tested { files: &context.files, zone: context.project.timezone, tests: &tests, outcomes: &outcomes };
    if let Some(path) = &asked.junit {
        std::fs::write(path, tested.junit(milliseconds))
            .map_err(|cause| Error::because(format!("`{}` could not be written", path.display()), cause))?;
    }
    if global.format == Format::Json {
        let mut json = tested.json(milliseconds);
        if asked.coverage {
            json["coverage"] = views::unit_test_coverage::json(&coverage(&context.project, &context.tests));
        }
        write_out(format!("{json:#}\n").as_bytes())?;
    } else {
        write_out(tested.human(global, milliseconds).as_bytes())?;
    }
    if asked.coverage && global.format != Format::Json {
        write_out(views::unit_test_coverage::human(&coverage(&context.project, &context.tests)).as_bytes())?;
    }
    if asked.update {
        update(global, &tested)?;
    }
    Ok(if outcomes.iter().all(|outcome| outcome.failures.is_empty()) { Exit::Done } else { Exit::InputWrong })
}

/// The tests of these names that expect something of the selected models.
fn chosen<'c>(context: &'c context::Context<'_>, names: &[String]) -> Result<Vec<&'c UnitTest>, Error> {
    for name in names {
        if !context.tests.iter().any(|test| test.name.contains(name.as_str())) {
            let near = dwc_compiler::diagnostic::nearest(name, context.tests.iter().map(|test| test.name.as_str()));
            let help = near.map_or_else(
                || "`dwc test` runs all tests and lists them".to_owned(),
                dwc_compiler::diagnostic::did_you_mean,
            );
            return Err(Error::coded(Code::UnknownName, format!("no test has `{name}` in its name")).help(help));
        }
    }
    let selected: Option<Vec<ModelId>> =
        if context.global.select.is_empty() { None } else { Some(context.selected()?) };
    let of_models = |test: &&UnitTest| {
        selected.as_ref().is_none_or(|selected| {
            test.models().iter().any(|name| context.project.model(name).is_some_and(|id| selected.contains(&id)))
        })
    };
    let named = |test: &&UnitTest| names.is_empty() || names.iter().any(|name| test.name.contains(name.as_str()));
    Ok(context.tests.iter().filter(named).filter(of_models).collect())
}

/// Writes what came out in place of the rows that were expected; everything else of the files stays as it is.
fn update(global: &Global, tested: &Tested<'_>) -> Result<(), Error> {
    let mut edits: BTreeMap<FileId, Vec<(std::ops::Range<usize>, String)>> = BTreeMap::new();
    let mut left = 0;
    for (test, outcome) in tested.tests.iter().zip(tested.outcomes) {
        for failure in &outcome.failures {
            match failure {
                UnitTestFailure::Rows(rows) => {
                    let written = test.expect[rows.place].written;
                    let text = &tested.files.get(written.file).text;
                    let range = written.lo as usize..written.hi as usize;
                    let rows = unit_test::as_yaml(text, range.start, rows, tested.zone);
                    edits.entry(written.file).or_default().push((range, rows));
                }
                UnitTestFailure::Problem(_) | UnitTestFailure::Missing(..) => left += 1,
            }
        }
    }
    let read = YamlFiles::read(&global.project_dir, &[])?;
    let mut updated = 0;
    for (file, mut changes) in edits {
        changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let source = tested.files.get(file);
        let mut text = source.text.clone();
        for (range, rows) in changes {
            text.replace_range(range, &rows);
            updated += 1;
        }
        let place = read.files.iter().find(|(_, other)| other.path == source.path && other.text == source.text);
        let Some((place, _)) = place else {
            return Err(Error::coded(Code::FileChanging, format!("`{}` has changed since it was read", source.path))
                .help("run `dwc test --update` again"));
        };
        read.replace(place, &text)?;
    }
    if !global.quiet {
        eprintln!("updated {}", counted(updated, "expectation"));
        if left > 0 {
            eprintln!("{} cannot be updated: problems that the tests do not expect, or miss", counted(left, "failure"));
        }
    }
    Ok(())
}
