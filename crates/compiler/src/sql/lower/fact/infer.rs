//! Members that a fact names before their dimension has them: made with the fact's rows, and gone where the model changes so
//! that no fact names them. It must not decide which facts infer.

use std::collections::BTreeSet;

use serde::Serialize;

use super::on_column;
use crate::model::{Fact, KeyStrategy, Members, Missing, Role};
use crate::plan::Statement;
use crate::sql::lower::Lowering;
use crate::sql::lower::dimension::{Inferring, Unknown, outrigger_columns};
use crate::sql::names;
use crate::sql::template::Col;

#[derive(Serialize)]
pub(super) struct Infer<'a> {
    fact: &'a str,
    role: &'a str,
    table: String,
    key_column: String,
    durable_column: String,
    key: Vec<Col>,
    on: Vec<String>,
    pairs: Vec<(Col, String)>,
    /// Rows, one for each key.
    incoming: String,
    durable_hash: String,
    keys: Option<String>,
    outriggers: Vec<Col>,
    unknown: Vec<Unknown>,
    has_versions: bool,
    valid_to: String,
}

/// Inferred members that no fact names any more.
#[derive(Serialize)]
struct Uninfer<'a> {
    fact: &'a str,
    dimension: &'a str,
    table: String,
    key_column: String,
    durable_column: String,
    /// The roles that infer members of the dimension.
    inferring: Vec<Inferring>,
    /// Those that look it up and infer none.
    others: Vec<Other<'a>>,
}

#[derive(Serialize)]
struct Other<'a> {
    fact: &'a str,
    table: String,
    key: String,
}

impl Lowering<'_> {
    pub(super) fn infer<'f>(&self, fact: &'f Fact, role: &'f Role, members: &Members) -> Infer<'f> {
        let dimension = &self.project.dimensions[role.dimension];
        let on: Vec<String> = (0..role.on.len()).map(|index| on_column(role, index)).collect();
        Infer {
            fact: &fact.name,
            role: &role.name,
            table: self.star(&dimension.name),
            key_column: names::key(&dimension.name),
            durable_column: names::durable_key(&dimension.name),
            key: members.natural_key.iter().map(Col::key).collect(),
            pairs: members.natural_key.iter().zip(&on).map(|(column, on)| (Col::key(column), on.clone())).collect(),
            incoming: self.one_spelling(members, &on),
            durable_hash: self.durable_hash(members, "_i", Some(&on)),
            keys: (members.key_strategy == KeyStrategy::Sequence).then(|| self.numbers(dimension)),
            outriggers: outrigger_columns(members),
            unknown: self.unknown(members),
            on,
            has_versions: members.has_versions(),
            valid_to: self.open_end(members),
        }
    }

    /// What a fact inferred and names no longer, where its model has changed.
    pub(super) fn uninferred(&self, fact: &Fact) -> Vec<Statement> {
        if fact.rolls_up.is_some() {
            return Vec::new();
        }
        let inferring = fact.roles.iter().filter(|role| role.missing == Missing::Infer && self.members(role).is_some());
        let dimensions: BTreeSet<usize> = inferring.map(|role| role.dimension).collect();
        let each = dimensions.into_iter().flat_map(|index| {
            let dimension = &self.project.dimensions[index];
            let users = self.users.get(dimension.name.as_str()).into_iter().flatten();
            let roles = users.map(|(fact, role)| (&self.project.facts[*fact], &self.project.facts[*fact].roles[*role]));
            let others = roles.filter(|(_, role)| role.missing != Missing::Infer).map(|(fact, role)| Other {
                fact: &fact.name,
                table: self.star(&fact.name),
                key: names::key(&role.name),
            });
            self.render(
                "uninfer",
                Uninfer {
                    fact: &fact.name,
                    dimension: &dimension.name,
                    table: self.star(&dimension.name),
                    key_column: names::key(&dimension.name),
                    durable_column: names::durable_key(&dimension.name),
                    inferring: self.inferring(dimension),
                    others: others.collect(),
                },
            )
        });
        each.collect()
    }
}
