//! How the landed rows of a table are compared with the rows of its source: sums of segments first, then the rows of those
//! that differ, as they would land. It must not know how a source is read.

use std::collections::{BTreeMap, BTreeSet};

use dwc_googlesql::Type;

use super::Lowering;
use crate::model::{Column, DetectDeletes, EXTRA, Project, Table, TargetType};
use crate::plan::Cut;

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
    pub fn extent(&self) -> String {
        let ends = match self.first() {
            Some(column) if column.ty == Type::Int64 => {
                let name = self.column("_l", &column.name);
                format!("MIN({name}), MAX({name})")
            }
            _ => "CAST(NULL AS INT64), CAST(NULL AS INT64)".replace("INT64", &self.lowering.dialect.ty(&Type::Int64)),
        };
        format!("SELECT COUNT(*), {ends} FROM {} AS _l WHERE {}", self.rows(), self.counted())
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
    /// At most twenty of a kind are given. The kinds are `missing`, `extra`, `different` and `newer`.
    #[must_use]
    pub fn differences(&self, fetched: &Fetched, part: &Part<'_>) -> String {
        let dialect = self.lowering.dialect;
        let keys: Vec<(&str, &Type)> = self.key_columns().map(|column| (column.name.as_str(), &column.ty)).collect();
        let key = |alias: &str| self.lowering.readable_values(&keys, alias);
        let rows = self.rows();
        let Fetched { settled, newer, .. } = fetched;
        let parts = [
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

    fn within(&self, part: &Part<'_>) -> String {
        if part.segments.is_empty() {
            return String::new();
        }
        let by = self.lowering.dialect.division();
        let each = part.segments.iter().map(|(cut, some)| cut.among(some, &self.leading(), &self.key_hash(), by));
        format!(" AND ({})", each.collect::<Vec<_>>().join(" OR "))
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

    /// The rows `_s` of a relation with the landed rows `_l` that have other values, or that live while those are deleted.
    fn different(&self, relation: &str) -> String {
        let dialect = self.lowering.dialect;
        let differ = reconciled_columns(self.table).map(|column| {
            let side = |alias: &str| dialect.comparable(&self.column(alias, &column.name), &column.ty);
            format!("{} IS DISTINCT FROM {}", side("_l"), side("_s"))
        });
        format!(
            "FROM {relation} AS _s JOIN {} AS _l ON {} WHERE NOT _l._deleted AND (_s._deleted OR {})",
            self.rows(),
            self.equal("_s"),
            differ.collect::<Vec<_>>().join(" OR ")
        )
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
        let columns: Vec<(String, Type)> =
            reconciled_columns(self.table).map(|column| (column.name.clone(), column.ty.clone())).collect();
        let (mut parts, _) = self.lowering.told_differences(&columns, "_l", "_s");
        let dialect = self.lowering.dialect;
        parts.push("''".to_owned());
        let told = format!("RTRIM({}, '; ')", dialect.concat(&parts));
        format!("CASE WHEN _s._deleted THEN {} ELSE {told} END", dialect.string("is deleted in the source"))
    }
}

impl Lowering<'_> {
    /// Of each column, what is said where it is `is` and should be `should`, each ending with `; `; and that each of them differs.
    pub(super) fn told_differences(
        &self,
        columns: &[(String, Type)],
        is: &str,
        should: &str,
    ) -> (Vec<String>, Vec<String>) {
        let (mut parts, mut differ) = (Vec::new(), Vec::new());
        for (name, ty) in columns {
            let side = |alias: &str| format!("{alias}.{}", self.dialect.quote(name));
            let value = |alias: &str| self.dialect.comparable(&side(alias), ty);
            let differs = format!("{} IS DISTINCT FROM {}", value(is), value(should));
            let text = |alias: &str| format!("COALESCE({}, 'NULL')", self.dialect.readable(&side(alias), ty));
            let named = self.dialect.string(&format!("{name} is "));
            let said = [named, text(is), self.dialect.string(", not "), text(should), self.dialect.string("; ")];
            parts.push(format!("CASE WHEN {differs} THEN {} ELSE '' END", self.dialect.concat(&said)));
            differ.push(differs);
        }
        (parts, differ)
    }
}
