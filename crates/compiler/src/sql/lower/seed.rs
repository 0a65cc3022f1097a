//! The rows that a table of the star starts with: reserved members, and the days and minutes of generated dimensions.

use dwc_googlesql::{Problem, Tables};

use super::Lowering;
use crate::model::{CALENDAR, Calendar, Dimension, DimensionKind, ModelId, RESERVED, TIME_OF_DAY};
use crate::plan::{Object, ObjectColumn, ObjectKind};
use crate::sql::names;

impl Lowering<'_> {
    /// The rows that a table of the star starts with: reserved members, and the rows of a generated dimension.
    pub(super) fn seed(&self, object: &Object) -> Vec<String> {
        if object.kind != ObjectKind::Star {
            return Vec::new();
        }
        let Some(ModelId::Dimension(index)) = self.project.model(&object.owner) else { return Vec::new() };
        let dimension = &self.project.dimensions[index];
        let path = self.star(&dimension.name);
        let mut statements = vec![self.reserved(dimension, &path, object)];
        if let Some(Ok(query)) = self.generated(dimension) {
            let columns: Vec<String> = object.columns.iter().map(|column| self.dialect.quote(&column.name)).collect();
            statements.push(format!("INSERT INTO {path} ({})\n{query}", columns.join(", ")));
        }
        statements
    }

    /// The query that gives the rows of a generated dimension. A load plan is not made where it does not translate.
    pub(super) fn generated(&self, dimension: &Dimension) -> Option<Result<String, Vec<Problem>>> {
        let text = match &dimension.kind {
            DimensionKind::Standard(_) | DimensionKind::Mini(_) | DimensionKind::Junk(_) => return None,
            DimensionKind::Calendar(calendar) => calendar_text(&dimension.name, calendar),
            DimensionKind::TimeOfDay => time_of_day_text(&dimension.name),
        };
        Some(self.dialect.query(&text, &Tables::default()))
    }

    fn reserved(&self, dimension: &Dimension, path: &str, object: &Object) -> String {
        let names: Vec<String> = object.columns.iter().map(|column| self.dialect.quote(&column.name)).collect();
        let rows: Vec<String> = RESERVED
            .iter()
            .map(|(key, label)| {
                let values: Vec<String> =
                    object.columns.iter().map(|column| self.reserved_value(dimension, column, *key, label)).collect();
                format!("  ({})", values.join(", "))
            })
            .collect();
        format!("INSERT INTO {path} ({})\nVALUES\n{}", names.join(", "), rows.join(",\n"))
    }

    /// The reserved members' values of a column that a dimension gets later.
    pub(super) fn reserved_in_column(&self, object: &Object, column: &ObjectColumn) -> Option<String> {
        let ModelId::Dimension(index) = self.project.model(&object.owner)? else { return None };
        if object.kind != ObjectKind::Star {
            return None;
        }
        let dimension = &self.project.dimensions[index];
        let key = self.dialect.quote(&names::key(&dimension.name));
        let values: Vec<String> = RESERVED
            .iter()
            .map(|(code, label)| format!("WHEN {code} THEN {}", self.reserved_value(dimension, column, *code, label)))
            .collect();
        let name = self.dialect.quote(&column.name);
        let path = self.star(&dimension.name);
        let is_null = values.iter().all(|value| value.ends_with("THEN NULL"));
        (!is_null).then(|| format!("UPDATE {path} SET {name} = CASE {key} {} END WHERE {key} < 0", values.join(" ")))
    }

    fn reserved_value(&self, dimension: &Dimension, column: &ObjectColumn, key: i64, label: &str) -> String {
        let words = self.dialect.words();
        let members = dimension.members();
        let natural = members.is_some_and(|m| m.natural_key.iter().any(|part| part.name == column.name));
        let outrigger =
            members.is_some_and(|m| m.outriggers.iter().any(|mini| names::outrigger_key(mini) == column.name));
        match column.name.as_str() {
            name if name == names::key(&dimension.name) || name == names::durable_key(&dimension.name) => {
                key.to_string()
            }
            _ if outrigger => key.to_string(),
            "valid_from" => words.beginning.to_owned(),
            "valid_to" => words.far_future.to_owned(),
            "is_current" => "TRUE".to_owned(),
            "is_deleted" | "is_inferred" => "FALSE".to_owned(),
            "loaded_batch" => "0".to_owned(),
            _ if column.ty == "STRING" && !natural => self.dialect.string(label),
            name => self.never_null(dimension, name).unwrap_or_else(|| "NULL".to_owned()),
        }
    }
}

fn calendar_text(name: &str, calendar: &Calendar) -> String {
    let shift = (13 - u32::from(calendar.fiscal_year_starts)) % 12;
    let holiday = if calendar.holidays.is_empty() {
        "CAST(NULL AS STRING)".to_owned()
    } else {
        let whens: Vec<String> = calendar
            .holidays
            .iter()
            .map(|(day, name)| format!("WHEN DATE '{day}' THEN {}", names::literal(name)))
            .collect();
        format!("CASE d {} END", whens.join(" "))
    };
    let weekend = "EXTRACT(DAYOFWEEK FROM d) IN (1, 7)";
    let mut items = vec![format!(
        "EXTRACT(YEAR FROM d) * 10000 + EXTRACT(MONTH FROM d) * 100 + EXTRACT(DAY FROM d) AS `{}`",
        names::key(name)
    )];
    for (column, _, _, expr) in CALENDAR {
        let expr = match *column {
            "fiscal_year" => format!("EXTRACT(YEAR FROM DATE_ADD(d, INTERVAL {shift} MONTH))"),
            "fiscal_quarter" => format!("EXTRACT(QUARTER FROM DATE_ADD(d, INTERVAL {shift} MONTH))"),
            "is_holiday" => format!("({holiday}) IS NOT NULL"),
            "holiday_name" => holiday.clone(),
            "day_type" => format!(
                "CASE WHEN ({holiday}) IS NOT NULL THEN 'Holiday' WHEN {weekend} THEN 'Weekend' ELSE 'Weekday' END"
            ),
            _ => (*expr).to_owned(),
        };
        items.push(format!("{expr} AS `{column}`"));
    }
    format!(
        "SELECT {} FROM UNNEST(GENERATE_DATE_ARRAY(DATE '{}', DATE '{}')) AS d",
        items.join(", "),
        calendar.first_day,
        calendar.last_day
    )
}

fn time_of_day_text(name: &str) -> String {
    let mut items = vec![format!("DIV(m, 60) * 100 + MOD(m, 60) AS `{}`", names::key(name))];
    items.extend(TIME_OF_DAY.iter().map(|(column, _, _, expr)| format!("{expr} AS `{column}`")));
    format!("SELECT {} FROM UNNEST(GENERATE_ARRAY(0, 1439)) AS m", items.join(", "))
}
