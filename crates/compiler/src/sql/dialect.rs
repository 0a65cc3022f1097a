//! What the engines say differently, one method per difference. It decides words, never what is to be done.

mod texts;

use self::texts::{letter, trimmed};
use crate::plan::Division;
use dwc_googlesql::{Analysis, Catalog, Problem, ProblemKind, Tables, Type, analyze_query, folded, translated};

/// An engine's words.
pub trait Dialect: Sync {
    /// The engine's name, as in a target's `type`.
    fn name(&self) -> &'static str;
    /// An identifier, quoted.
    fn quote(&self, name: &str) -> String;
    /// The name of an answer's column that holds an attribute of a role, `role.attribute`.
    fn heading(&self, path: &str) -> String;
    /// The engine's spelling of a GoogleSQL type.
    fn ty(&self, ty: &Type) -> String;
    /// Fixed words of statement templates.
    fn words(&self) -> Words;
    /// Two values of a type, made comparable by `IS DISTINCT FROM`.
    fn comparable(&self, expr: &str, ty: &Type) -> String;
    /// A text without its case, the same on every engine: what texts that are compared without case are compared by.
    fn folded(&self, expr: &str) -> String;
    /// The text of a key part for hashing: typed and length-prefixed, so that no two lists of parts read alike.
    fn key_part(&self, expr: &str, ty: &Type) -> String;
    /// The microseconds since 1970 of a timestamp, as text.
    fn instant_text(&self, expr: &str) -> String;
    /// Texts joined end to end; NULL when one of them is.
    fn concat(&self, parts: &[String]) -> String;
    /// 60 bits of the MD5 of a text, as an INT64: never negative, so that no key meets a reserved member.
    fn hash60(&self, text: &str) -> String;
    /// A string literal.
    fn string(&self, value: &str) -> String;
    /// A user's GoogleSQL SELECT in the engine's words, its tables named as the catalog says.
    ///
    /// # Errors
    /// What the engine has no equal of, with its place in the text.
    fn query(&self, text: &str, catalog: &Tables) -> Result<String, Vec<Problem>>;
    /// The statement by which the rows of a query are found under the path of a temporary table; `is_written` says that
    /// statements change them there.
    fn temporary(&self, path: &str, query: &str, is_written: bool) -> String;
    /// What removes it; `None` where it goes by itself.
    fn without_temporary(&self, path: &str, is_written: bool) -> Option<String>;
    /// A value as a person reads it, as text.
    fn readable(&self, expr: &str, ty: &Type) -> String;
    /// The text of a value by which rows are summed up, the same on every engine and in every database that can give it.
    /// Moments are in UTC, or those of TIMESTAMP by the clocks of a zone. FLOAT64, JSON, ARRAY and STRUCT have none.
    fn canonical(&self, expr: &str, ty: &Type, zone: Option<&str>) -> String;
    /// Whether two numbers of a type lie no further apart than a decimal says; FALSE where one of them is NULL.
    fn is_near(&self, a: &str, b: &str, ty: &Type, within: &str) -> String;
    /// How many bytes a text has, as text.
    fn octets(&self, text: &str) -> String;
    /// The sum of INT64 values, which does not overflow.
    fn sum(&self, expr: &str) -> String;
    /// How it divides whole numbers.
    fn division(&self) -> Division;
    /// Whether a table may be clustered and partitioned, and its keys declared.
    fn has_physical_design(&self) -> bool;
    /// Whether a condition on the partition's column spares the partitions that it rules out.
    fn prunes_partitions(&self) -> bool;
    /// The rows `_v` of a table that a few rows `_m` look up by these equalities.
    fn looked_up(&self, table: &str, few: &str, on: &[String]) -> String;
    /// The condition by which a full join finds the rows of two relations that have one key, NULL being equal to NULL.
    fn full_join_on(&self, relations: (&str, &str), key: &[String]) -> String;
}

