"""Answers requests, one JSON object a line on stdin, one a line on stdout, until stdin closes.

A request names a session: each has its own catalog. It must not print anything else to stdout.
"""

import json
import sys

from catalog import Catalog
from execute import Execution
from functions import functions
from script import Script
from wasm import Service, SqlError


def answer(service, sessions, request):
    session = request["session"]
    project = request.get("project", "project")
    match request["operation"]:
        case "analyze_script":
            if session not in sessions:
                sessions[session] = Catalog(service, project)
            return {"errors": Script(sessions[session], request["sql"]).run().errors}
        case "functions":
            return {"functions": list(functions(service, project))}
        case "reset":
            sessions.pop(session, None)
            return {}
        case "evaluate":
            execution = Execution(Catalog(service, project), "")
            execution.load(request["tables"])
            return {"rows": execution.evaluate(request["sql"])}
        case "execute_script":
            execution = Execution(Catalog(service, project), request["sql"])
            execution.load(request["tables"])
            for name, (type_, value) in request["parameters"].items():
                execution.parameter(name, type_, value)
            execution.run()
            return {"tables": {name: execution.contents(name) for name in request["read"]}}


def main():
    service, sessions = Service(), {}
    for line in sys.stdin:
        try:
            reply = answer(service, sessions, json.loads(line))
        except SqlError as error:
            reply = {"failure": str(error)}
        except Exception as error:  # The suite reports it; the process lives on for the others.
            reply = {"failure": f"the oracle itself failed: {error!r}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
