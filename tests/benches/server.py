"""A MariaDB server of a benchmark's own, in a folder of its own."""

import os
import socket
import subprocess
import time


def start(folder):
    """A server of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = f"--user={subprocess.check_output(['id', '-un'], text=True).strip()}"
    data = f"--datadir={folder}/data"
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", user,
         f"--tmpdir={folder}", data], check=True, stdout=subprocess.DEVNULL)
    mariadbd = "/usr/sbin/mariadbd" if os.path.exists("/usr/sbin/mariadbd") else "mariadbd"
    server = subprocess.Popen(
        [mariadbd, "--no-defaults", "--skip-name-resolve", "--bind-address=127.0.0.1", user, data,
         "--default-time-zone=+00:00", "--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=0",
         "--innodb-buffer-pool-size=1G", f"--port={port}", f"--tmpdir={folder}", f"--socket={folder}/s"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = ["mariadb", "--no-defaults", "--protocol=tcp", "-h127.0.0.1", "-uroot", f"-P{port}"]
    while subprocess.run(client + ["-e", "SELECT 1"], capture_output=True).returncode:
        time.sleep(0.1)
    return server, port, client
