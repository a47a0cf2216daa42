"""Looks an installation over: servers, schemas, topics, and whether the pools fit together."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from runtime import rooms
from runtime.audit.guard import unguarded
from runtime.backup.agreement import Agreement, Standing
from runtime.backup.lost_causes import lost_causes
from runtime.embedded.home import Home
from runtime.instance import reachable
from runtime.kafka import anchors
from runtime.kafka.bus import client_options
from runtime.log.contract import PARTITIONS
from runtime.process import Parts, check_all, connections_of, schemas
from runtime.reading.parking import Parked
from runtime.settings import Settings
from runtime.standing import consumers, standing

POSTGRESQL_OLDEST = (17,)
"""The first one that knows `transaction_timeout`, which `runtime/pools.py` sets."""

PARKED_NAMED_MAX = 5
"""For each consumer; `reel parked list` has all."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at, what was found, and what to do if it is not right."""

    what: str
    ok: bool
    said: str
    cure: str = ""


async def findings(settings: Settings) -> list[Finding]:
    """Everything that was looked at, in the order in which it should be mended."""
    card = Home(settings.home).describe() if settings.home.exists() else None
    found = [
        Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0]),
        Finding(
            "embedded instance",
            True,
            f"up at {card.get('url')}, process {card.get('pid')}" if card else "not up",
        ),
    ]
    if settings.database_url is None and not settings.database_urls:
        found.append(Finding("PostgreSQL", True, "embedded; `reel up` looks after it"))
    else:
        found += await _database(settings)
    found += await _parked(settings, up=card is not None)
    found += await _histories(settings, up=card is not None)
    if settings.kafka is None:
        found.append(Finding("Kafka", True, "embedded; `reel up` looks after it"))
    else:
        found.append(await _kafka(settings))
    return found


async def _database(settings: Settings) -> list[Finding]:
    try:
        connection = await asyncpg.connect(settings.database_of("vault"), timeout=5)
    except LookupError as error:
        return [Finding("PostgreSQL", False, str(error), "set REEL_DATABASE_URL")]
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return [Finding("PostgreSQL", False, repr(error), "check REEL_DATABASE_URL")]
    try:
        version = await connection.fetchval("SHOW server_version")
        new_enough = connection.get_server_version() >= POSTGRESQL_OLDEST
        allowed = int(await connection.fetchval("SHOW max_connections"))
        durable = await connection.fetchval("SHOW fsync") == "on"
    finally:
        await connection.close()
    most = connections_of(Parts.apart(), settings.pool_size)
    found = [
        Finding(
            "PostgreSQL",
            new_enough,
            version,
            "" if new_enough else f"move to PostgreSQL {POSTGRESQL_OLDEST[0]} or newer",
        ),
        Finding("fsync", durable, "on" if durable else "off", "" if durable else "turn it on"),
        Finding(
            "connections",
            most <= allowed,
            f"{most} at most, {allowed} allowed",
            "" if most <= allowed else "lower REEL_POOL_SIZE or raise max_connections",
        ),
    ]
    try:
        await check_all(settings)
        found.append(Finding("schemas", True, "as this build knows them"))
    except Exception as error:
        found.append(Finding("schemas", False, str(error), "run `reel migrate`"))
    return found


async def _parked(settings: Settings, *, up: bool) -> list[Finding]:
    """Names the productions that stand still; nothing where there is no database to ask."""
    if not up and settings.database_url is None and not settings.database_urls:
        return []
    try:
        found = await standing(reachable(settings), consumers())
    except (LookupError, OSError, TimeoutError, asyncpg.PostgresError) as error:
        return [Finding("parked productions", False, str(error) or repr(error), "see above")]
    by_consumer: dict[str, list[Parked]] = {}
    for one in found:
        by_consumer.setdefault(one.consumer, []).append(one.parked)
    said = "; ".join(_standing_still(consumer, of) for consumer, of in by_consumer.items())
    cure = "mend what they stumble over, then `reel parked retry`" if found else ""
    return [Finding("parked productions", not found, said or "none", cure)]


def _standing_still(consumer: str, parked: Sequence[Parked]) -> str:
    named = [
        f"{one.production} at {one.log} {one.position} ({one.told})"
        for one in parked[:PARKED_NAMED_MAX]
    ]
    if (more := len(parked) - len(named)) > 0:
        named.append(f"and {more} more")
    return f"{len(parked)} for {consumer}: {', '.join(named)}"


async def _histories(settings: Settings, *, up: bool) -> list[Finding]:
    """Whether consumers and logs, and logs among each other, share a history that nobody edits."""
    if not up and settings.database_url is None and not settings.database_urls:
        return []
    try:
        known = schemas(reachable(settings))
        logs = {one.name: one.database_url for one in known if one.set == "log"}
        looked = await Agreement(logs, [one.database_url for one in known]).look()
        lost = await lost_causes(logs)
        bare = await unguarded(logs)
    except (LookupError, OSError, TimeoutError, asyncpg.PostgresError) as error:
        return [Finding("histories", False, str(error) or repr(error), "see above")]
    apart = [one for one in looked if one.ahead or one.renamed]
    said = "; ".join(map(_apart, apart)) or f"{len(looked)} share their logs' histories"
    cure = "if a log was restored: stop Reel, `reel restored`" if apart else ""
    found = [Finding("consumers", not apart, said, cure)]
    said = "; ".join(map(str, lost)) or "every fact's cause is there"
    cure = "a log was restored to an earlier moment; correct each in its room" if lost else ""
    return [*found, Finding("causes", not lost, said, cure), _guarded(bare)]


def _guarded(bare: Sequence[str]) -> Finding:
    """Whether nobody can change what is in the logs without switching off what refuses it."""
    if not bare:
        return Finding("append-only", True, "the logs' tables refuse every change")
    cure = f"`ALTER TABLE {bare[0]} ENABLE TRIGGER append_only`, then `reel audit verify`"
    return Finding("append-only", False, f"{', '.join(bare)} can be changed", cure)


def _apart(one: Standing) -> str:
    return f"{one.consumer}: {one.ahead[0] if one.ahead else f'an older {one.renamed[0]} log'}"


async def _kafka(settings: Settings) -> Finding:
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=5_000)
    partitions = {settings.topic(log): PARTITIONS for log in rooms.services()}
    partitions[settings.topic(anchors.NAME)] = 1
    try:
        async with asyncio.timeout(10):
            await admin.start()
        topics = await admin.describe_topics(list(partitions))
    except Exception as error:
        return Finding("Kafka", False, repr(error), "check REEL_KAFKA and its TLS/SASL settings")
    finally:
        await admin.close()
    wrong = [
        topic["topic"]
        for topic in topics
        if topic["error_code"] or len(topic["partitions"]) != partitions[topic["topic"]]
    ]
    if wrong:
        return Finding("Kafka", False, f"not as needed: {', '.join(wrong)}", "run `reel migrate`")
    return Finding("Kafka", True, f"{len(topics)} topics, {sum(partitions.values())} partitions")
