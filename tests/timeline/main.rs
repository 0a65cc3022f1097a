//! A dimension is a timeline: random histories, cut into random batches that come in random order, some of them again,
//! give the versions and the bindings that a plain reference gives. A failing history is reduced before it is shown.

mod evaluator;
mod history;
mod project;
mod reference;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dwc_runner::Mode;
use dwc_tests::warehouse::Warehouse;

use history::{Case, Landed, Random, TABLES, Visit};
use reference::{Event, Policy, Values, Version, as_of, timeline};

/// How long the suite searches; DWC_TIMELINE_SECONDS sets another time, DWC_TIMELINE_SEED another start.
const SECONDS: u64 = 45;

/// Members of every dimension of a case. A run's cost is that of its statements, so that many come at once.
const KEYS: usize = 150;

#[test]
fn every_history_gives_the_versions_of_the_reference() {
    let setting = |name: &str, or: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let until = Instant::now() + Duration::from_secs(setting("DWC_TIMELINE_SECONDS", SECONDS));
    let first = setting("DWC_TIMELINE_SEED", 1);
    let (mut cases, mut members) = (0, 0);
    while cases == 0 || Instant::now() < until {
        let seed = first + cases;
        let case = history::case(&mut Random(seed), KEYS);
        match check(&case) {
            Ok(checked) => members += checked,
            Err(problem) => panic!("seed {seed}: {}", reduced(case, problem)),
        }
        cases += 1;
    }
    println!("{cases} warehouses, {members} timelines of members and bindings compared");
}

/// Drops rows as long as something still differs, and tells what is left.
fn reduced(mut case: Case, mut problem: Problem) -> String {
    eprintln!("before rows are dropped: {}", problem.text);
    let policy = problem.policy.clone();
    let mut smaller = case.clone();
    let roles = ["sequenced_close", "operation_flag", "snapshot_close"];
    smaller.policies.retain(|p| {
        let base = p.mini_of.as_ref().unwrap_or(&p.name);
        p.name == policy || policy.starts_with(&p.name) || roles.contains(&base.as_str())
    });
    if let Err(found) = check(&smaller) {
        (case, problem) = (smaller, found);
    }
    let mut smaller = case.clone();
    smaller.visits.iter_mut().for_each(|(_, visits)| visits.clear());
    if let Err(found) = check(&smaller) {
        (case, problem) = (smaller, found);
    }
    if let Some(key) = problem.key {
        let smaller = of_keys(&case, &|other| other == key);
        match check(&smaller) {
            Err(found) => (case, problem) = (smaller, found),
            Ok(_) => (case, problem) = without_keys(case, problem, key),
        }
    }
    let until = Instant::now() + Duration::from_secs(60);
    let mut place = 0;
    while Instant::now() < until {
        let mut smaller = case.clone();
        let files = smaller.files.iter().map(|file| file.rows.len()).sum::<usize>();
        let mut at = place;
        if place < files {
            for file in &mut smaller.files {
                if at < file.rows.len() {
                    file.rows.remove(at);
                    break;
                }
                at -= file.rows.len();
            }
        } else {
            at -= files;
            let Some((_, visits)) = smaller.visits.iter_mut().find(|(_, visits)| {
                let here = at < visits.len();
                if !here {
                    at -= visits.len();
                }
                here
            }) else {
                break;
            };
            visits.remove(at);
        }
        match check(&smaller) {
            Err(found) => (case, problem) = (smaller, found),
            Ok(_) => place += 1,
        }
    }
    let mut text = format!("{}\n", problem.text);
    for policy in case.policies.iter().filter(|p| p.name == problem.policy) {
        text += &format!("{policy:?}\n");
    }
    for (number, run) in case.runs.iter().enumerate() {
        text += &format!("run {number}{}\n", if run.full { ", full" } else { "" });
        for file in run
            .files
            .iter()
            .map(|place| &case.files[*place])
            .filter(|file| TABLES[file.table].1 == history::Kind::Snapshot || !file.rows.is_empty())
        {
            text += &format!("  {} at {}: {:?}\n", TABLES[file.table].0, file.time, file.rows);
        }
        for (time, visits) in run.visits.iter().map(|place| &case.visits[*place]).filter(|(_, v)| !v.is_empty()) {
            text += &format!("  visits at {time}: {visits:?}\n");
        }
    }
    text
}

