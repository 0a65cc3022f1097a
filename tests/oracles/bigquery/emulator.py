"""bqemulator without a network, and with what BigQuery does where 1.4.0 does something else.

`python emulator.py start --rest-port 0 --grpc-port 0 --log-format json` serves until it is killed.
What it still does otherwise is listed in docs/bigquery.md and left out by name in the suite.
"""

import contextvars
import functools
import json
import re
import sys

import sqlglot
from sqlglot import exp
from sqlglot.generators.duckdb import DuckDBGenerator

import bqemulator.api.routes.datasets as dataset_routes
import bqemulator.api.routes.jobs as job_routes
import bqemulator.api.routes.tables as table_routes
import bqemulator.api.routes.upload as upload_routes
import bqemulator.catalog.ddl_sync as ddl_sync
import bqemulator.jobs.executor as executor
import bqemulator.scripting.interpreter as interpreter
import bqemulator.sql.inner_query as inner_query
import bqemulator.versioning.ddl as versioning
from fastapi import Request

from bqemulator.catalog.models import Clustering, TableSchema, TimePartitioning
from bqemulator.domain.errors import AlreadyExistsError
from bqemulator.scripting.exceptions import ScriptRaise
from bqemulator.sql.rewriter import row_access_filter
from bqemulator.storage import engine


def no_download(self):
    """The engine would fetch an extension that nothing here needs."""
    try:
        self._connection.execute("SET GLOBAL lambda_syntax='ENABLE_SINGLE_ARROW'")
    except Exception:  # an engine without the setting has the syntax
        pass


engine.DuckDBEngine._load_spatial = no_download


def whole_units(generator, difference):
    """TIMESTAMP_DIFF counts whole units, and not the bounds of hours between two instants."""
    unit = exp.Literal.string(difference.unit.name if difference.unit else "DAY")
    return generator.func("DATE_SUB", unit, difference.expression, difference.this)


DuckDBGenerator.TRANSFORMS[exp.TimestampDiff] = whole_units

dialect_parse = sqlglot.Dialect.parse


@functools.lru_cache(maxsize=2000)
def parsed_once(dialect, sql, options):
    return dialect_parse(dialect, sql, **dict(options))


def parse(self, sql, **options):
    """Parsing takes most of the time, and each statement is parsed several times: a tree is copied instead."""
    try:
        trees = parsed_once(self, sql, tuple(sorted(options.items())))
    except TypeError:  # an option that does not hash
        return dialect_parse(self, sql, **options)
    return [tree and tree.copy() for tree in trees]


sqlglot.Dialect.parse = parse

KEY = (
    r"(?:CONSTRAINT\s+\S+\s+)?(?:PRIMARY\s+KEY\s*\([^)]*\)"
    r"|FOREIGN\s+KEY\s*\([^)]*\)\s*REFERENCES\s+[^\s(]+\s*\([^)]*\))\s*NOT\s+ENFORCED"
)
KEY_ONLY = re.compile(r"^\s*ALTER\s+TABLE\s+\S+\s+(?:ADD\s+" + KEY + r"|DROP\s+PRIMARY\s+KEY)\s*;?\s*$", re.I | re.S)
ALTERED = re.compile(
    r"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(`[^`]+`(?:\.`[^`]+`)*|[\w.\-]+)(?!\s+SET\s+OPTIONS)(?:\s+RENAME\s+TO\s+`?(\w+)`?)?", re.I
)


# Keys that an ALTER TABLE declares: of a dataset and table, the name, the kind and the columns.
declared = {}


