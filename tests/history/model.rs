//! The plain reference: logs of changes, the rows of a table as of an instant, and what each shape of SQL makes of them.
//! It must not know how a warehouse keeps history.

use std::collections::{BTreeMap, BTreeSet};

/// A generator of numbers that a seed repeats.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.unsigned_abs()).cast_signed()
    }

    pub fn one_in(&mut self, of: i64) -> bool {
        self.below(of) == 0
    }
}

pub const TABLES: [&str; 6] = ["accounts", "customers", "web_log", "shop_log", "titles", "wages"];

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The states of a row, with a cursor and deletes.
    Rows,
    /// Entries of a log, each a row of its own.
    Log,
    /// Rows with an interval each, those of one owner without an overlap; no column orders their states.
    Intervals,
}

pub fn kind(table: usize) -> Kind {
    match table {
        0 | 1 => Kind::Rows,
        2 | 3 => Kind::Log,
        _ => Kind::Intervals,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub key: i64,
    pub owner: i64,
    pub value: char,
    pub gone: bool,
    pub at: i64,
    /// Where a row says so, the end of its interval.
    pub until: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct File {
    pub table: usize,
    pub time: i64,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub member: i64,
    pub from: i64,
    pub to: Option<i64>,
    pub value: String,
}

/// What has arrived of each table, in its order.
pub type Arrived = [Vec<Row>; TABLES.len()];

/// The rows of each table as of an instant.
type AsOf = [Vec<Row>; TABLES.len()];

/// A row of a query: the member, the instant that it says, its value.
type Given = (i64, i64, String);

pub struct Shape {
    pub name: &'static str,
    pub query: &'static str,
    /// Its rows say until when they hold.
    pub ends: bool,
    pub rows: fn(&AsOf) -> Vec<Given>,
}

fn plain(row: &Row) -> Given {
    (row.key, row.at, row.value.to_string())
}

fn of_owner(row: &Row) -> Given {
    (row.owner, row.at, row.value.to_string())
}

fn customer(as_of: &AsOf, row: &Row) -> Option<Row> {
    as_of[1].iter().find(|customer| customer.key == row.owner).copied()
}

pub const SHAPES: &[Shape] = &[
    Shape {
        name: "plain",
        query: "SELECT id AS member, v, changed_at AS `at` FROM {{ source('s.accounts') }}",
        ends: false,
        rows: |t| t[0].iter().map(plain).collect(),
    },
    Shape {
        name: "cast_key",
        query: "SELECT CAST(id AS INT64) AS member, v, changed_at AS `at` FROM {{ source('s.accounts') }}",
        ends: false,
        rows: |t| t[0].iter().map(plain).collect(),
    },
    Shape {
        name: "cte",
        query: "WITH a AS (SELECT id, v, changed_at FROM {{ source('s.accounts') }} WHERE v <> 'x')\nSELECT id AS member, v, changed_at AS `at` FROM a",
        ends: false,
        rows: |t| t[0].iter().filter(|row| row.value != 'x').map(plain).collect(),
    },
    Shape {
        name: "subquery",
        query: "SELECT DISTINCT q.id AS member, q.v, q.changed_at AS `at` FROM (SELECT * FROM {{ source('s.accounts') }}) AS q",
        ends: false,
        rows: |t| t[0].iter().map(plain).collect(),
    },
    Shape {
        name: "inner_join",
        query: "SELECT a.id AS member, CONCAT(a.v, c.v) AS v, a.changed_at AS `at`\nFROM {{ source('s.accounts') }} AS a JOIN {{ source('s.customers') }} AS c ON c.id = a.owner",
        ends: false,
        rows: |t| {
            let joined =
                t[0].iter().filter_map(|a| customer(t, a).map(|c| (a.key, a.at, format!("{}{}", a.value, c.value))));
            joined.collect()
        },
    },
    Shape {
        name: "left_join",
        query: "SELECT a.id AS member, CONCAT(a.v, COALESCE(c.v, '-')) AS v, a.changed_at AS `at`\nFROM {{ source('s.accounts') }} AS a LEFT JOIN (SELECT id, v FROM {{ source('s.customers') }}) AS c ON c.id = a.owner",
        ends: false,
        rows: |t| {
            let value = |a: &Row| format!("{}{}", a.value, customer(t, a).map_or('-', |c| c.value));
            t[0].iter().map(|a| (a.key, a.at, value(a))).collect()
        },
    },
    Shape {
        name: "greatest",
        query: "SELECT a.id AS member, CONCAT(a.v, c.v) AS v, GREATEST(a.changed_at, c.changed_at) AS `at`\nFROM {{ source('s.accounts') }} AS a, {{ source('s.customers') }} AS c WHERE c.id = a.owner",
        ends: false,
        rows: |t| {
            let joined = t[0]
                .iter()
                .filter_map(|a| customer(t, a).map(|c| (a.key, a.at.max(c.at), format!("{}{}", a.value, c.value))));
            joined.collect()
        },
    },
    Shape {
        name: "counted",
        query: "SELECT c.id AS member, CONCAT(MAX(c.v), CAST(COUNT(a.id) AS STRING)) AS v, MAX(c.changed_at) AS `at`\nFROM {{ source('s.customers') }} AS c LEFT JOIN {{ source('s.accounts') }} AS a ON a.owner = c.id GROUP BY c.id",
        ends: false,
        rows: |t| {
            let count = |c: &Row| t[0].iter().filter(|a| a.owner == c.key).count();
            t[1].iter().map(|c| (c.key, c.at, format!("{}{}", c.value, count(c)))).collect()
        },
    },
    Shape {
        name: "two_logs",
        query: "SELECT owner AS member, v, changed_at AS `at` FROM {{ source('s.web_log') }}\nUNION ALL\nSELECT owner, v, changed_at FROM {{ source('s.shop_log') }}",
        ends: false,
        rows: |t| t[2].iter().chain(&t[3]).map(of_owner).collect(),
    },
    Shape {
        name: "latest_of_log",
        query: "SELECT owner AS member, v, changed_at AS `at` FROM {{ source('s.web_log') }}\nWHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY owner ORDER BY changed_at DESC) = 1",
        ends: false,
        rows: |t| t[2].iter().map(of_owner).collect(),
    },
    Shape {
        name: "ranked_in_a_cte",
        query: "WITH ranked AS (\n  SELECT *, ROW_NUMBER() OVER (PARTITION BY owner ORDER BY changed_at DESC) AS place FROM {{ source('s.shop_log') }}\n)\nSELECT owner AS member, v, changed_at AS `at` FROM ranked WHERE place = 1",
        ends: false,
        rows: |t| t[3].iter().map(of_owner).collect(),
    },
    Shape {
        name: "latest_but_one_value",
        query: "SELECT * EXCEPT (place) FROM (\n  SELECT owner AS member, v, changed_at AS `at`, ROW_NUMBER() OVER (PARTITION BY owner ORDER BY changed_at DESC) AS place FROM {{ source('s.shop_log') }}\n) AS q WHERE place = 1 AND v <> 'x'",
        ends: false,
        rows: |t| {
            let is_last = |l: &&Row| t[3].iter().all(|other| other.owner != l.owner || other.at <= l.at);
            t[3].iter().filter(is_last).filter(|l| l.value != 'x').map(of_owner).collect()
        },
    },
    Shape {
        name: "latest_of_log_joined",
        query: "SELECT c.id AS member, CONCAT(c.v, l.v) AS v, GREATEST(c.changed_at, l.changed_at) AS `at`\nFROM {{ source('s.customers') }} AS c\nJOIN (SELECT owner, v, changed_at, ROW_NUMBER() OVER (PARTITION BY owner ORDER BY changed_at DESC) AS place FROM {{ source('s.shop_log') }}) AS l\n  ON l.owner = c.id AND l.place = 1",
        ends: false,
        rows: |t| {
            let latest = |c: &Row| t[3].iter().filter(|l| l.owner == c.key).max_by_key(|l| l.at);
            let joined = t[1].iter().filter_map(|c| latest(c).map(|l| (c, l)));
            joined.map(|(c, l)| (c.key, c.at.max(l.at), format!("{}{}", c.value, l.value))).collect()
        },
    },
    Shape {
        name: "looked_up",
        query: "SELECT l.owner AS member, CONCAT(l.v, COALESCE((SELECT MAX(c.v) FROM {{ source('s.customers') }} AS c WHERE c.id = l.owner), '-')) AS v, l.changed_at AS `at`\nFROM {{ source('s.web_log') }} AS l",
        ends: false,
        rows: |t| {
            let value = |l: &Row| format!("{}{}", l.value, customer(t, l).map_or('-', |c| c.value));
            t[2].iter().map(|l| (l.owner, l.at, value(l))).collect()
        },
    },
    Shape {
        name: "intervals",
        query: "SELECT owner AS member, v, since AS `at`, until FROM {{ source('s.titles') }}",
        ends: true,
        rows: |t| t[4].iter().map(of_owner).collect(),
    },
    Shape {
        name: "two_intervals",
        query: "SELECT t.owner AS member, CONCAT(t.v, w.v) AS v, GREATEST(t.since, w.since) AS `at`, LEAST(t.until, w.until) AS until\nFROM {{ source('s.titles') }} AS t JOIN {{ source('s.wages') }} AS w USING (owner)",
        ends: true,
        rows: |t| {
            let pairs = t[4].iter().flat_map(|title| t[5].iter().map(move |wage| (title, wage)));
            let joined = pairs.filter(|(title, wage)| title.owner == wage.owner);
            joined
                .map(|(title, wage)| (title.owner, title.at.max(wage.at), format!("{}{}", title.value, wage.value)))
                .collect()
        },
    },
    Shape {
        name: "interval_looked_up",
        query: "SELECT w.owner AS member, CONCAT(w.v, COALESCE(c.v, '-')) AS v, w.since AS `at`, w.until\nFROM {{ source('s.wages') }} AS w LEFT JOIN {{ source('s.customers') }} AS c ON c.id = w.owner",
        ends: true,
        rows: |t| {
            let value = |w: &Row| format!("{}{}", w.value, customer(t, w).map_or('-', |c| c.value));
            t[5].iter().map(|w| (w.owner, w.at, value(w))).collect()
        },
    },
];

/// Rows of random accounts, customers, logs and intervals; no two rows of a log have one instant.
pub fn files(random: &mut Random, keys: i64) -> Vec<File> {
    let mut files = Vec::new();
    let mut number = 0;
    for table in 0..TABLES.len() {
        for index in 0..4 {
            let rows = (0..=random.below(keys * 2)).map(|_| {
                number += 1;
                row(random, table, keys, number)
            });
            files.push(File { table, time: index * 7, rows: rows.collect() });
        }
    }
    files
}

fn row(random: &mut Random, table: usize, keys: i64, number: i64) -> Row {
    let (key, owner) = (random.below(keys), random.below(keys));
    let value = ['x', 'y', 'z'][usize::try_from(random.below(3)).unwrap_or(0)];
    let row = Row { key, owner, value, gone: false, at: 0, until: None };
    match kind(table) {
        Kind::Rows => Row { gone: random.one_in(5), at: random.below(30), ..row },
        Kind::Log => Row { key: number, at: number * 7 % 1009 * 2 + i64::from(table == 3), ..row },
        Kind::Intervals => {
            let place = random.below(5);
            let at = place * 6 + i64::from(table == 5) * 2;
            let until = (place < 4 || random.one_in(2)).then(|| at + 1 + random.below(6));
            Row { key: owner * 10 + place, gone: random.one_in(6), at, until, ..row }
        }
    }
}

/// A table as of an instant: the last state of each row, of one instant the one that arrived last.
fn as_of(arrived: &[Row], at: i64) -> Vec<Row> {
    let mut rows: BTreeMap<i64, Row> = BTreeMap::new();
    for row in arrived.iter().filter(|row| row.at <= at) {
        let known = rows.entry(row.key).or_insert(*row);
        if row.at >= known.at {
            *known = *row;
        }
    }
    rows.into_values().filter(|row| !row.gone && row.until.is_none_or(|until| at < until)).collect()
}

/// The versions of a shape's members: the query at every instant, equal neighbours as one.
pub fn versions(shape: &Shape, arrived: &Arrived) -> Vec<Version> {
    let instants: BTreeSet<i64> =
        arrived.iter().flatten().flat_map(|row| [Some(row.at), row.until]).flatten().collect();
    let mut all: Vec<Version> = Vec::new();
    let mut open: BTreeMap<i64, Version> = BTreeMap::new();
    for at in instants {
        let tables = std::array::from_fn(|table| as_of(&arrived[table], at));
        let mut now: BTreeMap<i64, Given> = BTreeMap::new();
        for given in (shape.rows)(&tables) {
            let held = now.entry(given.0).or_insert_with(|| given.clone());
            if given.1 > held.1 {
                *held = given;
            }
        }
        let ended: Vec<i64> = open
            .iter()
            .filter(|(member, version)| now.get(member).is_none_or(|given| given.2 != version.value))
            .map(|(member, _)| *member)
            .collect();
        all.extend(
            ended.iter().filter_map(|member| open.remove(member)).map(|version| Version { to: Some(at), ..version }),
        );
        for (member, _, value) in now.into_values() {
            open.entry(member).or_insert(Version { member, from: at, to: None, value });
        }
    }
    all.extend(open.into_values());
    all.sort();
    all
}
