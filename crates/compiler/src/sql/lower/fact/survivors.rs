//! Which row of a key stays, where a fact's query gives several and one is chosen. It must not choose by the order of rows.

use super::{on_column, stored};
use crate::model::Fact;
use crate::plan::{Reads, Statement};
use crate::sql::lower::Lowering;
use crate::sql::template::Col;

impl Lowering<'_> {
    /// The order of the rows of one key, of which the first stays.
    pub(super) fn survivor(&self, fact: &Fact) -> String {
        let is_free = |name: &String| fact.key.iter().all(|key| &key.name != name || key.folds_case);
        let stored = stored(fact).into_iter().filter(|(name, _)| is_free(name));
        let members = fact.roles.iter().filter(|role| self.members(role).is_some());
        let members = members.flat_map(|role| {
            role.on.iter().enumerate().map(|(index, column)| (on_column(role, index), column.ty.clone()))
        });
        let rest = stored.chain(members).map(|(name, ty)| {
            format!("{} DESC", self.dialect.readable(&format!("_i.{}", self.dialect.quote(&name)), &ty))
        });
        let latest = fact.keep_latest_by.iter().map(|_| "_i._latest DESC".to_owned());
        latest.chain(rest).collect::<Vec<_>>().join(", ")
    }

    /// Counts the rows that lose against the survivor of their key.
    pub(super) fn survivors(&self, fact: &Fact, query: &str, touched: Option<&[Col]>) -> Vec<Statement> {
        let list: Vec<String> = fact.key.iter().map(|column| self.compared("_i", column)).collect();
        let list = list.join(", ");
        let join = touched.map_or(String::new(), |key| {
            let equal: Vec<String> = key
                .iter()
                .map(|c| format!("{} IS NOT DISTINCT FROM {}", self.told("_t", c), self.told("_i", c)))
                .collect();
            format!("JOIN touched AS _t ON {}\n", equal.join(" AND "))
        });
        vec![Statement {
            sql: format!(
                "SELECT COALESCE(SUM(_n - 1), 0) AS superseded FROM (\nSELECT COUNT(*) AS _n FROM (\n{query}\n) AS _i\n{join}GROUP BY {list}\n) AS _g"
            ),
            reads: Reads::Counts,
        }]
    }
}
