//! A profile: what the values of a table say of it, before or after it is modelled. Three questions are asked, each as one
//! GoogleSQL text: about the columns, about the values of those that repeat, and about what depends on what. Who asks them
//! is handed in. It must not judge what an answer means for a model: `advice` does.

mod advice;
mod columns;
mod dependencies;
mod values;

use dwc_googlesql::{Column as SqlColumn, Problem, Tables, Type};
use serde::Serialize;

use super::lower::Lowering;
use super::lower::relations::sql_columns;
use crate::model::{ColumnRole, ModelId, Project, TargetType, star_columns};

pub use advice::Advice;

/// Rows of an answer, every value as text.
pub type Answer = Vec<Vec<Option<String>>>;

/// What is profiled: the live rows of a landed table, or the rows of a loaded model.
#[derive(Debug)]
pub struct Subject<'p> {
    project: &'p Project,
    engine: TargetType,
    /// `source.table`, or the model's name.
    pub name: String,
    /// The table's name in a query, and what it stands for.
    relation: String,
    physical: String,
    /// The rows that count: of a dimension its members.
    condition: String,
    columns: Vec<Looked>,
    /// What a model says of its rows.
    pub(super) model: Option<ModelId>,
}

/// A column that is looked at.
#[derive(Debug, Clone)]
struct Looked {
    name: String,
    ty: Type,
    /// It is declared to hold personal data.
    is_personal: bool,
    /// It leads to a dimension: of its values, the reserved members alone say something.
    is_foreign: bool,
}

/// What the values of a table say.
#[derive(Debug, Clone, Serialize)]
pub struct Profile {
    /// `source.table`, or the model's name.
    pub name: String,
    /// How many rows count.
    pub rows: u64,
    /// Each column, in the order of the table.
    pub columns: Vec<ColumnProfile>,
    /// The smallest sets of columns that tell every row from every other.
    pub keys: Vec<Vec<String>>,
    /// Columns whose value decides another's: (what decides, what is decided).
    pub dependencies: Vec<(String, String)>,
    /// What follows for the model, the gravest first.
    pub advice: Vec<Advice>,
}

/// What the values of a column say.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its GoogleSQL type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Rows without a value.
    pub nulls: u64,
    /// Different values; absent for a type whose values cannot be compared.
    pub distinct: Option<u64>,
    /// The least value; absent where it would show personal data.
    pub least: Option<String>,
    /// The greatest value; absent where it would show personal data.
    pub greatest: Option<String>,
    /// Of a text: how many values are empty.
    pub empty: Option<u64>,
    /// Of a text: the fewest characters of a value.
    pub shortest: Option<u64>,
    /// Of a text: the most characters of a value.
    pub longest: Option<u64>,
    /// The most frequent shapes of a text: `a` stands for letters and `9` for digits.
    pub patterns: Vec<Counted>,
    /// The values of a column that has few, the most frequent first.
    pub values: Vec<Counted>,
    /// What kind of personal data its name or its values look like.
    pub personal: Option<String>,
    /// The type that every value of a text has.
    pub reads_as: Option<String>,
}

/// A value or a shape, with the number of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The value as text, or the shape.
    pub value: String,
    /// How many rows have it.
    pub rows: u64,
}

impl<'p> Subject<'p> {
    /// What a name means: one table, all tables of a source, or a model. Nothing where nothing has that name.
    #[must_use]
    pub fn named(project: &'p Project, engine: TargetType, schema: &str, name: &str) -> Vec<Self> {
        let lowering = Lowering::new(project, engine, schema);
        if let Some(model) = project.model(name) {
            return vec![Self::of_model(&lowering, project, engine, model)];
        }
        let named = |address: &str, source: &str| address == name || source == name;
        let tables = project.tables.iter().filter(|table| named(&table.address, &table.source));
        let subjects = tables.map(|table| Self {
            project,
            engine,
            name: table.address.clone(),
            relation: table.address.clone(),
            physical: lowering.landing_live(table),
            condition: "TRUE".to_owned(),
            columns: table
                .columns
                .iter()
                .map(|column| Looked {
                    name: column.name.clone(),
                    ty: column.ty.clone(),
                    is_personal: column.pii,
                    is_foreign: false,
                })
                .collect(),
            model: None,
        });
        subjects.collect()
    }

