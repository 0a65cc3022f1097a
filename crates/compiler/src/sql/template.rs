//! Statement templates: words without decisions. A template is a file below `templates/`; each of its statements ends
//! with `;` at the end of a line. It must not know what the statements are for.

use dwc_googlesql::Type;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use super::dialect::Dialect;
use crate::model;

/// Parts statements of a rendered template; no text of a user can hold it, [`render`] refuses one that does.
const END: char = '\u{1e}';

/// A column as templates see it.
#[derive(Debug, Clone, Serialize, serde::Deserialize)]
pub(super) struct Col {
    /// Its name.
    name: String,
    /// `IS DISTINCT FROM` needs [`Dialect::comparable`] around it.
    incomparable: bool,
    /// A key whose texts are compared without case: by [`Dialect::folded`] wherever rows are told apart by it.
    folded: bool,
    /// How far two values may lie apart that do not differ, and whether they are FLOAT64.
    within: Option<(String, bool)>,
}

impl Col {
    pub(super) fn new(name: impl Into<String>, ty: &Type) -> Self {
        Self {
            name: name.into(),
            incomparable: matches!(ty, Type::Json | Type::Array(_) | Type::Struct(_)),
            folded: false,
            within: None,
        }
    }

    pub(super) fn plain(name: impl Into<String>) -> Self {
        Self { name: name.into(), incomparable: false, folded: false, within: None }
    }

    /// A part of a key.
    pub(super) fn key(column: &model::Column) -> Self {
        Self { folded: column.folds_case, ..Self::new(&column.name, &column.ty) }
    }

    /// The same column as it is written, whatever it is compared by.
    pub(super) fn spelled(&self) -> Self {
        Self { folded: false, ..self.clone() }
    }

    /// The same column, of which values do not differ that lie so near.
    pub(super) fn within(self, within: Option<String>, ty: &Type) -> Self {
        Self { within: within.map(|within| (within, *ty == Type::Float64)), ..self }
    }

