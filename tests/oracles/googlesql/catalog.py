"""BigQuery's dialect and one catalog of tables for Google's analyzer.

Decides which language features, options, system variables and type names BigQuery has, and how
a table's path is resolved. It must not walk scripts or judge what the analyzer accepts.
"""

import functools
import re

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as language_pb2
from zetasql.wasi._pb2.zetasql.public import type_pb2

NOT_IN_BIGQUERY = """DML_RETURNING INSERT_ON_CONFLICT_CLAUSE GENERATED_COLUMNS GENERATED_BY_DEFAULT
    IDENTITY_COLUMNS CHECK_CONSTRAINT FOR_UPDATE UUID_TYPE TIMESTAMP_NANOS TIMESTAMP_PICOS
    TIMESTAMP_PRECISION EXTENDED_TYPES JSON_TYPE_COMPARISON"""
IN_BIGQUERY = """ALTER_COLUMN_SET_DATA_TYPE CREATE_TABLE_CLONE CREATE_VIEWS_WITH_COLUMN_OPTIONS
    COLLATION_SUPPORT DISABLE_FLOAT32 CREATE_EXTERNAL_TABLE_WITH_PARTITION_COLUMNS INTERVAL_TYPE
    GROUPING_SETS WITH_EXPRESSION INVERSE_TRIG_FUNCTIONS ADDITIONAL_DATE_TIME_FUNCTIONS"""
OPTIONS = {
    "STRING": "description friendly_name kms_key_name default_rounding_mode location format",
    "ARRAY<STRUCT<STRING, STRING>>": "labels tags",
    "ARRAY<STRING>": "uris",
    "TIMESTAMP": "expiration_timestamp",
    "INTERVAL": "max_staleness",
    "INT64": "skip_leading_rows max_time_travel_hours",
    "FLOAT64": """partition_expiration_days default_table_expiration_days
        default_partition_expiration_days refresh_interval_minutes""",
    "BOOL": """require_partition_filter enable_refresh enable_change_history
        allow_non_incremental_definition is_case_insensitive""",
}
SYSTEM_VARIABLES = {
    "STRING": """project_id dataset_id dataset_project_id time_zone query_label session_id
        error.message error.statement_text error.formatted_stack_trace""",
    "INT64": "row_count script.bytes_processed script.slot_ms",
}
PSEUDO_COLUMNS = {"_PARTITIONTIME": "TIMESTAMP", "_PARTITIONDATE": "DATE"}
INFORMATION_SCHEMA = {
    "tables": {"table_catalog": "STRING", "table_schema": "STRING", "table_name": "STRING",
               "table_type": "STRING", "ddl": "STRING"},
    "columns": {"table_catalog": "STRING", "table_schema": "STRING", "table_name": "STRING",
                "column_name": "STRING", "ordinal_position": "INT64", "is_nullable": "STRING",
                "data_type": "STRING", "is_partitioning_column": "STRING",
                "clustering_ordinal_position": "INT64"},
    "column_field_paths": {"table_catalog": "STRING", "table_schema": "STRING", "table_name": "STRING",
                           "column_name": "STRING", "field_path": "STRING", "data_type": "STRING",
                           "description": "STRING"},
    "table_constraints": {"constraint_catalog": "STRING", "constraint_schema": "STRING",
                          "constraint_name": "STRING", "table_catalog": "STRING", "table_schema": "STRING",
                          "table_name": "STRING", "constraint_type": "STRING", "is_deferrable": "STRING",
                          "initially_deferred": "STRING", "enforced": "STRING"},
    "key_column_usage": {"constraint_catalog": "STRING", "constraint_schema": "STRING",
                         "constraint_name": "STRING", "table_catalog": "STRING", "table_schema": "STRING",
                         "table_name": "STRING", "column_name": "STRING", "ordinal_position": "INT64",
                         "position_in_unique_constraint": "INT64"},
    "table_options": {"table_catalog": "STRING", "table_schema": "STRING", "table_name": "STRING",
                      "option_name": "STRING", "option_type": "STRING", "option_value": "STRING"},
    "views": {"table_catalog": "STRING", "table_schema": "STRING", "table_name": "STRING",
              "view_definition": "STRING", "check_option": "STRING", "use_standard_sql": "STRING"},
    "partitions": {"table_name": "STRING", "partition_id": "STRING", "total_rows": "INT64"},
}
INTEGER_ALIASES = "INT INTEGER BIGINT SMALLINT TINYINT BYTEINT"


