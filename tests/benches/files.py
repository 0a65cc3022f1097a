"""First loads of files, each by a process of its own: one great CSV, one of a thousand columns, thousands of small ones.

Prints wall and CPU seconds and the peak memory of each, and ends with an error where the memory exceeds the target's
`memory_limit` and what dwc needs around it. Usage: files.py DWC [MEGABYTES] [FILES]
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DWC = Path(sys.argv[1]).resolve()
MEGABYTES = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
FILES = int(sys.argv[3]) if len(sys.argv) > 3 else 5000
AROUND_MB = 300
COLUMNS = 1000

PROJECT = """name: bench
timezone: UTC
targets: {{ dev: {{ type: duckdb, path: target/warehouse.duckdb, memory_limit: {limit}MB }} }}
"""


def table(path: str, columns: str) -> str:
    return (
        "source: drop\ntype: files\ntables:\n  lines:\n"
        f"    path: {path}\n    primary_key: [id]\n    columns: {{ id: INT64, {columns} }}\n"
    )


LINE = "name: STRING, amount: NUMERIC, rate: FLOAT64, sold_on: DATE, at: DATETIME, note: STRING"


def line(dice: random.Random, key: int) -> str:
    day = f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
    return (
        f"{key},item {dice.randint(1, 100000)},{dice.randint(0, 10**7) / 100:.2f},{dice.random():.6f},{day},"
        f"{day} {dice.randint(0, 23):02}:{dice.randint(0, 59):02}:00,\"a note, {dice.getrandbits(96):024x}\"\n"
    )


def one_great_file(folder: Path) -> str:
    """A file of MEGABYTES."""
    dice = random.Random(1)
    written, key = 0, 0
    with open(folder / "data" / "all.csv", "w", encoding="utf-8") as file:
        file.write("id,name,amount,rate,sold_on,at,note\n")
        while written < MEGABYTES << 20:
            lines = [line(dice, key + place) for place in range(1000)]
            key += len(lines)
            written += sum(map(len, lines))
            file.writelines(lines)
    return table("data/*.csv", LINE)


def a_thousand_columns(folder: Path) -> str:
    """A tenth of MEGABYTES in COLUMNS columns."""
    dice = random.Random(2)
    with open(folder / "data" / "wide.csv", "w", encoding="utf-8") as file:
        file.write("id," + ",".join(f"c{column}" for column in range(COLUMNS)) + "\n")
        for key in range(MEGABYTES * (1 << 20) // 10 // (6 * COLUMNS)):
            file.write(f"{key}," + ",".join(str(dice.randint(0, 99999)) for _ in range(COLUMNS)) + "\n")
    kinds = ["INT64", "STRING", "NUMERIC", "FLOAT64"]
    return table("data/*.csv", ", ".join(f"c{column}: {kinds[column % 4]}" for column in range(COLUMNS)))


def many_small_files(folder: Path) -> str:
    """FILES files of twenty lines."""
    dice = random.Random(3)
    for place in range(FILES):
        name = f"{2000 + place // 8064}-{place // 672 % 12 + 1:02}-{place // 24 % 28 + 1:02}T{place % 24:02}.csv"
        with open(folder / "data" / name, "w", encoding="utf-8") as file:
            file.write("id,name,amount,rate,sold_on,at,note\n")
            file.writelines(line(dice, place * 20 + row) for row in range(20))
    return table("data/{batch}.csv", LINE)


def run(folder: Path, *arguments: str) -> tuple[float, float, float]:
    """Wall and CPU seconds and the peak megabytes of a process."""
    begun = time.monotonic()
    process = subprocess.Popen([DWC, "--project-dir", folder, *arguments], stdout=subprocess.PIPE)
    told = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"dwc {' '.join(arguments)} ended with {process.returncode}: {told.decode()}")
    return time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    print("| | MB | wall s | CPU s | peak MB |\n|---|---|---|---|---|")
    exceeding = []
    # DuckDB keeps blocks of every column in memory: a wide table needs more.
    for fill, limit in ((one_great_file, 1000), (a_thousand_columns, 2000), (many_small_files, 1000)):
        with tempfile.TemporaryDirectory(prefix="dwc-bench-") as place:
            folder = Path(place)
            (folder / "data").mkdir()
            (folder / "models").mkdir()
            (folder / "dwc.yml").write_text(PROJECT.format(limit=limit))
            (folder / "models" / "drop.yml").write_text(fill(folder))
            size = sum(file.stat().st_size for file in (folder / "data").iterdir()) / (1 << 20)
            run(folder, "apply", "--auto-approve")
            for what in ("first load", "nothing new"):
                wall, cpu, peak = run(folder, "run")
                name = fill.__name__.replace("_", " ")
                print(f"| {name}, {what} | {size:.0f} | {wall:.1f} | {cpu:.1f} | {peak:.0f} |", flush=True)
                if peak > limit + AROUND_MB:
                    exceeding.append(f"{name}, {what}: {peak:.0f} MB of {limit}")
    if exceeding:
        sys.exit(f"more than the limit and {AROUND_MB} MB around it: {'; '.join(exceeding)}")


main()
