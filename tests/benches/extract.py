"""One table of a MariaDB server, read by several tools. Called by tools/bench-extract: rows, the dwc binary."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from server import start

ROWS, DWC = int(sys.argv[1]), os.path.abspath(sys.argv[2])
HERE = pathlib.Path(tempfile.mkdtemp())
TABLE = f"""
CREATE DATABASE shop; USE shop;
CREATE TABLE order_lines (
  order_id BIGINT, line_no INT, product_id INT NOT NULL, quantity INT, price DECIMAL(12, 2), discount DECIMAL(5, 2) NULL,
  ordered_on DATE, note VARCHAR(60) NULL, updated_at DATETIME NOT NULL, PRIMARY KEY (order_id, line_no), KEY (updated_at)
);
INSERT INTO order_lines
SELECT seq DIV 4, seq MOD 4, seq * 7919 MOD 50000, 1 + seq MOD 9, (seq * 37 MOD 1000000) / 100,
  IF(seq MOD 5 = 0, (seq MOD 3000) / 100, NULL), '2024-01-01' + INTERVAL seq MOD 700 DAY,
  IF(seq MOD 3 = 0, CONCAT('note for the line ', seq), NULL), '2020-01-01' + INTERVAL seq SECOND
FROM seq_1_to_{ROWS};
ANALYZE TABLE order_lines;
"""
PROJECT = """name: shop
timezone: UTC
targets: { dev: { type: duckdb, path: target/w.duckdb, memory_limit: 1GB } }
"""
SOURCE = """source: shop
type: mysql
url: "{{ env('SHOP_DB_URL') }}"
tables:
  order_lines:
    primary_key: [order_id, line_no]
    cursor: updated_at
    columns:
      { order_id: INT64, line_no: INT64, product_id: INT64, quantity: INT64, price: NUMERIC, discount: NUMERIC,
        ordered_on: DATE, note: STRING, updated_at: DATETIME }