    /// Whether it is compared in another form than it is written in.
    pub(super) fn is_folded(&self) -> bool {
        self.folded
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// One statement of a rendered template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rendered {
    /// The word after `--?` on a line of its own: what the runner reads the rows of the statement as.
    pub(super) reads: Option<String>,
    /// The statement with the comments above it.
    pub(super) sql: String,
}

const TEMPLATES: &[(&str, &str)] = &[
    ("landing", include_str!("templates/landing.sql")),
    ("landing_first", include_str!("templates/landing_first.sql")),
    ("absent", include_str!("templates/absent.sql")),
    ("lacking", include_str!("templates/lacking.sql")),
    ("touched", include_str!("templates/touched.sql")),
    ("dimension_states", include_str!("templates/dimension_states.sql")),
    ("dimension_evaluated", include_str!("templates/dimension_evaluated.sql")),
    ("dimension_as_of", include_str!("templates/dimension_as_of.sql")),
    ("dimension_load", include_str!("templates/dimension_load.sql")),
    ("dimension_numbers", include_str!("templates/dimension_numbers.sql")),
    ("dimension_merge", include_str!("templates/dimension_merge.sql")),
    ("mini_merge", include_str!("templates/mini_merge.sql")),
    ("rekey", include_str!("templates/rekey.sql")),
    ("fact_incoming", include_str!("templates/fact_incoming.sql")),
    ("infer", include_str!("templates/infer.sql")),
    ("fact_gone", include_str!("templates/fact_gone.sql")),
    ("fact_bound", include_str!("templates/fact_bound.sql")),
    ("junk", include_str!("templates/junk.sql")),
    ("uninfer", include_str!("templates/uninfer.sql")),
    ("fact_load", include_str!("templates/fact_load.sql")),
    ("table", include_str!("templates/table.sql")),
];

/// The templates in one engine's words.
pub(super) struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    pub(super) fn new(dialect: &'static dyn Dialect) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_global("d", Value::from(Serde(dialect.words())));
        for (name, text) in TEMPLATES {
            // A template of our own that does not parse is a defect of ours, which the first test meets.
            if let Err(error) = environment.add_template_owned(*name, text.replace(";\n", &format!("{END}\n"))) {
                unreachable!("template {name}: {error}");
            }
        }
        let quote = |name: &str| dialect.quote(name);
        let qualified = move |alias: &Option<String>, name: &str| match alias {
            Some(alias) => format!("{alias}.{}", quote(name)),
            None => quote(name),
        };
        let side = move |alias: &str, column: &Column| {
            let expr = format!("{alias}.{}", quote(&column.name));
            if column.incomparable { dialect.comparable(&expr, &Type::Json) } else { expr }
        };
        environment.add_filter("q", move |name: String| quote(&name));
        let list = move |columns: Value, alias: Option<String>| -> Result<String, Error> {
            join(&columns, ", ", |column| qualified(&alias, &column.name))
        };
        environment.add_filter("list", list);
        // What tells rows apart: the columns of a PARTITION BY or a GROUP BY.
        let told = move |alias: &str, c: &Column| {
            let expr = format!("{alias}.{}", quote(&c.name));
            if c.folded { dialect.folded(&expr) } else { expr }
        };
        environment.add_filter("by", move |columns: Value, a: String| join(&columns, ", ", |c| told(&a, c)));
        // The same as columns of a SELECT, under their own names.
        environment.add_filter("folded", move |columns: Value, a: String| {
            join(&columns, ", ", |c| match c.folded {
                true => format!("{} AS {}", told(&a, c), quote(&c.name)),
                false => told(&a, c),
            })
        });
        // Of a member that is told apart by folded texts one spelling is shown.
        environment.add_filter("spelled", move |columns: Value, a: String, shown: String| {
            join(&columns, ", ", |c| format!("{}.{}", if c.folded { &shown } else { &a }, quote(&c.name)))
        });
        environment.add_filter("spelled_or_folded", move |columns: Value, a: String, shown: String| {
            join(&columns, ", ", |c| match c.folded {
                true => format!("COALESCE({shown}.{0}, {a}.{0}) AS {0}", quote(&c.name)),
                false => format!("{a}.{}", quote(&c.name)),
            })
        });
        // The engines place NULL differently in an ascending order, and last in a descending one.
        environment.add_filter("ascending", move |columns: Value, a: String| {
            join(&columns, ", ", |c| format!("{a}.{} NULLS FIRST", quote(&c.name)))
        });
        environment.add_filter("latest", move |columns: Value, a: String| {
            join(&columns, ", ", |c| format!("{a}.{} DESC", quote(&c.name)))
        });
        environment.add_filter("assign_known", move |columns: Value, a: String, b: String| {
            join(&columns, "", |c| format!("{0} = COALESCE({a}.{0}, {b}.{0}), ", quote(&c.name)))
        });
        environment.add_filter("equal", move |columns: Value, a: String, b: String| {
            join(&columns, " AND ", |c| format!("{} = {}", told(&a, c), told(&b, c)))
        });
        // An engine looks up the few values of each column before it compares whole rows.
        environment.add_filter("among", move |columns: Value, a: String, rows: String| {
            join(&columns, " AND ", |c| {
                format!("{} IN (SELECT {} FROM {rows} AS _among)", told(&a, c), told("_among", c))
            })
        });
        // `a` has columns that are folded already.
        environment.add_filter("found", move |columns: Value, a: String, b: String| {
            join(&columns, " AND ", |c| format!("{a}.{} = {}", quote(&c.name), told(&b, c)))
        });
        environment.add_filter("equal_or_null", move |columns: Value, a: String, b: String| {
            join(&columns, " AND ", |c| format!("{} IS NOT DISTINCT FROM {}", told(&a, c), told(&b, c)))
        });
        environment.add_filter("pairs_equal", move |pairs: Serde<Vec<(Col, String)>>, a: String, b: String| {
            let side = |alias: &str, name: &str, folded| {
                told(alias, &Column { name: name.to_owned(), incomparable: false, folded, within: None })
            };
            let equal = |(x, y): &(Col, String)| format!("{} = {}", side(&a, &x.name, x.folded), side(&b, y, x.folded));
            pairs.0.iter().map(equal).collect::<Vec<_>>().join(" AND ")
        });
        environment.add_filter("not_null", move |columns: Value, a: String| {
            join(&columns, " AND ", |c| format!("{a}.{} IS NOT NULL", quote(&c.name)))
        });
        environment.add_filter("any_null", move |columns: Value, a: String| {
            join(&columns, " OR ", |c| format!("{a}.{} IS NULL", quote(&c.name)))
        });
        environment.add_filter("differ", move |columns: Value, a: String, b: String| {
            join(&columns, " OR ", |c| {
                let (a, b) = (side(&a, c), side(&b, c));
                let differs = format!("{a} IS DISTINCT FROM {b}");
                match &c.within {
                    Some((within, true)) => {
                        format!("({differs} AND NOT {})", dialect.is_near(&a, &b, &Type::Float64, within))
                    }
                    Some((within, false)) => {
                        format!("({differs} AND NOT {})", dialect.is_near(&a, &b, &Type::Int64, within))
                    }
                    None => differs,
                }
            })
        });
        // Of a row `a` that is gone, what is NULL is unknown, and not another value.
        environment.add_filter("differ_where_known", move |columns: Value, a: String, b: String| {
            join(&columns, " OR ", |c| {
                let known = format!("({a}.{} IS NOT NULL OR NOT {a}._deleted)", quote(&c.name));
                format!("({} IS DISTINCT FROM {} AND {known})", side(&a, c), side(&b, c))
            })
        });
        environment.add_filter("differ_from_lag", move |columns: Value, a: String, window: String| {
            join(&columns, " OR ", |c| format!("{0} IS DISTINCT FROM LAG({0}) OVER {window}", side(&a, c)))
        });
        environment.add_filter("assign", move |columns: Value, a: String| {
            join(&columns, "", |c| format!("{0} = {a}.{0}, ", quote(&c.name)))
        });
        Self { environment }
    }