/// A case with the rows of some keys alone.
fn of_keys(case: &Case, stays: &dyn Fn(usize) -> bool) -> Case {
    let mut smaller = case.clone();
    smaller.files.iter_mut().for_each(|file| file.rows.retain(|row| stays(row.key)));
    let stays = |visit: &Visit| visit.keys.iter().flatten().all(|key| stays(*key));
    smaller.visits.iter_mut().for_each(|(_, visits)| visits.retain(stays));
    smaller
}

/// A key that differs only beside others: drops the others in ever smaller parts, as long as something still differs.
fn without_keys(mut case: Case, mut problem: Problem, key: usize) -> (Case, Problem) {
    let mut others: BTreeSet<usize> = (0..KEYS + 2).filter(|other| *other != key).collect();
    let mut part = others.len() / 2;
    while part > 0 {
        for chunk in others.clone().into_iter().collect::<Vec<_>>().chunks(part) {
            let smaller = of_keys(&case, &|other| !chunk.contains(&other));
            if let Err(found) = check(&smaller) {
                (case, problem) = (smaller, found);
                others.retain(|other| !chunk.contains(other));
            }
        }
        part /= 2;
    }
    (case, problem)
}

struct Problem {
    text: String,
    policy: String,
    key: Option<usize>,
}

/// What has arrived so far.
struct Arrived<'c> {
    case: &'c Case,
    files: BTreeSet<(usize, i64, usize)>,
    visit_files: BTreeSet<(i64, usize)>,
    landed: Vec<BTreeMap<usize, Landed>>,
    events: Vec<BTreeMap<usize, Vec<Event>>>,
    /// The values that were loaded first of each member, by policy.
    originals: Vec<BTreeMap<usize, Values>>,
    visits: BTreeMap<usize, Visit>,
    /// Keys that a fact has named while the dimension had no member of them, by policy.
    inferred: BTreeMap<String, BTreeSet<usize>>,
}

impl<'c> Arrived<'c> {
    /// Nothing has arrived yet.
    fn new(case: &'c Case) -> Self {
        let policies = case.policies.len();
        Self {
            case,
            files: BTreeSet::new(),
            visit_files: BTreeSet::new(),
            landed: vec![BTreeMap::new(); policies],
            events: vec![BTreeMap::new(); policies],
            originals: vec![BTreeMap::new(); policies],
            visits: BTreeMap::new(),
            inferred: BTreeMap::new(),
        }
    }

    /// Takes what a run reads: new files in the order of their times; a full one all files of changes again.
    fn take(&mut self, run: &history::Run) {
        for (table, (_, kind)) in TABLES.into_iter().enumerate() {
            let new: Vec<(usize, i64, usize)> = run
                .files
                .iter()
                .filter(|place| self.case.files[**place].table == table)
                .map(|place| (table, self.case.files[*place].time, *place))
                .collect();
            self.files.extend(&new);
            let all: Vec<(usize, i64, usize)> = self.files.iter().filter(|file| file.0 == table).copied().collect();
            // Where no column orders the rows, a file that comes late is followed by the later ones once more.
            let first = new.iter().map(|file| file.1).min();
            let since = |first: Option<i64>, all: Vec<(usize, i64, usize)>| {
                all.into_iter().filter(|file| first.is_some_and(|first| file.1 >= first)).collect()
            };
            let read: Vec<(usize, i64, usize)> = match kind {
                history::Kind::Snapshot => {
                    let last = all.last().filter(|_| run.full).map(|file| file.1);
                    since(first.or(last), all.clone())
                }
                _ if run.full => all.clone(),
                history::Kind::Plain | history::Kind::Untimed => since(first, all.clone()),
                history::Kind::Sequenced | history::Kind::Operation | history::Kind::Ordered => {
                    let mut new = new;
                    new.sort_unstable();
                    new
                }
            };
            let policies = self.case.policies.iter().enumerate().filter(|(_, policy)| policy.table == table);
            let kept = policies.clone().any(|(_, policy)| policy.shape > 0);
            for (index, policy) in policies {
                // A query over the table is evaluated over the readings as they are known now: what was told before a
                // late snapshot came is not an event.
                let again = policy.shape > 0 && kind == history::Kind::Snapshot && !read.is_empty();
                if again {
                    self.landed[index].clear();
                    self.events[index].clear();
                }
                for (_, _, place) in if again { &all } else { &read } {
                    let file = &self.case.files[*place];
                    let touched: BTreeSet<usize> = match kind {
                        history::Kind::Snapshot => (0..KEYS + 2).collect(),
                        _ => file.rows.iter().map(|row| row.key).collect(),
                    };
                    for key in touched {
                        let landed = self.landed[index].entry(key).or_default();
                        let mut events = Vec::new();
                        landed.land((kind, kept), file, key, policy, &mut events);
                        if !events.is_empty() {
                            self.events[index].entry(key).or_default().extend(events);
                        }
                    }
                }
            }
        }
        for (index, policy) in self.case.policies.iter().enumerate() {
            for key in 0..KEYS + 2 {
                let versions = timeline(policy, self.of(index, key), self.originals[index].get(&key));
                match versions.first() {
                    None => drop(self.originals[index].remove(&key)),
                    Some(version) => drop(self.originals[index].entry(key).or_insert(version.values)),
                }
            }
        }
        let before: Vec<Visit> = self.visits.values().copied().collect();
        let new: Vec<(i64, usize)> = run.visits.iter().map(|place| (self.case.visits[*place].0, *place)).collect();
        self.visit_files.extend(&new);
        let first = new.iter().map(|file| file.0).min();
        let is_read = |file: &(i64, usize)| run.full || first.is_some_and(|first| file.0 >= first);
        let read: Vec<(i64, usize)> = self.visit_files.iter().copied().filter(is_read).collect();
        for (_, place) in read {
            for visit in &self.case.visits[place].1 {
                if visit.gone {
                    self.visits.remove(&visit.id);
                } else {
                    self.visits.insert(visit.id, *visit);
                }
            }
        }
        self.infer(&before, run.full);
    }