def leaf(message):
    """The innermost node: the protocol wraps each class of the tree in its base classes."""
    while "node" in message.DESCRIPTOR.oneofs_by_name and message.WhichOneof("node"):
        message = getattr(message, message.WhichOneof("node"))
    return message


def field(message, name):
    """A field of the node or of one of its base classes; None where no class has it."""
    message = leaf(message)
    while name not in message.DESCRIPTOR.fields_by_name:
        if "parent" not in message.DESCRIPTOR.fields_by_name:
            return None
        message = message.parent
    return getattr(message, name)


def span(message):
    """Byte offsets of a parsed node."""
    found = field(message, "parse_location_range")
    return found.start, found.end


def names_of(path):
    """The names of a parsed path."""
    return [name.id_string for name in leaf(path).names]


def walk(message):
    """The node and everything below it."""
    yield message
    for descriptor, value in message.ListFields():
        if descriptor.message_type:
            for child in value if descriptor.is_repeated else [value]:
                yield from walk(child)


def kind(message):
    """`CreateTableStmt` of `ResolvedCreateTableStmtProto`, `IfStatement` of `ASTIfStatementProto`."""
    return _kind(message.DESCRIPTOR.name)


@functools.cache
def _kind(name):
    return re.sub(r"^(Resolved|AST)|Proto$", "", name)


def type_sql(type_):
    """A type as BigQuery writes it."""
    if type_.type_kind == type_pb2.TYPE_ARRAY:
        return f"ARRAY<{type_sql(type_.array_type.element_type)}>"
    if type_.type_kind == type_pb2.TYPE_STRUCT:
        fields = (f"`{f.field_name}` {type_sql(f.field_type)}" for f in type_.struct_type.field)
        return f"STRUCT<{', '.join(fields)}>"
    if type_.type_kind == type_pb2.TYPE_RANGE:
        return f"RANGE<{type_sql(type_.range_type.element_type)}>"
    name = type_pb2.TypeKind.Name(type_.type_kind).removeprefix("TYPE_")
    return {"DOUBLE": "FLOAT64"}.get(name, name)


class Table:
    """A table or view: columns in order, what an INSERT may leave out, and how it is partitioned."""

    def __init__(self, columns, required=(), defaults=None, by_ingestion=False):
        self.columns = list(columns)
        self.required = set(required)
        self.defaults = dict(defaults or {})
        self.by_ingestion = by_ingestion


