"""The public keys of an identity provider, and what it means that there is none for a token."""

import asyncio
import time

import jwt

KEYS_FRESH_SECONDS = 300.0
KEYS_COOLDOWN_SECONDS = 10.0
KEYS_TIMEOUT_SECONDS = 5.0


class NotAuthenticated(Exception):
    """Nobody we know is calling. The text says why, and the cure."""


class JwksUnavailable(Exception):
    """The identity provider's keys cannot be fetched now; the same call may succeed later."""


class JwksKeys:
    """An identity provider's public keys, fetched at most once per `cooldown` seconds.

    One fetch at a time, whatever arrives meanwhile; a failed one is not repeated by every caller.
    """

    def __init__(self, url: str, cooldown: float = KEYS_COOLDOWN_SECONDS) -> None:
        self._client = jwt.PyJWKClient(url, timeout=KEYS_TIMEOUT_SECONDS, cooldown_duration=0)
        self._cooldown = cooldown
        self._fetching = asyncio.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fresh_until = self._next_fetch = -1.0

    async def named(self, kid: str | None) -> jwt.PyJWK:
        """The key that is called `kid`; an unknown one is looked for at the provider.

        Raises:
            NotAuthenticated: the provider has no such key.
            JwksUnavailable: the provider does not answer.
        """
        if not self._has(kid):
            async with self._fetching:
                if not self._has(kid) and time.monotonic() >= self._next_fetch:
                    await self._fetch()
        if self._has(kid):
            return self._keys[str(kid)]
        if time.monotonic() >= self._fresh_until:
            raise JwksUnavailable(f"{self._client.uri} gives no keys: try again in a moment.")
        raise NotAuthenticated("The token names no key of the identity provider: sign in again.")

    def _has(self, kid: str | None) -> bool:
        return kid in self._keys and time.monotonic() < self._fresh_until

    async def _fetch(self) -> None:
        self._next_fetch = time.monotonic() + self._cooldown
        try:
            keys = await asyncio.to_thread(self._client.get_signing_keys, True)
        except (jwt.PyJWTError, ValueError, OSError) as error:
            raise JwksUnavailable(f"{self._client.uri} gives no keys: {error}") from error
        self._keys = {str(key.key_id): key for key in keys}
        self._fresh_until = time.monotonic() + KEYS_FRESH_SECONDS
