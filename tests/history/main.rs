//! History does not depend on the shape of a query: random logs, cut into random runs whose files come in any order, give
//! the versions that a plain reference gives for each shape of SQL. A run that changes nothing adds nothing to landing.

mod bigquery;
mod model;
mod page;
mod project;
mod sequence;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dwc_runner::Mode;
use dwc_tests::warehouse::Warehouse;

use model::{Arrived, File, Random, SHAPES, TABLES, files, versions};

/// How long the suite searches; DWC_HISTORY_SECONDS sets another time, DWC_HISTORY_SEED another start.
const SECONDS: u64 = 20;

/// Members of every dimension of a case.
const KEYS: i64 = 12;

/// A case: its files, and which of them come before each run, of which a full one reads all files again.
struct Case {
    files: Vec<File>,
    runs: Vec<(bool, Vec<usize>)>,
}

fn case(random: &mut Random) -> Case {
    let files = files(random, KEYS);
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

#[test]
fn every_shape_of_a_query_gives_the_versions_of_the_reference() {
    let setting = |name: &str, or: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let until = Instant::now() + Duration::from_secs(setting("DWC_HISTORY_SECONDS", SECONDS));
    let first = setting("DWC_HISTORY_SEED", 1);
    let mut cases = 0;
    while cases == 0 || Instant::now() < until {
        let seed = first + cases;
        let case = case(&mut Random(seed));
        if let Err(problem) = check(&case) {
            panic!("seed {seed}: {}", reduced(case, problem));
        }
        cases += 1;
    }
    println!("{cases} warehouses, {} shapes each", SHAPES.len());
}

/// Drops rows as long as something still differs, and tells what is left.
fn reduced(mut case: Case, mut problem: String) -> String {
    let until = Instant::now() + Duration::from_secs(60);
    for file in 0..case.files.len() {
        let mut row = 0;
        while row < case.files[file].rows.len() && Instant::now() < until {
            let mut smaller = Case { files: case.files.clone(), runs: case.runs.clone() };
            smaller.files[file].rows.remove(row);
            match check(&smaller) {
                Err(found) => (case, problem) = (smaller, found),
                Ok(()) => row += 1,
            }
        }
    }
    for (number, (full, places)) in case.runs.iter().enumerate() {
        problem += &format!("\nrun {number}{}", if *full { ", full" } else { "" });
        for file in places.iter().map(|place| &case.files[*place]).filter(|file| !file.rows.is_empty()) {
            problem += &format!("\n  {} at {}: {:?}", TABLES[file.table], file.time, file.rows);
        }
    }
    problem
}

/// Loads a case run by run, and compares every shape with the reference after each.
fn check(case: &Case) -> Result<(), String> {
    let folder = project::write();
    let warehouse = Warehouse::apply(folder.path());
    warehouse.execute("SET threads = 1");
    let mut arrived: Arrived = Default::default();
    let mut read: BTreeSet<(i64, usize)> = BTreeSet::new();
    for (number, (full, places)) in case.runs.iter().enumerate() {
        let mut new: BTreeSet<(i64, usize)> = BTreeSet::new();
        for place in places {
            project::write_file(&folder, &case.files[*place]);
            new.insert((case.files[*place].time, *place));
        }
        read.extend(&new);
        for (_, place) in if *full { &read } else { &new } {
            arrived[case.files[*place].table].extend(&case.files[*place].rows);
        }
        warehouse.run(if *full { Mode::Full } else { Mode::Incremental });
        for shape in SHAPES {
            let expected = versions(shape, &arrived);
            let loaded = project::loaded(&warehouse, shape.name);
            if expected != loaded {
                let differs = expected.iter().filter(|version| !loaded.contains(version)).collect::<Vec<_>>();
                let instead = loaded.iter().filter(|version| !expected.contains(version)).collect::<Vec<_>>();
                return Err(format!("after run {number}, {}:\nexpected {differs:?}\nloaded   {instead:?}", shape.name));
            }
        }
    }
    warehouse.run(Mode::Full);
    let before = sizes(&warehouse);
    warehouse.run(Mode::Full);
    warehouse.run(Mode::Incremental);
    let after = sizes(&warehouse);
    if before != after {
        Err(format!("runs that change nothing add states: {before:?}, then {after:?}"))
    } else {
        Ok(())
    }
}

/// How many states are kept of each table, and how many events of each shape.
fn sizes(warehouse: &Warehouse) -> Vec<String> {
    let count = |table: String| warehouse.rows(&format!("SELECT COUNT(*) FROM {table}"))[0][0].clone();
    let landed = TABLES.iter().map(|table| count(format!("dw_landing.s__{table}__changes")));
    landed.chain(SHAPES.iter().map(|shape| count(format!("dw_history.{}", shape.name)))).collect()
}
