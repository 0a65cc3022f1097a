"""A thousandth, then a hundredth of the keys of a dimension changes: dwc, `dbt snapshot` and SQLMesh's SCD_TYPE_2_BY_TIME, each on its own
copy of the same DuckDB file, one after the other. Prints the wall time and the peak memory of each tool's process, and
checks that each made the same versions. Called by tools/bench-scd2."""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

import duckdb

THREADS = 2


def source(path, members):
    """A table of members as a service has it: one row each, in its state of the first day."""
    with duckdb.connect(str(path)) as db:
        db.execute(f"SET threads = {THREADS}")
        db.execute("CREATE SCHEMA raw")
        db.execute(f"""
            CREATE TABLE raw.members AS
            SELECT range AS member_id, 'member ' || range AS name, 'a' || (range % 3) AS grade, 'r' || (range % 17) AS region,
              CAST(range % 1000 AS DECIMAL(12, 2)) AS credit, TIMESTAMP '2026-01-01 00:00:00' AS updated_at
            FROM range({members})""")


def change(path, day, every):
    """Every n-th member has another grade, each since an instant of its own on a day."""
    with duckdb.connect(str(path)) as db:
        db.execute(f"SET threads = {THREADS}")
        db.execute(f"""
            UPDATE raw.members SET grade = 'd{day}' || (member_id % 5), updated_at = TIMESTAMP '2026-01-{day:02} 00:00:00' + to_milliseconds(member_id * 30)
            WHERE member_id % {every} = 0""")


