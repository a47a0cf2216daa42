"""A vault that comes back from a backup brings destroyed keys back. They are destroyed again by the
log's own facts, while nobody else is let in who could open anything with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import asyncpg

from events.approval import PersonErased
from events.event import UndecodableEvent, UnknownEvent, decode
from runtime.connecting import is_there, session
from runtime.people.vault import Vault, WrongMasterKey

WIRE, _ = PersonErased.wire()
LOG = WIRE.partition(".")[0]


@dataclass(frozen=True)
class ErasedAgain:
    """Whose keys had come back and are destroyed; of whom the log does not say so any more, since
    it was restored to before that. `unread` says why it could not be done."""

    persons: tuple[str, ...] = ()
    unrecorded: tuple[str, ...] = ()
    unread: str = ""


async def erasures_of(url: str) -> dict[str, str]:
    """The keys that the log gives up, by name, each with its person; none without such a log."""
    async with session(url) as connection:
        if not await is_there(connection, LOG, "event"):
            return {}
        rows = await connection.fetch(
            f"SELECT schema_version, payload::text FROM {LOG}.event WHERE type = $1", WIRE
        )
    facts = [decode(WIRE, version, payload) for version, payload in rows]
    return {fact.key: fact.person for fact in facts if isinstance(fact, PersonErased)}


async def erase_again(
    log_url: str, vault_url: str, master: bytes, before: Mapping[str, str] | None = None
) -> ErasedAgain:
    """Destroys every key that the log gives up, or had given up `before` it was restored."""
    try:
        recorded = await erasures_of(log_url)
    except (UndecodableEvent, UnknownEvent) as error:
        return ErasedAgain(unread=str(error))
    given_up = {**(before or {}), **recorded}
    async with asyncpg.create_pool(vault_url, min_size=1, max_size=1) as pool:
        vault = Vault(pool, master)
        try:
            back = [name for name, person in given_up.items() if await _has(vault, person, name)]
        except WrongMasterKey as error:
            return ErasedAgain(unread=str(error))
        for name in back:
            await vault.destroy(given_up[name], name)
    gone = [name for name in back if name not in recorded]
    return ErasedAgain(_persons(given_up, back), _persons(given_up, gone))


async def _has(vault: Vault, person: str, name: str) -> bool:
    return await vault.key_name(person) == name


def _persons(given_up: Mapping[str, str], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({given_up[name] for name in names}))
