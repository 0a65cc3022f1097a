//! What most commands start from: the files, the checked model, the target's warehouse.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use dwc_compiler::diagnostic::{Code, Diagnostic};
use dwc_compiler::model::{ModelId, Project, Target, TargetType, UnitTest, asks_modified, select, select_modified};
use dwc_compiler::source::FileSet;
use dwc_compiler::syntax::expand_env;
use dwc_runner::{
    BigQuerySettings, BigQueryWarehouse, Claim, CloneEnvironments, Connection, DuckDbWarehouse, Environment,
    Environments, Error, FileEnvironments, Lease, Place, Warehouse, environment_dataset, environment_of,
    environment_path, project, unknown_environment,
};

use crate::args::Global;
use crate::views::diagnostics;

/// A project that checked.
pub(super) struct Context<'a> {
    pub(super) global: &'a Global,
    pub(super) files: FileSet,
    pub(super) project: Project,
    pub(super) tests: Vec<UnitTest>,
}

/// Reads and checks the project; what is wrong with it is said, and `None` comes back.
pub(super) fn load(global: &Global) -> Result<Option<Context<'_>>, Error> {
    let files = project::read(&global.project_dir)?;
    let checked = dwc_compiler::check(&files);
    if diagnostics::has_errors(&checked.diagnostics) || checked.project.is_none() {
        diagnostics::print(&files, &checked.diagnostics, global);
        return Ok(None);
    }
    let context = checked.project.map(|project| Context { global, files, project, tests: checked.tests });
    if let Some(context) = &context {
        // A name that selects nothing is a mistake, whatever the command does with the selection.
        check_selection(&context.project, &global.select)?;
    }
    Ok(context)
}

