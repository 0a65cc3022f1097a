//! An amount of money has a currency; without one, two amounts cannot be told apart or added.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::Project;

const MONEY: &[&str] = &["amount", "price", "revenue", "cost", "fee", "discount"];

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for measure in project.facts.iter().flat_map(|fact| &fact.measures) {
        let name = &measure.column.name;
        let money = name.split('_').any(|word| MONEY.contains(&word));
        if money && measure.currency.is_none() && measure.unit.is_none() {
            found.push(
                Diagnostic::new(
                    Code::AmountWithoutCurrency,
                    format!("measure `{name}` is an amount without a currency"),
                )
                .at(measure.span, "this amount has no currency")
                .help("add `currency: KRW`, or `unit:` where it is not money"),
            );
        }
    }
}
