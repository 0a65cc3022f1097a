"""A dimension over two change logs that are joined: an account has a version where its customer has one. Called by
tools/bench-history: the dwc binary, then how many accounts there are, one number or several."""

import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

DWC, SIZES = os.path.abspath(sys.argv[1]), [int(size) for size in sys.argv[2:]]
STATES = 4
CHANGED = 500

PROJECT = """name: bank
timezone: UTC
targets: { dev: { type: duckdb, path: target/w.duckdb, memory_limit: 8GB } }
"""
LOGS = """source: bank
type: files
tables:
  customer_log:
    path: data/customer/{batch}.csv
    contents: log
    primary_key: [customer_id]
    sequence: entry
    columns: { entry: INT64, customer_id: INT64, city: STRING, changed_at: TIMESTAMP }
  account_log:
    path: data/account/{batch}.csv
    contents: log
    primary_key: [account_id]
    sequence: entry
    columns: { entry: INT64, account_id: INT64, customer_id: INT64, status: STRING, changed_at: TIMESTAMP }
"""
ACCOUNT = """dimension: account
natural_key: [account_id]
effective_at: changed_at
query: |
  SELECT a.account_id, a.status, c.city, GREATEST(a.changed_at, c.changed_at) AS changed_at
  FROM {{ source('bank.account_log') }} AS a
  JOIN {{ source('bank.customer_log') }} AS c ON c.customer_id = a.customer_id
attributes:
  status: { scd: 2 }
  city: { scd: 2 }
"""


def at(second):
    """A moment of 2026, by seconds since its begin."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(1767225600 + second))


def write(folder, name, header, lines):
    (folder / "data" / name.split("/")[0]).mkdir(parents=True, exist_ok=True)
    (folder / "data" / f"{name}.csv").write_text(header + "".join(lines))


def first(folder, accounts):
    """STATES entries of each account and of each customer, of whom there are half as many."""
    dice = random.Random(1)
    customers = accounts // 2
    write(folder, "customer/2026-03-01", "entry,customer_id,city,changed_at\n",
          (f"{state * customers + key},{key},c{dice.randint(0, 99)},{at(state * 1000000 + dice.randint(0, 999999))}\n"
           for state in range(STATES) for key in range(customers)))
    write(folder, "account/2026-03-01", "entry,account_id,customer_id,status,changed_at\n",
          (f"{state * accounts + key},{key},{key // 2},s{dice.randint(0, 9)},{at(state * 1000000 + dice.randint(0, 999999))}\n"
           for state in range(STATES) for key in range(accounts)))


def hour(folder, accounts, number):
    """An hour: CHANGED accounts and as many customers, anywhere."""
    dice = random.Random(number + 1)
    name, begin = f"2026-03-01T{number:02}", (STATES + 1) * 1000000 + number * 3600
    entry = STATES * accounts + number * CHANGED
    write(folder, f"customer/{name}", "entry,customer_id,city,changed_at\n",
          (f"{entry + place},{dice.randrange(accounts // 2)},h{number},{at(begin + place)}\n" for place in range(CHANGED)))
    write(folder, f"account/{name}", "entry,account_id,customer_id,status,changed_at\n",
          (f"{entry + place},{key},{key // 2},h{number},{at(begin + place)}\n"
           for place, key in enumerate(dice.randrange(accounts) for _ in range(CHANGED))))


def dwc(folder, *words):
    """Wall and CPU seconds of a command."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    done = subprocess.run([DWC, "--project-dir", str(folder), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.time() - clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one(accounts):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dwc-bench-"))
    try:
        (folder / "models").mkdir()
        (folder / "dwc.yml").write_text(PROJECT)
        (folder / "models/bank.yml").write_text(LOGS)
        (folder / "models/account.yml").write_text(ACCOUNT)
        dwc(folder, "apply", "--auto-approve", "--quiet")
        first(folder, accounts)
        loaded = dwc(folder, "run", "--quiet")
        hours = []
        for number in (1, 2, 3):
            hour(folder, accounts, number)
            hours.append(dwc(folder, "run", "--quiet"))
        say = ", ".join(f"{wall:.1f} ({cpu:.1f})" for wall, cpu in hours)
        print(f"| {accounts:,} | {accounts * STATES * 3 // 2:,} | {loaded[0]:.1f} ({loaded[1]:.1f}) | {say} |", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


print("| accounts | entries | first load s (CPU s) | an hour s (CPU s) |\n|---|---|---|---|", flush=True)
for size in SIZES:
    one(size)
