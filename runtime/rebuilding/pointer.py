"""Which version of a read model its readers read now, asked with every answer."""

from collections.abc import Mapping
from typing import Any

from runtime.log.contract import Store
from runtime.rebuilding.progress import heads_of, progress_of
from runtime.rebuilding.registry import VIEWS, version_of
from runtime.rooms import Projection


class Building(Exception):
    """The read model is being filled with the past; it is not shown before it has all of it."""


class OtherVersion(Exception):
    """Readers read a version of another build than this process runs."""


class Pointer:
    """The version that answers. Asked inside the transaction that reads the rows, so that a flip
    never mixes two versions in one answer."""

    def __init__(self, projection: Projection, stores: Mapping[str, Store]) -> None:
        self._projection = projection
        self._stores = stores
        self._find = f"""
            SELECT schema, code FROM {VIEWS}.live JOIN {VIEWS}.version USING (schema)
            WHERE live.projection = $1"""

    async def schema(self, connection: Any) -> str:
        """The schema whose rows are shown.

        Raises:
            Building: this build's version has not got all of the past yet; says how far it is.
            OtherVersion: readers were turned to another build's version.
        """
        row = await connection.fetchrow(self._find, self._projection.name)
        if row is not None and row["code"] == self._projection.version:
            return str(row["schema"])
        live = row and row["schema"]
        own = await version_of(connection, self._projection.schema)
        if row is not None and (row["code"] > self._projection.version or (own and own.live_at)):
            raise OtherVersion(
                f"readers read {live}, and this process runs version {self._projection.version} "
                f"of {self._projection.name}: ask one of that build"
            )
        raise Building(await self._how_far(connection, live))

    async def _how_far(self, connection: Any, live: str | None) -> str:
        schema = self._projection.schema
        progress = await progress_of(connection, schema, await heads_of(self._stores))
        said = f"{schema} is being filled: {progress.done:,} of {progress.total:,} positions"
        if progress.stopped:
            said += f"; it stands still at {progress.stopped[0].partition(':')[0]}"
        return f"{said}; until then a process of the older build answers" if live else said
