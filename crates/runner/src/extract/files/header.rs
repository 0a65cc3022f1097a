//! The columns that a file has, and which of them each declared column is. A name that the file has twice is told apart by
//! its number: `amount#2`. It must not read rows.

use std::collections::{BTreeMap, HashMap};

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Column, EXTRA, Table};

use super::{Found, SourceColumn, takes_extra};
use crate::Error;

/// Keys of NDJSON that are remembered.
const MOST: usize = 10_000;

/// The columns of a file.
pub(super) struct Header {
    /// What each is called, and called nothing twice.
    names: Vec<String>,
    /// Where each declared column is.
    pub(super) places: Vec<Option<usize>>,
    /// The columns that are landed as they come.
    extra: Option<Vec<usize>>,
    /// Where each key is.
    keys: HashMap<String, usize>,
    ignored: Vec<String>,
    declared: usize,
}

impl Header {
    /// The columns of a file of these names; every declared one that something reads has to be among them.
    pub(super) fn new(table: &Table, headers: Vec<String>, found: &Found) -> Result<Self, Error> {
        let columns: Vec<&Column> = table.columns.iter().filter(|column| column.name != EXTRA).collect();
        let mut missing = Vec::new();
        let mut places = Vec::new();
        for column in &columns {
            let place = find(&headers, column.header());
            match place {
                Place::Twice => {
                    let name = column.header();
                    let message = format!("the header of `{}` has the column `{name}` twice", found.name);
                    return Err(Error::coded(Code::FileColumns, message)
                        .help(format!("write `name: \"{name}#1\"` for the first of them, or `#2` for the second")));
                }
                Place::Missing if table.needs(column) => missing.push(format!("`{}`", column.header())),
                Place::Missing | Place::At(_) => {}
            }
            places.push(if let Place::At(at) = place { Some(at) } else { None });
        }
        if !missing.is_empty() {
            let message = format!("`{}` has no column {}", found.name, missing.join(", "));
            let all: Vec<String> = headers.iter().take(50).map(|name| dwc_compiler::cell::cut(name)).collect();
            let more = if headers.len() > 50 { " and more" } else { "" };
            let help =
                format!("its columns are {}{more}; declare table `{}` as the file is", all.join(", "), table.address);
            return Err(Error::coded(Code::FileColumns, message).help(help));
        }
        let mut header = Self {
            names: Vec::new(),
            places,
            extra: None,
            keys: HashMap::new(),
            ignored: table.ignore_columns.clone(),
            declared: columns.len(),
        };
        // A declared column goes by its own name, whatever the file calls it.
        let mut seen: BTreeMap<String, usize> = columns.iter().map(|column| (column.name.to_lowercase(), 1)).collect();
        for (at, name) in headers.iter().enumerate() {
            if let Some(column) = header.places.iter().position(|place| *place == Some(at)) {
                header.names.push(columns[column].name.clone());
                continue;
            }
            let again = seen.entry(name.to_lowercase()).or_default();
            *again += 1;
            header.names.push(if *again > 1 || name.is_empty() { format!("{name}_{again}") } else { name.clone() });
        }
        if takes_extra(table) {
            let is_extra =
                |at: &usize| !header.places.contains(&Some(*at)) && !header.ignored.contains(&header.names[*at]);
            header.extra = Some((0..headers.len()).filter(is_extra).collect());
        }
        Ok(header)
    }

    /// The keys of objects, of which none has to be there: those that are declared, and more as they come.
    pub(super) fn of_keys(table: &Table) -> Self {
        let columns: Vec<&Column> = table.columns.iter().filter(|column| column.name != EXTRA).collect();
        Self {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            places: (0..columns.len()).map(Some).collect(),
            extra: takes_extra(table).then(Vec::new),
            keys: columns.iter().enumerate().map(|(at, column)| (column.header().to_owned(), at)).collect(),
            ignored: table.ignore_columns.clone(),
            declared: columns.len(),
        }
    }

    /// Remembers keys that are new.
    pub(super) fn see<'k>(&mut self, keys: impl Iterator<Item = &'k str>) {
        for key in keys {
            if self.keys.contains_key(key) || self.names.len() >= MOST {
                continue;
            }
            let at = self.names.len();
            let is_declared = self.names[..self.declared].iter().any(|name| name.eq_ignore_ascii_case(key));
            self.keys.insert(key.to_owned(), at);
            self.names.push(if is_declared { format!("{key}_2") } else { key.to_owned() });
            if let Some(extra) =
                self.extra.as_mut().filter(|_| !is_declared && !self.ignored.iter().any(|name| name == key))
            {
                extra.push(at);
            }
        }
    }

    /// How many columns are known.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Where a key is.
    pub(super) fn place_of(&self, key: &str) -> Option<usize> {
        self.keys.get(key).copied()
    }

    /// The columns as the state keeps them.
    pub(super) fn columns(&self, ty: &str) -> Vec<SourceColumn> {
        self.names.iter().map(|name| SourceColumn { name: name.clone(), ty: ty.to_owned() }).collect()
    }

    /// The columns whose values are wanted.
    pub(super) fn wanted(&self) -> Vec<usize> {
        self.places.iter().flatten().chain(self.extra.iter().flatten()).copied().collect()
    }

    /// What is not declared, as one object; `None` where the table does not take it. An empty text is none at all.
    pub(super) fn extra(&self, value: impl Fn(usize) -> Option<String>) -> Option<String> {
        let parts = self.extra.as_ref()?.iter().map(|at| {
            let value = value(*at).unwrap_or_else(|| "null".to_owned());
            format!("{}:{value}", serde_json::Value::from(self.names[*at].as_str()))
        });
        let parts: Vec<String> = parts.collect();
        Some(if parts.is_empty() { "null".to_owned() } else { format!("{{{}}}", parts.join(",")) })
    }
}

enum Place {
    At(usize),
    Missing,
    Twice,
}

/// Where a name is among those of a header: `name#2` is the second of its name, if none is called so.
fn find(headers: &[String], name: &str) -> Place {
    let all = |name: &str| -> Vec<usize> { (0..headers.len()).filter(|at| headers[*at] == name).collect() };
    match all(name).as_slice() {
        [at] => return Place::At(*at),
        [_, _, ..] => return Place::Twice,
        [] => {}
    }
    let numbered = name.rsplit_once('#').and_then(|(name, number)| Some((name, number.parse::<usize>().ok()?)));
    match numbered {
        Some((name, number)) if number > 0 => all(name).get(number - 1).map_or(Place::Missing, |at| Place::At(*at)),
        _ => Place::Missing,
    }
}