def declare(sql, project, ctx):
    """What an ALTER TABLE says of keys, kept for INFORMATION_SCHEMA."""
    name = re.match(r"\s*ALTER\s+TABLE\s+(\S+)", sql, re.I).group(1)
    table = sqlglot.parse_one(f"SELECT 1 FROM {name}", read="bigquery").find(exp.Table)
    keys = declared.setdefault(ddl_sync._split_target(table, project)[1:], {})
    if re.search(r"\bDROP\s+PRIMARY\s+KEY\b", sql, re.I):
        keys.pop("pk$", None)
        return
    kind, columns = re.search(r"\b(PRIMARY|FOREIGN)\s+KEY\s*\(([^)]*)\)", sql, re.I).groups()
    columns = [column.strip(" `") for column in columns.split(",")]
    keys["pk$" if kind.upper() == "PRIMARY" else f"fk${len(keys)}"] = (f"{kind.upper()} KEY", columns)


def schema_view(view, columns, rows):
    """A view of a dataset's INFORMATION_SCHEMA, written in place of its name."""

    def text(value):
        if value is None:
            return "CAST(NULL AS STRING)"
        return str(value) if isinstance(value, int) else json.dumps(str(value), ensure_ascii=False)

    def write(found, project, ctx_catalog):
        lines = rows(found.group(1).strip("`"), project, ctx_catalog)
        only = "" if lines else " WHERE FALSE"
        lines = lines or [tuple(0 if name == "ordinal_position" else "" for name in columns)]
        values = ", ".join(f"({', '.join(map(text, line))})" for line in lines)
        return f"(SELECT * FROM (VALUES {values}) AS v({', '.join(columns)}){only})"

    pattern = re.compile(r"(`?[\w\-]+`?)\.INFORMATION_SCHEMA\." + view + r"\b", re.I)
    return lambda sql, project, catalog: pattern.sub(lambda found: write(found, project, catalog), sql)


def keys_of(dataset):
    return [(table, name, *key) for (of, table), keys in declared.items() if of == dataset for name, key in keys.items()]


VIEWS = [
    schema_view(
        "COLUMN_FIELD_PATHS",
        ("table_name", "column_name", "field_path", "description"),
        lambda dataset, project, catalog: [
            (table.table_id, field.name, field.name, field.description)
            for table in catalog.list_tables(project, dataset)
            for field in table.schema_.fields
        ],
    ),
    schema_view(
        "TABLE_CONSTRAINTS",
        ("table_name", "constraint_name", "constraint_type"),
        lambda dataset, *_: [(table, f"{table}.{name}", kind) for table, name, kind, _ in keys_of(dataset)],
    ),
    schema_view(
        "KEY_COLUMN_USAGE",
        ("table_name", "constraint_name", "column_name", "ordinal_position"),
        lambda dataset, *_: [
            (table, f"{table}.{name}", column, place)
            for table, name, _, columns in keys_of(dataset)
            for place, column in enumerate(columns, 1)
        ],
    ),
]
plain_schema = inner_query.expand_information_schema


def expand_information_schema(sql, project, catalog):
    for view in VIEWS:
        sql = view(sql, project, catalog)
    return plain_schema(sql, project, catalog)


inner_query.expand_information_schema = expand_information_schema


def mended(sql):
    """NOT ENFORCED keys of a CREATE TABLE are taken and forgotten; NUMERIC has its nine digits."""
    sql = re.sub(r",\s*" + KEY, "", sql, flags=re.I)
    return re.sub(r"\bNUMERIC\b(?!\s*[('\"])", "NUMERIC(38,9)", sql)


def read_again(name, to, project, ctx):
    """After an ALTER the catalog shows the name and the columns that the table has now."""
    table = sqlglot.parse_one(f"SELECT 1 FROM {name}", read="bigquery").find(exp.Table)
    project, dataset, table_id = ddl_sync._split_target(table, project)
    old = ctx.catalog.get_table(project, dataset, table_id)
    if old is None:
        return
    if to:
        ctx.catalog.delete_table(project, dataset, table_id)
        ctx.catalog.create_table(old.model_copy(update={"table_id": to}))
        policies = ctx.catalog.list_row_access_policies(project, dataset, table_id)
        for policy in policies:
            ctx.catalog.create_row_access_policy(policy.model_copy(update={"table_id": to}))
            ctx.catalog.delete_row_access_policy(project, dataset, table_id, policy.policy_id)
        granted[(project, dataset, to)] = granted.pop((project, dataset, table_id), [])
        return
    new = ddl_sync._introspect_schema(project, dataset, table_id, ctx)
    said = {field.name: field.description for field in old.schema_.fields}
    fields = tuple(
        field.model_copy(update={"description": said[field.name]}) if field.name in said else field
        for field in new.fields
    )
    update = {"schema_": TableSchema(fields=fields), "last_modified_time": ctx.clock.now()}
    ctx.catalog.update_table(old.model_copy(update=update))


