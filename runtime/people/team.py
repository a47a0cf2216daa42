"""Who may do what, as every room keeps it for itself: the approval room's facts, folded into rows.

The token says who somebody is; appointments say what he may do, per production, with dates.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg
from cachetools import TTLCache

from events.approval import AppointmentEnded, PersonAppointed, ProductionOpened, Role
from events.envelope import Recorded
from events.names import HOUSE
from runtime.people.readings import looked_at
from runtime.reading.parking import ParkedRows, ProductionIsParked

HEARD_OF_WITHIN_SECONDS = 2.0
TEAM_LOG = "approval"
"""The log that tells who is on a team."""
TEAM_TYPES = f"{TEAM_LOG}."
"""How the names of its facts begin."""


class ProductionUnheardOf(Exception):
    """This room has not heard of the production, or of the caller there; it may in a moment
    (503, then 404)."""


class NoSuchProduction(Exception):
    """Nobody opened it, or the caller is not on its team; which of the two is not told."""


@dataclass(frozen=True, slots=True)
class Member:
    """What a room knows of a caller on a production: his roles today, and what it remembers."""

    roles: frozenset[Role]
    known: str | None


class Team:
    """The team rows of one room. Who leads the house is not appointed, but said in the settings
    of whoever runs it."""

    def __init__(
        self, schema: str, pool: asyncpg.Pool, house_leaders: Collection[str] = ()
    ) -> None:
        self._pool = pool
        self._parked = ParkedRows(schema)
        self._schema = schema
        self._house_leaders = frozenset(house_leaders)
        self._asked: TTLCache[tuple[str, str], float] = TTLCache(10_000, 60)
        self._member = f"""
            SELECT EXISTS (SELECT FROM {schema}.team WHERE production = $1 AND person = $2),
                   ARRAY(SELECT role FROM {schema}.team
                         WHERE production = $1 AND person = $2
                           AND (starts IS NULL OR starts <= $3)
                           AND (ends IS NULL OR ends >= $3)),
                   (SELECT body::text FROM {schema}.known WHERE production = $1),
                   EXISTS (SELECT FROM {schema}.parked WHERE production = $1 AND log = '{TEAM_LOG}')
            """

    async def member(self, production: str, person: str, on: date) -> Member:
        """The caller as a member of the production's team on that day.

        Who was just appointed may be ahead of his appointment, as of the production's opening;
        and both are answered alike, so that nobody learns which productions there are.

        Raises:
            ProductionUnheardOf: for two seconds from the first time that this person asked.
            NoSuchProduction: unknown for longer, or the caller was never appointed.
            ProductionIsParked: what appoints people there could not be folded; told to those who
                were on the team before.
        """
        if production == HOUSE:
            return self._of_the_house(person)
        ((appointed, roles, known, parked),) = await self._pool.fetch(
            self._member, production, person, on
        )
        if appointed and parked:
            await self._refuse_if_parked(production)
        if appointed:
            member = Member(frozenset(Role(role) for role in roles), known)
            looked_at(production, member.roles)
            return member
        first_asked = self._asked.setdefault((production, person), time.monotonic())
        if time.monotonic() - first_asked < HEARD_OF_WITHIN_SECONDS:
            raise ProductionUnheardOf(f"production {production} has not arrived here for you yet")
        raise NoSuchProduction(f"there is no production {production} that you are on")

    async def _refuse_if_parked(self, production: str) -> None:
        for one in await self._parked.all(self._pool, [production]):
            if one.log == TEAM_LOG:
                raise ProductionIsParked(one.sentence(self._schema))

    def _of_the_house(self, person: str) -> Member:
        if person not in self._house_leaders:
            raise NoSuchProduction("the house is for those whom REEL_HOUSE_LEADERS names")
        return Member(frozenset({Role.EXECUTIVE_PRODUCER}), None)


async def fold_team(connection: Any, schema: str, events: Sequence[Recorded]) -> None:
    """Writes what appointments and openings among `events` say of teams, all of it at once."""
    opened: dict[str, tuple[Any, ...]] = {}
    appointed: dict[tuple[str, str, Role], tuple[Any, ...]] = {}
    ended: dict[tuple[str, str, Role], date | None] = {}
    for recorded in events:
        if not recorded.type.startswith(TEAM_TYPES):
            continue
        match recorded.event:
            case ProductionOpened() as fact:
                about = (fact.title, fact.kind, fact.currency, fact.time_zone)
                # However facts are paged, a production keeps all but its title.
                before = opened.get(recorded.production, about)
                opened[recorded.production] = (fact.title, *before[1:])
            case PersonAppointed() as fact:
                key = (recorded.production, fact.person, fact.role)
                appointed[key] = (fact.starts, fact.ends)
            case AppointmentEnded() as fact:
                key = (recorded.production, fact.person, fact.role)
                if key in appointed:
                    appointed[key] = (appointed[key][0], fact.ends)
                else:
                    ended[key] = fact.ends
            case _:
                pass
    await _write(
        connection,
        f"""UPDATE {schema}.team SET ends = new.ends
            FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[])
                AS new (production, person, role, ends)
            WHERE team.production = new.production AND team.person = new.person
              AND team.role = new.role""",
        [(*key, ends) for key, ends in ended.items()],
    )
    await _write(
        connection,
        f"""INSERT INTO {schema}.production
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
            ON CONFLICT (production) DO UPDATE SET title = EXCLUDED.title""",
        [(production, *about) for production, about in opened.items()],
    )
    await _write(
        connection,
        f"""INSERT INTO {schema}.team
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::date[])
            ON CONFLICT (production, person, role)
            DO UPDATE SET starts = EXCLUDED.starts, ends = EXCLUDED.ends""",
        [(*key, *dates) for key, dates in appointed.items()],
    )


async def _write(connection: Any, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        await connection.execute(statement, *zip(*rows, strict=True))
