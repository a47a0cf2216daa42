"""The vault: one key per person, under which that person's texts are sealed.

The same text under the same key is always sealed to the same text (AES-SIV, see decision record
0003), so that a repeated command stays equal to the first. Destroying the key erases the texts.
"""

import os
import re
from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import Any, Protocol

import asyncpg
from cachetools import TTLCache
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

from events.names import PersonId
from runtime.decider import C, Rejection
from runtime.people import sealed
from runtime.people.personal import personal_fields
from runtime.people.sealed import SealBroken

CACHED_SECONDS = 30
CACHED_KEYS_MAX = 10_000

_PERSON: TypeAdapter[str] = TypeAdapter(PersonId)
_LOOKS_SEALED = re.compile(r'"sealed:[0-9]+:')
_NONCE_BYTES = 12


class TextLooksSealed(Rejection):
    """Who sends a text that reads like a sealed one could have it opened as another's."""

    STATUS = 422


class WrongMasterKey(Exception):
    """The master key is not the one that the vault's keys are wrapped under."""


class Sealer(Protocol):
    """Seals personal texts, opens them, and erases a person's."""

    @abstractmethod
    async def keys(self, persons: Collection[str], *, create: bool) -> dict[str, bytes]:
        """The persons' keys; of those that have none, a new one or nothing."""

    @abstractmethod
    async def destroy(self, person: str) -> None:
        """Erases what was sealed for `person`: at once here, within 30 s in other processes."""

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

    def __init__(self, pool: asyncpg.Pool, master: bytes, schema: str = "vault") -> None:
        self._pool = pool
        self._master = AESGCM(master)
        self._table = '"{}".person_key'.format(schema.replace('"', '""'))
        self._cached: TTLCache[str, bytes] = TTLCache(CACHED_KEYS_MAX, CACHED_SECONDS)

    async def keys(self, persons: Collection[str], *, create: bool) -> dict[str, bytes]:
        """The persons' keys; of those that have none, a new one or nothing.

        Raises:
            WrongMasterKey: they were wrapped under another.
        """
        keys = {person: key for person in persons if (key := self._cached.get(person))}
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

    async def destroy(self, person: str) -> None:
        """Deletes the person's key, from the database and from here."""
        await self._pool.execute(f"DELETE FROM {self._table} WHERE person = $1", person)
        self._cached.pop(person, None)

    async def _read(self, keys: dict[str, bytes], persons: Collection[str]) -> None:
        wanted = [person for person in persons if person not in keys]
        if wanted:
            rows = await self._pool.fetch(
                f"SELECT person, key FROM {self._table} WHERE person = ANY($1)", wanted
            )
            read = {row["person"]: self._unwrap(row["person"], row["key"]) for row in rows}
            keys |= read
            self._cached.update(read)

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

    async def destroy(self, person: str) -> None:
        """Forgets the person's key."""
        self._keys.pop(person, None)


async def seal_command(vault: Sealer, command: C, actor: str) -> C:
    """`command`, as it came from outside, with its personal fields sealed.

    Raises:
        TextLooksSealed: a text in it reads like a sealed one.
        TypeError: its class marks a field that cannot be sealed.
        ValueError: the person whose text it is has no proper id.
    """
    if _LOOKS_SEALED.search(command.model_dump_json()):
        raise TextLooksSealed("No text may begin with `sealed:1:`: write it in another way.")
    texts = {
        field: (getattr(command, of) if of else actor, text)
        for field, of in personal_fields(type(command)).items()
        if (text := getattr(command, field)) is not None
    }
    if not texts:
        return command
    sealed_texts = await vault.seal_many(list(texts.values()))
    return command.model_copy(update=dict(zip(texts, sealed_texts, strict=True)))
