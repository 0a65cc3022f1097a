//! What resolving finds: text in, problems out. Every problem of a project is said at once, names that are near are
//! offered, the order of the files does not matter, and no change to the sample's text makes a check panic.

use std::path::{Path, PathBuf};

use dwc_compiler::check;
use dwc_compiler::source::{FileSet, SourceFile};

const PROJECT: &str = "name: shop\ntimezone: Asia/Seoul\ntargets: { dev: { type: duckdb, path: w.duckdb } }\n";

const SHOP: &str = "source: shop\ntype: files\ntables:\n  \
stores: { path: s.csv, contents: snapshot, primary_key: store_id, columns: { store_id: INT64, store_name: STRING, at: TIMESTAMP } }\n  \
orders: { path: o.csv, primary_key: order_id, columns: { order_id: INT64, store_id: INT64, ordered_at: TIMESTAMP, amount: NUMERIC } }\n";

const STORE: &str = "dimension: store\nfrom: shop.stores\nnatural_key: store_id\neffective_at: at\nattributes: { store_name: { scd: 2 } }\n";

const SALE: &str = "fact: sale\nbusiness_process: selling\ngrain: { description: one row per order, key: order_id }\nfrom: shop.orders\n\
event_time: ordered_at\ndimensions: { store: { on: store_id } }\nmeasures: { amount: { additive: all, currency: KRW } }\n";

fn star() -> Vec<SourceFile> {
    [("dwc.yml", PROJECT), ("models/shop.yml", SHOP), ("models/store.yml", STORE), ("models/sale.yml", SALE)]
        .into_iter()
        .map(|(path, text)| file(path, text))
        .collect()
}

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

/// The star with each `from` of a file replaced by its `to`.
fn changed(path: &str, changes: &[(&str, &str)]) -> Vec<SourceFile> {
    let mut files = star();
    for file in files.iter_mut().filter(|file| file.path == path) {
        for (from, to) in changes {
            assert!(file.text.contains(from), "{from}");
            file.text = file.text.replace(from, to);
        }
    }
    files
}

/// What is said of files: a line for each problem, then its help.
fn said(files: Vec<SourceFile>) -> Vec<String> {
    let files = FileSet::new(files);
    let found = check(&files).diagnostics;
    found
        .iter()
        .map(|problem| {
            let help = problem.help.iter().map(|help| format!(" | {help}"));
            format!("{}{}", problem.concise(&files), help.collect::<String>())
        })
        .collect()
}

/// A fact that reads another one by `ref`.
fn reading(name: &str, other: &str) -> SourceFile {
    let query = format!("query: SELECT order_id, store_id, ordered_at, amount FROM {{{{ ref('{other}') }}}}\n");
    let text = SALE.replace("fact: sale", &format!("fact: {name}")).replace("from: shop.orders\n", &query);
    file(&format!("models/{name}.yml"), &text)
}

#[test]
fn a_sound_star_has_no_problem() {
    assert_eq!(said(star()), Vec::<String>::new());
}

#[test]
fn two_models_of_one_name() {
    let mut files = star();
    files.push(file(
        "models/twin.yml",
        &STORE.replace(
            "from: shop.stores",
            "query: SELECT store_id + 1 AS store_id, store_name, `at` FROM {{ source('shop.stores') }}",
        ),
    ));
    let said = said(files);
    assert!(
        said.iter().any(|line| line.contains("DW0202") && line.contains("two models have the name `store`")),
        "{said:#?}"
    );
    let mut files = star();
    files.push(file("models/twin.yml", &SALE.replace("fact: sale", "fact: store")));
    let said = self::said(files);
    assert!(said.iter().any(|line| line.contains("DW0202")), "a fact and a dimension share their names: {said:#?}");
}

#[test]
fn a_cycle_is_shown_as_a_path() {
    let mut files = star();
    files.extend([reading("a", "b"), reading("b", "c"), reading("c", "a")]);
    let said = said(files);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].contains("DW0203") && said[0].contains("a → b → c → a"), "{said:#?}");
    let mut files = star();
    files.push(reading("own", "own"));
    let said = self::said(files);
    assert!(said.len() == 1 && said[0].contains("own → own"), "{said:#?}");
}