    /// The statements of a template.
    pub(super) fn render(&self, name: &str, context: impl Serialize) -> Vec<Rendered> {
        let text =
            match self.environment.get_template(name).and_then(|template| template.render(Value::from(Serde(context))))
            {
                Ok(text) => text,
                Err(error) => unreachable!("template {name}: {error:#}"),
            };
        text.split(END)
            .map(str::trim)
            .filter(|statement| !statement.is_empty())
            .map(|statement| {
                // Nothing below the leading comments is looked at: a user's string may hold any line.
                let (mut reads, mut sql) = (None, String::new());
                let mut rest = statement;
                while let Some((line, below)) = rest
                    .split_once('\n')
                    .filter(|(line, _)| line.trim_start().starts_with("--") || line.trim().is_empty())
                {
                    match line.strip_prefix("--? ") {
                        Some(word) => reads = Some(word.trim().to_owned()),
                        None if line.trim().is_empty() => {}
                        None => {
                            sql.push_str(line);
                            sql.push('\n');
                        }
                    }
                    rest = below;
                }
                sql.push_str(rest);
                Rendered { reads, sql }
            })
            .collect()
    }
}

struct Column {
    name: String,
    incomparable: bool,
    folded: bool,
    within: Option<(String, bool)>,
}

/// The tolerance of a column, and whether it is FLOAT64.
fn tolerance(value: &Value) -> Result<Option<(String, bool)>, Error> {
    if value.is_none() || value.is_undefined() {
        return Ok(None);
    }
    Ok(Some((value.get_item_by_index(0)?.to_string(), value.get_item_by_index(1)?.is_true())))
}

/// Joins what `write` makes of each column: strings, or [`Col`]s. FALSE for the empty OR, TRUE for the empty AND.
fn join(columns: &Value, separator: &str, write: impl Fn(&Column) -> String) -> Result<String, Error> {
    let mut parts = Vec::new();
    for item in columns.try_iter()? {
        let column = if item.kind() == ValueKind::String {
            Column { name: item.to_string(), incomparable: false, folded: false, within: None }
        } else {
            let name = item.get_attr("name")?;
            if name.is_undefined() {
                return Err(Error::new(ErrorKind::InvalidOperation, "a column without a name"));
            }
            Column {
                name: name.to_string(),
                incomparable: item.get_attr("incomparable")?.is_true(),
                folded: item.get_attr("folded")?.is_true(),
                within: tolerance(&item.get_attr("within")?)?,
            }
        };
        parts.push(write(&column));
    }
    Ok(match (parts.is_empty(), separator) {
        (true, " OR ") => "FALSE".to_owned(),
        (true, " AND ") => "TRUE".to_owned(),
        _ => parts.join(separator),
    })
}
