"""Walks a script statement by statement and keeps the catalog as the script's DDL leaves it.

Decides the order and the position of what is reported. What BigQuery refuses beyond the analyzer
is in rules.py; rows are in execute.py.
"""

import re

from zetasql.wasi._pb2.zetasql.proto import options_pb2
from zetasql.wasi._pb2.zetasql.public import type_pb2

import rules
from catalog import Table, field, kind, leaf, span
from wasm import SqlError

TOKEN = re.compile(
    r"""--[^\n]*|\#[^\n]*|/\*.*?\*/|'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\""""
    r"""|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`[^`\n]*`""",
    re.S,
)
POSITION = re.compile(r"\s*\[at (\d+):(\d+)\]")
OR_REPLACE, IF_NOT_EXISTS = 1, 2
# Neither has anything to resolve.
CONTROL = {"RaiseStatement", "ReturnStatement", "BreakStatement", "ContinueStatement"}


def split_paths(text):
    """Writes `p.d.t` as `p`.`d`.`t`: BigQuery splits the path, the analyzer takes it for one name.

    Returns the text and where it grew, as (offset, growth)."""
    growth = []

    def split(match):
        token = match.group()
        if token[0] != "`" or "." not in token:
            return token
        parts = token.replace(".", "`.`")
        growth.append((match.start(), len(parts) - len(token)))
        return parts

    return TOKEN.sub(split, text), growth


