//! Every migration with data: what the plan says of it, which rows are there right after the apply, and that the next run
//! leaves what the changed models would have made from the start.

use dwc_compiler::model::TargetType;
use dwc_compiler::plan::{ChangeSet, Manifest, diff};
use dwc_compiler::sql;
use dwc_tests::googlesql::GoogleSql;
use dwc_tests::project::{Project, checked};

use crate::{SHOP, change, done, edit, loaded, nothing_to_change, planned, refused, rows};

/// One migration.
struct Case {
    name: &'static str,
    /// `(file, from, to)`
    edits: &'static [(&'static str, &'static str, &'static str)],
    /// The change to look at, with what is done and what it means.
    expected: (&'static str, &'static str, &'static str),
    /// A part of a reason.
    reason: &'static str,
    /// How many sales there are right after the apply.
    sales: &'static str,
}

const CUSTOMER: &str = "models/customer.yml";
const SALE: &str = "models/sale.yml";
const SHOP_FILE: &str = "models/shop.yml";

const CASES: &[Case] = &[
    Case {
        name: "add an attribute",
        edits: &[(CUSTOMER, "  city:", "  short: { scd: 1, expr: 'SUBSTR(name, 1, 1)' }\n  city:")],
        expected: ("table dw.customer", "alter", "additive"),
        reason: "column `short` is new",
        sales: "3",
    },
    Case {
        name: "drop an attribute",
        edits: &[(CUSTOMER, "  grade: { scd: 1 }\n", "")],
        expected: ("table dw.customer", "alter", "destructive"),
        reason: "column `grade` is no longer declared",
        sales: "3",
    },
    Case {
        name: "rename an attribute",
        edits: &[(CUSTOMER, "grade: { scd: 1 }", "level: { scd: 1, expr: grade, was: grade }")],
        expected: ("table dw.customer", "alter", "breaking"),
        reason: "column `grade` is renamed to `level`",
        sales: "3",
    },
    Case {
        name: "rename a measure",
        edits: &[(SALE, "amount: {", "price: { expr: amount, was: amount,")],
        expected: ("table dw.sale", "alter", "breaking"),
        reason: "column `amount` is renamed to `price`",
        sales: "3",
    },
    Case {
        name: "rename a role",
        edits: &[(
            SALE,
            "customer: { on: customer_id }",
            "buyer: { dimension: customer, on: customer_id, was: customer }",
        )],
        expected: ("table dw.sale", "alter", "breaking"),
        reason: "column `customer_key` is renamed to `buyer_key`",
        sales: "3",
    },
    Case {
        name: "rename a model",
        edits: &[(SALE, "fact: sale\n", "fact: purchase\nwas: sale\n")],
        expected: ("table dw.purchase", "alter", "breaking"),
        reason: "renamed from `sale`",
        sales: "",
    },
    Case {
        name: "widen a measure",
        edits: &[(SALE, "amount: { additive", "amount: { type: NUMERIC, additive")],
        expected: ("table dw.sale", "alter", "breaking"),
        reason: "column `amount` changes from INT64 to NUMERIC",
        sales: "3",
    },
    Case {
        name: "widen a landed column",
        edits: &[(SHOP_FILE, "amount: INT64", "amount: NUMERIC")],
        expected: ("table dw_landing.shop__sales__rows", "alter", "breaking"),
        reason: "column `amount` changes from INT64 to NUMERIC",
        sales: "3",
    },
    Case {
        name: "retype a landed column whose values fit",
        edits: &[(SHOP_FILE, "grade: INT64", "grade: STRING")],
        expected: ("table dw_landing.shop__customers__rows", "rebuild", "breaking"),
        reason: "column `grade` changes from INT64 to STRING",
        sales: "3",
    },
    Case {
        name: "retype an attribute",
        edits: &[(CUSTOMER, "grade: { scd: 1 }", "grade: { scd: 1, expr: CAST(grade AS STRING) }")],
        expected: ("table dw.customer", "rebuild", "history_rewriting"),
        reason: "column `grade` changes from INT64 to STRING",
        sales: "3",
    },
    Case {
        name: "describe a model",
        edits: &[(SALE, "description: A sale.", "description: A sale of the shop.")],
        expected: ("table dw.sale", "alter", "additive"),
        reason: "the description changes",
        sales: "3",
    },
    Case {
        name: "describe a measure",
        edits: &[(SALE, "amount: {", "amount: { description: What was paid,")],
        expected: ("table dw.sale", "alter", "additive"),
        reason: "the description of column `amount` changes",
        sales: "3",
    },
    Case {
        name: "another grain",
        edits: &[(SALE, "key: sale_id", "key: [sale_id, channel]"), (SALE, "degenerate: [channel]\n", "")],
        expected: ("table dw.sale", "rebuild", "grain_changing"),
        reason: "the grain changes from (sale_id) to (sale_id, channel)",
        sales: "0",
    },
    Case {
        name: "another strategy of surrogate keys",
        edits: &[(
            CUSTOMER,
            "natural_key: customer_id\n",
            "natural_key: customer_id\nsurrogate_key: { strategy: sequence }\n",
        )],
        expected: ("table dw.customer", "alter", "history_rewriting"),
        reason: "surrogate key changes from hash to sequence",
        sales: "3",
    },
    Case {
        name: "another kind of fact",
        edits: &[(SALE, "fact: sale\n", "fact: sale\nkind: periodic_snapshot\n")],
        expected: ("table dw.sale", "rebuild", "grain_changing"),
        reason: "kind changes from transaction to periodic_snapshot",
        sales: "0",
    },
    Case {
        name: "another additivity",
        edits: &[(SALE, "amount: { additive: all", "amount: { additive: semi, over: { sale_date: last }")],
        expected: ("table dw.sale", "alter", "breaking"),
        reason: "measure `amount` changes from additive all in KRW to additive semi but not over sale_date, last over sale_date in KRW",
        sales: "3",
    },
    Case {
        name: "add a role",
        edits: &[(SALE, "  customer: {", "  ship_date: { dimension: date, on: sold_at }\n  customer: {")],
        expected: ("table dw.sale", "rebuild", "additive"),
        reason: "column `ship_date_key` is new",
        sales: "3",
    },
    Case {
        name: "remove a role",
        edits: &[(SALE, "  customer: { on: customer_id }\n", "")],
        expected: ("table dw.sale", "alter", "destructive"),
        reason: "column `customer_key` is no longer declared",
        sales: "3",
    },
    Case {
        name: "an attribute from type 1 to type 2",
        edits: &[(CUSTOMER, "grade: { scd: 1 }", "grade: { scd: 2 }")],
        expected: ("table dw.customer", "alter", "history_rewriting"),
        reason: "attribute `grade` changes from type 1 to type 2",
        sales: "3",
    },
    Case {
        name: "a dimension without versions",
        edits: &[(CUSTOMER, "city: { scd: 2 }", "city: { scd: 1 }")],
        expected: ("table dw.customer", "alter", "destructive"),
        reason: "column `valid_from` is no longer declared",
        sales: "3",
    },
    Case {
        name: "a fact that flags what its source deletes",
        edits: &[(SALE, "event_time: sold_at\n", "event_time: sold_at\non_delete: flag\n")],
        expected: ("table dw.sale", "rebuild", "history_rewriting"),
        reason: "column `is_deleted` is new",
        sales: "3",
    },
    Case {
        name: "a calendar that goes on",
        edits: &[("models/date.yml", "2026-12-31", "2027-12-31")],
        expected: ("table dw.date", "rebuild", "breaking"),
        reason: "its rows are regenerated",
        sales: "3",
    },
];

