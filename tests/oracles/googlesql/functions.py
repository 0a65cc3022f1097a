"""Every builtin function of the analyzer, with calls made from its signatures.

Decides which arguments a signature gets. It must not judge whether BigQuery has a function.
"""

import itertools

from catalog import Catalog, field, type_sql
from wasm import SqlError
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2
from zetasql.wasi._pb2.zetasql.public import function_pb2

KIND = function_pb2.SignatureArgumentKind
ENUMS = function_pb2.FunctionEnums
LITERALS = {
    "INT64": "2",
    "FLOAT64": "0.5",
    "NUMERIC": "NUMERIC '0.5'",
    "BIGNUMERIC": "BIGNUMERIC '0.5'",
    "BOOL": "TRUE",
    "STRING": "'a'",
    "BYTES": "b'a'",
    "DATE": "DATE '2024-02-29'",
    "DATETIME": "DATETIME '2024-02-29 10:30:00'",
    "TIMESTAMP": "TIMESTAMP '2024-02-29 10:30:00+00'",
    "TIME": "TIME '10:30:00'",
    "JSON": "JSON '{}'",
    "INTERVAL": "INTERVAL 1 DAY",
}
# What stands for a text, and for a part, a mode or another word of the language.
TEXTS = ["'a'", "'$.a'", "'UTC'"]
WORDS = ["DAY", "HOUR", "NFC", "'ROUND_HALF_EVEN'", "'STRICT'"]
# The types that a signature's "any type" becomes.
ANY = ["INT64", "STRING", "DATE"]


def given(argument, any_type, text, word, null):
    """An argument's text; None where no value of its kind can be written."""
    kind, sql = KIND.Name(argument.kind), None
    if kind == "ARG_TYPE_FIXED":
        sql = type_sql(argument.type)
        if sql == "ENUM":
            return word
    elif kind.startswith("ARG_TYPE_ANY_"):
        sql = any_type
    elif kind.startswith("ARG_ARRAY_TYPE_ANY_"):
        sql = f"ARRAY<{any_type}>"
    elif kind.startswith("ARG_RANGE_TYPE_ANY_"):
        sql = f"RANGE<{any_type}>"
    elif kind == "ARG_TYPE_ARBITRARY":
        sql = any_type
    if sql is None:
        return None
    if sql == "STRING" and not null:
        return text
    return LITERALS.get(sql, f"CAST(NULL AS {sql})") if not null else f"CAST(NULL AS {sql})"


def calls(function, signature):
    """Texts of calls by one signature: with and without what may be left out, once and twice what may repeat."""
    name = ".".join(function.name_path).upper()
    names = [name, function.options.alias_name.upper()] if function.options.alias_name else [name]
    shapes = []
    for number, argument in enumerate(signature.argument):
        match argument.options.cardinality:
            case ENUMS.OPTIONAL:
                shapes.append((0, 1))
            case ENUMS.REPEATED:
                shapes.append((1, 2))
            case _:
                shapes.append((1,))
    over = " OVER (ORDER BY id)" if function.mode == ENUMS.ANALYTIC else ""
    for counts in sorted(set(itertools.product(*shapes))):
        for any_type, text, word, null in itertools.product(ANY, TEXTS, WORDS, (False, True)):
            values = []
            for argument, count in zip(signature.argument, counts):
                options = argument.options
                value = given(argument, any_type, text, word, null)
                named = options.named_argument_kind == ENUMS.NAMED_ONLY
                values.append([f"{options.argument_name} => {value}" if named else value] * count)
            if any(value is None for value in itertools.chain(*values)):
                continue
            # Arguments that repeat do so together.
            repeated = [v for a, v in zip(signature.argument, values) if a.options.cardinality == ENUMS.REPEATED]
            flat, told = [], False
            for argument, value in zip(signature.argument, values):
                if argument.options.cardinality != ENUMS.REPEATED:
                    flat += value
                elif not told:
                    told = True
                    flat += itertools.chain(*zip(*repeated))
            text = ", ".join(flat)
            # A number before a part is written as an interval.
            texts = [text, *(text.replace(f", 2, {part}", f", INTERVAL 2 {part}") for part in ("DAY", "HOUR"))]
            for name, text in itertools.product(names, texts):
                yield counts, f"{name}({text}){over}"


def functions(service, project):
    """The functions with those of their calls that the analyzer takes over `shop.orders`, and the calls' types."""
    catalog = Catalog(service, project)
    catalog.add(["shop", "orders"], Rows(catalog))
    answer = service.call(
        "GetBuiltinFunctions", catalog.base.builtin_function_options, service_pb2.GetBuiltinFunctionsResponse
    )
    for function in answer.function:
        # Operators have names that no query can write.
        if function.name_path[0].startswith("$"):
            continue
        taken = {}
        for signature in function.signature:
            found = {}
            for shape, call in dict.fromkeys(calls(function, signature)):
                if call in taken or found.get(shape, 0) >= 4:
                    continue
                try:
                    statement = catalog.analyze(f"SELECT {call} AS v FROM shop.orders")
                except SqlError:
                    continue
                taken[call] = type_sql(field(statement, "output_column_list")[0].column.type)
                found[shape] = found.get(shape, 0) + 1
        yield {
            "name": ".".join(function.name_path).upper(),
            "calls": [{"sql": sql, "type": type_} for sql, type_ in taken.items()],
        }


class Rows:
    """The table that the calls stand over."""

    def __init__(self, catalog):
        self.columns = [("id", catalog.type("INT64"))]
        self.by_ingestion = False
