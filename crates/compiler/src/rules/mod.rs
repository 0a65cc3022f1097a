//! Rules: what a star schema should be, one file each, over a model that resolved. Their levels are set by project and
//! model, each with a reason. They must not change the model.

mod ambiguous_role;
mod amount_without_currency;
mod centipede;
mod chasm_trap;
mod coarser_measure;
mod collated_key;
mod duplicate_conformed;
mod fact_joins_fact;
mod fact_without_dimensions;
mod fact_without_measures;
mod fact_without_process;
mod flag_without_labels;
mod idle_policy;
mod joins;
mod levels;
mod log_by_entry;
mod non_additive_sum;
mod role_of_two_dimensions;
mod semi_additive;
mod snapshot_without_milestones;
mod snowflake;
mod timeless_query;
mod unconformed_measure;
mod undated_history;
mod undated_table;
mod versions_without_instant;

use crate::diagnostic::Diagnostic;
use crate::model::Project;

pub(crate) use levels::set_levels;

/// A rule: looks at a model and says what it finds.
type Rule = fn(&Project, &mut Vec<Diagnostic>);

const RULES: &[Rule] = &[
    ambiguous_role::check,
    amount_without_currency::check,
    centipede::check,
    chasm_trap::check,
    coarser_measure::check,
    collated_key::check,
    duplicate_conformed::check,
    fact_joins_fact::check,
    fact_without_dimensions::check,
    fact_without_measures::check,
    fact_without_process::check,
    flag_without_labels::check,
    idle_policy::check,
    log_by_entry::check,
    non_additive_sum::check,
    role_of_two_dimensions::check,
    semi_additive::check,
    snapshot_without_milestones::check,
    snowflake::check,
    timeless_query::check,
    unconformed_measure::check,
    undated_history::check,
    undated_table::check,
    versions_without_instant::check,
];

/// Everything that the rules find in a model.
pub(crate) fn check(project: &Project) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in RULES {
        rule(project, &mut found);
    }
    found
}

#[cfg(test)]
mod tests;
