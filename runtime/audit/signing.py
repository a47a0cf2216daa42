"""The installation's key for heads, and whether a line was signed by one that is known."""

import os
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from runtime.audit.heads import Statement
from runtime.audit.lines import SignedHeads
from runtime.people.kept import kept
from runtime.settings import Settings


class ForgedHeads(ValueError):
    """A line whose signature does not count; says why."""


def signing_key(settings: Settings, *, make: bool = True) -> Ed25519PrivateKey:
    """The key that signs heads: from `REEL_SIGNING_KEY`, else made once and kept in the home.

    Raises:
        ValueError: it is no Ed25519 key in PEM.
        LookupError: there is none, and none is to be made.
    """
    if settings.signing_key is not None:
        text, place = settings.signing_key.get_secret_value().encode(), "REEL_SIGNING_KEY"
    else:
        path = _kept_at(settings)
        if not make and not path.exists():
            raise LookupError(f"there is no {path}: name the public key with --public-key")
        text, place = kept(path, _new_key), str(path)
    return _private(text, place)


def next_key(settings: Settings, place: Path | None) -> Ed25519PrivateKey:
    """The key that is to sign in place of the present one: made once and kept in `place`, else
    beside the present one, until `take_over`.

    Raises:
        ValueError: it is no Ed25519 key in PEM; or the present key is not kept in the home, and no
            place is named.
    """
    if place is None and settings.signing_key is not None:
        raise ValueError(
            "the key comes from REEL_SIGNING_KEY, so the new one is not Reel's to put there: name "
            "with --to a file for it, and set REEL_SIGNING_KEY to its content afterwards"
        )
    path = place or _next_at(settings)
    return _private(kept(path, _new_key), str(path))


def take_over(settings: Settings) -> None:
    """Puts the next key in the place of the present one, which is gone with that."""
    path = _kept_at(settings)
    _next_at(settings).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _kept_at(settings: Settings) -> Path:
    return settings.home / "audit" / "signing.pem"


def _next_at(settings: Settings) -> Path:
    return settings.home / "audit" / "signing.next.pem"


def _private(text: bytes, place: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(text, password=None)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place} {_NO_KEY}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{place} {_NO_KEY}")
    return key


_NO_KEY = "is no private Ed25519 key in PEM; `openssl genpkey -algorithm ed25519` makes one"


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def public_pem(key: Ed25519PublicKey) -> str:
    """What is handed to outsiders."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_key(pem: bytes) -> Ed25519PublicKey:
    """The key in `pem`.

    Raises:
        ValueError: it is no public Ed25519 key.
    """
    try:
        key = load_pem_public_key(pem)
    except (TypeError, ValueError) as error:
        raise ValueError("this is no public key in PEM: `reel audit key` prints one") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("this is no Ed25519 key: `reel audit key` prints the one that counts")
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of sha256 over the raw public key."""
    return sha256(bytes.fromhex(raw_key(key))).hexdigest()[:16]


def raw_key(key: Ed25519PublicKey) -> str:
    """The 32 bytes of the key itself, in hex."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def sign(
    statement: Statement, key: Ed25519PrivateKey, new: Ed25519PrivateKey | None = None
) -> SignedHeads:
    """The statement with its signature; its `key` has to be this one's id, and where that is given
    up, `new` is the one that it is given up for."""
    encoded = statement.encoded()
    return SignedHeads(encoded, key.sign(encoded), new.sign(encoded) if new else b"")


def check_signature(signed: SignedHeads, key: Ed25519PublicKey) -> Statement:
    """What is stated, if `key` signed it.

    Raises:
        ForgedHeads: another key is named, or the signature is not of these bytes.
        MalformedStatement: what was signed is no statement.
    """
    statement = signed.statement
    if statement.key != key_id(key):
        raise ForgedHeads(f"signed by the key {statement.key}, not by {key_id(key)}")
    try:
        key.verify(signed.signature, signed.encoded)
    except InvalidSignature:
        raise ForgedHeads(f"the signature is not of the key {statement.key}") from None
    if statement.handover is not None:
        try:
            new = Ed25519PublicKey.from_public_bytes(bytes.fromhex(statement.handover.new))
            new.verify(signed.countersignature, signed.encoded)
        except (InvalidSignature, ValueError):
            raise ForgedHeads("the key that is to go on has not signed for that") from None
    return statement
