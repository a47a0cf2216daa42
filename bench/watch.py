"""The loss check beside every speed: a reader that tails the log while writers run, in a process of
its own, and tells afterwards what it saw.

It asks for what is behind its last position, as every reader does. A fact that becomes visible only
after a later one was read would never reach it, and shows as a hole.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

PAGE_EVENTS = 2_000
IDLE_SECONDS = 0.02
READY_SECONDS_MAX = 60
END_SECONDS_MAX = 300


@dataclass
class Seen:
    """What the tailing reader saw behind `after`: how many facts, a digest of all their hashes in
    order, and what was wrong."""

    after: int
    events: int = 0
    digest: str = ""
    holes: int = 0
    reordered: int = 0
    faults: list[str] = field(default_factory=list)


@asynccontextmanager
async def watched(url: str, log: str) -> AsyncIterator[Seen]:
    """Tails a log from where it stands now until the end of the block, and then to its head; the
    answer is filled in behind the block."""
    connection = await asyncpg.connect(url)
    try:
        after: int = await connection.fetchval(f"SELECT position FROM {log}.head")
    finally:
        await connection.close()
    seen = Seen(after)
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.watch", url, log, str(after),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert reader.stdin is not None and reader.stdout is not None
    try:
        await asyncio.wait_for(reader.stdout.readline(), READY_SECONDS_MAX)
        yield seen
        reader.stdin.close()
        line = await asyncio.wait_for(reader.stdout.readline(), END_SECONDS_MAX)
        if not line:
            raise RuntimeError("the reader beside the writers died: nothing proves the figures")
        seen.__dict__.update(json.loads(line))
    finally:
        if reader.returncode is None:
            reader.kill()
        await reader.wait()


class Tail:
    """The reader itself, and what it makes sure of."""

    def __init__(self, log: str, seen: Seen) -> None:
        self.seen = seen
        self._sql = (
            f"SELECT position, stream, version, partition, previous, hash FROM {log}.event "
            "WHERE position > $1 ORDER BY position LIMIT $2"
        )
        self._last = seen.after
        self._digest = hashlib.sha256()
        self._versions: dict[str, int] = {}
        self._partitions: dict[int, int] = {}

    async def page(self, connection: asyncpg.Connection) -> int:
        """Reads on; answers how many facts there were."""
        rows = await connection.fetch(self._sql, self._last, PAGE_EVENTS)
        for position, stream, version, partition, previous, hash_ in rows:
            if position != self._last + 1:
                self._fault("holes", f"position {position} came behind {self._last}")
            if version != self._versions.get(stream, version - 1) + 1:
                self._fault("reordered", f"version {version} of {stream} came out of its order")
            if previous != self._partitions.get(partition, previous):
                self._fault("reordered", f"position {position} does not follow in its partition")
            self._last = position
            self._versions[stream] = version
            self._partitions[partition] = position
            self._digest.update(hash_)
        self.seen.events += len(rows)
        return len(rows)

    def _fault(self, kind: str, sentence: str) -> None:
        setattr(self.seen, kind, getattr(self.seen, kind) + 1)
        if len(self.seen.faults) < 20:
            self.seen.faults.append(sentence)

    def end(self) -> Seen:
        """What it saw."""
        self.seen.digest = self._digest.hexdigest()
        return self.seen


async def _tail(url: str, log: str, after: int) -> None:
    tail = Tail(log, Seen(after))
    connection = await asyncpg.connect(url)
    loop = asyncio.get_running_loop()
    stopped = asyncio.ensure_future(loop.run_in_executor(None, sys.stdin.read))
    print("ready", flush=True)
    try:
        while True:
            ended = stopped.done()
            if not await tail.page(connection):
                if ended:
                    break
                await asyncio.sleep(IDLE_SECONDS)
    finally:
        await connection.close()
    print(json.dumps(tail.end().__dict__), flush=True)


if __name__ == "__main__":
    asyncio.run(_tail(sys.argv[1], sys.argv[2], int(sys.argv[3])))
