//! How the landed rows of a table are compared with the rows of its source: sums of segments first, then the rows of those
//! that differ, as they would land. It must not know how a source is read.

use std::collections::{BTreeMap, BTreeSet};

use dwc_googlesql::Type;

use super::Lowering;
use crate::model::{Column, DetectDeletes, EXTRA, Project, Table, TargetType};
use crate::plan::{Cut, sampled};

/// How many rows of each kind are named.
const NAMED: usize = 20;

/// Where the rows of a source wait that are compared.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Rows that no later increment reads, as they would land: of all segments that differ.
    pub settled: String,
    /// Rows that the next increment reads.
    pub newer: String,
    /// The keys of rows that do not cast.
    pub rejected: String,
}

/// What is compared of the landed rows.
#[derive(Debug, Clone, Default)]
pub struct Part<'c> {
    /// These segments of a cut, for each cut; all rows where there is none.
    pub segments: Vec<(&'c Cut, BTreeSet<i64>)>,
    /// Which rows of them.
    pub only: Only,
}

/// Which rows of a table are compared: all of them where nothing is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    /// Those whose cursor is not before this, as a text of the cursor's declared type: UTC for a TIMESTAMP, by the clocks of
    /// the source for the others.
    pub since: Option<String>,
    /// Those of a sample of so many ten-thousandths of the keys.
    pub share: Option<u32>,
}

/// Writes the statements of one table's comparison, in one engine's words.
pub struct Reconciler<'a> {
    lowering: Lowering<'a>,
    table: &'a Table,
    zones: BTreeMap<String, String>,
}

/// The comparison of a table's landed rows with its source.
#[must_use]
pub fn reconciler<'a>(project: &'a Project, engine: TargetType, schema: &str, table: &'a Table) -> Reconciler<'a> {
    Reconciler { lowering: Lowering::new(project, engine, schema), table, zones: BTreeMap::new() }
}

/// The columns whose values are compared: those that are declared. What lands in `_extra` depends on when it was read.
pub fn reconciled_columns(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| column.name != EXTRA)
}

