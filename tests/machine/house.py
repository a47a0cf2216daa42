"""Whole installations that are started, stopped, backed up and restored, on real servers."""

import asyncio
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from runtime.backup.restoring import Restored, Wish, restore
from runtime.backup.taking import backup
from runtime.migrate import Schema
from runtime.process import schemas, versions_to_feed
from runtime.settings import Settings
from tests.http.film import LEADER, Film, good
from tests.http.instance import Instance, lived, settings_of, wait_for
from tests.servers import drop_database, fresh_database

ACCOUNTANT = "production-accountant"
NO_ROWS = ("_yoyo", "yoyo", "tables_made", "place", "answer", "unanswered", "clock", "snapshot")
"""Tables of a read model's schema that are no rows of its fold."""


def nobody_hears(_: str) -> None:
    """Progress that is not shown."""


@dataclass
class House:
    """One installation: a database, topics, and a home with its keys."""

    settings: Settings

    @property
    def schemas(self) -> list[Schema]:
        return schemas(self.settings)

    @property
    def read_models(self) -> list[Schema]:
        """Where the rows of the versions lie that this build feeds."""
        return [*asyncio.run(versions_to_feed(self.settings, register=True))]

    def up(self) -> AbstractContextManager[Instance]:
        """All of it runs, ready, until the block ends."""
        return lived(self.settings, "house")

    def backup(self, to: Path) -> Any:
        return backup(self.settings, self.schemas, to, nobody_hears)

    def restore(self, folder: Path, **wishes: Any) -> Restored:
        return restore(self.settings, self.schemas, Wish(folder, **wishes), nobody_hears)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(str(self.settings.database_url), autocommit=True) as session:
            answer = session.execute(statement, values or None)
            return answer.fetchall() if answer.description else []

    def logs(self) -> dict[str, list[Any]]:
        """Every event of every log, but for its transport."""
        return {
            log: self.sql(f"SELECT position, hash, payload::text FROM {log}.event ORDER BY 1")
            for log in ("approval", "budget", "contract", "schedule")
        }

    def rows(self) -> dict[str, list[str]]:
        """Every row of every read model."""
        found = {}
        for one in self.read_models:
            for (table,) in self.sql(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s", one.name
            ):
                if not table.startswith(NO_ROWS):
                    name = f"{one.name}.{table}"
                    rows = self.sql(f"SELECT t::text FROM {name} t ORDER BY 1")
                    found[name] = [row for (row,) in rows]
        return found


@contextmanager
def house(
    database_url: str, kafka: str, home: Path, prefix: str | None = None, **more: Any
) -> Iterator[House]:
    """An installation on a fresh database, and on topics of its own or those of `prefix`."""
    dsn = more.pop("dsn", None) or fresh_database(database_url)
    prefix = prefix or f"machine-{secrets.token_hex(4)}"
    made = House(settings_of(home, dsn, kafka, prefix, log_level="error", **more))
    try:
        yield made
    finally:
        drop_database(dsn)


def folder(tmp: Path, name: str = "backup") -> Path:
    """A folder that is not there yet."""
    path = tmp / name
    shutil.rmtree(path, ignore_errors=True)
    return path


def new_film(instance: Instance, *, team: bool = True, **opening: Any) -> Film:
    """A film that is opened now, however long its own room takes to hear of it."""
    film = instance.film(team=False, **opening)
    trail = f"{film.home}/approval/trail"
    wait_for("the production", lambda: film.client(LEADER).get(trail).is_success, 120)
    if team:
        film.appoint_everybody()
    return film


def film_of(instance: Instance, production: str) -> Film:
    """A film that is there already."""
    return Film(instance.as_, instance.issuer.person, production)


def cost(film: Film, name: str, amount: str = "10.00") -> str:
    """Posts a cost and answers its token."""
    body = {
        "posting": name,
        "account": "2302",
        "amount": amount,
        "description": "timber",
        "incurred_on": "2026-09-12",
    }
    token: str = good(film.give(ACCOUNTANT, "budget/post-cost", body)).json()["token"]
    return token


def status(film: Film, after: str | None = None) -> Any:
    """What the film has cost to date."""
    return film.status(after=after)
