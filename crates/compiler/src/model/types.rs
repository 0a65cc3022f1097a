//! The model: every name resolved, every default filled, every SQL text analyzed. Holding a [`Project`] means that
//! its names are unique, its references exist, its types are known and its graph has no cycle.
//! It must not know of engines.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use indexmap::IndexMap;

use crate::source::{FileId, Span};
use crate::sql::names;
pub use crate::syntax::{
    Additivity, Aggregation, AggregationFunction, Contents, DetectDeletes, FactKind, FactOnDelete, FileFormat,
    FirstVersion, KeyStrategy, LateType0, Missing, OnDelete, OnSchemaChange, OpenEnd, Over, Retain, SourceType, Target,
    TargetType, Type1Scope, WhenNull,
};
use dwc_googlesql::{OutputColumn, TableUse, Type};

/// A checked project.
#[derive(Debug)]
pub struct Project {
    /// The project's name.
    pub name: String,
    /// The IANA zone of the business.
    pub timezone: String,
    /// The schema of the star's tables.
    pub schema: String,
    /// Warehouses by name, in the order declared.
    pub targets: IndexMap<String, Target>,
    /// The target of commands that name none.
    pub default_target: String,
    /// Sources, by name.
    pub sources: Vec<Source>,
    /// Source tables, by address.
    pub tables: Vec<Table>,
    /// Dimensions, by name.
    pub dimensions: Vec<Dimension>,
    /// Facts, by name.
    pub facts: Vec<Fact>,
    /// Models in the order in which they load: a dimension before the facts that look it up.
    pub order: Vec<ModelId>,
}

/// A dimension or a fact of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelId {
    /// Index into [`Project::dimensions`].
    Dimension(usize),
    /// Index into [`Project::facts`].
    Fact(usize),
}

/// A source: one database, folder or landed schema.
#[derive(Debug, Clone)]
pub struct Source {
    /// The source's name.
    pub name: String,
    /// What it is read with.
    pub ty: SourceType,
    /// What it is, for analysts; may be empty.
    pub description: String,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// The connection's address with `{{ env('…') }}` still unexpanded; empty for files.
    pub url: String,
    /// The IANA zone of its DATETIMEs.
    pub timezone: String,
    /// The schema of a `warehouse` source.
    pub schema: Option<String>,
    /// The address of a replica, which is read as long as it answers.
    pub replica_url: Option<String>,
    /// How often a source that does not answer is tried again.
    pub retries: u32,
    /// The most rows to read in a second, over all connections.
    pub max_rows_per_second: Option<u32>,
    /// How long the server may take to answer, in seconds.
    pub statement_seconds: u64,
    /// How long one view may stay open, in seconds.
    pub snapshot_seconds: Option<u64>,
    /// The most connections to open at once.
    pub max_connections: u32,
    /// Rows of one chunk of a first load.
    pub chunk_rows: u64,
    /// Where it is declared.
    pub span: Span,
}

/// A column with its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// Its GoogleSQL type.
    pub ty: Type,
    /// What it says, for analysts; may be empty.
    pub description: String,
    /// It holds personal data.
    pub pii: bool,
    /// Its name in the files, where it differs.
    pub header: Option<String>,
    /// Its source compares its texts without case.
    pub folds_case: bool,
}

impl Column {
    /// Its name in the files.
    #[must_use]
    pub fn header(&self) -> &str {
        self.header.as_deref().unwrap_or(&self.name)
    }
}

