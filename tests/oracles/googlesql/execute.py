"""Runs a script over tables held in memory, on Google's reference evaluator.

Decides how MERGE, which the evaluator lacks, becomes queries: matched rows, rows missing from the
target, rows missing from the source, each with the first WHEN clause that applies. It must not
compute a value itself: every value comes out of the evaluator.
"""

import json

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2

import merge
from catalog import Table, field, kind, leaf, names_of, span, type_sql, walk
from script import POSITION, Script
from wasm import SqlError


class Execution(Script):
    """A script that stops at its first error and leaves rows behind."""

    def __init__(self, catalog, text):
        super().__init__(catalog, text)
        self.rows, self.views, self.parameters, self.saved = {}, {}, {}, None

    # The evaluator.

    def _request(self, message, sql, extra):
        # The evaluator wants values for system variables, so it is told of none.
        options = options_pb2.AnalyzerOptionsProto()
        options.CopyFrom(self.catalog.options)
        del options.system_variables[:]
        root = simple_catalog_pb2.SimpleCatalogProto()
        root.CopyFrom(self.catalog.base)
        request = message(sql=sql, options=options)
        # A table that the text does not name would only be carried to the evaluator and back.
        text = sql.lower()
        named = [(k, t) for k, t in self.catalog.tables.items() if k[-1].lower() in text]
        tables = [(".".join(k), t.columns, self.rows.get(k, []), None) for k, t in named]
        for number, (name, columns, rows, primary) in enumerate(tables + list(extra), 1):
            entry = root.table.add(name=name, serialization_id=number)
            for column, type_ in columns:
                entry.column.add(name=column, type=type_)
            if primary is not None:
                entry.primary_key_column_index.append(primary)
            data = request.table_content[name].table_data
            data.SetInParent()
            for row in rows:
                data.row.add(cell=row)
        self.catalog.add_variables(root, text)
        request.simple_catalog.CopyFrom(root)
        for name, value in self.parameters.items():
            request.params.add(name=name, value=value)
        return request

    def query(self, sql, extra=()):
        """Columns and rows of a query whose tables are named by `rewritten`."""
        request = self._request(service_pb2.EvaluateQueryRequest, sql, extra)
        reply = self.catalog.service.call("EvaluateQuery", request, service_pb2.EvaluateQueryResponse)
        columns = [(column.name, column.type) for column in reply.prepared.columns]
        return columns, [list(row.cell) for row in reply.content.table_data.row]

    def modify(self, sql, extra=()):
        request = self._request(service_pb2.EvaluateModifyRequest, sql, extra)
        return self.catalog.service.call("EvaluateModify", request, service_pb2.EvaluateModifyResponse).content

    def scalar(self, sql):
        return self.query(sql)[1][0][0]

    def rewritten(self, start, end, scope):
        """The text with each table's path as the one name that the evaluator knows it by."""
        edits = []
        for node in walk(scope):
            if kind(node) != "TablePathExpression" or not node.HasField("path_expr"):
                continue
            path, (left, right) = names_of(node.path_expr), span(node.path_expr)
            key = self.catalog.key(path)
            if key in self.views:
                self.rows[key] = self.query(self.views[key])[1]
            if len(path) > 1 and key in self.catalog.tables and start <= left and right <= end:
                alias = "" if node.HasField("alias") else f" AS `{path[-1]}`"
                edits.append((left, right, f"`{'.'.join(key)}`{alias}"))
        parts, position = [], start
        for left, right, text in sorted(edits):
            parts += [self.source(position, left), text]
            position = right
        return "".join(parts) + self.source(position, end)

    def text(self, node):
        return self.rewritten(*span(node), node)

    def numbered(self, key):
        """The table with its rows numbered, so that a changed row says which one it was."""
        number = self.catalog.type("INT64")
        rows = []
        for index, row in enumerate(self.rows.get(key, [])):
            rows.append([*row, type(row[0])(int64_value=index)])
        columns = self.catalog.tables[key].columns
        return ".".join(key) + "#", [*columns, ("__row", number)], rows, len(columns)

    # What a caller brings and takes away.

    def load(self, tables):
        """Adds tables given as {name: {columns: [[name, type]], rows: [[value]]}}."""
        for name, given in tables.items():
            path = name.split(".")
            columns = [(column, self.catalog.type(sql)) for column, sql in given["columns"]]
            self.catalog.add(path, Table(columns))
            types = [sql for _, sql in given["columns"]]
            self.rows[self.catalog.key(path)] = [
                self.query("SELECT " + ", ".join(literal(v, t) for v, t in zip(row, types)))[1][0]
                for row in given["rows"]
            ]

    def parameter(self, name, type_, value):
        self.parameters[name] = self.scalar("SELECT " + literal(value, type_))
        self.catalog.add_parameter(name, self.catalog.type(type_))

    def evaluate(self, sql):
        """Rows, as JSON objects, of a query; or of an expression, in the column `value`."""
        try:
            node = leaf(self.parsed(sql))
        except SqlError as error:
            try:
                node = leaf(self.parsed(f"SELECT {sql} AS value"))
            except SqlError:
                raise error from None
        return self.as_json(*self.query(self.rewritten(*span(node), node)))

    def parsed(self, sql):
        Script.__init__(self, self.catalog, sql)
        return field(self.catalog.parse(self.bytes.decode()), "statement_list")[0]

    def contents(self, name):
        """Rows of a table as JSON objects, in the order they are stored."""
        key = self.catalog.key(name.split("."))
        if key not in self.catalog.tables:
            raise SqlError(f"Not found: {name}")
        if key in self.views:
            self.rows[key] = self.query(self.views[key])[1]
        return self.as_json(self.catalog.tables[key].columns, self.rows.get(key, []))

    def as_json(self, columns, rows):
        unique, number = [], self.catalog.type("INT64")
        for index, (name, type_) in enumerate(columns):
            taken = not name or name.startswith("$") or name in [n for n, _ in unique]
            unique.append((f"_{index}" if taken else name, type_))
        numbered = [[*row, type(row[0])(int64_value=index)] for index, row in enumerate(rows)]
        table = ("__rows", [*unique, ("__row", number)], numbered, None)
        sql = "SELECT TO_JSON_STRING((SELECT AS STRUCT t.* EXCEPT (__row))) FROM __rows AS t ORDER BY __row"
        return [json.loads(row[0].string_value) for row in self.query(sql, [table])[1]]

    # Statements.

    def report(self, message, start, end):
        super().report(message, start, end)
        error = self.errors[-1]
        raise SqlError(f"{error['line']}:{error['column']}: {error['message']}\n{error['statement']}")

    def statement(self, node):
        match kind(node):
            case "BeginEndBlock":
                try:
                    self.block(node.statement_list_node)
                except SqlError:
                    if not node.handler_list.exception_handler_list:
                        raise
                    for handler in node.handler_list.exception_handler_list:
                        self.block(handler.statement_list)
            case "IfStatement":
                clauses = [(node.condition, node.then_list)]
                clauses += [(c.condition, c.body) for c in node.elseif_clauses.elseif_clauses]
                for condition, body in clauses:
                    if self.scalar("SELECT " + self.text(condition)).bool_value:
                        return self.block(body)
                self.block(node.else_list)
            case "WhileStatement":
                while self.scalar("SELECT " + self.text(node.condition)).bool_value:
                    self.block(node.parent.body)
            case "VariableDeclaration":
                super().statement(node)
                for name in node.variable_list.identifier_list if node.HasField("default_value") else ():
                    self.assign(name.id_string, node.default_value)
            case "SingleAssignment":
                super().statement(node)
                self.assign(node.variable.id_string, node.expression)
            case "RaiseStatement":
                raise SqlError("RAISE " + (self.scalar("SELECT " + self.text(node.message)).string_value
                                           if node.HasField("message") else ""))
            case "BeginStatement":
                super().statement(node)
                self.saved = dict(self.rows)
            case "RollbackStatement":
                super().statement(node)
                self.rows = self.saved
            case other:
                super().statement(node)
                run = getattr(self, "run_" + other.removesuffix("Statement").lower(), None)
                if run:
                    try:
                        run(node)
                    except SqlError as error:
                        message = POSITION.sub("", str(error))
                        raise SqlError(f"{message}\n{self.source(*span(node))}") from None

    def assign(self, name, node):
        type_ = type_sql(self.catalog.variable(name))
        value = self.scalar(f"SELECT CAST({self.text(node)} AS {type_})")
        variables = self.catalog.variables
        for index in reversed(range(len(variables))):
            if variables[index][0].lower() == name.lower():
                variables[index] = (*variables[index][:2], value)
                break

    def store(self, key, rows):
        table = self.catalog.tables[key]
        for index, (column, _) in enumerate(table.columns):
            if column.lower() in table.required and any(not row[index].ByteSize() for row in rows):
                raise SqlError(f"Required field {column} cannot be null in {'.'.join(key)}")
        self.rows[key] = rows

    def run_query(self, node):
        self.query(self.text(node))

    def run_assert(self, node):
        if not self.scalar("SELECT " + self.text(node.expr)).bool_value:
            raise SqlError("Assertion failed: " + self.source(*span(node.expr)))

    def run_createtable(self, node):
        key = self.catalog.key(names_of(node.parent.name))
        if node.HasField("query"):
            if key not in self.rows or not field(node, "is_if_not_exists"):
                # The catalog has the new columns already, which rows of the table that is replaced do not fit.
                self.rows.pop(key, None)
                self.store(key, self.query(self.text(node.query))[1])
        elif key not in self.rows or field(node, "is_or_replace"):
            self.rows[key] = []

    def run_createview(self, node):
        self.views[self.catalog.key(names_of(node.parent.name))] = self.text(node.parent.query)

    def run_drop(self, node):
        key = self.catalog.key(names_of(node.name))
        self.rows.pop(key, None)
        self.views.pop(key, None)

    def run_truncate(self, node):
        self.rows[self.catalog.key(names_of(node.target_path))] = []

    def target(self, node, suffix):
        """The statement with its target's path as the evaluator's name for it."""
        (start, end), (left, right) = span(node), span(node.target_path)
        path = names_of(node.target_path)
        key = self.catalog.key(path)
        alias = "" if not suffix or node.HasField("alias") else f" AS `{path[-1]}`"
        head, tail = self.rewritten(start, left, node), self.rewritten(right, end, node)
        return key, f"{head}`{'.'.join(key)}{suffix}`{alias}{tail}"

    def run_insert(self, node):
        key, sql = self.target(node, "")
        table = self.catalog.tables[key]
        given = {name.id_string.lower() for name in node.column_list.identifiers}
        defaults = {}
        for index, (column, type_) in enumerate(table.columns):
            default = table.defaults.get(column.lower())
            if given and column.lower() not in given and default:
                defaults[index] = self.scalar(f"SELECT CAST({default} AS {type_sql(type_)})")
        added = [[defaults.get(i, cell) for i, cell in enumerate(row.cell)] for row in self.modify(sql)]
        self.store(key, self.rows.get(key, []) + added)

    def run_update(self, node):
        key, sql = self.target(node, "#")
        rows = list(self.rows.get(key, []))
        for changed in self.modify(sql, [self.numbered(key)]):
            rows[changed.old_primary_key[0].int64_value] = list(changed.cell)[:-1]
        self.store(key, rows)

    def run_delete(self, node):
        key, sql = self.target(node, "#")
        gone = {row.old_primary_key[0].int64_value for row in self.modify(sql, [self.numbered(key)])}
        self.rows[key] = [row for i, row in enumerate(self.rows.get(key, [])) if i not in gone]

    def run_merge(self, node):
        merge.run(self, node)


def literal(value, type_):
    """A JSON value as a literal of the type; arrays and structs come as SQL inside a script."""
    if value is None:
        return f"CAST(NULL AS {type_})"
    text = value if isinstance(value, str) else json.dumps(value)
    return f"CAST({json.dumps(text)} AS {type_})"
