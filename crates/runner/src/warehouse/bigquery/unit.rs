//! A unit of work on BigQuery: one script in one transaction, with what its records change in the copy of the state. It
//! must not decide what its steps are.

use dwc_compiler::plan::Reads;
use serde_json::Value;

use super::failure::held_by;
use super::script::{Script, instant, text};
use super::{BigQueryWarehouse, MayBeMoved};
use crate::state::change::{Landed, StateChange};
use crate::state::damaged;
use crate::warehouse::unit::{Done, Found, Held, Keep, Make, Step, Undone, Unit};
use crate::warehouse::version::VersionChange;
use crate::{Error, Offence, crash};

impl BigQueryWarehouse {
    /// Carries out a unit; see [`crate::Warehouse::commit`].
    pub(super) fn carry_out(&self, make: &mut Make<'_, '_>) -> Result<Option<Done>, Undone> {
        let done = self.unit(|| {
            let Some(unit) = make(self.copy())? else { return Ok(None) };
            let (mut script, places) = script_of(&unit);
            let (counting, told): (Vec<_>, Vec<_>) = unit.records.iter().partition(|record| record.counts());
            for record in told {
                record.write(self.copy(), &[])?;
            }
            for record in &counting {
                if let StateChange::Landed(landed) = record {
                    script.raw(&counted(&self.state_dataset(), landed, &places));
                }
            }
            crash::point();
            let (found, kept) = self.try_out(script).map_err(|error| held(&unit, error))?;
            let found = read(&unit, &places, &found)?;
            if !kept {
                return Err(Undone::NotKept(found));
            }
            // What the script itself has recorded.
            for record in &counting {
                record.write(self.copy(), &found)?;
            }
            if !counting.is_empty() {
                self.remember()?;
            }
            Ok(Some(Done { found, kept }))
        })?;
        if done.is_some() {
            crash::point();
        }
        Ok(done)
    }
}

impl MayBeMoved for Undone {
    fn is_moved(&self) -> bool {
        matches!(self, Self::Held(Held::World(error)) if error.is_moved())
    }
}

/// A unit as the script that BigQuery is sent for it, without the changes of the copy of the state, which only a commit knows.
#[must_use]
pub fn script_text(unit: &Unit<'_>, state_dataset: &str) -> String {
    script_of(unit).0.text(state_dataset, 0, &[])
}

/// The script of a unit, and the places of its statements among the steps, by their numbers in the script.
fn script_of(unit: &Unit<'_>) -> (Script, Vec<usize>) {
    let mut script = Script::new(&unit.name, unit.batch, unit.since, unit.at);
    if let Some(from) = unit.from {
        script = script.since(from);
    }
    let mut places = Vec::new();
    for (place, step) in unit.steps.iter().enumerate() {
        match step {
            Step::Consumed(batch) => script.raw(&format!("SET dwc_consumed = {batch}")),
            Step::At(at) => script.raw(&format!("SET dwc_at = {}", instant(at))),
            Step::Statement(statement) => {
                script.add(statement);
                places.push(place);
            }
        }
    }
    match unit.keep {
        Keep::Always => {}
        Keep::Never => script.kept_if("FALSE".to_owned()),
        Keep::UnlessLost => {
            let lost = "JSON_VALUE(SUBSTR(_f, STRPOS(_f, ':') + 1), '$.lost')";
            script
                .kept_if(format!("(SELECT COALESCE(SUM(CAST({lost} AS INT64)), 0) FROM UNNEST(dwc_found) AS _f) = 0"));
        }
    }
    (script, places)
}

/// Records what statements have counted of a table, from what the script has found until then.
fn counted(state: &str, landed: &Landed, places: &[usize]) -> String {
    // Their numbers in the script, as it writes them: `found` begins with one.
    let numbers: Vec<String> = places
        .iter()
        .enumerate()
        .filter(|(_, place)| landed.steps.contains(place))
        .map(|(number, _)| number.to_string())
        .collect();
    let count = |name: &str| {
        format!("COALESCE(SUM(CAST(JSON_VALUE(SUBSTR(_f, STRPOS(_f, ':') + 1), '$.{name}') AS INT64)), 0)")
    };
    let rejected = format!("{} + {}", landed.rejected, count("rejected"));
    format!(
        "INSERT INTO `{state}`.`table_batches` (batch, source_table, extracted, inserted, updated, deleted, unchanged, superseded, rejected)\n\
         SELECT dwc_batch, {}, {} + {rejected}, {}, {}, {}, {}, {}, {rejected}\nFROM UNNEST(dwc_found) AS _f\n\
         WHERE SUBSTR(_f, 1, STRPOS(_f, ':') - 1) IN ({})",
        text(&landed.table),
        count("extracted"),
        count("inserted"),
        count("updated"),
        count("deleted"),
        count("unchanged"),
        count("superseded"),
        numbers.iter().map(|number| format!("'{number}'")).collect::<Vec<_>>().join(", "),
    )
}

/// A failure as the gate that it was, where it was one.
fn held(unit: &Unit<'_>, error: Error) -> Undone {
    let Some((number, json)) = held_by(&error) else { return error.into() };
    let Some(Reads::Gate(gate)) = unit.statements().nth(number).map(|statement| &statement.reads) else {
        return error.into();
    };
    let Ok(mut keys) = serde_json::from_value::<Vec<String>>(json) else { return error.into() };
    keys.sort();
    Undone::Held(Held::Offence(Offence::of(gate, keys)))
}

/// What the statements have found, by the places of their steps.
fn read(unit: &Unit<'_>, places: &[usize], found: &[(usize, Value)]) -> Result<Vec<(usize, Found)>, Error> {
    let mut all = Vec::new();
    for (number, (place, statement)) in places.iter().zip(unit.statements()).enumerate() {
        let rows = found.iter().filter(|(at, _)| *at == number).map(|(_, json)| json);
        let one = match &statement.reads {
            Reads::Nothing | Reads::Gate(_) | Reads::Events { .. } => continue,
            Reads::Counts => {
                let counts = rows.flat_map(|json| json.as_object().into_iter().flatten());
                let counts = counts.map(|(name, value)| Ok((name.clone(), whole(name, value)?)));
                Found::Counts(counts.collect::<Result<_, Error>>()?)
            }
            Reads::Notice(_) | Reads::Screened { .. } => {
                let mut keys: Vec<String> = rows.filter_map(|json| Some(json.as_str()?.to_owned())).collect();
                keys.sort();
                Found::Keys(keys)
            }
            Reads::Versions => Found::Versions(rows.map(version).collect::<Result<_, _>>()?),
        };
        all.push((*place, one));
    }
    Ok(all)
}

/// A count, which BigQuery writes as a text where it is large; what adds up no rows is NULL.
fn whole(name: &str, value: &Value) -> Result<i64, Error> {
    let number = match value {
        Value::Null => Some(0),
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    };
    number.ok_or_else(|| damaged(&format!("`{name}` is `{value}`, which is not a count")))
}

/// A version. Begin and end are instants, which BigQuery writes with their zone.
fn version(json: &Value) -> Result<VersionChange, Error> {
    let cells = json.as_object().into_iter().flat_map(|row| row.values()).enumerate();
    let cell = |(at, cell): (usize, &Value)| {
        let text = cell.as_str()?;
        let is_instant = matches!(at, 2 | 3 | 5 | 6);
        Some(if is_instant { text.trim_end_matches("+00").to_owned() } else { text.to_owned() })
    };
    VersionChange::read(&mut cells.map(cell).collect::<Vec<_>>().into())
}