class Catalog:
    """The tables, script variables and query parameters that statements are resolved against."""

    def __init__(self, service, project):
        self.service, self.project = service, project
        self.tables, self.schemas, self.variables = {}, set(), []
        self._types = service.types
        self.language = self._language()
        self.options = options_pb2.AnalyzerOptionsProto(
            language_options=self.language,
            error_message_mode=language_pb2.ERROR_MESSAGE_ONE_LINE,
            default_timezone="UTC",
        )
        self.base = simple_catalog_pb2.SimpleCatalogProto(name="bigquery")
        self.base.builtin_function_options.language_options.CopyFrom(self.language)
        for alias in INTEGER_ALIASES.split():
            self.base.named_type.add(name=alias).type.type_kind = type_pb2.TYPE_INT64
        # Types are themselves analyzed, so all of them come before the options that use them.
        table_options = self._typed(OPTIONS)
        variables = self._typed(SYSTEM_VARIABLES)
        pseudo = [(name, self.type(sql)) for name, sql in PSEUDO_COLUMNS.items()]
        allowed = self.options.allowed_hints_and_options
        allowed.disallow_unknown_options = True
        for name, type_ in table_options:
            allowed.option.add(name=name, type=type_)
        for name, type_ in variables:
            self.options.system_variables.add(name_path=name.split("."), type=type_)
        for name, type_ in pseudo:
            self.options.ddl_pseudo_columns.add(name=name, type=type_)

    def _language(self):
        language = self.service.call(
            "GetLanguageOptions",
            service_pb2.LanguageOptionsRequest(maximum_features=True),
            options_pb2.LanguageOptionsProto,
        )
        numbers = dict(language_pb2.LanguageFeature.items())
        features = lambda names: {numbers["FEATURE_" + name] for name in names.split()}
        enabled = set(language.enabled_language_features)
        language.enabled_language_features[:] = sorted(
            enabled - features(NOT_IN_BIGQUERY) | features(IN_BIGQUERY)
        )
        language.product_mode = language_pb2.PRODUCT_EXTERNAL
        language.name_resolution_mode = language_pb2.NAME_RESOLUTION_DEFAULT
        # An empty list means every kind of statement.
        language.supported_statement_kinds[:] = []
        language.reserved_keywords.append("QUALIFY")
        return language

    def _typed(self, names_by_type):
        return [(n, self.type(sql)) for sql, names in names_by_type.items() for n in names.split()]

    def type(self, sql):
        """The type that BigQuery writes as `sql`."""
        if sql not in self._types:
            answer = self._analyze(self.options, sql_expression=f"CAST(NULL AS {sql})")
            self._types[sql] = field(answer.resolved_expression, "type")
        return self._types[sql]

    def key(self, path):
        """A path as the catalog keeps it: lower case, the project added to `dataset.table`."""
        lower = [part.lower() for part in path]
        return tuple([self.project.lower(), *lower] if len(lower) == 2 else lower)

    def get(self, path):
        return self.tables.get(self.key(path))

    def add(self, path, table):
        self.tables[self.key(path)] = table

    def remove(self, path):
        """Takes the table out; None where there was none."""
        return self.tables.pop(self.key(path), None)

    def declare(self, name, type_, value=None):
        self.variables.append((name, type_, value))

    def variable(self, name):
        """The type of a script variable; None where it is not declared."""
        found = [type_ for known, type_, _ in self.variables if known.lower() == name.lower()]
        return found[-1] if found else None

    def add_parameter(self, name, type_):
        known = self.options.query_parameters
        if not any(parameter.name == name for parameter in known):
            known.add(name=name, type=type_)

    def _proto(self, text):
        """What `text` can name: registering the rest would take longer than analyzing it."""
        text = text.lower()
        root = simple_catalog_pb2.SimpleCatalogProto()
        root.CopyFrom(self.base)
        folders = {(): root}

        def folder(path):
            if path not in folders:
                folders[path] = folder(path[:-1]).catalog.add(name=path[-1])
            return folders[path]

        tables = {key: table for key, table in self.tables.items() if key[-1] in text}
        every = self.tables if "information_schema" in text else {}
        for schema in {key[:2] for key in every if len(key) == 3} | (self.schemas if every else set()):
            for name, columns in INFORMATION_SCHEMA.items():
                typed = [(column, self._types[sql]) for column, sql in columns.items()]
                tables[(*schema, "information_schema", name)] = Table(typed)
        for number, (key, table) in enumerate(tables.items(), 1):
            # A path may leave out the default project.
            paths = {key, key[1:]} if len(key) > 2 and key[0] == self.project.lower() else {key}
            for path in sorted(paths):
                entry = folder(path[:-1]).table.add(
                    name=path[-1], full_name=".".join(key), serialization_id=number
                )
                for column, type_ in table.columns:
                    entry.column.add(name=column, type=type_)
                for column, sql in PSEUDO_COLUMNS.items() if table.by_ingestion else ():
                    entry.column.add(name=column, is_pseudo_column=True, type=self._types[sql])
        self.add_variables(root, text)
        return root

    def add_variables(self, root, text):
        """Script variables that the text, in lower case, can name are constants of the catalog; an absent value is NULL."""
        innermost = {name.lower(): (name, type_, value) for name, type_, value in self.variables}
        for known, (name, type_, value) in innermost.items():
            if known not in text:
                continue
            constant = root.constant.add(name_path=[name], type=type_)
            constant.value.SetInParent()
            if value is not None:
                constant.value.CopyFrom(value)

    def _analyze(self, options, **statement):
        registered = self.service.registered(self._proto("".join(statement.values())))
        request = service_pb2.AnalyzeRequest(options=options, registered_catalog_id=registered, **statement)
        return self.service.call("Analyze", request, service_pb2.AnalyzeResponse)

    def analyze(self, sql, options=None):
        """The resolved statement; raises SqlError."""
        return leaf(self._analyze(options or self.options, sql_statement=sql).resolved_statement)

    def parse(self, sql):
        """The statements of a script; raises SqlError."""
        request = service_pb2.ParseRequest(sql_statement=sql, options=self.language, allow_script=True)
        script = self.service.call("Parse", request, service_pb2.ParseResponse).parsed_script
        return script.statement_list_node
