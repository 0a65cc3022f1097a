//! Rows of a query, page by page, each value as the text that SQL would print. It must not know what they mean.

use base64::Engine as _;
use chrono::DateTime;
use serde_json::Value;

use crate::client::Client;
use crate::failure::Failure;

/// The column names and rows of a query; NULL is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Names of the columns.
    pub names: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Client {
    pub(crate) async fn rows_of(&self, id: &str) -> Result<Rows, Failure> {
        let url = format!("{}/bigquery/v2/projects/{}/queries/{id}", self.base, self.settings.project);
        let mut rows = Rows::default();
        let mut types: Vec<(String, bool)> = Vec::new();
        let mut page: Option<String> = None;
        loop {
            let query = [
                ("location", self.settings.location.as_deref()),
                ("pageToken", page.as_deref()),
                ("formatOptions.useInt64Timestamp", Some("true")),
                ("maxResults", Some("10000")),
            ];
            let answer = self.transport.json(&|http| http.get(&url).query(&query)).await?;
            if answer["jobComplete"] == false {
                continue;
            }
            if types.is_empty() {
                for field in answer["schema"]["fields"].as_array().into_iter().flatten() {
                    rows.names.push(field["name"].as_str().unwrap_or_default().to_owned());
                    types.push((field["type"].as_str().unwrap_or_default().to_owned(), field["mode"] == "REPEATED"));
                }
            }
            for row in answer["rows"].as_array().into_iter().flatten() {
                let cells = row["f"].as_array().into_iter().flatten();
                rows.rows.push(cells.zip(&types).map(|(cell, (ty, many))| text(&cell["v"], ty, *many)).collect());
            }
            page = answer["pageToken"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
            if page.is_none() {
                return Ok(rows);
            }
        }
    }
}

/// A value as text.
fn text(value: &Value, ty: &str, is_many: bool) -> Option<String> {
    if is_many {
        let parts = value.as_array().into_iter().flatten().map(|cell| text(&cell["v"], ty, false));
        return serde_json::to_string(&parts.collect::<Vec<_>>()).ok();
    }
    let Some(plain) = value.as_str() else {
        return (!value.is_null()).then(|| value.to_string());
    };
    Some(match ty {
        "TIMESTAMP" => plain
            .parse()
            .ok()
            .and_then(DateTime::from_timestamp_micros)
            .map_or_else(|| plain.to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S%.f").to_string()),
        "DATETIME" | "TIME" => {
            let spaced = plain.replacen('T', " ", 1);
            if spaced.contains('.') { trimmed(&spaced) } else { spaced }
        }
        "NUMERIC" | "BIGNUMERIC" if plain.contains('.') => trimmed(plain),
        "FLOAT" | "FLOAT64" => plain.parse::<f64>().map_or_else(|_| plain.to_owned(), |number| number.to_string()),
        "BYTES" => base64::engine::general_purpose::STANDARD
            .decode(plain)
            .map_or_else(|_| plain.to_owned(), |bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        _ => plain.to_owned(),
    })
}

/// Digits without the zeros at the end of a fraction.
fn trimmed(digits: &str) -> String {
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_print_as_the_embedded_engine_prints_them() {
        let told = |value: Value, ty: &str| text(&value, ty, false);
        assert_eq!(told(json!("1772323200500000"), "TIMESTAMP").as_deref(), Some("2026-03-01 00:00:00.500"));
        assert_eq!(told(json!("253402214400000000"), "TIMESTAMP").as_deref(), Some("9999-12-31 00:00:00"));
        assert_eq!(told(json!("2026-03-01T09:00:00.500000"), "DATETIME").as_deref(), Some("2026-03-01 09:00:00.5"));
        assert_eq!(told(json!("1.500000000"), "NUMERIC").as_deref(), Some("1.5"));
        assert_eq!(told(json!("100"), "NUMERIC").as_deref(), Some("100"));
        assert_eq!(told(json!("1e2"), "FLOAT").as_deref(), Some("100"));
        assert_eq!(told(json!("AQI="), "BYTES").as_deref(), Some("0102"));
        assert_eq!(told(json!(null), "STRING"), None);
        assert_eq!(text(&json!([{"v": "1"}, {"v": null}]), "INTEGER", true).as_deref(), Some(r#"["1",null]"#));
    }
}