DESCRIBED = re.compile(
    r"^\s*ALTER\s+TABLE\s+(\S+)\s+(?:ALTER\s+COLUMN\s+`?(\w+)`?\s+)?SET\s+OPTIONS\s*"
    r"\(\s*description\s*=\s*['\"]((?:[^'\"\\]|\\.)*)['\"]",
    re.I | re.S,
)


def describe(found, project, ctx):
    """ALTER … SET OPTIONS (description = …) of a table or a column is kept."""
    name, column, text = found.groups()
    table = sqlglot.parse_one(f"SELECT 1 FROM {name}", read="bigquery").find(exp.Table)
    old = ctx.catalog.get_table(*ddl_sync._split_target(table, project))
    if column is None:
        ctx.catalog.update_table(old.model_copy(update={"description": text}))
        return
    fields = tuple(
        field.model_copy(update={"description": text}) if field.name == column else field for field in old.schema_.fields
    )
    ctx.catalog.update_table(old.model_copy(update={"schema_": TableSchema(fields=fields)}))


plain_targets = row_access_filter._collect_ddl_targets


def collect_ddl_targets(tree):
    """A table that is altered is no table that is read."""
    targets = set(plain_targets(tree))
    if isinstance(tree, exp.Alter):
        targets |= {id(table) for table in tree.find_all(exp.Table)}
    return targets


row_access_filter._collect_ddl_targets = collect_ddl_targets

# Grants on tables, of which 1.4.0 knows nothing.
granted = {}


@table_routes.router.post("/projects/{project}/datasets/{dataset}/tables/{table}:getIamPolicy")
def get_policy(project: str, dataset: str, table: str):
    return {"version": 1, "etag": "grants", "bindings": granted.get((project, dataset, table), [])}


@table_routes.router.post("/projects/{project}/datasets/{dataset}/tables/{table}:setIamPolicy")
async def set_policy(project: str, dataset: str, table: str, request: Request):
    granted[(project, dataset, table)] = (await request.json())["policy"].get("bindings", [])
    return get_policy(project, dataset, table)


plain_execute = executor.execute_query_job


async def execute_query_job(project_id, job_id, sql, *args, **named):
    ctx = named.get("ctx") or args[1]
    keys = KEY_ONLY.match(sql)
    meta = await plain_execute(project_id, job_id, "SELECT 1" if keys else mended(sql), *args, **named)
    if keys:
        declare(sql, project_id, ctx)
    for found in ALTERED.finditer(sql):
        read_again(found.group(1), found.group(2), project_id, ctx)
    described = DESCRIBED.match(sql)
    if described:
        describe(described, project_id, ctx)
    return meta


executor.execute_query_job = job_routes.execute_query_job = execute_query_job

plain_script = executor._run_script


async def run_script(*args, **named):
    """RAISE ends a job with its message, not the server with an internal error."""
    try:
        return await plain_script(*args, **named)
    except ScriptRaise as raised:
        raise raised.error from raised


executor._run_script = run_script

plain_sync = ddl_sync.sync_created_table


