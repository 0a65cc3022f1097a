//! Which columns of source tables are read at all, by a model or by the load itself. A source may lose the others. It must
//! not know what a column is read for.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{EffectiveAt, Fact, Members, Project, Query, Table};

/// Marks the columns of each source table that something reads.
pub(super) fn mark(project: &mut Project) {
    let mut read: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |columns: Vec<(String, String)>| {
        for (table, column) in columns {
            read.entry(table).or_default().insert(column.to_lowercase());
        }
    };
    for members in project.dimensions.iter().filter_map(|dimension| dimension.members()) {
        add(of_members(members));
    }
    for fact in &project.facts {
        add(of_fact(fact));
    }
    for table in &mut project.tables {
        // A table that no model reads is landed for its own sake.
        let by_models = read.remove(&table.address);
        let by_load = of_load(table);
        let is_read = |name: &String| {
            by_models.as_ref().is_none_or(|names| names.contains(&name.to_lowercase())) || by_load.contains(name)
        };
        table.read = table.columns.iter().map(|column| &column.name).filter(|name| is_read(name)).cloned().collect();
    }
}

/// What a table is loaded by. Where rows have no key of their own, each column is a part of it.
fn of_load(table: &Table) -> BTreeSet<String> {
    if table.primary_key.is_empty() {
        return table.columns.iter().map(|column| column.name.clone()).collect();
    }
    let one = [&table.cursor, &table.sequence, &table.delete_column];
    table.primary_key.iter().chain(one.into_iter().flatten()).cloned().collect()
}

fn of_members(members: &Members) -> Vec<(String, String)> {
    let mut names: Vec<&str> = members.natural_key.iter().map(|column| column.name.as_str()).collect();
    if let EffectiveAt::Column(name, _) = &members.effective_at {
        names.push(name);
    }
    names.extend(members.effective_to.iter().map(|(name, _)| name.as_str()));
    names.extend(members.sequence.as_deref());
    let attributes = members.attributes.iter().flat_map(|attribute| &attribute.origins);
    of_query(&members.query, &names, attributes)
}

fn of_fact(fact: &Fact) -> Vec<(String, String)> {
    let columns = fact.key.iter().chain(&fact.event_time).chain(&fact.degenerate).chain(&fact.partition_by);
    let mut names: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
    for role in &fact.roles {
        names.extend(role.on.iter().chain(&role.as_of).map(|column| column.name.as_str()));
    }
    names.extend(fact.milestones.iter().map(|milestone| milestone.column.name.as_str()));
    names.extend(fact.keep_latest_by.as_deref());
    names.extend(fact.cluster_by.iter().map(String::as_str));
    of_query(&fact.query, &names, fact.measures.iter().flat_map(|measure| &measure.origins))
}

/// What a query reads for the columns of its result that are wanted, and wherever else it reads.
fn of_query<'a>(
    query: &'a Query,
    names: &[&str],
    origins: impl Iterator<Item = &'a (String, String)>,
) -> Vec<(String, String)> {
    let is_wanted = |name: &str| names.iter().any(|other| other.eq_ignore_ascii_case(name));
    let output = query.analysis.output.iter().filter(|output| is_wanted(&output.name));
    output.flat_map(|output| &output.origins).chain(origins).chain(&query.analysis.used).cloned().collect()
}
