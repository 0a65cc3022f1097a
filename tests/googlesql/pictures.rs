//! CAST of numbers to STRING by a FORMAT: formats of every layout that is taken, by hand and by dice, over numbers at the
//! edges of their types.

use dwc_googlesql::analyze_query;
use dwc_tests::dice::Dice;

use super::{compare, edges};

const NUMBERS: &[&str] = &[
    "0",
    "7",
    "-12",
    "1234",
    "-1234567",
    "9223372036854775807",
    "-9223372036854775808",
    "CAST(NULL AS INT64)",
    "0.0",
    "-0.0",
    "0.5",
    "-0.5",
    "1.5",
    "2.5",
    "0.125",
    "-0.004",
    "9.995",
    "1234.565",
    "1e20",
    "-1e300",
    "1e-300",
    "CAST('nan' AS FLOAT64)",
    "CAST('inf' AS FLOAT64)",
    "CAST('-inf' AS FLOAT64)",
    "NUMERIC '0'",
    "NUMERIC '0.5'",
    "NUMERIC '-0.5'",
    "NUMERIC '2.5'",
    "NUMERIC '-0.004'",
    "NUMERIC '9.995'",
    "NUMERIC '1234.565'",
    "NUMERIC '-99999999999999999999999999999.999999999'",
];

const FORMATS: &[&str] = &[
    "9",
    "0",
    "999",
    "0999",
    "9,999",
    "9G999D99",
    "9999.99",
    "FM999.99",
    "FM9,999,990.00",
    "S999",
    "999S",
    "999MI",
    "999PR",
    "FM999PR",
    "FM999MI",
    "$999",
    "L999",
    "C999",
    "c9",
    "FM$9,990.00",
    "B999",
    "B9.99",
    "$B99",
    "BFM9",
    "B00",
    "S9B",
    "V99",
    "99V99",
    "9V",
    "9.",
    "FM9.",
    ".9",
    ".00",
    "FM.9",
    "000,000",
    "9,0,9",
    "9,",
    "9,.9",
    "S$9",
    "$S9",
    "$9S",
    "9$",
    "99999",
    "9,999,999",
    "fm9g999d9mi",
    "9.99999999999999999999",
];

const BEFORE: &[&str] = &["", "", "FM", "S", "$", "L", "C", "B", "FMS", "S$", "BS", "FM$"];
const WHOLE: &[&str] = &["", "9", "0", "99", "90", "09", "9,999", "999,990", "9G9G9", "99999999"];
const DECIMALS: &[&str] = &["", "", ".", ".9", ".00", "D99", ".90", "V", "V9", ".999999999999"];
const AFTER: &[&str] = &["", "", "MI", "PR", "S", "FM", "B", "$", "MIFM"];

/// Random formats.
const RANDOM: usize = 60;

#[test]
fn numbers_are_written_by_their_format() {
    let mut dice = Dice::new(16);
    let mut pick = |list: &[&'static str]| list[dice.below(list.len())];
    let random = (0..RANDOM).map(|_| format!("{}{}{}{}", pick(BEFORE), pick(WHOLE), pick(DECIMALS), pick(AFTER)));
    let formats: Vec<String> = FORMATS.iter().map(ToString::to_string).chain(random).collect();
    let catalog = compare::catalog();
    let calls = formats
        .iter()
        .flat_map(|format| NUMBERS.iter().map(move |number| format!("CAST({number} AS STRING FORMAT '{format}')")));
    let calls: Vec<String> =
        calls.filter(|call| analyze_query(&format!("SELECT {call} AS v"), &catalog).problems.is_empty()).collect();
    assert!(calls.len() >= 2000, "{} calls", calls.len());
    edges::judge("pictures", &calls);
}