/// A table of a source.
#[derive(Debug, Clone)]
pub struct Table {
    /// `source.table`.
    pub address: String,
    /// The source's name.
    pub source: String,
    /// The table's own name in the project.
    pub name: String,
    /// Its name in the source.
    pub physical: String,
    /// What one row is, for analysts; may be empty.
    pub description: String,
    /// Columns in the order declared.
    pub columns: Vec<Column>,
    /// Names of the columns that a model or the load itself reads: the source has to have them.
    pub read: BTreeSet<String>,
    /// The columns that name a row; empty where a row is its own key.
    pub primary_key: Vec<String>,
    /// The column that increments are read by.
    pub cursor: Option<String>,
    /// How far before the watermark an increment starts, in seconds.
    pub lookback_seconds: u64,
    /// The column that orders the states of one row within a batch.
    pub sequence: Option<String>,
    /// How deletes are seen.
    pub detect_deletes: DetectDeletes,
    /// The column that marks a delete, for `column` and `operation`.
    pub delete_column: Option<String>,
    /// The values of the operation column that mark a delete, in lower case.
    pub delete_values: Vec<String>,
    /// Its rows are entries of a log: several states of each row.
    pub is_log: bool,
    /// What becomes of a column that the source has and that is not declared.
    pub on_schema_change: OnSchemaChange,
    /// Columns of the source that are left alone.
    pub ignore_columns: Vec<String>,
    /// Which landed states are kept.
    pub retain: Retain,
    /// Where that is declared, if it is.
    pub retain_span: Option<Span>,
    /// The share of rows that may fail to cast.
    pub max_rejected_share: f64,
    /// The share of rows that a full pass may delete, where it is declared.
    pub max_deleted_share: Option<f64>,
    /// Where its files are, for a `files` source.
    pub files: Option<Files>,
    /// Where it is declared.
    pub span: Span,
    /// Where its primary key is declared.
    pub key_span: Span,
}

impl Table {
    /// The columns that name a row in the landing table: the primary key, or the row's own hash.
    #[must_use]
    pub fn landing_key(&self) -> Vec<String> {
        if self.primary_key.is_empty() { vec![ROW_KEY.to_owned()] } else { self.primary_key.clone() }
    }

    /// The columns of the landing table that the source gives: the row key where rows have none of their own comes first.
    #[must_use]
    pub fn landed_columns(&self) -> Vec<(String, Type)> {
        let row_key = self.primary_key.is_empty().then(|| (ROW_KEY.to_owned(), Type::String));
        row_key.into_iter().chain(self.columns.iter().map(|column| (column.name.clone(), column.ty.clone()))).collect()
    }

    /// Whether a row is deleted by a reading of the whole table that does not find it.
    #[must_use]
    pub fn deletes_by_reading(&self) -> bool {
        self.detect_deletes == DetectDeletes::FullPass
            || self.files.as_ref().is_some_and(|files| files.contents == Contents::Snapshot)
    }

    /// Whether one reading of the table has each row once: files of changes, logs of operations and tables whose rows have a
    /// declared order may hold several states of one.
    #[must_use]
    pub fn has_one_state(&self) -> bool {
        match &self.files {
            Some(files) => files.contents == Contents::Snapshot,
            None => !self.is_log && self.sequence.is_none() && self.detect_deletes != DetectDeletes::Operation,
        }
    }

    /// The column that says when a row was deleted, where it marks deletes and holds a moment.
    #[must_use]
    pub fn dated_deletes(&self) -> Option<&Column> {
        let column = self.delete_column.as_ref().and_then(|name| self.column(name))?;
        let is_moment = matches!(column.ty, Type::Date | Type::DateTime | Type::Timestamp);
        (self.detect_deletes == DetectDeletes::Column && is_moment).then_some(column)
    }

    /// Whether the source has to have a column.
    #[must_use]
    pub fn needs(&self, column: &Column) -> bool {
        column.name != EXTRA && self.read.contains(&column.name)
    }

    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The landing column that names a row of a table without a primary key: a hash of the row and its ordinal among equals.
pub const ROW_KEY: &str = "_row_key";

/// The landing column of a table that evolves: the columns of the source that are not declared, as a JSON object.
pub const EXTRA: &str = "_extra";

/// The files of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Path relative to the project; a glob, with `{batch}` for the time of extraction.
    pub path: String,
    /// The files' format.
    pub format: FileFormat,
    /// What one file holds.
    pub contents: Contents,
    /// How often a file comes, in seconds.
    pub every_seconds: Option<u64>,
    /// How their text is written.
    pub text: Text,
}

/// How the text of files is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What its bytes stand for.
    pub encoding: Encoding,
    /// What stands between two fields of CSV.
    pub delimiter: String,
    /// What stands around a field that holds any character; `None` where fields are never quoted.
    pub quote: Option<char>,
    /// What stands before a quote that is one of the text; `None` where it is written twice.
    pub escape: Option<char>,
    /// The field without quotes that is NULL, beside the empty one.
    pub null_marker: Option<String>,
    /// Bytes of the longest row that is read.
    pub longest_row: u64,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            encoding: Encoding::Utf8,
            delimiter: ",".to_owned(),
            quote: Some('"'),
            escape: None,
            null_marker: None,
            longest_row: 64 << 20,
        }
    }
}

