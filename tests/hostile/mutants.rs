//! What `check` takes compiles, applies and runs: projects with words taken out, doubled, swapped and replaced, by a seeded
//! generator. A mutant that `check` refuses is not a concern here; one that it takes must go all the way.

use std::path::Path;

use dwc_compiler::source::{FileSet, SourceFile};
use dwc_runner::{DuckDbWarehouse, Mode, Part, RunOptions};
use dwc_tests::dice::Dice;
use dwc_tests::project::{Project, at, files};

const PROJECT: &str = include_str!("mutants.project");

/// Values that stand where another was meant.
const VALUES: &[&str] = &[
    "0",
    "-1",
    "1.5",
    "true",
    "null",
    "''",
    "\"\"",
    "[]",
    "{}",
    "x",
    "2024-02-30",
    "9999-12-31",
    "0000-00-00",
    "select",
    "order",
    "'a b'",
    "'a\"b'",
    "'a`b'",
    "\"a'b\"",
    "가격",
    "_x",
    "a.b",
    "1x",
    "9223372036854775808",
    "none",
    "1h",
    "INT64",
    "STRING",
    "NUMERIC",
    "DATE",
    "TIMESTAMP",
    "ARRAY<STRING>",
    "JSON",
    "BYTES",
    "STRUCT<a INT64>",
    "FLOAT64",
    "*",
    "(",
    ")",
    "--",
    "NULL",
    "- -",
    "COUNT(*)",
    "SUM(amount)",
    "updated_at",
    "_batch",
    "valid_from",
    "loaded_batch",
    "customer_key",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// Words, numbers, quoted texts, spaces and single marks.
fn words(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let plain = |c: char| c.is_alphanumeric() || c == '_';
        let end = match first {
            c if plain(c) => rest.find(|c| !plain(c)).unwrap_or(rest.len()),
            ' ' => rest.find(|c| c != ' ').unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        all.push(&rest[..end]);
        rest = &rest[end..];
    }
    all
}

fn mutant(text: &str, dice: &mut Dice) -> String {
    if dice.below(4) == 0 {
        let mut lines: Vec<&str> = text.lines().collect();
        let at = dice.below(lines.len());
        match dice.below(3) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at]),
            _ => lines.swap(at, (at + 1) % text.lines().count()),
        }
        return lines.join("\n") + "\n";
    }
    let mut words = words(text);
    let solid: Vec<usize> = (0..words.len()).filter(|at| !words[*at].trim().is_empty()).collect();
    let at = solid[dice.below(solid.len())];
    let other = words[solid[dice.below(solid.len())]];
    match dice.below(5) {
        0 => drop(words.remove(at)),
        1 => words.insert(at, other),
        2 => words[at] = other,
        _ => words[at] = VALUES[dice.below(VALUES.len())],
    }
    words.concat()
}

/// What stopped a mutant that `check` took.
fn stopped(folder: &Path, files: &FileSet) -> Option<String> {
    let project = dwc_compiler::check(files).project?;
    for engine in project.targets.values().map(|target| target.ty) {
        if let Err(problems) = dwc_compiler::sql::load_plan(&project, engine, &project.schema) {
            return Some(format!("compile: {problems:?}"));
        }
    }
    let warehouse = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    if let Err(error) = dwc_runner::apply(&warehouse, &project, at("2026-01-01"), &[]) {
        return Some(format!("apply: {error:?}"));
    }
    let at = chrono::NaiveDate::from_ymd_opt(2026, 1, 2).and_then(|day| day.and_hms_opt(12, 0, 0)).expect("an instant");
    for mode in [Mode::Full, Mode::Incremental] {
        let options = RunOptions { mode, at, until: None, select: Vec::new(), part: Part::Everything };
        match dwc_runner::run(&warehouse, &project, folder, &options, &mut |_| ()) {
            // What has a code is about the data, and says what to do.
            Err(error) if error.code.is_none() => return Some(format!("run: {error:?}")),
            _ => {}
        }
    }
    None
}

#[test]
fn what_check_takes_compiles_applies_and_runs() {
    let setting =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let project = Project::new(PROJECT);
    let sources: Vec<SourceFile> = files(PROJECT)
        .into_iter()
        .filter(|(path, _)| path.ends_with(".yml"))
        .map(|(path, text)| SourceFile { path, text })
        .collect();
    let checked = dwc_compiler::check(&FileSet::new(sources.clone()));
    assert!(checked.project.is_some(), "{:?}", checked.diagnostics);
    assert_eq!(stopped(project.path(), &FileSet::new(sources.clone())), None);
    let first = setting("DWC_MUTANTS_FROM", 1);
    let (mut taken, mut wrong) = (0, Vec::new());
    for seed in first..first + setting("DWC_MUTANTS", 150) {
        let mut dice = Dice::new(seed);
        let mut mutated = sources.clone();
        let at = dice.below(mutated.len());
        mutated[at].text = mutant(&mutated[at].text, &mut dice);
        let changed = mutated[at].clone();
        let files = FileSet::new(mutated);
        taken += usize::from(dwc_compiler::check(&files).project.is_some());
        if let Some(reason) = stopped(project.path(), &files) {
            let original = sources[at].text.lines().collect::<Vec<_>>();
            let line = changed.text.lines().find(|line| !original.contains(line)).unwrap_or("a line less or moved");
            wrong.push(format!("{seed} {}: {line}\n    {reason}", changed.path));
        }
    }
    println!("{taken} mutants were taken");
    assert!(taken > 10, "{taken}");
    assert!(wrong.is_empty(), "{} of {taken}\n{}", wrong.len(), wrong.join("\n"));
}
