//! Hierarchies of a loaded dimension: each value of a level belongs to one value of the level above. It changes nothing, and
//! must not judge what hierarchies are declared.

use std::collections::BTreeMap;

use dwc_googlesql::Type;

use super::context::Context;
use crate::diagnostic::Code;
use crate::model::{Attribute, Dimension, Members};
use crate::plan::{Gate, Reads, Rule, Statement};
use crate::sql::lower::Lowering;

impl Lowering<'_> {
    /// Says which values of a level belong to several values of the level above, among the members as they are now.
    pub(super) fn broken_hierarchies(
        &self,
        dimension: &Dimension,
        members: &Members,
        context: &Context<'_>,
    ) -> Vec<Rule> {
        let mut levels: BTreeMap<&str, BTreeMap<u32, &Attribute>> = BTreeMap::new();
        for attribute in &members.attributes {
            if let Some((name, level)) = &attribute.hierarchy {
                levels.entry(name).or_default().insert(*level, attribute);
            }
        }
        let quote = |name: &str| self.dialect.quote(name);
        let key = quote(&context.key_column);
        let current = if members.has_versions() { " AND _d.is_current" } else { "" };
        let string = self.dialect.ty(&Type::String);
        let mut all = Vec::new();
        for (name, levels) in levels {
            let ordered: Vec<&Attribute> = levels.into_values().collect();
            for pair in ordered.windows(2) {
                let [above, below] = [&pair[0].column, &pair[1].column];
                let (upper, lower) = (format!("_d.{}", quote(&above.name)), format!("_d.{}", quote(&below.name)));
                let (upper_told, lower_told) = (
                    if above.folds_case { self.dialect.folded(&upper) } else { upper.clone() },
                    if below.folds_case { self.dialect.folded(&lower) } else { lower.clone() },
                );
                let text = self.dialect.concat(&[
                    self.dialect.string(&format!("{}=", below.name)),
                    format!("MIN({})", self.dialect.readable(&lower, &below.ty)),
                    self.dialect.string(&format!(" has {} ", above.name)),
                    format!("MIN({})", self.dialect.readable(&upper, &above.ty)),
                    self.dialect.string(" and "),
                    format!("MAX({})", self.dialect.readable(&upper, &above.ty)),
                    self.dialect.string(", values: "),
                    format!("CAST(COUNT(DISTINCT {upper_told}) AS {string})"),
                ]);
                let sql = format!(
                    "SELECT {text} AS key_text\nFROM {} AS _d\nWHERE _d.{key} >= 0 AND NOT _d.is_inferred AND NOT _d.is_deleted{current} \
                     AND {lower} IS NOT NULL\nGROUP BY {lower_told}\nHAVING COUNT(DISTINCT {upper_told}) > 1\nORDER BY key_text\nLIMIT 20",
                    context.table
                );
                let statement = Statement {
                    sql,
                    reads: Reads::Notice(Gate {
                        code: Code::BrokenHierarchy,
                        message: format!(
                            "values of level `{}` in hierarchy `{name}` of dimension `{}` belong to several values of `{}`",
                            below.name, dimension.name, above.name
                        ),
                        span: pair[1].written,
                        help: "correct the members, or take an attribute as the level whose values are unique below it"
                            .to_owned(),
                    }),
                };
                let says = format!("a `{}` has one `{}` in hierarchy `{name}`", below.name, above.name);
                all.push(Rule::new(says, statement));
            }
        }
        all
    }
}