/// What the bytes of a text stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without one.
    Utf8,
    /// UTF-16 in the order that its mark says; little-endian without one.
    Utf16,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// ISO 8859-1.
    Latin1,
    /// Windows-1252.
    Windows1252,
    /// CP949, which holds EUC-KR.
    Cp949,
    /// Shift JIS.
    ShiftJis,
    /// GB 18030, which holds GBK.
    Gb18030,
    /// Big5.
    Big5,
}

impl Encoding {
    /// The names that are documented.
    pub const NAMES: [&str; 10] =
        ["utf-8", "utf-16", "utf-16le", "utf-16be", "latin-1", "windows-1252", "cp949", "shift-jis", "gb18030", "big5"];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Latin1 => "latin-1",
            Encoding::Windows1252 => "windows-1252",
            Encoding::Cp949 => "cp949",
            Encoding::ShiftJis => "shift-jis",
            Encoding::Gb18030 => "gb18030",
            Encoding::Big5 => "big5",
        }
    }

    /// The encoding of a name, however its case and dashes are written.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        Some(match plain.as_str() {
            "utf8" => Encoding::Utf8,
            "utf16" => Encoding::Utf16,
            "utf16le" => Encoding::Utf16Le,
            "utf16be" => Encoding::Utf16Be,
            "latin1" | "iso88591" => Encoding::Latin1,
            "windows1252" | "cp1252" => Encoding::Windows1252,
            "cp949" | "euckr" | "uhc" | "ms949" | "windows949" => Encoding::Cp949,
            "shiftjis" | "sjis" | "cp932" | "windows31j" => Encoding::ShiftJis,
            "gb18030" | "gbk" | "gb2312" | "cp936" => Encoding::Gb18030,
            "big5" | "cp950" => Encoding::Big5,
            _ => return None,
        })
    }
}

/// What is known of a query. Its syntax tree is not kept: the text gives it again, and ten thousand trees weigh much.
#[derive(Debug, Clone)]
pub struct QueryAnalysis {
    /// The columns that it returns.
    pub output: Vec<OutputColumn>,
    /// Every table that it names, in the order of the text.
    pub tables: Vec<TableUse>,
    /// Calls whose value changes from run to run, with their places.
    pub volatile: Vec<(String, Range<usize>)>,
    /// Columns of tables that it reads anywhere, as `(table, column)`; none for a `from`, which reads what is declared.
    pub used: Vec<(String, String)>,
}

/// A user's SELECT over source tables and other models.
#[derive(Debug, Clone)]
pub struct Query {
    /// The GoogleSQL text, templates expanded: tables are `` `source.table` `` and `` `ref.model` ``.
    pub text: String,
    /// What is known of it.
    pub analysis: QueryAnalysis,
    /// Where it is declared: the value of `query` or `from`.
    pub span: Span,
    /// Where the expressions of its columns are written, by the columns' names in lower case, as far as that is plain.
    pub places: BTreeMap<String, Span>,
    /// Where its condition is written, where it has one alone.
    pub condition: Option<Span>,
    /// Where the conditions of its outermost SELECT are written, in the order of its parts.
    pub conditions: Vec<Option<Span>>,
}

/// Since when a row's values hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectiveAt {
    /// Since the instant in this column of the query, of this type.
    Column(String, Type),
    /// Since the batch that brought them.
    Extracted,
}

/// A dimension.
#[derive(Debug, Clone)]
pub struct Dimension {
    /// The dimension's name.
    pub name: String,
    /// What one member is, for analysts; may be empty.
    pub description: String,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// The name it had before.
    pub was: Option<String>,
    /// It refuses plans that lose data.
    pub protect: bool,
    /// What its rows come from.
    pub kind: DimensionKind,
    /// The file that declares it.
    pub file: FileId,
    /// Where it is declared: the value of `dimension`.
    pub span: Span,
}

impl Dimension {
    /// The types of its natural key; empty for a generated dimension.
    #[must_use]
    pub fn key_types(&self) -> Vec<Type> {
        self.members().into_iter().flat_map(|members| &members.natural_key).map(|column| column.ty.clone()).collect()
    }

