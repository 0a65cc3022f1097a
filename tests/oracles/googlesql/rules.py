"""What Google's analyzer lets through and BigQuery refuses.

Each rule looks at one resolved statement and yields messages. It must not change the catalog.
"""

import re

from zetasql.wasi._pb2.zetasql.public import type_pb2

from catalog import field, kind, leaf, walk

PARTITION_FUNCTIONS = {"date", "date_trunc", "timestamp_trunc", "datetime_trunc", "range_bucket"}
NOT_CLUSTERABLE = {type_pb2.TYPE_ARRAY, type_pb2.TYPE_STRUCT, type_pb2.TYPE_JSON,
                   type_pb2.TYPE_BYTES, type_pb2.TYPE_TIME, type_pb2.TYPE_DOUBLE}
RESERVED_COLUMN_PREFIXES = ("_table_", "_file_", "_partition", "_row_timestamp", "__root__",
                            "_colidentifier", "_change_sequence_number", "_change_type",
                            "_change_timestamp")
CREATES = {"CreateTableStmt", "CreateTableAsSelectStmt", "CreateViewStmt",
           "CreateMaterializedViewStmt", "CreateExternalTableStmt", "CreateSnapshotTableStmt"}
CREATE_DEFAULT, INSERT_ACTION = 0, 0
OUTER_JOINS = {1: "LEFT", 2: "RIGHT", 3: "FULL"}


def violations(catalog, resolved, in_transaction):
    """Messages against one resolved statement, seen before its effect on the catalog."""
    statement = kind(resolved)
    if statement in CREATES:
        yield from created(catalog, resolved)
    if statement == "InsertStmt":
        yield from omitted(catalog, resolved, resolved.table_scan)
        if resolved.insert_mode != 0:
            yield "INSERT OR ... is not BigQuery"
    if statement == "MergeStmt":
        for arm in resolved.when_clause_list:
            if arm.action_type == INSERT_ACTION:
                yield from omitted(catalog, arm, resolved.table_scan)
    if statement.startswith("Alter"):
        yield from altered(resolved)
    path = field(resolved, "name_path") or []
    ddl = statement.startswith(("Create", "Drop", "Alter", "Truncate"))
    if in_transaction and ddl and len(path) > 1:
        yield "DDL on a permanent table is not allowed inside a transaction"
    yield from joins(resolved)


def created(catalog, resolved):
    path = list(field(resolved, "name_path"))
    if catalog.get(path) and field(resolved, "create_mode") == CREATE_DEFAULT:
        yield f"Already exists: {'.'.join(path)}"
    yield from table_name(path)
    defined = field(resolved, "column_definition_list") or field(resolved, "output_column_list") or []
    for column in defined:
        yield from column_name(column.name)
    partition = [leaf(p) for p in field(resolved, "partition_by_list") or []]
    if len(partition) > 1:
        yield "PARTITION BY takes one expression"
    for expression in partition:
        if not may_partition(expression):
            yield ("PARTITION BY must be a DATE column, DATE(ts), "
                   "{DATE,TIMESTAMP,DATETIME}_TRUNC(...) or RANGE_BUCKET(...)")
    cluster = [leaf(c) for c in field(resolved, "cluster_by_list") or []]
    if len(cluster) > 4:
        yield "CLUSTER BY takes at most 4 columns"
    for expression in cluster:
        type_ = field(expression, "type")
        if kind(expression) != "ColumnRef" or type_.type_kind in NOT_CLUSTERABLE:
            yield "CLUSTER BY must be a top-level column of a clusterable type"
    primary = field(resolved, "primary_key")
    if primary is not None and primary.ByteSize() and not primary.unenforced:
        yield "PRIMARY KEY must be NOT ENFORCED"
    for foreign in field(resolved, "foreign_key_list") or []:
        if foreign.enforced:
            yield "FOREIGN KEY must be NOT ENFORCED"


def may_partition(expression):
    if kind(expression) == "ColumnRef":
        by_ingestion = expression.column.name.lower().startswith("_partition")
        return by_ingestion or field(expression, "type").type_kind == type_pb2.TYPE_DATE
    function = field(expression, "function")
    return function is not None and function.name.split(":")[-1].lower() in PARTITION_FUNCTIONS


def table_name(path):
    name = path[-1]
    if len(name.encode()) > 1024 or not re.fullmatch(r"[\w\- ]+", name):
        yield f"table name {name!r} is not allowed"
    if len(path) > 1 and not re.fullmatch(r"[A-Za-z0-9_]{1,1024}", path[-2]):
        yield f"dataset name {path[-2]!r} is not allowed"


def column_name(name):
    if not 0 < len(name) <= 300 or re.search(r'[!"$()*,./;?@\[\\\]^`{}~]', name):
        yield f"column name {name!r} is not allowed"
    if name.lower().startswith(RESERVED_COLUMN_PREFIXES):
        yield f"column name {name!r} starts with a reserved prefix"


def omitted(catalog, insert, scan):
    table = catalog.tables.get(tuple(scan.table.full_name.split(".")))
    given = {column.name.lower() for column in insert.insert_column_list}
    for column, _ in table.columns if table else ():
        name = column.lower()
        if name in table.required and name not in table.defaults and name not in given:
            yield f"INSERT omits required (NOT NULL) column {column}"


def altered(resolved):
    for action in field(resolved, "alter_action_list") or []:
        action = leaf(action)
        if kind(action) == "AddColumnAction":
            if action.column_definition.annotations.not_null:
                yield "ALTER TABLE ADD COLUMN cannot be NOT NULL"
            yield from column_name(action.column_definition.name)
        if kind(action) == "RenameColumnAction":
            yield from column_name(action.new_name)


def joins(resolved):
    """BigQuery hashes outer joins: some conjunct must equate the two sides."""
    for scan in walk(resolved):
        if kind(scan) != "JoinScan" or scan.join_type not in OUTER_JOINS or not scan.HasField("join_expr"):
            continue
        condition = leaf(scan.join_expr)
        left, right = (columns_made(s) for s in (scan.left_scan, scan.right_scan))
        if kind(condition) != "Literal" and not any(equates(c, left, right) for c in conjuncts(condition)):
            yield (f"{OUTER_JOINS[scan.join_type]} JOIN needs a condition that is an equality "
                   "of fields from both sides")


def columns_made(scan):
    return {column.column_id for column in field(scan, "column_list")}


def conjuncts(expression):
    if kind(expression) == "FunctionCall" and function_name(expression) == "$and":
        for argument in field(expression, "argument_list"):
            yield from conjuncts(leaf(argument))
    else:
        yield expression


def function_name(call):
    return field(call, "function").name.split(":")[-1].lower()


def equates(expression, left, right):
    if kind(expression) != "FunctionCall":
        return False
    if function_name(expression) not in ("$equal", "$is_not_distinct_from"):
        return False
    sides = []
    for argument in field(expression, "argument_list"):
        used = {n.column.column_id for n in walk(argument) if kind(n) == "ColumnRef"}
        sides.append((bool(used & left), bool(used & right)))
    return sides in ([(True, False), (False, True)], [(False, True), (True, False)])
