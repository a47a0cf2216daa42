"""The vault: one key per person, under which that person's texts are sealed.

The same text under the same key is always sealed to the same text (AES-SIV, see decision record
0003), so that a repeated command stays equal to the first. Destroying the key erases the texts.
"""

import base64
import binascii
import os
import re
from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol

import asyncpg
from cachetools import TTLCache
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from pydantic import TypeAdapter

from events.names import PersonId
from events.personal import ERASED, SEALED_PATTERN
from runtime.kept import kept
from runtime.settings import Settings

CACHED_SECONDS = 30
CACHED_KEYS_MAX = 10_000

_PREFIX = "sealed:1:"
_SEALED = re.compile(SEALED_PATTERN)
_PERSON: TypeAdapter[str] = TypeAdapter(PersonId)
_NAME_BYTES = 8
_KEY_BYTES = _NAME_BYTES + 64
_NONCE_BYTES = 12


class SealBroken(ValueError):
    """A text that was not sealed by this vault, or was changed since."""


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
        keys = await self.keys({_PERSON.validate_python(person) for person, _ in texts}, create=True)
        return [_seal(keys[person], person, text) for person, text in texts]

    async def open(self, sealed: str) -> str:
        """The text that was sealed; `ERASED` when its key was destroyed.

        Raises:
            SealBroken: it is no sealed text, or was changed.
        """
        if not _SEALED.fullmatch(sealed):
            raise SealBroken("this is no sealed text")
        return str(await self.open_all(sealed))

    async def open_all(self, value: Any) -> Any:
        """A copy of `value` (as JSON: dicts, lists, scalars) with every sealed string opened.

        Raises:
            SealBroken: one of them was changed.
        """
        found = set(_sealed_strings(value))
        if not found:
            return value
        keys = await self.keys({_split(sealed)[0] for sealed in found}, create=False)
        return _replace(value, {sealed: _open(keys, sealed) for sealed in found})


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
            new = [self._wrap(person, os.urandom(_KEY_BYTES)) for person in missing]
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
        nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return self._master.decrypt(nonce, sealed, person.encode())
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
                self._keys.setdefault(person, os.urandom(_KEY_BYTES))
        return {person: self._keys[person] for person in persons if person in self._keys}

    async def destroy(self, person: str) -> None:
        """Forgets the person's key."""
        self._keys.pop(person, None)


def master_key(settings: Settings) -> bytes:
    """The 32 bytes that wrap the persons' keys: from `REEL_MASTER_KEY`, else kept in the home.

    Raises:
        ValueError: it is not base64 of 32 bytes.
    """
    if settings.master_key is not None:
        text, place = settings.master_key.get_secret_value(), "REEL_MASTER_KEY"
    else:
        path = settings.home / "identity" / "master.key"
        text = kept(path, lambda: base64.b64encode(os.urandom(32)) + b"\n").decode()
        place = str(path)
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ValueError(f"{place} is not base64 of 32 bytes; `openssl rand -base64 32` makes one")
    return key


def _seal(key: bytes, person: str, text: str) -> str:
    name, secret = key[:_NAME_BYTES], key[_NAME_BYTES:]
    sealed = name + AESSIV(secret).encrypt(text.encode(), [b"reel", person.encode()])
    return f"{_PREFIX}{person}:{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"
