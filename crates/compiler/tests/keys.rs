//! Every key of every kind of file and record, as the schemas list them: one that means nothing for its kind is refused, and
//! one that is taken changes the model. No key is named here but for the values that only some keys take.

use dwc_compiler::check;
use dwc_compiler::source::{FileSet, SourceFile};
use dwc_compiler::syntax::schemas;
use serde_json::{Value as Json, json};

const PROJECT: &str = "name: shop\ntimezone: UTC\nvars: { v: '1' }\ntargets:\n  dev: { type: duckdb }\n  prod: { type: bigquery, project: p, dataset: d }\n";

const SOURCES: [(&str, &str); 4] = [
    (
        "files",
        "source: shop\ntype: files\ntables:\n  stores: { path: s.csv, primary_key: store_id, columns: { store_id: INT64, label: STRING, size: INT64, at: TIMESTAMP, until: TIMESTAMP, gone: BOOL } }\n  orders: { path: o.csv, primary_key: order_id, columns: { order_id: INT64, store_id: INT64, sold_at: TIMESTAMP, other_at: TIMESTAMP, amount: INT64 } }\n",
    ),
    (
        "mysql",
        "source: more\ntype: mysql\nurl: \"{{ env('U') }}\"\ntables:\n  stores: { primary_key: store_id, cursor: at, columns: { store_id: INT64, label: STRING, at: TIMESTAMP, gone: BOOL } }\n",
    ),
    (
        "postgres",
        "source: other\ntype: postgres\nurl: \"{{ env('U') }}\"\ntables:\n  stores: { primary_key: store_id, cursor: at, columns: { store_id: INT64, label: STRING, at: TIMESTAMP, gone: BOOL } }\n",
    ),
    (
        "warehouse",
        "source: landed\ntype: warehouse\nschema: raw\ntables:\n  stores: { primary_key: store_id, cursor: at, columns: { store_id: INT64, label: STRING, at: TIMESTAMP, gone: BOOL } }\n",
    ),
];

const DIMENSIONS: [(&str, &str); 5] = [
    (
        "standard",
        "dimension: store\nkind: standard\nfrom: shop.stores\nnatural_key: store_id\neffective_at: at\nscd: 2\nattributes: { label: {}, name: { scd: 1, expr: label }, first: { scd: 0, expr: \"{{ var('v') }}\" } }\n",
    ),
    ("calendar", "dimension: date\nkind: calendar\nfirst_day: 2026-01-01\nlast_day: 2026-12-31\n"),
    ("time_of_day", "dimension: minute\nkind: time_of_day\n"),
    ("junk", "dimension: sale_flags\nkind: junk\nattributes: { amount: { type: INT64 }, word: { type: STRING } }\n"),
    ("mini", "dimension: store_size\nkind: mini\nof: store\nattributes: { size: {}, word: { expr: label } }\n"),
];

const FACTS: [(&str, &str); 5] = [
    (
        "transaction",
        "fact: sale\nkind: transaction\nbusiness_process: selling\ngrain: { description: one row per order, key: order_id }\nfrom: shop.orders\nevent_time: sold_at\ndimensions:\n  store: { on: store_id }\n  date: { on: sold_at }\nmeasures:\n  amount: { additive: all, unit: won }\n",
    ),
    (
        "periodic_snapshot",
        "fact: level\nkind: periodic_snapshot\nbusiness_process: stocking\ngrain: { description: one row per order, key: order_id }\nfrom: shop.orders\nevent_time: sold_at\ndimensions:\n  store: { on: store_id }\n  date: { on: sold_at }\nmeasures:\n  held: { expr: amount, additive: semi, over: { date: last }, unit: won }\n",
    ),
    (
        "accumulating_snapshot",
        "fact: sending\nkind: accumulating_snapshot\nbusiness_process: sending\ngrain: { description: one row per order, key: order_id }\nfrom: shop.orders\nevent_time: sold_at\nmilestones: { sold: sold_at, other: other_at }\nlags: { from: sold, unit: hour }\ndimensions:\n  store: { on: store_id }\n  sold_date: { dimension: date, on: sold_at }\nmeasures:\n  mean: { expr: amount, additive: none, unit: won }\n",
    ),
    (
        "factless",
        "fact: visit\nkind: factless\nbusiness_process: visiting\ngrain: { description: one row per order, key: order_id }\nfrom: shop.orders\nevent_time: sold_at\ndimensions:\n  store: { on: store_id }\n  date: { on: sold_at }\n",
    ),
    (
        "aggregate",
        "fact: by_store\nkind: aggregate\nbusiness_process: selling\ngrain: { description: one row per store }\nfrom: sale\ndimensions:\n  store: {}\nmeasures:\n  total: { expr: SUM(amount), additive: all, unit: won }\n",
    ),
];

