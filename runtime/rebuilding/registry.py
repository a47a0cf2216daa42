"""Which versions of a read model there are, and which of them readers read.

A version is a schema with places and a consumer group of its own. The registry stands beside the
read models, in the database of each; `live` is the pointer that a flip moves.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from runtime.connecting import is_there
from runtime.rooms import Projection

VIEWS = "views"
"""The PostgreSQL schema of the registry."""


class State(StrEnum):
    """What becomes of a version, in this order; a kept one may become live again."""

    BUILDING = "building"
    LIVE = "live"
    KEPT = "kept"
    """Was live, and is fed on, so that rollback is one flip back."""
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a read model. `code` is its fold's number, `rebuild` counts from 1 what was
    filled by the same code; `differences` is what a comparison found, None before there was one."""

    schema: str
    projection: str
    code: int
    rebuild: int
    followed: bool
    made_at: datetime
    compared_at: datetime | None
    differences: int | None
    live_at: datetime | None
    retired_at: datetime | None
    is_live: bool

    @property
    def state(self) -> State:
        """Where it stands now."""
        if self.retired_at is not None:
            return State.RETIRED
        if self.is_live:
            return State.LIVE
        return State.BUILDING if self.live_at is None else State.KEPT


_VERSIONS = f"""
    SELECT version.schema, version.projection, code, rebuild, followed, made_at, compared_at,
           differences, live_at, retired_at, live.schema IS NOT NULL
    FROM {VIEWS}.version LEFT JOIN {VIEWS}.live USING (schema)"""


async def versions_of(connection: Any, projection: str) -> list[Version]:
    """Every version of a projection that there ever was, the first one first."""
    rows = await connection.fetch(
        f"{_VERSIONS} WHERE version.projection = $1 ORDER BY code, rebuild", projection
    )
    return [Version(*row) for row in rows]


async def version_of(connection: Any, schema: str) -> Version | None:
    """The version that lives in that schema."""
    rows = await connection.fetch(f"{_VERSIONS} WHERE version.schema = $1", schema)
    return Version(*rows[0]) if rows else None


async def live_version(connection: Any, projection: str) -> Version | None:
    """The version that readers read; None before there is one."""
    rows = await connection.fetch(f"{_VERSIONS} WHERE live.projection = $1", projection)
    return Version(*rows[0]) if rows else None


async def register_first(connection: Any, projection: Projection) -> None:
    """Makes this build's version of a projection known, followed from the beginning.

    A schema that was fed before there was a registry is what readers have read: it is live.
    """
    fed = await is_there(connection, projection.schema, "place")
    async with connection.transaction():
        await connection.execute(
            f"INSERT INTO {VIEWS}.version (schema, projection, code, rebuild, followed) "
            "VALUES ($1, $2, $3, 1, true) ON CONFLICT DO NOTHING",
            projection.schema,
            projection.name,
            projection.version,
        )
        if fed and not await live_version(connection, projection.name):
            was_fed = await connection.fetchval(
                f"SELECT EXISTS (SELECT FROM {projection.schema}.place WHERE position > 0)"
            )
            if was_fed and len(await versions_of(connection, projection.name)) == 1:
                await point_to(connection, projection.name, projection.schema)


async def register_rebuild(connection: Any, projection: Projection) -> Version:
    """A further version by this build's code, which nobody feeds yet."""
    schema = await connection.fetchval(
        f"""INSERT INTO {VIEWS}.version (schema, projection, code, rebuild, followed)
            SELECT $1 || CASE WHEN n = 1 THEN '' ELSE '_r' || n END, $2, $3, n, false
            FROM (SELECT coalesce(max(rebuild), 0) + 1 AS n FROM {VIEWS}.version
                  WHERE projection = $2 AND code = $3) AS next
            RETURNING schema""",
        projection.schema,
        projection.name,
        projection.version,
    )
    made = await version_of(connection, schema)
    assert made is not None
    return made


async def follow(connection: Any, schema: str, followed: bool) -> None:
    """Whether projectors feed it from now on; they look once a second."""
    await connection.execute(
        f"UPDATE {VIEWS}.version SET followed = $2 WHERE schema = $1", schema, followed
    )


async def keep_comparison(connection: Any, schema: str, differences: int) -> None:
    """Notes that a version was compared with the live one, and how many rows differed."""
    await connection.execute(
        f"UPDATE {VIEWS}.version SET compared_at = clock_timestamp(), differences = $2 "
        "WHERE schema = $1",
        schema,
        differences,
    )


async def keep_retired(connection: Any, schema: str) -> None:
    """Notes that nobody feeds a version any more."""
    await connection.execute(
        f"UPDATE {VIEWS}.version SET retired_at = coalesce(retired_at, clock_timestamp()) "
        "WHERE schema = $1",
        schema,
    )


async def point_to(connection: Any, projection: str, schema: str) -> None:
    """Turns readers to a version, when the caller's transaction commits."""
    await connection.execute(
        f"""INSERT INTO {VIEWS}.live (projection, schema) VALUES ($1, $2)
            ON CONFLICT (projection) DO UPDATE
            SET schema = EXCLUDED.schema, flipped_at = clock_timestamp()""",
        projection,
        schema,
    )
    await connection.execute(
        f"UPDATE {VIEWS}.version SET live_at = coalesce(live_at, clock_timestamp()) "
        "WHERE schema = $1",
        schema,
    )