    /// Members that a fact names and that no event gives. A full run of a dimension takes out those that no fact named
    /// before it, and only then the facts name theirs.
    fn infer(&mut self, before: &[Visit], full: bool) {
        for (index, policy) in self.case.policies.iter().enumerate() {
            let roles =
                project::ROLES.iter().zip(project::INFERS).filter(|(role, infers)| *infers && role.1 == policy.name);
            let places: Vec<usize> = roles.map(|(role, _)| role.2).collect();
            let named = |visits: &mut dyn Iterator<Item = &Visit>| -> BTreeSet<usize> {
                visits.flat_map(|visit| places.iter().filter_map(|place| visit.keys[*place])).collect()
            };
            let (was_named, is_named) = (named(&mut before.iter()), named(&mut self.visits.values()));
            let mut inferred = self.inferred.remove(&policy.name).unwrap_or_default();
            inferred.retain(|key| !full || was_named.contains(key));
            inferred.extend(was_named.union(&is_named));
            inferred.retain(|key| timeline(policy, self.of(index, *key), None).is_empty());
            self.inferred.insert(policy.name.clone(), inferred);
        }
    }

    fn of(&self, index: usize, key: usize) -> &[Event] {
        self.events[index].get(&key).map_or(&[][..], Vec::as_slice)
    }

    fn versions(&self, index: usize, key: usize) -> Vec<Version> {
        let policy = &self.case.policies[index];
        let versions = timeline(policy, self.of(index, key), self.originals[index].get(&key));
        if versions.is_empty() && self.inferred.get(&policy.name).is_some_and(|keys| keys.contains(&key)) {
            return vec![policy.inferred()];
        }
        versions
    }
}