/// Every table of the star, without the batches that wrote it and with the sequence's numbers left out.
fn star(project: &Project) -> Vec<String> {
    let mut all = Vec::new();
    for table in rows(project, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'dw' ORDER BY 1") {
        let columns = rows(
            project,
            &format!(
                "SELECT column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(comment, '') FROM duckdb_columns() \
                 WHERE schema_name = 'dw' AND table_name = '{table}' ORDER BY 1"
            ),
        );
        let values: Vec<String> = columns
            .iter()
            .filter_map(|column| column.split(' ').next())
            .filter(|column| *column != "loaded_batch")
            .map(|column| format!("\"{column}\""))
            .collect();
        all.push(format!("{table}: {}", columns.join(", ")));
        all.extend(rows(project, &format!("SELECT {} FROM dw.\"{table}\" ORDER BY ALL", values.join(", "))));
    }
    all
}

fn applied(project: &Project) {
    let allow: Vec<&str> = ["customer", "sale", "date", "shop.customers", "shop.sales"]
        .iter()
        .flat_map(|name| ["--allow-destructive", *name])
        .collect();
    done(project.dwc(&[&["apply", "--auto-approve"], &allow[..]].concat()));
}

#[test]
fn each_ends_where_the_changed_models_would_have_begun() {
    let mut wrong = Vec::new();
    for case in CASES {
        let mut say = |what: String| wrong.push(format!("{}: {what}", case.name));
        let project = loaded();
        let fresh = Project::new(SHOP);
        for (file, from, to) in case.edits {
            edit(&project, file, from, to);
            edit(&fresh, file, from, to);
        }
        done(fresh.dwc(&["apply", "--auto-approve"]));
        done(fresh.dwc(&["run"]));
        let plan = planned(&project);
        let (address, action, class) = case.expected;
        let found = change(&plan, address);
        let reasons = found["reasons"].as_array().expect("reasons");
        let said = reasons.iter().any(|reason| reason.as_str().is_some_and(|text| text.contains(case.reason)));
        if (&found["action"], &found["class"]) != (&action.into(), &class.into()) || !said {
            say(format!("{} {} {reasons:#?}", found["action"], found["class"]));
        }
        applied(&project);
        if !case.sales.is_empty() {
            let sales = rows(&project, "SELECT COUNT(*) FROM dw.sale");
            if sales != [case.sales] {
                say(format!("{sales:?} sales"));
            }
        }
        nothing_to_change(&project);
        done(project.dwc(&["run"]));
        let (ended, begun) = (star(&project), star(&fresh));
        if ended != begun {
            let differs = |one: &[String], other: &[String]| {
                one.iter().filter(|line| !other.contains(line)).cloned().collect::<Vec<_>>().join("\n  ")
            };
            say(format!("ended\n  {}\nnot\n  {}", differs(&ended, &begun), differs(&begun, &ended)));
        }
        let verified = project.dwc(&["verify"]);
        if verified.code != Some(0) {
            say(verified.stderr);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_cast_that_loses_values_is_counted_and_needs_leave() {
    let project = loaded();
    edit(&project, SHOP_FILE, "name: STRING", "name: INT64");
    let plan = planned(&project);
    let landing = change(&plan, "table dw_landing.shop__customers__rows");
    assert_eq!(landing["class"], "destructive");
    assert_eq!(landing["counted"], serde_json::json!(["2 rows change or lose their `name` in the cast"]));
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    assert_eq!(rows(&project, "SELECT DISTINCT name FROM dw.customer WHERE customer_key >= 0 ORDER BY 1").len(), 2);
}

#[test]
fn a_null_where_none_may_be_is_counted_and_waits_for_the_run() {
    let project = loaded();
    crate::execute(
        &project,
        "ALTER TABLE dw.sale ALTER customer_key DROP NOT NULL; UPDATE dw.sale SET customer_key = NULL WHERE sale_id = 10",
    );
    let plan = planned(&project);
    let sale = change(&plan, "table dw.sale");
    assert_eq!(sale["counted"], serde_json::json!(["1 row have no `customer_key` and wait for the next run"]));
    done(project.dwc(&["apply", "--auto-approve"]));
    assert_eq!(rows(&project, "SELECT COUNT(*) FROM dw.sale"), ["2"]);
    done(project.dwc(&["run"]));
    assert_eq!(rows(&project, "SELECT COUNT(*) FROM dw.sale"), ["3"]);
}

#[test]
fn another_primary_key_is_read_anew() {
    let project = loaded();
    edit(&project, SHOP_FILE, "primary_key: sale_id", "primary_key: [sale_id, channel]");
    let plan = planned(&project);
    let landing = change(&plan, "table dw_landing.shop__sales__rows");
    assert_eq!((&landing["action"], &landing["class"]), (&"rebuild".into(), &"destructive".into()));
    let says = "3 rows will be dropped, and the next run reads what the source still has";
    assert_eq!(landing["counted"], serde_json::json!([says]));
    let human = done(project.dwc(&["plan"])).stdout;
    assert!(human.contains(says) && !human.contains("3 rows, "), "{human}");
    applied(&project);
    done(project.dwc(&["run"]));
    assert_eq!(rows(&project, "SELECT COUNT(*), SUM(amount) FROM dw.sale"), ["3|4200"]);
    nothing_to_change(&project);
}

#[test]
fn a_model_is_split_and_merged_again() {
    let project = loaded();
    let whole = project.read(SALE);
    let before = star(&project);
    let half = |name: &str, channel: &str| {
        whole.replace("fact: sale\n", &format!("fact: {name}\n")).replace(
            "from: shop.sales",
            &format!("query: SELECT * FROM {{{{ source('shop.sales') }}}} WHERE channel = '{channel}'"),
        )
    };
    std::fs::remove_file(project.path().join(SALE)).expect("the fact goes");
    project.write("models/web_sale.yml", &half("web_sale", "web"));
    project.write("models/shop_sale.yml", &half("shop_sale", "shop"));
    let plan = planned(&project);
    assert_eq!(change(&plan, "table dw.sale")["counted"], serde_json::json!(["3 rows will be dropped"]));
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    done(project.dwc(&["apply", "--auto-approve", "--allow-destructive", "sale"]));
    done(project.dwc(&["run"]));
    assert_eq!(rows(&project, "SELECT SUM(amount) FROM dw.web_sale"), ["1700"]);
    assert_eq!(rows(&project, "SELECT SUM(amount) FROM dw.shop_sale"), ["2500"]);
    for name in ["web_sale", "shop_sale"] {
        std::fs::remove_file(project.path().join(format!("models/{name}.yml"))).expect("the halves go");
    }
    project.write(SALE, &whole);
    let allow = ["apply", "--auto-approve", "--allow-destructive", "web_sale", "--allow-destructive", "shop_sale"];
    done(project.dwc(&allow));
    done(project.dwc(&["run"]));
    assert_eq!(star(&project), before);
}

#[test]
fn another_natural_key_makes_other_members() {
    let project = loaded();
    edit(&project, CUSTOMER, "natural_key: customer_id", "natural_key: name");
    edit(&project, CUSTOMER, "  name: { scd: 1 }\n", "");
    edit(
        &project,
        SALE,
        "from: shop.sales",
        "query: |\n  SELECT s.*, c.name FROM {{ source('shop.sales') }} AS s JOIN {{ source('shop.customers') }} AS c USING (customer_id)",
    );
    edit(&project, SALE, "{ on: customer_id }", "{ on: name }");
    let plan = planned(&project);
    let history = change(&plan, "table dw_history.customer");
    assert_eq!((&history["action"], &history["class"]), (&"rebuild".into(), &"destructive".into()));
    let reason = "the natural key changes from (customer_id) to (name)";
    assert!(history["reasons"].to_string().contains(reason), "{history:#}");
    let says = "3 rows will be dropped, and the next run computes the table anew";
    assert_eq!(history["counted"], serde_json::json!([says]));
    let human = done(project.dwc(&["plan"])).stdout;
    assert!(human.contains("7 rows will be dropped, and the next run") && !human.contains("7 rows, "), "{human}");
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    applied(&project);
    done(project.dwc(&["run"]));
    nothing_to_change(&project);
    let members =
        rows(&project, "SELECT name, city FROM dw.customer WHERE is_current AND customer_key >= 0 ORDER BY 1");
    assert_eq!(members, ["두리|Busan", "하나|Jeju"]);
    let sales = rows(
        &project,
        "SELECT c.name, SUM(amount) FROM dw.sale JOIN dw.customer AS c USING (customer_key) GROUP BY 1 ORDER BY 1",
    );
    assert_eq!(sales, ["두리|2500", "하나|1700"]);
    assert_eq!(project.dwc(&["verify"]).code, Some(0));
}

/// The objects that a project needs on BigQuery, and the checked project.
fn on_bigquery(project: &Project) -> (dwc_compiler::model::Project, Manifest) {
    let model = checked(project.path());
    let manifest = sql::manifest(&model, TargetType::Bigquery, "dw");
    (model, manifest)
}

#[test]
fn each_is_written_for_bigquery_too() {
    let mut wrong = Vec::new();
    for case in CASES {
        let project = Project::new(SHOP);
        let (model, before) = on_bigquery(&project);
        let script = |set: &ChangeSet, model: &dwc_compiler::model::Project| -> String {
            let statements = sql::change_statements(model, TargetType::Bigquery, "dw", set);
            statements.iter().map(|statement| format!("{};\n", statement.sql)).collect()
        };
        let first = script(&diff(None, &before), &model);
        for (file, from, to) in case.edits {
            edit(&project, file, from, to);
        }
        let (model, after) = on_bigquery(&project);
        let set = diff(Some(&before), &after);
        let text = script(&set, &model);
        assert!(!set.changes.is_empty(), "{}", case.name);
        // Each from an empty catalog.
        for error in GoogleSql::start().analyze_script(&format!("{first}{text}")) {
            wrong.push(format!("{}: {}\n{text}", case.name, error.message));
        }
        for probe in sql::change_probes(&model, TargetType::Bigquery, "dw", &set) {
            for error in GoogleSql::start().analyze_script(&format!("{first}{};\n", probe.sql)) {
                wrong.push(format!("{}: {}\n{}", case.name, error.message, probe.sql));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