    /// The members that it, or the timeline behind it, is made of; a generated dimension has none.
    #[must_use]
    pub fn members(&self) -> Option<&Members> {
        match &self.kind {
            DimensionKind::Standard(members) => Some(members),
            DimensionKind::Mini(mini) => Some(&mini.members),
            DimensionKind::Calendar(_) | DimensionKind::TimeOfDay => None,
        }
    }

    /// What it is, where it is a mini-dimension.
    #[must_use]
    pub fn mini(&self) -> Option<&Mini> {
        match &self.kind {
            DimensionKind::Mini(mini) => Some(mini),
            _ => None,
        }
    }
}

/// What a dimension's rows come from.
#[derive(Debug, Clone)]
pub enum DimensionKind {
    /// Members of a source.
    Standard(Box<Members>),
    /// Combinations of attributes that another dimension's members have had.
    Mini(Box<Mini>),
    /// One row per day.
    Calendar(Calendar),
    /// One row per minute of the day.
    TimeOfDay,
}

/// A mini-dimension: each combination of its attributes is one row, and a timeline says which member had it when.
/// (Kimball & Ross, The Data Warehouse Toolkit, 3rd ed., type 4; with an outrigger, type 5.)
#[derive(Debug, Clone)]
pub struct Mini {
    /// The name of the dimension whose members have the attributes.
    pub base: String,
    /// The base carries the key of each member's present combination.
    pub outrigger: bool,
    /// The base's members, and the mini-dimension's attributes, all of type 2.
    pub members: Members,
}

/// Members of a source, with their history.
#[derive(Debug, Clone)]
pub struct Members {
    /// What they are read with.
    pub query: Query,
    /// Columns of the query that name a member.
    pub natural_key: Vec<Column>,
    /// Since when a row's values hold.
    pub effective_at: EffectiveAt,
    /// The column of the query that says until when a row's values hold, with its type.
    pub effective_to: Option<(String, Type)>,
    /// `effective_at: extracted` is written, not left out.
    pub extracted_is_declared: bool,
    /// The column that orders two states of one instant.
    pub sequence: Option<String>,
    /// What a delete does.
    pub on_delete: OnDelete,
    /// Where the first version starts.
    pub first_version: FirstVersion,
    /// What `valid_to` of the current version holds.
    pub open_end: OpenEnd,
    /// Which versions type 1 overwrites.
    pub type1_scope: Type1Scope,
    /// What becomes of a type-0 value when an earlier state arrives late.
    pub late_type0: LateType0,
    /// Where surrogate keys come from.
    pub key_strategy: KeyStrategy,
    /// Mixed into the surrogate key's hash; may be empty.
    pub salt: String,
    /// Attributes in the order declared.
    pub attributes: Vec<Attribute>,
    /// Mini-dimensions whose present combination each member carries the key of, by name.
    pub outriggers: Vec<String>,
}

impl Members {
    /// Whether any attribute keeps history, so that a member has versions.
    #[must_use]
    pub fn has_versions(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.scd.has_versions())
    }

    /// Whether an earlier state matters once a later one is known.
    #[must_use]
    pub fn keeps_states(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.scd != Scd::Type1)
    }

    /// Whether it has views as it was and as it is (type 7).
    #[must_use]
    pub fn is_dual(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.scd == Scd::Type7)
    }

    /// The columns that its attributes become, in table order.
    #[must_use]
    pub fn stored(&self) -> Vec<StoredAttribute<'_>> {
        let type1 = if self.type1_scope == Type1Scope::All || !self.has_versions() {
            StoredValue::Last
        } else {
            StoredValue::Version
        };
        let mut all = Vec::new();
        for attribute in &self.attributes {
            let name = &attribute.column.name;
            let mut add = |name: String, value| all.push(StoredAttribute { name, attribute, value });
            match attribute.scd {
                Scd::Type0 => add(name.clone(), StoredValue::First),
                Scd::Type1 => add(name.clone(), type1),
                Scd::Type2 | Scd::Type7 => add(name.clone(), StoredValue::Version),
                Scd::Type3 => {
                    add(name.clone(), StoredValue::Last);
                    add(names::previous(name), StoredValue::Previous);
                }
                Scd::Type6 => {
                    add(name.clone(), StoredValue::Version);
                    add(names::current(name), StoredValue::Last);
                }
            }
        }
        all
    }
}

