"""Signs where all logs are, and stores the line outside the databases: in a file and on a topic."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runtime.audit.before import AnchorRefused, Before, GivenUp, before_now, stated_in
from runtime.audit.heads import Handover, Head, Statement
from runtime.audit.kept_lines import append_line
from runtime.audit.reading import PostgresLog, connected, opened
from runtime.audit.signing import key_id, raw_key, sign, signing_key
from runtime.kafka import anchors as topic
from runtime.settings import Settings

_LOCK = "reel.anchor"


class AnchoringElsewhere(Exception):
    """Another process is at it."""


@dataclass
class Anchored:
    """A new anchor, where it was stored, and where it could not be, each with the reason."""

    statement: Statement
    line: str
    stored: list[str] = field(default_factory=list)
    missed: dict[str, str] = field(default_factory=dict)


async def anchor(
    settings: Settings,
    logs: Sequence[str],
    *,
    older_than_seconds: float | None = None,
    restored: bool = False,
    copies: Sequence[Path] = (),
) -> Anchored | None:
    """Signs the present heads of `logs`, behind the last anchor that the file or the topic has.

    With `older_than_seconds` only if a head moved and the last anchor is at least so old; None is
    the answer otherwise. `restored` says that logs of another incarnation are known to be restored.

    Raises:
        AnchorRefused: a log does not agree with the last anchor any more.
        AnchoringElsewhere: another process signs now.
        LookupError: neither file nor topic can tell what the last anchor was.
        OSError, asyncpg.PostgresError: a log or the file is out of reach; nothing was stored.
    """
    key = signing_key(settings)
    async with _alone(settings):
        before = await before_now(settings, key.public_key())
        last = before.last
        now_us = time.time_ns() // 1_000
        waits_us = (older_than_seconds or 0) * 1_000_000
        if last is not None and now_us - last.at_us < waits_us:
            return None
        heads = await _heads(settings, logs, last, restored)
        if last is not None and older_than_seconds is not None and heads == last.heads:
            return None
        made = _signed(heads, last, key)
        await _store(settings, made, before, copies)
        return made


async def hand_over(
    settings: Settings,
    logs: Sequence[str],
    new: Ed25519PrivateKey,
    *,
    copies: Sequence[Path] = (),
) -> Anchored | None:
    """Signs the present heads of `logs` as the last ones of the present key, which gives up for
    `new`; both sign. None if it had done so before: whoever was stopped between that and putting
    the new key in its place goes on there.

    Raises as `anchor` does, and AnchorRefused where the key was given up for another one.
    """
    key = signing_key(settings)
    goes_on = raw_key(new.public_key())
    async with _alone(settings):
        try:
            before = await before_now(settings, key.public_key())
        except GivenUp as given_up:
            if given_up.new == goes_on:
                return None
            raise
        if raw_key(key.public_key()) == goes_on:
            raise AnchorRefused("the key that is to go on is the one that signs already")
        heads = await _heads(settings, logs, before.last, restored=False)
        made = _signed(heads, before.last, key, new)
        await _store(settings, made, before, copies)
        return made


async def _heads(
    settings: Settings, logs: Sequence[str], last: Statement | None, restored: bool
) -> tuple[Head, ...]:
    """The present heads, of logs that agree with what was anchored last."""
    async with opened(settings, sorted(logs)) as found:
        if last is not None:
            await _agree(found, last, restored)
        return tuple([await log.head() for log in found])


def _signed(
    heads: tuple[Head, ...],
    last: Statement | None,
    key: Ed25519PrivateKey,
    new: Ed25519PrivateKey | None = None,
) -> Anchored:
    """Those heads, signed behind the last ones."""
    public = key.public_key()
    statement = Statement(
        max(time.time_ns() // 1_000, last.at_us + 1 if last else 0),
        key_id(public),
        heads,
        last.digest if last else None,
        Handover(raw_key(public), raw_key(new.public_key())) if new else None,
    )
    return Anchored(statement, sign(statement, key, new).line)


async def _store(
    settings: Settings, made: Anchored, before: Before, copies: Sequence[Path]
) -> None:
    """Into the file, which must take it; to the copies, and to the topic with those before it
    that did not get there."""
    append_line(settings.anchors_file, made.line)
    made.stored.append(str(settings.anchors_file))
    for path in copies:
        try:
            append_line(path, made.line)
            made.stored.append(str(path))
        except OSError as error:
            made.missed[str(path)] = str(error)
    name = settings.topic(topic.NAME)
    lines = before.lines
    if before.sent in lines:
        lines = lines[lines.index(before.sent) + 1 :]
    elif before.sent is not None:
        lines = []
    try:
        owed = [line for line in lines if stated_in(before.keys, line)]
        await topic.send(settings, [*owed, made.line])
        made.stored.append(name)
    except (LookupError, *topic.AWAY) as error:
        made.missed[name] = str(error) or repr(error)


async def _agree(logs: Sequence[PostgresLog], last: Statement, restored: bool) -> None:
    """What was anchored last has to be there still: else what is signed next would cover it up."""
    for log in logs:
        before = last.head(log.log)
        if before is None:
            continue
        standing = await log.head()
        if standing.incarnation != before.incarnation:
            if not restored:
                raise AnchorRefused(
                    f"{log.log} is not the log that was anchored last ({before.incarnation}): if "
                    "you have restored it, say so with `reel audit anchor --restored`"
                )
            continue
        present = await log.head_at(before)
        if present != before:
            raise AnchorRefused(
                f"{log.log} does not agree with its last anchor, of position {before.position}: "
                f"expected {_told(before)}, found {_told(present)}; `reel audit verify` says more"
            )


def _told(head: Head) -> str:
    return f"{head.productions} productions up to {head.position} under the root {head.root}"


@asynccontextmanager
async def _alone(settings: Settings) -> AsyncIterator[None]:
    """Of all processes one signs at a time; the lock goes with its connection."""
    connection = await connected(settings, "vault")
    try:
        if not await connection.fetchval(
            "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", _LOCK
        ):
            raise AnchoringElsewhere("another process is signing heads: try again in a moment")
        yield
    finally:
        await connection.close(timeout=5)
