//! History does not depend on the shape of a query: random logs, cut into random runs whose files come in any order, give
//! the versions that a plain reference gives for each shape of SQL. A run that changes nothing adds nothing to landing.

mod accounts;
mod bigquery;
mod evaluator;
mod faults;
mod growth;
mod killed;
mod model;
mod page;
mod project;
mod sequence;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dwc_runner::Mode;
use dwc_tests::warehouse::Warehouse;

use model::{Arrived, File, Kind, Random, SHAPES, Shape, TABLES, files, kind, versions};

/// How long the suite searches; DWC_HISTORY_SECONDS sets another time, DWC_HISTORY_SEED another start.
const SECONDS: u64 = 20;

/// Members of every dimension of a case.
const KEYS: i64 = 12;

/// A case: its files, and which of them come before each run, of which a full one reads all files again.
#[derive(Clone)]
struct Case {
    files: Vec<File>,
    runs: Vec<(bool, Vec<usize>)>,
}

fn case(random: &mut Random, keys: i64) -> Case {
    let files = files(random, keys);
    let count = 1 + random.below(4);
    let shuffled = random.one_in(2);
    let mut runs: Vec<(bool, Vec<usize>)> =
        (0..count).map(|index| (index > 0 && random.one_in(3), Vec::new())).collect();
    for (place, file) in files.iter().enumerate() {
        let run = if shuffled { random.below(count) } else { file.time / 7 * count / 4 };
        runs[usize::try_from(run).unwrap_or(0)].1.push(place);
    }
    Case { files, runs }
}

/// A number of the environment.
fn setting(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or)
}

#[test]
fn every_shape_of_a_query_gives_the_versions_of_the_reference() {
    let until = Instant::now() + Duration::from_secs(setting("DWC_HISTORY_SECONDS", SECONDS));
    let first = setting("DWC_HISTORY_SEED", 1);
    let all: Vec<&Shape> = SHAPES.iter().collect();
    let mut cases = 0;
    while cases == 0 || Instant::now() < until {
        let seed = first + cases;
        let case = case(&mut Random(seed), KEYS);
        if let Err(problem) = check(&case, &all, &|_| ()) {
            let (case, problem) = reduced(case, problem, 60, &|case| check(case, &all, &|_| ()));
            panic!("seed {seed}: {problem}{}", told(&case));
        }
        cases += 1;
    }
    println!("{cases} warehouses, {} shapes each", SHAPES.len());
}

/// Drops rows, in ever smaller parts, as long as something still differs and there is time.
fn reduced(
    mut case: Case,
    mut problem: String,
    seconds: u64,
    check: &dyn Fn(&Case) -> Result<(), String>,
) -> (Case, String) {
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut part = rows(&case) / 2;
    while part > 0 && Instant::now() < until {
        let mut from = 0;
        while from < rows(&case) && Instant::now() < until {
            let mut smaller = case.clone();
            let mut place = 0;
            for file in &mut smaller.files {
                file.rows.retain(|_| {
                    place += 1;
                    place <= from || place > from + part
                });
            }
            match check(&smaller) {
                Err(found) => (case, problem) = (smaller, found),
                Ok(()) => from += part,
            }
        }
        part /= 2;
    }
    (case, problem)
}

fn rows(case: &Case) -> usize {
    case.files.iter().map(|file| file.rows.len()).sum()
}

/// A case for a person to read.
fn told(case: &Case) -> String {
    let mut text = String::new();
    for (number, (full, places)) in case.runs.iter().enumerate() {
        text += &format!("\nrun {number}{}", if *full { ", full" } else { "" });
        for file in places.iter().map(|place| &case.files[*place]).filter(|file| !file.rows.is_empty()) {
            text += &format!("\n  {} at {}: {:?}", TABLES[file.table], file.time, file.rows);
        }
    }
    text
}

/// Loads a case run by run, and compares every shape with the reference after each; a fault may be planted between runs.
fn check(case: &Case, shapes: &[&Shape], fault: &dyn Fn(&Warehouse)) -> Result<(), String> {
    let folder = project::write(shapes);
    let warehouse = Warehouse::apply(folder.path());
    warehouse.execute("SET threads = 1");
    let mut arrived: Arrived = Default::default();
    let mut read: BTreeSet<(i64, usize)> = BTreeSet::new();
    for (number, (full, places)) in case.runs.iter().enumerate() {
        for place in places {
            project::write_file(&folder, &case.files[*place]);
        }
        for place in reads(case, &mut read, number) {
            arrived[case.files[place].table].extend(&case.files[place].rows);
        }
        warehouse.run(if *full { Mode::Full } else { Mode::Incremental });
        compare(number, shapes, &arrived, &|sql| warehouse.rows(sql))?;
        fault(&warehouse);
    }
    warehouse.run(Mode::Full);
    let before = sizes(&warehouse, shapes);
    warehouse.run(Mode::Full);
    warehouse.run(Mode::Incremental);
    let after = sizes(&warehouse, shapes);
    if before != after {
        Err(format!("runs that change nothing add states: {before:?}, then {after:?}"))
    } else {
        Ok(())
    }
}

/// Compares every shape with the reference.
fn compare(
    number: usize,
    shapes: &[&Shape],
    arrived: &Arrived,
    rows: &dyn Fn(&str) -> Vec<Vec<String>>,
) -> Result<(), String> {
    for shape in shapes {
        let expected = versions(shape, arrived);
        let loaded = project::versions(&rows(&project::versions_query(shape.name)));
        if expected != loaded {
            let differs = expected.iter().filter(|version| !loaded.contains(version)).collect::<Vec<_>>();
            let instead = loaded.iter().filter(|version| !expected.contains(version)).collect::<Vec<_>>();
            return Err(format!("after run {number}, {}:\nexpected {differs:?}\nloaded   {instead:?}", shape.name));
        }
    }
    Ok(())
}

/// The files that a run reads, in order: new ones by their times, a full run all of them again. Where no column orders the
/// states of a row, the files after a late one follow it once more.
fn reads(case: &Case, read: &mut BTreeSet<(i64, usize)>, run: usize) -> Vec<usize> {
    let (full, places) = &case.runs[run];
    let new: BTreeSet<(i64, usize)> = places.iter().map(|place| (case.files[*place].time, *place)).collect();
    read.extend(&new);
    let is_read = |(time, place): &&(i64, usize)| {
        let table = case.files[*place].table;
        let first = new.iter().find(|(_, place)| case.files[*place].table == table);
        let follows = kind(table) == Kind::Intervals && first.is_some_and(|(first, _)| time >= first);
        *full || follows || new.contains(&(*time, *place))
    };
    read.iter().filter(is_read).map(|(_, place)| *place).collect()
}

/// How many states are kept of each table, and how many events of each shape.
fn sizes(warehouse: &Warehouse, shapes: &[&Shape]) -> Vec<String> {
    let count = |table: String| warehouse.rows(&format!("SELECT COUNT(*) FROM {table}"))[0][0].clone();
    let tables = warehouse.plan().landings.into_iter().map(|landing| landing.table.replace('.', "__"));
    let landed = tables.map(|table| count(format!("dw_landing.{table}__changes")));
    landed.chain(shapes.iter().map(|shape| count(format!("dw_history.{}", shape.name)))).collect()
}