#[test]
fn near_names_are_offered() {
    for (path, from, to, code, near) in [
        ("models/sale.yml", "from: shop.orders", "from: shop.oders", "DW0201", "shop.orders"),
        ("models/sale.yml", "store: { on", "stroe: { on", "DW0501", "store"),
        ("models/sale.yml", "event_time: ordered_at", "event_time: orderd_at", "DW0602", "ordered_at"),
        ("models/store.yml", "natural_key: store_id", "natural_key: stor_id", "DW0602", "store_id"),
        ("models/store.yml", "from: shop.stores", "from: shop.store", "DW0201", "shop.stores"),
        ("dwc.yml", "Asia/Seoul", "Asia/Soul", "DW0201", "Asia/Seoul"),
        (
            "models/shop.yml",
            "order_id: INT64, store_id: INT64, ordered_at: TIMESTAMP",
            "order_id: INT64, store_id: INT64, ordered_at: TIMESTAM",
            "DW0612",
            "TIMESTAMP",
        ),
    ] {
        let said = said(changed(path, &[(from, to)]));
        let offered = format!("did you mean `{near}`?");
        assert!(said.iter().any(|line| line.contains(code) && line.contains(&offered)), "{to}: {said:#?}");
    }
}

#[test]
fn what_is_missing_has_its_code() {
    for (path, from, to, code) in [
        ("models/sale.yml", "grain: { description: one row per order, key: order_id }\n", "", "DW0301"),
        ("models/sale.yml", ", key: order_id }", " }", "DW0302"),
        (
            "models/store.yml",
            "from: shop.stores\nnatural_key: store_id\n",
            "query: SELECT store_id, store_name, `at` FROM {{ source('shop.stores') }}\n",
            "DW0303",
        ),
        (
            "models/sale.yml",
            "from: shop.orders",
            "query: SELECT order_id, store_id, ordered_at, amount FROM shop.nowhere",
            "DW0604",
        ),
        ("models/sale.yml", "on: store_id", "on: [store_id, order_id]", "DW0305"),
        ("models/sale.yml", "on: store_id", "on: ordered_at", "DW0305"),
        ("models/sale.yml", "amount: { additive", "store_key: { expr: amount, additive", "DW0306"),
        ("models/store.yml", "store_name: { scd: 2 }", "is_current: { scd: 2, expr: store_name }", "DW0307"),
        ("models/shop.yml", "amount: NUMERIC", "amount: STRING", "DW0401"),
        ("models/sale.yml", "additive: all, ", "", "DW0402"),
        ("models/store.yml", "{ scd: 2 }", "{}", "DW0502"),
        ("models/store.yml", "effective_at: at", "effective_at: store_name", "DW0503"),
    ] {
        let said = said(changed(path, &[(from, to)]));
        assert!(said.len() == 1 && said[0].contains(code), "{code}: {said:#?}");
    }
}

#[test]
fn every_problem_is_said_at_once() {
    let mut files = changed("models/sale.yml", &[("additive: all, ", ""), ("store: { on", "stroe: { on")]);
    for file in files.iter_mut().filter(|file| file.path == "models/store.yml") {
        file.text = file.text.replace("{ scd: 2 }", "{}");
    }
    let said = said(files);
    for code in ["DW0402", "DW0501", "DW0502"] {
        assert!(said.iter().any(|line| line.contains(code)), "{code}: {said:#?}");
    }
}

#[test]
fn messages_are_lowercase_and_have_no_full_stop() {
    let mut files = changed("models/sale.yml", &[("additive: all, ", ""), ("store: { on", "stroe: { on")]);
    files.extend([reading("a", "b"), reading("b", "a"), file("models/twin.yml", STORE)]);
    for problem in check(&FileSet::new(files)).diagnostics {
        let first = problem.message.chars().next();
        assert!(
            first.is_some_and(|first| !first.is_uppercase()) && !problem.message.ends_with('.'),
            "{}",
            problem.message
        );
        assert!(!problem.labels.is_empty(), "{} names no place", problem.message);
    }
}

/// A generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    /// A number below `end`; 0 where `end` is 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end.max(1) as u64)).unwrap_or(0)
    }
}

#[test]
fn the_order_of_files_does_not_matter() {
    let mut files = changed("models/sale.yml", &[("additive: all, ", ""), ("store: { on", "stroe: { on")]);
    files.extend([reading("a", "b"), reading("b", "a"), file("models/twin.yml", STORE)]);
    let first = said(files.clone());
    let mut random = Random(7);
    for _ in 0..50 {
        for at in (1..files.len()).rev() {
            files.swap(at, random.below(at + 1));
        }
        assert_eq!(said(files.clone()), first);
    }
}

