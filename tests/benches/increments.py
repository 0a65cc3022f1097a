"""An hour of 20 tables of a MariaDB server, end to end into the star. Called by tools/bench-increments: the dwc binary, then
how many rows all tables have together, one or several."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from server import start

DWC, SIZES = os.path.abspath(sys.argv[1]), [int(size) for size in sys.argv[2:]]
DIMENSIONS = ["member", "store", "product", "courier", "campaign"]
FACTS = [f"line_{at}" for at in range(15)]
RECENT = 20_000
CHANGED = 50_000 // (len(DIMENSIONS) + len(FACTS))


def tables(rows):
    """The statements of the tables: a tenth of all rows are those of the dimensions."""
    members, lines = rows // 10 // len(DIMENSIONS), rows * 9 // 10 // len(FACTS)
    yield "CREATE DATABASE shop"
    for name in DIMENSIONS:
        yield (f"USE shop; CREATE TABLE {name} (id INT PRIMARY KEY, name VARCHAR(40), grade VARCHAR(10), updated_at DATETIME, KEY (updated_at)); "
               f"INSERT INTO {name} SELECT seq, CONCAT('{name} ', seq), CONCAT('g', seq MOD 5), "
               f"'2026-01-01' + INTERVAL seq SECOND FROM seq_1_to_{members}")
    for name in FACTS:
        keys = ", ".join(f"{dimension}_id INT" for dimension in DIMENSIONS)
        values = ", ".join(f"1 + seq * {7919 + at} MOD {members}" for at in range(len(DIMENSIONS)))
        yield (f"USE shop; CREATE TABLE {name} (id BIGINT PRIMARY KEY, {keys}, amount DECIMAL(12, 2), sold_at DATETIME, updated_at DATETIME, "
               f"KEY (updated_at)); INSERT INTO {name} SELECT seq, {values}, seq MOD 1000 / 10, "
               f"'2026-01-02' + INTERVAL seq DIV 4 SECOND, '2026-01-02' + INTERVAL seq DIV 4 SECOND FROM seq_1_to_{lines}")


def changes(rows, hour):
    """An hour: members anywhere change; most lines are new, the others are among the latest RECENT of their table."""
    members, lines = rows // 10 // len(DIMENSIONS), rows * 9 // 10 // len(FACTS)
    at = f"'2026-03-01 {hour:02}:00:00'"
    for name in DIMENSIONS:
        every = max(members // CHANGED, 1)
        yield f"UPDATE shop.{name} SET grade = 'h{hour}', updated_at = {at} WHERE id MOD {every} = {hour} MOD {every} LIMIT {CHANGED}"
    old = CHANGED // 5
    for name in FACTS:
        first = lines + 1 + (hour - 1) * (CHANGED - old)
        values = ", ".join(f"1 + seq * {7919 + at} MOD {members}" for at in range(len(DIMENSIONS)))
        yield (f"INSERT INTO shop.{name} SELECT seq, {values}, 1.5, {at}, {at} FROM shop.seq_{first}_to_{first + CHANGED - old - 1}; "
               f"UPDATE shop.{name} SET amount = amount + 1, updated_at = {at} WHERE id > {lines - RECENT} AND id MOD {RECENT // old} = 0 LIMIT {old}")


def write(project):
    (project / "models").mkdir(parents=True)
    (project / "dwc.yml").write_text("name: shop\ntimezone: UTC\ntargets: { dev: { type: duckdb, path: target/w.duckdb, memory_limit: 8GB } }\n")
    source = "source: shop\ntype: mysql\nurl: \"{{ env('SHOP_DB_URL') }}\"\ntables:\n"
    for name in DIMENSIONS:
        source += f"  {name}: {{ primary_key: id, cursor: updated_at, columns: {{ id: INT64, name: STRING, grade: STRING, updated_at: DATETIME }} }}\n"
        (project / f"models/{name}.yml").write_text(
            f"dimension: {name}\nfrom: shop.{name}\nnatural_key: [id]\neffective_at: updated_at\n"
            "attributes:\n  name: { scd: 1 }\n  grade: { scd: 2 }\n")
    keys = ", ".join(f"{dimension}_id: INT64" for dimension in DIMENSIONS)
    for name in FACTS:
        source += (f"  {name}: {{ primary_key: id, cursor: updated_at, columns: {{ id: INT64, {keys}, amount: NUMERIC, sold_at: DATETIME, "
                   "updated_at: DATETIME } }\n")
        (project / f"models/{name}.yml").write_text(
            f"fact: {name}\nkind: transaction\nbusiness_process: {name}\ngrain: {{ description: one row per line, key: [id] }}\n"
            f"from: shop.{name}\nevent_time: sold_at\ndimensions:\n"
            + "".join(f"  {dimension}: {{ on: {dimension}_id }}\n" for dimension in DIMENSIONS)
            + "measures:\n  amount: { additive: all }\n")
    (project / "models/shop.yml").write_text(source)


def one(rows):
    here = pathlib.Path(tempfile.mkdtemp())
    server, port, client = start(here)
    try:
        for sql in tables(rows):
            subprocess.run(client, input=sql, text=True, check=True)
        for name in DIMENSIONS + FACTS:
            subprocess.run(client, input=f"ANALYZE TABLE shop.{name}", text=True, check=True, stdout=subprocess.DEVNULL)
        project = here / "project"
        write(project)
        env = dict(os.environ, SHOP_DB_URL=f"mysql://root@127.0.0.1:{port}/shop")

        def dwc(*words):
            clock = time.time()
            done = subprocess.Popen([DWC, "--project-dir", str(project), *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            said, wrong = done.communicate()
            _ = said
            if done.returncode:
                raise SystemExit(wrong[-2000:])
            return time.time() - clock

        dwc("apply", "--auto-approve", "--quiet")
        first = dwc("run", "--quiet")
        hours = []
        for hour in (1, 2, 3):
            for sql in changes(rows, hour):
                subprocess.run(client, input=f"USE shop; {sql}", text=True, check=True)
            hours.append(dwc("run", "--quiet"))
        nothing = dwc("run", "--quiet")
        size = (project / "target/w.duckdb").stat().st_size / 1e9
        hours = " ".join(f"{hour:.1f}" for hour in hours)
        print(f"{rows:>12,} rows: first load {first:.0f} s, warehouse {size:.1f} GB, an hour of {CHANGED * 20:,} changes {hours} s, "
              f"read again {nothing:.1f} s", flush=True)
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(here, ignore_errors=True)


for size in SIZES:
    one(size)