/// Fixed words of statement templates.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Words {
    /// A cast that gives NULL where a value does not fit the type.
    pub safe_cast: &'static str,
    /// Counts rows for which a condition holds.
    pub count_if: &'static str,
    /// Whether any condition holds.
    pub logical_or: &'static str,
    /// The instant from which a first version holds.
    pub beginning: &'static str,
    /// The instant until which a current version holds.
    pub far_future: &'static str,
    /// The last instant at which a version may start, and at which one is looked up.
    pub last_instant: &'static str,
    /// The greatest INT64.
    pub max_int64: &'static str,
    /// The batch that the statement lands or consumes, INT64.
    pub batch: &'static str,
    /// The last batch that the model has consumed, INT64.
    pub since: &'static str,
    /// The instant of the batch, TIMESTAMP.
    pub at: &'static str,
    /// The last batch that every model has consumed, INT64.
    pub consumed: &'static str,
    /// The instant since which a rebuild computes anew, TIMESTAMP.
    pub from: &'static str,
    /// What gives a variable of the script its value.
    pub set: &'static str,
    /// The instant before which no binding to a version of the dimension changes, TIMESTAMP.
    pub changed_from: &'static str,
}

/// The variables of BigQuery's statements that the statements of one script set for those after them: a script declares
/// them, before those that its caller gives a value.
pub const SCRIPT_VARIABLES: &str = "DECLARE dwc_changed_from TIMESTAMP;\nDECLARE dwc_first DATE;\nDECLARE dwc_last DATE;\n\
     DECLARE dwc_piece_first DATE;\nDECLARE dwc_piece_last DATE;\n";

/// The embedded engine. <https://duckdb.org/docs/stable/sql/introduction>
#[derive(Debug, Clone, Copy)]
pub struct DuckDb;

/// Google BigQuery. <https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax>
#[derive(Debug, Clone, Copy)]
pub struct BigQuery;

impl Dialect for DuckDb {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn heading(&self, path: &str) -> String {
        path.to_owned()
    }

    fn ty(&self, ty: &Type) -> String {
        ty.duckdb()
    }

    fn words(&self) -> Words {
        Words {
            safe_cast: "TRY_CAST",
            count_if: "count_if",
            logical_or: "bool_or",
            beginning: "TIMESTAMP '0001-01-01 00:00:00'",
            far_future: "TIMESTAMP '9999-12-31 00:00:00'",
            last_instant: "TIMESTAMP '9999-12-30 23:59:59.999999'",
            max_int64: "9223372036854775807",
            batch: "getvariable('dwc_batch')",
            since: "getvariable('dwc_since')",
            at: "getvariable('dwc_at')",
            consumed: "getvariable('dwc_consumed')",
            from: "getvariable('dwc_from')",
            set: "SET VARIABLE",
            changed_from: "getvariable('dwc_changed_from')",
        }
    }

    fn comparable(&self, expr: &str, _: &Type) -> String {
        expr.to_owned()
    }

    /// As GoogleSQL's LOWER is written there.
    fn folded(&self, expr: &str) -> String {
        format!("dwc_lower({expr})")
    }

    fn key_part(&self, expr: &str, ty: &Type) -> String {
        let text = match ty {
            Type::Bytes => format!("lower(hex({expr}))"),
            Type::Timestamp | Type::DateTime => format!("CAST(epoch_us({expr}) AS VARCHAR)"),
            Type::String => expr.to_owned(),
            _ => format!("CAST({expr} AS VARCHAR)"),
        };
        format!("'{}' || strlen({text}) || ':' || {text}", letter(ty))
    }

    fn instant_text(&self, expr: &str) -> String {
        format!("CAST(epoch_us({expr}) AS VARCHAR)")
    }

    fn concat(&self, parts: &[String]) -> String {
        parts.join(" || ")
    }

