"""The yardstick: PostgreSQL's own pgbench, inserting a single row a transaction."""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from runtime.embedded import shelter

CLIENTS = (8, 16, 32, 64)
_SCRIPT = "INSERT INTO pgbench_row (payload) VALUES (repeat('x', 180));\n"
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


async def prepare(database_url: str) -> None:
    """The plainest table that keeps what an event holds: an identity and a payload."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS pgbench_row "
            "(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload text NOT NULL)"
        )
    finally:
        await connection.close()


def rows_per_second(database_url: str, clients: int, seconds: int) -> float:
    """What pgbench reaches with that many clients."""
    program = shelter.programs(Path(tempfile.gettempdir()), None) / "pgbench"
    url = urlsplit(database_url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_SCRIPT)
        script.flush()
        done = subprocess.run(
            [
                str(program), "--no-vacuum", "--protocol=prepared", "--file", script.name,
                "--client", str(clients), "--jobs", "2", "--time", str(seconds),
                "--host", str(url.hostname), "--port", str(url.port or 5432),
                "--username", str(url.username), url.path.lstrip("/"),
            ],
            env=os.environ | {"PGPASSWORD": url.password or ""},
            capture_output=True,
            text=True,
            check=True,
        )  # fmt: skip
    match = _TPS.search(done.stdout)
    if match is None:
        raise RuntimeError(f"pgbench said no tps:\n{done.stdout}\n{done.stderr}")
    return float(match[1])
