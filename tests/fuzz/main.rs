//! One target per parser: YAML, SQL, CSV, saved plans and states, garbled by a seeded generator over a kept corpus. Nothing
//! panics, overflows or hangs; what is wrong has a code. Each target runs for `DWC_FUZZ_SECONDS`, two when left out, from the
//! seed `DWC_FUZZ_SEED`. What stopped one is printed with its seed, and lies in the temporary folder `dwc-fuzz`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dwc_compiler::model::{Project as Model, TargetType};
use dwc_compiler::plan::{Manifest, diff};
use dwc_compiler::source::{FileSet, SourceFile};
use dwc_googlesql::{
    Column, Tables, Type, analyze_query, duckdb_query, parse_expr, parse_query, to_googlesql, trimmed,
};
use dwc_runner::{DuckDbWarehouse, Mode, Part, Place, RunOptions, SavedPlan};
use dwc_tests::dice::Dice;
use dwc_tests::project::{Project, files, repository};

const PROJECT: &str = include_str!("../hostile/mutants.project");

/// No input takes longer.
const LONGEST: Duration = Duration::from_secs(20);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The files of a corpus.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a file of the corpus")).collect()
}

/// Feeds the corpus as it is, then garbled, to a parser.
fn fuzz(name: &str, corpus: &[Vec<u8>], words: &[&str], parse: &dyn Fn(&[u8])) {
    let folder = std::env::temp_dir().join("dwc-fuzz");
    std::fs::create_dir_all(&folder).expect("a folder for what stops a target");
    let last = folder.join(name);
    let seconds = Duration::from_secs(setting("DWC_FUZZ_SECONDS", 2));
    let first = setting("DWC_FUZZ_SEED", 1);
    let (clock, mut seed) = (Instant::now(), 0);
    while clock.elapsed() < seconds || seed < corpus.len() as u64 {
        let mut dice = Dice::new(first + seed);
        let input = match corpus.get(usize::try_from(seed).unwrap_or(usize::MAX)) {
            Some(kept) => kept.clone(),
            None => {
                let at = dice.below(corpus.len());
                dice.garbled(&corpus[at], corpus, words)
            }
        };
        // An overflow of the stack ends the process: what did it is read from here.
        std::fs::write(&last, &input).expect("the input is kept");
        let began = Instant::now();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| parse(&input)));
        assert!(outcome.is_ok(), "{name}: seed {} panics; the input is in {}", first + seed, last.display());
        assert!(began.elapsed() < LONGEST, "{name}: seed {} hangs; the input is in {}", first + seed, last.display());
        seed += 1;
    }
    let _ = std::fs::remove_file(&last);
    println!("{name}: {seed} inputs in {:?}", clock.elapsed());
}

fn sources() -> Vec<SourceFile> {
    let all = files(PROJECT).into_iter().filter(|(path, _)| path.ends_with(".yml"));
    all.map(|(path, text)| SourceFile { path, text }).collect()
}

fn model() -> Model {
    dwc_compiler::check(&FileSet::new(sources())).project.expect("a project")
}

#[test]
fn yaml() {
    let mut kept = corpus("yaml");
    kept.extend(sources().into_iter().map(|file| file.text.into_bytes()));
    let mut folders = vec![repository().join("models")];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder).expect("models").map(|entry| entry.expect("a model").path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() { folders.push(path) } else { kept.push(std::fs::read(path).expect("a model")) }
        }
    }
    let words = [
        "&a", "*a", "!!str ", "{{", "}}", "- ", ": ", "|", ">-", "\n", "\r", "\t", "[", "{", "'", "\"", "#", "---\n",
        "가", "\u{feff}", "? ",
    ];
    fuzz("yaml", &kept, &words, &|input| {
        let text = String::from_utf8_lossy(input).into_owned();
        let mut all = sources();
        all.retain(|file| file.path != "models/sale.yml");
        all.push(SourceFile { path: "models/sale.yml".to_owned(), text });
        let set = FileSet::new(all);
        for problem in dwc_compiler::check(&set).diagnostics {
            let _ = problem.concise(&set);
        }
        let _ = dwc_compiler::syntax::format(&set);
    });
}

