//! A run that is killed at any step and started again gives the versions of the reference, whatever shape the SQL has.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dwc_runner::DuckDbWarehouse;
use dwc_tests::project::Project;
use dwc_tests::warehouse;

use crate::model::{Arrived, Random, SHAPES, Shape};
use crate::{Case, KEYS, case, compare, project, reads, reduced, setting, told};

/// Steps within which a run is killed; a run of the shapes of a case has about as many.
const STEPS: i64 = 30;

#[test]
fn killed_runs_that_are_started_again_give_the_versions_of_the_reference() {
    let until = Instant::now() + Duration::from_secs(setting("DWC_HISTORY_SECONDS", crate::SECONDS));
    let first = setting("DWC_HISTORY_SEED", 1);
    let (mut cases, mut kills) = (0, 0);
    while kills < 3 || Instant::now() < until {
        let seed = first + cases;
        let mut random = Random(seed);
        let case = case(&mut random, KEYS);
        let some = random.below(3);
        let shapes: Vec<&Shape> = SHAPES.iter().skip(usize::try_from(some).unwrap_or(0)).step_by(3).collect();
        match check(&case, &shapes, &mut Random(seed)) {
            Ok(killed) => kills += killed,
            Err(problem) => {
                let again = |case: &Case| check(case, &shapes, &mut Random(seed)).map(|_| ());
                let (case, problem) = reduced(case, problem, 60, &again);
                panic!("seed {seed}: {problem}{}", told(&case));
            }
        }
        cases += 1;
    }
    println!("{kills} runs of {cases} warehouses were killed");
}

/// Runs a case with a kill in each run; counts the runs that were killed.
fn check(case: &Case, shapes: &[&Shape], random: &mut Random) -> Result<usize, String> {
    let folder = project::write(shapes);
    assert_eq!(folder.dwc(&["apply", "--auto-approve", "--quiet"]).code, Some(0));
    let mut arrived: Arrived = Default::default();
    let mut read: BTreeSet<(i64, usize)> = BTreeSet::new();
    let mut kills = 0;
    for (number, (full, places)) in case.runs.iter().enumerate() {
        for place in places {
            project::write_file(&folder, &case.files[*place]);
        }
        for place in reads(case, &mut read, number) {
            arrived[case.files[place].table].extend(&case.files[place].rows);
        }
        let run: &[&str] = if *full { &["run", "--mode", "full", "--quiet"] } else { &["run", "--quiet"] };
        let point = (1 + random.below(STEPS)).to_string();
        kills += usize::from(folder.dwc_with(&[("DWC_CRASH_AT", &point)], run).code.is_none());
        let again = folder.dwc(run);
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        compare(number, shapes, &arrived, &|sql| rows(&folder, sql))
            .map_err(|text| format!("killed at {point}, {text}"))?;
    }
    Ok(kills)
}

fn rows(folder: &Project, sql: &str) -> Vec<Vec<String>> {
    let path = folder.path().join("dwc.duckdb");
    warehouse::rows(&DuckDbWarehouse::open(&path.to_string_lossy()).expect("the warehouse"), sql)
}