impl Reconciler<'_> {
    /// Says by the clocks of which zone the source writes the instants of a column, where not in UTC.
    #[must_use]
    pub fn by_clocks(self, zones: BTreeMap<String, String>) -> Self {
        Self { zones, ..self }
    }

    /// How many rows are landed, and the lowest and the highest value of the first column of the key if it is a whole number.
    #[must_use]
    pub fn extent(&self, only: &Only) -> String {
        let ends = match self.first() {
            Some(column) if column.ty == Type::Int64 => {
                let name = self.column("_l", &column.name);
                format!("MIN({name}), MAX({name})")
            }
            _ => "CAST(NULL AS INT64), CAST(NULL AS INT64)".replace("INT64", &self.lowering.dialect.ty(&Type::Int64)),
        };
        let (rows, counted) = (self.rows(), self.counted());
        format!("SELECT COUNT(*), {ends} FROM {rows} AS _l WHERE {counted}{}", self.only(only))
    }

    /// One row per segment: its number, how many landed rows it has, and their sum. Rows that are newer in the source are
    /// left out.
    #[must_use]
    pub fn sums(&self, cut: &Cut, part: &Part<'_>, newer: &str) -> String {
        let dialect = self.lowering.dialect;
        let fields: Vec<String> = reconciled_columns(self.table).map(|column| self.field(column)).collect();
        let text = self.lowering.dialect.ty(&Type::String);
        format!(
            "SELECT CAST(_g._segment AS {text}), CAST(COUNT(*) AS {text}), CAST({} AS {text})\nFROM (\n  \
             SELECT {} AS _segment, {} AS _sum\n  FROM {} AS _l\n  WHERE {}{}\n    \
             AND NOT EXISTS (SELECT 1 FROM {newer} AS _n WHERE {})\n) AS _g\nGROUP BY _g._segment",
            dialect.sum("_g._sum"),
            cut.segment(&self.leading(), &self.key_hash(), dialect.division()),
            dialect.hash60(&dialect.concat(&fields)),
            self.rows(),
            self.counted(),
            self.within(part),
            self.equal("_n"),
        )
    }

    /// What differs, one row per kind and key: the kind, the key with what differs of it, and how many there are of the kind.
    /// At most twenty of a kind are given. The kinds are `missing`, `extra`, `different`, `newer`, and `tolerated` for rows
    /// that differ by no more than is declared.
    #[must_use]
    pub fn differences(&self, fetched: &Fetched, part: &Part<'_>) -> String {
        let dialect = self.lowering.dialect;
        let keys: Vec<(&str, &Type)> = self.key_columns().map(|column| (column.name.as_str(), &column.ty)).collect();
        let key = |alias: &str| self.lowering.readable_values(&keys, alias);
        let rows = self.rows();
        let Fetched { settled, newer, .. } = fetched;
        let mut parts = vec![
            format!("SELECT 'missing' AS kind, {} AS key_text {}", key("_s"), self.missing(settled)),
            format!("SELECT 'extra', {} FROM {rows} AS _l WHERE {}", key("_l"), self.is_extra(fetched, part)),
            format!(
                "SELECT 'different', {} {}",
                dialect.concat(&[key("_l"), dialect.string(": "), self.details()]),
                self.different(settled)
            ),
            format!("SELECT 'newer', {} {}", key("_s"), self.missing(newer)),
            format!("SELECT 'newer', {} {}", key("_s"), self.different(newer)),
        ];
        if !self.table.tolerances.is_empty() {
            parts.push(format!("SELECT 'tolerated', {} {}", key("_s"), self.tolerated(settled)));
        }
        format!(
            "SELECT _n.kind, _n.key_text, CAST(_n.of_kind AS {text})\nFROM (\n  SELECT _r.kind, _r.key_text, \
             ROW_NUMBER() OVER (PARTITION BY _r.kind ORDER BY _r.key_text) AS nth, \
             COUNT(*) OVER (PARTITION BY _r.kind) AS of_kind\n  FROM (\n{}\n  ) AS _r\n) AS _n\n\
             WHERE _n.nth <= {NAMED}\nORDER BY _n.kind, _n.nth",
            parts.join("\n  UNION ALL\n"),
            text = dialect.ty(&Type::String),
        )
    }

    /// The rows that a repair lands, as a relation with the columns of the stage: those that are missing or differ, and, if
    /// `deletes` says so, deletes of those that the source no longer has.
    #[must_use]
    pub fn repair(&self, fetched: &Fetched, part: &Part<'_>, deletes: bool) -> String {
        let words = self.lowering.dialect.words();
        let columns = |alias: &str| -> String {
            let landed = self.table.landed_columns();
            landed.iter().map(|(name, _)| self.column(alias, name) + ", ").collect()
        };
        let rows = self.rows();
        let of_source = format!("SELECT {}_s._state, _s._at, _s._deleted", columns("_s"));
        let mut all = format!(
            "{of_source} {}\nUNION ALL\n{of_source} {}",
            self.missing(&fetched.settled),
            self.different(&fetched.settled)
        );
        if deletes {
            all.push_str(&format!(
                "\nUNION ALL\nSELECT {}{}, {}, TRUE FROM {rows} AS _l WHERE {}",
                columns("_l"),
                words.max_int64,
                words.at,
                self.is_extra(fetched, part)
            ));
        }
        format!("(\n{all}\n)")
    }

    fn rows(&self) -> String {
        self.lowering.landing_rows(self.table)
    }

    fn column(&self, alias: &str, name: &str) -> String {
        format!("{alias}.{}", self.lowering.dialect.quote(name))
    }

    fn key_columns(&self) -> impl Iterator<Item = &Column> {
        self.table.primary_key.iter().filter_map(|name| self.table.column(name))
    }

    fn first(&self) -> Option<&Column> {
        self.key_columns().next()
    }

    fn leading(&self) -> String {
        self.first().map_or_else(|| "NULL".to_owned(), |column| self.column("_l", &column.name))
    }

    /// A row that its source still has, marked as deleted there, is landed with its values.
    fn counted(&self) -> &'static str {
        if self.table.detect_deletes == DetectDeletes::Column { "TRUE" } else { "NOT _l._deleted" }
    }

    /// The text of a column in the text of a row: no two rows of other values have one text.
    fn field(&self, column: &Column) -> String {
        let dialect = self.lowering.dialect;
        let zone = self.zones.get(&column.name).map(String::as_str);
        let text = dialect.canonical(&self.column("_l", &column.name), &column.ty, zone);
        let parts = if column.ty == Type::String {
            vec![dialect.octets(&text), "':'".to_owned(), text]
        } else {
            vec![text, "','".to_owned()]
        };
        format!("COALESCE({}, '-,')", dialect.concat(&parts))
    }

    /// The hash of a row's key.
    fn key_hash(&self) -> String {
        let fields: Vec<String> = self.key_columns().map(|column| self.field(column)).collect();
        self.lowering.dialect.hash60(&self.lowering.dialect.concat(&fields))
    }

    fn only(&self, only: &Only) -> String {
        let dialect = self.lowering.dialect;
        let cursor = self.table.cursor.as_ref().and_then(|name| self.table.column(name));
        let since = only.since.as_ref().zip(cursor).map(|(since, column)| {
            format!(" AND {} >= CAST('{since}' AS {})", self.column("_l", &column.name), dialect.ty(&column.ty))
        });
        let sample = only.share.map(|share| format!(" AND {}", sampled(&self.key_hash(), share, dialect.division())));
        since.into_iter().chain(sample).collect()
    }

    fn within(&self, part: &Part<'_>) -> String {
        let only = self.only(&part.only);
        if part.segments.is_empty() {
            return only;
        }
        let by = self.lowering.dialect.division();
        let each = part.segments.iter().map(|(cut, some)| cut.among(some, &self.leading(), &self.key_hash(), by));
        format!("{only} AND ({})", each.collect::<Vec<_>>().join(" OR "))
    }

    /// That a row under an alias and the landed row `_l` have one key.
    fn equal(&self, alias: &str) -> String {
        let sides = self.table.primary_key.iter().map(|name| {
            format!(
                "{} = {}",
                self.lowering.landed(self.table, alias, name),
                self.lowering.landed(self.table, "_l", name)
            )
        });
        sides.collect::<Vec<_>>().join(" AND ")
    }

    /// The rows `_s` of a relation that live and are not landed.
    fn missing(&self, relation: &str) -> String {
        format!(
            "FROM {relation} AS _s WHERE NOT _s._deleted AND NOT EXISTS (SELECT 1 FROM {} AS _l WHERE NOT _l._deleted AND {})",
            self.rows(),
            self.equal("_s")
        )
    }

    /// The rows `_s` of a relation with the landed rows `_l` that have other values, by more than is tolerated, or that live
    /// while those are deleted.
    fn different(&self, relation: &str) -> String {
        let [_, beyond] = self.lowering.differ(&self.valued(), "_l", "_s");
        format!(
            "FROM {relation} AS _s JOIN {} AS _l ON {} WHERE NOT _l._deleted AND (_s._deleted OR {beyond})",
            self.rows(),
            self.equal("_s"),
        )
    }

    /// The rows `_s` of a relation with the landed rows `_l` that have other values, all of them near enough.
    fn tolerated(&self, relation: &str) -> String {
        let [differ, beyond] = self.lowering.differ(&self.valued(), "_l", "_s");
        format!(
            "FROM {relation} AS _s JOIN {} AS _l ON {} WHERE NOT _l._deleted AND NOT _s._deleted AND ({differ}) AND NOT ({beyond})",
            self.rows(),
            self.equal("_s"),
        )
    }

    fn valued(&self) -> Vec<Valued> {
        let within = |name: &String| self.table.tolerances.get(name).cloned();
        let valued =
            |column: &Column| Valued { name: column.name.clone(), ty: column.ty.clone(), within: within(&column.name) };
        reconciled_columns(self.table).map(valued).collect()
    }

    /// That a landed row is not in the source. Where a row of the source has no key, it may be any of them.
    fn is_extra(&self, fetched: &Fetched, part: &Part<'_>) -> String {
        let not_in =
            |relation: &str| format!(" AND NOT EXISTS (SELECT 1 FROM {relation} AS _s WHERE {})", self.equal("_s"));
        let nameless: Vec<String> =
            self.table.primary_key.iter().map(|key| format!("{} IS NULL", self.column("_s", key))).collect();
        format!(
            "NOT _l._deleted{}{}{}{} AND NOT EXISTS (SELECT 1 FROM {} AS _s WHERE {})",
            self.within(part),
            not_in(&fetched.settled),
            not_in(&fetched.newer),
            not_in(&fetched.rejected),
            fetched.rejected,
            nameless.join(" OR ")
        )
    }

    /// What is said of the columns that differ between the landed row `_l` and the row `_s`.
    fn details(&self) -> String {
        let mut parts = self.lowering.told_differences(&self.valued(), "_l", "_s");
        let dialect = self.lowering.dialect;
        parts.push("''".to_owned());
        let told = format!("RTRIM({}, '; ')", dialect.concat(&parts));
        format!("CASE WHEN _s._deleted THEN {} ELSE {told} END", dialect.string("is deleted in the source"))
    }
}