#[test]
fn sql() {
    let mut kept = corpus("sql");
    let queries = Path::new(env!("CARGO_MANIFEST_DIR")).join("googlesql/corpus.jsonl");
    for line in std::fs::read_to_string(queries).expect("the corpus of queries").lines().filter(|line| !line.is_empty())
    {
        let item: serde_json::Value = serde_json::from_str(line).expect("an item");
        kept.push(item["sql"].as_str().unwrap_or_default().as_bytes().to_vec());
    }
    let mut catalog = Tables::default();
    let column = |name: &str, ty: Type| Column::new(name, ty);
    catalog.add(
        "shop.orders",
        vec![
            column("id", Type::Int64),
            column("cust", Type::String),
            column("amount", Type::Float64),
            column("created", Type::Timestamp),
            column("d", Type::Date),
            column("tags", Type::Array(Box::new(Type::String))),
        ],
    );
    let words = [
        "(",
        ")",
        "- ",
        "NOT ",
        " OR ",
        "SELECT ",
        " FROM ",
        "CASE WHEN ",
        " END",
        "--",
        "/*",
        "#",
        "'",
        "\"",
        "`",
        "'''",
        "r'",
        ";",
        ",",
        "|> ",
        " UNION ALL ",
        "[",
        "]",
        "STRUCT<",
        "ARRAY<",
        ">",
        " AS ",
        " OVER (",
        "WITH x AS (",
        "INTERVAL ",
        "0x",
        "1e999",
        "가",
        "@@x",
        "SAFE.",
    ];
    fuzz("sql", &kept, &words, &|input| {
        let text = String::from_utf8_lossy(input);
        let _ = parse_expr(&text);
        let _ = trimmed(&text);
        if let Ok(query) = parse_query(&text) {
            if let Ok(written) = to_googlesql(&query) {
                let again = parse_query(&written).ok().and_then(|again| to_googlesql(&again).ok());
                assert_eq!(again.as_ref(), Some(&written), "{text}");
            }
            let _ = analyze_query(&text, &catalog);
            let _ = duckdb_query(&query, &catalog);
        }
    });
}

#[test]
fn csv() {
    let project = Project::new(PROJECT);
    let model = model();
    let warehouse = DuckDbWarehouse::open(":memory:").expect("a warehouse");
    dwc_runner::apply(&warehouse, &model, "2026-01-01 00:00:00", &[]).expect("an apply");
    let words =
        ["\"", "\"\"", ",", "\n", "\r\n", "\r", "\0", "NULL", "\u{feff}", "1e400", "-0", "9999-12-31", "가", ";", "'"];
    let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 2).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("an instant");
    let clock = std::cell::Cell::new(day);
    fuzz("csv", &corpus("csv"), &words, &|input| {
        std::fs::write(project.path().join("data/products.csv"), input).expect("a file");
        clock.set(clock.get() + chrono::TimeDelta::seconds(1));
        let options =
            RunOptions { mode: Mode::Full, at: clock.get(), until: None, select: Vec::new(), part: Part::Everything };
        if let Err(error) = dwc_runner::run(&warehouse, &model, project.path(), &options, &mut |_| ()) {
            assert!(error.code.is_some(), "{error:?}");
        }
        let _ = dwc_runner::import_files("drop", project.path(), "data/products.csv");
    });
}

#[test]
fn plan() {
    let project = Project::new(PROJECT);
    let model = model();
    let warehouse = DuckDbWarehouse::open(":memory:").expect("a warehouse");
    let planned = dwc_runner::plan(&warehouse, &model).expect("a plan");
    let file = project.path().join("saved.plan");
    let place = Place { project: "market", target: "dev", environment: None };
    SavedPlan::of(&planned, place, &[]).and_then(|saved| saved.write(&file)).expect("a saved plan");
    let mut kept = corpus("plan");
    kept.push(std::fs::read(&file).expect("the plan"));
    let words = ["{", "}", "[", "]", "null", "\"", ",", ":", "-1", "1e99", "\\u0000", "999999999999999999999"];
    fuzz("plan", &kept, &words, &|input| {
        std::fs::write(&file, input).expect("a file");
        if let Err(error) = SavedPlan::read(&file) {
            assert!(error.code.is_some() || std::str::from_utf8(input).is_err(), "{error:?}");
        }
    });
}

#[test]
fn state() {
    let model = model();
    let wanted = dwc_compiler::sql::manifest(&model, TargetType::Duckdb, "dw");
    let mut kept = corpus("state");
    kept.push(serde_json::to_vec(&wanted).expect("a manifest"));
    let words = ["{", "}", "[", "]", "null", "\"", ",", ":", "-1", "1e99", "\\u0000", "true", "table dw.", "STRING"];
    fuzz("state", &kept, &words, &|input| {
        let Ok(manifest) = Manifest::read(&String::from_utf8_lossy(input), Some(&wanted)) else { return };
        let _ = manifest.digest();
        let changes = diff(Some(&manifest), &wanted);
        let _ = dwc_compiler::sql::change_statements(&model, TargetType::Duckdb, "dw", &changes);
    });
}
