"""Signs where all logs are, and stores the line outside the databases: in a file and on a topic."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from runtime.audit.heads import Head, MalformedStatement, Statement
from runtime.audit.kept_lines import append_line, lines_of
from runtime.audit.lines import SignedHeads
from runtime.audit.reading import PostgresLog, connected, opened
from runtime.audit.signing import ForgedHeads, check_signature, key_id, sign, signing_key
from runtime.kafka import anchors as topic
from runtime.settings import Settings

_LOCK = "reel.anchor"


class AnchorRefused(Exception):
    """A log is not what its last anchor says: nothing is signed, and the sentence says what."""


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
        last, sent = await _last(settings)
        now_us = time.time_ns() // 1_000
        waits_us = (older_than_seconds or 0) * 1_000_000
        if last is not None and now_us - last.at_us < waits_us:
            return None
        async with opened(settings, sorted(logs)) as found:
            if last is not None:
                await _agree(found, last, restored)
            heads = tuple([await log.head() for log in found])
        if last is not None and older_than_seconds is not None and heads == last.heads:
            return None
        statement = Statement(
            max(now_us, last.at_us + 1 if last else 0),
            key_id(key.public_key()),
            heads,
            last.digest if last else None,
        )
        made = Anchored(statement, sign(statement, key).line)
        append_line(settings.anchors_file, made.line)
        made.stored.append(str(settings.anchors_file))
        for path in copies:
            try:
                append_line(path, made.line)
                made.stored.append(str(path))
            except OSError as error:
                made.missed[str(path)] = str(error)
        await _send(settings, made, sent)
        return made


async def _send(settings: Settings, made: Anchored, sent: str | None) -> None:
    """The line goes to the topic with those before it that did not get there."""
    name = settings.topic(topic.NAME)
    lines = lines_of(settings.anchors_file)
    if sent in lines:
        lines = lines[lines.index(sent) + 1 :]
    elif sent is not None:
        lines = [made.line]
    try:
        await topic.send(settings, [line for line in lines if _statement(settings, line)])
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


async def _last(settings: Settings) -> tuple[Statement | None, str | None]:
    """The newest own anchor of file and topic, and the last line on the topic.

    Raises:
        LookupError: there is no file, and the topic cannot be read: what is signed now would begin
            a line anew.
    """
    lines = lines_of(settings.anchors_file)
    sent = None
    try:
        on_topic = await topic.read(settings, last_only=True)
        sent = on_topic[-1] if on_topic else None
    except (LookupError, *topic.AWAY) as error:
        if not settings.anchors_file.exists():
            raise LookupError(
                f"{settings.anchors_file} is not there and the topic cannot be read "
                f"({error or type(error).__name__}), so what the last anchor was is not known: "
                "name the file with REEL_ANCHORS, or make an empty one if there never was any"
            ) from error
    stated = (one for line in reversed(lines) if (one := _statement(settings, line)))
    found = [one for one in (next(stated, None), _statement(settings, sent or "")) if one]
    return max(found, key=lambda one: one.at_us, default=None), sent


def _statement(settings: Settings, line: str) -> Statement | None:
    """What a line states, if this installation's key has signed it."""
    try:
        return check_signature(SignedHeads.of_line(line), signing_key(settings).public_key())
    except (MalformedStatement, ForgedHeads):
        return None


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
