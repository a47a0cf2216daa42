"""What a read model's queries stand on: its rows, who may ask, and how fresh the answer is."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from pydantic import BaseModel, Field

from events.approval import Role
from events.envelope import moment_of
from runtime.clock import DatabaseClock
from runtime.log.contract import Store
from runtime.log.partition import partition_of
from runtime.people.identity import Caller
from runtime.people.readings import looked_at
from runtime.people.team import Member, Team
from runtime.people.vault import Sealer
from runtime.reading.consumer import Consumer
from runtime.reading.views import Tables
from runtime.rooms import Projection
from runtime.view import Rows
from runtime.web.problems import Gone, NotYet, Stopped
from runtime.web.token import BadToken, Token

PAGE_ROWS_MAX = 200
AFTER_SECONDS_MAX = 5.0
POLL_SECONDS = 0.02


class Freshness(BaseModel):
    """How far an answer has come in one log, beside how far the log is, for its partition."""

    log: str
    incarnation: str
    position: int = Field(description="the last position that is in this answer")
    head: int = Field(description="the last position that the log has for its productions")
    caught_up: bool
    head_at: str = Field(description="when the log took its last event, of any production")


@dataclass(frozen=True)
class Reading:
    """What a query answers from: the rows of some productions, their titles, and the places."""

    rows: dict[str, Rows]
    about: dict[str, dict[str, str]]
    places: dict[tuple[str, int], tuple[int, str | None]]


class Reader:
    """Reads one projection's rows for callers."""

    def __init__(
        self,
        projection: Projection,
        pool: asyncpg.Pool,
        stores: dict[str, Store],
        clock: DatabaseClock,
        vault: Sealer,
        consumer: Consumer | None = None,
    ) -> None:
        self.projection = projection
        self.schema = projection.schema
        self.pool = pool
        self.tables = Tables(self.schema, projection.view)
        self._stores = stores
        self._clock = clock
        self._vault = vault
        self._team = Team(self.schema, pool)
        self._consumer = consumer

    async def member(self, production: str, caller: Caller) -> Member:
        """The caller on that production's team; raises as `Team.member` does."""
        return await self._team.member(production, caller.person, (await self.now()).date())

    async def now(self) -> datetime:
        """The moment of the answer, by the database's clock: what is due is judged by it."""
        return await self._clock.now()

    async def opened(self, value: Any) -> Any:
        """A copy of `value` (as JSON: dicts, lists, scalars) with its personal texts opened, which
        rows hold sealed: an answer does it last, to what it shows and no more."""
        return await self._vault.open_all(value)

    async def productions_of(self, caller: Caller, after: str | None, limit: int) -> list[str]:
        """Ids of the productions that the caller is on today, in order, behind `after`."""
        today = (await self.now()).date()
        rows = await self.pool.fetch(
            f"""SELECT production::text, array_agg(role) FROM {self.schema}.team
                WHERE person = $1 AND ($2::uuid IS NULL OR production > $2)
                  AND (starts IS NULL OR starts <= $4) AND (ends IS NULL OR ends >= $4)
                GROUP BY production ORDER BY 1 LIMIT $3""",
            caller.person,
            after,
            limit,
            today,
        )
        for production, roles in rows:
            looked_at(production, frozenset(map(Role, roles)))
        return [row[0] for row in rows]

    async def read(
        self, productions: Sequence[str], tables: Sequence[type[Any]] | None = None
    ) -> "Reading":
        """Rows (of all tables or of some), titles and places of those productions, all from one
        moment."""
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            rows = await self.tables.load(connection, productions, tables)
            about = await connection.fetch(
                f"SELECT production::text, title, currency FROM {self.schema}.production "
                "WHERE production = ANY($1::uuid[])",
                list(productions),
            )
            places = await connection.fetch(
                f"SELECT log, partition, position, stopped FROM {self.schema}.place"
            )
        return Reading(
            rows,
            {one[0]: {"title": one[1], "currency": one[2]} for one in about},
            {(one[0], one[1]): (one[2], one[3]) for one in places},
        )

    async def freshness(self, reading: "Reading") -> list[Freshness]:
        """How far a reading is, log by log: where its productions are furthest behind.

        Raises:
            Stopped: a partition that feeds the answer stands still.
        """
        answers = []
        for log, store in self._stores.items():
            heads = await store.heads()
            count = len(heads.partitions)
            looked_at = {partition_of(production, count) for production in reading.rows}
            position = head = 0
            behind = -1
            for partition in looked_at:
                at, stopped = reading.places.get((log, partition), (0, None))
                if stopped:
                    raise Stopped(f"{self.projection.name} stands still at {log} {at}: {stopped}")
                ends = heads.partitions[partition]
                if (ends - at, ends) > (behind, head):
                    position, head, behind = at, ends, ends - at
            answers.append(
                Freshness(
                    log=log,
                    incarnation=heads.incarnation,
                    position=position,
                    head=head,
                    caught_up=behind <= 0,
                    head_at=moment_of(heads.time_us).isoformat(),
                )
            )
        return answers

    async def until(self, after: str | None) -> None:
        """Waits until the rows hold what the token stands for, five seconds at most.

        Raises:
            BadToken, Gone: the token is none, or of a log that was restored since.
            NotYet: the rows are not there in time.
        """
        if after is None:
            return
        token = Token.parse(after)
        store = self._stores.get(token.log)
        if store is None:
            raise BadToken(f"{self.projection.name} does not hear the log {token.log!r}")
        heads = await store.heads()
        if token.incarnation != heads.incarnation:
            raise Gone(f"the {token.log} log was restored since; ask again without `after`")
        if token.partition >= len(heads.partitions):
            raise BadToken(f"the {token.log} log has no partition {token.partition}")
        deadline = time.monotonic() + AFTER_SECONDS_MAX
        while await self._position(token) < token.position:
            if time.monotonic() > deadline:
                raise NotYet(
                    f"{self.projection.name} has not reached {token} within "
                    f"{AFTER_SECONDS_MAX:.0f} s"
                )
            await self._moved()

    async def _moved(self) -> None:
        """Until the consumer in this process has moved, or a moment has passed."""
        if self._consumer is None:
            await asyncio.sleep(POLL_SECONDS)
            return
        try:
            async with asyncio.timeout(POLL_SECONDS), self._consumer.moved:
                await self._consumer.moved.wait()
        except TimeoutError:
            return

    async def _position(self, token: Token) -> int:
        """How far the rows are in the token's history; 0 while they hold another one's."""
        position: int | None = await self.pool.fetchval(
            f"SELECT position FROM {self.schema}.place "
            "WHERE log = $1 AND partition = $2 AND incarnation = $3::uuid",
            token.log,
            token.partition,
            token.incarnation,
        )
        return position or 0
