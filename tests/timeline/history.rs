//! Random histories: files of changed rows and snapshots, the order in which they come, and the runs that load them.
//! It must not know what becomes of them.

use std::collections::BTreeMap;

use crate::reference::{Event, OnDelete, Policy, Values};

/// A generator of numbers that a seed repeats.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    pub fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }
}

/// What the files of a table hold, and how it says that a row is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Changed rows, no deletes.
    Plain,
    /// Changed rows with a sequence and a column that marks deletes.
    Sequenced,
    /// Changed rows with an operation, a cursor and a key of two columns.
    Operation,
    /// Changed rows with a column that marks deletes; their instants are not used.
    Untimed,
    /// Changed rows with a sequence, which alone says what came after what.
    Ordered,
    /// The whole table.
    Snapshot,
}

pub const TABLES: [(&str, Kind); 6] = [
    ("plain", Kind::Plain),
    ("sequenced", Kind::Sequenced),
    ("operation", Kind::Operation),
    ("untimed", Kind::Untimed),
    ("ordered", Kind::Ordered),
    ("snapshot", Kind::Snapshot),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub key: usize,
    pub values: Values,
    pub at: i64,
    /// The source gives the instant; else it is that of the file.
    pub dated: bool,
    pub sequence: Option<i64>,
    pub gone: bool,
}

#[derive(Debug, Clone)]
pub struct File {
    pub table: usize,
    pub time: i64,
    pub rows: Vec<Row>,
}

/// A row of the fact: two instants, and a key of each of three dimensions.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    pub id: usize,
    pub at: i64,
    pub booked_at: Option<i64>,
    pub keys: [Option<usize>; 3],
    pub gone: bool,
}

#[derive(Debug, Clone)]
pub struct Run {
    pub full: bool,
    /// Places in `files` and `visits` of what comes before the run.
    pub files: Vec<usize>,
    pub visits: Vec<usize>,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub policies: Vec<Policy>,
    pub files: Vec<File>,
    pub visits: Vec<(i64, Vec<Visit>)>,
    pub runs: Vec<Run>,
}

pub fn case(random: &mut Random, keys: usize) -> Case {
    let policies = policies(random);
    let mut files = Vec::new();
    for (table, (_, kind)) in TABLES.iter().enumerate() {
        if *kind == Kind::Snapshot {
            snapshots(random, table, keys, &mut files);
        } else {
            changes(random, table, *kind, keys, &mut files);
        }
    }
    let visits = (0..6).map(|index| (index * 5, some_visits(random, keys))).collect::<Vec<_>>();
    let runs = runs(random, &files, visits.len());
    Case { policies, files, visits, runs }
}

fn policies(random: &mut Random) -> Vec<Policy> {
    let mut all = Vec::new();
    for (table, (name, kind)) in TABLES.iter().enumerate() {
        for on_delete in [OnDelete::Close, OnDelete::Flag, OnDelete::Ignore] {
            if *kind == Kind::Plain && on_delete == OnDelete::Ignore {
                continue;
            }
            all.push(Policy {
                name: format!("{name}_{}", ["close", "flag", "ignore"][on_delete as usize]),
                table,
                types: types(random),
                on_delete,
                from_beginning: random.one_in(2),
                far_future: random.one_in(2),
                type1_on_all: random.one_in(2),
                extracted: matches!(kind, Kind::Untimed | Kind::Ordered)
                    || (*kind == Kind::Snapshot && random.one_in(2)),
                sequenced: matches!(kind, Kind::Sequenced | Kind::Ordered),
                keeps_originals: random.one_in(3),
                numbered: random.one_in(3),
                shape: random.below(SHAPES + 2).min(SHAPES - 1),
                words: random.one_in(2),
                mini_of: None,
            });
        }
    }
    for base in MINIS {
        let minis: Vec<Policy> = all
            .iter()
            .filter(|policy| policy.name == base)
            .map(|policy| Policy {
                name: format!("{base}_mini"),
                types: [None, None, Some(2), Some(2)],
                mini_of: Some(base.to_owned()),
                numbered: false,
                ..policy.clone()
            })
            .collect();
        all.extend(minis);
    }
    all
}

/// How many shapes of SQL read a table: as it is named, through a CTE, through a subquery, with an expression as its key.
const SHAPES: usize = 4;

/// Dimensions with a mini-dimension.
pub const MINIS: [&str; 3] = ["sequenced_close", "operation_flag", "snapshot_ignore"];

fn types(random: &mut Random) -> [Option<u8>; 4] {
    match random.below(8) {
        0 => [0, 1, 1, 0],
        1 => [0, 1, 3, 3],
        2 => [6, 6, 3, 1],
        3 => [7, 2, 6, 0],
        4 => [3, 2, 2, 3],
        _ => [0, 1, 2, 2],
    }
    .map(Some)
}

fn values(random: &mut Random) -> Values {
    std::array::from_fn(|_| [None, Some('x'), Some('y')][random.below(3)])
}