/// Loads a case run by run, and compares with the reference after each; counts what was compared.
fn check(case: &Case) -> Result<usize, Problem> {
    let folder = project::write(&case.policies);
    let warehouse = Warehouse::apply(folder.path());
    // The rows are few: a second thread of the engine would only wait.
    warehouse.execute("SET threads = 1");
    let mut arrived = Arrived::new(case);
    let mut surrogates = Surrogates::default();
    let mut compared = 0;
    for (number, run) in case.runs.iter().enumerate() {
        for place in &run.files {
            project::write_file(&folder, &case.files[*place]);
        }
        for place in &run.visits {
            project::write_visits(&folder, &case.visits[*place]);
        }
        warehouse.run(if run.full { Mode::Full } else { Mode::Incremental });
        arrived.take(run);
        let failed = |policy: &Policy, key, text: String| Problem {
            text: format!("after run {number}, {}, key {key:?}: {text}", policy.name),
            policy: policy.name.clone(),
            key,
        };
        let mut bindings: BTreeMap<&str, BTreeMap<i64, (usize, usize)>> = BTreeMap::new();
        let mut combinations: BTreeMap<(&str, i64), Values> = BTreeMap::new();
        for (index, policy) in case.policies.iter().enumerate() {
            let loaded = project::loaded(&warehouse, policy);
            for key in 0..KEYS + 2 {
                let expected = arrived.versions(index, key);
                let found = loaded.get(&key).map_or(&[][..], Vec::as_slice);
                let versions: Vec<Version> = found.iter().map(|row| row.version.clone()).collect();
                if expected != versions {
                    return Err(failed(policy, Some(key), format!("\nexpected {expected:?}\nloaded   {versions:?}")));
                }
                compared += usize::from(!expected.is_empty());
                for (place, row) in found.iter().enumerate() {
                    if policy.mini_of.is_some() {
                        combinations.insert((&policy.name, row.key), row.version.values);
                        continue;
                    }
                    if !policy.numbered && (place == 0) != (row.key == row.durable) {
                        return Err(failed(
                            policy,
                            Some(key),
                            "the first version alone has the durable key".to_owned(),
                        ));
                    }
                    if let Err(text) = surrogates.note(policy, key, place, row) {
                        return Err(failed(policy, Some(key), text));
                    }
                    bindings.entry(&policy.name).or_default().insert(row.key, (key, place));
                }
            }
        }
        for (index, policy) in case.policies.iter().enumerate() {
            let Some(base) = &policy.mini_of else { continue };
            for (key, now) in project::outriggers(&warehouse, policy, base) {
                let expected = arrived.versions(index, key).last().map(|version| version.values);
                let found = combinations.get(&(policy.name.as_str(), now)).copied();
                if expected != found || (expected.is_none() && now != -1) {
                    let text = format!("the base shows {now} {found:?} and not {expected:?}");
                    return Err(failed(policy, Some(key), text));
                }
            }
        }
        for (visit, bound) in project::bound(&warehouse) {
            let Some(row) = arrived.visits.get(&visit) else {
                return Err(failed(&case.policies[0], None, format!("visit {visit} should be gone")));
            };
            for ((role, name, column), found) in project::ROLES.iter().zip(bound) {
                let Some(index) = case.policies.iter().position(|p| p.name == *name) else { continue };
                let at = if *role == "booked" { row.booked_at } else { Some(row.at) };
                let versions = row.keys[*column].map(|key| arrived.versions(index, key));
                let values = versions.clone().unwrap_or_default();
                let versioned = case.policies[index].has_versions();
                let expected = match (versions, at) {
                    (None, _) => Err(-1),
                    (Some(_), None) if versioned => Err(-4),
                    (Some(versions), at) => match (versioned, at) {
                        (true, Some(at)) => as_of(&versions, at).ok_or(-1),
                        _ => {
                            if versions.is_empty() {
                                Err(-1)
                            } else {
                                Ok(0)
                            }
                        }
                    },
                };
                let found_place = bindings.get(name).and_then(|keys| keys.get(&found)).copied();
                let right = match expected {
                    Err(reserved) => found == reserved,
                    Ok(place) if case.policies[index].mini_of.is_some() => {
                        combinations.get(&(*name, found)) == Some(&values[place].values)
                    }
                    Ok(place) => found_place == row.keys[*column].map(|key| (key, place)),
                };
                if !right {
                    let text = format!(
                        "visit {visit} in role {role}: expected version {expected:?}, bound to {found} {found_place:?}"
                    );
                    return Err(failed(&case.policies[index], row.keys[*column], text));
                }
                compared += 1;
            }
        }
        let (there, should) = (project::bound(&warehouse).len(), arrived.visits.len());
        if there != should {
            return Err(failed(&case.policies[0], None, format!("{there} visits, not {should}")));
        }
        let offences = warehouse.audit();
        if !offences.is_empty() {
            return Err(failed(&case.policies[0], None, offences.join("\n")));
        }
    }
    Ok(compared)
}

/// Surrogate keys seen so far: one key stands for one version of one member, whatever is loaded later.
#[derive(Default)]
struct Surrogates {
    of: BTreeMap<(String, usize, Option<i64>), i64>,
    named: BTreeMap<(String, i64), (usize, Option<i64>)>,
}

impl Surrogates {
    fn note(&mut self, policy: &Policy, key: usize, place: usize, row: &project::Loaded) -> Result<(), String> {
        let from = if place == 0 { None } else { row.version.from };
        // Hashes are the same in every dimension over a table, numbers are each dimension's own.
        let whose = if policy.numbered { policy.name.clone() } else { TABLES[policy.table].0.to_owned() };
        let known = *self.of.entry((whose.clone(), key, from)).or_insert(row.key);
        if known != row.key {
            return Err(format!("the version since {from:?} had the surrogate key {known}, and now has {}", row.key));
        }
        match self.named.insert((whose, row.key), (key, from)) {
            Some(other) if other != (key, from) => {
                Err(format!("the surrogate key {} has stood for {other:?}", row.key))
            }
            _ => Ok(()),
        }
    }
}
