//! The one table of codes: id, name, level, summary, page. A code without its page in `docs/diagnostics` does not compile.

use super::Severity;

/// The documentation of a code, as Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page(pub &'static str);

macro_rules! codes {
    ($($variant:ident = $id:literal, $name:literal, $severity:ident, $summary:literal;)*) => {
        /// A kind of problem. Ids are never used again for another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// Every code, by id.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// `DW0101`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Code::$variant => $id,)* }
            }

            /// The name of the bad pattern, such as `unknown-key`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// The level where neither project nor model says otherwise.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// One sentence on the problem.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Code::$variant => $summary,)* }
            }

            /// The page that `dwc explain` prints.
            #[must_use]
            pub fn page(self) -> Page {
                match self {
                    $(Code::$variant => Page(include_str!(concat!("../../../../docs/diagnostics/", $id, ".md"))),)*
                }
            }

            /// The code of an id as a user types it, in either case.
            #[must_use]
            pub fn of(id: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
            }
        }
    };
}

impl Code {
    /// Whether it takes more than the text of a project to meet the problem: its page then has an example that is read
    /// and not run.
    #[must_use]
    pub fn is_beyond_text(self) -> bool {
        matches!(
            self,
            Code::NoProject
                | Code::ProjectExists
                | Code::FileTooLarge
                | Code::NotUtf8
                | Code::UnformattableFile
                | Code::UnsupportedTarget
                | Code::UnwritableSql
                | Code::ModelsFolder
                | Code::FileOfAnotherKind
        ) || self.id().starts_with("DW07")
            || self.id().starts_with("DW09")
    }

    /// Whether the code is a lint: a rule of design whose level project and models may set, with a reason.
    #[must_use]
    pub fn is_lint(self) -> bool {
        matches!(
            self,
            Code::FactWithoutDimensions
                | Code::FactJoinsFact
                | Code::AmbiguousRole
                | Code::FactWithoutProcess
                | Code::FactWithoutMeasures
                | Code::FactlessWithMeasures
                | Code::DuplicateConformed
                | Code::UnconformedMeasure
                | Code::Centipede
                | Code::NonAdditiveSum
                | Code::AmountWithoutCurrency
                | Code::VersionsWithoutInstant
                | Code::SemiAdditiveWithoutRule
                | Code::CoarserMeasure
                | Code::ChasmTrap
                | Code::SnapshotWithoutMilestones
                | Code::Snowflake
                | Code::UndatedHistory
                | Code::UndatedTable
                | Code::IdlePolicy
                | Code::FlagWithoutLabels
                | Code::DateWithoutZone
        )
    }

    /// Whether the problem is that something is not there, which may have been left out for another problem's sake.
    #[must_use]
    pub(crate) fn is_about_absence(self) -> bool {
        matches!(
            self,
            Code::UnknownName
                | Code::MissingSetting
                | Code::MissingGrain
                | Code::MissingGrainKey
                | Code::MissingNaturalKey
                | Code::MissingPrimaryKey
                | Code::MissingAdditivity
                | Code::MissingScd
                | Code::FactWithoutDimensions
                | Code::FactWithoutMeasures
                | Code::FactWithoutProcess
                | Code::AmountWithoutCurrency
                | Code::VersionsWithoutInstant
                | Code::SemiAdditiveWithoutRule
                | Code::SnapshotWithoutMilestones
                | Code::UndatedHistory
                | Code::UndatedTable
                | Code::IdlePolicy
        )
    }

    /// Whether the problem may be gone once a file that does not parse is mended.
    #[must_use]
    pub(crate) fn is_about_names(self) -> bool {
        matches!(self, Code::NoProject | Code::UnknownName | Code::UnknownTable | Code::UnknownDimension)
    }
}