    fn hash60(&self, text: &str) -> String {
        format!("CAST('0x' || substr(md5({text}), 1, 15) AS BIGINT)")
    }

    fn string(&self, value: &str) -> String {
        format!("'{}'", value.replace('\'', "''"))
    }

    fn query(&self, text: &str, catalog: &Tables) -> Result<String, Vec<Problem>> {
        translated(&folded(text, catalog)?, catalog)
    }

    /// A view, so that rows are not copied that are only read.
    fn temporary(&self, path: &str, query: &str, is_written: bool) -> String {
        format!("CREATE OR REPLACE TEMP {} {path} AS\n{query}", if is_written { "TABLE" } else { "VIEW" })
    }

    fn without_temporary(&self, path: &str, is_written: bool) -> Option<String> {
        Some(format!("DROP {} {path}", if is_written { "TABLE" } else { "VIEW" }))
    }

    fn readable(&self, expr: &str, _: &Type) -> String {
        format!("CAST({expr} AS VARCHAR)")
    }

    fn canonical(&self, expr: &str, ty: &Type, zone: Option<&str>) -> String {
        let moment = |at: &str| format!("strftime({at}, '%Y-%m-%d %H:%M:%S.%f')");
        match ty {
            Type::Numeric(_) | Type::BigNumeric(_) => trimmed(&format!("CAST({expr} AS VARCHAR)")),
            Type::Bool => format!("CASE WHEN {expr} THEN '1' WHEN NOT {expr} THEN '0' END"),
            Type::Bytes => format!("hex({expr})"),
            Type::DateTime | Type::Timestamp => match zone {
                Some(zone) => moment(&format!("COALESCE(TRY(dwc_to_zone({expr}, {})), {expr})", self.string(zone))),
                None => moment(expr),
            },
            Type::Time => format!("strftime(DATE '2000-01-01' + {expr}, '%H:%M:%S.%f')"),
            Type::String => expr.to_owned(),
            _ => format!("CAST({expr} AS VARCHAR)"),
        }
    }

    /// A MERGE takes no TRY in its conditions. A subtraction overflows only where one number is negative and the other is not,
    /// and such numbers are near only where each is near 0.
    fn is_near(&self, a: &str, b: &str, _: &Type, within: &str) -> String {
        let small = |expr: &str| format!("{expr} BETWEEN -{within} AND {within}");
        let (difference, each) = (small(&format!("{a} - {b}")), [small(a), small(b)].join(" AND "));
        format!("COALESCE(CASE WHEN ({a} < 0) = ({b} < 0) OR ({each}) THEN {difference} END, FALSE)")
    }

    fn octets(&self, text: &str) -> String {
        format!("CAST(strlen({text}) AS VARCHAR)")
    }

    fn sum(&self, expr: &str) -> String {
        format!("SUM({expr})")
    }

    fn division(&self) -> Division {
        Division { quotient: |a, b| format!("{a} // {b}"), remainder: |a, b| format!("{a} % {b}") }
    }

    fn has_physical_design(&self) -> bool {
        false
    }

    fn prunes_partitions(&self) -> bool {
        false
    }

    /// The engine builds its hash table over all rows of a table that is joined to the left; over these alone it is small.
    fn looked_up(&self, table: &str, few: &str, on: &[String]) -> String {
        format!("(SELECT _v.* FROM {table} AS _v SEMI JOIN {few} AS _m ON {})", on.join(" AND "))
    }

    fn full_join_on(&self, (left, right): (&str, &str), key: &[String]) -> String {
        let column = |relation: &str, name: &str| format!("{relation}.{}", self.quote(name));
        let equal =
            key.iter().map(|name| format!("{} IS NOT DISTINCT FROM {}", column(left, name), column(right, name)));
        equal.collect::<Vec<_>>().join(" AND ")
    }
}