/// The policy for an attribute's changes, by Kimball's type number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scd {
    /// The first value stays.
    Type0,
    /// The latest value is everywhere.
    Type1,
    /// Each value has its version.
    Type2,
    /// The latest value is everywhere, and beside it the one before.
    Type3,
    /// Each value has its version, and beside it the latest one everywhere.
    Type6,
    /// Each value has its version, and views show the dimension as it was and as it is.
    Type7,
}

/// A column that an attribute becomes.
#[derive(Debug, Clone)]
pub struct StoredAttribute<'a> {
    /// The column's name.
    pub name: String,
    /// The attribute.
    pub attribute: &'a Attribute,
    /// Which of the attribute's values it holds.
    pub value: StoredValue,
}

/// Which of an attribute's values a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoredValue {
    /// That of the member's earliest state.
    First,
    /// That of the version.
    Version,
    /// That of the member's latest state.
    Last,
    /// The one before the latest change.
    Previous,
}

impl Scd {
    /// Kimball's number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Scd::Type0 => 0,
            Scd::Type1 => 1,
            Scd::Type2 => 2,
            Scd::Type3 => 3,
            Scd::Type6 => 6,
            Scd::Type7 => 7,
        }
    }

    /// Whether each value has its version.
    #[must_use]
    pub fn has_versions(self) -> bool {
        matches!(self, Scd::Type2 | Scd::Type6 | Scd::Type7)
    }
}

/// An attribute of a dimension.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The column, its type and description.
    pub column: Column,
    /// The policy for its changes.
    pub scd: Scd,
    /// A GoogleSQL expression over the columns of the query.
    pub expr: String,
    /// `(hierarchy, level)`, level 1 the most general.
    pub hierarchy: Option<(String, u32)>,
    /// The name it had before.
    pub was: Option<String>,
    /// Source columns that it is made of, as `(table, column)`.
    pub origins: Vec<(String, String)>,
    /// Where its expression is written.
    pub written: Span,
}

/// A calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// First day, `YYYY-MM-DD`.
    pub first_day: String,
    /// Last day, `YYYY-MM-DD`.
    pub last_day: String,
    /// The month in which the fiscal year starts, 1 to 12.
    pub fiscal_year_starts: u8,
    /// `(YYYY-MM-DD, name)`, by day.
    pub holidays: Vec<(String, String)>,
}

/// A fact.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The fact's name.
    pub name: String,
    /// What a row stands for in time.
    pub kind: FactKind,
    /// For analysts; may be empty.
    pub description: String,
    /// The row of the bus matrix; empty where not declared.
    pub business_process: String,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// The name it had before.
    pub was: Option<String>,
    /// It refuses plans that lose data.
    pub protect: bool,
    /// What one row is, in words.
    pub grain: String,
    /// The columns whose values are unique together.
    pub key: Vec<Column>,
    /// What it is read with.
    pub query: Query,
    /// The fact that an aggregate rolls up.
    pub rolls_up: Option<usize>,
    /// The column that holds when the event took place.
    pub event_time: Option<Column>,
    /// Roles in the order declared.
    pub roles: Vec<Role>,
    /// Degenerate dimensions.
    pub degenerate: Vec<Column>,
    /// Measures in the order declared.
    pub measures: Vec<Measure>,
    /// What a delete in the source does.
    pub on_delete: FactOnDelete,
    /// The column by which the survivor among duplicates is chosen.
    pub keep_latest_by: Option<String>,
    /// Rows never change.
    pub insert_only: bool,
    /// Rows that changed in the source stay as they were loaded, where rows never change.
    pub keeps_rows: bool,
    /// The column that it is partitioned by.
    pub partition_by: Option<Column>,
    /// Up to four columns that it is clustered by.
    pub cluster_by: Vec<String>,
    /// The file that declares it.
    pub file: FileId,
    /// Where it is declared: the value of `fact`.
    pub span: Span,
    /// Where its grain is declared.
    pub grain_span: Span,
}

