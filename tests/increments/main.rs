//! Increments equal a recompute: random changes of every table of a query, loaded batch by batch, leave what a load of
//! everything at once leaves. Each query says whether it can be loaded by increments at all.

mod queries;

use std::fmt::Write;
use std::time::{Duration, Instant};

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

use queries::{DIMENSIONS, FACTS, SNAPSHOTS};

/// How long the suite searches; DWC_INCREMENTS_SECONDS sets another time, DWC_INCREMENTS_SEED another start.
const SECONDS: u64 = 40;

const TABLES: [&str; 3] = ["t", "u", "w"];

/// A generator of numbers that a seed repeats.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

fn project() -> Project {
    let mut text = String::from(
        "#- dwc.yml\nname: increments\ntimezone: UTC\ntargets:\n  dev: { type: duckdb, path: dwc.duckdb }\nlints:\n  DW0403: { level: off, reason: the queries are what is tested }\n  DW0406: { level: off, reason: the queries are what is tested }\n  DW0407: { level: off, reason: the queries are what is tested }\n  DW0409: { level: off, reason: the queries are what is tested }\n",
    );
    text += "#- models/sources/s.yml\nsource: s\ntype: files\ntables:\n";
    for table in TABLES {
        let _ = write!(
            text,
            "  {table}:\n    path: data/{table}/{{batch}}.csv\n    primary_key: [{table}_id]\n    detect_deletes: operation\n    delete_column: op\n    columns: {{ {table}_id: INT64, k: INT64, v: INT64, f: STRING, at: TIMESTAMP, op: STRING }}\n"
        );
    }
    text += "#- models/dimensions/thing.yml\ndimension: thing\nfrom: s.t\nnatural_key: t_id\neffective_at: extracted\nattributes:\n  v: { scd: 1 }\n";
    for (name, key, sql, _) in FACTS {
        let _ = write!(
            text,
            "#- models/facts/{name}.yml\nfact: {name}\nkind: transaction\nbusiness_process: joining\ngrain: {{ description: one row, key: [{key}] }}\nquery: |\n  {}\ndimensions:\n  thing: {{ on: n, missing: unknown }}\nmeasures:\n  n: {{ additive: all }}\n",
            expanded(sql)
        );
    }
    text +=
        "#- models/dimensions/date.yml\ndimension: date\nkind: calendar\nfirst_day: 2026-01-01\nlast_day: 2026-12-31\n";
    for (name, key, sql, _) in SNAPSHOTS {
        let _ = write!(
            text,
            "#- models/facts/{name}.yml\nfact: {name}\nkind: accumulating_snapshot\nbusiness_process: joining\ngrain: {{ description: one row, key: [{key}] }}\nquery: |\n  {}\nmilestones: {{ first: first_at, second: second_at, third: third_at }}\nlags: [{{ from: first, unit: hour }}, {{ from: previous, unit: day }}]\nmeasures:\n  n: {{ additive: all }}\n",
            expanded(sql)
        );
    }
    for (name, key, sql) in DIMENSIONS {
        let _ = write!(
            text,
            "#- models/dimensions/{name}.yml\ndimension: {name}\nquery: |\n  {}\nnatural_key: [{key}]\neffective_at: at\nattributes:\n  v: {{ scd: 2 }}\n  f: {{ scd: 1 }}\n",
            expanded(sql)
        );
    }
    Project::new(&text)
}

/// `<t>` stands for the source table.
fn expanded(sql: &str) -> String {
    TABLES.iter().fold(sql.to_owned(), |sql, table| {
        sql.replace(&format!("<{table}>"), &format!("{{{{ source('s.{table}') }}}}"))
    })
}