/// The files of the sample at the root of the repository.
fn sample() -> Vec<SourceFile> {
    fn collect(root: &Path, folder: &Path, all: &mut Vec<SourceFile>) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                collect(root, &path, all);
            } else if path.extension().is_some_and(|end| end == "yml")
                && let (Ok(text), Ok(short)) = (std::fs::read_to_string(&path), path.strip_prefix(root))
            {
                all.push(file(&short.to_string_lossy(), &text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = vec![file("dwc.yml", &std::fs::read_to_string(root.join("dwc.yml")).unwrap_or_default())];
    collect(&root, &root.join("models"), &mut all);
    all
}

#[test]
fn the_sample_has_no_problem() {
    assert!(sample().len() > 10, "the sample is not where it should be");
    assert_eq!(said(sample()), Vec::<String>::new());
}

#[test]
fn no_change_to_the_sample_panics() {
    let whole = sample();
    let mut random = Random(0x5eed);
    for round in 0..400 {
        let mut files = whole.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(files.len());
            let text: Vec<char> = files[at].text.chars().collect();
            let from = random.below(text.len());
            let to = (from + random.below(40)).min(text.len());
            let span: String = text[from..to].iter().collect();
            let other: Vec<char> = whole[random.below(whole.len())].text.chars().collect();
            let start = random.below(other.len());
            let put = match random.below(3) {
                0 => String::new(),
                1 => span.repeat(2),
                _ => other[start..(start + random.below(40)).min(other.len())].iter().collect(),
            };
            files[at].text = text[..from].iter().collect::<String>() + &put + &text[to..].iter().collect::<String>();
        }
        let files = FileSet::new(files);
        for problem in check(&files).diagnostics {
            for label in &problem.labels {
                let text = &files.get(label.span.file).text;
                let (lo, hi) = (label.span.lo as usize, label.span.hi as usize);
                assert!(text.get(lo..hi).is_some(), "round {round}: {problem:?} names no place");
            }
        }
    }
}

#[test]
fn whom_a_run_tells_is_checked() {
    let telling = |notify: &str| {
        let mut files = star();
        files[0].text.push_str(&format!("notify: {{ team: {notify} }}\n"));
        said(files)
    };
    let store = STORE.replace("dimension: store\n", "dimension: store\nowner: Stores\ntags: [shop]\n");
    let owned = |notify: &str| {
        let mut files = changed("models/store.yml", &[(STORE, &store)]);
        files[0].text.push_str(&format!("notify: {{ team: {notify} }}\n"));
        said(files)
    };
    let clean = said(star());
    assert_eq!(
        telling("{ to: \"{{ env('HOOK') }}\", format: slack, on: [failed], select: [store+], targets: dev }"),
        clean
    );
    assert_eq!(
        owned("{ to: http://alerts.internal/x, select: tag:shop, owner: Stores }"),
        said(changed("models/store.yml", &[(STORE, &store)]))
    );
    for (notify, problem) in [
        ("{ to: https://hooks.slack.com/x, format: slack }", "`to` of the webhook `team` is a secret"),
        ("{ to: https://a:b@alerts.internal/x }", "`to` of the webhook `team` is a secret"),
        ("{ to: alerts.internal }", "`to` of the webhook `team` is not an address"),
        ("{ to: https://a.b, select: stores }", "`stores` selects no model; did you mean `store`?"),
        ("{ to: https://a.b, select: state:modified }", "a webhook cannot select `state:modified`"),
        ("{ to: https://a.b, owner: Store }", "there is no owner `Store`"),
        ("{ to: https://a.b, targets: prod }", "there is no target `prod`"),
        ("{ to: https://a.b, on: [held] }", "held"),
        ("{ format: slack }", "to"),
    ] {
        let found = owned(notify);
        let new: Vec<&String> = found.iter().filter(|line| !clean.contains(line)).collect();
        assert!(new.iter().any(|line| line.contains(problem) && line.starts_with("dwc.yml:")), "{notify}: {new:#?}");
    }
}

#[test]
fn a_junk_dimension_that_does_not_resolve_is_one_problem() {
    let flags = "dimension: flags\nkind: junk\nattributes: { amount: {} }\n";
    let mut files = changed("models/sale.yml", &[("store: { on: store_id }", "store: { on: store_id }, flags: {}")]);
    files.push(file("models/flags.yml", flags));
    let found = said(files);
    let about: Vec<&String> = found.iter().filter(|line| line.contains("flags")).collect();
    assert_eq!(about.len(), 1, "{found:#?}");
    assert!(about[0].contains("attribute `amount` of junk dimension `flags` has no type"), "{found:#?}");
}