    fn of_model(lowering: &Lowering<'_>, project: &'p Project, engine: TargetType, model: ModelId) -> Self {
        let name = project.model_name(model).to_owned();
        let columns = star_columns(project, model);
        let condition = match (model, columns.first()) {
            (ModelId::Dimension(_), Some(key)) => format!("_p.`{}` >= 0", key.name),
            _ => "TRUE".to_owned(),
        };
        let said = columns.into_iter().filter(|column| {
            !matches!(column.role, ColumnRole::SurrogateKey | ColumnRole::DurableKey | ColumnRole::Housekeeping)
        });
        let members = match model {
            ModelId::Dimension(index) => project.dimensions[index].members(),
            ModelId::Fact(_) => None,
        };
        let is_personal = |name: &str| {
            members.is_some_and(|members| {
                members.stored().iter().any(|stored| stored.name == name && stored.attribute.column.pii)
            })
        };
        Self {
            project,
            engine,
            relation: format!("ref.{name}"),
            physical: lowering.star(&name),
            name,
            condition,
            columns: said
                .map(|column| Looked {
                    is_personal: is_personal(&column.name),
                    is_foreign: column.role == ColumnRole::ForeignKey,
                    name: column.name,
                    ty: column.ty,
                })
                .collect(),
            model: Some(model),
        }
    }

    /// Its profile, from the answers of whoever can be asked.
    ///
    /// # Errors
    /// Those of who is asked; `refused` makes one of what the engine has no equal of.
    pub fn profile<E>(
        &self,
        ask: &mut dyn FnMut(&str) -> Result<Answer, E>,
        refused: &dyn Fn(Vec<Problem>) -> E,
    ) -> Result<Profile, E> {
        let mut put = |text: String| ask(&self.rendered(&text).map_err(refused)?);
        let (rows, mut columns) = columns::profiled(self, &mut put)?;
        values::fill(self, rows, &mut columns, &mut put)?;
        let (keys, dependencies) = dependencies::found(self, rows, &columns, &mut put)?;
        let mut profile = Profile { name: self.name.clone(), rows, columns, keys, dependencies, advice: Vec::new() };
        profile.advice = advice::of(self, &profile);
        Ok(profile)
    }

    /// A query over the relation in the engine's words.
    fn rendered(&self, text: &str) -> Result<String, Vec<Problem>> {
        let mut catalog = Tables::default();
        let columns = match self.model {
            Some(model) => star_columns(self.project, model)
                .into_iter()
                .map(|column| SqlColumn::new(column.name, column.ty))
                .collect(),
            None => self.project.table(&self.name).map_or_else(Vec::new, |table| sql_columns(&table.columns)),
        };
        catalog.add_as(&self.relation, self.physical.clone(), columns);
        super::dialect(self.engine).query(text, &catalog)
    }

    /// The rows that count, as a FROM clause with the alias `_p`.
    fn from(&self) -> String {
        format!("`{}` AS _p WHERE {}", self.relation, self.condition)
    }
}

/// A column of the rows that are profiled.
fn of(column: &str) -> String {
    format!("_p.`{column}`")
}

/// A count in an answer.
fn count(value: Option<&Option<String>>) -> u64 {
    value.and_then(|value| value.as_deref()).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Whether values of a type can be compared and counted.
fn is_comparable(ty: &Type) -> bool {
    !matches!(
        ty,
        Type::Json
            | Type::Geography
            | Type::Array(_)
            | Type::Struct(_)
            | Type::Interval
            | Type::Range(_)
            | Type::Unknown
    )
}
