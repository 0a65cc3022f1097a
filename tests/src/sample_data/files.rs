//! Cuts the marketplace's states into the files of extractions, and writes the small tables whole.
//! It must not decide what happens on the marketplace, sellers, deals' days and couriers' teams aside.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::{Duration, NaiveDateTime};

use super::{BRANDS, HEADERS, PLACES, REGIONS, SEOUL, World, at, deal_days, text};

/// The extractions in UTC: a first load, one each day, one each hour of the last two days.
fn batches() -> Vec<NaiveDateTime> {
    let first = at(5, 0);
    let mut all: Vec<_> = (0..30).map(|day| first + Duration::days(day)).collect();
    let hourly = first + Duration::days(29);
    all.extend((1..48).map(|hour| hourly + Duration::hours(hour)));
    all
}

fn name(batch: NaiveDateTime) -> String {
    batch.format("%Y-%m-%dT%H").to_string()
}

pub(super) fn write_changes(root: &Path, world: &World) -> Result<(), Box<dyn Error>> {
    for (table, header) in HEADERS {
        let folder = root.join(table);
        fs::create_dir_all(&folder)?;
        let mut from = NaiveDateTime::MIN;
        for batch in batches() {
            let to = batch + Duration::hours(SEOUL);
            // An extraction sees a row once, in its last state.
            let mut rows = BTreeMap::new();
            for state in world.0.get(table).into_iter().flatten() {
                if from < state.seen && state.seen <= to {
                    rows.insert(&state.key, &state.row);
                }
            }
            from = to;
            if !rows.is_empty() {
                let mut body = format!("{header}\n");
                for row in rows.values() {
                    writeln!(body, "{row}")?;
                }
                fs::write(folder.join(format!("{}.csv", name(batch))), body)?;
            }
        }
    }
    Ok(())
}

/// Sellers are written whole each time: who is missing has left.
pub(super) fn write_sellers(root: &Path) -> Result<(), Box<dyn Error>> {
    let folder = root.join("catalog/sellers");
    fs::create_dir_all(&folder)?;
    for (version, day) in [(0, 5), (1, 14), (2, 24)] {
        let mut body = String::from("seller_id,seller_name,region,updated_at\n");
        for id in 1..=12_i64 {
            if version == 2 && id == 12 {
                continue;
            }
            let moved = version >= 1 && id == 3;
            let region = if moved { "제주" } else { REGIONS[(id % 5) as usize] };
            let when = if moved { at(13, 600) } else { at(-50, 600 + id) };
            let brand = BRANDS[(id % 6) as usize];
            writeln!(body, "{id},{brand} {}센터,{region},{}", PLACES[(id % 10) as usize], text(when))?;
        }
        fs::write(folder.join(format!("{}.csv", name(at(day, 0)))), body)?;
    }
    Ok(())
}

pub(super) fn write_promotions(root: &Path) -> Result<(), Box<dyn Error>> {
    let folder = root.join("deals/promotions");
    fs::create_dir_all(&folder)?;
    let mut body = String::new();
    for id in 1..=6 {
        let (first, last) = deal_days(id);
        let (from, to) = (at(first, 0).date(), at(last, 0).date());
        let when = text(at(-1, 600));
        writeln!(
            body,
            r#"{{"promotion_id":{id},"promotion_name":"봄맞이 특가 {id}차","kind":"deal","discount_rate":"0.10","starts_on":"{from}","ends_on":"{to}","updated_at":"{when}"}}"#
        )?;
    }
    fs::write(folder.join(format!("{}.json", name(at(5, 0)))), body)?;
    Ok(())
}

pub(super) fn write_couriers(root: &Path) -> Result<(), Box<dyn Error>> {
    let folder = root.join("logistics/couriers");
    fs::create_dir_all(&folder)?;
    let connection = dwc_duckdb::open(":memory:")?;
    for (day, moved) in [(5, false), (17, true)] {
        let rows: Vec<_> = (1..=20_i64)
            .filter(|id| !moved || id % 6 == 0)
            .map(|id| {
                let (team, when) = if moved { ("야간팀", at(16, 600)) } else { ("주간팀", at(-40, 600)) };
                let vehicle = if id % 3 == 0 { "냉동탑차" } else { "트럭" };
                format!("({id}::BIGINT, '기사 {id:02}', '{team}', '{vehicle}', TIMESTAMP '{}')", text(when))
            })
            .collect();
        let file = folder.join(format!("{}.parquet", name(at(day, 0))));
        let file = file.display().to_string().replace('\'', "''");
        connection.execute_batch(&format!(
            "COPY (SELECT * FROM (VALUES {}) AS c(courier_id, courier_name, team, vehicle, updated_at)) TO '{file}' (FORMAT parquet)",
            rows.join(", ")
        ))?;
    }
    Ok(())
}
