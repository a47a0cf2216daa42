"""The vault: one key per person, under which that person's texts are sealed.

The same text under the same key is always sealed to the same text (AES-SIV, see decision record
0003), so that a repeated command stays equal to the first. Destroying the key erases the texts.
"""

import os
from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import Any, Protocol

import asyncpg
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

from events.names import PersonId
from runtime.people import sealed
from runtime.people.held import CHANNEL, HeldKeys
from runtime.people.sealed import SealBroken

_PERSON: TypeAdapter[str] = TypeAdapter(PersonId)
_NONCE_BYTES = 12
_SCRUB_PATIENCE = "SET lock_timeout = '1s'"

logger = structlog.get_logger()


class WrongMasterKey(Exception):
    """The master key is not the one that the vault's keys are wrapped under."""


class Sealer(Protocol):
    """Seals personal texts, opens them, and erases a person's."""

    @abstractmethod
    async def keys(self, persons: Collection[str], *, create: bool) -> dict[str, bytes]:
        """The persons' keys; of those that have none, a new one or nothing."""

    @abstractmethod
    async def destroy(self, person: str, name: str | None = None) -> None:
        """Erases what was sealed for `person` under the key of that name, or under whatever key he
        has: at once here and wherever it is heard, within 30 s everywhere."""

    async def key_name(self, person: str) -> str | None:
        """The name of the person's key, if he has one."""
        key = (await self.keys([person], create=False)).get(person)
        return None if key is None else sealed.name_of(key)

    async def seal(self, person: str, text: str) -> str:
        """`text` sealed under the key of `person`, which is made at its first use.

        Raises:
            ValueError: `person` is no person's id, or `text` no Unicode.
        """
        return (await self.seal_many([(person, text)]))[0]

    async def seal_many(self, texts: Sequence[tuple[str, str]]) -> list[str]:
        """Seals pairs of person and text, in order; raises as `seal` does."""
        keys = await self.keys(
            {_PERSON.validate_python(person) for person, _ in texts}, create=True
        )
        return [sealed.seal(keys[person], person, text) for person, text in texts]

    async def open(self, text: str) -> str:
        """The text that was sealed; `ERASED` when its key was destroyed.

        Raises:
            SealBroken: it is no sealed text, or was changed.
        """
        if not sealed.is_sealed(text):
            raise SealBroken("this is no sealed text")
        return str(await self.open_all(text))

    async def open_all(self, value: Any) -> Any:
        """A copy of `value` (as JSON: dicts, lists, scalars) with every sealed string opened.

        Raises:
            SealBroken: one of them was changed.
        """
        found = sealed.persons(value)
        return sealed.opened(value, await self.keys(found, create=False)) if found else value


class Vault(Sealer):
    """The vault in PostgreSQL: keys lie wrapped under the master key (AES-GCM)."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        master: bytes,
        schema: str = "vault",
        held: HeldKeys | None = None,
    ) -> None:
        self.held = held or HeldKeys()
        self._pool = pool
        self._master = AESGCM(master)
        self._table = '"{}".person_key'.format(schema.replace('"', '""'))

    async def keys(self, persons: Collection[str], *, create: bool) -> dict[str, bytes]:
        """The persons' keys; of those that have none, a new one or nothing.

        Raises:
            WrongMasterKey: they were wrapped under another.
        """
        keys = self.held.of(persons)
        await self._read(keys, persons)
        while create and (missing := sorted(set(persons) - set(keys))):
            new = [self._wrap(person, sealed.new_key()) for person in missing]
            await self._pool.execute(
                f"INSERT INTO {self._table} (person, key) "
                "SELECT * FROM unnest($1::text[], $2::bytea[]) ON CONFLICT DO NOTHING",
                missing,
                new,
            )
            await self._read(keys, missing)
        return keys

    async def key_name(self, person: str) -> str | None:
        """The name of the key that the database holds for the person now."""
        self.held.drop(person)
        return await super().key_name(person)

    async def destroy(self, person: str, name: str | None = None) -> None:
        """Deletes the key, tells every process that hears, and scrubs what the table held of it."""
        wrapped = await self._pool.fetchval(
            f"SELECT key FROM {self._table} WHERE person = $1", person
        )
        if wrapped is None or name not in (None, sealed.name_of(self._unwrap(person, wrapped))):
            self.held.drop(person)
            return
        await self._pool.execute(
            f"WITH gone AS (DELETE FROM {self._table} WHERE person = $1 AND key = $2 "
            "RETURNING person) SELECT pg_notify($3, person) FROM gone",
            person,
            wrapped,
            CHANNEL,
        )
        self.held.drop(person)
        await self._scrub()

    async def _scrub(self) -> None:
        """Writes the small table anew, since PostgreSQL leaves deleted rows lie in their pages.

        Who holds the table, a backup say, is waited for a second and no more: what is left lies
        wrapped, and goes with the next erasure.
        """
        async with self._pool.acquire() as connection:
            try:
                await connection.execute(_SCRUB_PATIENCE)
                await connection.execute(f"VACUUM (FULL) {self._table}")
            except asyncpg.PostgresError as error:
                logger.warning("vault_not_scrubbed", error=repr(error))

    async def _read(self, keys: dict[str, bytes], persons: Collection[str]) -> None:
        wanted = [person for person in persons if person not in keys]
        if wanted:
            begun = self.held.begin()
            rows = await self._pool.fetch(
                f"SELECT person, key FROM {self._table} WHERE person = ANY($1)", wanted
            )
            read = {row["person"]: self._unwrap(row["person"], row["key"]) for row in rows}
            keys |= read
            self.held.hold(read, begun)

    def _wrap(self, person: str, key: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, key, person.encode())

    def _unwrap(self, person: str, wrapped: bytes) -> bytes:
        nonce, locked = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return self._master.decrypt(nonce, locked, person.encode())
        except InvalidTag as error:
            raise WrongMasterKey(
                "the vault's keys are under another master key: set REEL_MASTER_KEY to the one "
                "that this database began with"
            ) from error


class MemoryVault(Sealer):
    """A vault whose keys vanish with it, for tests."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}

    async def keys(self, persons: Collection[str], *, create: bool) -> dict[str, bytes]:
        """The persons' keys; of those that have none, a new one or nothing."""
        if create:
            for person in persons:
                self._keys.setdefault(person, sealed.new_key())
        return {person: self._keys[person] for person in persons if person in self._keys}

    async def destroy(self, person: str, name: str | None = None) -> None:
        """Forgets the person's key."""
        if name in (None, await self.key_name(person)):
            self._keys.pop(person, None)
