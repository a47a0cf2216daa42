"""Who is calling: tokens are checked here, and in the embedded mode made here.

Without `REEL_JWKS_URL` this installation signs its own tokens (Ed25519) with a key below
`home/identity`; with it, the keys of that identity provider count and nothing else.
"""

import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Self

import jwt
from cachetools import TTLCache
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import TypeAdapter, ValidationError

from events.names import PersonId, id_of
from runtime.people.jwks import JwksKeys, JwksUnavailable, NotAuthenticated
from runtime.people.kept import kept
from runtime.settings import Settings

__all__ = ["Caller", "Issuer", "JwksUnavailable", "NotAuthenticated", "Verifier"]

LEEWAY_SECONDS = 30
TOKEN_CHARACTERS_MAX = 8_192
KNOWN_TOKENS_MAX = 4_096
KNOWN_SECONDS = 60
"""How long a token that counted is believed without looking at its signature again."""

_OWN = ["EdDSA"]
_PROVIDERS = ["RS256", "ES256", "EdDSA"]
_REQUIRED = ["exp", "iat", "sub", "iss", "aud"]
_PERSON: TypeAdapter[str] = TypeAdapter(PersonId)

Key = Ed25519PublicKey | jwt.PyJWK


@dataclass(frozen=True)
class Caller:
    """Who a token speaks for, and until when (UTC)."""

    person: PersonId
    expires: datetime


class Verifier:
    """Tells who is calling from a token, or why the token does not count."""

    def __init__(self, issuer: str, audience: str, keys: "Ed25519PublicKey | JwksKeys") -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._known: TTLCache[str, tuple[Key, Caller]] = TTLCache(KNOWN_TOKENS_MAX, KNOWN_SECONDS)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The verifier of this installation; makes its own signing key if it needs one.

        Raises:
            jwt.PyJWKClientError: `jwks_url` is no http(s) address.
        """
        own = settings.jwks_url is None
        keys = _signing_key(settings).public_key() if own else JwksKeys(str(settings.jwks_url))
        return cls(settings.issuer, settings.audience, keys)

    async def verify(self, token: str) -> Caller:
        """Who `token` speaks for.

        Raises:
            NotAuthenticated: the token does not count; says why.
            JwksUnavailable: the keys to check it with cannot be fetched.
        """
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise NotAuthenticated(
                f"The token has {len(token):,} characters; {TOKEN_CHARACTERS_MAX:,} is the most: "
                "let the identity provider leave claims out."
            )
        try:
            key = await self._key_of(token)
            known_by, caller = self._known.get(token, (None, None))
            if caller is None or known_by is not key or caller.expires <= datetime.now(UTC):
                caller = self._checked(token, key)
                self._known[token] = key, caller
            return caller
        except ValidationError as error:
            raise NotAuthenticated(
                "The token's sub is no person's id: it takes 1 to 200 of A-Z a-z 0-9 . _ : @ / | + "
                "= and -. Let the identity provider send another."
            ) from error
        except (jwt.PyJWTError, ValueError, OverflowError, OSError) as error:
            raise NotAuthenticated(self._why(error)) from error

    async def _key_of(self, token: str) -> Key:
        """The key that counts for it now; a provider's may be gone since the token was known."""
        if isinstance(self._keys, JwksKeys):
            return await self._keys.named(jwt.get_unverified_header(token).get("kid"))
        return self._keys

    def _checked(self, token: str, key: Key) -> Caller:
        claims = jwt.decode(
            token,
            key,
            algorithms=_PROVIDERS if isinstance(self._keys, JwksKeys) else _OWN,
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED, "enforce_minimum_key_length": True},
        )
        person = _PERSON.validate_python(claims["sub"])
        return Caller(person, datetime.fromtimestamp(int(claims["exp"]), UTC))

    def _why(self, error: Exception) -> str:
        match error:
            case jwt.ExpiredSignatureError():
                return "The token has expired: ask for a new one."
            case jwt.ImmatureSignatureError():
                return "The token is not valid yet: check the clock of whoever issued it."
            case jwt.InvalidAudienceError():
                return f"The token is for somebody else: ask for one with aud {self._audience}."
            case jwt.InvalidIssuerError():
                return f"The token is of another issuer: ask {self._issuer} for one."
            case jwt.MissingRequiredClaimError():
                return f"The token has no {error.claim}: it needs {', '.join(_REQUIRED)}."
            case jwt.InvalidAlgorithmError():
                return "The token is signed in a way that does not count here: ask for another."
            case jwt.InvalidSignatureError() | jwt.InvalidKeyError():
                return "The token was not signed by a key that counts here: ask for a new one."
            case _:
                return "The token is malformed: send `Authorization: Bearer <token>` with a JWT."


class Issuer:
    """Gives this installation's own tokens, to people under opaque ids."""

    def __init__(self, settings: Settings) -> None:
        """
        Raises:
            LookupError: an identity provider is named, so that own tokens do not count.
        """
        if settings.jwks_url is not None:
            raise LookupError(f"tokens come from the provider of {settings.jwks_url}: ask there")
        self._settings = settings
        self._key = _signing_key(settings)
        self._secret = kept(_folder(settings) / "names.secret", lambda: secrets.token_bytes(32))

    def person(self, name: str) -> PersonId:
        """The id that stands for `name`, always the same here and not to be guessed elsewhere.

        Raises:
            ValueError: the name is empty.
        """
        folded = unicodedata.normalize("NFD", name).casefold()
        normalised = unicodedata.normalize("NFC", folded).strip()
        if not normalised:
            raise ValueError("a person needs a name")
        return f"person-{id_of(hmac.new(self._secret, normalised.encode(), sha256).hexdigest())}"

    def token(self, name: str, lifetime: timedelta = timedelta(hours=12)) -> str:
        """A token that speaks for `name` from now on, for `lifetime`."""
        now = datetime.now(UTC)
        claims = {
            "sub": self.person(name),
            "iss": self._settings.issuer,
            "aud": self._settings.audience,
            "iat": now,
            "exp": now + lifetime,
        }
        return jwt.encode(claims, self._key, algorithm=_OWN[0])


def _folder(settings: Settings) -> Path:
    return settings.home / "identity"


def _signing_key(settings: Settings) -> Ed25519PrivateKey:
    path = _folder(settings) / "signing.pem"
    key = load_pem_private_key(kept(path, _new_signing_key), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is no Ed25519 key: move it away, and a new one is made")
    return key


def _new_signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
