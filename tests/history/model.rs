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

pub const TABLES: [&str; 4] = ["accounts", "customers", "web_log", "shop_log"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub key: i64,
    pub owner: i64,
    pub value: char,
    pub gone: bool,
    pub at: i64,
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
pub type Arrived = [Vec<Row>; 4];

/// The rows of each table as of an instant.
type AsOf = [Vec<Row>; 4];

/// A row of a query: the member, the instant that it says, its value.
type Given = (i64, i64, String);

pub struct Shape {
    pub name: &'static str,
    pub query: &'static str,
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
        rows: |t| t[0].iter().map(plain).collect(),
    },
    Shape {
        name: "cast_key",
        query: "SELECT CAST(id AS INT64) AS member, v, changed_at AS `at` FROM {{ source('s.accounts') }}",
        rows: |t| t[0].iter().map(plain).collect(),
    },
    Shape {
        name: "cte",
        query: "WITH a AS (SELECT id, v, changed_at FROM {{ source('s.accounts') }} WHERE v <> 'x')\nSELECT id AS member, v, changed_at AS `at` FROM a",
        rows: |t| t[0].iter().filter(|row| row.value != 'x').map(plain).collect(),
    },
    Shape {
        name: "subquery",
        query: "SELECT DISTINCT q.id AS member, q.v, q.changed_at AS `at` FROM (SELECT * FROM {{ source('s.accounts') }}) AS q",
        rows: |t| t[0].iter().map(plain).collect(),
    },
    Shape {
        name: "inner_join",
        query: "SELECT a.id AS member, CONCAT(a.v, c.v) AS v, a.changed_at AS `at`\nFROM {{ source('s.accounts') }} AS a JOIN {{ source('s.customers') }} AS c ON c.id = a.owner",
        rows: |t| {
            let joined =
                t[0].iter().filter_map(|a| customer(t, a).map(|c| (a.key, a.at, format!("{}{}", a.value, c.value))));
            joined.collect()
        },
    },
    Shape {
        name: "left_join",
        query: "SELECT a.id AS member, CONCAT(a.v, COALESCE(c.v, '-')) AS v, a.changed_at AS `at`\nFROM {{ source('s.accounts') }} AS a LEFT JOIN (SELECT id, v FROM {{ source('s.customers') }}) AS c ON c.id = a.owner",
        rows: |t| {
            let value = |a: &Row| format!("{}{}", a.value, customer(t, a).map_or('-', |c| c.value));
            t[0].iter().map(|a| (a.key, a.at, value(a))).collect()
        },
    },
    Shape {
        name: "greatest",
        query: "SELECT a.id AS member, CONCAT(a.v, c.v) AS v, GREATEST(a.changed_at, c.changed_at) AS `at`\nFROM {{ source('s.accounts') }} AS a, {{ source('s.customers') }} AS c WHERE c.id = a.owner",
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
        rows: |t| {
            let count = |c: &Row| t[0].iter().filter(|a| a.owner == c.key).count();
            t[1].iter().map(|c| (c.key, c.at, format!("{}{}", c.value, count(c)))).collect()
        },
    },
    Shape {
        name: "two_logs",
        query: "SELECT owner AS member, v, changed_at AS `at` FROM {{ source('s.web_log') }}\nUNION ALL\nSELECT owner, v, changed_at FROM {{ source('s.shop_log') }}",
        rows: |t| t[2].iter().chain(&t[3]).map(of_owner).collect(),
    },
    Shape {
        name: "latest_of_log",
        query: "SELECT owner AS member, v, changed_at AS `at` FROM {{ source('s.web_log') }}\nWHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY owner ORDER BY changed_at DESC) = 1",
        rows: |t| t[2].iter().map(of_owner).collect(),
    },
    Shape {
        name: "ranked_in_a_cte",
        query: "WITH ranked AS (\n  SELECT *, ROW_NUMBER() OVER (PARTITION BY owner ORDER BY changed_at DESC) AS place FROM {{ source('s.shop_log') }}\n)\nSELECT owner AS member, v, changed_at AS `at` FROM ranked WHERE place = 1",
        rows: |t| t[3].iter().map(of_owner).collect(),
    },
    Shape {
        name: "looked_up",
        query: "SELECT l.owner AS member, CONCAT(l.v, COALESCE((SELECT MAX(c.v) FROM {{ source('s.customers') }} AS c WHERE c.id = l.owner), '-')) AS v, l.changed_at AS `at`\nFROM {{ source('s.web_log') }} AS l",
        rows: |t| {
            let value = |l: &Row| format!("{}{}", l.value, customer(t, l).map_or('-', |c| c.value));
            t[2].iter().map(|l| (l.owner, l.at, value(l))).collect()
        },
    },
];

/// Rows of random accounts, customers and logs; no two rows of a log have one instant.
pub fn files(random: &mut Random, keys: i64) -> Vec<File> {
    let mut files = Vec::new();
    let mut number = 0;
    for table in 0..TABLES.len() {
        for index in 0..4 {
            let rows = (0..=random.below(keys * 2)).map(|_| {
                number += 1;
                Row {
                    key: if table < 2 { random.below(keys) } else { number },
                    owner: random.below(keys),
                    value: ['x', 'y', 'z'][usize::try_from(random.below(3)).unwrap_or(0)],
                    gone: table < 2 && random.one_in(5),
                    at: if table < 2 { random.below(30) } else { number * 7 % 1009 * 2 + i64::from(table == 3) },
                }
            });
            files.push(File { table, time: index * 7, rows: rows.collect() });
        }
    }
    files
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
    rows.into_values().filter(|row| !row.gone).collect()
}

/// The versions of a shape's members: the query at every instant, equal neighbours as one.
pub fn versions(shape: &Shape, arrived: &Arrived) -> Vec<Version> {
    let instants: BTreeSet<i64> = arrived.iter().flatten().map(|row| row.at).collect();
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