def measured(command, cwd, env=None):
    """Wall seconds, CPU seconds and peak megabytes of a command and what it starts."""
    log = open(cwd / "log.txt", "a")
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **(env or {})}, stdout=log, stderr=log)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        log.close()
        sys.exit(f"{' '.join(map(str, command))} failed:\n{(cwd / 'log.txt').read_text()[-3000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Dwc:
    name = "dwc"
    versions = "SELECT member_id, grade, valid_from, CASE WHEN is_current THEN NULL ELSE valid_to END AS valid_to FROM dw.member WHERE member_key >= 0"

    def __init__(self, folder, args):
        self.folder, self.dwc = folder, args.dwc
        (folder / "models").mkdir()
        (folder / "dwc.yml").write_text("name: bench\ntimezone: UTC\ntargets:\n  dev: { type: duckdb, path: warehouse.duckdb }\n")
        (folder / "models/raw.yml").write_text(
            "source: raw\ntype: warehouse\nschema: raw\ntables:\n  members:\n    primary_key: [member_id]\n    cursor: updated_at\n"
            "    columns: { member_id: INT64, name: STRING, grade: STRING, region: STRING, credit: NUMERIC, updated_at: TIMESTAMP }\n")
        (folder / "models/member.yml").write_text(
            "dimension: member\nfrom: raw.members\nnatural_key: [member_id]\neffective_at: updated_at\n"
            "first_version: own_instant\nscd: 2\nattributes: { name: {}, grade: {}, region: {}, credit: {} }\n")

    def load(self, day):
        if day == 1:
            measured([self.dwc, "apply", "--auto-approve"], self.folder)
        return measured([self.dwc, "run", "--at", f"2026-01-{day + 1:02}"], self.folder)


class Dbt:
    name = "dbt snapshot"
    versions = "SELECT member_id, grade, dbt_valid_from, dbt_valid_to FROM snapshots.member"

    def __init__(self, folder, args):
        self.folder, self.dbt = folder, args.dbt
        (folder / "snapshots").mkdir()
        (folder / "dbt_project.yml").write_text("name: bench\nprofile: bench\nsnapshot-paths: [snapshots]\n")
        (folder / "profiles.yml").write_text(
            f"bench:\n  target: dev\n  outputs:\n    dev: {{ type: duckdb, path: warehouse.duckdb, threads: {THREADS}, settings: {{ threads: {THREADS} }} }}\n")
        (folder / "snapshots/member.sql").write_text(
            "{% snapshot member %}{{ config(target_schema='snapshots', unique_key='member_id', strategy='timestamp', updated_at='updated_at') }}\n"
            "SELECT * FROM raw.members\n{% endsnapshot %}\n")

    def load(self, day):
        return measured([self.dbt, "--no-send-anonymous-usage-stats", "snapshot", "--profiles-dir", "."], self.folder)


class SqlMesh:
    name = "SQLMesh"
    versions = "SELECT member_id, grade, valid_from, valid_to FROM dw.member"

    def __init__(self, folder, args):
        self.folder, self.python = folder, args.sqlmesh
        (folder / "models").mkdir()
        (folder / "config.yaml").write_text(
            "gateways:\n  dev:\n    connection: { type: duckdb, database: warehouse.duckdb }\ndefault_gateway: dev\n"
            "model_defaults: { dialect: duckdb, start: 2026-01-01 }\ndisable_anonymized_analytics: true\n")
        (folder / "models/member.sql").write_text(
            "MODEL (name dw.member, cron '@daily', kind SCD_TYPE_2_BY_TIME (unique_key member_id, updated_at_name updated_at));\n"
            "SELECT member_id::BIGINT, name::TEXT, grade::TEXT, region::TEXT, credit::DECIMAL(12, 2), updated_at::TIMESTAMP FROM raw.members\n")
        (folder / "load.py").write_text(
            "import sys\nfrom sqlmesh import Context\ncontext = Context(paths='.')\nat = sys.argv[1]\n"
            "context.engine_adapter.execute('SET threads = %d')\n" % THREADS +
            "if sys.argv[2] == 'plan':\n    context.plan(auto_apply=True, no_prompts=True, execution_time=at)\n"
            "else:\n    context.run(execution_time=at, ignore_cron=True)\n")

    def load(self, day):
        verb = "plan" if day == 1 else "run"
        command = [self.python, "load.py", f"2026-01-{day + 1:02} 00:00:00", verb]
        return measured(command, self.folder, {"MAX_FORK_WORKERS": "1"})


def checked(tool, members):
    """How many versions the tool made; ends the benchmark where they are not those of the changes."""
    with duckdb.connect(str(tool.folder / "warehouse.duckdb")) as db:
        rows = db.execute(f"""
            SELECT COUNT(*), COUNT(*) FILTER (WHERE valid_to IS NULL), COUNT(*) FILTER (WHERE valid_to IS NULL AND grade LIKE 'd4%')
            FROM ({tool.versions}) AS v (member_id, grade, valid_from, valid_to)""").fetchone()
    few, many = (members + 999) // 1000, (members + 99) // 100
    expected = (2 * members + few + many, members, many)
    if rows != expected:
        sys.exit(f"{tool.name} made {rows} versions, current ones and changed ones, and not {expected}")
    return rows[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--versions", type=int, nargs="+", required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--dwc")
    parser.add_argument("--dbt")
    parser.add_argument("--sqlmesh")
    args = parser.parse_args()
    print(f"DuckDB {duckdb.__version__}, {THREADS} threads; two versions per member")
    print(f"{'versions':>10} {'changed':>8}  {'tool':<14} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}")
    for versions in args.versions:
        members = versions // 2
        base = args.folder / f"base-{versions}.duckdb"
        source(base, members)
        for kind in [Dwc, Dbt, SqlMesh]:
            folder = args.folder / f"{kind.__name__.lower()}-{versions}"
            folder.mkdir()
            shutil.copy(base, folder / "warehouse.duckdb")
            tool = kind(folder, args)
            tool.load(1)
            change(folder / "warehouse.duckdb", 2, 1)
            tool.load(2)
            for day, every in [(3, 1000), (4, 100)]:
                change(folder / "warehouse.duckdb", day, every)
                wall, cpu, peak = tool.load(day)
                changed = (members + every - 1) // every
                print(f"{versions:>10} {changed:>8}  {tool.name:<14} {wall:>8.2f} {cpu:>8.2f} {peak:>8.0f}", flush=True)
            checked(tool, members)
            shutil.rmtree(folder)
        base.unlink()


main()
