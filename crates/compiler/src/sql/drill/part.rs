//! One fact's part of an answer: its rows joined to the dimensions that are asked for, and aggregated as each measure
//! declares. What additivity forbids is refused here.

use dwc_googlesql::Type;

use super::Question;
use super::filters::Filter;
use super::headers::{Header, Site, alias};
use super::measures::Asked;
use crate::model::{
    Additivity, Aggregation, AggregationFunction, Dimension, DimensionKind, Fact, FactOnDelete, Measure, Over, Project,
    Role,
};
use crate::sql::names;

/// A fact with what is asked of it.
pub(super) struct Star<'a> {
    pub(super) project: &'a Project,
    pub(super) fact: &'a Fact,
    /// The fact's place among those of the question.
    pub(super) at: usize,
    pub(super) headers: &'a [Header],
    pub(super) filters: &'a [Filter],
    pub(super) question: &'a Question,
}

/// What stands instead of sums over roles, with the measures that declare it, by their places in the question.
type Replaced<'a> = (&'a [(String, Over)], Vec<(usize, &'a Measure)>);

/// The measures of a part, by their places in the question, and its GoogleSQL: columns `g0…`, then `m…` of the measures.
type Part = (Vec<usize>, String);

impl Star<'_> {
    /// The fact's parts: one of what is aggregated row by row, one for each way in which a sum over a role is replaced.
    pub(super) fn parts(&self, asked: &[Asked<'_>]) -> Result<Vec<Part>, Vec<String>> {
        let mut problems = Vec::new();
        let mut plain: Vec<(usize, String)> = Vec::new();
        let mut replaced: Vec<Replaced<'_>> = Vec::new();
        for (place, one) in asked.iter().enumerate().filter(|(_, one)| one.fact.name == self.fact.name) {
            let Some(measure) = one.measure else {
                plain.push((place, "COUNT(*)".to_owned()));
                continue;
            };
            let column = format!("f.{}", names::backquoted(&measure.column.name));
            match measure.additive {
                Additivity::All => plain.push((place, format!("SUM({column})"))),
                Additivity::None => match &one.function.map(Aggregation::Function).or_else(|| measure.aggregation.clone()) {
                    Some(aggregation) => plain.push((place, aggregated(&column, aggregation))),
                    None => problems.push(format!(
                        "measure `{}` of fact `{}` is non-additive and may not be summed: declare how it is aggregated, as `aggregation: average`",
                        measure.column.name, self.fact.name
                    )),
                },
                Additivity::Semi => {
                    let open = measure
                        .not_over
                        .iter()
                        .find(|role| !measure.over.iter().any(|(known, _)| known == *role) && !self.told_apart(role));
                    if let Some(role) = open {
                        problems.push(format!(
                            "measure `{}` may not be summed over `{role}`: group by what tells its members apart, or declare what replaces the sum, as `over: {{ {role}: last }}`",
                            measure.column.name
                        ));
                    } else if measure.not_over.is_empty() {
                        problems.push(format!(
                            "measure `{}` is semi-additive but does not declare over which role it may not be summed",
                            measure.column.name
                        ));
                    } else if measure.over.is_empty() {
                        plain.push((place, format!("SUM({column})")));
                    } else {
                        match replaced.iter_mut().find(|(over, _)| *over == measure.over.as_slice()) {
                            Some((_, list)) => list.push((place, measure)),
                            None => replaced.push((&measure.over, vec![(place, measure)])),
                        }
                    }
                }
            }
        }
        let mut parts = Vec::new();
        if !plain.is_empty() {
            let (places, values): (Vec<usize>, Vec<String>) = plain.into_iter().unzip();
            match self.plain(&places, &values) {
                Ok(text) => parts.push((places, text)),
                Err(problem) => problems.push(problem),
            }
        }
        for (over, list) in replaced {
            match self.replaced(over, &list) {
                Ok(text) => parts.push((list.iter().map(|(place, _)| *place).collect(), text)),
                Err(problem) => problems.push(problem),
            }
        }
        problems.dedup();
        if problems.is_empty() { Ok(parts) } else { Err(problems) }
    }

    fn groups(&self) -> Vec<String> {
        self.headers.iter().map(|header| header.sites[self.at].sql()).collect()
    }

    fn plain(&self, places: &[usize], values: &[String]) -> Result<String, String> {
        let groups = self.groups();
        let heads = groups.iter().enumerate().map(|(at, group)| format!("{group} AS g{at}"));
        let values = places.iter().zip(values).map(|(place, value)| format!("{value} AS m{place}"));
        let items: Vec<String> = heads.chain(values).collect();
        let conditions: Vec<&str> = self.filters.iter().map(|filter| filter.texts[self.at].as_str()).collect();
        Ok(format!("SELECT {}\n{}{}", items.join(", "), self.rows(&[], &conditions)?, grouped(&groups)))
    }

    /// Measures over whose roles something stands instead of the sum. Which day is the last of a period, and how many
    /// members it has, is a matter of the fact and of the role alone: conditions and headers of other roles do not move it,
    /// so that the parts of an answer add up to the whole.
    fn replaced(&self, over: &[(String, Over)], measures: &[(usize, &Measure)]) -> Result<String, String> {
        let mut roles = Vec::new();
        for (name, over) in over {
            let found = self.fact.roles.iter().find(|role| role.name == *name);
            roles.push((found.ok_or_else(|| format!("fact `{}` has no role `{name}`", self.fact.name))?, *over));
        }
        let of_period = |filter: &&Filter| {
            let sites = &filter.sites[self.at];
            !sites.is_empty() && sites.iter().all(|site| roles.iter().any(|(role, _)| site.is_of(role)))
        };
        let text = |filter: &Filter| filter.texts[self.at].clone();
        let periods: Vec<String> = self.filters.iter().filter(of_period).map(text).collect();
        let others: Vec<String> = self.filters.iter().filter(|filter| !of_period(filter)).map(text).collect();
        let kept = if others.is_empty() { "TRUE".to_owned() } else { others.join(" AND ") };
        let groups: Vec<String> = (0..self.headers.len()).map(|at| format!("g{at}")).collect();
        let mut items: Vec<String> =
            self.groups().iter().zip(&groups).map(|(group, name)| format!("{group} AS {name}")).collect();
        let column = |measure: &Measure| names::backquoted(&measure.column.name);
        items.extend(measures.iter().map(|(place, measure)| format!("f.{} AS m{place}", column(measure))));
        for (at, (role, _)) in roles.iter().enumerate() {
            items.push(format!("{} AS o{at}", member(&self.project.dimensions[role.dimension], role)));
        }
        items.push(format!("({kept}) AS kept"));
        let joined: Vec<&str> = roles.iter().map(|(role, _)| role.name.as_str()).collect();
        let conditions: Vec<&str> = periods.iter().map(String::as_str).collect();
        let base = format!("SELECT {}\n{}", items.join(", "), self.rows(&joined, &conditions)?);
        // Whether a row counts: of one moment the rows of that moment, and never those of no day.
        let mut ends = Vec::new();
        let mut live = Vec::new();
        let mut counts = Vec::new();
        for (at, (role, over)) in roles.iter().enumerate() {
            let period = self.period(&[role]);
            live.push(match over {
                Over::Last | Over::First => {
                    let word = if *over == Over::Last { "MAX" } else { "MIN" };
                    ends.push(format!("{word}(o{at}) OVER ({period}) AS e{at}"));
                    format!("o{at} = e{at}")
                }
                _ => format!("o{at} IS NOT NULL"),
            });
        }
        let live = live.join(" AND ");
        for (at, (_, over)) in roles.iter().enumerate() {
            if *over == Over::Average {
                let period = self.period(&roles.iter().map(|(role, _)| *role).collect::<Vec<_>>());
                counts.push(format!("COUNT(DISTINCT CASE WHEN {live} THEN o{at} END) OVER ({period}) AS n{at}"));
            }
        }
        let mut text = base;
        for extra in [ends, counts].into_iter().filter(|extra| !extra.is_empty()) {
            text = format!("SELECT *, {}\nFROM (\n{text}\n) AS w", extra.join(", "));
        }
        let mut left: Vec<usize> =
            (0..roles.len()).filter(|at| !matches!(roles[*at].1, Over::Last | Over::First)).collect();
        let ids = |left: &[usize]| left.iter().map(|at| format!("o{at}")).collect::<Vec<_>>();
        let numbers = |left: &[usize]| -> Vec<String> {
            let averaged = left.iter().filter(|at| roles[**at].1 == Over::Average);
            averaged.map(|at| format!("MAX(n{at}) AS n{at}")).collect()
        };
        let values = measures.iter().map(|(place, _)| format!("SUM(CASE WHEN {live} THEN m{place} END) AS m{place}"));
        let by = [groups.clone(), ids(&left)].concat();
        let items: Vec<String> = by.iter().cloned().chain(numbers(&left)).chain(values).collect();
        text = format!("SELECT {}\nFROM (\n{text}\n) AS r\nWHERE kept{}", items.join(", "), grouped(&by));
        while !left.is_empty() {
            let at = left.remove(0);
            let by = [groups.clone(), ids(&left)].concat();
            let values = measures.iter().map(|(place, _)| {
                let value = match roles[at].1 {
                    Over::Average => format!("SUM(m{place}) / NULLIF(MAX(n{at}), 0)"),
                    Over::Min => format!("MIN(m{place})"),
                    _ => format!("MAX(m{place})"),
                };
                format!("{value} AS m{place}")
            });
            let items: Vec<String> = by.iter().cloned().chain(numbers(&left)).chain(values).collect();
            text = format!("SELECT {}\nFROM (\n{text}\n) AS s{at}{}", items.join(", "), grouped(&by));
        }
        Ok(text)
    }

    /// The period of roles: the groups that their own attributes, and the columns that they are looked up by, make.
    fn period(&self, roles: &[&Role]) -> String {
        let own: Vec<String> = self
            .headers
            .iter()
            .enumerate()
            .filter(|(_, header)| roles.iter().any(|role| header.sites[self.at].is_of(role)))
            .map(|(at, header)| match header.ty {
                // Rows are not partitioned by a FLOAT64.
                Type::Float64 => format!("CAST(g{at} AS STRING)"),
                _ => format!("g{at}"),
            })
            .collect();
        if own.is_empty() { String::new() } else { format!("PARTITION BY {}", own.join(", ")) }
    }

    /// Whether the headers tell the members of a role apart: by its key, by its whole natural key, or by the columns that it
    /// is looked up by.
    fn told_apart(&self, role: &str) -> bool {
        let Some(role) = self.fact.roles.iter().find(|known| known.name == role) else { return false };
        let dimension = &self.project.dimensions[role.dimension];
        let has = |name: &str| {
            let site = Site::Role { role: role.name.clone(), attribute: name.to_owned() };
            self.headers.iter().any(|header| header.sites[self.at] == site)
        };
        let own = |name: &String| self.headers.iter().any(|header| header.sites[self.at] == Site::Own(name.clone()));
        let is_looked_up = !role.on.is_empty() && role.on.iter().all(|column| own(&column.name));
        if is_looked_up || has(&names::key(&dimension.name)) {
            return true;
        }
        match &dimension.kind {
            DimensionKind::Calendar(_) => has("date"),
            DimensionKind::TimeOfDay => has("time_of_day"),
            DimensionKind::Standard(members) => {
                has(&names::durable_key(&dimension.name)) || members.natural_key.iter().all(|column| has(&column.name))
            }
            DimensionKind::Mini(_) | DimensionKind::Junk(_) => false,
        }
    }

    /// FROM, the joins of the roles that are read, and WHERE. Every join finds one row at most.
    fn rows(&self, also: &[&str], conditions: &[&str]) -> Result<String, String> {
        let of_headers = self.headers.iter().filter_map(|header| header.sites[self.at].role());
        let of_filters = self.filters.iter().flat_map(|filter| &filter.sites[self.at]).filter_map(Site::role);
        let mut read: Vec<&str> = Vec::new();
        for role in of_headers.chain(of_filters).chain(also.iter().copied()) {
            if !read.contains(&role) {
                read.push(role);
            }
        }
        let mut text = format!("FROM `ref.{}` AS f", self.fact.name);
        for name in read {
            let found = self.fact.roles.iter().find(|role| role.name == name);
            text.push_str(&self.join(found.ok_or_else(|| format!("there is no role `{name}`"))?)?);
        }
        let flagged = self.fact.on_delete == FactOnDelete::Flag && !self.question.with_deleted;
        let mut all: Vec<&str> = conditions.to_vec();
        if flagged {
            all.push("NOT f.is_deleted");
        }
        if !all.is_empty() {
            text.push_str(&format!("\nWHERE {}", all.join(" AND ")));
        }
        Ok(text)
    }

    fn join(&self, role: &Role) -> Result<String, String> {
        let dimension = &self.project.dimensions[role.dimension];
        let quote = names::backquoted;
        let (alias, name) = (alias(&role.name), &dimension.name);
        let key = format!("f.{}", quote(&names::key(&role.name)));
        let as_was = |alias: &str| {
            format!("\nLEFT JOIN `ref.{name}` AS {alias} ON {alias}.{} = {key}", quote(&names::key(name)))
        };
        if !self.question.as_is || !dimension.members().is_some_and(crate::model::Members::has_versions) {
            return Ok(as_was(&alias));
        }
        if dimension.mini().is_some() {
            return Err(format!(
                "`{name}` is a mini-dimension, whose rows are combinations: as it is now, ask for it without `--as-is`"
            ));
        }
        let durable = quote(&names::durable_key(name));
        let latest = format!(
            "(SELECT * FROM (SELECT d.*, ROW_NUMBER() OVER (PARTITION BY d.{durable} ORDER BY d.valid_from DESC) AS _place FROM `ref.{name}` AS d) AS d WHERE d._place = 1)"
        );
        if self.fact.rolls_up.is_none() {
            let own = format!("f.{}", quote(&names::durable_key(&role.name)));
            return Ok(format!("\nLEFT JOIN {latest} AS {alias} ON {alias}.{durable} = {own}"));
        }
        // An aggregate keeps no durable keys: the version says whose it is.
        let version = quote(&format!("_{}_as_was", role.name));
        Ok(format!("{}\nLEFT JOIN {latest} AS {alias} ON {alias}.{durable} = {version}.{durable}", as_was(&version)))
    }
}

/// What tells the members of a role apart and, in a calendar and the time of day, orders them; NULL for no day.
fn member(dimension: &Dimension, role: &Role) -> String {
    let column = match &dimension.kind {
        DimensionKind::Calendar(_) => "date".to_owned(),
        DimensionKind::TimeOfDay => "time_of_day".to_owned(),
        DimensionKind::Standard(_) => names::durable_key(&dimension.name),
        DimensionKind::Mini(_) | DimensionKind::Junk(_) => names::key(&dimension.name),
    };
    format!("{}.{}", alias(&role.name), names::backquoted(&column))
}

fn grouped(by: &[String]) -> String {
    if by.is_empty() { String::new() } else { format!("\nGROUP BY {}", by.join(", ")) }
}

fn aggregated(column: &str, aggregation: &Aggregation) -> String {
    match aggregation {
        Aggregation::Function(AggregationFunction::Average) => format!("AVG({column})"),
        Aggregation::Function(AggregationFunction::Min) => format!("MIN({column})"),
        Aggregation::Function(AggregationFunction::Max) => format!("MAX({column})"),
        Aggregation::Function(AggregationFunction::CountDistinct) => format!("COUNT(DISTINCT {column})"),
        Aggregation::Ratio([above, below]) => {
            let sum = |name: &str| format!("SUM(f.{})", names::backquoted(name));
            format!("{} / NULLIF({}, 0)", sum(above), sum(below))
        }
    }
}