/// The star with one file changed.
fn files(changed: &str, text: String) -> FileSet {
    let all = [("dwc.yml", PROJECT)];
    let named = |(kind, text): (&'static str, &'static str)| (kind, text);
    let models = SOURCES.into_iter().chain(DIMENSIONS).chain(FACTS).map(named);
    let mut files: Vec<SourceFile> = all
        .into_iter()
        .chain(models)
        .filter(|(kind, _)| *kind != changed)
        .map(|(kind, text)| SourceFile { path: path(kind), text: text.to_owned() })
        .collect();
    files.push(SourceFile { path: path(changed), text });
    FileSet::new(files)
}

fn path(kind: &str) -> String {
    if kind == "dwc.yml" { kind.to_owned() } else { format!("models/{kind}.yml") }
}

/// What a project is, without the places that it is declared at; its error codes where it is none.
fn model(files: &FileSet) -> Result<String, Vec<String>> {
    let checked = check(files);
    let codes = checked.diagnostics.iter().map(|one| format!("{} {}", one.code.id(), one.message)).collect::<Vec<_>>();
    let project = checked.project.ok_or(codes)?;
    let text = format!("{project:?}");
    let mut plain = String::new();
    for (at, part) in text.split("Span { ").enumerate() {
        plain.push_str(if at == 0 { part } else { part.split_once('}').map_or("", |(_, rest)| rest) });
    }
    // The project's own findings are part of what it is: a level is seen in them.
    Ok(plain)
}

/// Values for a key: those that its schema lists, and those that are known for its name.
fn values(key: &str, property: &Json, root: &Json) -> Vec<Json> {
    let known: &[Json] = &match key {
        "project" | "location" | "dataset" | "bucket" | "path" | "description" | "owner" | "business_process"
        | "unit" | "currency" | "salt" | "was" | "name" | "schema" | "null_marker" | "label" => vec![json!("another")],
        "memory_limit" | "longest_row" => vec![json!("1GB")],
        "url" | "replica_url" => vec![json!("{{ env('V') }}")],
        "timezone" => vec![json!("Asia/Seoul")],
        "statement_timeout" | "snapshot_timeout" | "lookback" | "every" => vec![json!("7m")],
        "encoding" => vec![json!("latin-1")],
        "delimiter" => vec![json!(";")],
        "quote" => vec![json!("'")],
        "escape" => vec![json!("\\")],
        "tags" | "delete_values" | "ignore_columns" => vec![json!(["word"])],
        "tables" => vec![json!({ "another": { "columns": { "a": "INT64" } } })],
        "columns" => vec![json!({ "store_id": "INT64" })],
        "vars" => vec![json!({ "v": "2" })],
        "notify" => vec![json!({ "team": { "to": "https://alerts.example.com" } })],
        "default_target" => vec![json!("prod")],
        "primary_key" => vec![json!(["store_id", "label"])],
        "cursor" | "effective_at" => vec![json!("at"), json!("extracted")],
        "sequence" => vec![json!("at")],
        "effective_to" => vec![json!("until")],
        "delete_column" => vec![json!("gone")],
        "from" => vec![json!("shop.orders"), json!("sale"), json!("visit")],
        "query" => vec![json!(
            "SELECT *, 1 AS one FROM {{ source('shop.orders') }} JOIN {{ source('shop.stores') }} USING (store_id)"
        )],
        "natural_key" => vec![json!(["label"])],
        "surrogate_key" => vec![json!({ "salt": "s" })],
        "scd" => vec![json!(1), json!(2)],
        "attributes" => vec![json!({ "label": { "scd": 1 } }), json!({ "label": {} })],
        "first_day" | "last_day" => vec![json!("2026-03-01")],
        "fiscal_year_starts" => vec![json!(4)],
        "holidays" => vec![json!({ "2026-03-01": "a" })],
        "of" => vec![json!("date")],
        "grain" => vec![json!({ "description": "another", "key": ["order_id"] }), json!({ "description": "another" })],
        "key" => vec![json!(["order_id", "store_id"])],
        "event_time" | "partition_by" | "as_of" => vec![json!("other_at")],
        "on" => vec![json!(["amount"]), json!("other_at")],
        "dimension" | "source" | "fact" => vec![json!("another")],
        "dimensions" => vec![json!({ "store": { "on": "store_id" } }), json!({ "date": {} })],
        "milestones" => vec![json!({ "sold": "sold_at", "last": "other_at" })],
        "lags" => vec![json!({ "from": "previous", "unit": "hour" })],
        "degenerate" => vec![json!(["order_id"])],
        "measures" => vec![json!({ "other": { "expr": "SUM(amount)", "additive": "all", "unit": "won" } })],
        "on_duplicate" => vec![json!({ "keep_latest_by": "sold_at" })],
        "cluster_by" => vec![json!(["store_key"]), json!(["total"])],
        "expr" => vec![json!("1")],
        "type" => vec![json!("NUMERIC"), json!("STRING(7)"), json!("BOOL")],
        "bands" => vec![json!([{ "below": 3, "label": "a" }, { "label": "b" }])],
        "labels" => vec![json!({ "1": "one" }), json!({ "a": "A" })],
        "when_null" => vec![json!("not_applicable"), json!("not_yet"), json!("7")],
        "hierarchy" => vec![json!("h.1")],
        "checks" => vec![json!([{ "rows": { "min": 77 } }])],
        "not_over" => vec![json!(["store"])],
        "over" => vec![json!({ "date": "first" })],
        "aggregation" => vec![json!("min")],
        "within" => vec![json!(2)],
        _ => vec![],
    };
    let mut all = known.to_vec();
    if all.is_empty() {
        let schema = resolved(property, root);
        let choices = ["oneOf", "anyOf"].iter().flat_map(|word| schema[*word].as_array().into_iter().flatten());
        all.extend(choices.clone().map(|choice| choice["const"].clone()).filter(|value| !value.is_null()));
        for choice in choices {
            all.extend(
                resolved(choice, root)["oneOf"].as_array().into_iter().flatten().map(|one| one["const"].clone()),
            );
        }
        let is =
            |ty: &str| schema["type"] == ty || schema["type"].as_array().is_some_and(|all| all.contains(&json!(ty)));
        if is("boolean") {
            all.extend([json!(true), json!(false)]);
        }
        if is("integer") {
            all.push(json!(77));
        }
        if is("number") {
            all.push(json!(0.5));
        }
    }
    assert!(!all.is_empty(), "no value is known for `{key}`: {property}");
    all
}

