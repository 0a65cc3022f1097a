//! scratch
use super::analyzer::Both;
#[test]
fn scratch() {
    let text = std::fs::read_to_string("/tmp/w14/stmts.sql").expect("file");
    let both = Both::start();
    for line in text.lines() {
        both.show(line);
    }
}
