//! Functions that exist and are refused by name: the reviewed exclusions from the table, each with its reason.
//! It must not hold a function that a query of a model can call on BigQuery.

/// Why a function is not taken.
struct Excluded {
    /// What it is, after its name.
    why: &'static str,
    /// What to write instead, if that is known.
    instead: Option<&'static str>,
    names: &'static [&'static str],
}

const EXCLUDED: &[Excluded] = &[
    Excluded {
        why: "is a function of GoogleSQL that BigQuery does not have",
        instead: Some("SAFE_CAST, SAFE_DIVIDE and the prefix SAFE. give NULL instead of an error"),
        names: &["IFERROR", "ISERROR", "NULLIFERROR"],
    },
    Excluded {
        why: "is a function of GoogleSQL that BigQuery does not have",
        instead: Some("write ARRAY(SELECT ... FROM UNNEST(...)), or an aggregate over UNNEST"),
        names: &[
            "APPLY",
            "ARRAY_AVG",
            "ARRAY_FILTER",
            "ARRAY_FIND",
            "ARRAY_FIND_ALL",
            "ARRAY_FIRST_N",
            "ARRAY_INCLUDES_ALL",
            "ARRAY_INCLUDES_ANY",
            "ARRAY_LAST_N",
            "ARRAY_MAX",
            "ARRAY_MIN",
            "ARRAY_OFFSET",
            "ARRAY_OFFSETS",
            "ARRAY_REMOVE_FIRST_N",
            "ARRAY_REMOVE_LAST_N",
            "ARRAY_SUM",
            "ARRAY_TRANSFORM",
            "ARRAY_ZIP",
            "ELEMENTWISE_AVG",
            "ELEMENTWISE_SUM",
            "FLATTEN",
        ],
    },
    Excluded {
        why: "is a function of GoogleSQL that BigQuery does not have",
        instead: None,
        names: &[
            "ADD_MONTHS",
            "AEAD.ENVELOPE_DECRYPT_BYTES",
            "AEAD.ENVELOPE_DECRYPT_STRING",
            "AEAD.ENVELOPE_ENCRYPT",
            "APPROX_COSINE_DISTANCE",
            "APPROX_DOT_PRODUCT",
            "APPROX_EUCLIDEAN_DISTANCE",
            "DOT_PRODUCT",
            "JSON_CONTAINS",
            "KLL_QUANTILES.EXTRACT_RELATIVE_RANK_FLOAT64",
            "KLL_QUANTILES.EXTRACT_RELATIVE_RANK_INT64",
            "KLL_QUANTILES.MERGE_RELATIVE_RANK_FLOAT64",
            "KLL_QUANTILES.MERGE_RELATIVE_RANK_INT64",
            "L1_NORM",
            "L2_NORM",
            "MANHATTAN_DISTANCE",
            "NEXT_DAY",
            "PI_BIGNUMERIC",
            "PI_NUMERIC",
            "RANGE_IS_END_UNBOUNDED",
            "RANGE_IS_START_UNBOUNDED",
            "REGEXP_EXTRACT_GROUPS",
            "SAFE_TO_JSON",
            "SPLIT_SUBSTR",
            "ST_ASKML",
            "ST_GEOGFROMKML",
            "ST_NEAREST_NEIGHBORS",
            "ST_UNARYUNION",
            "TIMESTAMP_FROM_UNIX_MICROS",
            "TIMESTAMP_FROM_UNIX_MILLIS",
            "TIMESTAMP_FROM_UNIX_SECONDS",
            "TO_SECONDS_INTERVAL",
            "ZSTD_COMPRESS",
            "ZSTD_DECOMPRESS_TO_BYTES",
            "ZSTD_DECOMPRESS_TO_STRING",
        ],
    },
    Excluded {
        why: "takes protocol buffers, which BigQuery does not have",
        instead: None,
        names: &["FILTER_FIELDS", "PROTO_MAP_CONTAINS_KEY", "PROTO_MODIFY_MAP"],
    },
    Excluded {
        why: "is a function of graph queries, which dwc does not read",
        instead: Some("make a table of the graph's answers and declare it as a source"),
        names: &[
            "ALL_DIFFERENT",
            "DESTINATION_NODE_ID",
            "EDGES",
            "ELEMENT_DEFINITION_NAME",
            "ELEMENT_ID",
            "IS_ACYCLIC",
            "IS_SIMPLE",
            "IS_TRAIL",
            "LABELS",
            "NODES",
            "PATH",
            "PATH_FIRST",
            "PATH_LAST",
            "PATH_LENGTH",
            "PROPERTY_EXISTS",
            "PROPERTY_NAMES",
            "SAME",
            "SOURCE_NODE_ID",
        ],
    },
    Excluded {
        why: "is a function of MATCH_RECOGNIZE, which dwc does not read",
        instead: Some("write LAG, LEAD or FIRST_VALUE with OVER"),
        names: &[
            "CLASSIFIER",
            "FIRST",
            "IS_FIRST",
            "IS_LAST",
            "LAST",
            "MATCH_NUMBER",
            "MATCH_ROW_NUMBER",
            "NEXT",
            "PREV",
        ],
    },
    Excluded {
        why: "takes a column of the type MEASURE, which dwc does not read",
        instead: Some("declare the measure on a fact, with its additivity"),
        names: &["AGG"],
    },
    Excluded {
        why: "makes a table of its own, which dwc does not trace to its rows",
        instead: Some("make a table of its answers and declare it as a source"),
        names: &[
            "APPENDS",
            "CHANGES",
            "EXTERNAL_OBJECT_TRANSFORM",
            "EXTERNAL_QUERY",
            "GAP_FILL",
            "RANGE_SESSIONIZE",
            "VECTOR_SEARCH",
        ],
    },
];

/// Functions of these namespaces call a model or a service: their answers change without a change of the rows.
const SERVICES: [&str; 3] = ["AI.", "ML.", "OBJ."];

/// The names on the list.
pub fn excluded() -> impl Iterator<Item = &'static str> {
    EXCLUDED.iter().flat_map(|group| group.names.iter().copied())
}

/// The message and the help for a function that is excluded by name.
pub(super) fn refusal(name: &str) -> Option<(String, Option<String>)> {
    if SERVICES.iter().any(|space| name.starts_with(space)) {
        let help = "make a table of its answers and declare it as a source";
        return Some((format!("`{name}` calls a model or a service, which a load cannot repeat"), Some(help.into())));
    }
    let group = EXCLUDED.iter().find(|group| group.names.contains(&name))?;
    Some((format!("`{name}` {}", group.why), group.instead.map(str::to_string)))
}