/// Writes one batch of changes of each table; the first holds more.
fn write_batch(project: &Project, random: &mut Random, batch: u64) -> String {
    let mut told = String::new();
    for table in TABLES {
        let mut text = format!("{table}_id,k,v,f,at,op\n");
        let mut ids: Vec<u64> = (0..if batch == 0 { 12 } else { random.below(4) }).map(|_| random.below(14)).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let mut number = |limit| if random.below(5) == 0 { String::new() } else { random.below(limit).to_string() };
            let (k, v) = (number(9), number(4));
            let f = ["", "x", "y"][random.below(3) as usize];
            let op = ["U", "U", "U", "D"][random.below(4) as usize];
            let _ = writeln!(text, "{id},{k},{v},{f},2026-01-{:02} 00:00:00,{op}", batch + 1);
        }
        let _ = writeln!(told, "batch {batch} {text}");
        project.write(&format!("data/{table}/2026-01-{:02}.csv", batch + 1), &text);
    }
    told
}

#[test]
fn increments_equal_a_recompute() {
    let setting = |name: &str, or: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let until = Instant::now() + Duration::from_secs(setting("DWC_INCREMENTS_SECONDS", SECONDS));
    let first = setting("DWC_INCREMENTS_SEED", 1);
    let (mut cases, mut compared) = (0, 0);
    while cases == 0 || Instant::now() < until {
        let mut random = Random(first + cases);
        let (project, whole) = (project(), project());
        let warehouse = Warehouse::apply(project.path());
        warehouse.execute("SET threads = 1");
        let mut told = String::new();
        let batches = 2 + random.below(6);
        let mut by_batch = Vec::new();
        for batch in 0..batches {
            told += &write_batch(&project, &mut random, batch);
            if batch == 0 || random.below(3) > 0 || batch + 1 == batches {
                warehouse.run(Mode::Incremental);
                by_batch.push(batch);
            }
        }
        // The same rows, each table in one file: everything at once.
        for table in TABLES {
            for batch in 0..batches {
                let name = format!("data/{table}/2026-01-{:02}.csv", batch + 1);
                whole.write(&name, &project.read(&name));
            }
        }
        let fresh = Warehouse::apply(whole.path());
        fresh.execute("SET threads = 1");
        fresh.run(Mode::Full);
        let mut wrong = Vec::new();
        for (name, ..) in FACTS.iter().chain(SNAPSHOTS) {
            let rows = |warehouse: &Warehouse| {
                warehouse
                    .rows(&format!("SELECT * EXCLUDE (loaded_batch) FROM {}.{name} ORDER BY ALL", warehouse.schema()))
            };
            let (left, right) = (rows(&warehouse), rows(&fresh));
            if left != right {
                wrong.push(format!("{name}\n  increments {left:?}\n  recompute  {right:?}"));
            }
            compared += right.len();
        }
        for (name, key, _) in DIMENSIONS {
            let rows = |warehouse: &Warehouse| {
                warehouse.rows(&format!(
                    "SELECT {key}, v, f FROM {}.{name} WHERE is_current AND {name}_key >= 0 ORDER BY ALL",
                    warehouse.schema()
                ))
            };
            let (left, right) = (rows(&warehouse), rows(&fresh));
            if left != right {
                wrong.push(format!("{name}\n  increments {left:?}\n  recompute  {right:?}"));
            }
        }
        assert!(wrong.is_empty(), "seed {}: runs after {by_batch:?}\n{}\n{told}", first + cases, wrong.join("\n"));
        cases += 1;
    }
    println!(
        "{cases} histories of {} queries, {compared} rows compared",
        FACTS.len() + SNAPSHOTS.len() + DIMENSIONS.len()
    );
}

#[test]
fn each_query_is_incremental_or_says_why_not() {
    let plan = Warehouse::apply(project().path()).plan();
    let mut wrong = Vec::new();
    for (name, _, _, reason) in FACTS.iter().chain(SNAPSHOTS) {
        let Some(model) = plan.models.iter().find(|model| model.name == *name) else { panic!("{name} is not planned") };
        let right = match *reason {
            "" => model.incremental.is_some() && model.whole.is_none(),
            reason => model.incremental.is_none() && model.whole.as_ref().is_some_and(|whole| whole.contains(reason)),
        };
        if !right {
            wrong.push(format!("{name}: expected {reason:?}, whole is {:?}", model.whole));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