/// A dimension in the role that it plays for a fact.
#[derive(Debug, Clone)]
pub struct Role {
    /// The role's name; its key column is `<name>_key`.
    pub name: String,
    /// Index into [`Project::dimensions`].
    pub dimension: usize,
    /// The fact's columns with the natural key, in its order; for a calendar, one instant or day.
    pub on: Vec<Column>,
    /// The column with the instant that a version is looked up at.
    pub as_of: Option<Column>,
    /// What a key without a member gets.
    pub missing: Missing,
    /// What a NULL key means.
    pub when_null: WhenNull,
    /// For analysts; may be empty.
    pub description: String,
    /// The name it had before.
    pub was: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

/// A measure of a fact.
#[derive(Debug, Clone)]
pub struct Measure {
    /// The column, its type and description.
    pub column: Column,
    /// A GoogleSQL expression over the columns of the query.
    pub expr: String,
    /// Over which dimensions it may be summed.
    pub additive: Additivity,
    /// Roles that a semi-additive measure may not be summed over, those of `over` among them.
    pub not_over: Vec<String>,
    /// What stands instead of the sum over a role, in the order declared.
    pub over: Vec<(String, Over)>,
    /// How a non-additive measure is asked for.
    pub aggregation: Option<Aggregation>,
    /// The unit that is counted.
    pub unit: Option<String>,
    /// The currency of an amount.
    pub currency: Option<String>,
    /// The name it had before.
    pub was: Option<String>,
    /// Source columns that it is made of, as `(table, column)`.
    pub origins: Vec<(String, String)>,
    /// Where it is declared.
    pub span: Span,
    /// Where its expression is written.
    pub written: Span,
}

impl Project {
    /// The source table of an address.
    #[must_use]
    pub fn table(&self, address: &str) -> Option<&Table> {
        self.tables.binary_search_by(|table| table.address.as_str().cmp(address)).ok().map(|at| &self.tables[at])
    }

    /// A model's name.
    #[must_use]
    pub fn model_name(&self, id: ModelId) -> &str {
        match id {
            ModelId::Dimension(index) => &self.dimensions[index].name,
            ModelId::Fact(index) => &self.facts[index].name,
        }
    }

    /// A model's query; calendars have none.
    #[must_use]
    pub fn query(&self, id: ModelId) -> Option<&Query> {
        match id {
            ModelId::Dimension(index) => self.dimensions[index].members().map(|members| &members.query),
            ModelId::Fact(index) => Some(&self.facts[index].query),
        }
    }

    /// The models that a model reads or looks up directly, without repetition.
    #[must_use]
    pub fn upstream(&self, id: ModelId) -> Vec<ModelId> {
        self.upstream_by(id, |name| self.model(name))
    }

    /// [`Project::upstream`], with the caller's own way from a name to its model.
    pub(crate) fn upstream_by(&self, id: ModelId, model: impl Fn(&str) -> Option<ModelId>) -> Vec<ModelId> {
        let mut upstream: Vec<ModelId> = self
            .query(id)
            .into_iter()
            .flat_map(|query| &query.analysis.tables)
            .filter_map(|used| used.table.strip_prefix("ref.").and_then(&model))
            .collect();
        if let ModelId::Dimension(index) = id {
            upstream.extend(self.dimensions[index].mini().and_then(|mini| model(&mini.base)));
        }
        if let ModelId::Fact(index) = id {
            upstream.extend(self.facts[index].roles.iter().map(|role| ModelId::Dimension(role.dimension)));
            upstream.extend(self.facts[index].rolls_up.map(ModelId::Fact));
        }
        upstream.sort();
        upstream.dedup();
        upstream
    }

    /// The models that read or look up a model directly.
    #[must_use]
    pub fn downstream(&self, id: ModelId) -> Vec<ModelId> {
        self.order.iter().copied().filter(|other| self.upstream(*other).contains(&id)).collect()
    }

    /// A model's tags.
    #[must_use]
    pub fn tags(&self, id: ModelId) -> &[String] {
        match id {
            ModelId::Dimension(index) => &self.dimensions[index].tags,
            ModelId::Fact(index) => &self.facts[index].tags,
        }
    }

    /// The model of a name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<ModelId> {
        let dimension = self.dimensions.iter().position(|dimension| dimension.name == name);
        let fact = || self.facts.iter().position(|fact| fact.name == name);
        dimension.map(ModelId::Dimension).or_else(|| fact().map(ModelId::Fact))
    }
}