fn changes(random: &mut Random, table: usize, kind: Kind, keys: usize, files: &mut Vec<File>) {
    for index in 0..6 {
        let rows = (0..random.below(keys * 2) + 1)
            .map(|_| {
                let gone = kind != Kind::Plain && random.one_in(4);
                let bare = gone && random.one_in(2);
                Row {
                    key: random.below(keys),
                    values: if bare { [None; 4] } else { values(random) },
                    at: random.below(12) as i64 * 3,
                    dated: kind != Kind::Plain || !random.one_in(6),
                    sequence: match kind {
                        Kind::Sequenced => (!random.one_in(4)).then(|| random.below(3) as i64),
                        Kind::Ordered => (!random.one_in(9)).then(|| random.below(8) as i64),
                        _ => None,
                    },
                    gone,
                }
            })
            .collect();
        files.push(File { table, time: index * 7, rows });
    }
}

/// A snapshot holds most rows; some changed, some left and some came back, now and then without a later instant.
fn snapshots(random: &mut Random, table: usize, keys: usize, files: &mut Vec<File>) {
    let mut now: Vec<Row> = (0..keys)
        .map(|key| Row {
            key,
            values: values(random),
            at: random.below(3) as i64,
            dated: true,
            sequence: None,
            gone: false,
        })
        .collect();
    for index in 0..6 {
        let time = index * 7;
        for row in &mut now {
            if random.one_in(3) {
                row.values = values(random);
                row.at = if random.one_in(4) { row.at } else { time - random.below(4) as i64 };
            }
            row.gone = random.one_in(4);
        }
        files.push(File { table, time, rows: now.iter().filter(|row| !row.gone).copied().collect() });
    }
}

fn some_visits(random: &mut Random, keys: usize) -> Vec<Visit> {
    (0..keys)
        .map(|_| Visit {
            id: random.below(keys * 3),
            at: random.below(40) as i64,
            booked_at: (!random.one_in(4)).then(|| random.below(40) as i64),
            keys: std::array::from_fn(|_| (!random.one_in(8)).then(|| random.below(keys + 2))),
            gone: random.one_in(6),
        })
        .collect()
}

/// Cuts the files into runs, in their order or in any; files without an instant of their own keep their order.
fn runs(random: &mut Random, files: &[File], visits: usize) -> Vec<Run> {
    let count = 1 + random.below(5);
    let shuffled = random.one_in(2);
    let mut runs: Vec<Run> = (0..count)
        .map(|index| Run { full: index > 0 && random.one_in(4), files: Vec::new(), visits: Vec::new() })
        .collect();
    for (place, file) in files.iter().enumerate() {
        let in_order = (file.time / 7) as usize * count / 6;
        let any = random.below(count);
        let kept = matches!(TABLES[file.table].1, Kind::Untimed | Kind::Ordered);
        runs[if shuffled && !kept { any } else { in_order }].files.push(place);
    }
    for place in 0..visits {
        runs[if shuffled { random.below(count) } else { place * count / visits }].visits.push(place);
    }
    if random.one_in(3) {
        runs.push(Run { full: random.one_in(2), files: Vec::new(), visits: Vec::new() });
    }
    runs
}

/// What landing makes of the rows of one key as they come: events. A snapshot is compared with the row before it.
#[derive(Default, Clone)]
pub struct Landed {
    /// The last row that landed, also where it is gone since.
    row: Option<Row>,
    gone_since: Option<i64>,
    /// The time of the file that said so.
    at: i64,
    /// Whether each snapshot has the row.
    found: BTreeMap<i64, bool>,
}

impl Landed {
    /// The events that a file holds for a key; of a table that is kept, every state that landed is known.
    pub fn land(
        &mut self,
        (kind, kept): (Kind, bool),
        file: &File,
        key: usize,
        policy: &Policy,
        events: &mut Vec<Event>,
    ) {
        let extracted = policy.extracted;
        let mut rows = file.rows.iter().filter(|row| row.key == key);
        let event = |row: &Row, at| Event { at, sequence: row.sequence, values: row.values, gone: row.gone };
        if kind != Kind::Snapshot {
            for row in rows {
                // A row without an instant that says nothing new is not landed again.
                let at = |row: &Row| row.dated.then_some(row.at);
                let said = |row: &Row| (row.values, at(row), row.sequence, row.gone);
                if row.dated || self.row.is_none_or(|landed| said(&landed) != said(row)) {
                    events.push(event(row, if extracted || !row.dated { file.time } else { row.at }));
                }
                self.row = Some(*row);
            }
            return;
        }
        let before = self.found.range(..file.time).next_back().is_some_and(|(_, found)| *found);
        let row = rows.next_back();
        self.found.insert(file.time, row.is_some());
        match (row, self.row) {
            (None, Some(row)) => {
                let is_late = self.at > file.time;
                let goes = if is_late { before || !kept } else { self.gone_since.is_none() };
                if !goes {
                    return;
                }
                events.push(Event { gone: true, ..event(&row, file.time) });
                // What would only have begun after the delete never does.
                if !extracted && row.at > file.time {
                    events.push(Event { gone: true, ..event(&row, row.at) });
                }
                (self.gone_since, self.at) = (Some(file.time), file.time);
            }
            (Some(row), landed) if landed != Some(*row) || self.gone_since.is_some() || self.at > file.time => {
                let own = if extracted { file.time } else { row.at };
                let late = policy.on_delete != OnDelete::Ignore
                    && self.gone_since.is_some_and(|gone| own <= gone && gone < file.time);
                events.push(event(row, if late { file.time } else { own }));
                (self.row, self.gone_since, self.at) = (Some(*row), None, file.time);
            }
            _ => {}
        }
    }
}
