//! The docs site in a real browser: the sample's pages render, search finds, and a hostile text stays a text.

use std::fs;
use std::path::Path;
use std::process::Command;

use dwc_compiler::source::{FileSet, SourceFile};
use dwc_docs::{Status, build};
use dwc_tests::project::repository;

/// The page's document after its scripts have run.
fn browse(page: &Path, hash: &str) -> String {
    let profile = tempfile::tempdir().expect("a folder");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--dump-dom")
        .arg(format!("file://{}{hash}", page.display()))
        .output()
        .expect("chromium is missing: apt-get install -y chromium");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn site(files: &FileSet) -> tempfile::TempDir {
    let project = dwc_compiler::check(files).project.expect("a project");
    let folder = tempfile::tempdir().expect("a folder");
    for page in build(&project, &Status::default()) {
        let path = folder.path().join(&page.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        fs::write(path, page.content).expect("the page is written");
    }
    folder
}

#[test]
fn the_sample_is_browsed_and_searched() {
    let folder = site(&dwc_runner::project::read(&repository()).expect("the sample"));
    let index = browse(&folder.path().join("index.html"), "");
    assert!(index.contains("Bus matrix") && index.contains("order_line") && !index.contains("launch_price"), "{index}");
    let found = browse(&folder.path().join("index.html"), "#q=launch_price");
    assert!(found.contains("dimensions/product.html#launch_price"), "{found}");
    let fact = browse(&folder.path().join("facts/order_line.html"), "");
    assert!(fact.contains("shop.order_items.quantity") && fact.contains("non-additive"), "{fact}");
    let snapshot = browse(&folder.path().join("facts/delivery.html"), "");
    let row = "<td>2</td><td>picked_up</td><td><code>picked_up_at</code></td><td><code>picked_up_date</code></td>\
               <td>reached_picked_up, waiting_at_picked_up</td><td>hours_to_picked_up</td>";
    assert!(
        snapshot.contains(row) && snapshot.contains("<code>delivered_at − ordered_at, in hours</code>"),
        "{snapshot}"
    );
}

#[test]
fn a_hostile_text_runs_nothing() {
    let hostile = "<img src=x onerror=document.title=1><script>document.title='taken'</script>";
    let files = [
        ("dwc.yml", "name: shop\ntimezone: Asia/Seoul\ntargets: { dev: { type: duckdb } }\n".to_owned()),
        (
            "models/day.yml",
            format!(
                "dimension: day\nkind: calendar\ndescription: \"{hostile}\"\nfirst_day: 2026-01-01\nlast_day: 2026-01-02\n"
            ),
        ),
    ];
    let files = files.map(|(path, text)| SourceFile { path: path.to_owned(), text });
    let folder = site(&FileSet::new(files.into()));
    for hash in ["", "#q=onerror"] {
        let page = browse(&folder.path().join("index.html"), hash);
        assert!(page.contains("<title>shop</title>") && page.contains("onerror"), "{page}");
    }
}
