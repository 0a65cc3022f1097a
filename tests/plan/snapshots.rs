//! Before data is lost the warehouse is copied, and a rollback brings data, schema and state back together.

use crate::{done, edit, loaded, nothing_to_change, refused, rows, seen};

#[test]
fn a_rollback_restores_data_schema_and_state() {
    let project = loaded();
    let before = seen(&project);
    let state = rows(&project, "SELECT * FROM _dwc.consumed ORDER BY ALL");
    edit(&project, "models/customer.yml", "  grade: { scd: 1 }\n", "");
    edit(&project, "models/sale.yml", "degenerate: [channel]\n", "");
    refused(project.dwc(&["apply", "--auto-approve"]), "DW0702");
    let allow = ["apply", "--auto-approve", "--allow-destructive", "customer", "--allow-destructive", "sale"];
    let applied = done(project.dwc(&allow));
    assert!(applied.stderr.contains("snapshot-1"), "{}", applied.stderr);
    project.write(
        "data/sales/2026-03-03.csv",
        "sale_id,customer_id,sold_at,channel,amount\n13,2,2026-03-02 01:00:00,web,5\n",
    );
    done(project.dwc(&["run"]));
    let history = done(project.dwc(&["state", "history"])).stdout;
    assert!(history.contains("dwc state rollback --to 1"), "{history}");
    done(project.dwc(&["state", "rollback", "--auto-approve"]));
    assert_eq!(seen(&project), before);
    assert_eq!(rows(&project, "SELECT * FROM _dwc.consumed ORDER BY ALL"), state);
    assert_eq!(rows(&project, "SELECT serial FROM _dwc.meta"), ["1"]);
    // The models that were applied then fit again, and what came since is loaded again.
    edit(&project, "models/customer.yml", "  city: { scd: 2 }\n", "  city: { scd: 2 }\n  grade: { scd: 1 }\n");
    edit(&project, "models/sale.yml", "measures:\n", "degenerate: [channel]\nmeasures:\n");
    nothing_to_change(&project);
    done(project.dwc(&["run"]));
    assert_eq!(rows(&project, "SELECT COUNT(*) FROM dw.sale"), ["4"]);
    // Nothing is lost by going back either.
    assert!(project.path().join("warehouse.duckdb.rolled-back").is_file());
}

#[test]
fn what_loses_nothing_has_no_snapshot() {
    let project = loaded();
    edit(&project, "models/customer.yml", "grade: { scd: 1 }", "grade: { scd: 2 }");
    done(project.dwc(&["apply", "--auto-approve"]));
    assert!(!project.path().join("warehouse.duckdb.snapshot-1").exists());
    refused(project.dwc(&["state", "rollback", "--auto-approve"]), "DW0717");
    refused(project.dwc(&["state", "rollback", "--to", "1", "--auto-approve"]), "DW0717");
}

#[test]
fn the_latest_five_are_kept() {
    let project = loaded();
    for turn in 0..7 {
        let (from, to) = ("  city: { scd: 2 }\n", "  city: { scd: 2 }\n  grade: { scd: 1 }\n");
        match turn % 2 {
            0 => edit(&project, "models/customer.yml", to, from),
            _ => edit(&project, "models/customer.yml", from, to),
        }
        done(project.dwc(&["apply", "--auto-approve", "--allow-destructive", "customer"]));
    }
    let kept: Vec<i64> =
        (0..9).filter(|n| project.path().join(format!("warehouse.duckdb.snapshot-{n}")).exists()).collect();
    assert_eq!(kept, [1, 3, 5, 7], "every second apply has lost a column");
}

#[test]
fn a_protected_model_loses_nothing_even_if_allowed() {
    let project = loaded();
    edit(&project, "models/customer.yml", "dimension: customer\n", "dimension: customer\nprotect: true\n");
    done(project.dwc(&["apply", "--auto-approve"]));
    edit(&project, "models/customer.yml", "  grade: { scd: 1 }\n", "");
    refused(project.dwc(&["apply", "--auto-approve", "--allow-destructive", "customer"]), "DW0703");
}
