"""Snapshots of streams in PostgreSQL: what is found there is held against the log, and the seal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from runtime.snapshots.document import UNREADABLE, Writing, digest_of, read, read_page
from runtime.snapshots.pages import NotLoaded
from runtime.snapshots.sealed_state import ForgedState, StateSeal

PAGES_AT_ONCE = 64

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stream's state at a version; `size_bytes` is what the events that made it weigh."""

    state: Any
    version: int
    size_bytes: int


class SnapshotGone(Exception):
    """The snapshot that a state rests on was replaced or given up: fold again."""


class StreamSnapshots:
    """The snapshots of one log's streams, in the schema of its service beside what it heard."""

    def __init__(self, log: str, schema: str, pool: asyncpg.Pool, seal: StateSeal, fold: str):
        self._log = log
        self._pool = pool
        self._seal = seal
        self._fold = fold
        self._find = f"""
            SELECT kept.version, kept.hash, kept.state, told.hash AS told
            FROM {schema}.snapshot AS kept
            LEFT JOIN {log}.event AS told USING (stream, version)
            WHERE stream = $1 AND kept.fold = $2"""
        self._pages = f"""
            SELECT digest, body FROM {schema}.snapshot_page
            WHERE stream = $1 AND digest = ANY($2::bytea[])"""
        self._give_up = f"DELETE FROM {schema}.snapshot WHERE stream = $1"
        self._keep = f"""
            INSERT INTO {schema}.snapshot AS had (stream, version, hash, fold, state)
            SELECT stream, version, hash, $3, $4 FROM {log}.event
            WHERE stream = $1 AND version = $2 AND hash = $5
            ON CONFLICT (stream) DO UPDATE SET
                version = EXCLUDED.version, hash = EXCLUDED.hash, fold = EXCLUDED.fold,
                state = EXCLUDED.state, taken_at = clock_timestamp()
            WHERE had.fold <> EXCLUDED.fold OR had.version < EXCLUDED.version"""
        self._keep_page = f"""
            INSERT INTO {schema}.snapshot_page (stream, digest, body) VALUES ($1, $2, $3)
            ON CONFLICT DO NOTHING"""
        self._drop_pages = f"""
            DELETE FROM {schema}.snapshot_page
            WHERE stream = $1 AND digest <> ALL($2::bytea[])"""
        self._count_pages = f"SELECT count(*) FROM {schema}.snapshot_page WHERE stream = $1"
        self._hash = f"SELECT hash FROM {log}.event WHERE stream = $1 AND version = $2"

    async def find(self, stream: str) -> Snapshot | None:
        """The stream's snapshot, if this fold took one of what the log still holds.

        One that does not hold is given up, and told.
        """
        row = await self._pool.fetchrow(self._find, stream, self._fold)
        if row is None:
            return None
        if row["told"] != row["hash"]:
            await self.give_up(stream, "the log holds another event at its version, or none")
            return None
        name = self._name(stream, row["version"], row["hash"])
        try:
            size, root = _behind_size(self._seal.open(name, row["state"]))
            return Snapshot(read(root), row["version"], size)
        except (ForgedState, *UNREADABLE) as error:
            await self.give_up(stream, repr(error))
            return None

    async def bring(self, stream: str, needed: NotLoaded) -> None:
        """Fetches the pages that a state of the stream asks for.

        Raises:
            SnapshotGone: one is not there any more, or not what it was.
        """
        for first in range(0, len(needed.missing), PAGES_AT_ONCE):
            numbers = needed.missing[first : first + PAGES_AT_ONCE]
            wanted = [needed.pages.digests[number] for number in numbers]
            rows = await self._pool.fetch(self._pages, stream, wanted)
            bodies = {row["digest"]: row["body"] for row in rows}
            for number, digest in zip(numbers, wanted, strict=True):
                body = bodies.get(digest)
                if body is None:
                    await self._look_again(stream, digest)
                    raise SnapshotGone(f"{stream}: a page of its snapshot is not there any more")
                try:
                    needed.pages.put(number, _checked(body, digest))
                except UNREADABLE as error:
                    await self.give_up(stream, f"a page of it: {error!r}")
                    raise SnapshotGone(f"{stream}: a page of its snapshot was changed") from error

    async def _look_again(self, stream: str, digest: bytes | None) -> None:
        """A page goes when a newer snapshot comes; a root that still names it is worth nothing."""
        row = await self._pool.fetchrow(self._find, stream, self._fold)
        if row is not None and digest is not None and digest.hex().encode() in row["state"]:
            await self.give_up(stream, "a page of it is not there")

    async def give_up(self, stream: str, reason: str) -> None:
        """Deletes a snapshot that is not to be believed, and says so."""
        logger.warning("snapshot_given_up", log=self._log, stream=stream, reason=reason)
        await self._pool.execute(self._give_up, stream)

    async def keep(self, stream: str, version: int, size_bytes: int, written: Writing) -> bool:
        """Keeps what was written of that version in place of an older one; False where it has no
        place: a newer one is there, or the pages that it shares with the old one are not."""
        hash_ = await self._pool.fetchval(self._hash, stream, version)
        if hash_ is None:
            return False
        root = size_bytes.to_bytes(8, "big") + written.root()
        sealed = self._seal.seal(self._name(stream, version, hash_), root)
        digests = list(written.digests)
        async with self._pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                kept = await connection.execute(
                    self._keep, stream, version, self._fold, sealed, hash_
                )
                complete = kept == "INSERT 0 1" and await self._keep_pages(
                    connection, stream, written, digests
                )
            except BaseException:
                await transaction.rollback()
                raise
            await (transaction.commit() if complete else transaction.rollback())
            return complete

    async def _keep_pages(
        self, connection: Any, stream: str, written: Writing, digests: Sequence[bytes]
    ) -> bool:
        await connection.executemany(
            self._keep_page, [(stream, digest, body) for digest, body in written.bodies.items()]
        )
        await connection.execute(self._drop_pages, stream, digests)
        return bool(await connection.fetchval(self._count_pages, stream) == len(digests))

    def _name(self, stream: str, version: int, hash_: bytes) -> list[str | bytes]:
        return [self._log, stream, str(version), hash_, self._fold]


def _checked(body: bytes, digest: bytes | None) -> dict[Any, Any]:
    if digest_of(body) != digest:
        raise ValueError("it is not what the root names")
    return read_page(body)


def _behind_size(root: bytes) -> tuple[int, bytes]:
    return int.from_bytes(root[:8], "big"), root[8:]
