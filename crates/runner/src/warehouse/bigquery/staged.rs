//! How a batch travels: columns of the embedded stage as types that Parquet and BigQuery agree on, and back as the types
//! that are landed. It must not know where the batch comes from.

use dwc_compiler::diagnostic::Code;
use dwc_googlesql::Type;

use super::BigQueryWarehouse;
use crate::Error;
use crate::extract::files::quote;
use crate::state::literal;
use crate::warehouse::engine::Parcel;

/// One column on its way.
struct Travelling {
    name: String,
    /// The API's type of the staging table's column.
    api: &'static str,
    /// The column in the embedded stage, in its words.
    there: String,
    /// The staging table's column as the landed type, in GoogleSQL.
    back: String,
}

impl Travelling {
    /// A column of a type.
    fn new(name: &str, ty: &Type) -> Result<Self, Error> {
        let (here, landed) = (quote(name), format!("`{name}`"));
        let text = format!("CAST({here} AS VARCHAR)");
        let (api, there, back) = match ty {
            Type::Int64 => ("INT64", here, landed),
            Type::Float64 => ("FLOAT64", here, landed),
            Type::Bool => ("BOOL", here, landed),
            Type::Bytes => ("BYTES", here, landed),
            Type::Date => ("DATE", here, landed),
            Type::String => ("STRING", here, landed),
            // Microseconds since 1970 leave no question of a zone.
            Type::Timestamp => ("INT64", format!("epoch_us({here})"), format!("TIMESTAMP_MICROS({landed})")),
            Type::DateTime => {
                ("INT64", format!("epoch_us({here})"), format!("DATETIME(TIMESTAMP_MICROS({landed}), 'UTC')"))
            }
            Type::Json => ("STRING", text, format!("PARSE_JSON({landed}, wide_number_mode => 'round')")),
            Type::Array(element) if is_scalar(element) => (
                "STRING",
                format!("CAST(to_json({here}) AS VARCHAR)"),
                format!(
                    "ARRAY(SELECT CAST(_e AS {element}) FROM UNNEST(JSON_VALUE_ARRAY({landed})) AS _e WITH OFFSET AS _o ORDER BY _o)"
                ),
            ),
            Type::Array(_) | Type::Struct(_) => {
                return Err(Error::coded(
                    Code::UnsupportedTarget,
                    format!("column `{name}` is {ty}, which does not travel to BigQuery"),
                )
                .help("declare it as JSON, and take it apart in a model's query"));
            }
            other => ("STRING", text, format!("CAST({landed} AS {other})")),
        };
        Ok(Self { name: name.to_owned(), api, there, back })
    }
}

fn is_scalar(ty: &Type) -> bool {
    matches!(ty, Type::Int64 | Type::Float64 | Type::Bool | Type::String | Type::Date | Type::Numeric(_))
}

impl BigQueryWarehouse {
    /// Writes rows of the embedded engine as a file, and puts it into a staging table; see [`crate::Warehouse::deliver`].
    pub(super) fn send(&self, parcel: &Parcel<'_>) -> Result<String, Error> {
        let Parcel { name, columns, rows, order, folder } = parcel;
        let columns =
            columns.iter().map(|(name, ty)| Travelling::new(name, ty)).collect::<Result<Vec<Travelling>, Error>>()?;
        let list: Vec<String> =
            columns.iter().map(|column| format!("{} AS {}", column.there, quote(&column.name))).collect();
        let order = order.map_or_else(String::new, |order| format!(" ORDER BY {order}"));
        std::fs::create_dir_all(folder)
            .map_err(|cause| Error::because("the staging folder could not be made", cause))?;
        let file = folder.join(format!("{name}.sent.parquet"));
        self.copy().execute(&format!(
            "COPY (SELECT {} FROM {rows} AS _s{order}) TO {} (FORMAT parquet, COMPRESSION snappy)",
            list.join(", "),
            literal(&file.to_string_lossy())
        ))?;
        let types: Vec<(String, String)> =
            columns.iter().map(|column| (column.name.clone(), column.api.to_owned())).collect();
        let path = self.stage(name, &types, &file)?;
        // A file that stays is overwritten by the next.
        let _ = std::fs::remove_file(file);
        let back: Vec<String> = columns.iter().map(|column| format!("{} AS `{}`", column.back, column.name)).collect();
        Ok(format!("(SELECT {} FROM {path})", back.join(", ")))
    }
}