fn resolved<'s>(schema: &'s Json, root: &'s Json) -> &'s Json {
    match schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        Some(name) => &root["$defs"][name],
        None => schema,
    }
}

/// The records of a file that hold keys: where they stand, and what the schema says of them.
fn records(schema: &Json, value: &Json) -> Vec<(Vec<String>, Json)> {
    let mut all = vec![(Vec::new(), schema.clone())];
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        let Some(entries) = value[key].as_object() else { continue };
        let inner = resolved(&property["additionalProperties"], schema);
        let own = property["anyOf"].as_array().and_then(|all| all.first()).map(|one| resolved(one, schema));
        if inner["properties"].is_object() {
            let (name, _) = entries.iter().next().expect("an entry");
            all.push((vec![key.clone(), name.clone()], inner.clone()));
        } else if let Some(own) = own.filter(|own| own["properties"].is_object()) {
            all.push((vec![key.clone()], own.clone()));
        }
    }
    all
}

#[test]
fn a_key_is_refused_or_it_means_something() {
    let unchanged = model(&files("none", String::new())).map_err(|found| found.join("\n"));
    // An empty file is a finding of its own.
    assert!(unchanged.is_err_and(|found| found.starts_with("DW0003")), "the star checks");
    let schemas = schemas();
    let of = |name: &str| &schemas.iter().find(|(file, _)| *file == name).expect("a schema").1;
    let groups = [
        ("source.schema.json", SOURCES.to_vec()),
        ("dimension.schema.json", DIMENSIONS.to_vec()),
        ("fact.schema.json", FACTS.to_vec()),
        ("dwc.schema.json", vec![("dwc.yml", PROJECT)]),
    ];
    let (mut refused, mut taken, mut faults) = (0, 0, Vec::new());
    for (file, kinds) in groups {
        let schema = of(file);
        for (kind, text) in kinds {
            let value: Json = serde_yaml::from_str(text).expect("YAML");
            let before = model(&files(kind, text.to_owned()));
            let before = before.unwrap_or_else(|found| panic!("{kind}: {found:?}"));
            for (place, record) in records(schema, &value) {
                for (key, property) in record["properties"].as_object().into_iter().flatten() {
                    // Levels change what is found and not what is made; the folder of models is where files were read from.
                    if key == "lints" || (file == "dwc.schema.json" && ["models", "targets"].contains(&key.as_str())) {
                        continue;
                    }
                    let only: Vec<&str> =
                        property["x-in"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
                    let around = if file == "dwc.schema.json" { "duckdb" } else { kind };
                    let means = only.is_empty() || only.contains(&around);
                    let mut said = Vec::new();
                    let mut works = false;
                    for candidate in values(key, property, schema) {
                        let mut changed = value.clone();
                        let record = place.iter().fold(&mut changed, |value, key| &mut value[key]);
                        if key == "query" {
                            record.as_object_mut().expect("a record").remove("from");
                        }
                        record[key] = candidate.clone();
                        let yaml = serde_yaml::to_string(&changed).expect("YAML");
                        match model(&files(kind, yaml)) {
                            Ok(after) => works |= after != before,
                            Err(found) => {
                                let misplaced = !found.is_empty() && found.iter().all(|one| one.starts_with("DW0120"));
                                works |= if means { !found.is_empty() } else { misplaced };
                                said.extend(found);
                            }
                        }
                        if !means && said.is_empty() {
                            works = false;
                        }
                    }
                    if means {
                        taken += 1
                    } else {
                        refused += 1
                    }
                    if !works {
                        let what = if means { "is ignored" } else { "is not refused" };
                        faults.push(format!("{kind} {}: `{key}` {what} {said:?}", place.join(".")));
                    }
                }
            }
        }
    }
    assert_eq!(faults, [""; 0], "{}", faults.join("\n"));
    assert!(refused > 100 && taken > 150, "{refused} refused, {taken} taken");
}