codes! {
    NoProject = "DW0001", "no-project", Error, "The folder holds no project file.";
    ProjectExists = "DW0006", "project-exists", Error, "A folder that already contains a project.";
    FileTooLarge = "DW0002", "file-too-large", Error, "A file that is larger than any model.";
    EmptyFile = "DW0003", "empty-file", Error, "A file that declares nothing.";
    UnknownFile = "DW0004", "unknown-file", Error, "A file that declares no source, dimension, fact or tests.";
    NotUtf8 = "DW0005", "not-utf8", Error, "A file that is not UTF-8.";
    UnknownKey = "DW0101", "unknown-key", Error, "A key that the file's kind does not have.";
    MissingKey = "DW0102", "missing-key", Error, "A key that every file of its kind has.";
    WrongType = "DW0103", "wrong-type", Error, "A value of another type than the key takes.";
    DuplicateYamlKey = "DW0104", "duplicate-key-in-yaml", Error, "A key that occurs twice in one mapping.";
    EmptyValue = "DW0105", "empty-value", Error, "A key without a value.";
    YamlSyntax = "DW0106", "yaml-syntax", Error, "A file that is not valid YAML.";
    YamlAlias = "DW0107", "yaml-alias", Error, "An anchor or alias.";
    YamlDepth = "DW0108", "yaml-depth", Error, "Nesting that is deeper than any model needs.";
    YamlDocuments = "DW0109", "yaml-documents", Error, "Several documents in one file.";
    Template = "DW0112", "template", Error, "A template that does not expand.";
    MissingSetting = "DW0110", "missing-setting", Error, "A setting that the kind of source or model needs.";
    WrongValue = "DW0111", "wrong-value", Error, "A value that the key does not take.";
    MisplacedKey = "DW0120", "misplaced-key", Error, "A key that does not apply to this kind of source or model.";
    SqlDepth = "DW0114", "sql-depth", Error, "SQL that is nested deeper than dwc reads.";
    UnwritableSql = "DW0115", "unwritable-sql", Error, "SQL that cannot be rewritten without changing what it means.";
    ModelsFolder = "DW0116", "models-folder", Error, "A models folder that does not exist, or a link in it that leads nowhere.";
    FileOfAnotherKind = "DW0117", "file-of-another-kind", Error, "A file or folder that exists and that dwc did not write.";
    TestValue = "DW0118", "test-value", Error, "A value or a question of a unit test that does not fit the models.";
    EmptyTest = "DW0119", "empty-test", Error, "A unit test that cannot fail.";
    CheckKind = "DW0121", "check-kind", Error, "A check without a kind, or of several kinds.";
    CheckValue = "DW0122", "check-value", Error, "A value of a check that does not fit its column, or that no row could meet or miss.";
    UnscreenableCheck = "DW0123", "unscreenable-check", Error, "A check with `on_fail` that can't judge a row before it is loaded.";
    UnformattableFile = "DW0113", "unformattable-file", Error, "A file that cannot be formatted without changing what it means.";
    UnknownName = "DW0201", "unknown-name", Error, "A name that is not declared.";
    DuplicateName = "DW0202", "duplicate-name", Error, "Two tables or views that would have the same name.";
    Cycle = "DW0203", "cycle", Error, "Models that read each other in a cycle.";
    ReservedName = "DW0204", "reserved-name", Error, "A name that is reserved by an engine or the language.";
    EngineLimit = "DW0205", "engine-limit", Error, "A name, type, text or count that exceeds a limit of BigQuery.";
    MissingGrain = "DW0301", "missing-grain", Error, "A fact that does not declare what one row is.";
    MissingGrainKey = "DW0302", "missing-grain-key", Error, "A grain without the columns that identify its rows.";
    MissingNaturalKey = "DW0303", "missing-natural-key", Error, "A dimension without the columns that identify its members.";
    MissingPrimaryKey = "DW0304", "missing-primary-key", Error, "A source table without the columns that identify its rows.";
    KeyMismatch = "DW0305", "key-mismatch", Error, "A role whose columns do not fit the dimension's natural key.";
    KeyNameCollision = "DW0306", "key-name-collision", Error, "Two columns of a table that would have the same name.";
    ReservedColumn = "DW0307", "reserved-column", Error, "A column with the name of a column that every load writes.";
    TextMeasure = "DW0401", "text-measure", Error, "A measure that is not a number.";
    MissingAdditivity = "DW0402", "missing-additivity", Error, "A measure without a declaration of how it adds up.";
    FactWithoutDimensions = "DW0403", "fact-without-dimensions", Error, "A fact that cannot be grouped or filtered by anything.";
    FactJoinsFact = "DW0404", "fact-joins-fact", Error, "A fact that reads another fact.";
    AmbiguousRole = "DW0405", "ambiguous-role", Error, "A dimension used several times, once without a role name.";
    FactWithoutProcess = "DW0406", "fact-without-process", Error, "A fact without a business process.";
    FactWithoutMeasures = "DW0407", "fact-without-measures", Error, "A fact without measures that is not declared factless.";
    FactlessWithMeasures = "DW0408", "factless-with-measures", Error, "A factless fact with measures.";
    DuplicateConformed = "DW0409", "duplicate-conformed", Warning, "A dimension or attribute that is defined in two ways.";
    UnconformedMeasure = "DW0410", "unconformed-measure", Warning, "A measure name with two meanings.";
    Centipede = "DW0411", "centipede", Warning, "A fact with very many dimensions.";
    NonAdditiveSum = "DW0412", "non-additive-sum", Error, "A sum that additivity forbids.";
    AmountWithoutCurrency = "DW0413", "amount-without-currency", Warning, "An amount of money without a currency.";
    VersionsWithoutInstant = "DW0414", "versions-without-instant", Warning, "A fact without the instant at which to look up versions.";
    SemiAdditiveWithoutRule = "DW0415", "semi-additive-without-rule", Error, "A semi-additive measure without a rule that replaces its sum.";
    RoleOfTwoDimensions = "DW0416", "role-of-two-dimensions", Error, "A role name that stands for two dimensions.";
    CoarserMeasure = "DW0417", "coarser-measure", Warning, "A measure with a coarser grain than its fact.";
    ChasmTrap = "DW0418", "chasm-trap", Warning, "Two tables joined by a key for which both have several rows.";
    CollatedKey = "DW0419", "collated-key", Warning, "Texts that one source compares without case, and another, or a query, as they are written.";
    SnapshotWithoutMilestones = "DW0420", "snapshot-without-milestones", Warning, "An accumulating snapshot without milestones.";
    UnknownDimension = "DW0501", "unknown-dimension", Error, "A role of a dimension that is not declared.";
    MissingScd = "DW0502", "missing-scd", Error, "An attribute without a policy for its changes.";
    NotAnInstant = "DW0503", "not-an-instant", Error, "A column that is not an instant where one is needed.";
    Snowflake = "DW0504", "snowflake", Warning, "A dimension that contains another dimension's key.";
    UndatedHistory = "DW0505", "undated-history", Warning, "History that is dated by the batch without declaring it.";
    TimelessQuery = "DW0506", "timeless-query", Error, "History from a query that has no meaning at a past instant.";
    LogByEntry = "DW0507", "log-by-entry", Warning, "A history whose table has one key per entry, not per member.";
    StatesNotKept = "DW0510", "states-not-kept", Error, "Landed states that a dimension's history needs but that are not kept.";
    UndatedTable = "DW0511", "undated-table", Warning, "A table that feeds a history but does not record when its rows changed.";
    IdlePolicy = "DW0512", "idle-policy", Warning, "A policy for versions or attributes that the dimension does not have.";
    FlagWithoutLabels = "DW0513", "flag-without-labels", Warning, "A BOOL attribute whose values are not words of the business.";
    SqlSyntax = "DW0601", "sql-syntax", Error, "SQL that does not parse.";
    UnknownColumn = "DW0602", "unknown-column", Error, "A column that the table or query does not have.";
    AmbiguousColumn = "DW0603", "ambiguous-column", Error, "A column name that several tables have.";
    UnknownTable = "DW0604", "unknown-table", Error, "A table that is not declared.";
    UnknownFunction = "DW0605", "unknown-function", Error, "A function that BigQuery does not have, or that no model can call.";
    ArgumentCount = "DW0606", "argument-count", Error, "A function with too few or too many arguments.";
    TypeMismatch = "DW0607", "type-mismatch", Error, "Values whose types do not match.";
    NotGrouped = "DW0608", "not-grouped", Error, "A column that is neither grouped nor aggregated.";
    MisplacedAggregate = "DW0609", "misplaced-aggregate", Error, "An aggregation in a place where none is allowed.";
    DateWithoutZone = "DW0610", "date-without-zone", Warning, "A day taken from an instant without a zone.";
    QueryShape = "DW0611", "query-shape", Error, "A query whose result cannot be a table.";
    UnknownType = "DW0612", "unknown-type", Error, "A type that GoogleSQL does not have.";
    NotApplied = "DW0701", "not-applied", Error, "Models that differ from those last applied to the warehouse.";
    DestructiveChange = "DW0702", "destructive-change", Error, "A plan that would lose data and was not allowed to.";
    Protected = "DW0703", "protected", Error, "A plan that would lose data of a protected model.";
    ForeignObject = "DW0704", "foreign-object", Error, "An object with a name that dwc needs and that dwc did not create.";
    StateNewer = "DW0705", "state-newer", Error, "A state that was written by a newer dwc.";
    StateDamaged = "DW0706", "state-damaged", Error, "A state that cannot be read.";
    Query = "DW0707", "query", Error, "A question that the models cannot answer.";
    StateIncomplete = "DW0708", "state-incomplete", Error, "A state with missing tables.";
    StateHalfWritten = "DW0709", "state-half-written", Error, "A state that was not completely written.";
    PlanTruncated = "DW0710", "plan-truncated", Error, "A saved plan that is cut off.";
    PlanEdited = "DW0711", "plan-edited", Error, "A saved plan that was changed after dwc wrote it.";
    PlanOfAnother = "DW0712", "plan-of-another", Error, "A saved plan for another project, target or environment.";
    PlanNewer = "DW0713", "plan-newer", Error, "A saved plan that was written by a newer dwc.";
    ModelsMoved = "DW0714", "models-moved", Error, "A saved plan whose models have changed.";
    StateMoved = "DW0715", "state-moved", Error, "A saved plan whose state has changed.";
    SchemaMoved = "DW0716", "schema-moved", Error, "A saved plan whose tables have changed in the warehouse.";
    NoSnapshot = "DW0717", "no-snapshot", Error, "A rollback without a snapshot.";
    UnknownRevision = "DW0718", "unknown-revision", Error, "A revision that git does not know, or whose models do not pass `dwc check`.";
    UnknownEnvironment = "DW0719", "unknown-environment", Error, "An environment that does not exist.";
    EnvironmentExists = "DW0720", "environment-exists", Error, "An environment whose name is taken.";
    EnvironmentExpired = "DW0721", "environment-expired", Error, "An environment that has expired.";
    ApplyCutOff = "DW0722", "apply-cut-off", Error, "An interrupted apply of other models.";
    UnsupportedTarget = "DW0802", "unsupported-target", Error, "A part of the project that dwc does not support on the target's engine.";
    UnsupportedSql = "DW0801", "unsupported-sql", Error, "SQL that has no equivalent on an engine of the project.";
    NullKey = "DW0901", "null-key", Error, "Rows whose key is NULL.";
    DuplicateKey = "DW0902", "duplicate-key", Error, "Several rows with the same key.";
    KeyCollision = "DW0903", "key-collision", Error, "Two members with the same surrogate key.";
    MissingMember = "DW0904", "missing-member", Error, "Rows that name a member that is not in the dimension.";
    AuditFailed = "DW0905", "audit-failed", Error, "A loaded table that breaks its own rules.";
    LateOriginal = "DW0906", "late-original", Warning, "A first value that changed because an earlier state arrived late.";
    StatesLost = "DW0907", "states-lost", Error, "A rebuild that would lose states that landing no longer has.";
    BrokenPrimaryKey = "DW0908", "broken-primary-key", Error, "A primary key that several rows of one read share.";
    LateFile = "DW0909", "late-file", Warning, "A file that arrived after later ones had landed.";
    FileMissing = "DW0910", "file-missing", Error, "No file where a table's files should be.";
    FileUnreadable = "DW0911", "file-unreadable", Error, "A file that is not in its declared format.";
    FileColumns = "DW0912", "file-columns", Error, "A file without a declared column.";
    TooManyRejected = "DW0913", "too-many-rejected", Error, "More rows that do not cast than are allowed.";
    TooManyDeleted = "DW0914", "too-many-deleted", Error, "A full read that lacks more rows than is allowed.";
    StrandedSnapshot = "DW0915", "stranded-snapshot", Warning, "A snapshot that is not read, because a later one has landed and is gone.";
    NamelessRows = "DW0916", "nameless-rows", Warning, "A full read with rows that have no key, so that nothing is deleted.";
    UntimedFile = "DW0917", "untimed-file", Warning, "Files without a time or an order that did not arrive in the order of their names.";
    WarehouseInUse = "DW0920", "warehouse-in-use", Error, "Another process holds the warehouse.";
    WarehouseUnreadable = "DW0921", "warehouse-unreadable", Error, "A file that is not a warehouse.";
    FileChanging = "DW0922", "file-changing", Warning, "A file that is still being written.";
    ExpressionFailed = "DW0928", "expression-failed", Error, "An expression of a model that fails on a row.";
    SourceUnreachable = "DW0930", "source-unreachable", Error, "A source that does not answer.";
    SourceRefused = "DW0931", "source-refused", Error, "A source that answers and refuses.";
    SourceColumns = "DW0932", "source-columns", Error, "A source table that differs from its declaration.";
    SourceAddress = "DW0933", "source-address", Error, "An address that does not name a server.";
    MissingVariable = "DW0934", "missing-variable", Error, "An environment variable that a connection needs and that is not set.";
    SourceFrozen = "DW0935", "source-frozen", Error, "A source table whose columns changed although they are frozen.";
    SourceChanged = "DW0936", "source-changed", Warning, "A source table whose columns changed.";
    SecretInFile = "DW0937", "secret-in-file", Warning, "A password that is written in a project file.";
    BigQueryCredentials = "DW0950", "bigquery-credentials", Error, "Credentials for BigQuery that are missing or refused.";
    BigQueryDenied = "DW0951", "bigquery-denied", Error, "An operation in BigQuery that the account is not allowed to do.";
    BigQueryNotFound = "DW0952", "bigquery-not-found", Error, "A project, dataset or table that BigQuery does not have.";
    BigQueryQuota = "DW0953", "bigquery-quota", Error, "A BigQuery quota that is still exceeded after retries.";
    BigQueryBytes = "DW0954", "bigquery-bytes", Error, "A script that would bill more bytes than are allowed.";
    BigQueryRefused = "DW0955", "bigquery-refused", Error, "A statement or file that BigQuery refuses.";
    BigQueryCancelled = "DW0956", "bigquery-cancelled", Error, "A job that was cancelled.";
    BigQueryUnreachable = "DW0957", "bigquery-unreachable", Error, "BigQuery does not answer.";
    WarehouseMoved = "DW0958", "warehouse-moved", Error, "A warehouse that another process changed in the meantime.";
    CurrentDiffers = "DW0960", "current-differs", Warning, "Members whose current version differs from the source.";
    OutsideCalendar = "DW0961", "outside-calendar", Warning, "Days that a calendar does not cover.";
    NoVersion = "DW0962", "no-version", Warning, "Events at a time when their member had no version.";
    ChangedRows = "DW0963", "changed-rows", Error, "Rows of an `insert_only` fact that have changed.";
    KeptRows = "DW0964", "kept-rows", Warning, "Changed rows of an `insert_only` fact that keep their first values.";
    MissingRows = "DW0965", "missing-rows", Error, "Rows that a fact lacks.";
    ExtraRows = "DW0966", "extra-rows", Error, "Rows that a table has too many.";
    DifferentRows = "DW0967", "different-rows", Error, "Rows of a fact with other values than their source.";
    DifferentVersions = "DW0968", "different-versions", Error, "Versions of a dimension that are not what its states give.";
    MilestonesOutOfOrder = "DW0969", "milestones-out-of-order", Warning, "Rows that reached a milestone before an earlier one.";
    NotLanded = "DW0970", "not-landed", Error, "Rows of a source that are not landed.";
    LandedDiffers = "DW0971", "landed-differs", Error, "Rows that are landed with other values than their source has.";
    GoneFromSource = "DW0972", "gone-from-source", Warning, "Landed rows that their source no longer has.";
    CheckFailed = "DW0980", "check-failed", Error, "Rows that do not meet a check.";
    BrokenHierarchy = "DW0981", "broken-hierarchy", Warning, "Values of a level that belong to several values of the level above.";
    UnlabelledValue = "DW0982", "unlabelled-value", Warning, "Values without a label, in an attribute with labels.";
    TooManyCombinations = "DW0983", "too-many-combinations", Error, "A junk dimension with more combinations than it may have.";
    ScreenHalted = "DW0985", "screen-halted", Error, "Rows that fail a check with `on_fail: halt`.";
    RowsScreened = "DW0986", "rows-screened", Warning, "Rows that fail a check with `on_fail: reject` or `on_fail: tag`.";
}