"""
DLT = """
import dlt, sys
from dlt.sources.sql_database import sql_table
destination, backend = sys.argv[1:3]
to = dlt.destinations.filesystem("file://" + sys.argv[3]) if destination == "parquet" else dlt.destinations.duckdb(sys.argv[3] + ".duckdb")
table = sql_table(f"mysql+pymysql://root@127.0.0.1:{sys.argv[4]}/shop", table="order_lines", backend=backend, chunk_size=100000)
pipeline = dlt.pipeline("bench_" + destination, destination=to, dataset_name="d", pipelines_dir=sys.argv[3] + ".pipelines")
print(pipeline.run(table, loader_file_format="parquet" if destination == "parquet" else None))
"""
CONNECTORX = """
import connectorx, pyarrow.parquet, sys
url = f"mysql://root@127.0.0.1:{sys.argv[2]}/shop"
rows = connectorx.read_sql(url, "SELECT * FROM order_lines", return_type="arrow", partition_on="order_id", partition_num=2)
pyarrow.parquet.write_table(rows, sys.argv[1], compression="snappy")
"""


def measure(command, env=None, until=None):
    """Runs a command: wall, CPU, peak MB; and the same at the moment of a line on its standard error."""
    clock = time.time()
    process = subprocess.Popen(command, env=dict(os.environ, **(env or {})), stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    seen = {"peak": 0.0}
    said = []

    def sample():
        while process.returncode is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                stat = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            except (OSError, IndexError):
                return
            for line in status.splitlines():
                if line.startswith("VmRSS"):
                    seen["peak"] = max(seen["peak"], int(line.split()[1]) / 1024)
            seen["cpu"] = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
            time.sleep(0.02)

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    part = None
    for line in process.stderr:
        said.append(line)
        if until and part is None and line.startswith(until):
            part = (time.time() - clock, seen.get("cpu", 0), seen["peak"])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    whole = (time.time() - clock, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
    return (process.returncode, part, whole, "".join(said[-4:]))


def say(name, found, failed=""):
    if found is None:
        print(f"{name:<44} {failed.strip().splitlines()[-1][:90] if failed.strip() else 'failed'}", flush=True)
    else:
        wall, cpu, peak = found
        print(f"{name:<44} {wall:>7.1f} {cpu:>7.1f} {peak:>8.0f} {ROWS / wall / 1000:>10.0f}", flush=True)


def check(pattern):
    """Whether Parquet files hold every row."""
    import duckdb

    count = duckdb.sql(f"SELECT COUNT(*) FROM read_parquet('{pattern}')").fetchone()[0]
    assert count == ROWS, f"{pattern}: {count} rows"


def main():
    server, port, client = start(HERE)
    try:
        subprocess.run(client, input=TABLE, text=True, check=True, stdout=subprocess.DEVNULL)
        print(f"{ROWS:,} rows\n{'':<44} {'wall s':>7} {'cpu s':>7} {'peak MB':>8} {'1000 rows/s':>11}")
        query = ["--quick", "-BN", "-e", "SELECT * FROM shop.order_lines"]
        code, _, whole, said = measure(client + query)
        say("mariadb --quick > /dev/null", whole if code == 0 else None, said)
        project = HERE / "project"
        (project / "models").mkdir(parents=True)
        (project / "dwc.yml").write_text(PROJECT)
        (project / "models/shop.yml").write_text(SOURCE)
        env = {"SHOP_DB_URL": f"mysql://root@127.0.0.1:{port}/shop"}
        dwc = [DWC, "--project-dir", str(project)]
        subprocess.run(dwc + ["apply", "--auto-approve", "--quiet"], check=True, env=dict(os.environ, **env))
        code, part, whole, said = measure(dwc + ["run"], env, until="landing")
        say("dwc run, until staged as Parquet", part if code == 0 else None, said)
        say("dwc run, first load, landed in DuckDB (1 GB)", whole if code == 0 else None, said)
        changed = min(50_000, ROWS // 10)
        subprocess.run(client + ["-e", f"UPDATE shop.order_lines SET quantity = 10, updated_at = '2026-01-01' WHERE order_id < {changed // 4}"], check=True)
        code, part, whole, said = measure(dwc + ["run"], env, until="landing")
        print(f"an increment of {changed:,} rows, staged after {part[0] if part else 0:.2f} s at {part[2] if part else 0:.0f} MB, landed after {whole[0]:.2f} s")
        python, out = sys.executable, str(HERE / "out")
        for name, destination, backend in [("dlt, connectorx", "parquet", "connectorx"), ("dlt, pyarrow", "parquet", "pyarrow"), ("dlt, connectorx", "duckdb", "connectorx")]:
            code, _, whole, said = measure([python, "-c", DLT, destination, backend, f"{out}_dlt_{backend}_{destination}", str(port)])
            if code == 0 and destination == "parquet":
                check(f"{out}_dlt_{backend}_{destination}/d/order_lines/*.parquet")
            say(f"{name}, to {destination}", whole if code == 0 else None, said)
        url = f"mysql://root@127.0.0.1:{port}/shop"
        import sling_linux_amd64
        sling = next(path for path in pathlib.Path(sling_linux_amd64.__file__).parent.rglob("sling*") if os.access(path, os.X_OK) and path.is_file())
        # Sling works with a client of DuckDB's, which both would fetch the rest of themselves from where it is not given.
        client_home = HERE / "home"
        for extension in pathlib.Path(sling_linux_amd64.__file__).parents[1].glob("duckdb_extension_*/extensions/*/*.duckdb_extension"):
            kept = client_home / ".duckdb/extensions" / extension.parent.name / "linux_amd64"
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copy(extension, kept)
        for destination, target in [("parquet", ["--tgt-object", f"file://{out}_sling.parquet"]),
                                    ("duckdb", ["--tgt-conn", "OUT", "--tgt-object", "main.order_lines"])]:
            env = {"HOME": str(client_home), "DUCKDB_PATH": str(pathlib.Path(sys.executable).parent / "duckdb"), "SHOP": url, "OUT": f"duckdb://{out}_sling.duckdb", "SLING_HOME_DIR": str(HERE)}
            code, _, whole, said = measure([str(sling), "run", "--src-conn", "SHOP", "--src-stream", "shop.order_lines"] + target, env)
            say(f"Sling, to {destination}", whole if code == 0 else None, said)
        code, _, whole, said = measure([python, "-c", CONNECTORX, f"{out}.parquet", str(port)])
        check(f"{out}.parquet")
        say("ConnectorX, to Parquet by pyarrow", whole if code == 0 else None, said)
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(HERE, ignore_errors=True)


main()
