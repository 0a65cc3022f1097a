//! What a dimension's timeline is, said plainly: the events of one member in, its versions out.
//! It must not know how dwc computes them.

use std::collections::BTreeMap;

/// The values of the four attributes.
pub type Values = [Option<char>; 4];

/// What happened to a member, in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub at: i64,
    pub sequence: Option<i64>,
    /// What a delete says of the values means nothing.
    pub values: Values,
    pub gone: bool,
}

/// What a delete does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    Close,
    Flag,
    Ignore,
}

/// The declared policy of a dimension.
#[derive(Debug, Clone)]
pub struct Policy {
    pub name: String,
    /// The table that it is read from.
    pub table: usize,
    /// The type of each attribute: 0, 1, 2, 3, 6 or 7; `None` for one that the dimension does not have.
    pub types: [Option<u8>; 4],
    pub on_delete: OnDelete,
    pub from_beginning: bool,
    pub far_future: bool,
    pub type1_on_all: bool,
    /// The instant is the file's time.
    pub extracted: bool,
    pub sequenced: bool,
    /// Type 0 stays as it was loaded first.
    pub keeps_originals: bool,
    /// Surrogate keys are numbers from 1 on.
    pub numbered: bool,
    /// The shape of the SQL that reads the table, which changes nothing.
    pub shape: usize,
    /// The first attribute has a label for one of its values, and it and the third have a word for NULL.
    pub words: bool,
    /// It is a mini-dimension of this dimension, which carries its key.
    pub mini_of: Option<String>,
}

impl Policy {
    pub fn has_versions(&self) -> bool {
        self.types.iter().flatten().any(|ty| matches!(ty, 2 | 6 | 7))
    }

    /// What values read as.
    fn worded(&self, [a, b, c, d]: Values) -> Values {
        if !self.words {
            return [a, b, c, d];
        }
        [Some(a.map_or('n', |a| if a == 'x' { 'y' } else { a })), b, c.or(Some('x')), d]
    }

    /// The version of a member of which nothing is known.
    pub fn inferred(&self) -> Version {
        let unknown = Some('U').filter(|_| self.words);
        let values = [unknown, None, unknown, None];
        let beside = std::array::from_fn(|index| values[index].filter(|_| self.types[index] == Some(6)));
        Version { from: None, to: None, values, beside, deleted: false, inferred: true }
    }
}

/// A version; `None` is the beginning of time, or an end that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub values: Values,
    /// Beside a type-3 attribute the value before, beside a type-6 one the value as it is now.
    pub beside: Values,
    pub deleted: bool,
    pub inferred: bool,
}

/// What holds from an instant on: whether the member is gone, and the last live state that is known of this instant.
struct Moment {
    gone: bool,
    values: Option<Values>,
}

/// The versions of a member with these events; `original` is what was loaded of it first.
pub fn timeline(policy: &Policy, events: &[Event], original: Option<&Values>) -> Vec<Version> {
    let worded: Vec<Event> =
        events.iter().map(|event| Event { values: policy.worded(event.values), ..*event }).collect();
    let moments = moments(policy, &worded);
    let known: Vec<Values> = moments.values().filter_map(|moment| moment.values).collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else { return Vec::new() };
    let mut versions = if policy.has_versions() {
        with_history(policy, &moments)
    } else {
        let deleted = moments.values().last().is_some_and(|moment| moment.gone);
        vec![Version { from: None, to: None, values: *last, beside: [None; 4], deleted, inferred: false }]
    };
    for version in &mut versions {
        for (index, ty) in policy.types.iter().enumerate() {
            match ty {
                None => version.values[index] = None,
                Some(0) => version.values[index] = original.filter(|_| policy.keeps_originals).unwrap_or(first)[index],
                Some(1) if policy.type1_on_all => version.values[index] = last[index],
                Some(3) => {
                    version.values[index] = last[index];
                    version.beside[index] = before(known.iter().map(|values| values[index]));
                }
                Some(6) => version.beside[index] = last[index],
                Some(_) => {}
            }
        }
    }
    if policy.from_beginning
        && let Some(first) = versions.first_mut()
    {
        first.from = None;
    }
    versions
}

/// The value before the latest change of a series.
fn before(series: impl Iterator<Item = Option<char>>) -> Option<char> {
    let series: Vec<Option<char>> = series.collect();
    let change = series.windows(2).rfind(|pair| pair[0] != pair[1]);
    change.and_then(|pair| pair[0])
}

/// One moment per instant: the greatest sequence wins, and of equal ones the one that arrived last.
fn moments(policy: &Policy, events: &[Event]) -> BTreeMap<i64, Moment> {
    let mut by_instant: BTreeMap<i64, Vec<Event>> = BTreeMap::new();
    for event in events {
        if policy.on_delete != OnDelete::Ignore || !event.gone {
            by_instant.entry(event.at).or_default().push(*event);
        }
    }
    if policy.extracted && policy.sequenced {
        // Nothing else says when a state held: one that comes after a greater one never did.
        let mut reached = None;
        for events in by_instant.values_mut() {
            events.retain(|event| event.sequence >= reached);
            reached = events.iter().map(|event| event.sequence).max().unwrap_or(reached);
        }
        by_instant.retain(|_, events| !events.is_empty());
    }
    by_instant
        .into_iter()
        .map(|(at, mut events)| {
            if policy.sequenced {
                events.sort_by_key(|event| event.sequence);
            }
            let gone = events.last().is_some_and(|event| event.gone);
            let values = events.iter().rev().find(|event| !event.gone).map(|event| event.values);
            (at, Moment { gone, values })
        })
        .collect()
}

fn with_history(policy: &Policy, moments: &BTreeMap<i64, Moment>) -> Vec<Version> {
    let mut versions: Vec<Version> = Vec::new();
    let mut known: Option<Values> = None;
    // The version that holds now, and whether the member is there.
    let mut open: Option<Version> = None;
    for (at, moment) in moments {
        let before = known;
        known = moment.values.or(known);
        let Some(values) = known else { continue };
        let starts = match &open {
            None => !moment.gone || (policy.on_delete == OnDelete::Flag),
            Some(version) if version.deleted != moment.gone => true,
            Some(_) if moment.gone => false,
            Some(_) => (0..4).any(|i| {
                matches!(policy.types[i], Some(2 | 6 | 7)) && before.is_none_or(|before| before[i] != values[i])
            }),
        };
        if !starts {
            if let Some(version) = &mut open {
                version.values = values;
            }
            continue;
        }
        if let Some(mut version) = open.take() {
            version.to = Some(*at);
            versions.push(version);
        }
        if !moment.gone || policy.on_delete == OnDelete::Flag {
            open = Some(Version {
                from: Some(*at),
                to: None,
                values,
                beside: [None; 4],
                deleted: moment.gone,
                inferred: false,
            });
        }
    }
    versions.extend(open);
    versions
}

/// The place in a timeline of the version that holds at an instant.
pub fn as_of(versions: &[Version], at: i64) -> Option<usize> {
    versions.iter().position(|v| v.from.is_none_or(|from| from <= at) && v.to.is_none_or(|to| at < to))
}
