//! Writes a project of any number of models into a folder, for timing `dwc check` and `dwc plan`:
//! about 1 KB a file, ten described columns each, half of them facts over three dimensions.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(folder), Some(count)) = (args.next(), args.next().and_then(|text| text.parse::<usize>().ok())) else {
        eprintln!("usage: generate_models FOLDER COUNT");
        std::process::exit(1);
    };
    if let Err(error) = write(Path::new(&folder), count) {
        eprintln!("{folder}: {error}");
        std::process::exit(3);
    }
}

fn write(folder: &Path, count: usize) -> std::io::Result<()> {
    let models = folder.join("models");
    fs::create_dir_all(&models)?;
    fs::write(
        folder.join("dwc.yml"),
        "name: generated\ntimezone: Asia/Seoul\ntargets:\n  dev: { type: duckdb, path: target/warehouse.duckdb }\n",
    )?;
    fs::write(
        models.join("date.yml"),
        "dimension: date\nkind: calendar\ndescription: A day.\nfirst_day: 2026-01-01\nlast_day: 2026-12-31\n",
    )?;
    let dimensions = count.div_ceil(2).max(3);
    let facts = count.saturating_sub(dimensions);
    let mut source = String::from("source: shop\ntype: files\ntables:\n");
    let columns: Vec<String> = (0..9).map(|n| format!("c{n}: STRING")).collect();
    for n in 0..dimensions {
        let _ = writeln!(
            source,
            "  t{n}: {{ path: \"data/t{n}/{{batch}}.csv\", primary_key: id, columns: {{ id: INT64, {}, at: TIMESTAMP }} }}",
            columns.join(", ")
        );
        if n % 1000 == 999 || n + 1 == dimensions {
            // One source file per thousand tables: a file has a size limit.
            fs::write(
                models.join(format!("source_{}.yml", n / 1000)),
                source.replace("source: shop", &format!("source: shop{}", n / 1000)),
            )?;
            source = String::from("source: shop\ntype: files\ntables:\n");
        }
        fs::write(models.join(format!("dim_{n}.yml")), dimension(n))?;
    }
    for n in 0..facts {
        fs::write(models.join(format!("fact_{n}.yml")), fact(n, dimensions))?;
    }
    Ok(())
}

fn dimension(n: usize) -> String {
    let mut text = format!(
        "dimension: dim_{n}\ndescription: A member of the generated dimension number {n}.\nfrom: shop{}.t{n}\nnatural_key: id\neffective_at: at\nattributes:\n",
        n / 1000
    );
    for c in 0..9 {
        let _ = writeln!(
            text,
            "  c{c}: {{ scd: {}, description: \"Generated attribute number {c}, kept as its policy says\" }}",
            c % 3
        );
    }
    text
}

fn fact(n: usize, dimensions: usize) -> String {
    let of = |k: usize| (n * 7 + k * 13) % dimensions;
    let (a, b, c) = (of(0), of(1), of(2));
    let table = |t: usize| format!("{{{{ source('shop{}.t{t}') }}}}", t / 1000);
    let mut text = format!(
        "fact: fact_{n}\ndescription: A generated event of process number {n}.\nbusiness_process: process_{}\ngrain: {{ description: one row per event, key: [id] }}\nquery: |\n  SELECT x.id, x.at, y.id AS other_id, x.c0, x.c1\n  FROM {} AS x LEFT JOIN {} AS y ON y.id = x.id\n  WHERE x.c2 <> 'cancelled'\nevent_time: at\ndimensions:\n",
        n % 50,
        table(a),
        table(b)
    );
    let _ = writeln!(text, "  role_a: {{ dimension: dim_{a}, on: id, description: \"The first party of the event\" }}");
    let _ = writeln!(
        text,
        "  role_b: {{ dimension: dim_{b}, on: other_id, description: \"The second party of the event\" }}"
    );
    let _ = writeln!(text, "  role_c: {{ dimension: dim_{c}, on: id, description: \"The third party of the event\" }}");
    let _ = writeln!(text, "  event_date: {{ dimension: date, on: at, description: \"The day of the event\" }}");
    text.push_str("measures:\n");
    for m in 0..5 {
        let _ = writeln!(
            text,
            "  m{m}: {{ expr: LENGTH(c0) + {m}, additive: all, unit: piece, description: \"Generated measure number {m}\" }}"
        );
    }
    text
}