/// A column whose values are compared.
pub(super) struct Valued {
    pub(super) name: String,
    pub(super) ty: Type,
    /// How far two of its values may lie apart.
    pub(super) within: Option<String>,
}

impl Lowering<'_> {
    /// That two values of a column differ.
    fn differs(&self, column: &Valued, is: &str, should: &str) -> String {
        let side = |alias: &str| format!("{alias}.{}", self.dialect.quote(&column.name));
        let value = |alias: &str| self.dialect.comparable(&side(alias), &column.ty);
        format!("{} IS DISTINCT FROM {}", value(is), value(should))
    }

    /// That two rows differ in one of these columns, and that they do by more than is tolerated.
    pub(super) fn differ(&self, columns: &[Valued], is: &str, should: &str) -> [String; 2] {
        let differ = columns.iter().map(|column| self.differs(column, is, should));
        let beyond = columns.iter().map(|column| {
            let differs = self.differs(column, is, should);
            let side = |alias: &str| format!("{alias}.{}", self.dialect.quote(&column.name));
            match &column.within {
                Some(within) => {
                    let near = self.dialect.is_near(&side(is), &side(should), &column.ty, within);
                    format!("({differs} AND NOT {near})")
                }
                None => differs,
            }
        });
        [differ.collect::<Vec<_>>().join(" OR "), beyond.collect::<Vec<_>>().join(" OR ")]
    }

    /// Of each column, what is said where it is `is` and should be `should`, each ending with `; `.
    pub(super) fn told_differences(&self, columns: &[Valued], is: &str, should: &str) -> Vec<String> {
        let told = columns.iter().map(|column| {
            let Valued { name, ty, .. } = column;
            let side = |alias: &str| format!("{alias}.{}", self.dialect.quote(name));
            let text = |alias: &str| format!("COALESCE({}, 'NULL')", self.dialect.readable(&side(alias), ty));
            let named = self.dialect.string(&format!("{name} is "));
            let said = [named, text(is), self.dialect.string(", not "), text(should), self.dialect.string("; ")];
            let differs = self.differs(column, is, should);
            format!("CASE WHEN {differs} THEN {} ELSE '' END", self.dialect.concat(&said))
        });
        told.collect()
    }
}