class Script:
    """One script over one catalog; `errors` holds what was found."""

    def __init__(self, catalog, text):
        self.catalog, self.original, self.errors = catalog, text, []
        text, self._growth = split_paths(text)
        self.bytes = text.encode()
        self.in_transaction = False

    def run(self):
        try:
            statements = self.catalog.parse(self.bytes.decode())
        except SqlError as error:
            self.report(str(error), 0, len(self.bytes))
            return self
        self.block(statements)
        return self

    def source(self, start, end):
        return self.bytes[start:end].decode()

    def report(self, message, start, end, prefix=0):
        """Reports a message about the text from `start`, before which `prefix` characters were analyzed."""
        head = self.source(0, start)
        line, column = head.count("\n") + 1, len(head) - head.rfind("\n")
        match = POSITION.search(message)
        if match and int(match[1]) == 1:
            column += max(int(match[2]) - 1 - prefix, 0)
        elif match:
            line, column = line + int(match[1]) - 1, int(match[2])
        lines = self.original.split("\n")
        begin = sum(len(text) + 1 for text in lines[: line - 1])
        for offset, growth in self._growth:
            if begin <= offset < begin + len(lines[line - 1]) and offset - begin + 1 < column:
                column -= growth
        self.errors.append({
            "statement": self.source(start, end).strip(),
            "line": line,
            "column": column,
            "message": POSITION.sub("", message),
        })

    def attempt(self, action, start, end, prefix=0):
        """The action's value; an SqlError is reported and gives None."""
        try:
            return action()
        except SqlError as error:
            self.report(str(error), start, end, prefix)
            return None

    def block(self, block):
        """The statements of one block; its variables end with it."""
        declared = len(self.catalog.variables)
        statements = field(block, "statement_list")
        for statement in statements:
            self.statement(leaf(statement))
        if len(self.catalog.variables) != declared:
            del self.catalog.variables[declared:]

    def expression(self, node, want=None):
        if not leaf(node).ByteSize():
            return None
        start, end = span(node)
        options = options_pb2.AnalyzerOptionsProto()
        options.CopyFrom(self.catalog.options)
        if want is not None:
            options.target_column_types.add().CopyFrom(want)
        select = "SELECT "
        sql = select + self.source(start, end)
        return self.attempt(lambda: self.catalog.analyze(sql, options), start, end, len(select))

    def statement(self, node):
        """Checks one statement; control flow descends, the rest is analyzed."""
        start, end = span(node)
        boolean = self.catalog.type("BOOL")
        match kind(node):
            case "BeginEndBlock":
                self.block(node.statement_list_node)
                for handler in node.handler_list.exception_handler_list:
                    self.block(handler.statement_list)
            case "IfStatement":
                self.expression(node.condition, boolean)
                self.block(node.then_list)
                for clause in node.elseif_clauses.elseif_clauses:
                    self.expression(clause.condition, boolean)
                    self.block(clause.body)
                self.block(node.else_list)
            case "WhileStatement":
                self.expression(node.condition, boolean)
                self.block(node.parent.body)
            case "VariableDeclaration":
                self.declaration(node, start, end)
            case "SingleAssignment":
                type_ = self.catalog.variable(node.variable.id_string)
                if type_ is None:
                    self.report(f"Undeclared variable: {node.variable.id_string}", start, end)
                self.expression(node.expression, type_)
            case "BeginStatement":
                if self.in_transaction:
                    self.report("Transactions cannot be nested", start, end)
                self.in_transaction = True
            case "CommitStatement" | "RollbackStatement":
                self.in_transaction = False
            case control if control in CONTROL:
                pass
            case _:
                sql = self.source(start, end)
                resolved = self.attempt(lambda: self.catalog.analyze(sql), start, end)
                if resolved is not None:
                    for message in rules.violations(self.catalog, resolved, self.in_transaction):
                        self.report(message, start, end)
                    self.effect(resolved, start, end)

    def declaration(self, node, start, end):
        type_ = None
        if node.HasField("type"):
            type_ = self.attempt(lambda: self.catalog.type(self.source(*span(node.type))), start, end)
            self.expression(node.default_value, type_)
        else:
            value = self.expression(node.default_value)
            type_ = value.output_column_list[0].column.type if value is not None else None
        for name in node.variable_list.identifier_list:
            self.catalog.declare(name.id_string, type_ or self.catalog.type("INT64"))

    def effect(self, resolved, start, end):
        """What a statement of DDL does to the catalog."""
        statement = kind(resolved)
        path = list(field(resolved, "name_path") or [])
        if statement == "CreateSchemaStmt":
            self.catalog.schemas.add(tuple(([self.catalog.project] + path)[-2:]))
        elif statement in rules.CREATES:
            if field(resolved, "create_mode") != IF_NOT_EXISTS or not self.catalog.get(path):
                self.catalog.add(path, table_of(resolved))
        elif statement in ("DropStmt", "DropMaterializedViewStmt"):
            if getattr(resolved, "object_type", "VIEW").upper() not in ("TABLE", "VIEW", "EXTERNAL TABLE"):
                return
            if self.catalog.remove(path) is None and not resolved.is_if_exists:
                self.report(f"Not found: {'.'.join(path)}", start, end)
        elif statement.startswith("AlterTable") or statement.startswith("AlterView"):
            if self.catalog.get(path) is None:
                if not field(resolved, "is_if_exists"):
                    self.report(f"Not found: {'.'.join(path)}", start, end)
                return
            for action in field(resolved, "alter_action_list") or []:
                self.alter(path, leaf(action))

    def alter(self, path, action):
        table = self.catalog.get(path)
        same = lambda known, name: known.lower() == name.lower()
        match kind(action):
            case "AddColumnAction":
                added = action.column_definition
                if not any(same(name, added.name) for name, _ in table.columns):
                    table.columns.append((added.name, added.type))
            case "DropColumnAction":
                table.columns = [c for c in table.columns if not same(c[0], action.name)]
                table.required.discard(action.name.lower())
                table.defaults.pop(action.name.lower(), None)
            case "RenameColumnAction":
                old, new = action.name.lower(), action.new_name
                table.columns = [(new if same(n, old) else n, t) for n, t in table.columns]
                if old in table.required:
                    table.required = table.required - {old} | {new.lower()}
                if old in table.defaults:
                    table.defaults[new.lower()] = table.defaults.pop(old)
            case "AlterColumnSetDataTypeAction":
                changed = field(action, "column")
                table.columns = [(n, action.updated_type if same(n, changed) else t) for n, t in table.columns]
            case "AlterColumnDropNotNullAction":
                table.required.discard(field(action, "column").lower())
            case "RenameToAction":
                self.catalog.remove(path)
                self.catalog.add(path[:-1] + list(action.new_path)[-1:], table)


def table_of(resolved):
    """The table that a CREATE makes."""
    defined = field(resolved, "column_definition_list") or []
    output = field(resolved, "output_column_list") or []
    columns = [(c.name, c.type) for c in defined] or [(c.name, c.column.type) for c in output]
    cloned = field(resolved, "clone_from")
    if not columns and cloned is not None:
        columns = [(c.name, c.type) for c in field(cloned, "column_list")]
    partition = [leaf(p) for p in field(resolved, "partition_by_list") or []]
    return Table(
        columns,
        required=[c.name.lower() for c in defined if c.annotations.not_null],
        defaults={c.name.lower(): c.default_value.sql for c in defined if c.default_value.sql},
        by_ingestion=any(
            kind(p) == "ColumnRef" and p.column.name.lower().startswith("_partition") for p in partition
        ),
    )
