"""MERGE as queries over a numbered target and a source read once.

Decides which WHEN clause takes a row: the first of its kind whose condition holds.
"""

from catalog import kind, leaf, names_of, span, type_sql
from wasm import SqlError

MATCHED, MISSING_IN_SOURCE, MISSING_IN_TARGET = 1, 2, 3
INSERT, UPDATE = 1, 2


def run(execution, node):
    """Replaces the target's rows by what the MERGE leaves."""
    path = names_of(node.target_path)
    key = execution.catalog.key(path)
    source = leaf(node.table_expression)
    target_name = alias(node) or path[-1]
    source_name = alias(source) or (
        names_of(source.path_expr)[-1] if kind(source) == "TablePathExpression" else "__source"
    )
    columns, rows = execution.query("SELECT * FROM " + execution.text(source))
    tables = [execution.numbered(key), ("__source", columns, rows, None)]
    target = f"`{'.'.join(key)}#` AS `{target_name}`"
    source = f"`__source` AS `{source_name}`"
    condition = execution.text(node.merge_condition)
    clauses = list(node.when_clauses.clause_list)

    def affected(match, relation, has_target):
        chosen = [c for c in clauses if c.match_type == match]
        if not chosen:
            return []
        return apply(execution, key, chosen, relation, has_target, target_name, source_name, columns, tables)

    none = "SELECT 1 FROM {} WHERE " + condition
    matched = affected(MATCHED, f"{target} JOIN {source} ON {condition}", True)
    added = affected(MISSING_IN_TARGET, f"{source} WHERE NOT EXISTS ({none.format(target)})", False)
    orphans = affected(MISSING_IN_SOURCE, f"{target} WHERE NOT EXISTS ({none.format(source)})", True)
    hit = [row for row, _, _ in matched]
    if len(set(hit)) < len(hit) and any(action == UPDATE for _, action, _ in matched):
        raise SqlError("UPDATE/MERGE must match at most one source row for each target row")
    result = list(execution.rows.get(key, []))
    for row, action, cells in matched + orphans:
        result[row] = cells if action == UPDATE else None
    kept = [row for row in result if row is not None]
    execution.store(key, kept + [cells for _, _, cells in added])


def alias(node):
    return node.alias.identifier.id_string if node.HasField("alias") else None


def apply(execution, key, clauses, relation, has_target, target_name, source_name, source_columns, tables):
    """(row number, action, cells) of each row of the relation that some clause takes."""
    table = execution.catalog.tables[key]
    arms = []
    for index, clause in enumerate(clauses):
        given = leaf(clause.search_condition).ByteSize()
        holds = f"({execution.text(clause.search_condition)})" if given else "TRUE"
        arms.append(f"WHEN {holds} THEN {index}")
    cells = []
    for column, type_ in table.columns:
        kept = f"`{target_name}`.`{column}`" if has_target else "NULL"
        choices = []
        for index, clause in enumerate(clauses):
            default = table.defaults.get(column.lower(), "NULL")
            value = assigned(execution, clause.action, column.lower(), default, table, source_name, source_columns)
            if value is not None:
                choices.append(f"WHEN {index} THEN CAST({value} AS {type_sql(type_)})")
        kept = f"CAST({kept} AS {type_sql(type_)})"
        cells.append(f"CASE __arm {' '.join(choices)} ELSE {kept} END" if choices else kept)
    number = f"`{target_name}`.__row" if has_target else "0"
    arm = f"CASE {' '.join(arms)} END"
    sql = f"SELECT {number}, WITH(__arm AS {arm}, STRUCT(__arm, {', '.join(cells)})) FROM {relation}"
    found = []
    for row, value in execution.query(sql, tables)[1]:
        fields = list(value.struct_value.field)
        if fields[0].ByteSize():
            action = clauses[fields[0].int64_value].action.action_type
            found.append((row.int64_value, action, fields[1:]))
    return found


def assigned(execution, action, column, default, table, source_name, source_columns):
    """The expression that the action gives the column; None where it leaves the column alone."""

    def text(node):
        return default if kind(leaf(node)) == "DefaultLiteral" else execution.text(node)

    if action.action_type == UPDATE:
        for item in action.update_item_list.update_items:
            path = execution.source(*span(item.set_value.path))
            if path.split(".")[-1].strip("` ").lower() == column:
                return text(item.set_value.value)
    if action.action_type == INSERT:
        names = [name.id_string.lower() for name in action.insert_column_list.identifiers]
        names = names or [name.lower() for name, _ in table.columns]
        values = [text(value) for value in action.insert_row.values]
        values = values or [f"`{source_name}`.`{name}`" for name, _ in source_columns]
        return values[names.index(column)] if column in names else default
    return None
