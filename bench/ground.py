"""What a part stands on: servers of its run, databases of its own, and logs that are not empty."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psycopg
from psycopg import sql
from rich.console import Console

from bench.prefill import prefill
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.pools import Pools
from runtime.settings import Settings

LOG = "budget"

err = Console(stderr=True)


@dataclass(frozen=True)
class Ground:
    """The servers and the form of a run. `movies` is the file that the slate is made of."""

    database_url: str
    kafka: str | None
    quick: bool
    home: str
    movies: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def folder(self) -> Path:
        """Where keys and scratch files are kept."""
        return Path(self.home)

    @property
    def events_before(self) -> int:
        """How many events a log holds before anything is appended to it in a round."""
        return 50_000 if self.quick else 1_000_000

    def database(self, name: str) -> str:
        """The address of a database of that name on the run's server."""
        return urlunsplit(urlsplit(self.database_url)._replace(path=f"/{name}"))

    def fresh(self, part: str, template: str | None = None) -> str:
        """The address of a database for one part, empty or a copy of another."""
        name = sql.Identifier(f"reel_bench_{part}")
        order = sql.SQL("CREATE DATABASE {}").format(name)
        if template is not None:
            order += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
        with psycopg.connect(self.database_url, autocommit=True) as session:
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            session.execute(order)
        return self.database(f"reel_bench_{part}")

    def drop(self, part: str) -> None:
        """Gives a part's disk back."""
        name = sql.Identifier(f"reel_bench_{part}")
        with psycopg.connect(self.database_url, autocommit=True) as session:
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def disk_free(self) -> int | None:
        """Bytes that the server's disk has left; None where the server is not on this machine."""
        with psycopg.connect(self.database_url) as session:
            row = session.execute("SHOW data_directory").fetchone()
        data = Path(str(row[0])) if row else None
        return shutil.disk_usage(data).free if data is not None and data.exists() else None

    def prefilled(self, part: str, events: int) -> str:
        """A database for one part with a log of that many events. The first one to ask makes it,
        the others get copies."""
        template = f"reel_bench_prefilled_{events}"
        with psycopg.connect(self.database_url, autocommit=True) as session:
            found = session.execute("SELECT FROM pg_database WHERE datname = %s", [template])
            is_there = found.fetchone() is not None
        if not is_there:
            err.print(f"Filling a log with {events:,} events …")
            url = self.fresh("filling")
            migrate([Schema(url, LOG, "log")])
            prefill(url, LOG, events)
            with psycopg.connect(self.database_url, autocommit=True) as session:
                session.execute(
                    sql.SQL("ALTER DATABASE reel_bench_filling RENAME TO {}").format(
                        sql.Identifier(template)
                    )
                )
        return self.fresh(part, template)


@asynccontextmanager
async def log_of(url: str, log: str = LOG) -> AsyncIterator[tuple[PostgresStore, asyncpg.Pool]]:
    """The log as its service may use it, and the pool of which the service has one."""
    pools = Pools(Settings(database_url=url))
    try:
        pool = await pools.of(log, role=f"reel_{log}_service")
        yield PostgresStore(log, pool), pool
    finally:
        await pools.close()
