//! Combinations of a junk dimension: a fact's row names its own by a hash of its values, and its load adds those that are
//! new. It must not look a member up.

use dwc_googlesql::Type;
use serde::Serialize;

use super::on_column;
use crate::diagnostic::Code;
use crate::model::{Dimension, Fact, Junk, Role};
use crate::plan::{Gate, Reads, Statement};
use crate::sql::lower::Lowering;
use crate::sql::names;

#[derive(Serialize)]
struct Combinations<'a> {
    fact: &'a str,
    role: &'a str,
    table: String,
    key: String,
    hash: String,
    columns: Vec<&'a str>,
    /// The attributes of a row `_i`, as the dimension shows them.
    values: Vec<String>,
}

impl Lowering<'_> {
    /// The key of the combination that a row `_i` has: by the names of the attributes, so that their order means nothing. NULL
    /// is a value.
    pub(super) fn combination_key(&self, role: &Role, junk: &Junk) -> String {
        let mut named: Vec<(&str, String)> = junk
            .attributes
            .iter()
            .enumerate()
            .map(|(index, attribute)| {
                let value = format!("_i.{}", self.dialect.quote(&on_column(role, index)));
                let part = self.dialect.key_part(&value, attribute.kept_type());
                (attribute.column.name.as_str(), format!("COALESCE({part}, '-')"))
            })
            .collect();
        named.sort();
        let parts: Vec<String> = named.into_iter().map(|(_, part)| part).collect();
        self.dialect.hash60(&self.dialect.concat(&parts))
    }

    /// Adds the combinations of the incoming rows that are new, and holds the load back where they are too many or where two of
    /// them have one key.
    pub(super) fn combine(&self, fact: &Fact, role: &Role, junk: &Junk) -> Vec<Statement> {
        let dimension = &self.project.dimensions[role.dimension];
        let quote = |name: &str| self.dialect.quote(name);
        let values: Vec<String> = junk
            .attributes
            .iter()
            .enumerate()
            .map(|(index, attribute)| self.worded(&format!("_i.{}", quote(&on_column(role, index))), attribute))
            .collect();
        let mut statements = vec![self.one_key_gate(dimension, role, junk)];
        statements.extend(self.render(
            "junk",
            Combinations {
                fact: &fact.name,
                role: &role.name,
                table: self.star(&dimension.name),
                key: names::key(&dimension.name),
                hash: self.combination_key(role, junk),
                columns: junk.attributes.iter().map(|attribute| attribute.column.name.as_str()).collect(),
                values,
            },
        ));
        statements.push(self.too_many_gate(dimension, junk));
        statements
    }

    fn one_key_gate(&self, dimension: &Dimension, role: &Role, junk: &Junk) -> Statement {
        let on: Vec<String> = (0..junk.attributes.len())
            .map(|index| format!("_i.{}", self.dialect.quote(&on_column(role, index))))
            .collect();
        let string = self.dialect.ty(&Type::String);
        Statement {
            sql: format!(
                "SELECT CAST(_c._key AS {string}) AS key_text FROM (SELECT DISTINCT {} AS _key, {} FROM incoming AS _i) AS _c GROUP BY _c._key HAVING COUNT(*) > 1 ORDER BY key_text LIMIT 20",
                self.combination_key(role, junk),
                on.join(", ")
            ),
            reads: Reads::Gate(Gate {
                code: Code::KeyCollision,
                message: format!("two combinations of junk dimension `{}` have the same key", dimension.name),
                span: dimension.span,
                help: "change a value of one of them in the query of the fact".to_owned(),
            }),
        }
    }

    /// The attribute with the most values, where there are more combinations than the dimension may have.
    fn too_many_gate(&self, dimension: &Dimension, junk: &Junk) -> Statement {
        let table = self.star(&dimension.name);
        let key = self.dialect.quote(&names::key(&dimension.name));
        let string = self.dialect.ty(&Type::String);
        let counts: Vec<String> = junk
            .attributes
            .iter()
            .map(|attribute| {
                let name = &attribute.column.name;
                format!(
                    "SELECT {} AS _name, COUNT(DISTINCT _d.{}) AS _values FROM {table} AS _d WHERE _d.{key} >= 0",
                    self.dialect.string(name),
                    self.dialect.quote(name)
                )
            })
            .collect();
        let text = self.dialect.concat(&[
            "_n._name".to_owned(),
            self.dialect.string(" has "),
            format!("CAST(_n._values AS {string})"),
            self.dialect.string(" values"),
        ]);
        Statement {
            sql: format!(
                "SELECT {text} AS key_text\nFROM (\n  {}\n) AS _n\nCROSS JOIN (SELECT COUNT(*) AS _members FROM {table} AS _d WHERE _d.{key} >= 0) AS _m\nWHERE _m._members > {}\nORDER BY _n._values DESC, _n._name\nLIMIT 1",
                counts.join("\n  UNION ALL\n  "),
                junk.max_members
            ),
            reads: Reads::Gate(Gate {
                code: Code::TooManyCombinations,
                message: format!(
                    "junk dimension `{}` would have more than {} combinations",
                    dimension.name, junk.max_members
                ),
                span: dimension.span,
                help: "move the attribute with the most values to a dimension of its own or to the fact, or raise `max_members`"
                    .to_owned(),
            }),
        }
    }
}