impl Context<'_> {
    /// The target's name and declaration.
    pub(super) fn target(&self) -> Result<(&str, &Target), Error> {
        let name = self.global.target.as_deref().unwrap_or(&self.project.default_target);
        self.project.targets.get_key_value(name).map(|(name, target)| (name.as_str(), target)).ok_or_else(|| {
            let known: Vec<&str> = self.project.targets.keys().map(String::as_str).collect();
            Error::coded(Code::UnknownName, format!("there is no target `{name}`"))
                .help(format!("the targets are {}", known.join(", ")))
        })
    }

    /// The schema of the star on a target.
    pub(super) fn schema(&self, target: &Target) -> String {
        target.dataset.clone().unwrap_or_else(|| self.project.schema.clone())
    }

    /// The same for another revision of the project.
    pub(super) fn schema_of(&self, project: &Project, target: &Target) -> String {
        target.dataset.clone().unwrap_or_else(|| project.schema.clone())
    }

    /// Where a saved plan belongs.
    pub(super) fn place(&self) -> Result<Place<'_>, Error> {
        let (target, _) = self.target()?;
        Ok(Place { project: &self.project.name, target, environment: self.global.env.as_deref() })
    }

    /// The file of the target's warehouse, its environments aside.
    pub(super) fn file(&self) -> Result<PathBuf, Error> {
        let (_, target) = self.target()?;
        let path = expanded(target.path.as_deref().unwrap_or("target/warehouse.duckdb"))?;
        Ok(if path == ":memory:" { PathBuf::from(path) } else { self.global.project_dir.join(path) })
    }

    /// Opens the target's file, or that of the environment that `--env` names.
    fn duckdb_by(&self, open: impl Fn(&str) -> Result<DuckDbWarehouse, Error>) -> Result<DuckDbWarehouse, Error> {
        let (_, target) = self.target()?;
        let mut file = self.file()?;
        if let Some(name) = &self.global.env {
            file = environment_path(&file, name)?;
            if !file.is_file() {
                return Err(unknown_environment(name));
            }
        }
        let warehouse = open(&file.to_string_lossy())?;
        if let (Some(name), Some(environment)) = (&self.global.env, environment_of(&warehouse)?) {
            in_time(name, &environment)?;
        }
        target.memory_limit.as_deref().map_or(Ok(()), |limit| warehouse.limit_memory(limit))?;
        Ok(warehouse)
    }

    /// Opens the target's warehouse, or the environment of it that `--env` names, to change it.
    pub(super) fn warehouse(&self) -> Result<Box<dyn Warehouse>, Error> {
        let (_, target) = self.target()?;
        if target.ty != TargetType::Bigquery {
            return Ok(Box::new(self.duckdb_by(DuckDbWarehouse::open)?));
        }
        self.bigquery_warehouse()
    }

    /// The same, to read it: nothing is made where there is none.
    pub(super) fn warehouse_to_read(&self) -> Result<Box<dyn Warehouse>, Error> {
        let (_, target) = self.target()?;
        if target.ty != TargetType::Bigquery {
            return Ok(Box::new(self.duckdb_by(DuckDbWarehouse::open_to_read)?));
        }
        self.bigquery_warehouse()
    }

    /// Opens the target's datasets, or those of the environment that `--env` names.
    fn bigquery_warehouse(&self) -> Result<Box<dyn Warehouse>, Error> {
        let (name, target) = self.target()?;
        let mut settings = self.bigquery(name, target)?;
        let Some(name) = &self.global.env else { return Ok(Box::new(BigQueryWarehouse::open(settings)?)) };
        settings.dataset = environment_dataset(&settings.dataset, name)?;
        let warehouse = BigQueryWarehouse::open(settings)?;
        in_time(name, &environment_of(&warehouse)?.ok_or_else(|| unknown_environment(name))?)?;
        Ok(Box::new(warehouse))
    }

    /// The environments of the target.
    pub(super) fn environments(&self) -> Result<Box<dyn Environments>, Error> {
        let (name, target) = self.target()?;
        Ok(match target.ty {
            TargetType::Duckdb => Box::new(FileEnvironments { file: self.file()? }),
            TargetType::Bigquery => Box::new(CloneEnvironments { settings: self.bigquery(name, target)? }),
        })
    }

    /// What a target says of its warehouse on BigQuery.
    pub(super) fn bigquery(&self, name: &str, target: &Target) -> Result<BigQuerySettings, Error> {
        let Some(project) = &target.project else {
            return Err(Error::coded(Code::MissingSetting, format!("target `{name}` has no `project`"))
                .help("write the Google Cloud project: `project: my-project`"));
        };
        let labels = [("dwc_project", &self.project.name), ("dwc_target", &name.to_owned())];
        Ok(BigQuerySettings {
            project: expanded(project)?,
            dataset: expanded(&self.schema(target))?,
            location: target.location.as_deref().map(expanded).transpose()?,
            bucket: target.bucket.as_deref().map(expanded).transpose()?,
            maximum_bytes_billed: target.maximum_bytes_billed,
            connection: Connection::from_environment(),
            labels: labels
                .map(|(label, value)| (label.to_owned(), value.clone()))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
        })
    }

    /// The same, waiting so long for another process that has it open.
    pub(super) fn warehouse_within(&self, longest: Duration) -> Result<Box<dyn Warehouse>, Error> {
        within(longest, Duration::from_millis(500), || self.warehouse())
    }

    /// The target's warehouse where it is a file that this machine has and that no run holds; nothing is made.
    pub(super) fn existing_warehouse(&self) -> Result<Option<Box<dyn Warehouse>>, Error> {
        let (name, target) = self.target()?;
        if target.ty != TargetType::Duckdb {
            return Ok(None);
        }
        match self.warehouse_to_read() {
            Ok(warehouse) => Ok(Some(warehouse)),
            Err(error) if error.code == Some(Code::MissingSetting) => Ok(None),
            Err(error) if error.code == Some(Code::WarehouseInUse) => {
                eprintln!("another process holds the warehouse of `{name}`: the freshness of its tables is not shown");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The models of `--select`, where there is no warehouse to ask what has changed.
    pub(super) fn selected(&self) -> Result<Vec<ModelId>, Error> {
        if asks_modified(&self.global.select) {
            return Err(no_model("`state:modified` is for `dwc plan` and `dwc run`".to_owned()));
        }
        select(&self.project, &self.global.select).map_err(no_model)
    }

    /// Draws problems with the lines of the project's files.
    pub(super) fn report(&self, found: &[Diagnostic]) {
        diagnostics::print(&self.files, found, self.global);
    }
}

/// Refuses an environment whose time is over.
fn in_time(name: &str, environment: &Environment) -> Result<(), Error> {
    if !environment.is_expired(chrono::Utc::now().naive_utc()) {
        return Ok(());
    }
    Err(Error::coded(Code::EnvironmentExpired, format!("environment `{name}` has expired"))
        .help(format!("drop it with `dwc env drop {name}`, and create it again")))
}

/// Holds what of a warehouse is going to be changed, waiting so long for another process that does.
pub(super) fn lease<'w>(
    warehouse: &'w dyn Warehouse,
    claim: &Claim,
    longest: Duration,
) -> Result<Option<Lease<'w>>, Error> {
    within(longest, Duration::from_secs(5), || warehouse.lease(claim))
}

/// Asks again and again for what another process holds.
fn within<T>(longest: Duration, pause: Duration, ask: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    let clock = Instant::now();
    loop {
        match ask() {
            Err(error) if error.code == Some(Code::WarehouseInUse) && clock.elapsed() < longest => {
                std::thread::sleep(pause.min(longest));
            }
            done => return done,
        }
    }
}

/// A setting with the values of the environment in it.
fn expanded(text: &str) -> Result<String, Error> {
    expand_env(text, &project::env).map_err(|variable| {
        Error::coded(Code::MissingSetting, format!("the environment has no `{variable}`"))
            .help("set it, or write the value out")
    })
}

/// Refuses a selection of which a word names nothing.
pub(super) fn check_selection(project: &Project, words: &[String]) -> Result<(), Error> {
    select_modified(project, words, &[]).map(drop).map_err(no_model)
}

/// A selection that names nothing.
pub(super) fn no_model(message: String) -> Error {
    Error::coded(Code::UnknownName, message).help("select by name, `+name`, `name+`, `tag:word` or `state:modified`")
}