def sync_created_table(sql, project_id, ctx):
    """CREATE TABLE keeps partitioning by an expression, clustering, labels and descriptions of columns."""
    plain_sync(sql, project_id, ctx)
    try:
        tree = sqlglot.parse_one(sql, read="bigquery")
    except Exception:
        return
    if not isinstance(tree, exp.Create) or (tree.args.get("kind") or "").upper() != "TABLE":
        return
    target = ddl_sync._detect_plain_create_table(sql)
    if target is None:
        return
    project, dataset, table = ddl_sync._split_target(target, project_id)
    meta = ctx.catalog.get_table(project, dataset, table)
    if meta is None:
        return
    update = {}
    found = re.search(r"\bCLUSTER\s+BY\s+([\w`,\s]+?)(?=\s*(?:OPTIONS|AS\b|;|$))", sql, re.I)
    if found:
        update["clustering"] = Clustering(fields=tuple(name.strip(" `\n") for name in found.group(1).split(",")))
    found = re.search(
        r"\bPARTITION\s+BY\s+(?:DATE|(?:DATE|TIMESTAMP|DATETIME)_TRUNC)\s*\(\s*`?(\w+)`?\s*(?:,\s*(\w+)\s*)?\)", sql, re.I
    )
    if found:
        old = meta.time_partitioning
        update["time_partitioning"] = TimePartitioning(
            type=(found.group(2) or "DAY").upper(),
            field=found.group(1),
            expiration_ms=old.expiration_ms if old else None,
            require_partition_filter=bool(old and old.require_partition_filter),
        )
    found = re.search(r"\blabels\s*=\s*\[([^\]]*)\]", sql, re.I)
    if found:
        pairs = re.findall(r"\(\s*['\"]([^'\"]*)['\"]\s*,\s*['\"]([^'\"]*)['\"]\s*\)", found.group(1))
        update["labels"] = dict(pairs)
    said = dict(
        re.findall(
            r"[(,]\s*`?(\w+)`?\s+[A-Z][^,]*?OPTIONS\s*\(\s*description\s*=\s*['\"]((?:[^'\"\\]|\\.)*)['\"]", sql
        )
    )
    if said:
        update["schema_"] = TableSchema(
            fields=tuple(
                field.model_copy(update={"description": said[field.name]}) if field.name in said else field
                for field in meta.schema_.fields
            )
        )
    if update:
        ctx.catalog.update_table(meta.model_copy(update=update))


ddl_sync.sync_created_table = sync_created_table
for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").startswith("bqemulator"):
        if getattr(module, "sync_created_table", None) is plain_sync:
            module.sync_created_table = sync_created_table


plain_datasets = dataset_routes.list_datasets


@functools.wraps(plain_datasets)
def list_datasets(*args, **named):
    """A list has a tag."""
    return {**plain_datasets(*args, **named), "etag": "list"}


for route in dataset_routes.router.routes:
    if getattr(route, "endpoint", None) is plain_datasets:
        route.endpoint = route.dependant.call = list_datasets


def refuse_used(ctx, project_id, job_id):
    """A job's id is used once."""
    if ctx.catalog.get_job(project_id, job_id) is not None:
        raise AlreadyExistsError(f"Already Exists: Job {project_id}:US.{job_id}")


plain_query = job_routes._handle_query_job
plain_load = job_routes._handle_load_job_with_async_envelope


async def handle_query_job(project_id, job_id, config, *, dry_run, ctx, **named):
    if not dry_run:
        refuse_used(ctx, project_id, job_id)
    return await plain_query(project_id, job_id, config, dry_run=dry_run, ctx=ctx, **named)


async def handle_load_job(project_id, job_id, config, ctx):
    refuse_used(ctx, project_id, job_id)
    return await plain_load(project_id, job_id, config, ctx)


job_routes._handle_query_job = handle_query_job
job_routes._handle_load_job_with_async_envelope = handle_load_job

# An upload keeps its caller's job id.
plain_envelope = upload_routes._load_configuration_from_envelope
plain_upload = upload_routes._run_load
plain_id = upload_routes._new_job_id
uploaded = contextvars.ContextVar("uploaded", default=None)