impl Dialect for BigQuery {
    fn name(&self) -> &'static str {
        "bigquery"
    }

    fn quote(&self, name: &str) -> String {
        format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
    }

    /// A column's name holds no dot.
    /// <https://cloud.google.com/bigquery/docs/schemas#column_names>
    fn heading(&self, path: &str) -> String {
        path.replace('.', "__")
    }

    fn ty(&self, ty: &Type) -> String {
        ty.to_string()
    }

    fn words(&self) -> Words {
        Words {
            safe_cast: "SAFE_CAST",
            count_if: "COUNTIF",
            logical_or: "LOGICAL_OR",
            beginning: "TIMESTAMP '0001-01-01 00:00:00+00'",
            far_future: "TIMESTAMP '9999-12-31 00:00:00+00'",
            last_instant: "TIMESTAMP '9999-12-30 23:59:59.999999+00'",
            max_int64: "9223372036854775807",
            batch: "dwc_batch",
            since: "dwc_since",
            at: "dwc_at",
            consumed: "dwc_consumed",
            from: "dwc_from",
            set: "SET",
            changed_from: "dwc_changed_from",
        }
    }

    /// JSON, ARRAY and STRUCT have no equality there.
    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#groupable_data_types>
    fn comparable(&self, expr: &str, ty: &Type) -> String {
        match ty {
            Type::Json | Type::Array(_) | Type::Struct(_) => format!("TO_JSON_STRING({expr})"),
            _ => expr.to_owned(),
        }
    }

    /// A table is not clustered by a column with a collation, so that its columns have none.
    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/collation-concepts>
    fn folded(&self, expr: &str) -> String {
        format!("LOWER({expr})")
    }

    fn key_part(&self, expr: &str, ty: &Type) -> String {
        let text = match ty {
            Type::Bytes => format!("TO_HEX({expr})"),
            Type::Timestamp => format!("CAST(UNIX_MICROS({expr}) AS STRING)"),
            Type::DateTime => format!("CAST(UNIX_MICROS(TIMESTAMP({expr}, 'UTC')) AS STRING)"),
            Type::String => expr.to_owned(),
            _ => format!("CAST({expr} AS STRING)"),
        };
        format!("CONCAT('{}', CAST(BYTE_LENGTH({text}) AS STRING), ':', {text})", letter(ty))
    }

    fn instant_text(&self, expr: &str) -> String {
        format!("CAST(UNIX_MICROS({expr}) AS STRING)")
    }

    fn concat(&self, parts: &[String]) -> String {
        if parts.len() == 1 { parts[0].clone() } else { format!("CONCAT({})", parts.join(", ")) }
    }

    fn hash60(&self, text: &str) -> String {
        format!("CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5({text})), 1, 15)) AS INT64)")
    }

    fn string(&self, value: &str) -> String {
        super::names::literal(value)
    }

    /// The user's own text, with nothing but its table names replaced.
    fn query(&self, text: &str, catalog: &Tables) -> Result<String, Vec<Problem>> {
        let text = folded(text, catalog)?;
        let outcome = analyze_query(&text, catalog);
        let (mut problems, analysis) = (outcome.problems, outcome.analysis);
        // What has no equal on the other engine is nothing to this one; a name that nothing stands for is.
        problems.retain(|problem| problem.kind != ProblemKind::Unsupported && !problem.kind.is_lint());
        let Some(Analysis { mut tables, .. }) = analysis.filter(|_| problems.is_empty()) else { return Err(problems) };
        tables.sort_by_key(|used| std::cmp::Reverse(used.span.start));
        let mut spliced = text.into_owned();
        for used in tables {
            let alias = used.table.rsplit('.').next().unwrap_or(&used.table);
            let physical = catalog.physical(&used.table);
            let named = if used.alias.is_empty() { format!("{physical} AS {}", self.quote(alias)) } else { physical };
            spliced.replace_range(used.span, &named);
        }
        Ok(spliced)
    }

    /// JSON, ARRAY and STRUCT do not cast to STRING, and BYTES only where they are UTF-8.
    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_functions#cast_as_string>
    /// A script has no temporary views. <https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language>
    fn temporary(&self, path: &str, query: &str, _: bool) -> String {
        format!("CREATE OR REPLACE TEMP TABLE {path} AS\n{query}")
    }

    /// It is gone when its script ends.
    fn without_temporary(&self, _: &str, _: bool) -> Option<String> {
        None
    }

    fn readable(&self, expr: &str, ty: &Type) -> String {
        match ty {
            Type::Json | Type::Array(_) | Type::Struct(_) => format!("TO_JSON_STRING({expr})"),
            Type::Bytes => format!("TO_HEX({expr})"),
            _ => format!("CAST({expr} AS STRING)"),
        }
    }

    fn canonical(&self, expr: &str, ty: &Type, zone: Option<&str>) -> String {
        let moment =
            |at: &str| format!("CONCAT(CAST(DATE({at}) AS STRING), ' ', FORMAT_TIME('%H:%M:%E6S', TIME({at})))");
        let utc = format!("DATETIME({expr}, 'UTC')");
        match ty {
            Type::Numeric(_) | Type::BigNumeric(_) => trimmed(&format!("CAST({expr} AS STRING)")),
            Type::Bool => format!("CASE WHEN {expr} THEN '1' WHEN NOT {expr} THEN '0' END"),
            Type::Bytes => format!("UPPER(TO_HEX({expr}))"),
            Type::DateTime => moment(expr),
            // A sentinel that a zone would move beyond the ends of time stays.
            Type::Timestamp => match zone {
                Some(zone) => moment(&format!("COALESCE(SAFE.DATETIME({expr}, {}), {utc})", self.string(zone))),
                None => moment(&utc),
            },
            Type::Time => format!("FORMAT_TIME('%H:%M:%E6S', {expr})"),
            Type::String => expr.to_owned(),
            _ => format!("CAST({expr} AS STRING)"),
        }
    }

    /// What is too far apart for a subtraction is not near.
    fn is_near(&self, a: &str, b: &str, ty: &Type, within: &str) -> String {
        let limit = |sign: &str| match ty {
            Type::Float64 => format!("CAST('{sign}{within}' AS FLOAT64)"),
            _ => format!("BIGNUMERIC '{sign}{within}'"),
        };
        format!("COALESCE(SAFE_SUBTRACT({a}, {b}) BETWEEN {} AND {}, FALSE)", limit("-"), limit(""))
    }

    fn octets(&self, text: &str) -> String {
        format!("CAST(BYTE_LENGTH({text}) AS STRING)")
    }

    fn sum(&self, expr: &str) -> String {
        format!("SUM(CAST({expr} AS BIGNUMERIC))")
    }

    fn division(&self) -> Division {
        Division { quotient: |a, b| format!("DIV({a}, {b})"), remainder: |a, b| format!("MOD({a}, {b})") }
    }

    fn has_physical_design(&self) -> bool {
        true
    }

    /// By what is constant before the statement runs, such as a variable of its script.
    /// <https://cloud.google.com/bigquery/docs/querying-partitioned-tables#better_performance_with_pseudo-columns>
    fn prunes_partitions(&self) -> bool {
        true
    }

    /// It sends the few rows to the table by itself.
    fn looked_up(&self, table: &str, _: &str, _: &[String]) -> String {
        table.to_owned()
    }

    /// Its full join takes equalities alone.
    /// <https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax#full_join>
    fn full_join_on(&self, (left, right): (&str, &str), key: &[String]) -> String {
        let text = |relation: &str| {
            let columns: Vec<String> = key.iter().map(|name| format!("{relation}.{}", self.quote(name))).collect();
            format!("TO_JSON_STRING(STRUCT({}))", columns.join(", "))
        };
        format!("{} = {}", text(left), text(right))
    }
}
