"""The yardstick: PostgreSQL's own pgbench, inserting a single row a transaction."""

import asyncio
import os
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from bench.figures import LOOKS, quickest
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


async def best_clients(database_url: str, seconds: int) -> int:
    """The number of clients with which it is quickest here."""
    await prepare(database_url)
    return quickest(
        [
            {
                clients: await asyncio.to_thread(rows_per_second, database_url, clients, seconds)
                for clients in CLIENTS
            }
            for _ in range(LOOKS)
        ]
    )


def rows_per_second(database_url: str, clients: int, seconds: float) -> float:
    """What pgbench reaches with that many clients."""
    program = shelter.programs(Path(tempfile.gettempdir()), None) / "pgbench"
    url = urlsplit(database_url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_SCRIPT)
        script.flush()
        done = subprocess.run(
            [
                str(program), "--no-vacuum", "--protocol=prepared", "--file", script.name,
                "--client", str(clients), "--jobs", str(min(2, clients)),
                "--time", str(max(1, round(seconds))),
                "--host", str(url.hostname), "--port", str(url.port or 5432),
                "--username", str(url.username), url.path.lstrip("/"),
            ],
            env=os.environ | {"PGPASSWORD": url.password or ""},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
    match = _TPS.search(done.stdout)
    if match is None and "actually processed: 0" in done.stdout:
        return 0.0  # on a busy machine so many clients are not even connected in so short a time
    if match is None or done.returncode:
        raise RuntimeError(f"pgbench failed:\n{done.stdout}\n{done.stderr}")
    return float(match[1])