def envelope_with_id(envelope):
    config = dict(plain_envelope(envelope))
    job_id = (envelope.get("jobReference") or {}).get("jobId")
    return {**config, "_jobId": job_id} if job_id else config


async def run_upload(*, project_id, configuration, media_path, ctx):
    config = dict(configuration)
    job_id = config.pop("_jobId", None)
    if job_id:
        refuse_used(ctx, project_id, job_id)
    token = uploaded.set(job_id)
    try:
        return await plain_upload(project_id=project_id, configuration=config, media_path=media_path, ctx=ctx)
    finally:
        uploaded.reset(token)


upload_routes._load_configuration_from_envelope = envelope_with_id
upload_routes._run_load = run_upload
upload_routes._new_job_id = lambda: uploaded.get() or plain_id()


def load_parquet(path, target, ctx):
    """Columns of a file meet the table's by their names."""
    ctx.engine.execute(f"INSERT INTO {target} BY NAME SELECT * FROM read_parquet(?)", [path])


executor._LOAD_FORMAT_HANDLERS["PARQUET"] = load_parquet

CLONE = re.compile(r"^\s*CREATE\s+(SNAPSHOT\s+)?TABLE\s+(IF\s+NOT\s+EXISTS\s+)?(?=\S+\s+CLONE\b)", re.I)
EXPIRES = re.compile(r"\s+OPTIONS\s*\(\s*expiration_timestamp\b.*$", re.I | re.S)
plain_parse = versioning.VersioningDDLRouter.parse
plain_versioning = versioning.execute_versioning_ddl
may_exist = set()


def parse_versioning(self, sql):
    """CLONE takes IF NOT EXISTS and an expiry."""
    head = CLONE.match(sql)
    if head is None:
        return plain_parse(self, sql)
    sql = f"CREATE {head.group(1) or ''}TABLE {EXPIRES.sub('', sql[head.end():])}"
    parsed = plain_parse(self, sql)
    if parsed and head.group(2):
        may_exist.add(target_of(parsed))
    return parsed


def target_of(parsed):
    return (parsed.target_project, parsed.target_dataset, parsed.target_table)


async def execute_versioning(parsed, ctx):
    target = target_of(parsed)
    if target in may_exist:
        may_exist.discard(target)
        if ctx.catalog.get_table(*target) is not None:
            return None
    done = await plain_versioning(parsed, ctx)
    source = ctx.catalog.get_table(parsed.source_project, parsed.source_dataset, parsed.source_table)
    made = ctx.catalog.get_table(*target)
    if source and made:
        ctx.catalog.update_table(made.model_copy(update={"description": source.description, "labels": source.labels}))
    return done


versioning.VersioningDDLRouter.parse = parse_versioning
executor.execute_versioning_ddl = interpreter.execute_versioning_ddl = execute_versioning

plain_dry_run = job_routes._dry_run_response


async def dry_run_response(*, project_id, job_id, bq_sql, wire_shape, **named):
    """A dry run of a script executes nothing."""
    if len(executor._parse_script_or_raise(bq_sql).statements) == 1:
        return await plain_dry_run(project_id=project_id, job_id=job_id, bq_sql=bq_sql, wire_shape=wire_shape, **named)
    reference = {"projectId": project_id}
    if wire_shape != "query":
        reference |= {"jobId": job_id, "location": "US"}
    return {
        "kind": "bigquery#queryResponse",
        "jobComplete": True,
        "totalBytesProcessed": "0",
        "schema": {"fields": []},
        "rows": [],
        "totalRows": "0",
        "cacheHit": False,
        "statementType": "SCRIPT",
        "jobReference": reference,
        "statistics": {"totalBytesProcessed": "0"},
    }


job_routes._dry_run_response = dry_run_response

if __name__ == "__main__":
    from bqemulator.cli import main

    sys.exit(main())
