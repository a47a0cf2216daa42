"""What a read model's queries stand on: its rows now or as they were, who may ask, and how fresh
the answer is."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from events.approval import Role
from runtime.clock import DatabaseClock
from runtime.log.contract import Store
from runtime.log.partition import partition_of
from runtime.people.identity import Caller
from runtime.people.readings import looked_at
from runtime.people.team import Member, Team
from runtime.people.vault import Sealer
from runtime.reading.answer import Freshness, freshness_at, moment_told
from runtime.reading.asked import PRESENT, Asked, Reading
from runtime.reading.consumer import Consumer
from runtime.reading.parking import Parked, ParkedRows, ProductionIsParked
from runtime.reading.past import Cut, Past
from runtime.reading.stumbling import Stumbled
from runtime.reading.tables import Tables
from runtime.rebuilding.pointer import Pointer
from runtime.rooms import Projection
from runtime.snapshots.views import Kept
from runtime.view import Rows
from runtime.web.problems import Gone, NotThere, NotYet, Stopped
from runtime.web.token import BadToken, Token

PAGE_ROWS_MAX = 200
AFTER_SECONDS_MAX = 5.0
POLL_SECONDS, POLL_SECONDS_MAX = 0.02, 0.25
"""How long until the rows are looked at again, which takes twice as long each time."""


class Reader:
    """Reads one projection's rows for callers."""

    def __init__(
        self,
        projection: Projection,
        pool: asyncpg.Pool,
        stores: dict[str, Store],
        clock: DatabaseClock,
        vault: Sealer,
        consumers: Mapping[str, Consumer] | None = None,
        kept: Kept | None = None,
    ) -> None:
        self.projection = projection
        self.pool = pool
        self._pointer = Pointer(projection, stores)
        self._stores = stores
        self._clock = clock
        self._vault = vault
        self.past = Past(projection.view, stores, kept, projection.name)
        self._teams: dict[str, Team] = {}
        self._consumers = {} if consumers is None else consumers

    async def member(self, production: str, caller: Caller) -> Member:
        """The caller on that production's team; raises as `Team.member` and `Pointer.schema` do."""
        schema = await self._pointer.schema(self.pool)
        team = self._teams.setdefault(schema, Team(schema, self.pool))
        return await team.member(production, caller.person, (await self.now()).date())

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
        schema = await self._pointer.schema(self.pool)
        rows = await self.pool.fetch(
            f"""SELECT production::text, array_agg(role) FROM {schema}.team
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

    async def roles_of(
        self, productions: Sequence[str], caller: Caller
    ) -> dict[str, frozenset[Role]]:
        """What the caller is appointed to today, on each of those productions."""
        schema = await self._pointer.schema(self.pool)
        rows = await self.pool.fetch(
            f"""SELECT production::text, array_agg(role) FROM {schema}.team
                WHERE person = $1 AND production = ANY($2::uuid[])
                  AND (starts IS NULL OR starts <= $3) AND (ends IS NULL OR ends >= $3)
                GROUP BY production""",
            caller.person,
            list(productions),
            (await self.now()).date(),
        )
        roles = {row[0]: frozenset(Role(role) for role in row[1]) for row in rows}
        return {one: roles.get(one, frozenset()) for one in productions}

    async def read(
        self,
        productions: Sequence[str],
        asked: Asked = PRESENT,
        tables: Sequence[type[Any]] | None = None,
    ) -> Reading:
        """Rows (of all tables or of some), titles and places of those productions, all from one
        moment and one version: the present, or the moment that is asked for. What had not been
        opened then is left out; what cannot be folded up to then is told as parked.

        Raises:
            BadMoment, Gone: as `Past.cut` does.
            Building, OtherVersion: as `Pointer.schema` does.
        """
        if asked.is_past:
            return await self._read_past(productions, asked)
        try:
            return await self._read(productions, tables)
        except asyncpg.UndefinedTableError:
            # The version was retired in the moment after the pointer was read.
            return await self._read(productions, tables)

    async def _read(
        self, productions: Sequence[str], tables: Sequence[type[Any]] | None
    ) -> Reading:
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            schema = await self._pointer.schema(connection)
            version = Tables(schema, self.projection.view)
            rows = await version.load(connection, productions, tables)
            about = await connection.fetch(
                f"SELECT production::text, title, currency FROM {schema}.production "
                "WHERE production = ANY($1::uuid[])",
                list(productions),
            )
            places = await connection.fetch(
                f"SELECT log, partition, position, stopped FROM {schema}.place"
            )
            parked = await ParkedRows(schema).all(connection, productions)
        return Reading(
            rows,
            {one[0]: {"title": one[1], "currency": one[2]} for one in about},
            await self.now(),
            {(one[0], one[1]): (one[2], one[3]) for one in places},
            parked={one.production: one for one in parked},
            schema=schema,
        )

    async def read_one(
        self,
        production: str,
        asked: Asked = PRESENT,
        tables: Sequence[type[Any]] | None = None,
    ) -> Reading:
        """The same of one production.

        Raises:
            BadMoment, Gone: as `Past.cut` does.
            NotThere: the production had not been opened at that moment.
            Stumbled: a fact that was known then cannot be folded.
        """
        if asked.is_past:
            reading = await self._read_past([production], asked, raising=True)
        else:
            reading = await self.read([production], asked, tables)
        if production not in reading.rows:
            raise NotThere(f"the production had not been opened by {reading.now:%F %T} UTC")
        return reading

    async def _read_past(
        self, productions: Sequence[str], asked: Asked, *, raising: bool = False
    ) -> Reading:
        cut = await self.cut(asked)
        rows: dict[str, Rows] = {}
        about: dict[str, dict[str, str]] = {}
        parked: dict[str, Parked] = {}
        for production in productions:
            try:
                were, opened = await self.past.rows(production, cut)
            except Stumbled as error:
                if raising:
                    raise
                parked[production] = error.as_parked(await self.now())
                were, opened = Rows(), await self._titled(production)
            if opened is not None:
                rows[production], about[production] = were, opened
        return Reading(rows, about, cut.at, {}, cut, parked)

    async def _titled(self, production: str) -> dict[str, str] | None:
        """Title and currency as the present has them, which no fold is needed for."""
        found = (await self._read([production], ())).about
        return found.get(production)

    async def cut(self, asked: Asked) -> Cut:
        """The moment that is asked for, the present too; raises as `Past.cut` does."""
        now = await self.now()
        return await self.past.cut(asked.as_of or now, asked.effective, now)

    async def told(self, reading: Reading) -> dict[str, Any]:
        """What an answer says of itself, as `Answer` has it; raises as `freshness` does."""
        return {
            "moment": None if reading.cut is None else moment_told(reading.cut),
            "freshness": [one.model_dump() for one in await self.freshness(reading)],
        }

    async def freshness(self, reading: Reading) -> list[Freshness]:
        """How far a reading is, log by log: where its productions are furthest behind, or at
        which position it was cut.

        Raises:
            Stopped: a partition that feeds the answer stands still.
            ProductionIsParked: a production that it tells of does.
        """
        for one in reading.parked.values():
            raise ProductionIsParked(one.sentence(self.projection.name))
        answers = []
        for log, store in self._stores.items():
            heads = await store.heads()
            if reading.cut is not None:
                position = reading.cut.moment.at[log][1]
                answers.append(freshness_at(log, heads, position, heads.position))
                continue
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
            answers.append(freshness_at(log, heads, position, head))
        return answers

    async def until(self, after: str | None) -> None:
        """Waits until the rows hold what the token stands for, five seconds at most.

        Raises:
            BadToken, Gone: the token is none, or of a log that was restored since.
            NotYet: the rows are not there in time.
            Building, OtherVersion: as `Pointer.schema` says.
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
        ends = heads.partitions[token.partition]
        if token.position > ends:
            raise BadToken(f"the {token.log} log ends at {ends}, before {token.position}")
        deadline = time.monotonic() + AFTER_SECONDS_MAX
        for pause in _pauses():
            schema = await self._pointer.schema(self.pool)
            if await self._position(schema, token) >= token.position:
                return
            if time.monotonic() > deadline:
                raise NotYet(
                    f"{self.projection.name} has not reached {token} within "
                    f"{AFTER_SECONDS_MAX:.0f} s"
                )
            await self._moved(schema, token, pause)

    async def _moved(self, schema: str, token: Token, seconds: float) -> None:
        """Until the consumer in this process has come so far, or so much time has passed: another
        process may have."""
        consumer = self._consumers.get(schema)
        if consumer is None:
            await asyncio.sleep(seconds)
            return

        def is_there() -> bool:
            place = consumer.place(token.log, token.partition)
            return place.incarnation == token.incarnation and place.position >= token.position

        try:
            async with asyncio.timeout(seconds), consumer.moved:
                await consumer.moved.wait_for(is_there)
        except TimeoutError:
            return

    async def _position(self, schema: str, token: Token) -> int:
        """How far the rows are in the token's history; 0 while they hold another one's."""
        position: int | None = await self.pool.fetchval(
            f"SELECT position FROM {schema}.place "
            "WHERE log = $1 AND partition = $2 AND incarnation = $3::uuid",
            token.log,
            token.partition,
            token.incarnation,
        )
        return position or 0


def _pauses() -> Iterator[float]:
    pause = POLL_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, POLL_SECONDS_MAX)
