"""An installation with real logs that were anchored as they grew, and the command line on it."""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner, Result

from events.envelope import Recorded
from runtime import rooms
from runtime.audit.anchoring import anchor
from runtime.audit.findings import Incarnation
from runtime.cli import app
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.settings import Settings, settings
from tests.audit.making import LOGS, commands_of, record
from tests.servers import drop_database, fresh_database

PARTS = 4
COLUMNS = (
    *("position", "production", "stream", "version", "partition", "previous", "id", "ordinal"),
    *("type", "schema_version", "payload", "recorded_at", "effective_at", "actor", "command_id"),
    *("correlation", "causation", "hops", "hash", "fingerprint"),
)


@dataclass
class Installation:
    """Four logs in PostgreSQL, of which two have grown, and a home with key and anchors."""

    settings: Settings
    logs: dict[str, list[Recorded]]
    incarnations: dict[str, str]

    @property
    def dsn(self) -> str:
        return str(self.settings.database_url)

    @property
    def lines(self) -> list[str]:
        return self.settings.anchors_file.read_text().splitlines()

    def reel(self, *words: str) -> Result:
        """What `reel audit` says here."""
        before = dict(os.environ)
        os.environ |= {
            "REEL_HOME": str(self.settings.home),
            "REEL_DATABASE_URL": self.dsn,
            "REEL_TOPIC_PREFIX": self.settings.topic_prefix,
            "COLUMNS": "200",
        }
        if self.settings.kafka:
            os.environ["REEL_KAFKA"] = self.settings.kafka
        else:
            os.environ.pop("REEL_KAFKA", None)
        settings.cache_clear()
        try:
            return CliRunner().invoke(app, ["audit", *words])
        finally:
            os.environ.clear()
            os.environ |= before
            settings.cache_clear()

    def verified(self, *words: str, code: int = 0) -> dict[str, Any]:
        """What `reel audit verify --json` says, ending with that exit code."""
        done = self.reel("verify", "--json", *words)
        assert done.exit_code == code, done.output
        told: dict[str, Any] = json.loads(done.stdout)
        assert told["ok"] == (code == 0)
        return told

    def as_superuser(self, *statements: str) -> None:
        """Whoever may do anything, with every trigger off."""
        with psycopg.connect(self.dsn) as session:
            session.execute("SET session_replication_role = replica")
            for statement in statements:
                session.execute(statement.encode())

    def overwrite(
        self,
        logs: dict[str, list[Recorded]],
        incarnations: dict[str, str],
        histories: dict[str, tuple[Incarnation, ...]],
    ) -> None:
        """Writes whole logs over those that are there: events, heads, what the log tells of its
        restores, and the relay's cursor."""
        with psycopg.connect(self.dsn) as session:
            session.execute("SET session_replication_role = replica")
            for log, events in logs.items():
                _tell(session, log, histories[log])
                self._overwrite(session, log, events, incarnations[log])
                _stop_telling(session, log)

    def _overwrite(
        self, session: psycopg.Connection, log: str, events: Sequence[Recorded], incarnation: str
    ) -> None:
        schema = sql.Identifier(log)
        session.execute(sql.SQL("TRUNCATE {}.event").format(schema))
        columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
        order = sql.SQL("COPY {}.event ({}) FROM STDIN").format(schema, columns)
        with session.cursor() as cursor, cursor.copy(order) as copy:
            for one in events:
                copy.write_row(_row(one))
        heads, hashes = [0] * 12, [b""] * 12
        for one in events:
            heads[one.partition], hashes[one.partition] = one.position, one.hash
        position = events[-1].position if events else 0
        session.execute(
            sql.SQL(
                "UPDATE {}.head SET incarnation = %s, position = %s, recorded_at = %s, "
                "partitions = %s"
            ).format(schema),
            [incarnation, position, events[-1].recorded_at_us if events else 0, heads],
        )
        session.execute(
            sql.SQL(
                "UPDATE {}.relay SET incarnation = %s, position = %s, positions = %s, hashes = %s"
            ).format(schema),
            [incarnation, position, heads, hashes],
        )

    def put_back(self) -> None:
        """Everything as it was recorded."""
        self.overwrite(self.logs, self.incarnations, self.histories)

    @property
    def histories(self) -> dict[str, tuple[Incarnation, ...]]:
        """What honest logs tell: one history each, from its beginning."""
        return {log: (Incarnation(one, None, 0),) for log, one in self.incarnations.items()}


def _tell(session: psycopg.Connection, log: str, histories: Sequence[Incarnation]) -> None:
    table = sql.Identifier(log, "incarnation")
    trigger = sql.SQL("ALTER TABLE {} DISABLE TRIGGER begins")
    session.execute(trigger.format(sql.Identifier(log, "head")))
    session.execute(sql.SQL("DELETE FROM {}").format(table))
    for one in histories:
        session.execute(
            sql.SQL(
                "INSERT INTO {} (incarnation, since, parent, branched_at) VALUES (%s, 0, %s, %s)"
            ).format(table),
            [one.id, one.parent, one.branched_at],
        )


def _stop_telling(session: psycopg.Connection, log: str) -> None:
    trigger = sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER begins")
    session.execute(trigger.format(sql.Identifier(log, "head")))


def _row(one: Recorded) -> list[Any]:
    return [
        *(one.position, one.production, one.stream, one.version, one.partition, one.previous),
        *(one.id, one.ordinal, one.type, one.schema_version, one.payload, one.recorded_at_us),
        *(one.effective_at_us, one.actor, one.command_id, one.correlation, one.causation),
        *(one.hops, one.hash, None if one.ordinal else b"by hand"),
    ]


def made(home: Path, database_url: str, **more: Any) -> Installation:
    """The installation, with `PARTS` parts of its story of which the last is not anchored."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("REEL_")}
    try:
        chosen = Settings(home=home, database_url=database_url, **more)
    finally:
        os.environ |= hidden
    names = list(rooms.services())
    migrate([Schema(database_url, log, "log") for log in names])
    if chosen.kafka is None:
        chosen.anchors_file.touch()
    return Installation(chosen, *asyncio.run(_grown(chosen, names)))


async def _grown(
    chosen: Settings, names: list[str]
) -> tuple[dict[str, list[Recorded]], dict[str, str]]:
    async with asyncpg.create_pool(chosen.database_url, min_size=1, max_size=2) as pool:
        stores = {log: PostgresStore(log, pool) for log in LOGS}
        order = commands_of(3)
        size = len(order) // PARTS
        for part in range(PARTS):
            await record(stores, order[part * size : (part + 1) * size])
            if part < PARTS - 1:
                await anchor(chosen, names)
        logs = {log: await store.page(limit=10_000) for log, store in stores.items()}
        heads = {log: await store.heads() for log, store in stores.items()}
        return logs, {log: one.incarnation for log, one in heads.items()}


@pytest.fixture(scope="module")
def anchored(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Without Kafka: what is anchored stands in the file."""
    url = fresh_database(database_url)
    yield made(tmp_path_factory.mktemp("home"), url)
    drop_database(url)


@pytest.fixture
def installation(anchored: Installation) -> Iterator[Installation]:
    """The same for one test that changes what it likes in the database."""
    yield anchored
    anchored.put_back()
